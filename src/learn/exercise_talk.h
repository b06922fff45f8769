/* Conversations of exercises, played to the small memcached. */
#ifndef EXERCISE_TALK_H
#define EXERCISE_TALK_H

#include "text.h"
#include "transcript.h"

/* Adds the bytes of an answer, which is spelled as bytes are in transcripts. */
void exercise_talk_spelled(struct text *bytes, const char *spelling);

/* Adds the step's bytes, with the answer in the place of {answer}. */
void exercise_talk_bytes(const struct transcript_step *step, const char *answer,
                         struct text *bytes);

/* Adds a line to *why: what it is about, and bytes. */
void exercise_talk_explain(struct text *why, const char *what, const struct text *bytes);

/* Does the small memcached answer as the transcript says, with this answer in it? If not, *why says
 * what it does. */
bool exercise_talk_is_right(const struct transcript *transcript, const char *answer,
                            struct text *why);

/* The number of the only line, from 1 on, that is not what the small memcached says there. 0: there
 * is none, or more than one. */
size_t exercise_talk_lie(const struct transcript *transcript);

#endif
