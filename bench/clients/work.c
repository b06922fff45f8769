/* Reads what a work is, and makes its keys and values. */
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find_verb(const char *name, enum work_verb *verb)
{
    static const char *const names[] = {
        [WORK_GET] = "get",    [WORK_MISS] = "miss",     [WORK_SET] = "set",
        [WORK_META] = "mg",    [WORK_DELETE] = "delete", [WORK_TOUCH] = "touch",
        [WORK_INCR] = "incr",  [WORK_GETS] = "gets",     [WORK_META_SET] = "ms",
        [WORK_MIXED] = "mixed"};

    for (*verb = WORK_GET; *verb < WORK_VERBS; (*verb)++)
        if (strcmp(names[*verb], name) == 0)
            return true;
    return false;
}

bool work_read(struct work *work, const char *text)
{
    char verb[8];
    unsigned batch, size, first, keys;

    if (sscanf(text, "%7s %u %u %u %u", verb, &batch, &size, &first, &keys) != 5 || batch < 1 ||
        batch > WORK_BATCH_MAX || keys > WORK_KEYS_MAX || batch > keys || size > WORK_SIZE_MAX)
        return false;
    *work = (struct work){.batch = batch, .size = size, .first = first, .keys = keys};
    return find_verb(verb, &work->verb);
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
