/* What those who run a server ask it: statistics, dumps, settings. A dump may be longer than an answer
 * can be, so its lines are made one by one, as they are sent; items may come and go meanwhile. */
#include "serve_admin.h"
#include "serve_log.h"

#include <string.h>

enum {
    ORDER_WORDS = 5,       /* more are counted, but never looked at */
    CLASS_LIMIT = 64,      /* memcached's classes are below this */
    SIZE_STEP = 32,        /* stats sizes rounds up to a multiple of this */
    SLEEP_LIMIT = 1000000, /* microseconds */
    MEGABYTES_LEAST = 8,
    MEGABYTES_MOST = 1000000000,
    PERCENT_MOST = 80 /* of the memory, for the lists of hot and of warm items together */
};

#define ALL_CLASSES UINT64_MAX

enum dump_kind {
    DUMP_NONE,
    DUMP_META,
    DUMP_CACHE,
    DUMP_ITEMS,
    DUMP_SLABS,
    DUMP_SIZES,
    DUMP_DETAIL
};

/* A request, in words. */
struct order {
    struct mc_serve *serve;
    struct mc_serve_client *client;
    struct mc_bytes words[ORDER_WORDS]; /* those that are not there are empty */
    size_t count;
    bool quiet;
};

static bool is_order_word(struct mc_bytes word, const char *text)
{
    return mc_serve_is(word, mc_string(text));
}

static struct order order_of(const struct mc_serve_call *call, int event)
{
    struct order order = {
        call->serve, call->client, {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}}, 0, false};
    struct mc_bytes words = call->request->text, word;
    bool ends_quiet = false;
    while (words.len > 0 && mc_argument_word(&words, &word)) {
        if (order.count < ORDER_WORDS)
            order.words[order.count] = word;
        order.count++;
        ends_quiet = is_order_word(word, "noreply");
    }
    bool may = event == MC_REQUEST_SLABS || event == MC_REQUEST_LRU_CRAWLER ||
               event == MC_REQUEST_LRU || event == MC_REQUEST_WATCH;
    order.quiet = call->request->noreply || (may && ends_quiet);
    return order;
}

static void answer_order(const struct order *order, const char *text)
{
    if (!order->quiet)
        mc_answer_line(&order->client->answer, mc_string(text));
}

static bool read_order_number(struct mc_bytes word, uint32_t *number)
{
    struct mc_number n = mc_argument_number(word, UINT32_MAX);
    *number = (uint32_t)n.size;
    return n.good && (!n.negative || n.size == 0);
}

/* ---- statistics ---------------------------------------------------------------------------- */

static void answer_name(struct mc_answer *answer, const char *name)
{
    mc_answer_text(answer, MC_BYTES("STAT "));
    mc_answer_text(answer, mc_string(name));
    mc_answer_text(answer, MC_BYTES(" "));
}

static void answer_stat(struct mc_answer *answer, const char *name, uint64_t number)
{
    answer_name(answer, name);
    mc_answer_number(answer, number);
    mc_answer_line(answer, MC_BYTES(""));
}

static void answer_switch(struct mc_answer *answer, const char *name, bool is_on)
{
    answer_name(answer, name);
    mc_answer_line(answer, is_on ? MC_BYTES("yes") : MC_BYTES("no"));
}

static void answer_stats(const struct order *order)
{
    const struct mc_serve *serve = order->serve;
    const struct mc_cache *cache = &serve->cache;
    struct mc_answer *answer = &order->client->answer;
    answer_stat(answer, "pid", serve->pid);
    answer_stat(answer, "uptime", cache->now - MC_SERVE_HEAD_START);
    answer_stat(answer, "time", serve->started + cache->now);
    mc_answer_line(answer, MC_BYTES("STAT version " MC_SERVE_VERSION));
    mc_answer_line(answer, MC_BYTES("STAT about mcwire-serve,for-learning-and-tests"));
    answer_stat(answer, "curr_connections", serve->connections);
    answer_stat(answer, "cmd_get", serve->gets);
    answer_stat(answer, "cmd_set", serve->sets);
    answer_stat(answer, "cmd_flush", serve->flushes);
    answer_stat(answer, "cmd_touch", serve->touches);
    answer_stat(answer, "get_hits", serve->hits);
    answer_stat(answer, "get_misses", serve->gets - serve->hits);
    answer_stat(answer, "bytes", cache->bytes);
    answer_stat(answer, "curr_items", cache->items);
    answer_stat(answer, "total_items", cache->stored);
    answer_stat(answer, "evictions", cache->evicted);
    answer_stat(answer, "log_watchers", serve->log.watching);
    answer_stat(answer, "log_watcher_skipped", serve->log.missed);
    answer_stat(answer, "log_watcher_sent", serve->log.sent);
    answer_stat(answer, "limit_maxbytes", serve->limit);
    mc_answer_line(answer, MC_BYTES("END"));
}

static void reset_stats(const struct order *order)
{
    struct mc_serve *serve = order->serve;
    serve->gets = serve->hits = serve->sets = serve->touches = serve->flushes = 0;
    serve->cache.stored = serve->cache.evicted = 0;
    serve->log.sent = serve->log.missed = 0;
    serve->prefix_count = 0;
    answer_order(order, "RESET");
}

static void answer_lists(const struct mc_serve *serve, struct mc_answer *answer)
{
    const struct mc_serve_lists *lists = &serve->lists;
    bool maintains = serve->options.maintains;
    answer_switch(answer, "lru_maintainer_thread", maintains);
    answer_stat(answer, "hot_lru_pct", lists->hot);
    answer_stat(answer, "warm_lru_pct", lists->warm);
    answer_switch(answer, "lru_segmented", maintains && !lists->is_flat);
    answer_switch(answer, "temp_lru", lists->has_temporary);
    answer_stat(answer, "temporary_ttl", lists->temporary_ttl);
}

static void answer_settings(const struct order *order)
{
    const struct mc_serve *serve = order->serve;
    struct mc_answer *answer = &order->client->answer;
    answer_stat(answer, "maxbytes", serve->limit);
    answer_stat(answer, "maxconns", serve->options.most_connections);
    answer_name(answer, "evictions");
    mc_answer_line(answer, serve->cache.keeps_all ? MC_BYTES("off") : MC_BYTES("on"));
    answer_switch(answer, "shutdown_command", serve->options.can_shut_down);
    mc_answer_line(answer, MC_BYTES("STAT stat_key_prefix :"));
    answer_switch(answer, "detail_enabled", serve->has_details);
    answer_switch(answer, "cas_enabled", true);
    answer_switch(answer, "auth_enabled_ascii", serve->users.len > 0);
    answer_stat(answer, "item_size_max", MC_CACHE_TOTAL_MAX);
    answer_switch(answer, "slab_reassign", !serve->options.keeps_slabs);
    answer_stat(answer, "slab_automove", serve->automove);
    answer_switch(answer, "lru_crawler", serve->options.crawls);
    answer_stat(answer, "lru_crawler_sleep", serve->crawl_sleep);
    answer_stat(answer, "lru_crawler_tocrawl", serve->crawl_most);
    answer_lists(serve, answer);
    answer_switch(answer, "flush_enabled", !serve->options.no_flush);
    answer_switch(answer, "dump_enabled", !serve->options.no_dumps);
    answer_switch(answer, "watch_enabled", !serve->options.no_watch);
    answer_switch(answer, "track_sizes", serve->options.tracks_sizes);
    mc_answer_line(answer, MC_BYTES("END"));
}

/* ---- statistics by prefix ------------------------------------------------------------------ */

/* The prefix of a key: a new one, if there is room. NULL: the key has none that can be counted. */
static struct mc_serve_prefix *prefix_of(struct mc_serve *serve, struct mc_bytes key)
{
    const struct mc_serve_prefix none = {{0}, 0, 0, 0, 0, 0};
    struct mc_serve_prefix *prefix = serve->prefixes;
    size_t len = mc_serve_find(key, ':');
    if (len == key.len || len > MC_SERVE_PREFIX_MAX)
        return NULL;
    for (uint32_t k = 0; k < serve->prefix_count; k++, prefix++) {
        if (prefix->len == len && memcmp(prefix->name, key.data, len) == 0)
            return prefix;
    }
    if (serve->prefix_count == MC_SERVE_PREFIXES)
        return NULL;
    serve->prefix_count++;
    *prefix = none;
    prefix->len = (uint8_t)len;
    memcpy(prefix->name, key.data, len);
    return prefix;
}

void mc_serve_admin_count(const struct mc_serve_call *call, bool hit)
{
    if (!call->serve->has_details)
        return;
    struct mc_serve_prefix *prefix = prefix_of(call->serve, call->request->key);
    if (prefix == NULL)
        return;
    if (call->request->command == MC_REQUEST_DELETE) {
        prefix->deletes++;
    } else if (call->request->command >= MC_REQUEST_SET) {
        prefix->sets++;
    } else {
        prefix->gets++;
        prefix->hits += hit;
    }
}

static void answer_count(struct mc_answer *answer, const char *name, uint64_t number)
{
    mc_answer_text(answer, mc_string(name));
    mc_answer_number(answer, number);
}

static bool dump_prefix(const struct mc_serve *serve, struct mc_serve_client *client)
{
    if (client->dump.at >= serve->prefix_count)
        return false;
    const struct mc_serve_prefix *prefix = &serve->prefixes[client->dump.at++];
    const struct mc_bytes name = {prefix->name, prefix->len};
    struct mc_answer *answer = &client->answer;
    mc_answer_text(answer, MC_BYTES("PREFIX "));
    mc_answer_text(answer, name);
    answer_count(answer, " get ", prefix->gets);
    answer_count(answer, " hit ", prefix->hits);
    answer_count(answer, " set ", prefix->sets);
    answer_count(answer, " del ", prefix->deletes);
    mc_answer_line(answer, MC_BYTES(""));
    return true;
}

/* ---- statistics of classes and sizes --------------------------------------------------------- */

static size_t total_of(const struct mc_cache_item *item)
{
    return mc_cache_total(item->key_len, item->flags, item->size);
}

/* Items of one class, or of one size. */
struct group {
    uint32_t id;
    uint32_t oldest; /* the time of its least recently used item */
    uint64_t count, bytes;
};

static uint32_t group_of(const struct mc_cache_item *item, uint8_t kind)
{
    size_t total = total_of(item);
    if (kind == DUMP_SIZES)
        return (uint32_t)((total + SIZE_STEP - 1) / SIZE_STEP * SIZE_STEP);
    return mc_cache_class(total);
}

/* Finds the next group, which takes a look at each item. */
static bool next_group(const struct mc_serve *serve, struct mc_serve_dump *dump,
                       struct group *group)
{
    const struct mc_cache *cache = &serve->cache;
    uint64_t since = dump->kind == DUMP_SIZES ? serve->sizes_since : 0;
    const struct mc_cache_item *item = NULL;
    const struct group none = {UINT32_MAX, 0, 0, 0};
    *group = none;
    while ((item = mc_cache_newer(cache, item)) != NULL) {
        uint32_t id = group_of(item, dump->kind);
        if (id < dump->at || id > group->id || item->cas < since)
            continue;
        if (id < group->id) {
            const struct group first = {id, item->time, 0, 0};
            *group = first;
        }
        group->count++;
        group->bytes += total_of(item);
    }
    if (group->id == UINT32_MAX)
        return false;
    dump->at = group->id + 1;
    dump->done++;
    return true;
}

/* STAT <before><id>:<name> <number> */
static void answer_class(struct mc_answer *answer, const char *before, uint32_t id,
                         const char *name, uint64_t number)
{
    mc_answer_text(answer, MC_BYTES("STAT "));
    mc_answer_text(answer, mc_string(before));
    mc_answer_number(answer, id);
    answer_count(answer, name, number);
    mc_answer_line(answer, MC_BYTES(""));
}

static bool dump_class_items(const struct mc_serve *serve, struct mc_serve_client *client)
{
    struct group group;
    if (!next_group(serve, &client->dump, &group))
        return false;
    struct mc_answer *answer = &client->answer;
    answer_class(answer, "items:", group.id, ":number ", group.count);
    answer_class(answer, "items:", group.id, ":age ", serve->cache.now - group.oldest);
    answer_class(answer, "items:", group.id, ":mem_requested ", group.bytes);
    return true;
}

static bool dump_class(const struct mc_serve *serve, struct mc_serve_client *client)
{
    struct group group;
    struct mc_answer *answer = &client->answer;
    if (!next_group(serve, &client->dump, &group)) {
        answer_stat(answer, "active_slabs", client->dump.done);
        return false;
    }
    answer_class(answer, "", group.id, ":chunk_size ", mc_cache_class_size(group.id));
    answer_class(answer, "", group.id, ":used_chunks ", group.count);
    return true;
}

static bool dump_size(const struct mc_serve *serve, struct mc_serve_client *client)
{
    struct group group;
    if (!next_group(serve, &client->dump, &group))
        return false;
    answer_count(&client->answer, "STAT ", group.id);
    answer_count(&client->answer, " ", group.count);
    mc_answer_line(&client->answer, MC_BYTES(""));
    return true;
}

/* ---- dumps of items ------------------------------------------------------------------------ */

static struct mc_cache_item *next_dumped(const struct mc_serve *serve, struct mc_serve_dump *dump)
{
    struct mc_cache_item *item;
    while (dump->done < dump->most && (item = mc_cache_next(&serve->cache, &dump->place)) != NULL) {
        bool skips = dump->kind == DUMP_CACHE && (item->marks & MC_CACHE_BINARY) != 0;
        if (skips || (dump->classes >> mc_cache_class(total_of(item)) & 1) == 0)
            continue;
        dump->done++;
        return item;
    }
    return NULL;
}

static bool dump_meta_item(const struct mc_serve *serve, struct mc_serve_client *client)
{
    char buf[MC_KEY_MAX];
    struct mc_cache_item *item = next_dumped(serve, &client->dump);
    if (item == NULL)
        return false;
    struct mc_answer *answer = &client->answer;
    bool fetched = (item->marks & MC_CACHE_FETCHED) != 0;
    mc_answer_text(answer, MC_BYTES("key="));
    mc_answer_encoded(answer, mc_cache_copy_key(&serve->cache, item, buf));
    if (item->exptime == 0)
        mc_answer_text(answer, MC_BYTES(" exp=-1"));
    else
        answer_count(answer, " exp=", serve->started + item->exptime);
    answer_count(answer, " la=", serve->started + item->time);
    answer_count(answer, " cas=", item->cas);
    mc_answer_text(answer, fetched ? MC_BYTES(" fetch=yes") : MC_BYTES(" fetch=no"));
    answer_count(answer, " cls=", mc_cache_class(total_of(item)));
    answer_count(answer, " size=", total_of(item));
    mc_answer_text(answer, MC_BYTES("\n"));
    return true;
}

static bool dump_cache_item(const struct mc_serve *serve, struct mc_serve_client *client)
{
    char buf[MC_KEY_MAX];
    struct mc_cache_item *item = next_dumped(serve, &client->dump);
    if (item == NULL)
        return false;
    struct mc_answer *answer = &client->answer;
    mc_answer_text(answer, MC_BYTES("ITEM "));
    mc_answer_text(answer, mc_cache_copy_key(&serve->cache, item, buf));
    answer_count(answer, " [", item->size);
    answer_count(answer, " b; ", item->exptime == 0 ? 0 : serve->started + item->exptime);
    mc_answer_line(answer, MC_BYTES(" s]"));
    return true;
}

static bool dump_next(const struct mc_serve *serve, struct mc_serve_client *client)
{
    switch (client->dump.kind) {
    case DUMP_META: return dump_meta_item(serve, client);
    case DUMP_CACHE: return dump_cache_item(serve, client);
    case DUMP_ITEMS: return dump_class_items(serve, client);
    case DUMP_SLABS: return dump_class(serve, client);
    case DUMP_SIZES: return dump_size(serve, client);
    default: return dump_prefix(serve, client);
    }
}

void mc_serve_admin_more(const struct mc_serve *serve, struct mc_serve_client *client)
{
    if (dump_next(serve, client))
        return;
    client->dump.kind = DUMP_NONE;
    mc_answer_line(&client->answer, MC_BYTES("END"));
}

static void start_dump(const struct order *order, enum dump_kind kind, uint64_t classes,
                       uint64_t most)
{
    const struct mc_serve_dump dump = {
        .kind = (uint8_t)kind, .classes = classes, .most = most > 0 ? most : UINT64_MAX};
    order->client->dump = dump;
}

/* ---- stats --------------------------------------------------------------------------------- */

static void start_sizes(const struct order *order)
{
    if (order->serve->options.tracks_sizes)
        start_dump(order, DUMP_SIZES, ALL_CLASSES, 0);
    else
        answer_order(order, "STAT sizes_status disabled\r\nEND");
}

static void enable_sizes(const struct order *order)
{
    if (!order->serve->options.tracks_sizes)
        order->serve->sizes_since = order->serve->cache.last_cas + 1;
    order->serve->options.tracks_sizes = true;
    answer_order(order, "STAT sizes_status enabled");
}

static void disable_sizes(const struct order *order)
{
    order->serve->options.tracks_sizes = false;
    answer_order(order, "STAT sizes_status disabled");
}

static void run_detail(const struct order *order)
{
    bool on = is_order_word(order->words[1], "on");
    if (on || is_order_word(order->words[1], "off")) {
        order->serve->has_details = on;
        answer_order(order, "OK");
    } else if (is_order_word(order->words[1], "dump")) {
        start_dump(order, DUMP_DETAIL, ALL_CLASSES, 0);
    } else {
        answer_order(order, "CLIENT_ERROR usage: stats detail on|off|dump");
    }
}

static void run_cachedump(const struct order *order)
{
    uint32_t class, most;
    if (order->serve->options.no_dumps)
        answer_order(order, "CLIENT_ERROR stats cachedump not allowed");
    else if (order->count < 3)
        answer_order(order, "CLIENT_ERROR bad command line");
    else if (!read_order_number(order->words[1], &class) ||
             !read_order_number(order->words[2], &most))
        answer_order(order, "CLIENT_ERROR bad command line format");
    else if (class >= CLASS_LIMIT)
        answer_order(order, "CLIENT_ERROR Illegal slab id");
    else
        start_dump(order, DUMP_CACHE, UINT64_C(1) << class, most);
}

enum {
    STATS,
    RESET,
    SETTINGS,
    ITEMS,
    SLABS,
    SIZES,
    SIZES_ON,
    SIZES_OFF,
    DETAIL,
    CACHEDUMP,
    GROUPS
};

static size_t stats_group_of(struct mc_bytes word)
{
    static const char names[GROUPS][14] = {"",       "reset",    "settings",     "items",
                                           "slabs",  "sizes",    "sizes_enable", "sizes_disable",
                                           "detail", "cachedump"};
    size_t k = 0;
    while (k < GROUPS && !is_order_word(word, names[k]))
        k++;
    return k;
}

static void run_stats(const struct order *order)
{
    switch (stats_group_of(order->words[0])) {
    case STATS: answer_stats(order); break;
    case RESET: reset_stats(order); break;
    case SETTINGS: answer_settings(order); break;
    case ITEMS: start_dump(order, DUMP_ITEMS, ALL_CLASSES, 0); break;
    case SLABS: start_dump(order, DUMP_SLABS, ALL_CLASSES, 0); break;
    case SIZES: start_sizes(order); break;
    case SIZES_ON: enable_sizes(order); break;
    case SIZES_OFF: disable_sizes(order); break;
    case DETAIL: run_detail(order); break;
    case CACHEDUMP: run_cachedump(order); break;
    default: answer_order(order, "ERROR"); break;
    }
}

/* ---- the crawler --------------------------------------------------------------------------- */

/* Reads classes with commas between them; false when one is wrong. */
static bool read_classes(struct mc_bytes text, uint64_t *classes)
{
    *classes = 0;
    while (text.len > 0) {
        uint32_t class;
        const struct mc_bytes word = {text.data, mc_serve_find(text, ',')};
        size_t size = word.len < text.len ? word.len + 1 : word.len;
        if (!read_order_number(word, &class) || class < 1 || class >= CLASS_LIMIT)
            return false;
        *classes |= UINT64_C(1) << class;
        text.data += size;
        text.len -= size;
    }
    return true;
}

/* Frees what has expired, of those items of each class that were used least recently. */
static void crawl_classes(struct mc_serve *serve, uint64_t classes)
{
    uint32_t seen[CLASS_LIMIT] = {0};
    struct mc_cache *cache = &serve->cache;
    struct mc_cache_item *item = mc_cache_newer(cache, NULL);
    while (item != NULL) {
        struct mc_cache_item *next = mc_cache_newer(cache, item);
        uint32_t class = mc_cache_class(total_of(item));
        bool looks = (classes >> class & 1) != 0 &&
                     (serve->crawl_most == 0 || seen[class]++ < serve->crawl_most);
        if (looks && !mc_cache_is_valid(cache, item))
            mc_cache_unlink(cache, item);
        item = next;
    }
}

static void run_crawl(const struct order *order, bool dumps)
{
    struct mc_bytes which = order->words[1];
    uint64_t classes = ALL_CLASSES;
    bool hash = is_order_word(which, "hash"), all = hash || is_order_word(which, "all");
    if (dumps && order->serve->options.no_dumps && order->serve->options.crawls) {
        answer_order(order, "ERROR metadump not allowed");
    } else if (!order->serve->options.crawls) {
        answer_order(order, "CLIENT_ERROR lru crawler disabled");
    } else if (dumps && order->client->piped) {
        answer_order(order, "ERROR cannot pipeline other commands before metadump");
    } else if (hash && !dumps) {
        answer_order(order, "ERROR an unknown error happened");
    } else if (!all && !read_classes(which, &classes)) {
        answer_order(order, "BADCLASS invalid class id");
    } else if (dumps) {
        start_dump(order, DUMP_META, classes, 0);
    } else {
        crawl_classes(order->serve, classes);
        answer_order(order, "OK");
    }
}

static void set_crawler(const struct order *order, uint32_t *setting, uint32_t most)
{
    uint32_t number;
    if (!read_order_number(order->words[1], &number)) {
        answer_order(order, "CLIENT_ERROR bad command line format");
    } else if (number > most) {
        answer_order(order, "CLIENT_ERROR sleep must be one second or less");
    } else {
        *setting = number;
        answer_order(order, "OK");
    }
}

static void switch_crawler(const struct order *order, bool on)
{
    bool runs = on && order->serve->options.crawls;
    order->serve->options.crawls = on;
    answer_order(order, runs ? "ERROR failed to start lru crawler thread" : "OK");
}

static void run_crawler(const struct order *order)
{
    struct mc_bytes word = order->words[0];
    bool two = order->count == 2, one = order->count == 1;
    if (two && is_order_word(word, "crawl"))
        run_crawl(order, false);
    else if (two && is_order_word(word, "metadump"))
        run_crawl(order, true);
    else if (two && is_order_word(word, "sleep"))
        set_crawler(order, &order->serve->crawl_sleep, SLEEP_LIMIT);
    else if (two && is_order_word(word, "tocrawl"))
        set_crawler(order, &order->serve->crawl_most, UINT32_MAX);
    else if (one && is_order_word(word, "enable"))
        switch_crawler(order, true);
    else if (one && is_order_word(word, "disable"))
        switch_crawler(order, false);
    else
        answer_order(order, "ERROR");
}

/* ---- memory -------------------------------------------------------------------------------- */

static const char *set_memory(const struct order *order, uint32_t megabytes)
{
    uint64_t limit = (uint64_t)megabytes << 20;
    if (megabytes < MEGABYTES_LEAST)
        return "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m";
    if (megabytes > MEGABYTES_MOST)
        return "MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes";
    if (!mc_cache_limit(&order->serve->cache, limit))
        return "MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust";
    order->serve->limit = limit;
    return "OK";
}

/* No class has pages of its own, so none can spare one. */
static const char *refuse_reassign(const struct order *order)
{
    struct mc_number from = mc_argument_number(order->words[1], INT32_MAX);
    struct mc_number to = mc_argument_number(order->words[2], INT32_MAX);
    if (order->serve->options.keeps_slabs)
        return "CLIENT_ERROR slab reassignment disabled";
    if (!from.good || !to.good)
        return "CLIENT_ERROR bad command line format";
    if (from.size == to.size && from.negative == to.negative)
        return "SAME src and dst class are identical";
    if (from.negative || to.negative || from.size >= CLASS_LIMIT - 1 || to.size >= CLASS_LIMIT - 1)
        return "BADCLASS invalid src or dst class id";
    return "NOSPARE source class has no spare pages";
}

static const char *set_automove(const struct order *order)
{
    uint32_t level;
    if (!read_order_number(order->words[1], &level))
        return "CLIENT_ERROR bad command line format";
    if (level > 2)
        return "ERROR";
    order->serve->automove = level;
    return "OK";
}

static void run_slabs(const struct order *order)
{
    if (order->count == 3 && is_order_word(order->words[0], "reassign"))
        answer_order(order, refuse_reassign(order));
    else if (order->count >= 2 && is_order_word(order->words[0], "automove"))
        answer_order(order, set_automove(order));
    else
        answer_order(order, "ERROR");
}

/* ---- lists of items ------------------------------------------------------------------------- */

/* How many bytes of b[at..len) are digits; *positive becomes true when one of them is not 0. */
static size_t count_digits(struct mc_bytes word, size_t at, bool *positive)
{
    size_t count = 0;
    while (at + count < word.len && word.data[at + count] >= '0' && word.data[at + count] <= '9') {
        *positive = *positive || word.data[at + count] != '0';
        count++;
    }
    return count;
}

static size_t count_signs(struct mc_bytes word, size_t at)
{
    return at < word.len && (word.data[at] == '-' || word.data[at] == '+') ? 1 : 0;
}

/* Is it a decimal number, perhaps with a fraction and an exponent? *positive: it is above 0. */
static bool read_factor(struct mc_bytes word, bool *positive)
{
    bool ignored = false;
    size_t at = count_signs(word, 0), digits, fraction = 0;
    *positive = false;
    digits = count_digits(word, at, positive);
    at += digits;
    if (at < word.len && word.data[at] == '.') {
        fraction = count_digits(word, at + 1, positive);
        at += 1 + fraction;
    }
    if (digits + fraction > 0 && at < word.len && (word.data[at] | 32) == 'e') {
        at += 1 + count_signs(word, at + 1);
        size_t exponent = count_digits(word, at, &ignored);
        at = exponent > 0 ? at + exponent : word.len + 1;
    }
    *positive = *positive && word.data[0] != '-';
    return digits + fraction > 0 && at == word.len;
}

static const char *tune_lists(const struct order *order)
{
    struct mc_serve_lists *lists = &order->serve->lists;
    uint32_t hot, warm;
    bool hot_age, warm_age;
    if (!read_order_number(order->words[1], &hot) || !read_order_number(order->words[2], &warm) ||
        !read_factor(order->words[3], &hot_age) || !read_factor(order->words[4], &warm_age))
        return "ERROR";
    if (hot + warm > PERCENT_MOST)
        return "ERROR hot and warm pcts must not exceed 80";
    if (!hot_age || !warm_age)
        return "ERROR hot/warm age factors must be greater than 0";
    lists->hot = hot;
    lists->warm = warm;
    return "OK";
}

static const char *set_mode(const struct order *order)
{
    bool flat = is_order_word(order->words[1], "flat");
    if (!flat && !is_order_word(order->words[1], "segmented"))
        return "ERROR";
    order->serve->lists.is_flat = flat;
    return "OK";
}

static const char *set_temporary(const struct order *order)
{
    struct mc_serve_lists *lists = &order->serve->lists;
    struct mc_number ttl = mc_argument_number(order->words[1], INT32_MAX);
    if (!ttl.good)
        return "ERROR";
    lists->has_temporary = !ttl.negative || ttl.size == 0;
    if (lists->has_temporary)
        lists->temporary_ttl = (uint32_t)ttl.size;
    return "OK";
}

static void run_lru(const struct order *order)
{
    bool maintains = order->serve->options.maintains && order->count >= 2;
    if (order->count >= 5 && is_order_word(order->words[0], "tune"))
        answer_order(order, tune_lists(order));
    else if (maintains && is_order_word(order->words[0], "mode"))
        answer_order(order, set_mode(order));
    else if (maintains && is_order_word(order->words[0], "temp_ttl"))
        answer_order(order, set_temporary(order));
    else
        answer_order(order, "ERROR");
}

/* ---- the log -------------------------------------------------------------------------------- */

/* What is answered before watch in the same packet would mix with the log. */
static void start_watching(const struct order *order, struct mc_bytes words)
{
    uint8_t kinds;
    if (order->serve->options.no_watch)
        answer_order(order, "CLIENT_ERROR watch commands not allowed");
    else if (order->client->piped)
        answer_order(order, "ERROR cannot pipeline other commands before watch");
    else if (!mc_serve_log_kinds(words, &kinds))
        answer_order(order, "ERROR");
    else if (mc_serve_log_watch(order->serve, order->client, kinds))
        answer_order(order, "OK");
    else
        answer_order(order, "WATCHER_TOO_MANY log watcher limit reached");
}

/* ---- the server ---------------------------------------------------------------------------- */

static void flush_items(const struct order *order, int32_t delay)
{
    struct mc_cache *cache = &order->serve->cache;
    if (order->serve->options.no_flush) {
        answer_order(order, "CLIENT_ERROR flush_all not allowed");
        return;
    }
    mc_cache_flush(cache,
                   delay > 0 ? mc_update_expiry(cache, delay, order->serve->started) : cache->now);
    order->serve->flushes++;
    answer_order(order, "OK");
}

void mc_serve_admin_refuse_flush(const struct mc_serve_call *call)
{
    const struct order order = order_of(call, MC_REQUEST_FLUSH_ALL);
    answer_order(&order, call->serve->options.no_flush ? "CLIENT_ERROR flush_all not allowed"
                                                       : "CLIENT_ERROR invalid exptime argument");
}

static void shut_down(const struct order *order)
{
    bool graceful = order->count == 1 && is_order_word(order->words[0], "graceful");
    if (!order->serve->options.can_shut_down)
        answer_order(order, "ERROR: shutdown not enabled");
    else if (order->count > 0 && !graceful)
        answer_order(order, "CLIENT_ERROR invalid shutdown mode");
    else
        order->serve->is_stopped = order->client->closing = true;
}

void mc_serve_admin(const struct mc_serve_call *call, int event)
{
    const struct order order = order_of(call, event);
    switch (event) {
    case MC_REQUEST_MN: answer_order(&order, "MN"); break;
    case MC_REQUEST_VERSION: answer_order(&order, "VERSION " MC_SERVE_VERSION); break;
    case MC_REQUEST_QUIT: call->client->closing = true; break;
    case MC_REQUEST_FLUSH_ALL: flush_items(&order, (int32_t)call->request->exptime); break;
    case MC_REQUEST_VERBOSITY: answer_order(&order, "OK"); break;
    case MC_REQUEST_CACHE_MEMLIMIT:
        answer_order(&order, set_memory(&order, (uint32_t)call->request->number));
        break;
    case MC_REQUEST_STATS: run_stats(&order); break;
    case MC_REQUEST_WATCH: start_watching(&order, call->request->text); break;
    case MC_REQUEST_LRU: run_lru(&order); break;
    case MC_REQUEST_SLABS: run_slabs(&order); break;
    case MC_REQUEST_LRU_CRAWLER: run_crawler(&order); break;
    case MC_REQUEST_SHUTDOWN: shut_down(&order); break;
    case MC_REQUEST_REFRESH_CERTS: answer_order(&order, "Error TLS not enabled"); break;
    default: answer_order(&order, "ERROR"); break;
    }
}
