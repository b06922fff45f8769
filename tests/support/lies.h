/* Lies: what a server may say instead of an honest reply, as data. */
#ifndef LIES_H
#define LIES_H

#include "proto.h"
#include "text.h"

/* An honest reply. */
struct lies_reply {
    const char *text;
    /* A letter for each word of its first line: w the reply's word, k key, f flags, s size (of the
     * value behind the line), c cas unique, n number, O opaque, - free text. In a meta reply the
     * k, c and O are behind their letter. */
    const char *fields;
    /* First words, each in spaces, of the replies that are as good: no lie in this place. */
    const char *accepted;
};

enum lies_kind {
    LIES_FIELD,     /* the field is this text */
    LIES_DROP,      /* there is no such field, nor the space in front of it */
    LIES_VALUE,     /* the value is this text */
    LIES_FIRST_EOL, /* the first line, which has a value or others behind it, ends in this text */
    LIES_VALUE_EOL, /* the value ends in this text */
    LIES_LAST_EOL,  /* the last line ends in this text */
    LIES_SPACE,     /* the first space is this text */
    LIES_FRONT,     /* this text is in front of the first line */
    LIES_INSTEAD,   /* the reply is this text */
    LIES_BEFORE,    /* in front of the reply is this one */
    LIES_MIDDLE,    /* in front of the reply's last line, behind a value, is this text */
    LIES_AFTER,     /* behind the reply is this one */
    LIES_NO_END,    /* the last line, behind a value, is missing */
    LIES_DOUBLED,   /* the reply comes twice */
    LIES_SWAPPED,   /* it comes behind the next one: for who puts replies together */
    LIES_BYTE,      /* one byte of a line, by turns each, is this text */
    LIES_CUT        /* behind some byte, by turns each, nothing comes any more */
};

struct lie {
    const char *name;
    enum lies_kind kind;
    char field;
    bool late; /* the reply may be right, and what comes behind it is not */
    struct mc_bytes text;
};

extern const struct lie *const lies;
extern const int lies_count;

/* Fills in the lies that are long; before the first use. */
void lies_init(void);

/* Writes what is said; turn counts from 0. False when the lie is none in this reply, or has no such
 * turn. */
bool lies_tell(const struct lie *lie, const struct lies_reply *reply, size_t turn,
               struct text *said);

/* True when the text begins with a reply that is as good as this one. */
bool lies_is_accepted(const struct lies_reply *reply, struct mc_bytes text);

#endif
