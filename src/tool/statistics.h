/* The statistics of a server, as lines in a buffer: NAME, a tab, VALUE and a newline each. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "buffer.h"
#include "session.h"

/* Asks for a group, or with NULL for the general ones, and replaces what the listing has. Returns the
 * operation as it ended. */
struct mc_op statistics_ask(struct session *session, const char *group, struct buffer *listing);

/* Did they come, rather than an error? */
bool statistics_came(const struct mc_op *op);

/* The next line of a text, which begins after it then; false at its end. */
bool statistics_next(struct mc_bytes *text, struct mc_bytes *name, struct mc_bytes *value);

/* The value of a name; false when there is none. */
bool statistics_find(struct mc_bytes text, struct mc_bytes name, struct mc_bytes *value);

#endif
