/* The memcached text protocol without I/O: commands to bytes (put_*.c), bytes to events (reader.c,
 * and item.c, a fast path for plain gets). The other end's half is in request.h: bytes to commands.
 *
 * Conventions, once for all of mcwire:
 * - The sign of a result carries its meaning. Negative: mcwire failed; the code says why. 0: done,
 *   or more bytes are needed. Positive: what the server answered, which can be an error.
 * - After every return each output is defined, the same way everywhere; where it is a pointer, NULL
 *   means that it is not wanted.
 * - The caller owns every struct and every buffer. A struct starts with its init function if it has
 *   one, and from {0} otherwise.
 * - Threads: each struct is used by one thread at a time. Different structs have nothing in common.
 * - Moving: a struct may be moved in memory between calls, unless its header says otherwise.
 * - fork(): a connection is used by the parent or by the child, never by both, for each would get the
 *   other's replies. The child makes a connection of its own.
 * - A slice (struct mc_bytes) is borrowed: {pointer, length}, not NUL-terminated.
 * - The second word of a function's name begins the name of its file: mc_reader_next() is in
 *   reader.c, mc_put_get() in put_classic.c. The exceptions are mc_is_final mc_is_error mc_string
 *   mc_version.
 * - "protocol.txt" is the document that memcached ships; comments name its sections.
 * - Nothing here allocates, blocks, reads a clock, has global state, or needs more of a C library
 *   than memcpy() and its like.
 */
#ifndef MC_PROTO_H
#define MC_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MCWIRE_VERSION "0.2.0"

/* Limits of the protocol and of memcached, in bytes unless noted. */
enum {
    MC_KEY_MAX = 250,        /* a key to send: at least 1 byte, none below 0x21, no 0x7f */
    MC_KEY_BINARY_MAX = 186, /* a binary key: in base64 it has to fit MC_KEY_MAX */
    MC_REQUEST_MAX = 2048,   /* a request line with its CRLF must stay below this */
    MC_LINE_MAX = 2048,      /* a reply line with its CRLF */
    MC_OPAQUE_MAX = 31,      /* the token of a meta command's O flag */
    MC_TOKENS_MAX = 20       /* words of a meta command: its name, key, size and flags */
};
#define MC_VALUE_MAX (UINT32_C(1) << 30) /* a value: memcached -I allows at most 1 GiB */

/* An exptime up to this (30 days) is in seconds from now. Larger ones are Unix times, usually by
 * mistake: an item meant to live 31 days expires at once. */
enum { MC_EXPTIME_RELATIVE_MAX = 2592000 };

/* Every result of mcwire, of all layers; mc_text() describes each. */
enum mc_result {
    /* The connection is still in sync. Only MC_E_FULL can come after something was sent. */
    MC_E_KEY = -1,    /* a key is empty, too long, or holds a space, a control byte or 0x7f */
    MC_E_TOKEN = -2,  /* another word is empty, too long or holds such a byte */
    MC_E_NUMBER = -3, /* a number is outside the range that the server accepts */
    MC_E_FLAG = -4,   /* a meta flag is wrong for its command, repeated, or exceeds MC_TOKENS_MAX */
    MC_E_LONG = -5,   /* the request line would have MC_REQUEST_MAX bytes or more */
    MC_E_COMMAND = -6, /* there is no such command */
    MC_E_FULL = -7,    /* a buffer is too small for the request, or for the value that came */
    MC_E_BUSY = -8,    /* other operations are not done yet */
    /* The connection is dead: open a new one. */
    MC_E_PROTOCOL = -9, /* the reply is malformed, or does not answer the request */
    MC_E_LINE = -10,    /* a reply line does not fit the client's buffer */
    MC_E_TIMEOUT = -11, /* the deadline passed; a late reply is never read */
    MC_E_CLOSED = -12,  /* the other end closed or reset the connection */
    MC_E_SYSTEM = -13,  /* the transport failed in another way (a socket keeps the errno) */
    MC_E_AMBIGUOUS =
        -14,            /* after an error reply, nobody knows what the server reads or sends next */
    MC_E_UNKNOWN = -15, /* a write was sent and its reply was lost: it may or may not be done */
    /* There is no connection. */
    MC_E_ADDRESS = -16, /* the server's address is malformed */
    MC_E_RESOLVE = -17, /* the host name does not resolve */
    MC_E_CONNECT = -18, /* no address of the server accepted the connection */
    MC_E_AUTH = -19,    /* the server refused the user and password, or they cannot be sent */
    MC_E_DOWN = -20,    /* the server failed recently, and is not tried again until a pause ends */
    MC_E_RESOURCES = -21, /* no descriptor, memory or port is left here for a connection */

    MC_MORE = 0, /* reader: more bytes are needed */

    /* Events of the reader, and the members of struct mc_reply that they set. The reply goes on: */
    MC_VALUE = 1, /* VALUE, VA: key, flags, size, cas; the value follows */
    MC_BODY,      /* the next piece of the value: text */
    MC_STAT,      /* STAT: key is the statistic's name, text its value */
    MC_ITEM,      /* ITEM (stats cachedump): key, and the rest as text */
    MC_LINE,      /* a line of a free-text stream: text */
    MC_OPENED,    /* a line of a free-text stream, often its first, that is OK */
    /* The reply is over: */
    MC_END,          /* END, EN, and after the value of a VA */
    MC_STORED,       /* STORED */
    MC_NOT_STORED,   /* NOT_STORED, NS */
    MC_EXISTS,       /* EXISTS, EX */
    MC_NOT_FOUND,    /* NOT_FOUND, NF */
    MC_DELETED,      /* DELETED */
    MC_TOUCHED,      /* TOUCHED */
    MC_NUMBER,       /* the number alone (incr, decr): number */
    MC_HD,           /* HD: a meta command is done, and there is no value to show */
    MC_MN,           /* MN: all commands before the mn are done */
    MC_ME,           /* ME (meta debug): key, and the rest as text */
    MC_OK,           /* OK */
    MC_RESET,        /* RESET (stats reset) */
    MC_VERSION,      /* VERSION: text */
    MC_BUSY,         /* BUSY: try the administrative command again later; text says why */
    MC_REFUSED,      /* BADCLASS, NOSPARE, SAME, ...: key is the word, text the rest */
    MC_ERROR,        /* ERROR: the command is unknown, or what text says */
    MC_CLIENT_ERROR, /* CLIENT_ERROR: text */
    MC_SERVER_ERROR, /* SERVER_ERROR: text */

    /* The results of a get. */
    MC_HIT = MC_VALUE,
    MC_MISS = MC_END /* nothing else is a miss */
};

/* True when the event ends its reply. */
static inline bool mc_is_final(int event)
{
    return event >= MC_END;
}

/* True when the result is a failure, or an error reply from the server. */
static inline bool mc_is_error(int result)
{
    return result < 0 || result >= MC_ERROR;
}

/* The version of the library in use; MCWIRE_VERSION is that of the headers. */
const char *mc_version(void);

/* A short English text for any result: a static string, never NULL. */
const char *mc_text(int result);

struct mc_bytes {
    const char *data;
    size_t len;
};

/* A slice of a C string without its NUL; empty for NULL. */
struct mc_bytes mc_string(const char *string);

/* A slice of a string literal; anything else does not compile. */
#ifdef __cplusplus
#define MC_BYTES(literal) (mc_bytes{"" literal, sizeof(literal) - 1})
#else
#define MC_BYTES(literal) ((struct mc_bytes){"" literal, sizeof(literal) - 1})
#endif

/* ---- put_classic.c, put_meta.c, put_admin.c: commands to bytes ------------------------------- */

/* Where commands are appended: data[0..len) holds whole commands, the rest may be overwritten. */
struct mc_out {
    char *data;
    size_t cap, len;
};

/* What a storage command stores. */
struct mc_item {
    struct mc_bytes key, value;
    uint64_t flags;  /* opaque to the server, returned with the value; see large_flags */
    int32_t exptime; /* 0: never; up to MC_EXPTIME_RELATIVE_MAX: seconds from now; above it: Unix
                        time; negative: expired at once */
    uint64_t cas;    /* cas only: the number returned by `gets` */
    /* Allow flags above 2^32-1. Otherwise they are refused (MC_E_NUMBER): a memcached built without
     * --enable-large-client-flags stores only their low 32 bits and reports success. */
    bool large_flags;
};

enum mc_store { MC_SET, MC_ADD, MC_REPLACE, MC_APPEND, MC_PREPEND, MC_CAS };

/* Each of these appends one command and returns 0. On failure it leaves out->len as it was, and
 * returns MC_E_FULL if the command does not fit, otherwise what is wrong with an argument. With
 * `noreply`, only a failure gets a reply: send an mn after such commands and read until MC_MN. */

/* Retrieval commands. `count` 0 is MC_E_KEY; a line of MC_REQUEST_MAX bytes or more is MC_E_LONG,
 * or MC_E_FULL if the buffer ends first. An exptime is that of mc_item: up to
 * MC_EXPTIME_RELATIVE_MAX in seconds from now. */
int mc_put_get(struct mc_out *out, const struct mc_bytes *keys, size_t count);
int mc_put_gets(struct mc_out *out, const struct mc_bytes *keys, size_t count);
int mc_put_gat(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count);
int mc_put_gats(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count);

/* Storage commands: the line only. The caller sends item->value and CRLF after it. */
int mc_put_store(struct mc_out *out, enum mc_store command, const struct mc_item *item,
                 bool noreply);

/* Deletion, Increment/Decrement, Touch. */
int mc_put_delete(struct mc_out *out, struct mc_bytes key, bool noreply);
int mc_put_incr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply);
int mc_put_decr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply);
int mc_put_touch(struct mc_out *out, struct mc_bytes key, int32_t exptime, bool noreply);

/* One flag of a meta command, or of its reply. The letter decides which other member is used. */
struct mc_flag {
    char letter;
    int32_t ttl;           /* N R T, reply t: seconds; -1 in a reply is "never expires" */
    uint64_t number;       /* C D E F J, reply c f h l s; M: the mode's letter, such as 'E' */
    struct mc_bytes token; /* O P L, reply k O, and any unknown flag */
    bool large;            /* F of ms: allow more than 32 bits, as mc_item.large_flags does */
};

/* Meta commands. The flags of each, as protocol.txt and newer servers name them:
 *   mg  b c f h k l q s t u v   N R T (ttl)  C E (number)  O P L (token)
 *   ms  b c k q s I             N T (ttl)  C E F (number)  M (E A P R S)  O P L
 *   md  b k q x I               T (ttl)  C E (number)  O P L
 *   ma  b c k q t v             N T (ttl)  C D E J (number)  M (I + D -)  O P L
 *   me  b
 * With b the key is any 1..MC_KEY_BINARY_MAX bytes, sent in base64. ms: the line only; the caller
 * sends a value of `size` bytes and CRLF after it. */
int mc_put_mg(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);
int mc_put_ms(struct mc_out *out, struct mc_bytes key, size_t size, const struct mc_flag *flags,
              size_t count);
int mc_put_md(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);
int mc_put_ma(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);
int mc_put_me(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count);
int mc_put_mn(struct mc_out *out);

/* Appends bytes in base64 (RFC 4648) and nothing else: the form in which binary keys come back. */
int mc_put_base64(struct mc_out *out, struct mc_bytes bytes);

/* Authentication (memcached -Y): the whole command. The user must not contain a space. */
int mc_put_auth(struct mc_out *out, struct mc_bytes user, struct mc_bytes password);

/* Statistics and Other commands. `words` are tokens of 1..MC_KEY_MAX bytes with one space
 * between them, at most MC_REQUEST_MAX / 2 bytes in all; an empty slice: none. */
int mc_put_stats(struct mc_out *out, struct mc_bytes words);
int mc_put_version(struct mc_out *out);
int mc_put_verbosity(struct mc_out *out, uint32_t level, bool noreply);
int mc_put_flush_all(struct mc_out *out, int32_t delay_s, bool noreply);
int mc_put_cache_memlimit(struct mc_out *out, uint32_t megabytes, bool noreply);
int mc_put_shutdown(struct mc_out *out, bool graceful);
int mc_put_quit(struct mc_out *out);
int mc_put_slabs_reassign(struct mc_out *out, int32_t source_class, int32_t dest_class);
int mc_put_slabs_automove(struct mc_out *out, uint32_t mode); /* 0, 1 or 2 */
int mc_put_slabs_automove_ratio(struct mc_out *out, uint32_t ratio_milli);
int mc_put_slabs_automove_window(struct mc_out *out, uint32_t window);         /* 1.6.38 */
int mc_put_slabs_automove_freeratio(struct mc_out *out, uint32_t ratio_milli); /* 1.6.38 */
int mc_put_extstore(struct mc_out *out, struct mc_bytes words); /* "free_memchunks 1 2", ... */
int mc_put_refresh_certs(struct mc_out *out);                   /* of -Z */
int mc_put_lru_tune(struct mc_out *out, uint32_t hot_percent, uint32_t warm_percent,
                    uint32_t hot_factor_milli, uint32_t warm_factor_milli);
int mc_put_lru_mode(struct mc_out *out, bool segmented);
int mc_put_lru_temp_ttl(struct mc_out *out, int32_t ttl_s);
int mc_put_lru_crawler_enable(struct mc_out *out, bool enable);
int mc_put_lru_crawler_sleep(struct mc_out *out, uint32_t microseconds); /* at most 1,000,000 */
int mc_put_lru_crawler_tocrawl(struct mc_out *out, uint32_t items);
/* classes: "all", "hash" (dumps only), or class ids such as "1,3,10". The dumps are streams. */
int mc_put_lru_crawler_crawl(struct mc_out *out, struct mc_bytes classes);
int mc_put_lru_crawler_metadump(struct mc_out *out, struct mc_bytes classes);
int mc_put_lru_crawler_mgdump(struct mc_out *out, struct mc_bytes classes);
int mc_put_watch(struct mc_out *out, struct mc_bytes words); /* a stream */

/* ---- reader.c: bytes to events --------------------------------------------------------------- */

/* What is wrong with a broken reply. */
enum mc_fault {
    MC_FAULT_NONE,
    MC_FAULT_WORD,   /* a line does not start with a word of the protocol */
    MC_FAULT_KEY,    /* a key or name is empty, too long, or contains a forbidden byte */
    MC_FAULT_NUMBER, /* a number is missing, padded with zeros or out of range */
    MC_FAULT_SPACE,  /* a space is missing, or there is one too many */
    MC_FAULT_FLAG,   /* a flag of a meta reply is malformed */
    MC_FAULT_END,    /* a line does not end in CRLF where it should */
    MC_FAULT_LONG,   /* a line is longer than MC_LINE_MAX */
    MC_FAULT_VALUE,  /* a value is not followed by CRLF */
    /* Found by the client: the reply is well-formed, but does not answer the request. */
    MC_FAULT_UNASKED,   /* a reply of another kind, or to no request */
    MC_FAULT_WRONG_KEY, /* a key that was not requested, or is out of order */
};

/* A short English text for a fault: a static string, never NULL. */
const char *mc_text_fault(int fault);

/* A reader of one connection's replies. Start, and restart for a new connection, from {0}. */
struct mc_reader {
    uint32_t body_left; /* bytes of the current value still to come */
    uint16_t at;   /* after MC_E_PROTOCOL: index of the bad byte in the line or a value's CRLF */
    uint8_t fault; /* after MC_E_PROTOCOL: enum mc_fault */
    uint8_t state; /* private; 0: between lines */
    bool meta;     /* private: the current value came with VA */
};

/* The contents of an event; members that it does not use are zero. Slices point into the input. */
struct mc_reply {
    struct mc_bytes key, text; /* text of a meta reply: its flags, for mc_reader_flag() */
    uint64_t cas, number;
    uint64_t flags; /* 64 bits if memcached is built for it */
    uint32_t size;  /* of the whole value */
    bool meta;      /* the reply is in the meta dialect */
    bool has_cas;   /* the VALUE line had a cas unique */
};

/* Reads the next event from the front of *in, moves *in past it, and returns it; mc_is_final()
 * tells whether it ends the reply.
 * MC_MORE: the event is incomplete. Keep what is left in *in, append more to it, and call again.
 * MC_E_PROTOCOL: the reply is malformed; reader->fault and reader->at say how. The reader stays
 * broken.
 * A value is MC_VALUE, then any number of MC_BODY. The event after them is reported only if CRLF
 * follows the value. */
int mc_reader_next(struct mc_reader *reader, struct mc_bytes *in, struct mc_reply *reply);

/* Tells the reader that the next `size` bytes of the value were received directly into their
 * destination. size <= reader->body_left. */
void mc_reader_took(struct mc_reader *reader, uint32_t size);

/* Announces that the next reply is a stream of free-text lines (metadump, mgdump, watch, stats
 * detail dump). Each line is an MC_LINE (or MC_OPENED), until END, EN or an error. */
void mc_reader_stream(struct mc_reader *reader);

/* Reads the first flag of *flags (the text of a meta reply) into *flag, and moves *flags past it.
 * Returns 1; 0 when there are no more flags; MC_E_PROTOCOL when the flag's number is malformed. For
 * an unknown flag, flag->token is set. */
int mc_reader_flag(struct mc_bytes *flags, struct mc_flag *flag);

/* ---- item.c: a fast path for plain gets ------------------------------------------------------ */

/* Reads an item as a plain get returns it: if the reader is between lines and *in starts with a
 * whole item for this key, with numbers of up to 9 digits, moves *in past it, sets reply->flags,
 * size and text (the whole value), and returns MC_VALUE. Otherwise leaves *in as it is and returns
 * MC_MORE: go on with mc_reader_next(). Other members of *reply are not set. */
int mc_item_next(const struct mc_reader *reader, struct mc_bytes *in, struct mc_bytes key,
                 struct mc_reply *reply);

/* True when the reader is between lines and `in` is the END of a retrieval and nothing else. */
bool mc_item_is_end(const struct mc_reader *reader, struct mc_bytes in);

#ifdef __cplusplus
}
#endif

#endif
