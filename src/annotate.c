/* Names the parts of requests and replies, and says in a sentence what each means. The sentences
 * stand in tables: of commands, of replies, of the arguments of both, and of flags. */
#include "annotate.h"

#include <string.h>

/* In a sentence, % stands for the word itself, escaped, and @ for when that time comes. */

/* A command: its title, and the names of the words after it; in [] those that may be missing, and
 * with * a name for all that follow. `under` is the second word of those that share a first. */
static const struct command_text {
    int command;
    const char *under, *title, *words;
} command_texts[] = {
    {MC_REQUEST_GET, "", "get: the values of keys", ""},
    {MC_REQUEST_GETS, "", "gets: the values of keys, with their cas uniques", ""},
    {MC_REQUEST_GAT, "", "gat: the values of keys, and a new expiry for each", "exptime"},
    {MC_REQUEST_GATS, "", "gats: as gat, with their cas uniques", "exptime"},
    {MC_REQUEST_SET, "", "set: store a value", "key flags exptime bytes noreply"},
    {MC_REQUEST_ADD, "", "add: store a value if there is none", "key flags exptime bytes noreply"},
    {MC_REQUEST_REPLACE, "", "replace: store a value if there is one",
     "key flags exptime bytes noreply"},
    {MC_REQUEST_APPEND, "", "append: add to the end of a value",
     "key flags_unused exptime_unused bytes noreply"},
    {MC_REQUEST_PREPEND, "", "prepend: add to the front of a value",
     "key flags_unused exptime_unused bytes noreply"},
    {MC_REQUEST_CAS, "", "cas: store a value if nobody has changed it",
     "key flags exptime bytes unique noreply"},
    {MC_REQUEST_AUTH, "", "login of memcached -Y, in the form of a set",
     "unused unused unused bytes"},
    {MC_REQUEST_DELETE, "", "delete: remove an item", "key noreply"},
    {MC_REQUEST_INCR, "", "incr: add to a number", "key plus noreply"},
    {MC_REQUEST_DECR, "", "decr: subtract from a number", "key minus noreply"},
    {MC_REQUEST_TOUCH, "", "touch: a new expiry", "key exptime noreply"},
    {MC_REQUEST_MG, "", "mg: meta get", "key *mg"},
    {MC_REQUEST_MS, "", "ms: meta set", "key bytes *ms"},
    {MC_REQUEST_MD, "", "md: meta delete", "key *md"},
    {MC_REQUEST_MA, "", "ma: meta arithmetic", "key *ma"},
    {MC_REQUEST_ME, "", "me: meta debug, an item's internals", "key *me"},
    {MC_REQUEST_MN, "", "mn: meta no-op, answered after the commands before it", ""},
    {MC_REQUEST_VERSION, "", "version: which memcached this is", ""},
    {MC_REQUEST_QUIT, "", "quit: the server closes the connection", ""},
    {MC_REQUEST_FLUSH_ALL, "", "flush_all: all items become invalid", "delay noreply"},
    {MC_REQUEST_VERBOSITY, "", "verbosity: how much the server logs", "level noreply"},
    {MC_REQUEST_CACHE_MEMLIMIT, "", "cache_memlimit: a new memory limit", "megabytes noreply"},
    {MC_REQUEST_STATS, "", "stats: statistics", "group *word"},
    {MC_REQUEST_WATCH, "", "watch: turns the connection into a log stream", "*kind"},
    {MC_REQUEST_SLABS, "reassign", "slabs: settings of memory", "under source destination"},
    {MC_REQUEST_SLABS, "automove", "slabs: settings of memory", "under *setting"},
    {MC_REQUEST_LRU, "tune", "lru: settings of the lists of recent use",
     "under hot warm hot_factor warm_factor"},
    {MC_REQUEST_LRU, "mode", "lru: settings of the lists of recent use", "under mode"},
    {MC_REQUEST_LRU, "temp_ttl", "lru: settings of the lists of recent use", "under seconds"},
    {MC_REQUEST_LRU_CRAWLER, "crawl", "lru_crawler: the thread that looks for expired items",
     "under classes"},
    {MC_REQUEST_LRU_CRAWLER, "metadump", "lru_crawler: lists all keys as a stream",
     "under classes"},
    {MC_REQUEST_LRU_CRAWLER, "mgdump", "lru_crawler: lists all keys as mg commands",
     "under classes"},
    {MC_REQUEST_LRU_CRAWLER, "sleep", "lru_crawler: the thread that looks for expired items",
     "under microseconds"},
    {MC_REQUEST_LRU_CRAWLER, "tocrawl", "lru_crawler: the thread that looks for expired items",
     "under items"},
    {MC_REQUEST_EXTSTORE, "", "extstore: settings of storage on disk", "under *setting"},
    {MC_REQUEST_REFRESH_CERTS, "", "refresh_certs: load the TLS certificates again", ""},
    {MC_REQUEST_SHUTDOWN, "", "shutdown: the server ends", "mode"},
    {MC_REQUEST_SLABS, "", "slabs: settings of memory", "under *setting"},
    {MC_REQUEST_LRU, "", "lru: settings of the lists of recent use", "under *setting"},
    {MC_REQUEST_LRU_CRAWLER, "", "lru_crawler: the thread that looks for expired items",
     "under *setting"},
    {0, "", "not a command of memcached", "*word"},
};

/* What the names of words mean: the name that is shown, and a sentence. */
static const struct word_text {
    const char *name, *shown, *text;
} word_texts[] = {
    {"key", "key", ""},
    {"flags", "flags", "kept for the client"},
    {"flags_unused", "flags", "ignored, as the item keeps its own"},
    {"exptime", "exptime", "@"},
    {"exptime_unused", "exptime", "ignored, as the item keeps its own"},
    {"bytes", "bytes", "a value of exactly % follows"},
    {"unique", "cas unique", "store only if the item still has it"},
    {"noreply", "noreply", "the server does not answer"},
    {"ignored", "ignored", "the server does not look at it"},
    {"unused", "unused", "the server ignores it"},
    {"plus", "delta", "% is added"},
    {"minus", "delta", "% is subtracted; the result stops at 0"},
    {"delay", "delay", "seconds until then"},
    {"level", "level", ""},
    {"megabytes", "megabytes", ""},
    {"group", "group", "which statistics"},
    {"kind", "kind", "what is logged"},
    {"word", "word", ""},
    {"under", "command", ""},
    {"setting", "setting", ""},
    {"source", "source", "slab class, or -1 for any"},
    {"destination", "destination", "slab class"},
    {"hot", "hot", "% percent of memory"},
    {"warm", "warm", "% percent of memory"},
    {"hot_factor", "hot factor", ""},
    {"warm_factor", "warm factor", ""},
    {"mode", "mode", ""},
    {"seconds", "seconds", ""},
    {"classes", "classes", "slab classes, all, or hash"},
    {"microseconds", "microseconds", "between two items"},
    {"items", "items", "in each class"},
    {"size", "size", "a value of exactly % follows"},
    {"number", "number", "the new value"},
    {"name", "name", ""},
    {"value", "value", ""},
    {"details", "details", ""},
    {"text", "text", ""},
    {"cas", "cas unique", "changes whenever the item does"},
};

/* Flags of meta commands: for which (g mg, s ms, d md, a ma, e me), the letter, and what it says. */
static const struct flag_text {
    const char *commands;
    char letter;
    const char *text;
} request_flag_texts[] = {
    {"gsdae", 'b', "the key is in base64"},
    {"g", 'c', "return the cas unique"},
    {"sa", 'c', "return the new cas unique"},
    {"g", 'f', "return the client flags"},
    {"g", 'h', "return whether it was fetched before: 1 or 0"},
    {"gsda", 'k', "return the key"},
    {"g", 'l', "return the seconds since the last access"},
    {"gsda", 'O', "opaque \"%\" comes back"},
    {"g", 'q', "no reply to a miss"},
    {"sda", 'q', "no reply to success"},
    {"gs", 's', "return the size of the value"},
    {"ga", 't', "return the seconds until it expires"},
    {"g", 'u', "do not count this as an access"},
    {"g", 'v', "return the value"},
    {"a", 'v', "return the new number"},
    {"g", 'E', "the cas unique becomes %"},
    {"sda", 'E', "the new cas unique is %"},
    {"g", 'N', "if there is no item, create an empty one that @"},
    {"s", 'N', "append to a missing item creates it; it @"},
    {"a", 'N', "if there is no item, create one that @"},
    {"g", 'R', "one client may renew it once less than % s remain"},
    {"gs", 'T', "the item @"},
    {"d", 'T', "with I: the stale item @"},
    {"a", 'T', "the item @"},
    {"g", 'C', "if the cas unique is still %, return no value"},
    {"sda", 'C', "only if the cas unique is %"},
    {"s", 'F', "client flags: %"},
    {"s", 'I', "with C: if the cas unique is older, store the value as stale"},
    {"d", 'I', "mark it as stale instead of removing it"},
    {"d", 'x', "remove its value and client flags, keep the item"},
    {"a", 'J', "a new item begins with %"},
    {"a", 'D', "add or subtract %"},
    {"gsda", 'P', "for proxies; the server ignores it"},
    {"gsda", 'L', "for proxies; the server ignores it"},
};

/* The modes of M. */
static const struct flag_text mode_texts[] = {
    {"s", 'E', "mode add: only if there is none"},
    {"s", 'A', "mode append"},
    {"s", 'P', "mode prepend"},
    {"s", 'R', "mode replace: only if there is one"},
    {"s", 'S', "mode set"},
    {"a", 'I', "mode incr"},
    {"a", '+', "mode incr"},
    {"a", 'D', "mode decr"},
    {"a", '-', "mode decr"},
};

/* Flags of meta replies. */
static const struct flag_text reply_flag_texts[] = {
    {"", 'b', "the key is in base64"},
    {"", 'c', "cas unique"},
    {"", 'f', "client flags"},
    {"", 'h', "fetched before: 1 yes, 0 no"},
    {"", 'k', "key"},
    {"", 'l', "seconds since the last access"},
    {"", 'O', "the opaque of the request"},
    {"", 's', "size of the value"},
    {"", 't', "seconds until it expires; -1: never"},
    {"", 'W', "this client has won: it should renew the value"},
    {"", 'X', "the value is stale"},
    {"", 'Z', "another client has already won"},
};

/* A reply: its title, and the names of the words after the first. A dash: the rest is one text. */
static const struct reply_text {
    int event;
    bool meta;
    const char *title, *words;
} reply_texts[] = {
    {MC_VALUE, false, "an item", "key flags bytes cas"},
    {MC_VALUE, true, "found, with its value", "size *reply"},
    {MC_STAT, false, "a statistic", "name -value"},
    {MC_ITEM, false, "an item", "key -details"},
    {MC_OPENED, false, "the stream begins", ""},
    {MC_END, false, "the end: nothing else was found", ""},
    {MC_END, true, "not found", "*reply"},
    {MC_STORED, false, "stored", ""},
    {MC_NOT_STORED, false, "not stored: the condition of the command is not met", ""},
    {MC_NOT_STORED, true, "not stored: the condition of the command is not met", "*reply"},
    {MC_EXISTS, false, "not stored: somebody has changed the item", ""},
    {MC_EXISTS, true, "not done: the item has another cas unique", "*reply"},
    {MC_NOT_FOUND, false, "there is no such item", ""},
    {MC_NOT_FOUND, true, "there is no such item", "*reply"},
    {MC_DELETED, false, "removed", ""},
    {MC_TOUCHED, false, "the expiry is set", ""},
    {MC_NUMBER, false, "the number after incr or decr", ""},
    {MC_HD, true, "done; no value to show", "*reply"},
    {MC_MN, true, "all commands before the mn are done", "*reply"},
    {MC_ME, true, "an item's internals", "key -details"},
    {MC_OK, false, "done", ""},
    {MC_RESET, false, "the statistics are reset", ""},
    {MC_VERSION, false, "the server's version", "-text"},
    {MC_BUSY, false, "busy: try again later", "-text"},
    {MC_REFUSED, false, "refused", "-text"},
    {MC_ERROR, false, "ERROR: no such command, or a malformed one", "-text"},
    {MC_CLIENT_ERROR, false, "CLIENT_ERROR: the request is wrong", "-text"},
    {MC_SERVER_ERROR, false, "SERVER_ERROR: the server could not do it", "-text"},
};

static const char *const wrong_texts[] = {
    [MC_WRONG_NOTHING] = "nothing is wrong",
    [MC_WRONG_COMMAND] = "memcached has no such command",
    [MC_WRONG_COUNT] = "too few words for this command, or too many",
    [MC_WRONG_KEY] = "the key is longer than 250 bytes",
    [MC_WRONG_NUMBER] = "not a number that the command accepts here",
    [MC_WRONG_FLAG] = "a flag is malformed, or appears twice",
    [MC_WRONG_BYTE] = "a NUL: versions of memcached read this line differently",
    [MC_WRONG_VALUE] = "no CRLF after the value: its size is not what its line says",
    [MC_WRONG_LONG] = "a line of 2048 bytes without an end: the server closes the connection",
    [MC_WRONG_BINARY] = "the binary protocol, which is not explained here",
    [MC_WRONG_TLS] = "TLS: the bytes are encrypted",
};

/* 1.6.12 to 1.6.38 are alike; 1.6.45 tolerates less. */
static const char *const note_texts[] = {
    "a space too many: tolerated by memcached (1.6.45: not in front)",
    "the line ends in \\n without \\r: tolerated by memcached (1.6.45: not for mn)",
    "a sign, zeros or blanks in a number: tolerated by memcached (1.6.45: only zeros)",
    "more than 32 bits: tolerated by memcached, which keeps the low ones (1.6.45: only in flags)",
    "a control byte in a key: tolerated by memcached",
    "words that the server ignores: tolerated by memcached",
    "no key: tolerated by memcached (1.6.45: an error)",
};

#define ENTRIES(table) (sizeof(table) / sizeof(table)[0])

/* The texts that a line is annotated from, and where in it reading stands. */
struct annotating {
    struct mc_annotation *a;
    struct mc_bytes bytes;
    size_t at, end; /* words lie in bytes[at..end) */
    bool base64;    /* the key is in base64 */
};

/* ---- sentences ------------------------------------------------------------------------------- */

static void add_letters(struct mc_annotation *a, const char *text)
{
    for (; *text != '\0' && a->used + 1 < MC_ANNOTATE_POOL; text++)
        a->pool[a->used++] = *text;
}

/* Adds a byte from the wire: as it is when it can be printed. */
static void add_wire_byte(struct mc_annotation *a, unsigned char c)
{
    const char *hex = "0123456789abcdef";
    char text[] = {'\\', 'x', hex[c >> 4], hex[c & 15], '\0'};
    const char plain[] = {(char)c, '\0'};
    if (c == '\r' || c == '\n')
        add_letters(a, c == '\r' ? "\\r" : "\\n");
    else if (c == '\\')
        add_letters(a, "\\\\");
    else
        add_letters(a, c >= 0x20 && c < 0x7f ? plain : text);
}

enum { SHOWN_BYTES = 40 };

static void add_wire(struct mc_annotation *a, struct mc_bytes word)
{
    for (size_t k = 0; k < word.len && k < SHOWN_BYTES; k++)
        add_wire_byte(a, (unsigned char)word.data[k]);
    if (word.len > SHOWN_BYTES)
        add_letters(a, "...");
}

/* Adds when an expiry time comes. */
static void add_expiry(struct mc_annotation *a, struct mc_bytes word)
{
    struct mc_number n = mc_argument_number(word, INT64_MAX);
    if (!n.good) {
        add_letters(a, "expires at no valid time");
    } else if (n.size == 0) {
        add_letters(a, "never expires");
    } else if (n.negative) {
        add_letters(a, "expires at once");
    } else {
        bool relative = n.size <= MC_EXPTIME_RELATIVE_MAX;
        add_letters(a, relative ? "expires in " : "expires at the Unix time ");
        add_wire(a, word);
        add_letters(a, relative ? " s" : "");
    }
}

/* A sentence in the pool, with the word in the place of %. */
static const char *compose(struct mc_annotation *a, const char *format, struct mc_bytes word)
{
    size_t start = a->used;
    if (strchr(format, '%') == NULL && strchr(format, '@') == NULL)
        return format;
    for (; *format != '\0'; format++) {
        const char letter[] = {*format, '\0'};
        if (*format == '%')
            add_wire(a, word);
        else if (*format == '@')
            add_expiry(a, word);
        else
            add_letters(a, letter);
    }
    if (a->used >= MC_ANNOTATE_POOL)
        return "";
    a->pool[a->used++] = '\0';
    return a->pool + start;
}

/* Adds a field. When there are too many, the last one grows to cover it. */
static void add_field(struct annotating *n, size_t at, size_t len, const char *name,
                      const char *text)
{
    struct mc_annotation *a = n->a;
    const struct mc_field field = {at, len, name, text};
    if (a->count < MC_ANNOTATE_FIELDS) {
        a->fields[a->count++] = field;
        return;
    }
    struct mc_field *last = &a->fields[a->count - 1];
    last->len = at + len - last->at;
    last->name = "more";
    last->text = "";
}

static bool is_string(struct mc_bytes word, const char *text)
{
    return word.data != NULL && word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

/* ---- words ----------------------------------------------------------------------------------- */

/* The next word, and where it is. */
static bool next_word_at(struct annotating *n, struct mc_bytes *word, size_t *at)
{
    struct mc_bytes left = {n->bytes.data + n->at, n->end - n->at};
    if (!mc_argument_word(&left, word))
        return false;
    *at = (size_t)(word->data - n->bytes.data);
    n->at = *at + word->len;
    return true;
}

/* What the base64 of a key says. */
static const char *decoded_key(struct mc_annotation *a, struct mc_bytes key)
{
    char decoded[MC_KEY_MAX];
    if (key.len > MC_KEY_MAX)
        return "";
    struct mc_bytes bytes = {decoded, mc_argument_base64(key, decoded)};
    return bytes.len > 0 ? compose(a, "is base64 of \"%\"", bytes) : "is not base64";
}

static void add_named(struct annotating *n, struct mc_bytes word, size_t at, struct mc_bytes name)
{
    for (size_t k = 0; k < ENTRIES(word_texts); k++) {
        if (!is_string(name, word_texts[k].name))
            continue;
        const char *text = compose(n->a, word_texts[k].text, word);
        if (n->base64 && is_string(name, "key"))
            text = decoded_key(n->a, word);
        add_field(n, at, word.len, word_texts[k].shown, text);
        return;
    }
}

static const char *find_flag(const struct flag_text *table, size_t count, char command, char letter)
{
    for (size_t k = 0; k < count; k++) {
        bool any = table[k].commands[0] == '\0';
        if (table[k].letter == letter && (any || strchr(table[k].commands, command) != NULL))
            return table[k].text;
    }
    return NULL;
}

/* Each letter as a string. */
static const char letter_names[] =
    "A\0B\0C\0D\0E\0F\0G\0H\0I\0J\0K\0L\0M\0N\0O\0P\0Q\0R\0S\0T\0U\0V\0W\0X\0Y\0Z\0"
    "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z";

static const char *letter_name(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return letter_names + (size_t)(letter - 'A') * 2;
    if (letter >= 'a' && letter <= 'z')
        return letter_names + (size_t)(letter - 'a' + 26) * 2;
    return "flag";
}

/* What a flag of a meta command says (mg: 'g'), or one of a reply (0). */
static const char *flag_sentence(char command, struct mc_bytes word)
{
    const char *text = NULL;
    if (command == '\0')
        text = find_flag(reply_flag_texts, ENTRIES(reply_flag_texts), command, word.data[0]);
    else if (word.data[0] == 'M' && word.len == 2)
        text = find_flag(mode_texts, ENTRIES(mode_texts), command, word.data[1]);
    else
        text = find_flag(request_flag_texts, ENTRIES(request_flag_texts), command, word.data[0]);
    return text != NULL ? text : "not known here: newer servers may know it";
}

static void add_flag(struct annotating *n, char command, struct mc_bytes word, size_t at)
{
    const struct mc_bytes token = {word.data + 1, word.len - 1};
    const char *text = compose(n->a, flag_sentence(command, word), token);
    if (n->base64 && command == '\0' && word.data[0] == 'k')
        text = decoded_key(n->a, token);
    add_field(n, at, word.len, letter_name(word.data[0]), text);
}

/* Adds one word, whose name is *reply or *mg for flags, -text for all that is left. */
static void add_word(struct annotating *n, struct mc_bytes name, struct mc_bytes word, size_t at)
{
    const struct mc_bytes plain = {name.data + 1, name.len - 1};
    if (is_string(name, "*reply"))
        add_flag(n, '\0', word, at);
    else if (name.len == 3 && name.data[0] == '*')
        add_flag(n, name.data[2], word, at);
    else
        add_named(n, word, at, name.data[0] == '*' || name.data[0] == '-' ? plain : name);
}

/* Adds the words of a line by their names: see command_texts and reply_texts. */
static void add_words(struct annotating *n, const char *names)
{
    struct mc_bytes left = mc_string(names), name = MC_BYTES("ignored"), word;
    bool may_be_silent = strstr(names, "noreply") != NULL;
    size_t at;
    while (next_word_at(n, &word, &at)) {
        if (name.data[0] != '*' && !mc_argument_word(&left, &name))
            name = MC_BYTES("ignored");
        if (name.data[0] == '-') {
            word.len = n->end - at;
            n->at = n->end;
        }
        bool silent = may_be_silent && n->at >= n->end && is_string(word, "noreply");
        bool odd = is_string(name, "noreply") && !silent;
        add_word(n, silent ? MC_BYTES("noreply") : odd ? MC_BYTES("ignored") : name, word, at);
    }
}

/* Adds the line end after bytes[..end). */
static void add_line_end(struct annotating *n)
{
    if (n->end < n->bytes.len)
        add_field(n, n->end, n->bytes.len - n->end, "line end", "");
}

/* Begins an annotation of bytes, which have a line end at their end or not. */
static struct annotating begin_annotation(struct mc_annotation *a, struct mc_bytes bytes)
{
    struct annotating n = {.a = a, .bytes = bytes, .end = bytes.len};
    a->title = "";
    a->fault = NULL;
    a->fault_at = a->count = a->used = 0;
    a->notes = 0;
    a->secret = false;
    if (n.end > 0 && bytes.data[n.end - 1] == '\n')
        n.end--;
    if (n.end < bytes.len && n.end > 0 && bytes.data[n.end - 1] == '\r')
        n.end--;
    return n;
}

/* The bytes of a line may follow what was dropped of a wrong one: everything up to the \n before. */
static void add_skipped(struct annotating *n)
{
    size_t from = n->end;
    while (from > 0 && n->bytes.data[from - 1] != '\n')
        from--;
    if (from > 0)
        add_field(n, 0, from, "skipped", "the rest of the line before");
    n->at = from;
}

/* Adds all bytes as one field. */
static void add_whole(struct annotating *n, const char *title, const char *name)
{
    n->a->title = title;
    if (n->bytes.len > 0)
        add_field(n, 0, n->bytes.len, name, "");
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The texts of a command; those that share a first word are told apart by the second. */
static const struct command_text *find_command(int command, struct mc_bytes second)
{
    size_t k = 0;
    while (command_texts[k].command != 0 &&
           (command_texts[k].command != command ||
            (command_texts[k].under[0] != '\0' && !is_string(second, command_texts[k].under))))
        k++;
    return &command_texts[k];
}

/* True when one of the flags is b. */
static bool has_binary_key(struct mc_bytes flags)
{
    struct mc_bytes word;
    while (mc_argument_word(&flags, &word)) {
        if (word.data[0] == 'b')
            return true;
    }
    return false;
}

/* Adds the line of a command, or the beginning of a retrieval. */
static void add_command(struct annotating *n, const struct mc_request *request)
{
    struct mc_bytes line = {n->bytes.data + n->at, n->end - n->at}, first, second = {NULL, 0};
    size_t at = 0;
    if (mc_argument_word(&line, &first))
        mc_argument_word(&line, &second);
    const struct command_text *text = find_command(request->command, second);
    bool meta = request->command == MC_REQUEST_MS ||
                (request->command >= MC_REQUEST_MG && request->command <= MC_REQUEST_ME);
    n->a->title = text->title;
    n->base64 = meta && has_binary_key(request->text);
    if (next_word_at(n, &first, &at))
        add_field(n, at, first.len, "command", "");
    add_words(n, text->words);
    add_line_end(n);
}

static bool is_retrieval(int command)
{
    return command >= MC_REQUEST_GET && command <= MC_REQUEST_GATS;
}

/* Adds what is wrong: a word of a line, a key of a retrieval, or what follows a value. */
static void add_wrong(struct annotating *n, const struct mc_request *request)
{
    struct mc_bytes word;
    size_t at = 0;
    bool retrieval = is_retrieval(request->command);
    n->a->fault = mc_annotate_fault(request->fault);
    n->a->fault_at = request->at;
    if (request->fault == MC_WRONG_VALUE) {
        add_whole(n, "not the end of the value", "");
    } else if (retrieval && (request->fault == MC_WRONG_KEY || request->fault == MC_WRONG_BYTE)) {
        n->a->title = "a key that is refused";
        if (next_word_at(n, &word, &at))
            add_field(n, at, n->bytes.len - at, "key", "");
        n->a->fault_at += at;
    } else {
        add_skipped(n);
        n->a->fault_at += n->at;
        add_command(n, request);
    }
}

/* What is not a line of its own: a value, a key, and what ends them. */
static void add_part(struct annotating *n, int event, const struct mc_request *request)
{
    bool login = request->command == MC_REQUEST_AUTH, keys = is_retrieval(request->command);
    struct mc_bytes word;
    size_t at = 0;
    if (event == MC_REQUEST_DATA) {
        add_whole(n, login ? "user and password" : "the value", login ? "login" : "value");
    } else if (event == MC_REQUEST_END) {
        add_whole(n, keys ? "the end of the keys" : "the end of the value",
                  keys ? "line end" : "value end");
    } else {
        n->a->title = "a key";
        if (next_word_at(n, &word, &at))
            add_field(n, at, word.len, "key", "");
    }
}

static bool is_blank(struct mc_bytes bytes)
{
    size_t k = 0;
    while (k < bytes.len && bytes.data[k] == ' ')
        k++;
    return k == bytes.len;
}

void mc_annotate_request(struct mc_annotation *annotation, int event,
                         const struct mc_request_reader *reader, const struct mc_request *request,
                         struct mc_bytes bytes)
{
    struct annotating n = begin_annotation(annotation, bytes);
    bool login = request->command == MC_REQUEST_AUTH;
    annotation->notes = event != MC_REQUEST_WRONG ? request->notes : 0;
    annotation->secret =
        (login && event == MC_REQUEST_DATA) || (reader->login && event == MC_REQUEST_WRONG);
    if (event == MC_MORE && reader->spaced && is_blank(bytes)) {
        annotation->title = "the space before a key";
    } else if (event == MC_MORE) {
        add_whole(&n, "not looked at, after what is wrong", "skipped");
    } else if (event == MC_REQUEST_DATA || event == MC_REQUEST_KEY || event == MC_REQUEST_END) {
        add_part(&n, event, request);
    } else if (event == MC_REQUEST_WRONG) {
        add_wrong(&n, request);
    } else if (event == MC_E_PROTOCOL) {
        annotation->title = "not a request";
        annotation->fault = mc_annotate_fault(request->fault);
    } else {
        add_skipped(&n);
        add_command(&n, request);
    }
}

/* ---- replies --------------------------------------------------------------------------------- */

/* What often follows CLIENT_ERROR and SERVER_ERROR, and what it means. */
static const struct error_text {
    const char *text, *meaning;
} error_texts_known[] = {
    {"bad data chunk", "the size of the value is not what its line says"},
    {"object too large for cache", "nothing is stored, and a set removes the old item"},
    {"unauthenticated", "log in first: memcached -Y"},
    {"authentication failure", "user or password is wrong"},
    {"bad command line format", "a word is wrong, or too long"},
    {"cannot increment or decrement non-numeric value", "the item holds no number"},
};

static const char *error_meaning(struct mc_bytes text)
{
    for (size_t k = 0; k < ENTRIES(error_texts_known); k++) {
        if (is_string(text, error_texts_known[k].text))
            return error_texts_known[k].meaning;
    }
    return "";
}

/* Adds a reply's line, whose first word says what it is. */
static void add_reply_line(struct annotating *n, int event, const struct mc_reply *reply)
{
    struct mc_bytes word;
    size_t at = 0, k = 0;
    while (k + 1 < ENTRIES(reply_texts) &&
           (reply_texts[k].event != event || reply_texts[k].meta != reply->meta))
        k++;
    n->a->title = event == MC_ERROR && reply->text.len > 0
                      ? "ERROR: not done, for the reason that follows"
                      : reply_texts[k].title;
    n->base64 = reply->meta && event != MC_ME && has_binary_key(reply->text);
    if (next_word_at(n, &word, &at))
        add_field(n, at, word.len, event == MC_NUMBER ? "number" : "reply", "");
    if (mc_is_error(event) && reply->text.len > 0) {
        add_field(n, (size_t)(reply->text.data - n->bytes.data), reply->text.len, "text",
                  error_meaning(reply->text));
        n->at = n->end;
    }
    add_words(n, reply_texts[k].words);
    add_line_end(n);
}

/* Adds the CRLF of a value, which the reader takes together with the next line. */
static void add_value_end(struct annotating *n)
{
    if (n->bytes.len <= 2 || memcmp(n->bytes.data, "\r\n", 2) != 0)
        return;
    add_field(n, 0, 2, "value end", "");
    n->at = 2;
}

void mc_annotate_reply(struct mc_annotation *annotation, int event, const struct mc_reader *reader,
                       const struct mc_reply *reply, struct mc_bytes bytes)
{
    struct annotating n = begin_annotation(annotation, bytes);
    bool value_end = bytes.len == 2 && memcmp(bytes.data, "\r\n", 2) == 0;
    if (event == MC_E_PROTOCOL) {
        annotation->title = "no reply of memcached";
        annotation->fault = mc_text_fault(reader->fault);
        annotation->fault_at = reader->at;
    } else if (event == MC_BODY) {
        add_whole(&n, "the value", "value");
    } else if (event == MC_LINE) {
        annotation->title = "a line of a stream";
        if (n.end > 0)
            add_field(&n, 0, n.end, "line", "");
        add_line_end(&n);
    } else if (value_end || event == MC_MORE) {
        add_whole(&n, "the end of the value", "value end");
    } else {
        add_value_end(&n);
        add_reply_line(&n, event, reply);
    }
}

/* ---- together --------------------------------------------------------------------------------- */

/* A text that stays good without the annotation that it is from. */
static const char *copy_text(struct mc_annotation *a, const struct mc_annotation *from,
                             const char *text)
{
    size_t start = a->used;
    bool inside = text >= from->pool && text < from->pool + MC_ANNOTATE_POOL;
    if (!inside)
        return text;
    add_letters(a, text);
    if (a->used >= MC_ANNOTATE_POOL)
        return "";
    a->pool[a->used++] = '\0';
    return a->pool + start;
}

void mc_annotate_join(struct mc_annotation *annotation, const struct mc_annotation *next, size_t at)
{
    struct annotating n = {.a = annotation};
    for (size_t k = 0; k < next->count; k++) {
        const struct mc_field *field = &next->fields[k];
        add_field(&n, at + field->at, field->len, field->name,
                  copy_text(annotation, next, field->text));
    }
    if (next->fault != NULL && annotation->fault == NULL) {
        annotation->fault = next->fault;
        annotation->fault_at = at + next->fault_at;
    }
    annotation->notes |= next->notes;
    annotation->secret = annotation->secret || next->secret;
}

/* ---- faults and notes ------------------------------------------------------------------------ */

const char *mc_annotate_fault(int fault)
{
    bool known = fault >= 0 && (size_t)fault < ENTRIES(wrong_texts);
    return known ? wrong_texts[fault] : wrong_texts[MC_WRONG_NOTHING];
}

const char *mc_annotate_note(int note)
{
    for (size_t k = 0; k < ENTRIES(note_texts); k++) {
        if (note == 1 << k)
            return note_texts[k];
    }
    return "";
}
