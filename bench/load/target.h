/* The servers that the load is put on: found, asked for their version, and ready to connect to. */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include <stdint.h>
#include <sys/socket.h>

struct load_target {
    char *name; /* its address as it was given */
    char version[32];
    struct sockaddr_storage address;
    socklen_t address_size;
};

struct load_targets {
    struct load_target *list;
    uint32_t count;
};

enum { LOAD_NO_SERVER = 69 }; /* EX_UNAVAILABLE of sysexits.h */

/* Reads addresses with commas between them, as --server has them, and asks each server for its
 * version. A host's name is resolved here and only here, to the address that answered. 0; or the
 * exit status, after one line on stderr. Call load_targets_free() in any case. */
int load_targets_find(struct load_targets *targets, const char *addresses, uint32_t timeout_ms);

void load_targets_free(struct load_targets *targets);

#endif
