/* Decimal numbers, strictly: no sign, no padding, one way to write each number.
 *
 * Powers of ten are added and subtracted; nothing is multiplied or divided, so that a processor
 * without 64-bit arithmetic needs no library for it.
 */
#ifndef MC_DECIMAL_H
#define MC_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MC_DECIMAL_MAX = 20, /* digits of UINT64_MAX */
    MC_DECIMAL_SHORT = 9 /* digits that 32 bits always hold */
};

/* True when b[i..e) is a number up to max in decimal; *value is then that number, otherwise 0. */
bool mc_decimal_read(const char *b, size_t i, size_t e, uint64_t max, uint64_t *value);

/* The number of digits of a value: 1 to MC_DECIMAL_MAX. */
size_t mc_decimal_digits(uint64_t value);

/* Writes a value to b[i..i + digits), with zeros before it if it has fewer digits. */
void mc_decimal_write(char *b, size_t i, size_t digits, uint64_t value);

#ifdef __FRAMAC__
#include "contracts/decimal.h"
#endif

#endif
