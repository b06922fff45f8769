/* The command mcwire: shows what bytes of the memcached protocol mean. */
#include "side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DONE = 0, USAGE = 2, COLUMNS = 80, COLUMNS_MAX = 1000 };

static const char usage[] =
    "usage: mcwire explain [FILE | -]\n"
    "Reads what a memcached client or server sends, from a file or from\n"
    "standard input, and shows what each byte means. Which of both it is, the\n"
    "first line tells. COLUMNS sets the width, 80 by default.\n";

/* The width of the screen. */
static size_t read_columns(void)
{
    const char *text = getenv("COLUMNS");
    struct mc_number n = mc_argument_number(mc_string(text), COLUMNS_MAX);
    return n.good && !n.negative && n.size >= SCREEN_LEAST ? (size_t)n.size : COLUMNS;
}

/* True when bytes begin as a server's do: no command begins with a capital or a digit. */
static bool are_replies(struct mc_bytes bytes)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    char first = bytes.len > 0 ? bytes.data[0] : '\0';
    bool maybe = (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
    return maybe && mc_reader_next(&reader, &bytes, &reply) != MC_E_PROTOCOL;
}

static int explain(FILE *from, const char *name)
{
    static char buf[4096];
    static struct side side;
    const struct screen screen = {stdout, read_columns()};
    size_t len = fread(buf, 1, sizeof buf, from);
    side.replies = are_replies((struct mc_bytes){buf, len});
    for (; len > 0; len = fread(buf, 1, sizeof buf, from))
        side_feed(&side, &screen, (struct mc_bytes){buf, len});
    side_end(&side, &screen);
    if (ferror(from) != 0 || fflush(stdout) != 0) {
        fprintf(stderr, "mcwire: %s: %s\n", name, strerror(errno));
        return USAGE;
    }
    return DONE;
}

int main(int argc, char **argv)
{
    bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (help || argc < 2 || argc > 3 || strcmp(argv[1], "explain") != 0) {
        fputs(usage, help ? stdout : stderr);
        return help ? DONE : USAGE;
    }
    if (argc == 2 || strcmp(argv[2], "-") == 0)
        return explain(stdin, "standard input");
    FILE *file = fopen(argv[2], "rb");
    if (file == NULL) {
        fprintf(stderr, "mcwire: %s: %s\n", argv[2], strerror(errno));
        return USAGE;
    }
    int status = explain(file, argv[2]);
    fclose(file);
    return status;
}
