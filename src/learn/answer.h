/* What one client is still to be sent: a line or some, and after it perhaps a value, which goes
 * into the caller's buffer in as many pieces as it takes. */
#ifndef MC_ANSWER_H
#define MC_ANSWER_H

#include "cache.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { MC_ANSWER_LINES = 1536 }; /* the longest are the statistics */

/* Start from {0}. */
struct mc_answer {
    char lines[MC_ANSWER_LINES];
    size_t len, sent;
    struct mc_cache_item *item; /* whose value follows, or NULL */
    struct mc_cache_cursor at;
    uint32_t left;
};

/* Append to the lines; what does not fit is left out. */
void mc_answer_text(struct mc_answer *answer, struct mc_bytes text);
void mc_answer_number(struct mc_answer *answer, uint64_t number);
void mc_answer_base64(struct mc_answer *answer, struct mc_bytes bytes);

/* Appends bytes as a URI has them. */
void mc_answer_encoded(struct mc_answer *answer, struct mc_bytes bytes);

/* Appends <text>\r\n. */
void mc_answer_line(struct mc_answer *answer, struct mc_bytes text);

/* The item's value, and \r\n, follow the lines. */
void mc_answer_value(struct mc_answer *answer, const struct mc_cache *cache,
                     struct mc_cache_item *item);

/* Takes everything back. */
void mc_answer_clear(struct mc_answer *answer, struct mc_cache *cache);

/* Moves what it can to *out; true when nothing is left. */
bool mc_answer_send(struct mc_answer *answer, struct mc_cache *cache, struct mc_out *out);

#ifdef __cplusplus
}
#endif

#endif
