/* Holds a real memcached against a transcript. */
#ifndef REPLAY_H
#define REPLAY_H

#include "text.h"
#include "transcript.h"

/* Says on fresh connections what the transcript's client says, and compares each byte of the
 * answers but those that vary. False, with the first difference in *problem, if there is one. */
bool replay_live(const struct transcript *transcript, const char *socket_path,
                 struct text *problem);

#endif
