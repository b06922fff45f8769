/* Keeps items in one block of memory: a table by key, a list by use, and a list of unused slots.
 * Slots are named by their index; slot 0 is none. */
#include "cache.h"

#include <string.h>

enum {
    CLASS_FIRST = 96,    /* what the largest item of class 1 takes */
    CLASS_LAST = 419431, /* a class for more than this is the last */
    USE_INTERVAL = 60,   /* memcached notes the time of a use once in so many seconds */
    SLOT_COST = sizeof(union mc_cache_slot) + sizeof(uint32_t) /* with its bucket */
};

/* ---- slots --------------------------------------------------------------------------------- */

bool mc_cache_init(struct mc_cache *cache, void *block, size_t size)
{
    const struct mc_cache none = {0};
    size_t count = size / SLOT_COST;
    *cache = none;
    if (count > UINT32_MAX)
        count = UINT32_MAX;
    if (count * MC_CACHE_PIECE < 2 * (size_t)MC_CACHE_TOTAL_MAX)
        return false;
    cache->slots = block;
    cache->buckets = (uint32_t *)(void *)(cache->slots + count);
    cache->slot_count = (uint32_t)count;
    cache->bucket_count = (uint32_t)count;
    memset(cache->buckets, 0, count * sizeof *cache->buckets);
    cache->fresh = 1;
    cache->unused_count = cache->slot_count - 1;
    return true;
}

bool mc_cache_limit(struct mc_cache *cache, uint64_t size)
{
    if (size / SLOT_COST > cache->slot_count)
        return false;
    cache->reserved = cache->slot_count - (uint32_t)(size / SLOT_COST);
    return true;
}

static uint32_t index_of(const struct mc_cache *cache, const struct mc_cache_item *item)
{
    return (uint32_t)((const union mc_cache_slot *)(const void *)item - cache->slots);
}

static uint32_t take_slot(struct mc_cache *cache)
{
    uint32_t slot = cache->unused;
    cache->unused_count--;
    if (slot == 0)
        return cache->fresh++;
    cache->unused = cache->slots[slot].more.next;
    return slot;
}

static void give_slot(struct mc_cache *cache, uint32_t slot)
{
    cache->slots[slot].more.next = cache->unused;
    cache->unused = slot;
    cache->unused_count++;
}

static uint32_t slots_for(size_t bytes)
{
    if (bytes <= MC_CACHE_HEAD)
        return 1;
    return 1 + (uint32_t)((bytes - MC_CACHE_HEAD + MC_CACHE_PIECE - 1) / MC_CACHE_PIECE);
}

/* ---- bytes --------------------------------------------------------------------------------- */

struct mc_cache_cursor mc_cache_key(struct mc_cache_item *item)
{
    struct mc_cache_cursor cursor = {item->bytes, MC_CACHE_HEAD, item->next};
    return cursor;
}

/* How many of the next n bytes lie in one piece; moves to the next slot when this one is over. */
static size_t next_piece(const struct mc_cache *cache, struct mc_cache_cursor *cursor, size_t n)
{
    if (cursor->left == 0) {
        union mc_cache_slot *slot = &cache->slots[cursor->next];
        cursor->at = slot->more.bytes;
        cursor->left = MC_CACHE_PIECE;
        cursor->next = slot->more.next;
    }
    return n < cursor->left ? n : cursor->left;
}

static void skip_piece(struct mc_cache_cursor *cursor, size_t n)
{
    cursor->at += n;
    cursor->left -= (uint32_t)n;
}

struct mc_cache_cursor mc_cache_value(const struct mc_cache *cache, struct mc_cache_item *item)
{
    struct mc_cache_cursor cursor = mc_cache_key(item);
    for (size_t left = item->key_len; left > 0;) {
        size_t n = next_piece(cache, &cursor, left);
        skip_piece(&cursor, n);
        left -= n;
    }
    return cursor;
}

void mc_cache_read(const struct mc_cache *cache, struct mc_cache_cursor *cursor, char *to, size_t n)
{
    for (size_t done = 0; done < n;) {
        size_t piece = next_piece(cache, cursor, n - done);
        memcpy(to + done, cursor->at, piece);
        skip_piece(cursor, piece);
        done += piece;
    }
}

struct mc_bytes mc_cache_copy_key(const struct mc_cache *cache, struct mc_cache_item *item,
                                  char to[MC_KEY_MAX])
{
    struct mc_cache_cursor cursor = mc_cache_key(item);
    mc_cache_read(cache, &cursor, to, item->key_len);
    const struct mc_bytes key = {to, item->key_len};
    return key;
}

void mc_cache_write(const struct mc_cache *cache, struct mc_cache_cursor *cursor, const char *from,
                    size_t n)
{
    for (size_t done = 0; done < n;) {
        size_t piece = next_piece(cache, cursor, n - done);
        memcpy(cursor->at, from + done, piece);
        skip_piece(cursor, piece);
        done += piece;
    }
}

static bool has_key(const struct mc_cache *cache, struct mc_cache_item *item, struct mc_bytes key)
{
    struct mc_cache_cursor cursor = mc_cache_key(item);
    if (item->key_len != key.len)
        return false;
    for (size_t done = 0; done < key.len;) {
        size_t piece = next_piece(cache, &cursor, key.len - done);
        if (memcmp(cursor.at, key.data + done, piece) != 0)
            return false;
        skip_piece(&cursor, piece);
        done += piece;
    }
    return true;
}

/* ---- the table and the list ---------------------------------------------------------------- */

/* FNV-1a. */
static uint32_t *bucket_of(const struct mc_cache *cache, struct mc_bytes key)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < key.len; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * UINT32_C(16777619);
    return &cache->buckets[hash % cache->bucket_count];
}

static uint32_t *bucket_of_item(const struct mc_cache *cache, struct mc_cache_item *item)
{
    char key[MC_KEY_MAX];
    return bucket_of(cache, mc_cache_copy_key(cache, item, key));
}

static void enter_list(struct mc_cache *cache, struct mc_cache_item *item)
{
    uint32_t slot = index_of(cache, item);
    item->newer = 0;
    item->older = cache->newest;
    if (cache->newest != 0)
        cache->slots[cache->newest].item.newer = slot;
    else
        cache->oldest = slot;
    cache->newest = slot;
}

static void leave_list(struct mc_cache *cache, const struct mc_cache_item *item)
{
    if (item->newer != 0)
        cache->slots[item->newer].item.older = item->older;
    else
        cache->newest = item->older;
    if (item->older != 0)
        cache->slots[item->older].item.newer = item->newer;
    else
        cache->oldest = item->newer;
}

uint64_t mc_cache_next_cas(struct mc_cache *cache)
{
    return ++cache->last_cas;
}

void mc_cache_link(struct mc_cache *cache, struct mc_cache_item *item)
{
    uint32_t *bucket = bucket_of_item(cache, item);
    item->neighbour = *bucket;
    *bucket = index_of(cache, item);
    enter_list(cache, item);
    item->marks |= MC_CACHE_LINKED;
    item->time = cache->now;
    item->cas = mc_cache_next_cas(cache);
    item->users++;
    cache->items++;
    cache->stored++;
    cache->bytes += mc_cache_total(item->key_len, item->flags, item->size);
}

void mc_cache_unlink(struct mc_cache *cache, struct mc_cache_item *item)
{
    if ((item->marks & MC_CACHE_LINKED) == 0)
        return;
    uint32_t slot = index_of(cache, item), *link = bucket_of_item(cache, item);
    while (*link != slot)
        link = &cache->slots[*link].item.neighbour;
    *link = item->neighbour;
    leave_list(cache, item);
    item->marks &= (uint8_t)~MC_CACHE_LINKED;
    cache->items--;
    cache->bytes -= mc_cache_total(item->key_len, item->flags, item->size);
    mc_cache_release(cache, item);
}

void mc_cache_hold(struct mc_cache_item *item)
{
    item->users++;
}

void mc_cache_release(struct mc_cache *cache, struct mc_cache_item *item)
{
    if (--item->users > 0)
        return;
    uint32_t next = item->next;
    give_slot(cache, index_of(cache, item));
    while (next != 0) {
        uint32_t slot = next;
        next = cache->slots[slot].more.next;
        give_slot(cache, slot);
    }
}

void mc_cache_use(struct mc_cache *cache, struct mc_cache_item *item)
{
    if (item->time + USE_INTERVAL < cache->now)
        item->time = cache->now;
    leave_list(cache, item);
    enter_list(cache, item);
}

/* ---- items --------------------------------------------------------------------------------- */

static bool is_flushed(const struct mc_cache *cache, const struct mc_cache_item *item)
{
    if (cache->flushed_at == 0 || cache->flushed_at > cache->now)
        return false;
    return item->time <= cache->flushed_at ||
           (cache->flushed_cas != 0 && item->cas != 0 && item->cas < cache->flushed_cas);
}

static enum mc_cache_found judge_item(const struct mc_cache *cache,
                                      const struct mc_cache_item *item)
{
    if (is_flushed(cache, item))
        return MC_CACHE_FLUSHED;
    return item->exptime != 0 && item->exptime <= cache->now ? MC_CACHE_EXPIRED : MC_CACHE_VALID;
}

bool mc_cache_is_valid(const struct mc_cache *cache, const struct mc_cache_item *item)
{
    return judge_item(cache, item) == MC_CACHE_VALID;
}

struct mc_cache_item *mc_cache_find(struct mc_cache *cache, struct mc_bytes key)
{
    uint32_t slot = *bucket_of(cache, key);
    while (slot != 0 && !has_key(cache, &cache->slots[slot].item, key))
        slot = cache->slots[slot].item.neighbour;
    struct mc_cache_item *item = slot == 0 ? NULL : &cache->slots[slot].item;
    enum mc_cache_found how = item == NULL ? MC_CACHE_NONE : judge_item(cache, item);
    if (how == MC_CACHE_FLUSHED || how == MC_CACHE_EXPIRED) {
        mc_cache_unlink(cache, item);
        item = NULL;
    }
    if (cache->watcher != NULL)
        cache->watcher->found(cache->watcher, key, item, how);
    return item;
}

size_t mc_cache_total(size_t key_len, uint32_t flags, size_t size)
{
    return 48 + 8 + key_len + 1 + (flags != 0 ? 4 : 0) + size + 2;
}

/* From the size of one class to that of the next. */
static uint32_t grow_class(uint32_t size)
{
    return ((uint32_t)((double)size * 1.25) + 7) / 8 * 8;
}

uint32_t mc_cache_class_size(uint32_t id)
{
    uint32_t size = CLASS_FIRST;
    for (; id > 1 && size < CLASS_LAST; id--)
        size = grow_class(size);
    return size < CLASS_LAST ? size : MC_CACHE_TOTAL_MAX;
}

uint32_t mc_cache_class(size_t total)
{
    uint32_t class = 1;
    for (uint32_t size = CLASS_FIRST; size < CLASS_LAST && size < total; class ++)
        size = grow_class(size);
    return class;
}

struct mc_cache_item *mc_cache_next(const struct mc_cache *cache, struct mc_cache_place *place)
{
    for (; place->bucket < cache->bucket_count; place->bucket++, place->passed = 0) {
        uint32_t slot = cache->buckets[place->bucket];
        for (uint32_t k = 0; slot != 0; k++, slot = cache->slots[slot].item.neighbour) {
            struct mc_cache_item *item = &cache->slots[slot].item;
            if (k < place->passed)
                continue;
            place->passed++;
            if (mc_cache_is_valid(cache, item))
                return item;
        }
    }
    return NULL;
}

struct mc_cache_item *mc_cache_newer(const struct mc_cache *cache, const struct mc_cache_item *item)
{
    uint32_t slot = item == NULL ? cache->oldest : item->newer;
    return slot == 0 ? NULL : &cache->slots[slot].item;
}

/* An item that nobody can find any more is not missed. */
static void evict_item(struct mc_cache *cache, struct mc_cache_item *item)
{
    if (mc_cache_is_valid(cache, item)) {
        cache->evicted++;
        if (cache->watcher != NULL)
            cache->watcher->evicts(cache->watcher, item);
    }
    mc_cache_unlink(cache, item);
}

/* Unlinks the oldest items that nobody uses until so many slots are unused. */
static bool make_room(struct mc_cache *cache, uint32_t slots)
{
    uint32_t at = cache->keeps_all ? 0 : cache->oldest;
    slots += cache->reserved;
    while (cache->unused_count < slots && at != 0) {
        struct mc_cache_item *item = &cache->slots[at].item;
        at = item->newer;
        if (item->users == 1)
            evict_item(cache, item);
    }
    return cache->unused_count >= slots;
}

struct mc_cache_item *mc_cache_make(struct mc_cache *cache, struct mc_bytes key, uint32_t size)
{
    const struct mc_cache_item none = {.users = 1, .size = size, .key_len = (uint8_t)key.len};
    uint32_t slots = slots_for(key.len + size);
    if (key.len + size > MC_CACHE_TOTAL_MAX || !make_room(cache, slots))
        return NULL;
    struct mc_cache_item *item = &cache->slots[take_slot(cache)].item;
    *item = none;
    for (uint32_t *link = &item->next; slots > 1; slots--) {
        *link = take_slot(cache);
        link = &cache->slots[*link].more.next;
        *link = 0;
    }
    struct mc_cache_cursor cursor = mc_cache_key(item);
    mc_cache_write(cache, &cursor, key.data, key.len);
    return item;
}

/* What an earlier flush made invalid stays so, whatever the later one says. */
static void drop_flushed(struct mc_cache *cache)
{
    uint32_t at = cache->oldest;
    while (at != 0) {
        struct mc_cache_item *item = &cache->slots[at].item;
        at = item->newer;
        if (is_flushed(cache, item))
            mc_cache_unlink(cache, item);
    }
}

void mc_cache_flush(struct mc_cache *cache, uint32_t when)
{
    drop_flushed(cache);
    cache->flushed_at = when - 1;
    if (cache->flushed_at <= cache->now)
        cache->flushed_cas = mc_cache_next_cas(cache);
}
