/* The commands of a client, with what is asked and what an honest server says. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "lies.h"
#include "server.h"

enum { COMMANDS_PLACED = 64 }; /* bytes of a request or reply, with its NUL */

/* PLAIN and QUIET: in a pipeline, and alone. MANY: a retrieval of as many keys as the pipeline has
 * commands; the reply is one item. OTHER: alone, by a function of its own. */
enum command_shape { COMMAND_PLAIN, COMMAND_QUIET, COMMAND_MANY, COMMAND_OTHER };

/* How a command is asked for, and what an honest server says. # is its place in the pipeline. */
struct command {
    const char *name;
    enum command_shape shape;
    enum mc_verb verb;
    int (*ask)(struct mc_server *server);
    const char *request;
    struct lies_reply reply;
    int result;
    struct mc_flag flags[4];
    size_t count;
};

extern const struct command commands[];
extern const size_t commands_count;

bool command_is_write(const struct command *command);

/* A request or reply with its place in it. */
void command_place(const char *text, size_t place, char placed[COMMANDS_PLACED]);

/* What it is asked with; the value's place is the caller's to set. */
struct mc_op command_op(const struct command *command);

/* Asks for it alone, by the client's function of its name, or the server's where it has one. Not of
 * many keys. */
int command_ask_client(struct mc_client *client, struct mc_op *op, mc_deadline deadline);
int command_ask_server(struct mc_server *server, struct mc_op *op);

/* All that mc_client_stats() brings: the last event. What is said may be any reply, and the caller
 * sees which. */
int command_ask_stats(struct mc_server *server);

#endif
