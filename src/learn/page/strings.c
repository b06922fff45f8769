/* Five functions of <string.h> for the page's module, which has no C library. They return pointers
 * that can be written through, as the standard wants it. */
#include <string.h>

#include <stdint.h>

void *memchr(const void *bytes, int c, size_t size)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i++) {
        if (b[i] == (unsigned char)c)
            return (void *)(uintptr_t)(b + i);
    }
    return NULL;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

size_t strlen(const char *string)
{
    size_t len = 0;
    while (string[len] != '\0')
        len++;
    return len;
}

char *strchr(const char *string, int c)
{
    while (*string != (char)c) {
        if (*string == '\0')
            return NULL;
        string++;
    }
    return (char *)(uintptr_t)string;
}

char *strstr(const char *string, const char *part)
{
    size_t len = strlen(part), left = strlen(string);
    for (; left >= len; left--, string++) {
        if (memcmp(string, part, len) == 0)
            return (char *)(uintptr_t)string;
    }
    return NULL;
}
