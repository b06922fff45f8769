/* A scripted peer: the other end of a real socket, in a thread, that says and expects what a table
 * of steps says. */
#ifndef PEER_H
#define PEER_H

#include "folder.h"
#include "socket.h"

#include <pthread.h>

enum peer_family { PEER_UNIX, PEER_TCP4, PEER_TCP6, PEER_FAMILIES };

enum peer_do {
    PEER_END,         /* the script is over; the connection stays as it is until peer_end() */
    PEER_ACCEPT,      /* takes the next connection, and keeps those it has open */
    PEER_HEAR,        /* exactly this text comes next */
    PEER_HEAR_OR_END, /* the same, unless the other end closes, which ends the script */
    PEER_SAY,         /* says the text */
    PEER_LATE,        /* says the text, whether or not the other end is still there */
    PEER_DRIP,   /* says the text over and over, a byte each `ms`, until the other end closes */
    PEER_SLOWLY, /* says the text, a byte each `ms`, or less if the other end closes */
    PEER_FLOOD,  /* says the text over and over, until the other end closes */
    PEER_WAIT,   /* does nothing for `ms` */
    PEER_PASS,   /* does nothing */
    PEER_GATE,   /* does nothing until peer_open_gate() */
    PEER_SILENT, /* nothing comes next but the other end's close */
    PEER_SHUT,   /* says no more, and listens on */
    PEER_CLOSE,
    PEER_RESET /* closes as one that has crashed */
};

struct peer_step {
    enum peer_do what;
    const char *text;
    size_t len; /* of the text; 0: it ends at its NUL */
    int ms;
};

/* The members above the line may be read. */
struct peer {
    enum peer_family family;
    char address[112]; /* as mc_server_init() takes it */
    char path[104];    /* PEER_UNIX */
    char port[6];      /* the others */
    /* ---- */
    char folder[FOLDER_SIZE];
    const struct peer_step *script;
    int listener, fd;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    int done; /* steps */
    bool over, gate_open;
    char problem[256];
};

/* Listens, and plays the script from then on. PEER_UNIX: at the path, or, if it is NULL, in a
 * folder of its own; others: on a free port of the loopback address. */
void peer_start(struct peer *peer, enum peer_family family, const char *path,
                const struct peer_step *script);

/* Connects to it. */
int peer_connect(const struct peer *peer, struct mc_socket *socket, mc_deadline deadline);

/* Waits until that many steps are done. */
void peer_await(struct peer *peer, int steps);

/* Lets it go on after a PEER_GATE, of which a script may have one. */
void peer_open_gate(struct peer *peer);

/* Waits for the end of the script and closes everything. Fails the test when something else came
 * than the script expects, or a connection more than it accepts. */
void peer_end(struct peer *peer);

/* False when the machine has no such address; a line on stdout then names the skipped test. */
bool peer_has(enum peer_family family, const char *test);

/* A listening socket on a free port of the loopback address, or one that only keeps the port from
 * others and refuses connections when backlog is negative. Writes the port. */
int peer_listen(enum peer_family family, int backlog, char port[6]);

#endif
