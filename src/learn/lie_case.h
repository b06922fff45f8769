/* The cases that examine a client: what it is asked, how the server answers, and what a right client
 * may say. A table, without I/O. */
#ifndef LIE_CASE_H
#define LIE_CASE_H

#include "lies.h"

enum { LIE_CASE_QUESTIONS = 6 };

/* What a right client may answer, as bits: what is true; that something went wrong; that the item is
 * not there. */
enum lie_case_answer { LIE_MAY_TRUTH = 1, LIE_MAY_ERROR = 2, LIE_MAY_MISS = 4 };

/* How a reply goes out. */
enum lie_case_pace {
    LIE_PACE_WHOLE,
    LIE_PACE_CUT,  /* in two pieces, each time cut one byte later */
    LIE_PACE_DRIP, /* a byte at a time, all of them in a quarter of the client's deadline at most */
    LIE_PACE_CRAWL,  /* a byte at a time, each after a quarter of it */
    LIE_PACE_MIXED,  /* with the first of several items as the last */
    LIE_PACE_ENDLESS /* over and over */
};

/* What the server does when a reply has gone out as far as lie_case.place. */
enum lie_case_stop {
    LIE_STOP_NEVER,
    LIE_STOP_CLOSE,  /* it closes the connection */
    LIE_STOP_SILENT, /* it sends nothing more on this connection */
    LIE_STOP_LATE    /* it sends the rest when the next request comes */
};

enum lie_case_place { LIE_AT_END, LIE_AT_START, LIE_IN_VALUE };

struct lie_question {
    const char *ask;   /* the line that the client's program reads; NULL: no more questions */
    const char *truth; /* as it would answer; NULL: by the items */
    unsigned may;      /* enum lie_case_answer */
};

struct lie_case {
    const char *name, *about;
    bool honest;     /* the server says the truth, and every answer has to be true */
    const char *key; /* the server answers like this where a request has this key; NULL: always */
    const char *lie; /* in lies.h; or NULL */
    const struct lie *own; /* a lie of this case alone; or NULL */
    enum lie_case_pace pace;
    enum lie_case_stop stop;
    enum lie_case_place place;
    int rounds; /* how many times the questions are asked; 0: once */
    struct lie_question questions[LIE_CASE_QUESTIONS];
};

extern const struct lie_case lie_cases[];
extern const size_t lie_cases_count;

/* Fills in the long values and the table of lies; call it before the first use. */
void lie_case_init(void);

/* The case of this name, or NULL. */
const struct lie_case *lie_case_find(const char *name);

/* The edit of the case's replies; NULL when they are as an honest server's. */
const struct lie *lie_case_lie(const struct lie_case *scene);

/* How many bytes of this honest reply go out before the case's stop. */
size_t lie_case_stop_at(const struct lie_case *scene, struct mc_bytes reply);

/* The items that the server has at the beginning: false when there is no nth. */
bool lie_case_item(size_t n, struct mc_bytes *key, struct mc_bytes *value);

/* The value of the item with this key; false when there is none. */
bool lie_case_value(struct mc_bytes key, struct mc_bytes *value);

#endif
