/* What the parts of the small memcached share, and its meta commands. Private to serve.c and
 * serve_admin.c. */
#ifndef MC_SERVE_META_H
#define MC_SERVE_META_H

#include <string.h>

#include "argument.h"
#include "serve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A request, as it is handled. */
struct mc_serve_call {
    struct mc_serve *serve;
    struct mc_serve_client *client;
    const struct mc_request *request;
    struct mc_bytes words;           /* those after the command */
    struct mc_request_reader before; /* the reader at the beginning of the line */
};

/* The index of the first such byte; text.len: there is none. */
static inline size_t mc_serve_find(struct mc_bytes text, char byte)
{
    size_t at = 0;
    while (at < text.len && text.data[at] != byte)
        at++;
    return at;
}

static inline bool mc_serve_has(struct mc_bytes text, char byte)
{
    return mc_serve_find(text, byte) < text.len;
}

static inline bool mc_serve_is(struct mc_bytes word, struct mc_bytes text)
{
    return word.len == text.len && memcmp(word.data, text.data, word.len) == 0;
}

static inline size_t mc_serve_count_words(struct mc_bytes words)
{
    size_t count = 0;
    for (struct mc_bytes word; mc_argument_word(&words, &word);)
        count++;
    return count;
}

/* Handles the line of mg, ms, md, ma or me, right or wrong. */
void mc_serve_meta_line(const struct mc_serve_call *call);

/* Answers an ms whose value has been stored, or not. */
void mc_serve_meta_stored(struct mc_serve_client *client, const struct mc_cache *cache,
                          enum mc_update_result result);

#ifdef __cplusplus
}
#endif

#endif
