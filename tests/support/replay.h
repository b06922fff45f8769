/* Compares a real memcached with a transcript. */
#ifndef REPLAY_H
#define REPLAY_H

#include "text.h"
#include "transcript.h"

/* Sends what the transcript's client sends, on new connections, and compares each byte of the
 * answers except those that vary. False, with the first difference in *problem, when there is
 * one. */
bool replay_live(const struct transcript *transcript, const char *socket_path,
                 struct text *problem);

#endif
