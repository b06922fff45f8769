/* Addresses of servers: their grammar, in one place. */
#include "address.h"

#include "decimal.h"

#include <string.h>

/* A path, or @ and the name of an abstract socket. How long either may be, the system knows. */
static const char *set_path(struct mc_address *address, const char *path)
{
    size_t len = strlen(path);
    if (len > MC_ADDRESS_HOST_MAX)
        return "the path of a Unix socket is too long";
    memcpy(address->host, path, len + 1);
    address->kind = MC_ADDRESS_UNIX;
    return NULL;
}

/* Stores a port. */
static const char *set_port(struct mc_address *address, const char *port)
{
    uint64_t number;
    size_t len = strlen(port);
    if (!mc_decimal_read(port, 0, len, 65535, &number) || number == 0)
        return "a port is a number from 1 to 65535";
    memcpy(address->port, port, len + 1);
    return NULL;
}

/* True for a name or an IP address, as far as its bytes show. */
static bool is_host(const char *text, size_t len)
{
    for (size_t k = 0; k < len; k++) {
        if ((unsigned char)text[k] <= 0x20 || text[k] == 0x7f || strchr("/[],@", text[k]) != NULL)
            return false;
    }
    return len > 0;
}

/* A host, with the usual port. */
static const char *set_host(struct mc_address *address, const char *host, size_t len)
{
    if (!is_host(host, len))
        return "a host is a name or an address, without spaces or any of /[],@";
    if (len > MC_ADDRESS_HOST_MAX)
        return "the host's name is too long";
    memcpy(address->host, host, len);
    address->host[len] = '\0';
    memcpy(address->port, MC_ADDRESS_PORT, sizeof MC_ADDRESS_PORT);
    address->kind = MC_ADDRESS_HOST;
    return NULL;
}

/* [IPV6] or [IPV6]:PORT */
static const char *parse_bracketed(struct mc_address *address, const char *text)
{
    const char *end = strchr(text, ']');
    if (end == NULL)
        return "the [ of an IPv6 address has no ]";
    if (end[1] != '\0' && end[1] != ':')
        return "after the ] of an IPv6 address comes :PORT or nothing";
    size_t len = (size_t)(end - text - 1);
    const char *problem = set_host(address, text + 1, len);
    if (problem == NULL && memchr(text + 1, ':', len) == NULL)
        return "brackets hold an IPv6 address: [::1]";
    return problem == NULL && end[1] == ':' ? set_port(address, end + 2) : problem;
}

/* HOST or HOST:PORT */
static const char *parse_named(struct mc_address *address, const char *text)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return set_host(address, text, strlen(text));
    if (strchr(colon + 1, ':') != NULL)
        return "an IPv6 address is written in brackets: [::1]:11211";
    const char *problem = set_host(address, text, (size_t)(colon - text));
    return problem == NULL ? set_port(address, colon + 1) : problem;
}

/* What follows unix: */
static const char *parse_unix(struct mc_address *address, const char *text)
{
    if (text[0] == '/' && text[1] == '/')
        return "a Unix socket is written unix:/PATH, with one slash before the path";
    if (text[0] != '/' && (text[0] != '@' || text[1] == '\0'))
        return "a Unix socket is written unix:/PATH, an abstract one unix:@NAME";
    return set_path(address, text);
}

/* Parses an address of any kind. */
static const char *parse(struct mc_address *address, const char *text)
{
    static const char scheme[] = "unix:";
    if (text[0] == '\0')
        return "the address is empty";
    if (text[0] == '/')
        return set_path(address, text);
    if (strncmp(text, scheme, sizeof scheme - 1) == 0)
        return parse_unix(address, text + sizeof scheme - 1);
    if (strstr(text, "://") != NULL)
        return "an address is HOST:PORT, without a scheme such as tcp://";
    if (strchr(text, ',') != NULL)
        return "this is a list: one address is wanted, without a comma";
    return text[0] == '[' ? parse_bracketed(address, text) : parse_named(address, text);
}

const char *mc_address_parse(struct mc_address *address, const char *text)
{
    *address = (struct mc_address){.kind = MC_ADDRESS_NONE};
    const char *problem = parse(address, text);
    if (problem != NULL)
        *address = (struct mc_address){.kind = MC_ADDRESS_NONE};
    return problem;
}

/* Appends a part to text[0..cap), as far as it fits. Returns the length with it. */
static size_t append(char *text, size_t cap, size_t len, const char *part)
{
    size_t more = strlen(part);
    size_t room = len + 1 < cap ? cap - 1 - len : 0;
    memcpy(text + len, part, more < room ? more : room);
    return len + more;
}

size_t mc_address_format(const struct mc_address *address, char *text, size_t cap)
{
    const bool path = address->kind == MC_ADDRESS_UNIX;
    const bool bracketed = !path && strchr(address->host, ':') != NULL;
    const char *parts[] = {path        ? "unix:"
                           : bracketed ? "["
                                       : "",
                           address->host,
                           bracketed                                  ? "]:"
                           : path || address->kind == MC_ADDRESS_NONE ? ""
                                                                      : ":",
                           address->port};
    size_t len = 0;
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        len = append(text, cap, len, parts[k]);
    if (cap > 0)
        text[len < cap ? len : cap - 1] = '\0';
    return len;
}
