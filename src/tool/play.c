/* The command replay: transcripts are played to a server, and what it answers differently is shown. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "book.h"
#include "buffer.h"
#include "escape.h"
#include "print.h"
#include "replay.h"
#include "run.h"
#include "side.h"
#include "socket.h"

enum {
    REASON_SIZE = 400,
    KNOWN_VERSION = 1006018, /* 1.6.18: the answers that most have in common */
    FLUSH_MS = 3000,         /* so long a flush_all may hide what is stored after it */
    PAUSE_MS = 20
};

struct play {
    struct session session;
    struct replay_server server;
    unsigned version;    /* of memcached, as transcript_version() has it */
    bool is_other;       /* a server that is not a memcached */
    bool flushed;        /* once at least */
    bool flushes_slowly; /* flush_all hides what is stored after it */
    bool refuses_flush;  /* it was said */
    bool cannot_flush;   /* it closes the connection at a flush_all */
    size_t same, different, not_played;
};

/* ---- what is shown --------------------------------------------------------------------------- */

/* The first line of prose, without its sign, and no more than a sentence. */
static struct mc_bytes title_of(struct mc_bytes text)
{
    const char *end = text.len > 2 ? memchr(text.data, '\n', text.len) : NULL;
    if (end == NULL || text.data[0] != '#')
        return (struct mc_bytes){0};
    struct mc_bytes line = {text.data + 2, (size_t)(end - text.data) - 2};
    const char *stop = memchr(line.data, '.', line.len);
    return stop != NULL ? (struct mc_bytes){line.data, (size_t)(stop - line.data) + 1} : line;
}

static int list_book(void)
{
    for (size_t i = 0; i < book_count; i++) {
        struct mc_bytes title = title_of(book_pages[i].text);
        printf("%-28s %.*s\n", book_pages[i].name, (int)title.len, title.data);
    }
    return print_end("replay", STATUS_OK);
}

static void print_bytes_of(const char *name, const char *name_base64, const struct text *text)
{
    putchar(',');
    print_json_bytes(name, name_base64, (struct mc_bytes){text_string(text), text->len});
}

/* One object; difference: NULL when there is none. more: why it was not played, or NULL. */
static void print_json_result(const char *name, const char *result, const char *more,
                              const struct replay_difference *difference)
{
    putchar('{');
    print_json_bytes("transcript", "transcript_base64", mc_string(name));
    printf(",\"result\":\"%s\"", result);
    if (more != NULL) {
        putchar(',');
        print_json_bytes("why", "why_base64", mc_string(more));
    }
    if (difference != NULL) {
        printf(",\"line\":%d,\"why\":\"%s\"", difference->step->line, difference->what);
        print_bytes_of("asked", "asked_base64", &difference->asked);
        print_bytes_of("expected", "expected_base64", &difference->expected);
        print_bytes_of("said", "said_base64", &difference->said);
    }
    puts("}");
}

/* Bytes of one direction, explained. */
static void explain_bytes(const struct screen *screen, bool replies, const struct text *text)
{
    struct side *side = buffer_array(1, sizeof *side);
    side->replies = replies;
    side_feed(side, screen, (struct mc_bytes){text_string(text), text->len});
    side_end(side, screen);
    free(side);
}

static void explain_difference(const struct replay_difference *difference)
{
    const struct screen screen = {.to = stdout, .width = screen_columns()};
    if (difference->asked.len > 0)
        explain_bytes(&screen, false, &difference->asked);
    if (difference->expected.len > 0) {
        screen_say(&screen, '*', "The transcript has:");
        explain_bytes(&screen, true, &difference->expected);
    }
    screen_say(&screen, '*',
               difference->said.len > 0 ? "The server said:" : "The server said nothing.");
    if (difference->said.len > 0)
        explain_bytes(&screen, true, &difference->said);
}

static void print_result(const struct play *play, const char *name, const char *result,
                         const char *more)
{
    if (play->session.settings->json) {
        print_json_result(name, result, more, NULL);
        return;
    }
    printf("%-11s ", result);
    escape_text(stdout, name);
    if (more != NULL) {
        fputs(": ", stdout);
        escape_text(stdout, more);
    }
    putchar('\n');
}

static void print_difference(const struct play *play, const char *name,
                             const struct replay_difference *difference)
{
    char where[REASON_SIZE];
    if (play->session.settings->json) {
        print_json_result(name, "differs", NULL, difference);
        return;
    }
    snprintf(where, sizeof where, "line %d, %s", difference->step->line, difference->what);
    print_result(play, name, "differs", where);
    explain_difference(difference);
}

/* ---- playing --------------------------------------------------------------------------------- */

/* Does the server keep what is stored now? */
static bool keeps_items(struct play *play)
{
    const struct mc_bytes key = MC_BYTES("mcwire-replay");
    char space[8];
    struct mc_value value = {.buf = space, .cap = sizeof space};
    struct mc_op set = {.command = &mc_command_set, .key = key};
    struct mc_op get = {.command = &mc_command_get, .key = key, .value = &value};
    struct mc_op delete = {.command = &mc_command_delete, .key = key};
    mc_server_do(&play->session.server, &set);
    if (set.result != MC_STORED)
        return true;
    mc_server_do(&play->session.server, &get);
    mc_server_do(&play->session.server, &delete);
    return get.result != MC_MISS;
}

/* Waits until flush_all no longer hides what is stored after it: with some servers other than
 * memcached this takes until the next second. Where it takes no time the server is asked once. */
static void await_flush(struct play *play)
{
    const int64_t end = mc_socket_now() + FLUSH_MS;
    if (!play->is_other || (play->flushed && !play->flushes_slowly))
        return;
    while (!keeps_items(play) && mc_socket_now() < end) {
        if (!play->flushes_slowly)
            escape_message("mcwire", "replay: the server's flush_all hides what is stored right "
                                     "after it, so each transcript waits");
        play->flushes_slowly = true;
        poll(NULL, 0, PAUSE_MS);
    }
}

/* Is it only flush_all that the server answers by closing the connection? */
static bool is_still_there(struct play *play)
{
    struct mc_op op = {.command = &mc_command_version};
    mc_server_resume(&play->session.server);
    mc_server_do(&play->session.server, &op);
    return op.result > 0 || op.result == MC_E_AMBIGUOUS;
}

/* Invalidates what another transcript has stored. False: there is no server. */
static bool begin_empty(struct play *play)
{
    struct mc_op op = {.command = &mc_command_flush_all};
    if (play->cannot_flush)
        return true;
    mc_server_do(&play->session.server, &op);
    if (op.result == MC_OK) {
        await_flush(play);
        play->flushed = true;
        return true;
    }
    bool refused = op.result > 0 || op.result == MC_E_AMBIGUOUS;
    play->cannot_flush = !refused && !play->flushed && is_still_there(play);
    if (!refused && !play->cannot_flush) {
        session_judge(&play->session, NULL, op.result, op.text);
        return false;
    }
    if (!play->refuses_flush)
        escape_message("mcwire", "replay: the server refuses flush_all, so what a transcript "
                                 "stores may be seen by those that follow");
    play->refuses_flush = true;
    return true;
}

/* Plays it. False: there is no server any more. */
static bool play_transcript(struct play *play, const char *name,
                            const struct transcript *transcript)
{
    struct replay_difference difference;
    if (!begin_empty(play))
        return false;
    bool same = replay_live(transcript, &play->server, &difference);
    bool connected = same || difference.connected;
    if (same) {
        play->same++;
        print_result(play, name, "same", NULL);
    } else if (connected) {
        play->different++;
        session_note(&play->session, STATUS_NO);
        print_difference(play, name, &difference);
    } else {
        session_fail(&play->session, STATUS_NO_SERVER, "the server takes no further connection");
    }
    replay_difference_free(&difference);
    return connected;
}

/* Writes why it is not a test of this server. False: it is one. */
static bool is_for_another(const struct play *play, const struct transcript *transcript,
                           char why[REASON_SIZE])
{
    const char *with = play->session.settings->with;
    char options[REASON_SIZE / 2];
    snprintf(options, sizeof options, "%s%s%s", transcript->users[0] != '\0' ? "-Y" : "",
             transcript->options, transcript->needs);
    if (!transcript->live)
        snprintf(why, REASON_SIZE, "its bytes are invented, or no server can be made to send them");
    else if (strcmp(options, with != NULL ? with : "") != 0)
        snprintf(why, REASON_SIZE, "for a memcached that runs with%s%s",
                 options[0] != '\0' ? " " : "out options", options);
    else if (play->version < transcript->first || play->version > transcript->last)
        snprintf(why, REASON_SIZE, "for another version");
    else
        return false;
    return true;
}

/* Plays a transcript that was loaded, unless it is for another server. False: there is none. */
static bool play_loaded(struct play *play, const char *name, const struct transcript *transcript)
{
    char why[REASON_SIZE];
    if (!is_for_another(play, transcript, why))
        return play_transcript(play, name, transcript);
    play->not_played++;
    print_result(play, name, "not played", why);
    return true;
}

static bool play_page(struct play *play, const struct book_page *page)
{
    struct transcript transcript;
    bool goes_on = true;
    if (transcript_parse(&transcript, page->name, page->text))
        goes_on = play_loaded(play, page->name, &transcript);
    else
        session_fail(&play->session, STATUS_USAGE, text_string(&transcript.problem));
    transcript_free(&transcript);
    return goes_on;
}

static bool play_file(struct play *play, const char *path)
{
    struct transcript transcript;
    bool goes_on = true;
    if (transcript_load(&transcript, path))
        goes_on = play_loaded(play, path, &transcript);
    else
        session_fail(&play->session, STATUS_USAGE, text_string(&transcript.problem));
    transcript_free(&transcript);
    return goes_on;
}

static const struct book_page *find_page(const char *name)
{
    for (size_t i = 0; i < book_count; i++) {
        if (strcmp(book_pages[i].name, name) == 0)
            return &book_pages[i];
    }
    return NULL;
}

/* Is each of these a transcript or a file? False after a message. */
static bool are_known(const struct option_words *words)
{
    for (int i = 0; i < words->count; i++) {
        const char *name = words->list[i];
        if (find_page(name) != NULL || access(name, F_OK) == 0)
            continue;
        escape_message("mcwire", "replay: %s: %s", name,
                       strchr(name, '/') != NULL
                           ? strerror(errno)
                           : "no transcript has this name (replay --list), and no file");
        return false;
    }
    return true;
}

static void play_all(struct play *play)
{
    for (size_t i = 0; i < book_count && session_flush(&play->session); i++) {
        if (!play_page(play, &book_pages[i]))
            break;
    }
}

static void play_named(struct play *play, const struct option_words *words)
{
    for (int i = 0; i < words->count && session_flush(&play->session); i++) {
        const struct book_page *page = find_page(words->list[i]);
        if (page != NULL ? !play_page(play, page) : !play_file(play, words->list[i]))
            break;
    }
}

/* ---- the command ----------------------------------------------------------------------------- */

/* Asks the server for its version; if that is not one of memcached's, those of 1.6.18 are played. */
static bool find_version(struct play *play)
{
    struct mc_op op = {.command = &mc_command_version};
    char text[32];
    const char *end;
    mc_server_do(&play->session.server, &op);
    if (op.result < 0 && op.result != MC_E_AMBIGUOUS) {
        session_judge(&play->session, NULL, op.result, op.text);
        return false;
    }
    size_t len = op.result == MC_VERSION && op.text.len < sizeof text ? op.text.len : 0;
    memcpy(text, len > 0 ? op.text.data : "", len);
    text[len] = '\0';
    play->version = transcript_version(text, &end);
    play->is_other = play->version == 0;
    if (play->is_other)
        play->version = KNOWN_VERSION;
    if (play->session.settings->as != NULL)
        play->version = transcript_version(play->session.settings->as, &end);
    return true;
}

static void play_words(struct play *play)
{
    const struct session *session = &play->session;
    if (!find_version(play))
        return;
    if (session->settings->all)
        play_all(play);
    play_named(play, session->words);
    if (!session->settings->json)
        printf("%zu the same, %zu different, %zu not played\n", play->same, play->different,
               play->not_played);
}

static const char *what_is_missing(const struct settings *settings,
                                   const struct option_words *words)
{
    const char *end;
    if (words->count == 0 && !settings->all)
        return "name transcripts (replay --list) or files, or say --all";
    if (!settings->yes)
        return "it invalidates all items of the server; say --yes if that is meant";
    if (settings->as != NULL && (transcript_version(settings->as, &end) == 0 || *end != '\0'))
        return "--as wants a version, as 1.6.18";
    return NULL;
}

int run_replay(void *options, const struct option_words *words)
{
    static struct play play;
    const struct settings *settings = options;
    if (settings->list)
        return list_book();
    if (!are_known(words))
        return STATUS_USAGE;
    const char *missing = what_is_missing(settings, words);
    if (missing != NULL) {
        escape_message("mcwire", "replay: %s", missing);
        return STATUS_USAGE;
    }
    int status = session_start(&play.session, settings, words);
    if (status != 0)
        return status;
    mc_address_parse(&play.server.address, play.session.address);
    play.server.timeout_ms = (int64_t)settings->timeout_ms;
    play_words(&play);
    return session_end(&play.session);
}
