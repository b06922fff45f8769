/* The commands as constants, and the replies of one line and of many. */
#include "command.h"
#include "item.h"
#include "meta.h"
#include "reply.h"
#include "retrieval.h"

#include <string.h>

/* ---- replies --------------------------------------------------------------------------------- */

/* The event that ends a reply, but of meta commands and retrievals. */
static int answer_final(struct mc_engine *e, struct mc_op *op, int event,
                        const struct mc_reply *reply)
{
    const struct mc_command *command = op->command;
    if (event < MC_ERROR && (command->accepted >> event & 1) == 0)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    if (reply->meta && (command->traits & MC_COMMAND_TEXT) == 0)
        return mc_reply_fault(e, MC_FAULT_UNASKED);
    op->result = event;
    op->answer = reply->number;
    op->text = reply->text;
    bool over = (command->traits & MC_COMMAND_VALUE) != 0 &&
                (event == MC_ERROR || event == MC_CLIENT_ERROR);
    return over ? MC_ANSWER_AMBIGUOUS : MC_ANSWER_DONE;
}

static int read_one_line(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_reply reply;
    int event = mc_reply_event(e, in, &reply);
    return event > 0 ? answer_final(e, op, event, &reply) : event;
}

/* Lines up to a final one. */
static int read_many_lines(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in)
{
    struct mc_reply reply;
    int event;
    while ((event = mc_reply_event(e, in, &reply)) > 0 && !mc_is_final(event)) {
        if ((op->command->accepted >> event & 1) == 0)
            return mc_reply_fault(e, MC_FAULT_UNASKED);
        if (op->sink != NULL)
            op->sink->receive(op->sink, op, 0, event, &reply);
    }
    return event > 0 ? answer_final(e, op, event, &reply) : event;
}

static int read_login(struct mc_engine *e, struct mc_op *op, struct mc_bytes *in)
{
    int r = read_one_line(e, op, in);
    if (r <= 0)
        return r;
    bool in_now = op->result == MC_STORED;
    op->result = in_now ? MC_OK : MC_E_AUTH;
    return in_now ? MC_ANSWER_DONE : MC_ANSWER_AUTH;
}

static inline size_t match_line(struct mc_op *op, const char *b, size_t e, struct mc_bytes line,
                                int result)
{
    if (e < line.len || memcmp(b, line.data, line.len) != 0)
        return 0;
    op->result = result;
    return line.len;
}

static size_t usual_not_found(struct mc_op *op, const char *b, size_t e)
{
    return match_line(op, b, e, MC_BYTES("NOT_FOUND\r\n"), MC_NOT_FOUND);
}

static size_t usual_stored(struct mc_op *op, const char *b, size_t e)
{
    return match_line(op, b, e, MC_BYTES("STORED\r\n"), MC_STORED);
}

static size_t usual_deleted(struct mc_op *op, const char *b, size_t e)
{
    size_t n = match_line(op, b, e, MC_BYTES("DELETED\r\n"), MC_DELETED);
    return n > 0 ? n : usual_not_found(op, b, e);
}

static size_t usual_touched(struct mc_op *op, const char *b, size_t e)
{
    size_t n = match_line(op, b, e, MC_BYTES("TOUCHED\r\n"), MC_TOUCHED);
    return n > 0 ? n : usual_not_found(op, b, e);
}

static size_t usual_number(struct mc_op *op, const char *b, size_t e)
{
    size_t i = mc_reply_number(b, 0, e, &op->answer);
    if (i == 0)
        return usual_not_found(op, b, e);
    if (e - i < 2 || !mc_item_crlf(b, i))
        return 0;
    op->result = MC_NUMBER;
    return i + 2;
}

/* ---- requests -------------------------------------------------------------------------------- */

typedef const struct mc_bytes *key_list;

static int line_get(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count)
{
    (void)op;
    return mc_put_get(out, keys, count);
}

static int line_gets(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count)
{
    (void)op;
    return mc_put_gets(out, keys, count);
}

static int line_gat(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count)
{
    return mc_put_gat(out, op->exptime, keys, count);
}

static int line_gats(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count)
{
    return mc_put_gats(out, op->exptime, keys, count);
}

static int line_store(struct mc_out *out, const struct mc_op *op, enum mc_store store)
{
    const struct mc_item item = {op->key,     op->data,   op->flags,
                                 op->exptime, op->number, op->large_flags};
    return mc_put_store(out, store, &item, false);
}

/* A command whose line depends on the operation alone. */
#define PUT_LINE(name, call)                                                                 \
    static int name(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count) \
    {                                                                                        \
        (void)op, (void)keys, (void)count;                                                   \
        return call;                                                                         \
    }

PUT_LINE(line_set, line_store(out, op, MC_SET))
PUT_LINE(line_add, line_store(out, op, MC_ADD))
PUT_LINE(line_replace, line_store(out, op, MC_REPLACE))
PUT_LINE(line_append, line_store(out, op, MC_APPEND))
PUT_LINE(line_prepend, line_store(out, op, MC_PREPEND))
PUT_LINE(line_cas, line_store(out, op, MC_CAS))
PUT_LINE(line_delete, mc_put_delete(out, op->key, false))
PUT_LINE(line_incr, mc_put_incr(out, op->key, op->number, false))
PUT_LINE(line_decr, mc_put_decr(out, op->key, op->number, false))
PUT_LINE(line_touch, mc_put_touch(out, op->key, op->exptime, false))
PUT_LINE(line_mg, mc_put_mg(out, op->key, op->meta_flags, op->meta_count))
PUT_LINE(line_ms, mc_put_ms(out, op->key, op->data.len, op->meta_flags, op->meta_count))
PUT_LINE(line_md, mc_put_md(out, op->key, op->meta_flags, op->meta_count))
PUT_LINE(line_ma, mc_put_ma(out, op->key, op->meta_flags, op->meta_count))
PUT_LINE(line_me, mc_put_me(out, op->key, op->meta_flags, op->meta_count))
PUT_LINE(line_version, mc_put_version(out))
PUT_LINE(line_flush_all, mc_put_flush_all(out, op->exptime, false))
PUT_LINE(line_auth, mc_put_auth(out, op->key, op->data))
PUT_LINE(line_stats, mc_put_stats(out, op->key))
PUT_LINE(line_metadump, mc_put_lru_crawler_metadump(out, op->key))
PUT_LINE(line_mgdump, mc_put_lru_crawler_mgdump(out, op->key))
PUT_LINE(line_watch, mc_put_watch(out, op->key))

static int line_verbosity(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count)
{
    (void)keys, (void)count;
    return op->number > UINT32_MAX ? MC_E_NUMBER
                                   : mc_put_verbosity(out, (uint32_t)op->number, false);
}

static int line_memlimit(struct mc_out *out, const struct mc_op *op, key_list keys, size_t count)
{
    (void)keys, (void)count;
    return op->number > UINT32_MAX ? MC_E_NUMBER
                                   : mc_put_cache_memlimit(out, (uint32_t)op->number, false);
}

/* ---- the constants --------------------------------------------------------------------------- */

#define BIT MC_COMMAND_BIT

enum {
    READS = MC_COMMAND_REPEATABLE,
    WRITES = MC_COMMAND_WRITES,
    STORES = MC_COMMAND_WRITES | MC_COMMAND_VALUE,
    RETRIEVES = MC_COMMAND_REPEATABLE | MC_COMMAND_KEYS,
    RETRIEVES_CAS = RETRIEVES | MC_COMMAND_CAS,
    TEXTS = MC_COMMAND_REPEATABLE | MC_COMMAND_ALONE | MC_COMMAND_TEXT
};

#define STORE_BITS (BIT(MC_STORED) | BIT(MC_NOT_STORED))
#define CAS_BITS (STORE_BITS | BIT(MC_EXISTS) | BIT(MC_NOT_FOUND))
#define HD_BITS (BIT(MC_HD) | BIT(MC_NOT_FOUND) | BIT(MC_EXISTS))
#define TEXT_BITS (BIT(MC_LINE) | BIT(MC_OPENED) | BIT(MC_BUSY) | BIT(MC_REFUSED))

/* Retrievals. */
const struct mc_command mc_command_get = {line_get, mc_retrieval_answer, mc_retrieval_usual, 0,
                                          RETRIEVES};
const struct mc_command mc_command_gets = {line_gets, mc_retrieval_answer, mc_retrieval_usual_cas,
                                           0, RETRIEVES_CAS};
const struct mc_command mc_command_gat = {line_gat, mc_retrieval_answer, mc_retrieval_usual, 0,
                                          RETRIEVES | WRITES};
const struct mc_command mc_command_gats = {line_gats, mc_retrieval_answer, mc_retrieval_usual_cas,
                                           0, RETRIEVES_CAS | WRITES};

/* Storage. */
const struct mc_command mc_command_set = {line_set, read_one_line, usual_stored, STORE_BITS,
                                          STORES};
const struct mc_command mc_command_add = {line_add, read_one_line, usual_stored, STORE_BITS,
                                          STORES};
const struct mc_command mc_command_replace = {line_replace, read_one_line, usual_stored, STORE_BITS,
                                              STORES};
const struct mc_command mc_command_append = {line_append, read_one_line, usual_stored, STORE_BITS,
                                             STORES};
const struct mc_command mc_command_prepend = {line_prepend, read_one_line, usual_stored, STORE_BITS,
                                              STORES};
const struct mc_command mc_command_cas = {line_cas, read_one_line, usual_stored, CAS_BITS, STORES};

/* Other writes. */
const struct mc_command mc_command_delete = {line_delete, read_one_line, usual_deleted,
                                             BIT(MC_DELETED) | BIT(MC_NOT_FOUND), WRITES};
const struct mc_command mc_command_incr = {line_incr, read_one_line, usual_number,
                                           BIT(MC_NUMBER) | BIT(MC_NOT_FOUND), WRITES};
const struct mc_command mc_command_decr = {line_decr, read_one_line, usual_number,
                                           BIT(MC_NUMBER) | BIT(MC_NOT_FOUND), WRITES};
const struct mc_command mc_command_touch = {line_touch, read_one_line, usual_touched,
                                            BIT(MC_TOUCHED) | BIT(MC_NOT_FOUND), WRITES};

/* Meta commands. */
const struct mc_command mc_command_mg = {line_mg, mc_meta_answer, mc_meta_usual,
                                         BIT(MC_VALUE) | BIT(MC_HD) | BIT(MC_END),
                                         READS | MC_COMMAND_META | MC_COMMAND_SHOWS};
const struct mc_command mc_command_ms = {line_ms, mc_meta_answer, mc_meta_usual,
                                         HD_BITS | BIT(MC_NOT_STORED), STORES | MC_COMMAND_META};
const struct mc_command mc_command_md = {line_md, mc_meta_answer, mc_meta_usual, HD_BITS,
                                         WRITES | MC_COMMAND_META};
const struct mc_command mc_command_ma = {line_ma, mc_meta_answer, mc_meta_usual,
                                         HD_BITS | BIT(MC_NOT_STORED) | BIT(MC_VALUE),
                                         WRITES | MC_COMMAND_META};
const struct mc_command mc_command_me = {line_me, mc_meta_answer, NULL, BIT(MC_ME) | BIT(MC_END),
                                         READS};

/* The server. */
const struct mc_command mc_command_version = {line_version, read_one_line, NULL, BIT(MC_VERSION),
                                              READS};
const struct mc_command mc_command_flush_all = {line_flush_all, read_one_line, NULL, BIT(MC_OK),
                                                WRITES};
const struct mc_command mc_command_verbosity = {line_verbosity, read_one_line, NULL, BIT(MC_OK),
                                                WRITES};
const struct mc_command mc_command_cache_memlimit = {line_memlimit, read_one_line, NULL,
                                                     BIT(MC_OK) | BIT(MC_REFUSED), WRITES};
const struct mc_command mc_command_auth = {line_auth, read_login, NULL, BIT(MC_STORED),
                                           READS | MC_COMMAND_ALONE};
const struct mc_command mc_command_stats = {
    line_stats, read_many_lines, NULL,
    BIT(MC_STAT) | BIT(MC_ITEM) | BIT(MC_END) | BIT(MC_RESET) | BIT(MC_OK), READS};
const struct mc_command mc_command_stats_text = {line_stats, read_many_lines, NULL,
                                                 TEXT_BITS | BIT(MC_END), TEXTS};
const struct mc_command mc_command_metadump = {line_metadump, read_many_lines, NULL,
                                               TEXT_BITS | BIT(MC_END), TEXTS};
const struct mc_command mc_command_mgdump = {line_mgdump, read_many_lines, NULL,
                                             TEXT_BITS | BIT(MC_END), TEXTS};
const struct mc_command mc_command_watch = {line_watch, read_many_lines, NULL, TEXT_BITS, TEXTS};
