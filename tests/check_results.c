/* The results of a benchmark: JSON that is written is read back the same, and what is no JSON, or
 * not of that form, is refused with its line. */
#include "escape.h"
#include "overhead/json.h"
#include "overhead/results.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Every byte of a text comes back. */
START_TEST(each_byte_comes_back)
{
    char text[256], back[256], *json_text = NULL;
    size_t size = 0;
    for (size_t i = 0; i < 255; i++)
        text[i] = (char)(i + 1);
    text[255] = '\0';
    FILE *out = open_memstream(&json_text, &size);
    escape_json(out, text);
    ck_assert_int_eq(fclose(out), 0);
    struct json json = {.at = json_text, .line = 1};
    json_read_text(&json, back, sizeof back);
    ck_assert(!json.bad && *json.at == '\0');
    ck_assert_str_eq(back, text);
    free(json_text);
}
END_TEST

static const struct {
    const char *json, *text; /* NULL: it is no string */
} texts[] = {
    {"\"\"", ""},
    {" \t\"plain\"", "plain"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
    {"\"\\u0041\\u00e9\"", "A\xe9"},
    {"\"longer than the room\"", "longer than the"},
    {"", NULL},
    {"plain", NULL},
    {"\"open", NULL},
    {"\"two\nlines\"", NULL},
    {"\"\\", NULL},
    {"\"\\x\"", NULL},
    {"\"\\u\"", NULL},
    {"\"\\u12\"", NULL},
    {"\"\\u0100\"", NULL},
    {"\"\\u00g0\"", NULL},
    {"\"\\u +41\"", NULL},
    {"\"\\u0x41\"", NULL},
};

START_TEST(strings)
{
    char room[16];
    struct json json = {.at = texts[_i].json, .line = 1};
    json_read_text(&json, room, sizeof room);
    ck_assert_int_eq(json.bad, texts[_i].text == NULL);
    if (texts[_i].text != NULL)
        ck_assert_str_eq(room, texts[_i].text);
}
END_TEST

START_TEST(numbers)
{
    static const struct {
        const char *json;
        double number;
        bool bad;
    } some[] = {
        {"0", 0, false},     {" -2.5", -2.5, false}, {"1e3", 1000, false}, {"null", -1, false},
        {"\n\n7", 7, false}, {"", 0, true},          {"x", 0, true},       {"-", 0, true},
    };
    for (size_t i = 0; i < COUNT(some); i++) {
        struct json json = {.at = some[i].json, .line = 1};
        double number = json_read_number(&json);
        ck_assert_int_eq(json.bad, some[i].bad);
        if (!some[i].bad)
            ck_assert_double_eq(number, some[i].number);
    }
}
END_TEST

/* Skips "[[...]]" that is so deep. False when that is refused. */
static bool skips(size_t depth)
{
    char text[64];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
    struct json json = {.at = text, .line = 1};
    json_skip(&json);
    return !json.bad && *json.at == '\0';
}

START_TEST(skipping)
{
    static const char whole[] = "{\"a\": [1, null, true, false, {}], \"b\": {\"c\": \"}\"}}";
    char cut[sizeof whole];
    for (size_t len = 0; len < sizeof whole; len++) {
        memcpy(cut, whole, len);
        cut[len] = '\0';
        struct json json = {.at = cut, .line = 1};
        json_skip(&json);
        ck_assert_int_eq(json.bad, len < sizeof whole - 1);
    }
    ck_assert(skips(1) && skips(16));
    ck_assert(!skips(18) && !skips(30));
}
END_TEST

/* ---- results --------------------------------------------------------------------------------- */

/* The text of results_write(), to be freed. */
static char *written(const struct results *results)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    results_write(results, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* Some of everything, with what has to be escaped. */
static void fill(struct results *results)
{
    *results = (struct results){0};
    results_add_fact(results, "machine", "\"%s\" of %d\n", "a \\ b", 7);
    struct results_client *client = results_add_client(results);
    strcpy(client->name, "client");
    strcpy(client->absent, "not \"installed\"");
    struct results_cell *cell = results_add_cell(results);
    strcpy(cell->cores, "same");
    strcpy(cell->transport, "tcp");
    strcpy(cell->work, "get");
    strcpy(cell->client, "client");
    cell->p50 = 1234.5;
    cell->points[RESULTS_POINTS - 1] = 99;
    struct results_count *count = results_add_count(results);
    strcpy(count->work, "get");
    strcpy(count->client, "client");
    count->instructions = 700;
    strcpy(results_add_wire(results)->name, "put-get");
}

START_TEST(results_come_back)
{
    static struct results results, back;
    unsigned line;
    fill(&results);
    char *text = written(&results);
    ck_assert(results_read(&back, text, &line));
    const struct results_cell *cell = results_cell(&back, "same", "tcp", "get", "client");
    ck_assert_ptr_nonnull(cell);
    ck_assert_double_eq(cell->p50, 1234.5);
    ck_assert_double_eq(cell->points[RESULTS_POINTS - 1], 99);
    ck_assert_double_eq(cell->p99, RESULTS_UNKNOWN);
    ck_assert_double_eq(results_count(&back, "get", "client")->instructions, 700);
    ck_assert_str_eq(back.clients[0].absent, "not \"installed\"");
    ck_assert_str_eq(results_fact(&back, "machine"), results_fact(&results, "machine"));
    char *again = written(&back);
    ck_assert_str_eq(again, text);
    free(again);
    free(text);
}
END_TEST

/* Cut anywhere before its last bracket it is refused, and the line is one that it has. */
START_TEST(cut_results_are_refused)
{
    static struct results results, back;
    unsigned line, lines = 1;
    fill(&results);
    char *text = written(&results);
    size_t len = (size_t)(strrchr(text, '}') - text);
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    for (size_t cut = len; cut > 0; cut--) {
        text[cut] = '\0';
        line = 0;
        ck_assert(!results_read(&back, text, &line));
        ck_assert_uint_ge(line, 1);
        ck_assert_uint_le(line, lines);
    }
    free(text);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {each_byte_comes_back, 1}, {strings, COUNT(texts)},      {numbers, 1}, {skipping, 1},
        {results_come_back, 1},    {cut_results_are_refused, 1},
    };
    return suite_run("results", tests, COUNT(tests));
}
