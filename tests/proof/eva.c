/* For Eva: one mc_reader_next() with each exact length from FROM to TO of unknown bytes that end where
 * their object ends, in each state of the reader. Includes what strip.py makes of proto/. */
#include "__fc_builtin.h"
/* Not in another order. */
#include "decimal.c"
#include "reader.c"

static char in[TO];

static void one(size_t len, int state)
{
    struct mc_reader reader = {0};
    struct mc_reply reply;
    struct mc_bytes left = {in + (TO - len), len};
    reader.state = (uint8_t)state;
    reader.meta = Frama_C_interval(0, 1);
    reader.body_left = state == BODY ? Frama_C_unsigned_int_interval(1, UINT32_MAX) : 0;
    mc_reader_next(&reader, &left, &reply);
    //@ assert left.len <= len;
}

int main(void)
{
    Frama_C_make_unknown(in, TO);
    for (size_t len = FROM; len <= TO; len++)
        for (int state = LINE; state <= BROKEN; state++)
            one(len, state);
    return 0;
}
