/* Runs a client's process under callgrind or strace: a shorter and a longer run at once. */
#include "count.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "processor.h"
#include "scratch.h"

enum {
    TOOL_MS = 120000, /* for a run under a tool */
    TALLIES_MAX = 48, /* different system calls of a run */
    LINE_SIZE = 256,
    PATH_SIZE = 128,
    SHORTER = 0,
    LONGER = 1
};

/* What a run was counted to have done: instructions, or each system call. */
struct tally {
    struct {
        char name[24];
        double count;
    } list[TALLIES_MAX];
    size_t used;
};

/* What is to be counted: a client's work, or one of wire.h. */
struct job {
    const struct count_plan *plan;
    const struct clients_entry *entry;
    const struct work *work;
    const char *wire; /* NULL: a client's */
    uint32_t counts[2];
};

/* One of the two runs. */
struct run {
    struct child child;
    char path[PATH_SIZE]; /* where the tool writes; empty: nowhere */
    struct tally tally;
};

static void add(struct tally *tally, const char *name, double count)
{
    if (tally->used == TALLIES_MAX)
        return;
    snprintf(tally->list[tally->used].name, sizeof tally->list->name, "%s", name);
    tally->list[tally->used].count = count;
    tally->used++;
}

static double count_in(const struct tally *tally, const char *name)
{
    for (size_t i = 0; i < tally->used; i++)
        if (strcmp(tally->list[i].name, name) == 0)
            return tally->list[i].count;
    return 0;
}

/* ---- the tools ------------------------------------------------------------------------------- */

/* The words that precede the command line of what is counted; returns how many. */
static size_t callgrind_words(char *argv[CLIENTS_ARGV_MAX], const char *path)
{
    static char option[PATH_SIZE + 32];

    snprintf(option, sizeof option, "--callgrind-out-file=%s", path);
    argv[0] = "valgrind";
    argv[1] = "--tool=callgrind";
    argv[2] = "--vgdb=no";
    argv[3] = option;
    return 4;
}

static size_t strace_words(char *argv[CLIENTS_ARGV_MAX], const char *path)
{
    static char copy[PATH_SIZE];

    snprintf(copy, sizeof copy, "%s", path);
    argv[0] = "strace";
    argv[1] = "-f";
    argv[2] = "-c";
    argv[3] = "-o";
    argv[4] = copy;
    return 5;
}

static void callgrind_line(struct tally *tally, const char *line)
{
    double total;

    if (sscanf(line, "totals: %lf", &total) == 1)
        add(tally, "instructions", total);
}

/* % time, seconds, usecs/call, calls, errors if any, name. */
static void strace_line(struct tally *tally, const char *line)
{
    double count;
    char word[24], last[24];
    int found = sscanf(line, "%*f %*f %*f %lf %23s %23s", &count, word, last);
    const char *name = found == 3 ? last : word;

    if (found >= 2 && strcmp(name, "total") != 0)
        add(tally, name, count);
}

struct tool {
    size_t (*words)(char *argv[CLIENTS_ARGV_MAX], const char *path);
    void (*line)(struct tally *tally, const char *line); /* of what it has written */
};

static const struct tool callgrind = {callgrind_words, callgrind_line};
static const struct tool strace = {strace_words, strace_line};

/* ---- runs ------------------------------------------------------------------------------------ */

static bool make_path(char path[PATH_SIZE])
{
    scratch_name(path, PATH_SIZE);
    int file = mkstemp(path);
    if (file < 0)
        path[0] = '\0';
    else
        close(file);
    return file >= 0;
}

static void wire_command(const struct job *job, uint32_t count, char *argv[CLIENTS_ARGV_MAX],
                         size_t words)
{
    static char self[LINE_SIZE], name[LINE_SIZE], number[16];
    char *more[] = {self, "--only", "wire", "--work", name, "--count", number, NULL};

    snprintf(self, sizeof self, "%s", job->plan->programs.self);
    snprintf(name, sizeof name, "%s", job->wire);
    snprintf(number, sizeof number, "%lu", (unsigned long)count);
    memcpy(argv + words, more, sizeof more);
}

static bool start(const struct job *job, const struct tool *tool, struct run *run, int which)
{
    char *argv[CLIENTS_ARGV_MAX];

    if (!make_path(run->path))
        return false;
    size_t words = tool->words(argv, run->path);
    if (job->wire != NULL)
        wire_command(job, job->counts[which], argv, words);
    else
        clients_command(&job->plan->programs, job->entry, argv, words);
    return child_start(&run->child, argv, job->plan->places[which].processor, true);
}

/* Lets a client's process do its operations and nothing besides. */
static bool talk(const struct job *job, struct run *run, int which)
{
    if (job->wire != NULL)
        return true;
    return clients_ask(&run->child, "open %s", job->plan->places[which].address).text != NULL &&
           clients_set_work(&run->child, job->work).text != NULL &&
           clients_ask(&run->child, "run %lu", (unsigned long)job->counts[which]).text != NULL;
}

/* Waits for the end, and reads what the tool has written by then. */
static bool finish(const struct tool *tool, struct run *run)
{
    char line[LINE_SIZE];
    bool good = child_end(&run->child, TOOL_MS) == 0;
    FILE *file = good ? fopen(run->path, "r") : NULL;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        tool->line(&run->tally, line);
    if (file != NULL)
        fclose(file);
    if (run->path[0] != '\0')
        unlink(run->path);
    return good && run->tally.used > 0;
}

/* Does both runs. */
static bool run_both(const struct job *job, const struct tool *tool, struct run runs[2])
{
    bool good = true;

    for (int i = SHORTER; i <= LONGER; i++)
        good = start(job, tool, &runs[i], i) && good;
    for (int i = SHORTER; i <= LONGER; i++)
        good = good && talk(job, &runs[i], i);
    for (int i = SHORTER; i <= LONGER; i++)
        good = finish(tool, &runs[i]) && good;
    return good;
}

/* Of one operation. */
static double difference(const struct job *job, const struct run runs[2], const char *name)
{
    return (count_in(&runs[LONGER].tally, name) - count_in(&runs[SHORTER].tally, name)) /
           (double)(job->counts[LONGER] - job->counts[SHORTER]);
}

/* The longer what is done, the shorter the runs. */
static struct job job_of(const struct count_plan *plan, const struct clients_entry *entry,
                         const struct work *work)
{
    struct job job = {.plan = plan, .entry = entry, .work = work, .counts = {100, 500}};

    if (work != NULL && work->batch * (work->size + 32) > 4096) {
        job.counts[SHORTER] = 20;
        job.counts[LONGER] = 60;
    }
    return job;
}

static double instructions_of(const struct job *job)
{
    struct run runs[2] = {{.path = ""}, {.path = ""}};

    if (job->plan->valgrind[0] == '\0' || !run_both(job, &callgrind, runs))
        return RESULTS_UNKNOWN;
    return difference(job, runs, "instructions");
}

double count_instructions(const struct count_plan *plan, const struct clients_entry *entry,
                          const struct work *work)
{
    const struct job job = job_of(plan, entry, work);

    return instructions_of(&job);
}

double count_wire(const struct count_plan *plan, const char *wire_work)
{
    struct job job = job_of(plan, NULL, NULL);

    job.wire = wire_work;
    return instructions_of(&job);
}

double count_syscalls(const struct count_plan *plan, const struct clients_entry *entry,
                      const struct work *work, char *names, size_t cap)
{
    const struct job job = job_of(plan, entry, work);
    struct run runs[2] = {{.path = ""}, {.path = ""}};
    double all = 0;
    size_t len = 0;

    names[0] = '\0';
    if (plan->strace[0] == '\0' || !run_both(&job, &strace, runs))
        return RESULTS_UNKNOWN;
    for (size_t i = 0; i < runs[LONGER].tally.used; i++) {
        const char *name = runs[LONGER].tally.list[i].name;
        double one = difference(&job, runs, name);
        all += one;
        if (one >= 0.01 && len < cap)
            len += (size_t)snprintf(names + len, cap - len, "%s%s %.3g", len > 0 ? ", " : "", name,
                                    one);
    }
    return all;
}

/* ---- what there is --------------------------------------------------------------------------- */

/* The first line that a tool says about itself; empty when it cannot be run. */
static void find_tool(char *tool, char *option, char *version, size_t cap)
{
    char *argv[] = {tool, option, NULL};
    struct child child = {0};

    version[0] = '\0';
    if (!child_start(&child, argv, PROCESSOR_ANY, true))
        return;
    const char *line = child_hear(&child, TOOL_MS);
    if (line != NULL)
        snprintf(version, cap, "%s", line);
    if (child_end(&child, TOOL_MS) != 0)
        version[0] = '\0';
}

void count_find_tools(struct count_plan *plan)
{
    find_tool("valgrind", "--version", plan->valgrind, sizeof plan->valgrind);
    find_tool("strace", "-V", plan->strace, sizeof plan->strace);
}
