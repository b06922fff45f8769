/* Writes the commands that administer a server: authentication, statistics, settings. */
#include "decimal.h"
#include "writer.h"

#ifdef __FRAMAC__
#include "contracts/put_admin.h"
#endif

/* <text> <number>[ noreply]\r\n */
static int put_line_number(struct mc_out *out, struct mc_bytes text, uint64_t number, bool noreply)
{
    struct mc_writer w = mc_writer_start(out, text);
    mc_writer_number(&w, number);
    return mc_writer_commit_noreply(&w, out, noreply);
}

/* <text> <number>[ noreply]\r\n, with a number that may be negative */
static int put_line_signed(struct mc_out *out, struct mc_bytes text, int32_t number, bool noreply)
{
    struct mc_writer w = mc_writer_start(out, text);
    mc_writer_signed(&w, number);
    return mc_writer_commit_noreply(&w, out, noreply);
}

/* Writes a password: like a word, but it may hold spaces. */
static void put_password(struct mc_writer *w, struct mc_bytes password)
{
    if (password.len < 1 || password.len > MC_KEY_MAX)
        mc_writer_refuse(w, MC_E_TOKEN);
    /*@ loop invariant 0 <= j <= password.len && checked(*w) && goes_on(\at(*w, Pre), *w);
        loop invariant w->error == 0 ==> 1 <= password.len <= MC_KEY_MAX;
        loop assigns j, w->i, w->cap, w->error, w->b[\at(w->i, Pre) .. \at(w->cap, Pre) - 1];
        loop variant password.len - j; */
    for (size_t j = 0; j < password.len && w->error == 0; j++) {
        if (password.data[j] != ' ' && !mc_writer_is_word_byte(password.data[j]))
            mc_writer_refuse(w, MC_E_TOKEN);
        mc_writer_char(w, password.data[j]);
    }
}

/* Writes <user> <password>. */
static void put_user(struct mc_writer *w, struct mc_bytes user, struct mc_bytes password)
{
    mc_writer_token(w, user, MC_KEY_MAX, MC_E_TOKEN);
    mc_writer_char(w, ' ');
    put_password(w, password);
}

/* Writes <space><bytes>\r\n, the end of the first line of a login. */
static void put_auth_size(struct mc_writer *w, size_t size)
{
    mc_writer_number(w, size);
    mc_writer_end(w);
    //@ ghost line_from = w->i;
}

/* set <key> <flags> <exptime> <bytes>\r\n<user> <password>\r\n; the server ignores the key, the
 * flags and the exptime. */
int mc_put_auth(struct mc_out *out, struct mc_bytes user, struct mc_bytes password)
{
    struct mc_writer w = mc_writer_start(out, MC_BYTES("set auth 0 0"));
    put_auth_size(&w, user.len + 1 + password.len);
    put_user(&w, user, password);
    //@ assert w.error == 0 ==> line(out->data, out->len, line_from);
    int error = mc_writer_commit(&w, out);
    //@ assert error == 0 ==> line(out->data, \at(out->len, Pre), line_from);
    return error;
}

/* Writes [ <word>]*: words with one space between them. */
static void put_words(struct mc_writer *w, struct mc_bytes words)
{
    /*@ loop invariant 0 <= start <= j <= words.len + 1 && start <= words.len + 1;
        loop invariant checked(*w) && goes_on(\at(*w, Pre), *w);
        loop assigns start, j, w->i, w->cap, w->error, w->b[\at(w->i, Pre) .. \at(w->cap, Pre) - 1];
        loop variant words.len + 1 - j; */
    for (size_t start = 0, j = 0; words.len > 0 && j <= words.len && w->error == 0; j++) {
        if (j < words.len && words.data[j] != ' ')
            continue;
        struct mc_bytes word = {words.data + start, j - start};
        mc_writer_word(w, word, MC_KEY_MAX, MC_E_TOKEN);
        start = j + 1;
    }
    if (words.len > MC_REQUEST_MAX / 2)
        mc_writer_refuse(w, MC_E_TOKEN);
}

/* <text>[ <word>]*\r\n */
static int put_line_words(struct mc_out *out, struct mc_bytes text, struct mc_bytes words)
{
    struct mc_writer w = mc_writer_start(out, text);
    put_words(&w, words);
    return mc_writer_commit(&w, out);
}

/* stats[ <args>]\r\n */
int mc_put_stats(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("stats"), words);
}

/* version\r\n */
int mc_put_version(struct mc_out *out)
{
    return mc_writer_line(out, MC_BYTES("version"));
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

/* shutdown[ graceful]\r\n */
int mc_put_shutdown(struct mc_out *out, bool graceful)
{
    return mc_writer_line(out, graceful ? MC_BYTES("shutdown graceful") : MC_BYTES("shutdown"));
}

/* quit\r\n */
int mc_put_quit(struct mc_out *out)
{
    return mc_writer_line(out, MC_BYTES("quit"));
}

/* Writes <space> and a number of thousandths as a decimal fraction: 1500 as "1.500". The digits are
 * printed one byte further on; those before the point are then moved back. */
static void put_milli(struct mc_writer *w, uint32_t milli)
{
    size_t digits = mc_decimal_digits(milli), whole = digits > 3 ? digits - 3 : 1;
    mc_writer_char(w, ' ');
    if (!mc_writer_has_room(w, whole + 4))
        return;
    mc_decimal_write(w->b, w->i + 1, whole + 3, milli);
    /*@ loop invariant 0 <= j <= whole;
        loop invariant plain(w->b, line_from, w->i) && digits(w->b, w->i, w->i + j);
        loop invariant digits(w->b, w->i + j + 1, w->i + whole + 4);
        loop assigns j, w->b[w->i .. w->i + whole - 1];
        loop variant whole - j; */
    for (size_t j = 0; j < whole; j++)
        w->b[w->i + j] = w->b[w->i + j + 1];
    w->b[w->i + whole] = '.';
    w->i += whole + 4;
}

/* <text> <fraction>\r\n */
static int put_line_milli(struct mc_out *out, struct mc_bytes text, uint32_t milli)
{
    struct mc_writer w = mc_writer_start(out, text);
    put_milli(&w, milli);
    return mc_writer_commit(&w, out);
}

/* slabs reassign <source class> <dest class>\r\n; source class -1: any */
int mc_put_slabs_reassign(struct mc_out *out, int32_t source_class, int32_t dest_class)
{
    if (source_class < -1 || dest_class < 0)
        return MC_E_NUMBER;
    struct mc_writer w = mc_writer_start(out, MC_BYTES("slabs reassign"));
    mc_writer_signed(&w, source_class);
    mc_writer_signed(&w, dest_class);
    return mc_writer_commit(&w, out);
}

/* slabs automove <0|1|2>\r\n */
int mc_put_slabs_automove(struct mc_out *out, uint32_t mode)
{
    return mode > 2 ? MC_E_NUMBER : put_line_number(out, MC_BYTES("slabs automove"), mode, false);
}

/* slabs automove ratio <fraction>\r\n */
int mc_put_slabs_automove_ratio(struct mc_out *out, uint32_t ratio_milli)
{
    return put_line_milli(out, MC_BYTES("slabs automove ratio"), ratio_milli);
}

/* slabs automove window <32u>\r\n */
int mc_put_slabs_automove_window(struct mc_out *out, uint32_t window)
{
    return put_line_number(out, MC_BYTES("slabs automove window"), window, false);
}

/* slabs automove freeratio <fraction>\r\n */
int mc_put_slabs_automove_freeratio(struct mc_out *out, uint32_t ratio_milli)
{
    return put_line_milli(out, MC_BYTES("slabs automove freeratio"), ratio_milli);
}

/* extstore[ <word>]*\r\n */
int mc_put_extstore(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("extstore"), words);
}

/* refresh_certs\r\n */
int mc_put_refresh_certs(struct mc_out *out)
{
    return mc_writer_line(out, MC_BYTES("refresh_certs"));
}

/* lru tune <percent hot> <percent warm> <max hot factor> <max warm age factor>\r\n */
int mc_put_lru_tune(struct mc_out *out, uint32_t hot_percent, uint32_t warm_percent,
                    uint32_t hot_factor_milli, uint32_t warm_factor_milli)
{
    if (hot_percent > 100 || warm_percent > 100)
        return MC_E_NUMBER;
    struct mc_writer w = mc_writer_start(out, MC_BYTES("lru tune"));
    mc_writer_number(&w, hot_percent);
    mc_writer_number(&w, warm_percent);
    put_milli(&w, hot_factor_milli);
    put_milli(&w, warm_factor_milli);
    return mc_writer_commit(&w, out);
}

/* lru mode <flat|segmented>\r\n */
int mc_put_lru_mode(struct mc_out *out, bool segmented)
{
    return mc_writer_line(out,
                          segmented ? MC_BYTES("lru mode segmented") : MC_BYTES("lru mode flat"));
}

/* lru temp_ttl <ttl>\r\n */
int mc_put_lru_temp_ttl(struct mc_out *out, int32_t ttl_s)
{
    return put_line_signed(out, MC_BYTES("lru temp_ttl"), ttl_s, false);
}

/* lru_crawler <enable|disable>\r\n */
int mc_put_lru_crawler_enable(struct mc_out *out, bool enable)
{
    return mc_writer_line(out, enable ? MC_BYTES("lru_crawler enable")
                                      : MC_BYTES("lru_crawler disable"));
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

/* <text> <classes>\r\n */
static int put_line_classes(struct mc_out *out, struct mc_bytes text, struct mc_bytes classes)
{
    struct mc_writer w = mc_writer_start(out, text);
    mc_writer_word(&w, classes, MC_KEY_MAX, MC_E_TOKEN);
    return mc_writer_commit(&w, out);
}

/* lru_crawler crawl <classid,classid,classid|all>\r\n */
int mc_put_lru_crawler_crawl(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler crawl"), classes);
}

/* lru_crawler metadump <classid,classid,classid|all|hash>\r\n */
int mc_put_lru_crawler_metadump(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler metadump"), classes);
}

/* lru_crawler mgdump <classid,classid,classid|all|hash>\r\n */
int mc_put_lru_crawler_mgdump(struct mc_out *out, struct mc_bytes classes)
{
    return put_line_classes(out, MC_BYTES("lru_crawler mgdump"), classes);
}

/* watch[ <fetchers|mutations|evictions|connevents|...>]*\r\n */
int mc_put_watch(struct mc_out *out, struct mc_bytes words)
{
    return put_line_words(out, MC_BYTES("watch"), words);
}
