/* Makes operations from the input, and calls the client with them. */
#include "op.h"

#include "argument.h"
#include "other_end.h"

/* ---- what is asked --------------------------------------------------------------------------- */

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

void op_take(struct input *in, struct op *op)
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
    op->out = (struct mc_pipeline_op){
        .verb = (enum mc_verb)c->name, .result = OP_UNSET, .data = op->data};
    op->out.key = c->key_count > 0 ? c->keys[0] : (struct mc_bytes){NULL, 0};
    op->out.meta_flags = c->flags;
    op->out.meta_count = c->flag_count;
    argument_space(in, &op->out.value);
    set_numbers(op);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static int call_meta(struct mc_client *client, struct mc_pipeline_op *o)
{
    switch (o->verb) {
    case MC_VERB_MG:
        return mc_client_mg(client, o->key, o->meta_flags, o->meta_count, &o->value, &o->meta,
                            OTHER_DEADLINE);
    case MC_VERB_MS:
        return mc_client_ms(client, o->key, o->data, o->meta_flags, o->meta_count, &o->meta,
                            OTHER_DEADLINE);
    case MC_VERB_MD:
        return mc_client_md(client, o->key, o->meta_flags, o->meta_count, &o->meta, OTHER_DEADLINE);
    default:
        return mc_client_ma(client, o->key, o->meta_flags, o->meta_count, &o->meta, OTHER_DEADLINE);
    }
}

int op_call(struct mc_client *client, struct mc_pipeline_op *o)
{
    const struct mc_item item = {o->key, o->data, o->flags, o->exptime, o->number, o->large_flags};
    uint64_t *number = &o->number;
    switch (o->verb) {
    case MC_VERB_GET: return mc_client_get(client, o->key, &o->value, OTHER_DEADLINE);
    case MC_VERB_GETS: return mc_client_gets(client, o->key, &o->value, OTHER_DEADLINE);
    case MC_VERB_GAT: return mc_client_gat(client, o->exptime, o->key, &o->value, OTHER_DEADLINE);
    case MC_VERB_GATS: return mc_client_gats(client, o->exptime, o->key, &o->value, OTHER_DEADLINE);
    case MC_VERB_DELETE: return mc_client_delete(client, o->key, OTHER_DEADLINE);
    case MC_VERB_INCR: return mc_client_incr(client, o->key, *number, number, OTHER_DEADLINE);
    case MC_VERB_DECR: return mc_client_decr(client, o->key, *number, number, OTHER_DEADLINE);
    case MC_VERB_TOUCH: return mc_client_touch(client, o->key, o->exptime, OTHER_DEADLINE);
    case MC_VERB_MG:
    case MC_VERB_MS:
    case MC_VERB_MD:
    case MC_VERB_MA: return call_meta(client, o);
    case MC_VERB_VERSION: return mc_client_version(client, OTHER_DEADLINE);
    case MC_VERB_FLUSH_ALL: return mc_client_flush_all(client, o->exptime, OTHER_DEADLINE);
    default:
        return mc_client_store(client, (enum mc_store)(o->verb - MC_VERB_SET), &item,
                               OTHER_DEADLINE);
    }
}
