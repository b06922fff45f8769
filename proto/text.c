/* English texts for people: what each result and each fault means. */
#include "proto.h"

/* From MC_E_KEY downwards. */
static const char error_texts[] =
    "a key must have 1 to 250 bytes; spaces, control bytes, and 0x7f are not allowed\0"
    "a word is empty, too long, or holds a space or a control byte\0"
    "a number is outside the range that memcached accepts\0"
    "a meta flag does not fit its command, appears twice or is one too many\0"
    "the request line is too long\0"
    "there is no such command\0"
    "the buffer is too small\0"
    "other operations are not done yet\0"
    "the server's bytes are not a memcached reply to what was asked\0"
    "a reply line does not fit the client's buffer\0"
    "the deadline passed\0"
    "the server closed the connection\0"
    "the system failed to send or receive\0"
    "the connection was given up after an error reply\0"
    "the write was sent but its reply lost: it may or may not be done\0"
    "the server's address is malformed\0"
    "the host name does not resolve\0"
    "the server does not accept connections\0"
    "the server refused the user and password, or they cannot be sent\0"
    "the server failed a moment ago and is not tried again yet\0"
    "this process has no descriptor, memory or port left for a connection\0";

/* From MC_MORE upwards. */
static const char event_texts[] = "done, or more bytes are wanted\0"
                                  "hit\0"
                                  "a piece of a value\0"
                                  "a statistic\0"
                                  "an item\0"
                                  "a line\0"
                                  "the stream begins\0"
                                  "miss or end\0"
                                  "stored\0"
                                  "not stored\0"
                                  "exists: changed since it was read\0"
                                  "not found\0"
                                  "deleted\0"
                                  "touched\0"
                                  "a number\0"
                                  "done\0"
                                  "all earlier commands are done\0"
                                  "an item's metadata\0"
                                  "ok\0"
                                  "reset\0"
                                  "a version\0"
                                  "the server is busy with such a command\0"
                                  "the server refused the command\0"
                                  "the server does not know the command\0"
                                  "the server says that the client is wrong\0"
                                  "the server failed\0";

/* From MC_FAULT_NONE upwards. */
static const char fault_texts[] =
    "no fault\0"
    "a line does not start with a word of the protocol (an empty one "
    "after CLIENT_ERROR: memcached 1.6.45)\0"
    "a key is empty, too long or holds a byte that it must not\0"
    "a number is missing, padded or out of range\0"
    "not the one space that should be here\0"
    "a malformed flag in a meta reply (an empty one: memcached before 1.6.18)\0"
    "the line does not end in CRLF here\0"
    "the line is too long\0"
    "no CRLF after a value\0"
    "a reply that nothing asked for\0"
    "a key that was not asked for, or not in this place\0";

#ifdef __FRAMAC__
#include "contracts/text.h"
#endif

/* Finds a text in a string of texts by its index. An array of pointers would hold addresses, which
 * a position-independent program has to fill in when it starts. */
static const char *text_at(const char *texts, int index) /*@ ghost (int end) */
{
    size_t i = 0;
    /*@ loop invariant 0 <= i <= end;
        loop assigns i, index;
        loop variant index; */
    for (; index > 0 && texts[i] != '\0'; index--) {
        /*@ loop invariant 0 <= i < end;
            loop assigns i;
            loop variant end - i; */
        while (texts[i] != '\0')
            i++;
        i++;
    }
    return texts[i] != '\0' ? texts + i : "not a result of this library";
}

const char *mc_text(int result)
{
    if (result < 0)
        return text_at(error_texts, -1 - result) /*@ ghost (sizeof error_texts - 1) */;
    return text_at(event_texts, result) /*@ ghost (sizeof event_texts - 1) */;
}

const char *mc_text_fault(int fault)
{
    if (fault < 0)
        fault = MC_FAULT_WRONG_KEY + 1;
    return text_at(fault_texts, fault) /*@ ghost (sizeof fault_texts - 1) */;
}

const char *mc_version(void)
{
    return MCWIRE_VERSION;
}

struct mc_bytes mc_string(const char *string)
{
    struct mc_bytes bytes = {string, 0};
    if (string == NULL)
        return bytes;
    /*@ loop invariant \exists integer n; bytes.len <= n <= PTRDIFF_MAX && string[n] == '\0' &&
            \valid_read(string + (0 .. n));
        loop assigns bytes.len; */
    while (string[bytes.len] != '\0')
        bytes.len++;
    return bytes;
}
