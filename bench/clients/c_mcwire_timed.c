/* This project's client, used as a program would: a deadline for each operation, each result looked
 * at, values in the caller's memory. */
#include <poll.h>
#include <string.h>

#include "server.h"
#include "timing.h"
#include "timed.h"

enum {
    BUFFER_SIZE = 16384,
    DEADLINE_MS = 10000,
    MIXED_KINDS = 8,
    SPARE_FIRST = 5600, /* the numbers of keys that mixed operations set and delete, */
    NUMBER_FIRST = 6000 /* and of the one that they add to */
};

static struct {
    int deadline_ms;
    struct mc_socket socket;
    struct mc_client client;
    struct mc_server server; /* of server_client */
    char buffer[BUFFER_SIZE];
    const struct work *work;
    timed_run *run; /* what prepare() chose for it */
    struct work_set set;
    struct mc_bytes keys[WORK_KEYS_MAX];
    struct mc_value values[WORK_BATCH_MAX];
    struct mc_item items[WORK_KEYS_MAX];
    struct mc_op ops[WORK_BATCH_MAX];
    char other_names[WORK_BATCH_MAX][WORK_KEY_LEN + 1];
} own = {.deadline_ms = DEADLINE_MS};

static void mcwire_set_deadline(int ms)
{
    own.deadline_ms = ms;
}

static bool mcwire_open(const char *address)
{
    if (!timed_connect(&own.socket, address))
        return false;
    mc_client_init(&own.client, mc_socket_transport(&own.socket), own.buffer, sizeof own.buffer);
    return true;
}

static bool get(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return mc_client_get(&own.client, own.keys[k], own.values,
                         mc_socket_deadline(own.deadline_ms)) == MC_HIT;
}

static bool miss(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return mc_client_get(&own.client, own.keys[k], own.values,
                         mc_socket_deadline(own.deadline_ms)) == MC_MISS;
}

static bool get_many(uint32_t i)
{
    uint32_t count = own.work->batch, hits = 0;
    int r = mc_client_get_many(&own.client, own.keys + work_at(own.work, i), own.values, count,
                               mc_socket_deadline(own.deadline_ms));

    for (uint32_t k = 0; k < count; k++)
        hits += own.values[k].result == MC_HIT;
    return r == 0 && hits == count;
}

static bool set(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return mc_client_store(&own.client, &mc_command_set, &own.items[k],
                           mc_socket_deadline(own.deadline_ms)) == MC_STORED;
}

static bool meta_get(uint32_t i)
{
    uint32_t count = own.work->batch, first = work_at(own.work, i), hits = 0;

    for (uint32_t k = 0; k < count; k++)
        own.ops[k].key = own.keys[first + k];
    if (count == 1)
        return mc_client_do(&own.client, own.ops, mc_socket_deadline(own.deadline_ms)) == MC_HIT;
    int r = mc_client_run(&own.client, own.ops, count, mc_socket_deadline(own.deadline_ms));
    for (uint32_t k = 0; k < count; k++)
        hits += own.ops[k].result == MC_HIT;
    return r == 0 && hits == count;
}

static bool delete_absent(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return mc_client_delete(&own.client, own.keys[k], mc_socket_deadline(own.deadline_ms)) ==
           MC_NOT_FOUND;
}

static bool touch(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return mc_client_touch(&own.client, own.keys[k], 0, mc_socket_deadline(own.deadline_ms)) ==
           MC_TOUCHED;
}

static bool incr(uint32_t i)
{
    uint32_t k = work_at(own.work, i);
    uint64_t number;

    return mc_client_incr(&own.client, own.keys[k], 0, &number,
                          mc_socket_deadline(own.deadline_ms)) == MC_NUMBER &&
           number == WORK_NUMBER;
}

static bool get_unique(uint32_t i)
{
    uint32_t k = work_at(own.work, i);

    return mc_client_gets(&own.client, own.keys[k], own.values,
                          mc_socket_deadline(own.deadline_ms)) == MC_HIT &&
           own.values->cas != 0;
}

static bool meta_set(uint32_t i)
{
    const struct mc_item *item = &own.items[work_at(own.work, i)];

    own.ops->key = item->key;
    own.ops->data = item->value;
    return mc_client_do(&own.client, own.ops, mc_socket_deadline(own.deadline_ms)) == MC_HD;
}

/* ---- mixed operations: always the same, in one run ------------------------------------------- */

static const struct mc_flag value_flag = {.letter = 'v'};

static struct mc_bytes other_key(uint32_t k, uint32_t first)
{
    work_key(&(struct work){.first = first}, k, own.other_names[k]);
    return (struct mc_bytes){own.other_names[k], WORK_KEY_LEN};
}

static struct mc_op mixed_op(uint32_t k)
{
    uint32_t group = k / MIXED_KINDS * MIXED_KINDS;
    struct mc_bytes key = own.keys[k], spare = other_key(group, SPARE_FIRST);

    switch (k % MIXED_KINDS) {
    case 0: return mc_op_get(key, &own.values[k]);
    case 1: return mc_op_set(spare, own.items[k].value, 0);
    case 2: return mc_op_delete(spare);
    case 3: return mc_op_touch(key, 0);
    case 4: return mc_op_incr(other_key(k, NUMBER_FIRST - k), 0);
    case 5: return mc_op_gets(key, &own.values[k]);
    case 6: return mc_op_mg(key, (struct mc_flags){&value_flag, 1}, &own.values[k], NULL);
    default: return mc_op_ms(spare, own.items[k].value, (struct mc_flags){NULL, 0}, NULL);
    }
}

static bool mixed(uint32_t i)
{
    static const int wanted[MIXED_KINDS] = {MC_HIT,    MC_STORED, MC_DELETED, MC_TOUCHED,
                                            MC_NUMBER, MC_HIT,    MC_HIT,     MC_HD};
    uint32_t count = own.work->batch, right = 0;
    int r = mc_client_run(&own.client, own.ops, count, mc_socket_deadline(own.deadline_ms));

    (void)i;
    for (uint32_t k = 0; k < count; k++)
        right += own.ops[k].result == wanted[k % MIXED_KINDS];
    return r == 0 && right == count;
}

static struct mc_op make_op(uint32_t k)
{
    static const struct mc_bytes later = {NULL, 0};

    if (own.work->verb == WORK_MIXED)
        return mixed_op(k);
    if (own.work->verb == WORK_META_SET)
        return mc_op_ms(later, later, (struct mc_flags){NULL, 0}, NULL);
    return mc_op_mg(later, (struct mc_flags){&value_flag, 1}, &own.values[k], NULL);
}

static timed_run *mcwire_prepare(const struct work *work)
{
    static timed_run *const runs[WORK_VERBS] = {[WORK_GET] = get,
                                                [WORK_MISS] = miss,
                                                [WORK_SET] = set,
                                                [WORK_META] = meta_get,
                                                [WORK_DELETE] = delete_absent,
                                                [WORK_TOUCH] = touch,
                                                [WORK_INCR] = incr,
                                                [WORK_GETS] = get_unique,
                                                [WORK_META_SET] = meta_set,
                                                [WORK_MIXED] = mixed};

    own.work = work;
    if (!work_set_make(&own.set, work))
        return NULL;
    for (uint32_t k = 0; k < work->keys; k++) {
        own.keys[k] = (struct mc_bytes){own.set.keys[k], WORK_KEY_LEN};
        own.items[k].key = own.keys[k];
        own.items[k].value = (struct mc_bytes){own.set.values + (size_t)k * work->size, work->size};
    }
    for (uint32_t k = 0; k < work->batch; k++) {
        char *room = own.set.room + (size_t)k * work->size;
        own.values[k] = (struct mc_value){.buf = room, .cap = work->size};
        own.ops[k] = make_op(k);
    }
    own.run = work->verb == WORK_GET && work->batch > 1 ? get_many : runs[work->verb];
    return own.run;
}

/* Whether the k-th key's value is delivered. */
static bool fetches(uint32_t k)
{
    enum work_verb verb = own.work->verb;

    return verb == WORK_GET || verb == WORK_META || verb == WORK_GETS ||
           (verb == WORK_MIXED && own.ops[k].value != NULL);
}

static bool mcwire_check(uint32_t i)
{
    const struct work *work = own.work;

    memset(own.set.room, 0, (size_t)work->batch * work->size);
    bool good = own.run(i);
    for (uint32_t k = 0; k < work->batch; k++) {
        if (fetches(k))
            good = good &&
                   work_is_value(work, work_at(work, i) + k, own.values[k].buf, own.values[k].len);
        if (own.ops[k].command == &mc_command_incr)
            good = good && own.ops[k].answer == WORK_NUMBER;
    }
    return good;
}

/* ---- the parts of an operation: a clock is read between its calls ---------------------------- */

static struct {
    struct mc_transport inner;
    bool sent;       /* all before is PUT, and what comes after is PARSE */
    size_t in_place; /* bytes of values that were received where they belong */
    uint64_t last, *ns;
} probe;

/* The time since the last mark was a part's. */
static void mark(enum timed_part part)
{
    uint64_t now = timing_now();

    probe.ns[part] += now - probe.last;
    probe.last = now;
}

static ptrdiff_t send_marked(void *ctx, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    mark(probe.sent ? PARSE : PUT);
    ptrdiff_t n = probe.inner.send(ctx, parts, count, deadline);
    mark(SEND);
    probe.sent = true;
    return n;
}

static ptrdiff_t recv_marked(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct pollfd fd = {.fd = own.socket.fd, .events = POLLIN};

    mark(PARSE);
    poll(&fd, 1, -1);
    mark(WAIT);
    ptrdiff_t n = probe.inner.recv(ctx, buf, cap, deadline);
    mark(RECEIVE);
    if (n > 0 && ((char *)buf < own.buffer || (char *)buf >= own.buffer + sizeof own.buffer))
        probe.in_place += (size_t)n;
    return n;
}

static void copy_again(void)
{
    static char from[WORK_SIZE_MAX], to[WORK_SIZE_MAX];
    size_t size = own.work->verb == WORK_GET ? own.work->size * (size_t)own.work->batch : 0;

    memcpy(to, from, size > probe.in_place ? size - probe.in_place : 0);
    mark(COPY);
    mark(CLOCK);
    probe.ns[PARSE] -= probe.ns[COPY] < probe.ns[PARSE] ? probe.ns[COPY] : probe.ns[PARSE];
}

static bool mcwire_parts(uint32_t i, uint64_t ns[TIMED_PARTS])
{
    memset(ns, 0, TIMED_PARTS * sizeof *ns);
    probe.inner = own.client.transport;
    probe.sent = false;
    probe.in_place = 0;
    probe.ns = ns;
    own.client.transport.send = send_marked;
    own.client.transport.recv = recv_marked;
    probe.last = timing_now();
    bool right = own.run(i);
    mark(PARSE);
    copy_again();
    own.client.transport = probe.inner;
    return right;
}

const struct timed_client mcwire_client = {
    .title = "mcwire " MCWIRE_VERSION,
    .settings = "mc_client_, a deadline of 10 s an operation, a buffer of 16 kB; keys checked; "
                "blocking socket, TCP_NODELAY",
    .set_deadline = mcwire_set_deadline,
    .open = mcwire_open,
    .prepare = mcwire_prepare,
    .check = mcwire_check,
    .parts = mcwire_parts,
};

/* ---- through server.h ------------------------------------------------------------------------ */

static bool server_open(const char *address)
{
    mc_server_close(&own.server);
    if (mc_server_init(&own.server, address, own.buffer, sizeof own.buffer) != 0)
        return false;
    own.server.timeout_ms = own.deadline_ms;
    return mc_server_open(&own.server) == 0;
}

static bool server_get(uint32_t i)
{
    return mc_server_get(&own.server, own.keys[work_at(own.work, i)], own.values) == MC_HIT;
}

static timed_run *server_prepare(const struct work *work)
{
    if (work->verb != WORK_GET || work->batch > 1 || mcwire_prepare(work) == NULL)
        return NULL;
    own.run = server_get;
    return server_get;
}

const struct timed_client server_client = {
    .title = "mcwire " MCWIRE_VERSION,
    .settings = "mc_server_, which connects again by itself; only gets of one key",
    .set_deadline = mcwire_set_deadline,
    .open = server_open,
    .prepare = server_prepare,
    .check = mcwire_check,
};
