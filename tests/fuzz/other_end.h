/* The other end of a connection, which a fuzzer's input decides: it parses requests with the
 * plain parser of question.h, and answers each as memcached might, or falsely; how bytes move, and
 * when that fails, is decided by the input, too. It keeps the requests and its answers for the
 * judge. */
#ifndef OTHER_END_H
#define OTHER_END_H

#include "question.h"
#include "port.h"

enum { OTHER_REQUESTS = 160, OTHER_BYTES = 1 << 19, OTHER_DEADLINE = 777 };

/* A request that has come whole. Slices point into what was sent. */
struct request {
    struct question command;
    struct mc_bytes value; /* of a storage command */
};

struct other_end {
    struct input *in;
    const int *error;    /* the client's: no call may follow one */
    size_t sent, parsed; /* bytes; the second: those of whole requests */
    struct request requests[OTHER_REQUESTS];
    size_t count;
    size_t answered, delivered; /* bytes of answers: there are, and the client has received */
    bool honest;       /* so far each answer is memcached's to that request, and no error */
    int failed;        /* the result of a call; there must be no other after it */
    unsigned sequence; /* makes each value another */
    bool hasty;        /* an error may come before the value of a command has */
    bool early;        /* so it was with the command that is not whole yet */
    char sent_bytes[OTHER_BYTES], answer_bytes[OTHER_BYTES];
};

/* Starts a connection of a client's, which is initialized with the transport, and whose error is
 * there. */
struct mc_transport other_end_open(struct other_end *o, struct input *in, const int *error);

/* These bytes have come: answers the requests that are whole now. */
void other_end_hear(struct other_end *o, struct mc_bytes bytes);

#endif
