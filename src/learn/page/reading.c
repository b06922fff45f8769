/* The two readers and the annotator, for the page: one event at a time, from bytes in the window.
 * The page keeps what is left, and keeps copies of a reader to go back to. */
#include "annotate.h"
#include "page.h"

char page_window[PAGE_WINDOW];

/* The direction: what the client sends, or what the server answers. */
enum { REQUESTS, REPLIES };

static struct mc_request_reader request_reader;
static struct mc_reader reply_reader;
static struct mc_request request;
static struct mc_reply reply;
static struct mc_annotation annotation;
static struct mc_bytes flags_left;
static struct mc_flag flag;
static size_t taken;

PAGE_EXPORT char *window_at(void)
{
    return page_window;
}

PAGE_EXPORT size_t window_size(void)
{
    return sizeof page_window;
}

/* ---- readers --------------------------------------------------------------------------------- */

/* The whole of a reader, which the page may copy and put back. Zeros are a new connection. */
PAGE_EXPORT void *reader_at(int direction)
{
    return direction == REPLIES ? (void *)&reply_reader : (void *)&request_reader;
}

PAGE_EXPORT size_t reader_size(int direction)
{
    return direction == REPLIES ? sizeof reply_reader : sizeof request_reader;
}

PAGE_EXPORT int reader_state(int direction)
{
    return direction == REPLIES ? reply_reader.state : request_reader.state;
}

/* Bytes of a value still to come. */
PAGE_EXPORT uint32_t reader_left(int direction)
{
    return direction == REPLIES ? reply_reader.body_left : request_reader.value_left;
}

PAGE_EXPORT void expect_stream(void)
{
    mc_reader_stream(&reply_reader);
}

PAGE_EXPORT void expect_login(int expected)
{
    request_reader.login = expected != 0;
}

static int read_request(struct mc_bytes all)
{
    struct mc_bytes in = all;
    int event = mc_request_next(&request_reader, &in, &request);
    taken = event < 0 ? all.len : all.len - in.len;
    flags_left = request.text;
    mc_annotate_request(&annotation, event, &request_reader, &request,
                        (struct mc_bytes){all.data, taken});
    return event;
}

static int read_reply(struct mc_bytes all)
{
    struct mc_bytes in = all;
    int event = mc_reader_next(&reply_reader, &in, &reply);
    taken = event < 0 ? all.len : all.len - in.len;
    flags_left = reply.text;
    mc_annotate_reply(&annotation, event, &reply_reader, &reply,
                      (struct mc_bytes){all.data, taken});
    return event;
}

/* Reads the next event from the first `len` bytes of the window. */
PAGE_EXPORT int read_event(int direction, size_t len)
{
    struct mc_bytes all = {page_window, len};
    return direction == REPLIES ? read_reply(all) : read_request(all);
}

/* How many bytes it had. */
PAGE_EXPORT size_t read_bytes(void)
{
    return taken;
}

PAGE_EXPORT int is_over(int direction, int event)
{
    return direction == REPLIES ? mc_is_final(event) : mc_request_is_final(event);
}

/* ---- the event's contents -------------------------------------------------------------------- */

PAGE_EXPORT const char *key_at(int direction)
{
    return direction == REPLIES ? reply.key.data : request.key.data;
}

PAGE_EXPORT size_t key_len(int direction)
{
    return direction == REPLIES ? reply.key.len : request.key.len;
}

PAGE_EXPORT const char *text_at(int direction)
{
    return direction == REPLIES ? reply.text.data : request.text.data;
}

PAGE_EXPORT size_t text_len(int direction)
{
    return direction == REPLIES ? reply.text.len : request.text.len;
}

PAGE_EXPORT uint32_t value_size(int direction)
{
    return direction == REPLIES ? reply.size : request.size;
}

PAGE_EXPORT uint64_t client_flags(int direction)
{
    return direction == REPLIES ? reply.flags : request.flags;
}

/* The number of an incr's reply; the delta or the cas unique of a request. */
PAGE_EXPORT uint64_t number(int direction)
{
    return direction == REPLIES ? reply.number : request.number;
}

PAGE_EXPORT uint64_t cas_unique(void)
{
    return reply.cas;
}

PAGE_EXPORT int has_cas(void)
{
    return reply.has_cas;
}

PAGE_EXPORT int is_meta(void)
{
    return reply.meta;
}

PAGE_EXPORT int64_t exptime(void)
{
    return request.exptime;
}

PAGE_EXPORT int is_noreply(void)
{
    return request.noreply;
}

/* Reads the next flag of a meta reply: 1, 0 after the last, or an error. */
PAGE_EXPORT int next_flag(void)
{
    return mc_reader_flag(&flags_left, &flag);
}

PAGE_EXPORT int flag_letter(void)
{
    return flag.letter;
}

PAGE_EXPORT int32_t flag_ttl(void)
{
    return flag.ttl;
}

PAGE_EXPORT uint64_t flag_number(void)
{
    return flag.number;
}

PAGE_EXPORT const char *flag_token_at(void)
{
    return flag.token.data;
}

PAGE_EXPORT size_t flag_token_len(void)
{
    return flag.token.len;
}

/* After MC_E_PROTOCOL: enum mc_fault, and the byte of the line. */
PAGE_EXPORT int reply_fault(void)
{
    return reply_reader.fault;
}

PAGE_EXPORT int reply_fault_at(void)
{
    return reply_reader.at;
}

/* ---- what it means ---------------------------------------------------------------------------- */

PAGE_EXPORT const char *title(void)
{
    return annotation.title;
}

/* NULL when nothing is wrong. */
PAGE_EXPORT const char *fault_text(void)
{
    return annotation.fault;
}

PAGE_EXPORT size_t fault_at(void)
{
    return annotation.fault_at;
}

/* A sentence about a bit of the event's notes; empty when the bit is not set. */
PAGE_EXPORT const char *note_text(int bit)
{
    return (annotation.notes & bit) != 0 ? mc_annotate_note(bit) : "";
}

PAGE_EXPORT size_t field_count(void)
{
    return annotation.count;
}

PAGE_EXPORT size_t field_at(size_t index)
{
    return annotation.fields[index].at;
}

PAGE_EXPORT size_t field_len(size_t index)
{
    return annotation.fields[index].len;
}

PAGE_EXPORT const char *field_name(size_t index)
{
    return annotation.fields[index].name;
}

PAGE_EXPORT const char *field_text(size_t index)
{
    return annotation.fields[index].text;
}

/* A text for any result of mcwire. */
PAGE_EXPORT const char *result_text(int result)
{
    return mc_text(result);
}
