/* What is proved of argument.h. Frama-C alone reads this; see tests/proof/README.md. */

#include "../decimal.h"

/*@ predicate readable(struct mc_bytes s) = \valid_read(s.data + (0 .. s.len - 1));

    // The slice is empty or lies in b[0..e).
    predicate inside(struct mc_bytes s, char *b, integer e) =
        s.len == 0 || (\base_addr(s.data) == \base_addr(b) && 0 <= s.data - b &&
                       (s.data - b) + s.len <= e);

    // What is left of b[0..n) after something was read from its front.
    predicate rest_of(struct mc_bytes in, char *b, integer n) =
        in.len <= n && in.data == b + (n - in.len);
*/

/*@ requires \valid(words) && readable(*words) && \valid(word);
    requires \separated(words, word, words->data + (0 .. words->len - 1));
    assigns *words, *word;
    ensures rest_of(*words, \old(words->data), \old(words->len));
    ensures inside(*word, \old(words->data), \old(words->len));
    ensures \result ==> word->len > 0 && \valid_read(word->data + (0 .. word->len - 1));
    ensures !\result ==> word->len == 0;
    ensures \result ==> words->len < \old(words->len);
    ensures \forall integer k; 0 <= k < word->len ==> word->data[k] != ' '; */
bool mc_argument_word(struct mc_bytes *words, struct mc_bytes *word);

/*@ requires readable(word);
    assigns \nothing;
    ensures \result.size <= max;
    ensures \result.plain ==> \result.good;
    ensures \result.plain && !\result.negative ==>
            is_decimal(word.data, 0, word.len, max) &&
            \result.size == value_of(word.data, 0, word.len); */
struct mc_number mc_argument_number(struct mc_bytes word, uint64_t max);

/*@ requires \valid(flags) && readable(*flags) && \valid(flag);
    requires \separated(flags, flag, flags->data + (0 .. flags->len - 1));
    assigns *flags, *flag;
    ensures rest_of(*flags, \old(flags->data), \old(flags->len));
    ensures inside(flag->token, \old(flags->data), \old(flags->len));
    ensures \result == 0 || \result == 1 || \result == MC_E_FLAG;
    ensures \result == 1 ==> 'A' <= flag->letter <= 'Z' || 'a' <= flag->letter <= 'z';
    ensures \result != 0 ==> flags->len < \old(flags->len); */
int mc_argument_flag(struct mc_bytes *flags, struct mc_flag *flag);

/*@ requires readable(text) && text.len <= PTRDIFF_MAX;
    requires \valid(to + (0 .. text.len / 4 * 3 - 1));
    requires \separated(to + (0 .. text.len / 4 * 3 - 1), text.data + (0 .. text.len - 1));
    assigns to[0 .. text.len / 4 * 3 - 1];
    ensures \result <= text.len / 4 * 3; */
size_t mc_argument_base64(struct mc_bytes text, char *to);
