/* Grows a buffer by half of its size, at least. */
#include "buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "status.h"

enum { FIRST_SIZE = 4096, READ_SIZE = 65536 };

static _Noreturn void fail_memory(void)
{
    escape_message("mcwire", "no memory is left");
    exit(STATUS_AGAIN);
}

void *buffer_array(size_t count, size_t size)
{
    void *array = calloc(count > 0 ? count : 1, size);

    if (array == NULL)
        fail_memory();
    return array;
}

void buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t cap = buffer->cap + buffer->cap / 2;

    if (more <= buffer->cap - buffer->len)
        return;
    if (cap < buffer->len + more)
        cap = buffer->len + more;
    if (cap < FIRST_SIZE)
        cap = FIRST_SIZE;
    char *data = realloc(buffer->data, cap);
    if (data == NULL)
        fail_memory();
    buffer->data = data;
    buffer->cap = cap;
}

bool buffer_same(struct mc_bytes a, struct mc_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

void buffer_add(struct buffer *buffer, struct mc_bytes bytes)
{
    buffer_reserve(buffer, bytes.len);
    if (bytes.len > 0)
        memcpy(buffer->data + buffer->len, bytes.data, bytes.len);
    buffer->len += bytes.len;
}

ptrdiff_t buffer_fill(struct buffer *buffer, int fd, size_t max)
{
    buffer_reserve(buffer, max);
    ssize_t n = read(fd, buffer->data + buffer->len, max);
    buffer->len += n > 0 ? (size_t)n : 0;
    return n;
}

int buffer_read(struct buffer *buffer, int fd, size_t max)
{
    size_t start = buffer->len;

    while (buffer->len - start < max) {
        size_t left = max - (buffer->len - start);
        ptrdiff_t n = buffer_fill(buffer, fd, left < READ_SIZE ? left : READ_SIZE);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -1;
    }
    return 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
