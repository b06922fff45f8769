/* Reads a value up to the most that memcached can store. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"

static int fail_input(struct session *session, const char *name, const char *why)
{
    escape_message("mcwire", "%s: %s", name, why);
    session_note(session, STATUS_USAGE);
    return -1;
}

static int read_file(struct session *session, const char *name, int file, struct buffer *value)
{
    if (buffer_read(value, file, (size_t)MC_VALUE_MAX + 1) != 0)
        return fail_input(session, name, strerror(errno));
    if (value->len > MC_VALUE_MAX)
        return fail_input(session, name, "a value has at most 1 GiB");
    return 0;
}

int input_read(struct session *session, const char *text, bool literal, struct buffer *value)
{
    if (!literal && strcmp(text, "-") == 0)
        return read_file(session, "standard input", STDIN_FILENO, value);
    if (literal || text[0] != '@') {
        buffer_add(value, mc_string(text));
        return 0;
    }
    int file = open(text + 1, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_input(session, text + 1, strerror(errno));
    int result = read_file(session, text + 1, file, value);
    close(file);
    return result;
}
