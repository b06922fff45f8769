/* The table of those that take part, and talking to their processes. */
#include "clients.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    ANSWER_MS = 60000, /* a client that takes longer has stopped working */
    LINE_SIZE = 256,
    PATH_SIZE = 1024
};

const struct clients_entry clients_table[] = {
    {"baseline", &baseline_client, NULL, "it cannot be run"},
    {"client", &mcwire_client, NULL, "it cannot be run"},
    {"libmemcached", NULL, "overhead-libmemcached",
     "not built, because libmemcached-dev was not there"},
    {"pylibmc", NULL, "python_clients.py", "Python cannot be run"},
    {"pymemcache", NULL, "python_clients.py", "Python cannot be run"},
    {"python-memcached", NULL, "python_clients.py", "Python cannot be run"},
};

const size_t clients_count = sizeof clients_table / sizeof *clients_table;

const struct clients_entry *clients_find(const char *name)
{
    for (size_t i = 0; i < clients_count; i++)
        if (strcmp(clients_table[i].name, name) == 0)
            return &clients_table[i];
    return NULL;
}

void clients_command(const struct clients_programs *programs, const struct clients_entry *entry,
                     char *argv[CLIENTS_ARGV_MAX], size_t count)
{
    static char self[PATH_SIZE], program[PATH_SIZE], python[PATH_SIZE], name[LINE_SIZE];
    static char worker[] = "--worker";
    const char *slash = strrchr(programs->self, '/');
    int folder = slash != NULL ? (int)(slash + 1 - programs->self) : 0;

    snprintf(self, sizeof self, "%s", programs->self);
    snprintf(python, sizeof python, "%s", programs->python);
    snprintf(name, sizeof name, "%s", entry->name);
    if (entry->program != NULL)
        snprintf(program, sizeof program, "%.*s%s", folder, self, entry->program);
    if (entry->own != NULL) {
        argv[count++] = self;
        argv[count++] = worker;
    } else if (strstr(program, ".py") != NULL) {
        argv[count++] = python;
        argv[count++] = program;
    } else {
        argv[count++] = program;
    }
    argv[count++] = name;
    argv[count] = NULL;
}

struct clients_answer clients_ask(struct child *child, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    child_say(child, "%s\n", line); /* one that has ended has said why, or says nothing */
    const char *text = child_hear(child, ANSWER_MS);
    if (text == NULL)
        return (struct clients_answer){.problem = "it ended or does not answer"};
    if (strncmp(text, "ok", 2) == 0)
        return (struct clients_answer){.text = text + 2 + (text[2] == ' ')};
    const char *space = strchr(text, ' ');
    return (struct clients_answer){.problem = space != NULL ? space + 1 : text,
                                   .absent = strncmp(text, "no ", 3) == 0};
}

struct clients_answer clients_set_work(struct child *child, const struct work *work)
{
    return clients_ask(child, "work %s %u %u %u %u", work_verb_name(work->verb),
                       (unsigned)work->batch, (unsigned)work->size, (unsigned)work->first,
                       (unsigned)work->keys);
}
