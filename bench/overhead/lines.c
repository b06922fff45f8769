/* Reads lines, and finds the command that each begins with. */
#include "lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 256 };

const char lines_ok[] = "ok";

static const char *obey(const struct lines_command *commands, size_t count, void *ctx,
                        const char *line)
{
    size_t len = strcspn(line, " ");

    for (size_t i = 0; i < count; i++)
        if (strlen(commands[i].name) == len && memcmp(commands[i].name, line, len) == 0)
            return commands[i].run(ctx, line + len + (line[len] == ' '));
    return "bad no such line";
}

int lines_obey(const struct lines_command *commands, size_t count, void *ctx)
{
    char line[LINE_SIZE];

    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *answer = obey(commands, count, ctx, line);
        if (answer != NULL)
            puts(answer);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}
