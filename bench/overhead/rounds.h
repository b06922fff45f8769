/* The measurement by time: every client does a slice of every work in each round, one after the
 * other, so that what disturbs the machine meets them alike; and each slice is held against the
 * baseline's of the same round. */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdint.h>

#include "clients.h"
#include "daemon.h"
#include "results.h"
#include "work.h"

enum {
    ROUNDS_CLIENTS_MAX = RESULTS_CLIENTS_MAX,
    ROUNDS_WORKS_MAX = 24,
    ROUNDS_LEAST = 9,
    ROUNDS_MAX = 501
};

/* The processes that take part. Start from {0}. */
struct rounds_team {
    const struct clients_entry *entries[ROUNDS_CLIENTS_MAX];
    struct child children[ROUNDS_CLIENTS_MAX]; /* pid 0: absent */
    size_t count;
};

/* One table's worth of measurements. */
struct rounds_setting {
    const char *cores; /* same or apart */
    enum daemon_transport transport;
    const char *address;
    const struct work *works[ROUNDS_WORKS_MAX];
    size_t work_count;
    unsigned rounds, slice_us;
    uint64_t limit_ns; /* no further round is begun after so long, once there are ROUNDS_LEAST */
};

/* Starts the processes on a processor, and notes who is there. False when the baseline or this
 * project's client is not. */
bool rounds_begin(struct rounds_team *team, const struct clients_programs *programs, int processor,
                  struct results *results);

/* Adds a cell for each client and work. False on an interruption, or when memory runs out. */
bool rounds_measure(struct rounds_team *team, const struct rounds_setting *setting,
                    struct results *results);

void rounds_end(struct rounds_team *team);

#endif
