/* Adding up what threads have counted. */
#include "stats.h"

#include <string.h>

const char *const load_trouble_names[LOAD_TROUBLES] = {
    [LOAD_REFUSED] = "refused",           [LOAD_CLOSED] = "closed",
    [LOAD_TIMED_OUT] = "timed_out",       [LOAD_BROKEN] = "broken",
    [LOAD_ERROR_REPLY] = "error_replies",
};

const char *const load_trouble_texts[LOAD_TROUBLES] = {
    [LOAD_REFUSED] = "refused",           [LOAD_CLOSED] = "closed",
    [LOAD_TIMED_OUT] = "timed out",       [LOAD_BROKEN] = "out of sync",
    [LOAD_ERROR_REPLY] = "error replies",
};

const char *const load_kind_names[LOAD_KINDS] = {[LOAD_GET] = "get", [LOAD_SET] = "set"};

static void add_kind(struct load_kind_stats *into, const struct load_kind_stats *from)
{
    into->requests += from->requests;
    into->errors += from->errors;
    into->hits += from->hits;
    into->misses += from->misses;
    into->wrong += from->wrong;
    timing_merge(&into->latency, &from->latency);
}

void load_stats_add(struct load_stats *into, const struct load_stats *from)
{
    for (int kind = 0; kind < LOAD_KINDS; kind++)
        add_kind(&into->kinds[kind], &from->kinds[kind]);
    into->sent_bytes += from->sent_bytes;
    into->received_bytes += from->received_bytes;
    into->unsent += from->unsent;
    into->filled += from->filled;
    into->earlier_errors += from->earlier_errors;
    into->user_ns += from->user_ns;
    into->system_ns += from->system_ns;
    if (into->start_ns == 0 || (from->start_ns != 0 && from->start_ns < into->start_ns))
        into->start_ns = from->start_ns;
    if (from->end_ns > into->end_ns)
        into->end_ns = from->end_ns;
}

void load_stats_add_server(struct load_server_stats *into, const struct load_server_stats *from)
{
    into->connects += from->connects;
    for (int trouble = 0; trouble < LOAD_TROUBLES; trouble++)
        into->troubles[trouble] += from->troubles[trouble];
    if (into->first[0] == '\0')
        memcpy(into->first, from->first, sizeof into->first);
}

void load_stats_since(struct timing_histogram *into, const struct timing_histogram *after,
                      const struct timing_histogram *before)
{
    *into = (struct timing_histogram){.count = after->count - before->count,
                                      .sum = after->sum - before->sum,
                                      .min = after->min,
                                      .max = after->max};
    for (size_t i = 0; i < TIMING_BUCKETS; i++)
        into->buckets[i] = after->buckets[i] - before->buckets[i];
}
