/* The bytes of the load: what key number N is called, and which bytes a value of that key has. */
#ifndef DATA_H
#define DATA_H

#include <stdbool.h>

#include "proto.h"

/* The most bytes that a key of this prefix has. */
size_t data_key_max(const char *prefix);

/* Writes the number after a prefix of prefix_len bytes that is already at `to`. Returns the key's
 * length. */
size_t data_key(char *to, size_t prefix_len, uint32_t number);

/* Makes the tables. Call it once, before everything else and any other thread. */
void data_init(void);

/* Writes a value of `size` bytes: the key (its end, when the value is shorter), then filler that
 * begins at another place for each key. */
void data_put(char *to, struct mc_bytes key, size_t size);

/* True when `piece` is what a value of this key and size has from `offset` on. */
bool data_matches(struct mc_bytes key, size_t size, size_t offset, struct mc_bytes piece);

#endif
