/* The options of mcload, as the command line sets them. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "login.h"
#include "sizes.h"
#include "stats.h"

enum options_format { OPTIONS_TEXT, OPTIONS_JSON, OPTIONS_CSV };

enum {
    OPTIONS_THREADS_MAX = 256,
    OPTIONS_CONNECTIONS_MAX = 1000000,
    OPTIONS_PIPELINE_MAX = 10000,
    OPTIONS_MULTIGET_MAX = 10000,
    OPTIONS_KEYS_IN_FLIGHT_MAX = 1000000, /* on a connection */
    OPTIONS_PREFIX_MAX = 240,             /* leaves room for the ten digits of a key's number */
    OPTIONS_WEIGHT_MAX = 1000000,
    OPTIONS_SIZE_MAX = 128 * 1024 * 1024
};

#define OPTIONS_UNLIMITED UINT64_MAX

struct options {
    const char *servers;           /* addresses with commas between them */
    uint32_t threads, connections; /* connections: of all threads together */
    uint32_t pipeline, multiget;
    uint32_t mix[STATS_KINDS]; /* weights */
    uint32_t exptime;          /* of what is stored or touched; 0: never */
    uint32_t keys;
    uint64_t fill_keys; /* keys that --fill sets; those from `keys` on are the numbers of incr */
    const char *prefix;
    double zipf;                   /* the exponent; 0: uniform */
    struct sizes sizes, key_sizes; /* key_sizes: none, a key is as long as its prefix and number */
    uint64_t requests; /* of all threads together; OPTIONS_UNLIMITED: until the time is over */
    uint64_t time_ns;  /* OPTIONS_UNLIMITED: until all requests are done */
    uint64_t warmup_ns;
    uint64_t rate;     /* requests a second of all threads together; 0: closed loop */
    uint64_t rate_end; /* what it becomes evenly by the end; 0: it stays the same */
    uint64_t scan_from, scan_to, scan_step; /* rates of runs, in turn; scan_step 0: none */
    uint64_t p99_limit_ns;                  /* above it a scan ends */
    uint32_t repeat;                        /* runs */
    uint32_t reconnect;                     /* requests on a connection; 0: no end */
    struct login login;
    uint32_t meta; /* 0: the classic protocol */
    bool fill, verify;
    uint64_t seed;
    uint32_t timeout_ms;
    uint64_t trace; /* pieces of the first connection that are printed */
    enum options_format format;
    const char *json, *hgrm; /* file names; NULL: none */
};

/* Reads the arguments; without --seed the seed is a random one. What option_read() returns. */
int options_read(struct options *options, int argc, char **argv);

/* Prints one line on stderr: the program's name, what failed, and why. Returns status. */
int options_fail(int status, const char *what, const char *why);

#endif
