/* Takes an address apart. */
#include "address.h"

#include <stdio.h>
#include <string.h>

bool address_read(struct address *address, const char *text)
{
    static const char prefix[] = "unix:";
    const char *colon = strrchr(text, ':');

    *address = (struct address){{0}, {0}};
    if (strlen(text) >= sizeof address->host || colon == NULL)
        return false;
    if (strncmp(text, prefix, sizeof prefix - 1) == 0) {
        snprintf(address->host, sizeof address->host, "%s", text + sizeof prefix - 1);
        return true;
    }
    snprintf(address->host, sizeof address->host, "%.*s", (int)(colon - text), text);
    snprintf(address->port, sizeof address->port, "%.5s", colon + 1);
    return address->port[0] != '\0';
}
