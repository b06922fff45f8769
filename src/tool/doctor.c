/* The command doctor: asks a server about itself, and prints what is unusual. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "plural.h"
#include "print.h"
#include "run.h"
#include "statistics.h"
#include "symptoms.h"
#include "terminal.h"

enum { COLUMNS = 80, INDENT = 2 };

static const char *const group_names[] = {[SYMPTOMS_GENERAL] = NULL,
                                          [SYMPTOMS_SETTINGS] = "settings",
                                          [SYMPTOMS_ITEMS] = "items",
                                          [SYMPTOMS_SLABS] = "slabs"};

/* Asks for all groups. A server may refuse one, but not the general one. False after a message. */
static bool ask_all(struct session *session, struct symptoms_facts *facts)
{

    for (int group = 0; group < SYMPTOMS_GROUPS; group++) {
        const char *name = group_names[group];
        struct mc_op op = statistics_ask(session, name, &facts->groups[group]);
        if (statistics_came(&op))
            continue;
        facts->groups[group].len = 0;
        if (group == SYMPTOMS_GENERAL || op.result < 0) {
            session_judge(session, name != NULL ? name : "stats", op.result, op.text);
            return false;
        }
        escape_message("mcwire", "doctor: the server does not tell its %s, which are not judged",
                       name);
    }
    return true;
}

/* ---- for people ------------------------------------------------------------------------------ */

/* Prints words, broken where the line ends. */
static void print_words(struct terminal_line *line, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        escape_text_of(terminal_field(line), text, len);
        terminal_add(line);
        text += len + (text[len] == ' ' ? 1 : 0);
    }
}

static void print_uptime(uint64_t seconds)
{
    if (seconds >= 86400)
        printf(", up %" PRIu64 " d %" PRIu64 " h", seconds / 86400, seconds % 86400 / 3600);
    else if (seconds >= 3600)
        printf(", up %" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds % 3600 / 60);
    else
        printf(", up %" PRIu64 " min", seconds / 60);
}

static void print_server(const struct session *session, const struct symptoms_facts *facts)
{
    const struct mc_bytes version = symptoms_text(facts, SYMPTOMS_GENERAL, "version");
    uint64_t seconds, items;

    escape_text(stdout, session->address);
    printf(", memcached ");
    escape_field(stdout, version.data, version.len);
    if (symptoms_number(facts, SYMPTOMS_GENERAL, "uptime", &seconds))
        print_uptime(seconds);
    if (symptoms_number(facts, SYMPTOMS_GENERAL, "curr_items", &items))
        printf(", %" PRIu64 " item%s", items, plural_s(items));
    putchar('\n');
}

static void print_symptom(const struct terminal *terminal, struct terminal_line *line,
                          const struct symptom *symptom)
{
    terminal_begin(line, terminal, INDENT);
    terminal_set_color(terminal, TERMINAL_BAD);
    fputs("! ", stdout);
    line->at = INDENT;
    print_words(line, symptom->name);
    putchar(':');
    line->at++;
    terminal_set_color(terminal, TERMINAL_PLAIN);
    print_words(line, symptom->text);
    printf("\n%*s", INDENT, "");
    terminal_begin(line, terminal, INDENT);
    line->at = INDENT;
    print_words(line, symptom->advice);
    putchar('\n');
}

static void print_sum(const struct terminal *terminal, size_t count)
{
    if (count == 1)
        puts("1 thing is unusual.");
    else if (count > 1)
        printf("%zu things are unusual.\n", count);
    else {
        terminal_set_color(terminal, TERMINAL_GOOD);
        fputs("Nothing is unusual.", stdout);
        terminal_set_color(terminal, TERMINAL_PLAIN);
        putchar('\n');
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_json(const struct symptom *symptom)
{
    printf("{\"finding\":\"%s\",", symptom->name);
    print_json_bytes("text", "text_base64", mc_string(symptom->text));
    putchar(',');
    print_json_bytes("advice", "advice_base64", mc_string(symptom->advice));
    puts("}");
}

/* ---- the command ----------------------------------------------------------------------------- */

static void judge(struct session *session, const struct symptoms_facts *facts,
                  struct terminal_line *line)
{
    bool json = session->settings->json;
    struct terminal terminal = terminal_look(session);
    struct symptom symptom;
    size_t count = 0;

    if (terminal.columns == 0)
        terminal.columns = COLUMNS;
    if (!json)
        print_server(session, facts);
    for (size_t i = 0; i < symptoms_count; i++) {
        if (!symptoms_check(facts, i, &symptom))
            continue;
        count++;
        if (json)
            print_json(&symptom);
        else
            print_symptom(&terminal, line, &symptom);
    }
    if (!json)
        print_sum(&terminal, count);
    if (count > 0)
        session_note(session, STATUS_NO);
}

int run_doctor(void *options, const struct option_words *words)
{
    struct session session;
    struct symptoms_facts facts = {0};
    struct terminal_line line;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    if (terminal_open_line(&line) != 0) {
        session_fail(&session, STATUS_AGAIN, strerror(errno));
        return session_end(&session);
    }
    if (ask_all(&session, &facts))
        judge(&session, &facts, &line);
    for (int group = 0; group < SYMPTOMS_GROUPS; group++)
        buffer_free(&facts.groups[group]);
    terminal_close_line(&line);
    return session_end(&session);
}
