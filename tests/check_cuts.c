/* Every cut: whatever way the network cuts a reply, the reader makes the same events of it, and
 * reads no byte after those it was given, for each piece ends where a page begins that nobody may
 * read. The replies are those of all transcripts and the forms below.
 *
 * usage: check_cuts TRANSCRIPTS [full]: 2^(n-1) ways for each form up to 24 bytes, not 18 only. */
#include "guard.h"
#include "proto.h"
#include "suite.h"
#include "tally.h"
#include "transcript.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM(bytes)                                          \
    {                                                        \
        (char *)(uintptr_t)(bytes), sizeof(bytes) - 1, false \
    }
#define STREAM(bytes)                                       \
    {                                                       \
        (char *)(uintptr_t)(bytes), sizeof(bytes) - 1, true \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    FORMS_MAX = 1500,
    LOG_SIZE = 1 << 20,
    ALL_CUTS = 18, /* a form of so many bytes is cut in all ways ... */
    ALL_CUTS_FULL = 24,
    PLACES = 120, /* ... and a longer one before this many bytes, evenly spread */
    PLACES_FULL = 600
};

struct form {
    char *bytes;
    size_t len;
    bool stream;
};

/* Each word and shape of a reply, whole, and broken in each way that the reader knows. */
static const struct form table[] = {
    FORM("VALUE a 5 2\r\nxy\r\nEND\r\n"),
    FORM("VALUE a 5 2 7\r\nxy\r\n"),
    FORM("VALUE a 5 0\r\n\r\nEND\r\n"),
    FORM("VALUE a 0 2\r\n\r\n\r\nEN"),
    FORM("VALUE a 4294967295 1\r\nx"),
    FORM("VALUE a 0 1073741824\r\nx"),
    FORM("VA 2 s2 W\r\nxy\r\n"),
    FORM("VA 2 f1 c2 t-1\r\nxy\r\n"),
    FORM("VA 0\r\n\r\nVA 1\r\nx\r\nMN\r\n"),
    FORM("VA 2 ka b O1\r\n\r\n\r\nHD\r\n"),
    FORM("END\r\n"),
    FORM("EN\r\n"),
    FORM("EN Oa kb\r\nEN\r\nMN\r\n"),
    FORM("HD c1 t-1 h0 l5 Z X\r\n"),
    FORM("STORED\r\nSTORED\r\n"),
    FORM("NOT_STORED\r\nEXISTS\r\n"),
    FORM("NS\r\nEX O1\r\nNF k\r\nHD\r\n"),
    FORM("NOT_FOUND\r\nDELETED\r\n"),
    FORM("TOUCHED\r\nOK\r\nRESET\r\n"),
    FORM("0\r\n18446744073709551615\r\n"),
    FORM("18446744073709551616\r\n"),
    FORM("7  \r\n12\r\n"),
    FORM("ME a exp=-1 la=2\r\n"),
    FORM("STAT pid 1\r\nSTAT b c d\r\n"),
    FORM("STAT a \r\nSTAT a\r\nEND\r\n"),
    FORM("ITEM a [1 b; 0 s]\r\n"),
    FORM("VERSION 1.6.18\r\n"),
    FORM("VERSION\r\nVERSION a (b)\r\n"),
    FORM("BUSY later\r\nBUSY\r\n"),
    FORM("BADCLASS no\r\n"),
    FORM("NOSPARE no\r\n"),
    FORM("NOTFULL no\r\n"),
    FORM("UNSAFE no\r\nSAME\r\n"),
    FORM("NOTSTARTED no\r\n"),
    FORM("MEMLIMIT_TOO_SMALL n\r\n"),
    FORM("MEMLIMIT_ADJUST_FAILED\r\n"),
    FORM("WATCHER_TOO_MANY n\r\n"),
    FORM("WATCHER_FAILED n\r\n"),
    FORM("ERROR\r\nERROR why\r\n"),
    FORM("ERROR: why\r\nError why\r\n"),
    FORM("CLIENT_ERROR why not\r\n"),
    FORM("SERVER_ERROR why not\r\n"),
    FORM("SERVER_ERROR: why\r\n"),
    STREAM("OK\r\nkey=a exp=-1\nEND\r\n"),
    STREAM("key=a\nkey=b\r\nEND\r\n"),
    STREAM("mg a\r\nmg YQ== b\r\nEN\r\n"),
    STREAM("ENDS\nEND\nEN\r\n"),
    STREAM("BUSY later\r\n"),
    STREAM("ERROR why\r\n"),
    FORM("\r\n"),
    FORM(" END\r\n"),
    FORM("END\n"),
    FORM("END\rx"),
    FORM("END \r\n"),
    FORM("STOREDD\r\n"),
    FORM("VALUE a 1\r\n"),
    FORM("VALUE a 01 1\r\n"),
    FORM("VALUE a 1 1x\r\n"),
    FORM("VALUE a\tb 1 2\r\n"),
    FORM("VALUE a 1 2 \r\n"),
    FORM("VALUE a 0 1\r\nxyz"),
    FORM("VALUE a 0 1\r\nx\rz"),
    FORM("VALUE a 0 1\r\nx\nEND\r\n"),
    FORM("VA 1  s1\r\nx\r\n"),
    FORM("VA 1 \r\nx\r\n"),
    FORM("HD k\x01\r\n"),
    FORM("HD 1\r\n"),
    FORM("VERSION a\nb\r\n"),
    FORM("VERSION a\0b\r\n"),
    FORM("VERSION a\rb\r\n"),
    FORM("1a\r\n"),
    FORM("1 a\r\n"),
};

static struct form forms[FORMS_MAX];
static int form_count;
static bool full;

enum { ALL_WAYS, IN_THREE, BYTE_BY_BYTE, FAULTS, TALLIES };
static uint64_t *tallies;

/* ---- a buffer that ends at a guard page ------------------------------------------------------ */

static char *guard; /* the end of the buffer */

static struct mc_bytes at_the_guard(const char *bytes, size_t len)
{
    memcpy(guard - len, bytes, len);
    return (struct mc_bytes){guard - len, len};
}

/* ---- events, written down so that two readings can be compared ------------------------------- */

struct log {
    size_t len;
    int last;
    char b[LOG_SIZE];
};

/* A reading between two pieces: bytes[from..) has not been taken yet. */
struct reading {
    const struct form *form;
    struct mc_reader reader;
    size_t from;
};

static struct log expected, got;

static void log_bytes(struct log *log, const void *bytes, size_t len)
{
    if (len > LOG_SIZE - log->len)
        ck_abort_msg("more events than LOG_SIZE holds");
    if (len > 0)
        memcpy(log->b + log->len, bytes, len);
    log->len += len;
}

static void log_number(struct log *log, uint64_t number)
{
    log_bytes(log, &number, sizeof number);
}

static void log_slice(struct log *log, struct mc_bytes slice)
{
    log_number(log, slice.len);
    log_bytes(log, slice.data, slice.len);
}

/* All members; but of the pieces of a value the bytes alone, as where it was cut must not show. */
static void log_event(struct log *log, int event, const struct mc_reply *reply)
{
    bool goes_on = event == MC_BODY && log->last == MC_BODY;
    log->last = event;
    if (!goes_on)
        log_number(log, (uint64_t)event);
    if (event == MC_BODY) {
        log_bytes(log, reply->text.data, reply->text.len);
        return;
    }
    log_slice(log, reply->key);
    log_slice(log, reply->text);
    log_number(log, reply->cas);
    log_number(log, reply->number);
    log_number(log, (uint64_t)reply->flags << 32 | reply->size);
    log_number(log, reply->meta);
}

/* How the reader stands at the end, with what it has not taken. */
static void log_end(struct log *log, const struct reading *r)
{
    bool broken = log->last == MC_E_PROTOCOL;
    log_number(log, broken ? 0 : r->from);
    log_number(log, r->reader.body_left);
    log_number(log, r->reader.state);
    log_number(log, broken ? (uint64_t)r->reader.at << 8 | r->reader.fault : 0);
}

/* Gives the reader the bytes up to `end`. */
static void feed(struct reading *r, size_t end, struct log *log)
{
    struct mc_bytes in = at_the_guard(r->form->bytes + r->from, end - r->from);
    struct mc_reply reply;
    int event = MC_MORE;
    if (log->last == MC_E_PROTOCOL)
        return;
    while ((event = mc_reader_next(&r->reader, &in, &reply)) > MC_MORE)
        log_event(log, event, &reply);
    if (event < 0)
        log_event(log, event, &reply);
    r->from = end - in.len;
}

static struct reading start_of(const struct form *form, struct log *log)
{
    struct reading r = {.form = form};
    log->len = 0;
    log->last = MC_MORE;
    if (form->stream)
        mc_reader_stream(&r.reader);
    return r;
}

static void read_whole(const struct form *form)
{
    struct reading r = start_of(form, &expected);
    feed(&r, form->len, &expected);
    tallies[FAULTS] += expected.last == MC_E_PROTOCOL;
    log_end(&expected, &r);
}

static void compare(const struct reading *r, const char *how)
{
    size_t len = got.len;
    log_end(&got, r);
    if (got.len == expected.len && memcmp(got.b, expected.b, got.len) == 0) {
        got.len = len;
        return;
    }
    struct text text = {0};
    text_escape(&text, r->form->bytes, r->form->len);
    ck_abort_msg("cut %s, other events: %s", how, text_string(&text));
}

/* ---- the ways to cut ------------------------------------------------------------------------- */

/* Cuts what is after `start` in all ways, into at most `pieces`, before each `pace`th byte.
 * What was read up to there is read once for all of these. */
static void cut_behind(struct reading before, size_t start, int pieces, size_t pace, int tally)
{
    const struct form *form = before.form;
    const size_t len = got.len;
    const int last = got.last;
    for (size_t end = start + pace; pieces > 1 && end < form->len; end += pace) {
        struct reading r = before;
        feed(&r, end, &got);
        cut_behind(r, end, pieces - 1, pace, tally);
        got.len = len;
        got.last = last;
    }
    feed(&before, form->len, &got);
    compare(&before, tally == ALL_WAYS ? "in some way" : "in two or three");
    tallies[tally]++;
}

static void cut_in_three(const struct form *form)
{
    size_t places = full ? PLACES_FULL : PLACES;
    struct reading r = start_of(form, &got);
    cut_behind(r, 0, 3, 1 + form->len / places, IN_THREE);
}

static void cut_in_all_ways(const struct form *form)
{
    if (form->len > (full ? ALL_CUTS_FULL : ALL_CUTS))
        return;
    struct reading r = start_of(form, &got);
    cut_behind(r, 0, (int)form->len, 1, ALL_WAYS);
}

static void cut_each_byte(const struct form *form)
{
    struct reading r = start_of(form, &got);
    for (size_t end = 1; end <= form->len; end++)
        feed(&r, end, &got);
    compare(&r, "byte by byte");
    tallies[BYTE_BY_BYTE]++;
}

START_TEST(every_cut)
{
    for (int i = 0; i < form_count; i++) {
        read_whole(&forms[i]);
        cut_each_byte(&forms[i]);
        cut_in_three(&forms[i]);
        cut_in_all_ways(&forms[i]);
    }
}
END_TEST

/* check's own assertions are too slow for so many. */
static void taken_whole(const struct mc_reply *reply, const struct mc_bytes *in)
{
    if (reply->text.data + reply->size + 2 != in->data)
        ck_abort_msg("an item of %u bytes, and other bytes taken", (unsigned)reply->size);
}

/* The short cut past the reader takes an item whole or not at all, and stays before the guard:
 * each beginning of an item, and each with one byte of it changed. */
START_TEST(item_at_the_guard)
{
    const struct mc_bytes whole = MC_BYTES("VALUE key 5 3\r\nxyz\r\n");
    const struct mc_reader reader = {0};
    struct mc_reply reply;
    char bytes[64];
    ck_assert(mc_item_is_end(&reader, at_the_guard("END\r\n", 5)));
    for (size_t len = 0; len <= whole.len; len++) {
        struct mc_bytes in = at_the_guard(whole.data, len);
        int event = mc_item_next(&reader, &in, MC_BYTES("key"), &reply);
        ck_assert_int_eq(event, len == whole.len ? MC_VALUE : MC_MORE);
        ck_assert_uint_eq(in.len, len == whole.len ? 0 : len);
        ck_assert(!mc_item_is_end(&reader, at_the_guard("END\r\n", len < 5 ? len : 4)));
        for (size_t k = 0; k < len * 256; k++) {
            memcpy(bytes, whole.data, len);
            bytes[k / 256] = (char)(k % 256);
            in = at_the_guard(bytes, len);
            if (mc_item_next(&reader, &in, MC_BYTES("key"), &reply) == MC_VALUE)
                taken_whole(&reply, &in);
        }
    }
}
END_TEST

/* ---- the forms ------------------------------------------------------------------------------- */

static bool is_known(const char *bytes, size_t len, bool stream)
{
    for (int i = 0; i < form_count; i++) {
        const struct form *form = &forms[i];
        if (form->len == len && form->stream == stream && memcmp(form->bytes, bytes, len) == 0)
            return true;
    }
    return false;
}

static void add_form(const char *bytes, size_t len, bool stream)
{
    if (is_known(bytes, len, stream))
        return;
    if (form_count == FORMS_MAX || len == 0) {
        fprintf(stderr, "too many forms, or one without a byte\n");
        exit(2);
    }
    struct form *form = &forms[form_count++];
    form->bytes = malloc(len);
    if (form->bytes == NULL)
        abort();
    form->len = len;
    form->stream = stream;
    memcpy(form->bytes, bytes, len);
}

/* What a server says at a time. Returns the step after it. */
static size_t add_said(const struct transcript *t, size_t i, bool stream)
{
    struct text bytes = {0};
    int connection = t->steps[i].connection;
    for (; i < t->count && t->steps[i].connection == connection; i++) {
        enum transcript_kind kind = t->steps[i].kind;
        if (kind == TRANSCRIPT_SAID || kind == TRANSCRIPT_MANY)
            transcript_bytes(&t->steps[i], &bytes);
        else if (kind != TRANSCRIPT_EVENT)
            break;
    }
    if (bytes.len > 0)
        add_form(bytes.data, bytes.len, stream);
    text_free(&bytes);
    return i;
}

static void add_transcript(const char *path)
{
    struct transcript t;
    bool stream = false;
    if (!transcript_load(&t, path)) {
        fprintf(stderr, "%s\n", text_string(&t.problem));
        exit(2);
    }
    for (size_t i = 0; i < t.count;) {
        size_t next = add_said(&t, i, stream);
        stream = next == i && t.steps[i].kind == TRANSCRIPT_STREAM;
        i = next > i ? next : i + 1;
    }
    transcript_free(&t);
}

static int is_transcript(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0;
}

static int add_transcripts(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_transcript, alphasort);
    for (int i = 0; i < count; i++) {
        struct text path = {0};
        text_print(&path, "%s/%s", folder, entries[i]->d_name);
        add_transcript(path.data);
        text_free(&path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

static size_t longest_form(void)
{
    size_t longest = 0;
    for (int i = 0; i < form_count; i++)
        longest = forms[i].len > longest ? forms[i].len : longest;
    return longest;
}

static void print_reached(void)
{
    char all[TALLY_SIZE], ways[TALLY_SIZE];
    uint64_t cuts = tallies[ALL_WAYS] + tallies[IN_THREE] + tallies[BYTE_BY_BYTE];
    printf(
        "# reached: 4. every cut | %d reply forms in two, in three and byte by byte, those up to "
        "%d bytes in all ways (%s of the partitions), at a guard page | %s partitions, all with "
        "the same events\n",
        form_count, full ? ALL_CUTS_FULL : ALL_CUTS, tally_text(tallies[ALL_WAYS], ways),
        tally_text(cuts, all));
    printf("%d forms, %d of them broken\n", form_count, (int)tallies[FAULTS]);
}

int main(int argc, char **argv)
{
    full = argc > 2 && strcmp(argv[2], "full") == 0;
    for (size_t k = 0; k < COUNT(table); k++)
        add_form(table[k].bytes, table[k].len, table[k].stream);
    if (add_transcripts(argc > 1 ? argv[1] : "proto/transcripts") <= 0) {
        fprintf(stderr, "no transcripts found; give their folder as the argument\n");
        return 2;
    }
    guard = guard_make(longest_form());
    tallies = tally_new(TALLIES);
    const struct suite_test tests[] = {{every_cut, 1}, {item_at_the_guard, 1}};
    int result = suite_run("cuts", tests, COUNT(tests));
    if (result == 0)
        print_reached();
    for (int i = 0; i < form_count; i++)
        free(forms[i].bytes);
    return result;
}
