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
    check_shown(reply, bytes, COLUMNS);
    text_free(&line);
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
        {every_sentence, 1},
        {what_is_dropped, COUNT(dropped)},
        {notes, 2},
        {every_flag, 5},
        {logins_are_not_shown, 5},
    };
    return suite_run("annotate", tests, COUNT(tests));
}
