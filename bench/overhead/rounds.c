/* Interleaved rounds, and what becomes of their numbers. */
#include "rounds.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "timing.h"
#include "worker.h"

enum {
    PILOT_NS = 500000,
    PILOTS = 3,
    BEYOND_MIN = 10, /* samples that a percentile must have above it */
    END_MS = 3000
};

/* One client with one work. */
struct track {
    struct child *child;
    const struct clients_entry *entry;
    const struct work *work;
    const char *address;
    uint32_t count;                         /* operations in a slice */
    double ns[ROUNDS_MAX], p50[ROUNDS_MAX]; /* of each round */
    unsigned rounds;
    double user_ns, system_ns, operations;
    double *samples;
    size_t sample_count, sample_cap;
    char problem[sizeof((struct results_cell *)0)->problem]; /* it is not measured any more */
    bool absent;                                             /* for it has no such command */
};

/* ---- one slice ------------------------------------------------------------------------------- */

static bool give_up(struct track *track, const char *problem)
{
    snprintf(track->problem, sizeof track->problem, "%s", problem);
    return false;
}

static bool keep_sample(struct track *track, double ns)
{
    if (track->sample_count == track->sample_cap) {
        size_t cap = track->sample_cap * 2 + 1024;
        double *larger = realloc(track->samples, cap * sizeof *larger);
        if (larger == NULL)
            return give_up(track, "no memory");
        track->samples = larger;
        track->sample_cap = cap;
    }
    track->samples[track->sample_count++] = ns;
    return true;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The number that so large a part of the others lies above; the numbers are sorted. */
static double quantile(const double *sorted, size_t count, double above)
{
    double rank = ceil((1 - above) * (double)count);

    if (count == 0)
        return RESULTS_UNKNOWN;
    return sorted[rank < 1 ? 0 : (size_t)rank - 1];
}

static double median(double *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare);
    return quantile(numbers, count, 0.5);
}

/* One run of the slice with the clock outside, into ns[round]. */
static bool time_together(struct track *track)
{
    double ns, user_ns, system_ns;
    struct clients_answer answer =
        clients_ask(track->child, "round %lu", (unsigned long)track->count);

    if (answer.text == NULL)
        return give_up(track, answer.problem);
    if (sscanf(answer.text, "%lf %lf %lf", &ns, &user_ns, &system_ns) != 3)
        return give_up(track, "its answer is not understood");
    track->ns[track->rounds] = ns / track->count;
    track->user_ns += user_ns;
    track->system_ns += system_ns;
    track->operations += track->count;
    return true;
}

/* One run with the clock around each operation; the samples are kept, and the p50 goes to
 * p50[round]. */
static bool time_each(struct track *track)
{
    size_t before = track->sample_count, count;
    struct clients_answer answer =
        clients_ask(track->child, "each %lu", (unsigned long)track->count);

    if (answer.text == NULL)
        return give_up(track, answer.problem);
    for (const char *at = answer.text; *at != '\0';) {
        char *end;
        double ns = strtod(at, &end);
        if (end == at || !keep_sample(track, ns))
            return give_up(track, "its answer is not understood");
        at = end;
    }
    count = track->sample_count - before;
    if (count > 0)
        track->p50[track->rounds] = median(track->samples + before, count);
    return count > 0;
}

/* Connects again, because a TCP connection keeps for life what it happened to learn at first; makes
 * the work ready, and does one operation whose every byte is compared. */
static bool prepare(struct track *track)
{
    struct clients_answer answer = clients_ask(track->child, "open %s", track->address);

    if (answer.text != NULL)
        answer = clients_set_work(track->child, track->work);
    if (answer.text != NULL)
        answer = clients_ask(track->child, "check");
    track->absent = answer.absent;
    if (answer.text == NULL)
        return give_up(track, answer.problem);
    if (track->work->verb == WORK_SET && !daemon_took(track->address, track->work))
        return give_up(track, "the server does not hold what was set");
    return true;
}

static void do_slice(struct track *track)
{
    if (track->count > 0 && track->problem[0] == '\0' && prepare(track) && time_together(track) &&
        time_each(track))
        track->rounds++;
}

/* How many operations make up a slice: from pilot runs, doubled until they are long enough, of
 * which the quickest counts. */
static void find_count(struct track *track, unsigned slice_us)
{
    double least;

    if (track->child->pid == 0 || !prepare(track))
        return;
    track->count = 2;
    while (time_together(track) && track->ns[0] * track->count < (double)PILOT_NS)
        track->count *= 2;
    least = track->ns[0];
    for (int i = 0; i < PILOTS && time_together(track); i++)
        least = fmin(least, track->ns[0]);
    double count = slice_us * 1e3 / least;
    track->count = (uint32_t)fmin(fmax(count, 3), (double)WORKER_EACH_MAX);
    track->user_ns = track->system_ns = track->operations = 0;
}

/* ---- from tracks to cells -------------------------------------------------------------------- */

/* A percentile, if enough samples lie above it. */
static double percentile(const struct track *track, double above)
{
    if (above * (double)track->sample_count < (double)BEYOND_MIN)
        return RESULTS_UNKNOWN;
    return quantile(track->samples, track->sample_count, above);
}

static void sum_latencies(struct track *track, struct results_cell *cell)
{
    if (track->sample_count > 0)
        qsort(track->samples, track->sample_count, sizeof *track->samples, compare);
    cell->samples = (double)track->sample_count;
    cell->p50 = percentile(track, 0.5);
    cell->p99 = percentile(track, 0.01);
    cell->p999 = percentile(track, 0.001);
    for (size_t i = 0; i < RESULTS_POINTS; i++)
        cell->points[i] = percentile(track, results_above(i));
}

/* The ratios to the baseline, which has been through at least as many rounds. */
static void sum_ratios(const struct track *track, const struct track *base,
                       struct results_cell *cell)
{
    double ratios[ROUNDS_MAX] = {0}, p50s[ROUNDS_MAX] = {0};
    unsigned rounds = track->rounds < base->rounds ? track->rounds : base->rounds;

    for (unsigned r = 0; r < rounds; r++) {
        ratios[r] = track->ns[r] / base->ns[r];
        p50s[r] = track->p50[r] / base->p50[r];
    }
    cell->ratio = median(ratios, rounds);
    cell->p50_ratio = median(p50s, rounds);
    cell->p50_low = quantile(p50s, rounds, 0.75);
    cell->p50_high = quantile(p50s, rounds, 0.25);
}

static bool add_cell(const struct rounds_setting *setting, struct track *track,
                     const struct track *base, struct results *results)
{
    struct results_cell *cell = results_add_cell(results);
    double sorted[ROUNDS_MAX];

    if (cell == NULL)
        return false;
    snprintf(cell->cores, sizeof cell->cores, "%s", setting->cores);
    snprintf(cell->transport, sizeof cell->transport, "%s",
             daemon_transport_name(setting->transport));
    snprintf(cell->work, sizeof cell->work, "%s", track->work->name);
    snprintf(cell->client, sizeof cell->client, "%s", track->entry->name);
    memcpy(cell->problem, track->problem, sizeof cell->problem);
    if (track->problem[0] != '\0')
        return true;
    memcpy(sorted, track->ns, sizeof sorted);
    cell->rounds = track->rounds;
    cell->ns = median(sorted, track->rounds);
    cell->user_ns = track->user_ns / track->operations;
    cell->system_ns = track->system_ns / track->operations;
    sum_ratios(track, base, cell);
    sum_latencies(track, cell);
    return true;
}

/* ---- the team -------------------------------------------------------------------------------- */

static void note_client(struct results *results, const struct clients_entry *entry,
                        const struct clients_answer *answer)
{
    struct results_client *client = results_add_client(results);

    if (client == NULL)
        return;
    snprintf(client->name, sizeof client->name, "%s", entry->name);
    snprintf(client->title, sizeof client->title, "%s", entry->name);
    if (answer->text == NULL) {
        snprintf(client->absent, sizeof client->absent, "%s",
                 answer->absent ? answer->problem : entry->hint);
        return;
    }
    const char *tab = strchr(answer->text, '\t');
    int len = tab != NULL ? (int)(tab - answer->text) : (int)strlen(answer->text);
    snprintf(client->title, sizeof client->title, "%.*s", len, answer->text);
    snprintf(client->settings, sizeof client->settings, "%s", tab != NULL ? tab + 1 : "");
}

bool rounds_begin(struct rounds_team *team, const struct clients_programs *programs, int processor,
                  struct results *results)
{
    char *argv[CLIENTS_ARGV_MAX];

    for (size_t i = 0; i < team->count; i++) {
        struct child *child = &team->children[i];
        clients_command(programs, team->entries[i], argv, 0);
        child_start(child, argv, processor, true);
        struct clients_answer answer = clients_ask(child, "hello");
        note_client(results, team->entries[i], &answer);
        if (answer.text != NULL)
            continue;
        child_kill(child);
        if (team->entries[i]->own != NULL)
            return false;
    }
    return true;
}

void rounds_end(struct rounds_team *team)
{
    for (size_t i = 0; i < team->count; i++)
        child_end(&team->children[i], END_MS);
}

/* ---- a setting ------------------------------------------------------------------------------- */

/* A track for each client and work; those of a work lie together, the baseline's first. */
static void lay_tracks(struct rounds_team *team, const struct rounds_setting *setting,
                       struct track *tracks)
{
    for (size_t i = 0; i < setting->work_count * team->count; i++) {
        size_t client = i % team->count;
        tracks[i].child = &team->children[client];
        tracks[i].entry = team->entries[client];
        tracks[i].work = setting->works[i / team->count];
        tracks[i].address = setting->address;
    }
}

static void run_pilots(const struct rounds_setting *setting, struct track *tracks, size_t count)
{
    for (size_t i = 0; i < count && !child_interrupted(); i++) {
        progress_show("%s, %s core: how many operations make a slice of %s",
                      daemon_transport_name(setting->transport), setting->cores,
                      tracks[i].work->name);
        find_count(&tracks[i], setting->slice_us);
    }
}

/* Every client's slice of every work, once. Each round begins with another client, so that none has
 * always the same one before it. */
static void run_round(struct track *tracks, size_t works, size_t clients, unsigned round,
                      const char *what)
{
    for (size_t i = 0; i < works * clients && !child_interrupted(); i++) {
        struct track *track = &tracks[i / clients * clients + (i + round) % clients];
        assert(track->work != NULL); /* lay_tracks() laid it */
        progress_show("%s, %s by %s", what, track->work->name, track->entry->name);
        do_slice(track);
    }
}

static void run_rounds(const struct rounds_setting *setting, struct track *tracks, size_t clients)
{
    uint64_t start = timing_now(), took = 0;
    char what[120];

    for (unsigned r = 0; r < setting->rounds && !child_interrupted(); r++) {
        if (r >= ROUNDS_LEAST && took > setting->limit_ns)
            return;
        double left = r == 0 ? 0 : (double)took / r * (setting->rounds - r) / 1e9;
        snprintf(what, sizeof what, "%s, %s core, round %u of %u, %.0f s left here",
                 daemon_transport_name(setting->transport), setting->cores, r + 1, setting->rounds,
                 fmin(left, (double)(setting->limit_ns - took) / 1e9));
        run_round(tracks, setting->work_count, clients, r, what);
        took = timing_now() - start;
    }
}

bool rounds_measure(struct rounds_team *team, const struct rounds_setting *setting,
                    struct results *results)
{
    size_t count = setting->work_count * team->count;
    struct track *tracks = calloc(count, sizeof *tracks);

    if (tracks == NULL)
        return false;
    lay_tracks(team, setting, tracks);
    run_pilots(setting, tracks, count);
    run_rounds(setting, tracks, team->count);
    bool good = !child_interrupted();
    for (size_t i = 0; i < count; i++) {
        bool there = tracks[i].child->pid > 0 && !tracks[i].absent;
        if (good && there)
            good = add_cell(setting, &tracks[i], &tracks[i - i % team->count], results);
        free(tracks[i].samples);
    }
    free(tracks);
    return good;
}
