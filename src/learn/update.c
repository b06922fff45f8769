/* Stores, appends, and counts, as memcached 1.6.18 does. */
#include "update.h"
#include "argument.h"
#include "decimal.h"

enum {
    NUMBER_SCAN = 512,                /* a number is in so many bytes of its value */
    NUMBER_TOTAL = MC_CACHE_WHOLE_MAX /* a larger item is not counted with */
};

bool mc_update_number(struct mc_bytes word, uint64_t *number)
{
    struct mc_number n = mc_argument_number(word, UINT64_MAX);
    uint64_t wrapped = n.negative ? 0 - n.size : n.size;
    bool good = n.good && (!n.negative || wrapped <= INT64_MAX);
    *number = good ? wrapped : 0;
    return good;
}

uint32_t mc_update_expiry(const struct mc_cache *cache, int32_t exptime, uint64_t started)
{
    if (exptime == 0)
        return 0;
    if (exptime < 0)
        return 1;
    if (exptime <= MC_EXPTIME_RELATIVE_MAX)
        return (uint32_t)exptime + cache->now;
    return (uint64_t)exptime <= started ? 1 : (uint32_t)((uint64_t)exptime - started);
}

/* ---- storage commands ---------------------------------------------------------------------- */

static void copy_value(const struct mc_cache *cache, struct mc_cache_cursor *to,
                       struct mc_cache_item *from)
{
    char piece[256];
    struct mc_cache_cursor cursor = mc_cache_value(cache, from);
    for (size_t left = from->size; left > 0;) {
        size_t n = left < sizeof piece ? left : sizeof piece;
        mc_cache_read(cache, &cursor, piece, n);
        mc_cache_write(cache, to, piece, n);
        left -= n;
    }
}

/* A new item with an item's key, flags and time to live, and room for a value of this size. */
static struct mc_cache_item *make_like(struct mc_cache *cache, struct mc_cache_item *old,
                                       uint32_t size)
{
    char key[MC_KEY_MAX];
    const struct mc_bytes bytes = mc_cache_copy_key(cache, old, key);
    if (mc_cache_total(old->key_len, old->flags, size) > MC_CACHE_TOTAL_MAX)
        return NULL;
    struct mc_cache_item *item = mc_cache_make(cache, bytes, size);
    if (item != NULL) {
        item->flags = old->flags;
        item->exptime = old->exptime;
    }
    return item;
}

static void replace_item(struct mc_cache *cache, struct mc_cache_item *old,
                         struct mc_cache_item *item)
{
    mc_cache_unlink(cache, old);
    mc_cache_link(cache, item);
}

static void note_stored(struct mc_update_store *store, const struct mc_cache_item *item)
{
    store->stored = item;
    store->cas = item->cas;
}

/* Puts both values into a new item. The old one is held, so that it is not evicted for it. */
static enum mc_update_result join_items(struct mc_cache *cache, struct mc_cache_item *old,
                                        struct mc_update_store *store)
{
    if (store->item->cas != 0 && store->item->cas != old->cas)
        return MC_UPDATE_EXISTS;
    mc_cache_hold(old);
    struct mc_cache_item *joined = make_like(cache, old, old->size + store->item->size);
    if (joined != NULL) {
        bool append = store->mode == MC_UPDATE_APPEND;
        struct mc_cache_cursor to = mc_cache_value(cache, joined);
        copy_value(cache, &to, append ? old : store->item);
        copy_value(cache, &to, append ? store->item : old);
        replace_item(cache, old, joined);
        note_stored(store, joined);
        mc_cache_release(cache, joined);
    }
    mc_cache_release(cache, old);
    return joined != NULL ? MC_UPDATE_DONE : MC_UPDATE_NOT_STORED;
}

/* An item with an older cas unique keeps the newer one's time to live and marks. */
static bool may_replace(const struct mc_cache_item *old, struct mc_update_store *store)
{
    struct mc_cache_item *item = store->item;
    if (item->cas == old->cas && item->cas != 0)
        return true;
    if (item->cas == 0 || !store->stale || item->cas > old->cas)
        return false;
    item->exptime = old->exptime;
    item->marks |= (uint8_t)(MC_CACHE_STALE | (old->marks & MC_CACHE_WON));
    return true;
}

static enum mc_update_result put_over(struct mc_cache *cache, struct mc_cache_item *old,
                                      struct mc_update_store *store)
{
    if (store->mode == MC_UPDATE_ADD) {
        mc_cache_use(cache, old);
        return MC_UPDATE_NOT_STORED;
    }
    if (store->mode == MC_UPDATE_APPEND || store->mode == MC_UPDATE_PREPEND)
        return join_items(cache, old, store);
    if (store->mode == MC_UPDATE_CAS && !may_replace(old, store))
        return MC_UPDATE_EXISTS;
    replace_item(cache, old, store->item);
    note_stored(store, store->item);
    return MC_UPDATE_DONE;
}

enum mc_update_result mc_update_put(struct mc_cache *cache, struct mc_update_store *store)
{
    char key[MC_KEY_MAX];
    const struct mc_bytes bytes = mc_cache_copy_key(cache, store->item, key);
    struct mc_cache_item *old = mc_cache_find(cache, bytes);
    store->stored = NULL;
    if (old != NULL)
        return put_over(cache, old, store);
    if (store->mode == MC_UPDATE_CAS)
        return MC_UPDATE_NOT_FOUND;
    if (store->mode != MC_UPDATE_SET && store->mode != MC_UPDATE_ADD)
        return MC_UPDATE_NOT_STORED;
    mc_cache_link(cache, store->item);
    note_stored(store, store->item);
    return MC_UPDATE_DONE;
}

/* ---- arithmetic ---------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Reads a value as a number: spaces before and after it do not count. */
static bool read_value(const struct mc_cache *cache, struct mc_cache_item *item, uint64_t *number)
{
    char text[NUMBER_SCAN];
    size_t end = item->size < sizeof text ? item->size : sizeof text, from = 0;
    struct mc_cache_cursor cursor = mc_cache_value(cache, item);
    mc_cache_read(cache, &cursor, text, end);
    while (from < end && is_blank(text[from]))
        from++;
    size_t to = from;
    while (to < end && !is_blank(text[to]))
        to++;
    const struct mc_bytes word = {text + from, to - from};
    return mc_update_number(word, number);
}

/* Writes the number over the old one, with spaces up to its size. */
static void write_in_place(struct mc_cache *cache, struct mc_cache_item *item,
                           struct mc_bytes digits)
{
    struct mc_cache_cursor to = mc_cache_value(cache, item);
    mc_cache_write(cache, &to, digits.data, digits.len);
    for (size_t left = item->size - digits.len; left > 0; left--)
        mc_cache_write(cache, &to, " ", 1);
    item->cas = mc_cache_next_cas(cache);
    mc_cache_use(cache, item);
}

/* The longer number is a new item; what is answered is the old one, with the new cas unique. */
static bool write_longer(struct mc_cache *cache, struct mc_cache_item *item, struct mc_bytes digits)
{
    struct mc_cache_item *longer = make_like(cache, item, (uint32_t)digits.len);
    if (longer == NULL)
        return false;
    struct mc_cache_cursor to = mc_cache_value(cache, longer);
    mc_cache_write(cache, &to, digits.data, digits.len);
    replace_item(cache, item, longer);
    item->cas = longer->cas;
    mc_cache_release(cache, longer);
    return true;
}

static uint64_t count_on(uint64_t number, const struct mc_update_delta *delta)
{
    if (!delta->down)
        return number + delta->delta;
    return delta->delta > number ? 0 : number - delta->delta;
}

enum mc_update_result mc_update_add(struct mc_cache *cache, struct mc_bytes key,
                                    struct mc_update_delta *delta)
{
    char digits[MC_DECIMAL_MAX];
    uint64_t old;
    struct mc_cache_item *item = mc_cache_find(cache, key);
    delta->item = NULL;
    if (item == NULL)
        return MC_UPDATE_NOT_FOUND;
    if (item->size == 0 || mc_cache_total(item->key_len, item->flags, item->size) > NUMBER_TOTAL)
        return MC_UPDATE_NO_NUMBER;
    if (delta->cas != 0 && delta->cas != item->cas)
        return MC_UPDATE_EXISTS;
    if (!read_value(cache, item, &old))
        return MC_UPDATE_NO_NUMBER;
    delta->number = count_on(old, delta);
    const struct mc_bytes text = {digits, mc_decimal_digits(delta->number)};
    mc_decimal_write(digits, 0, text.len, delta->number);
    bool in_place = text.len <= item->size && item->users == 1;
    mc_cache_hold(item);
    if (in_place) {
        write_in_place(cache, item, text);
    } else if (!write_longer(cache, item, text)) {
        mc_cache_release(cache, item);
        return MC_UPDATE_NO_ROOM;
    }
    delta->item = item;
    return MC_UPDATE_DONE;
}
