/* The operations that are measured, with their keys and values: the same bytes for every client. */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORK_KEY_LEN = 9, /* "key:00042" */
    WORK_KEYS_MAX = 128,
    WORK_BATCH_MAX = 100,
    WORK_SIZE_MAX = 1000000,
    WORK_NUMBER = 1000 /* the value of incr's keys */
};

/* A delete is of a key that is not there, as a key can be deleted but once; an incr is by 0, of
 * WORK_NUMBER; WORK_MIXED is one run of get, set, delete, touch, incr, gets, mg and ms in turn. */
enum work_verb {
    WORK_GET,
    WORK_MISS,
    WORK_SET,
    WORK_META,
    WORK_DELETE,
    WORK_TOUCH,
    WORK_INCR,
    WORK_GETS,
    WORK_META_SET,
    WORK_MIXED,
    WORK_VERBS
};

struct work {
    enum work_verb verb;
    uint32_t batch; /* keys in one operation; they all go out before a reply is read */
    uint32_t size;  /* of a value, in bytes */
    uint32_t first; /* the number of its first key */
    uint32_t keys;  /* how many keys it takes in turn */
};

/* Reads "VERB BATCH SIZE FIRST KEYS"; work.c has the verbs. False: no such work. */
bool work_read(struct work *work, const char *text);

/* The first key, counted from 0, of the i-th operation. */
static inline uint32_t work_at(const struct work *work, uint32_t i)
{
    return i % (work->keys - work->batch + 1);
}

/* The k-th key, with a NUL after it. */
void work_key(const struct work *work, uint32_t k, char key[WORK_KEY_LEN + 1]);

/* Its value, work->size bytes: the key, and letters up to the size. */
void work_value(const struct work *work, uint32_t k, char *value);

bool work_is_value(const struct work *work, uint32_t k, const char *value, size_t len);

/* What a client needs for a work, made ready before the clock runs. Start from {0}. */
struct work_set {
    char keys[WORK_KEYS_MAX][WORK_KEY_LEN + 1];
    char *values; /* work->keys values of work->size bytes, one after the other */
    char *room;   /* for work->batch values to be received */
};

/* Allocates, and frees what was there. False: no memory. */
bool work_set_make(struct work_set *set, const struct work *work);

#endif
