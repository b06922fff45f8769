/* The command explain: shows what bytes of the memcached protocol mean. */
#include <errno.h>
#include <string.h>

#include "escape.h"
#include "json.h"
#include "print.h"
#include "run.h"
#include "settings.h"
#include "side.h"
#include "status.h"

/* True when bytes begin as a server's do: no command begins with a capital or a digit. */
static bool are_replies(struct mc_bytes bytes)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    char first = '\0';
    if (bytes.len > 0)
        first = bytes.data[0];
    bool maybe = (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
    return maybe && mc_reader_next(&reader, &bytes, &reply) != MC_E_PROTOCOL;
}

static void show_json(const struct screen *screen, char sign, size_t offset,
                      const struct mc_annotation *annotation, struct mc_bytes bytes)
{
    fputc('{', screen->to);
    json_message(screen->to, sign, offset, annotation, bytes);
    fputc(',', screen->to);
    json_fields(screen->to, annotation);
    fputs("}\n", screen->to);
}

static void say_json(const struct screen *screen, char sign, const char *text)
{
    fputc('{', screen->to);
    json_note(screen->to, sign, text);
    fputs("}\n", screen->to);
}

/* Only the first set is explained as a login. Whether it succeeded is not known, so that the values of
 * the others are hidden as well. */
static void note_login(void *ctx, int event, const void *contents)
{
    struct side *side = ctx;
    const struct mc_request *request = contents;

    if (!side->replies && event == MC_REQUEST_END && request->command == MC_REQUEST_AUTH)
        side->requests.login = false;
}

static int fail(const char *name)
{
    escape_message("mcwire", "%s: %s", name, strerror(errno));
    return STATUS_USAGE;
}

static int explain(FILE *from, const char *name, const struct settings *settings)
{
    static const struct screen_printer json = {show_json, say_json};
    static char buf[4096];
    static struct side side;
    const struct screen screen = {stdout, screen_columns(), settings->json ? &json : NULL, NULL};
    bool first = true;
    size_t len;

    side.note = note_login;
    side.ctx = &side;
    do {
        len = fread(buf, 1, sizeof buf, from);
        const struct mc_bytes bytes = {buf, len};
        if (first) {
            side.replies = are_replies(bytes);
            side.requests.login = side.may_log_in = settings->login && !side.replies;
        }
        first = false;
        if (len > 0)
            side_feed(&side, &screen, bytes);
    } while (len == sizeof buf);
    side_end(&side, &screen);
    if (ferror(from) != 0)
        return fail(name);
    return print_end("explain", STATUS_OK);
}

int run_explain(void *options, const struct option_words *words)
{
    const char *name = words->count > 0 ? words->list[0] : "-";

    if (strcmp(name, "-") == 0)
        return explain(stdin, "standard input", options);
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return fail(name);
    int status = explain(file, name, options);
    fclose(file);
    return status;
}
