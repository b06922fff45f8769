/* Writes the log of the small memcached into a ring of fixed size, and gives each client that watches
 * the lines of the kinds it wants. What leaves the ring before a client has taken it is counted, and
 * that client is told how many lines it has missed. */
#include "serve_log.h"

#include "argument.h"

#include <string.h>

enum {
    FETCHERS = 1,
    MUTATIONS = 2,
    EVICTIONS = 4,
    CONNECTIONS = 8,
    NEVER = 128,    /* kinds that it has no lines of */
    RECORD_HEAD = 3 /* the length of a line in two bytes, and its kind */
};

/* ---- the ring -------------------------------------------------------------------------------- */

static unsigned char byte_at(const struct mc_serve_log *log, uint64_t at)
{
    return (unsigned char)log->ring[at % MC_SERVE_LOG_SIZE];
}

static size_t length_at(const struct mc_serve_log *log, uint64_t at)
{
    return (size_t)byte_at(log, at) << 8 | byte_at(log, at + 1);
}

static void write_byte(struct mc_serve_log *log, size_t byte)
{
    log->ring[log->to++ % MC_SERVE_LOG_SIZE] = (char)(byte & 255);
}

/* The oldest line leaves the ring, and who has not taken it yet misses it. */
static void drop_oldest(struct mc_serve_log *log)
{
    uint64_t next = log->from + RECORD_HEAD + length_at(log, log->from);
    for (size_t k = 0; k < MC_SERVE_WATCHERS; k++) {
        struct mc_serve_client *client = log->watchers[k];
        if (client == NULL || client->log_at != log->from)
            continue;
        client->log_at = next;
        if ((client->kinds & byte_at(log, log->from + 2)) != 0) {
            client->missed++;
            log->missed++;
        }
    }
    log->from = next;
}

static void write_line(struct mc_serve_log *log, uint8_t kind, struct mc_answer *line)
{
    mc_answer_text(line, MC_BYTES("\n"));
    while (log->to + RECORD_HEAD + line->len - log->from > MC_SERVE_LOG_SIZE)
        drop_oldest(log);
    write_byte(log, line->len >> 8);
    write_byte(log, line->len);
    write_byte(log, kind);
    for (size_t k = 0; k < line->len; k++)
        write_byte(log, (unsigned char)line->lines[k]);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void log_text(struct mc_answer *line, const char *name, struct mc_bytes text)
{
    mc_answer_text(line, mc_string(name));
    mc_answer_text(line, text);
}

static void log_number(struct mc_answer *line, const char *name, uint64_t number)
{
    mc_answer_text(line, mc_string(name));
    mc_answer_number(line, number);
}

/* memcached does not fill the microseconds up with zeros. */
static void begin_line(struct mc_serve *serve, struct mc_answer *line, const char *type)
{
    log_number(line, "ts=", serve->started + serve->cache.now);
    log_number(line, ".", serve->microseconds);
    log_number(line, " gid=", ++serve->log.line);
    log_text(line, " type=", mc_string(type));
}

static void log_key(struct mc_answer *line, struct mc_bytes key)
{
    mc_answer_text(line, MC_BYTES(" key="));
    mc_answer_encoded(line, key);
}

static uint32_t class_of(const struct mc_cache_item *item)
{
    return mc_cache_class(mc_cache_total(item->key_len, item->flags, item->size));
}

static void log_found(struct mc_cache_watcher *self, struct mc_bytes key,
                      const struct mc_cache_item *item, enum mc_cache_found how)
{
    static const char statuses[][10] = {
        [MC_CACHE_NONE] = "not_found",
        [MC_CACHE_VALID] = "found",
        [MC_CACHE_FLUSHED] = "flushed",
        [MC_CACHE_EXPIRED] = "expired",
    };
    struct mc_serve_log *log = (struct mc_serve_log *)(void *)self;
    struct mc_answer line = {.len = 0};
    if ((log->kinds & FETCHERS) == 0)
        return;
    begin_line(log->serve, &line, "item_get");
    log_key(&line, key);
    log_text(&line, " status=", mc_string(statuses[how]));
    log_number(&line, " clsid=", item != NULL ? class_of(item) : 0);
    log_number(&line, " cfd=", log->file);
    log_number(&line, " size=", item != NULL ? item->size : 0);
    write_line(log, FETCHERS, &line);
}

static void log_eviction(struct mc_cache_watcher *self, struct mc_cache_item *item)
{
    struct mc_serve_log *log = (struct mc_serve_log *)(void *)self;
    const struct mc_cache *cache = &log->serve->cache;
    struct mc_answer line = {.len = 0};
    char key[MC_KEY_MAX];
    bool fetched = (item->marks & MC_CACHE_FETCHED) != 0;
    if ((log->kinds & EVICTIONS) == 0)
        return;
    begin_line(log->serve, &line, "eviction");
    log_key(&line, mc_cache_copy_key(cache, item, key));
    log_text(&line, " fetch=", fetched ? MC_BYTES("yes") : MC_BYTES("no"));
    if (item->exptime == 0)
        mc_answer_text(&line, MC_BYTES(" ttl=-1"));
    else
        log_number(&line, " ttl=", item->exptime - cache->now);
    log_number(&line, " la=", cache->now - item->time);
    log_number(&line, " clsid=", class_of(item));
    log_number(&line, " size=", item->size);
    write_line(log, EVICTIONS, &line);
}

static void begin_store_line(struct mc_serve *serve, struct mc_answer *line, struct mc_bytes key,
                             const char *status, enum mc_update_mode mode)
{
    static const char commands[][8] = {
        [MC_UPDATE_SET] = "set",         [MC_UPDATE_ADD] = "add",
        [MC_UPDATE_REPLACE] = "replace", [MC_UPDATE_APPEND] = "append",
        [MC_UPDATE_PREPEND] = "prepend", [MC_UPDATE_CAS] = "cas",
    };
    begin_line(serve, line, "item_store");
    log_key(line, key);
    log_text(line, " status=", mc_string(status));
    log_text(line, " cmd=", mc_string(commands[mode]));
}

void mc_serve_log_store(struct mc_serve *serve, const struct mc_update_store *store,
                        enum mc_update_result result)
{
    static const char statuses[][11] = {
        [MC_UPDATE_DONE] = "stored",
        [MC_UPDATE_NOT_STORED] = "not_stored",
        [MC_UPDATE_EXISTS] = "exists",
        [MC_UPDATE_NOT_FOUND] = "not_found",
    };
    const struct mc_cache_item *item = store->stored != NULL ? store->stored : store->item;
    struct mc_answer line = {.len = 0};
    char key[MC_KEY_MAX];
    if ((serve->log.kinds & MUTATIONS) == 0)
        return;
    begin_store_line(serve, &line, mc_cache_copy_key(&serve->cache, store->item, key),
                     statuses[result], store->mode);
    log_number(&line,
               " ttl=", item->exptime != 0 ? (uint32_t)(item->exptime - serve->cache.now) : 0);
    log_number(&line, " clsid=", class_of(item));
    log_number(&line, " cfd=", serve->log.file);
    log_number(&line, " size=", item->size);
    write_line(&serve->log, MUTATIONS, &line);
}

void mc_serve_log_no_item(struct mc_serve *serve, struct mc_bytes key, enum mc_update_mode mode,
                          size_t total)
{
    struct mc_answer line = {.len = 0};
    if ((serve->log.kinds & MUTATIONS) == 0)
        return;
    begin_store_line(serve, &line, key, total > MC_CACHE_TOTAL_MAX ? "too_large" : "no_memory",
                     mode);
    mc_answer_text(&line, MC_BYTES(" ttl=0 clsid=0"));
    log_number(&line, " cfd=", serve->log.file);
    mc_answer_text(&line, MC_BYTES(" size=0"));
    write_line(&serve->log, MUTATIONS, &line);
}

static void log_connection(struct mc_serve *serve, const struct mc_serve_client *client,
                           const char *type, const char *reason)
{
    const struct mc_serve_peer *peer = &client->peer;
    struct mc_answer line = {.len = 0};
    if ((serve->log.kinds & CONNECTIONS) == 0)
        return;
    begin_line(serve, &line, type);
    log_text(&line, " rip=", peer->is_local ? MC_BYTES("unix") : mc_string(peer->address));
    log_number(&line, " rport=", peer->port);
    log_text(&line, " transport=", peer->is_local ? MC_BYTES("local") : MC_BYTES("tcp"));
    if (reason != NULL)
        log_text(&line, " reason=", mc_string(reason));
    log_number(&line, " cfd=", peer->file);
    write_line(&serve->log, CONNECTIONS, &line);
}

/* ---- who watches ----------------------------------------------------------------------------- */

bool mc_serve_log_kinds(struct mc_bytes words, uint8_t *kinds)
{
    static const struct {
        char name[12];
        uint8_t kind;
    } known[] = {{"fetchers", FETCHERS},      {"mutations", MUTATIONS}, {"evictions", EVICTIONS},
                 {"connevents", CONNECTIONS}, {"rawcmds", NEVER},       {"sysevents", NEVER},
                 {"proxyreqs", NEVER},        {"proxyevents", NEVER},   {"proxyuser", NEVER}};
    struct mc_bytes word;
    *kinds = 0;
    while (mc_argument_word(&words, &word)) {
        size_t k = 0;
        while (k < sizeof known / sizeof *known &&
               (word.len != mc_string(known[k].name).len ||
                memcmp(word.data, known[k].name, word.len) != 0))
            k++;
        if (k == sizeof known / sizeof *known)
            return false;
        *kinds |= known[k].kind;
    }
    *kinds = *kinds != 0 ? *kinds : FETCHERS;
    return true;
}

/* Where nobody wants lines, none are made. */
static void join_kinds(struct mc_serve *serve)
{
    struct mc_serve_log *log = &serve->log;
    log->kinds = 0;
    log->watching = 0;
    for (size_t k = 0; k < MC_SERVE_WATCHERS; k++) {
        if (log->watchers[k] == NULL)
            continue;
        log->kinds |= log->watchers[k]->kinds;
        log->watching++;
    }
    log->watcher.found = log_found;
    log->watcher.evicts = log_eviction;
    log->serve = serve;
    serve->cache.watcher = log->kinds != 0 ? &log->watcher : NULL;
}

/* Puts `now` in the place of `before`, in the list of those who watch. */
static bool change_watcher(struct mc_serve *serve, const struct mc_serve_client *before,
                           struct mc_serve_client *now)
{
    size_t k = 0;
    while (k < MC_SERVE_WATCHERS && serve->log.watchers[k] != before)
        k++;
    if (k == MC_SERVE_WATCHERS)
        return false;
    serve->log.watchers[k] = now;
    join_kinds(serve);
    return true;
}

bool mc_serve_log_watch(struct mc_serve *serve, struct mc_serve_client *client, uint8_t kinds)
{
    client->kinds = kinds;
    client->log_at = serve->log.to;
    serve->log.line++;
    if (change_watcher(serve, NULL, client))
        return true;
    client->kinds = 0;
    return false;
}

/* The line at client->log_at, after the number of those that were missed. */
static void take_line(struct mc_serve_log *log, struct mc_serve_client *client, size_t len)
{
    if (client->missed > 0) {
        log_number(&client->answer, "skipped=", client->missed);
        mc_answer_text(&client->answer, MC_BYTES("\n"));
        client->missed = 0;
    }
    for (size_t k = 0; k < len; k++) {
        const char byte = (char)byte_at(log, client->log_at + RECORD_HEAD + k);
        const struct mc_bytes text = {&byte, 1};
        mc_answer_text(&client->answer, text);
    }
    log->sent++;
}

bool mc_serve_log_more(struct mc_serve *serve, struct mc_serve_client *client)
{
    struct mc_serve_log *log = &serve->log;
    bool takes = false;
    while (!takes && client->log_at < log->to) {
        size_t len = length_at(log, client->log_at);
        takes = (client->kinds & byte_at(log, client->log_at + 2)) != 0;
        if (takes)
            take_line(log, client, len);
        client->log_at += RECORD_HEAD + len;
    }
    return takes;
}

void mc_serve_log_enter(struct mc_serve *serve, const struct mc_serve_client *client)
{
    log_connection(serve, client, "conn_new", NULL);
}

void mc_serve_log_leave(struct mc_serve *serve, struct mc_serve_client *client)
{
    if (client->kinds != 0) {
        client->kinds = 0;
        change_watcher(serve, client, NULL);
    }
    if (client->entered)
        log_connection(serve, client, "conn_close", client->failed ? "error" : "normal");
}
