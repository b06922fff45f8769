/* What a client that is measured has to offer. Each is the only one in its process, so it keeps its
 * state in its file. */
#ifndef CONTESTANT_H
#define CONTESTANT_H

#include "work.h"

/* Does the i-th operation of the work. False when a result is not the one that is right. */
typedef bool contestant_run(uint32_t i);

struct contestant {
    const char *title;    /* its name and version */
    const char *settings; /* what was set to make it fast, and how it is used */

    /* Connects to HOST:PORT or unix:/PATH. False when that fails. */
    bool (*open)(const char *address);

    /* Makes a work ready. NULL when the client has no such command. */
    contestant_run *(*prepare)(const struct work *work);

    /* Does the i-th operation and compares every byte that it delivers. */
    bool (*check)(uint32_t i);
};

extern const struct contestant floor_contestant, mcwire_contestant;

#endif
