/* Keys as memcached writes them in its logs and dumps: with %HH for a byte that is not text. */
#ifndef PERCENT_H
#define PERCENT_H

#include "buffer.h"

/* Appends the bytes that a text stands for. False when a % has not two hexadecimal digits after
 * it. */
bool percent_read(struct buffer *key, struct mc_bytes text);

#endif
