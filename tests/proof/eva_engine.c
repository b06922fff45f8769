/* For Eva: an engine with the operations of OPS, of which some bytes are sent, all, or one too early for
 * a reply, and which receives whatever a reader can make of a few bytes; then it fails. Includes what
 * strip.py makes of proto/ and src/. The reader is another one here: it gives every event that matters
 * to these operations, one for each byte, as it may by its contract. */
#include "__fc_builtin.h"
/* Not in another order. */
#include "decimal.c"
#include "writer.c"
/* Put and parse commands. */
#include "put_admin.c"
#include "put_classic.c"
#include "put_meta.c"
/* Read replies. */
#include "item.c"
#include "reply.c"
/* And what stands on these. */
#include "keys.c"
#include "meta.c"
#include "retrieval.c"
/* The engine last. */
#include "command.c"
#include "engine.c"

enum { IN_CAP = 2, OUT_CAP = 64, VALUE_CAP = 2, ALL = 1000 };
enum { AT_ONCE, IN_PIECES, EARLY, LENT, CANCELLED };

static char in[IN_CAP], out[OUT_CAP], lent[2], large[MC_ENGINE_COPY_MAX + 1];
static char place_a[VALUE_CAP], place_b[VALUE_CAP];
static struct mc_value values[] = {{place_a, VALUE_CAP}, {place_b, VALUE_CAP}};
static const struct mc_bytes keys[] = {{"a", 1}, {"b", 1}};
static const struct mc_flag v[] = {{.letter = 'v'}}, q[] = {{.letter = 'q'}};
static struct mc_meta meta;
static struct mc_engine engine;

#define A .key = {"a", 1}
#define B .key = {"b", 1}
#define META(flags) .meta = &meta, .meta_flags = (flags), .meta_count = 1

static struct mc_op ops[] = {
#if OPS == 0
    {.command = &mc_command_gets, A, .value = values},
#elif OPS == 1
    {.command = &mc_command_set, A, .data = {"hi", 2}},
    {.command = &mc_command_delete, A},
#elif OPS == 2
    {.command = &mc_command_get, .keys = keys, .values = values, .count = 2},
#elif OPS == 3
    {.command = &mc_command_mg, A, .value = values, META(v)},
#elif OPS == 4
    {.command = &mc_command_get, A, .value = values},
    {.command = &mc_command_get, B, .value = values + 1},
#elif OPS == 5
    {.command = &mc_command_md, A, META(q)},
    {.command = &mc_command_mg, B, META(q)},
#elif OPS == 6
    {.command = &mc_command_set, A, .data = {large, sizeof large}},
#endif
};

/* ---- any reader ------------------------------------------------------------------------------ */

static const short outcomes[] = {MC_MORE,    MC_E_PROTOCOL, MC_VALUE, MC_END,   MC_STORED,
                                 MC_DELETED, MC_HD,         MC_MN,    MC_ERROR, MC_SERVER_ERROR};

static int any(int last)
{
    int k = Frama_C_interval(0, last);
    //@ split k;
    return k;
}

static char next_byte(struct mc_bytes *bytes)
{
    char c = bytes->data[0];
    bytes->data++;
    bytes->len--;
    return c;
}

/* An empty value, one that fills its place, or one too large for it. */
static void begin_value(struct mc_reader *reader, struct mc_reply *reply)
{
    int size = any(2);
    reply->size = size == 0 ? 0 : (uint32_t)(VALUE_CAP - 1 + size);
    reader->body_left = reply->size;
    reply->key.data = any(1) == 0 ? "a" : "b";
    reply->key.len = 1;
    reply->meta = OPS == 3 || OPS == 5;
    reply->has_cas = true;
    reply->cas = Frama_C_unsigned_long_interval(0, UINT64_MAX);
}

int mc_reader_next(struct mc_reader *reader, struct mc_bytes *bytes, struct mc_reply *reply)
{
    *reply = (struct mc_reply){.text = {bytes->data, 0}};
    if (bytes->len == 0)
        return MC_MORE;
    //@ assert \valid_read(bytes->data + (0 .. bytes->len - 1));
    int event = reader->body_left > 0 ? MC_BODY : outcomes[any(sizeof outcomes / 2 - 1)];
    if (event == MC_MORE)
        return event;
    if (event == MC_E_PROTOCOL) {
        reader->state = UINT8_MAX;
        return event;
    }
    next_byte(bytes);
    reply->text.len = 1;
    reply->meta = event == MC_HD || event == MC_MN;
    if (event == MC_BODY)
        reader->body_left--;
    if (event == MC_VALUE)
        begin_value(reader, reply);
    return event;
}

void mc_reader_stream(struct mc_reader *reader)
{
    reader->state = 1;
}

void mc_reader_took(struct mc_reader *reader, uint32_t size)
{
    //@ assert size <= reader->body_left;
    reader->body_left -= size;
}

int mc_reader_flag(struct mc_bytes *flags, struct mc_flag *flag)
{
    *flag = (struct mc_flag){.token = *flags};
    if (flags->len == 0)
        return 0;
    next_byte(flags);
    flag->letter = "OkcW"[any(3)];
    return 1;
}

/* ---- what is done ---------------------------------------------------------------------------- */

static void send_up_to(size_t max)
{
    struct mc_bytes parts[4];
    size_t all = 0, count = mc_engine_output(&engine, parts, 4);
    for (size_t k = 0; k < count; k++) {
        //@ assert \valid_read(parts[k].data + (0 .. parts[k].len - 1));
        all += parts[k].len;
    }
    if (all > 0)
        mc_engine_sent(&engine, all < max ? all : max);
}

static void receive_up_to(size_t max)
{
    size_t cap;
    char *to = mc_engine_input(&engine, &cap);
    if (to == NULL)
        return;
    //@ assert cap > 0;
    cap = cap < max ? cap : max;
    Frama_C_make_unknown(to, cap);
    mc_engine_received(&engine, cap);
}

static void feed(size_t len)
{
    Frama_C_make_unknown(lent, len);
    mc_engine_feed(&engine, (struct mc_bytes){lent, len});
}

/* Sends, and perhaps receives before all has gone. */
static void begin(int way)
{
    if (way != AT_ONCE)
        send_up_to(1);
    if (way == EARLY)
        receive_up_to(1);
    send_up_to(ALL);
    if (way == CANCELLED)
        mc_engine_cancel(&engine, &ops[0]);
}

int main(void)
{
    if (any(1) == 0)
        mc_engine_init(&engine, in, sizeof in, out, sizeof out);
    else /* one buffer is both */
        mc_engine_init(&engine, out, sizeof out, NULL, 0);
    for (size_t k = 0; k < sizeof ops / sizeof ops[0]; k++)
        mc_engine_submit(&engine, &ops[k]);
    int way = any(OPS == 5 ? EARLY : CANCELLED);
    begin(way);
    if (way == LENT) {
        feed(1);
        feed(2);
    } else {
        receive_up_to(1);
        receive_up_to(2);
    }
    if (engine.reader.body_left > 0)
        receive_up_to(1);
    mc_engine_fail(&engine, MC_E_TIMEOUT);
    while (mc_engine_done(&engine) != NULL) {
    }
    return 0;
}
