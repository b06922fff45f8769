/* The commands of a client, each with its request and the reply of an honest server. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "lies.h"
#include "server.h"
#include "text.h"

enum { COMMANDS_PLACED = 64 }; /* bytes of a request or reply, with its NUL */

/* PLAIN and QUIET commands run in a batch, and alone. MANY is a retrieval of as many keys as the
 * batch has operations; its reply is one item. OTHER runs alone, by a function of its own. */
enum command_shape { COMMAND_PLAIN, COMMAND_QUIET, COMMAND_MANY, COMMAND_OTHER };

/* A command, its request, and the reply of an honest server. # is its place in the batch. */
struct command {
    const char *name;
    enum command_shape shape;
    const struct mc_command *command;
    /* The functions of its name, or mc_client_do() and mc_server_do(). Not for MANY and OTHER. */
    int (*by_client)(struct mc_client *client, struct mc_op *op, mc_deadline deadline);
    int (*by_server)(struct mc_server *server, struct mc_op *op);
    int (*ask)(struct mc_server *server); /* OTHER */
    const char *request;
    struct lies_reply reply;
    int result;
    struct mc_flag flags[4];
    size_t count;
};

extern const struct command commands[];
extern const size_t commands_count;

/* Can it change an item? Then a lost reply leaves unknown whether it did. */
bool command_is_write(const struct command *command);

/* A request or reply with its place in it. */
void command_place(const char *text, size_t place, char placed[COMMANDS_PLACED]);

/* Adds the false reply, as lies_tell() makes it. False when there is none. */
bool command_lie(const struct lie *lie, const struct lies_reply *reply, size_t turn,
                 struct text *told);

/* The operation that sends this command; the caller sets where value and meta go. */
struct mc_op command_op(const struct command *command);

#endif
