/* Answers requests and moves bytes as a fuzzer's input decides. */
#include "other_end.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- answers --------------------------------------------------------------------------------- */

static void add_bytes(struct other_end *o, const char *bytes, size_t len)
{
    if (len > OTHER_BYTES - o->answered)
        fuzz_fail("there are more answers than the target has room for");
    if (len > 0)
        memcpy(o->answer_bytes + o->answered, bytes, len);
    o->answered += len;
}

static void add_text(struct other_end *o, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_bytes(o, text, (size_t)len);
}

/* A value that is like no other, and looks like the protocol, with its CRLF. */
static void add_value(struct other_end *o, size_t size)
{
    char text[4096];
    for (size_t len = 0; len < size;)
        len += (size_t)snprintf(text + len, sizeof text - len, "%u\r\nEND\r\n", o->sequence);
    add_bytes(o, text, size);
    add_text(o, "\r\n");
}

static size_t take_size(struct other_end *o)
{
    size_t size = input_byte(o->in);
    return size < 240 ? size : (size - 239) * 200;
}

/* `how`: a bit for each of the first keys, is it there? */
static void add_items(struct other_end *o, const struct question *c, unsigned how)
{
    bool cas = c->name == QUESTION_GETS || c->name == QUESTION_GATS;
    for (size_t k = 0; k < c->key_count; k++) {
        if ((how >> k % 4 & 1) == 0)
            continue;
        size_t size = take_size(o);
        add_text(o, "VALUE ");
        add_bytes(o, c->keys[k].data, c->keys[k].len);
        add_text(o, " %u %zu", o->sequence++, size);
        add_text(o, cas ? " %u\r\n" : "\r\n", o->sequence);
        add_value(o, size);
    }
}

static void answer_get(struct other_end *o, const struct question *c, unsigned how)
{
    add_items(o, c, how);
    add_text(o, "END\r\n");
}

static void add_flag(struct other_end *o, const struct question *c, const struct mc_flag *flag,
                     size_t size)
{
    char base64[MC_KEY_MAX];
    switch (flag->letter) {
    case 'k':
        add_text(o, " k");
        if (question_flag(c, 'b') == NULL)
            add_bytes(o, c->keys[0].data, c->keys[0].len);
        else
            add_bytes(o, base64, question_encode(c->keys[0], base64));
        break;
    case 'O':
        add_text(o, " O");
        add_bytes(o, flag->token.data, flag->token.len);
        break;
    case 's': add_text(o, " s%zu", size); break;
    case 't': add_text(o, " t%d", (int)(o->sequence % 5) - 1); break;
    case 'h': add_text(o, " h%u", o->sequence % 2); break;
    case 'c':
    case 'f':
    case 'l': add_text(o, " %c%u", flag->letter, o->sequence); break;
    case 'b': add_text(o, " b"); break;
    default: break;
    }
}

static void add_flags(struct other_end *o, const struct question *c, size_t size)
{
    for (size_t k = 0; k < c->flag_count; k++)
        add_flag(o, c, &c->flags[k], size);
    if (o->sequence % 4 == 1)
        add_text(o, " W");
    if (o->sequence % 8 == 3)
        add_text(o, " X Z");
    add_text(o, "\r\n");
}

static void add_status(struct other_end *o, const struct question *c, const char *status)
{
    add_text(o, "%s", status);
    add_flags(o, c, 0);
}

/* A VA, of a number for ma. */
static void add_meta_value(struct other_end *o, const struct question *c)
{
    char number[32];
    snprintf(number, sizeof number, "%u", o->sequence);
    size_t size = c->name == QUESTION_MA ? strlen(number) : take_size(o);
    add_text(o, "VA %zu", size);
    add_flags(o, c, size);
    add_value(o, size);
}

/* `how`: what becomes of it; 0 and 3 are silence when it is quiet. */
static void answer_meta(struct other_end *o, const struct question *c, unsigned how)
{
    static const char *const failures[4] = {"", "NF", "EX", "NS"};
    bool quiet = question_flag(c, 'q') != NULL, shows = question_flag(c, 'v') != NULL;
    o->sequence++;
    how %= c->name == QUESTION_MD ? 3 : 4;
    if (c->name == QUESTION_MG && how == 0) {
        if (!quiet)
            add_status(o, c, "EN");
    } else if (c->name != QUESTION_MG && how > 0) {
        add_status(o, c, failures[how]);
    } else if (shows) {
        add_meta_value(o, c);
    } else if (!quiet || c->name == QUESTION_MG) {
        add_status(o, c, "HD");
    }
}

static void answer_other(struct other_end *o, const struct question *c, unsigned how)
{
    static const char *const cas[4] = {"STORED", "NOT_STORED", "EXISTS", "NOT_FOUND"};
    bool found = how % 2 == 0;
    switch (c->name) {
    case QUESTION_CAS: add_text(o, "%s\r\n", cas[how % 4]); break;
    case QUESTION_DELETE: add_text(o, found ? "DELETED\r\n" : "NOT_FOUND\r\n"); break;
    case QUESTION_INCR:
    case QUESTION_DECR: add_text(o, found ? "%u  \r\n" : "NOT_FOUND\r\n", o->sequence++); break;
    case QUESTION_TOUCH: add_text(o, found ? "TOUCHED\r\n" : "NOT_FOUND\r\n"); break;
    case QUESTION_VERSION: add_text(o, "VERSION 1.6.%u\r\n", how); break;
    case QUESTION_FLUSH_ALL: add_text(o, "OK\r\n"); break;
    case QUESTION_MN: add_text(o, "MN\r\n"); break;
    case QUESTION_STATS:
        for (unsigned k = 0; k < how; k++)
            add_text(o, "STAT name%u %u (%u)\r\n", k, o->sequence++, how);
        add_text(o, "END\r\n");
        break;
    default: add_text(o, found ? "STORED\r\n" : "NOT_STORED\r\n"); break;
    }
}

/* As memcached may answer; 5 bits of `how` say what becomes of it. */
static void answer_honestly(struct other_end *o, const struct question *c, unsigned how)
{
    if (c->name <= QUESTION_GATS)
        answer_get(o, c, how);
    else if (question_is_meta(c))
        answer_meta(o, c, how);
    else
        answer_other(o, c, how);
}

static void answer_error(struct other_end *o, unsigned how)
{
    static const char *const errors[] = {
        "SERVER_ERROR out of memory storing object\r\n", "SERVER_ERROR object too large\r\n",
        "CLIENT_ERROR bad data chunk\r\n", "ERROR\r\n", "ERROR Too many open connections\r\n"};
    add_text(o, "%s", errors[how % 5]);
}

static void answer_for_another(struct other_end *o, const struct question *c, unsigned how)
{
    static struct question other;
    other = *c;
    if (other.key_count > 0)
        other.keys[other.key_count - 1] = MC_BYTES("other");
    answer_honestly(o, &other, how);
}

/* Leaves out the first word after `at`, and the space before it. */
static void leave_word_out(struct other_end *o, size_t at)
{
    while (at < o->answered && o->answer_bytes[at] != ' ')
        at++;
    size_t end = at + 1;
    while (end < o->answered && o->answer_bytes[end] != ' ' && o->answer_bytes[end] != '\r')
        end++;
    if (end >= o->answered)
        return;
    memmove(o->answer_bytes + at, o->answer_bytes + end, o->answered - end);
    o->answered -= end - at;
}

/* An honest answer that is changed in one byte, cut short, without one of its words, or doubled. */
static void answer_spoiled(struct other_end *o, const struct question *c, unsigned how)
{
    size_t start = o->answered;
    answer_honestly(o, c, how >> 2);
    size_t len = o->answered - start,
           at = start + (len > 0 ? (size_t)input_number(o->in) % len : 0);
    if (how % 4 == 0)
        o->answered = at;
    else if (how % 4 == 1)
        add_bytes(o, o->answer_bytes + start, len);
    else if (how % 4 == 2)
        leave_word_out(o, at);
    else if (len > 0)
        o->answer_bytes[at] = (char)input_byte(o->in);
}

static void answer(struct other_end *o, const struct question *c)
{
    uint8_t choice = input_byte(o->in);
    unsigned how = choice >> 3;
    struct mc_bytes raw;
    o->honest = o->honest && choice % 8 < 4;
    switch (choice % 8) {
    case 4:
        if (how >= 20 &&
            c->name <= QUESTION_GATS) /* as the proxy says it of a backend that is down */
            add_items(o, c, how);
        answer_error(o, how);
        break;
    case 5: answer_for_another(o, c, how); break;
    case 6: answer_spoiled(o, c, how); break;
    case 7:
        raw = input_bytes(o->in);
        add_bytes(o, raw.data, raw.len);
        break;
    default: answer_honestly(o, c, how); break;
    }
}

/* An error to the line alone of a command with a value; returns false. */
static bool answer_early(struct other_end *o)
{
    if (!o->hasty || o->early)
        return false;
    uint8_t choice = input_byte(o->in);
    if (choice % 4 == 3)
        answer_error(o, choice >> 2);
    o->early = choice % 4 == 3;
    o->honest = o->honest && !o->early;
    return false;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The next request, when it is whole: a command's line, and the value that this says follows. */
static bool take_request(struct other_end *o)
{
    struct request *r = &o->requests[o->count];
    const char *begin = o->sent_bytes + o->parsed;
    size_t left = o->sent - o->parsed;
    const char *end = memchr(begin, '\n', left);
    if (end == NULL)
        return false;
    size_t line = (size_t)(end - begin) + 1;
    if (o->count + 1 >= OTHER_REQUESTS ||
        !question_parse((struct mc_bytes){begin, line}, &r->command))
        fuzz_fail("a request is no command");
    const uint64_t *size = question_size(&r->command);
    size_t value = size != NULL ? (size_t)*size : 0;
    r->value = (struct mc_bytes){begin + line, value};
    if (size != NULL) {
        if (left - line < 2 || left - line - 2 < value)
            return answer_early(o);
        if (memcmp(begin + line + value, "\r\n", 2) != 0)
            fuzz_fail("a value is not followed by CRLF");
        line += value + 2;
    }
    o->parsed += line;
    o->count++;
    return true;
}

void other_end_hear(struct other_end *o, struct mc_bytes bytes)
{
    if (bytes.len > OTHER_BYTES - o->sent)
        fuzz_fail("%zu bytes are sent", bytes.len);
    if (bytes.len > 0)
        memcpy(o->sent_bytes + o->sent, bytes.data, bytes.len);
    o->sent += bytes.len;
    while (take_request(o)) {
        if (!o->early)
            answer(o, &o->requests[o->count - 1].command);
        o->early = false;
    }
}

/* ---- the transport --------------------------------------------------------------------------- */

static void check_call(const struct other_end *o, mc_deadline deadline)
{
    if (o->failed != 0 || *o->error != 0)
        fuzz_fail("a dead connection is used");
    if (deadline != OTHER_DEADLINE)
        fuzz_fail("another deadline");
}

/* How many of `all` bytes move. 0: the call fails. */
static size_t take_cut(struct other_end *o, size_t all)
{
    uint8_t choice = input_byte(o->in);
    if (choice == 0)
        return all;
    size_t cut = choice < 200 ? choice : (size_t)(choice - 199) * 256;
    if (choice == 255)
        cut = 0;
    return cut < all ? cut : all;
}

static ptrdiff_t fail(struct other_end *o)
{
    static const int errors[] = {MC_E_CLOSED, MC_E_TIMEOUT, MC_E_SYSTEM};
    o->failed = errors[input_byte(o->in) % 3];
    o->honest = false;
    return o->failed;
}

static ptrdiff_t send_parts(void *ctx, const struct mc_bytes *parts, size_t count,
                            mc_deadline deadline)
{
    struct other_end *o = ctx;
    size_t all = 0, before = o->sent;
    check_call(o, deadline);
    for (size_t k = 0; k < count; k++)
        all += parts[k].len;
    if (all == 0 || all > OTHER_BYTES - o->sent)
        fuzz_fail("%zu bytes are sent", all);
    size_t left = take_cut(o, all);
    if (left == 0)
        return fail(o);
    for (size_t k = 0; k < count && left > 0; k++) {
        size_t n = parts[k].len < left ? parts[k].len : left;
        other_end_hear(o, (struct mc_bytes){parts[k].data, n});
        left -= n;
    }
    return (ptrdiff_t)(o->sent - before);
}

static ptrdiff_t receive(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct other_end *o = ctx;
    size_t there = o->answered - o->delivered;
    check_call(o, deadline);
    if (cap == 0)
        fuzz_fail("there is no room to receive into");
    if (there == 0 && o->honest)
        fuzz_fail("more is waited for than was asked");
    size_t n = there > 0 ? take_cut(o, there < cap ? there : cap) : 0;
    if (n == 0)
        return fail(o);
    memcpy(buf, o->answer_bytes + o->delivered, n);
    o->delivered += n;
    return (ptrdiff_t)n;
}

struct mc_transport other_end_open(struct other_end *o, struct input *in, const int *error)
{
    o->in = in;
    o->error = error;
    o->hasty = o->early = false;
    o->sent = o->parsed = o->count = o->answered = o->delivered = 0;
    o->honest = true;
    o->failed = 0;
    return (struct mc_transport){send_parts, receive, o};
}
