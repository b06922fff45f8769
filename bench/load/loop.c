/* Runs the loop: for each connection that is ready, one receive, then one send of what is next. */
#include "loop.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "data.h"

enum {
    IN_SIZE = 65536, /* bytes in one receive */
    PAUSE_MIN_NS = 50000000,
    SECOND_NS = 1000000000,
    MILLISECOND_NS = 1000000
};

static const uint64_t pause_max_ns = UINT64_C(2000000000);
static const uint64_t give_up_ns = UINT64_C(10000000000); /* without a connection that lasts */

/* ---- making ---------------------------------------------------------------------------------- */

/* Deals the connections out to the threads, and to the servers, in turn. */
static bool init_conn(struct loop *e, uint32_t i)
{
    const struct options *o = e->options;
    struct conn *conn = &e->conns[i];
    uint32_t global = e->thread + i * o->threads, servers = e->targets->count;

    conn->number = i;
    conn->server = global % servers;
    conn->next_fill = global / servers;
    conn->fill_step = (o->connections - conn->server + servers - 1) / servers;
    return conn_init(conn, &e->maker.shape);
}

/* The conversation of one connection is shown. */
static void show_first(struct loop *e)
{
    conversation_start(&e->conversation, conversation_stderr(), e->options->login.user != NULL);
    e->conversation.left = e->options->trace;
    e->conns[0].conversation = &e->conversation;
}

bool loop_init(struct loop *e)
{
    const struct options *o = e->options;

    reply_init(&e->check, o, &e->stats);
    maker_init(&e->maker, o, e->thread, &e->check.sink);
    e->count = (o->connections - e->thread + o->threads - 1) / o->threads;
    e->conns = calloc(e->count, sizeof *e->conns);
    e->servers = calloc(e->targets->count, sizeof *e->servers);
    e->check.servers = e->targets->count > 1 ? e->servers : NULL;
    e->free = calloc(e->count, sizeof *e->free);
    e->in = malloc(IN_SIZE);
    e->poll = poller_new(e->count);
    bool made = e->conns != NULL && e->servers != NULL && e->free != NULL && e->in != NULL &&
                e->poll != NULL;
    for (uint32_t i = 0; made && i < e->count; i++)
        made = init_conn(e, i);
    if (made && o->trace > 0 && e->thread == 0)
        show_first(e);
    return made;
}

void loop_free(struct loop *e)
{
    for (uint32_t i = 0; e->conns != NULL && i < e->count; i++)
        conn_free(&e->conns[i]);
    poller_free(e->poll);
    free(e->conns);
    free(e->servers);
    free(e->free);
    free(e->in);
}

/* ---- losing a connection --------------------------------------------------------------------- */

static void note_trouble(struct loop *e, const struct conn *conn, enum stats_trouble trouble,
                         uint64_t times, const char *problem)
{
    struct stats_of_server *server = &e->servers[conn->server];

    server->troubles[trouble] += times;
    if (server->first[0] == '\0')
        snprintf(server->first, sizeof server->first, "%s", problem);
}

/* What a lost connection had still to set is set by the next one. Where the server refuses it, that
 * is counted as errors instead. */
static void go_on_with_fill(struct loop *e, struct conn *conn, bool refused)
{
    if (!refused && e->end_ns > 0) {
        conn->next_fill -= conn->pending * conn->fill_step;
        e->left += conn->pending;
    }
    for (; refused && conn->next_fill < e->options->fill_keys; conn->next_fill += conn->fill_step) {
        e->stats.kinds[STATS_SET].errors++;
        e->left--;
    }
}

/* Closes a connection that has failed, and lets it pause before the next try: each time in a row
 * for twice as long. What was in flight is lost. */
static void lose_connection(struct loop *e, struct conn *conn, enum stats_trouble trouble,
                            const char *problem)
{
    uint64_t pause = conn->pause_ns * 2;

    note_trouble(e, conn, trouble, 1, problem);
    for (uint32_t i = 0; i < conn->pending; i++)
        e->stats.kinds[conn->requests[conn_slot(conn, i)].kind].errors++;
    e->servers[conn->server].all.errors += conn->pending;
    e->pending -= conn->pending;
    if (e->phase.fill)
        go_on_with_fill(e, conn, trouble >= STATS_BROKEN);
    conn_close(conn, e->poll);
    conn->pause_ns = pause < PAUSE_MIN_NS ? PAUSE_MIN_NS : pause;
    if (conn->pause_ns > pause_max_ns)
        conn->pause_ns = pause_max_ns;
    conn->when_ns = e->now_ns + conn->pause_ns;
}

static uint64_t timeout_ns(const struct loop *e)
{
    return (uint64_t)e->options->timeout_ms * MILLISECOND_NS;
}

/* A Unix socket whose queue is full cannot be waited for, only tried again. */
static void connect_again(struct loop *e, struct conn *conn)
{
    int error = conn_start(conn, e->poll, &e->targets->list[conn->server]);

    conn->when_ns = e->now_ns + timeout_ns(e);
    if (error == EAGAIN) {
        conn_close(conn, e->poll);
        conn->when_ns = e->now_ns + POLLER_TICK_NS;
    } else if (error != 0) {
        lose_connection(e, conn, STATS_REFUSED, strerror(error));
    }
}

/* ---- sending --------------------------------------------------------------------------------- */

/* Counts what the engine of a connection is done with. False when the connection is lost. */
static bool collect(struct loop *e, struct conn *conn)
{
    struct reply_check *check = &e->check;

    check->now_ns = e->now_ns;
    check->done = check->error_replies = 0;
    bool good = reply_collect(check, conn);
    e->pending -= check->done;
    if (check->error_replies > 0)
        note_trouble(e, conn, STATS_ERROR_REPLY, check->error_replies, check->problem);
    if (!good)
        lose_connection(e, conn, check->trouble, check->problem);
    if (good && check->done > 0) {
        conn->pause_ns = 0;
        conn->when_ns = e->now_ns + timeout_ns(e);
        e->alive_ns = e->now_ns;
    }
    return good;
}

/* Sends what the socket takes. False when the connection is lost. */
static bool send_out(struct loop *e, struct conn *conn)
{
    int error = conn_send(conn, e->poll, &e->stats.sent_bytes);

    if (error != 0)
        lose_connection(e, conn, STATS_CLOSED, strerror(error));
    return error == 0;
}

/* True when a connection has had the requests that --reconnect gives it. */
static inline bool is_used_up(const struct loop *e, const struct conn *conn)
{
    return conn->may_take == 0 && !e->phase.fill;
}

static bool can_send(const struct loop *e, const struct conn *conn)
{
    return conn->state == CONN_UP && conn->pending < e->depth && !conn->blocked && !conn->logs_in &&
           !is_used_up(e, conn);
}

static inline void add_request(struct loop *e, struct conn *conn, uint64_t start_ns)
{
    if (e->phase.fill) {
        maker_fill(&e->maker, conn, start_ns);
    } else {
        maker_add(&e->maker, conn, start_ns);
        conn->may_take--;
    }
    e->pending++;
    e->started++;
    e->left--;
}

static bool has_next(const struct loop *e, const struct conn *conn)
{
    return e->phase.fill ? conn->next_fill < e->options->fill_keys : e->left > 0;
}

/* Closed loop: answered requests are followed by the same number of others, but only when a quarter
 * of what may be in flight is free: a send costs as much for one request as for many. */
static void add_more(struct loop *e, struct conn *conn)
{
    uint32_t step = e->depth < 4 ? 1 : e->depth / 4;

    if (conn->pending + step > e->depth || e->now_ns >= e->end_ns || !can_send(e, conn))
        return;
    conn->when_ns = e->now_ns + timeout_ns(e);
    while (conn->pending < e->depth && !is_used_up(e, conn) && has_next(e, conn))
        add_request(e, conn, e->now_ns);
}

/* Open loop: notes a connection as free, after the others that are. */
static void add_free(struct loop *e, struct conn *conn)
{
    if (conn->listed || !can_send(e, conn))
        return;
    conn->listed = true;
    e->free[(e->free_at + e->free_count) % e->count] = conn->number;
    e->free_count++;
}

static struct conn *next_free(struct loop *e)
{
    struct conn *conn = &e->conns[e->free[e->free_at]];

    e->free_at = (e->free_at + 1) % e->count;
    e->free_count--;
    conn->listed = false;
    return conn;
}

/* When the rate grows or falls evenly: the time after which n requests are due is where the integral
 * of the rate is n. */
static uint64_t ramp_ns(const struct loop_phase *phase, uint64_t n)
{
    double from = (double)phase->rate, twice = 2 * (double)n;
    double growth = ((double)phase->rate_end - from) / ((double)phase->time_ns / 1e9);

    return (uint64_t)(twice / (from + sqrt(from * from + twice * growth)) * 1e9);
}

/* The time at which the thread's next request is due: the threads take turns. */
static uint64_t due_ns(const struct loop *e)
{
    uint64_t rate = e->phase.rate;
    uint64_t n = e->started * e->options->threads + e->thread;

    if (e->phase.rate_end != rate)
        return e->start_ns + ramp_ns(&e->phase, n);
    return e->start_ns + n / rate * SECOND_NS + n % rate * SECOND_NS / rate;
}

/* Open loop: sends what is due, each request on the connection that has been free for longest. */
static void send_due(struct loop *e)
{
    while (e->left > 0 && e->free_count > 0 && due_ns(e) <= e->now_ns) {
        struct conn *conn = next_free(e);
        if (!can_send(e, conn))
            continue;
        if (conn->pending == 0)
            conn->when_ns = e->now_ns + timeout_ns(e);
        add_request(e, conn, due_ns(e));
        if (send_out(e, conn))
            add_free(e, conn);
    }
}

/* Lets the connection do what it may do next. */
static void go_on(struct loop *e, struct conn *conn)
{
    if (is_used_up(e, conn) && conn->pending == 0 && e->left > 0) {
        conn_close(conn, e->poll);
        connect_again(e, conn);
        return;
    }
    if (e->phase.rate == 0)
        add_more(e, conn);
    if (!conn->blocked && send_out(e, conn) && e->phase.rate > 0)
        add_free(e, conn);
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Reads what was received. False when the connection is lost. */
static bool read_in(struct loop *e, struct conn *conn, size_t len)
{
    e->check.conn = conn;
    e->check.received = (struct mc_bytes){e->in, len};
    e->stats.received_bytes += len;
    if (conn->conversation != NULL)
        mc_trace_received(&conn->conversation->trace, e->check.received);
    mc_engine_feed(&conn->engine, e->check.received);
    return collect(e, conn);
}

/* Receives once. True when there may be more. */
static bool receive_once(struct loop *e, struct conn *conn, bool closing)
{
    ptrdiff_t n = recv(conn->socket.fd, e->in, IN_SIZE, 0);
    if (n < 0 && errno == EINTR)
        return true;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    e->now_ns = timing_now();
    if (n <= 0) {
        lose_connection(e, conn, STATS_CLOSED, n == 0 ? "closed" : strerror(errno));
        return false;
    }
    if (!read_in(e, conn, (size_t)n))
        return false;
    return n == IN_SIZE || closing;
}

static void finish_connect(struct loop *e, struct conn *conn)
{
    int error = conn_finish(conn, e->poll);

    if (error != 0)
        lose_connection(e, conn, STATS_REFUSED, strerror(error));
    if (conn->state != CONN_UP)
        return;
    e->servers[conn->server].connects++;
    conn->may_take = e->options->reconnect > 0 ? e->options->reconnect : UINT64_MAX;
    conn->logs_in = e->options->login.user != NULL;
    conn->when_ns = e->now_ns + timeout_ns(e);
    if (conn->logs_in)
        conn_log_in(conn, &e->options->login);
}

/* Sends more of what the socket did not take; an error reply may have waited for that. */
static void send_rest(struct loop *e, struct conn *conn)
{
    e->now_ns = timing_now();
    conn->when_ns = e->now_ns + timeout_ns(e);
    if (send_out(e, conn))
        collect(e, conn);
}

/* Does what a connection is ready for. */
static void serve_connection(struct loop *e, struct conn *conn, uint32_t what)
{
    bool closing = (what & POLLER_CLOSING) != 0;

    if (conn->state == CONN_CONNECTING)
        finish_connect(e, conn);
    if (conn->state == CONN_UP && conn->blocked)
        send_rest(e, conn);
    if (closing || (what & POLLER_READABLE) != 0)
        while (conn->state == CONN_UP && receive_once(e, conn, closing))
            ;
    if (conn->state != CONN_UP)
        return;
    e->now_ns = timing_now();
    go_on(e, conn);
}

/* ---- what does not come ---------------------------------------------------------------------- */

static void look_at(struct loop *e, struct conn *conn)
{
    if (conn->state == CONN_UP && !e->phase.fill)
        e->alive_ns = e->now_ns;
    if (conn->state == CONN_UP && conn->pending == 0 && !conn->logs_in) {
        go_on(e, conn);
        return;
    }
    if (e->now_ns < conn->when_ns)
        return;
    if (conn->state == CONN_DOWN)
        connect_again(e, conn);
    else
        lose_connection(e, conn, STATS_TIMED_OUT, mc_text(MC_E_TIMEOUT));
}

/* Starts no more requests. In an open loop, those that were due by now count as unsent. */
static void stop_sending(struct loop *e)
{
    if (e->phase.rate > 0)
        for (; e->left > 0 && due_ns(e) <= e->now_ns; e->left--, e->started++)
            e->stats.unsent++;
    e->left = 0;
    e->end_ns = 0;
}

/* Ends the phase because no server has been reachable for long; or, during --fill, has answered. */
static void give_up(struct loop *e)
{
    if (e->phase.fill)
        e->stats.kinds[STATS_SET].errors += e->left;
    else if (e->phase.rate == 0 && e->phase.requests != OPTIONS_UNLIMITED)
        e->stats.unsent += e->left;
    stop_sending(e);
}

/* True when the phase's time is over, or the run was stopped. */
static bool is_over(const struct loop *e)
{
    return e->now_ns >= e->end_ns || atomic_load_explicit(e->stop, memory_order_relaxed);
}

/* Does what has to be done now and then; the first time, it starts the phase. */
static void run_timers(struct loop *e)
{
    if (is_over(e))
        stop_sending(e);
    for (uint32_t i = 0; i < e->count; i++)
        look_at(e, &e->conns[i]);
    if (e->now_ns - e->alive_ns >= give_up_ns)
        give_up(e);
    for (; e->now_ns >= e->second_ns; e->second_ns += SECOND_NS)
        if (e->on_second != NULL)
            e->on_second(e->ctx);
    e->tick_ns = e->now_ns - (e->now_ns - e->start_ns) % POLLER_TICK_NS + POLLER_TICK_NS;
    if (e->end_ns > e->now_ns && e->end_ns < e->tick_ns)
        e->tick_ns = e->end_ns;
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Waits until connections are ready, or there is something else to do. How many are ready. */
static uint32_t wait_ready(struct loop *e)
{
    uint32_t ready;

    if (e->phase.rate > 0 && e->left > 0 && e->free_count > 0) {
        uint64_t now = timing_now(), due = due_ns(e), until = due < e->tick_ns ? due : e->tick_ns;
        ready = poller_wait_ns(e->poll, until > now ? until - now : 0);
    } else {
        ready = poller_wait(e->poll);
    }
    if (ready == 0 || e->phase.rate > 0)
        e->now_ns = timing_now();
    return ready;
}

static void wait_and_serve(struct loop *e)
{
    uint32_t ready = wait_ready(e);

    for (uint32_t i = 0; i < ready; i++) {
        uint32_t what;
        uint32_t number = poller_ready(e->poll, i, &what);
        serve_connection(e, &e->conns[number], what);
    }
    if (e->phase.rate > 0)
        send_due(e);
    if (e->now_ns >= e->tick_ns)
        run_timers(e);
}

static bool is_connecting(const struct loop *e)
{
    for (uint32_t i = 0; i < e->count; i++)
        if (e->conns[i].state == CONN_CONNECTING || e->conns[i].logs_in)
            return true;
    return false;
}

/* The thread's part of a number of requests. */
static uint64_t share_of_thread(const struct loop *e, uint64_t requests)
{
    uint32_t threads = e->options->threads;

    if (requests == OPTIONS_UNLIMITED)
        return requests;
    return requests / threads + (e->thread < requests % threads);
}

/* The requests of a phase: given; or in an open loop, those that become due in its time. */
static uint64_t count_requests(const struct loop *e)
{
    const struct loop_phase *phase = &e->phase;
    uint64_t requests = phase->requests, fill = 0;

    for (uint32_t i = 0; phase->fill && i < e->count; i++)
        for (uint64_t k = e->conns[i].next_fill; k < e->options->fill_keys;
             k += e->conns[i].fill_step)
            fill++;
    if (phase->fill)
        return fill;
    if (phase->rate > 0 && phase->time_ns != OPTIONS_UNLIMITED) {
        uint64_t seconds = phase->time_ns / SECOND_NS, rest = phase->time_ns % SECOND_NS;
        uint64_t twice = phase->rate + phase->rate_end; /* the rate in the middle */
        uint64_t due = (seconds * twice + rest * twice / SECOND_NS) / 2;
        requests = due < requests ? due : requests;
    }
    return share_of_thread(e, requests);
}

static void begin_phase(struct loop *e, const struct loop_phase *phase)
{
    uint64_t grace = phase->rate > 0 ? timeout_ns(e) : 0;

    e->phase = *phase;
    e->depth = phase->fill ? e->maker.shape.depth : e->options->pipeline;
    e->start_ns = e->now_ns = e->alive_ns = timing_now();
    e->end_ns =
        phase->time_ns == OPTIONS_UNLIMITED ? UINT64_MAX : e->start_ns + phase->time_ns + grace;
    e->second_ns = e->start_ns + SECOND_NS;
    e->tick_ns = e->start_ns;
    e->started = 0;
    e->left = count_requests(e);
    e->free_at = e->free_count = 0;
    for (uint32_t i = 0; i < e->count; i++)
        e->conns[i].listed = false;
}

void loop_connect(struct loop *e)
{
    const struct loop_phase nothing = {.time_ns = OPTIONS_UNLIMITED};

    begin_phase(e, &nothing);
    for (uint32_t i = 0; i < e->count; i++)
        connect_again(e, &e->conns[i]);
    while (is_connecting(e) && !atomic_load_explicit(e->stop, memory_order_relaxed))
        wait_and_serve(e);
}

void loop_run(struct loop *e, const struct loop_phase *phase)
{
    begin_phase(e, phase);
    e->stats.start_ns = e->start_ns;
    run_timers(e);
    while (e->left > 0 || e->pending > 0)
        wait_and_serve(e);
    e->stats.end_ns = e->now_ns;
}
