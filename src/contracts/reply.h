/* What is proved of reply.h. Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires window(b, e) && i <= e && \valid(number) && \separated(number, b + (0 .. e - 1));
    assigns *number;
    ensures \result == 0 || i < \result <= e;
    ensures \result != 0 ==> is_decimal(b, i, \result, UINT64_MAX) &&
                             *number == value_of(b, i, \result); */
size_t mc_reply_number(const char *b, size_t i, size_t e, uint64_t *number);

/*@ predicate same_eight{L}(char *a, char *b, integer i) =
        a[i] == b[i] && a[i + 1] == b[i + 1] && a[i + 2] == b[i + 2] && a[i + 3] == b[i + 3] &&
        a[i + 4] == b[i + 4] && a[i + 5] == b[i + 5] && a[i + 6] == b[i + 6] &&
        a[i + 7] == b[i + 7];
*/

/*@ requires \valid_read(a + (i .. i + 7)) && \valid_read(b + (i .. i + 7));
    assigns \nothing;
    ensures \result ==> a[i] == b[i] && a[i + 1] == b[i + 1];
    ensures \result ==> a[i + 2] == b[i + 2] && a[i + 3] == b[i + 3];
    ensures \result ==> a[i + 4] == b[i + 4] && a[i + 5] == b[i + 5];
    ensures \result ==> a[i + 6] == b[i + 6] && a[i + 7] == b[i + 7];
    ensures same_eight(a, b, i) ==> \result; */
static inline bool mc_reply_same_eight(const char *a, const char *b, size_t i);

/*@ requires \valid_read(a + (0 .. n - 1)) && \valid_read(b + (0 .. n - 1));
    assigns \nothing;
    ensures \result ==> same(a, b, n);
    ensures same(a, b, n) ==> \result; */
static inline bool mc_reply_same(const char *a, const char *b, size_t n);

/*@ requires window(b, e) && 0 < i <= e && b[0] == 'V' && \valid(flags);
    requires \separated(flags, b + (0 .. e - 1));
    assigns *flags;
    ensures \result == 0 || i < \result <= e; */
static inline size_t mc_reply_flags(const char *b, size_t i, size_t e, uint32_t *flags);

/*@ requires window(in.data, in.len) && KEY && \valid(flags);
    requires \separated(flags, in.data + (0 .. in.len - 1));
    assigns *flags;
    ensures \result == 0 || 6 + key.len + 1 < \result <= in.len;
    ensures \result != 0 ==> value_word(in.data) && same(in.data + 6, key.data, key.len) &&
                             in.data[6 + key.len] == ' '; */
static inline size_t mc_reply_start(struct mc_bytes in, struct mc_bytes key, uint32_t *flags);

/*@ requires window(in.data, in.len) && KEY && \valid(item);
    requires \separated(item, in.data + (0 .. in.len - 1));
    requires \separated(item, key.data + (0 .. key.len - 1));
    assigns item->flags, item->size, item->cas, item->text;
    ensures \result == 0 || 6 + key.len + 1 < \result <= in.len;
    ensures \result != 0 ==> value_word(in.data) && same(in.data + 6, key.data, key.len) &&
                             in.data[6 + key.len] == ' ';
    ensures \result != 0 ==> item->text.len == item->size &&
                             item->text.data == in.data + (\result - 2 - item->size);
    ensures \result != 0 ==> crlf(in.data, \result - 2) &&
                             crlf(in.data, \result - 4 - item->size); */
static inline size_t mc_reply_plain(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item);

/*@ requires window(in.data, in.len) && KEY && \valid(item);
    requires \separated(item, in.data + (0 .. in.len - 1));
    requires \separated(item, key.data + (0 .. key.len - 1));
    assigns item->flags, item->size, item->cas, item->text;
    ensures \result == 0 || 6 + key.len + 1 < \result <= in.len;
    ensures \result != 0 ==> value_word(in.data) && same(in.data + 6, key.data, key.len) &&
                             in.data[6 + key.len] == ' ';
    ensures \result != 0 ==> item->text.len == item->size &&
                             item->text.data == in.data + (\result - 2 - item->size);
    ensures \result != 0 ==> crlf(in.data, \result - 2) &&
                             crlf(in.data, \result - 4 - item->size); */
static inline size_t mc_reply_item(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item);

/*@ requires window(in.data, in.len) && KEY && \valid(item);
    requires \separated(item, in.data + (0 .. in.len - 1));
    requires \separated(item, key.data + (0 .. key.len - 1));
    assigns item->flags, item->size, item->cas, item->text;
    ensures \result == 0 || 6 + key.len + 1 < \result <= in.len;
    ensures \result != 0 ==> value_word(in.data) && same(in.data + 6, key.data, key.len) &&
                             in.data[6 + key.len] == ' ';
    ensures \result != 0 ==> item->text.len == item->size &&
                             item->text.data == in.data + (\result - 2 - item->size);
    ensures \result != 0 ==> crlf(in.data, \result - 2) &&
                             crlf(in.data, \result - 4 - item->size); */
size_t mc_reply_whole(struct mc_bytes in, struct mc_bytes key, struct mc_reply *item);
