/* A table of the options of mcload, and the reader that it drives. */
#include "options.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decimal.h"
#include "escape.h"
#include "proto.h"
#include "server.h"
#include "timing.h"

struct option;

/* Takes the option's text. LOAD_GO_ON, or the exit status. */
typedef int set_function(struct load_options *options, const struct option *option,
                         const char *text);

/* One option: `offset` is that of its member in struct load_options; min and max are a number's. */
struct option {
    const char *name, *value, *help; /* value: what --help calls it; NULL: the option takes none */
    set_function *set;
    size_t offset;
    uint64_t min, max;
};

enum { HELP_COLUMN = 26, WHAT_SIZE = 120 };

int load_options_fail(const char *option, const char *what)
{
    escape_message("mcload", "%s: %s", option, what);
    return LOAD_USAGE;
}

/* ---- one function for each kind of value ----------------------------------------------------- */

/* A number that begins at text[i] and ends before text[e]. */
static bool read_number(const char *text, size_t i, size_t e, const struct option *option,
                        uint64_t *number)
{
    return mc_decimal_read(text, i, e, option->max, number) && *number >= option->min;
}

static int fail_value(const struct option *option, const char *text, const char *wanted)
{
    char what[WHAT_SIZE];

    snprintf(what, sizeof what, "'%.20s' is not %s", text, wanted);
    return load_options_fail(option->name, what);
}

static int fail_range(const struct option *option, const char *text, const char *kind)
{
    char what[WHAT_SIZE];

    snprintf(what, sizeof what, "'%.20s' is not %s from %llu to %llu", text, kind,
             (unsigned long long)option->min, (unsigned long long)option->max);
    return load_options_fail(option->name, what);
}

static int set_number(struct load_options *options, const struct option *option, const char *text)
{
    uint64_t number;

    if (!read_number(text, 0, strlen(text), option, &number))
        return fail_range(option, text, "a number");
    uint32_t value = (uint32_t)number;
    memcpy((char *)options + option->offset, &value, sizeof value);
    return LOAD_GO_ON;
}

static int set_long(struct load_options *options, const struct option *option, const char *text)
{
    uint64_t number;

    if (!read_number(text, 0, strlen(text), option, &number))
        return fail_range(option, text, "a number");
    memcpy((char *)options + option->offset, &number, sizeof number);
    return LOAD_GO_ON;
}

/* Digits, with or without a fraction. */
static bool read_fraction(const char *text, double *number)
{
    size_t len = strspn(text, "0123456789.");
    char *end;

    if (len == 0 || text[len] != '\0' || text[0] == '.')
        return false;
    *number = strtod(text, &end);
    return *end == '\0' && isfinite(*number);
}

static int set_seconds(struct load_options *options, const struct option *option, const char *text)
{
    double seconds;

    if (!read_fraction(text, &seconds) || seconds < (double)option->min ||
        seconds > (double)option->max)
        return fail_range(option, text, "a number of seconds");
    uint64_t ns = (uint64_t)(seconds * 1e9);
    memcpy((char *)options + option->offset, &ns, sizeof ns);
    return LOAD_GO_ON;
}

static int set_text(struct load_options *options, const struct option *option, const char *text)
{
    memcpy((char *)options + option->offset, &text, sizeof text);
    return LOAD_GO_ON;
}

static int set_flag(struct load_options *options, const struct option *option, const char *text)
{
    bool on = true;

    (void)text;
    memcpy((char *)options + option->offset, &on, sizeof on);
    return LOAD_GO_ON;
}

/* SET:GET */
static int set_ratio(struct load_options *options, const struct option *option, const char *text)
{
    uint64_t sets, gets;
    size_t colon = strcspn(text, ":");

    if (text[colon] != ':' || !read_number(text, 0, colon, option, &sets) ||
        !read_number(text, colon + 1, strlen(text), option, &gets))
        return fail_value(option, text, "SET:GET, two numbers up to 1000000");
    if (sets + gets == 0)
        return load_options_fail(option->name, "0:0 leaves nothing to do");
    options->sets = (uint32_t)sets;
    options->gets = (uint32_t)gets;
    return LOAD_GO_ON;
}

/* N or MIN-MAX */
static int set_size(struct load_options *options, const struct option *option, const char *text)
{
    uint64_t min, max;
    size_t dash = strcspn(text, "-");

    if (!read_number(text, 0, dash, option, &min))
        return fail_range(option, text, "N or MIN-MAX, numbers");
    max = min;
    if (text[dash] == '-' && !read_number(text, dash + 1, strlen(text), option, &max))
        return fail_range(option, text, "N or MIN-MAX, numbers");
    if (max < min)
        return load_options_fail(option->name, "MIN is above MAX");
    options->size_min = (uint32_t)min;
    options->size_max = (uint32_t)max;
    return LOAD_GO_ON;
}

/* uniform or zipf:S */
static int set_dist(struct load_options *options, const struct option *option, const char *text)
{
    static const char zipf[] = "zipf:";
    double exponent = 0;

    if (strcmp(text, "uniform") == 0) {
        options->zipf = 0;
        return LOAD_GO_ON;
    }
    if (strncmp(text, zipf, sizeof zipf - 1) != 0 ||
        !read_fraction(text + sizeof zipf - 1, &exponent) || exponent > (double)option->max)
        return fail_value(option, text, "uniform or zipf:S with S from 0 to 10");
    options->zipf = exponent;
    return LOAD_GO_ON;
}

/* What a key begins with: bytes that a key may have. */
static int set_prefix(struct load_options *options, const struct option *option, const char *text)
{
    char line[MC_REQUEST_MAX];
    struct mc_out out = {.data = line, .cap = sizeof line};
    const struct mc_bytes prefix = {text, strlen(text)};

    if (prefix.len > LOAD_PREFIX_MAX)
        return load_options_fail(option->name, "is longer than 200 bytes");
    if (prefix.len > 0 && mc_put_get(&out, &prefix, 1) != 0)
        return load_options_fail(option->name, "holds a space or a control byte");
    options->prefix = text;
    return LOAD_GO_ON;
}

/* The place of text among the names, or -1. */
static int find_name(const char *text, const char *const names[], int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    return -1;
}

static int set_protocol(struct load_options *options, const struct option *option, const char *text)
{
    static const char *const names[] = {"classic", "meta"};
    int place = find_name(text, names, 2);

    if (place < 0)
        return fail_value(option, text, "classic or meta");
    options->meta = place == 1;
    return LOAD_GO_ON;
}

static int set_format(struct load_options *options, const struct option *option, const char *text)
{
    static const char *const names[] = {
        [LOAD_TEXT] = "text", [LOAD_JSON] = "json", [LOAD_CSV] = "csv"};
    int place = find_name(text, names, 3);

    if (place < 0)
        return fail_value(option, text, "text, json or csv");
    options->format = (enum load_format)place;
    return LOAD_GO_ON;
}

static set_function show_help;

static int show_version(struct load_options *options, const struct option *option, const char *text)
{
    (void)options;
    (void)option;
    (void)text;
    puts("mcload (mcwire) " MCWIRE_VERSION);
    return 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define AT(member) offsetof(struct load_options, member)

static const struct option table[] = {
    {"--server", "ADDR[,ADDR...]",
     "HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH (127.0.0.1:11211);\n"
     "the connections are spread over several",
     set_text, AT(servers), 0, 0},
    {"--threads", "N", "threads, each with an event loop of its own (1)", set_number, AT(threads),
     1, LOAD_THREADS_MAX},
    {"--connections", "N", "connections of all threads together (50)", set_number, AT(connections),
     1, LOAD_CONNECTIONS_MAX},
    {"--pipeline", "N", "requests in flight on a connection (1)", set_number, AT(pipeline), 1,
     LOAD_PIPELINE_MAX},
    {"--multiget", "N", "keys in each get (1)", set_number, AT(multiget), 1, LOAD_MULTIGET_MAX},
    {"--ratio", "SET:GET", "so many sets to so many gets, evenly mixed (0:1)", set_ratio, 0, 0,
     1000000},
    {"--keys", "N", "different keys (10000)", set_number, AT(keys), 1, UINT32_MAX},
    {"--key-prefix", "TEXT", "a key is this and a number from 0 on (key:)", set_prefix, 0, 0, 0},
    {"--key-dist", "DIST", "which keys: uniform, or zipf:S with key 0 the most wanted (uniform)",
     set_dist, 0, 0, 10},
    {"--size", "N|MIN-MAX", "bytes of a value; of a range, each size is as likely (32)", set_size,
     0, 0, LOAD_SIZE_MAX},
    {"--requests", "N", "end after N requests; 0, with --fill, only fills", set_long, AT(requests),
     0, UINT64_MAX - 1},
    {"--time", "S", "end after S seconds (10, unless there is --requests)", set_seconds,
     AT(time_ns), 0, 31536000},
    {"--warmup", "S", "seconds of the same load before, which are not counted (0)", set_seconds,
     AT(warmup_ns), 0, 31536000},
    {"--rate", "R",
     "open loop: R requests a second are due, evenly spaced, whatever the\n"
     "server does; latency counts from when a request was due",
     set_long, AT(rate), 1, 1000000000},
    {"--protocol", "classic|meta", "get and set, or mg and ms (classic)", set_protocol, 0, 0, 0},
    {"--fill", NULL, "set every key on every server first; not counted", set_flag, AT(fill), 0, 0},
    {"--verify", NULL, "check that each value is one of ours for its key", set_flag, AT(verify), 0,
     0},
    {"--seed", "N", "repeat a sequence of requests (random)", set_long, AT(seed), 0, UINT64_MAX},
    {"--timeout-ms", "N", "longest silence of a server that owes an answer (1000)", set_number,
     AT(timeout_ms), 1, 3600000},
    {"--format", "text|json|csv", "what is printed (text)", set_format, 0, 0, 0},
    {"--html", "FILE", "write the report as a page with charts, too", set_text, AT(html), 0, 0},
    {"--help", NULL, "print this", show_help, 0, 0, 0},
    {"--version", NULL, "print the version", show_version, 0, 0, 0},
};

enum { TABLE_SIZE = sizeof table / sizeof *table };

/* The texts of more than one line are continued below their first. */
static void print_help_text(const char *help)
{
    for (; *help != '\0'; help++) {
        putchar(*help);
        if (*help == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

static int show_help(struct load_options *options, const struct option *option, const char *text)
{
    (void)options;
    (void)option;
    (void)text;
    puts("Usage: mcload [OPTION]...\n"
         "Puts load on memcached, checks every answer, and reports throughput and latency.\n");
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        const char *value = table[i].value != NULL ? table[i].value : "";
        int pad = HELP_COLUMN - 3 - (int)strlen(table[i].name) - (int)strlen(value);
        printf("  %s %s", table[i].name, value);
        if (pad > 0)
            printf("%*s", pad, "");
        else
            printf("\n%*s", HELP_COLUMN, "");
        print_help_text(table[i].help);
    }
    puts("\nWithout --rate the loop is closed: a connection sends the next request when one is\n"
         "answered (with --pipeline, when a quarter of them are), and latency counts from the\n"
         "sending. Ctrl-C ends early, with the results so far.\n"
         "Exit status: 0 all right, 1 a request failed, a connection was lost, a value was wrong\n"
         "or output not written, 2 bad usage, 69 a server does not answer.");
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < TABLE_SIZE; i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

/* Reads the option at argv[*i], and its value there or in the next argument. */
static int read_one(struct load_options *options, char **argv, int *i)
{
    const char *argument = argv[*i];
    size_t len = strcspn(argument, "=");
    const char *value = argument[len] == '=' ? argument + len + 1 : NULL;
    const struct option *option = find(argument, len);

    if (option == NULL)
        return load_options_fail(argument, "no such option; --help lists them");
    if (option->value == NULL && value != NULL)
        return load_options_fail(option->name, "takes no value");
    if (option->value != NULL && value == NULL) {
        value = argv[*i + 1];
        if (value == NULL)
            return load_options_fail(option->name, "a value is missing");
        ++*i;
    }
    return option->set(options, option, value);
}

/* From the system where it can give one, otherwise from the clock and the process number. */
static uint64_t random_seed(void)
{
    uint32_t seed = (uint32_t)timing_now() ^ ((uint32_t)getpid() << 16);
    FILE *source = fopen("/dev/urandom", "rb");

    if (source == NULL)
        return seed;
    uint32_t better;
    if (fread(&better, sizeof better, 1, source) == 1)
        seed = better;
    fclose(source);
    return seed;
}

/* What no single option can see. LOAD_GO_ON, or the exit status. */
static int check(struct load_options *options)
{
    if (options->connections < options->threads)
        return load_options_fail("--threads", "there are more of them than of --connections");
    if ((uint64_t)options->pipeline * options->multiget > LOAD_KEYS_IN_FLIGHT_MAX)
        return load_options_fail("--pipeline", "with --multiget, above 1000000 keys in flight on a "
                                               "connection");
    if (options->time_ns == 0)
        return load_options_fail("--time", "0 seconds leave nothing to do");
    if (options->requests == 0 && !options->fill)
        return load_options_fail("--requests", "0 leaves nothing to do without --fill");
    if (options->time_ns == LOAD_UNLIMITED && options->requests == LOAD_UNLIMITED)
        options->time_ns = UINT64_C(10000000000);
    return LOAD_GO_ON;
}

int load_options_read(struct load_options *options, int argc, char **argv)
{
    int result = LOAD_GO_ON;

    *options = (struct load_options){.servers = "127.0.0.1:" MC_SERVER_PORT,
                                     .threads = 1,
                                     .connections = 50,
                                     .pipeline = 1,
                                     .multiget = 1,
                                     .gets = 1,
                                     .keys = 10000,
                                     .prefix = "key:",
                                     .size_min = 32,
                                     .size_max = 32,
                                     .requests = LOAD_UNLIMITED,
                                     .time_ns = LOAD_UNLIMITED,
                                     .seed = random_seed(),
                                     .timeout_ms = MC_SERVER_TIMEOUT_MS};
    for (int i = 1; i < argc && result == LOAD_GO_ON; i++)
        result = read_one(options, argv, &i);
    return result == LOAD_GO_ON ? check(options) : result;
}
