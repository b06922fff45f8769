/* Listens at an address, of this machine alone unless it says otherwise. */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "address.h"
#include "decimal.h"

enum { BACKLOG = 1024 };

static int set_flags(int file)
{
    int flags = fcntl(file, F_GETFL);
    return flags < 0 || fcntl(file, F_SETFL, flags | O_NONBLOCK) != 0 ||
                   fcntl(file, F_SETFD, FD_CLOEXEC) != 0
               ? -1
               : 0;
}

/* Binds a new socket to an address, and listens. */
static int listen_at(const struct sockaddr *where, socklen_t len)
{
    const int yes = 1;
    int file = socket(where->sa_family, SOCK_STREAM, 0);

    if (file < 0)
        return -1;
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(file, where, len) == 0 && listen(file, BACKLOG) == 0 && set_flags(file) == 0)
        return file;
    int why = errno;
    close(file);
    errno = why;
    return -1;
}

/* Why it failed, by errno; or what to do then. */
static const char *explain_failure(const char *in_use)
{
    return errno == EADDRINUSE ? in_use : strerror(errno);
}

static int listen_tcp(const char *host, const char *port, const char **problem)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    int code = getaddrinfo(host, port, &hints, &list), file = -1;

    if (code != 0) {
        *problem = gai_strerror(code);
        return -1;
    }
    file = listen_at(list->ai_addr, list->ai_addrlen);
    if (file < 0)
        *problem = explain_failure("Address already in use; choose another port");
    freeaddrinfo(list);
    return file;
}

static int listen_unix(const char *path, const char **problem)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    int file = -1;

    errno = ENAMETOOLONG;
    if (strlen(path) < sizeof where.sun_path) {
        memcpy(where.sun_path, path, strlen(path) + 1);
        file = listen_at((const struct sockaddr *)&where, sizeof where);
    }
    if (file < 0)
        *problem = explain_failure(
            "Address already in use; choose another path, or delete it if no program uses it");
    return file;
}

/* Writes the address with the port that the system has chosen. */
static void name_port(int file, char *text, size_t cap)
{
    struct sockaddr_in where;
    socklen_t len = sizeof where;

    if (getsockname(file, (struct sockaddr *)&where, &len) == 0)
        snprintf(text, cap, "127.0.0.1:%u", (unsigned)ntohs(where.sin_port));
}

/* A port of 127.0.0.1. */
static int listen_port(const char *port, char *text, size_t cap, const char **problem)
{
    uint64_t number;
    int file = -1;

    *problem = "a port is a number from 0 to 65535";
    if (mc_decimal_read(port, 0, strlen(port), UINT16_MAX, &number))
        file = listen_tcp("127.0.0.1", port, problem);
    if (file >= 0)
        name_port(file, text, cap);
    return file;
}

int listen_open(const char *address, char *text, size_t cap, const char **problem)
{
    struct mc_address parts;

    if (address[0] != '\0' && strspn(address, "0123456789") == strlen(address))
        return listen_port(address, text, cap, problem);
    *problem = mc_address_parse(&parts, address);
    if (*problem != NULL)
        return -1;
    if (parts.kind == MC_ADDRESS_UNIX && parts.host[0] == '@') {
        *problem = "give a path";
        return -1;
    }
    mc_address_format(&parts, text, cap);
    return parts.kind == MC_ADDRESS_UNIX ? listen_unix(parts.host, problem)
                                         : listen_tcp(parts.host, parts.port, problem);
}

void listen_close(int file, const char *text)
{
    struct mc_address parts;

    close(file);
    if (mc_address_parse(&parts, text) == NULL && parts.kind == MC_ADDRESS_UNIX)
        unlink(parts.host);
}

/* Unix sockets have no such option, which does no harm. */
int listen_accept(int file)
{
    const int yes = 1;
    int accepted = accept(file, NULL, NULL);

    if (accepted < 0)
        return -1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (set_flags(accepted) == 0)
        return accepted;
    close(accepted);
    return -1;
}

void listen_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

bool listen_must_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}
