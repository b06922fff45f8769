/* Commands as their arguments: made from a fuzzer's input, put by mc_put_*, and read back from the
 * bytes in the plainest way, word by word. A table has the form of each command and its replies;
 * it was written from memcached's protocol.txt, and not from the library. */
#ifndef COMMAND_H
#define COMMAND_H

#include "input.h"

enum command_name {
    COMMAND_GET,
    COMMAND_GETS,
    COMMAND_GAT,
    COMMAND_GATS,
    COMMAND_SET,
    COMMAND_ADD,
    COMMAND_REPLACE,
    COMMAND_APPEND,
    COMMAND_PREPEND,
    COMMAND_CAS,
    COMMAND_DELETE,
    COMMAND_INCR,
    COMMAND_DECR,
    COMMAND_TOUCH,
    COMMAND_MG,
    COMMAND_MS,
    COMMAND_MD,
    COMMAND_MA,
    COMMAND_VERSION,
    COMMAND_FLUSH_ALL, /* up to here those of op.h */
    COMMAND_ME,
    COMMAND_MN,
    COMMAND_STATS,
    COMMAND_VERBOSITY,
    COMMAND_CACHE_MEMLIMIT,
    COMMAND_SHUTDOWN,
    COMMAND_SHUTDOWN_GRACEFUL,
    COMMAND_QUIT,
    COMMAND_SLABS_REASSIGN,
    COMMAND_SLABS_AUTOMOVE,
    COMMAND_SLABS_AUTOMOVE_RATIO,
    COMMAND_SLABS_AUTOMOVE_WINDOW,
    COMMAND_SLABS_AUTOMOVE_FREERATIO,
    COMMAND_EXTSTORE,
    COMMAND_REFRESH_CERTS,
    COMMAND_LRU_TUNE,
    COMMAND_LRU_MODE_FLAT,
    COMMAND_LRU_MODE_SEGMENTED,
    COMMAND_LRU_TEMP_TTL,
    COMMAND_LRU_CRAWLER_ENABLE,
    COMMAND_LRU_CRAWLER_DISABLE,
    COMMAND_LRU_CRAWLER_SLEEP,
    COMMAND_LRU_CRAWLER_TOCRAWL,
    COMMAND_LRU_CRAWLER_CRAWL,
    COMMAND_LRU_CRAWLER_METADUMP,
    COMMAND_LRU_CRAWLER_MGDUMP,
    COMMAND_WATCH,
    COMMAND_AUTH,
    COMMANDS
};

enum { COMMAND_KEYS = 256, COMMAND_FLAGS = 24 };

struct command {
    enum command_name name;
    struct mc_bytes keys[COMMAND_KEYS]; /* of a meta command with flag b: decoded */
    size_t key_count;
    uint64_t numbers[4]; /* in the order of the line; negative ones in two's complement */
    size_t number_count;
    struct mc_flag flags[COMMAND_FLAGS];
    size_t flag_count;
    struct mc_bytes words;    /* of stats, watch and the crawler; of auth, the user */
    struct mc_bytes password; /* of auth */
    bool noreply;
    char decoded[MC_KEY_MAX]; /* holds a key that was in base64 */
};

/* Makes a command from the input. Few have only valid arguments. */
void command_take(struct input *in, enum command_name name, struct command *c);

/* Makes a flag with this letter from the input. */
struct mc_flag command_take_flag(struct input *in, char letter);

/* Calls the mc_put_ function. */
int command_put(const struct command *c, struct mc_out *out);

/* What is wrong with it by proto.h: a bit 1 << -result for each fault, 0 when it is valid. */
uint32_t command_wrong(const struct command *c);

/* Parses the line of a command (for auth, with its value's line). False when it is no command.
 * Slices point into the line, or into *c. */
bool command_parse(struct mc_bytes line, struct command *c);

bool command_same(const struct command *a, const struct command *b);

/* The size of the value that follows the line of a storage command; NULL for other commands. */
uint64_t *command_size(struct command *c);

const struct mc_flag *command_flag(const struct command *c, char letter);

bool command_is_meta(const struct command *c);

/* True when the command may end in noreply; when it has words, classes or a user. */
bool command_has_noreply(enum command_name name);
bool command_has_words(enum command_name name);

/* True when the command may change what the server holds; for the commands of a client only. */
bool command_is_write(const struct command *c);

/* True when protocol.txt has a reply to the command that begins with this word; "#" for a number.
 */
bool command_is_answered(const struct command *c, const char *word);

/* Bytes in base64, which is MC_KEY_MAX long at most. Returns its length. */
size_t command_encode(struct mc_bytes bytes, char *to);

/* Base64 to bytes; false when no bytes are encoded so. */
bool command_decode(struct mc_bytes base64, char *to, struct mc_bytes *bytes);

#endif
