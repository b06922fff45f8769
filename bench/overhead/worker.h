/* The process in which one client is measured. It obeys these lines (see lines.h):
 *
 *     hello                                  ok TITLE <tab> SETTINGS
 *     open ADDRESS                           ok
 *     work VERB BATCH SIZE FIRST KEYS        ok          (struct work; VERB: get, miss, set, mg)
 *     check                                  ok          one operation, all of it compared
 *     run COUNT                              ok          so many operations, and nothing besides
 *     round COUNT                            ok NS CPU_NS   of all of them together, with the
 *                                                         processor time of this process
 *     each COUNT                             ok NS NS NS ...            of each one
 *
 * round and each do some operations before the clock runs. python_clients.py obeys the same. */
#ifndef WORKER_H
#define WORKER_H

#include "tested.h"

enum { WORKER_EACH_MAX = 20000 };

/* Returns the exit status. */
int worker_main(const struct tested_client *client);

#endif
