/* Every command that mc_put_*() writes is read back as what was put: random commands with arguments
 * of every size, in pieces of every size. The argument: how many; 20,000 without one. */
#include "readback.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL = 20000, FLAG_TRIES = 24 };

static unsigned long commands = USUAL;
static uint64_t seed;

/* Marsaglia's xorshift. */
static uint64_t roll(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t below(uint64_t n)
{
    return roll() % n;
}

/* Any number of bits, and often the largest or the smallest of them. */
static uint64_t number(void)
{
    uint64_t bits = below(65), n = bits == 0 ? 0 : roll() >> (64 - bits);
    return below(4) > 0 || bits == 0 ? n : UINT64_MAX >> (64 - bits);
}

/* A word that can be sent, of up to max bytes; with `any`, any bytes. */
static struct mc_bytes word(char *buf, size_t max, bool any)
{
    size_t len = 1 + (size_t)below(below(8) > 0 ? 12 : max);
    len = len > max ? max : len;
    for (size_t k = 0; k < len; k++) {
        unsigned char c = (unsigned char)roll();
        buf[k] = (char)(any || (c > ' ' && c != 0x7f) ? c : 'a' + c % 26);
    }
    return (struct mc_bytes){buf, len};
}

/* What the slices of a command point to. */
struct room {
    char keys[QUESTION_KEYS][MC_KEY_MAX], tokens[QUESTION_FLAGS][MC_KEY_MAX];
    char words[MC_KEY_MAX], password[MC_KEY_MAX];
};

static void fill_keys(struct question *c, struct room *room)
{
    size_t most = c->name <= QUESTION_GATS ? 1 + (size_t)below(12) : 1;
    for (c->key_count = 0; c->key_count < most; c->key_count++)
        c->keys[c->key_count] = word(room->keys[c->key_count], MC_KEY_MAX, false);
}

/* A flag with this letter, and whatever belongs to it. */
static struct mc_flag flag_of(char letter, char *room)
{
    struct mc_flag flag = {.letter = letter};
    if (strchr("NRT", letter) != NULL)
        flag.ttl = (int32_t)(uint32_t)number();
    else if (letter == 'M')
        flag.number = (unsigned char)"EAPRSI+D-"[below(9)];
    else if (strchr("CDEFJ", letter) != NULL)
        flag.number = letter == 'F' ? (uint32_t)number() : number();
    else if (strchr("OPL", letter) != NULL)
        flag.token = word(room, letter == 'O' ? MC_OPAQUE_MAX : 200, false);
    return flag;
}

/* Of random flags, those that the command can have. */
static void fill_flags(struct question *c, struct room *room)
{
    size_t tries = (size_t)below(FLAG_TRIES);
    for (size_t k = 0; k < tries && c->flag_count < QUESTION_FLAGS; k++) {
        static const char letters[] = "bcfhklqstuvxINRTCDEFJMOPL";
        char letter = letters[below(sizeof letters - 1)];
        c->flags[c->flag_count] = flag_of(letter, room->tokens[c->flag_count]);
        c->flag_count++;
        if (letter == 'b')
            c->keys[0] = word(room->keys[0], MC_KEY_BINARY_MAX, true);
        if (question_wrong(c) != 0)
            c->flag_count--;
    }
    if (question_flag(c, 'b') == NULL)
        c->keys[0] = word(room->keys[0], MC_KEY_MAX, false);
}

/* Numbers that the command may have: the first of some that is in range for all. */
static void fill_numbers(struct question *c, size_t count)
{
    c->number_count = count;
    for (size_t k = 0; k < count; k++) {
        c->numbers[k] = 0;
        uint64_t n = number();
        const uint64_t tries[] = {n,           (uint32_t)n, (uint64_t)(int64_t)(int32_t)(uint32_t)n,
                                  n % 1000000, n % 101,     n % 3};
        for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
            c->numbers[k] = tries[i];
            if (question_wrong(c) == 0)
                break;
        }
    }
}

/* A command with arguments that mc_put_*() accepts. `none` is an input of no bytes. */
static void make(struct question *c, struct room *room, struct input *none)
{
    question_take(none, (enum question_name)below(COMMANDS), c);
    size_t numbers = c->number_count;
    c->noreply = question_has_noreply(c->name) && below(2) == 0;
    c->words = c->password = (struct mc_bytes){"", 0};
    if (question_has_words(c->name))
        c->words = word(room->words, MC_KEY_MAX, false);
    c->password = word(room->password, MC_KEY_MAX, false);
    if (c->name == QUESTION_AUTH && c->password.len > 2)
        room->password[1] = ' ';
    if (c->name != QUESTION_AUTH)
        c->password.len = 0;
    if (c->key_count > 0 || c->name <= QUESTION_GATS)
        fill_keys(c, room);
    fill_numbers(c, numbers);
    if (question_is_meta(c))
        fill_flags(c, room);
}

/* How many of each kind were put: none is left out. */
START_TEST(all_is_read_back)
{
    static struct room room;
    static struct question c;
    unsigned long put[COMMANDS] = {0}, sum = 0;
    for (seed = 1; sum < commands;) {
        struct input none = {0};
        make(&c, &room, &none);
        size_t piece = below(2) == 0 ? 0 : 1 + (size_t)below(40);
        const char *difference = readback(&c, piece);
        if (difference != NULL)
            ck_abort_msg("command %d, number %lu: another %s", c.name, sum, difference);
        put[c.name] += readback_was_put() ? 1 : 0;
        input_free(&none);
        sum++;
    }
    for (int name = 0; name < COMMANDS; name++) {
        if (put[name] < sum / COMMANDS / 2)
            ck_abort_msg("command %d was put %lu times of %lu", name, put[name], sum);
    }
}
END_TEST

int main(int argc, char **argv)
{
    const struct suite_test tests[] = {{all_is_read_back, 1}};
    if (argc > 1)
        commands = strtoul(argv[1], NULL, 10);
    return suite_run("readback", tests, 1);
}
