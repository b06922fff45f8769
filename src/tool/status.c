/* Maps results to exit statuses, by tables. */
#include "status.h"

/* From MC_E_KEY downwards. */
static const unsigned char of_errors[] = {
    STATUS_USAGE, STATUS_USAGE,     STATUS_USAGE,     STATUS_USAGE,    STATUS_USAGE,
    STATUS_USAGE, STATUS_USAGE,     STATUS_AGAIN,     STATUS_PROTOCOL, STATUS_PROTOCOL,
    STATUS_AGAIN, STATUS_NO_SERVER, STATUS_NO_SERVER, STATUS_AGAIN,    STATUS_UNKNOWN,
    STATUS_USAGE, STATUS_NO_SERVER, STATUS_NO_SERVER, STATUS_LOGIN,    STATUS_NO_SERVER,
    STATUS_AGAIN,
};

enum status status_of(int result, struct mc_bytes text)
{
    if (result < 0)
        return of_errors[-result - 1];
    switch (result) {
    case MC_END:
    case MC_NOT_STORED:
    case MC_EXISTS:
    case MC_NOT_FOUND: return STATUS_NO;
    case MC_BUSY: return STATUS_AGAIN;
    case MC_CLIENT_ERROR: return status_wants_login(text) ? STATUS_LOGIN : STATUS_REFUSED;
    case MC_REFUSED:
    case MC_ERROR: return STATUS_REFUSED;
    case MC_SERVER_ERROR:
        return status_starts_with(text, MC_BYTES("object too large")) ? STATUS_REFUSED
                                                                      : STATUS_AGAIN;
    default: return STATUS_OK;
    }
}

enum status status_worse(enum status a, enum status b)
{
    static const unsigned char order[] = {
        STATUS_INTERRUPTED, STATUS_USAGE, STATUS_PROTOCOL, STATUS_LOGIN, STATUS_UNKNOWN,
        STATUS_NO_SERVER,   STATUS_AGAIN, STATUS_REFUSED,  STATUS_NO,
    };

    for (size_t i = 0; i < sizeof order; i++)
        if (order[i] == a || order[i] == b)
            return order[i];
    return STATUS_OK;
}
