/* The commands delete, incr, decr, touch and flush. */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "decimal.h"
#include "escape.h"
#include "print.h"
#include "run.h"

int run_delete(void *options, const struct option_words *words)
{
    struct session session;
    size_t count = (size_t)words->count;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    struct mc_op *ops = buffer_array(count, sizeof *ops);
    for (size_t k = 0; k < count; k++)
        ops[k] = mc_op_delete(mc_string(words->list[k]));
    if (count == 1)
        mc_server_do(&session.server, &ops[0]);
    else
        mc_server_run(&session.server, ops, count);
    for (size_t k = 0; k < count; k++)
        print_answer(&session, &ops[k], count > 1);
    free(ops);
    return session_end(&session);
}

/* Runs one operation. */
static int run_one(void *options, const struct option_words *words, struct mc_op *op)
{
    struct session session;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    mc_server_do(&session.server, op);
    print_answer(&session, op, false);
    return session_end(&session);
}

static int fail_argument(const struct option_words *words, const char *text, const char *what)
{
    escape_message("mcwire", "%s: '%.20s' %s", words->command->name, text, what);
    return STATUS_USAGE;
}

int run_number(void *options, const struct option_words *words)
{
    const char *text = words->count > 1 ? words->list[1] : "1";
    struct mc_bytes key = mc_string(words->list[0]);
    uint64_t delta;

    if (!mc_decimal_read(text, 0, strlen(text), UINT64_MAX, &delta))
        return fail_argument(words, text, "is not a number from 0 to 18446744073709551615");
    bool up = strcmp(words->command->name, "incr") == 0;
    struct mc_op op = up ? mc_op_incr(key, delta) : mc_op_decr(key, delta);
    return run_one(options, words, &op);
}

int run_touch(void *options, const struct option_words *words)
{
    int32_t ttl;
    const char *wrong = settings_read_ttl(words->list[1], &ttl);

    if (wrong != NULL)
        return fail_argument(words, words->list[1], wrong);
    struct mc_op op = mc_op_touch(mc_string(words->list[0]), ttl);
    return run_one(options, words, &op);
}

int run_flush(void *options, const struct option_words *words)
{
    const struct settings *settings = options;
    struct mc_op op = {.command = &mc_command_flush_all, .exptime = (int32_t)settings->delay_s};

    if (settings->yes)
        return run_one(options, words, &op);
    escape_message("mcwire", "flush: this invalidates all items of the server, those of other "
                             "programs, too: --yes does it");
    return STATUS_USAGE;
}
