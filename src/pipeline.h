/* Many commands of any kind in few round trips, each with its own result. */
#ifndef MC_PIPELINE_H
#define MC_PIPELINE_H

#include "client.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mc_verb {
    MC_VERB_GET,
    MC_VERB_GETS,
    MC_VERB_GAT,
    MC_VERB_GATS,
    MC_VERB_SET,
    MC_VERB_ADD,
    MC_VERB_REPLACE,
    MC_VERB_APPEND,
    MC_VERB_PREPEND,
    MC_VERB_CAS,
    MC_VERB_DELETE,
    MC_VERB_INCR,
    MC_VERB_DECR,
    MC_VERB_TOUCH,
    MC_VERB_MG,
    MC_VERB_MS,
    MC_VERB_MD,
    MC_VERB_MA,
    MC_VERB_VERSION,
    MC_VERB_FLUSH_ALL
};

/* One command, and what became of it. */
struct mc_pipeline_op {
    enum mc_verb verb;
    int result; /* out: as from the mc_client_ function of the same name */
    struct mc_bytes key;
    struct mc_bytes data;  /* what a storage command or ms stores */
    uint64_t number;       /* in: cas unique, delta; out: the new number of incr and decr */
    uint64_t flags;        /* of a storage command */
    int32_t exptime;       /* of a storage command, gat, touch; the delay of flush_all; seconds */
    struct mc_value value; /* out: of a retrieval; set buf and cap */
    struct mc_meta meta;   /* out: of a meta command */
    const struct mc_flag *meta_flags;
    size_t meta_count;
    bool large_flags; /* of a storage command: see mc_item.large_flags */
    size_t sent_at;   /* private: where the command ends among the bytes of its flight */
};

/* Runs the commands in order. They go out in flights: as many as fit the client's buffer, so that
 * neither end can block the other with unread bytes. Each op->result is set exactly once: its
 * reply; what was wrong with its arguments (the others still run); or, when the connection dies,
 * MC_E_UNKNOWN for a write that had gone out, and client->error for every other that has no reply.
 * Meta commands with the flag q fly together with an mn behind them, and carry an opaque of ours
 * (so they may have no O); one that stays silent has the result that its silence means, once the mn
 * is answered and nothing comes behind that. An error reply does not say whose it is: when it may
 * belong to several quiet commands, these are all MC_E_UNKNOWN. Returns 0 when every op has a
 * reply, otherwise the first negative result. */
int mc_pipeline_run(struct mc_client *client, struct mc_pipeline_op *ops, size_t count,
                    mc_deadline deadline);

#ifdef __cplusplus
}
#endif

#endif
