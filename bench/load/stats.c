/* Adds up what threads have counted. */
#include "stats.h"

#include <string.h>

const char *const stats_trouble_names[STATS_TROUBLES] = {
    [STATS_REFUSED] = "refused",           [STATS_CLOSED] = "closed",
    [STATS_TIMED_OUT] = "timed_out",       [STATS_BROKEN] = "broken",
    [STATS_ERROR_REPLY] = "error_replies",
};

const char *const stats_trouble_texts[STATS_TROUBLES] = {
    [STATS_REFUSED] = "refused",           [STATS_CLOSED] = "closed",
    [STATS_TIMED_OUT] = "timed out",       [STATS_BROKEN] = "out of sync",
    [STATS_ERROR_REPLY] = "error replies",
};

const char *const stats_kind_names[STATS_KINDS] = {
    [STATS_GET] = "get", [STATS_SET] = "set",     [STATS_ADD] = "add",   [STATS_CAS] = "cas",
    [STATS_GAT] = "gat", [STATS_TOUCH] = "touch", [STATS_INCR] = "incr", [STATS_DELETE] = "delete",
};

void stats_add_kind(struct stats_of_kind *into, const struct stats_of_kind *from)
{
    into->requests += from->requests;
    into->errors += from->errors;
    into->keys += from->keys;
    into->hits += from->hits;
    into->misses += from->misses;
    into->wrong += from->wrong;
    histogram_merge(&into->latency, &from->latency);
}

void stats_add(struct stats *into, const struct stats *from)
{
    for (int kind = 0; kind < STATS_KINDS; kind++)
        stats_add_kind(&into->kinds[kind], &from->kinds[kind]);
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

void stats_add_server(struct stats_of_server *into, const struct stats_of_server *from)
{
    into->connects += from->connects;
    for (int trouble = 0; trouble < STATS_TROUBLES; trouble++)
        into->troubles[trouble] += from->troubles[trouble];
    if (into->first[0] == '\0')
        memcpy(into->first, from->first, sizeof into->first);
    stats_add_kind(&into->all, &from->all);
}

void stats_all(const struct stats *stats, struct stats_of_kind *all)
{
    memset(all, 0, sizeof *all);
    for (int k = 0; k < STATS_KINDS; k++)
        stats_add_kind(all, &stats->kinds[k]);
}
