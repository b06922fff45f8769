/* Words to what they mean: the arguments of commands, as memcached reads them. request.h has the
 * commands; the conventions are in proto.h. */
#ifndef MC_ARGUMENT_H
#define MC_ARGUMENT_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads the first word of *words into *word, and moves *words past it; false when there are no more
 * words. Words are separated by spaces, and by nothing else. */
bool mc_argument_word(struct mc_bytes *words, struct mc_bytes *word);

/* A number, as strtol() reads it and memcached with it. */
struct mc_number {
    uint64_t size; /* without its sign; 0 when it is not good */
    bool good;     /* it is a number, and its size is not above the maximum */
    bool negative; /* a minus sign precedes it */
    bool plain;    /* mc_put_*() would write it so: no plus, leading zeros, blanks, or "-0" */
};

/* Reads a word as a decimal number. Tabs and the like may precede it, and whatever follows one
 * after it does not count. */
struct mc_number mc_argument_number(struct mc_bytes word, uint64_t max);

/* Reads the first flag of *flags (mc_request.text of a meta command) into *flag, and moves *flags
 * past it: the inverse of mc_put_mg() and its like. Returns 1; 0 when there are no more flags;
 * MC_E_FLAG when it does not begin with a letter, or what follows the letter is wrong for it.
 * flag->token is what follows the letter, for any flag. */
int mc_argument_flag(struct mc_bytes *flags, struct mc_flag *flag);

/* Decodes base64 (RFC 4648), the form of a binary key. Writes up to text.len / 4 * 3 bytes to `to`,
 * and returns how many; 0 when the text is empty or is not base64. */
size_t mc_argument_base64(struct mc_bytes text, char *to);

#ifdef __FRAMAC__
#include "contracts/argument.h"
#endif

#ifdef __cplusplus
}
#endif

#endif
