/* The table of works, and their keys and values. */
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys 0... hold 32 bytes, 1000... 1 kB, 2000... 100 kB, 3000... 1 MB; 5000... are only ever set by
 * the clients, and 9000... never exist. */
const struct work work_table[] = {
    {"get", "get, 32 B", WORK_GET, 1, 32, 0, 128, true, true},
    {"miss", "get, miss", WORK_MISS, 1, 0, 9000, 128, true, false},
    {"set", "set, 32 B", WORK_SET, 1, 32, 5000, 128, true, true},
    {"get-3", "get of 3 keys", WORK_GET, 3, 32, 0, 128, false, false},
    {"get-10", "get of 10 keys", WORK_GET, 10, 32, 0, 128, true, true},
    {"get-30", "get of 30 keys", WORK_GET, 30, 32, 0, 128, false, false},
    {"get-100", "get of 100 keys", WORK_GET, 100, 32, 0, 128, true, true},
    {"mg", "mg, 32 B", WORK_META, 1, 32, 0, 128, true, false},
    {"mg-10", "10 mg in a pipeline", WORK_META, 10, 32, 0, 128, false, false},
    {"mg-100", "100 mg in a pipeline", WORK_META, 100, 32, 0, 128, true, true},
    {"get-1k", "get, 1 kB", WORK_GET, 1, 1000, 1000, 128, false, false},
    {"get-100k", "get, 100 kB", WORK_GET, 1, 100000, 2000, 1, false, false},
    {"get-1m", "get, 1 MB", WORK_GET, 1, 1000000, 3000, 1, true, true},
    {"set-1k", "set, 1 kB", WORK_SET, 1, 1000, 5200, 128, false, false},
    {"set-100k", "set, 100 kB", WORK_SET, 1, 100000, 5400, 1, false, false},
    {"set-1m", "set, 1 MB", WORK_SET, 1, 1000000, 5500, 1, true, false},
};

const size_t work_count = sizeof work_table / sizeof *work_table;

const struct work *work_find(const char *name)
{
    for (size_t i = 0; i < work_count; i++)
        if (strcmp(work_table[i].name, name) == 0)
            return &work_table[i];
    return NULL;
}

const char *work_verb_name(enum work_verb verb)
{
    static const char *const names[] = {
        [WORK_GET] = "get", [WORK_MISS] = "miss", [WORK_SET] = "set", [WORK_META] = "mg"};

    return names[verb];
}

void work_key(const struct work *work, uint32_t k, char key[WORK_KEY_LEN + 1])
{
    snprintf(key, WORK_KEY_LEN + 1, "key:%05u", (unsigned)(work->first + k) % 100000);
}

void work_value(const struct work *work, uint32_t k, char *value)
{
    char key[WORK_KEY_LEN + 1];

    work_key(work, k, key);
    for (uint32_t i = 0; i < work->size; i++)
        value[i] = (char)(i < WORK_KEY_LEN ? key[i] : 'a' + (int)(i % 26));
}

bool work_is_value(const struct work *work, uint32_t k, const char *value, size_t len)
{
    char key[WORK_KEY_LEN + 1];
    bool same = len == work->size;

    work_key(work, k, key);
    for (uint32_t i = 0; same && i < work->size; i++)
        same = value[i] == (i < WORK_KEY_LEN ? key[i] : (char)('a' + i % 26));
    return same;
}

bool work_set_make(struct work_set *set, const struct work *work)
{
    size_t size = work->size;

    free(set->values);
    free(set->room);
    set->values = malloc(size * work->keys + 1);
    set->room = malloc(size * work->batch + 1);
    if (set->values == NULL || set->room == NULL)
        return false;
    for (uint32_t k = 0; k < work->keys; k++) {
        work_key(work, k, set->keys[k]);
        work_value(work, k, set->values + k * size);
    }
    return true;
}
