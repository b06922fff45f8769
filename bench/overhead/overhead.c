/* What a client costs: measures the baseline, this project's client and others on private
 * memcacheds, and reports. The baseline and the client are measured in this program, too. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "count.h"
#include "daemon.h"
#include "escape.h"
#include "machine.h"
#include "memcached.h"
#include "option.h"
#include "page.h"
#include "processor.h"
#include "progress.h"
#include "rounds.h"
#include "table.h"
#include "wire.h"
#include "worker.h"

enum {
    EXIT_NO_SERVER = 69, /* EX_UNAVAILABLE of sysexits.h */
    EXIT_SKIPPED = 77,   /* of automake and meson */
    EXIT_INTERRUPTED = 130,
    ROUNDS = 51,
    ROUNDS_QUICK = 21,
    SLICE_US = 2000, /* short: more of them are undisturbed, and the median is of those */
    LIMIT_S = 30,    /* of the rounds of one setting, on a machine that has other work */
    LIMIT_QUICK_S = 6,
    PROCESSORS_MAX = 1024,
    FILE_MAX = 16 << 20
};

#define QUICK_COUNTS "get,get-100"

/* All of the program's state: static in main(), as it is large. */
struct overhead {
    struct arguments arguments;
    struct results results;
    struct rounds_team team;
    struct clients_programs programs;
    int client_processor, server_processor; /* the same when there is but one */
    FILE *page;                             /* NULL: none is wanted */
};

static int fail(int status, const char *what, const char *why)
{
    progress_end();
    escape_message("overhead", "%s: %s", what, why);
    return status;
}

/* ---- preparing ------------------------------------------------------------------------------- */

/* The last two processors that are allowed: the first takes most interrupts. */
static int choose_processors(struct overhead *overhead)
{
    static int allowed[PROCESSORS_MAX];
    const char *wanted = overhead->arguments.processors;
    int count = processor_list(allowed, PROCESSORS_MAX), *client = &overhead->client_processor;

    *client = count > 0 ? allowed[count - 1] : PROCESSOR_ANY;
    overhead->server_processor = count > 1 ? allowed[count - 2] : *client;
    if (wanted == NULL)
        return OPTION_GO_ON;
    if (sscanf(wanted, "%d,%d", client, &overhead->server_processor) < 1)
        return fail(OPTION_USAGE, "--processors", "two numbers are wanted, as in 0,1");
    for (int i = 0, found = 0; i < count; i++) {
        found += allowed[i] == *client || allowed[i] == overhead->server_processor;
        if (found == 1 + (*client != overhead->server_processor))
            return OPTION_GO_ON;
    }
    return fail(OPTION_USAGE, "--processors", "not allowed to this process");
}

static void note_processors(struct overhead *overhead)
{
    struct results *results = &overhead->results;
    int client = overhead->client_processor, server = overhead->server_processor;

    if (client == PROCESSOR_ANY)
        results_add_fact(results, "pinned", "no: this system cannot, so expect unsteady times");
    else if (client == server)
        results_add_fact(results, "pinned", "client and server to processor %d, the only one",
                         client);
    else
        results_add_fact(results, "pinned",
                         "client to processor %d; server to %d, or, where they "
                         "are apart, to %d",
                         client, client, server);
}

static bool wants_client(const struct arguments *arguments, const struct clients_entry *entry)
{
    return entry->own != NULL || arguments_list_has(arguments->clients, entry->name);
}

static void choose_team(struct overhead *overhead)
{
    for (size_t i = 0; i < clients_count; i++)
        if (wants_client(&overhead->arguments, &clients_table[i]))
            overhead->team.entries[overhead->team.count++] = &clients_table[i];
}

/* ---- measuring ------------------------------------------------------------------------------- */

static void choose_works(const struct arguments *arguments, bool brief,
                         struct rounds_setting *setting)
{
    for (size_t i = 0; i < work_count; i++) {
        const struct work *work = &work_table[i];
        bool wanted = arguments->works != NULL ? arguments_list_has(arguments->works, work->name)
                                               : work->brief || !brief;
        if (wanted)
            setting->works[setting->work_count++] = work;
    }
}

static int measure_setting(struct overhead *overhead, bool apart, enum daemon_transport transport)
{
    const struct arguments *a = &overhead->arguments;
    int processor = apart ? overhead->server_processor : overhead->client_processor;
    struct rounds_setting setting = {.cores = apart ? "apart" : "same",
                                     .transport = transport,
                                     .address = daemon_address(transport, processor),
                                     .rounds = a->rounds != 0 ? a->rounds
                                               : a->quick     ? ROUNDS_QUICK
                                                              : ROUNDS,
                                     .slice_us = a->slice_us != 0 ? a->slice_us : SLICE_US,
                                     .limit_ns =
                                         (a->quick ? LIMIT_QUICK_S : LIMIT_S) * 1000000000ull};

    if (setting.address == NULL)
        return EXIT_NO_SERVER;
    choose_works(a, apart || a->quick, &setting);
    if (results_fact(&overhead->results, "memcached")[0] == '\0')
        results_add_fact(&overhead->results, "memcached", "%s", daemon_version(setting.address));
    if (rounds_measure(&overhead->team, &setting, &overhead->results))
        return OPTION_GO_ON;
    return fail(EXIT_INTERRUPTED, "rounds", "interrupted");
}

/* True for one of two that was asked for, or when both are wanted. */
static bool is_wanted(uint32_t asked, uint32_t which)
{
    return asked == ARGUMENTS_BOTH || asked == which;
}

static int measure_times(struct overhead *overhead)
{
    const struct arguments *a = &overhead->arguments;
    int status = OPTION_GO_ON;

    for (uint32_t apart = 0; apart <= 1; apart++) {
        if (!is_wanted(a->cores, apart) ||
            (apart && overhead->server_processor == overhead->client_processor))
            continue;
        for (enum daemon_transport t = DAEMON_TCP; t <= DAEMON_UNIX; t++)
            if (status == OPTION_GO_ON && is_wanted(a->transport, t))
                status = measure_setting(overhead, apart, t);
    }
    return status;
}

static bool is_python(const struct clients_entry *entry)
{
    return entry->program != NULL && strstr(entry->program, ".py") != NULL;
}

/* False when it was found to have no such command. */
static bool can_do(const struct results *results, const struct clients_entry *entry,
                   const struct work *work)
{
    for (size_t i = 0; i < RESULTS_SETTINGS; i++)
        if (results_has(results, &results_settings[i], work->name))
            return results_cell(results, results_settings[i].cores, results_settings[i].transport,
                                work->name, entry->name) != NULL;
    return true;
}

static void count_client(struct overhead *overhead, const struct count_plan *plan,
                         const struct clients_entry *entry, const struct work *work)
{
    if (child_interrupted() || !can_do(&overhead->results, entry, work))
        return;
    struct results_count *count = results_add_count(&overhead->results);
    if (count == NULL)
        return;
    progress_show("counting %s by %s", work->name, entry->name);
    snprintf(count->work, sizeof count->work, "%s", work->name);
    snprintf(count->client, sizeof count->client, "%s", entry->name);
    /* Python takes seconds under callgrind to begin at all. */
    if (!is_python(entry) ||
        (arguments_list_has(QUICK_COUNTS, work->name) && !overhead->arguments.quick))
        count->instructions = count_instructions(plan, entry, work);
    count->syscalls = count_syscalls(plan, entry, work, count->names, sizeof count->names);
}

static void count_works(struct overhead *overhead, const struct count_plan *plan)
{
    const struct arguments *a = &overhead->arguments;

    for (size_t w = 0; w < work_count; w++) {
        const struct work *work = &work_table[w];
        const char *list = a->works != NULL || !a->quick ? a->works : QUICK_COUNTS;
        bool wanted = list != NULL ? arguments_list_has(list, work->name) : work->counted;
        for (size_t i = 0; wanted && i < overhead->team.count; i++)
            if (overhead->team.children[i].pid > 0)
                count_client(overhead, plan, overhead->team.entries[i], work);
    }
}

static int plan_counts(struct overhead *overhead, struct count_plan *plan)
{
    const int processors[] = {overhead->client_processor, overhead->server_processor};

    plan->programs = overhead->programs;
    for (size_t i = 0; i < 2; i++) {
        plan->places[i].processor = processors[i];
        plan->places[i].address = daemon_address(DAEMON_UNIX, processors[i]);
        if (plan->places[i].address == NULL)
            return EXIT_NO_SERVER;
    }
    count_find_tools(plan);
    return OPTION_GO_ON;
}

static void note_tools(struct overhead *overhead, const struct count_plan *plan)
{
    bool wanted = !overhead->arguments.no_counts;

    results_add_fact(&overhead->results, "counted by", "%s; %s",
                     !wanted                     ? "not wanted"
                     : plan->valgrind[0] != '\0' ? plan->valgrind
                                                 : "instructions not: valgrind is absent",
                     !wanted                   ? "not wanted"
                     : plan->strace[0] != '\0' ? plan->strace
                                               : "system calls not: strace is absent");
}

static void measure_wire(struct overhead *overhead, const struct count_plan *plan)
{
    wire_begin();
    if (overhead->client_processor != PROCESSOR_ANY)
        processor_pin(overhead->client_processor);
    for (size_t i = 0; i < wire_count; i++) {
        struct results_wire *wire = results_add_wire(&overhead->results);
        if (wire == NULL || child_interrupted())
            return;
        progress_show("in memory: %s", wire_table[i].title);
        snprintf(wire->name, sizeof wire->name, "%s", wire_table[i].name);
        snprintf(wire->title, sizeof wire->title, "%s", wire_table[i].title);
        wire->bytes = (double)wire_check(&wire_table[i]);
        wire->ns = wire_time(&wire_table[i]);
        wire->instructions = count_wire(plan, wire_table[i].name);
    }
}

/* ---- reporting ------------------------------------------------------------------------------- */

/* Names and settings are what clients, tools and the file of --from say. */
static bool print_results(const struct overhead *overhead)
{
    static void (*const formats[])(const struct results *, FILE *) = {
        [ARGUMENTS_TEXT] = table_text,
        [ARGUMENTS_MARKDOWN] = table_markdown,
        [ARGUMENTS_JSON] = results_write,
    };
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);

    if (memory == NULL)
        return false;
    formats[overhead->arguments.format](&overhead->results, memory);
    bool good = fclose(memory) == 0;
    if (good)
        escape_lines(stdout, text, len);
    free(text);
    return good;
}

static int report(struct overhead *overhead)
{
    progress_end();
    bool printed = print_results(overhead);
    if (overhead->page != NULL) {
        page_write(&overhead->results, overhead->page);
        bool bad = ferror(overhead->page) != 0;
        if (fclose(overhead->page) != 0 || bad)
            return fail(EXIT_FAILURE, "--html", "the page could not be written");
    }
    if (!printed || ferror(stdout) || fclose(stdout) != 0)
        return fail(EXIT_FAILURE, "standard output", "the report could not be written");
    return EXIT_SUCCESS;
}

/* The baseline and this project's client must not have failed at anything. */
static int judge(const struct results *results)
{
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if (clients_find(cell->client)->own != NULL && cell->problem[0] != '\0')
            return fail(EXIT_FAILURE, cell->work, cell->problem);
    }
    return EXIT_SUCCESS;
}

/* ---- the modes ------------------------------------------------------------------------------- */

static int measure(struct overhead *overhead, int argc, char **argv)
{
    struct count_plan plan = {0};
    int status = choose_processors(overhead);

    if (status != OPTION_GO_ON)
        return status;
    machine_note(&overhead->results, argc, argv);
    note_processors(overhead);
    choose_team(overhead);
    if (!rounds_begin(&overhead->team, &overhead->programs, overhead->client_processor,
                      &overhead->results))
        return fail(EXIT_FAILURE, overhead->programs.self, "cannot be started again");
    status = measure_times(overhead);
    if (status != OPTION_GO_ON)
        return status;
    if (!overhead->arguments.no_counts)
        status = plan_counts(overhead, &plan);
    if (status != OPTION_GO_ON)
        return status;
    note_tools(overhead, &plan);
    if (!overhead->arguments.no_counts)
        count_works(overhead, &plan);
    measure_wire(overhead, &plan);
    rounds_end(&overhead->team);
    if (child_interrupted())
        return fail(EXIT_INTERRUPTED, "counts", "interrupted");
    status = report(overhead);
    return status == EXIT_SUCCESS ? judge(&overhead->results) : status;
}

/* The instructions of the limits alone. */
static int print_instructions(struct overhead *overhead)
{
    static const char *const works[] = {"get", "get-100"};
    struct count_plan plan = {0};
    int status = choose_processors(overhead);

    if (status == OPTION_GO_ON)
        status = plan_counts(overhead, &plan);
    if (status != OPTION_GO_ON)
        return status;
    if (plan.valgrind[0] == '\0')
        return fail(EXIT_SKIPPED, "valgrind", "it is absent, so no instructions are counted");
    plan.strace[0] = '\0';
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        count_client(overhead, &plan, clients_find("client"), work_find(works[i]));
    progress_end();
    table_instructions(&overhead->results, stdout);
    return EXIT_SUCCESS;
}

static int run_wire(const char *name, uint32_t count)
{
    const struct wire_work *wire = wire_find(name);

    wire_begin();
    if (wire == NULL)
        return fail(OPTION_USAGE, "--work", "there is no such work in memory");
    return wire_run(wire, count) ? EXIT_SUCCESS : fail(EXIT_FAILURE, name, "wrong result");
}

/* Does operations and nothing besides, for tools that look at this process. */
static int run_only(struct overhead *overhead)
{
    const struct arguments *a = &overhead->arguments;
    const char *name = a->works != NULL ? a->works : "get";

    if (strcmp(a->only, "wire") == 0)
        return run_wire(name, a->count);
    const struct clients_entry *entry = clients_find(a->only);
    const struct work *work = work_find(name);
    if (entry == NULL || entry->own == NULL || work == NULL)
        return fail(OPTION_USAGE, "--only", "a work by baseline, client or wire is wanted");
    const char *address = a->server;
    int status = address == NULL ? choose_processors(overhead) : OPTION_GO_ON;
    if (status != OPTION_GO_ON)
        return status;
    if (address == NULL)
        address = daemon_address(a->transport == DAEMON_TCP ? DAEMON_TCP : DAEMON_UNIX,
                                 overhead->client_processor);
    if (address == NULL)
        return EXIT_NO_SERVER;
    if (overhead->client_processor != PROCESSOR_ANY)
        processor_pin(overhead->client_processor);
    return worker_count(entry->own, address, work, a->count);
}

static int print_stored(struct overhead *overhead)
{
    static char text[FILE_MAX + 1];
    FILE *file = fopen(overhead->arguments.from, "r");
    char where[48];
    unsigned line;

    if (file == NULL)
        return fail(OPTION_USAGE, "--from", strerror(errno));
    text[fread(text, 1, FILE_MAX, file)] = '\0';
    fclose(file);
    bool good = results_read(&overhead->results, text, &line);
    snprintf(where, sizeof where, "line %u is not what --format json prints", line);
    return good ? report(overhead) : fail(OPTION_USAGE, overhead->arguments.from, where);
}

static int run_mode(struct overhead *overhead, int argc, char **argv)
{
    const struct arguments *a = &overhead->arguments;

    if (a->html != NULL) {
        overhead->page = fopen(a->html, "w");
        if (overhead->page == NULL)
            return fail(OPTION_USAGE, "--html", strerror(errno));
    }
    if (a->from != NULL)
        return print_stored(overhead);
    if (a->only != NULL)
        return run_only(overhead);
    if (a->instructions)
        return print_instructions(overhead);
    return measure(overhead, argc, argv);
}

int main(int argc, char **argv)
{
    static struct overhead overhead;
    int status = arguments_read(&overhead.arguments, argc, argv);

    if (status != OPTION_GO_ON)
        return status;
    if (overhead.arguments.worker != NULL) {
        const struct clients_entry *entry = clients_find(overhead.arguments.worker);
        return entry != NULL && entry->own != NULL ? worker_main(entry->own) : OPTION_USAGE;
    }
    overhead.programs = (struct clients_programs){argv[0], overhead.arguments.python};
    child_begin();
    status = run_mode(&overhead, argc, argv);
    rounds_end(&overhead.team);
    memcached_end_all();
    return status;
}
