/* Values that name themselves: the key, the writer and a sequence number, over and over. */
#ifndef STAMP_H
#define STAMP_H

#include "proto.h"

struct stamp {
    struct mc_bytes key;
    unsigned writer;
    uint64_t sequence;
};

/* Writes a value of this many bytes. */
void stamp_write(const struct stamp *stamp, char *value, size_t size);

/* True when each byte of the value is as stamp_write() wrote it for this key and writer; its
 * sequence number is in stamp->sequence then. */
bool stamp_read(struct stamp *stamp, const char *value, size_t size);

#endif
