/* Commands as their arguments: made from a fuzzer's input, put by mc_put_*, and read back from the
 * bytes in the plainest way, word by word. A table has the form of each command and its replies;
 * it was written from memcached's protocol.txt, and not from the library. */
#ifndef QUESTION_H
#define QUESTION_H

#include "input.h"

enum question_name {
    QUESTION_GET,
    QUESTION_GETS,
    QUESTION_GAT,
    QUESTION_GATS,
    QUESTION_SET,
    QUESTION_ADD,
    QUESTION_REPLACE,
    QUESTION_APPEND,
    QUESTION_PREPEND,
    QUESTION_CAS,
    QUESTION_DELETE,
    QUESTION_INCR,
    QUESTION_DECR,
    QUESTION_TOUCH,
    QUESTION_MG,
    QUESTION_MS,
    QUESTION_MD,
    QUESTION_MA,
    QUESTION_VERSION,
    QUESTION_FLUSH_ALL, /* up to here those of call.h */
    QUESTION_ME,
    QUESTION_MN,
    QUESTION_STATS,
    QUESTION_VERBOSITY,
    QUESTION_CACHE_MEMLIMIT,
    QUESTION_SHUTDOWN,
    QUESTION_SHUTDOWN_GRACEFUL,
    QUESTION_QUIT,
    QUESTION_SLABS_REASSIGN,
    QUESTION_SLABS_AUTOMOVE,
    QUESTION_SLABS_AUTOMOVE_RATIO,
    QUESTION_SLABS_AUTOMOVE_WINDOW,
    QUESTION_SLABS_AUTOMOVE_FREERATIO,
    QUESTION_EXTSTORE,
    QUESTION_REFRESH_CERTS,
    QUESTION_LRU_TUNE,
    QUESTION_LRU_MODE_FLAT,
    QUESTION_LRU_MODE_SEGMENTED,
    QUESTION_LRU_TEMP_TTL,
    QUESTION_LRU_CRAWLER_ENABLE,
    QUESTION_LRU_CRAWLER_DISABLE,
    QUESTION_LRU_CRAWLER_SLEEP,
    QUESTION_LRU_CRAWLER_TOCRAWL,
    QUESTION_LRU_CRAWLER_CRAWL,
    QUESTION_LRU_CRAWLER_METADUMP,
    QUESTION_LRU_CRAWLER_MGDUMP,
    QUESTION_WATCH,
    QUESTION_AUTH,
    COMMANDS
};

enum { QUESTION_KEYS = 256, QUESTION_FLAGS = 24 };

struct question {
    enum question_name name;
    struct mc_bytes keys[QUESTION_KEYS]; /* of a meta command with flag b: decoded */
    size_t key_count;
    uint64_t numbers[4]; /* in the order of the line; negative ones in two's complement */
    size_t number_count;
    struct mc_flag flags[QUESTION_FLAGS];
    size_t flag_count;
    struct mc_bytes words;    /* of stats, watch and the crawler; of auth, the user */
    struct mc_bytes password; /* of auth */
    bool noreply;
    char decoded[MC_KEY_MAX]; /* holds a key that was in base64 */
};

/* Makes a command from the input. Few have only valid arguments. */
void question_take(struct input *in, enum question_name name, struct question *c);

/* Makes a flag with this letter from the input. */
struct mc_flag question_take_flag(struct input *in, char letter);

/* Calls the mc_put_ function. */
int question_put(const struct question *c, struct mc_out *out);

/* What is wrong with it by proto.h: a bit 1 << -result for each fault, 0 when it is valid. */
uint32_t question_wrong(const struct question *c);

/* Parses the line of a command (for auth, with its value's line). False when it is no command.
 * Slices point into the line, or into *c. */
bool question_parse(struct mc_bytes line, struct question *c);

bool question_same(const struct question *a, const struct question *b);

/* The size of the value that follows the line of a storage command; NULL for other commands. */
uint64_t *question_size(struct question *c);

const struct mc_flag *question_flag(const struct question *c, char letter);

bool question_is_meta(const struct question *c);

/* True when the command may end in noreply; when it has words, classes or a user. */
bool question_has_noreply(enum question_name name);
bool question_has_words(enum question_name name);

/* True when the command may change what the server holds; for the commands of a client only. */
bool question_is_write(const struct question *c);

/* True when protocol.txt has a reply to the command that begins with this word; "#" for a number.
 */
bool question_is_answered(const struct question *c, const char *word);

/* Bytes in base64, which is MC_KEY_MAX long at most. Returns its length. */
size_t question_encode(struct mc_bytes bytes, char *to);

/* Base64 to bytes; false when no bytes are encoded so. */
bool question_decode(struct mc_bytes base64, char *to, struct mc_bytes *bytes);

#endif
