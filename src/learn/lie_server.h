/* The server of a case: the small memcached, with the case's fault in its replies. It does no I/O and
 * has no clock: it makes a plan of what is to be sent, and whoever has the connections sends it. */
#ifndef LIE_SERVER_H
#define LIE_SERVER_H

#include "lie_case.h"
#include "serve.h"

enum { LIE_SERVER_BLOCK = 4 << 20, LIE_SERVER_REPLY = 2 << 20 };

/* Start with lie_server_init(). Not to be moved. */
struct lie_server {
    const struct lie_case *scene;
    size_t told; /* replies that had the fault in them */
    struct mc_serve serve;
    char *reply; /* LIE_SERVER_REPLY bytes */
};

/* What the server knows of one connection. Start from {0}; not to be moved. */
struct lie_server_link {
    struct mc_serve_client client;
    struct mc_request_reader reader;
    size_t read;   /* bytes of the next request that the reader has seen */
    bool is_about; /* the next request has the key of the case */
};

/* What is to be sent: bytes [0..cut) of the three parts, then the case's stop; later the rest. */
struct lie_plan {
    struct mc_bytes parts[3];
    enum lie_case_pace pace;
    enum lie_case_stop stop;
    size_t len, cut;
    bool close;            /* the client has said quit, or what memcached closes for */
    struct lies_told told; /* what the parts may point to, so that a plan is not to be moved */
};

/* Begins a case with its items. block: LIE_SERVER_BLOCK bytes, aligned as for uint64_t; reply:
 * LIE_SERVER_REPLY bytes. Both stay in use. */
void lie_server_init(struct lie_server *server, const struct lie_case *scene, void *block,
                     char *reply);

/* The length of the first whole request of data[0..len); 0: more is to come; negative: it is not the
 * text protocol. data begins where the request begins, also in the next call. */
ptrdiff_t lie_server_request(const struct lie_server *server, struct lie_server_link *link,
                             const char *data, size_t len);

/* Answers that request. The plan is good until the next one is made. */
void lie_server_answer(struct lie_server *server, struct lie_server_link *link,
                       struct mc_bytes request, struct lie_plan *plan);

/* The connection is over. */
void lie_server_leave(struct lie_server *server, struct lie_server_link *link);

#endif
