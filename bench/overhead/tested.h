/* What a client that is measured has to offer. Each is the only one in its process, so it keeps its
 * state in its file. */
#ifndef TESTED_H
#define TESTED_H

#include "work.h"

/* Does the i-th operation of the work. False when a result is not the one that is right. */
typedef bool tested_run(uint32_t i);

struct tested_client {
    const char *title;    /* its name and version */
    const char *settings; /* what was set to make it fast, and how it is used */

    /* Connects to HOST:PORT or unix:/PATH. False when that fails. */
    bool (*open)(const char *address);

    /* Makes a work ready. NULL when the client has no such command. */
    tested_run *(*prepare)(const struct work *work);

    /* Does the i-th operation and compares every byte that it delivers. */
    bool (*check)(uint32_t i);
};

extern const struct tested_client baseline_client, mcwire_client;

#endif
