/* A heap finds the least counter, and a hash table that of a key. */
#include "counters.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(struct mc_bytes key)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * 16777619U;
    return hash;
}

/* ---- the heap -------------------------------------------------------------------------------- */

static uint64_t count_at(const struct counters *c, size_t place)
{
    return c->list[c->heap[place]].count;
}

static void set_place(struct counters *c, size_t place, uint16_t index)
{
    c->heap[place] = index;
    c->list[index].place = (uint16_t)place;
}

/* A counter has become larger, or is new: smaller ones go before it. */
static void sink_down(struct counters *c, size_t place)
{
    uint16_t index = c->heap[place];
    uint64_t count = c->list[index].count;

    for (size_t child; (child = 2 * place + 1) < c->used; place = child) {
        if (child + 1 < c->used && count_at(c, child + 1) < count_at(c, child))
            child++;
        if (count_at(c, child) >= count)
            break;
        set_place(c, place, c->heap[child]);
    }
    set_place(c, place, index);
}

static void rise_up(struct counters *c, size_t place)
{
    uint16_t index = c->heap[place];
    uint64_t count = c->list[index].count;

    for (; place > 0 && count_at(c, (place - 1) / 2) > count; place = (place - 1) / 2)
        set_place(c, place, c->heap[(place - 1) / 2]);
    set_place(c, place, index);
}

/* ---- the hash table -------------------------------------------------------------------------- */

static uint16_t *find(struct counters *c, uint32_t hash, struct mc_bytes key)
{
    uint16_t *link = &c->heads[hash % COUNTERS_HEADS];

    for (; *link != 0; link = &c->list[*link - 1].next) {
        const struct counter *counter = &c->list[*link - 1];
        if (counter->hash == hash && counter->len == key.len &&
            memcmp(counter->key, key.data, key.len) == 0)
            break;
    }
    return link;
}

static void unlink_counter(struct counters *c, uint16_t index)
{
    const struct counter *counter = &c->list[index];
    const struct mc_bytes key = {counter->key, counter->len};
    uint16_t *link = find(c, counter->hash, key);

    *link = counter->next;
}

static void link_counter(struct counters *c, uint16_t index, uint32_t hash, struct mc_bytes key)
{
    struct counter *counter = &c->list[index];

    counter->hash = hash;
    counter->len = (uint8_t)key.len;
    if (key.len > 0)
        memcpy(counter->key, key.data, key.len);
    counter->next = c->heads[hash % COUNTERS_HEADS];
    c->heads[hash % COUNTERS_HEADS] = (uint16_t)(index + 1);
}

/* ---- the counters ---------------------------------------------------------------------------- */

void counters_add(struct counters *counters, struct mc_bytes key, uint64_t weight)
{
    struct counters *c = counters;

    if (key.len > COUNTERS_KEY_MAX)
        key.len = COUNTERS_KEY_MAX;
    uint32_t hash = hash_of(key);
    uint16_t found = *find(c, hash, key);

    c->total += weight;
    if (found != 0) {
        c->list[found - 1].count += weight;
        sink_down(c, c->list[found - 1].place);
    } else if (c->used < COUNTERS) {
        uint16_t index = (uint16_t)c->used++;
        link_counter(c, index, hash, key);
        c->list[index].count = weight;
        set_place(c, index, index);
        rise_up(c, index);
    } else {
        uint16_t index = c->heap[0];
        unlink_counter(c, index);
        link_counter(c, index, hash, key);
        c->list[index].error = c->list[index].count;
        c->list[index].count += weight;
        sink_down(c, 0);
    }
}

uint64_t counters_least(const struct counters *counters)
{
    return counters->used < COUNTERS ? 0 : count_at(counters, 0);
}

static int compare_counters(const void *left, const void *right)
{
    const struct counter *a = *(const struct counter *const *)left;
    const struct counter *b = *(const struct counter *const *)right;
    size_t len = a->len < b->len ? a->len : b->len;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    int order = memcmp(a->key, b->key, len);
    return order != 0 ? order : a->len - b->len;
}

size_t counters_sort(const struct counters *counters, const struct counter **list)
{
    for (size_t i = 0; i < counters->used; i++)
        list[i] = &counters->list[i];
    qsort(list, counters->used, sizeof *list, compare_counters);
    return counters->used;
}
