/* What annotations say: each transcript as it is shown at 80 columns, against the files of a folder;
 * and what must hold for any bytes. Each transcript's requests are also read cut in every place. Arguments: the folder of transcripts, and that of the screens;
 * "write" after them writes the screens. */
#include "requests.h"
#include "side.h"
#include "suite.h"
#include "transcript.h"

#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { FILES_MAX = 200, CONNECTIONS = 10, COLUMNS = 80, LONGEST_CUT = 20000 };

static const char *screens;
static char files[FILES_MAX][512];
static int file_count;

/* ---- transcripts ----------------------------------------------------------------------------- */

/* Both directions of each connection. */
struct talk {
    struct screen screen;
    struct side sides[CONNECTIONS][2];
};

static void show_step(struct talk *talk, const struct transcript_step *step)
{
    struct text bytes = {0};
    struct side *sides = talk->sides[step->connection];
    bool said = step->kind == TRANSCRIPT_SAID || step->kind == TRANSCRIPT_MANY;
    if (step->kind == TRANSCRIPT_STREAM)
        mc_reader_stream(&sides[1].reader);
    if (step->kind == TRANSCRIPT_CLOSED)
        screen_say(&talk->screen, '*', "the server closes the connection");
    if (!said && step->kind != TRANSCRIPT_SENT)
        return;
    transcript_bytes(step, &bytes);
    side_feed(&sides[said ? 1 : 0], &talk->screen, (struct mc_bytes){bytes.data, bytes.len});
    if (sides[1].last == MC_STORED)
        sides[0].requests.login = false;
    text_free(&bytes);
}

/* The transcript as it is shown. */
static char *show_transcript(const char *path, size_t *len)
{
    struct transcript transcript;
    static struct talk talk;
    char *shown = NULL;
    talk = (struct talk){{.to = open_memstream(&shown, len), .width = COLUMNS}, {{{0}}}};
    if (!transcript_load(&transcript, path))
        ck_abort_msg("%s", text_string(&transcript.problem));
    for (int c = 0; c < CONNECTIONS; c++) {
        talk.sides[c][1].replies = true;
        talk.sides[c][0].requests.login = transcript.users[0] != '\0';
    }
    for (size_t k = 0; k < transcript.count; k++)
        show_step(&talk, &transcript.steps[k]);
    for (int c = 0; c < CONNECTIONS; c++) {
        side_end(&talk.sides[c][0], &talk.screen);
        side_end(&talk.sides[c][1], &talk.screen);
    }
    fclose(talk.screen.to);
    transcript_free(&transcript);
    return shown;
}

static void name_screen(char *path, size_t size, const char *transcript)
{
    snprintf(path, size, "%s/%s", screens, strrchr(transcript, '/') + 1);
}

static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        ck_abort_msg("%s cannot be read", path);
    char *text = suite_allocate(1 << 20);
    *len = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

START_TEST(every_transcript)
{
    char path[1024];
    size_t len, expected_len;
    char *shown = show_transcript(files[_i], &len);
    name_screen(path, sizeof path, files[_i]);
    char *expected = read_file(path, &expected_len);
    if (len != expected_len || memcmp(shown, expected, len) != 0)
        ck_abort_msg("%s is shown otherwise:\n%.*s", path, (int)len, shown);
    free(expected);
    free(shown);
}
END_TEST

/* What the client sends on a connection. */
static struct text sent_on(const struct transcript *transcript, int connection)
{
    struct text sent = {0};
    for (size_t k = 0; k < transcript->count; k++) {
        const struct transcript_step *step = &transcript->steps[k];
        if (step->kind == TRANSCRIPT_SENT && step->connection == connection) {
            struct text bytes = {0};
            transcript_bytes(step, &bytes);
            text_add(&sent, bytes.data, bytes.len);
            text_free(&bytes);
        }
    }
    return sent;
}

/* Cut in two, everywhere; of the longest, at so many places. */
static void check_cuts(const char *path, bool login, struct mc_bytes sent)
{
    const struct requests start = {.reader = {.login = login}};
    struct requests whole = start;
    requests_of_cut(&whole, sent, 0, 0);
    for (size_t cut = 1; cut < sent.len; cut += 1 + sent.len / 2000) {
        struct requests cut_once = start;
        requests_of_cut(&cut_once, sent, cut, cut);
        if (!text_same(&whole.lines, &cut_once.lines))
            ck_abort_msg("%s, cut at %zu:\n%s\ninstead of\n%s", path, cut,
                         text_string(&cut_once.lines), text_string(&whole.lines));
        requests_free(&cut_once);
    }
    requests_free(&whole);
}

START_TEST(every_request_cut)
{
    struct transcript transcript;
    if (!transcript_load(&transcript, files[_i]))
        ck_abort_msg("%s", text_string(&transcript.problem));
    for (int c = 1; c < CONNECTIONS; c++) {
        struct text sent = sent_on(&transcript, c);
        if (sent.len <= LONGEST_CUT)
            check_cuts(files[_i], transcript.users[0] != '\0',
                       (struct mc_bytes){sent.data, sent.len});
        text_free(&sent);
    }
    transcript_free(&transcript);
}
END_TEST

static int write_screens(void)
{
    for (int k = 0; k < file_count; k++) {
        char path[1024];
        size_t len;
        char *shown = show_transcript(files[k], &len);
        name_screen(path, sizeof path, files[k]);
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(shown, 1, len, file) != len || fclose(file) != 0)
            return perror(path), 1;
        free(shown);
    }
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void find_transcripts(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        const char *end = strrchr(entry->d_name, '.');
        if (end != NULL && strcmp(end, ".txt") == 0 && file_count < FILES_MAX)
            snprintf(files[file_count++], sizeof files[0], "%s/%s", folder, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    qsort(files, (size_t)file_count, sizeof files[0], compare_names);
}

/* ---- any bytes ------------------------------------------------------------------------------- */

/* Each byte is printable, no line is wider than the screen, and no line ends in a blank but for one
 * of the wire. */
static void check_screen(const char *shown, size_t len, size_t width)
{
    size_t column = 0;
    for (size_t k = 0; k < len; k++) {
        bool newline = shown[k] == '\n';
        column = newline ? 0 : column + 1;
        if (column > width || (!newline && (shown[k] < ' ' || shown[k] > '~')))
            ck_abort_msg("column %zu of %zu, byte %d in\n%.*s", column, width, shown[k], (int)len,
                         shown);
    }
}

static void check_shown(bool replies, struct mc_bytes bytes, size_t width)
{
    static struct side side;
    char *shown = NULL;
    size_t len;
    struct screen screen = {.to = open_memstream(&shown, &len), .width = width};
    side = (struct side){.replies = replies};
    side_feed(&side, &screen, bytes);
    side_end(&side, &screen);
    fclose(screen.to);
    check_screen(shown, len, width);
    free(shown);
}

static const char *const seeds[] = {
    "get a bc\r\ngats 5 d\r\nset k 1 2 3 noreply\r\nabc\r\nget",
    "mg Zm9v b k v Oq N5\r\nms k 2 T0 ME F3 I\r\nhi\r\nmn\r\ndelete k 0\r\n",
    "incr k 5\r\nflush_all 1 noreply\r\nstats a b\nversion x\r\nslabs reassign 1 2\r\n",
    "VALUE key 5 3 77\r\nabc\r\nVALUE k 0 0\r\n\r\nEND\r\nSTORED\r\n",
    "VA 2 s2 t-1 c9 kZm9v b W X Z Q\r\nxy\r\nEN Oq\r\nHD\r\nMN\r\nME a b=1\r\n",
    "STAT pid 12\r\nITEM a [1 b; 0 s]\r\nEND\r\n12  \r\nSERVER_ERROR out of memory\r\n",
};

/* Each byte changed to every other, in both directions, at widths of the screen. */
START_TEST(any_byte)
{
    static const size_t widths[] = {SCREEN_LEAST, 57, COLUMNS, 200};
    size_t len = strlen(seeds[_i]);
    char *bytes = suite_allocate(len);
    for (size_t place = 0; place < len; place++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(bytes, seeds[_i], len);
            bytes[place] = (char)byte;
            check_shown(_i >= 3, (struct mc_bytes){bytes, len}, widths[(size_t)byte % 4]);
        }
    }
    free(bytes);
}
END_TEST

/* Fields lie in the bytes, in their order, and do not overlap. */
static void check_fields(const struct mc_annotation *a, struct mc_bytes bytes)
{
    size_t end = 0;
    for (size_t k = 0; k < a->count; k++) {
        const struct mc_field *field = &a->fields[k];
        ck_assert_uint_ge(field->at, end);
        ck_assert_uint_gt(field->len, 0);
        ck_assert_str_ne(field->name, "");
        end = field->at + field->len;
        ck_assert_uint_le(end, bytes.len);
    }
    ck_assert_str_ne(a->title, "");
}

/* Lines with more words than there are fields, and with words that fill the pool. */
START_TEST(long_lines)
{
    static const char *const words[] = {" a", " Oxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", " \x01\xff"};
    static const char *const heads[] = {"stats", "HD", "watch", "EN"};
    struct text line = {0};
    bool reply = _i % 2 == 1;
    text_add_string(&line, heads[_i]);
    while (line.len + 40 < MC_REQUEST_MAX)
        text_add_string(&line, words[reply ? (size_t)_i / 2 : line.len % 3]);
    text_add_string(&line, "\r\n");
    struct mc_annotation a;
    struct mc_bytes in = {line.data, line.len}, bytes = in;
    if (reply) {
        struct mc_reader reader = {0};
        struct mc_reply r;
        int event = mc_reader_next(&reader, &in, &r);
        mc_annotate_reply(&a, event, &reader, &r, bytes);
    } else {
        struct mc_request_reader reader = {0};
        struct mc_request r;
        int event = mc_request_next(&reader, &in, &r);
        mc_annotate_request(&a, event, &reader, &r, bytes);
    }
    check_fields(&a, bytes);
    ck_assert_uint_eq(a.count, MC_ANNOTATE_FIELDS);
    const struct mc_field *last = &a.fields[MC_ANNOTATE_FIELDS - 1];
    ck_assert_str_eq(last->name, "more");
    ck_assert_str_eq(last->text, "");
    ck_assert_uint_eq(last->at + last->len, bytes.len);
    check_shown(reply, bytes, COLUMNS);
    text_free(&line);
}
END_TEST

/* ---- fields ---------------------------------------------------------------------------------- */

/* What the bytes are, and a line for each annotation of them: the title, each field with its place,
 * length, name and sentence, and what is wrong. */
enum kind { REQUEST, REPLY, STREAM };

#define S(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define K40 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

/* clang-format off */
static const struct shown_line {
    enum kind kind;
    struct mc_bytes bytes;
    const char *shown;
} shown_lines[] = {
    {REQUEST, S("set k 5 60 2\r\nhi\r\n"),
     "set: store a value | 0+3 command | 4+1 key | 6+1 flags: kept for the client"
     " | 8+2 exptime: expires in 60 s | 11+1 bytes: a value of exactly 2 follows"
     " | 12+2 line end\n"
     "the value | 0+2 value\n"
     "the end of the value | 0+2 value end\n"},
    {REQUEST, S("set k 0 2592000 1\na\n"),
     "set: store a value | 0+3 command | 4+1 key | 6+1 flags: kept for the client"
     " | 8+7 exptime: expires in 2592000 s | 16+1 bytes: a value of exactly 1 follows"
     " | 17+1 line end\n"
     "the value | 0+1 value\n"},
    {REQUEST, S("set k 0 2592001 0 noreply\r\n\r\n"),
     "set: store a value | 0+3 command | 4+1 key | 6+1 flags: kept for the client"
     " | 8+7 exptime: expires at the Unix time 2592001"
     " | 16+1 bytes: a value of exactly 0 follows"
     " | 18+7 noreply: the server does not answer | 25+2 line end\n"
     "the end of the value | 0+2 value end\n"},
    {REQUEST, S("set k 0 -1 0\r\n\r\n"),
     "set: store a value | 0+3 command | 4+1 key | 6+1 flags: kept for the client"
     " | 8+2 exptime: expires at once | 11+1 bytes: a value of exactly 0 follows"
     " | 12+2 line end\n"
     "the end of the value | 0+2 value end\n"},
    {REQUEST, S("set k 0 x 1\r\n"),
     "set: store a value | 0+3 command | 4+1 key | 6+1 flags: kept for the client"
     " | 8+1 exptime: expires at no valid time | 10+1 bytes: a value of exactly 1 follows"
     " | 11+2 line end ! 8 not a number that the command accepts here\n"},
    {REQUEST, S("gats 0 a bc\r\n"),
     "gats: as gat, with their cas uniques | 0+4 command | 5+1 exptime: never expires\n"
     "a key | 1+1 key\n"
     "a key | 1+2 key\n"
     "the end of the keys | 0+2 line end\n"},
    {REQUEST, S("delete k 0\r\n"),
     "delete: remove an item | 0+6 command | 7+1 key"
     " | 9+1 ignored: the server does not look at it | 10+2 line end\n"},
    {REQUEST, S("delete noreply\r\n"),
     "delete: remove an item | 0+6 command | 7+7 noreply: the server does not answer"
     " | 14+2 line end\n"},
    {REQUEST, S("touch k 9223372036854775807\r\n"),
     "touch: a new expiry | 0+5 command | 6+1 key"
     " | 8+19 exptime: expires at the Unix time 9223372036854775807 | 27+2 line end\n"},
    {REQUEST, S("touch k 9223372036854775808\r\n"),
     "touch: a new expiry | 0+5 command | 6+1 key"
     " | 8+19 exptime: expires at no valid time | 27+2 line end"
     " ! 8 not a number that the command accepts here\n"},
    {REQUEST, S("slabs automove 1\r\n"),
     "slabs: settings of memory | 0+5 command | 6+8 command | 15+1 setting | 16+2 line end\n"},
    {REQUEST, S("slabs other 1\r\n"),
     "slabs: settings of memory | 0+5 command | 6+5 command | 12+1 setting | 13+2 line end\n"},
    {REQUEST, S("lru mode flat\r\n"),
     "lru: settings of the lists of recent use | 0+3 command | 4+4 command | 9+4 mode"
     " | 13+2 line end\n"},
    {REQUEST, S("mg k O" K40 "\r\n"),
     "mg: meta get | 0+2 command | 3+1 key"
     " | 5+41 O: opaque \"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\" comes back"
     " | 46+2 line end ! 5 a flag is malformed, or appears twice\n"},
    {REQUEST, S("mg k O" K40 "k\r\n"),
     "mg: meta get | 0+2 command | 3+1 key"
     " | 5+42 O: opaque \"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...\" comes back"
     " | 47+2 line end ! 5 a flag is malformed, or appears twice\n"},
    {REQUEST, S("mg k OA Z a z\r\n"),
     "mg: meta get | 0+2 command | 3+1 key | 5+2 O: opaque \"A\" comes back"
     " | 8+1 Z: not known here: newer servers may know it"
     " | 10+1 a: not known here: newer servers may know it"
     " | 12+1 z: not known here: newer servers may know it | 13+2 line end\n"},
    {REQUEST, S("mg k Ok\\ ~\x7f" "\x80" " OZ\r\n"),
     "mg: meta get | 0+2 command | 3+1 key | 5+3 O: opaque \"k\\\\\" comes back"
     " | 9+3 flag: not known here: newer servers may know it"
     " | 13+2 O: opaque \"Z\" comes back | 15+2 line end"
     " ! 9 a flag is malformed, or appears twice\n"},
    {REQUEST, S("mg Zg== b k\r\n"),
     "mg: meta get | 0+2 command | 3+4 key: is base64 of \"f\""
     " | 8+1 b: the key is in base64 | 10+1 k: return the key | 11+2 line end\n"},
    {REQUEST, S("ma !! b v\r\n"),
     "ma: meta arithmetic | 0+2 command | 3+2 key: is not base64"
     " | 6+1 b: the key is in base64 | 8+1 v: return the new number | 9+2 line end\n"},
    {REQUEST, S("me k b\r\n"),
     "me: meta debug, an item's internals | 0+2 command | 3+1 key: is not base64"
     " | 5+1 b: the key is in base64 | 6+2 line end\n"},
    {REQUEST, S("mg k ! @ [ ` {\r\n"),
     "mg: meta get | 0+2 command | 3+1 key"
     " | 5+1 flag: not known here: newer servers may know it"
     " | 7+1 flag: not known here: newer servers may know it"
     " | 9+1 flag: not known here: newer servers may know it"
     " | 11+1 flag: not known here: newer servers may know it"
     " | 13+1 flag: not known here: newer servers may know it | 14+2 line end"
     " ! 5 a flag is malformed, or appears twice\n"},
    {REQUEST, S("ms k 1 MA MX MAB M\r\n"),
     "ms: meta set | 0+2 command | 3+1 key | 5+1 bytes: a value of exactly 1 follows"
     " | 7+2 M: mode append | 10+2 M: not known here: newer servers may know it"
     " | 13+3 M: not known here: newer servers may know it"
     " | 17+1 M: not known here: newer servers may know it | 18+2 line end"
     " ! 10 a flag is malformed, or appears twice\n"},
    {REQUEST, S("mn\r\n"),
     "mn: meta no-op, answered after the commands before it | 0+2 command | 2+2 line end\n"},
    {REQUEST, S("get\r\n"),
     "get: the values of keys | 0+3 command\n"
     "get: the values of keys | 0+2 line end"
     " ! 0 too few words for this command, or too many\n"},
    {REQUEST, S("set k 0 0 1\r\nabc\r\n"),
     "set: store a value | 0+3 command | 4+1 key | 6+1 flags: kept for the client"
     " | 8+1 exptime: never expires | 10+1 bytes: a value of exactly 1 follows"
     " | 11+2 line end\n"
     "the value | 0+1 value\n"
     "not the end of the value | 0+2 "
     " ! 0 no CRLF after the value: its size is not what its line says\n"
     "not a command of memcached | 0+2 line end ! 0 memcached has no such command\n"},
    {REQUEST, S("get a\0" "b c\r\nmn\r\n"),
     "get: the values of keys | 0+3 command\n"
     "a key that is refused | 1+2 key"
     " ! 2 a NUL: versions of memcached read this line differently\n"
     "mn: meta no-op, answered after the commands before it"
     " | 0+5 skipped: the rest of the line before | 5+2 command | 7+2 line end\n"},
    {REQUEST, S("gat x a b\r\nversion\r\n"),
     "gat: the values of keys, and a new expiry for each | 0+3 command"
     " | 4+1 exptime: expires at no valid time"
     " ! 4 not a number that the command accepts here\n"
     "version: which memcached this is | 0+6 skipped: the rest of the line before"
     " | 6+7 command | 13+2 line end\n"},
    {REQUEST, S("mg IH4= b\r\n"),
     "mg: meta get | 0+2 command | 3+4 key: is base64 of \" ~\""
     " | 8+1 b: the key is in base64 | 9+2 line end\n"},
    {REQUEST, S("mg k A\r\n"),
     "mg: meta get | 0+2 command | 3+1 key"
     " | 5+1 A: not known here: newer servers may know it | 6+2 line end\n"},
    {REQUEST, S("version x\r\n"),
     "version: which memcached this is | 0+7 command"
     " | 8+1 ignored: the server does not look at it | 9+2 line end\n"},
    {REQUEST, S("incr k 1 noreply x\r\n"),
     "incr: add to a number | 0+4 command | 5+1 key | 7+1 delta: 1 is added"
     " | 9+7 ignored: the server does not look at it"
     " | 17+1 ignored: the server does not look at it | 18+2 line end"
     " ! 18 too few words for this command, or too many\n"},
    {REQUEST, S("gat x a b\r\nnonsense\r\n"),
     "gat: the values of keys, and a new expiry for each | 0+3 command"
     " | 4+1 exptime: expires at no valid time"
     " ! 4 not a number that the command accepts here\n"
     "not a command of memcached | 0+6 skipped: the rest of the line before | 6+8 command"
     " | 14+2 line end ! 6 memcached has no such command\n"},
    {REQUEST, S("gat x a b\r\nset k 0 x 1\r\n"),
     "gat: the values of keys, and a new expiry for each | 0+3 command"
     " | 4+1 exptime: expires at no valid time"
     " ! 4 not a number that the command accepts here\n"
     "set: store a value | 0+6 skipped: the rest of the line before | 6+3 command"
     " | 10+1 key | 12+1 flags: kept for the client"
     " | 14+1 exptime: expires at no valid time"
     " | 16+1 bytes: a value of exactly 1 follows | 17+2 line end"
     " ! 14 not a number that the command accepts here\n"},
    {REQUEST, S("\x80"),
     "not a request ! 0 the binary protocol, which is not explained here\n"},
    {REQUEST, S("\x16"),
     "not a request ! 0 TLS: the bytes are encrypted\n"},
    {REQUEST, S("stats items x\r\n"),
     "stats: statistics | 0+5 command | 6+5 group: which statistics | 12+1 word"
     " | 13+2 line end\n"},
    {REPLY, S("VALUE k 0 2 9\r\nhi\r\nEND\r\n"),
     "an item | 0+5 reply | 6+1 key | 8+1 flags: kept for the client"
     " | 10+1 bytes: a value of exactly 2 follows"
     " | 12+1 cas unique: changes whenever the item does | 13+2 line end\n"
     "the value | 0+2 value\n"
     "the end: nothing else was found | 0+2 value end | 2+3 reply | 5+2 line end\n"},
    {REPLY, S("VALUE k 0 1\r\n\n\r\nVALUE j 0 0\r\n\r\nEND\r\n"),
     "an item | 0+5 reply | 6+1 key | 8+1 flags: kept for the client"
     " | 10+1 bytes: a value of exactly 1 follows | 11+2 line end\n"
     "the value | 0+1 value\n"
     "an item | 0+2 value end | 2+5 reply | 8+1 key | 10+1 flags: kept for the client"
     " | 12+1 bytes: a value of exactly 0 follows | 13+2 line end\n"
     "the end: nothing else was found | 0+2 value end | 2+3 reply | 5+2 line end\n"},
    {REPLY, S("VA 2 s2 t-1 c9\r\nhi\r\n"),
     "found, with its value | 0+2 reply | 3+1 size: a value of exactly 2 follows"
     " | 5+2 s: size of the value | 8+3 t: seconds until it expires; -1: never"
     " | 12+2 c: cas unique | 14+2 line end\n"
     "the value | 0+2 value\n"
     "the end of the value | 0+2 value end\n"},
    {REPLY, S("HD b kZg==\r\n"),
     "done; no value to show | 0+2 reply | 3+1 b: the key is in base64"
     " | 5+5 k: is base64 of \"f\" | 10+2 line end\n"},
    {REPLY, S("ME k b=1 c\r\n"),
     "an item's internals | 0+2 reply | 3+1 key | 5+5 details | 10+2 line end\n"},
    {REPLY, S("STAT pid 1 2\r\n"),
     "a statistic | 0+4 reply | 5+3 name | 9+3 value | 12+2 line end\n"},
    {REPLY, S("12\r\n"),
     "the number after incr or decr | 0+2 number | 2+2 line end\n"},
    {REPLY, S("ERROR\r\n"),
     "ERROR: no such command, or a malformed one | 0+5 reply | 5+2 line end\n"},
    {REPLY, S("ERROR x\r\n"),
     "ERROR: not done, for the reason that follows | 0+5 reply | 6+1 text | 7+2 line end\n"},
    {REPLY, S("CLIENT_ERROR bad data chunk\r\n"),
     "CLIENT_ERROR: the request is wrong | 0+12 reply"
     " | 13+14 text: the size of the value is not what its line says | 27+2 line end\n"},
    {REPLY, S("CLIENT_ERROR bad data chunks\r\n"),
     "CLIENT_ERROR: the request is wrong | 0+12 reply | 13+15 text | 28+2 line end\n"},
    {REPLY, S("SERVER_ERROR out of memory\r\n"),
     "SERVER_ERROR: the server could not do it | 0+12 reply | 13+13 text | 26+2 line end\n"},
    {REPLY, S("BADCLASS a b\r\n"),
     "refused | 0+8 reply | 9+3 text | 12+2 line end\n"},
    {REPLY, S("MN\r\n"),
     "all commands before the mn are done | 0+2 reply | 2+2 line end\n"},
    {REPLY, S("NF Oa\r\n"),
     "there is no such item | 0+2 reply | 3+2 O: the opaque of the request | 5+2 line end\n"},
    {REPLY, S("what\r\n"),
     "no reply of memcached"
     " ! 0 a line does not start with a word of the protocol"
     " (an empty one after CLIENT_ERROR: memcached 1.6.45)\n"},
    {STREAM, S("one\r\n\r\na\r\nOK\r\n"),
     "a line of a stream | 0+3 line | 3+2 line end\n"
     "a line of a stream | 0+2 line end\n"
     "a line of a stream | 0+1 line | 1+2 line end\n"
     "the stream begins | 0+2 reply | 2+2 line end\n"},
};
/* clang-format on */

static void print_annotation(struct text *text, const struct mc_annotation *a)
{
    text_print(text, "%s", a->title);
    for (size_t k = 0; k < a->count; k++) {
        const struct mc_field *field = &a->fields[k];
        text_print(text, " | %zu+%zu %s%s%s", field->at, field->len, field->name,
                   field->text[0] != '\0' ? ": " : "", field->text);
    }
    if (a->fault != NULL)
        text_print(text, " ! %zu %s", a->fault_at, a->fault);
    text_add_string(text, "\n");
}

/* Both readers; one is used. */
struct readers {
    enum kind kind;
    struct mc_reader replies;
    struct mc_request_reader requests;
};

/* Reads and annotates the next event. False at the end of the bytes, and after an error. */
static bool annotate_next(struct readers *readers, struct mc_bytes *in, struct text *text)
{
    struct mc_annotation a;
    struct mc_request request;
    struct mc_reply reply;
    struct mc_bytes bytes = *in;
    bool asks = readers->kind == REQUEST;
    int event = asks ? mc_request_next(&readers->requests, in, &request)
                     : mc_reader_next(&readers->replies, in, &reply);
    bytes.len -= in->len;
    if (event == MC_MORE && bytes.len == 0)
        return false;
    if (asks)
        mc_annotate_request(&a, event, &readers->requests, &request, bytes);
    else
        mc_annotate_reply(&a, event, &readers->replies, &reply, bytes);
    print_annotation(text, &a);
    return event >= 0 && in->len > 0;
}

START_TEST(fields_of_lines)
{
    const struct shown_line *line = &shown_lines[_i];
    struct readers readers = {.kind = line->kind};
    struct mc_bytes in = line->bytes;
    struct text text = {0};
    if (line->kind == STREAM)
        mc_reader_stream(&readers.replies);
    while (annotate_next(&readers, &in, &text)) {
    }
    ck_assert_str_eq(text_string(&text), line->shown);
    text_free(&text);
}
END_TEST

static void annotate_line(struct mc_annotation *a, const char *line)
{
    struct mc_request_reader reader = {0};
    struct mc_request request;
    struct mc_bytes in = mc_string(line), bytes = in;
    int event = mc_request_next(&reader, &in, &request);
    mc_annotate_request(a, event, &reader, &request, bytes);
}

/* Two lines together have the fields and notes of both, the first fault, and texts of their own. */
START_TEST(two_together)
{
    static struct mc_annotation a, b;
    static const char *const faults[] = {"incr k\r\n", "incr  k x\r\n"};
    struct text text = {0};
    annotate_line(&a, _i == 0 ? "incr  k 12\r\n" : faults[0]);
    annotate_line(&b, _i == 0 ? "decr k 34\n" : faults[1]);
    const char *fault = a.fault;
    size_t fields = a.count + b.count, fault_at = a.fault_at;
    mc_annotate_join(&a, &b, 20);
    ck_assert_uint_eq(a.count, fields);
    ck_assert_ptr_eq(a.fault, fault);
    ck_assert_uint_eq(a.fault_at, fault_at);
    if (_i == 0) {
        memset(&b, 'x', sizeof b);
        print_annotation(&text, &a);
        ck_assert_str_eq(text_string(&text),
                         "incr: add to a number | 0+4 command | 6+1 key | 8+2 delta: 12 is added"
                         " | 10+2 line end | 20+4 command | 25+1 key"
                         " | 27+2 delta: 34 is subtracted; the result stops at 0"
                         " | 29+1 line end\n");
        ck_assert_int_eq(a.notes, MC_NOTE_SPACES | MC_NOTE_LF);
    }
    text_free(&text);
}
END_TEST

/* The fault of the second is counted from the beginning of the first. */
START_TEST(fault_of_the_second)
{
    static struct mc_annotation a, b;
    annotate_line(&a, "mn\r\n");
    annotate_line(&b, "incr k x\r\n");
    size_t at = b.fault_at;
    ck_assert_ptr_nonnull(b.fault);
    ck_assert_uint_eq(at, 7);
    mc_annotate_join(&a, &b, 4);
    ck_assert_ptr_eq(a.fault, b.fault);
    ck_assert_uint_eq(a.fault_at, 4 + at);
}
END_TEST

/* Every fault and every note has a sentence of its own. */
START_TEST(every_sentence)
{
    for (int a = MC_WRONG_NOTHING; a <= MC_WRONG_TLS; a++) {
        for (int b = MC_WRONG_NOTHING; b < a; b++)
            ck_assert_str_ne(mc_annotate_fault(a), mc_annotate_fault(b));
    }
    for (int note = 1; note <= MC_NOTE_NO_KEY; note <<= 1)
        ck_assert_str_ne(mc_annotate_note(note), "");
    ck_assert_str_eq(mc_annotate_note(0), "");
    ck_assert_str_eq(mc_annotate_note(MC_NOTE_NO_KEY << 1), "");
    ck_assert_str_eq(mc_annotate_fault(-1), mc_annotate_fault(MC_WRONG_NOTHING));
    ck_assert_str_eq(mc_annotate_fault(MC_WRONG_TLS + 1), mc_annotate_fault(MC_WRONG_NOTHING));
}
END_TEST

/* What a request reader drops: the space before a key, which a cut has left alone, or what follows a
 * fault. */
static const struct {
    const char *bytes;
    size_t len;
    const char *title, *field;
} dropped[] = {
    {"get a ", 6, "the space before a key", NULL},
    {"get a  ", 7, "the space before a key", NULL},
    {"get a\0b c", 9, "not looked at, after what is wrong", "skipped"},
    {"get a\0 b", 8, "not looked at, after what is wrong", "skipped"},
    {"gat x a b", 9, "not looked at, after what is wrong", "skipped"},
};

START_TEST(what_is_dropped)
{
    struct mc_annotation a;
    struct mc_request_reader reader = {0};
    struct mc_request request;
    struct mc_bytes in = {dropped[_i].bytes, dropped[_i].len}, before;
    int event;
    do {
        before = in;
        event = mc_request_next(&reader, &in, &request);
    } while (event > MC_MORE);
    ck_assert_uint_eq(in.len, 0);
    mc_annotate_request(&a, event, &reader, &request, before);
    ck_assert_str_eq(a.title, dropped[_i].title);
    ck_assert_uint_eq(a.count, dropped[_i].field != NULL ? 1 : 0);
    if (a.count > 0)
        ck_assert_str_eq(a.fields[0].name, dropped[_i].field);
}
END_TEST

/* A line that the server refuses has no notes: nothing in it is tolerated. */
START_TEST(notes)
{
    static const char *const lines[] = {"delete  a\n", "delete  a 5\n"};
    struct mc_annotation a;
    struct mc_request_reader reader = {0};
    struct mc_request request;
    struct mc_bytes in = mc_string(lines[_i]), bytes = in;
    int event = mc_request_next(&reader, &in, &request);
    mc_annotate_request(&a, event, &reader, &request, bytes);
    ck_assert_int_eq(a.notes, _i == 0 ? MC_NOTE_SPACES | MC_NOTE_LF : 0);
    ck_assert(request.notes != 0 && (a.fault == NULL) == (_i == 0));
}
END_TEST

/* Each flag that mc_put_*() writes has a sentence for its command, which is not another letter's. */
START_TEST(every_flag)
{
    static const char *const flags[][2] = {{"mg", "bcfhklqstuvNRTCEOPL"},
                                           {"ms", "bckqsINTCEFOPL"},
                                           {"md", "bkqxITCEOPL"},
                                           {"ma", "bckqtvNTCDEJOPL"},
                                           {"me", "b"}};
    for (const char *letter = flags[_i][1]; *letter != '\0'; letter++) {
        char line[64];
        struct mc_annotation a;
        struct mc_request_reader reader = {0};
        struct mc_request request;
        int len = snprintf(line, sizeof line, "%s Zm9v%s %c7\r\n", flags[_i][0],
                           _i == 1 ? " 2" : "", *letter);
        struct mc_bytes in = {line, (size_t)len}, bytes = in;
        int event = mc_request_next(&reader, &in, &request);
        mc_annotate_request(&a, event, &reader, &request, bytes);
        check_fields(&a, bytes);
        const struct mc_field *field = &a.fields[_i == 1 ? 3 : 2];
        ck_assert_int_eq(field->name[0], *letter);
        ck_assert_uint_eq(field->len, 2);
        ck_assert_ptr_null(strstr(field->text, "not known"));
        ck_assert_uint_gt(strlen(field->text), 5);
    }
}
END_TEST

/* A login is not shown, nor what is wrong while one is due. */
START_TEST(logins_are_not_shown)
{
    static const char *const lines[] = {
        "set auth 0 0 10\r\nann secret\r\n",       "set auth 0 0 3\r\nann secret\r\n",
        "set auth 0 0 12\r\nann secret\r\nmn\r\n", "ann secret\r\n",
        "set auth secret 0 x\r\nann secret\r\n",
    };
    static struct side side;
    char *shown = NULL;
    size_t len, total = strlen(lines[_i]);
    struct screen screen = {.to = open_memstream(&shown, &len), .width = COLUMNS};
    side = (struct side){.requests = {.login = true}};
    for (size_t k = 0; k < total; k++)
        side_feed(&side, &screen, (struct mc_bytes){lines[_i] + k, 1});
    side_end(&side, &screen);
    fclose(screen.to);
    if (strstr(shown, "secret") != NULL || strstr(shown, "ann ") != NULL)
        ck_abort_msg("%s", shown);
    free(shown);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc < 3)
        return fputs("usage: check_annotate TRANSCRIPTS SCREENS [write]\n", stderr), 2;
    screens = argv[2];
    find_transcripts(argv[1]);
    if (argc > 3)
        return write_screens();
    const struct suite_test tests[] = {
        {every_transcript, file_count},
        {every_request_cut, file_count},
        {any_byte, COUNT(seeds)},
        {long_lines, 4},
        {fields_of_lines, COUNT(shown_lines)},
        {two_together, 2},
        {fault_of_the_second, 1},
        {every_sentence, 1},
        {what_is_dropped, COUNT(dropped)},
        {notes, 2},
        {every_flag, 5},
        {logins_are_not_shown, 5},
    };
    return suite_run("annotate", tests, COUNT(tests));
}
