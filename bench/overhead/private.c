/* Starts memcacheds when it is told to. */
#include "private.h"

#include <stdio.h>
#include <string.h>

#include "lines.h"
#include "memcached.h"

static const char *start(void *ctx, const char *argument)
{
    char transport[8];
    struct memcached_settings settings = {.megabytes = "256", .threads = "1"};

    (void)ctx;
    if (sscanf(argument, "%7s %d", transport, &settings.processor) != 2)
        return "bad no such server";
    settings.tcp = strcmp(transport, "tcp") == 0;
    const char *address = memcached_start("overhead", &settings);
    if (address == NULL)
        return "bad no memcached";
    printf("ok %s\n", address);
    return NULL;
}

int private_main(void)
{
    static const struct lines_command commands[] = {{"start", start}};

    return lines_obey(commands, sizeof commands / sizeof *commands, NULL);
}
