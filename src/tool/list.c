/* The command keys: the keys of all items, and with --long more of each. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "crawl.h"
#include "escape.h"
#include "print.h"
#include "run.h"

struct listing {
    struct crawl crawl;
    const struct settings *settings;
    int64_t now;
};

static void list_json(const struct listing *listing, const struct crawl_item *item, int64_t left)
{
    putchar('{');
    print_json_bytes("key", "key_base64", item->key);
    if (listing->settings->detailed)
        printf(",\"ttl\":%" PRId64 ",\"idle\":%" PRId64 ",\"size\":%" PRIu64, left,
               listing->now - item->last_access, item->size);
    puts("}");
}

static void list_item(struct crawl *crawl, const struct crawl_item *item)
{
    const struct listing *listing = (const struct listing *)(const void *)crawl;
    const struct settings *settings = listing->settings;
    int64_t left = item->expires < 0 ? -1 : item->expires - listing->now;

    if (left < -1)
        left = 0;
    if (settings->json) {
        list_json(listing, item, left);
        return;
    }
    if (settings->detailed)
        printf("%10" PRId64 " %10" PRId64 " %10" PRIu64 " ", left, listing->now - item->last_access,
               item->size);
    if (settings->nul) {
        print_bytes(item->key);
        putchar('\0');
        return;
    }
    escape_field(stdout, item->key.data, item->key.len);
    putchar('\n');
}

int run_keys(void *options, const struct option_words *words)
{
    struct session session;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    struct listing listing = {
        .crawl = {.receive = list_item}, .settings = session.settings, .now = (int64_t)time(NULL)};
    listing.crawl.match = session.settings->match;
    listing.crawl.detailed = session.settings->detailed;
    crawl_run(&listing.crawl, &session);
    return session_end(&session);
}
