/* All keys of a server, from its LRU crawler: mgdump, or metadump on older servers. */
#ifndef CRAWL_H
#define CRAWL_H

#include "session.h"

/* What the crawler says of an item. Without details only the key and `binary` are known. */
struct crawl_item {
    struct mc_bytes key; /* its bytes, neither in base64 nor with %HH */
    bool binary;         /* it can be sent in base64 only */
    int64_t expires;     /* Unix time; -1: never */
    int64_t last_access; /* Unix time */
    uint64_t size;       /* bytes that the item takes */
};

struct crawl {
    /* Is given each item. */
    void (*receive)(struct crawl *crawl, const struct crawl_item *item);
    const char *match; /* a glob pattern, or NULL: *, ?, and \ before a byte that is meant itself */
    bool detailed;     /* all members of items are wanted */
};

/* Crawls; then the items are given. memcached's crawler holds locks of items while it waits for its
 * client (1.6.18), so that it must not be kept waiting: all keys are in memory first. True when all
 * were given; otherwise none was, and a message has been printed. */
bool crawl_run(struct crawl *crawl, struct session *session);

#endif
