/* One connection over a transport that waits: each call makes an operation and runs it. */
#include "client.h"

void mc_client_init(struct mc_client *client, struct mc_transport transport, void *buf, size_t cap)
{
    client->transport = transport;
    client->text = (struct mc_bytes){0};
    mc_engine_init(&client->engine, buf, cap, NULL, 0);
}

int mc_client_do(struct mc_client *client, struct mc_op *op, mc_deadline deadline)
{
    int r = mc_engine_do(&client->engine, &client->transport, op, deadline);
    client->text = op->text;
    return r;
}

/* One of a single key, or of none. */
static int run_single(struct mc_client *client, struct mc_op *op, mc_deadline deadline)
{
    int r = mc_engine_do_single(&client->engine, &client->transport, op, deadline);
    client->text = op->text;
    return r;
}

int mc_client_run(struct mc_client *client, struct mc_op *ops, size_t count, mc_deadline deadline)
{
    int r = mc_engine_run(&client->engine, &client->transport, ops, count, deadline);
    size_t k = 0;
    while (k < count && !mc_is_error(ops[k].result))
        k++;
    client->text = k < count ? ops[k].text : (struct mc_bytes){0};
    return r;
}

/* Starts an operation for run_single(). What else its command reads, the caller sets; the rest stays
 * unset, and nothing reads it. */
static void start_single(struct mc_op *op, const struct mc_command *command, struct mc_bytes key)
{
    op->command = command;
    op->key = key;
    op->value = NULL;
    op->meta = NULL;
    op->sink = NULL;
}

/* ---- retrieval ------------------------------------------------------------------------------- */

int mc_client_get(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                  mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_get, key);
    op.value = value;
    return run_single(client, &op, deadline);
}

int mc_client_gets(struct mc_client *client, struct mc_bytes key, struct mc_value *value,
                   mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_gets, key);
    op.value = value;
    return run_single(client, &op, deadline);
}

int mc_client_gat(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                  struct mc_value *value, mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_gat, key);
    op.exptime = exptime;
    op.value = value;
    return run_single(client, &op, deadline);
}

int mc_client_gats(struct mc_client *client, int32_t exptime, struct mc_bytes key,
                   struct mc_value *value, mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_gats, key);
    op.exptime = exptime;
    op.value = value;
    return run_single(client, &op, deadline);
}

int mc_client_get_many(struct mc_client *client, const struct mc_bytes *keys,
                       struct mc_value *values, size_t count, mc_deadline deadline)
{
    struct mc_op op;
    mc_op_start_many(&op, &mc_command_get, keys, values, count);
    return mc_client_do(client, &op, deadline);
}

int mc_client_gets_many(struct mc_client *client, const struct mc_bytes *keys,
                        struct mc_value *values, size_t count, mc_deadline deadline)
{
    struct mc_op op;
    mc_op_start_many(&op, &mc_command_gets, keys, values, count);
    return mc_client_do(client, &op, deadline);
}

/* ---- writes ---------------------------------------------------------------------------------- */

int mc_client_store(struct mc_client *client, const struct mc_command *command,
                    const struct mc_item *item, mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, command, item->key);
    op.meta_count = 0; /* for a command that is no store */
    op.data = item->value;
    op.number = item->cas;
    op.flags = item->flags;
    op.large_flags = item->large_flags;
    op.exptime = item->exptime;
    return run_single(client, &op, deadline);
}

int mc_client_delete(struct mc_client *client, struct mc_bytes key, mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_delete, key);
    return run_single(client, &op, deadline);
}

/* incr or decr. */
static int change_number(struct mc_client *client, struct mc_op *op, uint64_t *number,
                         mc_deadline deadline)
{
    int r = run_single(client, op, deadline);
    if (number != NULL)
        *number = op->answer;
    return r;
}

int mc_client_incr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_incr, key);
    op.number = delta;
    return change_number(client, &op, number, deadline);
}

int mc_client_decr(struct mc_client *client, struct mc_bytes key, uint64_t delta, uint64_t *number,
                   mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_decr, key);
    op.number = delta;
    return change_number(client, &op, number, deadline);
}

int mc_client_touch(struct mc_client *client, struct mc_bytes key, int32_t exptime,
                    mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_touch, key);
    op.exptime = exptime;
    return run_single(client, &op, deadline);
}

/* ---- the server ------------------------------------------------------------------------------ */

int mc_client_version(struct mc_client *client, mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_version, (struct mc_bytes){0});
    return run_single(client, &op, deadline);
}

int mc_client_flush_all(struct mc_client *client, int32_t delay_s, mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_flush_all, (struct mc_bytes){0});
    op.exptime = delay_s;
    return run_single(client, &op, deadline);
}

/* Nothing else may run without a login that was asked for. */
int mc_client_auth(struct mc_client *client, struct mc_bytes user, struct mc_bytes password,
                   mc_deadline deadline)
{
    struct mc_op op;
    start_single(&op, &mc_command_auth, user);
    op.data = password;
    int r = run_single(client, &op, deadline);
    if (r < 0 && r != MC_E_BUSY)
        mc_engine_fail(&client->engine, MC_E_AUTH);
    return r;
}
