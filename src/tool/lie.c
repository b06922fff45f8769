/* The command lie: examines a memcached client, with a server that does not always say the truth. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "examine.h"
#include "interrupt.h"
#include "print.h"
#include "run.h"
#include "settings.h"
#include "socket.h"
#include "status.h"
#include "verdict.h"

enum { CASES_MAX = 64, NUMBER_SIZE = 24, NEVER_MS = 3600000 };

/* The cases that are chosen, and what came of them. */
struct lying {
    const struct settings *settings;
    const struct lie_case *scenes[CASES_MAX];
    struct examined results[CASES_MAX];
    size_t count, done;
    struct examine examine;
};

static int fail(enum status status, const char *subject, const char *what)
{
    escape_message("mcwire", "lie: %.200s%s%.200s", subject, subject[0] != '\0' ? ": " : "", what);
    return (int)status;
}

/* The status of a command whose output has gone, or has not. */
static int list_cases(const struct lying *lying)
{
    for (size_t k = 0; k < lying->count; k++)
        verdict_print_case(lying->scenes[k], lying->settings->json);
    return print_end("lie", STATUS_OK);
}

/* ---- one case, for trying by hand ------------------------------------------------------------ */

static int start(struct lying *lying, const char *address)
{
    const char *problem = NULL;
    struct examine *examine = &lying->examine;
    examine->timeout_ms = (int64_t)lying->settings->timeout_ms;
    examine->grace_ms = (int64_t)lying->settings->grace_ms;
    examine->start_ms = (int64_t)lying->settings->start_ms;
    examine->interrupt = interrupt_file();
    if (examine->interrupt < 0)
        return fail(STATUS_AGAIN, "", strerror(errno));
    if (liar_open(&examine->liar, address, examine->timeout_ms, &problem) != 0)
        return fail(STATUS_USAGE, address, problem);
    return 0;
}

static int serve_case(struct lying *lying)
{
    struct liar *liar = &lying->examine.liar;
    int status = start(lying, lying->settings->listen);
    if (status != 0)
        return status;
    liar_begin(liar, lying->scenes[0]);
    escape_message("mcwire", "lie: %s, at %s: %s", lying->scenes[0]->name, liar->address,
                   lying->scenes[0]->about);
    while (!interrupt_came()) {
        struct pollfd files[LIAR_FILES] = {{lying->examine.interrupt, POLLIN, 0}, {-1, 0, 0}};
        liar_turn(liar, files, mc_socket_now() + NEVER_MS);
    }
    liar_close(liar);
    return STATUS_OK;
}

/* ---- all cases, for a client ----------------------------------------------------------------- */

/* What the client is told. */
static void set_environment(const struct examine *examine)
{
    char number[NUMBER_SIZE];
    snprintf(number, sizeof number, "%lld", (long long)examine->timeout_ms);
    setenv("MCWIRE_SERVERS", examine->liar.address, 1);
    setenv("MCWIRE_TIMEOUT_MS", number, 1);
}

static int examine_next(struct lying *lying)
{
    struct examined *examined = &lying->results[lying->done];
    int problem = examine_case(&lying->examine, lying->scenes[lying->done], examined);
    if (problem == EINTR)
        return STATUS_INTERRUPTED;
    if (problem != 0)
        return fail(STATUS_USAGE, lying->examine.command[0], strerror(problem));
    if (lying->settings->json)
        verdict_print_json(examined);
    else
        verdict_print(examined);
    lying->done++;
    if (fflush(stdout) != 0)
        return STATUS_OUTPUT; /* print_end() says why */
    return examined->verdict <= LIE_SKIPPED ? STATUS_OK : STATUS_NO;
}

static int examine_all(struct lying *lying)
{
    int status = start(lying, "0"), result = STATUS_OK;
    if (status != 0)
        return status;
    signal(SIGPIPE, SIG_IGN);
    set_environment(&lying->examine);
    while (lying->done < lying->count && status <= STATUS_NO) {
        status = examine_next(lying);
        result = status != STATUS_OK ? status : result;
    }
    liar_close(&lying->examine.liar);
    if (!lying->settings->json && lying->done > 0)
        verdict_print_sum(lying->results, lying->done);
    return print_end("lie", (enum status)result);
}

static int write_page(const struct lying *lying, FILE *page)
{
    verdict_print_page(page, lying->results, lying->done, lying->examine.command);
    bool failed = ferror(page) != 0;
    if (fclose(page) != 0 || failed)
        return fail(STATUS_OUTPUT, lying->settings->html, strerror(errno));
    return STATUS_OK;
}

/* The page is opened before the examination: a name that cannot be written is known at once. */
static int examine_to_page(struct lying *lying)
{
    const char *name = lying->settings->html;
    if (name == NULL)
        return examine_all(lying);
    FILE *page = fopen(name, "w");
    if (page == NULL)
        return fail(STATUS_USAGE, name, strerror(errno));
    fcntl(fileno(page), F_SETFD, FD_CLOEXEC); /* COMMAND has nothing to do with it */
    int status = examine_all(lying), written = write_page(lying, page);
    return written != STATUS_OK ? written : status;
}

/* ---- the command line ------------------------------------------------------------------------ */

/* Those that are named, or all. */
static int choose(struct lying *lying, const struct option_words *words)
{
    for (int k = 0; k < words->literal; k++) {
        const struct lie_case *scene = lie_case_find(words->list[k]);
        if (scene == NULL)
            return fail(STATUS_USAGE, words->list[k], "no such case; --list shows them");
        if (lying->count < CASES_MAX)
            lying->scenes[lying->count++] = scene;
    }
    if (words->literal > 0)
        return 0;
    for (; lying->count < lie_cases_count; lying->count++)
        lying->scenes[lying->count] = &lie_cases[lying->count];
    return 0;
}

int run_lie(void *options, const struct option_words *words)
{
    static struct lying lying;
    const struct settings *settings = options;
    bool listens = settings->listen != NULL, has_command = words->literal < words->count;
    lying.settings = settings;
    lie_case_init();
    if (settings->list + settings->all + listens != 1)
        return fail(STATUS_USAGE, "", "give --list, --listen ADDR, or --all -- COMMAND");
    if (settings->all != has_command)
        return fail(STATUS_USAGE, "",
                    has_command ? "a command needs --all" : "-- COMMAND is missing");
    if (settings->html != NULL && !settings->all)
        return fail(STATUS_USAGE, "--html", "needs --all");
    if (listens && words->literal != 1)
        return fail(STATUS_USAGE, "--listen", "give the name of one case");
    int problem = choose(&lying, words);
    if (problem != 0)
        return problem;
    lying.examine.command = words->list + words->literal;
    words->list[words->count] = NULL;
    if (settings->all)
        return examine_to_page(&lying);
    return listens ? serve_case(&lying) : list_cases(&lying);
}
