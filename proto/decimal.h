/* Decimal numbers, strictly: no sign, no padding, no more digits than the number has.
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

/*@ // The value of the digits b[i..e).
    logic integer value_of{L}(char *b, integer i, integer e) =
        e <= i ? 0 : 10 * value_of(b, i, e - 1) + (b[e - 1] - '0');

    predicate digits{L}(char *b, integer i, integer e) =
        \forall integer k; i <= k < e ==> '0' <= b[k] <= '9';

    // b[i..e) is the one way to write a number up to max.
    predicate is_decimal{L}(char *b, integer i, integer e, integer max) =
        0 < e - i <= MC_DECIMAL_MAX && digits(b, i, e) && (b[i] == '0' ==> e - i == 1) &&
        value_of(b, i, e) <= max;

    logic integer ten_to(integer n) = n <= 0 ? 1 : 10 * ten_to(n - 1);
*/

/* True when b[i..e) is the decimal form of a number up to max, which is then in *value. */
/*@ requires \valid_read(b + (i .. e - 1)) && \valid(value);
    requires \separated(value, b + (i .. e - 1));
    assigns *value;
    ensures \result ==> is_decimal(b, i, e, max) && *value == value_of(b, i, e);
    ensures is_decimal(b, i, e, max) ==> \result;
    ensures !\result ==> *value == 0; */
bool mc_decimal_read(const char *b, size_t i, size_t e, uint64_t max, uint64_t *value);

/* The number of digits of a value: 1 to MC_DECIMAL_MAX. */
/*@ assigns \nothing;
    ensures 1 <= \result <= MC_DECIMAL_MAX && value < ten_to(\result);
    ensures \result > 1 ==> ten_to(\result - 1) <= value; */
size_t mc_decimal_digits(uint64_t value);

/* Writes a value of at most so many digits to b[i..i + digits), with zeros in front. */
/*@ requires digits <= MC_DECIMAL_MAX && i + digits <= SIZE_MAX && value < ten_to(digits);
    requires \valid(b + (i .. i + digits - 1));
    assigns b[i .. i + digits - 1];
    ensures digits(b, i, i + digits) && value_of(b, i, i + digits) == value; */
void mc_decimal_write(char *b, size_t i, size_t digits, uint64_t value);

#endif
