/* Formats records into memory, and keeps as many as there is room for. */
#include "record.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "listen.h"

enum {
    CHUNK = 4096, /* what a pipe that is ready takes at once */
    CHUNKS = 64,
    NAME_SIZE = 256,   /* of a terminal */
    PATIENCE_MS = 1000 /* at the end */
};

/* ---- JSON ------------------------------------------------------------------------------------ */

static void begin_object(const struct record *record, FILE *to)
{
    uint64_t us = (clock_ns() - record->output->start_ns) / 1000;
    fprintf(to, "{\"t\":%" PRIu64 ".%06" PRIu64 ",\"conn\":%" PRIu64 ",", us / 1000000,
            us % 1000000, record->number);
}

static void show_json(const struct screen *screen, char sign, size_t offset,
                      const struct mc_annotation *annotation, struct mc_bytes bytes)
{
    const struct record *record = screen->ctx;

    begin_object(record, screen->to);
    json_message(screen->to, sign, offset, annotation, bytes);
    fprintf(screen->to, ",\"pending\":%zu,", record->conversation.pending);
    json_fields(screen->to, annotation);
    fputs("}\n", screen->to);
}

static void say_json(const struct screen *screen, char sign, const char *text)
{
    begin_object(screen->ctx, screen->to);
    json_note(screen->to, sign, text);
    fputs("}\n", screen->to);
}

static const struct screen_printer json_printer = {show_json, say_json};

/* ---- records --------------------------------------------------------------------------------- */

/* Keeps text for the reader of stdout, if there is room for all of it. */
static bool keep_text(struct record_output *output, const char *text, size_t len)
{
    if (len > sizeof output->waiting - output->used)
        return false;
    memcpy(output->waiting + output->used, text, len);
    output->used += len;
    return true;
}

static void say_missed(struct record_output *output)
{
    char text[128];

    if (output->missed == 0)
        return;
    const char *verb = output->missed == 1 ? " was" : "s were";
    int len = output->json
                  ? snprintf(text, sizeof text, "{\"dropped\":%" PRIu64 "}\n", output->missed)
                  : snprintf(text, sizeof text,
                             "          ! %" PRIu64 " record%s dropped: stdout was not read\n",
                             output->missed, verb);

    if (keep_text(output, text, (size_t)len))
        output->missed = 0;
}

/* The lines of another connection begin with its number. */
static void name_connection(const struct record *record)
{
    struct record_output *output = record->output;

    if (!output->json && output->shown != record->number)
        fprintf(output->to, "* connection %" PRIu64 "\n", record->number);
    output->shown = record->number;
}

/* Begins a record where the last one was, in memory. */
static void begin_record(const struct record *record)
{
    fseek(record->output->to, 0, SEEK_SET);
    name_connection(record);
}

static void end_record(const struct record *record)
{
    struct record_output *output = record->output;

    long len = ftell(output->to);
    fflush(output->to);
    say_missed(output);
    if (len <= 0)
        return;
    if (output->missed == 0 && keep_text(output, output->text, (size_t)len))
        return;
    output->missed++;
    output->dropped++;
    output->shown = 0;
}

/* A terminal that is ready takes a byte at least, and whoever writes more waits for its reader. It is
 * opened once more, so that this does not wait, and the other programs on it still do. */
static int open_output(void)
{
    char name[NAME_SIZE];
    int file = -1;

    if (isatty(STDOUT_FILENO) == 1 && ttyname_r(STDOUT_FILENO, name, sizeof name) == 0)
        file = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    return file >= 0 ? file : STDOUT_FILENO;
}

int record_open(struct record_output *output, bool json)
{
    output->json = json;
    output->file = open_output();
    output->start_ns = clock_ns();
    output->to = open_memstream(&output->text, &output->size);
    return output->to != NULL ? 0 : -1;
}

void record_start(struct record *record, struct record_output *output, uint64_t number,
                  bool may_log_in)
{
    record->output = output;
    record->number = number;
    conversation_start(&record->conversation, output->to, may_log_in);
    record->conversation.screen.printer = output->json ? &json_printer : NULL;
    record->conversation.screen.ctx = record;
    conversation_begin(&record->conversation, (struct mc_transport){0});
}

void record_moved(struct record *record, enum mc_trace_way way, struct mc_bytes piece)
{
    begin_record(record);
    if (way == MC_TRACE_SENT)
        mc_trace_sent(&record->conversation.trace, &piece, 1, piece.len);
    else
        mc_trace_received(&record->conversation.trace, piece);
    end_record(record);
}

void record_say(struct record *record, const char *text)
{
    begin_record(record);
    conversation_say(&record->conversation, '*', text);
    end_record(record);
}

void record_end(struct record *record)
{
    begin_record(record);
    conversation_end(&record->conversation);
    conversation_say(&record->conversation, '*', "closed");
    end_record(record);
}

int record_write(struct record_output *output)
{
    size_t at = 0;

    for (int k = 0; k < CHUNKS && at < output->used; k++) {
        struct pollfd file = {output->file, POLLOUT, 0};
        size_t len = output->used - at < CHUNK ? output->used - at : CHUNK;
        if (poll(&file, 1, 0) <= 0)
            break;
        ssize_t n = write(output->file, output->waiting + at, len);
        if (n < 0 && !listen_must_wait())
            return -1;
        if (n < 0)
            break;
        at += (size_t)n;
    }
    output->used -= at;
    if (at > 0)
        memmove(output->waiting, output->waiting + at, output->used);
    return 0;
}

size_t record_close(struct record_output *output)
{
    struct pollfd file = {output->file, POLLOUT, 0};

    while (output->used > 0 && poll(&file, 1, PATIENCE_MS) > 0) {
        if (record_write(output) != 0)
            break;
    }
    if (output->file != STDOUT_FILENO)
        close(output->file);
    fclose(output->to);
    free(output->text);
    return output->used;
}
