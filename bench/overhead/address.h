/* Where a server is, as text: 127.0.0.1:PORT or unix:/PATH. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

struct address {
    char host[108]; /* a path when the port is empty */
    char port[6];
};

/* False when the text is neither of the two. */
bool address_read(struct address *address, const char *text);

#endif
