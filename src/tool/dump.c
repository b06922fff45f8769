/* The command dump: lists the keys, and then reads their items, many at a time. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base64.h"
#include "buffer.h"
#include "crawl.h"
#include "decimal.h"
#include "patience.h"
#include "plural.h"
#include "run.h"

enum { BATCH = 2048, OUTPUT_SIZE = 1 << 18, FLAGS_MAX = 5 };

struct dump {
    struct crawl crawl;
    struct mc_sink sink;
    struct session *session;
    struct mc_server reader; /* of the items */
    struct patience patience;
    char buf[SESSION_BUFFER];
    struct conversation conversation;
    size_t count; /* items of the batch */
    struct mc_op ops[BATCH];
    struct mc_meta metas[BATCH];
    char keys[BATCH][MC_KEY_MAX];
    struct buffer item; /* the last that came; it counts when more comes, or all has */
    bool failed;
    int64_t asked; /* when: the Unix time */
    uint64_t written, gone;
};

/* The flags of the mg for each key; the first is for keys in base64 only. There is no q: it would make
 * requests and replies longer, for the few keys that are gone by then. */
static const struct mc_flag reading_flags[FLAGS_MAX] = {
    {.letter = 'b'}, {.letter = 'k'}, {.letter = 'f'}, {.letter = 't'}, {.letter = 'v'}};

static bool is_binary(const struct mc_op *op)
{
    return op->meta_count == FLAGS_MAX;
}

/* ---- an item --------------------------------------------------------------------------------- */

static void flush_item(struct dump *dump)
{
    if (dump->item.len == 0)
        return;
    buffer_add(&dump->item, MC_BYTES("\r\n"));
    fwrite(dump->item.data, 1, dump->item.len, stdout);
    dump->item.len = 0;
    dump->written++;
}

static void add_number(struct buffer *item, const char *before, uint64_t number)
{
    size_t digits = mc_decimal_digits(number);

    buffer_add(item, mc_string(before));
    buffer_reserve(item, digits);
    mc_decimal_write(item->data, item->len, digits, number);
    item->len += digits;
}

/* The Unix time at which an item expires; 0: never. The seconds that are left count from some moment
 * after the question, so that the copy expires no later than the item, but for the second in which
 * the server's clock stands still. memcached's times have 31 bits. */
static uint64_t expiry_of(const struct dump *dump, int32_t ttl)
{
    int64_t expiry = dump->asked + ttl;

    if (ttl < 0)
        return 0;
    return expiry < INT32_MAX ? (uint64_t)expiry : INT32_MAX;
}

/* ms KEY SIZE F<flags> T<expiry>[ b]. */
static void begin_item(struct dump *dump, const struct mc_op *op, const struct mc_reply *reply)
{
    buffer_add(&dump->item, MC_BYTES("ms "));
    if (is_binary(op)) {
        base64_write(&dump->item, op->key);
    } else
        buffer_add(&dump->item, op->key);
    add_number(&dump->item, " ", reply->size);
    add_number(&dump->item, " F", reply->flags);
    add_number(&dump->item, " T", expiry_of(dump, op->meta->ttl));
    buffer_add(&dump->item, mc_string(is_binary(op) ? " b\r\n" : "\r\n"));
}

static void receive_item(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                         const struct mc_reply *reply)
{
    struct dump *dump = (struct dump *)(void *)((char *)sink - offsetof(struct dump, sink));

    (void)slot;
    if (event == MC_BODY) {
        buffer_add(&dump->item, reply->text);
        return;
    }
    flush_item(dump);
    begin_item(dump, op, reply);
}

/* ---- a batch --------------------------------------------------------------------------------- */

static void fail_dump(struct dump *dump, int result)
{
    dump->failed = true;
    session_judge_by(dump->session, &dump->reader, result);
}

/* Reads the items of the batch, and starts the next one. */
static void read_batch(struct dump *dump)
{
    dump->asked = (int64_t)time(NULL);
    patience_begin(&dump->reader);
    int result = dump->count > 0 ? mc_server_run(&dump->reader, dump->ops, dump->count) : 0;

    for (size_t k = 0; k < dump->count && result == 0; k++) {
        if (dump->ops[k].result == MC_MISS)
            dump->gone++;
        else if (dump->ops[k].result != MC_HIT)
            result = dump->ops[k].result;
    }
    dump->count = 0;
    if (result == 0)
        flush_item(dump);
    else
        fail_dump(dump, result);
    dump->item.len = 0;
    if (!session_flush(dump->session))
        dump->failed = true;
}

static void add_key(struct crawl *crawl, const struct crawl_item *item)
{
    struct dump *dump = (struct dump *)(void *)crawl;

    if (dump->failed)
        return;
    char *key = dump->keys[dump->count];
    memcpy(key, item->key.data, item->key.len);
    size_t skipped = item->binary ? 0 : 1;
    struct mc_op *op = &dump->ops[dump->count];
    mc_op_start(op, &mc_command_mg, (struct mc_bytes){key, item->key.len});
    op->meta_flags = reading_flags + skipped;
    op->meta_count = FLAGS_MAX - skipped;
    op->meta = &dump->metas[dump->count];
    op->sink = &dump->sink;
    dump->count++;
    if (dump->count == BATCH)
        read_batch(dump);
}

static void report(const struct dump *dump)
{
    fprintf(stderr, "mcwire: dump: %" PRIu64 " item%s", dump->written, plural_s(dump->written));
    if (dump->gone > 0)
        fprintf(stderr, "; %" PRIu64 " expired or were deleted meanwhile", dump->gone);
    fputs(dump->failed ? "; this is not all\n" : "\n", stderr);
}

int run_dump(void *options, const struct option_words *words)
{
    static char output[OUTPUT_SIZE]; /* of stdout, to the end of the program */
    struct session session;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    if (session.terminal) {
        session_fail(&session, STATUS_USAGE, "not to a terminal: mcwire dump >FILE");
        return session_end(&session);
    }
    struct dump *dump = buffer_array(1, sizeof *dump);
    setvbuf(stdout, output, _IOFBF, sizeof output);
    dump->session = &session;
    dump->crawl.receive = add_key;
    dump->crawl.match = session.settings->match;
    dump->sink.receive = receive_item;
    session_copy(&session, &dump->reader, dump->buf, &dump->conversation);
    patience_start(&dump->patience, &dump->reader);
    bool all = crawl_run(&dump->crawl, &session);
    if (!dump->failed)
        read_batch(dump);
    if (all)
        report(dump);
    mc_server_close(&dump->reader);
    buffer_free(&dump->item);
    free(dump);
    return session_end(&session);
}
