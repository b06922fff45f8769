/* Asks the questions of a case, one at a time, while the server of the case runs beside. */
#include "examine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "interrupt.h"
#include "socket.h"

enum {
    END_CHECK_MS = 5,
    LINE_MAX_SIZE = 2048,
    ANSWER_MAX = 1 << 22 /* the largest value, with each byte as %XX, and more */
};

enum waited { WAITED_LINE, WAITED_END, WAITED_LONG, WAITED_TOO_MUCH, WAITED_INTERRUPT };

/* A case that is run. */
struct run {
    struct examine *examine;
    struct examined *examined;
    struct child child;
    bool first; /* no answer has come yet */
    bool over;  /* there is no use in asking more */
};

/* ---- waiting --------------------------------------------------------------------------------- */

/* The deadline begins when the client's request reaches the server, so that a slow start of the
 * program does not count. */
static int64_t limit_of(const struct run *run, int64_t asked_ms)
{
    const struct examine *examine = run->examine;
    int64_t from = asked_ms + (run->first ? examine->start_ms : 0);
    if (examine->liar.asked_ms >= 0)
        from = examine->liar.asked_ms;
    return from + examine->timeout_ms + examine->grace_ms;
}

/* Until it has written a line, or something else has happened. */
static enum waited wait_for_line(struct run *run)
{
    struct examine *examine = run->examine;
    struct child *child = &run->child;
    int64_t asked_ms = mc_socket_now(), limit = limit_of(run, asked_ms);
    size_t seen = 0;
    while (!interrupt_came()) {
        struct pollfd files[LIAR_FILES] = {{child->from, POLLIN, 0},
                                           {examine->interrupt, POLLIN, 0}};
        liar_turn(&examine->liar, files, limit);
        if (files[0].revents != 0 && !child_read(child))
            return WAITED_END;
        if (child->output.len > seen &&
            memchr(child->output.data + seen, '\n', child->output.len - seen) != NULL)
            return WAITED_LINE;
        seen = child->output.len;
        if (seen > ANSWER_MAX)
            return WAITED_TOO_MUCH;
        limit = limit_of(run, asked_ms);
        if (files[0].revents == 0 && mc_socket_now() >= limit)
            return WAITED_LONG;
    }
    return WAITED_INTERRUPT;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void note(struct run *run, enum lie_verdict verdict, const struct lie_question *question,
                 struct mc_bytes answer)
{
    struct examined *examined = run->examined;
    if (lie_judge_worse(verdict, examined->verdict) == examined->verdict)
        return;
    size_t len = answer.len < EXAMINE_ANSWER_MAX ? answer.len : EXAMINE_ANSWER_MAX - 1;
    examined->verdict = verdict;
    examined->question = question;
    memcpy(examined->answer, answer.data, len);
    examined->answer[len] = '\0';
}

/* After a question that it skips, what is true of the next ones may be something else. */
static void judge_line(struct run *run, const struct lie_question *question)
{
    struct buffer *output = &run->child.output;
    const char *end = memchr(output->data, '\n', output->len);
    struct mc_bytes line = {output->data, (size_t)(end - output->data)};
    size_t used = line.len + 1;
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    enum lie_verdict verdict = lie_judge_answer(question, line);
    run->over = verdict == LIE_SKIPPED || verdict == LIE_CRASH;
    note(run, verdict, question, line);
    output->len -= used;
    memmove(output->data, output->data + used, output->len);
}

/* ---- a case ---------------------------------------------------------------------------------- */

static int ask(struct run *run, const struct lie_question *question)
{
    char line[LINE_MAX_SIZE];
    snprintf(line, sizeof line, "%s\n", question->ask);
    liar_mark(&run->examine->liar);
    child_write(&run->child, line);
    run->over = true;
    switch (wait_for_line(run)) {
    case WAITED_LINE: judge_line(run, question); break;
    case WAITED_LONG: note(run, LIE_HANG, question, MC_BYTES("no answer in time")); break;
    case WAITED_END:
        note(run, LIE_CRASH, question, MC_BYTES("no answer, the program ended"));
        break;
    case WAITED_TOO_MUCH:
        note(run, LIE_CRASH, question, MC_BYTES("a line that is longer than any answer"));
        break;
    case WAITED_INTERRUPT: return EINTR;
    }
    run->first = false;
    return 0;
}

static int ask_all(struct run *run)
{
    const struct lie_case *scene = run->examined->scene;
    int problem = 0;
    for (int round = 0; round < (scene->rounds > 0 ? scene->rounds : 1); round++) {
        for (size_t k = 0; k < LIE_CASE_QUESTIONS && scene->questions[k].ask != NULL; k++) {
            if (problem == 0 && !run->over)
                problem = ask(run, &scene->questions[k]);
        }
    }
    return problem;
}

/* Its input ends, and so should it. */
static int end_well(struct run *run)
{
    struct examine *examine = run->examine;
    int64_t limit = mc_socket_now() + examine->timeout_ms + examine->grace_ms;
    int status = 0;
    child_close_input(&run->child);
    while (!child_has_ended(&run->child, &status)) {
        int64_t now = mc_socket_now();
        struct pollfd files[LIAR_FILES] = {{-1, 0, 0}, {examine->interrupt, POLLIN, 0}};
        if (interrupt_came())
            return EINTR;
        if (now >= limit) {
            note(run, LIE_HANG, NULL, MC_BYTES("it goes on after the end of its input"));
            return 0;
        }
        liar_turn(&examine->liar, files, now + END_CHECK_MS);
    }
    if (status != 0)
        note(run, LIE_CRASH, NULL, MC_BYTES("it ended with a failure"));
    return 0;
}

int examine_case(struct examine *examine, const struct lie_case *scene, struct examined *examined)
{
    struct run run = {.examine = examine, .examined = examined, .first = true};
    *examined = (struct examined){.scene = scene};
    liar_begin(&examine->liar, scene);
    int problem = child_start(&run.child, examine->command);
    if (problem != 0)
        return problem;
    problem = ask_all(&run);
    if (problem == 0 && !run.over)
        problem = end_well(&run);
    child_end(&run.child);
    if (examined->verdict == LIE_RIGHT && !scene->honest && examine->liar.server.told == 0)
        note(&run, LIE_SKIPPED, NULL, MC_BYTES("its requests leave no place for it"));
    return problem;
}
