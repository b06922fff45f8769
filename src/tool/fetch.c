/* The command get: values, or what else is known of the items, of one key or several. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "escape.h"
#include "print.h"
#include "run.h"

/* What came for one key. */
struct fetched {
    struct buffer value;
    uint64_t flags, cas, size;
    int32_t ttl;
    bool came;
};

struct fetch {
    struct mc_sink sink;
    struct session *session;
    size_t count;
    struct mc_bytes *keys;
    struct mc_value *values; /* their results */
    struct fetched *items;
};

/* ---- from the server ------------------------------------------------------------------------- */

static void receive_item(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                         const struct mc_reply *reply)
{
    struct fetch *fetch = (struct fetch *)(void *)sink;
    struct fetched *item = &fetch->items[slot];

    (void)op;
    if (event == MC_BODY && fetch->session->settings->field == FIELD_VALUE)
        buffer_add(&item->value, reply->text);
    if (event != MC_VALUE)
        return;
    item->flags = reply->flags;
    item->cas = reply->cas;
    item->size = reply->size;
    item->came = true;
}

/* A server may answer a doubled key once. */
static void copy_doubled_item(struct fetch *fetch, size_t k)
{
    for (size_t i = 0; i < fetch->count; i++) {
        const struct fetched *from = &fetch->items[i];
        if (!from->came || !buffer_same(fetch->keys[i], fetch->keys[k]))
            continue;
        struct fetched *to = &fetch->items[k];
        buffer_add(&to->value, (struct mc_bytes){from->value.data, from->value.len});
        to->flags = from->flags;
        to->cas = from->cas;
        to->size = from->size;
        to->came = true;
        return;
    }
}

/* get, gets, gat or gats. */
static void fetch_items(struct fetch *fetch)
{
    const struct settings *settings = fetch->session->settings;
    bool cas = settings->field == FIELD_CAS;
    const struct mc_command *command = cas ? &mc_command_gets : &mc_command_get;

    if (settings->touches)
        command = cas ? &mc_command_gats : &mc_command_gat;
    struct mc_op op = mc_op_many(command, fetch->keys, fetch->values, fetch->count);
    op.exptime = settings->touch_ttl;
    op.sink = &fetch->sink;
    mc_server_do(&fetch->session->server, &op);
    for (size_t k = 0; k < fetch->count; k++)
        if (fetch->values[k].result == MC_HIT && !fetch->items[k].came)
            copy_doubled_item(fetch, k);
}

/* The time to live is only in the meta dialect. */
static void fetch_ttls(struct fetch *fetch)
{
    const struct settings *settings = fetch->session->settings;
    const struct mc_flag list[] = {mc_op_flag('k'), mc_op_flag('t'),
                                   mc_op_flag_ttl('T', settings->touch_ttl)};
    const struct mc_flags flags = {list, settings->touches ? 3 : 2};
    struct mc_op *ops = buffer_array(fetch->count, sizeof *ops);
    struct mc_meta *metas = buffer_array(fetch->count, sizeof *metas);

    for (size_t k = 0; k < fetch->count; k++)
        ops[k] = mc_op_mg(fetch->keys[k], flags, NULL, &metas[k]);
    mc_server_run(&fetch->session->server, ops, fetch->count);
    for (size_t k = 0; k < fetch->count; k++) {
        fetch->values[k].result = ops[k].result == MC_HD ? MC_HIT : ops[k].result;
        fetch->items[k].ttl = metas[k].ttl;
    }
    free(ops);
    free(metas);
}

/* ---- to stdout ------------------------------------------------------------------------------- */

static void print_json_item(const struct fetch *fetch, size_t k)
{
    const struct fetched *item = &fetch->items[k];
    int result = fetch->values[k].result;

    print_json_key(fetch->keys[k], session_word(result));
    switch (result == MC_HIT ? (int)fetch->session->settings->field : -1) {
    case FIELD_VALUE:
        printf(",\"flags\":%" PRIu64 ",\"size\":%" PRIu64 ",", item->flags, item->size);
        print_json_bytes("text", "base64", (struct mc_bytes){item->value.data, item->value.len});
        break;
    case FIELD_FLAGS: printf(",\"flags\":%" PRIu64, item->flags); break;
    case FIELD_CAS: printf(",\"cas\":%" PRIu64, item->cas); break;
    case FIELD_SIZE: printf(",\"size\":%" PRIu64, item->size); break;
    case FIELD_TTL: printf(",\"ttl\":%" PRId32, item->ttl); break;
    default: break;
    }
    puts("}");
}

/* The number that was asked for instead of the value. */
static void print_number(const struct fetched *item, enum settings_field field)
{
    switch (field) {
    case FIELD_FLAGS: printf("%" PRIu64, item->flags); break;
    case FIELD_CAS: printf("%" PRIu64, item->cas); break;
    case FIELD_SIZE: printf("%" PRIu64, item->size); break;
    default: printf("%" PRId32, item->ttl); break;
    }
}

static void print_item(const struct fetch *fetch, size_t k)
{
    const struct settings *settings = fetch->session->settings;
    const struct fetched *item = &fetch->items[k];
    const struct mc_bytes value = {item->value.data, item->value.len};

    if (settings->nul)
        printf("%s%c", fetch->keys[k].data, '\0');
    else if (fetch->count > 1) {
        escape_field(stdout, fetch->keys[k].data, fetch->keys[k].len);
        putchar('\t');
    }
    if (settings->field != FIELD_VALUE)
        print_number(item, settings->field);
    else if (settings->nul)
        print_bytes(value);
    else if (fetch->count > 1)
        escape_field(stdout, value.data, value.len);
    else
        print_value(fetch->session, value);
    if (settings->nul)
        putchar('\0');
    else if (fetch->count > 1 || settings->field != FIELD_VALUE)
        putchar('\n');
}

static void print_items(const struct fetch *fetch)
{
    struct session *session = fetch->session;

    for (size_t k = 0; k < fetch->count; k++) {
        int result = fetch->values[k].result;
        bool json = session->settings->json && (result == MC_HIT || result == MC_MISS);
        if (json)
            print_json_item(fetch, k);
        else if (result == MC_HIT)
            print_item(fetch, k);
        if (json)
            session_note(session, status_of(result, (struct mc_bytes){0}));
        else
            session_judge(session, fetch->keys[k].data, result, session->server.client.text);
    }
}

int run_get(void *options, const struct option_words *words)
{
    struct session session;
    size_t count = (size_t)words->count;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    struct fetch fetch = {.sink = {receive_item},
                          .session = &session,
                          .count = count,
                          .keys = buffer_array(count, sizeof *fetch.keys),
                          .values = buffer_array(count, sizeof *fetch.values),
                          .items = buffer_array(count, sizeof *fetch.items)};
    for (size_t k = 0; k < count; k++)
        fetch.keys[k] = mc_string(words->list[k]);
    if (session.settings->field == FIELD_TTL)
        fetch_ttls(&fetch);
    else
        fetch_items(&fetch);
    print_items(&fetch);
    for (size_t k = 0; k < count; k++)
        buffer_free(&fetch.items[k].value);
    free(fetch.keys);
    free(fetch.values);
    free(fetch.items);
    return session_end(&session);
}
