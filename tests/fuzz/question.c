/* Makes commands from a fuzzer's input, puts them, judges them, and reads them back. */
#include "question.h"

#include "reference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The words that a command begins with, and its arguments, a letter each: k key, K keys, m flags of
 * a meta command, w words, c classes, n noreply or nothing, x a number with three decimals, A the
 * line of auth, or a number of numbers[]. For the commands of a client, also the words of
 * their replies as protocol.txt lists them (# is a number alone), and whether a lost reply leaves
 * open what was done, as gat does with the time of an item. */
static const struct {
    const char *words, *arguments, *replies;
    bool writes;
} table[COMMANDS] = {
    [QUESTION_GET] = {"get", "K", "VALUE END", false},
    [QUESTION_GETS] = {"gets", "K", "VALUE END", false},
    [QUESTION_GAT] = {"gat", "iK", "VALUE END", true},
    [QUESTION_GATS] = {"gats", "iK", "VALUE END", true},
    [QUESTION_SET] = {"set", "kuisn", "STORED NOT_STORED", true},
    [QUESTION_ADD] = {"add", "kuisn", "STORED NOT_STORED", true},
    [QUESTION_REPLACE] = {"replace", "kuisn", "STORED NOT_STORED", true},
    [QUESTION_APPEND] = {"append", "kuisn", "STORED NOT_STORED", true},
    [QUESTION_PREPEND] = {"prepend", "kuisn", "STORED NOT_STORED", true},
    [QUESTION_CAS] = {"cas", "kuisUn", "STORED NOT_STORED EXISTS NOT_FOUND", true},
    [QUESTION_DELETE] = {"delete", "kn", "DELETED NOT_FOUND", true},
    [QUESTION_INCR] = {"incr", "kUn", "NOT_FOUND #", true},
    [QUESTION_DECR] = {"decr", "kUn", "NOT_FOUND #", true},
    [QUESTION_TOUCH] = {"touch", "kin", "TOUCHED NOT_FOUND", true},
    [QUESTION_MG] = {"mg", "km", "VA HD EN", false},
    [QUESTION_MS] = {"ms", "ksm", "HD NS EX NF", true},
    [QUESTION_MD] = {"md", "km", "HD NF EX", true},
    [QUESTION_MA] = {"ma", "km", "HD NF NS EX VA", true},
    [QUESTION_VERSION] = {"version", "", "VERSION", false},
    [QUESTION_FLUSH_ALL] = {"flush_all", "in", "OK", true},
    [QUESTION_ME] = {"me", "km", NULL, false},
    [QUESTION_MN] = {"mn", "", NULL, false},
    [QUESTION_STATS] = {"stats", "w", NULL, false},
    [QUESTION_VERBOSITY] = {"verbosity", "un", NULL, false},
    [QUESTION_CACHE_MEMLIMIT] = {"cache_memlimit", "un", NULL, false},
    [QUESTION_SHUTDOWN] = {"shutdown", "", NULL, false},
    [QUESTION_SHUTDOWN_GRACEFUL] = {"shutdown graceful", "", NULL, false},
    [QUESTION_QUIT] = {"quit", "", NULL, false},
    [QUESTION_SLABS_REASSIGN] = {"slabs reassign", "de", NULL, false},
    [QUESTION_SLABS_AUTOMOVE] = {"slabs automove", "a", NULL, false},
    [QUESTION_SLABS_AUTOMOVE_RATIO] = {"slabs automove ratio", "x", NULL, false},
    [QUESTION_SLABS_AUTOMOVE_WINDOW] = {"slabs automove window", "u", NULL, false},
    [QUESTION_SLABS_AUTOMOVE_FREERATIO] = {"slabs automove freeratio", "x", NULL, false},
    [QUESTION_EXTSTORE] = {"extstore", "w", NULL, false},
    [QUESTION_REFRESH_CERTS] = {"refresh_certs", "", NULL, false},
    [QUESTION_LRU_TUNE] = {"lru tune", "ppxx", NULL, false},
    [QUESTION_LRU_MODE_FLAT] = {"lru mode flat", "", NULL, false},
    [QUESTION_LRU_MODE_SEGMENTED] = {"lru mode segmented", "", NULL, false},
    [QUESTION_LRU_TEMP_TTL] = {"lru temp_ttl", "i", NULL, false},
    [QUESTION_LRU_CRAWLER_ENABLE] = {"lru_crawler enable", "", NULL, false},
    [QUESTION_LRU_CRAWLER_DISABLE] = {"lru_crawler disable", "", NULL, false},
    [QUESTION_LRU_CRAWLER_SLEEP] = {"lru_crawler sleep", "z", NULL, false},
    [QUESTION_LRU_CRAWLER_TOCRAWL] = {"lru_crawler tocrawl", "u", NULL, false},
    [QUESTION_LRU_CRAWLER_CRAWL] = {"lru_crawler crawl", "c", NULL, false},
    [QUESTION_LRU_CRAWLER_METADUMP] = {"lru_crawler metadump", "c", NULL, false},
    [QUESTION_LRU_CRAWLER_MGDUMP] = {"lru_crawler mgdump", "c", NULL, false},
    [QUESTION_WATCH] = {"watch", "w", NULL, false},
    [QUESTION_AUTH] = {"", "A", NULL, false},
};

/* The numbers: how they are passed to mc_put_* (bits; negative: signed), and what they may be. */
static const struct number {
    char letter;
    int bits;
    int64_t min;
    uint64_t max;
} numbers[] = {
    {'i', -32, INT32_MIN, INT32_MAX}, /* a time */
    {'u', 32, 0, UINT32_MAX},
    {'U', 64, 0, UINT64_MAX},
    {'s', 64, 0, UINT64_C(1) << 30}, /* a value's size */
    {'p', 32, 0, 100},               /* percent */
    {'x', 32, 0, UINT32_MAX},        /* thousandths */
    {'d', -32, -1, INT32_MAX},       /* a slab class, or any */
    {'e', -32, 0, INT32_MAX},        /* a slab class */
    {'a', 32, 0, 2},
    {'z', 32, 0, 1000000},
};

/* The flags of each meta command, in the order of protocol.txt's lists ("The flags used by the 'mg'
 * command are"): a letter, and after = what its token is. After the bar come those that every
 * command ignores (P, L) and those of newer servers. */
static const struct meta {
    enum question_name name;
    const char *flags, *modes;
} metas[] = {
    {QUESTION_MG,
     "b c f h k l O=opaque q s t u v N=time R=time T=time | P=hint L=hint C=number E=number", ""},
    {QUESTION_MS,
     "b c C=number F=bits I k O=opaque q T=time M=mode | P=hint L=hint s E=number N=time", "EAPRS"},
    {QUESTION_MD, "b C=number I k O=opaque q T=time | P=hint L=hint x E=number", ""},
    {QUESTION_MA,
     "b C=number N=time J=number D=number T=time M=mode q t c v | P=hint L=hint k O=opaque E=number",
     "I+D-"},
    {QUESTION_ME, "b", ""},
};

/* What follows the letter of such a flag: "" for nothing, NULL when the command has no such flag.
 */
static struct mc_bytes token_of(const struct meta *m, char letter)
{
    for (const char *flag = m->flags; flag != NULL; flag = strchr(flag, ' ')) {
        flag += *flag == ' ' ? 1 : 0;
        if (letter != flag[0] || letter == '|')
            continue;
        return (struct mc_bytes){flag + 1, strcspn(flag + 1, " ")};
    }
    return (struct mc_bytes){NULL, 0};
}

static const struct number *number_of(char letter)
{
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        if (numbers[k].letter == letter)
            return &numbers[k];
    }
    return NULL;
}

static const struct meta *meta_of(enum question_name name)
{
    for (size_t k = 0; k < sizeof metas / sizeof metas[0]; k++) {
        if (metas[k].name == name)
            return &metas[k];
    }
    return NULL;
}

static bool is_one_of(char letter, const char *letters)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

const struct mc_flag *question_flag(const struct question *c, char letter)
{
    for (size_t k = 0; k < c->flag_count; k++) {
        if (c->flags[k].letter == letter)
            return &c->flags[k];
    }
    return NULL;
}

bool question_is_meta(const struct question *c)
{
    return meta_of(c->name) != NULL;
}

bool question_has_noreply(enum question_name name)
{
    return strchr(table[name].arguments, 'n') != NULL;
}

bool question_has_words(enum question_name name)
{
    return strpbrk(table[name].arguments, "wcA") != NULL;
}

bool question_is_write(const struct question *c)
{
    bool changes = question_flag(c, 'N') != NULL || question_flag(c, 'R') != NULL ||
                   question_flag(c, 'T') != NULL || question_flag(c, 'E') != NULL;
    return table[c->name].writes || (c->name == QUESTION_MG && changes);
}

bool question_is_answered(const struct question *c, const char *word)
{
    const char *list = table[c->name].replies;
    size_t len = strlen(word);
    for (const char *reply = list; reply != NULL; reply = strchr(reply, ' ')) {
        reply += *reply == ' ' ? 1 : 0;
        if (strncmp(reply, word, len) == 0 && (reply[len] == ' ' || reply[len] == '\0'))
            return true;
    }
    return false;
}

uint64_t *question_size(struct question *c)
{
    if (strchr(table[c->name].arguments, 's') == NULL)
        return NULL;
    return &c->numbers[c->name == QUESTION_MS ? 0 : 2];
}

/* ---- made up --------------------------------------------------------------------------------- */

/* A number within the bits of the parameter of mc_put_*. */
static uint64_t take_number(struct input *in, int bits)
{
    uint64_t number = input_number(in);
    if (bits == 32)
        return (uint32_t)number;
    return bits == 64 ? number : (uint64_t)(int64_t)(int32_t)(uint32_t)number;
}

struct mc_flag question_take_flag(struct input *in, char letter)
{
    struct mc_flag flag = {.letter = letter};
    if (is_one_of(flag.letter, "NRT"))
        flag.ttl = (int32_t)(uint32_t)input_number(in);
    else if (is_one_of(flag.letter, "CDEFJM"))
        flag.number = input_number(in);
    else if (is_one_of(flag.letter, "OPL"))
        flag.token = input_bytes(in);
    return flag;
}

/* Up to more flags than a meta command may have. */
static void take_flags(struct input *in, struct question *c)
{
    c->flag_count = input_byte(in) % QUESTION_FLAGS;
    for (size_t k = 0; k < c->flag_count; k++)
        c->flags[k] = question_take_flag(in, (char)input_byte(in));
}

static void take_keys(struct input *in, struct question *c, bool many)
{
    size_t count = many ? input_byte(in) : 1;
    for (size_t k = 0; k < count; k++)
        c->keys[k] = input_bytes(in);
    c->key_count = count;
}

static void take_argument(struct input *in, struct question *c, char letter)
{
    const struct number *n = number_of(letter);
    if (n != NULL)
        c->numbers[c->number_count++] = take_number(in, n->bits);
    else if (letter == 'k' || letter == 'K')
        take_keys(in, c, letter == 'K');
    else if (letter == 'm')
        take_flags(in, c);
    else if (letter == 'n')
        c->noreply = (input_byte(in) & 1) != 0;
    else
        c->words = input_bytes(in);
    if (letter == 'A')
        c->password = input_bytes(in);
}

static void clear(struct question *c, enum question_name name)
{
    c->name = name;
    c->key_count = c->number_count = c->flag_count = 0;
    c->words = c->password = (struct mc_bytes){"", 0};
    c->noreply = false;
}

void question_take(struct input *in, enum question_name name, struct question *c)
{
    clear(c, name);
    for (const char *a = table[c->name].arguments; *a != '\0'; a++)
        take_argument(in, c, *a);
}

/* ---- put ------------------------------------------------------------------------------------- */

static int put_store(const struct question *c, struct mc_out *out)
{
    struct mc_item item = {.key = c->keys[0], .value = {NULL, (size_t)c->numbers[2]}};
    item.flags = (uint32_t)c->numbers[0];
    item.exptime = (int32_t)c->numbers[1];
    item.cas = c->name == QUESTION_CAS ? c->numbers[3] : 0;
    return mc_put_store(out, (enum mc_store)(c->name - QUESTION_SET), &item, c->noreply);
}

static int put_item(const struct question *c, struct mc_out *out)
{
    const struct mc_bytes *keys = c->keys, key = c->keys[0];
    int32_t time = (int32_t)c->numbers[0];
    switch (c->name) {
    case QUESTION_GET: return mc_put_get(out, keys, c->key_count);
    case QUESTION_GETS: return mc_put_gets(out, keys, c->key_count);
    case QUESTION_GAT: return mc_put_gat(out, time, keys, c->key_count);
    case QUESTION_GATS: return mc_put_gats(out, time, keys, c->key_count);
    case QUESTION_DELETE: return mc_put_delete(out, key, c->noreply);
    case QUESTION_INCR: return mc_put_incr(out, key, c->numbers[0], c->noreply);
    case QUESTION_DECR: return mc_put_decr(out, key, c->numbers[0], c->noreply);
    case QUESTION_TOUCH: return mc_put_touch(out, key, time, c->noreply);
    case QUESTION_MG: return mc_put_mg(out, key, c->flags, c->flag_count);
    case QUESTION_MS: return mc_put_ms(out, key, (size_t)c->numbers[0], c->flags, c->flag_count);
    case QUESTION_MD: return mc_put_md(out, key, c->flags, c->flag_count);
    case QUESTION_MA: return mc_put_ma(out, key, c->flags, c->flag_count);
    case QUESTION_ME: return mc_put_me(out, key, c->flags, c->flag_count);
    default: return put_store(c, out);
    }
}

static int put_lru(const struct question *c, struct mc_out *out)
{
    const uint64_t *n = c->numbers;
    switch (c->name) {
    case QUESTION_LRU_TUNE:
        return mc_put_lru_tune(out, (uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2], (uint32_t)n[3]);
    case QUESTION_LRU_MODE_FLAT: return mc_put_lru_mode(out, false);
    case QUESTION_LRU_MODE_SEGMENTED: return mc_put_lru_mode(out, true);
    case QUESTION_LRU_TEMP_TTL: return mc_put_lru_temp_ttl(out, (int32_t)n[0]);
    case QUESTION_LRU_CRAWLER_ENABLE: return mc_put_lru_crawler_enable(out, true);
    case QUESTION_LRU_CRAWLER_DISABLE: return mc_put_lru_crawler_enable(out, false);
    case QUESTION_LRU_CRAWLER_SLEEP: return mc_put_lru_crawler_sleep(out, (uint32_t)n[0]);
    case QUESTION_LRU_CRAWLER_TOCRAWL: return mc_put_lru_crawler_tocrawl(out, (uint32_t)n[0]);
    case QUESTION_LRU_CRAWLER_CRAWL: return mc_put_lru_crawler_crawl(out, c->words);
    case QUESTION_LRU_CRAWLER_METADUMP: return mc_put_lru_crawler_metadump(out, c->words);
    case QUESTION_LRU_CRAWLER_MGDUMP: return mc_put_lru_crawler_mgdump(out, c->words);
    default: return mc_put_watch(out, c->words);
    }
}

static int put_server(const struct question *c, struct mc_out *out)
{
    const uint64_t *n = c->numbers;
    switch (c->name) {
    case QUESTION_VERSION: return mc_put_version(out);
    case QUESTION_FLUSH_ALL: return mc_put_flush_all(out, (int32_t)n[0], c->noreply);
    case QUESTION_MN: return mc_put_mn(out);
    case QUESTION_STATS: return mc_put_stats(out, c->words);
    case QUESTION_VERBOSITY: return mc_put_verbosity(out, (uint32_t)n[0], c->noreply);
    case QUESTION_CACHE_MEMLIMIT: return mc_put_cache_memlimit(out, (uint32_t)n[0], c->noreply);
    case QUESTION_SHUTDOWN: return mc_put_shutdown(out, false);
    case QUESTION_SHUTDOWN_GRACEFUL: return mc_put_shutdown(out, true);
    case QUESTION_QUIT: return mc_put_quit(out);
    case QUESTION_SLABS_REASSIGN: return mc_put_slabs_reassign(out, (int32_t)n[0], (int32_t)n[1]);
    case QUESTION_SLABS_AUTOMOVE: return mc_put_slabs_automove(out, (uint32_t)n[0]);
    case QUESTION_SLABS_AUTOMOVE_RATIO: return mc_put_slabs_automove_ratio(out, (uint32_t)n[0]);
    case QUESTION_SLABS_AUTOMOVE_WINDOW: return mc_put_slabs_automove_window(out, (uint32_t)n[0]);
    case QUESTION_SLABS_AUTOMOVE_FREERATIO:
        return mc_put_slabs_automove_freeratio(out, (uint32_t)n[0]);
    case QUESTION_EXTSTORE: return mc_put_extstore(out, c->words);
    case QUESTION_REFRESH_CERTS: return mc_put_refresh_certs(out);
    case QUESTION_AUTH: return mc_put_auth(out, c->words, c->password);
    default: return put_lru(c, out);
    }
}

int question_put(const struct question *c, struct mc_out *out)
{
    bool item = c->name <= QUESTION_MA || c->name == QUESTION_ME;
    return item ? put_item(c, out) : put_server(c, out);
}

/* ---- judged ---------------------------------------------------------------------------------- */

static bool is_word(struct mc_bytes word, size_t max)
{
    for (size_t k = 0; k < word.len; k++) {
        unsigned char c = (unsigned char)word.data[k];
        if (c <= ' ' || c == 0x7f)
            return false;
    }
    return word.len >= 1 && word.len <= max;
}

/* The word at *at, of words with one space between them. *at moves to the next word; after the
 * last, it is one more than the length. */
static struct mc_bytes word_at(struct mc_bytes words, size_t *at)
{
    const char *space = memchr(words.data + *at, ' ', words.len - *at);
    size_t end = space != NULL ? (size_t)(space - words.data) : words.len;
    struct mc_bytes word = {words.data + *at, end - *at};
    *at = end + 1;
    return word;
}

static bool are_words(struct mc_bytes words)
{
    for (size_t at = 0; words.len > 0 && at <= words.len;) {
        if (!is_word(word_at(words, &at), MC_KEY_MAX))
            return false;
    }
    return words.len <= MC_REQUEST_MAX / 2;
}

static bool is_in_range(const struct number *n, uint64_t number)
{
    if (n->bits < 0)
        return (int64_t)number >= n->min && (int64_t)number <= (int64_t)n->max;
    return number <= n->max;
}

static int judge_flag(const struct meta *m, const struct mc_flag *flag)
{
    struct mc_bytes token = token_of(m, flag->letter);
    if (token.data == NULL)
        return MC_E_FLAG;
    if (reference_is(token, "=mode"))
        return flag->number < 128 && is_one_of((char)flag->number, m->modes) ? 0 : MC_E_FLAG;
    if (reference_is(token, "=bits") && flag->number > UINT32_MAX)
        return MC_E_NUMBER;
    if (reference_is(token, "=opaque") && !is_word(flag->token, 31))
        return MC_E_TOKEN;
    if (reference_is(token, "=hint") && !is_word(flag->token, 250))
        return MC_E_TOKEN;
    return 0;
}

/* A command has 20 words at most, and its name, its key and ms's size are some of them. */
static size_t flags_max(const struct question *c)
{
    return c->name == QUESTION_MS ? 17 : 18;
}

static uint32_t bit(bool wrong, int result)
{
    return wrong ? 1u << -result : 0;
}

static uint32_t judge_flags(const struct question *c)
{
    const struct meta *m = meta_of(c->name);
    uint32_t wrong = bit(c->flag_count > flags_max(c), MC_E_FLAG);
    for (size_t k = 0; k < c->flag_count; k++) {
        int r = judge_flag(m, &c->flags[k]);
        bool doubled = question_flag(c, c->flags[k].letter) != &c->flags[k];
        wrong |= bit(r != 0, r) | bit(doubled, MC_E_FLAG);
    }
    return wrong;
}

static uint32_t judge_keys(const struct question *c)
{
    bool binary = question_flag(c, 'b') != NULL;
    uint32_t wrong = bit(c->key_count < 1, MC_E_KEY);
    for (size_t k = 0; k < c->key_count; k++) {
        size_t len = c->keys[k].len;
        bool right = binary ? len >= 1 && len <= 186 : is_word(c->keys[k], 250);
        wrong |= bit(!right, MC_E_KEY);
    }
    return wrong;
}

/* The line of a retrieval command has to stay below MC_REQUEST_MAX. */
static uint32_t judge_length(const struct question *c)
{
    char time[16] = "";
    if (c->number_count > 0)
        snprintf(time, sizeof time, " %" PRId64, (int64_t)c->numbers[0]);
    size_t len = strlen(table[c->name].words) + strlen(time) + 2;
    for (size_t k = 0; k < c->key_count; k++)
        len += 1 + c->keys[k].len;
    return bit(len >= 2048, MC_E_LONG);
}

static bool is_password(struct mc_bytes password)
{
    for (size_t k = 0; k < password.len; k++) {
        unsigned char c = (unsigned char)password.data[k];
        if (c < ' ' || c == 0x7f)
            return false;
    }
    return password.len >= 1 && password.len <= 250;
}

uint32_t question_wrong(const struct question *c)
{
    uint32_t wrong = 0;
    size_t n = 0;
    for (const char *a = table[c->name].arguments; *a != '\0'; a++) {
        switch (*a) {
        case 'k': wrong |= judge_keys(c); break;
        case 'K': wrong |= judge_keys(c) | judge_length(c); break;
        case 'm': wrong |= judge_flags(c); break;
        case 'n': break;
        case 'w': wrong |= bit(!are_words(c->words), MC_E_TOKEN); break;
        case 'c': wrong |= bit(!is_word(c->words, 250), MC_E_TOKEN); break;
        case 'A':
            wrong |= bit(!is_word(c->words, 250) || !is_password(c->password), MC_E_TOKEN);
            break;
        default: wrong |= bit(!is_in_range(number_of(*a), c->numbers[n++]), MC_E_NUMBER); break;
        }
    }
    return wrong;
}

/* ---- read back ------------------------------------------------------------------------------- */

/* The words of a line, and where the next one begins. */
struct words {
    struct mc_bytes text;
    size_t at;
};

static bool at_end(const struct words *w)
{
    return w->at > w->text.len;
}

static struct mc_bytes next_word(struct words *w)
{
    return at_end(w) ? (struct mc_bytes){"", 0} : word_at(w->text, &w->at);
}

/* A number is as printf would print it. */
static bool parse_number(struct mc_bytes word, uint64_t *number)
{
    bool minus = word.len > 1 && word.data[0] == '-';
    if (minus) {
        word.data++;
        word.len--;
    }
    if (!reference_number(word, UINT64_MAX, number) || (minus && *number == 0))
        return false;
    if (minus)
        *number = 0 - *number;
    return true;
}

/* <whole>.<three digits>, in thousandths. */
static bool parse_milli(struct mc_bytes word, uint64_t *number)
{
    unsigned whole = 0, rest = 0;
    char text[32] = "", again[32];
    if (word.len >= sizeof text)
        return false;
    memcpy(text, word.data, word.len);
    if (sscanf(text, "%u.%u", &whole, &rest) != 2)
        return false;
    snprintf(again, sizeof again, "%u.%03u", whole, rest);
    *number = (uint64_t)whole * 1000 + rest;
    return rest < 1000 && strcmp(text, again) == 0;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int sextet(char c)
{
    const char *found = c != '\0' ? strchr(alphabet, c) : NULL;
    return found != NULL ? (int)(found - alphabet) : -1;
}

size_t question_encode(struct mc_bytes bytes, char *to)
{
    size_t len = (bytes.len + 2) / 3 * 4;
    for (size_t k = 0; k < len; k++) {
        size_t at = k * 6 / 8, shift = 10 - k * 6 % 8; /* the six bits in two bytes from there on */
        unsigned two = at < bytes.len ? (unsigned char)bytes.data[at] * 256u : 0;
        two += at + 1 < bytes.len ? (unsigned char)bytes.data[at + 1] : 0;
        to[k] = '=';
        if (k * 6 < bytes.len * 8)
            to[k] = alphabet[two >> shift & 63];
    }
    return len;
}

bool question_decode(struct mc_bytes base64, char *to, struct mc_bytes *bytes)
{
    size_t len = base64.len;
    uint32_t bits = 0, count = 0;
    *bytes = (struct mc_bytes){to, 0};
    if (len % 4 != 0 || len > MC_KEY_MAX)
        return false;
    while (len > 0 && base64.len - len < 2 && base64.data[len - 1] == '=')
        len--;
    for (size_t k = 0; k < len; k++) {
        int six = sextet(base64.data[k]);
        if (six < 0)
            return false;
        bits = bits << 6 | (uint32_t)six;
        count += 6;
        if (count >= 8) {
            count -= 8;
            to[bytes->len++] = (char)(unsigned char)(bits >> count & 0xff);
        }
    }
    return (bits & ((1u << count) - 1)) == 0; /* no bit is left over */
}

static bool parse_flag(const struct meta *m, struct mc_bytes word, struct mc_flag *flag)
{
    if (m == NULL || word.len < 1)
        return false;
    *flag = (struct mc_flag){.letter = word.data[0]};
    struct mc_bytes rest = {word.data + 1, word.len - 1}, token = token_of(m, flag->letter);
    uint64_t number = 0;
    if (token.data == NULL || token.len == 0)
        return token.data != NULL && rest.len == 0;
    if (reference_is(token, "=opaque") || reference_is(token, "=hint")) {
        flag->token = rest;
        return true;
    }
    if (reference_is(token, "=mode")) {
        flag->number = rest.len == 1 ? (unsigned char)rest.data[0] : 0;
        return rest.len == 1;
    }
    if (!parse_number(rest, &number))
        return false;
    if (reference_is(token, "=time"))
        flag->ttl = (int32_t)(uint32_t)number;
    else
        flag->number = number;
    return true;
}

static bool parse_flags(struct words *w, struct question *c)
{
    const struct meta *m = meta_of(c->name);
    while (!at_end(w)) {
        if (c->flag_count >= QUESTION_FLAGS ||
            !parse_flag(m, next_word(w), &c->flags[c->flag_count]))
            return false;
        c->flag_count++;
    }
    return question_flag(c, 'b') == NULL || question_decode(c->keys[0], c->decoded, &c->keys[0]);
}

/* One key, or all that is left. */
static bool parse_keys(struct words *w, struct question *c, bool all)
{
    do {
        if (at_end(w) || c->key_count >= QUESTION_KEYS)
            return false;
        c->keys[c->key_count] = next_word(w);
        if (c->keys[c->key_count++].len < 1)
            return false;
    } while (all && !at_end(w));
    return true;
}

static bool parse_argument(struct words *w, struct question *c, char letter)
{
    switch (letter) {
    case 'k':
    case 'K': return parse_keys(w, c, letter == 'K');
    case 'm': return parse_flags(w, c);
    case 'x': return parse_milli(next_word(w), &c->numbers[c->number_count++]);
    case 'n': c->noreply = !at_end(w); return at_end(w) || reference_is(next_word(w), "noreply");
    case 'w':
    case 'c':
        if (!at_end(w))
            c->words = (struct mc_bytes){w->text.data + w->at, w->text.len - w->at};
        w->at = w->text.len + 1;
        return true;
    default: return parse_number(next_word(w), &c->numbers[c->number_count++]);
    }
}

/* True when the line is this command, with all its arguments and nothing else. */
static bool parse_as(struct mc_bytes line, enum question_name name, struct question *c)
{
    const char *begin = table[name].words;
    size_t len = strlen(begin);
    struct words w = {line, len + 1};
    if (line.len < len || memcmp(line.data, begin, len) != 0)
        return false;
    if (line.len > len && line.data[len] != ' ')
        return false;
    clear(c, name);
    for (const char *a = table[name].arguments; *a != '\0'; a++) {
        if (!parse_argument(&w, c, *a))
            return false;
    }
    return at_end(&w);
}

/* set <any> 0 0 <size>\r\n<user> <password>\r\n; the user ends at the first space. */
static bool parse_auth(struct mc_bytes lines, struct question *c)
{
    char head[64];
    const char *end = memchr(lines.data, '\n', lines.len);
    if (end == NULL)
        return false;
    size_t first = (size_t)(end - lines.data) + 1;
    clear(c, QUESTION_AUTH);
    struct mc_bytes value = {lines.data + first, lines.len - first};
    snprintf(head, sizeof head, "set auth 0 0 %zu\r\n", value.len);
    const char *space = memchr(value.data, ' ', value.len);
    if (!reference_is((struct mc_bytes){lines.data, first}, head) || space == NULL)
        return false;
    c->words = (struct mc_bytes){value.data, (size_t)(space - value.data)};
    c->password = (struct mc_bytes){space + 1, value.len - c->words.len - 1};
    return true;
}

bool question_parse(struct mc_bytes line, struct question *c)
{
    size_t lines = 0;
    if (line.len < 2 || memcmp(line.data + line.len - 2, "\r\n", 2) != 0)
        return false;
    line.len -= 2;
    for (size_t k = 0; k < line.len; k++)
        lines += line.data[k] == '\r' || line.data[k] == '\n' || line.data[k] == '\0';
    if (lines > 0)
        return lines == 2 && parse_auth(line, c);
    for (int name = 0; name < QUESTION_AUTH; name++) {
        if (parse_as(line, (enum question_name)name, c))
            return true;
    }
    return false;
}

/* ---- compared -------------------------------------------------------------------------------- */

static bool same_flag(const struct mc_flag *a, const struct mc_flag *b)
{
    return a->letter == b->letter && a->ttl == b->ttl && a->number == b->number &&
           input_same(a->token, b->token);
}

bool question_same(const struct question *a, const struct question *b)
{
    bool same = a->name == b->name && a->noreply == b->noreply && a->key_count == b->key_count &&
                a->number_count == b->number_count && a->flag_count == b->flag_count &&
                input_same(a->words, b->words) && input_same(a->password, b->password);
    for (size_t k = 0; same && k < a->key_count; k++)
        same = input_same(a->keys[k], b->keys[k]);
    for (size_t k = 0; same && k < a->number_count; k++)
        same = a->numbers[k] == b->numbers[k];
    for (size_t k = 0; same && k < a->flag_count; k++)
        same = same_flag(&a->flags[k], &b->flags[k]);
    return same;
}
