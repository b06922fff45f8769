/* What is proved of item.h and item.c. Frama-C alone reads this; see tests/proof/README.md. */

#define KEY \valid_read(key.data + (0 .. key.len - 1))

/*@ predicate same{L}(char *a, char *b, integer n) =
        \forall integer k; 0 <= k < n ==> a[k] == b[k];

    predicate crlf{L}(char *b, integer i) = b[i] == '\r' && b[i + 1] == '\n';

    predicate value_word{L}(char *b) = b[0] == 'V' && b[1] == 'A' && b[2] == 'L' && b[3] == 'U' &&
                                       b[4] == 'E' && b[5] == ' ';

    predicate end_line{L}(char *b, integer i) =
        b[i] == 'E' && b[i + 1] == 'N' && b[i + 2] == 'D' && crlf(b, i + 3);

    // No object is larger than PTRDIFF_MAX.
    predicate window{L}(char *b, integer e) = e <= PTRDIFF_MAX && \valid_read(b + (0 .. e - 1));
*/

/* What the proofs know of powers of ten: it is in no program. */
/*@ ghost
    /@ requires 1 <= n <= MC_DECIMAL_SHORT;
       assigns \nothing;
       ensures ten_to(n) <= 1000000000; @/
    void mc_item_lemma(size_t n)
    {
        /@ assert ten_to(1) == 10; @/
        /@ assert ten_to(2) == 100; @/
        /@ assert ten_to(3) == 1000; @/
        /@ assert ten_to(4) == 10000; @/
        /@ assert ten_to(5) == 100000; @/
        /@ assert ten_to(6) == 1000000; @/
        /@ assert ten_to(7) == 10000000; @/
        /@ assert ten_to(8) == 100000000; @/
        /@ assert ten_to(9) == 1000000000; @/
        /@ assert n == 1 || n == 2 || n == 3 || n == 4 || n == 5 || n == 6 || n == 7 || n == 8 ||
                  n == 9; @/
    }
*/

/*@ requires \valid_read(a + (0 .. n - 1)) && \valid_read(b + (0 .. n - 1));
    assigns \nothing;
    ensures \result ==> same(a, b, n);
    ensures same(a, b, n) ==> \result; */
static inline bool mc_item_same(const char *a, const char *b, size_t n);

/*@ requires window(b, e) && i <= e && \valid(number);
    requires \separated(number, b + (0 .. e - 1));
    assigns *number;
    ensures \result == 0 || i < \result < e;
    ensures \result == 0 ==> *number == \old(*number);
    ensures \result != 0 ==> is_decimal(b, i, \result, 999999999);
    ensures \result != 0 ==> *number == value_of(b, i, \result); */
inline size_t mc_item_number(const char *b, size_t i, size_t e, uint32_t *number);

/*@ requires i + 1 <= SIZE_MAX && \valid_read(b + (i .. i + 1));
    assigns \nothing;
    ensures \result ==> crlf(b, i);
    ensures crlf(b, i) ==> \result; */
static inline bool mc_item_crlf(const char *b, size_t i);

/*@ requires window(b, e);
    assigns \nothing;
    ensures \result == 0 || \result == 6 + key + 1 <= e;
    ensures \result != 0 ==> value_word(b) && b[6 + key] == ' '; */
static inline size_t mc_item_word(const char *b, size_t e, size_t key);

/*@ requires window(b, e) && KEY;
    assigns \nothing;
    ensures \result == 0 || \result == 6 + key.len + 1 <= e;
    ensures \result != 0 ==> value_word(b) && same(b + 6, key.data, key.len) &&
                             b[6 + key.len] == ' '; */
static inline size_t mc_item_key(const char *b, size_t e, struct mc_bytes key);

/*@ requires window(b, e) && i <= e && \valid(reply) && \separated(reply, b + (0 .. e - 1));
    requires reply->size <= 999999999;
    assigns reply->text;
    ensures \result != 0 ==> \result == i + 4 + reply->size <= e;
    ensures \result != 0 ==> crlf(b, i) && crlf(b, i + 2 + reply->size);
    ensures \result != 0 ==> reply->text.len == reply->size && reply->text.data == b + (i + 2); */
static inline size_t mc_item_value(const char *b, size_t i, size_t e, struct mc_reply *reply);

/*@ requires window(b, e) && KEY && \valid(reply);
    requires \separated(reply, b + (0 .. e - 1));
    requires \separated(reply, key.data + (0 .. key.len - 1));
    assigns reply->flags, reply->size, reply->text;
    ensures \result == 0 || 6 + key.len + 1 < \result <= e;
    ensures \result != 0 ==> same(b + 6, key.data, key.len);
    ensures \result != 0 ==> reply->text.len == reply->size &&
                             reply->text.data == b + (\result - 2 - reply->size);
    ensures \result != 0 ==> crlf(b, \result - 2) && crlf(b, \result - 4 - reply->size); */
static inline size_t mc_item_end(const char *b, size_t e, struct mc_bytes key,
                                 struct mc_reply *reply);

/*@ requires window(b, e) && i <= e;
    assigns \nothing;
    ensures \result ==> e - i == 5 && end_line(b, i); */
static inline bool mc_item_ends(const char *b, size_t i, size_t e);

/*@ requires \valid_read(reader) && \valid(in) && window(in->data, in->len) && \valid(reply);
    requires KEY;
    requires \separated(reader, in, reply, in->data + (0 .. in->len - 1));
    requires \separated(reply, key.data + (0 .. key.len - 1));
    assigns *in, reply->flags, reply->size, reply->text;
    ensures \result == MC_MORE || \result == MC_VALUE;
    ensures \result == MC_MORE ==> *in == \old(*in);
    ensures reader->state != 0 ==> \result == MC_MORE;
    ensures \result == MC_VALUE ==>
            in->len < \old(in->len) && in->data == \old(in->data) + (\old(in->len) - in->len);
    ensures \result == MC_VALUE ==> reply->text.len == reply->size &&
            reply->text.data == \old(in->data) + (\old(in->len) - in->len - 2 - reply->size); */
int mc_item_next(const struct mc_reader *reader, struct mc_bytes *in, struct mc_bytes key,
                 struct mc_reply *reply);

/*@ requires \valid_read(reader) && window(in.data, in.len);
    assigns \nothing;
    ensures \result ==> reader->state == 0 && in.len == 5 && end_line(in.data, 0); */
bool mc_item_is_end(const struct mc_reader *reader, struct mc_bytes in);
