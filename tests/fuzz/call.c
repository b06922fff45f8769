/* Makes operations from the input, and calls the client with them. */
#include "call.h"

#include "choice.h"
#include "other_end.h"

#include <string.h>

/* ---- what is asked --------------------------------------------------------------------------- */

void call_take_space(struct input *in, struct call *op)
{
    op->value = (struct mc_value){NULL, 0, 77, 77, 77, 77};
    choice_space(in, &op->value);
    memset(&op->meta, 0x55, sizeof op->meta);
    op->out.answer = 77;
    op->out.text = MC_BYTES("of before");
    op->out.result = CALL_UNSET;
}

/* The command's numbers, where the client wants them. */
static void set_numbers(struct call *op)
{
    const uint64_t *numbers = op->c.numbers;
    switch (op->c.name) {
    case QUESTION_GAT:
    case QUESTION_GATS:
    case QUESTION_TOUCH:
    case QUESTION_FLUSH_ALL: op->out.exptime = (int32_t)numbers[0]; break;
    case QUESTION_INCR:
    case QUESTION_DECR: op->out.number = numbers[0]; break;
    default: break;
    }
    if (op->c.name >= QUESTION_SET && op->c.name <= QUESTION_CAS) {
        op->out.flags = (uint32_t)numbers[0];
        op->out.exptime = (int32_t)numbers[1];
        op->out.number = op->c.name == QUESTION_CAS ? numbers[3] : 0;
    }
}

static const struct mc_command *const commands[] = {
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
};

void call_take(struct input *in, struct call *op, bool alone)
{
    struct question *c = &op->c;
    question_take(in, (enum question_name)(input_byte(in) % (QUESTION_FLUSH_ALL + 1)), c);
    c->noreply = false;
    if (c->name != QUESTION_VERSION && c->name != QUESTION_FLUSH_ALL) {
        c->keys[0] = choice_key(in);
        c->key_count = 1;
    }
    if (question_is_meta(c))
        choice_flags(in, c);
    op->data = (struct mc_bytes){NULL, 0};
    uint64_t *size = question_size(c);
    if (size != NULL) {
        op->data = choice_data(in);
        *size = op->data.len;
    }
    op->out = mc_op_make(commands[c->name], c->key_count > 0 ? c->keys[0] : MC_BYTES(""));
    op->out.data = op->data;
    op->out.meta_flags = c->flags;
    op->out.meta_count = c->flag_count;
    call_take_space(in, op);
    bool wanted = input_byte(in) % 16 != 15 || (!alone && c->name <= QUESTION_GATS);
    op->out.value = wanted ? &op->value : NULL;
    op->out.meta = wanted ? &op->meta : NULL;
    set_numbers(op);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int call_number(struct mc_client *client, struct mc_op *o)
{
    uint64_t *number = o->value != NULL ? &o->answer : NULL; /* some do not want it */
    if (o->command == &mc_command_incr)
        return mc_client_incr(client, o->key, o->number, number, OTHER_DEADLINE);
    return mc_client_decr(client, o->key, o->number, number, OTHER_DEADLINE);
}

static int call_classic(struct mc_client *client, struct call *op)
{
    struct mc_op *o = &op->out;
    const struct mc_item item = {o->key, o->data, o->flags, o->exptime, o->number, o->large_flags};
    switch (op->c.name) {
    case QUESTION_GET: return mc_client_get(client, o->key, o->value, OTHER_DEADLINE);
    case QUESTION_GETS: return mc_client_gets(client, o->key, o->value, OTHER_DEADLINE);
    case QUESTION_GAT: return mc_client_gat(client, o->exptime, o->key, o->value, OTHER_DEADLINE);
    case QUESTION_GATS: return mc_client_gats(client, o->exptime, o->key, o->value, OTHER_DEADLINE);
    case QUESTION_DELETE: return mc_client_delete(client, o->key, OTHER_DEADLINE);
    case QUESTION_INCR:
    case QUESTION_DECR: return call_number(client, o);
    case QUESTION_TOUCH: return mc_client_touch(client, o->key, o->exptime, OTHER_DEADLINE);
    case QUESTION_VERSION: return mc_client_version(client, OTHER_DEADLINE);
    case QUESTION_FLUSH_ALL: return mc_client_flush_all(client, o->exptime, OTHER_DEADLINE);
    default: return mc_client_store(client, o->command, &item, OTHER_DEADLINE);
    }
}

int call_make(struct mc_client *client, struct call *op)
{
    if (question_is_meta(&op->c))
        return mc_client_do(client, &op->out, OTHER_DEADLINE);
    op->out.result = call_classic(client, op);
    return op->out.result;
}
