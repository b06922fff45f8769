/* Fuzzes the reader, with the bytes in any pieces, against the reference, which reads them at once.
 *
 * The input: a byte that says which replies are streams, one with options, the sizes of six pieces,
 * which are used over and over (0: all the rest), and the bytes of memcached. */
#include "input.h"
#include "reference.h"

#include <stdlib.h>
#include <string.h>

enum {
    BY_HAND = 1, /* values are taken past the reader, with mc_reader_took() */
    ITEMS = 2,   /* mc_item_next() and mc_item_is_end() are asked, too */
    PIECES = 6,
    HEADER = 2 + PIECES
};

struct run {
    struct mc_bytes wire;
    unsigned streams, how;
    struct reference expected;
    struct mc_reader reader;
    size_t taken;   /* of the wire */
    size_t index;   /* events */
    size_t replies; /* that are over */
    size_t body;    /* bytes of the last value */
    bool over;      /* the last event ended a reply */
};

static bool lies_in(struct mc_bytes slice, struct mc_bytes window)
{
    return slice.len == 0 || (slice.data >= window.data && slice.len <= window.len &&
                              (size_t)(slice.data - window.data) <= window.len - slice.len);
}

/* The flags of a meta reply, taken off one by one. */
static void check_flags(struct mc_bytes text)
{
    static struct mc_flag flags[REFERENCE_FLAGS];
    static bool good[REFERENCE_FLAGS];
    size_t count = reference_flags(text, flags, good);
    for (size_t k = 0; k < count; k++) {
        struct mc_flag flag;
        if (mc_reader_flag(&text, &flag) != (good[k] ? 1 : MC_E_PROTOCOL))
            fuzz_fail("flag %zu: good or not", k);
        if (flag.letter != flags[k].letter || !input_same(flag.token, flags[k].token))
            fuzz_fail("flag %zu: letter or token", k);
        if (good[k] && (flag.number != flags[k].number || flag.ttl != flags[k].ttl))
            fuzz_fail("flag %zu: number", k);
    }
    struct mc_flag none;
    if (count < REFERENCE_FLAGS && mc_reader_flag(&text, &none) != 0)
        fuzz_fail("a flag too many");
}

static void check_body(struct run *run, struct mc_bytes piece)
{
    const struct reference_event *value = &run->expected.events[run->index - 1];
    if (run->index == 0 || value->event != MC_VALUE || piece.len == 0)
        fuzz_fail("a piece of no value");
    if (piece.len > value->body.len - run->body ||
        memcmp(piece.data, value->body.data + run->body, piece.len) != 0)
        fuzz_fail("other bytes in the value");
    run->body += piece.len;
}

static void check_event(struct run *run, int event, const struct mc_reply *reply)
{
    const struct reference_event *e = &run->expected.events[run->index];
    if (run->index >= run->expected.count)
        fuzz_fail("event %d, where nothing is expected", event);
    if (run->index > 0 && e[-1].event == MC_VALUE && run->body != e[-1].size)
        fuzz_fail("event %d after %zu bytes of a value", event, run->body);
    if (event != e->event)
        fuzz_fail("event %d instead of %d", event, e->event);
    if (!input_same(reply->key, e->key) || !input_same(reply->text, e->text))
        fuzz_fail("event %d: other key or text", event);
    if (reply->flags != e->flags || reply->size != e->size || reply->meta != e->meta)
        fuzz_fail("event %d: other flags, size or dialect", event);
    if (reply->cas != e->cas || reply->has_cas != e->has_cas || reply->number != e->number)
        fuzz_fail("event %d: other cas or number", event);
    if (run->taken != e->end)
        fuzz_fail("event %d: taken to %zu instead of %zu", event, run->taken, e->end);
    if (e->meta && event != MC_ME) /* whose text is none */
        check_flags(reply->text);
    run->over = mc_is_final(event);
    run->replies += run->over ? 1 : 0;
    run->index++;
    run->body = 0;
}

/* Is there a whole item in the window, as a get of its key is answered? Its numbers may have nine
 * digits. */
static bool is_item(const struct run *run, struct mc_bytes window)
{
    const struct reference_event *e = &run->expected.events[run->index];
    if (run->index >= run->expected.count || e->event != MC_VALUE || e->meta || e->has_cas)
        return false;
    size_t end = e->end + e->size - run->taken; /* the reader stands before a line */
    return e->flags <= 999999999 && e->size <= 999999999 && end + 2 <= window.len &&
           memcmp(window.data + end, "\r\n", 2) == 0;
}

/* A key that is shorter, or another in its last byte, is not this item's. */
static void check_other_keys(const struct run *run, struct mc_bytes window, struct mc_bytes key)
{
    char other[MC_KEY_MAX];
    struct mc_bytes same_size = {other, key.len}, shorter = {key.data, key.len - 1}, in = window;
    struct mc_reply reply;
    memcpy(other, key.data, key.len);
    other[key.len - 1] = other[key.len - 1] == 'x' ? 'y' : 'x';
    if (mc_item_next(&run->reader, &in, same_size, &reply) != MC_MORE ||
        (shorter.len > 0 && mc_item_next(&run->reader, &in, shorter, &reply) != MC_MORE))
        fuzz_fail("an item for another key");
}

/* The short cut through a hit has to say what the reader will say. */
static void check_item(const struct run *run, struct mc_bytes window)
{
    const struct reference_event *e = &run->expected.events[run->index];
    bool item = is_item(run, window);
    struct mc_bytes key = item ? e->key : MC_BYTES("k"), in = window;
    struct mc_reply reply;
    if (item && memchr(key.data, 0x7f, key.len) != NULL)
        return; /* nobody asks for such a key */
    bool taken = mc_item_next(&run->reader, &in, key, &reply) == MC_VALUE;
    if (item && !taken)
        fuzz_fail("an item is not seen");
    if (taken && !item)
        fuzz_fail("an item where there is none");
    if (taken &&
        (!input_same(reply.text, e->body) || reply.flags != e->flags || reply.size != e->size ||
         in.len != window.len - (e->end - run->taken) - e->size - 2 ||
         in.data != window.data + (window.len - in.len)))
        fuzz_fail("an item is seen differently");
    if (!taken && (in.data != window.data || in.len != window.len))
        fuzz_fail("bytes are taken of no item");
    if (item)
        check_other_keys(run, window, key);
    if (mc_item_is_end(&run->reader, window) != (reference_is(window, "END\r\n")))
        fuzz_fail("END or not");
}

/* The value's bytes do not pass the reader. */
static struct mc_bytes take_by_hand(struct run *run, struct mc_bytes *in)
{
    size_t left = run->reader.body_left;
    struct mc_bytes piece = {in->data, in->len < left ? in->len : left};
    mc_reader_took(&run->reader, (uint32_t)piece.len);
    in->data += piece.len;
    in->len -= piece.len;
    return piece;
}

/* One event; false when there is none. */
static bool step(struct run *run, struct mc_bytes window, struct mc_bytes *in)
{
    struct mc_reply reply;
    if ((run->how & BY_HAND) != 0 && run->reader.body_left > 0 && in->len > 0) {
        struct mc_bytes piece = take_by_hand(run, in);
        run->taken += piece.len;
        check_body(run, piece);
        return true;
    }
    struct mc_bytes before = *in;
    int event = mc_reader_next(&run->reader, in, &reply);
    size_t taken = before.len - in->len;
    if (in->len > before.len || in->data != before.data + taken)
        fuzz_fail("what is left is not the rest");
    if (!lies_in(reply.key, window) || !lies_in(reply.text, window))
        fuzz_fail("a slice outside of the window");
    run->taken += taken;
    if (event == MC_BODY)
        check_body(run, reply.text);
    else if (event > 0)
        check_event(run, event, &reply);
    return event > 0;
}

/* The reader stays broken, whatever comes. */
static void check_broken(struct run *run)
{
    struct mc_bytes in = MC_BYTES("END\r\n");
    struct mc_reply reply;
    if (run->reader.fault != run->expected.fault || run->reader.at != run->expected.fault_at)
        fuzz_fail("fault %d at %d instead of %d at %zu", run->reader.fault, run->reader.at,
                  run->expected.fault, run->expected.fault_at);
    mc_reader_stream(&run->reader);
    if (mc_reader_next(&run->reader, &in, &reply) != MC_E_PROTOCOL || in.len != 5)
        fuzz_fail("a broken reader reads on");
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
    bool goes_on;
    do {
        bool stream = run->replies < 8 && (run->streams >> run->replies & 1) != 0;
        if (run->over && stream)
            mc_reader_stream(&run->reader);
        if ((run->how & ITEMS) != 0 && run->reader.state == 0)
            check_item(run, in);
        goes_on = step(run, window, &in);
    } while (goes_on);
    free(copy);
}

static void run_pieces(struct run *run, const uint8_t *pieces)
{
    size_t arrived = 0, k = 0;
    while (arrived < run->wire.len && run->reader.fault == 0) {
        size_t left = run->wire.len - arrived, piece = pieces[k++ % PIECES];
        arrived += piece == 0 || piece > left ? left : piece;
        read_window(run, arrived);
    }
    if (run->index != run->expected.count)
        fuzz_fail("%zu events instead of %zu", run->index, run->expected.count);
    if (run->taken != run->expected.taken)
        fuzz_fail("taken to %zu instead of %zu", run->taken, run->expected.taken);
    if ((run->reader.fault != 0) != (run->expected.fault != 0))
        fuzz_fail("fault %d instead of %d", run->reader.fault, run->expected.fault);
    if (run->reader.fault != 0)
        check_broken(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEADER || size - HEADER > REFERENCE_BYTES / 2)
        return 0;
    struct run run = {.streams = data[0], .how = data[1], .over = true};
    run.wire = (struct mc_bytes){(const char *)data + HEADER, size - HEADER};
    run.expected = reference_read(run.wire, run.streams);
    run_pieces(&run, data + 2);
    return 0;
}
