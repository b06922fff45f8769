/* Plays the other end of a connection from a script. */
#include "script.h"

#include <check.h>
#include <string.h>

void script_step(struct script *script, const char *request, const char *answer)
{
    ck_assert_uint_lt(script->count, SCRIPT_STEPS);
    script->steps[script->count] =
        (struct script_step){{request, strlen(request)}, {answer, strlen(answer)}};
    script->count++;
}

static bool fails(const struct script *s)
{
    return s->fault_at > 0 && s->sends + s->recvs >= s->fault_at;
}

/* Fails the test at a call on a connection that has failed, or with another deadline. */
static void check_call(const struct script *s, mc_deadline deadline)
{
    if (s->fault_at > 0 && s->sends + s->recvs > s->fault_at)
        ck_abort_msg("a dead connection is used");
    if (deadline != (s->deadline != 0 ? s->deadline : SCRIPT_DEADLINE))
        ck_abort_msg("the deadline is %lld", (long long)deadline);
}

/* The bytes of those requests whose answers were received in full. */
static size_t answered(const struct script *s)
{
    size_t requests = 0, answers = 0;
    for (size_t i = 0; i < s->count; i++) {
        answers += s->steps[i].answer.len;
        if (answers > s->received)
            break;
        requests += s->steps[i].request.len;
    }
    return requests < s->sent.len ? requests : s->sent.len;
}

static ptrdiff_t send_parts(void *ctx, const struct mc_bytes *parts, size_t count,
                            mc_deadline deadline)
{
    struct script *s = ctx;
    size_t before = s->sent.len, room = s->send_max > 0 ? s->send_max : SIZE_MAX;
    s->sends++;
    check_call(s, deadline);
    if (fails(s))
        return s->fault;
    for (size_t k = 0; k < count && room > 0; k++) {
        size_t n = parts[k].len < room ? parts[k].len : room;
        if (n == 0)
            ck_abort_msg("an empty slice is sent");
        text_add(&s->sent, parts[k].data, n);
        room -= n;
    }
    if (s->sent.len == before)
        ck_abort_msg("no bytes are sent");
    size_t open = s->sent.len - answered(s);
    s->unanswered = open > s->unanswered ? open : s->unanswered;
    return (ptrdiff_t)(s->sent.len - before);
}

/* Copies the bytes [from..) of an answer that begins at `start` of all answers. */
static size_t take(struct mc_bytes answer, size_t start, size_t from, char *to, size_t room)
{
    if (from >= start + answer.len || room == 0)
        return 0;
    size_t skip = from - start, n = answer.len - skip;
    n = n < room ? n : room;
    memcpy(to, answer.data + skip, n);
    return n;
}

/* Copies answers to the requests that were sent, as far as there is room. */
static size_t take_answers(const struct script *s, char *to, size_t room)
{
    size_t asked = 0, start = 0, got = 0;
    for (size_t i = 0; i < s->count; i++) {
        asked += s->steps[i].request.len;
        if (asked > s->sent.len)
            break;
        got += take(s->steps[i].answer, start, s->received + got, to + got, room - got);
        start += s->steps[i].answer.len;
    }
    return got;
}

/* The number of bytes that will ever be answered. */
static size_t answer_limit(const struct script *s)
{
    size_t all = 0;
    for (size_t i = 0; i < s->count; i++)
        all += s->steps[i].answer.len;
    return all > s->withheld ? all - s->withheld : 0;
}

static ptrdiff_t receive(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct script *s = ctx;
    size_t room = s->recv_max > 0 && s->recv_max < cap ? s->recv_max : cap;
    size_t left = answer_limit(s) - s->received;
    s->recvs++;
    check_call(s, deadline);
    if (cap == 0)
        ck_abort_msg("no room to receive into");
    if (fails(s))
        return s->fault;
    memset(buf, '#', cap); /* the transport may write anywhere in it */
    size_t got = take_answers(s, buf, room < left ? room : left);
    if (got == 0)
        return s->end != 0 ? s->end : MC_E_CLOSED;
    s->received += got;
    return (ptrdiff_t)got;
}

struct mc_transport script_transport(struct script *script)
{
    return (struct mc_transport){send_parts, receive, script};
}

static void compare_sent(const struct script *s, bool whole)
{
    struct text all = {0}, shown = {0};
    for (size_t i = 0; i < s->count; i++)
        text_add(&all, s->steps[i].request.data, s->steps[i].request.len);
    if (s->sent.len > all.len || (whole && s->sent.len < all.len) ||
        (s->sent.len > 0 && memcmp(s->sent.data, all.data, s->sent.len) != 0)) {
        text_escape(&shown, s->sent.data, s->sent.len);
        text_add_string(&shown, "\ninstead of: ");
        text_escape(&shown, all.data, all.len);
        ck_abort_msg("sent: %.4000s", text_string(&shown));
    }
    text_free(&all);
}

void script_check_sent(const struct script *script)
{
    compare_sent(script, true);
}

void script_check_prefix(const struct script *script)
{
    compare_sent(script, false);
}

void script_free(struct script *script)
{
    text_free(&script->sent);
}
