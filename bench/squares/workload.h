/* The heart of squares: get sq:N, or compute N*N slowly and set it; count and check what happened.
 *
 * It knows no sockets, files, clock or heap, calls nothing but the functions of its cache and those
 * of decimal.h, and uses neither division nor floating point, so that it runs without an operating
 * system as it does with one. With the same seed it asks for the same numbers on every machine.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

enum {
    WORKLOAD_DOMAIN = 5000, /* N is 0..5000 in the book's program */
    WORKLOAD_KEY_MAX = 13,  /* "sq:" and the digits of a uint32_t */
    WORKLOAD_TEXT_MAX = 20, /* the digits of its square */
    WORKLOAD_FLAGS_INT = 2, /* how python-memcached marks an int, stored as decimal text */
    WORKLOAD_FLAGS_LONG = 4 /* how pylibmc does, and Python 2 did with big ones; only read */
};

/* A value in the cache. */
struct workload_value {
    char text[WORKLOAD_TEXT_MAX];
    size_t len; /* of the whole value; above WORKLOAD_TEXT_MAX: text holds nothing of use */
    uint64_t flags;
};

enum workload_found { WORKLOAD_HIT, WORKLOAD_MISS, WORKLOAD_FAILED };

/* The cache, and what a miss costs. A key is not NUL-terminated, and lent for the call. */
struct workload_cache {
    /* WORKLOAD_HIT with *value filled in, WORKLOAD_MISS, or WORKLOAD_FAILED: there is no answer. */
    enum workload_found (*get)(void *ctx, const char *key, size_t len,
                               struct workload_value *value);
    /* 0 when it is stored, without expiry; anything else when it is not, or not for certain. */
    int (*set)(void *ctx, const char *key, size_t len, const struct workload_value *value);
    /* The pretended expense of computing a square: takes its time. */
    void (*expense)(void *ctx);
    void *ctx;
};

/* hits + misses = requests. A miss is every request whose square had to be computed. */
struct workload_counts {
    uint32_t hits, misses;
    uint32_t errors; /* operations of the cache that failed; up to two a request: get and set */
    uint32_t wrong;  /* answers that are not N*N: see workload_check() */
};

/* The caller sets cache and domain, calls workload_seed(), and may clear counts between runs. */
struct workload {
    struct workload_cache cache;
    uint32_t domain; /* N is 0..domain, both included; up to UINT32_MAX */
    struct workload_counts counts;
    uint32_t random[4]; /* private */
};

/* Starts the generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, made of 32-bit
 * additions, shifts and exclusive-ors only. The state is {0, seed, 0, 1}, and 15 numbers are thrown
 * away. With seed 1 and domain 5000 the first draws are 2766, 2417, 1855, 4012, 2356. */
void workload_seed(struct workload *workload, uint32_t seed);

/* The next N, uniform in 0..domain: as many low bits as domain has, drawn again while they exceed
 * it, which favours no number and needs no division. */
uint32_t workload_draw(struct workload *workload);

/* n * n: from the cache without computing it where the cache has a number, as the book's program
 * does it. So the answer is as good as the cache is:
 *
 *   the cache has                                       counted as    the answer   then
 *   n * n in decimal, with the flags of an int or long  hit           the cache's  -
 *   another number in decimal, with such flags          hit           wrong        -
 *   something else: other text, other flags, too long   miss          computed     replaced
 *   nothing                                             miss          computed     set
 *   no answer                                           miss, error   computed     set is tried */
uint64_t workload_compute_square(struct workload *workload, uint32_t n);

/* Counts an answer as wrong that is not n * n by another way of computing it: somebody else stored
 * it, or a late reply or another key's value got through. */
void workload_check(struct workload *workload, uint32_t n, uint64_t answer);

/* One request: all of the three above. */
void workload_request(struct workload *workload);

#endif
