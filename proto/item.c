/* The usual answer to a get at one go: the lines that reader.c reads piece by piece, when they lie
 * in the window whole and say what was expected. It saves most of the time that a hit costs. */
#include "item.h"

/*@ requires \valid_read(reader) && \valid(in) && window(in->data, in->len) && \valid(reply);
    requires \valid_read(key.data + (0 .. key.len - 1));
    requires \separated(reader, in, reply, in->data + (0 .. in->len - 1));
    requires \separated(reply, key.data + (0 .. key.len - 1));
    assigns *in, reply->flags, reply->size, reply->text;
    ensures \result == MC_MORE || \result == MC_VALUE;
    ensures \result == MC_MORE ==> *in == \old(*in);
    ensures reader->state != 0 ==> \result == MC_MORE;
    ensures \result == MC_VALUE ==>
            in->len < \old(in->len) && in->data == \old(in->data) + (\old(in->len) - in->len);
    ensures \result == MC_VALUE ==> reply->text.len == reply->size &&
            reply->text.data == \old(in->data) + (\old(in->len) - in->len - 2 - reply->size); */
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

/*@ requires \valid_read(reader) && window(in.data, in.len);
    assigns \nothing;
    ensures \result ==> reader->state == 0 && in.len == 5 && end_line(in.data, 0); */
bool mc_item_is_end(const struct mc_reader *reader, struct mc_bytes in)
{
    return reader->state == 0 && mc_item_ends(in.data, 0, in.len);
}
