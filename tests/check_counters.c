/* The counters of the command mcwire top, against exact numbers: what the algorithm promises. */
#include "counters.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { KEYS = 5000, DRAWS = 60000, NAME_SIZE = 24 };

static struct counters counters;
static const struct counter *sorted[COUNTERS];
static uint64_t exact[KEYS];

static struct mc_bytes name_of(char name[NAME_SIZE], size_t key)
{
    return (struct mc_bytes){name, (size_t)snprintf(name, NAME_SIZE, "key:%zu", key)};
}

static void add(size_t key, uint64_t weight)
{
    char name[NAME_SIZE];

    exact[key] += weight;
    counters_add(&counters, name_of(name, key), weight);
}

static void start(void)
{
    memset(&counters, 0, sizeof counters);
    memset(exact, 0, sizeof exact);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

/* Draws keys, of which low numbers are often, with weights up to `most`. */
static void draw_keys(size_t keys, uint64_t most)
{
    uint64_t state = most;

    for (int i = 0; i < DRAWS; i++) {
        size_t below = draw(&state) % keys + 1;
        size_t key = draw(&state) % below;
        add(key, 1 + draw(&state) % most);
    }
}

static size_t number_of(const struct counter *counter)
{
    char text[COUNTERS_KEY_MAX + 1];

    memcpy(text, counter->key, counter->len);
    text[counter->len] = '\0';
    return (size_t)atol(text + 4);
}

/* check notes each assertion; these are too many for that. */
static void expect(bool good, const char *what, size_t key)
{
    if (!good)
        ck_abort_msg("key %zu %s", key, what);
}

static void expect_counter(const struct counter *counter, size_t key)
{
    expect(counter->count >= exact[key], "has too low a count", key);
    expect(counter->count - counter->error <= exact[key], "has too low an error", key);
    expect(counter->error <= counters_least(&counters), "has an error above the bound", key);
}

/* Each count is from the true one up to its error more; the sum is the total; each key that has no
 * counter has at most the least. */
static void expect_promises(size_t keys)
{
    static bool listed[KEYS];
    size_t count = counters_sort(&counters, sorted);
    uint64_t sum = 0, total = 0;

    memset(listed, 0, sizeof listed);
    for (size_t i = 0; i < count; i++) {
        size_t key = number_of(sorted[i]);
        expect(!listed[key], "has two counters", key);
        listed[key] = true;
        sum += sorted[i]->count;
        expect_counter(sorted[i], key);
        expect(i == 0 || sorted[i]->count <= sorted[i - 1]->count, "is not in order", key);
    }
    for (size_t key = 0; key < keys; key++) {
        total += exact[key];
        expect(listed[key] || exact[key] <= counters_least(&counters), "should be listed", key);
    }
    ck_assert_uint_eq(counters.total, total);
    ck_assert_uint_eq(sum, total);
    ck_assert_uint_le(counters_least(&counters), total / COUNTERS);
}

START_TEST(few_keys_are_exact)
{
    start();
    draw_keys(COUNTERS, 1);
    expect_promises(COUNTERS);
    size_t count = counters_sort(&counters, sorted);
    for (size_t i = 0; i < count; i++) {
        size_t key = number_of(sorted[i]);
        expect(sorted[i]->error == 0, "has an error", key);
        expect(sorted[i]->count == exact[key], "has another count", key);
    }
}
END_TEST

START_TEST(many_keys_are_bounded)
{
    static const uint64_t weights[] = {1, 2, 1000, 1000000007};

    start();
    draw_keys(KEYS, weights[_i]);
    ck_assert_uint_eq(counters.used, COUNTERS);
    expect_promises(KEYS);
    ck_assert_uint_gt(counters_least(&counters), 0);
}
END_TEST

/* After each step, at the moment when the last counter is taken and after it. */
START_TEST(the_promises_hold_all_the_time)
{
    uint64_t state = 7;

    start();
    for (size_t key = 0; key < COUNTERS - 2; key++)
        add(key, 3 + key % 5);
    for (int i = 0; i < 200; i++) {
        add(draw(&state) % KEYS, 1 + draw(&state) % 9);
        expect_promises(KEYS);
    }
}
END_TEST

START_TEST(nothing_is_known_at_first)
{
    start();
    ck_assert_uint_eq(counters_sort(&counters, sorted), 0);
    ck_assert_uint_eq(counters_least(&counters), 0);
    for (size_t key = 0; key + 1 < COUNTERS; key++)
        add(key, 5);
    ck_assert_uint_eq(counters_least(&counters), 0);
    add(COUNTERS, 2);
    ck_assert_uint_eq(counters_least(&counters), 2);
}
END_TEST

/* Keys may be empty, long, or have any bytes; what is beyond the length of a key does not count. */
START_TEST(keys_of_all_kinds)
{
    static char text[2 * COUNTERS_KEY_MAX];

    start();
    memset(text, 0, sizeof text);
    for (size_t len = 0; len <= COUNTERS_KEY_MAX; len++)
        counters_add(&counters, (struct mc_bytes){text, len}, len + 1);
    text[COUNTERS_KEY_MAX] = 'x';
    counters_add(&counters, (struct mc_bytes){text, sizeof text}, 1);
    ck_assert_uint_eq(counters.used, COUNTERS_KEY_MAX + 1);
    ck_assert_uint_eq(counters_sort(&counters, sorted), COUNTERS_KEY_MAX + 1);
    ck_assert_uint_eq(sorted[0]->count, COUNTERS_KEY_MAX + 2);
    for (size_t i = 0; i <= COUNTERS_KEY_MAX; i++)
        ck_assert_uint_eq(sorted[i]->len, COUNTERS_KEY_MAX - i);
}
END_TEST

/* Equal counts are in the order of their keys. */
START_TEST(ties)
{
    static const char *const keys[] = {"b", "a", "ab", "", "c"};
    static const char *const order[] = {"", "a", "ab", "b", "c"};

    start();
    for (size_t i = 0; i < COUNT(keys); i++)
        counters_add(&counters, mc_string(keys[i]), 4);
    ck_assert_uint_eq(counters_sort(&counters, sorted), COUNT(keys));
    for (size_t i = 0; i < COUNT(order); i++) {
        ck_assert_uint_eq(sorted[i]->len, strlen(order[i]));
        ck_assert_mem_eq(sorted[i]->key, order[i], sorted[i]->len);
    }
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {few_keys_are_exact, 1},
        {many_keys_are_bounded, 4},
        {the_promises_hold_all_the_time, 1},
        {nothing_is_known_at_first, 1},
        {keys_of_all_kinds, 1},
        {ties, 1},
    };
    return suite_run("counters", tests, COUNT(tests));
}
