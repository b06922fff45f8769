/* Shortens what is long, and escapes what a client has answered. */
#include "verdict.h"

#include <string.h>

#include "escape.h"
#include "plural.h"

enum { ASKED_MAX = 32, TRUTH_MAX = 40, NAME_WIDTH = 13, VERDICT_WIDTH = 22 };

/* A text that is built in a small buffer, and cut off. */
struct words {
    char text[256];
    size_t len;
};

static void add(struct words *words, const char *data, size_t len)
{
    size_t room = sizeof words->text - 1 - words->len;
    len = len < room ? len : room;
    memcpy(words->text + words->len, data, len);
    words->len += len;
    words->text[words->len] = '\0';
}

static void add_text(struct words *words, const char *text)
{
    add(words, text, strlen(text));
}

/* A value as an answer has it, or its beginning. */
static void add_value(struct words *words, struct mc_bytes value)
{
    static const char digits[] = "0123456789ABCDEF", plain[] = "-._~";
    for (size_t i = 0; i < value.len && i < TRUTH_MAX; i++) {
        char byte = value.data[i];
        const char code[] = {'%', digits[(byte >> 4) & 15], digits[byte & 15]};
        bool is_letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                         (byte >= 'a' && byte <= 'z');
        if (is_letter || (byte != '\0' && strchr(plain, byte) != NULL))
            add(words, &byte, 1);
        else
            add(words, code, sizeof code);
    }
    if (value.len > TRUTH_MAX)
        add_text(words, "...");
}

/* What is true, without the details of several keys. */
static void add_truth(struct words *words, const struct lie_question *question)
{
    struct mc_bytes value;
    if (question->truth != NULL) {
        add_text(words, question->truth);
    } else if (strncmp(question->ask, "many ", 5) == 0) {
        add_text(words, "what each key has");
    } else if (lie_case_value(mc_string(question->ask + strlen("get ")), &value)) {
        add_text(words, "HIT ");
        add_value(words, value);
    } else {
        add_text(words, "MISS");
    }
}

/* What a right client may answer: "HIT hello or ERROR". */
static void say_allowed(struct words *words, const struct lie_question *question)
{
    const char *const or = " or ";
    *words = (struct words){.len = 0};
    if ((question->may & LIE_MAY_TRUTH) != 0)
        add_truth(words, question);
    if ((question->may & LIE_MAY_ERROR) != 0) {
        add_text(words, words->len > 0 ? or : "");
        add_text(words, "ERROR");
    }
    if ((question->may & LIE_MAY_MISS) != 0) {
        add_text(words, words->len > 0 ? or : "");
        add_text(words, "MISS");
    }
}

static void say_asked(struct words *words, const struct lie_question *question)
{
    size_t len = strlen(question->ask);
    *words = (struct words){.len = 0};
    add(words, question->ask, len <= ASKED_MAX ? len : ASKED_MAX);
    if (len > ASKED_MAX)
        add_text(words, "...");
}

/* ---- text and JSON --------------------------------------------------------------------------- */

void verdict_print(const struct examined *examined)
{
    struct words words;
    bool more = examined->answer[0] != '\0' || examined->question != NULL;
    printf("%-*s %-*s", NAME_WIDTH, examined->scene->name, more ? VERDICT_WIDTH : 0,
           lie_judge_name(examined->verdict));
    if (examined->question != NULL) {
        say_asked(&words, examined->question);
        printf("%s: ", words.text);
    }
    escape_text(stdout, examined->answer);
    if (examined->question != NULL) {
        say_allowed(&words, examined->question);
        printf(" (right: ");
        escape_text(stdout, words.text);
        putchar(')');
    }
    putchar('\n');
}

static void print_member(const char *name, const char *value)
{
    printf(",\"%s\":", name);
    escape_json(stdout, value);
}

void verdict_print_json(const struct examined *examined)
{
    struct words words;
    printf("{\"case\":");
    escape_json(stdout, examined->scene->name);
    print_member("verdict", lie_judge_name(examined->verdict));
    if (examined->question != NULL) {
        say_asked(&words, examined->question);
        print_member("asked", words.text);
        say_allowed(&words, examined->question);
        print_member("right", words.text);
    }
    if (examined->answer[0] != '\0')
        print_member("answer", examined->answer);
    puts("}");
}

/* How many there are of each verdict, from this one on. */
static void print_sums(FILE *out, const struct examined *list, size_t count, int verdict)
{
    for (; verdict < LIE_VERDICTS; verdict++) {
        size_t sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += list[k].verdict == (enum lie_verdict)verdict;
        if (sum > 0)
            fprintf(out, ", %zu %s", sum, lie_judge_name((enum lie_verdict)verdict));
    }
}

void verdict_print_sum(const struct examined *list, size_t count)
{
    size_t right = 0;
    for (size_t k = 0; k < count; k++)
        right += list[k].verdict == LIE_RIGHT;
    printf("%zu case%s", count, plural_s(count));
    print_sums(stdout, list, count, LIE_RIGHT);
    putchar('\n');
    if (right < count)
        puts("What the server does in each: mcwire lie --list. To try one by hand: mcwire lie CASE "
             "--listen PORT");
}

void verdict_print_case(const struct lie_case *scene, bool json)
{
    const char *kind = scene->honest ? "honest" : "lie";
    if (!json) {
        printf("%-*s %-6s %s\n", NAME_WIDTH, scene->name, kind, scene->about);
        return;
    }
    printf("{\"case\":");
    escape_json(stdout, scene->name);
    print_member("kind", kind);
    print_member("about", scene->about);
    puts("}");
}

/* ---- the page -------------------------------------------------------------------------------- */

/* On a narrow screen each row is a block, and its cells are named. */
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>mcwire lie</title>\n"
    "<style>\n:root { color-scheme: light dark; }\n"
    "body { font: 1rem/1.4 sans-serif; margin: 1em auto; max-width: 72em; padding: 0 1em; }\n"
    "h2 { font-size: 1.2em; margin: 1.5em 0 0.3em; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "th, td { border-bottom: 1px solid #8888; padding: 0.3em 0.6em; text-align: left;\n"
    "         vertical-align: top; }\n"
    "td:first-child, td:nth-child(3) { white-space: nowrap; }\n"
    "tr.bad { background: #d321; }\n.bad td:nth-child(3) { font-weight: bold; }\n"
    "code { font-size: 0.9em; overflow-wrap: anywhere; }\n"
    "@media (max-width: 50em) {\n"
    "  th, td:empty { display: none; }\n"
    "  tr { border-bottom: 1px solid #8888; display: block; padding: 0.4em; }\n"
    "  td { border: 0; display: block; padding: 0; }\n"
    "  td[title]::before { content: attr(title) \": \"; }\n}\n</style>\n";

static void print_code(FILE *out, const char *text)
{
    fputs("<code>", out);
    escape_html(out, text);
    fputs("</code>", out);
}

/* A cell that is empty when there is no text. */
static void print_cell(FILE *out, const char *title, const char *text)
{
    fprintf(out, "<td title=\"%s\">", title);
    if (text[0] != '\0')
        print_code(out, text);
}

static void print_row(FILE *out, const struct examined *examined)
{
    struct words asked = {.len = 0}, allowed = {.len = 0};
    fprintf(out, "<tr%s><td><code>%s</code><td>",
            examined->verdict > LIE_SKIPPED ? " class=\"bad\"" : "", examined->scene->name);
    escape_html(out, examined->scene->about);
    fprintf(out, "<td>%s", lie_judge_name(examined->verdict));
    if (examined->question != NULL) {
        say_asked(&asked, examined->question);
        say_allowed(&allowed, examined->question);
    }
    print_cell(out, "asked", asked.text);
    print_cell(out, "answer", examined->answer);
    print_cell(out, "right", allowed.text);
    fputs("</tr>\n", out);
}

/* The cases in which the server is honest, or the others; nothing if there are none. */
static void print_table(FILE *out, const struct examined *list, size_t count, bool honest)
{
    bool begun = false;
    for (size_t k = 0; k < count; k++) {
        if (list[k].scene->honest != honest)
            continue;
        if (!begun)
            fprintf(out,
                    "<h2>%s</h2>\n<table>\n<tr><th>Case<th>What the server does<th>Verdict"
                    "<th>Asked<th>Answer<th>A right client says\n",
                    honest ? "The server is honest" : "The server lies, is silent, or closes");
        begun = true;
        print_row(out, &list[k]);
    }
    fputs(begun ? "</table>\n" : "", out);
}

void verdict_print_page(FILE *out, const struct examined *list, size_t count, char **command)
{
    size_t right = 0;
    for (size_t k = 0; k < count; k++)
        right += list[k].verdict == LIE_RIGHT;
    fputs(head, out);
    fputs("<h1>A memcached client, examined</h1>\n<p>", out);
    for (; *command != NULL; command++) {
        print_code(out, *command);
        fputc(' ', out);
    }
    fprintf(out, "<p>%zu of %zu case%s %s right", right, count, plural_s(count),
            right == 1 ? "is" : "are");
    print_sums(out, list, count, LIE_RIGHT + 1);
    fputs(".\n", out);
    print_table(out, list, count, true);
    print_table(out, list, count, false);
    fputs("<p>To try a case by hand: <code>mcwire lie CASE --listen PORT</code>\n</html>\n", out);
}
