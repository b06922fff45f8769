/* The commands set, add, replace, append and prepend. */
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "input.h"
#include "print.h"
#include "run.h"

static const struct mc_command *find_command(const char *name)
{
    static const struct {
        const char *name;
        const struct mc_command *command;
    } table[] = {{"set", &mc_command_set},
                 {"add", &mc_command_add},
                 {"replace", &mc_command_replace},
                 {"append", &mc_command_append},
                 {"prepend", &mc_command_prepend}};
    size_t i = 0;

    while (strcmp(table[i].name, name) != 0)
        i++;
    return table[i].command;
}

/* The value: an argument, a file, or standard input when that is not a terminal. */
static int read_value(struct session *session, struct buffer *value)
{
    const struct option_words *words = session->words;

    if (words->count == 2)
        return input_read(session, words->list[1], words->literal <= 1, value);
    if (isatty(STDIN_FILENO) != 1)
        return input_read(session, "-", false, value);
    session_fail(session, STATUS_USAGE,
                 "a value is missing: an argument, @FILE, or - to type it (Ctrl-D ends it)");
    return -1;
}

int run_store(void *options, const struct option_words *words)
{
    const struct settings *settings = options;
    struct session session;
    struct buffer value = {0};
    int status = session_start(&session, settings, words);

    if (status != 0)
        return status;
    if (read_value(&session, &value) == 0) {
        const struct mc_item item = {.key = mc_string(words->list[0]),
                                     .value = {value.data, value.len},
                                     .flags = settings->flags,
                                     .exptime = settings->ttl,
                                     .cas = settings->cas};
        const struct mc_command *command =
            settings->compares ? &mc_command_cas : find_command(words->command->name);
        struct mc_op op = mc_op_store(command, &item);
        mc_server_do(&session.server, &op);
        print_answer(&session, &op, false);
    }
    buffer_free(&value);
    return session_end(&session);
}
