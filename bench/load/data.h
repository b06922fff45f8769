/* The bytes of the load: what key number N is called, and which bytes a value of that key has. */
#ifndef DATA_H
#define DATA_H

#include <stdbool.h>

#include "proto.h"
#include "sizes.h"

/* The most bytes that a key of this prefix has. */
size_t data_key_max(const char *prefix);

/* Writes the number after a prefix of prefix_len bytes that is already at `to`. Returns the key's
 * length. */
size_t data_key(char *to, size_t prefix_len, uint32_t number);

/* Makes a key of len bytes longer, if its number has a larger one of these sizes: always the same. */
size_t data_lengthen(char *to, size_t len, uint32_t number, const struct sizes *sizes);

/* Makes the tables, for values of up to size_max bytes. Call it once, before everything else and any
 * other thread. False when there is no memory. */
bool data_init(size_t size_max);
void data_free(void);

/* The value of `size` bytes of key number N: letters of one long text, which begin at another place
 * for each of a million keys, and for each size, so that a value cut to another size is seen to be
 * wrong. It stays where it is. */
struct mc_bytes data_value(uint32_t number, size_t size);

/* True when `piece` is what such a value has from `offset` on. */
bool data_matches(struct mc_bytes value, size_t offset, struct mc_bytes piece);

#endif
