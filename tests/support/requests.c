/* Writes the events of the reader of requests as text, and checks what must hold for every call. */
#include "requests.h"

#include <inttypes.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"

static const char *const names[] = {
    [MC_MORE] = "MORE",
    [MC_REQUEST_KEY] = "KEY",
    [MC_REQUEST_DATA] = "DATA",
    [MC_REQUEST_GET] = "GET",
    [MC_REQUEST_GETS] = "GETS",
    [MC_REQUEST_GAT] = "GAT",
    [MC_REQUEST_GATS] = "GATS",
    [MC_REQUEST_SET] = "SET",
    [MC_REQUEST_ADD] = "ADD",
    [MC_REQUEST_REPLACE] = "REPLACE",
    [MC_REQUEST_APPEND] = "APPEND",
    [MC_REQUEST_PREPEND] = "PREPEND",
    [MC_REQUEST_CAS] = "CAS",
    [MC_REQUEST_MS] = "MS",
    [MC_REQUEST_AUTH] = "AUTH",
    [MC_REQUEST_END] = "END",
    [MC_REQUEST_WRONG] = "WRONG",
    [MC_REQUEST_DELETE] = "DELETE",
    [MC_REQUEST_INCR] = "INCR",
    [MC_REQUEST_DECR] = "DECR",
    [MC_REQUEST_TOUCH] = "TOUCH",
    [MC_REQUEST_MG] = "MG",
    [MC_REQUEST_MD] = "MD",
    [MC_REQUEST_MA] = "MA",
    [MC_REQUEST_ME] = "ME",
    [MC_REQUEST_MN] = "MN",
    [MC_REQUEST_VERSION] = "VERSION",
    [MC_REQUEST_QUIT] = "QUIT",
    [MC_REQUEST_FLUSH_ALL] = "FLUSH_ALL",
    [MC_REQUEST_VERBOSITY] = "VERBOSITY",
    [MC_REQUEST_CACHE_MEMLIMIT] = "CACHE_MEMLIMIT",
    [MC_REQUEST_STATS] = "STATS",
    [MC_REQUEST_WATCH] = "WATCH",
    [MC_REQUEST_SLABS] = "SLABS",
    [MC_REQUEST_LRU] = "LRU",
    [MC_REQUEST_LRU_CRAWLER] = "LRU_CRAWLER",
    [MC_REQUEST_EXTSTORE] = "EXTSTORE",
    [MC_REQUEST_REFRESH_CERTS] = "REFRESH_CERTS",
    [MC_REQUEST_SHUTDOWN] = "SHUTDOWN",
};

static const char *const faults[] = {
    [MC_WRONG_NOTHING] = "nothing", [MC_WRONG_COMMAND] = "command", [MC_WRONG_COUNT] = "count",
    [MC_WRONG_KEY] = "key",         [MC_WRONG_NUMBER] = "number",   [MC_WRONG_FLAG] = "flag",
    [MC_WRONG_BYTE] = "byte",       [MC_WRONG_VALUE] = "value",     [MC_WRONG_LONG] = "long",
    [MC_WRONG_BINARY] = "binary",   [MC_WRONG_TLS] = "tls",
};

static const char *const notes[] = {"spaces", "lf", "number", "wide", "byte", "words", "no-key"};

const char *requests_name(int event)
{
    bool known = event >= 0 && (size_t)event < sizeof names / sizeof names[0];
    return known ? names[event] : event == MC_E_PROTOCOL ? "PROTOCOL" : "?";
}

static void add_notes(struct text *text, unsigned bits)
{
    for (size_t k = 0; k < sizeof notes / sizeof notes[0]; k++) {
        if ((bits >> k & 1) != 0)
            text_print(text, " +%s", notes[k]);
    }
}

static void add_fault(struct text *text, const struct mc_request *request)
{
    const char *name =
        request->fault < sizeof faults / sizeof faults[0] ? faults[request->fault] : "?";
    if (request->fault != MC_WRONG_NOTHING || request->at > 0)
        text_print(text, " fault=%s at=%u", name, (unsigned)request->at);
}

/* Members that the event does not use must be zero, so every other one is written. */
static void add_request(struct text *text, int event, const struct mc_request *request)
{
    text_add_string(text, requests_name(event));
    if (event == MC_REQUEST_WRONG && request->command != 0)
        text_print(text, " of %s", requests_name(request->command));
    add_fault(text, request);
    field_slice(text, "key", request->key);
    field_number(text, "flags", request->flags, false);
    if (request->exptime != 0)
        text_print(text, " exptime=%" PRId64, request->exptime);
    field_number(text, "number", request->number, false);
    field_number(text, "size", request->size, request->has_size);
    field_slice(text, "text", request->text);
    text_add_string(text, request->noreply ? " noreply" : "");
    add_notes(text, request->notes);
    text_add_string(text, "\n");
}

/* The pieces of a value share one line, which ends when another event comes. */
static void add_event(struct requests *requests, int event, const struct mc_request *request)
{
    struct text *text = &requests->lines;
    if (requests->last == MC_REQUEST_DATA && event != MC_REQUEST_DATA)
        text_add_string(text, "\n");
    if (event == MC_REQUEST_DATA) {
        if (request->text.len == 0)
            ck_abort_msg("a piece of a value without a byte");
        if (requests->last != MC_REQUEST_DATA)
            text_add_string(text, "DATA ");
        text_escape(text, request->text.data, request->text.len);
    } else {
        add_request(text, event, request);
    }
    requests->last = event;
}

/* The command of a line is its event; keys, data, and what ends them are of the command before. */
static void check_command(int event, const struct mc_request *request)
{
    bool own = event > MC_REQUEST_DATA && event != MC_REQUEST_END && event != MC_REQUEST_WRONG;
    if (own ? request->command != event : event > 0 && request->command == event)
        ck_abort_msg("%s with the command %s", requests_name(event),
                     requests_name(request->command));
    if (request->has_size || request->size == 0)
        return;
    ck_abort_msg("%s with a size that was not read", requests_name(event));
}

static bool lies_in(struct mc_bytes slice, struct mc_bytes window)
{
    return slice.len == 0 || (slice.data >= window.data && slice.len <= window.len &&
                              (size_t)(slice.data - window.data) <= window.len - slice.len);
}

/* A broken reader stays broken and reads nothing. */
static void check_broken(struct mc_request_reader reader, unsigned fault)
{
    struct mc_bytes in = MC_BYTES("mn\r\n");
    struct mc_request request = {.has_size = true, .size = 1};
    mc_request_swallow(&reader, &request);
    mc_request_took(&reader, 1);
    if (mc_request_next(&reader, &in, &request) != MC_E_PROTOCOL || in.len != 4 ||
        request.fault != fault)
        ck_abort_msg("a broken reader reads on");
}

/* One event; false when there is none. */
static bool step(struct requests *requests, struct mc_bytes *in)
{
    struct mc_bytes before = *in;
    struct mc_request request;
    int event = mc_request_next(&requests->reader, in, &request);
    if (in->len > before.len || in->data + in->len != before.data + before.len)
        ck_abort_msg("the reader went from %zu bytes to %zu elsewhere", before.len, in->len);
    if (!lies_in(request.key, before) || !lies_in(request.text, before))
        ck_abort_msg("%s: a slice outside of the input", requests_name(event));
    if (event > 0 && in->len >= before.len)
        ck_abort_msg("%s of no byte", requests_name(event));
    if (event == MC_MORE && (request.command != 0 || request.notes != 0 || request.exptime != 0))
        ck_abort_msg("MORE with what has been read of a line");
    if (event == MC_MORE)
        return false;
    check_command(event, &request);
    add_event(requests, event, &request);
    if (event == MC_E_PROTOCOL)
        check_broken(requests->reader, request.fault);
    if (event == MC_REQUEST_WRONG && requests->swallow)
        mc_request_swallow(&requests->reader, &request);
    return event > 0;
}

void requests_feed(struct requests *requests, const char *data, size_t len)
{
    if (requests->last < 0)
        return;
    text_add(&requests->left, data, len);
    size_t total = requests->left.len;
    char *copy = malloc(total > 0 ? total : 1);
    if (copy == NULL)
        ck_abort_msg("no memory");
    memcpy(copy, text_string(&requests->left), total);
    struct mc_bytes in = {copy, total};
    while (step(requests, &in)) {
    }
    text_clear(&requests->left);
    text_add(&requests->left, in.data, in.len);
    free(copy);
}

void requests_finish(struct requests *requests)
{
    bool over =
        requests->last < 0 || (mc_request_is_final(requests->last) && requests->left.len == 0);
    struct mc_request none = {0};
    if (!over)
        add_event(requests, MC_MORE, &none);
}

void requests_free(struct requests *requests)
{
    text_free(&requests->left);
    text_free(&requests->lines);
}

void requests_of_cut(struct requests *requests, struct mc_bytes in, size_t first, size_t second)
{
    requests_feed(requests, in.data, first);
    requests_feed(requests, in.data + first, second - first);
    requests_feed(requests, in.data + second, in.len - second);
    requests_finish(requests);
}
