/* Reads the next awaited reply and holds it against the question. Internal: shared by the commands
 * one at a time (client.c) and the pipeline. */
#ifndef MC_ANSWER_H
#define MC_ANSWER_H

#include "client.h"

#include <string.h>

/* What a command may be answered with, besides an error: a bit for each event. */
#define MC_ANSWER(event) (UINT32_C(1) << (event))

enum {
    MC_ANSWER_STORE = 1u << MC_STORED | 1u << MC_NOT_STORED,
    MC_ANSWER_CAS = 1u << MC_STORED | 1u << MC_NOT_STORED | 1u << MC_EXISTS | 1u << MC_NOT_FOUND,
    MC_ANSWER_DELETE = 1u << MC_DELETED | 1u << MC_NOT_FOUND,
    MC_ANSWER_DELTA = 1u << MC_NUMBER | 1u << MC_NOT_FOUND,
    MC_ANSWER_TOUCH = 1u << MC_TOUCHED | 1u << MC_NOT_FOUND
};

/* What a meta command asked: its key and flags, with which the reply's k and O are compared. */
struct mc_answer_meta {
    struct mc_bytes key;
    const struct mc_flag *flags;
    size_t count;
    struct mc_bytes returned; /* letters that come back where something was found or done */
};

/* The keys of a retrieval, and where their values go. */
struct mc_answer_keys {
    const struct mc_bytes *keys;
    struct mc_value *values;
    size_t count;
    bool gets; /* a cas unique was asked for */
};

/* A reply of one line. One of the accepted events, an error reply, or negative. */
int mc_answer_line(struct mc_client *client, uint32_t accepted, struct mc_reply *reply,
                   mc_deadline deadline);

/* The same to a storage command, after whose ERROR or CLIENT_ERROR the connection is given up. */
int mc_answer_store(struct mc_client *client, uint32_t accepted, mc_deadline deadline);

/* The reply to a retrieval, matched by key in whatever order. 0 with each values[i].result set to
 * MC_HIT, MC_MISS or MC_E_FULL; otherwise the error reply or negative result, which is then also
 * the result of each key whose value was not read before an error reply. After an error line within
 * a reply, or in place of one to several keys, the connection is given up: more of the reply may
 * follow it. */
int mc_answer_get(struct mc_client *client, const struct mc_answer_keys *asked,
                  mc_deadline deadline);

/* One item that lies whole in the client's buffer, copied to where it belongs. MC_HIT, or MC_E_FULL.
 */
static inline int mc_answer_item(const struct mc_reply *item, struct mc_value *value)
{
    value->len = item->size;
    value->flags = item->flags;
    value->cas = 0;
    if (item->size > value->cap)
        return MC_E_FULL;
    if (item->size > 0)
        memcpy(value->buf, item->text.data, item->size);
    return MC_HIT;
}

/* The reply to a meta command, from its first event on, which is in *reply (or negative). After an
 * ERROR or CLIENT_ERROR to ms the connection is closed. mg shows a value when asked with v: MC_HIT,
 * or MC_E_FULL; or, asked with C as well, MC_HD when the cas unique matches. So does ma, whose value
 * is a number: MC_NUMBER with meta->number. */
int mc_answer_mg(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_value *value, struct mc_meta *meta,
                 mc_deadline deadline);
int mc_answer_ms(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_meta *meta, mc_deadline deadline);
int mc_answer_md(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_meta *meta, mc_deadline deadline);
int mc_answer_ma(struct mc_client *client, int event, struct mc_reply *reply,
                 const struct mc_answer_meta *asked, struct mc_meta *meta, mc_deadline deadline);

/* A write that had been sent and has no reply may or may not be done. */
static inline int mc_answer_lost(int result)
{
    return result < 0 ? MC_E_UNKNOWN : result;
}

/* The reply is well-formed and answers something else: the connection is out of step. */
int mc_answer_unasked(struct mc_client *client, enum mc_fault fault);

/* The flag with this letter, or NULL. */
const struct mc_flag *mc_answer_flag(const struct mc_flag *flags, size_t count, char letter);

#endif
