/* What the options of mcwire say, for all its commands. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "option.h"

enum settings_color { COLOR_AUTO, COLOR_NEVER };
enum settings_field { FIELD_VALUE, FIELD_FLAGS, FIELD_CAS, FIELD_SIZE, FIELD_TTL };

struct settings {
    /* Of every command. */
    const char *server; /* NULL: see session.h */
    const char *user, *password_file;
    uint64_t timeout_ms;
    bool json, bytes;
    uint32_t color; /* enum settings_color */
    /* get; touch_ttl: when `touches` */
    bool nul, touches;
    int32_t touch_ttl;
    uint32_t field; /* enum settings_field */
    /* set and its like; cas: when `compares` */
    bool compares;
    uint64_t cas;
    int32_t ttl;
    uint32_t flags;
    /* flush, ping, stats, meta */
    uint32_t delay_s;
    bool yes;
    uint32_t count;
    uint64_t interval_ns, watch_ns;
    const char *value;
    /* talk */
    uint32_t cut; /* 0: pieces as they come */
    const char *script;
    /* explain */
    bool login;
    /* proxy, serve, lie */
    const char *listen;
    uint32_t memory_mb, connections;
    bool clock, can_shut_down, no_dumps, no_flush, no_watch, keeps_all;
    const char *extended; /* the words of -o, or NULL */
    const char *html;
    uint64_t grace_ms, start_ms;
    const char *users;
    /* top, latency */
    uint32_t by; /* what top counts */
    uint64_t for_ns, every_ns;
    /* keys, dump, restore, watch */
    const char *match;
    bool detailed, add;
    /* replay, lie, learn */
    bool all, list, solution;
    const char *with; /* memcached's options, or NULL */
    const char *as;   /* a version, or NULL: what the server says */
};

/* The defaults. */
struct settings settings_default(void);

/* Values that only mcwire has. */
option_function settings_ttl;   /* --ttl: int32_t at the option's offset */
option_function settings_touch; /* --touch, which sets `touches` as well */
option_function settings_cas;   /* --cas, which sets `compares` as well */

/* Reads seconds as memcached is sent them: -1 and other negative numbers are expired at once, 0 is
 * never. Up to 30 days memcached counts from now; longer times become Unix times here, because it
 * would take them for dates in 1970. From 1,000,000,000 on the number is a Unix time. NULL, or what
 * is wrong with the text. */
const char *settings_read_ttl(const char *text, int32_t *ttl);

#endif
