/* Reads and prints decimal numbers by powers of ten: every number on the wire. */
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

#ifdef __FRAMAC__
#include "contracts/powers.h"
#endif

/* Adds digit * 10^place to *value; false when that passes max. */
static bool add_digit(uint64_t *value, int digit, int place, uint64_t max)
{
    /*@ loop invariant 0 <= digit <= \at(digit, Pre) && *value <= max;
        loop invariant *value + digit * power[place] ==
            \at(*value + digit * power[place], Pre);
        loop assigns digit, *value;
        loop variant digit; */
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
    int place = (int)(e - i);
    //@ ghost size_t start = i; int count = 0; uint64_t n = 0;
    /*@ loop invariant 0 <= place <= MC_DECIMAL_MAX && i == e - place && i == start + count;
        loop invariant sum <= max && 0 <= count && digits(b, start, i);
        loop invariant place > 0 ==> sum == 10 * (n * power[place - 1]);
        loop invariant place > 0 ==> n == value_of(b, start, i) < power[count];
        loop invariant place <= 0 ==> sum == value_of(b, start, i);
        loop assigns i, sum, place, n, count;
        loop variant place; */
    for (; place > 0; i++) {
        //@ assert i < e;
        if (b[i] < '0' || b[i] > '9')
            return false;
        place--;
        bool added = add_digit(&sum, b[i] - '0', place, max);
        /*@ ghost
            lemma_digit(n, b[i] - '0', place);
            count++;
            if (place > 0) {
                lemma_next_power(count);
                n = append(n, b[i] - '0');
                if (!added)
                    lemma_larger(b, start, count, place, n, max);
            } else {
                /@ assert value_of(b, start, e) == 10 * n + (b[i] - '0'); @/
            }
        */
        //@ assert !added && digits(b, start, e) ==> value_of(b, start, e) > max;
        if (!added)
            return false;
    }
    *value = sum;
    return true;
}

size_t mc_decimal_digits(uint64_t value)
{
    size_t digits = 1;
    //@ ghost lemma_powers();
    /*@ loop invariant 1 <= digits <= MC_DECIMAL_MAX;
        loop invariant digits > 1 ==> ten_to(digits - 1) <= value;
        loop assigns digits;
        loop variant MC_DECIMAL_MAX - digits; */
    while (digits < MC_DECIMAL_MAX && value >= power[digits])
        digits++;
    return digits;
}

/* Returns the digit at this place of the value, and subtracts it. */
static char remove_digit(uint64_t *value, int place)
{
    char digit = '0';
    //@ ghost lemma_ten_to(place);
    /*@ loop invariant '0' <= digit <= '9';
        loop invariant *value + (digit - '0') * power[place] == \at(*value, Pre);
        loop assigns digit, *value;
        loop variant *value; */
    while (*value >= power[place]) { /* without a count: clang would multiply by it */
        //@ ghost lemma_below_ten(*value, digit - '0', place);
        *value -= power[place];
        digit++;
    }
    return digit;
}

/* Writes a digit to b[k], after those at b[i..k). */
static void put_digit(char *b, size_t k, char digit) /*@ ghost (size_t i) */
{
    b[k] = digit;
    /*@ ghost
        /@ loop invariant i <= j <= k;
           loop invariant value_of(b, i, j) == value_of{Pre}(b, i, j);
           loop assigns j;
           loop variant k - j; @/
        for (size_t j = i; j < k; j++)
            ;
        /@ assert value_of(b, i, k) == value_of{Pre}(b, i, k); @/
        /@ assert value_of(b, i, k + 1) == 10 * value_of(b, i, k) + (b[k] - '0'); @/
    */
}

void mc_decimal_write(char *b, size_t i, size_t digits, uint64_t value)
{
    int place = (int)digits;
    //@ ghost size_t start = i;
    //@ ghost uint64_t whole = value, n = 0;
    //@ ghost if (place > 0) lemma_ten_to(place - 1);
    /*@ loop invariant 0 <= place <= digits && i == start + digits - place;
        loop invariant digits(b, start, i) && n == value_of(b, start, i);
        loop invariant place > 0 ==> 10 * (n * power[place - 1]) + value == whole;
        loop invariant place > 0 ==> value < 10 * power[place - 1];
        loop invariant place <= 0 ==> n == whole;
        loop assigns i, place, value, n, b[start .. start + digits - 1];
        loop variant place; */
    while (place > 0) {
        place--;
        char digit = remove_digit(&value, place);
        put_digit(b, i, digit) /*@ ghost (start) */;
        /*@ ghost
            lemma_digit(n, digit - '0', place);
            if (place > 0)
                lemma_next_power(place);
            n = append(n, digit - '0');
        */
        i++;
    }
}
