/* Replays the transcripts: through the reader in every way of cutting the bytes, and against a real
 * memcached. Arguments: their folder, and a word: "few" for fewer cuts, as where a processor is
 * emulated; "offline" for none of memcached; "verbose" for the names of those that do not hold for
 * this memcached. */
#include "events.h"
#include "live.h"
#include "replay.h"
#include "suite.h"
#include "transcript.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES_MAX = 200,
    PAIRS_MAX = 400, /* a longer reply is cut at this many places, evenly spread */
    FEW_PAIRS_MAX = 50,
    CONNECTIONS = 10,
    ANSWER_MS = 20000 /* the longest time for an answer */
};

static char *files[FILES_MAX];
static int file_count;
static int live_files[FILES_MAX]; /* those that a real server is held against */
static int live_count;
static unsigned live_number; /* the version of that server: see transcript_version() */
static size_t pairs_max = PAIRS_MAX;

static void load(struct transcript *transcript, int index)
{
    if (!transcript_load(transcript, files[index]))
        ck_abort_msg("%s", text_string(&transcript->problem));
}

/* ---- the reader ---------------------------------------------------------------------------- */

/* What the server says at a time on one connection, and the events that it is to make. */
struct reply {
    struct text bytes, events;
    struct mc_reader reader; /* as it stands before */
    const char *path;
    int line;
};

static void compare(const struct reply *reply, const struct events *got, size_t first,
                    size_t second)
{
    if (text_same(&reply->events, &got->lines))
        return;
    ck_abort_msg("%s:%d, cut at %zu and %zu of %zu bytes\nexpected:\n%s\ngot:\n%s", reply->path,
                 reply->line, first, second, reply->bytes.len, text_string(&reply->events),
                 text_string(&got->lines));
}

static void read_in_pieces(const struct reply *reply, size_t first, size_t second)
{
    struct events events = {.reader = reply->reader};
    const struct mc_bytes in = {reply->bytes.data, reply->bytes.len};
    events_of_cut(&events, in, first, second);
    compare(reply, &events, first, second);
    events_free(&events);
}

static void read_at_every_pair(const struct reply *reply)
{
    size_t len = reply->bytes.len, pace = 1 + len / pairs_max;
    for (size_t first = 0; first <= len; first += pace) {
        for (size_t second = first; second <= len; second += pace)
            read_in_pieces(reply, first, second);
    }
}

/* Behind a reply that is over, another begins. */
static void check_in_step(const struct reply *reply, const struct events *events)
{
    struct mc_reader reader = events->reader;
    struct mc_bytes in = MC_BYTES("MN\r\n");
    struct mc_reply next;
    if (mc_is_final(events->last) && mc_reader_next(&reader, &in, &next) != MC_MN)
        ck_abort_msg("%s:%d: the reader is not ready for another reply", reply->path, reply->line);
}

/* Byte by byte. Leaves the reader as it stands after the reply. */
static void read_bytes(struct reply *reply)
{
    struct events events = {.reader = reply->reader};
    for (size_t i = 0; i < reply->bytes.len; i++)
        events_feed(&events, reply->bytes.data + i, 1);
    events_finish(&events);
    compare(reply, &events, 1, 2);
    check_in_step(reply, &events);
    reply->reader = events.reader;
    events_free(&events);
}

/* The expected event in the notation that events are compared in. */
static void add_expected(struct text *text, const struct transcript_step *step)
{
    struct text bytes = {0};
    transcript_bytes(step, &bytes);
    text_escape(text, bytes.data, bytes.len);
    text_add_string(text, "\n");
    text_free(&bytes);
}

/* Collects what is said from step i on; returns the step after it. */
static size_t collect(const struct transcript *t, size_t i, struct reply *reply)
{
    int connection = t->steps[i].connection;
    reply->path = t->path;
    reply->line = t->steps[i].line;
    for (; i < t->count && t->steps[i].connection == connection; i++) {
        const struct transcript_step *step = &t->steps[i];
        if (step->kind == TRANSCRIPT_SAID || step->kind == TRANSCRIPT_MANY)
            transcript_bytes(step, &reply->bytes);
        else if (step->kind == TRANSCRIPT_EVENT)
            add_expected(&reply->events, step);
        else
            break;
    }
    return i;
}

static void read_reply(struct reply *reply, struct mc_reader *reader)
{
    reply->reader = *reader;
    read_at_every_pair(reply);
    read_bytes(reply);
    *reader = reply->reader;
    text_free(&reply->bytes);
    text_free(&reply->events);
}

START_TEST(through_the_reader)
{
    struct transcript t;
    struct mc_reader readers[CONNECTIONS] = {{0}};
    load(&t, _i);
    for (size_t i = 0; i < t.count;) {
        struct reply reply = {0};
        struct mc_reader *reader = &readers[t.steps[i].connection];
        size_t next = collect(&t, i, &reply);
        if (t.steps[i].kind == TRANSCRIPT_STREAM)
            mc_reader_stream(reader);
        if (next > i)
            read_reply(&reply, reader);
        i = next > i ? next : i + 1;
    }
    transcript_free(&t);
}
END_TEST

/* ---- the server ---------------------------------------------------------------------------- */

static void print_difference(const struct transcript *transcript,
                             const struct replay_difference *difference, struct text *problem)
{
    text_print(problem, "%s:%d: %s%s%s: ", transcript->path, difference->step->line,
               difference->what, difference->reason != NULL ? ", " : "",
               difference->reason != NULL ? difference->reason : "");
    text_escape(problem, difference->said.data,
                difference->said.len < 200 ? difference->said.len : 200);
}

static bool replay(const struct transcript *transcript, struct text *problem)
{
    struct live live;
    char users[sizeof transcript->users + 1]; /* a file of lines */
    snprintf(users, sizeof users, "%s\n", transcript->users);
    live_start(&live, LIVE_UNIX, transcript->options, users[0] != '\n' ? users : NULL);
    struct replay_server server = {.timeout_ms = ANSWER_MS};
    struct replay_difference difference;
    ck_assert_ptr_null(mc_address_parse(&server.address, live.address));
    bool same = replay_live(transcript, &server, &difference);
    if (!same)
        print_difference(transcript, &difference, problem);
    replay_difference_free(&difference);
    live_end(&live);
    return same;
}

/* A server of another version, or that was built otherwise, may answer with other texts. */
static bool holds(const struct transcript *transcript)
{
    return transcript->first <= live_number && live_number <= transcript->last &&
           (transcript->needs[0] == '\0' || live_has_option(transcript->needs));
}

/* Each transcript has a server of its own, so that nothing is left of another's items. */
START_TEST(against_memcached)
{
    struct transcript transcript;
    struct text problem = {0};
    load(&transcript, live_files[_i]);
    if (!replay(&transcript, &problem))
        ck_abort_msg("%s", text_string(&problem));
    text_free(&problem);
    transcript_free(&transcript);
}
END_TEST

/* ---- the files ----------------------------------------------------------------------------- */

static int is_transcript(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0;
}

/* One that cannot be loaded is taken for live; its test will say why it cannot. One that does not
 * hold for this memcached is no test of it. */
static void find_live_files(bool verbose)
{
    int others = 0;
    for (int i = 0; i < file_count; i++) {
        struct transcript transcript;
        bool loaded = transcript_load(&transcript, files[i]);
        bool other = loaded && transcript.live && !holds(&transcript);
        if (!loaded || (transcript.live && !other))
            live_files[live_count++] = i;
        if (other && verbose)
            printf("for another memcached: %s\n", files[i]);
        others += other;
        transcript_free(&transcript);
    }
    printf("for another memcached than %s: %d transcripts\n", live_version(), others);
}

static void find_files(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_transcript, alphasort);
    for (int i = 0; i < count && i < FILES_MAX; i++) {
        struct text path = {0};
        text_print(&path, "%s/%s", folder, entries[i]->d_name);
        files[file_count++] = path.data;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

int main(int argc, char **argv)
{
    find_files(argc > 1 ? argv[1] : "proto/transcripts");
    if (file_count == 0) {
        fprintf(stderr, "no transcripts found; give their folder as the argument\n");
        return 2;
    }
    if (argc > 2 && strcmp(argv[2], "few") == 0)
        pairs_max = FEW_PAIRS_MAX;
    bool offline = argc > 2 && strcmp(argv[2], "offline") == 0;
    const char *end;
    if (!offline) {
        live_number = transcript_version(live_version(), &end);
        find_live_files(argc > 2 && strcmp(argv[2], "verbose") == 0);
    }
    const struct suite_test tests[] = {
        {through_the_reader, file_count},
        {against_memcached, live_count},
    };
    int result = suite_run("transcripts", tests, offline ? 1 : sizeof tests / sizeof tests[0]);
    for (int i = 0; i < file_count; i++)
        free(files[i]);
    return result;
}
