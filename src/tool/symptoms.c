/* Judges the statistics of a server by a table: counters that should be 0, settings that should be
 * otherwise, and functions for what takes more than one number. */
#include "symptoms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "decimal.h"
#include "plural.h"
#include "statistics.h"

enum {
    ENOUGH = 1000,       /* of what a ratio is made of */
    EVICTED_PERCENT = 1, /* of the items that were stored */
    NEAR_PERCENT = 90,   /* of the limit of connections */
    HIT_PERCENT = 50,
    UNREAD_PERCENT = 50,   /* of items that expired or were evicted */
    FREE_PERCENT = 25,     /* of the memory that slab classes have */
    PADDING_PERCENT = 20,  /* of the memory of items */
    YIELD_PERCENT = 1,     /* of commands */
    WASTE_LEAST = 10485760 /* bytes: less waste is not worth a word */
};

struct rule {
    const char *name;
    bool (*check)(const struct symptoms_facts *facts, const struct rule *rule, char *text);
    enum symptoms_group group; /* of `number`, which check() may use */
    const char *number, *words;
    const char *advice;
};

/* ---- the numbers ----------------------------------------------------------------------------- */

struct mc_bytes symptoms_text(const struct symptoms_facts *facts, enum symptoms_group group,
                              const char *name)
{
    const struct buffer *lines = &facts->groups[group];
    struct mc_bytes value;

    if (statistics_find((struct mc_bytes){lines->data, lines->len}, mc_string(name), &value))
        return value;
    return (struct mc_bytes){0};
}

bool symptoms_number(const struct symptoms_facts *facts, enum symptoms_group group,
                     const char *name, uint64_t *number)
{
    struct mc_bytes text = symptoms_text(facts, group, name);

    *number = 0;
    return mc_decimal_read(text.data, 0, text.len, UINT64_MAX, number);
}

static uint64_t general(const struct symptoms_facts *facts, const char *name)
{
    uint64_t number;

    symptoms_number(facts, SYMPTOMS_GENERAL, name, &number);
    return number;
}

static double percent_of(uint64_t part, uint64_t all)
{
    return all > 0 ? (double)part * 100 / (double)all : 0;
}

static bool is_share(uint64_t part, uint64_t all, int percent)
{
    return percent_of(part, all) >= (double)percent;
}

static bool is_setting(const struct symptoms_facts *facts, const char *name, const char *value)
{
    struct mc_bytes text = symptoms_text(facts, SYMPTOMS_SETTINGS, name);
    return text.data != NULL && buffer_same(text, mc_string(value));
}

/* ---- counters and settings ------------------------------------------------------------------- */

static bool is_above_zero(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    uint64_t number;

    if (!symptoms_number(facts, rule->group, rule->number, &number) || number == 0)
        return false;
    snprintf(text, SYMPTOM_TEXT, "%s is %" PRIu64 ": %s", rule->number, number, rule->words);
    return true;
}

static bool is_yes(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    snprintf(text, SYMPTOM_TEXT, "%s is yes: %s", rule->number, rule->words);
    return is_setting(facts, rule->number, "yes");
}

static bool is_no(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    snprintf(text, SYMPTOM_TEXT, "%s is no: %s", rule->number, rule->words);
    return is_setting(facts, rule->number, "no");
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* "1.6.18" as 1006018; 0: it is not a version. */
static uint64_t version_number(struct mc_bytes text)
{
    uint64_t number = 0, part = 0;
    size_t parts = 0;

    for (size_t at = 0, end; at <= text.len && parts < 3; at = end + 1, parts++) {
        for (end = at; end < text.len && text.data[end] >= '0' && text.data[end] <= '9';)
            end++;
        if (!mc_decimal_read(text.data, at, end, 999, &part))
            return 0;
        number = number * 1000 + part;
    }
    return parts == 3 ? number : 0;
}

static bool check_version(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    const struct mc_bytes version = symptoms_text(facts, SYMPTOMS_GENERAL, "version");
    uint64_t number = version_number(version);

    (void)rule;
    snprintf(text, SYMPTOM_TEXT, "memcached %.*s: meta commands need 1.6.18 or newer",
             (int)(version.len < 40 ? version.len : 40), version.data);
    return number > 0 && number < 1006018;
}

static bool check_listening(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    static const char *const all[] = {"NULL", "", "0.0.0.0", "::", "*"};
    uint64_t port;
    bool everywhere = false;

    (void)rule;
    if (!symptoms_number(facts, SYMPTOMS_SETTINGS, "tcpport", &port) || port == 0)
        return false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        everywhere = everywhere || is_setting(facts, "inter", all[i]);
    snprintf(text, SYMPTOM_TEXT,
             "port %" PRIu64 " is open on all interfaces, and nobody has to log in", port);
    struct mc_bytes path = symptoms_text(facts, SYMPTOMS_SETTINGS, "domain_socket");
    bool local = path.len > 0 && !is_setting(facts, "domain_socket", "NULL");
    struct mc_bytes login = symptoms_text(facts, SYMPTOMS_SETTINGS, "auth_enabled_ascii");
    bool closed = is_setting(facts, "auth_enabled_sasl", "yes") ||
                  (login.len > 0 && !is_setting(facts, "auth_enabled_ascii", "no"));
    return everywhere && !local && !closed;
}

static bool check_connections(const struct symptoms_facts *facts, const struct rule *rule,
                              char *text)
{
    uint64_t now = general(facts, "curr_connections"), most = general(facts, "max_connections");

    (void)rule;
    if (most == 0)
        symptoms_number(facts, SYMPTOMS_SETTINGS, "maxconns", &most);
    snprintf(text, SYMPTOM_TEXT, "%" PRIu64 " of %" PRIu64 " connection%s %s in use (%.0f %%)", now,
             most, plural_s(most), now == 1 ? "is" : "are", percent_of(now, most));
    return most > 0 && is_share(now, most, NEAR_PERCENT);
}

/* The shortest time since its last use that an evicted item of any class had; false: none was. */
static bool find_evicted_time(const struct symptoms_facts *facts, uint64_t *shortest)
{
    const struct buffer *items = &facts->groups[SYMPTOMS_ITEMS];
    struct mc_bytes lines = {items->data, items->len}, name, value;
    uint64_t evicted = 0, seconds = 0;
    bool found = false;

    while (statistics_next(&lines, &name, &value)) {
        const char *last = name.len > 0 ? name.data + name.len : NULL;
        if (name.len > 8 && memcmp(last - 8, ":evicted", 8) == 0)
            mc_decimal_read(value.data, 0, value.len, UINT64_MAX, &evicted);
        if (name.len > 13 && memcmp(last - 13, ":evicted_time", 13) == 0 && evicted > 0 &&
            mc_decimal_read(value.data, 0, value.len, UINT64_MAX, &seconds) &&
            (!found || seconds < *shortest)) {
            *shortest = seconds;
            found = true;
        }
    }
    return found;
}

static bool check_evictions(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    uint64_t evicted = general(facts, "evictions"), stored = general(facts, "total_items");
    uint64_t seconds = 0;
    char since[80] = "";

    (void)rule;
    if (find_evicted_time(facts, &seconds))
        snprintf(since, sizeof since,
                 "; the last one of a class had been used %" PRIu64 " s before", seconds);
    snprintf(text, SYMPTOM_TEXT, "%" PRIu64 " item%s, %.1f %% of those stored, had to go%s",
             evicted, plural_s(evicted), percent_of(evicted, stored), since);
    return evicted > 0 && is_share(evicted, stored, EVICTED_PERCENT);
}

static bool check_evicted_unread(const struct symptoms_facts *facts, const struct rule *rule,
                                 char *text)
{
    uint64_t unread = general(facts, "evicted_unfetched"), all = general(facts, "evictions");

    (void)rule;
    snprintf(text, SYMPTOM_TEXT, "%" PRIu64 " of %" PRIu64 " evicted items had never been fetched",
             unread, all);
    return all >= ENOUGH && is_share(unread, all, UNREAD_PERCENT);
}

static bool check_expired_unread(const struct symptoms_facts *facts, const struct rule *rule,
                                 char *text)
{
    uint64_t unread = general(facts, "expired_unfetched"), stored = general(facts, "total_items");

    (void)rule;
    snprintf(text, SYMPTOM_TEXT,
             "%" PRIu64 " items, %.1f %% of those stored, expired and had never been fetched",
             unread, percent_of(unread, stored));
    return unread >= ENOUGH && is_share(unread, stored, UNREAD_PERCENT);
}

static bool check_hits(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    uint64_t hits = general(facts, "get_hits"), all = hits + general(facts, "get_misses");

    (void)rule;
    snprintf(text, SYMPTOM_TEXT, "%.1f %% of %" PRIu64 " fetched keys were found",
             percent_of(hits, all), all);
    return all >= ENOUGH && !is_share(hits, all, HIT_PERCENT);
}

static bool check_yields(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    uint64_t yields = general(facts, "conn_yields");
    uint64_t commands = general(facts, "cmd_get") + general(facts, "cmd_set");

    (void)rule;
    snprintf(text, SYMPTOM_TEXT,
             "%" PRIu64 " times a connection had to wait, as it had sent many commands at once",
             yields);
    return yields >= ENOUGH && is_share(yields, commands, YIELD_PERCENT);
}

/* ---- slabs ----------------------------------------------------------------------------------- */

/* Bytes, of all classes. */
struct slabs {
    uint64_t used, unused; /* in chunks */
    uint64_t requested;    /* by the items in used chunks; 0: not known */
};

/* A number of a class: "1:free_chunks". */
static uint64_t of_class(const struct symptoms_facts *facts, enum symptoms_group group,
                         const char *before, struct mc_bytes class, const char *name)
{
    char text[64];
    uint64_t number;

    snprintf(text, sizeof text, "%s%.*s%s", before, (int)class.len, class.data, name);
    symptoms_number(facts, group, text, &number);
    return number;
}

static void add_class(const struct symptoms_facts *facts, struct mc_bytes class, uint64_t chunk,
                      struct slabs *slabs)
{
    uint64_t requested = of_class(facts, SYMPTOMS_ITEMS, "items:", class, ":mem_requested");

    if (requested == 0) /* older servers */
        requested = of_class(facts, SYMPTOMS_SLABS, "", class, ":mem_requested");
    slabs->used += chunk * of_class(facts, SYMPTOMS_SLABS, "", class, ":used_chunks");
    slabs->unused += chunk * of_class(facts, SYMPTOMS_SLABS, "", class, ":free_chunks");
    slabs->requested += requested;
}

static struct slabs sum_slabs(const struct symptoms_facts *facts)
{
    static const char suffix[] = ":chunk_size";
    const struct buffer *text = &facts->groups[SYMPTOMS_SLABS];
    struct mc_bytes lines = {text->data, text->len}, name, value;
    struct slabs slabs = {0};
    uint64_t chunk;
    size_t len = sizeof suffix - 1;

    while (statistics_next(&lines, &name, &value)) {
        if (name.len <= len || memcmp(name.data + name.len - len, suffix, len) != 0 ||
            !mc_decimal_read(value.data, 0, value.len, UINT32_MAX, &chunk))
            continue;
        add_class(facts, (struct mc_bytes){name.data, name.len - len}, chunk, &slabs);
    }
    return slabs;
}

static double megabytes(uint64_t bytes)
{
    return (double)bytes / 1048576;
}

static bool check_free_chunks(const struct symptoms_facts *facts, const struct rule *rule,
                              char *text)
{
    const struct slabs slabs = sum_slabs(facts);
    uint64_t all = slabs.used + slabs.unused;

    (void)rule;
    snprintf(text, SYMPTOM_TEXT, "%.1f of %.1f MB that size classes have are unused",
             megabytes(slabs.unused), megabytes(all));
    return slabs.unused >= WASTE_LEAST && is_share(slabs.unused, all, FREE_PERCENT) &&
           general(facts, "evictions") > 0;
}

static bool check_padding(const struct symptoms_facts *facts, const struct rule *rule, char *text)
{
    const struct slabs slabs = sum_slabs(facts);
    uint64_t waste = slabs.used > slabs.requested ? slabs.used - slabs.requested : 0;

    (void)rule;
    snprintf(text, SYMPTOM_TEXT, "%.1f of %.1f MB of items are padding: their chunks are larger",
             megabytes(waste), megabytes(slabs.used));
    return slabs.requested > 0 && waste >= WASTE_LEAST &&
           is_share(waste, slabs.used, PADDING_PERCENT);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct rule rules[] = {
    {"version", check_version, 0, NULL, NULL,
     "Upgrade: older servers also have known security holes."},
    {"open", check_listening, 0, NULL, NULL,
     "Listen on one address (-l), keep others out with a firewall, or make clients log in (-Y "
     "FILE)."},
    {"udp", is_above_zero, SYMPTOMS_SETTINGS, "udpport",
     "UDP is open, which attackers use to flood "
     "others",
     "Close it (-U 0)."},
    {"evictions", check_evictions, 0, NULL, NULL,
     "Give it more memory (-m), or store less: shorter times to live, smaller values."},
    {"evicted unread", check_evicted_unread, 0, NULL, NULL,
     "Do not store what nobody fetches, or store it for a shorter time."},
    {"connections", check_connections, 0, NULL, NULL,
     "Raise the limit (-c), or let clients keep fewer connections open."},
    {"refused connections", is_above_zero, SYMPTOMS_GENERAL, "rejected_connections",
     "there were too many connections", "Raise the limit (-c)."},
    {"full", is_above_zero, SYMPTOMS_GENERAL, "listen_disabled_num",
     "that often new connections had to wait for old ones to close", "Raise the limit (-c)."},
    {"hit ratio", check_hits, 0, NULL, NULL,
     "'mcwire top --by misses' shows which keys are not found."},
    {"free chunks", check_free_chunks, 0, NULL, NULL,
     "Items are evicted nevertheless: let memory move between classes (-o "
     "slab_reassign,slab_automove=1)."},
    {"padding", check_padding, 0, NULL, NULL,
     "Have more size classes (-f 1.08), or values of other sizes."},
    {"expired unread", check_expired_unread, 0, NULL, NULL, "Do not store what nobody fetches."},
    {"too large", is_above_zero, SYMPTOMS_GENERAL, "store_too_large",
     "that many values were larger than an item may be",
     "Raise item_size_max (-I), or split or "
     "compress values."},
    {"no memory", is_above_zero, SYMPTOMS_GENERAL, "store_no_memory",
     "that many values were not stored for lack of memory", "Give it more memory (-m)."},
    {"malloc", is_above_zero, SYMPTOMS_GENERAL, "malloc_fails", "the system had no memory left",
     "Give the machine more memory, or memcached less (-m)."},
    {"logins", is_above_zero, SYMPTOMS_GENERAL, "auth_errors", "that many logins were refused",
     "Look for clients with an old password, and for strangers."},
    {"flush_all", is_above_zero, SYMPTOMS_GENERAL, "cmd_flush",
     "that often somebody has invalidated all items", "Find out who; -F forbids it."},
    {"yields", check_yields, 0, NULL, NULL,
     "Raise the number of commands that a connection may send at once (-R)."},
    {"verbosity", is_above_zero, SYMPTOMS_SETTINGS, "verbosity",
     "each command may be logged to stderr", "Send 'verbosity 0' ('mcwire talk')."},
    {"detail", is_yes, SYMPTOMS_SETTINGS, "detail_enabled", "statistics of prefixes cost time",
     "Send 'stats detail off' ('mcwire stats \"detail off\"')."},
    {"crawler", is_no, SYMPTOMS_SETTINGS, "lru_crawler",
     "expired items keep their memory until it is needed", "Turn it on: -o lru_crawler."},
    {"maintainer", is_no, SYMPTOMS_SETTINGS, "lru_maintainer_thread",
     "items are kept in an order that is slower with many threads", "Turn it on: -o modern."},
};

const size_t symptoms_count = sizeof rules / sizeof *rules;

bool symptoms_check(const struct symptoms_facts *facts, size_t i, struct symptom *found)
{
    const struct rule *rule = &rules[i];

    found->name = rule->name;
    found->advice = rule->advice;
    return rule->check(facts, rule, found->text);
}
