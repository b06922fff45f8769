/* The usual answer to a get in one step: the lines that reader.c reads piece by piece, when all of
 * them have arrived and say what was expected. It saves most of the time that a hit costs. */
#include "item.h"

extern inline size_t mc_item_number(const char *b, size_t i, size_t e, uint32_t *number);

int mc_item_next(const struct mc_reader *reader, struct mc_bytes *in, struct mc_bytes key,
                 struct mc_reply *reply)
{
    size_t end = reader->state == 0 ? mc_item_end(in->data, in->len, key, reply) : 0;
    if (end == 0)
        return MC_MORE;
    in->data += end;
    in->len -= end;
    return MC_VALUE;
}

bool mc_item_is_end(const struct mc_reader *reader, struct mc_bytes in)
{
    return reader->state == 0 && mc_item_ends(in.data, 0, in.len);
}
