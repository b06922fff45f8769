/* Commands to bytes: everything that can be said to memcached.
 *
 * Each function writes its command behind what is there with a pen, which checks as it writes and
 * remembers the first thing that was wrong, and commits it at the end: whole, or not at all. Keys
 * and words are copied byte by byte under check and numbers are printed from integers, so that
 * nothing a caller passes can end a line or begin another command. */
#include "decimal.h"
#include "proto.h"

struct pen {
    char *b;
    size_t i, cap; /* no room any more once something was wrong */
    int error;     /* 0, or the first thing that was wrong */
};

static inline struct pen pen_of(const struct mc_out *out)
{
    struct pen p = {out->data, out->len, out->len < out->cap ? out->cap : out->len, 0};
    return p;
}

static void refuse(struct pen *p, int error)
{
    if (p->error == 0)
        p->error = error;
    p->cap = p->i;
}

/* True when n more bytes fit. */
static inline bool has_room(struct pen *p, size_t n)
{
    if (n <= p->cap - p->i)
        return true;
    refuse(p, MC_E_FULL);
    return false;
}

static inline void put_char(struct pen *p, char c)
{
    if (!has_room(p, 1))
        return;
    p->b[p->i] = c;
    p->i++;
}

/* A text of ours. */
static inline void put_text(struct pen *p, struct mc_bytes text)
{
    if (!has_room(p, text.len))
        return;
    for (size_t j = 0; j < text.len; j++)
        p->b[p->i + j] = text.data[j];
    p->i += text.len;
}

static inline bool is_token(char c)
{
    unsigned char byte = (unsigned char)c;
    return (unsigned char)(byte - 0x21) < 0x7f - 0x21 || byte > 0x7f;
}

enum { EIGHT = 8 };

/* Copies eight bytes and counts those that no token has: together, as compilers can do it. */
static inline unsigned char copy_eight(char *restrict to, const char *restrict from)
{
    unsigned char bad = 0;
    for (size_t j = 0; j < EIGHT; j++) {
        unsigned char c = (unsigned char)from[j];
        to[j] = from[j];
        bad = (unsigned char)(bad + (c < 0x21) + (c == 0x7f));
    }
    return bad;
}

/* Copies a token; false when it holds a byte that no token has. */
static inline bool copy_token(char *restrict to, const char *restrict from, size_t len)
{
    size_t j = 0;
    for (; len - j >= EIGHT; j += EIGHT) {
        if (copy_eight(to + j, from + j) > 0)
            return false;
    }
    for (; j < len; j++) {
        if (!is_token(from[j]))
            return false;
        to[j] = from[j];
    }
    return true;
}

/* A word of the caller's, of 1 to max bytes; `error` when it is none. */
static void put_token(struct pen *p, struct mc_bytes token, size_t max, int error)
{
    if (token.len < 1 || token.len > max)
        refuse(p, error);
    if (!has_room(p, token.len))
        return;
    if (copy_token(p->b + p->i, token.data, token.len))
        p->i += token.len;
    else
        refuse(p, error);
}

static void put_word(struct pen *p, struct mc_bytes word, size_t max, int error)
{
    put_char(p, ' ');
    put_token(p, word, max, error);
}

static inline void put_key(struct pen *p, struct mc_bytes key)
{
    put_word(p, key, MC_KEY_MAX, MC_E_KEY);
}

static void put_digits(struct pen *p, uint64_t number)
{
    size_t digits = mc_decimal_digits(number);
    if (!has_room(p, digits))
        return;
    mc_decimal_write(p->b, p->i, digits, number);
    p->i += digits;
}

static void put_number(struct pen *p, uint64_t number)
{
    put_char(p, ' ');
    put_digits(p, number);
}

static void put_signed_digits(struct pen *p, int32_t number)
{
    if (number < 0)
        put_char(p, '-');
    put_digits(p, number < 0 ? 0u - (uint32_t)number : (uint32_t)number);
}

static void put_signed(struct pen *p, int32_t number)
{
    put_char(p, ' ');
    put_signed_digits(p, number);
}

/* Ends the line, and makes it part of *out when all of it was right. */
static int commit(struct pen *p, struct mc_out *out)
{
    put_text(p, MC_BYTES("\r\n"));
    if (p->error == 0)
        out->len = p->i;
    return p->error;
}

static int commit_with(struct pen *p, struct mc_out *out, bool noreply)
{
    if (noreply)
        put_text(p, MC_BYTES(" noreply"));
    return commit(p, out);
}

/* <text>\r\n */
static int put_line(struct mc_out *out, struct mc_bytes text)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    return commit(&p, out);
}

/* <text> <number>[ noreply]\r\n */
static int put_line_number(struct mc_out *out, struct mc_bytes text, uint64_t number, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_number(&p, number);
    return commit_with(&p, out, noreply);
}

/* <text> <number>[ noreply]\r\n */
static int put_line_signed(struct mc_out *out, struct mc_bytes text, int32_t number, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_signed(&p, number);
    return commit_with(&p, out, noreply);
}

/* [ <key>]*\r\n at i, behind the name of a retrieval command. */
static int put_keys(struct mc_out *out, size_t i, const struct mc_bytes *keys, size_t count)
{
    char *b = out->data;
    size_t line = out->len + MC_REQUEST_MAX - 1; /* a line must not go on behind it */
    size_t end = line < out->cap ? line : out->cap;
    if (count < 1)
        return MC_E_KEY;
    for (size_t k = 0; k < count; k++) {
        size_t len = keys[k].len;
        if (len < 1 || len > MC_KEY_MAX)
            return MC_E_KEY;
        if (end - i < 1 + len + 2)
            return end < out->cap ? MC_E_NUMBER : MC_E_FULL;
        b[i] = ' ';
        if (!copy_token(b + i + 1, keys[k].data, len))
            return MC_E_KEY;
        i += 1 + len;
    }
    b[i] = '\r';
    b[i + 1] = '\n';
    out->len = i + 2;
    return 0;
}

/* <name>[ <key>]*\r\n */
static inline int put_get(struct mc_out *out, struct mc_bytes name, const struct mc_bytes *keys,
                          size_t count)
{
    struct pen p = pen_of(out);
    put_text(&p, name);
    return p.error == 0 ? put_keys(out, p.i, keys, count) : p.error;
}

/* <name> <exptime>[ <key>]*\r\n */
static int put_gat(struct mc_out *out, struct mc_bytes name, int32_t exptime,
                   const struct mc_bytes *keys, size_t count)
{
    struct pen p = pen_of(out);
    put_text(&p, name);
    put_signed(&p, exptime);
    return p.error == 0 ? put_keys(out, p.i, keys, count) : p.error;
}

/* get <key>*\r\n */
int mc_put_get(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return put_get(out, MC_BYTES("get"), keys, count);
}

/* gets <key>*\r\n */
int mc_put_gets(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return put_get(out, MC_BYTES("gets"), keys, count);
}

/* gat <exptime> <key>*\r\n */
int mc_put_gat(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count)
{
    return put_gat(out, MC_BYTES("gat"), exptime, keys, count);
}

/* gats <exptime> <key>*\r\n */
int mc_put_gats(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count)
{
    return put_gat(out, MC_BYTES("gats"), exptime, keys, count);
}

/* The names of enum mc_store, in its order. */
static const struct {
    char name[8];
    uint8_t len;
} stores[] = {{"set", 3}, {"add", 3}, {"replace", 7}, {"append", 6}, {"prepend", 7}, {"cas", 3}};

/* <command name> <key> <flags> <exptime> <bytes>[ <cas unique>][ noreply]\r\n */
int mc_put_store(struct mc_out *out, enum mc_store command, const struct mc_item *item,
                 bool noreply)
{
    struct pen p = pen_of(out);
    if ((unsigned)command > MC_CAS || item->value.len > MC_VALUE_MAX)
        return MC_E_NUMBER;
    struct mc_bytes name = {stores[command].name, stores[command].len};
    put_text(&p, name);
    put_key(&p, item->key);
    put_number(&p, item->flags);
    put_signed(&p, item->exptime);
    put_number(&p, item->value.len);
    if (command == MC_CAS)
        put_number(&p, item->cas);
    return commit_with(&p, out, noreply);
}

/* delete <key>[ noreply]\r\n */
int mc_put_delete(struct mc_out *out, struct mc_bytes key, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, MC_BYTES("delete"));
    put_key(&p, key);
    return commit_with(&p, out, noreply);
}

/* <name> <key> <value>[ noreply]\r\n */
static int put_delta(struct mc_out *out, struct mc_bytes name, struct mc_bytes key, uint64_t delta,
                     bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, name);
    put_key(&p, key);
    put_number(&p, delta);
    return commit_with(&p, out, noreply);
}

int mc_put_incr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply)
{
    return put_delta(out, MC_BYTES("incr"), key, delta, noreply);
}

int mc_put_decr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply)
{
    return put_delta(out, MC_BYTES("decr"), key, delta, noreply);
}

/* touch <key> <exptime>[ noreply]\r\n */
int mc_put_touch(struct mc_out *out, struct mc_bytes key, int32_t exptime, bool noreply)
{
    struct pen p = pen_of(out);
    put_text(&p, MC_BYTES("touch"));
    put_key(&p, key);
    put_signed(&p, exptime);
    return commit_with(&p, out, noreply);
}

/* ---- meta commands --------------------------------------------------------------------------- */

/* The flags that a meta command takes, by the kind of their argument. */
struct meta_command {
    char name[3];
    char bare[12];  /* none */
    char ttl[4];    /* a number of seconds, which may be negative */
    char number[6]; /* up to 64 bits */
    char modes[7];  /* the letters of M */
    bool tokens;    /* O P L */
};

static const struct meta_command mg = {"mg", "bcfhklqstuv", "NRT", "CE", "", true};
static const struct meta_command ms = {"ms", "bckqsI", "T", "CEF", "EAPRS", true};
static const struct meta_command md = {"md", "bkqxI", "T", "CE", "", true};
static const struct meta_command ma = {"ma", "bckqtv", "NT", "CDEJ", "I+D-", true};
static const struct meta_command me = {"me", "b", "", "", "", false};

/* The last one pads. */
static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/* Three bytes, of which n count, as four characters of RFC 4648. */
static void put_base64_group(struct pen *p, const char *b, size_t i, size_t n)
{
    uint32_t bits = (uint32_t)(unsigned char)b[i] << 16;
    if (n > 1)
        bits |= (uint32_t)(unsigned char)b[i + 1] << 8;
    if (n > 2)
        bits |= (uint32_t)(unsigned char)b[i + 2];
    put_char(p, base64[bits >> 18 & 63]);
    put_char(p, base64[bits >> 12 & 63]);
    put_char(p, base64[n > 1 ? bits >> 6 & 63 : 64]);
    put_char(p, base64[n > 2 ? bits & 63 : 64]);
}

static void put_base64(struct pen *p, struct mc_bytes bytes)
{
    for (size_t i = 0; i < bytes.len && p->error == 0; i += 3)
        put_base64_group(p, bytes.data, i, bytes.len - i < 3 ? bytes.len - i : 3);
}

static void put_binary_key(struct pen *p, struct mc_bytes key)
{
    if (key.len < 1 || key.len > MC_KEY_BINARY_MAX)
        refuse(p, MC_E_KEY);
    put_char(p, ' ');
    put_base64(p, key);
}

int mc_put_base64(struct mc_out *out, struct mc_bytes bytes)
{
    struct pen p = pen_of(out);
    put_base64(&p, bytes);
    if (p.error == 0)
        out->len = p.i;
    return p.error;
}

static bool has_letter(const char *letters, char letter)
{
    size_t j = 0;
    while (letters[j] != '\0' && letters[j] != letter)
        j++;
    return letters[j] != '\0';
}

static bool has_flag(const struct mc_flag *flags, size_t count, char letter)
{
    size_t k = 0;
    while (k < count && flags[k].letter != letter)
        k++;
    return k < count;
}

static void put_mode(struct pen *p, const char *modes, uint64_t mode)
{
    if (mode > 0x7f || !has_letter(modes, (char)mode))
        refuse(p, MC_E_FLAG);
    put_char(p, (char)mode);
}

static void put_flag(struct pen *p, const struct meta_command *command, const struct mc_flag *flag)
{
    char letter = flag->letter;
    put_char(p, ' ');
    put_char(p, letter);
    if (letter == '\0')
        refuse(p, MC_E_FLAG);
    else if (has_letter(command->bare, letter))
        return;
    else if (has_letter(command->ttl, letter))
        put_signed_digits(p, flag->ttl);
    else if (has_letter(command->number, letter) && (letter != 'F' || flag->number <= UINT32_MAX))
        put_digits(p, flag->number);
    else if (letter == 'M' && command->modes[0] != '\0')
        put_mode(p, command->modes, flag->number);
    else if (letter == 'O' && command->tokens)
        put_token(p, flag->token, MC_OPAQUE_MAX, MC_E_TOKEN);
    else if (has_letter("PL", letter) && command->tokens)
        put_token(p, flag->token, MC_KEY_MAX, MC_E_TOKEN);
    else
        refuse(p, has_letter(command->number, letter) ? MC_E_NUMBER : MC_E_FLAG);
}

static void put_flags(struct pen *p, const struct meta_command *command,
                      const struct mc_flag *flags, size_t count)
{
    for (size_t k = 0; k < count && p->error == 0; k++) {
        if (has_flag(flags, k, flags[k].letter))
            refuse(p, MC_E_FLAG);
        put_flag(p, command, &flags[k]);
    }
}

/* <name> <key>, with a binary key in base64. */
static void put_meta_key(struct pen *p, const struct meta_command *command, struct mc_bytes key,
                         const struct mc_flag *flags, size_t count)
{
    struct mc_bytes name = {command->name, 2};
    put_text(p, name);
    if (has_flag(flags, count, 'b'))
        put_binary_key(p, key);
    else
        put_key(p, key);
}

/* <name> <key>[ <flag>]*\r\n */
static int put_meta(struct mc_out *out, const struct meta_command *command, struct mc_bytes key,
                    const struct mc_flag *flags, size_t count)
{
    struct pen p = pen_of(out);
    if (count > MC_TOKENS_MAX - 2)
        return MC_E_FLAG;
    put_meta_key(&p, command, key, flags, count);
    put_flags(&p, command, flags, count);
    return commit(&p, out);
}

int mc_put_mg(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &mg, key, flags, count);
}

/* ms <key> <datalen>[ <flag>]*\r\n */
int mc_put_ms(struct mc_out *out, struct mc_bytes key, size_t size, const struct mc_flag *flags,
              size_t count)
{
    struct pen p = pen_of(out);
    if (count > MC_TOKENS_MAX - 3)
        return MC_E_FLAG;
    if (size > MC_VALUE_MAX)
        return MC_E_NUMBER;
    put_meta_key(&p, &ms, key, flags, count);
    put_number(&p, size);
    put_flags(&p, &ms, flags, count);
    return commit(&p, out);
}

int mc_put_md(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &md, key, flags, count);
}

int mc_put_ma(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &ma, key, flags, count);
}

int mc_put_me(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta(out, &me, key, flags, count);
}

int mc_put_mn(struct mc_out *out)
{
    return put_line(out, MC_BYTES("mn"));
}

/* ---- authentication -------------------------------------------------------------------------- */

static void put_user(struct pen *p, struct mc_bytes user)
{
    put_token(p, user, MC_KEY_MAX, MC_E_TOKEN);
}

/* As a word, but a space is allowed. */
static void put_password(struct pen *p, struct mc_bytes password)
{
    if (password.len < 1 || password.len > MC_KEY_MAX)
        refuse(p, MC_E_TOKEN);
    for (size_t j = 0; j < password.len && p->error == 0; j++) {
        if (password.data[j] != ' ' && !is_token(password.data[j]))
            refuse(p, MC_E_TOKEN);
        put_char(p, password.data[j]);
    }
}

/* set <key> <flags> <exptime> <bytes>\r\n<user> <password>\r\n; the key, flags and exptime do not
 * count. */
int mc_put_auth(struct mc_out *out, struct mc_bytes user, struct mc_bytes password)
{
    struct pen p = pen_of(out);
    if (user.len > MC_KEY_MAX || password.len > MC_KEY_MAX)
        return MC_E_TOKEN;
    put_text(&p, MC_BYTES("set auth 0 0"));
    put_number(&p, user.len + 1 + password.len);
    put_text(&p, MC_BYTES("\r\n"));
    put_user(&p, user);
    put_char(&p, ' ');
    put_password(&p, password);
    return commit(&p, out);
}

/* ---- administration -------------------------------------------------------------------------- */

/* [ <word>]*: words with one space between them. */
static void put_words(struct pen *p, struct mc_bytes words)
{
    for (size_t start = 0, j = 0; words.len > 0 && j <= words.len && p->error == 0; j++) {
        if (j < words.len && words.data[j] != ' ')
            continue;
        struct mc_bytes word = {words.data + start, j - start};
        put_word(p, word, MC_KEY_MAX, MC_E_TOKEN);
        start = j + 1;
    }
    if (words.len > MC_REQUEST_MAX / 2)
        refuse(p, MC_E_TOKEN);
}

/* <text>[ <word>]*\r\n */
static int put_line_words(struct mc_out *out, struct mc_bytes text, struct mc_bytes words)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_words(&p, words);
    return commit(&p, out);
}

/* stats[ <args>]\r\n */
int mc_put_stats(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("stats"), words);
}

int mc_put_version(struct mc_out *out)
{
    return put_line(out, MC_BYTES("version"));
}

/* verbosity <level>[ noreply]\r\n */
int mc_put_verbosity(struct mc_out *out, uint32_t level, bool noreply)
{
    return put_line_number(out, MC_BYTES("verbosity"), level, noreply);
}

/* flush_all <delay>[ noreply]\r\n */
int mc_put_flush_all(struct mc_out *out, int32_t delay_s, bool noreply)
{
    return put_line_signed(out, MC_BYTES("flush_all"), delay_s, noreply);
}

/* cache_memlimit <megabytes>[ noreply]\r\n */
int mc_put_cache_memlimit(struct mc_out *out, uint32_t megabytes, bool noreply)
{
    return put_line_number(out, MC_BYTES("cache_memlimit"), megabytes, noreply);
}

int mc_put_shutdown(struct mc_out *out, bool graceful)
{
    return put_line(out, graceful ? MC_BYTES("shutdown graceful") : MC_BYTES("shutdown"));
}

int mc_put_quit(struct mc_out *out)
{
    return put_line(out, MC_BYTES("quit"));
}

/* slabs reassign <source class> <dest class>\r\n; source class -1: any */
int mc_put_slabs_reassign(struct mc_out *out, int32_t source_class, int32_t dest_class)
{
    struct pen p = pen_of(out);
    if (source_class < -1 || dest_class < 0)
        return MC_E_NUMBER;
    put_text(&p, MC_BYTES("slabs reassign"));
    put_signed(&p, source_class);
    put_signed(&p, dest_class);
    return commit(&p, out);
}

/* slabs automove <0|1|2>\r\n */
int mc_put_slabs_automove(struct mc_out *out, uint32_t mode)
{
    return mode > 2 ? MC_E_NUMBER : put_line_number(out, MC_BYTES("slabs automove"), mode, false);
}

/* A number of thousandths, with a point before its last three digits and at least one digit before
 * that. It is printed one byte further on, and what belongs before the point moved back. */
static void put_milli(struct pen *p, uint32_t milli)
{
    size_t digits = mc_decimal_digits(milli), whole = digits > 3 ? digits - 3 : 1;
    put_char(p, ' ');
    if (!has_room(p, whole + 4))
        return;
    mc_decimal_write(p->b, p->i + 1, whole + 3, milli);
    for (size_t j = 0; j < whole; j++)
        p->b[p->i + j] = p->b[p->i + j + 1];
    p->b[p->i + whole] = '.';
    p->i += whole + 4;
}

/* lru tune <percent hot> <percent warm> <max hot factor> <max warm age factor>\r\n */
int mc_put_lru_tune(struct mc_out *out, uint32_t hot_percent, uint32_t warm_percent,
                    uint32_t hot_factor_milli, uint32_t warm_factor_milli)
{
    struct pen p = pen_of(out);
    if (hot_percent > 100 || warm_percent > 100)
        return MC_E_NUMBER;
    put_text(&p, MC_BYTES("lru tune"));
    put_number(&p, hot_percent);
    put_number(&p, warm_percent);
    put_milli(&p, hot_factor_milli);
    put_milli(&p, warm_factor_milli);
    return commit(&p, out);
}

int mc_put_lru_mode(struct mc_out *out, bool segmented)
{
    return put_line(out, segmented ? MC_BYTES("lru mode segmented") : MC_BYTES("lru mode flat"));
}

/* lru temp_ttl <ttl>\r\n */
int mc_put_lru_temp_ttl(struct mc_out *out, int32_t ttl_s)
{
    return put_line_signed(out, MC_BYTES("lru temp_ttl"), ttl_s, false);
}

int mc_put_lru_crawler_enable(struct mc_out *out, bool enable)
{
    return put_line(out, enable ? MC_BYTES("lru_crawler enable") : MC_BYTES("lru_crawler disable"));
}

/* lru_crawler sleep <microseconds>\r\n */
int mc_put_lru_crawler_sleep(struct mc_out *out, uint32_t microseconds)
{
    if (microseconds > 1000000)
        return MC_E_NUMBER;
    return put_line_number(out, MC_BYTES("lru_crawler sleep"), microseconds, false);
}

/* lru_crawler tocrawl <32u>\r\n */
int mc_put_lru_crawler_tocrawl(struct mc_out *out, uint32_t items)
{
    return put_line_number(out, MC_BYTES("lru_crawler tocrawl"), items, false);
}

/* <text> <classid,classid,classid|all|hash>\r\n */
static int put_line_classes(struct mc_out *out, struct mc_bytes text, struct mc_bytes classes)
{
    struct pen p = pen_of(out);
    put_text(&p, text);
    put_word(&p, classes, MC_KEY_MAX, MC_E_TOKEN);
    return commit(&p, out);
}

int mc_put_lru_crawler_crawl(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler crawl"), classes);
}

int mc_put_lru_crawler_metadump(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler metadump"), classes);
}

int mc_put_lru_crawler_mgdump(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler mgdump"), classes);
}

/* watch[ <fetchers|mutations|evictions|connevents|...>]*\r\n */
int mc_put_watch(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("watch"), words);
}
