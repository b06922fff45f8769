/* Reads the lines of the crawler, and asks it in the ways that servers of all ages know. */
#include "crawl.h"

#include <string.h>
#include <time.h>

#include "argument.h"
#include "base64.h"
#include "decimal.h"
#include "glob.h"
#include "patience.h"
#include "percent.h"

enum { ITEM_KEY_MAX = MC_KEY_MAX, BUSY_TRIES = 25, BUSY_PAUSE_NS = 20000000 };

/* ---- lines ----------------------------------------------------------------------------------- */

/* "mg KEY", or "mg BASE64 b". */
static bool read_mgdump_line(struct mc_bytes line, struct crawl_item *item, struct buffer *key)
{
    struct mc_bytes word, text;

    if (!mc_argument_word(&line, &word) || !buffer_same(word, MC_BYTES("mg")) ||
        !mc_argument_word(&line, &text))
        return false;
    item->binary = mc_argument_word(&line, &word) && buffer_same(word, MC_BYTES("b"));
    if (!item->binary)
        buffer_add(key, text);
    return !item->binary || base64_read(key, text);
}

/* The number of a word "NAME=NUMBER", or -1. Another word says nothing; false: it has no number. */
static bool read_member(struct mc_bytes word, const char *name, int64_t *number)
{
    size_t len = strlen(name);
    uint64_t positive;

    if (word.len < len || memcmp(word.data, name, len) != 0)
        return true;
    if (buffer_same((struct mc_bytes){word.data + len, word.len - len}, MC_BYTES("-1"))) {
        *number = -1;
        return true;
    }
    bool good = mc_decimal_read(word.data, len, word.len, INT64_MAX, &positive);
    *number = (int64_t)positive;
    return good;
}

/* Can the key not be sent as it is? */
static bool needs_base64(struct mc_bytes key)
{
    for (size_t i = 0; i < key.len; i++) {
        unsigned char byte = (unsigned char)key.data[i];
        if (byte <= 0x20 || byte == 0x7f)
            return true;
    }
    return false;
}

/* "key=KEY exp=N la=N cas=N fetch=yes cls=N size=N", more or less: the key. */
static bool read_metadump_line(struct mc_bytes line, struct crawl_item *item, struct buffer *key)
{
    struct mc_bytes word;

    if (!mc_argument_word(&line, &word) || word.len < 5 || memcmp(word.data, "key=", 4) != 0 ||
        !percent_read(key, (struct mc_bytes){word.data + 4, word.len - 4}))
        return false;
    item->binary = needs_base64((struct mc_bytes){key->data, key->len});
    return true;
}

/* What else such a line has. False when a number of it is none. */
static bool read_details(struct mc_bytes line, struct crawl_item *item)
{
    struct mc_bytes word;
    int64_t size = 0;
    bool good = true;

    while (good && mc_argument_word(&line, &word))
        good = read_member(word, "exp=", &item->expires) &&
               read_member(word, "la=", &item->last_access) && read_member(word, "size=", &size);
    item->size = (uint64_t)size;
    return good && size >= 0;
}

/* ---- the conversation ------------------------------------------------------------------------ */

struct crawling {
    struct mc_sink sink;
    struct crawl *crawl;
    struct patience patience;
    bool (*read)(struct mc_bytes line, struct crawl_item *item, struct buffer *key);
    struct buffer key, kept; /* kept: the items so far, as keep_item() writes them */
    bool opened;             /* a line has come */
    bool broken;             /* a line was none of the crawler's: what follows is not read */
};

/* Appends the members, the details only when they are wanted, and the key. */
static void keep_item(struct crawling *crawling, const struct crawl_item *item)
{
    const int64_t details[] = {item->expires, item->last_access, (int64_t)item->size};
    const char head[] = {(char)item->key.len, item->binary ? 1 : 0};

    buffer_add(&crawling->kept, (struct mc_bytes){head, sizeof head});
    if (crawling->crawl->detailed)
        buffer_add(&crawling->kept, (struct mc_bytes){(const char *)details, sizeof details});
    buffer_add(&crawling->kept, item->key);
}

static void give_items(struct crawling *crawling)
{
    const struct buffer *kept = &crawling->kept;
    int64_t details[3] = {-1, 0, 0};

    for (size_t at = 0; at < kept->len;) {
        struct crawl_item item = {.key = {NULL, (unsigned char)kept->data[at]},
                                  .binary = kept->data[at + 1] != 0};
        at += 2;
        if (crawling->crawl->detailed) {
            memcpy(details, kept->data + at, sizeof details);
            at += sizeof details;
        }
        item.expires = details[0];
        item.last_access = details[1];
        item.size = (uint64_t)details[2];
        item.key.data = kept->data + at;
        at += item.key.len;
        crawling->crawl->receive(crawling->crawl, &item);
    }
}

/* A line with a key. False: the crawler does not write such a line. */
static bool read_item(struct crawling *crawling, struct mc_bytes line)
{
    struct crawl *crawl = crawling->crawl;
    struct crawl_item item = {.expires = -1};

    crawling->key.len = 0;
    if (!crawling->read(line, &item, &crawling->key) || crawling->key.len > ITEM_KEY_MAX ||
        (crawl->detailed && !read_details(line, &item)))
        return false;
    item.key = (struct mc_bytes){crawling->key.data, crawling->key.len};
    if (crawl->match == NULL || glob_matches(crawl->match, item.key))
        keep_item(crawling, &item);
    return true;
}

/* At most one OK comes, before the first key. */
static void receive_line(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                         const struct mc_reply *reply)
{
    struct crawling *crawling = (struct crawling *)(void *)sink;

    (void)op, (void)slot;
    if (crawling->broken || (event != MC_LINE && event != MC_OPENED))
        return;
    crawling->broken = event == MC_OPENED ? crawling->opened : !read_item(crawling, reply->text);
    crawling->opened = true;
    crawling->patience.ended = crawling->broken;
}

/* "hash" walks over the hash table and gives each item once; "all" walks over the LRU lists. */
static const struct {
    bool (*read)(struct mc_bytes line, struct crawl_item *item, struct buffer *key);
    const struct mc_command *command;
    const char *classes;
} ways[] = {{read_mgdump_line, &mc_command_mgdump, "hash"},
            {read_metadump_line, &mc_command_metadump, "hash"},
            {read_metadump_line, &mc_command_metadump, "all"}};

/* Tries one way; a server that does not know it says ERROR or CLIENT_ERROR. */
static int try_way(struct crawling *crawling, struct session *session, size_t way)
{
    struct mc_op op = mc_op_make(ways[way].command, mc_string(ways[way].classes));
    struct mc_dialer before = session->server.dialer;

    crawling->read = ways[way].read;
    crawling->kept.len = 0;
    crawling->opened = false;
    op.sink = &crawling->sink;
    patience_start(&crawling->patience, &session->server);
    patience_begin(&session->server);
    int result = mc_server_do(&session->server, &op);
    mc_server_close(&session->server);
    session->server.dialer = before;
    return result;
}

/* The same, and again while the crawler is busy: now and then the server itself uses it for a
 * moment. */
static int try_way_often(struct crawling *crawling, struct session *session, size_t way)
{
    const struct timespec pause = {.tv_nsec = BUSY_PAUSE_NS};
    int result = try_way(crawling, session, way);

    for (int tries = 1; result == MC_BUSY && tries < BUSY_TRIES; tries++) {
        nanosleep(&pause, NULL);
        result = try_way(crawling, session, way);
    }
    return result;
}

bool crawl_run(struct crawl *crawl, struct session *session)
{
    struct crawling crawling = {.sink = {receive_line}, .crawl = crawl};
    int result = MC_ERROR;

    for (size_t i = crawl->detailed ? 1 : 0; i < sizeof ways / sizeof *ways; i++) {
        result = try_way_often(&crawling, session, i);
        if (result != MC_ERROR && result != MC_CLIENT_ERROR)
            break;
    }
    if (result == MC_END && !crawling.broken)
        give_items(&crawling);
    buffer_free(&crawling.key);
    buffer_free(&crawling.kept);
    if (crawling.broken)
        session_fail(session, STATUS_PROTOCOL, "a line is not one of memcached's crawler");
    else if (result != MC_END)
        session_judge(session, session->words->command->name, result, session->server.client.text);
    return result == MC_END && !crawling.broken;
}
