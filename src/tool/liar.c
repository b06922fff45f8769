/* Serves all clients of a case in one thread: what is late, slow or endless waits in a link. */
#include "liar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "socket.h"

enum {
    PIECE = 65536,
    CUT_GAP_MS = 2,
    DRIP_GAP_MS = 10,
    PARTS_OF_DEADLINE = 4,
    ENDLESS_SIZE = 16384
};

/* ---- sending --------------------------------------------------------------------------------- */

/* How long the next byte waits. */
static int64_t gap_of(const struct liar *liar, const struct liar_link *link)
{
    int64_t part = liar->timeout_ms / PARTS_OF_DEADLINE;
    if (link->plan.pace == LIE_PACE_CUT)
        return CUT_GAP_MS;
    if (link->plan.pace == LIE_PACE_CRAWL)
        return part;
    part /= (int64_t)link->out.len;
    return part < DRIP_GAP_MS ? part : DRIP_GAP_MS;
}

/* How far the next piece goes. */
static size_t next_piece(const struct liar_link *link)
{
    switch (link->plan.pace) {
    case LIE_PACE_DRIP:
    case LIE_PACE_CRAWL: return link->until + 1;
    default: return link->plan.cut;
    }
}

/* All that the plan lets out has gone. */
static void stop_link(struct liar_link *link)
{
    if (link->plan.stop == LIE_STOP_CLOSE || link->plan.close)
        link->over = true;
    if (link->plan.stop == LIE_STOP_SILENT)
        link->silent = true;
    if (link->plan.stop == LIE_STOP_LATE)
        buffer_add(&link->held,
                   (struct mc_bytes){link->out.data + link->sent, link->out.len - link->sent});
    link->out.len = 0;
}

static void send_piece(struct liar *liar, struct liar_link *link)
{
    size_t len = link->until - link->sent;
    ssize_t n = 0;
    if (len > 0)
        n = send(link->file, link->out.data + link->sent, len, MSG_NOSIGNAL);
    link->blocked = n < 0 && listen_must_wait();
    link->over = n < 0 && !link->blocked;
    link->sent += n > 0 ? (size_t)n : 0;
    if (n < 0 || link->sent < link->until)
        return;
    if (link->plan.pace == LIE_PACE_ENDLESS) {
        link->sent = 0;
        link->blocked = true;
    } else if (link->until == link->plan.cut) {
        stop_link(link);
    } else {
        link->until = next_piece(link);
        link->due = mc_socket_now() + gap_of(liar, link);
    }
}

/* ---- answering ------------------------------------------------------------------------------- */

/* Puts the plan into `out`, after what is late. */
static void begin_reply(struct liar *liar, struct liar_link *link)
{
    struct lie_plan *plan = &link->plan;
    size_t late = link->held.len;
    do {
        buffer_add(&link->out, (struct mc_bytes){link->held.data, link->held.len});
        link->held.len = 0;
        for (size_t k = 0; k < 3; k++)
            buffer_add(&link->out, plan->parts[k]);
    } while (plan->pace == LIE_PACE_ENDLESS && link->out.len < ENDLESS_SIZE);
    plan->cut = plan->pace == LIE_PACE_ENDLESS ? link->out.len : plan->cut + late;
    link->sent = link->until = 0;
    link->due = 0;
    if (plan->pace == LIE_PACE_CUT && plan->cut > 1)
        link->until = 1 + liar->cuts++ % (plan->cut - 1);
    else if (link->out.len > 0)
        link->until = next_piece(link);
    else
        stop_link(link);
}

/* Answers the next request, if it is there whole. */
static bool answer_next(struct liar *liar, struct liar_link *link)
{
    struct buffer *in = &link->in;
    ptrdiff_t n = lie_server_request(&liar->server, &link->link, in->data, in->len);
    if (n < 0)
        link->over = true;
    if (n <= 0)
        return false;
    lie_server_answer(&liar->server, &link->link, (struct mc_bytes){in->data, (size_t)n},
                      &link->plan);
    in->len -= (size_t)n;
    memmove(in->data, in->data + n, in->len);
    begin_reply(liar, link);
    return true;
}

static void go_on(struct liar *liar, struct liar_link *link)
{
    bool more = true;
    if (link->silent)
        link->in.len = 0;
    link->blocked = false;
    while (more && !link->over && !link->silent) {
        if (link->out.len == 0)
            more = link->in.len > 0 && answer_next(liar, link);
        else if (link->due <= mc_socket_now())
            send_piece(liar, link);
        more = more && !link->blocked && (link->out.len == 0 || link->due <= mc_socket_now());
    }
}

static void receive(struct liar *liar, struct liar_link *link)
{
    size_t before = link->in.len;
    ptrdiff_t n = buffer_fill(&link->in, link->file, PIECE);
    if (n == 0 || (n < 0 && !listen_must_wait()))
        link->over = true;
    if (link->in.len > before && liar->asked_ms < 0)
        liar->asked_ms = mc_socket_now();
}

/* ---- connections ----------------------------------------------------------------------------- */

static void accept_link(struct liar *liar)
{
    int file = listen_accept(liar->listener);
    if (file < 0)
        return;
    struct liar_link *link = buffer_array(1, sizeof *link);
    link->file = file;
    liar->links[liar->count++] = link;
}

/* The last link takes its place. */
static void remove_link(struct liar *liar, size_t k)
{
    struct liar_link *link = liar->links[k];
    lie_server_leave(&liar->server, &link->link);
    close(link->file);
    buffer_free(&link->in);
    buffer_free(&link->out);
    buffer_free(&link->held);
    free(link);
    liar->links[k] = liar->links[--liar->count];
}

int liar_open(struct liar *liar, const char *address, int64_t timeout_ms, const char **problem)
{
    *liar = (struct liar){.timeout_ms = timeout_ms, .asked_ms = -1};
    liar->listener = listen_open(address, liar->address, sizeof liar->address, problem);
    if (liar->listener < 0)
        return -1;
    liar->block = buffer_array(LIE_SERVER_BLOCK / sizeof *liar->block, sizeof *liar->block);
    liar->reply = buffer_array(LIE_SERVER_REPLY, 1);
    return 0;
}

static void remove_links(struct liar *liar)
{
    while (liar->count > 0)
        remove_link(liar, liar->count - 1);
}

void liar_begin(struct liar *liar, const struct lie_case *scene)
{
    remove_links(liar);
    liar->cuts = 0;
    lie_server_init(&liar->server, scene, liar->block, liar->reply);
}

void liar_mark(struct liar *liar)
{
    liar->asked_ms = -1;
}

void liar_close(struct liar *liar)
{
    remove_links(liar);
    listen_close(liar->listener, liar->address);
    free(liar->block);
    free(liar->reply);
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Fills in what poll() waits for, and returns the time at which it has waited enough. */
static int64_t watch(const struct liar *liar, struct pollfd *files, int64_t until)
{
    files[0] = (struct pollfd){liar->count < LIAR_LINKS_MAX ? liar->listener : -1, POLLIN, 0};
    for (size_t k = 0; k < liar->count; k++) {
        const struct liar_link *link = liar->links[k];
        files[1 + k] = (struct pollfd){link->file, POLLIN, 0};
        if (link->blocked)
            files[1 + k].events |= POLLOUT;
        if (link->out.len > 0 && !link->blocked && link->due < until)
            until = link->due;
    }
    return until;
}

void liar_turn(struct liar *liar, struct pollfd files[LIAR_FILES], int64_t until)
{
    struct pollfd all[LIAR_FILES + 1 + LIAR_LINKS_MAX];
    const struct pollfd *links = all + LIAR_FILES + 1;
    int64_t left = watch(liar, all + LIAR_FILES, until) - mc_socket_now();
    memcpy(all, files, LIAR_FILES * sizeof *files);
    left = left < 0 ? 0 : left;
    if (poll(all, (nfds_t)(LIAR_FILES + 1 + liar->count), left < INT32_MAX ? (int)left : -1) < 0)
        return;
    memcpy(files, all, LIAR_FILES * sizeof *files);
    for (size_t k = liar->count; k-- > 0;) {
        if ((links[k].revents & ~POLLOUT) != 0)
            receive(liar, liar->links[k]);
        go_on(liar, liar->links[k]);
        if (liar->links[k]->over)
            remove_link(liar, k);
    }
    if (all[LIAR_FILES].revents != 0)
        accept_link(liar);
}
