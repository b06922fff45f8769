/* The commands of a client, each with its request and the reply of an honest server. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "lies.h"
#include "server.h"

enum { COMMANDS_PLACED = 64 }; /* bytes of a request or reply, with its NUL */

/* PLAIN and QUIET commands run in a pipeline, and alone. MANY is a retrieval of as many keys as the
 * pipeline has commands; its reply is one item. OTHER runs alone, by a function of its own. */
enum command_shape { COMMAND_PLAIN, COMMAND_QUIET, COMMAND_MANY, COMMAND_OTHER };

/* A command, its request, and the reply of an honest server. # is its place in the pipeline. */
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

/* The operation that sends this command; the caller sets where the value goes. */
struct mc_pipeline_op command_op(const struct command *command);

/* Runs it alone, by the client's function of its name, or by the server's where there is one. Not
 * for retrievals of many keys. */
int command_ask_client(struct mc_client *client, struct mc_pipeline_op *op, mc_deadline deadline);
int command_ask_server(struct mc_server *server, struct mc_pipeline_op *op);

/* Reads all events that mc_client_stats() leads to, whatever they are, and returns the last. */
int command_ask_stats(struct mc_server *server);

#endif
