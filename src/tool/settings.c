/* Reads the values of options that only mcwire has. */
#include "settings.h"

#include <string.h>
#include <time.h>

#include "decimal.h"
#include "proto.h"
#include "server.h"

enum { UNIX_TIME_MIN = 1000000000 };

struct settings settings_default(void)
{
    return (struct settings){.timeout_ms = MC_SERVER_TIMEOUT_MS,
                             .count = 1,
                             .interval_ns = 1000000000,
                             .every_ns = 10000000,
                             .value = "-",
                             .memory_mb = 64,
                             .connections = 8192};
}

const char *settings_read_ttl(const char *text, int32_t *ttl)
{
    bool negative = text[0] == '-';
    uint64_t number;

    if (!mc_decimal_read(text, negative ? 1 : 0, strlen(text), INT32_MAX, &number))
        return "is not a number of seconds: 0 is never, -1 is at once";
    if (!negative && number > MC_EXPTIME_RELATIVE_MAX && number < UNIX_TIME_MIN)
        number += (uint64_t)time(NULL);
    if (number > INT32_MAX)
        return "is too far away: memcached counts seconds up to the year 2038";
    *ttl = negative ? -(int32_t)number : (int32_t)number;
    return NULL;
}

const char *settings_ttl(void *options, const struct option *option, const char *text)
{
    int32_t ttl = 0;
    const char *wrong = settings_read_ttl(text, &ttl);

    memcpy((char *)options + option->offset, &ttl, sizeof ttl);
    return wrong;
}

const char *settings_touch(void *options, const struct option *option, const char *text)
{
    struct settings *settings = options;

    settings->touches = true;
    return settings_ttl(options, option, text);
}

const char *settings_cas(void *options, const struct option *option, const char *text)
{
    struct settings *settings = options;

    settings->compares = true;
    return option_long(options, option, text);
}
