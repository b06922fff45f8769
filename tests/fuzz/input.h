/* Decisions made from a fuzzer's bytes, in their order; after the last byte, all decisions are 0.
 * And the way a target reports what it has found. */
#ifndef INPUT_H
#define INPUT_H

#include "proto.h"

enum { INPUT_BLOCKS = 1024 };

/* Start from {data, len}, end with input_free(). */
struct input {
    const uint8_t *data;
    size_t len;
    char *blocks
        [INPUT_BLOCKS]; /* given out; each has exactly its length, so that an overread shows */
    size_t count;
};

uint8_t input_byte(struct input *in);

/* Mostly small, but any of 64 bits. */
uint64_t input_number(struct input *in);

/* 0 to 127 bytes of the input, or up to 256 times the same one. Valid until input_free(). */
struct mc_bytes input_bytes(struct input *in);

/* Space of exactly this size, until input_free(). */
char *input_space(struct input *in, size_t size);

void input_free(struct input *in);

/* The same bytes? */
bool input_same(struct mc_bytes a, struct mc_bytes b);

/* Prints what is wrong, and aborts. */
_Noreturn void fuzz_fail(const char *format, ...);

/* The target; each source fuzz_*.c has one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
