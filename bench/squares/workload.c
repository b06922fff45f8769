/* Draws numbers, looks their squares up, computes and stores those that are missing, and counts. */
#include "workload.h"

#include "decimal.h"

static uint32_t next(uint32_t s[4])
{
    uint32_t result = s[0] + s[1] + s[3]++;

    s[0] = s[1] ^ (s[1] >> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >> 11)) + result;
    return result;
}

void workload_seed(struct workload *workload, uint32_t seed)
{
    workload->random[0] = 0;
    workload->random[1] = seed;
    workload->random[2] = 0;
    workload->random[3] = 1;
    for (int i = 0; i < 15; i++)
        next(workload->random);
}

uint32_t workload_draw(struct workload *workload)
{
    uint32_t mask = workload->domain, n;

    for (unsigned shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    do
        n = next(workload->random) & mask;
    while (n > workload->domain);
    return n;
}

/* n * n by halves of 16 bits, for processors that multiply 32 bits by 32 into 32. */
static uint64_t multiply(uint32_t n)
{
    uint32_t high = n >> 16, low = n & 0xffff;

    return ((uint64_t)(high * high) << 32) + ((uint64_t)(high * low) << 17) + (uint64_t)(low * low);
}

/* "sq:%d" */
static size_t put_key(char key[WORKLOAD_KEY_MAX], uint32_t n)
{
    size_t digits = mc_decimal_digits(n);

    key[0] = 's';
    key[1] = 'q';
    key[2] = ':';
    mc_decimal_write(key, 3, digits, n);
    return 3 + digits;
}

static void put_value(struct workload_value *value, uint64_t number)
{
    value->flags = WORKLOAD_FLAGS_INT;
    value->len = mc_decimal_digits(number);
    mc_decimal_write(value->text, 0, value->len, number);
}

/* True when the value is a number at all: *number. */
static bool read_value(const struct workload_value *value, uint64_t *number)
{
    if (value->flags != WORKLOAD_FLAGS_INT && value->flags != WORKLOAD_FLAGS_LONG)
        return false;
    if (value->len > WORKLOAD_TEXT_MAX)
        return false;
    return mc_decimal_read(value->text, 0, value->len, UINT64_MAX, number);
}

/* Asks the cache for n * n: true with the number that it has, and a hit counted. */
static bool look_up(struct workload *workload, const char *key, size_t len, uint64_t *number)
{
    struct workload_value value;
    enum workload_found found = workload->cache.get(workload->cache.ctx, key, len, &value);

    if (found == WORKLOAD_FAILED)
        workload->counts.errors++;
    if (found != WORKLOAD_HIT || !read_value(&value, number))
        return false;
    workload->counts.hits++;
    return true;
}

uint64_t workload_compute_square(struct workload *workload, uint32_t n)
{
    char key[WORKLOAD_KEY_MAX];
    struct workload_value value;
    size_t len = put_key(key, n);
    uint64_t square;

    if (look_up(workload, key, len, &square))
        return square;
    workload->counts.misses++;
    workload->cache.expense(workload->cache.ctx);
    square = multiply(n);
    put_value(&value, square);
    if (workload->cache.set(workload->cache.ctx, key, len, &value) != 0)
        workload->counts.errors++;
    return square;
}

/* n * n by doubling and adding: another way than multiply(), to check it by. */
static uint64_t add_up(uint32_t n)
{
    uint64_t sum = 0;

    for (uint64_t addend = n; n > 0; n >>= 1) {
        if ((n & 1) != 0)
            sum += addend;
        addend += addend;
    }
    return sum;
}

void workload_check(struct workload *workload, uint32_t n, uint64_t answer)
{
    if (answer != add_up(n))
        workload->counts.wrong++;
}

void workload_request(struct workload *workload)
{
    uint32_t n = workload_draw(workload);

    workload_check(workload, n, workload_compute_square(workload, n));
}
