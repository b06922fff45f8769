/* Lies: the replies that a server may send instead of the honest one, as a table of edits. The
 * command lie, the tests and the page use the same table. */
#ifndef LIES_H
#define LIES_H

#include "proto.h"

enum { LIES_FIELDS_MAX = MC_TOKENS_MAX };

/* An honest reply: one, and whole. */
struct lies_reply {
    struct mc_bytes text;
    /* A letter for each word of its first line: w the reply's word, k key, f flags, s size (of the
     * value after the line), c cas unique, n number, O opaque, - free text, . another flag of
     * a meta reply. In a meta reply the k, c and O are after their letter. */
    const char *fields;
    /* The first words, with spaces around each, of other replies that would be honest here. */
    const char *accepted;
};

enum lies_kind {
    LIES_FIELD,     /* the field is this text */
    LIES_EXTEND,    /* this text comes after the field */
    LIES_SHORTEN,   /* the last byte of the field is missing */
    LIES_LARGER,    /* the field is a number larger by 1 */
    LIES_SMALLER,   /* the field is a number smaller by 1 */
    LIES_DROP,      /* the field and the space before it are missing */
    LIES_VALUE,     /* the value is this text, of another length than its own */
    LIES_MORE,      /* this text comes after the value, before its end */
    LIES_LESS,      /* the last byte of the value is missing */
    LIES_FIRST_EOL, /* the first line, which a value or other lines follow, ends in this text */
    LIES_VALUE_EOL, /* the value ends in this text */
    LIES_LAST_EOL,  /* the last line ends in this text */
    LIES_SPACE,     /* the first space is this text */
    LIES_FRONT,     /* this text comes before the first line */
    LIES_INSTEAD,   /* the reply is this text */
    LIES_BEFORE,    /* this reply comes before it */
    LIES_MIDDLE,    /* this text comes before the last line, after a value */
    LIES_AFTER,     /* this reply comes after it */
    LIES_NO_END,    /* the last line, after a value, is missing */
    LIES_DOUBLED,   /* the reply comes twice */
    LIES_SWAPPED,   /* it comes after the next reply; the caller puts replies together */
    LIES_BYTE,      /* one byte of a line is replaced by this text, in each turn another */
    LIES_CUT        /* nothing comes after some byte, in each turn another */
};

struct lie {
    const char *name;
    enum lies_kind kind;
    char field;
    bool late; /* the reply may be right, but what follows it is not */
    struct mc_bytes text;
};

extern const struct lie *const lies;
extern const int lies_count;

/* Fills in the long lies; call it before the first use. */
void lies_init(void);

/* A false reply: three slices, of the honest one and of the lie, any of which may be empty. Not to be
 * moved: one may be of `number`. */
struct lies_told {
    struct mc_bytes parts[3];
    char number[24];
};

/* Fills in the letters of a reply that is honest, by the words of its first line. */
void lies_name_fields(struct mc_bytes text, char fields[LIES_FIELDS_MAX + 1]);

/* Where the value of the reply begins and ends; false when it has none. */
bool lies_find_value(const struct lies_reply *reply, size_t *from, size_t *to);

/* Makes the false reply; turns count from 0. False when the edit does not change this reply, or has
 * no such turn. */
bool lies_tell(const struct lie *lie, const struct lies_reply *reply, size_t turn,
               struct lies_told *told);

/* The lie of this name, or NULL. */
const struct lie *lies_find(const char *name);

/* True when the text begins with a reply that would be honest here, too. */
bool lies_is_accepted(const struct lies_reply *reply, struct mc_bytes text);

#endif
