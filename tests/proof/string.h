/* What the proofs assume of libc: that memcmp() compares bytes. It stands in for Frama-C's own
 * <string.h>, which asks for what its WP cannot prove (\dangling). */
#ifndef __FC_STRING_H_
#define __FC_STRING_H_

#include <stddef.h>

/*@ requires \valid_read((char *)a + (0 .. n - 1)) && \valid_read((char *)b + (0 .. n - 1));
    assigns \result \from ((char *)a)[0 .. n - 1], ((char *)b)[0 .. n - 1];
    ensures \result == 0 ==> \forall integer k; 0 <= k < n ==> ((char *)a)[k] == ((char *)b)[k];
    ensures (\forall integer k; 0 <= k < n ==> ((char *)a)[k] == ((char *)b)[k]) ==> \result == 0; */
int memcmp(const void *a, const void *b, size_t n);

/* Called only by functions that have no contract. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

#endif
