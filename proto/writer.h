/* The writer of commands, which checks what it writes. Private to proto/: the put_ files use it.
 *
 * A writer starts after the commands that are already in the caller's buffer, remembers the first
 * error, and commits the command at the end: whole, or not at all. Keys and words are checked byte
 * by byte while they are copied, and numbers are printed from integers, so that nothing that a
 * caller passes can end a line or start another command.
 *
 * What is inline here is also compiled once, in writer.c, for calls that are not inlined. */
#ifndef MC_WRITER_H
#define MC_WRITER_H

#include "proto.h"

struct mc_writer {
    char *b;
    size_t i, cap; /* the next byte and the end; after an error they are the same */
    int error;     /* 0, or the first error: a negative enum mc_result */
};

#ifdef __FRAMAC__
#include "contracts/writer.h"
#endif

/* Keeps the error if it is the first, and leaves no room for anything more. */
inline void mc_writer_refuse(struct mc_writer *w, int error)
{
    if (w->error == 0)
        w->error = error;
    w->cap = w->i;
}

/* True when n more bytes fit; otherwise refuses the command. */
inline bool mc_writer_has_room(struct mc_writer *w, size_t n)
{
    if (n <= w->cap - w->i)
        return true;
    mc_writer_refuse(w, MC_E_FULL);
    return false;
}

/* Writes one byte that the library chose. */
inline void mc_writer_char(struct mc_writer *w, char c)
{
    if (!mc_writer_has_room(w, 1))
        return;
    w->b[w->i] = c;
    w->i++;
}

/* Writes a text that the library chose: it is copied unchecked. */
inline void mc_writer_text(struct mc_writer *w, struct mc_bytes text)
{
    if (!mc_writer_has_room(w, text.len))
        return;
    /*@ loop invariant 0 <= j <= text.len && (w->error == 0 ==> plain(w->b, line_from, w->i + j));
        loop assigns j, w->b[w->i .. w->i + text.len - 1];
        loop variant text.len - j; */
    for (size_t j = 0; j < text.len; j++)
        w->b[w->i + j] = text.data[j];
    w->i += text.len;
}

/* Starts a command with a text that the library chose, after the commands that are in *out. */
inline struct mc_writer mc_writer_start(const struct mc_out *out, struct mc_bytes text)
{
    struct mc_writer w = {out->data, out->len, out->len < out->cap ? out->cap : out->len, 0};
    //@ ghost line_from = out->len;
    mc_writer_text(&w, text);
    return w;
}

/* True for a byte that may stand in a key or another word. */
inline bool mc_writer_is_word_byte(char c)
{
    unsigned char byte = (unsigned char)c;
    return (byte > 0x20 && byte < 0x7f) || byte > 0x7f;
}

/* Writes a word that the caller passed; refuses it with `error` unless it has 1 to max bytes, all
 * of them word bytes. */
void mc_writer_token(struct mc_writer *w, struct mc_bytes token, size_t max, int error);

/* Writes <space><word>, checked like a token. */
void mc_writer_word(struct mc_writer *w, struct mc_bytes word, size_t max, int error);

/* Writes <space><key>, checked. */
inline void mc_writer_key(struct mc_writer *w, struct mc_bytes key)
{
    mc_writer_char(w, ' ');
    mc_writer_token(w, key, MC_KEY_MAX, MC_E_KEY);
}

/* Writes a number. */
void mc_writer_digits(struct mc_writer *w, uint64_t number);

/* Writes <space><number>. */
void mc_writer_number(struct mc_writer *w, uint64_t number);

/* Writes a number that may be negative. */
void mc_writer_signed_digits(struct mc_writer *w, int32_t number);

/* Writes <space><number>, which may be negative. */
inline void mc_writer_signed(struct mc_writer *w, int32_t number)
{
    mc_writer_char(w, ' ');
    mc_writer_signed_digits(w, number);
}

/* Writes CRLF. */
inline void mc_writer_end(struct mc_writer *w)
{
    if (!mc_writer_has_room(w, 2))
        return;
    char *b = w->b;
    size_t i = w->i;
    b[i] = '\r';
    b[i + 1] = '\n';
    w->i = i + 2;
}

/* Ends the line, and makes it part of *out unless there was an error, which it returns. */
inline int mc_writer_commit(struct mc_writer *w, struct mc_out *out)
{
    mc_writer_end(w);
    if (w->error == 0)
        out->len = w->i;
    return w->error;
}

/* The same, with " noreply" before the line's end if the caller wants no reply. */
inline int mc_writer_commit_noreply(struct mc_writer *w, struct mc_out *out, bool noreply)
{
    if (noreply)
        mc_writer_text(w, MC_BYTES(" noreply"));
    return mc_writer_commit(w, out);
}

/* Appends <text>\r\n, a whole command that the library chose. */
int mc_writer_line(struct mc_out *out, struct mc_bytes text);

/* Completes a retrieval command with [ <key>]*\r\n at out->data[i], and makes it part of *out
 * unless there was an error, which it returns. It needs no writer: it is the fast path of a get. */
int mc_writer_keys(struct mc_out *out, const struct mc_bytes *keys, size_t count, size_t i);

#endif
