/* The command restore: reads a dump, stores its items in batches, and counts what became of each. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base64.h"
#include "buffer.h"
#include "decimal.h"
#include "escape.h"
#include "interrupt.h"
#include "patience.h"
#include "run.h"
#include "session.h"

enum { BATCH = 256, BATCH_BYTES = 1 << 20, READ_SIZE = 1 << 16, WORDS_MAX = 8, SAID_MAX = 10 };

/* An item of the dump: its places in the input, which may move. */
struct entry {
    size_t key, key_len, value, size;
    struct mc_flag flags[4];
    size_t count; /* flags */
    bool binary, expired;
};

struct restore {
    struct session *session;
    struct patience patience;
    struct buffer input, keys; /* input[0..at) is read; keys has those that were in base64 */
    size_t at;
    uint64_t offset; /* of input[0] in the whole input */
    bool ended, stopped;
    size_t count; /* entries of the batch */
    struct entry entries[BATCH];
    struct mc_op ops[BATCH];
    uint64_t written, kept, expired, refused, unknown, lost;
};

/* ---- the input ------------------------------------------------------------------------------- */

/* Makes the input longer. False at its end. */
static bool fill_input(struct restore *restore)
{
    ptrdiff_t n = -1;

    while (!restore->ended && n < 0) {
        n = buffer_fill(&restore->input, STDIN_FILENO, READ_SIZE);
        if (interrupt_came()) {
            session_note(restore->session, STATUS_INTERRUPTED);
            restore->ended = restore->stopped = true;
        } else if (n < 0 && errno != EINTR) {
            session_fail(restore->session, STATUS_USAGE, strerror(errno));
            restore->ended = true;
        }
    }
    restore->ended = restore->ended || n == 0;
    return !restore->ended;
}

/* Forgets what has been read. */
static void shift_input(struct restore *restore)
{
    struct buffer *input = &restore->input;

    input->len -= restore->at;
    if (input->len > 0)
        memmove(input->data, input->data + restore->at, input->len);
    restore->offset += restore->at;
    restore->at = 0;
    restore->keys.len = 0;
}

static bool fail_input(struct restore *restore, const char *what)
{
    char line[200];

    snprintf(line, sizeof line, "byte %" PRIu64 " of the input: %s; what follows is not restored",
             restore->offset + restore->at, what);
    session_fail(restore->session, STATUS_REFUSED, line);
    restore->ended = true;
    return false;
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* Splits input[from..to) into words at single spaces. How many; more than WORDS_MAX: too many. */
static size_t split_line(const struct buffer *input, size_t from, size_t to, struct mc_bytes *words)
{
    size_t count = 0;

    while (from <= to && count < WORDS_MAX) {
        const char *space = from < to ? memchr(input->data + from, ' ', to - from) : NULL;
        size_t end = space != NULL ? (size_t)(space - input->data) : to;
        words[count++] = (struct mc_bytes){input->data + from, end - from};
        from = end + 1;
    }
    return from <= to ? WORDS_MAX + 1 : count;
}

/* F<flags>, T<expiry> or b. memcached's times have 31 bits; later ones are in old dumps. */
static bool read_dump_flag(struct entry *entry, struct mc_bytes word)
{
    struct mc_flag *flag = &entry->flags[entry->count];
    uint64_t number;

    if (word.len == 0 || entry->count >= 3)
        return false;
    char letter = word.data[0];
    *flag = (struct mc_flag){.letter = letter};
    entry->count++;
    if (letter == 'b' && word.len == 1) {
        entry->binary = true;
        return true;
    }
    if (letter == 'F')
        return mc_decimal_read(word.data, 1, word.len, UINT64_MAX, &flag->number);
    if (letter != 'T' || !mc_decimal_read(word.data, 1, word.len, UINT32_MAX, &number))
        return false;
    flag->ttl = number < INT32_MAX ? (int32_t)number : INT32_MAX;
    entry->expired = number > 0 && (int64_t)number <= (int64_t)time(NULL);
    return true;
}

/* ms KEY SIZE F<flags> T<expiry>[ b], in words. What is wrong, or NULL. */
static const char *read_line(struct restore *restore, struct entry *entry,
                             const struct mc_bytes *words, size_t count)
{
    uint64_t size;

    *entry = (struct entry){.count = 0};
    if (count < 3 || words[0].len != 2 || memcmp(words[0].data, "ms", 2) != 0)
        return "not a line of a dump (ms KEY SIZE F<flags> T<expiry>)";
    if (count > WORDS_MAX || !mc_decimal_read(words[2].data, 0, words[2].len, MC_VALUE_MAX, &size))
        return "not the size of a value";
    for (size_t i = 3; i < count; i++)
        if (!read_dump_flag(entry, words[i]))
            return "a flag that no dump has";
    entry->size = (size_t)size;
    entry->key = (size_t)(words[1].data - restore->input.data);
    entry->key_len = words[1].len;
    if (!entry->binary)
        return NULL;
    entry->key = restore->keys.len;
    if (!base64_read(&restore->keys, words[1]))
        return "a key that is not in base64";
    entry->key_len = restore->keys.len - entry->key;
    return NULL;
}

/* Finds the end of the line at `at`, and reads more input for it if needed. False at the end. */
static bool find_line(struct restore *restore, size_t *end)
{
    struct buffer *input = &restore->input;

    for (size_t from = restore->at;;) {
        const char *found =
            from < input->len ? memchr(input->data + from, '\n', input->len - from) : NULL;
        if (found != NULL) {
            *end = (size_t)(found - input->data);
            return true;
        }
        from = input->len;
        if (from - restore->at >= MC_REQUEST_MAX)
            return fail_input(restore, "the line is too long for a dump");
        if (!fill_input(restore)) {
            if (input->len > restore->at && !restore->stopped)
                fail_input(restore, "it ends in the middle of an item");
            return false;
        }
    }
}

/* Reads the next item. False at the end of the input. */
static bool read_entry(struct restore *restore, struct entry *entry)
{
    struct buffer *input = &restore->input;
    struct mc_bytes words[WORDS_MAX];
    size_t end = 0;

    if (!find_line(restore, &end))
        return false;
    size_t line_end = end > restore->at && input->data[end - 1] == '\r' ? end - 1 : end;
    size_t count = split_line(input, restore->at, line_end, words);
    const char *wrong = read_line(restore, entry, words, count);
    if (wrong != NULL)
        return fail_input(restore, wrong);
    entry->value = end + 1;
    while (input->len - entry->value < entry->size + 2)
        if (!fill_input(restore))
            return restore->stopped ? false
                                    : fail_input(restore, "it ends in the middle of an item");
    if (memcmp(input->data + entry->value + entry->size, "\r\n", 2) != 0)
        return fail_input(restore, "the value of this item does not have its size");
    restore->at = entry->value + entry->size + 2;
    return true;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static void make_op(struct restore *restore, size_t k)
{
    struct entry *entry = &restore->entries[k];
    const char *keys = entry->binary ? restore->keys.data : restore->input.data;

    if (restore->session->settings->add)
        entry->flags[entry->count++] = (struct mc_flag){.letter = 'M', .number = 'E'};
    restore->ops[k] = mc_op_ms((struct mc_bytes){keys + entry->key, entry->key_len},
                               (struct mc_bytes){restore->input.data + entry->value, entry->size},
                               (struct mc_flags){entry->flags, entry->count}, NULL);
}

/* Says why an item was not stored; of what concerns more than one only the first time. */
static void say_lost(struct restore *restore, const struct mc_op *op)
{
    char key[MC_KEY_MAX + 1];

    session_note(restore->session, status_of(op->result, op->text));
    if (op->result == MC_E_UNKNOWN ? restore->unknown > 1 : restore->refused > SAID_MAX)
        return;
    snprintf(key, sizeof key, "%.*s", (int)op->key.len, op->key.data);
    session_judge(restore->session, key, op->result, op->text);
}

static void count_item(struct restore *restore, const struct mc_op *op)
{
    if (op->result == MC_HD)
        restore->written++;
    else if (op->result == MC_NOT_STORED)
        restore->kept++;
    else {
        if (op->result == MC_E_UNKNOWN)
            restore->unknown++;
        else if (op->result > MC_E_PROTOCOL)
            restore->refused++;
        else
            restore->lost++;
        say_lost(restore, op);
    }
}

/* Stores the batch; after a failure of the connection it only counts. */
static void store_batch(struct restore *restore)
{
    struct mc_server *server = &restore->session->server;

    for (size_t k = 0; k < restore->count; k++)
        make_op(restore, k);
    patience_begin(server);
    if (restore->count > 0 && !restore->stopped) {
        mc_server_run(server, restore->ops, restore->count);
        for (size_t k = 0; k < restore->count; k++) {
            count_item(restore, &restore->ops[k]);
            restore->stopped = restore->stopped || restore->ops[k].result <= MC_E_PROTOCOL;
        }
    } else
        restore->lost += restore->count;
    restore->count = 0;
    shift_input(restore);
}

static void restore_all(struct restore *restore)
{
    while (!restore->ended) {
        struct entry *entry = &restore->entries[restore->count];
        if (read_entry(restore, entry)) {
            restore->count += entry->expired ? 0 : 1;
            restore->expired += entry->expired ? 1 : 0;
        }
        if (restore->count == BATCH || restore->at > BATCH_BYTES || restore->ended)
            store_batch(restore);
        if (interrupt_came() && !restore->ended) {
            session_note(restore->session, STATUS_INTERRUPTED);
            restore->ended = restore->stopped = true;
        }
    }
}

static void report_count(uint64_t count, const char *what)
{
    if (count > 0)
        fprintf(stderr, ", %" PRIu64 " %s", count, what);
}

static void report(const struct restore *restore)
{
    fprintf(stderr, "mcwire: restore: %" PRIu64 " written", restore->written);
    report_count(restore->kept, "left alone (--add)");
    report_count(restore->expired, "expired since the dump");
    report_count(restore->refused, "refused");
    report_count(restore->unknown, "unknown (sent, but without an answer)");
    report_count(restore->lost, "not written");
    fputs(restore->unknown + restore->lost > 0 ? "; run it again to complete it\n" : "\n", stderr);
}

int run_restore(void *options, const struct option_words *words)
{
    struct session session;
    int status = session_start(&session, options, words);

    if (status != 0)
        return status;
    if (isatty(STDIN_FILENO) == 1) {
        session_fail(&session, STATUS_USAGE, "not from a terminal: mcwire restore <FILE");
        return session_end(&session);
    }
    struct restore *restore = buffer_array(1, sizeof *restore);
    restore->session = &session;
    patience_start(&restore->patience, &session.server);
    interrupt_catch();
    restore_all(restore);
    report(restore);
    mc_server_close(&session.server);
    buffer_free(&restore->input);
    buffer_free(&restore->keys);
    free(restore);
    session.server.dialer = (struct mc_dialer){0};
    return session_end(&session);
}
