/* What is proved of writer.h and writer.c. Frama-C alone reads this; see tests/proof/README.md. */

#include "../decimal.h"

/* A writer, and what each of its functions does: it goes on writing, or refuses. */
#define WRITER \valid(w) && checked(*w)
#define WRITES_ON                                             \
    assigns w->i, w->cap, w->error, w->b[w->i .. w->cap - 1]; \
    ensures checked(*w) && goes_on(\old(*w), *w)

/* A slice that does not overlap what the writer writes. */
#define BESIDE_WRITER(s) given(s, w->b, w->i, w->cap)
#define APART_FROM_WRITER(x) \separated(x, w->b + (w->i .. w->cap - 1))

/* The same for a buffer to which a command is appended: one line, or nothing. */
#define OUT \valid(out) && ready(*out)
#define APPENDS                                                       \
    assigns line_from, out->len, out->data[out->len .. out->cap - 1]; \
    ensures appended(*out, \old(out->len), \result)
#define STARTS                                                             \
    assigns line_from, out->data[out->len .. out->cap - 1];                \
    ensures checked(\result) && line_from == out->len;                     \
    ensures \result.b == out->data && \result.cap <= \max(out->len, out->cap)
#define BESIDE_OUT(s) given(s, out->data, out->len, out->cap)
#define APART_FROM_OUT(x) \separated(x, out->data + (out->len .. out->cap - 1))

/* Keys that do not overlap out[i..cap); and a command with keys: all are valid, and it is short. */
#define KEYS_BESIDE(i)                                                       \
    requires \valid_read(keys + (0 .. count - 1)) && count <= PTRDIFF_MAX;   \
    requires \forall integer k; 0 <= k < count ==>                           \
            given(keys[k], out->data, i, out->cap)
#define ASKS_FOR_KEYS                                                                             \
    ensures \result == 0 ==> count > 0 && \forall integer k; 0 <= k < count ==> is_key(keys[k]); \
    ensures \result == 0 ==> out->len - \old(out->len) < MC_REQUEST_MAX

/*@ ghost size_t line_from; // where the line that is being written begins */

/*@ // No control byte: nothing that ends a line.
    predicate plain_byte(integer c) = !(0 <= c < 0x20) && c != 0x7f;
    predicate plain{L}(char *b, integer i, integer e) =
        \forall integer k; i <= k < e ==> plain_byte(b[k]);

    // No space either: nothing that ends a word.
    predicate word_byte(integer c) = plain_byte(c) && c != 0x20;
    predicate word{L}(char *b, integer i, integer e) =
        \forall integer k; i <= k < e ==> word_byte(b[k]);

    // A line, whose only line end is at its end.
    predicate line{L}(char *b, integer i, integer e) =
        i + 2 <= e && plain(b, i, e - 2) && b[e - 2] == '\r' && b[e - 1] == '\n';

    // No object is larger than PTRDIFF_MAX.
    predicate ready(struct mc_out out) =
        out.cap <= PTRDIFF_MAX && \valid(out.data + (out.len .. out.cap - 1));

    // A slice that can be read, apart from what is written: b[i..e).
    predicate given(struct mc_bytes s, char *b, integer i, integer e) =
        s.len <= PTRDIFF_MAX && \valid_read(s.data + (0 .. s.len - 1)) &&
        \separated(s.data + (0 .. s.len - 1), b + (i .. e - 1));

    // A command is one line after what was there, or nothing is appended.
    predicate appended{L}(struct mc_out out, integer len, integer result) =
        result == 0 ? out.len <= out.cap && line(out.data, len, out.len)
                    : result < 0 && out.len == len;

    predicate is_key{L}(struct mc_bytes key) =
        1 <= key.len <= MC_KEY_MAX && word(key.data, 0, key.len);

    // What was written of the line is plain, or it was refused.
    predicate checked{L}(struct mc_writer w) =
        line_from <= w.i <= w.cap && \valid(w.b + (w.i .. w.cap - 1)) &&
        (w.error == 0 && plain(w.b, line_from, w.i) || w.error < 0 && w.i == w.cap);

    // The writer v went on to be w.
    predicate goes_on(struct mc_writer v, struct mc_writer w) =
        w.b == v.b && v.i <= w.i <= w.cap <= v.cap &&
        (v.error != 0 ==> w.error == v.error) && (w.error == 0 ==> w.cap == v.cap);
*/

/*@ requires WRITER && error < 0;
    assigns w->cap, w->error;
    ensures checked(*w) && goes_on(\old(*w), *w) && w->i == \old(w->i);
    ensures w->error == (\old(w->error) == 0 ? error : \old(w->error)); */
inline void mc_writer_refuse(struct mc_writer *w, int error);

/*@ requires WRITER;
    assigns w->cap, w->error;
    ensures checked(*w) && goes_on(\old(*w), *w);
    ensures \result ==> *w == \old(*w) && n <= w->cap - w->i;
    ensures !\result ==> w->error != 0 && n > 0; */
inline bool mc_writer_has_room(struct mc_writer *w, size_t n);

/*@ requires WRITER && (w->error == 0 ==> plain_byte(c));
    WRITES_ON;
    ensures w->error == 0 ==> w->i == \old(w->i) + 1 && w->b[\old(w->i)] == c; */
inline void mc_writer_char(struct mc_writer *w, char c);

/*@ requires WRITER && BESIDE_WRITER(text);
    requires plain(text.data, 0, text.len);
    WRITES_ON;
    ensures w->error == 0 ==> w->i == \old(w->i) + text.len; */
inline void mc_writer_text(struct mc_writer *w, struct mc_bytes text);

/*@ requires OUT && BESIDE_OUT(text) && plain(text.data, 0, text.len);
    STARTS;
    ensures \result.error == 0 ==> \result.i == out->len + text.len; */
inline struct mc_writer mc_writer_start(const struct mc_out *out, struct mc_bytes text);

/*@ assigns \nothing;
    ensures \result ==> word_byte(c); */
inline bool mc_writer_is_word_byte(char c);

/*@ requires WRITER && BESIDE_WRITER(token) && error < 0;
    WRITES_ON;
    ensures w->error == 0 ==> w->i == \old(w->i) + token.len && word(w->b, \old(w->i), w->i);
    ensures w->error == 0 ==> 1 <= token.len <= max && word(token.data, 0, token.len); */
void mc_writer_token(struct mc_writer *w, struct mc_bytes token, size_t max, int error);

/*@ requires WRITER && BESIDE_WRITER(word) && error < 0;
    WRITES_ON;
    ensures w->error == 0 ==> w->b[\old(w->i)] == ' ' && word(w->b, \old(w->i) + 1, w->i);
    ensures w->error == 0 ==> 1 <= word.len <= max && word(word.data, 0, word.len); */
void mc_writer_word(struct mc_writer *w, struct mc_bytes word, size_t max, int error);

/*@ requires WRITER && BESIDE_WRITER(key);
    WRITES_ON;
    ensures w->error == 0 ==> w->b[\old(w->i)] == ' ' && word(w->b, \old(w->i) + 1, w->i);
    ensures w->error == 0 ==> is_key(key); */
inline void mc_writer_key(struct mc_writer *w, struct mc_bytes key);

/*@ requires WRITER;
    WRITES_ON;
    ensures w->error == 0 ==> \old(w->i) < w->i <= \old(w->i) + MC_DECIMAL_MAX; */
void mc_writer_digits(struct mc_writer *w, uint64_t number);

/*@ requires WRITER;
    WRITES_ON;
    ensures w->error == 0 ==> \old(w->i) < w->i <= \old(w->i) + MC_DECIMAL_MAX + 1; */
void mc_writer_number(struct mc_writer *w, uint64_t number);

/*@ requires WRITER;
    WRITES_ON;
    ensures w->error == 0 ==> \old(w->i) < w->i <= \old(w->i) + MC_DECIMAL_MAX + 1; */
void mc_writer_signed_digits(struct mc_writer *w, int32_t number);

/*@ requires WRITER;
    WRITES_ON;
    ensures w->error == 0 ==> \old(w->i) < w->i <= \old(w->i) + MC_DECIMAL_MAX + 2; */
inline void mc_writer_signed(struct mc_writer *w, int32_t number);

/*@ requires WRITER;
    assigns w->i, w->cap, w->error, w->b[w->i .. w->cap - 1];
    ensures goes_on(\old(*w), *w);
    ensures w->error == 0 ? line(w->b, line_from, w->i) : w->error < 0 && checked(*w); */
inline void mc_writer_end(struct mc_writer *w);

/*@ requires \valid(w) && \valid(out) && checked(*w) && w->b == out->data;
    requires out->len <= line_from && w->cap <= \max(out->len, out->cap);
    assigns w->i, w->cap, w->error, w->b[w->i .. w->cap - 1], out->len;
    ensures \result == 0 ==> \old(w->error) == 0 && line(out->data, line_from, out->len);
    ensures \result == 0 ==> \old(out->len) < out->len <= out->cap;
    ensures \result != 0 ==> \result < 0 && out->len == \old(out->len); */
inline int mc_writer_commit(struct mc_writer *w, struct mc_out *out);

/*@ requires \valid(w) && \valid(out) && checked(*w) && w->b == out->data;
    requires out->len <= line_from && w->cap <= \max(out->len, out->cap);
    assigns w->i, w->cap, w->error, w->b[w->i .. w->cap - 1], out->len;
    ensures \result == 0 ==> \old(w->error) == 0 && line(out->data, line_from, out->len);
    ensures \result == 0 ==> \old(out->len) < out->len <= out->cap;
    ensures \result != 0 ==> \result < 0 && out->len == \old(out->len); */
inline int mc_writer_commit_noreply(struct mc_writer *w, struct mc_out *out, bool noreply);

/*@ requires OUT;
    requires BESIDE_OUT(text);
    requires plain(text.data, 0, text.len);
    APPENDS; */
int mc_writer_line(struct mc_out *out, struct mc_bytes text);

/*@ requires OUT && out->len < i <= out->cap;
    requires i < out->len + MC_REQUEST_MAX && plain(out->data, out->len, i);
    KEYS_BESIDE(i);
    assigns out->len, out->data[i .. out->cap - 1];
    ensures appended(*out, \old(out->len), \result);
    ASKS_FOR_KEYS; */
int mc_writer_keys(struct mc_out *out, const struct mc_bytes *keys, size_t count, size_t i);
