/* Splits questions into words, and writes values with %XX for bytes that are not plain. */
#include "contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1 << 16 };

/* ---- answers --------------------------------------------------------------------------------- */

static void put_value(const char *value, size_t len)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)value[i];
        if (byte != 0 && strchr(plain, byte) != NULL)
            putchar(byte);
        else
            printf("%%%02X", byte);
    }
}

void contract_hit(const char *value, size_t len)
{
    fputs("HIT ", stdout);
    put_value(value, len);
    putchar('\n');
}

void contract_word(const char *word)
{
    puts(word);
}

void contract_error(const char *why)
{
    printf("ERROR %s\n", why);
}

void contract_begin_many(void)
{
    fputs("HIT", stdout);
}

void contract_value(const char *value, size_t len)
{
    putchar(' ');
    put_value(value, len);
}

void contract_no_value(void)
{
    fputs(" -", stdout);
}

void contract_end_many(void)
{
    putchar('\n');
}

/* ---- questions ------------------------------------------------------------------------------- */

/* Decodes %XX in place. Returns the size. */
static size_t decode(char *text)
{
    char *to = text;
    for (char *from = text; *from != '\0';) {
        char digits[3] = {0};
        if (*from == '%' && from[1] != '\0' && from[2] != '\0') {
            memcpy(digits, from + 1, 2);
            *to++ = (char)strtol(digits, NULL, 16);
            from += 3;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

static size_t split(char *line, char **words)
{
    size_t count = 0;
    for (char *word = strtok(line, " \n"); word != NULL && count < CONTRACT_WORDS_MAX;
         word = strtok(NULL, " \n"))
        words[count++] = word;
    return count;
}

/* Is it this question, with so many words after it? */
static bool asks(char **words, size_t count, const char *name, size_t more)
{
    return strcmp(words[0], name) == 0 && count == more + 1;
}

static bool answer_retrieval(const struct contract *contract, char **words, size_t count)
{
    bool gets = asks(words, count, "get", 1);
    bool gets_many = count > 1 && asks(words, count, "many", count - 1) && contract->many != NULL;
    if (gets)
        contract->get(words + 1);
    else if (gets_many)
        contract->many(words + 1, count - 1);
    return gets || gets_many;
}

static bool answer_storage(const struct contract *contract, char **words, size_t count)
{
    bool sets = asks(words, count, "set", 2) && contract->set != NULL;
    bool swaps = asks(words, count, "cas", 2) && contract->cas != NULL;
    if (sets)
        contract->set(words + 1, decode(words[2]));
    else if (swaps)
        contract->cas(words + 1, decode(words[2]));
    return sets || swaps;
}

static bool answer_change(const struct contract *contract, char **words, size_t count)
{
    bool adds = asks(words, count, "incr", 2) && contract->incr != NULL;
    bool removes = asks(words, count, "delete", 1) && contract->remove != NULL;
    if (adds)
        contract->incr(words + 1);
    else if (removes)
        contract->remove(words + 1);
    return adds || removes;
}

static void answer(const struct contract *contract, char **words, size_t count)
{
    bool answered = answer_retrieval(contract, words, count) ||
                    answer_storage(contract, words, count) || answer_change(contract, words, count);
    if (!answered)
        contract_word("SKIP");
}

void contract_run(const struct contract *contract)
{
    static char line[LINE_SIZE];
    char *words[CONTRACT_WORDS_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t count = split(line, words);
        if (count > 0)
            answer(contract, words, count);
        fflush(stdout);
    }
}

/* ---- the environment ------------------------------------------------------------------------- */

const char *contract_server(void)
{
    const char *server = getenv("MCWIRE_SERVERS");
    return server != NULL ? server : "127.0.0.1:11211";
}

void contract_split_server(char *host, size_t cap, unsigned *port)
{
    const char *server = contract_server(), *colon = strrchr(server, ':');
    size_t len = colon != NULL ? (size_t)(colon - server) : strlen(server);
    snprintf(host, cap, "%.*s", (int)len, server);
    *port = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 11211;
}

long contract_timeout_ms(void)
{
    const char *text = getenv("MCWIRE_TIMEOUT_MS");
    return text != NULL ? strtol(text, NULL, 10) : 1000;
}
