/* Makes arguments that are mostly right, so that operations get far. */
#include "choice.h"

#include <string.h>

struct mc_bytes choice_key(struct input *in)
{
    static const struct mc_bytes keys[] = {{"a", 1}, {"b", 1}, {"ab", 2}, {"key", 3}};
    uint8_t choice = input_byte(in) % 16;
    return choice < 14 ? keys[choice % 4] : input_bytes(in);
}

struct mc_bytes choice_data(struct input *in)
{
    uint8_t choice = input_byte(in);
    if (choice < 250)
        return choice % 2 == 0 ? MC_BYTES("value") : input_bytes(in);
    size_t size = (size_t)(choice - 249) * 5000; /* several to a flight, and more than a flight */
    char *data = input_space(in, size);
    memset(data, choice, size);
    return (struct mc_bytes){data, size};
}

void choice_flags(struct input *in, struct question *c)
{
    static const char letters[] = "vkOqbtcfslhTOqvkMCxIRENFDJPuz";
    c->flag_count = input_byte(in) % 8;
    for (size_t k = 0; k < c->flag_count; k++)
        c->flags[k] = question_take_flag(in, letters[input_byte(in) % (sizeof letters - 1)]);
}

void choice_space(struct input *in, struct mc_value *value)
{
    static const size_t sizes[] = {4096, 64, 8, 0};
    value->cap = sizes[input_byte(in) % 4];
    value->buf = input_space(in, value->cap);
}
