/* The transcripts of proto/transcripts, for programs that have no files at hand; the build makes the
 * source. */
#ifndef BOOK_H
#define BOOK_H

#include "proto.h"

struct book_page {
    const char *name; /* of the file, without .txt */
    struct mc_bytes text;
};

/* In the order of their names. */
extern const struct book_page book_pages[];
extern const size_t book_count;

#endif
