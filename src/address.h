/* The address of a server: text to its parts, and back. */
#ifndef MC_ADDRESS_H
#define MC_ADDRESS_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_ADDRESS_PORT "11211" /* where a text names none */

enum {
    MC_ADDRESS_HOST_MAX = 255, /* bytes of a name or a path */
    MC_ADDRESS_PORT_MAX = 5
};

enum mc_address_kind {
    MC_ADDRESS_NONE, /* a text that was no address */
    MC_ADDRESS_HOST, /* TCP: a host and a port */
    MC_ADDRESS_UNIX  /* a Unix socket: a path, or the name of an abstract one */
};

/* The parts. Strings end in NUL; those that a kind does not have are empty. */
struct mc_address {
    enum mc_address_kind kind;
    char host[MC_ADDRESS_HOST_MAX + 1]; /* a name or an IP address; the path, or @NAME */
    char port[MC_ADDRESS_PORT_MAX + 1]; /* 1 to 65535, in decimal */
};

/* Parses HOST, HOST:PORT, [IPV6], [IPV6]:PORT, unix:/PATH, /PATH, or unix:@NAME, an abstract socket
 * of Linux. Returns NULL; or what is wrong
 * with the text, of static storage, and the kind is MC_ADDRESS_NONE. Nothing is resolved. */
const char *mc_address_parse(struct mc_address *address, const char *text);

/* Writes the text that is parsed to this address, with its port, into text[0..cap), ended by NUL and
 * cut off where it does not fit. Returns its length. */
size_t mc_address_format(const struct mc_address *address, char *text, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
