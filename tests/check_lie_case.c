/* The cases of mcwire lie: what goes over the wire in each of them, and the verdicts on answers. */
#include "lie_judge.h"
#include "lie_server.h"
#include "suite.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint64_t *block;
static char *reply;
static struct lie_server server;

static void begin(const char *name)
{
    const struct lie_case *scene = lie_case_find(name);
    ck_assert_msg(scene != NULL, "%s is no case", name);
    lie_server_init(&server, scene, block, reply);
}

/* Makes the plan of what answers the request, which is whole. */
static void plan_for(struct lie_server_link *link, const char *request, struct lie_plan *plan)
{
    size_t len = strlen(request);
    for (size_t n = 0; n < len; n++)
        ck_assert_int_eq(lie_server_request(&server, link, request, n), 0);
    ck_assert_int_eq(lie_server_request(&server, link, request, len), (ptrdiff_t)len);
    lie_server_answer(&server, link, (struct mc_bytes){request, len}, plan);
}

static void add_plan(const struct lie_plan *plan, struct text *text)
{
    text_clear(text);
    for (size_t k = 0; k < COUNT(plan->parts); k++)
        text_add(text, plan->parts[k].data, plan->parts[k].len);
}

/* ---- what goes over the wire ----------------------------------------------------------------- */

#define HIT "VALUE key 0 5\r\nhello\r\nEND\r\n"
#define N1 "VALUE n1 0 2\r\nv1\r\n"
#define KEY "VALUE key 0 5\r\nhello\r\n"
#define N2 "VALUE n2 0 2\r\nv2\r\n"
#define NO_MEMORY "SERVER_ERROR out of memory reading request\r\n"
#define MANY "get n1 key n2\r\n"

/* What answers a request: the bytes, how many of them go before the stop, and how. */
static const struct wire {
    const char *name, *request, *bytes;
    int cut; /* -1: all */
    enum lie_case_stop stop;
    enum lie_case_pace pace;
} wires[] = {
    {"plain", "get key\r\n", HIT, -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"cuts", "get key\r\n", HIT, -1, LIE_STOP_NEVER, LIE_PACE_CUT},
    {"drip", "get key\r\n", HIT, -1, LIE_STOP_NEVER, LIE_PACE_DRIP},
    {"empty", "get empty\r\n", "VALUE empty 0 0\r\n\r\nEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"like-replies", "get end\r\n", "VALUE end 0 13\r\none\r\nEND\r\ntwo\r\nEND\r\n", -1,
     LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"order", "get n1 none key n2\r\n", KEY N2 N1 "END\r\n", -1, LIE_STOP_NEVER, LIE_PACE_MIXED},
    {"order", "get n1\r\n", N1 "END\r\n", -1, LIE_STOP_NEVER, LIE_PACE_MIXED},
    {"order", "get none\r\n", "END\r\n", -1, LIE_STOP_NEVER, LIE_PACE_MIXED},
    {"order", "mg n1 v\r\n", "VA 2\r\nv1\r\n", -1, LIE_STOP_NEVER, LIE_PACE_MIXED},
    {"writes", "incr number 5\r\n", "15\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"other-key", "get key\r\n", "VALUE n1 0 5\r\nhello\r\nEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"other-key", "mg key k v\r\n", "VA 5 kn1\r\nhello\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"other-key", "mg key v k O9\r\n", "VA 5 kn1 O9\r\nhello\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"doubled", "get key\r\n", HIT HIT, -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"doubled", "mg key v\r\n", "VA 5\r\nhello\r\nVA 5\r\nhello\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"old-value", "get key\r\n", N2 "END\r\n" HIT, -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"early-end", "get key\r\n", "END\r\n" HIT, -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"late-end", "get key\r\n", HIT "END\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"size-short", "get key\r\n", "VALUE key 0 4\r\nhello\r\nEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"size-long", "get key\r\n", "VALUE key 0 6\r\nhello\r\nEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"size-wraps", "get key\r\n", "VALUE key 0 4294967301\r\nhello\r\nEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"size-wraps", "mg key v\r\n", "VA 4294967301\r\nhello\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"size-letter", "gets key\r\n", "VALUE key 0 12x 1\r\nhello\r\nEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"value-end", "get key\r\n", "VALUE key 0 5\r\nhelloEND\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"no-end", "get key\r\n", KEY, -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"http", "get key\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"stored", "get key\r\n", "STORED\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"error", "get key\r\n", "ERROR\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"server-error", "get key\r\n", NO_MEMORY, -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"full", "get key\r\n", "ERROR Too many open connections\r\n", -1, LIE_STOP_CLOSE,
     LIE_PACE_WHOLE},
    {"closed", "get key\r\n", HIT, 0, LIE_STOP_CLOSE, LIE_PACE_WHOLE},
    {"cut-value", "get key\r\n", HIT, 17, LIE_STOP_CLOSE, LIE_PACE_WHOLE},
    {"cut-value", "mg key v\r\n", "VA 5\r\nhello\r\n", 8, LIE_STOP_CLOSE, LIE_PACE_WHOLE},
    {"idle", "get key\r\n", HIT, -1, LIE_STOP_CLOSE, LIE_PACE_WHOLE},
    {"silence", "get key\r\n", HIT, 0, LIE_STOP_SILENT, LIE_PACE_WHOLE},
    {"silent-value", "get key\r\n", HIT, 17, LIE_STOP_SILENT, LIE_PACE_WHOLE},
    {"crawl", "get key\r\n", HIT, -1, LIE_STOP_NEVER, LIE_PACE_CRAWL},
    {"late", "get key\r\n", HIT, 0, LIE_STOP_LATE, LIE_PACE_WHOLE},
    {"endless", "get key\r\n", KEY, -1, LIE_STOP_NEVER, LIE_PACE_ENDLESS},
    {"many-error", MANY, N1 NO_MEMORY KEY N2 "END\r\n", -1, LIE_STOP_NEVER, LIE_PACE_WHOLE},
    {"many-foreign", MANY, N1 "VALUE other 0 1\r\nx\r\n" KEY N2 "END\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
    {"many-cut", MANY, N1 KEY N2 "END\r\n", 16, LIE_STOP_CLOSE, LIE_PACE_WHOLE},
    {"set-closed", "set key 0 0 7\r\nchanged\r\n", "STORED\r\n", 0, LIE_STOP_CLOSE, LIE_PACE_WHOLE},
    {"incr-wraps", "incr number 5\r\n", "18446744073709551621\r\n", -1, LIE_STOP_NEVER,
     LIE_PACE_WHOLE},
};

START_TEST(wire)
{
    const struct wire *w = &wires[_i];
    struct lie_server_link link = {0};
    struct lie_plan plan;
    struct text text = {0};
    begin(w->name);
    plan_for(&link, w->request, &plan);
    add_plan(&plan, &text);
    ck_assert_str_eq(text_string(&text), w->bytes);
    ck_assert_uint_eq(plan.len, strlen(w->bytes));
    ck_assert_uint_eq(plan.cut, w->cut < 0 ? plan.len : (size_t)w->cut);
    ck_assert_int_eq(plan.stop, w->stop);
    ck_assert_int_eq(plan.pace, w->pace);
    ck_assert(!plan.close);
    ck_assert_uint_eq(server.told, 1);
    lie_server_leave(&server, &link);
    text_free(&text);
}
END_TEST

/* Requests without the case's key, before and after one that has it; and what leaves no place. */
START_TEST(others)
{
    static const struct {
        const char *name, *request, *bytes;
    } honest[] = {
        {"closed", "get n1\r\n", N1 "END\r\n"},
        {"closed", "set n1 0 0 3\r\nkey\r\n", "STORED\r\n"},
        {"closed", "version\r\n", "VERSION 1.6.18-mcwire\r\n"},
        {"closed", "get keys\r\n", "END\r\n"},
        {"other-key", "mg key v\r\n", "VA 5\r\nhello\r\n"},
        {"no-end", "mg key v\r\n", "VA 5\r\nhello\r\n"},
        {"many-error", "set key 0 0 1\r\nx\r\n", "STORED\r\n"},
        {"doubled", "set key 0 0 1 noreply\r\nx\r\n", ""},
    };
    struct lie_server_link link = {0};
    struct lie_plan plan;
    struct text text = {0};
    begin(honest[_i].name);
    for (int round = 0; round < 2; round++) {
        plan_for(&link, honest[_i].request, &plan);
        add_plan(&plan, &text);
        ck_assert_str_eq(text_string(&text), honest[_i].bytes);
        ck_assert_int_eq(plan.stop, LIE_STOP_NEVER);
        ck_assert_uint_eq(plan.cut, plan.len);
        ck_assert_uint_eq(server.told, 0);
    }
    lie_server_leave(&server, &link);
    text_free(&text);
}
END_TEST

/* It is told about each request with the key, and not about the one after it. */
START_TEST(told_again)
{
    struct lie_server_link link = {0};
    struct lie_plan plan;
    begin("doubled");
    for (size_t k = 1; k < 4; k++) {
        plan_for(&link, "get key\r\n", &plan);
        ck_assert_uint_eq(plan.len, 2 * strlen(HIT));
        ck_assert_uint_eq(server.told, k);
        plan_for(&link, "get n1\r\n", &plan);
        ck_assert_uint_eq(plan.len, strlen(N1 "END\r\n"));
    }
    lie_server_leave(&server, &link);
}
END_TEST

START_TEST(ends)
{
    struct lie_server_link link = {0};
    struct lie_plan plan;
    begin("plain");
    ck_assert_int_lt(lie_server_request(&server, &link, "\x80\x00", 2), 0);
    link = (struct lie_server_link){0};
    plan_for(&link, "quit\r\n", &plan);
    ck_assert(plan.close);
    ck_assert_uint_eq(plan.len, 0);
}
END_TEST

/* Each case: its lie exists, its honest questions have their answers, and it is listed once. */
START_TEST(table)
{
    const struct lie_case *scene = &lie_cases[_i];
    ck_assert_ptr_eq(lie_case_find(scene->name), scene);
    ck_assert(scene->lie == NULL || lies_find(scene->lie) != NULL);
    ck_assert(scene->lie == NULL || scene->own == NULL);
    ck_assert(scene->honest == (scene->key == NULL));
    ck_assert_int_eq(scene->about[strlen(scene->about) - 1], '.');
    for (size_t k = 0; k < LIE_CASE_QUESTIONS && scene->questions[k].ask != NULL; k++) {
        unsigned may = scene->questions[k].may;
        ck_assert(scene->honest ? may == LIE_MAY_TRUTH : may != 0);
    }
    size_t shown = 0;
    for (size_t k = 0; k < COUNT(wires); k++)
        shown += strcmp(wires[k].name, scene->name) == 0;
    bool plain = scene->pace == LIE_PACE_WHOLE && scene->stop == LIE_STOP_NEVER;
    ck_assert_msg(shown > 0 || plain, "%s is in no row", scene->name);
}
END_TEST

/* ---- edits that depend on the reply ------------------------------------------------------------ */

#define BYTES(literal)               \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define VALUE_OF(size, value) "VALUE n 0 " size "\r\n" value "\r\nEND\r\n"

/* What the lie makes of the reply; no bytes: it cannot be told there. */
static const struct edited {
    const char *lie;
    struct mc_bytes reply, told;
} edits[] = {
    {"size larger by 1", BYTES(VALUE_OF("9", "123456789")), BYTES(VALUE_OF("10", "123456789"))},
    {"size larger by 1", BYTES(VALUE_OF("12", "123456789012")),
     BYTES(VALUE_OF("13", "123456789012"))},
    {"size smaller by 1", BYTES(VALUE_OF("10", "1234567890")), BYTES(VALUE_OF("9", "1234567890"))},
    {"size smaller by 1", BYTES(VALUE_OF("1", "a")), BYTES(VALUE_OF("0", "a"))},
    {"size smaller by 1", BYTES(VALUE_OF("0", "")), BYTES("")},
    {"size larger by 1", BYTES("STORED\r\n"), BYTES("")},
    {"size larger by 1", BYTES("HD s5\r\n"), BYTES("")},
    {"size 1", BYTES(VALUE_OF("1", "a")), BYTES("")},
    {"key shorter", BYTES("VALUE long 0 0\r\n\r\nEND\r\n"), BYTES("VALUE lon 0 0\r\n\r\nEND\r\n")},
    {"key longer", BYTES("VA 1 kab s1\r\nx\r\n"), BYTES("VA 1 kaby s1\r\nx\r\n")},
    {"key missing", BYTES("VA 1 kab s1\r\nx\r\n"), BYTES("VA 1 s1\r\nx\r\n")},
    {"key of the neighbour", BYTES("VALUE n1 0 0\r\n\r\nEND\r\n"), BYTES("")},
    {"opaque longer", BYTES("HD f3 Oab\r\n"), BYTES("HD f3 Oab1\r\n")},
    {"word longer", BYTES("STORED\r\n"), BYTES("STOREDS\r\n")},
    {"value shorter", BYTES(VALUE_OF("3", "a\0c")), BYTES(VALUE_OF("3", "a\0"))},
    {"value longer", BYTES(VALUE_OF("3", "a\0c")), BYTES(VALUE_OF("3", "a\0c!"))},
    {"value shorter", BYTES(VALUE_OF("0", "")), BYTES("")},
    {"value empty", BYTES(VALUE_OF("0", "")), BYTES("")},
    {"value of CRLFs", BYTES(VALUE_OF("4", "abcd")), BYTES("")},
    {"value end bare LF", BYTES(VALUE_OF("2", "\r\n")), BYTES("VALUE n 0 2\r\n\r\n\nEND\r\n")},
    {"END missing", BYTES(N1 N2 "END\r\n"), BYTES(N1 N2)},
    {"END missing", BYTES("VA 1\r\nx\r\n"), BYTES("")},
    {"key missing", BYTES("ME k exp=-1\r\n"), BYTES("")},
    {"space doubled", BYTES("VERSION 1.6.18\r\n"), BYTES("")},
    {"number of 2^64", BYTES("12\r\n"), BYTES("18446744073709551616\r\n")},
};

START_TEST(edited)
{
    const struct edited *e = &edits[_i];
    const struct lie *lie = lies_find(e->lie);
    char fields[LIES_FIELDS_MAX + 1];
    struct lies_told told;
    struct text text = {0};
    ck_assert_msg(lie != NULL, "%s is no lie", e->lie);
    lies_name_fields(e->reply, fields);
    const struct lies_reply honest = {e->reply, fields, ""};
    bool can = lies_tell(lie, &honest, 0, &told);
    ck_assert(can == (e->told.len > 0));
    for (size_t k = 0; can && k < COUNT(told.parts); k++)
        text_add(&text, told.parts[k].data, told.parts[k].len);
    ck_assert_uint_eq(text.len, e->told.len);
    ck_assert(text.len == 0 || memcmp(text.data, e->told.data, text.len) == 0);
    text_free(&text);
}
END_TEST

/* ---- verdicts -------------------------------------------------------------------------------- */

enum { TRUTH = LIE_MAY_TRUTH, ERROR = LIE_MAY_ERROR, MISS = LIE_MAY_MISS };

static const struct judged {
    const char *ask, *truth, *answer;
    unsigned may;
    enum lie_verdict verdict;
} judged[] = {
    {"get key", NULL, "HIT hello", TRUTH, LIE_RIGHT},
    {"get key", NULL, "HIT %68%65%6C%6c%6F", TRUTH, LIE_RIGHT},
    {"get key", NULL, "HIT hell", TRUTH, LIE_WRONG_VALUE},
    {"get key", NULL, "HIT hello!", TRUTH, LIE_WRONG_VALUE},
    {"get key", NULL, "HIT hell%6", TRUTH, LIE_WRONG_VALUE},
    {"get key", NULL, "HIT hell%6g", TRUTH, LIE_WRONG_VALUE},
    {"get key", NULL, "HIT hello more", TRUTH, LIE_WRONG_VALUE},
    {"get key", NULL, "HIT", TRUTH, LIE_WRONG_VALUE},
    {"get key", NULL, "MISS", TRUTH, LIE_FALSE_MISS},
    {"get key", NULL, "ERROR", TRUTH, LIE_REJECTS},
    {"get key", NULL, "ERROR of some kind", TRUTH, LIE_REJECTS},
    {"get key", NULL, "OK", TRUTH, LIE_CRASH},
    {"get key", NULL, "NO", TRUTH, LIE_CRASH},
    {"get key", NULL, "SKIP", TRUTH, LIE_CRASH},
    {"get key", NULL, "", TRUTH, LIE_CRASH},
    {"get key", NULL, "HITS hello", TRUTH, LIE_CRASH},
    {"get key", NULL, "hello", TRUTH, LIE_CRASH},
    {"get none", NULL, "MISS", TRUTH, LIE_RIGHT},
    {"get none", NULL, "HIT ", TRUTH, LIE_WRONG_VALUE},
    {"get empty", NULL, "HIT ", TRUTH, LIE_RIGHT},
    {"get empty", NULL, "HIT", TRUTH, LIE_RIGHT},
    {"get empty", NULL, "MISS", TRUTH, LIE_FALSE_MISS},
    {"get key", NULL, "ERROR", ERROR, LIE_RIGHT},
    {"get key", NULL, "HIT hello", ERROR, LIE_WRONG_VALUE},
    {"get key", NULL, "MISS", ERROR, LIE_FALSE_MISS},
    {"get key", NULL, "HIT hello", TRUTH | ERROR, LIE_RIGHT},
    {"get key", NULL, "HIT v1", TRUTH | ERROR, LIE_WRONG_VALUE},
    {"get key", NULL, "MISS", TRUTH | ERROR | MISS, LIE_RIGHT},
    {"many n1 none key", NULL, "HIT v1 - hello", TRUTH, LIE_RIGHT},
    {"many n1 none key", NULL, "HIT v1 - -", TRUTH, LIE_FALSE_MISS},
    {"many n1 none key", NULL, "HIT v1 x hello", TRUTH, LIE_WRONG_VALUE},
    {"many n1 none key", NULL, "HIT hello - v1", TRUTH, LIE_WRONG_VALUE},
    {"many n1 none key", NULL, "HIT - - v1", TRUTH, LIE_WRONG_VALUE},
    {"many n1 none key", NULL, "HIT v1 -", TRUTH, LIE_CRASH},
    {"many n1 none key", NULL, "HIT v1 - hello -", TRUTH, LIE_CRASH},
    {"many n1 none key", NULL, "MISS", TRUTH, LIE_FALSE_MISS},
    {"many n1 none key", NULL, "SKIP", TRUTH, LIE_SKIPPED},
    {"many none nothing", NULL, "MISS", TRUTH, LIE_RIGHT},
    {"many none nothing", NULL, "HIT - -", TRUTH, LIE_RIGHT},
    {"many n1 none key", NULL, "HIT v1 - hello", ERROR, LIE_WRONG_VALUE},
    {"set key x", "OK", "OK", TRUTH, LIE_RIGHT},
    {"set key x", "OK", "NO", TRUTH, LIE_WRONG_VALUE},
    {"set key x", "OK", "MISS", TRUTH, LIE_FALSE_MISS},
    {"set key x", "OK", "SKIP", TRUTH, LIE_SKIPPED},
    {"set key x", "OK", "OK", ERROR, LIE_WRONG_VALUE},
    {"delete key", "NO", "NO", TRUTH, LIE_RIGHT},
    {"delete key", "NO", "MISS", TRUTH, LIE_RIGHT},
    {"delete key", "NO", "OK", TRUTH, LIE_WRONG_VALUE},
    {"incr number 5", "HIT 15", "HIT 15", TRUTH, LIE_RIGHT},
    {"incr number 5", "HIT 15", "HIT 1", TRUTH, LIE_WRONG_VALUE},
    {"incr number 5", "HIT 15", "OK", TRUTH, LIE_WRONG_VALUE},
    {"get key", "MISS", "MISS", TRUTH, LIE_RIGHT},
    {"get key", "MISS", "HIT hello", TRUTH, LIE_WRONG_VALUE},
};

START_TEST(verdict)
{
    const struct judged *j = &judged[_i];
    const struct lie_question question = {j->ask, j->truth, j->may};
    ck_assert_str_eq(lie_judge_name(lie_judge_answer(&question, mc_string(j->answer))),
                     lie_judge_name(j->verdict));
}
END_TEST

START_TEST(values)
{
    static const char digits[] = "0123456789ABCDEF";
    struct lie_question question = {"get binary", NULL, LIE_MAY_TRUTH};
    struct mc_bytes key, value;
    size_t count = 0;
    struct text text = {0};
    text_add_string(&text, "HIT ");
    for (int byte = 0; byte < 256; byte++)
        text_print(&text, "%%%c%c", digits[byte / 16], digits[byte % 16]);
    ck_assert_int_eq(lie_judge_answer(&question, mc_string(text_string(&text))), LIE_RIGHT);
    question.ask = "get large";
    ck_assert(lie_case_value(MC_BYTES("large"), &value));
    ck_assert_uint_eq(value.len, 1000000);
    text_clear(&text);
    text_add_string(&text, "HIT ");
    text_add(&text, value.data, value.len);
    ck_assert_int_eq(lie_judge_answer(&question, mc_string(text_string(&text))), LIE_RIGHT);
    text.data[text.len - 1] ^= 1;
    ck_assert_int_eq(lie_judge_answer(&question, mc_string(text_string(&text))), LIE_WRONG_VALUE);
    for (size_t n = 0; lie_case_item(n, &key, &value); n++)
        count += key.len == 3 && key.data[0] == 'k' && value.len == 4;
    ck_assert_uint_eq(count, 67);
    ck_assert(!lie_case_value(MC_BYTES("k98"), &value));
    ck_assert(lie_case_value(MC_BYTES("k99"), &value));
    ck_assert_uint_eq(value.len, 4);
    ck_assert_int_eq(memcmp(value.data, "vk99", 4), 0);
    text_free(&text);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {{wire, COUNT(wires)},
                                       {others, 8},
                                       {told_again, 1},
                                       {ends, 1},
                                       {table, (int)lie_cases_count},
                                       {edited, COUNT(edits)},
                                       {verdict, COUNT(judged)},
                                       {values, 1}};
    block = malloc(LIE_SERVER_BLOCK);
    reply = malloc(LIE_SERVER_REPLY);
    if (block == NULL || reply == NULL)
        return EXIT_FAILURE;
    lie_case_init();
    int result = suite_run("lie_case", tests, COUNT(tests));
    free(block);
    free(reply);
    return result;
}
