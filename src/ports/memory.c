/* The memory functions of <string.h>, byte by byte: short, for programs without a C library.
 * To be compiled so that the compiler does not call them for their own loops: -ffreestanding, and
 * with gcc also -fno-tree-loop-distribute-patterns. */
#include <string.h>

#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size)
{
    unsigned char *a = to;
    const unsigned char *b = from;

    for (size_t i = 0; i < size; i++)
        a[i] = b[i];
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *a = to;
    const unsigned char *b = from;

    if ((uintptr_t)a < (uintptr_t)b)
        return memcpy(to, from, size);
    while (size > 0) {
        size--;
        a[size] = b[size];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *a = to;

    for (size_t i = 0; i < size; i++)
        a[i] = (unsigned char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    }
    return 0;
}
