/* Looks for a memcached where one may be, and starts a private one where there is none. */
#include "choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "memcached.h"
#include "server.h"

enum { PROBE_MS = 300 }; /* for the server at the usual port to answer */

#define USUAL_ADDRESS "127.0.0.1:" MC_SERVER_PORT

static struct choose_server start_private(const char *why)
{
    const char *address = memcached_start("squares");

    if (address != NULL)
        escape_message("squares", "%sstarted a private memcached on %s", why, address);
    return (struct choose_server){.address = address, .source = "private memcached", .own = true};
}

/* The first entry of MEMCACHED_SERVERS; NULL when it has none. */
static const char *from_environment(void)
{
    static const char separators[] = ", \t\r\n";
    static char entry[512];
    const char *list = getenv("MEMCACHED_SERVERS");

    if (list == NULL)
        return NULL;
    list += strspn(list, separators);
    snprintf(entry, sizeof entry, "%.*s", (int)strcspn(list, separators), list);
    return entry[0] != '\0' ? entry : NULL;
}

struct choose_server choose_server(const char *wanted, bool own_wanted)
{
    if (wanted != NULL)
        return (struct choose_server){.address = wanted, .source = "--server"};
    if (own_wanted)
        return start_private("");
    const char *listed = from_environment();
    if (listed != NULL)
        return (struct choose_server){.address = listed, .source = "MEMCACHED_SERVERS"};
    if (memcached_answers(USUAL_ADDRESS, PROBE_MS))
        return (struct choose_server){.address = USUAL_ADDRESS, .source = USUAL_ADDRESS};
    return start_private("no memcached at " USUAL_ADDRESS ": ");
}
