/* One connection over a scripted transport: what each function, and a run of many operations, makes
 * of each reply, however the bytes come, and whatever fails on the way. */
#include "client.h"
#include "events.h"
#include "scenes.h"
#include "script.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define B(literal)                   \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- what holds after a scene -------------------------------------------------------------- */

/* A good connection answers; a dead one says why, and is not used. */
static void check_next_command(struct play *p, int error)
{
    size_t calls = p->script.sends + p->script.recvs;
    int r = mc_client_version(&p->client, SCRIPT_DEADLINE);
    if (error == 0) {
        ck_assert_int_eq(r, MC_VERSION);
        return;
    }
    ck_assert_int_eq(r, error);
    ck_assert_uint_eq(p->script.sends + p->script.recvs, calls);
    ck_assert_int_eq(p->client.engine.error, error);
}

static void check_as_written(struct play *p, const struct scene *scene)
{
    if (strcmp(text_string(&p->outcome), scene->outcome) != 0)
        ck_abort_msg("%s answered with %s\nsends %zu and receives %zu at a time, %zu bytes "
                     "withheld\nexpected: %s\ngot: %s",
                     scene->request, scene->reply, p->script.send_max, p->script.recv_max,
                     p->script.withheld, scene->outcome, text_string(&p->outcome));
    ck_assert_int_eq(p->client.engine.error, scene->error);
    if (scene->error == MC_E_PROTOCOL)
        ck_assert_int_eq(p->client.engine.reader.fault, scene->fault);
}

/* The bytes of the request, without the mn that ends a quiet one. */
static size_t request_bytes(const struct scene *scene)
{
    return strlen(scene->request) - (scene_is_quiet(scene) ? strlen("mn\r\n") : 0);
}

/* As text, the outcome of a scene whose every result is this one, and which has no other outputs. */
static const char *failed_outcome(const struct scene *scene, int result, char text[160])
{
    const char *name = events_name(result);
    if (scene_is_many(scene))
        snprintf(text, 160, "%s a: %s b: %s %c: %s", name, name, name, scene->doubled ? 'a' : 'c',
                 name);
    else
        snprintf(text, 160, "%s", name);
    return text;
}

/* Was the result known before the connection failed? Of a quiet command it is after the reply that
 * names it; an error line is its own after the MN. */
static bool was_known(const struct play *p, const struct scene *scene)
{
    const char *mn = strstr(scene->reply, "MN\r\n");
    if (!scene_is_quiet(scene) || mn == NULL || mn == scene->reply)
        return false;
    size_t named = (size_t)(mn - scene->reply);
    bool error = strstr(scene->reply, "ERROR") != NULL;
    return p->script.received >= named + (error ? strlen("MN\r\n") : 0);
}

/* The outcome when a call, or a rest of the answer, failed so. */
static void check_failed(struct play *p, const struct scene *scene, int error)
{
    bool unknown = scene_is_write(scene) && p->script.sent.len >= request_bytes(scene);
    char failed[160];
    const char *got = text_string(&p->outcome), *expected = scene->outcome;
    if (!was_known(p, scene))
        expected = failed_outcome(scene, unknown ? MC_E_UNKNOWN : error, failed);
    if (scene->what == STATS) /* after the statistics that came before */
        got += strlen(got) > strlen(expected) ? strlen(got) - strlen(expected) : 0;
    if (strcmp(got, expected) != 0)
        ck_abort_msg("%s answered with %s\nexpected: %s\ngot: %s", scene->request, scene->reply,
                     expected, text_string(&p->outcome));
    ck_assert_int_eq(p->client.engine.error, error);
    ck_assert_uint_eq(p->client.engine.received, p->script.received);
    script_check_prefix(&p->script);
    check_next_command(p, error);
}

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST(as_written)
{
    struct play p = {.result = 0};
    play_perform(&p, &scenes[_i], SCENES_BUFFER);
    check_as_written(&p, &scenes[_i]);
    if (scenes[_i].error == 0) {
        ck_assert(mc_engine_is_idle(&p.client.engine));
        ck_assert_uint_eq(p.client.engine.received, strlen(scenes[_i].reply));
    }
    check_next_command(&p, scenes[_i].error);
    if (scenes[_i].error == 0)
        script_check_sent(&p.script);
    play_finish(&p);
}
END_TEST

/* NULL: not wanted. Only a place that is too small makes a difference. */
START_TEST(nothing_is_wanted)
{
    const struct scene *scene = &scenes[_i];
    struct play p = {.unwanted = true}, other = {.result = 0};
    play_perform(&p, scene, SCENES_BUFFER);
    play_perform(&other, scene, SCENES_BUFFER);
    bool full = other.result == MC_E_FULL && !scene_is_many(scene);
    ck_assert_int_eq(p.result, full ? MC_HIT : other.result);
    check_next_command(&p, scene->error);
    play_finish(&p);
    play_finish(&other);
}
END_TEST

/* An answer that is there costs one call to send and one to receive. */
START_TEST(one_send_and_one_receive)
{
    struct play p = {.result = 0};
    const struct scene *scene = &scenes[_i];
    size_t calls = scene_is_refused(scene) ? 0 : 1;
    play_perform(&p, scene, SCENES_BUFFER);
    ck_assert_uint_eq(p.script.sends, calls);
    if (!scene_is_big(scene))
        ck_assert_uint_eq(p.script.recvs, calls);
    play_finish(&p);
}
END_TEST

static void check_pace(const struct scene *scene, size_t send_max, size_t recv_max)
{
    struct play p = {.script = {.send_max = send_max, .recv_max = recv_max}};
    play_perform(&p, scene, SCENES_BUFFER);
    check_as_written(&p, scene);
    check_next_command(&p, scene->error);
    play_finish(&p);
}

/* However many bytes go out or come in at a time. */
START_TEST(at_every_pace)
{
    const struct scene *scene = &scenes[_i];
    size_t out = strlen(scene->request), in = strlen(scene->reply);
    size_t most = out > in ? out : in, pace = 1 + most / 500;
    for (size_t n = 1; n <= most; n += pace) {
        check_pace(scene, n, 0);
        check_pace(scene, 0, n);
        check_pace(scene, n, n);
    }
}
END_TEST

static const int faults[] = {MC_E_TIMEOUT, MC_E_CLOSED, MC_E_SYSTEM};

/* The number of calls that the scene takes at this pace. */
static size_t count_calls(const struct scene *scene, size_t pace)
{
    struct play p = {.script = {.send_max = pace, .recv_max = pace}};
    play_perform(&p, scene, SCENES_BUFFER);
    size_t calls = p.script.sends + p.script.recvs;
    play_finish(&p);
    return calls;
}

static void check_fault(const struct scene *scene, size_t pace, size_t at, int fault)
{
    struct play p = {
        .script = {.send_max = pace, .recv_max = pace, .fault_at = at, .fault = fault}};
    play_perform(&p, scene, SCENES_BUFFER);
    check_failed(&p, scene, fault);
    play_finish(&p);
}

/* Every call of the transport fails, in every way. */
START_TEST(fault_at_every_call)
{
    static const size_t paces[] = {0, 1, 7};
    const struct scene *scene = &scenes[_i];
    for (size_t i = 0; i < COUNT(paces); i++) {
        size_t calls = count_calls(scene, paces[i]), step = 1 + calls / 500;
        for (size_t at = 1; at <= calls; at += step) {
            for (size_t f = 0; f < COUNT(faults); f++)
                check_fault(scene, paces[i], at, faults[f]);
        }
    }
}
END_TEST

static void check_cut_short(const struct scene *scene, size_t withheld, int end)
{
    struct play p = {.script = {.withheld = withheld + strlen("VERSION 1\r\n"), .end = end}};
    play_perform(&p, scene, SCENES_BUFFER);
    check_failed(&p, scene, end);
    play_finish(&p);
}

/* The answer ends before it is whole: nothing of it counts. A scene that ends in a fault has other
 * ends before. */
START_TEST(answer_cut_short)
{
    const struct scene *scene = &scenes[_i];
    size_t len = strlen(scene->reply), step = 1 + len / 500;
    for (size_t withheld = 1; withheld <= len && scene->error == 0; withheld += step) {
        check_cut_short(scene, withheld, MC_E_CLOSED);
        check_cut_short(scene, withheld, MC_E_TIMEOUT);
    }
}
END_TEST

/* In a buffer of `cap` bytes: as written, or the request does not fit, or a line of the answer. */
static void check_capacity(const struct scene *scene, size_t cap)
{
    struct play p = {.result = 0};
    play_perform(&p, scene, cap);
    if (p.script.sent.len == 0) {
        ck_assert_int_eq(p.result, MC_E_FULL);
        ck_assert_int_eq(p.client.engine.error, scene->what == AUTH ? MC_E_AUTH : 0);
        ck_assert_uint_eq(p.script.sends + p.script.recvs, 0);
    } else if (p.client.engine.error == MC_E_LINE) {
        check_failed(&p, scene, MC_E_LINE);
    } else {
        check_as_written(&p, scene);
    }
    if (cap >= 317 && p.client.engine.error == MC_E_LINE)
        ck_abort_msg("%s: %zu bytes are not enough", scene->request, cap);
    play_finish(&p);
}

START_TEST(at_every_capacity)
{
    const struct scene *scene = &scenes[_i];
    if (scene_is_many(scene) || scene_is_refused(scene))
        return;
    for (size_t cap = 0; cap < 330; cap++)
        check_capacity(scene, cap);
}
END_TEST

/* ---- answers to other questions ------------------------------------------------------------ */

/* Every kind of answer, and which questions it answers. */
static const struct {
    const char *reply;
    const char *accepted; /* by these; letters of codes[] */
    bool error;
} answers[] = {
    {"VALUE key 0 1\r\nx\r\nEND\r\n", "g", false},
    {"VALUE key 0 1 9\r\nx\r\nEND\r\n", "gG", false},
    {"VA 1\r\nx\r\n", "", false},
    {"END\r\n", "gGs", false},
    {"EN\r\n", "m", false},
    {"STORED\r\n", "ua", false},
    {"NOT_STORED\r\n", "u", false},
    {"NS\r\n", "ST", false},
    {"EXISTS\r\n", "", false},
    {"EX\r\n", "SDT", false},
    {"NOT_FOUND\r\n", "dnt", false},
    {"NF\r\n", "SDT", false},
    {"DELETED\r\n", "d", false},
    {"TOUCHED\r\n", "t", false},
    {"5\r\n", "n", false},
    {"HD\r\n", "mSDT", false},
    {"MN\r\n", "", false},
    {"ME a\r\n", "", false},
    {"OK\r\n", "f", false},
    {"RESET\r\n", "", false},
    {"VERSION 1\r\n", "v", false},
    {"BUSY\r\n", "", false},
    {"SAME\r\n", "", false},
    {"STAT a 1\r\nEND\r\n", "s", false},
    {"ITEM a b\r\nEND\r\n", "", false},
    {"ERROR\r\n", "", true},
    {"CLIENT_ERROR\r\n", "", true},
    {"SERVER_ERROR\r\n", "", true},
};

/* A question of each kind. */
static const struct {
    char code;
    struct scene scene;
} questions[] = {
    {'g', {GET, .request = "get key\r\n"}},
    {'G', {GETS, .request = "gets key\r\n"}},
    {'g', {GAT, .request = "gat 60 key\r\n"}},
    {'G', {GATS, .request = "gats 60 key\r\n"}},
    {'u', {STORE, .request = "set key 7 60 5\r\nhello\r\n"}},
    {'d', {DELETE, .request = "delete key\r\n"}},
    {'n', {INCR, .request = "incr key 5\r\n"}},
    {'n', {DECR, .request = "decr key 5\r\n"}},
    {'t', {TOUCH, .request = "touch key 60\r\n"}},
    {'f', {FLUSH_ALL, .request = "flush_all 60\r\n"}},
    {'v', {VERSION, .request = "version\r\n"}},
    {'a', {AUTH, .request = "set auth 0 0 9\r\nkey hello\r\n"}},
    {'m', {MG, .request = "mg key\r\n"}},
    {'S', {MS, .request = "ms key 5\r\nhello\r\n"}},
    {'D', {MD, .request = "md key\r\n"}},
    {'T', {MA, .request = "ma key\r\n"}},
};

/* What the connection's state is after an error reply. */
static int error_after(const struct scene *scene, int event)
{
    if (scene->what == AUTH)
        return MC_E_AUTH;
    bool stores = scene->what == STORE || scene->what == MS;
    return stores && event != MC_SERVER_ERROR ? MC_E_AMBIGUOUS : 0;
}

static void check_answer(const struct scene *scene, size_t answer, bool accepted)
{
    struct play p = {.result = 0};
    struct scene asked = *scene;
    asked.reply = answers[answer].reply;
    play_perform(&p, &asked, SCENES_BUFFER);
    if (answers[answer].error) {
        int expected =
            scene->what == AUTH ? MC_E_AUTH : MC_ERROR + (int)(answer + 3 - COUNT(answers));
        ck_assert_int_eq(p.result, expected);
        ck_assert_int_eq(p.client.engine.error, error_after(scene, expected));
    } else if (accepted) {
        ck_assert_int_ge(p.result, 0);
        ck_assert_int_eq(p.client.engine.error, 0);
    } else {
        check_failed(&p, &asked, MC_E_PROTOCOL);
        ck_assert_int_eq(p.client.engine.reader.fault, MC_FAULT_UNASKED);
    }
    play_finish(&p);
}

/* A key that was asked for twice and answered once: what fits one place need not fit the other. */
START_TEST(places_of_a_doubled_key)
{
    const struct mc_bytes keys[] = {{"a", 1}, {"a", 1}, {"b", 1}};
    const size_t caps[] = {_i == 0 ? 8 : 1, _i == 0 ? 1 : 8};
    char first[8] = "", second[8] = "", buf[64];
    struct mc_value values[] = {
        {.buf = first, .cap = caps[0]}, {.buf = second, .cap = caps[1]}, {.cap = 0}};
    struct script script = {0};
    struct mc_client client;
    script_step(&script, "get a a b\r\n", "VALUE a 7 2\r\nok\r\nEND\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get_many(&client, keys, values, 3, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(values[0].result, _i == 0 ? MC_HIT : MC_E_FULL);
    ck_assert_int_eq(values[1].result, MC_E_FULL); /* a value that was dropped is not kept */
    ck_assert_uint_eq(values[1].len, 2);
    ck_assert_uint_eq(values[1].flags, 7);
    ck_assert_int_eq(values[2].result, MC_MISS);
    ck_assert_str_eq(second, "");
    script_free(&script);
}
END_TEST

/* Each question with each answer. */
START_TEST(every_answer_to_every_question)
{
    for (size_t answer = 0; answer < COUNT(answers); answer++) {
        bool accepted = strchr(answers[answer].accepted, questions[_i].code) != NULL;
        check_answer(&questions[_i].scene, answer, accepted);
    }
}
END_TEST

/* Bytes after the answer: nobody knows what they belong to, so it is not believed either. */
static void check_more(const struct scene *scene, const char *more)
{
    struct play p = {.result = 0};
    struct text reply = {0};
    struct scene longer = *scene;
    text_add_string(&reply, scene->reply);
    text_add_string(&reply, more);
    longer.reply = text_string(&reply);
    play_perform(&p, &longer, SCENES_BUFFER);
    check_failed(&p, &longer, MC_E_PROTOCOL);
    ck_assert_int_eq(p.client.engine.reader.fault, MC_FAULT_UNASKED);
    text_free(&reply);
    play_finish(&p);
}

START_TEST(more_than_asked)
{
    static const char *const more[] = {"END\r\n", "\r\n", "x", "VALUE key 0 1\r\nx\r\nEND\r\n"};
    const struct scene *scene = &scenes[_i];
    if (scene->error != 0 || scene_is_refused(scene) || scene_is_big(scene))
        return;
    for (size_t i = 0; i < COUNT(more); i++)
        check_more(scene, more[i]);
}
END_TEST

/* ---- bytes changed on the way -------------------------------------------------------------- */

/* What the reader says of the whole answer. */
static void read_reply(const char *reply, struct text *lines)
{
    struct events events = {.last = MC_MORE};
    events_feed(&events, reply, strlen(reply));
    events_finish(&events);
    text_add_string(lines, text_string(&events.lines));
    events_free(&events);
}

/* An answer that is broken breaks the connection, one that is not whole is not believed, and none
 * becomes a miss. */
static void check_changed(const struct scene *scene)
{
    struct play p = {.result = 0};
    struct text lines = {0};
    play_set_up(&p, scene, SCENES_BUFFER);
    script_step(&p.script, scene->request, scene->reply);
    read_reply(scene->reply, &lines);
    play_run(&p, scene);
    if (strstr(text_string(&lines), "PROTOCOL") != NULL)
        check_failed(&p, scene, MC_E_PROTOCOL);
    else if (strstr(text_string(&lines), "MORE") != NULL)
        check_failed(&p, scene, p.client.engine.error != 0 ? p.client.engine.error : MC_E_CLOSED);
    if (strstr(scene->outcome, "END") == NULL)
        ck_assert_int_ne(p.result, MC_MISS);
    text_free(&lines);
    play_finish(&p);
}

START_TEST(one_byte_changed)
{
    static const char bytes[] = "\r\n 09AENVz:\x01\xff";
    const struct scene *scene = &scenes[_i];
    size_t len = strlen(scene->reply);
    if (scene->error != 0 || scene_is_big(scene) || scene_is_quiet(scene))
        return;
    char *reply = malloc(len + 1);
    ck_assert(reply != NULL);
    for (size_t place = 0; place < len; place++) {
        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            struct scene changed = *scene;
            memcpy(reply, scene->reply, len + 1);
            reply[place] = bytes[i];
            changed.reply = reply;
            check_changed(&changed);
        }
    }
    free(reply);
}
END_TEST

/* ---- many keys ----------------------------------------------------------------------------- */

/* A server that knows a few commands. Keys that end in an even digit are there, with the key as the
 * value. */
struct server {
    struct text line, answers;
    size_t taken;         /* bytes of the answers */
    size_t value_left;    /* of a set, with its CRLF */
    size_t came, most;    /* bytes of requests; the most whose answers were not received in full */
    size_t ends[4096][2]; /* after each answer: bytes of requests, and of answers */
    size_t ended, received; /* answers that there are, and that were received in full */
    size_t sends;           /* calls */
    size_t lines, keys;     /* that came in */
    size_t longest;         /* line */
    size_t answered;        /* keys of the lines that have an answer */
    size_t fails_after;     /* closes then, instead of answering a line; 0: never */
};

static bool has_item(struct mc_bytes key)
{
    return (key.data[key.len - 1] - '0') % 2 == 0;
}

/* The words of a line; the last of them stay in a key list. */
struct words {
    char *list[1024];
    size_t count;
};

static void split_line(char *line, struct words *words)
{
    words->count = 0;
    for (char *word = strtok(line, " \r\n"); word != NULL; word = strtok(NULL, " \r\n")) {
        ck_assert_uint_lt(words->count, COUNT(words->list));
        words->list[words->count++] = word;
    }
}

/* get <key>*, gats <exptime> <key>* */
static void answer_keys(struct server *s, const struct words *words, size_t first, const char *cas)
{
    for (size_t k = first; k < words->count; k++) {
        struct mc_bytes key = {words->list[k], strlen(words->list[k])};
        s->keys++;
        if (has_item(key))
            text_print(&s->answers, "VALUE %s 0 %zu%s\r\n%s\r\n", key.data, key.len, cas, key.data);
    }
    text_add_string(&s->answers, "END\r\n");
    s->answered = s->keys;
}

/* mg <key> ... q O<ticket>, md <key> q O<ticket> */
static void answer_quiet(struct server *s, const struct words *words)
{
    struct mc_bytes key = {words->list[1], strlen(words->list[1])};
    const char *opaque = words->list[words->count - 1];
    bool is_there = has_item(key);
    if (strcmp(words->list[0], "mg") == 0 && is_there)
        text_print(&s->answers, "VA %zu %s\r\n%s\r\n", key.len, opaque, key.data);
    else if (strcmp(words->list[0], "md") == 0 && !is_there)
        text_print(&s->answers, "NF %s\r\n", opaque);
}

static void answer_words(struct server *s, const struct words *words)
{
    const char *name = words->list[0];
    if (strcmp(name, "mn") == 0)
        text_add_string(&s->answers, "MN\r\n");
    else if (strcmp(name, "set") == 0)
        s->value_left = strtoul(words->list[4], NULL, 10) + 2;
    else if (strcmp(name, "get") == 0)
        answer_keys(s, words, 1, "");
    else if (strcmp(name, "gats") == 0)
        answer_keys(s, words, 2, " 7");
    else
        answer_quiet(s, words);
}

static void take_line(struct server *s)
{
    static struct words words;
    s->lines++;
    s->longest = s->line.len > s->longest ? s->line.len : s->longest;
    split_line(s->line.data, &words);
    if (s->fails_after == 0 || s->lines <= s->fails_after)
        answer_words(s, &words);
    else
        s->keys += words.count - 2; /* of gats */
    text_clear(&s->line);
}

static void take_byte(struct server *s, char c)
{
    if (s->value_left > 0) {
        s->value_left--;
        if (s->value_left == 0)
            text_add_string(&s->answers, "STORED\r\n");
        return;
    }
    text_add(&s->line, &c, 1);
    if (c == '\n')
        take_line(s);
}

/* Notes where an answer ends, if this byte has brought one. */
static void note_answer(struct server *s)
{
    size_t before = s->ended > 0 ? s->ends[s->ended - 1][1] : 0;
    if (s->answers.len == before)
        return;
    ck_assert_uint_lt(s->ended, COUNT(s->ends));
    s->ends[s->ended][0] = s->came;
    s->ends[s->ended][1] = s->answers.len;
    s->ended++;
}

static ptrdiff_t server_send(void *ctx, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    struct server *s = ctx;
    size_t sent = 0;
    ck_assert_int_eq(deadline, SCRIPT_DEADLINE);
    for (size_t k = 0; k < count; k++) {
        for (size_t i = 0; i < parts[k].len; i++) {
            s->came++;
            take_byte(s, parts[k].data[i]);
            note_answer(s);
        }
        sent += parts[k].len;
    }
    size_t open = s->came - (s->received > 0 ? s->ends[s->received - 1][0] : 0);
    s->most = open > s->most ? open : s->most;
    s->sends++;
    return (ptrdiff_t)sent;
}

static ptrdiff_t server_receive(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct server *s = ctx;
    size_t left = s->answers.len - s->taken, n = left < cap ? left : cap;
    ck_assert_int_eq(deadline, SCRIPT_DEADLINE);
    if (n == 0)
        return MC_E_CLOSED;
    memcpy(buf, s->answers.data + s->taken, n);
    s->taken += n;
    while (s->received < s->ended && s->ends[s->received][1] <= s->taken)
        s->received++;
    return (ptrdiff_t)n;
}

static struct mc_transport server_transport(struct server *server)
{
    return (struct mc_transport){server_send, server_receive, server};
}

static void server_free(struct server *server)
{
    text_free(&server->line);
    text_free(&server->answers);
}

enum { MANY = 1000 };

static char many_names[MANY][MC_KEY_MAX + 1], many_places[MANY][MC_KEY_MAX];
static struct mc_bytes many_keys[MANY];
static struct mc_value many_values[MANY];

/* Keys of all lengths, some of them the same. */
static void make_keys(void)
{
    for (size_t k = 0; k < MANY; k++) {
        size_t len = 4 + k * 37 % (MC_KEY_MAX - 3);
        memset(many_names[k], 'k', len);
        snprintf(many_names[k] + len - 3, 4, "%03zu", k % 500);
        many_keys[k] = (struct mc_bytes){many_names[k], len};
        many_values[k] = (struct mc_value){.buf = many_places[k], .cap = MC_KEY_MAX, .result = 99};
    }
}

static void check_value(size_t k)
{
    ck_assert_int_eq(many_values[k].result, has_item(many_keys[k]) ? MC_HIT : MC_MISS);
    if (!has_item(many_keys[k]))
        return;
    ck_assert_uint_eq(many_values[k].len, many_keys[k].len);
    ck_assert_mem_eq(many_values[k].buf, many_keys[k].data, many_keys[k].len);
}

/* Asks for them with the longest command that there is. */
static int get_keys(struct server *server, size_t count, size_t cap)
{
    struct mc_op op = mc_op_many(&mc_command_gats, many_keys, many_values, count);
    struct mc_client client;
    char *buf = suite_allocate(cap);
    op.exptime = INT32_MIN;
    mc_client_init(&client, server_transport(server), buf, cap);
    int r = mc_client_do(&client, &op, SCRIPT_DEADLINE);
    server_free(server);
    free(buf);
    return r;
}

/* A thousand keys go out in lines that the server takes and the buffer holds, with as few sends as
 * can be: no line has room for the longest key. */
START_TEST(lines_are_split)
{
    struct server server = {.taken = 0};
    size_t cap = 330 + (size_t)_i * 7, longest = cap < MC_REQUEST_MAX ? cap : MC_REQUEST_MAX - 1;
    size_t all = 0;
    make_keys();
    ck_assert_int_eq(get_keys(&server, MANY, cap), 0);
    for (size_t k = 0; k < MANY; k++) {
        check_value(k);
        all += 1 + many_keys[k].len;
    }
    size_t limit = 1 + all / (longest - MC_KEY_MAX - 18);
    ck_assert_uint_le(server.longest, longest);
    ck_assert_uint_le(server.sends, limit);
    ck_assert_uint_le(server.lines, cap < MC_REQUEST_MAX ? limit : 2 * limit);
}
END_TEST

/* Keys whose request is `whole` bytes: of the longest, and one to fill it up. Returns how many. */
static size_t keys_of_a_line(size_t whole)
{
    size_t count = 0, left = whole - strlen("gats -2147483648\r\n");
    for (; left > 0; count++) {
        size_t len = left > MC_KEY_MAX + 10 ? MC_KEY_MAX : left - 1;
        len = len < MC_KEY_MAX ? len : MC_KEY_MAX - 10;
        memset(many_names[count], 'k', len);
        memset(many_names[count] + len - 3, '0', 3);
        many_keys[count] = (struct mc_bytes){many_names[count], len};
        many_values[count] = (struct mc_value){.buf = many_places[count], .cap = MC_KEY_MAX};
        left -= 1 + len;
    }
    return count;
}

/* A line is as long as can be and no longer: what the server takes, and the buffer. */
START_TEST(line_of_just_the_size)
{
    size_t cap = _i < 40 ? 5000 : 600, most = _i < 40 ? MC_REQUEST_MAX - 1 : cap;
    size_t whole = most - 20 + (size_t)_i % 40;
    struct server server = {.taken = 0};
    size_t count = keys_of_a_line(whole);
    ck_assert_int_eq(get_keys(&server, count, cap), 0);
    ck_assert_uint_eq(server.lines, whole <= most ? 1 : 2);
    for (size_t k = 0; k < count; k++)
        check_value(k);
}
END_TEST

/* When a line gets no answer, the keys of those before it have theirs; of the others it is told
 * which had been sent. */
START_TEST(one_line_fails)
{
    struct server server = {.fails_after = (size_t)_i + 1};
    make_keys();
    int r = get_keys(&server, MANY, 1000);
    ck_assert_uint_ge(server.answered, 3 * server.fails_after);
    ck_assert_uint_lt(server.answered, server.keys);
    ck_assert_uint_lt(server.keys, MANY);
    ck_assert_int_eq(r, MC_E_UNKNOWN);
    for (size_t k = 0; k < server.answered; k++)
        check_value(k);
    for (size_t k = server.answered; k < MANY; k++)
        ck_assert_int_eq(many_values[k].result, k < server.keys ? MC_E_UNKNOWN : MC_E_CLOSED);
}
END_TEST

/* The same key three times: answered three times. */
START_TEST(same_key_again)
{
    static const struct mc_bytes same[] = {B("a"), B("a"), B("b"), B("a")};
    char places[4];
    struct mc_value values[4];
    struct script script = {0};
    struct mc_client client;
    char buf[400];
    for (size_t k = 0; k < 4; k++)
        values[k] = (struct mc_value){.buf = &places[k], .cap = 1};
    script_step(&script, "get a a b a\r\n",
                "VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n2\r\nVALUE a 0 1\r\n3\r\nEND\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get_many(&client, same, values, 4, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(values[0].result, MC_HIT);
    ck_assert_int_eq(values[1].result, MC_HIT);
    ck_assert_int_eq(values[2].result, MC_MISS);
    ck_assert_int_eq(values[3].result, MC_HIT);
    ck_assert_mem_eq(places, "12", 2);
    ck_assert_int_eq(places[3], '3');
    script_free(&script);
}
END_TEST

/* A key that cannot be sent is refused alone, however large the buffer is. */
START_TEST(bad_key_among_many)
{
    static const char name[MC_KEY_MAX + 1];
    static const struct mc_bytes bad[] = {B("b c"), {name, MC_KEY_MAX + 1}, {name, SIZE_MAX}};
    const struct mc_bytes some[] = {B("a"), bad[_i], B("d")};
    struct mc_value values[3];
    struct script script = {0};
    struct mc_client client;
    char buf[400];
    memset(values, 99, sizeof values);
    for (size_t k = 0; k < 3; k++)
        values[k].cap = 0;
    script_step(&script, "get a\r\n", "END\r\n");
    script_step(&script, "get d\r\n", "VALUE d 0 0\r\n\r\nEND\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get_many(&client, some, values, 3, SCRIPT_DEADLINE), MC_E_KEY);
    ck_assert_int_eq(values[0].result, MC_MISS);
    ck_assert_int_eq(values[1].result, MC_E_KEY);
    ck_assert_int_eq(values[2].result, MC_HIT);
    for (size_t k = 0; k < 3; k++)
        ck_assert_uint_eq(values[k].len + values[k].flags + values[k].cas, 0);
    ck_assert_int_eq(client.engine.error, 0);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

START_TEST(no_keys)
{
    struct script script = {0};
    struct mc_client client;
    char buf[400];
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get_many(&client, NULL, NULL, 0, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(mc_client_gets_many(&client, NULL, NULL, 0, SCRIPT_DEADLINE), 0);
    ck_assert_uint_eq(script.sends, 0);
    script_free(&script);
}
END_TEST

/* ---- values -------------------------------------------------------------------------------- */

/* A value of each size into a place of each capacity around it. */
START_TEST(room_for_a_value)
{
    char reply[128], place[32], buf[400];
    size_t size = (size_t)_i;
    snprintf(reply, sizeof reply, "VALUE key 3 %zu\r\n%.*s\r\nEND\r\n", size, _i,
             "abcdefghijklmnopqrst");
    for (size_t cap = 0; cap < size + 3; cap++) {
        struct script script = {0};
        struct mc_client client;
        struct mc_value value = {.buf = place, .cap = cap};
        memset(place, '#', sizeof place);
        script_step(&script, "get key\r\n", reply);
        script_step(&script, "get key\r\n", "END\r\n");
        mc_client_init(&client, script_transport(&script), buf, sizeof buf);
        int r = mc_client_get(&client, MC_BYTES("key"), &value, SCRIPT_DEADLINE);
        ck_assert_int_eq(r, cap < size ? MC_E_FULL : MC_HIT);
        ck_assert_uint_eq(value.len, size);
        ck_assert_int_eq(place[cap < size ? 0 : size], '#');
        r = mc_client_get(&client, MC_BYTES("key"), &value, SCRIPT_DEADLINE);
        ck_assert_int_eq(r, MC_MISS);
        script_free(&script);
    }
}
END_TEST

/* Flags above 32 bits go only to those who ask for it. */
START_TEST(store_with_large_flags)
{
    struct mc_item item = {.key = MC_BYTES("k"), .flags = UINT64_C(1) << 32};
    struct script script = {0};
    struct mc_client client;
    char buf[64];
    script_step(&script, "set k 4294967296 0 0\r\n\r\n", "STORED\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    int r = mc_client_store(&client, &mc_command_set, &item, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_E_NUMBER);
    item.large_flags = true;
    r = mc_client_store(&client, &mc_command_set, &item, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_STORED);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* A request that the client's buffer does not hold is told from a value that has no room. */
START_TEST(no_room_for_the_request)
{
    char buf[8], place[4];
    struct script script = {0};
    struct mc_client client;
    struct mc_value values[2] = {{.buf = place, .cap = 4, .len = 7}, {.len = 7}};
    const struct mc_bytes keys[] = {MC_BYTES("key"), MC_BYTES("key2")};
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get(&client, keys[0], values, SCRIPT_DEADLINE), MC_E_FULL);
    ck_assert_uint_eq(values[0].len, 0);
    values[0].len = 7;
    ck_assert_int_eq(mc_client_get_many(&client, keys, values, 2, SCRIPT_DEADLINE), 0);
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(values[k].result, MC_E_FULL);
        ck_assert_uint_eq(values[k].len, 0);
    }
    ck_assert_uint_eq(script.sends, 0);
    script_free(&script);
}
END_TEST

/* The longest lines of a retrieval go through the smallest buffer that client.h names. */
START_TEST(smallest_buffer_for_any_key)
{
    char name[MC_KEY_MAX + 1] = {0}, buf[317], request[300], reply[400], place[1];
    struct mc_bytes longest = {name, MC_KEY_MAX};
    struct mc_value values[2] = {{.buf = place, .cap = 1}, {.buf = place, .cap = 1}};
    struct script script = {.recv_max = (size_t)_i};
    struct mc_client client;
    memset(name, 'k', MC_KEY_MAX);
    snprintf(request, sizeof request, "gats -2147483648 %s\r\n", name);
    snprintf(reply, sizeof reply, "VALUE %s 4294967295 1 18446744073709551615\r\nx\r\nEND\r\n",
             name);
    for (int i = 0; i < 3; i++)
        script_step(&script, request, reply);
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    int r = mc_client_gats(&client, INT32_MIN, longest, &values[0], SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_HIT);
    ck_assert_uint_eq(values[0].cas, UINT64_MAX);
    const struct mc_bytes twice[] = {longest, longest};
    struct mc_op op = mc_op_many(&mc_command_gats, twice, values, 2);
    op.exptime = INT32_MIN;
    ck_assert_int_eq(mc_client_do(&client, &op, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(values[1].result, MC_HIT);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* ---- a key in base64 ----------------------------------------------------------------------- */

/* The key of an item that was stored with b comes back in base64. Such a key has at most
 * MC_KEY_BINARY_MAX bytes: a longer one is another's. */
START_TEST(key_in_base64)
{
    char name[MC_KEY_MAX], base64[MC_KEY_MAX * 2], request[300], reply[400], buf[600];
    struct mc_bytes key = {name, (size_t)_i + 1};
    struct mc_out out = {base64, sizeof base64, 0};
    const struct mc_flag k = mc_op_flag('k');
    struct script script = {0};
    struct mc_client client;
    struct mc_meta meta;
    memset(name, 'n', sizeof name);
    ck_assert_int_eq(mc_put_base64(&out, key), 0);
    snprintf(request, sizeof request, "mg %.*s k\r\n", _i + 1, name);
    snprintf(reply, sizeof reply, "HD k%.*s b\r\n", (int)out.len, base64);
    script_step(&script, request, reply);
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    struct mc_op op = mc_op_mg(key, (struct mc_flags){&k, 1}, NULL, &meta);
    int r = mc_client_do(&client, &op, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, key.len <= MC_KEY_BINARY_MAX ? MC_HD : MC_E_PROTOCOL);
    ck_assert_int_eq(client.engine.reader.fault, r == MC_HD ? MC_FAULT_NONE : MC_FAULT_WRONG_KEY);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* ---- the transport, and the text of an error ----------------------------------------------- */

static ptrdiff_t send_nothing(void *ctx, const struct mc_bytes *parts, size_t count,
                              mc_deadline deadline)
{
    (void)parts, (void)count, (void)deadline;
    ++*(int *)ctx;
    return 0;
}

static ptrdiff_t send_all(void *ctx, const struct mc_bytes *parts, size_t count,
                          mc_deadline deadline)
{
    size_t sent = 0;
    (void)ctx, (void)deadline;
    for (size_t k = 0; k < count; k++)
        sent += parts[k].len;
    return (ptrdiff_t)sent;
}

static ptrdiff_t receive_nothing(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    (void)buf, (void)cap, (void)deadline;
    ++*(int *)ctx;
    return 0;
}

/* A transport that moves nothing and does not say why is at fault; nobody waits for it for ever. */
START_TEST(transport_moves_nothing)
{
    int calls = 0;
    struct mc_transport transport = {_i == 0 ? send_nothing : send_all, receive_nothing, &calls};
    struct mc_client client;
    struct mc_value value = {.cap = 0};
    char buf[400];
    mc_client_init(&client, transport, buf, sizeof buf);
    int r = mc_client_get(&client, MC_BYTES("key"), &value, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_E_SYSTEM);
    ck_assert_int_eq(client.engine.error, MC_E_SYSTEM);
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* The text of an error belongs to no later command. */
START_TEST(text_of_one_command)
{
    struct script script = {0};
    struct mc_client client;
    struct mc_value value = {.cap = 0};
    char buf[400];
    script_step(&script, "delete a\r\n", "SERVER_ERROR oh\r\n");
    script_step(&script, "delete a\r\n", "DELETED\r\n");
    script_step(&script, "version\r\n", "VERSION 1\r\n");
    script_step(&script, "get a\r\n", "END\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    int r = mc_client_delete(&client, MC_BYTES("a"), SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_SERVER_ERROR);
    ck_assert_uint_eq(client.text.len, 2);
    ck_assert_mem_eq(client.text.data, "oh", 2);
    r = mc_client_delete(&client, MC_BYTES("a"), SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_DELETED);
    ck_assert_uint_eq(client.text.len, 0);
    ck_assert_int_eq(mc_client_version(&client, SCRIPT_DEADLINE), MC_VERSION);
    ck_assert_uint_eq(client.text.len, 1);
    ck_assert_int_eq(mc_client_get(&client, MC_BYTES("a"), &value, SCRIPT_DEADLINE), MC_MISS);
    ck_assert_uint_eq(client.text.len, 0);
    script_free(&script);
}
END_TEST

/* ---- one after another ----------------------------------------------------------------------- */

/* The answer of one command is longer or shorter than that of the one before, and comes in pieces. */
START_TEST(one_after_another)
{
    static const struct {
        const char *answer;
        int result;
    } answers_to[] = {{"VALUE key 0 30\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nEND\r\n", MC_HIT},
                      {"VALUE key 0 2\r\nhi\r\nEND\r\n", MC_HIT},
                      {"END\r\n", MC_MISS},
                      {"VALUE key 0 9\r\nsomething\r\nEND\r\n", MC_HIT}};
    struct script script = {.recv_max = (size_t)_i};
    struct mc_client client;
    char buf[400], place[30];
    struct mc_value value = {.buf = place, .cap = sizeof place};
    for (size_t k = 0; k < COUNT(answers_to); k++)
        script_step(&script, "get key\r\n", answers_to[k].answer);
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    for (size_t k = 0; k < COUNT(answers_to); k++) {
        int r = mc_client_get(&client, MC_BYTES("key"), &value, SCRIPT_DEADLINE);
        ck_assert_int_eq(r, answers_to[k].result);
    }
    ck_assert_mem_eq(place, "something", 9);
    script_free(&script);
}
END_TEST

/* A dead connection is replaced by starting again. */
START_TEST(begun_again)
{
    struct script script = {.end = MC_E_TIMEOUT};
    struct mc_client client;
    char buf[400];
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_version(&client, SCRIPT_DEADLINE), MC_E_TIMEOUT);
    ck_assert_int_eq(client.engine.error, MC_E_TIMEOUT);
    script_free(&script);
    script = (struct script){0};
    script_step(&script, "version\r\n", "VERSION 1\r\n");
    client.text = MC_BYTES("of before");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(client.engine.error, 0);
    ck_assert_uint_eq(client.text.len, 0);
    ck_assert_int_eq(mc_client_version(&client, SCRIPT_DEADLINE), MC_VERSION);
    script_free(&script);
}
END_TEST

/* Every function while another operation is in the engine: nothing is sent, and nothing broken. */
START_TEST(busy_for_all)
{
    struct play p = {.result = 0};
    const struct scene *scene = &scenes[_i];
    struct mc_op other = {.command = &mc_command_version};
    char expected[160];
    play_set_up(&p, scene, SCENES_BUFFER);
    mc_engine_submit(&p.client.engine, &other);
    play_run(&p, scene);
    ck_assert_str_eq(text_string(&p.outcome), failed_outcome(scene, MC_E_BUSY, expected));
    ck_assert_int_eq(p.client.engine.error, 0);
    ck_assert_uint_eq(p.script.sends + p.script.recvs, 0);
    play_finish(&p);
}
END_TEST

/* Every function of a client that was given up. */
START_TEST(given_up_for_all)
{
    struct play p = {.result = 0};
    const struct scene *scene = &scenes[_i];
    char expected[160];
    play_set_up(&p, scene, SCENES_BUFFER);
    mc_engine_fail(&p.client.engine, MC_E_TIMEOUT);
    play_run(&p, scene);
    ck_assert_str_eq(text_string(&p.outcome), failed_outcome(scene, MC_E_TIMEOUT, expected));
    ck_assert_int_eq(p.client.engine.error, MC_E_TIMEOUT);
    ck_assert_uint_eq(p.script.sends + p.script.recvs, 0);
    play_finish(&p);
}
END_TEST

/* ---- a run of many operations ---------------------------------------------------------------- */

static const struct mc_flag quiet[] = {{.letter = 'q'}};
static const struct mc_flag quiet_value[] = {{.letter = 'v'}, {.letter = 'q'}};

/* An operation, what is to be sent for it, the reply, and the result. No request: it shares that of
 * the one before it, or is refused. No command: the mn of a quiet group. */
static const struct {
    struct mc_op op;
    const char *request, *reply;
    int result;
} run_rows[] = {
    {{.command = &mc_command_get, .key = B("a")},
     "get a b\r\n",
     "VALUE b 3 2\r\nhi\r\nEND\r\n",
     MC_MISS},
    {{.command = &mc_command_get, .key = B("b")}, "", "", MC_HIT},
    {{.command = &mc_command_set, .key = B("k"), .data = B("hi")},
     "set k 0 0 2\r\nhi\r\n",
     "STORED\r\n",
     MC_STORED},
    {{.command = &mc_command_incr, .key = B("k"), .number = 5},
     "incr k 5\r\n",
     "12\r\n",
     MC_NUMBER},
    {{.command = &mc_command_md, .key = B("k"), .meta_flags = quiet, .meta_count = 1},
     "md k q O0\r\n",
     "",
     MC_HD},
    {{.command = &mc_command_md, .key = B("k y"), .meta_flags = quiet, .meta_count = 1},
     "",
     "",
     MC_E_KEY},
    {{.command = &mc_command_mg, .key = B("k"), .meta_flags = quiet_value, .meta_count = 2},
     "mg k v q O1\r\n",
     "VA 2 f3 O1\r\nhi\r\n",
     MC_HIT},
    {{.command = NULL}, "mn\r\n", "MN\r\n", 0},
    {{.command = &mc_command_version}, "version\r\n", "VERSION 1\r\n", MC_VERSION},
};

enum { RUN_ROWS = COUNT(run_rows), RUN_PLACE = 8 };

struct run {
    struct script script;
    bool loud; /* without the quiet group: how many mns that needs depends on the buffer */
    struct mc_client client;
    char *buf;
    struct mc_op ops[RUN_ROWS];
    struct mc_value values[RUN_ROWS];
    char places[RUN_ROWS][RUN_PLACE];
    size_t count;
    int result;
};

/* Is the row a quiet command, or the mn of its group? */
static bool is_grouped(size_t row)
{
    return run_rows[row].op.meta_count > 0 || run_rows[row].op.command == NULL;
}

/* The script's limits and faults may be set before. After all this, the server answers a version. */
static void run_rows_in(struct run *run, size_t cap)
{
    for (size_t i = 0; i < RUN_ROWS; i++) {
        size_t k = run->count;
        if (run->loud && is_grouped(i))
            continue;
        if (run_rows[i].request[0] != '\0')
            script_step(&run->script, run_rows[i].request, run_rows[i].reply);
        if (run_rows[i].op.command == NULL)
            continue;
        run->values[k] = (struct mc_value){run->places[k], RUN_PLACE, 77, 77, 77, 77};
        run->ops[k] = run_rows[i].op;
        run->ops[k].value = &run->values[k];
        run->ops[k].result = 77;
        run->ops[k].answer = 77;
        run->count++;
    }
    script_step(&run->script, "version\r\n", "VERSION 1\r\n");
    run->buf = suite_allocate(cap);
    mc_client_init(&run->client, script_transport(&run->script), run->buf, cap);
    run->result = mc_client_run(&run->client, run->ops, run->count, SCRIPT_DEADLINE);
}

static void finish_run(struct run *run)
{
    script_free(&run->script);
    free(run->buf);
}

/* Bytes that go out for the rows up to this one, and that come back for them. */
static size_t bytes_until(size_t row, bool replies)
{
    size_t sum = 0;
    for (size_t i = 0; i <= row; i++)
        sum += strlen(replies ? run_rows[i].reply : run_rows[i].request);
    return sum;
}

/* Bytes of replies after which the row's result is known: its own or, if it is silent, the MN. */
static size_t known_after(size_t row)
{
    if (run_rows[row].result == MC_HD) {
        while (run_rows[row].op.command != NULL)
            row++;
    }
    return bytes_until(row, true);
}

static int expected_result(const struct run *run, size_t row, size_t op, int fault)
{
    int result = run->ops[op].result;
    if (run_rows[row].result == MC_E_KEY)
        return result == fault ? fault : MC_E_KEY; /* perhaps it was not looked at */
    if (known_after(row) <= run->script.received)
        return run_rows[row].result;
    bool gone = bytes_until(row, false) <= run->script.sent.len;
    return gone && mc_engine_writes(&run->ops[op]) ? MC_E_UNKNOWN : fault;
}

/* What the row says, or nothing but a result. */
static void check_outputs(const struct mc_op *op)
{
    const struct mc_value *value = op->value;
    bool hit = op->result == MC_HIT;
    ck_assert_int_eq(value->result, op->result);
    ck_assert_uint_eq(value->len, hit ? 2 : 0);
    ck_assert_uint_eq(value->flags, hit ? 3 : 0);
    ck_assert_uint_eq(value->cas, 0);
    ck_assert_uint_eq(op->answer, op->result == MC_NUMBER ? 12 : 0);
    if (hit)
        ck_assert_mem_eq(value->buf, "hi", 2);
}

static int first_failure(const struct run *run)
{
    size_t k = 0;
    while (k < run->count && (run->ops[k].result >= 0 || run->ops[k].result == MC_E_FULL))
        k++;
    return k < run->count ? run->ops[k].result : 0;
}

/* fault: of the connection, or 0. */
static void check_run(struct run *run, int fault)
{
    for (size_t i = 0, op = 0; i < RUN_ROWS; i++) {
        if (run_rows[i].op.command == NULL || (run->loud && is_grouped(i)))
            continue;
        int expected = fault == 0 ? run_rows[i].result : expected_result(run, i, op, fault);
        ck_assert_msg(run->ops[op].result == expected,
                      "op %zu: %s instead of %s; %zu bytes sent, %zu received", op,
                      events_name(run->ops[op].result), events_name(expected), run->script.sent.len,
                      run->script.received);
        check_outputs(&run->ops[op]);
        op++;
    }
    ck_assert_int_eq(run->result, first_failure(run));
    ck_assert_int_eq(run->client.engine.error, fault);
    script_check_prefix(&run->script);
    int r = mc_client_version(&run->client, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, fault == 0 ? MC_VERSION : fault);
    if (fault == 0)
        script_check_sent(&run->script);
}

/* Two sends, as a quiet group ends one; and one receive. */
START_TEST(run_in_few_calls)
{
    struct run run = {.count = 0};
    run_rows_in(&run, SCENES_BUFFER);
    ck_assert_uint_eq(run.script.sends, 2);
    ck_assert_uint_eq(run.script.recvs, 1);
    check_run(&run, 0);
    finish_run(&run);
}
END_TEST

/* However many bytes go out or come in at a time. */
START_TEST(run_at_every_pace)
{
    for (size_t n = 0; n <= bytes_until(RUN_ROWS - 1, false); n++) {
        struct run runs[] = {{.script = {.send_max = n}},
                             {.script = {.recv_max = n}},
                             {.script = {.send_max = n, .recv_max = n}}};
        for (size_t k = 0; k < COUNT(runs); k++) {
            run_rows_in(&runs[k], SCENES_BUFFER);
            check_run(&runs[k], 0);
            finish_run(&runs[k]);
        }
    }
}
END_TEST

/* In more sends when the buffer is smaller. */
START_TEST(run_at_every_capacity)
{
    size_t sends = SIZE_MAX;
    for (size_t cap = 30; cap <= 100; cap++) {
        struct run run = {.loud = true};
        run_rows_in(&run, cap);
        check_run(&run, 0);
        ck_assert_uint_le(run.script.sends, sends);
        sends = run.script.sends;
        finish_run(&run);
    }
    ck_assert_uint_eq(sends, 2); /* with that of check_run() */
}
END_TEST

static size_t calls_of_run(size_t pace)
{
    struct run run = {.script = {.send_max = pace, .recv_max = pace}};
    run_rows_in(&run, SCENES_BUFFER);
    size_t calls = run.script.sends + run.script.recvs;
    finish_run(&run);
    return calls;
}

/* Every call of the transport fails, in every way: each result is right, or says what is lost. */
START_TEST(run_with_a_fault)
{
    static const size_t paces[] = {0, 1, 7, 30};
    size_t pace = paces[_i], calls = calls_of_run(pace);
    for (size_t at = 1; at <= calls; at++) {
        for (size_t f = 0; f < COUNT(faults); f++) {
            struct run run = {.script = {.send_max = pace, .recv_max = pace, .fault_at = at}};
            run.script.fault = faults[f];
            run_rows_in(&run, SCENES_BUFFER);
            check_run(&run, faults[f]);
            finish_run(&run);
        }
    }
}
END_TEST

START_TEST(run_cut_short)
{
    size_t len = bytes_until(RUN_ROWS - 1, true);
    for (size_t left = 1; left <= len; left++) {
        struct run run = {.script = {.withheld = left + strlen("VERSION 1\r\n")}};
        run.script.end = left % 2 == 0 ? MC_E_CLOSED : MC_E_TIMEOUT;
        run_rows_in(&run, SCENES_BUFFER);
        check_run(&run, run.script.end);
        finish_run(&run);
    }
}
END_TEST

/* On a dead connection, and while another operation is in the engine. */
START_TEST(run_not_begun)
{
    struct script script = {0};
    struct mc_client client;
    struct mc_op other = {.command = &mc_command_version};
    struct mc_op ops[] = {mc_op_touch(MC_BYTES("a"), 1), mc_op_delete(MC_BYTES("k y"))};
    char buf[64];
    int expected = _i == 0 ? MC_E_TIMEOUT : MC_E_BUSY;
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    if (_i == 0)
        mc_engine_fail(&client.engine, MC_E_TIMEOUT);
    else
        mc_engine_submit(&client.engine, &other);
    ck_assert_int_eq(mc_client_run(&client, ops, 2, SCRIPT_DEADLINE), expected);
    ck_assert_int_eq(ops[0].result, expected);
    ck_assert_int_eq(ops[1].result, expected);
    ck_assert_uint_eq(script.sends + script.recvs, 0);
    script_free(&script);
}
END_TEST

START_TEST(run_of_nothing)
{
    struct script script = {0};
    struct mc_client client;
    mc_client_init(&client, script_transport(&script), NULL, 0);
    client.text = MC_BYTES("of before");
    ck_assert_int_eq(mc_client_run(&client, NULL, 0, SCRIPT_DEADLINE), 0);
    ck_assert_uint_eq(client.text.len, 0);
    ck_assert_uint_eq(script.sends + script.recvs, 0);
}
END_TEST

/* One that does not fit the buffer fails alone, and the run does not fail for it. */
START_TEST(run_too_large_for_the_buffer)
{
    struct mc_op ops[] = {mc_op_touch(MC_BYTES("k"), 1),
                          mc_op_delete(MC_BYTES("a-rather-long-key-indeed")),
                          mc_op_touch(MC_BYTES("k"), 2)};
    struct script script = {0};
    struct mc_client client;
    char buf[20];
    script_step(&script, "touch k 1\r\n", "TOUCHED\r\n");
    script_step(&script, "touch k 2\r\n", "NOT_FOUND\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_run(&client, ops, 3, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(ops[0].result, MC_TOUCHED);
    ck_assert_int_eq(ops[1].result, MC_E_FULL);
    ck_assert_int_eq(ops[2].result, MC_NOT_FOUND);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* The text is that of the first operation that failed; when more was received since, it is gone. */
START_TEST(text_of_a_run)
{
    struct mc_op ops[] = {mc_op_touch(MC_BYTES("k"), 1), mc_op_incr(MC_BYTES("k"), 1),
                          mc_op_delete(MC_BYTES("k"))};
    struct script script = {.recv_max = _i == 0 ? 0 : strlen("TOUCHED\r\nCLIENT_ERROR one\r\n")};
    struct mc_client client;
    char buf[100];
    script_step(&script, "touch k 1\r\n", "TOUCHED\r\n");
    script_step(&script, "incr k 1\r\n", "CLIENT_ERROR one\r\n");
    script_step(&script, "delete k\r\n", "SERVER_ERROR other\r\n");
    script_step(&script, "incr k 1\r\n", "CLIENT_ERROR again\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_run(&client, ops, 3, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(ops[1].result, MC_CLIENT_ERROR);
    ck_assert_int_eq(ops[2].result, MC_SERVER_ERROR);
    ck_assert_uint_eq(client.text.len, _i == 0 ? 3 : 0);
    if (_i == 0)
        ck_assert_mem_eq(client.text.data, "one", 3);
    ck_assert_int_eq(mc_client_run(&client, &ops[1], 1, SCRIPT_DEADLINE), 0);
    ck_assert_uint_eq(client.text.len, 5);
    ck_assert_mem_eq(client.text.data, "again", 5);
    script_free(&script);
}
END_TEST

static const size_t capacities[] = {64, 100, 200, 500, 2048, 16384, 100000};

/* Runs the operations in a buffer of `cap` bytes. */
static void run_many(struct server *server, struct mc_op *ops, size_t cap)
{
    struct mc_client client;
    char *buf = suite_allocate(cap);
    mc_client_init(&client, server_transport(server), buf, cap);
    ck_assert_int_eq(mc_client_run(&client, ops, MANY, SCRIPT_DEADLINE), 0);
    ck_assert_uint_le(server->most, MC_ENGINE_WINDOW);
    server_free(server);
    free(buf);
}

/* A thousand quiet commands, in as many groups as the buffer makes of them. */
START_TEST(run_many_quiet)
{
    static struct mc_op ops[MANY];
    struct server server = {.taken = 0};
    for (size_t k = 0; k < MANY; k++) {
        snprintf(many_names[k], 8, "k%zu", k * 7 % 1000);
        struct mc_bytes key = {many_names[k], strlen(many_names[k])};
        many_values[k] = (struct mc_value){.buf = many_places[k], .cap = MC_KEY_MAX};
        ops[k] = k % 3 == 0
                     ? mc_op_md(key, (struct mc_flags){quiet, 1}, NULL)
                     : mc_op_mg(key, (struct mc_flags){quiet_value, 2}, &many_values[k], NULL);
    }
    run_many(&server, ops, capacities[_i]);
    for (size_t k = 0; k < MANY; k++) {
        bool is_there = has_item(ops[k].key);
        int result = k % 3 == 0 ? (is_there ? MC_HD : MC_NOT_FOUND) : (is_there ? MC_HIT : MC_MISS);
        ck_assert_int_eq(ops[k].result, result);
        if (result == MC_HIT)
            ck_assert_mem_eq(many_places[k], many_names[k], ops[k].key.len);
    }
}
END_TEST

/* A thousand stores: neither end ever holds more than a window that the other waits for. */
START_TEST(run_many_stores)
{
    static char value[3000];
    static struct mc_op ops[MANY];
    struct server server = {.taken = 0};
    memset(value, 'v', sizeof value);
    for (size_t k = 0; k < MANY; k++) {
        struct mc_bytes data = {value, k * 37 % sizeof value};
        ops[k] =
            k % 10 == 0 ? mc_op_get(MC_BYTES("key1"), NULL) : mc_op_set(MC_BYTES("key"), data, 0);
    }
    run_many(&server, ops, capacities[_i]);
    for (size_t k = 0; k < MANY; k++)
        ck_assert_int_eq(ops[k].result, k % 10 == 0 ? MC_MISS : MC_STORED);
}
END_TEST

// NOLINTNEXTLINE(readability-function-size)
int main(void)
{
    const struct suite_test tests[] = {
        {as_written, scene_count},
        {nothing_is_wanted, scene_count},
        {one_send_and_one_receive, scene_count},
        {at_every_pace, scene_count},
        {fault_at_every_call, scene_count},
        {answer_cut_short, scene_count},
        {at_every_capacity, scene_count},
        {every_answer_to_every_question, COUNT(questions)},
        {places_of_a_doubled_key, 2},
        {more_than_asked, scene_count},
        {one_byte_changed, scene_count},
        {lines_are_split, 260},
        {line_of_just_the_size, 80},
        {one_line_fails, 40},
        {same_key_again, 1},
        {bad_key_among_many, 3},
        {no_keys, 1},
        {room_for_a_value, 20},
        {store_with_large_flags, 1},
        {no_room_for_the_request, 1},
        {smallest_buffer_for_any_key, 400},
        {key_in_base64, MC_KEY_MAX},
        {transport_moves_nothing, 2},
        {text_of_one_command, 1},
        {one_after_another, 60},
        {begun_again, 1},
        {busy_for_all, scene_count},
        {given_up_for_all, scene_count},
        {run_in_few_calls, 1},
        {run_at_every_pace, 1},
        {run_at_every_capacity, 1},
        {run_with_a_fault, 4},
        {run_cut_short, 1},
        {run_not_begun, 2},
        {run_of_nothing, 1},
        {run_too_large_for_the_buffer, 1},
        {text_of_a_run, 2},
        {run_many_quiet, COUNT(capacities)},
        {run_many_stores, COUNT(capacities)},
    };
    scenes_init();
    return suite_run("client", tests, COUNT(tests));
}
