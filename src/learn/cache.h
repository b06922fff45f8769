/* The items of a small memcached, in one block of memory that the caller gives: no allocation, no
 * I/O, no clock. When the block is full, the items that were used least recently go first.
 *
 * An item is a chain of slots of one size, so memory cannot become fragmented. Times are those of
 * memcached: seconds since a little before the server's start, 0 for never.
 */
#ifndef MC_CACHE_H
#define MC_CACHE_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MC_CACHE_HEAD = 80,           /* the first bytes of an item, in its first slot */
    MC_CACHE_PIECE = 132,         /* bytes in each other slot */
    MC_CACHE_TOTAL_MAX = 1 << 20, /* an item with its header, as memcached counts it */
    MC_CACHE_WHOLE_MAX = MC_CACHE_TOTAL_MAX / 2 /* memcached keeps a larger item in pieces */
};

/* What is known of an item. */
enum mc_cache_mark {
    MC_CACHE_LINKED = 1,
    MC_CACHE_FETCHED = 2,
    MC_CACHE_STALE = 4,
    MC_CACHE_WON = 8, /* a client has been told to write it again */
    MC_CACHE_BINARY = 16
};

/* An item: its key and then its value, in `bytes` and in the slots after it. */
struct mc_cache_item {
    uint64_t cas;
    uint32_t next; /* slot of its next bytes; 0: none */
    uint32_t neighbour, older, newer;
    uint32_t exptime, time, flags, size;
    uint32_t users; /* 1 for the table, and 1 for each who reads or writes it */
    uint8_t key_len, marks;
    char bytes[MC_CACHE_HEAD];
};

union mc_cache_slot {
    struct mc_cache_item item;
    struct {
        uint32_t next;
        char bytes[MC_CACHE_PIECE];
    } more;
};

/* Where the next byte of an item is. */
struct mc_cache_cursor {
    char *at;
    uint32_t left, next;
};

/* How far a walk through all items has come. Start from {0}. */
struct mc_cache_place {
    uint32_t bucket, passed; /* so many items of the bucket */
};

/* What mc_cache_find() found; an item that was flushed or has expired is gone after that. */
enum mc_cache_found { MC_CACHE_NONE, MC_CACHE_VALID, MC_CACHE_FLUSHED, MC_CACHE_EXPIRED };

/* Is told what happens: the first member of what keeps a log. */
struct mc_cache_watcher {
    /* A key has been looked for; item: NULL unless it is valid. */
    void (*found)(struct mc_cache_watcher *self, struct mc_bytes key,
                  const struct mc_cache_item *item, enum mc_cache_found how);
    /* The item goes to make room. */
    void (*evicts)(struct mc_cache_watcher *self, struct mc_cache_item *item);
};

struct mc_cache {
    uint32_t now;      /* the caller's: see above */
    bool keeps_all;    /* the caller's: nothing goes to make room for other items */
    uint64_t last_cas; /* the newest cas unique */
    uint64_t items, bytes, stored, evicted;
    struct mc_cache_watcher *watcher; /* the caller's, or NULL */
    /* private */
    union mc_cache_slot *slots;
    uint32_t *buckets;
    uint32_t slot_count, bucket_count;
    uint32_t unused, fresh, unused_count; /* a list, and the first slot that was never used */
    uint32_t reserved;                    /* slots that stay unused, because of the limit */
    uint32_t oldest, newest;
    uint32_t flushed_at; /* items of this time or older are gone, once it has come */
    uint64_t flushed_cas;
};

/* False when the block is too small for an item of the largest size. It has to be aligned as for
 * uint64_t, and stays the cache's. */
bool mc_cache_init(struct mc_cache *cache, void *block, size_t size);

/* The item of a key that has neither expired nor been flushed, or NULL. */
struct mc_cache_item *mc_cache_find(struct mc_cache *cache, struct mc_bytes key);

/* Lets the items take so many bytes of the block from now on. False: the block is smaller. */
bool mc_cache_limit(struct mc_cache *cache, uint64_t size);

/* What memcached says an item takes: for its limit, and for "me". */
size_t mc_cache_total(size_t key_len, uint32_t flags, size_t size);

/* The class of memcached's slabs for an item that takes so much; and, from 1 on, how much the largest
 * item of a class takes. */
uint32_t mc_cache_class(size_t total);
uint32_t mc_cache_class_size(uint32_t id);

/* The first item that is at this place or after it and may be found, or NULL; the place is then after
 * it. Meanwhile items may come and go. */
struct mc_cache_item *mc_cache_next(const struct mc_cache *cache, struct mc_cache_place *place);

/* The item that was used next after this one; of NULL, the one that was used least recently. NULL:
 * there is none. */
struct mc_cache_item *mc_cache_newer(const struct mc_cache *cache,
                                     const struct mc_cache_item *item);

/* False for an item that has expired or was flushed. */
bool mc_cache_is_valid(const struct mc_cache *cache, const struct mc_cache_item *item);

/* A new item, which is the caller's until mc_cache_release(), and not to be found until
 * mc_cache_link(). NULL: no room, even after all others have gone. */
struct mc_cache_item *mc_cache_make(struct mc_cache *cache, struct mc_bytes key, uint32_t size);

/* Makes an item the newest, with a new cas unique. Its key must not be in the cache. */
void mc_cache_link(struct mc_cache *cache, struct mc_cache_item *item);
void mc_cache_unlink(struct mc_cache *cache, struct mc_cache_item *item);

void mc_cache_hold(struct mc_cache_item *item);
void mc_cache_release(struct mc_cache *cache, struct mc_cache_item *item);

/* It has been used: it will go last. */
void mc_cache_use(struct mc_cache *cache, struct mc_cache_item *item);

uint64_t mc_cache_next_cas(struct mc_cache *cache);

/* All items that are older than this time vanish when that time comes; `now`: at once. */
void mc_cache_flush(struct mc_cache *cache, uint32_t when);

/* Reads or writes the next bytes; the item has so many. mc_cache_value() is after its key. */
struct mc_cache_cursor mc_cache_key(struct mc_cache_item *item);
struct mc_cache_cursor mc_cache_value(const struct mc_cache *cache, struct mc_cache_item *item);
void mc_cache_read(const struct mc_cache *cache, struct mc_cache_cursor *cursor, char *to,
                   size_t n);
void mc_cache_write(const struct mc_cache *cache, struct mc_cache_cursor *cursor, const char *from,
                    size_t n);

/* Copies the item's key to `to`, and returns it there. */
struct mc_bytes mc_cache_copy_key(const struct mc_cache *cache, struct mc_cache_item *item,
                                  char to[MC_KEY_MAX]);

#ifdef __cplusplus
}
#endif

#endif
