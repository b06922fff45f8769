/* Generates random numbers, and draws keys from a uniform or a zipf distribution. */
#include "dist.h"

#include <math.h>

/* splitmix64 (Sebastiano Vigna, public domain). */
static inline uint64_t next_random(struct dist *dist)
{
    uint64_t z = dist->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0..count-1, each as likely: the high half of a product, drawn again in the rare case that would
 * favour some (Daniel Lemire, "Fast random integer generation in an interval", 2019). */
static inline uint32_t draw_below(struct dist *dist, uint32_t count)
{
    uint64_t product = (next_random(dist) >> 32) * count;

    if ((uint32_t)product < count) {
        uint32_t favoured = (0u - count) % count;
        while ((uint32_t)product < favoured)
            product = (next_random(dist) >> 32) * count;
    }
    return (uint32_t)(product >> 32);
}

/* ---- zipf: h(x) = 1 / x^s, its integral H and the inverse of that ---------------------------- */

static double ratio_expm1(double x)
{
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2;
}

static double ratio_log1p(double x)
{
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x / 2;
}

static double density(const struct dist *dist, double x)
{
    return exp(-dist->exponent * log(x));
}

/* (x^(1-s) - 1) / (1 - s), and its limit log x where s is 1. */
static double integral(const struct dist *dist, double x)
{
    double log_x = log(x);

    return ratio_expm1((1 - dist->exponent) * log_x) * log_x;
}

static double inverse(const struct dist *dist, double y)
{
    double t = y * (1 - dist->exponent);

    return exp(ratio_log1p(t < -1 ? -1 : t) * y);
}

static uint32_t draw_zipf(struct dist *dist)
{
    const double unit = 1.0 / 9007199254740992.0; /* 2^-53 */

    for (;;) {
        double y =
            dist->last + (double)(next_random(dist) >> 11) * unit * (dist->first - dist->last);
        double x = inverse(dist, y);
        double k = floor(x + 0.5);
        k = k < 1 ? 1 : k > dist->count ? dist->count : k;
        if (k - x <= dist->sure || y >= integral(dist, k + 0.5) - density(dist, k))
            return (uint32_t)k - 1;
    }
}

void dist_init(struct dist *dist, uint64_t seed, uint64_t stream, uint32_t count, double exponent)
{
    *dist = (struct dist){.state = seed, .count = count, .exponent = exponent};
    dist->state = next_random(dist) + stream;
    dist->state = next_random(dist);
    if (exponent <= 0)
        return;
    dist->first = integral(dist, 1.5) - 1;
    dist->last = integral(dist, count + 0.5);
    dist->sure = 2 - inverse(dist, integral(dist, 2.5) - density(dist, 2));
}

uint32_t dist_draw(struct dist *dist)
{
    return dist->exponent > 0 ? draw_zipf(dist) : draw_below(dist, dist->count);
}

void dist_draw_many(struct dist *dist, uint32_t *numbers, size_t count)
{
    struct dist own = *dist; /* which no number can overlap */

    for (size_t i = 0; i < count; i++)
        numbers[i] = own.exponent > 0 ? draw_zipf(&own) : draw_below(&own, own.count);
    dist->state = own.state;
}

uint32_t dist_between(struct dist *dist, uint32_t min, uint32_t max)
{
    return min == max ? min : min + draw_below(dist, max - min + 1);
}
