/* What bytes on the wire mean: turns an event of a reader, and its bytes, into fields that each have
 * a name and a sentence. A terminal, JSON and a page show the same fields.
 *
 * It is pure: no I/O, no allocation, no globals. Every text in an annotation is printable ASCII;
 * what comes from the wire is escaped in it. The bytes themselves are not: that is for the printer,
 * which must not show them when `secret` is true. */
#ifndef MC_ANNOTATE_H
#define MC_ANNOTATE_H

#include "request.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MC_ANNOTATE_FIELDS = 32, /* the last one covers the rest of a longer line */
    MC_ANNOTATE_POOL = 2048
};

/* A part of the bytes. Fields are in the order of the bytes, and do not overlap. */
struct mc_field {
    size_t at, len;   /* bytes[at..at + len) */
    const char *name; /* "key", "flags", "v" */
    const char *text; /* a sentence about it; empty when its name says enough */
};

/* Text pointers lead to static strings or into the struct itself: do not copy it. */
struct mc_annotation {
    const char *title; /* what the bytes are, in a few words */
    const char *fault; /* what is wrong with them; NULL: nothing */
    size_t fault_at;   /* the byte that is wrong; may be the one after the last */
    int notes;         /* what memcached tolerates in them: enum mc_note, see mc_annotate_note() */
    bool secret;       /* the bytes are a login */
    size_t count;
    struct mc_field fields[MC_ANNOTATE_FIELDS];
    size_t used; /* private */
    char pool[MC_ANNOTATE_POOL];
};

/* Annotates what mc_request_next() has just read: its result, the contents, and the bytes that it
 * took off the front. MC_MORE: bytes that it dropped. */
void mc_annotate_request(struct mc_annotation *annotation, int event,
                         const struct mc_request_reader *reader, const struct mc_request *request,
                         struct mc_bytes bytes);

/* The same for mc_reader_next(). For MC_E_PROTOCOL, the bytes are what is left. */
void mc_annotate_reply(struct mc_annotation *annotation, int event, const struct mc_reader *reader,
                       const struct mc_reply *reply, struct mc_bytes bytes);

/* Joins two annotations of bytes that follow each other: those of `next` begin at byte `at`. So a
 * retrieval and its keys, or a value and its CRLF, are shown together. The title stays. */
void mc_annotate_join(struct mc_annotation *annotation, const struct mc_annotation *next,
                      size_t at);

/* A sentence about a fault of a request (enum mc_wrong), and about one thing that memcached
 * tolerates (one bit of enum mc_note): static strings, never NULL. */
const char *mc_annotate_fault(int fault);
const char *mc_annotate_note(int note);

#ifdef __cplusplus
}
#endif

#endif
