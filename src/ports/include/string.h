/* For toolchains without a C library: the four functions of <string.h> that a compiler expects in
 * any program, and all that mcwire uses. memory.c has them. */
#ifndef PORTS_STRING_H
#define PORTS_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
