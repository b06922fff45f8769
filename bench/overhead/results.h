/* What a run of the benchmark found out: flat records, written as JSON and read back from it. */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    RESULTS_CLIENTS_MAX = 8,
    RESULTS_CELLS_MAX = 512,
    RESULTS_COUNTS_MAX = 128,
    RESULTS_WIRES_MAX = 24,
    RESULTS_FACTS_MAX = 24,
    RESULTS_POINTS = 41 /* of a latency distribution */
};

/* A number that is not known: -1, and null in JSON. */
#define RESULTS_UNKNOWN (-1.0)

/* One thing about the machine or the run. */
struct results_fact {
    char name[24], value[232];
};

/* One client that takes part, or why it does not. */
struct results_client {
    char name[20], title[48], settings[240];
    char absent[120]; /* empty: it is there */
};

/* One client's measurements of one work. Times are ns an operation. */
struct results_cell {
    char cores[8];     /* same, apart */
    char transport[8]; /* tcp, unix */
    char work[12], client[20];
    double rounds;
    double samples;            /* operations with a clock around each */
    double p50, p99, p999;     /* of them; unknown with fewer than ten above it */
    double p50_ratio;          /* a round's p50 to the baseline's of the same round: the median, */
    double p50_low, p50_high;  /* and the quartiles */
    double ns;                 /* with the clock around all operations of a round: the median */
    double ratio;              /* to the baseline's of the same round: the median */
    double user_ns, system_ns; /* CPU time of the client's process, mean of all rounds */
    double points[RESULTS_POINTS]; /* of the distribution; results_above() says which */
    char problem[64];              /* empty; or why there are no numbers */
};

/* What one operation takes, counted. */
struct results_count {
    char work[12], client[20];
    double instructions; /* in user space */
    double syscalls;
    char names[72]; /* "sendto 1, recvfrom 1" */
};

/* put or reader alone, in memory. */
struct results_wire {
    char name[20], title[48];
    double bytes;            /* that one operation writes or reads */
    double ns, instructions; /* of one operation */
};

struct results {
    struct results_fact facts[RESULTS_FACTS_MAX];
    struct results_client clients[RESULTS_CLIENTS_MAX];
    struct results_cell cells[RESULTS_CELLS_MAX];
    struct results_count counts[RESULTS_COUNTS_MAX];
    struct results_wire wires[RESULTS_WIRES_MAX];
    size_t fact_count, client_count, cell_count, count_count, wire_count;
};

/* Where client and server are, and what is between them. */
struct results_setting {
    const char *cores, *transport, *title;
};

enum { RESULTS_SETTINGS = 4 };

extern const struct results_setting results_settings[RESULTS_SETTINGS];

/* Each of these adds a record in which nothing is known yet; NULL when all are used. */
struct results_cell *results_add_cell(struct results *results);
struct results_count *results_add_count(struct results *results);
struct results_wire *results_add_wire(struct results *results);
struct results_client *results_add_client(struct results *results);
void results_add_fact(struct results *results, const char *name, const char *format, ...);

/* NULL when there is none. */
const struct results_cell *results_cell(const struct results *results, const char *cores,
                                        const char *transport, const char *work,
                                        const char *client);
const struct results_count *results_count(const struct results *results, const char *work,
                                          const char *client);

/* True when a work was measured in a setting; with NULL, any work. */
bool results_has(const struct results *results, const struct results_setting *setting,
                 const char *work);

/* The first setting in which anything was measured, or else the first of all. */
const struct results_setting *results_first(const struct results *results);

/* "" when there is none. */
const char *results_fact(const struct results *results, const char *name);

/* The part of all samples that lie above the i-th point: 1 at the first, then 10^(-i/10). */
double results_above(size_t i);

void results_write(const struct results *results, FILE *out);

/* False when the text is not what results_write() writes; *line says where. */
bool results_read(struct results *results, const char *text, unsigned *line);

#endif
