/* Stands between the library and getaddrinfo(). */
#include "names.h"

#include <check.h>
#include <netdb.h>
#include <string.h>

enum { ADDRESSES_MAX = 4 };

static struct {
    const char *host;
    char port[6];
} addresses[ADDRESSES_MAX];

static size_t count;
static unsigned asked;

void names_clear(void)
{
    count = 0;
}

void names_add(enum peer_family family, const char port[6])
{
    ck_assert_uint_lt(count, ADDRESSES_MAX);
    addresses[count].host = family == PEER_TCP4 ? "127.0.0.1" : "::1";
    memcpy(addresses[count].port, port, sizeof addresses[count].port);
    count++;
}

unsigned names_asked(void)
{
    return asked;
}

/* The linker makes these two of every getaddrinfo() that is called. */
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    if (strcmp(host, NAMES_NAME) != 0)
        return __real_getaddrinfo(host, port, hints, list);
    asked++;
    *list = NULL;
    for (size_t k = 0; k < count; k++) {
        int code = __real_getaddrinfo(addresses[k].host, addresses[k].port, hints, list);
        if (code != 0)
            return code;
        list = &(*list)->ai_next;
    }
    return count > 0 ? 0 : EAI_NONAME;
}
