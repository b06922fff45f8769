/* One connection over a scripted transport: what each function makes of each answer, however the
 * bytes come, and whatever fails on the way. */
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

/* A connection in step answers; a dead one says why, and is not used. */
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
    ck_assert_int_eq(p->client.error, error);
}

static void check_as_written(struct play *p, const struct scene *scene)
{
    if (strcmp(text_string(&p->outcome), scene->outcome) != 0)
        ck_abort_msg("%s answered with %s\nsends %zu and receives %zu at a time, %zu bytes "
                     "withheld\nexpected: %s\ngot: %s",
                     scene->request, scene->reply, p->script.send_max, p->script.recv_max,
                     p->script.withheld, scene->outcome, text_string(&p->outcome));
    ck_assert_int_eq(p->client.error, scene->error);
    if (scene->error == MC_E_PROTOCOL)
        ck_assert_int_eq(p->client.reader.fault, scene->fault);
}

/* The outcome when a call, or a rest of the answer, failed so. */
static void check_failed(struct play *p, const struct scene *scene, int error)
{
    size_t whole = strlen(scene->request);
    bool unknown = scene_is_write(scene) && p->script.sent.len == whole;
    const char *name = events_name(unknown ? MC_E_UNKNOWN : error);
    char expected[160];
    if (scene_is_many(scene))
        snprintf(expected, sizeof expected, "%s a: %s b: %s %c: %s", name, name, name,
                 scene->doubled ? 'a' : 'c', name);
    else
        snprintf(expected, sizeof expected, "%s", name);
    const char *got = text_string(&p->outcome);
    if (scene->what == STATS) /* behind the statistics that came before */
        got += strlen(got) > strlen(name) ? strlen(got) - strlen(name) : 0;
    if (strcmp(got, expected) != 0)
        ck_abort_msg("%s answered with %s\nexpected: %s\ngot: %s", scene->request, scene->reply,
                     expected, text_string(&p->outcome));
    ck_assert_int_eq(p->client.error, error);
    ck_assert_uint_eq(p->client.sent, p->script.sent.len);
    ck_assert_uint_eq(p->client.to_send, whole);
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
        ck_assert_uint_eq(p.client.awaited, 0);
        ck_assert_uint_eq(p.client.received, strlen(scenes[_i].reply));
    }
    check_next_command(&p, scenes[_i].error);
    if (scenes[_i].error == 0)
        script_check_sent(&p.script);
    play_finish(&p);
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
        ck_assert_int_eq(p.client.error, scene->what == AUTH ? MC_E_AUTH : 0);
        ck_assert_uint_eq(p.script.sends + p.script.recvs, 0);
    } else if (p.client.error == MC_E_LINE) {
        check_failed(&p, scene, MC_E_LINE);
    } else {
        check_as_written(&p, scene);
    }
    if (cap >= 317 && p.client.error == MC_E_LINE)
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
        ck_assert_int_eq(p.client.error, error_after(scene, expected));
    } else if (accepted) {
        ck_assert_int_ge(p.result, 0);
        ck_assert_int_eq(p.client.error, 0);
    } else {
        check_failed(&p, &asked, MC_E_PROTOCOL);
        ck_assert_int_eq(p.client.reader.fault, MC_FAULT_UNASKED);
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
    ck_assert_int_eq(values[1].result, MC_E_FULL); /* of a value that was dropped there is none */
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

/* Bytes behind the answer: nobody knows what they belong to, so it is not believed either. */
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
    ck_assert_int_eq(p.client.reader.fault, MC_FAULT_UNASKED);
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
        check_failed(&p, scene, p.client.error != 0 ? p.client.error : MC_E_CLOSED);
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
    if (scene->error != 0 || scene_is_big(scene))
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

/* A server of one kind of item: a key that ends in an even digit has itself as its value. */
struct server {
    struct text line, answers;
    size_t taken, lines, longest;
    size_t fails_after; /* closes then, instead of answering a line; 0: never */
};

static bool has_item(struct mc_bytes key)
{
    return (key.data[key.len - 1] - '0') % 2 == 0;
}

/* gats <exptime> <key>* */
static void answer_line(struct server *s)
{
    char *word;
    strtok(s->line.data, " \r\n");
    strtok(NULL, " \r\n");
    while ((word = strtok(NULL, " \r\n")) != NULL) {
        struct mc_bytes key = {word, strlen(word)};
        if (has_item(key))
            text_print(&s->answers, "VALUE %s 0 %zu 7\r\n%s\r\n", word, key.len, word);
    }
    text_add_string(&s->answers, "END\r\n");
}

static void take_line(struct server *s)
{
    s->lines++;
    s->longest = s->line.len > s->longest ? s->line.len : s->longest;
    if (s->fails_after == 0 || s->lines <= s->fails_after)
        answer_line(s);
    text_clear(&s->line);
}

static ptrdiff_t server_send(void *ctx, const struct mc_bytes *parts, size_t count,
                             mc_deadline deadline)
{
    struct server *s = ctx;
    size_t sent = 0;
    ck_assert_int_eq(deadline, SCRIPT_DEADLINE);
    for (size_t k = 0; k < count; k++) {
        text_add(&s->line, parts[k].data, parts[k].len);
        sent += parts[k].len;
    }
    if (s->line.len > 0 && s->line.data[s->line.len - 1] == '\n')
        take_line(s);
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
    return (ptrdiff_t)n;
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

/* Asks for them all, with the longest command that there is. */
static int get_all(struct server *server, size_t cap)
{
    struct mc_transport transport = {server_send, server_receive, server};
    struct mc_client client;
    char *buf = malloc(cap);
    make_keys();
    mc_client_init(&client, transport, buf, cap);
    int r = mc_client_gats_many(&client, INT32_MIN, many_keys, many_values, MANY, SCRIPT_DEADLINE);
    text_free(&server->line);
    text_free(&server->answers);
    free(buf);
    return r;
}

/* A thousand keys go out in lines that the server takes and the buffer holds, as few as can be: no
 * line has room for the longest key. */
START_TEST(lines_are_split)
{
    struct server server = {.taken = 0};
    size_t cap = 330 + (size_t)_i * 7, longest = cap < MC_REQUEST_MAX ? cap : MC_REQUEST_MAX - 1;
    size_t all = 0;
    ck_assert_int_eq(get_all(&server, cap), 0);
    for (size_t k = 0; k < MANY; k++) {
        check_value(k);
        all += 1 + many_keys[k].len;
    }
    ck_assert_uint_le(server.longest, longest);
    ck_assert_uint_le(server.lines, 1 + all / (longest - MC_KEY_MAX - 18));
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
    struct mc_client client;
    char *buf = malloc(cap);
    ck_assert(buf != NULL);
    mc_client_init(&client, (struct mc_transport){server_send, server_receive, &server}, buf, cap);
    size_t count = keys_of_a_line(whole);
    int r = mc_client_gats_many(&client, INT32_MIN, many_keys, many_values, count, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, 0);
    ck_assert_uint_eq(server.lines, whole <= most ? 1 : 2);
    for (size_t k = 0; k < count; k++)
        check_value(k);
    text_free(&server.line);
    text_free(&server.answers);
    free(buf);
}
END_TEST

/* When a line gets no answer, the keys of those before it have theirs. */
START_TEST(one_line_fails)
{
    struct server server = {.fails_after = (size_t)_i + 1};
    size_t k = 0;
    ck_assert_int_eq(get_all(&server, 1000), MC_E_CLOSED);
    for (; k < MANY && many_values[k].result > 0; k++)
        check_value(k);
    ck_assert_uint_ge(k, 3 * server.fails_after);
    for (; k < MANY; k++)
        ck_assert_int_eq(many_values[k].result, MC_E_CLOSED);
    ck_assert_uint_eq(server.lines, server.fails_after + 1);
}
END_TEST

/* The same key three times: answered three times, or, by a server that thinks better, once. */
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

/* A key that cannot be sent stops the retrieval; every key is told so, and nothing is broken. */
START_TEST(bad_key_among_many)
{
    struct mc_bytes some[] = {B("a"), B("b c"), B("d")};
    struct mc_value values[3] = {{.result = 99}, {.result = 99}, {.result = 99}};
    struct script script = {0};
    struct mc_client client;
    char buf[400];
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get_many(&client, some, values, 3, SCRIPT_DEADLINE), MC_E_KEY);
    for (size_t k = 0; k < 3; k++)
        ck_assert_int_eq(values[k].result, MC_E_KEY);
    ck_assert_uint_eq(script.sends, 0);
    ck_assert_int_eq(client.error, 0);
    script_free(&script);
}
END_TEST

/* One that is too long is refused in its turn, whatever room there is; those before it are asked. */
START_TEST(too_long_among_many)
{
    static const char name[MC_KEY_MAX + 1];
    struct mc_bytes some[] = {B("a"), {name, _i == 0 ? MC_KEY_MAX + 1 : SIZE_MAX}, B("b")};
    struct mc_value values[3] = {{.result = 99}, {.result = 99}, {.result = 99}};
    struct script script = {0};
    struct mc_client client;
    char buf[400];
    script_step(&script, "get a\r\n", "END\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_get_many(&client, some, values, 3, SCRIPT_DEADLINE), MC_E_KEY);
    ck_assert_int_eq(values[0].result, MC_MISS);
    ck_assert_int_eq(values[1].result, MC_E_KEY);
    ck_assert_int_eq(values[2].result, MC_E_KEY);
    ck_assert_int_eq(client.error, 0);
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
    ck_assert_int_eq(mc_client_get_many(&client, keys, values, 2, SCRIPT_DEADLINE), MC_E_FULL);
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
    r = mc_client_gats_many(&client, INT32_MIN, twice, values, 2, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, 0);
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
    const struct mc_flag k = {.letter = 'k'};
    struct script script = {0};
    struct mc_client client;
    struct mc_meta meta;
    memset(name, 'n', sizeof name);
    ck_assert_int_eq(mc_put_base64(&out, key), 0);
    snprintf(request, sizeof request, "mg %.*s k\r\n", _i + 1, name);
    snprintf(reply, sizeof reply, "HD k%.*s b\r\n", (int)out.len, base64);
    script_step(&script, request, reply);
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    int r = mc_client_mg(&client, key, &k, 1, NULL, &meta, SCRIPT_DEADLINE);
    ck_assert_int_eq(r, key.len <= MC_KEY_BINARY_MAX ? MC_HD : MC_E_PROTOCOL);
    ck_assert_int_eq(client.reader.fault, r == MC_HD ? MC_FAULT_NONE : MC_FAULT_WRONG_KEY);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* ---- the transport and the words of an error ----------------------------------------------- */

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
    ck_assert_int_eq(client.error, MC_E_SYSTEM);
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* What an error said belongs to no later command. */
START_TEST(said_of_one_command)
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
    ck_assert_uint_eq(client.said.len, 2);
    ck_assert_mem_eq(client.said.data, "oh", 2);
    r = mc_client_delete(&client, MC_BYTES("a"), SCRIPT_DEADLINE);
    ck_assert_int_eq(r, MC_DELETED);
    ck_assert_uint_eq(client.said.len, 0);
    ck_assert_int_eq(mc_client_version(&client, SCRIPT_DEADLINE), MC_VERSION);
    ck_assert_uint_eq(client.said.len, 1);
    ck_assert_int_eq(mc_client_get(&client, MC_BYTES("a"), &value, SCRIPT_DEADLINE), MC_MISS);
    ck_assert_uint_eq(client.said.len, 0);
    script_free(&script);
}
END_TEST

/* ---- the parts ----------------------------------------------------------------------------- */

/* While an answer is awaited, no other command is begun. */
START_TEST(busy_and_idle)
{
    struct script script = {0};
    struct mc_client client;
    struct mc_reply reply;
    struct mc_out out;
    struct mc_value value = {.cap = 0};
    char buf[400];
    script_step(&script, "stats\r\n", "STAT a 1\r\nEND\r\n");
    script_step(&script, "version\r\n", "VERSION 1\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    memset(&reply, 99, sizeof reply);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_E_IDLE);
    ck_assert_uint_eq(reply.key.len + reply.text.len + reply.size + reply.number, 0);
    ck_assert(reply.key.data == NULL && reply.text.data == NULL && !reply.meta);
    ck_assert_int_eq(mc_client_stats(&client, MC_BYTES(""), SCRIPT_DEADLINE), 0);
    for (int event = 0; event != MC_END;) {
        ck_assert_int_eq(mc_client_begin(&client, &out), MC_E_BUSY);
        ck_assert_int_eq(mc_client_get(&client, MC_BYTES("a"), &value, SCRIPT_DEADLINE), MC_E_BUSY);
        event = mc_client_next(&client, &reply, SCRIPT_DEADLINE);
        ck_assert_int_gt(event, 0);
    }
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_E_IDLE);
    ck_assert_int_eq(mc_client_version(&client, SCRIPT_DEADLINE), MC_VERSION);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* Commands of one's own, two at a time. */
START_TEST(own_commands)
{
    struct script script = {.recv_max = (size_t)_i};
    struct mc_client client;
    struct mc_reply reply;
    struct mc_out out;
    char buf[400], place[8];
    struct mc_value value = {.buf = place, .cap = sizeof place};
    struct mc_bytes key = MC_BYTES("a");
    script_step(&script, "get a\r\nversion\r\n", "VALUE a 0 2\r\nhi\r\nEND\r\nVERSION 1\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_begin(&client, &out), 0);
    ck_assert_uint_eq(out.cap, sizeof buf);
    ck_assert_int_eq(mc_put_get(&out, &key, 1), 0);
    ck_assert_int_eq(mc_put_version(&out), 0);
    struct mc_bytes part = {out.data, out.len};
    ck_assert_int_eq(mc_client_send(&client, &part, 1, 2, SCRIPT_DEADLINE), 0);
    ck_assert_uint_eq(client.awaited, 2);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_VALUE);
    ck_assert_int_eq(mc_client_value(&client, &reply, &value, SCRIPT_DEADLINE), 0);
    ck_assert_mem_eq(place, "hi", 2);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_END);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_VERSION);
    ck_assert_uint_eq(client.awaited, 0);
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

/* A second command while the first one's answer is awaited. */
START_TEST(one_behind_another)
{
    struct script script = {0};
    struct mc_client client;
    struct mc_reply reply;
    char buf[400];
    struct mc_bytes part = MC_BYTES("version\r\n");
    script_step(&script, "version\r\n", "VERSION 1\r\n");
    script_step(&script, "version\r\n", "VERSION 2\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_send(&client, &part, 1, 1, SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(mc_client_send(&client, &part, 1, 1, SCRIPT_DEADLINE), 0);
    for (int left = 1; left >= 0; left--) {
        ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_VERSION);
        ck_assert_uint_eq(client.awaited, (size_t)left);
    }
    script_check_sent(&script);
    script_free(&script);
}
END_TEST

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

/* The first reason to give up stays, and nothing is sent after it. */
START_TEST(given_up)
{
    struct script script = {0};
    struct mc_client client;
    struct mc_out out;
    struct mc_reply reply;
    struct mc_bytes part = MC_BYTES("version\r\n");
    struct mc_value value = {.cap = 0};
    char buf[400];
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_break(&client, MC_E_AMBIGUOUS), MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_break(&client, MC_E_TIMEOUT), MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_begin(&client, &out), MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_send(&client, &part, 1, 1, SCRIPT_DEADLINE), MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_receive(&client, SCRIPT_DEADLINE), MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_value(&client, &reply, &value, SCRIPT_DEADLINE), MC_E_AMBIGUOUS);
    ck_assert_uint_eq(script.sends + script.recvs, 0);
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(client.error, 0);
    script_free(&script);
}
END_TEST

/* What has come, and was not read before, is not read any more. */
START_TEST(given_up_in_mid_reply)
{
    struct script script = {0};
    struct mc_client client;
    struct mc_reply reply;
    char buf[400];
    script_step(&script, "stats\r\n", "STAT a 1\r\nSTAT b 2\r\nEND\r\n");
    mc_client_init(&client, script_transport(&script), buf, sizeof buf);
    ck_assert_int_eq(mc_client_stats(&client, MC_BYTES(""), SCRIPT_DEADLINE), 0);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_STAT);
    mc_client_break(&client, MC_E_AMBIGUOUS);
    ck_assert_int_eq(mc_client_next(&client, &reply, SCRIPT_DEADLINE), MC_E_AMBIGUOUS);
    ck_assert_uint_eq(script.recvs, 1);
    script_free(&script);
}
END_TEST

/* Every function while another's answer is awaited: nothing is sent, and nothing broken. */
START_TEST(busy_for_all)
{
    struct play p = {.result = 0};
    const struct scene *scene = &scenes[_i];
    play_set_up(&p, scene, SCENES_BUFFER);
    script_step(&p.script, "stats\r\n", "END\r\n");
    ck_assert_int_eq(mc_client_stats(&p.client, MC_BYTES(""), SCRIPT_DEADLINE), 0);
    play_run(&p, scene);
    ck_assert_int_eq(p.result, MC_E_BUSY);
    ck_assert_int_eq(p.client.error, 0);
    script_check_sent(&p.script);
    ck_assert_uint_eq(p.script.recvs, 0);
    play_finish(&p);
}
END_TEST

/* Every function of a client that was given up. */
START_TEST(given_up_for_all)
{
    struct play p = {.result = 0};
    const struct scene *scene = &scenes[_i];
    play_set_up(&p, scene, SCENES_BUFFER);
    mc_client_break(&p.client, MC_E_TIMEOUT);
    play_run(&p, scene);
    ck_assert_int_eq(p.result, MC_E_TIMEOUT);
    ck_assert_uint_eq(p.script.sends + p.script.recvs, 0);
    play_finish(&p);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {as_written, scene_count},
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
        {bad_key_among_many, 1},
        {too_long_among_many, 2},
        {no_keys, 1},
        {room_for_a_value, 20},
        {no_room_for_the_request, 1},
        {smallest_buffer_for_any_key, 400},
        {key_in_base64, MC_KEY_MAX},
        {transport_moves_nothing, 2},
        {said_of_one_command, 1},
        {busy_and_idle, 1},
        {own_commands, 40},
        {one_behind_another, 1},
        {one_after_another, 60},
        {given_up, 1},
        {given_up_in_mid_reply, 1},
        {busy_for_all, scene_count},
        {given_up_for_all, scene_count},
    };
    scenes_init();
    return suite_run("client", tests, COUNT(tests));
}
