/* Describes the options of mcload as a table, and reads the values that only mcload has. */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "escape.h"
#include "option.h"
#include "proto.h"
#include "seed.h"
#include "server.h"

int options_fail(int status, const char *what, const char *why)
{
    escape_message("mcload", "%s: %s", what, why);
    return status;
}

/* ---- values that only mcload has ------------------------------------------------------------- */

/* A number that begins at text[i] and ends before text[e]. */
static bool read_number(const char *text, size_t i, size_t e, const struct option *option,
                        uint64_t *number)
{
    return mc_decimal_read(text, i, e, option->max, number) && *number >= option->min;
}

/* Two or three numbers with a sign between them. How many there are; 0: something else. */
static int read_numbers(const char *text, const char *sign, const struct option *option,
                        uint64_t numbers[3])
{
    int count = 0;

    for (size_t i = 0, end; count < 3; i = end + 1) {
        end = i + strcspn(text + i, sign);
        if (!read_number(text, i, end, option, &numbers[count++]))
            return 0;
        if (text[end] == '\0')
            return count;
    }
    return 0;
}

/* ADDR,...; several times: with a comma between. The text stays until the program ends. */
static const char *set_server(void *options, const struct option *option, const char *text)
{
    static char *all; /* as long as the arguments together */
    struct options *o = options;
    size_t len = all != NULL ? strlen(all) + 1 : 0;
    char *longer = realloc(all, len + strlen(text) + 1);

    (void)option;
    if (longer == NULL)
        return "takes too much memory";
    if (len > 0)
        longer[len - 1] = ',';
    memcpy(longer + len, text, strlen(text) + 1);
    o->servers = all = longer;
    return NULL;
}

/* SET:GET */
static const char *set_ratio(void *options, const struct option *option, const char *text)
{
    struct options *o = options;
    uint64_t ratio[3];

    if (read_numbers(text, ":", option, ratio) != 2)
        return "is not SET:GET, two numbers up to 1000000";
    memset(o->mix, 0, sizeof o->mix);
    o->mix[STATS_SET] = (uint32_t)ratio[0];
    o->mix[STATS_GET] = (uint32_t)ratio[1];
    return ratio[0] + ratio[1] > 0 ? NULL : "leaves nothing to do";
}

/* The kind of this name; STATS_KINDS when there is none. */
static int find_kind(const char *name, size_t len)
{
    int kind = 0;

    while (kind < STATS_KINDS && (strlen(stats_kind_names[kind]) != len ||
                                  memcmp(stats_kind_names[kind], name, len) != 0))
        kind++;
    return kind;
}

/* NAME=WEIGHT,... */
static const char *set_mix(void *options, const struct option *option, const char *text)
{
    struct options *o = options;
    uint64_t sum = 0, weight;

    memset(o->mix, 0, sizeof o->mix);
    for (size_t end = 0, i = 0; i == 0 || text[end] == ','; i = end + 1) {
        size_t equals = i + strcspn(text + i, "=,");
        int kind = find_kind(text + i, equals - i);
        end = equals + strcspn(text + equals, ",");
        if (kind == STATS_KINDS || text[equals] != '=')
            return "is not NAME=WEIGHT,... with the names get, set, add, cas, gat, touch, incr, "
                   "delete";
        if (!read_number(text, equals + 1, end, option, &weight))
            return "has a weight that is not a number from 0 to 1000000";
        o->mix[kind] = (uint32_t)weight;
        sum += weight;
    }
    return sum > 0 ? NULL : "leaves nothing to do";
}

/* SIZES */
static const char *set_sizes(void *options, const struct option *option, const char *text)
{
    struct sizes *sizes = (void *)((char *)options + option->offset);

    return sizes_read(sizes, text, (uint32_t)option->max);
}

/* R or FROM-TO */
static const char *set_rate(void *options, const struct option *option, const char *text)
{
    struct options *o = options;
    uint64_t rates[3] = {0};
    int count = read_numbers(text, "-", option, rates);

    if (count != 1 && count != 2)
        return "is not R or FROM-TO, numbers from 1 to 1000000000";
    o->rate = rates[0];
    o->rate_end = rates[1];
    return NULL;
}

/* FROM:TO:STEP */
static const char *set_scan(void *options, const struct option *option, const char *text)
{
    struct options *o = options;
    uint64_t rates[3];

    if (read_numbers(text, ":", option, rates) != 3 || rates[1] < rates[0])
        return "is not FROM:TO:STEP, numbers from 1 to 1000000000, with TO not below FROM";
    o->scan_from = rates[0];
    o->scan_to = rates[1];
    o->scan_step = rates[2];
    return NULL;
}

/* uniform or zipf:S */
static const char *set_dist(void *options, const struct option *option, const char *text)
{
    static const char zipf[] = "zipf:";
    struct options *o = options;
    double exponent = 0;
    bool is_zipf = strncmp(text, zipf, sizeof zipf - 1) == 0;

    if (is_zipf ? !option_read_fraction(text + sizeof zipf - 1, &exponent) ||
                      exponent > (double)option->max
                : strcmp(text, "uniform") != 0)
        return "is not uniform or zipf:S with S from 0 to 10";
    o->zipf = exponent;
    return NULL;
}

/* What a key begins with: bytes that a key may have. */
static const char *set_prefix(void *options, const struct option *option, const char *text)
{
    struct options *o = options;
    char line[MC_REQUEST_MAX];
    struct mc_out out = {.data = line, .cap = sizeof line};
    const struct mc_bytes prefix = {text, strlen(text)};

    (void)option;
    if (prefix.len > OPTIONS_PREFIX_MAX)
        return "is longer than 240 bytes";
    if (prefix.len > 0 && mc_put_get(&out, &prefix, 1) != 0)
        return "holds a space or a control byte";
    o->prefix = text;
    return NULL;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
    {"--server", "ADDR[,ADDR...]",
     "HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH (127.0.0.1:11211);\n"
     "several, or the option again: each has its share of the connections,\n"
     "figures of its own, and every key: it is no sharded cache",
     set_server, 0, 0, 0},
    {"--user", "NAME", "log in, to a memcached that runs with -Y", option_text, AT(login.user), 0,
     0},
    {"--password-file", "FILE", "holds the password; without it $MCWIRE_PASSWORD does", option_text,
     AT(login.file), 0, 0},
    {"--threads", "N", "threads, each with its own event loop (1)", option_number, AT(threads), 1,
     OPTIONS_THREADS_MAX},
    {"--connections", "N", "connections of all threads together (50)", option_number,
     AT(connections), 1, OPTIONS_CONNECTIONS_MAX},
    {"--pipeline", "N", "requests in flight on each connection (1)", option_number, AT(pipeline), 1,
     OPTIONS_PIPELINE_MAX},
    {"--multiget", "N", "keys in each get (1)", option_number, AT(multiget), 1,
     OPTIONS_MULTIGET_MAX},
    {"--ratio", "SET:GET", "ratio of sets to gets, evenly mixed (0:1)", set_ratio, 0, 0,
     OPTIONS_WEIGHT_MAX},
    {"--mix", "NAME=WEIGHT,...",
     "kinds of requests, evenly mixed by their weights: get, set, add,\n"
     "cas (after gets), gat, touch, delete, incr (of keys of its own)",
     set_mix, 0, 0, OPTIONS_WEIGHT_MAX},
    {"--exptime", "S", "seconds until what is stored or touched expires (0: never)", option_number,
     AT(exptime), 0, MC_EXPTIME_RELATIVE_MAX},
    {"--keys", "N", "number of different keys (10000)", option_number, AT(keys), 1, UINT32_MAX},
    {"--key-prefix", "TEXT", "keys are TEXT0, TEXT1, ... (key:)", set_prefix, 0, 0, 0},
    {"--key-dist", "DIST", "which keys: uniform, or zipf:S with key 0 the most frequent (uniform)",
     set_dist, 0, 0, 10},
    {"--key-size", "SIZES", "bytes of a key, with dashes after its number; SIZES as for --size",
     set_sizes, AT(key_sizes), 0, MC_KEY_MAX},
    {"--size", "SIZES",
     "bytes of a value: N, MIN-MAX, or a list of these with weights,\n"
     "such as 64:90,1000-2000:10, or such a list in @FILE (32)",
     set_sizes, AT(sizes), 0, OPTIONS_SIZE_MAX},
    {"--requests", "N", "stop after N requests (0 with --fill: fill only)", option_long,
     AT(requests), 0, UINT64_MAX - 1},
    {"--time", "S", "stop after S seconds (10, unless --requests is given)", option_seconds,
     AT(time_ns), 0, 31536000},
    {"--warmup", "S", "seconds of the same load before the run, not counted (0)", option_seconds,
     AT(warmup_ns), 0, 31536000},
    {"--rate", "R|FROM-TO",
     "send R requests/s on schedule, evenly spaced (open loop), or more and\n"
     "more; latency counts from the scheduled time",
     set_rate, 0, 1, 1000000000},
    {"--scan", "FROM:TO:STEP", "a run at each of these rates, and a table of their latencies",
     set_scan, 0, 1, 1000000000},
    {"--p99-limit", "S", "end a --scan after the first run whose p99 exceeds S seconds",
     option_seconds, AT(p99_limit_ns), 0, 3600},
    {"--repeat", "N", "do the run N times, and report median, least and most, too (1)",
     option_number, AT(repeat), 1, 10000},
    {"--reconnect", "N", "close a connection after N requests, and make another", option_number,
     AT(reconnect), 1, UINT32_MAX},
    {"--protocol", "classic|meta", "classic: get, set, ...; meta: mg, ms, ... (classic)",
     option_choice, AT(meta), 0, 0},
    {"--fill", NULL, "set every key on every server before the run; not counted", option_flag,
     AT(fill), 0, 0},
    {"--verify", NULL, "check that each value is one that mcload stores for its key", option_flag,
     AT(verify), 0, 0},
    {"--seed", "N", "seed of the random numbers, to repeat a run (random)", option_long, AT(seed),
     0, UINT64_MAX},
    {"--timeout-ms", "N", "longest wait for a reply, in milliseconds (1000)", option_number,
     AT(timeout_ms), 1, 3600000},
    {"--trace", "N", "print on stderr the first N pieces sent or received on one connection",
     option_long, AT(trace), 1, UINT64_MAX},
    {"--format", "text|json|csv", "output format (text)", option_choice, AT(format), 0, 0},
    {"--json", "FILE", "also write the report as JSON", option_text, AT(json), 0, 0},
    {"--hgrm", "FILE", "also write percentiles as HdrHistogram's plotters read them", option_text,
     AT(hgrm), 0, 0},
};

static const struct option_program program = {
    .name = "mcload",
    .about = "Puts load on memcached, checks every reply, and reports throughput and latency.",
    .table = table,
    .count = sizeof table / sizeof *table,
    .column = 26,
    .more =
        "Without --rate the loop is closed: a connection sends its next request when one is\n"
        "answered (with --pipeline, once a quarter are answered), and latency counts from the\n"
        "sending. Ctrl-C stops early and prints the results so far. `bench/run load` takes --html\n"
        "FILE, too: the report as a page with charts, made of the JSON; and --from A B: whether\n"
        "two such JSON files differ by more than noise.\n"
        "Exit status: 0 all right, 1 a request failed, a connection was lost, a value was wrong\n"
        "or output was not written, 2 bad usage, 69 no answer from a server, it has no meta\n"
        "commands, or it refused the login.",
};

/* Whether keys are long enough for their prefix and every number, and which keys --fill sets. */
static int check_keys(struct options *options)
{
    char text[16];
    uint64_t keys = options->keys;
    size_t least;

    options->fill_keys = options->mix[STATS_INCR] > 0 ? 2 * keys : keys;
    if (options->fill_keys > UINT32_MAX)
        return options_fail(OPTION_USAGE, "--keys", "incr doubles them, to more than 4294967295");
    least = strlen(options->prefix) +
            (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)options->fill_keys - 1);
    if (options->key_sizes.count > 0 && options->key_sizes.min < least)
        return options_fail(OPTION_USAGE, "--key-size",
                            "too small for --key-prefix and the number of --keys after it");
    return OPTION_GO_ON;
}

/* What the runs are. */
static int check_runs(struct options *options)
{
    bool scans = options->scan_step > 0;
    const char *what = NULL;

    if (scans && (options->rate > 0 || options->repeat > 1))
        return options_fail(OPTION_USAGE, "--scan", "is instead of --rate and --repeat");
    if (!scans && options->p99_limit_ns != OPTIONS_UNLIMITED)
        return options_fail(OPTION_USAGE, "--p99-limit", "is the end of a --scan");
    if (options->rate_end > 0 && options->time_ns == OPTIONS_UNLIMITED)
        return options_fail(OPTION_USAGE, "--rate", "FROM-TO needs --time");
    if (scans)
        options->rate = options->scan_from;
    const char *why = login_read(&options->login, &what);
    return why == NULL ? check_keys(options) : options_fail(OPTION_USAGE, what, why);
}

/* What no single option can see. OPTION_GO_ON, or the exit status. */
static int check_together(struct options *options)
{
    if (options->meta && options->mix[STATS_CAS] > 0)
        return options_fail(OPTION_USAGE, "--mix", "cas is of --protocol classic");
    if (options->pipeline > 1 && options->mix[STATS_CAS] > 0)
        return options_fail(OPTION_USAGE, "--mix", "cas needs --pipeline 1");
    if (options->connections < options->threads)
        return options_fail(OPTION_USAGE, "--threads", "more threads than --connections");
    if ((uint64_t)options->pipeline * options->multiget > OPTIONS_KEYS_IN_FLIGHT_MAX)
        return options_fail(OPTION_USAGE, "--pipeline",
                            "with --multiget, above 1000000 keys in flight on a "
                            "connection");
    if (options->time_ns == 0)
        return options_fail(OPTION_USAGE, "--time", "0 seconds leave nothing to do");
    if (options->requests == 0 && !options->fill)
        return options_fail(OPTION_USAGE, "--requests", "0 leaves nothing to do without --fill");
    if (options->time_ns == OPTIONS_UNLIMITED && options->requests == OPTIONS_UNLIMITED)
        options->time_ns = UINT64_C(10000000000);
    return check_runs(options);
}

int options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){
        .servers = "127.0.0.1:" MC_SERVER_PORT,
        .threads = 1,
        .connections = 50,
        .pipeline = 1,
        .multiget = 1,
        .mix = {[STATS_GET] = 1},
        .keys = 10000,
        .prefix = "key:",
        .sizes = {.text = "32", .min = 32, .max = 32, .count = 1, .list = {{32, 32, 1}}},
        .requests = OPTIONS_UNLIMITED,
        .time_ns = OPTIONS_UNLIMITED,
        .p99_limit_ns = OPTIONS_UNLIMITED,
        .repeat = 1,
        .seed = seed_random(),
        .timeout_ms = MC_SERVER_TIMEOUT_MS};
    int result = option_read(&program, options, argc, argv);
    return result == OPTION_GO_ON ? check_together(options) : result;
}
