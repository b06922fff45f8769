/* Reads requests of clients and answers them: connections, the classic commands, and what a server
 * says of itself. */
#include "serve.h"
#include "serve_admin.h"
#include "serve_log.h"

#include <string.h>

enum {
    WORDS_SEEN = 23, /* memcached looks at so many words of a line at a time */
    LOGIN_MIN = 2    /* before a login, it waits for so many bytes */
};

#define BAD_LINE MC_BYTES("CLIENT_ERROR bad command line format")

bool mc_serve_init(struct mc_serve *serve, void *block, size_t size, uint64_t now)
{
    const struct mc_serve_lists lists = {.hot = 20, .warm = 40, .temporary_ttl = 61};
    memset(serve, 0, sizeof *serve);
    serve->lists = lists;
    serve->started = now - MC_SERVE_HEAD_START;
    serve->limit = size;
    bool good = mc_cache_init(&serve->cache, block, size);
    mc_serve_clock(serve, now);
    return good;
}

void mc_serve_clock(struct mc_serve *serve, uint64_t now)
{
    serve->cache.now = (uint32_t)(now - serve->started);
}

bool mc_serve_limit(struct mc_serve *serve, uint64_t size)
{
    if (!mc_cache_limit(&serve->cache, size))
        return false;
    serve->limit = size;
    return true;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void say(const struct mc_serve_call *call, struct mc_bytes text)
{
    if (!call->request->noreply)
        mc_answer_line(&call->client->answer, text);
}

/* ---- retrieval ----------------------------------------------------------------------------- */

/* True when the line has a key that is too long: then none of its values is sent. */
static bool has_long_key(struct mc_bytes words)
{
    for (struct mc_bytes word; mc_argument_word(&words, &word);) {
        if (word.len > MC_KEY_MAX)
            return true;
    }
    return false;
}

static void begin_get(const struct mc_serve_call *call)
{
    struct mc_serve_client *client = call->client;
    uint8_t command = call->request->command;
    client->touches = command == MC_REQUEST_GAT || command == MC_REQUEST_GATS;
    client->with_cas = command == MC_REQUEST_GETS || command == MC_REQUEST_GATS;
    client->exptime = mc_update_expiry(&call->serve->cache, (int32_t)call->request->exptime,
                                       call->serve->started);
    client->mute = has_long_key(call->words);
}

static void answer_item(struct mc_serve_client *client, const struct mc_cache *cache,
                        struct mc_cache_item *item, struct mc_bytes key)
{
    struct mc_answer *answer = &client->answer;
    mc_answer_text(answer, MC_BYTES("VALUE "));
    mc_answer_text(answer, key);
    mc_answer_text(answer, MC_BYTES(" "));
    mc_answer_number(answer, item->flags);
    mc_answer_text(answer, MC_BYTES(" "));
    mc_answer_number(answer, item->size);
    if (client->with_cas) {
        mc_answer_text(answer, MC_BYTES(" "));
        mc_answer_number(answer, item->cas);
    }
    mc_answer_line(answer, MC_BYTES(""));
    mc_answer_value(answer, cache, item);
}

static void get_key(const struct mc_serve_call *call)
{
    struct mc_serve *serve = call->serve;
    struct mc_cache_item *item = mc_cache_find(&serve->cache, call->request->key);
    serve->gets++;
    serve->touches += call->client->touches;
    mc_serve_admin_count(call, item != NULL);
    if (item == NULL)
        return;
    serve->hits++;
    item->marks |= MC_CACHE_FETCHED;
    mc_cache_use(&serve->cache, item);
    if (call->client->touches)
        item->exptime = call->client->exptime;
    if (!call->client->mute)
        answer_item(call->client, &serve->cache, item, call->request->key);
}

/* ---- storage ------------------------------------------------------------------------------- */

static enum mc_update_mode mode_of(uint8_t command)
{
    switch (command) {
    case MC_REQUEST_ADD: return MC_UPDATE_ADD;
    case MC_REQUEST_REPLACE: return MC_UPDATE_REPLACE;
    case MC_REQUEST_APPEND: return MC_UPDATE_APPEND;
    case MC_REQUEST_PREPEND: return MC_UPDATE_PREPEND;
    case MC_REQUEST_CAS: return MC_UPDATE_CAS;
    default: return MC_UPDATE_SET;
    }
}

/* No item for the value. What a set was to replace is gone all the same, unless memcached would have
 * begun to read the value before it sees that. */
static void refuse_value_of(const struct mc_serve_call *call, size_t total)
{
    struct mc_cache *cache = &call->serve->cache;
    struct mc_cache_item *old = NULL;
    if (total > MC_CACHE_WHOLE_MAX && total <= MC_CACHE_TOTAL_MAX) {
        say(call, MC_BYTES("SERVER_ERROR Out of memory during read"));
        return;
    }
    mc_serve_log_no_item(call->serve, call->request->key, mode_of(call->request->command), total);
    if (call->request->command == MC_REQUEST_SET)
        old = mc_cache_find(cache, call->request->key);
    if (old != NULL)
        mc_cache_unlink(cache, old);
    say(call, total > MC_CACHE_TOTAL_MAX ? MC_BYTES("SERVER_ERROR object too large for cache")
                                         : MC_BYTES("SERVER_ERROR out of memory storing object"));
}

static void begin_store(const struct mc_serve_call *call)
{
    const struct mc_request *request = call->request;
    struct mc_serve_client *client = call->client;
    struct mc_cache *cache = &call->serve->cache;
    uint32_t flags = (uint32_t)request->flags;
    size_t total = mc_cache_total(request->key.len, flags, request->size);
    struct mc_cache_item *item = NULL;
    if (total <= MC_CACHE_TOTAL_MAX)
        item = mc_cache_make(cache, request->key, request->size);
    call->serve->sets++;
    mc_serve_admin_count(call, false);
    if (item == NULL) {
        refuse_value_of(call, total);
        return;
    }
    item->flags = flags;
    item->exptime = mc_update_expiry(cache, (int32_t)request->exptime, call->serve->started);
    item->cas = request->number;
    client->store.item = item;
    client->store.mode = mode_of(request->command);
    client->store.stale = false;
    client->value_at = mc_cache_value(cache, item);
    client->noreply = request->noreply;
    client->meta = false;
}

/* A piece of a value; without an item it is skipped. */
static void receive_piece(const struct mc_serve_call *call)
{
    if (call->client->store.item != NULL)
        mc_cache_write(&call->serve->cache, &call->client->value_at, call->request->text.data,
                       call->request->text.len);
}

static void answer_stored(struct mc_serve_client *client, enum mc_update_result result)
{
    static const char texts[][11] = {
        [MC_UPDATE_DONE] = "STORED",
        [MC_UPDATE_NOT_STORED] = "NOT_STORED",
        [MC_UPDATE_EXISTS] = "EXISTS",
        [MC_UPDATE_NOT_FOUND] = "NOT_FOUND",
    };
    if (!client->noreply)
        mc_answer_line(&client->answer, mc_string(texts[result]));
}

/* The value is there, with or without its CRLF. */
static void end_store(const struct mc_serve_call *call, bool whole)
{
    struct mc_serve_client *client = call->client;
    struct mc_cache *cache = &call->serve->cache;
    if (client->store.item == NULL)
        return;
    if (!whole) {
        if (client->meta || !client->noreply)
            mc_answer_line(&client->answer, MC_BYTES("CLIENT_ERROR bad data chunk"));
    } else {
        enum mc_update_result result = mc_update_put(cache, &client->store);
        mc_serve_log_store(call->serve, &client->store, result);
        if (client->meta)
            mc_serve_meta_stored(client, cache, result);
        else
            answer_stored(client, result);
    }
    mc_cache_release(cache, client->store.item);
    client->store.item = NULL;
}

/* ---- other commands ------------------------------------------------------------------------ */

static void delete_item(const struct mc_serve_call *call)
{
    struct mc_cache_item *item = mc_cache_find(&call->serve->cache, call->request->key);
    mc_serve_admin_count(call, false);
    if (item != NULL)
        mc_cache_unlink(&call->serve->cache, item);
    say(call, item != NULL ? MC_BYTES("DELETED") : MC_BYTES("NOT_FOUND"));
}

static void touch_item(const struct mc_serve_call *call)
{
    struct mc_cache *cache = &call->serve->cache;
    struct mc_cache_item *item = mc_cache_find(cache, call->request->key);
    call->serve->touches++;
    if (item != NULL) {
        item->marks |= MC_CACHE_FETCHED;
        mc_cache_use(cache, item);
        item->exptime =
            mc_update_expiry(cache, (int32_t)call->request->exptime, call->serve->started);
    }
    say(call, item != NULL ? MC_BYTES("TOUCHED") : MC_BYTES("NOT_FOUND"));
}

static void count_item(const struct mc_serve_call *call)
{
    struct mc_cache *cache = &call->serve->cache;
    struct mc_update_delta delta = {.delta = call->request->number,
                                    .down = call->request->command == MC_REQUEST_DECR};
    enum mc_update_result result = mc_update_add(cache, call->request->key, &delta);
    if (result == MC_UPDATE_NOT_FOUND) {
        say(call, MC_BYTES("NOT_FOUND"));
    } else if (result == MC_UPDATE_NO_NUMBER) {
        say(call, MC_BYTES("CLIENT_ERROR cannot increment or decrement non-numeric value"));
    } else if (result == MC_UPDATE_NO_ROOM) {
        say(call, MC_BYTES("SERVER_ERROR out of memory"));
    } else {
        mc_cache_release(cache, delta.item);
        if (!call->request->noreply)
            mc_answer_number(&call->client->answer, delta.number);
        say(call, MC_BYTES(""));
    }
}

/* ---- what is wrong ------------------------------------------------------------------------- */

static bool may_be_http(struct mc_bytes name)
{
    if (name.len < 2 || mc_serve_has(MC_BYTES("gsacidt"), name.data[0]))
        return false;
    return name.data[0] != 'm' || name.len != 2;
}

/* An unknown command; what a browser sends ends the connection. */
static void refuse_name(const struct mc_serve_call *call, struct mc_bytes line)
{
    struct mc_bytes name = {"", 0}, word, last;
    size_t count = 0;
    bool http = mc_argument_word(&line, &name) && may_be_http(name);
    last = name;
    while (++count < WORDS_SEEN && mc_argument_word(&line, &word))
        last = word;
    if (http && last.len >= 5 && memcmp(last.data, "HTTP/", 5) == 0)
        call->client->failed = call->client->closing = true;
    else
        say(call, MC_BYTES("ERROR"));
}

/* What follows a deletion's key: nothing, 0, noreply, or both. */
static bool is_delete_end(struct mc_bytes words)
{
    struct mc_bytes key, first, second, third;
    mc_argument_word(&words, &key);
    if (!mc_argument_word(&words, &first))
        return true;
    bool zero = mc_serve_is(first, MC_BYTES("0"));
    if (!mc_argument_word(&words, &second))
        return zero || mc_serve_is(first, MC_BYTES("noreply"));
    return zero && mc_serve_is(second, MC_BYTES("noreply")) && !mc_argument_word(&words, &third);
}

static void refuse_delete(const struct mc_serve_call *call)
{
    size_t count = mc_serve_count_words(call->words);
    if (count < 1 || count > 3)
        mc_answer_line(&call->client->answer, MC_BYTES("ERROR"));
    else if (!is_delete_end(call->words))
        say(call, MC_BYTES("CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]"));
    else
        say(call, BAD_LINE);
}

static void refuse_number(const struct mc_serve_call *call)
{
    switch (call->request->command) {
    case MC_REQUEST_GAT:
    case MC_REQUEST_GATS:
    case MC_REQUEST_TOUCH: say(call, MC_BYTES("CLIENT_ERROR invalid exptime argument")); break;
    case MC_REQUEST_FLUSH_ALL: mc_serve_admin_refuse_flush(call); break;
    case MC_REQUEST_INCR:
    case MC_REQUEST_DECR: say(call, MC_BYTES("CLIENT_ERROR invalid numeric delta argument")); break;
    case MC_REQUEST_CACHE_MEMLIMIT: say(call, MC_BYTES("ERROR")); break;
    default: say(call, BAD_LINE); break;
    }
}

static void refuse_request(const struct mc_serve_call *call, struct mc_bytes line)
{
    const struct mc_request *request = call->request;
    if (request->fault == MC_WRONG_VALUE)
        end_store(call, false);
    else if (request->fault == MC_WRONG_COMMAND || request->command == 0)
        refuse_name(call, line);
    else if (request->command == MC_REQUEST_DELETE)
        refuse_delete(call);
    else if (request->fault == MC_WRONG_COUNT)
        mc_answer_line(&call->client->answer, MC_BYTES("ERROR"));
    else if (request->fault == MC_WRONG_NUMBER)
        refuse_number(call);
    else
        say(call, BAD_LINE);
}

/* ---- logins -------------------------------------------------------------------------------- */

static bool must_log_in(const struct mc_serve_call *call)
{
    return call->serve->users.len > 0 && !call->client->known;
}

/* Is it one of the lines NAME:PASSWORD? */
static bool is_user(struct mc_bytes users, struct mc_bytes name, struct mc_bytes password)
{
    while (users.len > 0) {
        size_t end = mc_serve_find(users, '\n');
        struct mc_bytes user = {users.data, end};
        user.len = mc_serve_find(user, ':');
        const struct mc_bytes rest = {users.data + user.len + 1, end - user.len - 1};
        if (user.len < end && mc_serve_is(user, name) && mc_serve_is(rest, password))
            return true;
        end += end < users.len ? 1 : 0;
        users.data += end;
        users.len -= end;
    }
    return false;
}

/* The value of a login has come. */
static struct mc_bytes judge_login(const struct mc_serve_call *call)
{
    struct mc_serve_client *client = call->client;
    struct mc_bytes words = {client->login, client->login_len}, name, password;
    if (!mc_argument_word(&words, &name) || !mc_argument_word(&words, &password))
        return MC_BYTES("CLIENT_ERROR bad authentication token format");
    client->known = is_user(call->serve->users, name, password);
    return client->known ? MC_BYTES("STORED") : MC_BYTES("CLIENT_ERROR authentication failure");
}

static void receive_login(const struct mc_serve_call *call)
{
    struct mc_serve_client *client = call->client;
    struct mc_bytes piece = call->request->text;
    if (piece.len > (size_t)(MC_SERVE_LOGIN_MAX - client->login_len))
        piece.len = (size_t)(MC_SERVE_LOGIN_MAX - client->login_len);
    memcpy(client->login + client->login_len, piece.data, piece.len);
    client->login_len = (uint16_t)(client->login_len + piece.len);
}

static void run_login(const struct mc_serve_call *call, int event)
{
    struct mc_answer *answer = &call->client->answer;
    if (event == MC_REQUEST_AUTH)
        call->client->login_len = 0;
    else if (event == MC_REQUEST_DATA)
        receive_login(call);
    else if (event == MC_REQUEST_END)
        mc_answer_line(answer, judge_login(call));
    else
        mc_answer_line(answer, MC_BYTES("CLIENT_ERROR bad command line termination"));
}

/* Refuses a line that is not a login, and moves *in past it. */
static bool refuse_stranger(const struct mc_serve_call *call, struct mc_bytes *in)
{
    struct mc_request_reader reader = call->before;
    struct mc_request request;
    struct mc_bytes rest = *in;
    reader.login = true;
    if (mc_request_next(&reader, &rest, &request) == MC_REQUEST_AUTH)
        return false;
    size_t size = mc_serve_find(*in, '\n');
    if (size == in->len) {
        call->client->failed = call->client->closing = true;
        return true;
    }
    in->data += size + 1;
    in->len -= size + 1;
    mc_answer_line(&call->client->answer, MC_BYTES("CLIENT_ERROR unauthenticated"));
    return true;
}

/* ---- requests ------------------------------------------------------------------------------ */

static bool is_meta(uint8_t command)
{
    return command == MC_REQUEST_MS || (command >= MC_REQUEST_MG && command <= MC_REQUEST_ME);
}

static void end_request(const struct mc_serve_call *call)
{
    if (call->request->command >= MC_REQUEST_SET)
        end_store(call, true);
    else if (!call->client->mute)
        mc_answer_line(&call->client->answer, MC_BYTES("END"));
}

static void run_request(const struct mc_serve_call *call, int event)
{
    switch (event) {
    case MC_REQUEST_KEY: get_key(call); break;
    case MC_REQUEST_DATA: receive_piece(call); break;
    case MC_REQUEST_END: end_request(call); break;
    case MC_REQUEST_GET:
    case MC_REQUEST_GETS:
    case MC_REQUEST_GAT:
    case MC_REQUEST_GATS: begin_get(call); break;
    case MC_REQUEST_SET:
    case MC_REQUEST_ADD:
    case MC_REQUEST_REPLACE:
    case MC_REQUEST_APPEND:
    case MC_REQUEST_PREPEND:
    case MC_REQUEST_CAS: begin_store(call); break;
    case MC_REQUEST_DELETE: delete_item(call); break;
    case MC_REQUEST_INCR:
    case MC_REQUEST_DECR: count_item(call); break;
    case MC_REQUEST_TOUCH: touch_item(call); break;
    default: mc_serve_admin(call, event); break;
    }
}

/* The line at the front of the input, without its end; `whole` tells whether that is there. */
static struct mc_bytes line_at(struct mc_bytes in, bool *whole)
{
    struct mc_bytes line = {in.data, 0};
    line.len = mc_serve_find(in, '\n');
    *whole = line.len < in.len;
    if (*whole && line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* Reads what is left of a retrieval's line after a wrong word; true when its end has come. */
static bool drop_line(struct mc_serve_client *client, struct mc_bytes *in)
{
    struct mc_request request;
    size_t end = mc_serve_find(*in, '\n');
    bool ended = end < in->len;
    size_t size = ended ? end + 1 : end;
    struct mc_bytes rest = {in->data, size};
    mc_request_next(&client->reader, &rest, &request);
    in->data += size;
    in->len -= size;
    client->dropping = !ended;
    return ended;
}

static void run_event(const struct mc_serve_call *call, int event, struct mc_bytes line)
{
    if (call->client->reader.login)
        run_login(call, event);
    else if (event == MC_REQUEST_WRONG)
        refuse_request(call, line);
    else
        run_request(call, event);
}

/* Is the answer sent only with those that follow? Not that of a retrieval or an mn, and not that to a
 * value which came in pieces. */
static bool is_kept(struct mc_serve_client *client, const struct mc_request *request, int event)
{
    bool resumed = client->resumed;
    if (event == MC_REQUEST_MN)
        return false;
    if (event != MC_REQUEST_END)
        return true;
    client->resumed = false;
    return !resumed && request->command >= MC_REQUEST_SET;
}

enum begun { BEGUN_WAITS, BEGUN_REFUSED, BEGUN };

/* Looks at the line of a request, for which *in is at the front. */
static enum begun begin_request(struct mc_serve_call *call, struct mc_bytes *in,
                                struct mc_bytes *line)
{
    struct mc_bytes name;
    bool whole;
    *line = line_at(*in, &whole);
    if (!whole && in->len < MC_REQUEST_MAX)
        return BEGUN_WAITS;
    call->words = *line;
    mc_argument_word(&call->words, &name);
    call->client->reader.login = must_log_in(call);
    if (!call->client->reader.login)
        return BEGUN;
    if (in->len < LOGIN_MIN)
        return BEGUN_WAITS;
    return refuse_stranger(call, in) ? BEGUN_REFUSED : BEGUN;
}

static int step(struct mc_serve *serve, struct mc_serve_client *client, struct mc_bytes *in)
{
    struct mc_request request;
    if (client->dropping && !drop_line(client, in))
        return MC_MORE;
    struct mc_serve_call call = {serve, client, &request, {0}, client->reader};
    struct mc_bytes line = {0};
    bool inside = client->inside;
    enum begun begun = inside ? BEGUN : begin_request(&call, in, &line);
    if (begun == BEGUN_WAITS)
        return MC_MORE;
    if (begun == BEGUN_REFUSED)
        return MC_REQUEST_WRONG;
    int event = mc_request_next(&client->reader, in, &request);
    if (event <= MC_MORE) {
        client->failed = client->closing = event != MC_MORE;
        return event;
    }
    client->inside = !mc_request_is_final(event);
    client->dropping = event == MC_REQUEST_WRONG && request.command >= MC_REQUEST_GET &&
                       request.command <= MC_REQUEST_GATS && in->data[-1] != '\n';
    if (!inside && is_meta(request.command))
        mc_serve_meta_line(&call);
    else
        run_event(&call, event, line);
    client->piped = is_kept(client, &request, event);
    return event;
}

/* Makes a part of an answer; false: there is nothing to answer. Who watches the log has no more
 * requests. */
static bool go_on(struct mc_serve *serve, struct mc_serve_client *client, struct mc_bytes *in)
{
    if (client->kinds != 0) {
        in->data += in->len;
        in->len = 0;
        return mc_serve_log_more(serve, client);
    }
    if (client->dump.kind != 0) {
        mc_serve_admin_more(serve, client);
        return true;
    }
    return step(serve, client, in) != MC_MORE;
}

int mc_serve_input(struct mc_serve *serve, struct mc_serve_client *client, struct mc_bytes *in,
                   struct mc_out *out)
{
    serve->log.file = client->peer.file;
    for (;;) {
        if (!mc_answer_send(&client->answer, &serve->cache, out))
            return MC_E_FULL;
        if (client->closing)
            return MC_E_CLOSED;
        if (go_on(serve, client, in))
            continue;
        client->piped = false;
        client->resumed = client->inside;
        return MC_MORE;
    }
}

void mc_serve_enter(struct mc_serve *serve, struct mc_serve_client *client)
{
    client->entered = true;
    mc_serve_log_enter(serve, client);
}

bool mc_serve_has_lines(const struct mc_serve *serve, const struct mc_serve_client *client)
{
    return client->kinds != 0 && client->log_at < serve->log.to;
}

void mc_serve_leave(struct mc_serve *serve, struct mc_serve_client *client)
{
    mc_serve_log_leave(serve, client);
    mc_answer_clear(&client->answer, &serve->cache);
    if (client->store.item != NULL)
        mc_cache_release(&serve->cache, client->store.item);
    client->store.item = NULL;
}
