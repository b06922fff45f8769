/* What is proved of how writer.c copies words.
 * Frama-C alone reads this; see tests/proof/README.md. */

/*@ requires i + EIGHT <= SIZE_MAX && j + EIGHT <= SIZE_MAX;
    requires \valid(to + (i .. i + EIGHT - 1)) && \valid_read(from + (j .. j + EIGHT - 1));
    requires \separated(to + (i .. i + EIGHT - 1), from + (j .. j + EIGHT - 1));
    assigns to[i .. i + EIGHT - 1];
    ensures \result == 0 ==> word(to, i, i + EIGHT) && word(from, j, j + EIGHT); */
static inline unsigned char copy_eight(char *restrict to, size_t i, const char *restrict from,
                                       size_t j);

/*@ requires i + len <= SIZE_MAX && len <= PTRDIFF_MAX;
    requires \valid(to + (i .. i + len - 1)) && \valid_read(from + (0 .. len - 1));
    requires \separated(to + (i .. i + len - 1), from + (0 .. len - 1));
    assigns to[i .. i + len - 1];
    ensures \result ==> word(to, i, i + len) && word(from, 0, len); */
static inline bool copy_word(char *restrict to, size_t i, const char *restrict from, size_t len);

/*@ requires i + 1 + key.len <= SIZE_MAX && given(key, b, i, i + 1 + key.len);
    requires \valid(b + (i .. i + key.len));
    assigns b[i .. i + key.len];
    ensures \result ==> b[i] == ' ' && word(b, i + 1, i + 1 + key.len);
    ensures \result ==> word(key.data, 0, key.len); */
static inline bool copy_key(char *b, size_t i, struct mc_bytes key);
