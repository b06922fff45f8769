/* Prints keys, values and answers: for a terminal, for a pipe, and as JSON. */
#ifndef PRINT_H
#define PRINT_H

#include "session.h"

/* As they are, and there may be none. */
void print_bytes(struct mc_bytes bytes);

/* One value: on a terminal escaped and with a newline at its end, elsewhere its bytes alone. */
void print_value(const struct session *session, struct mc_bytes value);

/* The beginning of a JSON object that has a key, and a member with bytes: as text when they are
 * UTF-8, otherwise under the other name in base64. */
void print_json_key(struct mc_bytes key, const char *result);
void print_json_bytes(const char *name, const char *name_base64, struct mc_bytes bytes);

/* The answer to a write: its word on stdout, an error on stderr. With several, the key before it. */
void print_answer(struct session *session, const struct mc_op *op, bool several);

/* The exit status of a command without a session: this one, or STATUS_OUTPUT after a message when
 * stdout was not written. */
int print_end(const char *command, enum status status);

#endif
