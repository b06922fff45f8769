/* Bytes to commands: reads what clients send, as mc_reader_next() reads what servers answer. It is
 * for servers, proxies and tools; a client does not need it. The conventions are in proto.h.
 *
 * Everything that mc_put_*() writes is read back as it was put. What other clients send is read as
 * memcached 1.6.18 reads it: what it tolerates (two spaces, a bare \n, leading zeros) is noted in
 * mc_request.notes; what it answers with an error is MC_REQUEST_WRONG, and reading goes on as it
 * does there. After that, versions of memcached disagree in two cases: whether the value of a wrong
 * storage command is read as commands (see mc_request_swallow()), and what a NUL in a line means.
 */
#ifndef MC_REQUEST_H
#define MC_REQUEST_H

#include "argument.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The largest value that memcached reads or skips. */
#define MC_REQUEST_SIZE_MAX (UINT32_C(0x7fffffff) - 2)

/* Events of the reader, and the members of struct mc_request that they set besides `command`. */
enum mc_request_event {
    /* The request goes on: */
    MC_REQUEST_KEY = 1, /* the next key of a retrieval: key */
    MC_REQUEST_DATA,    /* the next piece of the value: text */
    /* A retrieval; its keys and an END follow. */
    MC_REQUEST_GET, /* get, and the old bget */
    MC_REQUEST_GETS,
    MC_REQUEST_GAT,  /* exptime */
    MC_REQUEST_GATS, /* exptime */
    /* A storage command: key, flags, exptime, size, noreply; its value and an END follow. */
    MC_REQUEST_SET,
    MC_REQUEST_ADD,
    MC_REQUEST_REPLACE,
    MC_REQUEST_APPEND,
    MC_REQUEST_PREPEND,
    MC_REQUEST_CAS,  /* number: the cas unique */
    MC_REQUEST_MS,   /* key, size; text: the flags, for mc_argument_flag() */
    MC_REQUEST_AUTH, /* a set while `login` is true: size; the value is <user> <password> */
    /* The request is over: */
    MC_REQUEST_END,    /* the last key or the value was the last */
    MC_REQUEST_WRONG,  /* the server answers with an error: fault, at; and what could be read */
    MC_REQUEST_DELETE, /* key, noreply */
    MC_REQUEST_INCR,   /* key, number, noreply */
    MC_REQUEST_DECR,
    MC_REQUEST_TOUCH, /* key, exptime, noreply */
    MC_REQUEST_MG,    /* key; text: the flags, for mc_argument_flag() */
    MC_REQUEST_MD,
    MC_REQUEST_MA,
    MC_REQUEST_ME,
    MC_REQUEST_MN,
    MC_REQUEST_VERSION,
    MC_REQUEST_QUIT,
    MC_REQUEST_FLUSH_ALL,      /* exptime: the delay or 0; noreply */
    MC_REQUEST_VERBOSITY,      /* number, noreply */
    MC_REQUEST_CACHE_MEMLIMIT, /* number, noreply */
    /* text: the words after the first, for mc_argument_word() */
    MC_REQUEST_STATS,
    MC_REQUEST_WATCH,
    MC_REQUEST_SLABS,
    MC_REQUEST_LRU,
    MC_REQUEST_LRU_CRAWLER,
    MC_REQUEST_EXTSTORE,
    MC_REQUEST_REFRESH_CERTS,
    MC_REQUEST_SHUTDOWN
};

/* True when the event ends its request. */
static inline bool mc_request_is_final(int event)
{
    return event >= MC_REQUEST_END;
}

/* What is wrong with a request. */
enum mc_wrong {
    MC_WRONG_NOTHING,
    MC_WRONG_COMMAND, /* memcached has no such command */
    MC_WRONG_COUNT,   /* too few words, or too many */
    MC_WRONG_KEY,     /* a key is longer than MC_KEY_MAX */
    MC_WRONG_NUMBER,  /* a number is malformed or out of range */
    MC_WRONG_FLAG,    /* a meta flag is malformed, or appears twice */
    MC_WRONG_BYTE,    /* a NUL in a line */
    MC_WRONG_VALUE,   /* no CRLF after the value: its size is wrong */
    /* The server closes the connection, or another protocol begins; the reader stays broken. */
    MC_WRONG_LONG,   /* no line end in the first MC_REQUEST_MAX bytes, and not a retrieval */
    MC_WRONG_BINARY, /* the connection begins with 0x80: the binary protocol */
    MC_WRONG_TLS     /* the connection begins with 0x16: TLS */
};

/* What memcached 1.6.18 tolerates, in mc_request.notes; servers of other versions may not. */
enum mc_note {
    MC_NOTE_SPACES = 1, /* a space at the line's begin or end, or more than one between words */
    MC_NOTE_LF = 2,     /* the line ends in \n without \r */
    MC_NOTE_NUMBER = 4, /* a number with a plus sign, leading zeros, or blanks around it */
    MC_NOTE_WIDE = 8,   /* a number of more than 32 bits, of which the server keeps the low ones */
    MC_NOTE_BYTE = 16,  /* a control byte or 0x7f in a key */
    MC_NOTE_WORDS = 32, /* words that the server ignores */
    MC_NOTE_NO_KEY = 64 /* a gat without keys */
};

/* A reader of what one client sends. Start from {0}. */
struct mc_request_reader {
    uint32_t value_left; /* bytes of the current value still to come */
    uint8_t fault;       /* after MC_E_PROTOCOL: enum mc_wrong */
    uint8_t state;       /* private; 0: at the connection's first byte */
    uint8_t command;     /* private: whose keys or value are read */
    uint8_t notes;       /* private: for the next key */
    bool spaced;         /* private: the space before the next key has been read */
    bool any_key;        /* private: the retrieval has a key */
    /* The caller's. True: a set is a login, as it is for memcached -Y until one has succeeded. Make
     * it false when the server has answered STORED. */
    bool login;
};

/* The contents of an event; members that it does not use are zero. Slices point into the input. */
struct mc_request {
    struct mc_bytes key, text; /* a meta command's key: as it was sent, also in base64 */
    uint64_t flags, number;
    int64_t exptime;
    uint32_t size;   /* of the whole value */
    uint16_t at;     /* what is wrong: index of the byte in the line, in the key or in the CRLF */
    uint8_t fault;   /* enum mc_wrong */
    uint8_t command; /* the event of the command; of the WRONG line, too, or 0 */
    uint8_t notes;   /* enum mc_note, any number of them */
    bool noreply;    /* the command asks for no reply; then errors, too, may have none */
    bool has_size;   /* `size` has been read: a WRONG storage command says how long its value is */
};

/* Reads the next event from the front of *in, moves *in past it, and returns it;
 * mc_request_is_final() tells whether it ends the request.
 * MC_MORE: the event is incomplete. Keep what is left in *in, append more to it, and call again.
 * MC_E_PROTOCOL: this is not the text protocol, or the server closes; request->fault says why. The
 * reader stays broken.
 * A line is read when it is there whole, in MC_REQUEST_MAX bytes at most; but the keys of a
 * retrieval come one by one, and its line may have any length. After a WRONG key, the rest of that
 * line is skipped. */
int mc_request_next(struct mc_request_reader *reader, struct mc_bytes *in,
                    struct mc_request *request);

/* Tells the reader that the next `size` bytes of the value were received directly into their
 * destination. size <= reader->value_left. */
void mc_request_took(struct mc_request_reader *reader, uint32_t size);

/* After a MC_REQUEST_WRONG with has_size: says that its value follows, and is not to be read as
 * commands. It is then read as DATA and END. */
void mc_request_swallow(struct mc_request_reader *reader, const struct mc_request *request);

#ifdef __cplusplus
}
#endif

#endif
