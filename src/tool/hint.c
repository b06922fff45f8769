/* Knows the arguments of memcached's commands, as protocol.txt names them. */
#include "hint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "argument.h"

/* A command and its arguments; "..." ends one that can be repeated. */
static const struct {
    const char *name, *words;
} commands[] = {
    {"get", "key..."},
    {"gets", "key..."},
    {"gat", "exptime key..."},
    {"gats", "exptime key..."},
    {"set", "key flags exptime bytes [noreply]"},
    {"add", "key flags exptime bytes [noreply]"},
    {"replace", "key flags exptime bytes [noreply]"},
    {"append", "key flags exptime bytes [noreply]"},
    {"prepend", "key flags exptime bytes [noreply]"},
    {"cas", "key flags exptime bytes unique [noreply]"},
    {"delete", "key [noreply]"},
    {"incr", "key delta [noreply]"},
    {"decr", "key delta [noreply]"},
    {"touch", "key exptime [noreply]"},
    {"mg", "key [b|c|f|h|k|l|q|s|t|u|v|E|N|O|R|T]..."},
    {"ms", "key bytes [b|c|k|q|C|E|F|I|M|N|O|T]..."},
    {"md", "key [b|k|q|x|C|E|I|O|T]..."},
    {"ma", "key [b|c|k|q|t|v|C|D|E|J|M|N|O|T]..."},
    {"me", "key [b]"},
    {"mn", ""},
    {"version", ""},
    {"quit", ""},
    {"flush_all", "[delay] [noreply]"},
    {"verbosity", "level [noreply]"},
    {"stats", "[settings|items|slabs|sizes|conns|reset]"},
    {"watch", "[fetchers|mutations|evictions|connevents|deletions]..."},
    {"cache_memlimit", "megabytes [noreply]"},
    {"lru", "tune|mode|temp_ttl setting..."},
    {"lru_crawler", "metadump|mgdump|crawl|sleep|tocrawl|enable|disable [classes]"},
    {"slabs", "reassign|automove setting..."},
    {"shutdown", "[graceful]"},
};

static const char *find_words(struct mc_bytes name)
{
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        if (strlen(commands[k].name) == name.len &&
            memcmp(commands[k].name, name.data, name.len) == 0)
            return commands[k].words;
    }
    return "";
}

static bool is_repeated(struct mc_bytes word)
{
    return word.len > 3 && memcmp(word.data + word.len - 3, "...", 3) == 0;
}

void hint_of_command(struct mc_bytes line, char to[HINT_SIZE])
{
    bool begins = line.len > 0 && line.data[line.len - 1] == ' ';
    struct mc_bytes word, left;

    to[0] = '\0';
    if (!mc_argument_word(&line, &word))
        return;
    left = mc_string(find_words(word));
    while (mc_argument_word(&line, &word)) {
        struct mc_bytes before = left;
        mc_argument_word(&left, &word);
        if (is_repeated(word))
            left = before;
    }
    if (mc_argument_word(&left, &word))
        snprintf(to, HINT_SIZE, "%s%s", begins ? "" : " ", word.data);
}

void hint_of_value(struct mc_bytes value, uint32_t size, char to[HINT_SIZE])
{
    if (value.len < size)
        snprintf(to, HINT_SIZE, " %zu more", size - value.len);
    else if (value.len > size)
        snprintf(to, HINT_SIZE, " %zu too many", value.len - size);
    else
        to[0] = '\0';
}
