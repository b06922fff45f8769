/* Answers meta commands. Their flags are read here and not taken from the request reader, because
 * what memcached says of a wrong flag depends on the flags before and after it. */
#include "serve_meta.h"
#include "decimal.h"
#include "serve_log.h"

#include <string.h>

enum {
    WORDS_MAX = 18, /* after the command */
    NO_DIGIT = 64   /* of base64 */
};

#define BAD_FORMAT MC_BYTES("CLIENT_ERROR bad command line format")
#define LONG_OPAQUE MC_BYTES("CLIENT_ERROR opaque token too long")

/* A meta command and its flags. */
struct meta {
    const struct mc_serve_call *call;
    struct mc_cache *cache;
    struct mc_answer *answer;
    struct mc_bytes key, flags;
    struct mc_bytes error; /* what is answered when failed */
    bool failed;
    bool locked, vivify, value, stale, quiet, has_cas, new_ttl, binary, no_update;
    char mode;
    uint32_t exptime, vivify_exptime, recache, client_flags;
    uint64_t cas, delta, initial;
    struct mc_cache_item *item;
    bool created, won;
    char decoded[MC_KEY_MAX];
};

/* ---- flags --------------------------------------------------------------------------------- */

static void fail_flag(struct meta *m, struct mc_bytes error)
{
    m->failed = true;
    if (error.len > 0)
        m->error = error;
}

static struct mc_bytes token_of(struct mc_bytes word)
{
    const struct mc_bytes token = {word.data + 1, word.len - 1};
    return token;
}

/* N, T or R. memcached keeps 32 bits of the number. */
static void read_time(struct meta *m, struct mc_bytes word)
{
    struct mc_number n = mc_argument_number(token_of(word), INT64_MAX);
    m->locked = true;
    m->vivify = m->vivify || word.data[0] == 'N';
    if (!n.good) {
        fail_flag(m, MC_BYTES("CLIENT_ERROR bad token in command line format"));
        return;
    }
    uint32_t low = (uint32_t)n.size;
    uint32_t when =
        mc_update_expiry(m->cache, (int32_t)(n.negative ? 0u - low : low), m->call->serve->started);
    if (word.data[0] == 'N')
        m->vivify_exptime = when;
    else if (word.data[0] == 'R')
        m->recache = when;
    else
        m->exptime = when;
    m->new_ttl = m->new_ttl || word.data[0] == 'T';
}

/* F, C, J or D. */
static void read_count(struct meta *m, struct mc_bytes word)
{
    uint64_t number;
    bool good = mc_update_number(token_of(word), &number);
    if (word.data[0] == 'F') {
        m->client_flags = (uint32_t)number;
        if (!good)
            fail_flag(m, MC_BYTES(""));
    } else if (word.data[0] == 'C') {
        m->cas = number;
        m->has_cas = good;
        if (!good)
            fail_flag(m, MC_BYTES("CLIENT_ERROR bad token in command line format"));
    } else if (word.data[0] == 'J') {
        m->initial = number;
        if (!good)
            fail_flag(m, MC_BYTES("CLIENT_ERROR invalid numeric initial value"));
    } else {
        m->delta = number;
        if (!good)
            fail_flag(m, MC_BYTES("CLIENT_ERROR invalid numeric delta value"));
    }
}

/* The six bits of a digit of base64; padding has none. NO_DIGIT: it is neither. */
static uint32_t digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const struct mc_bytes all = {digits, NO_DIGIT};
    return c == '=' ? 0 : (uint32_t)mc_serve_find(all, c);
}

/* Decodes base64 as memcached does: it skips other bytes, drops bits that are left, and ends after the
 * four digits that have padding. Returns how many bytes there are; 0: this is not base64. */
static size_t decode_base64(struct mc_bytes text, char *to)
{
    uint32_t bits = 0;
    size_t count = 0, done = 0, padding = 0;
    for (size_t k = 0; k < text.len; k++)
        count += digit_of(text.data[k]) < NO_DIGIT ? 1 : 0;
    if (count % 4 != 0)
        return 0;
    count = 0;
    for (size_t k = 0; k < text.len && (padding == 0 || count % 4 != 0); k++) {
        uint32_t digit = digit_of(text.data[k]);
        if (digit == NO_DIGIT)
            continue;
        padding += text.data[k] == '=' ? 1 : 0;
        bits = bits << 6 | digit;
        if (++count % 4 != 0)
            continue;
        to[done++] = (char)(bits >> 16 & 255);
        to[done++] = (char)(bits >> 8 & 255);
        to[done++] = (char)(bits & 255);
    }
    return padding > 2 ? 0 : done - padding;
}

static void decode_key(struct meta *m)
{
    m->binary = true;
    m->key.len = decode_base64(m->key, m->decoded);
    m->key.data = m->decoded;
    if (m->key.len == 0)
        fail_flag(m, MC_BYTES("CLIENT_ERROR error decoding key"));
}

static void read_mode(struct meta *m, struct mc_bytes word)
{
    if (word.len != 2)
        fail_flag(m, MC_BYTES("CLIENT_ERROR incorrect length for M token"));
    else
        m->mode = word.data[1];
}

static void read_flag(struct meta *m, struct mc_bytes word)
{
    switch (word.data[0]) {
    case 'N':
    case 'T':
    case 'R': read_time(m, word); break;
    case 'F':
    case 'C':
    case 'J':
    case 'D': read_count(m, word); break;
    case 'M': read_mode(m, word); break;
    case 'b': decode_key(m); break;
    case 'l':
    case 'h': m->locked = true; break;
    case 'v': m->value = true; break;
    case 'u': m->no_update = true; break;
    case 'q': m->quiet = true; break;
    case 'I': m->stale = true; break;
    default: break;
    }
}

static bool is_known_flag(char letter)
{
    return mc_serve_has(MC_BYTES("bNTRlOPLkstcfvhuqFCMJDI"), letter);
}

/* False: m->error says what is wrong. */
static bool read_flags(struct meta *m)
{
    bool seen[128] = {false};
    struct mc_bytes flags = m->flags, word;
    m->error = BAD_FORMAT;
    while (mc_argument_word(&flags, &word)) {
        unsigned char letter = (unsigned char)word.data[0];
        if (letter >= 127 || seen[letter]) {
            m->error = MC_BYTES("CLIENT_ERROR duplicate flag");
            return false;
        }
        seen[letter] = true;
        if (!is_known_flag(word.data[0])) {
            m->error = MC_BYTES("CLIENT_ERROR invalid flag");
            return false;
        }
        read_flag(m, word);
    }
    return !m->failed;
}

/* ---- answers ------------------------------------------------------------------------------- */

static void answer_letter(struct meta *m, char letter)
{
    const char bytes[2] = {' ', letter};
    const struct mc_bytes text = {bytes, 2};
    mc_answer_text(m->answer, text);
}

static void answer_counter(struct meta *m, char letter, uint64_t number)
{
    answer_letter(m, letter);
    mc_answer_number(m->answer, number);
}

static void answer_ttl(struct meta *m)
{
    if (m->item->exptime == 0)
        mc_answer_text(m->answer, MC_BYTES(" t-1"));
    else
        answer_counter(m, 't', (uint32_t)(m->item->exptime - m->cache->now));
}

static void put_key(struct mc_answer *answer, struct mc_bytes key, bool binary)
{
    mc_answer_text(answer, MC_BYTES(" k"));
    if (!binary) {
        mc_answer_text(answer, key);
        return;
    }
    mc_answer_base64(answer, key);
    mc_answer_text(answer, MC_BYTES(" b"));
}

/* O and k, which every answer can have. */
static void answer_reflection(struct meta *m, struct mc_bytes word, bool binary)
{
    if (word.data[0] == 'k') {
        put_key(m->answer, m->key, binary);
    } else if (word.data[0] == 'O' && word.len > MC_OPAQUE_MAX + 1) {
        fail_flag(m, LONG_OPAQUE);
    } else if (word.data[0] == 'O') {
        mc_answer_text(m->answer, MC_BYTES(" "));
        mc_answer_text(m->answer, word);
    }
}

static void answer_reflections(struct meta *m)
{
    struct mc_bytes flags = m->flags, word;
    while (!m->failed && mc_argument_word(&flags, &word))
        answer_reflection(m, word, m->binary);
}

static void take_back(struct meta *m)
{
    mc_answer_clear(m->answer, m->cache);
}

static void answer_error(struct meta *m, struct mc_bytes error)
{
    take_back(m);
    mc_answer_line(m->answer, error);
}

/* Ends the line; an error replaces it, and is sent even if the command is quiet. */
static void end_answer(struct meta *m, bool hidden)
{
    if (m->failed)
        answer_error(m, m->error);
    else if (hidden)
        take_back(m);
    else
        mc_answer_text(m->answer, MC_BYTES("\r\n"));
}

/* ---- mg ------------------------------------------------------------------------------------ */

static void use_item(struct meta *m)
{
    m->item->marks |= MC_CACHE_FETCHED;
    mc_cache_use(m->cache, m->item);
}

/* What a flag of an mg changes in the item. */
static void change_item(struct meta *m, char letter)
{
    struct mc_cache_item *item = m->item;
    if (letter == 'T') {
        item->exptime = m->exptime;
    } else if (letter == 'N' && m->created) {
        item->exptime = m->vivify_exptime;
        m->won = true;
    } else if (letter == 'R' && (item->marks & MC_CACHE_WON) == 0 && !m->created &&
               item->exptime != 0 && item->exptime < m->recache) {
        m->won = true;
    }
}

static void answer_item_flag(struct meta *m, struct mc_bytes word)
{
    const struct mc_cache_item *item = m->item;
    switch (word.data[0]) {
    case 's': answer_counter(m, 's', item->size); break;
    case 't': answer_ttl(m); break;
    case 'c': answer_counter(m, 'c', item->cas); break;
    case 'f': answer_counter(m, 'f', item->flags); break;
    case 'l': answer_counter(m, 'l', (uint32_t)(m->cache->now - item->time)); break;
    case 'h': answer_counter(m, 'h', (item->marks & MC_CACHE_FETCHED) != 0 ? 1 : 0); break;
    default: answer_reflection(m, word, (item->marks & MC_CACHE_BINARY) != 0); break;
    }
}

static void answer_marks(struct meta *m)
{
    struct mc_cache_item *item = m->item;
    bool others = (item->marks & MC_CACHE_WON) != 0;
    if (others)
        answer_letter(m, 'Z');
    if ((item->marks & MC_CACHE_STALE) != 0) {
        answer_letter(m, 'X');
        m->won = m->won || !others;
    }
    if (!m->won)
        return;
    answer_letter(m, 'W');
    item->marks |= MC_CACHE_WON;
}

static void answer_size(struct meta *m, size_t size)
{
    if (!m->value) {
        mc_answer_text(m->answer, MC_BYTES("HD"));
        return;
    }
    mc_answer_text(m->answer, MC_BYTES("VA "));
    mc_answer_number(m->answer, size);
}

static void answer_hit(struct meta *m)
{
    struct mc_bytes flags = m->flags, word;
    answer_size(m, m->item->size);
    while (!m->failed && mc_argument_word(&flags, &word)) {
        change_item(m, word.data[0]);
        answer_item_flag(m, word);
    }
    if (!m->failed)
        answer_marks(m);
    end_answer(m, false);
    if (!m->failed && m->value)
        mc_answer_value(m->answer, m->cache, m->item);
}

static void answer_miss(struct meta *m, struct mc_bytes word, bool hidden)
{
    mc_answer_text(m->answer, word);
    answer_reflections(m);
    end_answer(m, hidden);
}

/* An empty item, which the client is to fill. */
static void create_item(struct meta *m)
{
    m->item = mc_cache_make(m->cache, m->key, 0);
    if (m->item == NULL)
        return;
    m->created = true;
    mc_cache_link(m->cache, m->item);
    mc_cache_release(m->cache, m->item);
}

static void run_mg(struct meta *m)
{
    m->item = mc_cache_find(m->cache, m->key);
    m->call->serve->gets++;
    m->call->serve->hits += m->item != NULL;
    if (m->item == NULL && m->vivify)
        create_item(m);
    if (m->item == NULL) {
        answer_miss(m, MC_BYTES("EN"), m->quiet);
        return;
    }
    if (!m->locked && !m->no_update)
        use_item(m);
    answer_hit(m);
    if (m->locked && !m->no_update && !m->failed)
        use_item(m);
}

/* ---- md, ma, me ---------------------------------------------------------------------------- */

static void mark_stale(struct meta *m)
{
    if (m->new_ttl)
        m->item->exptime = m->exptime;
    m->item->marks = (uint8_t)((m->item->marks | MC_CACHE_STALE) & ~MC_CACHE_WON);
    m->item->cas = mc_cache_next_cas(m->cache);
}

/* The opaque is looked at before the item. */
static void run_md(struct meta *m)
{
    mc_answer_text(m->answer, MC_BYTES("??"));
    answer_reflections(m);
    if (m->failed) {
        end_answer(m, false);
        return;
    }
    m->item = mc_cache_find(m->cache, m->key);
    bool same = m->item != NULL && (!m->has_cas || m->item->cas == m->cas);
    if (same && m->stale)
        mark_stale(m);
    else if (same)
        mc_cache_unlink(m->cache, m->item);
    memcpy(m->answer->lines, same ? "HD" : m->item != NULL ? "EX" : "NF", 2);
    end_answer(m, same && m->quiet);
}

/* A new item with the initial number; m->item is then held. */
static bool create_number(struct meta *m, struct mc_update_delta *delta)
{
    char digits[MC_DECIMAL_MAX];
    size_t len = mc_decimal_digits(m->initial);
    mc_decimal_write(digits, 0, len, m->initial);
    m->item = mc_cache_make(m->cache, m->key, (uint32_t)len);
    if (m->item == NULL)
        return false;
    struct mc_cache_cursor to = mc_cache_value(m->cache, m->item);
    mc_cache_write(m->cache, &to, digits, len);
    struct mc_update_store store = {.item = m->item, .mode = MC_UPDATE_ADD};
    mc_serve_log_store(m->call->serve, &store, mc_update_put(m->cache, &store));
    m->created = true;
    delta->number = m->initial;
    return true;
}

static void answer_number_flag(struct meta *m, struct mc_bytes word)
{
    switch (word.data[0]) {
    case 'c': answer_counter(m, 'c', m->item->cas); break;
    case 't': answer_ttl(m); break;
    case 'T': m->item->exptime = m->exptime; break;
    case 'N':
        if (m->created)
            m->item->exptime = m->vivify_exptime;
        break;
    default: answer_reflection(m, word, m->binary); break;
    }
}

/* The digits belong to the answer: no item is held for them. */
static void answer_sum(struct meta *m, uint64_t number)
{
    struct mc_answer digits = {.len = 0};
    struct mc_bytes flags = m->flags, word;
    mc_answer_number(&digits, number);
    answer_size(m, digits.len);
    while (!m->failed && mc_argument_word(&flags, &word))
        answer_number_flag(m, word);
    if (!m->failed && m->value) {
        const struct mc_bytes text = {digits.lines, digits.len};
        mc_answer_text(m->answer, MC_BYTES("\r\n"));
        mc_answer_text(m->answer, text);
    }
    mc_cache_release(m->cache, m->item);
    end_answer(m, m->quiet && !m->created);
}

static void refuse_sum(struct meta *m, enum mc_update_result result)
{
    if (result == MC_UPDATE_NOT_FOUND && m->vivify)
        answer_error(m, MC_BYTES("SERVER_ERROR Out of memory allocating new item"));
    else if (result == MC_UPDATE_NOT_FOUND)
        answer_miss(m, MC_BYTES("NF"), false);
    else if (result == MC_UPDATE_EXISTS)
        answer_miss(m, MC_BYTES("EX"), false);
    else if (result == MC_UPDATE_NO_NUMBER)
        answer_error(m, MC_BYTES("CLIENT_ERROR cannot increment or decrement non-numeric value"));
    else
        answer_error(m, MC_BYTES("SERVER_ERROR out of memory"));
}

static void run_ma(struct meta *m)
{
    struct mc_update_delta delta = {.delta = m->delta, .cas = m->cas};
    if (m->mode != '\0' && !mc_serve_has(MC_BYTES("I+D-"), m->mode)) {
        answer_error(m, MC_BYTES("CLIENT_ERROR invalid mode for ma M token"));
        return;
    }
    delta.down = m->mode == 'D' || m->mode == '-';
    enum mc_update_result result = mc_update_add(m->cache, m->key, &delta);
    m->item = delta.item;
    bool created = result == MC_UPDATE_NOT_FOUND && m->vivify && create_number(m, &delta);
    if (created || result == MC_UPDATE_DONE)
        answer_sum(m, delta.number);
    else
        refuse_sum(m, result);
}

static void answer_field(struct meta *m, struct mc_bytes name, uint64_t number)
{
    mc_answer_text(m->answer, name);
    mc_answer_number(m->answer, number);
}

static void answer_expiry(struct meta *m)
{
    const struct mc_cache_item *item = m->item;
    if (item->exptime == 0)
        mc_answer_text(m->answer, MC_BYTES(" exp=-1"));
    else
        answer_field(m, MC_BYTES(" exp=-"), item->exptime - m->cache->now);
}

static void run_me(struct meta *m)
{
    struct mc_bytes flags = m->flags, word;
    if (mc_argument_word(&flags, &word) && word.len == 1 && word.data[0] == 'b')
        decode_key(m);
    m->item = m->failed ? NULL : mc_cache_find(m->cache, m->key);
    if (m->item == NULL) {
        answer_error(m, m->failed ? BAD_FORMAT : MC_BYTES("EN"));
        return;
    }
    mc_answer_text(m->answer, MC_BYTES("ME "));
    if ((m->item->marks & MC_CACHE_BINARY) != 0)
        mc_answer_base64(m->answer, m->key);
    else
        mc_answer_text(m->answer, m->key);
    size_t total = mc_cache_total(m->item->key_len, m->item->flags, m->item->size);
    bool fetched = (m->item->marks & MC_CACHE_FETCHED) != 0;
    answer_expiry(m);
    answer_field(m, MC_BYTES(" la="), m->cache->now - m->item->time);
    answer_field(m, MC_BYTES(" cas="), m->item->cas);
    mc_answer_text(m->answer, fetched ? MC_BYTES(" fetch=yes") : MC_BYTES(" fetch=no"));
    answer_field(m, MC_BYTES(" cls="), mc_cache_class(total));
    answer_field(m, MC_BYTES(" size="), total);
    end_answer(m, false);
}

/* ---- ms ------------------------------------------------------------------------------------ */

static void reflect(struct meta *m, struct mc_bytes word)
{
    struct mc_serve_reflection *r = &m->call->client->reflection;
    if (!mc_serve_has(MC_BYTES("Okc"), word.data[0]))
        return;
    if (word.data[0] == 'O' && word.len > MC_OPAQUE_MAX + 1) {
        fail_flag(m, LONG_OPAQUE);
        return;
    }
    r->letters[mc_string(r->letters).len] = word.data[0];
    if (word.data[0] == 'O') {
        memcpy(r->opaque, word.data, word.len);
        r->opaque_len = (uint8_t)word.len;
    }
}

/* Keeps what the answer has to have. */
static void reflect_all(struct meta *m)
{
    const struct mc_serve_reflection none = {.opaque_len = 0};
    struct mc_bytes flags = m->flags, word;
    m->call->client->reflection = none;
    while (mc_argument_word(&flags, &word))
        reflect(m, word);
}

static enum mc_update_mode read_store_mode(struct meta *m)
{
    switch (m->mode) {
    case '\0':
    case 'S': return m->has_cas ? MC_UPDATE_CAS : MC_UPDATE_SET;
    case 'R': return m->has_cas ? MC_UPDATE_CAS : MC_UPDATE_REPLACE;
    case 'E': return MC_UPDATE_ADD;
    case 'A': return MC_UPDATE_APPEND;
    case 'P': return MC_UPDATE_PREPEND;
    default: fail_flag(m, MC_BYTES("CLIENT_ERROR invalid mode for ms M token"));
    }
    return MC_UPDATE_SET;
}

/* No item for the value: the old one goes as well, as for a set. */
static void refuse_value(struct meta *m, enum mc_update_mode mode, size_t total)
{
    if (total > MC_CACHE_WHOLE_MAX && total <= MC_CACHE_TOTAL_MAX) {
        if (!m->quiet)
            answer_error(m, MC_BYTES("SERVER_ERROR Out of memory during read"));
        return;
    }
    mc_serve_log_no_item(m->call->serve, m->key, mode, total);
    struct mc_cache_item *old = mc_cache_find(m->cache, m->key);
    if (old != NULL)
        mc_cache_unlink(m->cache, old);
    answer_error(m, total > MC_CACHE_TOTAL_MAX
                        ? MC_BYTES("SERVER_ERROR object too large for cache")
                        : MC_BYTES("SERVER_ERROR out of memory storing object"));
}

static void receive_value(struct meta *m, enum mc_update_mode mode)
{
    struct mc_serve_client *client = m->call->client;
    uint32_t size = m->call->request->size;
    size_t total = mc_cache_total(m->key.len, m->client_flags, size);
    struct mc_cache_item *item = NULL;
    if (total <= MC_CACHE_TOTAL_MAX)
        item = mc_cache_make(m->cache, m->key, size);
    if (item == NULL) {
        refuse_value(m, mode, total);
        return;
    }
    item->flags = m->client_flags;
    item->exptime = m->exptime;
    item->cas = m->cas;
    item->marks = m->binary ? MC_CACHE_BINARY : 0;
    client->store.item = item;
    client->store.mode = mode;
    client->store.cas = 0;
    client->store.stale = m->stale && mode == MC_UPDATE_CAS;
    client->value_at = mc_cache_value(m->cache, item);
    client->noreply = m->quiet;
    client->meta = true;
}

/* Whatever becomes of it, the value is read. */
static void run_ms(struct meta *m, bool good)
{
    struct mc_serve_client *client = m->call->client;
    enum mc_update_mode mode = MC_UPDATE_SET;
    if (good) {
        reflect_all(m);
        mode = read_store_mode(m);
    }
    if (m->failed || !good)
        answer_error(m, m->error);
    else
        receive_value(m, mode);
    mc_request_swallow(&client->reader, m->call->request);
    client->inside = true;
    m->call->serve->sets++;
}

void mc_serve_meta_stored(struct mc_serve_client *client, const struct mc_cache *cache,
                          enum mc_update_result result)
{
    static const char words[][3] = {
        [MC_UPDATE_DONE] = "HD",
        [MC_UPDATE_NOT_STORED] = "NS",
        [MC_UPDATE_EXISTS] = "EX",
        [MC_UPDATE_NOT_FOUND] = "NF",
    };
    const struct mc_serve_reflection *r = &client->reflection;
    struct mc_cache_item *item = client->store.item;
    char key[MC_KEY_MAX];
    const struct mc_bytes name = mc_cache_copy_key(cache, item, key);
    const struct mc_bytes opaque = {r->opaque, r->opaque_len};
    const struct mc_bytes word = {words[result], 2};
    if (result == MC_UPDATE_DONE && client->noreply)
        return;
    mc_answer_text(&client->answer, word);
    for (size_t i = 0; r->letters[i] != '\0'; i++) {
        if (r->letters[i] == 'k') {
            put_key(&client->answer, name, (item->marks & MC_CACHE_BINARY) != 0);
            continue;
        }
        mc_answer_text(&client->answer, r->letters[i] == 'c' ? MC_BYTES(" c") : MC_BYTES(" "));
        if (r->letters[i] == 'c')
            mc_answer_number(&client->answer, client->store.cas);
        else
            mc_answer_text(&client->answer, opaque);
    }
    mc_answer_line(&client->answer, MC_BYTES(""));
}

/* ---- all ----------------------------------------------------------------------------------- */

/* What is wrong with the line before its flags are looked at; empty: nothing. */
static struct mc_bytes find_line_error(const struct mc_serve_call *call, struct mc_bytes key,
                                       uint8_t command)
{
    size_t count = mc_serve_count_words(call->words);
    if (count == 0 && command != MC_REQUEST_ME)
        return MC_BYTES("ERROR");
    if (count == 0 || key.len > MC_KEY_MAX || call->request->fault == MC_WRONG_BYTE)
        return BAD_FORMAT;
    if (command == MC_REQUEST_ME)
        return MC_BYTES("");
    if (command == MC_REQUEST_MS && count == 1)
        return BAD_FORMAT;
    if (count > WORDS_MAX)
        return command == MC_REQUEST_MG ? MC_BYTES("CLIENT_ERROR options flags are too long")
                                        : MC_BYTES("CLIENT_ERROR options flags too long");
    if (command == MC_REQUEST_MS && !call->request->has_size)
        return BAD_FORMAT;
    return MC_BYTES("");
}

/* A line that is refused whole: what follows it is the next command, not a value. */
static void refuse_line(const struct mc_serve_call *call, struct mc_bytes error)
{
    call->client->reader = call->before;
    call->client->inside = false;
    mc_answer_line(&call->client->answer, error);
}

void mc_serve_meta_line(const struct mc_serve_call *call)
{
    struct meta m = {.call = call, .cache = &call->serve->cache, .delta = 1};
    uint8_t command = call->request->command;
    m.answer = &call->client->answer;
    m.flags = call->words;
    mc_argument_word(&m.flags, &m.key);
    struct mc_bytes error = find_line_error(call, m.key, command), size;
    if (error.len > 0) {
        refuse_line(call, error);
        return;
    }
    if (command == MC_REQUEST_ME) {
        run_me(&m);
        return;
    }
    if (command == MC_REQUEST_MS)
        mc_argument_word(&m.flags, &size);
    bool good = read_flags(&m);
    if (command == MC_REQUEST_MS)
        run_ms(&m, good);
    else if (!good && command == MC_REQUEST_MG)
        answer_error(&m, m.error);
    else if (!good)
        answer_error(&m, MC_BYTES("CLIENT_ERROR invalid or duplicate flag"));
    else if (command == MC_REQUEST_MG)
        run_mg(&m);
    else if (command == MC_REQUEST_MD)
        run_md(&m);
    else
        run_ma(&m);
}
