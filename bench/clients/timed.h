/* The process in which one client is measured. It is told what to do, a line at a time, and answers
 * each with a line: `ok` and what was asked for, `no WHY` where there is no such thing, or `bad WHY`
 * where it failed. It ends when its input does, so also when whoever tells it is killed.
 *
 *     hello                                  ok TITLE <tab> SETTINGS
 *     open ADDRESS                           ok NS       of connecting, if it does so at once
 *     work VERB BATCH SIZE FIRST KEYS        ok          (struct work)
 *     check                                  ok          one operation, all of it compared
 *     run COUNT                              ok          so many operations, and nothing besides
 *     round COUNT                            ok NS CPU_NS   of all of them together, with the
 *                                                         processor time of this process
 *     each COUNT                             ok NS NS NS ...            of each one
 *
 *     deadline MS                            ok          for all operations after the next open
 *     try                                    ok NS OUTCOME   one operation: right, or wrong
 *     parts COUNT                            ok NS NS NS ...   of the parts of each operation
 *
 * round and each do some operations before the clock runs. Clients in other languages obey the same
 * with --timed. */
#ifndef TIMED_H
#define TIMED_H

#include "socket.h"
#include "work.h"

enum { TIMED_EACH_MAX = 20000 };

/* Where the time of an operation goes. Each part takes in one reading of the clock, which is CLOCK.
 * WAIT is a poll(), which the client does without. What is copied is copied once more for COPY, and
 * taken off PARSE. */
enum timed_part { PUT, SEND, WAIT, RECEIVE, PARSE, COPY, CLOCK, TIMED_PARTS };

/* Does the i-th operation of the work. False when a result is not the one that is right. */
typedef bool timed_run(uint32_t i);

/* What a client has to offer. It is the only one in its process: it keeps its state in its file. */
struct timed_client {
    const char *title;    /* its name and version */
    const char *settings; /* what was set to make it fast, and how it is used */

    /* How long an operation may take. NULL: it has no such setting. */
    void (*set_deadline)(int ms);

    /* Connects to HOST:PORT or unix:/PATH. False when that fails. */
    bool (*open)(const char *address);

    /* Makes a work ready. NULL when the client has no such command. */
    timed_run *(*prepare)(const struct work *work);

    /* Does the i-th operation and compares every byte that it delivers. */
    bool (*check)(uint32_t i);

    /* Does the i-th operation, and tells the ns of its parts. NULL: nobody can look inside. */
    bool (*parts)(uint32_t i, uint64_t ns[TIMED_PARTS]);
};

extern const struct timed_client baseline_client, mcwire_client, server_client;

/* Connects a socket, closing it first if it is open. False when that fails. */
bool timed_connect(struct mc_socket *socket, const char *address);

/* What a line runs. It returns its answer, or NULL when it has printed that. */
typedef const char *timed_function(void *ctx, const char *argument);

struct timed_command {
    const char *name;
    timed_function *run;
};

/* Obeys standard input until it ends. Returns the exit status; so do the other two. */
int timed_obey(const struct timed_command *commands, size_t count, void *ctx);
int timed_main(const struct timed_client *client);

/* Measures proto/ alone, over bytes in memory; wire.c has its lines. */
int wire_main(void);

#endif
