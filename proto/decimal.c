/* Decimal numbers by powers of ten: the reader and printer of every number on the wire. */
#include "decimal.h"

static const uint64_t power[MC_DECIMAL_MAX] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};

/* Adds digit * 10^place to *value; false when that passes max. */
static bool add(uint64_t *value, unsigned digit, size_t place, uint64_t max)
{
    for (; digit > 0; digit--) {
        if (power[place] > max - *value)
            return false;
        *value += power[place];
    }
    return true;
}

bool mc_decimal_read(const char *b, size_t i, size_t e, uint64_t max, uint64_t *value)
{
    *value = 0;
    if (i >= e || e - i > MC_DECIMAL_MAX || (b[i] == '0' && e - i > 1))
        return false;
    uint64_t sum = 0;
    for (; i < e; i++) {
        if (b[i] < '0' || b[i] > '9' || !add(&sum, (unsigned)(b[i] - '0'), e - 1 - i, max))
            return false;
    }
    *value = sum;
    return true;
}

size_t mc_decimal_digits(uint64_t value)
{
    size_t digits = 1;
    while (digits < MC_DECIMAL_MAX && value >= power[digits])
        digits++;
    return digits;
}

void mc_decimal_write(char *b, size_t i, size_t digits, uint64_t value)
{
    while (digits > 0) {
        digits--;
        char digit = '0';
        while (value >= power[digits]) { /* without a count: clang would multiply by it */
            value -= power[digits];
            digit++;
        }
        b[i] = digit;
        i++;
    }
}
