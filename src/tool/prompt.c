/* Reads lines from a descriptor, and meanwhile waits for another one. A terminal that is not dumb tells
 * each key as it is pressed, and the line is edited here; otherwise the system does that. */
#include "prompt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "interrupt.h"
#include "screen.h"

enum { PIECE = 65536, LINE_SIZE = 16 << 20 };

/* ---- lines that come whole ------------------------------------------------------------------- */

/* Takes a line off the bytes that were read; at the end also one that has no end. */
static bool take_line(struct prompt *prompt, bool at_end, struct buffer *line)
{
    size_t left = prompt->kept.len - prompt->used;
    if (left == 0)
        return false;
    const char *from = prompt->kept.data + prompt->used, *end = memchr(from, '\n', left);
    if (end == NULL && !at_end)
        return false;
    size_t len = end != NULL ? (size_t)(end - from) : left;
    prompt->used += end != NULL ? len + 1 : len;
    if (len > 0 && from[len - 1] == '\r')
        len--;
    buffer_add(line, (struct mc_bytes){from, len});
    return true;
}

/* Drops what has been used, so that memory does not grow with the lines. */
static void drop_used(struct prompt *prompt)
{
    if (prompt->used == 0)
        return;
    prompt->kept.len -= prompt->used;
    memmove(prompt->kept.data, prompt->kept.data + prompt->used, prompt->kept.len);
    prompt->used = 0;
}

/* Waits until there is something to be read: PROMPT_LINE. */
static enum prompt_result wait_for_input(struct prompt *prompt)
{
    int ready = interrupt_wait(prompt->in, prompt->other, -1);

    if (ready < 0)
        return PROMPT_END;
    if ((ready & INTERRUPT_CAME) != 0) {
        prompt->kept.len = prompt->used = 0;
        return PROMPT_ABANDONED;
    }
    return (ready & INTERRUPT_SECOND) != 0 ? PROMPT_WOKEN : PROMPT_LINE;
}

static enum prompt_result read_line(struct prompt *prompt, struct buffer *line)
{
    while (!take_line(prompt, false, line)) {
        enum prompt_result result = wait_for_input(prompt);
        if (result != PROMPT_LINE)
            return result;
        drop_used(prompt);
        ptrdiff_t n = buffer_fill(&prompt->kept, prompt->in, PIECE);
        if (n < 0 && errno != EINTR) {
            prompt->problem = strerror(errno);
            return PROMPT_END;
        }
        if (n == 0)
            return take_line(prompt, true, line) ? PROMPT_LINE : PROMPT_END;
        if (prompt->kept.len > LINE_SIZE && memchr(prompt->kept.data, '\n', LINE_SIZE) == NULL) {
            prompt->problem = "a line has at most 16 MiB";
            return PROMPT_END;
        }
    }
    return PROMPT_LINE;
}

/* ---- lines that are edited ------------------------------------------------------------------- */

static size_t columns_of(const struct prompt *prompt)
{
    struct winsize size;
    return ioctl(prompt->in, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                        : screen_columns();
}

/* Paints the line, with or without its hint. */
static void paint(const struct prompt *prompt, const struct prompt_kind *kind, bool hints)
{
    const struct edit *edit = &prompt->edit;
    char hint[HINT_SIZE] = "";

    if (hints && kind->hint != NULL)
        kind->hint(kind->ctx, (struct mc_bytes){edit->text.data, edit->text.len}, hint);
    const struct edit_look look = {stdout, kind->label, hint, prompt->grey, columns_of(prompt)};
    edit_paint(edit, &look);
    fflush(stdout);
}

/* Takes the bytes that were read, up to the end of the line. */
static enum edit_result use_keys(struct prompt *prompt)
{
    enum edit_result result = EDIT_MORE;

    while (result == EDIT_MORE && prompt->used < prompt->kept.len)
        result = edit_key(&prompt->edit, prompt->kept.data[prompt->used++]);
    return result;
}

/* Waits for keys, and reads them: PROMPT_LINE. */
static enum prompt_result read_keys(struct prompt *prompt)
{
    enum prompt_result result = wait_for_input(prompt);

    if (result != PROMPT_LINE)
        return result;
    drop_used(prompt);
    ptrdiff_t n = buffer_fill(&prompt->kept, prompt->in, PIECE);
    return n > 0 || (n < 0 && errno == EINTR) ? PROMPT_LINE : PROMPT_END;
}

/* Until Enter, or until something else ends it. */
static enum prompt_result edit_keys(struct prompt *prompt, const struct prompt_kind *kind)
{
    enum prompt_result result = PROMPT_LINE;
    enum edit_result edited;

    while ((edited = use_keys(prompt)) == EDIT_MORE && result == PROMPT_LINE) {
        paint(prompt, kind, true);
        result = read_keys(prompt);
    }
    return edited == EDIT_END ? PROMPT_END : result;
}

/* When it is woken, the screen's line is free for what is to be said. */
static enum prompt_result edit_line(struct prompt *prompt, const struct prompt_kind *kind,
                                    struct buffer *line)
{
    const struct buffer *text = &prompt->edit.text;

    if (!prompt->begun)
        edit_start(&prompt->edit, kind->remembered ? &prompt->history : NULL);
    enum prompt_result result = edit_keys(prompt, kind);
    prompt->begun = result == PROMPT_WOKEN;
    if (prompt->begun) {
        fputs("\r\033[K", stdout);
        return result;
    }
    paint(prompt, kind, false);
    putchar('\n');
    if (result == PROMPT_LINE)
        buffer_add(line, (struct mc_bytes){text->data, text->len});
    if (result == PROMPT_LINE && kind->remembered)
        history_add(&prompt->history, (struct mc_bytes){text->data, text->len});
    return result;
}

/* The terminal as it was, and as it tells keys, for signals that end, stop and continue the program. */
static struct {
    int file;
    struct termios before, keys;
} modes;

/* In the background the terminal is another program's. */
static void set_terminal(const struct termios *mode)
{
    pid_t group = tcgetpgrp(modes.file);

    if (group < 0 || group == getpgrp())
        tcsetattr(modes.file, TCSANOW, mode);
}

static void catch_signal_once(int signal, void (*handler)(int signal))
{
    const struct sigaction action = {.sa_handler = handler,
                                     .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
    struct sigaction before;

    if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(signal, &action, NULL);
}

/* By then the signal has its usual effect again. */
static void restore_terminal(int signal)
{
    set_terminal(&modes.before);
    raise(signal);
}

/* Stops here. A stop that is ignored, as no shell is there to continue it, changes nothing. */
static void stop_and_go_on(int signal)
{
    int error = errno;

    restore_terminal(signal);
    set_terminal(&modes.keys);
    catch_signal_once(SIGTSTP, stop_and_go_on);
    errno = error;
}

/* A shell may have changed the terminal, also after a stop that cannot be caught. */
static void go_on(int signal)
{
    int error = errno;

    set_terminal(&modes.keys);
    catch_signal_once(signal, go_on);
    errno = error;
}

static void catch_signals(const struct prompt *prompt, const struct termios *keys)
{
    modes.file = prompt->in;
    modes.before = prompt->before;
    modes.keys = *keys;
    catch_signal_once(SIGTERM, restore_terminal);
    catch_signal_once(SIGHUP, restore_terminal);
    catch_signal_once(SIGQUIT, restore_terminal);
    catch_signal_once(SIGTSTP, stop_and_go_on);
    catch_signal_once(SIGCONT, go_on);
}

/* The terminal stays as it is now. */
static void leave_terminal(void)
{
    catch_signal_once(SIGTSTP, SIG_DFL);
    catch_signal_once(SIGCONT, SIG_DFL);
}

/* Ctrl-C stays a signal; the keys that stop a program or make it dump core do nothing. */
void prompt_start_editing(struct prompt *prompt)
{
    struct termios keys;

    if (tcgetattr(prompt->in, &prompt->before) != 0)
        return;
    keys = prompt->before;
    keys.c_iflag = (keys.c_iflag | ICRNL) & ~(tcflag_t)(IXON | ISTRIP);
    keys.c_lflag = (keys.c_lflag | ISIG) & ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    keys.c_cc[VQUIT] = keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    catch_signals(prompt, &keys);
    prompt->edits = tcsetattr(prompt->in, TCSADRAIN, &keys) == 0;
}

enum prompt_result prompt_read(struct prompt *prompt, const struct prompt_kind *kind,
                               struct buffer *line)
{
    line->len = 0;
    if (prompt->edits)
        return edit_line(prompt, kind, line);
    if (prompt->terminal)
        fputs(kind->label, stdout);
    fflush(stdout);
    enum prompt_result result = read_line(prompt, line);
    if (result != PROMPT_LINE && prompt->terminal)
        putchar('\n');
    return result;
}

void prompt_free(struct prompt *prompt)
{
    if (prompt->edits) {
        leave_terminal();
        tcsetattr(prompt->in, TCSADRAIN, &prompt->before);
    }
    prompt->edits = false;
    edit_free(&prompt->edit);
    history_free(&prompt->history);
    buffer_free(&prompt->kept);
}
