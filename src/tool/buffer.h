/* A buffer of bytes that grows. */
#ifndef BUFFER_H
#define BUFFER_H

#include "proto.h"

/* Start from {0}. */
struct buffer {
    char *data;
    size_t len, cap;
};

/* Makes room for `more` bytes after data[0..len). A machine without memory ends the program. */
void buffer_reserve(struct buffer *buffer, size_t more);

/* Are they the same bytes? */
bool buffer_same(struct mc_bytes a, struct mc_bytes b);

void buffer_add(struct buffer *buffer, struct mc_bytes bytes);

/* Appends what a file descriptor has, up to its end or `max` bytes. 0, or -1 with errno. */
int buffer_read(struct buffer *buffer, int fd, size_t max);

/* An array of zeros, for free(). */
void *buffer_array(size_t count, size_t size);

/* Appends what one read() gives, up to `max` bytes: how many, 0 at the end, or -1 with errno. */
ptrdiff_t buffer_fill(struct buffer *buffer, int fd, size_t max);

void buffer_free(struct buffer *buffer);

#endif
