/* Scenes: a call of a client function, the bytes that go out and come in, and the outcome. */
#ifndef SCENES_H
#define SCENES_H

#include "client.h"
#include "script.h"
#include "text.h"

enum {
    SCENES_KEYS = 3,     /* in a retrieval of many keys: "a", "b", "c" */
    SCENES_BIG = 5000,   /* a value that is larger than the client's buffer */
    SCENES_BUFFER = 2048 /* the client's, unless a test says otherwise */
};

/* clang-format off */
enum what {
    GET, GETS, GET_MANY, GETS_MANY, MG, VERSION, AUTH, STATS,
    /* these are writes: */
    GAT, GATS, GAT_MANY, GATS_MANY, STORE, DELETE, INCR, DECR, TOUCH, FLUSH_ALL, MS, MD, MA
};
/* clang-format on */

struct scene {
    enum what what;
    const char *request, *reply;
    const char *outcome;            /* the result and everything that comes with it, as text */
    int error;                      /* engine.error afterwards */
    enum mc_fault fault;            /* and reader.fault, when that is MC_E_PROTOCOL */
    struct mc_bytes key;            /* "key" unless given; or a user */
    struct mc_bytes data;           /* "hello" unless given; or a password, or words */
    const struct mc_command *store; /* set unless given */
    bool no_room;                   /* there is no room for the value */
    bool doubled;                   /* of many keys: "a", "b", "a" */
    struct mc_flag flags[12];
    size_t count;
};

extern const struct scene *const scenes;
extern const int scene_count;

/* Fills in the scenes with a big value; call it before the first use. */
void scenes_init(void);

bool scene_is_write(const struct scene *scene);
bool scene_is_many(const struct scene *scene);
bool scene_is_big(const struct scene *scene);     /* the answer has a value of SCENES_BIG bytes */
bool scene_is_refused(const struct scene *scene); /* nothing is sent */
bool scene_is_quiet(const struct scene *scene);   /* an mn is sent after it */

/* A performance of a scene. The script's limits and faults, and `unwanted`, may be set before it is
 * set up; start from {0}. */
struct play {
    struct script script;
    bool unwanted; /* no outputs but the result */
    struct mc_client client;
    char *buf, *value_buf;
    struct mc_value values[SCENES_KEYS];
    struct mc_meta meta;
    int result;
    struct text outcome;
};

/* Makes the client, with a buffer of `cap` bytes. Each buffer is allocated at its exact size, so
 * that a sanitizer sees every access beyond it. */
void play_set_up(struct play *play, const struct scene *scene, size_t cap);

/* Calls the function, and writes the outcome as text. */
void play_run(struct play *play, const struct scene *scene);

/* Does both, with the scene's answer; the server will answer a version command after it. */
void play_perform(struct play *play, const struct scene *scene, size_t cap);

void play_finish(struct play *play);

#endif
