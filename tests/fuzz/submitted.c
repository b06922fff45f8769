/* Makes operations of the engine from the input. */
#include "submitted.h"

#include "choice.h"
#include "catalog.h"

#include <string.h>

/* ---- made ------------------------------------------------------------------------------------ */

static const struct mc_command *const engine_commands[] = {
    [QUESTION_GET] = &mc_command_get,         [QUESTION_GETS] = &mc_command_gets,
    [QUESTION_GAT] = &mc_command_gat,         [QUESTION_GATS] = &mc_command_gats,
    [QUESTION_SET] = &mc_command_set,         [QUESTION_ADD] = &mc_command_add,
    [QUESTION_REPLACE] = &mc_command_replace, [QUESTION_APPEND] = &mc_command_append,
    [QUESTION_PREPEND] = &mc_command_prepend, [QUESTION_CAS] = &mc_command_cas,
    [QUESTION_DELETE] = &mc_command_delete,   [QUESTION_INCR] = &mc_command_incr,
    [QUESTION_DECR] = &mc_command_decr,       [QUESTION_TOUCH] = &mc_command_touch,
    [QUESTION_MG] = &mc_command_mg,           [QUESTION_MS] = &mc_command_ms,
    [QUESTION_MD] = &mc_command_md,           [QUESTION_MA] = &mc_command_ma,
    [QUESTION_VERSION] = &mc_command_version, [QUESTION_FLUSH_ALL] = &mc_command_flush_all,
    [QUESTION_STATS] = &mc_command_stats,
};

static enum question_name take_name(struct input *in, bool *many)
{
    uint8_t choice = input_byte(in) % 32;
    *many = choice >= 26 && choice < 31;
    if (choice == 31)
        return QUESTION_STATS;
    return *many ? (enum question_name)(choice % 4) : (enum question_name)(choice % 20);
}

/* The command's numbers, where the engine wants them. */
static void set_numbers(const struct question *c, struct mc_op *op)
{
    const uint64_t *numbers = c->numbers;
    bool stores = c->name >= QUESTION_SET && c->name <= QUESTION_CAS;
    bool timed = c->name == QUESTION_GAT || c->name == QUESTION_GATS || c->name == QUESTION_TOUCH ||
                 c->name == QUESTION_FLUSH_ALL;
    if (timed)
        op->exptime = (int32_t)numbers[0];
    if (c->name == QUESTION_INCR || c->name == QUESTION_DECR)
        op->number = numbers[0];
    if (!stores)
        return;
    op->flags = (uint32_t)numbers[0];
    op->exptime = (int32_t)numbers[1];
    op->number = c->name == QUESTION_CAS ? numbers[3] : 0;
}

static void take_slots(struct input *in, struct submitted *a)
{
    bool keyed = a->c.name <= QUESTION_MA;
    a->slots = a->many ? 1 + input_byte(in) % SUBMITTED_SLOTS : 1;
    a->c.key_count = keyed ? a->slots : 0;
    a->keys = (struct mc_bytes *)(void *)input_space(in, a->slots * sizeof *a->keys);
    a->values = (struct mc_value *)(void *)input_space(in, a->slots * sizeof *a->values);
    for (size_t k = 0; k < a->slots; k++) {
        a->keys[k] = keyed ? choice_key(in) : (struct mc_bytes){NULL, 0};
        a->c.keys[k] = a->keys[k];
        a->values[k] = (struct mc_value){.result = 77, .len = 77, .flags = 77, .cas = 77};
        choice_space(in, &a->values[k]);
    }
}

enum { PIECES_MAX = 65536 }; /* no other end says more */

/* Keeps what comes of a value. */
static void receive(struct mc_sink *sink, const struct mc_op *op, size_t slot, int event,
                    const struct mc_reply *reply)
{
    struct submitted *a = (struct submitted *)sink;
    struct submitted_pieces *p = &a->pieces[slot];
    if (op != a->op || slot >= a->slots)
        fuzz_fail("a sink is given another operation, or slot %zu", slot);
    a->lines += event == MC_STAT || event == MC_ITEM ? 1 : 0;
    if (event == MC_VALUE) { /* also again, when the first was in a reply with surplus bytes */
        size_t cap = reply->size < PIECES_MAX ? reply->size : PIECES_MAX;
        *p = (struct submitted_pieces){true, reply->size, reply->flags, reply->cas, NULL, 0};
        p->bytes = input_space(a->in, cap);
    }
    if (event != MC_BODY)
        return;
    if (!p->begun || reply->text.len > p->size - p->len)
        fuzz_fail("a sink is given more than the value has");
    if (reply->text.len > 0 && p->size <= PIECES_MAX)
        memcpy(p->bytes + p->len, reply->text.data, reply->text.len);
    p->len += reply->text.len;
}

static void make_op(struct submitted *a, uint8_t how)
{
    struct mc_op *op = a->op;
    memset(op, 0x5a, sizeof *op); /* what was there before does not matter */
    *op = (struct mc_op){.command = engine_commands[a->c.name],
                         .key = a->keys[0],
                         .data = a->data,
                         .meta_flags = a->c.flags,
                         .meta_count = a->c.flag_count,
                         .value = &a->values[0],
                         .deadline = how / 8};
    if (a->c.name == QUESTION_STATS)
        op->key = a->c.words;
    op->meta = how % 2 == 0 ? a->meta : NULL;
    a->sink.receive = receive;
    op->sink = how % 8 == 7 || a->c.name == QUESTION_STATS ? &a->sink : NULL;
    if (how % 8 == 6)
        op->value = NULL;
    if (a->many) {
        op->keys = a->keys;
        op->values = a->values;
        op->count = a->slots;
    }
    set_numbers(&a->c, op);
    a->made = *op;
}

void submitted_take(struct input *in, struct submitted *a)
{
    bool many;
    enum question_name name = take_name(in, &many);
    *a = (struct submitted){.in = in, .many = many};
    if (name == QUESTION_STATS) {
        question_take(in, QUESTION_VERSION, &a->c);
        a->c.name = QUESTION_STATS;
        a->c.words = MC_BYTES("items");
    } else {
        question_take(in, name, &a->c);
    }
    a->c.noreply = false;
    take_slots(in, a);
    if (question_is_meta(&a->c))
        choice_flags(in, &a->c);
    uint64_t *size = question_size(&a->c);
    if (size != NULL) {
        a->data = choice_data(in);
        *size = a->data.len;
    }
    a->op = (struct mc_op *)(void *)input_space(in, sizeof *a->op);
    a->meta = (struct mc_meta *)(void *)input_space(in, sizeof *a->meta);
    memset(a->meta, 0x55, sizeof *a->meta);
    make_op(a, input_byte(in));
}

/* ---- ended ----------------------------------------------------------------------------------- */

/* Nothing of what was submitted has changed. */
static void check_kept(const struct submitted *a)
{
    const struct mc_op *op = a->op, *made = &a->made;
    if (op->command != made->command || op->key.data != made->key.data ||
        op->data.data != made->data.data || op->number != made->number ||
        op->value != made->value || op->keys != made->keys || op->sink != made->sink)
        fuzz_fail("an operation is not as it was");
}

void submitted_end(struct submitted *a, enum submitted_fate fate)
{
    check_kept(a);
    a->fate = fate;
    a->result = a->op->result;
    a->answer = a->op->answer;
    a->text = (struct mc_bytes){input_space(a->in, a->op->text.len), a->op->text.len};
    if (a->text.len > 0)
        memcpy((char *)(uintptr_t)a->text.data, a->op->text.data, a->text.len);
    memset(a->op, 0xee, sizeof *a->op);
    if (fate == SUBMITTED_DONE && !a->many && a->made.value != NULL &&
        a->values[0].result != a->result)
        fuzz_fail("a value has another result than its operation");
    if (fate == SUBMITTED_DONE)
        return;
    memset(a->values, 0xee, a->slots * sizeof *a->values);
    memset(a->keys, 0xee, a->slots * sizeof *a->keys);
}

int submitted_result(const struct submitted *a, size_t slot)
{
    return a->many ? a->values[slot].result : a->result;
}

bool submitted_is_quiet(const struct submitted *a)
{
    return question_is_meta(&a->c) && question_flag(&a->c, 'q') != NULL;
}

bool submitted_writes(const struct submitted *a)
{
    bool writes =
        question_is_write(&a->c) || a->c.name == QUESTION_GAT || a->c.name == QUESTION_GATS;
    for (const char *letter = "NRTE"; *letter != '\0' && a->c.name == QUESTION_MG; letter++)
        writes = writes || question_flag(&a->c, *letter) != NULL;
    return writes;
}
