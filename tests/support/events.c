/* Writes the events of the reader as text, and checks what must hold for every call of it. */
#include "events.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

static const char *const errors[] = {
    [-MC_E_KEY] = "E_KEY",
    [-MC_E_TOKEN] = "E_TOKEN",
    [-MC_E_NUMBER] = "E_NUMBER",
    [-MC_E_FLAG] = "E_FLAG",
    [-MC_E_LONG] = "E_LONG",
    [-MC_E_COMMAND] = "E_COMMAND",
    [-MC_E_FULL] = "E_FULL",
    [-MC_E_BUSY] = "E_BUSY",
    [-MC_E_PROTOCOL] = "PROTOCOL",
    [-MC_E_LINE] = "E_LINE",
    [-MC_E_TIMEOUT] = "E_TIMEOUT",
    [-MC_E_CLOSED] = "E_CLOSED",
    [-MC_E_SYSTEM] = "E_SYSTEM",
    [-MC_E_AMBIGUOUS] = "E_AMBIGUOUS",
    [-MC_E_UNKNOWN] = "E_UNKNOWN",
    [-MC_E_ADDRESS] = "E_ADDRESS",
    [-MC_E_RESOLVE] = "E_RESOLVE",
    [-MC_E_CONNECT] = "E_CONNECT",
    [-MC_E_AUTH] = "E_AUTH",
    [-MC_E_DOWN] = "E_DOWN",
    [-MC_E_RESOURCES] = "E_RESOURCES",
};

static const char *const names[] = {
    [MC_MORE] = "MORE",
    [MC_VALUE] = "VALUE",
    [MC_BODY] = "BODY",
    [MC_STAT] = "STAT",
    [MC_ITEM] = "ITEM",
    [MC_LINE] = "LINE",
    [MC_OPENED] = "OPENED",
    [MC_END] = "END",
    [MC_STORED] = "STORED",
    [MC_NOT_STORED] = "NOT_STORED",
    [MC_EXISTS] = "EXISTS",
    [MC_NOT_FOUND] = "NOT_FOUND",
    [MC_DELETED] = "DELETED",
    [MC_TOUCHED] = "TOUCHED",
    [MC_NUMBER] = "NUMBER",
    [MC_HD] = "HD",
    [MC_MN] = "MN",
    [MC_ME] = "ME",
    [MC_OK] = "OK",
    [MC_RESET] = "RESET",
    [MC_VERSION] = "VERSION",
    [MC_BUSY] = "BUSY",
    [MC_REFUSED] = "REFUSED",
    [MC_ERROR] = "ERROR",
    [MC_CLIENT_ERROR] = "CLIENT_ERROR",
    [MC_SERVER_ERROR] = "SERVER_ERROR",
};

static const char *const faults[] = {
    [MC_FAULT_NONE] = "none",     [MC_FAULT_WORD] = "word",   [MC_FAULT_KEY] = "key",
    [MC_FAULT_NUMBER] = "number", [MC_FAULT_SPACE] = "space", [MC_FAULT_FLAG] = "flag",
    [MC_FAULT_END] = "end",       [MC_FAULT_LONG] = "long",   [MC_FAULT_VALUE] = "value",
};

const char *events_name(int event)
{
    size_t i = (size_t)(event < 0 ? -event : event);
    size_t count = event < 0 ? sizeof errors / sizeof errors[0] : sizeof names / sizeof names[0];
    if (i >= count)
        return "?";
    return event < 0 ? errors[i] : names[i];
}

static const char *fault_name(unsigned fault)
{
    return fault < sizeof faults / sizeof faults[0] ? faults[fault] : "?";
}

/* The member that has a meaning for this letter. */
static void add_flag(struct text *text, const struct mc_flag *flag)
{
    text_print(text, "FLAG %c", flag->letter);
    if (flag->letter == 't')
        text_print(text, " ttl=%" PRId32, flag->ttl);
    else if (strchr("cfhls", flag->letter) != NULL)
        field_number(text, "number", flag->number, true);
    else
        field_slice(text, "token", flag->token);
    text_add_string(text, "\n");
}

static void add_flags(struct text *text, struct mc_bytes flags)
{
    struct mc_flag flag;
    int r;
    while ((r = mc_reader_flag(&flags, &flag)) > 0)
        add_flag(text, &flag);
    if (r < 0)
        text_print(text, "FLAG %s\n", events_name(r));
}

/* Members that the event does not use must be zero, so every other one is written. */
static void add_reply(struct text *text, int event, const struct mc_reply *reply)
{
    bool has_flags = reply->meta && event != MC_ME;
    text_print(text, "%s%s", events_name(event), reply->meta ? " meta" : "");
    field_slice(text, "key", reply->key);
    field_number(text, "flags", reply->flags, event == MC_VALUE && !reply->meta);
    field_number(text, "size", reply->size, event == MC_VALUE);
    field_number(text, "cas", reply->cas, reply->has_cas);
    field_number(text, "number", reply->number, event == MC_NUMBER);
    if (!has_flags)
        field_slice(text, "text", reply->text);
    text_add_string(text, "\n");
    if (has_flags)
        add_flags(text, reply->text);
}

/* The pieces of a value share one line, which ends when another event comes. */
static void add_event(struct events *events, int event, const struct mc_reply *reply)
{
    struct text *text = &events->lines;
    if (events->last == MC_BODY && event != MC_BODY)
        text_add_string(text, "\n");
    if (event == MC_BODY) {
        if (reply->text.len == 0)
            ck_abort_msg("a piece of a value without a byte");
        if (events->last != MC_BODY)
            text_add_string(text, "BODY ");
        text_escape(text, reply->text.data, reply->text.len);
    } else if (event == MC_E_PROTOCOL) {
        text_print(text, "PROTOCOL fault=%s at=%u\n", fault_name(events->reader.fault),
                   (unsigned)events->reader.at);
    } else {
        add_reply(text, event, reply);
    }
    events->last = event;
}

/* The reader removes bytes from the front only, and no more than there are. */
static void check_taken(const struct mc_bytes *before, const struct mc_bytes *after)
{
    if (after->len > before->len || after->data + after->len != before->data + before->len)
        ck_abort_msg("the reader went from %zu bytes to %zu elsewhere", before->len, after->len);
}

/* A broken reader stays broken and reads nothing. */
static void check_broken(struct mc_reader reader, struct mc_bytes in)
{
    struct mc_reader before = reader;
    struct mc_reply reply;
    struct mc_bytes rest = in;
    int event = mc_reader_next(&reader, &rest, &reply);
    if (event != MC_E_PROTOCOL || rest.len != in.len || reader.fault != before.fault ||
        reader.at != before.at)
        ck_abort_msg("a broken reader went on with %s", events_name(event));
}

/* All events that the bytes hold. */
static void read_events(struct events *events, struct mc_bytes *in)
{
    int event;
    do {
        struct mc_reply reply;
        struct mc_bytes before = *in;
        event = mc_reader_next(&events->reader, in, &reply);
        check_taken(&before, in);
        if (event != MC_MORE)
            add_event(events, event, &reply);
    } while (event > MC_MORE);
    if (event == MC_E_PROTOCOL)
        check_broken(events->reader, *in);
}

void events_feed(struct events *events, const char *data, size_t len)
{
    size_t whole = events->left.len + len;
    char *window = malloc(whole);
    if (events->last == MC_E_PROTOCOL || window == NULL) {
        free(window);
        return;
    }
    if (events->left.len > 0)
        memcpy(window, events->left.data, events->left.len);
    if (len > 0)
        memcpy(window + events->left.len, data, len);
    struct mc_bytes in = {window, whole};
    read_events(events, &in);
    text_clear(&events->left);
    text_add(&events->left, in.data, in.len);
    free(window);
}

void events_finish(struct events *events)
{
    if (events->last == MC_E_PROTOCOL)
        return;
    if (events->last == MC_BODY)
        text_add_string(&events->lines, "\n");
    if (!mc_is_final(events->last) || events->left.len > 0)
        text_add_string(&events->lines, "MORE\n");
}

void events_free(struct events *events)
{
    text_free(&events->left);
    text_free(&events->lines);
}

void events_of_cut(struct events *events, struct mc_bytes in, size_t first, size_t second)
{
    events_feed(events, in.data, first);
    events_feed(events, in.data + first, second - first);
    events_feed(events, in.data + second, in.len - second);
    events_finish(events);
}
