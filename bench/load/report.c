/* Prints the results of a run: for people, or for programs to read. */
#include "report.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"
#include "proto.h"

enum { PERCENTILES = 5, NUMBER_SIZE = 32 };

/* The percentiles that are reported. */
static const struct {
    const char *name; /* "p99.9" */
    const char *word; /* "p99_9", for JSON and CSV */
    uint32_t millionths;
} percentiles[PERCENTILES] = {
    {"p50", "p50", 500000},     {"p90", "p90", 900000},       {"p99", "p99", 990000},
    {"p99.9", "p99_9", 999000}, {"p99.99", "p99_99", 999900},
};

/* ---- sums ------------------------------------------------------------------------------------ */

static bool is_used(const struct stats_of_kind *kind)
{
    return kind->requests + kind->errors > 0;
}

/* Gets and sets stand in every JSON and CSV, the others when they were asked for. */
static bool is_listed(const struct report *report, int kind)
{
    return kind <= STATS_SET || report->options->mix[kind] > 0;
}

/* Whether values that a kind, or of STATS_KINDS any of them, brings are compared with ours. */
static bool is_verified(const struct options *o, int k)
{
    bool any = o->mix[STATS_GET] + o->mix[STATS_GAT] + o->mix[STATS_CAS] > 0;

    return o->verify &&
           (k == STATS_GET || k == STATS_GAT || k == STATS_CAS || (k == STATS_KINDS && any));
}

static double run_seconds(const struct report *report)
{
    double seconds = 0;

    for (uint32_t i = 0; i < report->runs->count; i++)
        seconds += report->runs->rows[i][RUNS_SECONDS];
    return seconds;
}

static double rate_of(const struct report *report, uint64_t events)
{
    double seconds = run_seconds(report);

    return seconds > 0 ? (double)events / seconds : 0;
}

static uint64_t sum_troubles(const struct stats_of_server *server)
{
    uint64_t sum = 0;

    for (int trouble = 0; trouble < STATS_TROUBLES; trouble++)
        sum += server->troubles[trouble];
    return sum;
}

bool report_is_clean(const struct report *report)
{
    uint64_t sum = report->all->errors + report->all->wrong + report->stats->earlier_errors;

    for (uint32_t i = 0; i < report->targets->count; i++)
        sum += sum_troubles(&report->servers[i]);
    return sum == 0;
}

static void print_loop(const struct options *o, FILE *out)
{
    if (o->rate == 0)
        fprintf(out, "closed loop: each of %lu connections has %lu request%s in flight",
                (unsigned long)o->connections, (unsigned long)o->pipeline,
                o->pipeline == 1 ? "" : "s");
    else if (o->scan_step > 0 || o->rate_end > 0)
        fprintf(out, "open loop: from %llu to %llu requests a second are due",
                (unsigned long long)o->rate,
                (unsigned long long)(o->rate_end > 0 ? o->rate_end : o->scan_to));
    else
        fprintf(out, "open loop: %llu requests a second are due", (unsigned long long)o->rate);
    fputs(o->rate == 0 ? "; latency counts from the sending\n"
                       : ", whatever the server does; latency counts from when a request was due\n",
          out);
}

static void put_count(char number[NUMBER_SIZE], uint64_t count)
{
    snprintf(number, NUMBER_SIZE, "%llu", (unsigned long long)count);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* The kinds with their weights: "9 get, 1 set". */
static void print_mix(const struct options *o, FILE *out)
{
    const char *before = "";

    for (int kind = 0; kind < STATS_KINDS; kind++) {
        if (o->mix[kind] == 0)
            continue;
        fprintf(out, "%s%lu %s", before, (unsigned long)o->mix[kind], stats_kind_names[kind]);
        if (kind == STATS_GET && o->multiget > 1)
            fprintf(out, " of %lu keys", (unsigned long)o->multiget);
        before = ", ";
    }
}

static bool has_values(const struct options *o)
{
    return o->mix[STATS_SET] + o->mix[STATS_ADD] + o->mix[STATS_CAS] > 0 || o->fill || o->verify;
}

static void print_load(const struct report *report, FILE *out)
{
    const struct options *o = report->options;

    fprintf(out, "%lu thread%s, %lu connections, pipeline %lu, %s protocol, seed %llu\n",
            (unsigned long)o->threads, o->threads == 1 ? "" : "s", (unsigned long)o->connections,
            (unsigned long)o->pipeline, o->meta ? "meta" : "classic", (unsigned long long)o->seed);
    if (o->reconnect > 0)
        fprintf(out, "a connection is closed after %lu requests\n", (unsigned long)o->reconnect);
    print_mix(o, out);
    fputs("; keys ", out);
    escape_text(out, o->prefix);
    fputs("0 to ", out);
    escape_text(out, o->prefix);
    fprintf(out, "%lu, ", (unsigned long)o->keys - 1);
    if (o->key_sizes.count > 0) {
        escape_text(out, o->key_sizes.text);
        fputs(" bytes, ", out);
    }
    if (o->zipf > 0)
        fprintf(out, "zipf %g", o->zipf);
    else
        fputs("uniform", out);
    if (has_values(o)) { /* else nobody knows how large they are */
        fputs("; values of ", out);
        escape_text(out, o->sizes.text);
        fprintf(out, " bytes%s", o->verify ? ", verified" : "");
    }
    fputc('\n', out);
}

static void print_servers(const struct report *report, FILE *out)
{
    for (uint32_t i = 0; i < report->targets->count; i++) {
        fputs("server ", out);
        escape_text(out, report->targets->list[i].name);
        fputs(", memcached ", out);
        escape_text(out, report->targets->list[i].version);
        fputc('\n', out);
    }
}

static void print_counts(const struct report *report, FILE *out)
{
    fputs("\n        requests  per second         hits       misses       errors\n", out);
    for (int k = 0; k < STATS_KINDS; k++) {
        const struct stats_of_kind *kind = &report->stats->kinds[k];
        if (!is_used(kind))
            continue;
        fprintf(out, "%-6s %9llu %11.0f", stats_kind_names[k], (unsigned long long)kind->requests,
                rate_of(report, kind->requests));
        if (k != STATS_SET)
            fprintf(out, " %12llu %12llu", (unsigned long long)kind->hits,
                    (unsigned long long)kind->misses);
        else
            fprintf(out, " %12s %12s", "-", "-");
        fprintf(out, " %12llu\n", (unsigned long long)kind->errors);
    }
}

static void print_latencies(const struct report *report, FILE *out)
{
    char text[HISTOGRAM_TEXT_MAX];

    fputs("\nlatency     mean", out);
    for (int i = 0; i < PERCENTILES; i++)
        fprintf(out, "  %8s", percentiles[i].name);
    fputs("       max\n", out);
    for (int k = 0; k < STATS_KINDS; k++) {
        const struct histogram *latency = &report->stats->kinds[k].latency;
        if (latency->count == 0)
            continue;
        fprintf(out, "%-6s  %8s", stats_kind_names[k],
                histogram_text(text, (double)histogram_mean(latency)));
        for (int i = 0; i < PERCENTILES; i++) {
            uint64_t ns = histogram_percentile(latency, percentiles[i].millionths);
            fprintf(out, "  %8s", histogram_text(text, (double)ns));
        }
        fprintf(out, "  %8s\n", histogram_text(text, (double)latency->max));
    }
}

static void print_share(const struct report *report, const struct stats_of_kind *share, FILE *out)
{
    char wrong[NUMBER_SIZE] = "-", p50[HISTOGRAM_TEXT_MAX], p99[HISTOGRAM_TEXT_MAX];

    if (is_verified(report->options, STATS_KINDS))
        put_count(wrong, share->wrong);
    histogram_text(p50, (double)histogram_percentile(&share->latency, 500000));
    histogram_text(p99, (double)histogram_percentile(&share->latency, 990000));
    fprintf(out, "%9llu %11.0f %12llu %9s %9llu  %8s  %8s  ", (unsigned long long)share->requests,
            rate_of(report, share->requests), (unsigned long long)share->misses, wrong,
            (unsigned long long)share->errors, p50, p99);
}

/* What each of several servers did. */
static void print_shares(const struct report *report, FILE *out)
{
    fputs("\n requests  per second       misses     wrong    errors       p50       p99  server\n",
          out);
    for (uint32_t i = 0; i < report->targets->count; i++) {
        print_share(report, &report->servers[i].all, out);
        escape_text(out, report->targets->list[i].name);
        fputc('\n', out);
    }
    print_share(report, report->all, out);
    fputs("all\n", out);
}

static void print_costs(const struct report *report, FILE *out)
{
    const struct stats *stats = report->stats;
    uint64_t requests = report->all->requests;
    char user[HISTOGRAM_TEXT_MAX], system[HISTOGRAM_TEXT_MAX];

    fprintf(out, "\n%.2f s", run_seconds(report));
    if (report->options->multiget > 1)
        fprintf(out, "; %.0f keys a second", rate_of(report, report->all->keys));
    fprintf(out, "; sent %.1f MB, received %.1f MB", (double)stats->sent_bytes / 1e6,
            (double)stats->received_bytes / 1e6);
    histogram_text(user, timing_per_call(stats->user_ns, requests));
    histogram_text(system, timing_per_call(stats->system_ns, requests));
    fprintf(out, "; processor time of this client: %s user and %s system a request\n", user,
            system);
}

static void print_server_troubles(const struct report *report, uint32_t i, FILE *out)
{
    const struct stats_of_server *server = &report->servers[i];

    if (sum_troubles(server) == 0)
        return;
    escape_text(out, report->targets->list[i].name);
    fprintf(out, ": %llu connections made", (unsigned long long)server->connects);
    for (int trouble = 0; trouble < STATS_TROUBLES; trouble++)
        if (server->troubles[trouble] > 0)
            fprintf(out, ", %llu %s", (unsigned long long)server->troubles[trouble],
                    stats_trouble_texts[trouble]);
    fputs("; the first trouble: ", out);
    escape_text(out, server->first);
    fputc('\n', out);
}

static void print_troubles(const struct report *report, FILE *out)
{
    const struct stats *stats = report->stats;

    for (uint32_t i = 0; i < report->targets->count; i++)
        print_server_troubles(report, i, out);
    if (stats->earlier_errors > 0)
        fprintf(out, "%llu requests failed before the run, during --fill or --warmup.\n",
                (unsigned long long)stats->earlier_errors);
    if (report->all->wrong > 0)
        fprintf(out, "%llu values were wrong.\n", (unsigned long long)report->all->wrong);
    if (stats->unsent > 0)
        fprintf(out, "%llu requests %s; the latencies are of the others only.\n",
                (unsigned long long)stats->unsent,
                report->options->rate > 0 ? "were due and could not be sent in time"
                                          : "were not sent, because no connection lasted");
    if (stats->kinds[STATS_GET].misses > 0 && stats->kinds[STATS_GET].hits == 0)
        fputs("All gets missed: --fill sets every key before the run.\n", out);
    if (report->interrupted)
        fputs("Ended early: these are the results so far.\n", out);
}

static void print_text(const struct report *report, FILE *out)
{
    fputs("mcload " MCWIRE_VERSION ", ", out);
    print_loop(report->options, out);
    print_servers(report, out);
    print_load(report, out);
    if (report->stats->filled > 0)
        fprintf(out, "filled with %llu values\n", (unsigned long long)report->stats->filled);
    if (is_used(report->all)) {
        print_counts(report, out);
        if (report->options->scan_step == 0) /* else those of its rates stand by themselves */
            print_latencies(report, out);
        if (report->targets->count > 1)
            print_shares(report, out);
        if (report->runs->count > 1 || report->options->scan_step > 0)
            runs_print(report->runs, report->options->repeat > 1, out);
        print_costs(report, out);
    }
    print_troubles(report, out);
}

/* ---- JSON and CSV ---------------------------------------------------------------------------- */

/* The members and columns of a kind that the two have in common; then the percentiles, then max. */
static const char *const names[] = {"requests", "per_second",   "keys",   "hits",   "misses",
                                    "errors",   "wrong_values", "min_us", "mean_us"};

enum { NAMES = sizeof names / sizeof *names, NUMBERS = NAMES + PERCENTILES + 1 };

static void put_us(char number[NUMBER_SIZE], uint64_t ns)
{
    snprintf(number, NUMBER_SIZE, "%.3f", (double)ns / 1000);
}

static void put_numbers(const struct report *report, int k, const struct stats_of_kind *kind,
                        char numbers[NUMBERS][NUMBER_SIZE])
{
    put_count(numbers[0], kind->requests);
    snprintf(numbers[1], NUMBER_SIZE, "%.3f", rate_of(report, kind->requests));
    put_count(numbers[2], kind->keys);
    put_count(numbers[3], kind->hits);
    put_count(numbers[4], kind->misses);
    put_count(numbers[5], kind->errors);
    numbers[6][0] = '\0'; /* where nothing was verified, nobody knows */
    if (is_verified(report->options, k))
        put_count(numbers[6], kind->wrong);
    put_us(numbers[7], kind->latency.min);
    put_us(numbers[8], histogram_mean(&kind->latency));
    for (int i = 0; i < PERCENTILES; i++)
        put_us(numbers[NAMES + i], histogram_percentile(&kind->latency, percentiles[i].millionths));
    put_us(numbers[NUMBERS - 1], kind->latency.max);
}

/* The name of the i-th number, without its unit's "_us" for percentiles and the maximum. */
static const char *number_name(int i)
{
    if (i < NAMES)
        return names[i];
    return i < NUMBERS - 1 ? percentiles[i - NAMES].word : "max";
}

/* A string after what comes before it. */
static void put_json(FILE *out, const char *before, const char *text)
{
    fputs(before, out);
    escape_json(out, text);
}

static void print_json_options(const struct report *report, FILE *out)
{
    const struct options *o = report->options;

    fprintf(out,
            "{\"loop\":\"%s\",\"latency_from\":\"%s\",\"rate\":%llu,\"rate_end\":%llu,"
            "\"scan_to\":%llu,\"scan_step\":%llu,\"repeat\":%lu,\"reconnect\":%lu,\"threads\":%lu,"
            "\"connections\":%lu,\"pipeline\":%lu,\"multiget\":%lu,\"mix\":{",
            o->rate > 0 ? "open" : "closed", o->rate > 0 ? "intended start" : "sending",
            (unsigned long long)o->rate, (unsigned long long)o->rate_end,
            (unsigned long long)o->scan_to, (unsigned long long)o->scan_step,
            (unsigned long)o->repeat, (unsigned long)o->reconnect, (unsigned long)o->threads,
            (unsigned long)o->connections, (unsigned long)o->pipeline, (unsigned long)o->multiget);
    for (int kind = 0, listed = 0; kind < STATS_KINDS; kind++)
        if (o->mix[kind] > 0)
            fprintf(out, "%s\"%s\":%lu", listed++ > 0 ? "," : "", stats_kind_names[kind],
                    (unsigned long)o->mix[kind]);
    fprintf(out, "},\"exptime\":%lu,\"keys\":%lu,\"key_prefix\":", (unsigned long)o->exptime,
            (unsigned long)o->keys);
    escape_json(out, o->prefix);
    put_json(out, ",\"key_size\":", o->key_sizes.count > 0 ? o->key_sizes.text : "");
    put_json(out, ",\"size\":", o->sizes.text);
    fprintf(out,
            ",\"zipf\":%.17g,\"protocol\":\"%s\",\"verify\":%s,\"timeout_ms\":%lu,\"seed\":%llu}",
            o->zipf, o->meta ? "meta" : "classic", o->verify ? "true" : "false",
            (unsigned long)o->timeout_ms, (unsigned long long)o->seed);
}

/* The figures of a kind, or of a server, as members. */
static void print_json_numbers(const struct report *report, int k, const struct stats_of_kind *kind,
                               FILE *out)
{
    char numbers[NUMBERS][NUMBER_SIZE];

    put_numbers(report, k, kind, numbers);
    for (int i = 0; i < NUMBERS; i++)
        fprintf(out, "%s\"%s%s\":%s", i == 0 ? "" : ",", number_name(i), i < NAMES ? "" : "_us",
                numbers[i][0] == '\0' ? "null" : numbers[i]);
}

static void print_json_servers(const struct report *report, FILE *out)
{
    for (uint32_t i = 0; i < report->targets->count; i++) {
        const struct stats_of_server *server = &report->servers[i];
        put_json(out,
                 i == 0 ? "\n{\"address\":" : ",\n{\"address\":", report->targets->list[i].name);
        put_json(out, ",\"version\":", report->targets->list[i].version);
        fprintf(out, ",\"connects\":%llu", (unsigned long long)server->connects);
        for (int trouble = 0; trouble < STATS_TROUBLES; trouble++)
            fprintf(out, ",\"%s\":%llu", stats_trouble_names[trouble],
                    (unsigned long long)server->troubles[trouble]);
        put_json(out, ",\"first_trouble\":", server->first);
        fputs(",\n", out);
        print_json_numbers(report, STATS_KINDS, &server->all, out);
        fputc('}', out);
    }
}

/* Pairs of the part of all latencies that lies above, and what it lies above: from nine tenths on by
 * tenths of a nine, as far as there are that many. */
static void print_json_tail(const struct histogram *latency, FILE *out)
{
    const char *before = "";
    double above = 0.9;

    while (above >= 1e-6 && above * (double)latency->count >= 1) {
        uint64_t ns = histogram_percentile(latency, (uint32_t)((1 - above) * 1e6));
        fprintf(out, "%s[%.6g,%.3f]", before, above, (double)ns / 1000);
        before = ",";
        above *= 0.794328; /* 10 to the power of -0.1 */
    }
}

static void print_json_kind(const struct report *report, int k, const struct stats_of_kind *kind,
                            FILE *out)
{
    fprintf(out, "\"%s\":{", k < STATS_KINDS ? stats_kind_names[k] : "all");
    print_json_numbers(report, k, kind, out);
    fputs(",\n\"tail\":[", out);
    print_json_tail(&kind->latency, out);
    fputs("]},\n", out);
}

static void print_json_samples(const struct live *live, FILE *out)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct live_sample *sample = &live->samples[i];
        fprintf(out, "%s\n{\"requests\":%llu,\"errors\":%llu,\"p50_us\":%.3f,\"p99_us\":%.3f}",
                i == 0 ? "" : ",", (unsigned long long)sample->requests,
                (unsigned long long)sample->errors, (double)sample->p50_ns / 1000,
                (double)sample->p99_ns / 1000);
    }
}

/* How and where it ran. */
static void print_json_facts(const struct report *report, FILE *out)
{
    char line[512] = "mcload";
    size_t len = strlen(line);
    struct utsname machine;
    time_t now = time(NULL);
    const struct tm *utc = gmtime(&now);

    for (int i = 1; i < report->argc && len < sizeof line; i++)
        len += (size_t)snprintf(line + len, sizeof line - len, " %s", report->argv[i]);
    put_json(out, "\"command\":", line);
    line[0] = '\0';
    if (uname(&machine) == 0)
        snprintf(line, sizeof line, "%s %s %s, %ld processors", machine.sysname, machine.release,
                 machine.machine, sysconf(_SC_NPROCESSORS_ONLN));
    put_json(out, ",\"machine\":", line);
    line[0] = '\0';
    if (utc != NULL)
        strftime(line, sizeof line, "%Y-%m-%d %H:%M UTC", utc);
    fprintf(out, ",\"date\":\"%s\",\n", line);
}

static void print_json(const struct report *report, FILE *out)
{
    const struct stats *stats = report->stats;

    fputs("{\"program\":\"mcload\",\"version\":\"" MCWIRE_VERSION "\",\n", out);
    print_json_facts(report, out);
    fputs("\"options\":", out);
    print_json_options(report, out);
    fputs(",\n\"servers\":[", out);
    print_json_servers(report, out);
    fprintf(out, "],\n\"clean\":%s,\"interrupted\":%s,\"seconds\":%.6f,\n",
            report_is_clean(report) ? "true" : "false", report->interrupted ? "true" : "false",
            run_seconds(report));
    for (int kind = 0; kind < STATS_KINDS; kind++)
        if (is_listed(report, kind))
            print_json_kind(report, kind, &stats->kinds[kind], out);
    print_json_kind(report, STATS_KINDS, report->all, out);
    fprintf(out,
            "\"filled\":%llu,\"earlier_errors\":%llu,\"unsent\":%llu,\"sent_bytes\":%llu,"
            "\"received_bytes\":%llu,\"user_seconds\":%.6f,\"system_seconds\":%.6f,\n",
            (unsigned long long)stats->filled, (unsigned long long)stats->earlier_errors,
            (unsigned long long)stats->unsent, (unsigned long long)stats->sent_bytes,
            (unsigned long long)stats->received_bytes, (double)stats->user_ns / 1e9,
            (double)stats->system_ns / 1e9);
    fputs("\"samples\":[", out);
    print_json_samples(report->live, out);
    fputs("],\n\"runs\":", out);
    runs_print_json(report->runs, out);
    fputs("}\n", out);
}

static void print_csv_numbers(const struct report *report, int k, const struct stats_of_kind *kind,
                              FILE *out)
{
    char numbers[NUMBERS][NUMBER_SIZE];

    put_numbers(report, k, kind, numbers);
    for (int i = 0; i < NUMBERS; i++)
        fprintf(out, ",%s", numbers[i]);
    fputc('\n', out);
}

static void print_csv(const struct report *report, FILE *out)
{
    bool several = report->targets->count > 1;

    fputs("kind", out);
    for (int i = 0; i < NUMBERS; i++)
        fprintf(out, ",%s%s", number_name(i), i < NAMES ? "" : "_us");
    fputc('\n', out);
    for (int kind = 0; kind < STATS_KINDS; kind++) {
        if (!is_listed(report, kind))
            continue;
        fputs(stats_kind_names[kind], out);
        print_csv_numbers(report, kind, &report->stats->kinds[kind], out);
    }
    for (uint32_t i = 0; several && i < report->targets->count; i++) {
        escape_text(out, report->targets->list[i].name); /* it has no comma */
        print_csv_numbers(report, STATS_KINDS, &report->servers[i].all, out);
    }
    if (several) {
        fputs("all", out);
        print_csv_numbers(report, STATS_KINDS, report->all, out);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

void report_print(const struct report *report, enum options_format format, FILE *out)
{
    static void (*const formats[])(const struct report *, FILE *) = {
        [OPTIONS_TEXT] = print_text, [OPTIONS_JSON] = print_json, [OPTIONS_CSV] = print_csv};

    formats[format](report, out);
    fflush(out);
}
