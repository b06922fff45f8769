/* The servers under load: their addresses, resolved, and their versions. */
#ifndef TARGET_H
#define TARGET_H

#include <stdint.h>

#include "address.h"

struct options;

struct target {
    char *name; /* its address as it was given */
    char version[32];
    struct mc_address address; /* without a name to look up */
};

struct targets {
    struct target *list;
    uint32_t count;
};

enum { TARGET_NO_SERVER = 69 }; /* EX_UNAVAILABLE of sysexits.h */

/* Reads the addresses of --server, with commas between them, and asks each server for its version
 * and, for --protocol meta, whether it has such commands. A host's name is resolved here and only
 * here, to the address that answered. 0; or the exit status, after one line on stderr. Call
 * targets_free() in any case. */
int targets_find(struct targets *targets, const struct options *options);

void targets_free(struct targets *targets);

#endif
