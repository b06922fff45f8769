/* The process in which one client is measured. It does what it is told, a line at a time:
 *
 *     hello                                  ok TITLE <tab> SETTINGS
 *     open ADDRESS                           ok
 *     work VERB BATCH SIZE FIRST KEYS        ok          (struct work; VERB: get, miss, set, mg)
 *     check                                  ok          one operation, all of it compared
 *     run COUNT                              ok          so many operations, and nothing besides
 *     round COUNT                            ok NS USER_NS SYSTEM_NS    of all of them together
 *     each COUNT                             ok NS NS NS ...            of each one
 *
 * or answers `no WHY`: there is no such client, or it has no such command; or `bad WHY`: it failed.
 * round and each do some operations before the clock runs. It ends when its input does.
 * python_clients.py speaks the same. */
#ifndef WORKER_H
#define WORKER_H

#include "tested.h"

enum { WORKER_EACH_MAX = 20000 };

/* Returns the exit status. */
int worker_main(const struct tested_client *client);

/* Does `count` operations on a server and nothing besides, for tools that count. Exit status. */
int worker_count(const struct tested_client *client, const char *address, const struct work *work,
                 uint32_t count);

#endif
