/* Reading JSON, as far as a benchmark's results need it. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

/* A cursor over a text that ends in NUL. What the text does not hold makes it bad for good. */
struct json {
    const char *at;
    unsigned line; /* from 1 */
    bool bad;
};

/* Takes this character off the front, if it is next. */
bool json_take(struct json *json, char wanted);

/* Takes it, or the text is bad. */
void json_expect(struct json *json, char wanted);

/* A string; what is too long for `to` is cut off. */
void json_read_text(struct json *json, char *to, size_t cap);

/* A number, or -1 for null. */
double json_read_number(struct json *json);

/* Any value; at most 16 deep. */
void json_skip(struct json *json);

#endif
