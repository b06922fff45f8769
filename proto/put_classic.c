/* Writes the classic commands: retrieval, storage, deletion, incr and decr, touch. */
#include "writer.h"

#ifdef __FRAMAC__
#include "contracts/put_classic.h"
#endif

/* <name>[ <key>]*\r\n */
static int put_get(struct mc_out *out, struct mc_bytes name, const struct mc_bytes *keys,
                   size_t count)
{
    struct mc_writer w = mc_writer_start(out, name);
    return w.error == 0 ? mc_writer_keys(out, keys, count, w.i) : w.error;
}

/* <name> <exptime>[ <key>]*\r\n */
static int put_gat(struct mc_out *out, struct mc_bytes name, int32_t exptime,
                   const struct mc_bytes *keys, size_t count)
{
    struct mc_writer w = mc_writer_start(out, name);
    mc_writer_signed(&w, exptime);
    return w.error == 0 ? mc_writer_keys(out, keys, count, w.i) : w.error;
}

/* get <key>*\r\n */
int mc_put_get(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return put_get(out, MC_BYTES("get"), keys, count);
}

/* gets <key>*\r\n */
int mc_put_gets(struct mc_out *out, const struct mc_bytes *keys, size_t count)
{
    return put_get(out, MC_BYTES("gets"), keys, count);
}

/* gat <exptime> <key>*\r\n */
int mc_put_gat(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count)
{
    return put_gat(out, MC_BYTES("gat"), exptime, keys, count);
}

/* gats <exptime> <key>*\r\n */
int mc_put_gats(struct mc_out *out, int32_t exptime, const struct mc_bytes *keys, size_t count)
{
    return put_gat(out, MC_BYTES("gats"), exptime, keys, count);
}

/* Starts a storage command with its name. */
static struct mc_writer start_store(const struct mc_out *out, enum mc_store command)
{
    const char *names = "set     add     replace append  prepend cas     ";
    const char *lengths = "\3\3\7\6\7\3";
    struct mc_bytes name = {names + (size_t)command * 8, (size_t)lengths[command]};
    //@ assert plain(names, 0, 48);
    //@ assert name.data == names + 8 * command;
    //@ assert \forall integer k; 0 <= k < 8 ==> name.data[k] == names[8 * command + k];
    //@ assert 3 <= lengths[command] <= 7;
    return mc_writer_start(out, name);
}

/* <command name> <key> <flags> <exptime> <bytes>[ <cas unique>][ noreply]\r\n */
int mc_put_store(struct mc_out *out, enum mc_store command, const struct mc_item *item,
                 bool noreply)
{
    if ((unsigned)command > MC_CAS)
        return MC_E_COMMAND;
    if (item->value.len > MC_VALUE_MAX || (item->flags > UINT32_MAX && !item->large_flags))
        return MC_E_NUMBER;
    struct mc_writer w = start_store(out, command);
    mc_writer_key(&w, item->key);
    //@ assert w.error == 0 ==> \at(is_key(item->key), Pre);
    mc_writer_number(&w, item->flags);
    mc_writer_signed(&w, item->exptime);
    mc_writer_number(&w, item->value.len);
    if (command == MC_CAS)
        mc_writer_number(&w, item->cas);
    return mc_writer_commit_noreply(&w, out, noreply);
}

/* delete <key>[ noreply]\r\n */
int mc_put_delete(struct mc_out *out, struct mc_bytes key, bool noreply)
{
    struct mc_writer w = mc_writer_start(out, MC_BYTES("delete"));
    mc_writer_key(&w, key);
    //@ assert w.error == 0 ==> \at(is_key(key), Pre);
    return mc_writer_commit_noreply(&w, out, noreply);
}

/* <name> <key> <value>[ noreply]\r\n */
static int put_delta(struct mc_out *out, struct mc_bytes name, struct mc_bytes key, uint64_t delta,
                     bool noreply)
{
    struct mc_writer w = mc_writer_start(out, name);
    mc_writer_key(&w, key);
    //@ assert w.error == 0 ==> \at(is_key(key), Pre);
    mc_writer_number(&w, delta);
    return mc_writer_commit_noreply(&w, out, noreply);
}

/* incr <key> <value>[ noreply]\r\n */
int mc_put_incr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply)
{
    return put_delta(out, MC_BYTES("incr"), key, delta, noreply);
}

/* decr <key> <value>[ noreply]\r\n */
int mc_put_decr(struct mc_out *out, struct mc_bytes key, uint64_t delta, bool noreply)
{
    return put_delta(out, MC_BYTES("decr"), key, delta, noreply);
}

/* touch <key> <exptime>[ noreply]\r\n */
int mc_put_touch(struct mc_out *out, struct mc_bytes key, int32_t exptime, bool noreply)
{
    struct mc_writer w = mc_writer_start(out, MC_BYTES("touch"));
    mc_writer_key(&w, key);
    //@ assert w.error == 0 ==> \at(is_key(key), Pre);
    mc_writer_signed(&w, exptime);
    return mc_writer_commit_noreply(&w, out, noreply);
}
