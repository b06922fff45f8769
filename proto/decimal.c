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

/* What the proofs know of powers of ten: this is in no program. */
/*@ ghost
    /@ assigns \nothing;
       ensures \forall integer k; 0 <= k < MC_DECIMAL_MAX ==> power[k] == ten_to(k) >= 1;
       ensures \forall integer k; 0 < k < MC_DECIMAL_MAX ==> power[k] == 10 * power[k - 1];
       ensures ten_to(MC_DECIMAL_MAX) == 10 * power[MC_DECIMAL_MAX - 1] > UINT64_MAX; @/
    void lemma_powers(void)
    {
        /@ loop invariant 0 <= n <= MC_DECIMAL_MAX;
           loop invariant \forall integer k; 0 <= k < n ==> power[k] == ten_to(k) >= 1;
           loop invariant \forall integer k; 0 < k < n ==> power[k] == 10 * power[k - 1];
           loop assigns n;
           loop variant MC_DECIMAL_MAX - n; @/
        for (int n = 0; n < MC_DECIMAL_MAX; n++)
            ;
    }

    /@ requires 0 <= k < MC_DECIMAL_MAX;
       assigns \nothing;
       ensures power[k] >= 1 && ten_to(k + 1) == 10 * power[k]; @/
    void lemma_ten_to(int k)
    {
        lemma_powers();
    }

    /@ requires 0 < k < MC_DECIMAL_MAX;
       assigns \nothing;
       ensures power[k] == 10 * power[k - 1] && power[k - 1] >= 1; @/
    void lemma_next_power(int k)
    {
    }

    /@ requires 0 < k < MC_DECIMAL_MAX;
       assigns \nothing;
       ensures n * power[k] == 10 * (n * power[k - 1]); @/
    void lemma_times(uint64_t n, int k)
    {
    }

    /@ requires 0 <= k < MC_DECIMAL_MAX && 0 <= digit <= 9;
       requires power[k] <= n && n + digit * power[k] < 10 * power[k];
       assigns \nothing;
       ensures digit < 9; @/
    void lemma_below_ten(uint64_t n, int digit, int k)
    {
        if (digit == 9) {
            /@ assert n + 9 * power[k] < 10 * power[k]; @/
        }
    }

    // One more digit behind the number n, at place k.
    /@ requires 0 <= k < MC_DECIMAL_MAX && 0 <= digit <= 9;
       assigns \nothing;
       ensures (10 * n + digit) * power[k] == 10 * (n * power[k]) + digit * power[k];
       ensures 0 <= 10 * n + digit <= 10 * (n * power[k]) + digit * power[k];
       ensures k > 0 ==> (10 * n + digit) * power[k] == 10 * ((10 * n + digit) * power[k - 1]);
       ensures k == 0 ==> (10 * n + digit) * power[k] == 10 * n + digit;
       ensures digit * power[k] >= 0; @/
    void lemma_digit(uint64_t n, int digit, int k)
    {
        if (k > 0)
            lemma_next_power(k);
    }

    /@ requires 0 <= digit && 10 * n + digit <= UINT64_MAX;
       assigns \nothing;
       ensures \result == 10 * n + digit; @/
    uint64_t append(uint64_t n, int digit)
    {
        return 10 * n + (uint64_t)digit;
    }

    /@ requires 0 < k && 0 < place && k + place <= MC_DECIMAL_MAX && i + k + place <= SIZE_MAX;
       requires \valid_read(b + (i .. i + k + place - 1));
       requires n == value_of(b, i, i + k) < power[k] && n * power[place] > max;
       assigns \nothing;
       ensures digits(b, i + k, i + k + place) ==> value_of(b, i, i + k + place) > max; @/
    void lemma_larger(const char *b, size_t i, int k, int place, uint64_t n, uint64_t max)
    {
        size_t j = i + (size_t)k;
        /@ loop invariant 0 < k && 0 < place && j == i + k;
           loop invariant place <= \at(place, Pre) && k + place == \at(k + place, Pre);
           loop invariant digits(b, i + \at(k, Pre), j);
           loop invariant n == value_of(b, i, j) < power[k] && n * power[place] > max;
           loop assigns j, k, place, n;
           loop variant place; @/
        while (place > 1 && '0' <= b[j] && b[j] <= '9') {
            lemma_times(n, place);
            lemma_digit(n, b[j] - '0', place - 1);
            lemma_next_power(k + 1);
            n = append(n, b[j] - '0');
            k++;
            place--;
            j++;
        }
        lemma_times(n, 1);
        if ('0' <= b[j] && b[j] <= '9') {
            lemma_digit(n, b[j] - '0', 0);
            /@ assert place == 1; @/
            /@ assert 10 * n + (b[j] - '0') > max; @/
            /@ assert value_of(b, i, j + 1) == 10 * n + (b[j] - '0'); @/
        } else {
            /@ assert i + \at(k, Pre) <= j < i + \at(k + place, Pre); @/
            /@ assert !digits(b, i + \at(k, Pre), i + \at(k + place, Pre)); @/
        }
    }
*/

/* Adds digit * 10^place to *value; false when that passes max. */
/*@ requires \valid(value) && *value <= max;
    requires 0 <= digit <= 9 && 0 <= place < MC_DECIMAL_MAX;
    assigns *value;
    ensures \result ==> *value == \old(*value) + digit * power[place] <= max;
    ensures !\result ==> \old(*value) + digit * power[place] > max; */
static bool add(uint64_t *value, int digit, int place, uint64_t max)
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
    //@ ghost size_t start = i;
    //@ ghost int count = 0;
    //@ ghost uint64_t n = 0;
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
        bool added = add(&sum, b[i] - '0', place, max);
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

/* The digit at this place, which is taken off the value. */
/*@ requires \valid(value) && 0 <= place < MC_DECIMAL_MAX && *value < 10 * power[place];
    assigns *value;
    ensures '0' <= \result <= '9' && *value < power[place];
    ensures *value + (\result - '0') * power[place] == \old(*value); */
static char take_digit(uint64_t *value, int place)
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

/* Puts a digit behind those at b[i..k). */
/*@ requires i <= k < SIZE_MAX && \valid(b + k) && '0' <= digit <= '9';
    requires \valid_read(b + (i .. k)) && digits(b, i, k);
    assigns b[k];
    ensures digits(b, i, k + 1);
    ensures value_of(b, i, k + 1) == 10 * \old(value_of(b, i, k)) + (digit - '0'); */
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
        char digit = take_digit(&value, place);
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
