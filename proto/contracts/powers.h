/* What is proved of decimal.c, and what its proofs have to know of powers of ten: ghost functions,
 * which are in no program. Frama-C alone reads this; see tests/proof/README.md. */

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

    // One more digit after the number n, at place k.
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

/*@ requires \valid(value) && *value <= max;
    requires 0 <= digit <= 9 && 0 <= place < MC_DECIMAL_MAX;
    assigns *value;
    ensures \result ==> *value == \old(*value) + digit * power[place] <= max;
    ensures !\result ==> \old(*value) + digit * power[place] > max; */
static bool add_digit(uint64_t *value, int digit, int place, uint64_t max);

/*@ requires \valid(value) && 0 <= place < MC_DECIMAL_MAX && *value < 10 * power[place];
    assigns *value;
    ensures '0' <= \result <= '9' && *value < power[place];
    ensures *value + (\result - '0') * power[place] == \old(*value); */
static char remove_digit(uint64_t *value, int place);

/*@ requires i <= k < SIZE_MAX && \valid(b + k) && '0' <= digit <= '9';
    requires \valid_read(b + (i .. k)) && digits(b, i, k);
    assigns b[k];
    ensures digits(b, i, k + 1);
    ensures value_of(b, i, k + 1) == 10 * \old(value_of(b, i, k)) + (digit - '0'); */
static void put_digit(char *b, size_t k, char digit) /*@ ghost (size_t i) */;
