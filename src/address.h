/* Server addresses: parses a text into its parts, and writes them back as text. */
#ifndef MC_ADDRESS_H
#define MC_ADDRESS_H

#include "proto.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MC_ADDRESS_PORT "11211" /* the default port */

enum {
    MC_ADDRESS_HOST_MAX = 255, /* bytes of a host name or a path */
    MC_ADDRESS_PORT_MAX = 5
};

enum mc_address_kind {
    MC_ADDRESS_NONE, /* not a valid address */
    MC_ADDRESS_HOST, /* TCP: a host and a port */
    MC_ADDRESS_UNIX  /* a Unix socket: a path, or the name of an abstract one */
};

/* The parts, each NUL-terminated; a part that the kind does not have is empty. */
struct mc_address {
    enum mc_address_kind kind;
    char host[MC_ADDRESS_HOST_MAX + 1]; /* a host name or IP address; or the path or @NAME */
    char port[MC_ADDRESS_PORT_MAX + 1]; /* 1 to 65535, in decimal */
};

/* Parses HOST, HOST:PORT, [IPV6], [IPV6]:PORT, unix:/PATH, /PATH or unix:@NAME (an abstract socket
 * of Linux). Returns NULL, or a static string that says what is wrong; the kind is then
 * MC_ADDRESS_NONE. Does not look up host names. */
const char *mc_address_parse(struct mc_address *address, const char *text);

/* The inverse of mc_address_parse(): writes the address, with its port, to text[0..cap), truncated
 * to fit and NUL-terminated. Returns the length of the whole text. */
size_t mc_address_format(const struct mc_address *address, char *text, size_t cap);

#ifdef __cplusplus
}
#endif

#endif
