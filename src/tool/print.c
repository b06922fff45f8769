/* Keeps what belongs to stdout apart from errors, and control characters away from terminals. */
#include "print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "escape.h"

void print_bytes(struct mc_bytes bytes)
{
    if (bytes.len > 0)
        fwrite(bytes.data, 1, bytes.len, stdout);
}

void print_value(const struct session *session, struct mc_bytes value)
{
    if (!session->terminal) {
        print_bytes(value);
        return;
    }
    escape_lines(stdout, value.data, value.len);
    if (value.len == 0 || value.data[value.len - 1] != '\n')
        putchar('\n');
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void print_json_text(struct mc_bytes text)
{
    putchar('"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            printf("\\u%04x", byte);
        else if (byte == 0xc2 && (unsigned char)text.data[i + 1] < 0xa0)
            printf("\\u%04x", (unsigned char)text.data[++i]); /* U+0080 to U+009F */
        else
            putchar(byte);
    }
    putchar('"');
}

void print_json_bytes(const char *name, const char *name_base64, struct mc_bytes bytes)
{
    struct buffer text = {0};

    if (escape_is_utf8(bytes.data, bytes.len)) {
        printf("\"%s\":", name);
        print_json_text(bytes);
        return;
    }
    base64_write(&text, bytes);
    printf("\"%s\":\"%.*s\"", name_base64, (int)text.len, text.data);
    buffer_free(&text);
}

void print_json_key(struct mc_bytes key, const char *result)
{
    putchar('{');
    print_json_bytes("key", "key_base64", key);
    printf(",\"result\":\"%s\"", result);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void print_json_answer(const struct mc_op *op)
{
    print_json_key(op->key, session_word(op->result));
    if (op->result == MC_NUMBER)
        printf(",\"number\":%" PRIu64, op->answer);
    puts("}");
}

void print_answer(struct session *session, const struct mc_op *op, bool several)
{
    enum status status = status_of(op->result, op->text);
    bool json = session->settings->json && status <= STATUS_NO;

    if (json) {
        print_json_answer(op);
        session_note(session, status);
        return;
    }
    if (status != STATUS_OK) {
        session_judge(session, op->key.data, op->result, op->text);
        return;
    }
    if (several) {
        escape_field(stdout, op->key.data, op->key.len);
        putchar('\t');
    }
    if (op->result == MC_NUMBER)
        printf("%" PRIu64 "\n", op->answer);
    else
        puts(session_word(op->result));
}

int print_end(const char *command, enum status status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return (int)status;
    if (errno != EPIPE)
        escape_message("mcwire", "%s: standard output: %s", command, strerror(errno));
    return STATUS_OUTPUT;
}
