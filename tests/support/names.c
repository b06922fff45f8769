/* Wraps getaddrinfo() and freeaddrinfo() for the library. */
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
static unsigned asked, held;

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

unsigned names_held(void)
{
    return held;
}

/* The linker makes these of every getaddrinfo() and freeaddrinfo() that are called. */
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list);
void __wrap_freeaddrinfo(struct addrinfo *list);
void __real_freeaddrinfo(struct addrinfo *list);

/* The chosen addresses, one after the other. */
static int resolve_name(const struct addrinfo *hints, struct addrinfo **list)
{
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

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    int code = strcmp(host, NAMES_NAME) == 0 ? resolve_name(hints, list)
                                             : __real_getaddrinfo(host, port, hints, list);
    held += code == 0 ? 1 : 0;
    return code;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
    held--;
    __real_freeaddrinfo(list);
}
