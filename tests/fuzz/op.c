/* Makes operations from the input, and calls the client with them. */
#include "op.h"

#include "argument.h"
#include "other_end.h"

#include <string.h>

/* ---- what is asked --------------------------------------------------------------------------- */

void op_take_space(struct input *in, struct op *op)
{
    op->value = (struct mc_value){NULL, 0, 77, 77, 77, 77};
    argument_space(in, &op->value);
    memset(&op->meta, 0x55, sizeof op->meta);
    op->out.answer = 77;
    op->out.text = MC_BYTES("of before");
    op->out.result = OP_UNSET;
}

/* The command's numbers, where the client wants them. */
static void set_numbers(struct op *op)
{
    const uint64_t *numbers = op->c.numbers;
    switch (op->c.name) {
    case COMMAND_GAT:
    case COMMAND_GATS:
    case COMMAND_TOUCH:
    case COMMAND_FLUSH_ALL: op->out.exptime = (int32_t)numbers[0]; break;
    case COMMAND_INCR:
    case COMMAND_DECR: op->out.number = numbers[0]; break;
    default: break;
    }
    if (op->c.name >= COMMAND_SET && op->c.name <= COMMAND_CAS) {
        op->out.flags = (uint32_t)numbers[0];
        op->out.exptime = (int32_t)numbers[1];
        op->out.number = op->c.name == COMMAND_CAS ? numbers[3] : 0;
    }
}

static const struct mc_command *const commands[] = {
    [COMMAND_GET] = &mc_command_get,         [COMMAND_GETS] = &mc_command_gets,
    [COMMAND_GAT] = &mc_command_gat,         [COMMAND_GATS] = &mc_command_gats,
    [COMMAND_SET] = &mc_command_set,         [COMMAND_ADD] = &mc_command_add,
    [COMMAND_REPLACE] = &mc_command_replace, [COMMAND_APPEND] = &mc_command_append,
    [COMMAND_PREPEND] = &mc_command_prepend, [COMMAND_CAS] = &mc_command_cas,
    [COMMAND_DELETE] = &mc_command_delete,   [COMMAND_INCR] = &mc_command_incr,
    [COMMAND_DECR] = &mc_command_decr,       [COMMAND_TOUCH] = &mc_command_touch,
    [COMMAND_MG] = &mc_command_mg,           [COMMAND_MS] = &mc_command_ms,
    [COMMAND_MD] = &mc_command_md,           [COMMAND_MA] = &mc_command_ma,
    [COMMAND_VERSION] = &mc_command_version, [COMMAND_FLUSH_ALL] = &mc_command_flush_all,
};

void op_take(struct input *in, struct op *op, bool alone)
{
    struct command *c = &op->c;
    command_take(in, (enum command_name)(input_byte(in) % (COMMAND_FLUSH_ALL + 1)), c);
    c->noreply = false;
    if (c->name != COMMAND_VERSION && c->name != COMMAND_FLUSH_ALL) {
        c->keys[0] = argument_key(in);
        c->key_count = 1;
    }
    if (command_is_meta(c))
        argument_flags(in, c);
    op->data = (struct mc_bytes){NULL, 0};
    uint64_t *size = command_size(c);
    if (size != NULL) {
        op->data = argument_data(in);
        *size = op->data.len;
    }
    op->out = mc_op_make(commands[c->name], c->key_count > 0 ? c->keys[0] : MC_BYTES(""));
    op->out.data = op->data;
    op->out.meta_flags = c->flags;
    op->out.meta_count = c->flag_count;
    op_take_space(in, op);
    bool wanted = input_byte(in) % 16 != 15 || (!alone && c->name <= COMMAND_GATS);
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

static int call_classic(struct mc_client *client, struct op *op)
{
    struct mc_op *o = &op->out;
    const struct mc_item item = {o->key, o->data, o->flags, o->exptime, o->number, o->large_flags};
    switch (op->c.name) {
    case COMMAND_GET: return mc_client_get(client, o->key, o->value, OTHER_DEADLINE);
    case COMMAND_GETS: return mc_client_gets(client, o->key, o->value, OTHER_DEADLINE);
    case COMMAND_GAT: return mc_client_gat(client, o->exptime, o->key, o->value, OTHER_DEADLINE);
    case COMMAND_GATS: return mc_client_gats(client, o->exptime, o->key, o->value, OTHER_DEADLINE);
    case COMMAND_DELETE: return mc_client_delete(client, o->key, OTHER_DEADLINE);
    case COMMAND_INCR:
    case COMMAND_DECR: return call_number(client, o);
    case COMMAND_TOUCH: return mc_client_touch(client, o->key, o->exptime, OTHER_DEADLINE);
    case COMMAND_VERSION: return mc_client_version(client, OTHER_DEADLINE);
    case COMMAND_FLUSH_ALL: return mc_client_flush_all(client, o->exptime, OTHER_DEADLINE);
    default: return mc_client_store(client, o->command, &item, OTHER_DEADLINE);
    }
}

int op_call(struct mc_client *client, struct op *op)
{
    if (command_is_meta(&op->c))
        return mc_client_do(client, &op->out, OTHER_DEADLINE);
    op->out.result = call_classic(client, op);
    return op->out.result;
}
