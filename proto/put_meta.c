/* Writes the meta commands, and base64, in which binary keys are sent. */
#include "writer.h"

/* The flags of a meta command, by the kind of their argument; common ones first. */
struct meta_command {
    char name[3];
    char bare[12];  /* no argument */
    char ttl[4];    /* a number of seconds, which may be negative */
    char number[6]; /* up to 64 bits */
    char modes[7];  /* the letters of M */
    bool tokens;    /* O P L */
};

static const struct meta_command mg = {"mg", "vtfkcsqhlub", "NRT", "CE", "", true};
static const struct meta_command ms = {"ms", "bckqsI", "NT", "CEF", "EAPRS", true};
static const struct meta_command md = {"md", "bkqxI", "T", "CE", "", true};
static const struct meta_command ma = {"ma", "vtckqb", "NT", "CDEJ", "I+D-", true};
static const struct meta_command me = {"me", "b", "", "", "", false};

enum { PADDING = 64 };

#ifdef __FRAMAC__
#include "contracts/put_meta.h"
#endif

/* The digit of RFC 4648 for six bits; for PADDING, what fills up the last four. */
static inline char base64_digit(uint32_t six)
{
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    return digits[six];
}

/* Writes one to three bytes as four characters of RFC 4648. */
static void put_base64_group(struct mc_writer *w, const char *b, size_t i, size_t n)
{
    uint32_t bits = (uint32_t)(unsigned char)b[i] << 16;
    if (n > 1)
        bits |= (uint32_t)(unsigned char)b[i + 1] << 8;
    if (n > 2)
        bits |= (uint32_t)(unsigned char)b[i + 2];
    mc_writer_char(w, base64_digit(bits >> 18 & 63));
    mc_writer_char(w, base64_digit(bits >> 12 & 63));
    mc_writer_char(w, base64_digit(n > 1 ? bits >> 6 & 63 : PADDING));
    mc_writer_char(w, base64_digit(n > 2 ? bits & 63 : PADDING));
}

/* Writes bytes in base64, three at a time. */
static void put_base64(struct mc_writer *w, struct mc_bytes bytes)
{
    /*@ loop invariant 0 <= i <= bytes.len + 2 && checked(*w) && goes_on(\at(*w, Pre), *w);
        loop assigns i, w->i, w->cap, w->error, w->b[\at(w->i, Pre) .. \at(w->cap, Pre) - 1];
        loop variant bytes.len + 2 - i; */
    for (size_t i = 0; i < bytes.len && w->error == 0; i += 3)
        put_base64_group(w, bytes.data, i, bytes.len - i < 3 ? bytes.len - i : 3);
}

/* Writes a space and a binary key in base64, as memcached decodes it for the flag b. */
static void put_binary_key(struct mc_writer *w, struct mc_bytes key)
{
    if (key.len < 1 || key.len > MC_KEY_BINARY_MAX)
        mc_writer_refuse(w, MC_E_KEY);
    mc_writer_char(w, ' ');
    put_base64(w, key);
}

int mc_put_base64(struct mc_out *out, struct mc_bytes bytes)
{
    struct mc_writer w = mc_writer_start(out, MC_BYTES(""));
    put_base64(&w, bytes);
    if (w.error == 0)
        out->len = w.i;
    return w.error;
}

/* True when the letter is one of these. */
static bool has_letter(const char *letters, char letter)
{
    size_t j = 0;
    /*@ loop invariant 0 <= j <= 11;
        loop invariant \forall integer max; 0 <= max <= 11 && letters(letters, max) ==> j <= max;
        loop assigns j;
        loop variant 11 - j; */
    while (letters[j] != '\0' && letters[j] != letter)
        j++;
    return letters[j] != '\0';
}

/* True when one of the flags has this letter. */
static bool any_flag_is(const struct mc_flag *flags, size_t count, char letter)
{
    size_t k = 0;
    /*@ loop invariant 0 <= k <= count;
        loop invariant \forall integer n; 0 <= n < k ==> flags[n].letter != letter;
        loop assigns k;
        loop variant count - k; */
    while (k < count && flags[k].letter != letter)
        k++;
    return k < count;
}

/* Writes the letter of a mode (the flag M), if the command has it. */
static void put_mode(struct mc_writer *w, const char *modes, uint64_t mode)
{
    if (mode > 0x7f || !mc_writer_is_word_byte((char)mode) || !has_letter(modes, (char)mode))
        mc_writer_refuse(w, MC_E_FLAG);
    mc_writer_char(w, (char)mode);
}

/* The most bytes that a flag's token can have; 0 for a flag without one. */
static size_t token_max(char letter)
{
    if (letter == 'O')
        return MC_OPAQUE_MAX;
    return letter == 'P' || letter == 'L' ? MC_KEY_MAX : 0;
}

/* True when client flags are of the 32 bits that every server keeps, or more are meant. */
static bool fits_flags(uint64_t flags, bool large)
{
    return flags <= UINT32_MAX || large;
}

/* Writes a space, one flag, and what belongs to its letter in this command. */
static void put_flag(struct mc_writer *w, const struct meta_command *command,
                     const struct mc_flag *flag)
{
    char letter = flag->letter;
    mc_writer_char(w, ' ');
    if (!mc_writer_is_word_byte(letter))
        mc_writer_refuse(w, MC_E_FLAG);
    mc_writer_char(w, letter);
    //@ assert has_letters(command);
    if (has_letter(command->bare, letter))
        return;
    else if (has_letter(command->ttl, letter))
        mc_writer_signed_digits(w, flag->ttl);
    else if (has_letter(command->number, letter) &&
             (letter != 'F' || fits_flags(flag->number, flag->large)))
        mc_writer_digits(w, flag->number);
    else if (letter == 'M' && command->modes[0] != '\0')
        put_mode(w, command->modes, flag->number);
    else if (command->tokens && token_max(letter) > 0)
        mc_writer_token(w, flag->token, token_max(letter), MC_E_TOKEN);
    else
        mc_writer_refuse(w, has_letter(command->number, letter) ? MC_E_NUMBER : MC_E_FLAG);
}

/* Writes all flags; the second of one letter is refused. */
static void put_flags(struct mc_writer *w, const struct meta_command *command,
                      const struct mc_flag *flags, size_t count)
{
    /*@ loop invariant 0 <= k <= count && checked(*w) && goes_on(\at(*w, Pre), *w);
        loop invariant has_letters(command);
        loop invariant given_flags(flags, count, w->b, \at(w->i, Pre), \at(w->cap, Pre));
        loop assigns k, w->i, w->cap, w->error, w->b[\at(w->i, Pre) .. \at(w->cap, Pre) - 1];
        loop variant count - k; */
    for (size_t k = 0; k < count && w->error == 0; k++) {
        if (any_flag_is(flags, k, flags[k].letter))
            mc_writer_refuse(w, MC_E_FLAG);
        put_flag(w, command, &flags[k]);
    }
}

/* Starts a meta command with <name> <key>; a binary key is sent in base64. */
static struct mc_writer start_meta(const struct mc_out *out, const struct meta_command *command,
                                   struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    struct mc_bytes name = {command->name, 2};
    //@ assert plain(name.data, 0, 2);
    struct mc_writer w = mc_writer_start(out, name);
    if (any_flag_is(flags, count, 'b'))
        put_binary_key(&w, key);
    else
        mc_writer_key(&w, key);
    return w;
}

/* <name> <key>[ <flag>]*\r\n */
static int put_meta_line(struct mc_out *out, const struct meta_command *command,
                         struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    if (count > MC_TOKENS_MAX - 2)
        return MC_E_FLAG;
    struct mc_writer w = start_meta(out, command, key, flags, count);
    put_flags(&w, command, flags, count);
    return mc_writer_commit(&w, out);
}

/* mg <key>[ <flag>]*\r\n */
int mc_put_mg(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta_line(out, &mg, key, flags, count);
}

/* ms <key> <datalen>[ <flag>]*\r\n */
int mc_put_ms(struct mc_out *out, struct mc_bytes key, size_t size, const struct mc_flag *flags,
              size_t count)
{
    if (count > MC_TOKENS_MAX - 3)
        return MC_E_FLAG;
    if (size > MC_VALUE_MAX)
        return MC_E_NUMBER;
    struct mc_writer w = start_meta(out, &ms, key, flags, count);
    mc_writer_number(&w, size);
    put_flags(&w, &ms, flags, count);
    return mc_writer_commit(&w, out);
}

/* md <key>[ <flag>]*\r\n */
int mc_put_md(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta_line(out, &md, key, flags, count);
}

/* ma <key>[ <flag>]*\r\n */
int mc_put_ma(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta_line(out, &ma, key, flags, count);
}

/* me <key>[ <flag>]*\r\n */
int mc_put_me(struct mc_out *out, struct mc_bytes key, const struct mc_flag *flags, size_t count)
{
    return put_meta_line(out, &me, key, flags, count);
}

/* mn\r\n */
int mc_put_mn(struct mc_out *out)
{
    return mc_writer_line(out, MC_BYTES("mn"));
}
