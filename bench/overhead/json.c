/* A small reader of JSON. */
#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 16 };

static void skip_space(struct json *json)
{
    for (; *json->at != '\0' && strchr(" \t\r\n", *json->at) != NULL; json->at++)
        json->line += *json->at == '\n';
}

bool json_take(struct json *json, char wanted)
{
    skip_space(json);
    if (json->bad || *json->at != wanted)
        return false;
    json->at++;
    return true;
}

void json_expect(struct json *json, char wanted)
{
    json->bad = !json_take(json, wanted) || json->bad;
}

/* What follows a backslash; only bytes are known of \u. */
static char read_escape(struct json *json)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char letter = *json->at;
    const char *found = letter != '\0' ? strchr(from, letter) : NULL;

    if (found != NULL) {
        json->at++;
        return to[found - from];
    }
    char digits[5] = {0};
    for (size_t i = 0; letter == 'u' && i < 4 && json->at[1 + i] != '\0'; i++)
        digits[i] = json->at[1 + i];
    unsigned long code = strtoul(digits, NULL, 16);
    bool whole = strspn(digits, "0123456789abcdefABCDEF") == 4;
    json->bad = json->bad || !whole || code > UINT8_MAX;
    json->at += json->bad ? 0 : 5;
    return (char)code;
}

void json_read_text(struct json *json, char *to, size_t cap)
{
    size_t len = 0;

    json_expect(json, '"');
    while (!json->bad && *json->at != '"') {
        char byte = *json->at;
        json->bad = byte == '\0' || byte == '\n';
        if (json->bad)
            break;
        json->at++;
        if (byte == '\\')
            byte = read_escape(json);
        if (len + 1 < cap)
            to[len++] = byte;
    }
    if (cap > 0)
        to[len] = '\0';
    json_expect(json, '"');
}

static bool take_word(struct json *json, const char *word)
{
    size_t len = strlen(word);

    skip_space(json);
    if (strncmp(json->at, word, len) != 0)
        return false;
    json->at += len;
    return true;
}

double json_read_number(struct json *json)
{
    char *end;

    if (json->bad || take_word(json, "null"))
        return -1;
    double number = strtod(json->at, &end);
    json->bad = end == json->at;
    json->at = end;
    return number;
}

static void skip_value(struct json *json, int depth);

static void skip_members(struct json *json, char close, int depth)
{
    if (json_take(json, close))
        return;
    do {
        skip_value(json, depth + 1);
        if (close == '}') {
            json_expect(json, ':');
            skip_value(json, depth + 1);
        }
    } while (json_take(json, ','));
    json_expect(json, close);
}

static void skip_value(struct json *json, int depth)
{
    skip_space(json);
    json->bad = json->bad || depth > DEPTH_MAX;
    if (json->bad)
        return;
    if (*json->at == '"')
        json_read_text(json, NULL, 0);
    else if (json_take(json, '{'))
        skip_members(json, '}', depth);
    else if (json_take(json, '['))
        skip_members(json, ']', depth);
    else if (!take_word(json, "true") && !take_word(json, "false"))
        json_read_number(json);
}

void json_skip(struct json *json)
{
    skip_value(json, 0);
}
