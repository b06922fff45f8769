/* The commands of mcwire: each runs with its settings and arguments, and returns the exit status. */
#ifndef RUN_H
#define RUN_H

#include "option.h"

/* fetch.c */
int run_get(void *options, const struct option_words *words);

/* store.c: all five, by the command's name. */
int run_store(void *options, const struct option_words *words);

/* change.c */
int run_delete(void *options, const struct option_words *words);
int run_number(void *options, const struct option_words *words); /* incr and decr */
int run_touch(void *options, const struct option_words *words);
int run_flush(void *options, const struct option_words *words);

/* dialect.c */
int run_meta(void *options, const struct option_words *words);

/* ask.c */
int run_ping(void *options, const struct option_words *words);
int run_stats(void *options, const struct option_words *words);
int run_version(void *options, const struct option_words *words);

/* list.c */
int run_keys(void *options, const struct option_words *words);

/* dump.c, restore.c */
int run_dump(void *options, const struct option_words *words);
int run_restore(void *options, const struct option_words *words);

/* talk.c */
int run_talk(void *options, const struct option_words *words);

/* proxy.c */
int run_proxy(void *options, const struct option_words *words);

/* watch.c, top.c, latency.c, doctor.c */
int run_watch(void *options, const struct option_words *words);
int run_top(void *options, const struct option_words *words);
int run_latency(void *options, const struct option_words *words);
int run_doctor(void *options, const struct option_words *words);

/* host.c */
int run_serve(void *options, const struct option_words *words);

/* explain.c */
int run_explain(void *options, const struct option_words *words);

/* play.c */
int run_replay(void *options, const struct option_words *words);

/* lie.c */
int run_lie(void *options, const struct option_words *words);

/* learn.c */
int run_learn(void *options, const struct option_words *words);

/* completion.c */
int run_completion(void *options, const struct option_words *words);

#endif
