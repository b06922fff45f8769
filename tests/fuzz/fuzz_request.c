/* Fuzzes the reader of requests: with the bytes in any pieces, against the reference, which reads
 * them at once; and with commands that the put functions write, each of which has to be read back as
 * what was put.
 *
 * The input: a byte that chooses. For bytes: a byte with options, the sizes of six pieces, which are
 * used over and over (0: all the rest), and what the client sends. Else: commands. */
#include "asked.h"
#include "question.h"
#include "readback.h"

#include <stdlib.h>
#include <string.h>

enum {
    BY_HAND = 4, /* values are taken past the reader, with mc_request_took() */
    PIECES = 6,
    HEADER = 1 + PIECES
};

struct run {
    struct mc_bytes wire;
    int how;
    struct asked expected;
    struct mc_request_reader reader;
    size_t taken; /* of the wire */
    size_t index; /* events */
    size_t value; /* bytes of the last value */
    int fault;    /* when the reader is broken */
};

static bool lies_in(struct mc_bytes slice, struct mc_bytes window)
{
    return slice.len == 0 || (slice.data >= window.data && slice.len <= window.len &&
                              (size_t)(slice.data - window.data) <= window.len - slice.len);
}

static void check_piece(struct run *run, struct mc_bytes piece)
{
    const struct asked_event *e = &run->expected.events[run->index - 1];
    if (run->index == 0 || piece.len == 0 || piece.len > e->value.len - run->value ||
        memcmp(piece.data, e->value.data + run->value, piece.len) != 0)
        fuzz_fail("other bytes in the value");
    run->value += piece.len;
}

static void check_same(int event, const struct mc_request *got, const struct mc_request *expected)
{
    if (got->command != expected->command || got->fault != expected->fault ||
        got->at != expected->at)
        fuzz_fail("event %d: command %d, fault %d at %d instead of %d, %d at %d", event,
                  got->command, got->fault, got->at, expected->command, expected->fault,
                  expected->at);
    if (got->notes != expected->notes || got->noreply != expected->noreply)
        fuzz_fail("event %d: notes %x instead of %x, or noreply", event, (unsigned)got->notes,
                  (unsigned)expected->notes);
    if (!input_same(got->key, expected->key) || !input_same(got->text, expected->text))
        fuzz_fail("event %d: other key or text", event);
    if (got->flags != expected->flags || got->number != expected->number ||
        got->exptime != expected->exptime)
        fuzz_fail("event %d: other numbers", event);
    if (got->size != expected->size || got->has_size != expected->has_size)
        fuzz_fail("event %d: another size", event);
}

static void check_event(struct run *run, int event, const struct mc_request *request)
{
    const struct asked_event *e = &run->expected.events[run->index];
    if (run->index >= run->expected.count)
        fuzz_fail("event %d, where nothing is expected", event);
    if (run->index > 0 && run->value != e[-1].value.len)
        fuzz_fail("event %d after %zu bytes of a value", event, run->value);
    if (event != e->event)
        fuzz_fail("event %d instead of %d", event, e->event);
    check_same(event, request, &e->request);
    if (run->taken != e->end)
        fuzz_fail("event %d: taken to %zu instead of %zu", event, run->taken, e->end);
    if (event == MC_REQUEST_WRONG && (run->how & ASKED_SWALLOW) != 0)
        mc_request_swallow(&run->reader, request);
    run->index++;
    run->value = 0;
}

/* The value's bytes do not pass the reader. */
static void take_by_hand(struct run *run, struct mc_bytes *in)
{
    size_t left = run->reader.value_left;
    struct mc_bytes piece = {in->data, in->len < left ? in->len : left};
    mc_request_took(&run->reader, (uint32_t)piece.len);
    in->data += piece.len;
    in->len -= piece.len;
    run->taken += piece.len;
    check_piece(run, piece);
}

/* One event; false when there is none. */
static bool step(struct run *run, struct mc_bytes window, struct mc_bytes *in)
{
    struct mc_request request;
    if ((run->how & BY_HAND) != 0 && run->reader.value_left > 0 && in->len > 0) {
        take_by_hand(run, in);
        return true;
    }
    struct mc_bytes before = *in;
    int event = mc_request_next(&run->reader, in, &request);
    if (in->len > before.len || in->data != before.data + (before.len - in->len))
        fuzz_fail("what is left is not the rest");
    if (!lies_in(request.key, window) || !lies_in(request.text, window))
        fuzz_fail("a slice outside of the window");
    run->taken += before.len - in->len;
    if (event == MC_REQUEST_DATA)
        check_piece(run, request.text);
    else if (event > 0)
        check_event(run, event, &request);
    run->fault = event == MC_E_PROTOCOL ? request.fault : 0;
    return event > 0;
}

/* All events of the bytes up to `arrived`, in memory that ends there. */
static void read_window(struct run *run, size_t arrived)
{
    size_t len = arrived - run->taken;
    char *copy = malloc(len > 0 ? len : 1);
    if (copy == NULL)
        fuzz_fail("no memory for the target itself");
    memcpy(copy, run->wire.data + run->taken, len);
    struct mc_bytes window = {copy, len}, in = window;
    while (step(run, window, &in)) {
    }
    free(copy);
}

static void run_pieces(struct run *run, const uint8_t *pieces)
{
    size_t arrived = 0, k = 0;
    while (arrived < run->wire.len && run->fault == 0) {
        size_t left = run->wire.len - arrived, piece = pieces[k++ % PIECES];
        arrived += piece == 0 || piece > left ? left : piece;
        read_window(run, arrived);
    }
    if (run->index != run->expected.count || run->taken != run->expected.taken)
        fuzz_fail("%zu events to %zu instead of %zu to %zu", run->index, run->taken,
                  run->expected.count, run->expected.taken);
    if (run->fault != run->expected.fault)
        fuzz_fail("fault %d instead of %d", run->fault, run->expected.fault);
}

/* Commands are put, and read back. */
static void check_commands(struct input *in)
{
    static struct question c;
    while (in->len > 0 && in->count < INPUT_BLOCKS / 2) {
        question_take(in, (enum question_name)(input_byte(in) % COMMANDS), &c);
        const char *difference = readback(&c, input_byte(in));
        if (difference != NULL)
            fuzz_fail("command %d is read back with another %s", c.name, difference);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct input in;
    if (size > 0 && data[0] % 4 == 0) {
        in = (struct input){.data = data + 1, .len = size - 1};
        check_commands(&in);
        input_free(&in);
        return 0;
    }
    if (size < 1 + HEADER || size - 1 - HEADER > ASKED_BYTES)
        return 0;
    struct run run = {.how = data[1]};
    run.reader.login = (run.how & ASKED_LOGIN) != 0;
    run.wire = (struct mc_bytes){(const char *)data + 1 + HEADER, size - 1 - HEADER};
    run.expected = asked_read(run.wire, run.how);
    run_pieces(&run, data + 2);
    return 0;
}
