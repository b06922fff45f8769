/* The functions of <string.h> that the page's module calls; src/ports/memory.c and strings.c have
 * them. */
#ifndef PAGE_STRING_H
#define PAGE_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *bytes, int c, size_t size);
int strcmp(const char *a, const char *b);
size_t strlen(const char *string);
char *strchr(const char *string, int c);
char *strstr(const char *string, const char *part);

#endif
