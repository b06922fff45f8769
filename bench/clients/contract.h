/* Reads the questions of mcwire lie and writes the answers of the client under examination, for
 * adapters in C. README.md has the contract. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTRACT_WORDS_MAX = 128 };

/* The calls of a client; NULL: it has no such call. Each answers with one of the functions below.
 * words: what came after the question's name; a value is decoded, and value_len is its size. */
struct contract {
    void (*get)(char **words);
    void (*many)(char **words, size_t count);
    void (*set)(char **words, size_t value_len);
    void (*cas)(char **words, size_t value_len);
    void (*incr)(char **words);
    void (*remove)(char **words);
};

void contract_hit(const char *value, size_t len);
void contract_word(const char *word); /* MISS, OK, NO */
void contract_error(const char *why);

/* The answer to many: begin, then a value or a miss for each key, then end. */
void contract_begin_many(void);
void contract_value(const char *value, size_t len);
void contract_no_value(void);
void contract_end_many(void);

/* Answers questions until there are no more. */
void contract_run(const struct contract *contract);

/* Splits $MCWIRE_SERVERS, HOST:PORT; and $MCWIRE_TIMEOUT_MS. */
const char *contract_server(void);
void contract_split_server(char *host, size_t cap, unsigned *port);
long contract_timeout_ms(void);

#endif
