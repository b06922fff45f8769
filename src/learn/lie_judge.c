/* Compares an answer with what is true, and with what a right client may say. */
#include "lie_judge.h"

#include <string.h>

const char *lie_judge_name(enum lie_verdict verdict)
{
    static const char *const names[LIE_VERDICTS] = {
        [LIE_RIGHT] = "right",
        [LIE_SKIPPED] = "skipped",
        [LIE_REJECTS] = "rejects valid replies",
        [LIE_FALSE_MISS] = "false miss",
        [LIE_HANG] = "hang",
        [LIE_CRASH] = "crash",
        [LIE_WRONG_VALUE] = "wrong value",
    };
    return names[verdict];
}

enum lie_verdict lie_judge_worse(enum lie_verdict a, enum lie_verdict b)
{
    return a > b ? a : b;
}

/* ---- answers --------------------------------------------------------------------------------- */

enum answer_kind { ANSWER_HIT, ANSWER_MISS, ANSWER_OK, ANSWER_NO, ANSWER_ERROR, ANSWER_SKIP, NONE };

/* Splits the first word off; one space after it goes with it. */
static struct mc_bytes split_word(struct mc_bytes *line)
{
    struct mc_bytes word = {line->data, 0};
    while (word.len < line->len && line->data[word.len] != ' ')
        word.len++;
    size_t gone = word.len < line->len ? word.len + 1 : word.len;
    line->data += gone;
    line->len -= gone;
    return word;
}

static bool is_text(struct mc_bytes word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.data, text, word.len) == 0;
}

static enum answer_kind kind_of(struct mc_bytes word)
{
    static const char *const words[] = {"HIT", "MISS", "OK", "NO", "ERROR", "SKIP"};
    int kind = ANSWER_HIT;
    while (kind < NONE && !is_text(word, words[kind]))
        kind++;
    return (enum answer_kind)kind;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of a word in which %XX is a byte; -1: it is malformed. */
static int next_byte(struct mc_bytes *word)
{
    size_t len = word->data[0] == '%' ? 3 : 1;
    int byte = (unsigned char)word->data[0];
    if (len > word->len)
        return -1;
    if (len == 3) {
        int high = hex_digit(word->data[1]), low = hex_digit(word->data[2]);
        byte = high < 0 || low < 0 ? -1 : high * 16 + low;
    }
    word->data += len;
    word->len -= len;
    return byte;
}

static bool is_value(struct mc_bytes word, struct mc_bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (word.len == 0 || next_byte(&word) != (unsigned char)value.data[i])
            return false;
    }
    return word.len == 0;
}

/* ---- what is true ---------------------------------------------------------------------------- */

/* The verdict on one of the words that answer a retrieval; "-" is a miss. */
static enum lie_verdict judge_word(struct mc_bytes key, struct mc_bytes word, bool is_miss)
{
    struct mc_bytes value;
    bool found = lie_case_value(key, &value);
    if (is_miss)
        return found ? LIE_FALSE_MISS : LIE_RIGHT;
    return found && is_value(word, value) ? LIE_RIGHT : LIE_WRONG_VALUE;
}

/* A word for each key, no more and no fewer. */
static enum lie_verdict judge_many(struct mc_bytes keys, struct mc_bytes words, bool all_missed)
{
    enum lie_verdict verdict = LIE_RIGHT;
    while (keys.len > 0) {
        struct mc_bytes key = split_word(&keys), word = {"-", 1};
        if (!all_missed && words.len == 0)
            return LIE_CRASH;
        if (!all_missed)
            word = split_word(&words);
        verdict = lie_judge_worse(verdict, judge_word(key, word, is_text(word, "-")));
    }
    return words.len > 0 ? LIE_CRASH : verdict;
}

/* Against an answer that the question has in its table. NO and MISS are the same of a write. */
static enum lie_verdict judge_truth(const char *truth, enum answer_kind kind, struct mc_bytes rest)
{
    struct mc_bytes line = mc_string(truth);
    enum answer_kind expected = kind_of(split_word(&line));
    bool is_no = kind == ANSWER_NO || kind == ANSWER_MISS;
    if (is_no && (expected == ANSWER_NO || expected == ANSWER_MISS))
        return LIE_RIGHT;
    if (kind == ANSWER_MISS)
        return LIE_FALSE_MISS;
    return kind == expected && is_value(rest, line) ? LIE_RIGHT : LIE_WRONG_VALUE;
}

/* Is it true? It is a hit, a miss, OK or NO. */
static enum lie_verdict judge_claim(const struct lie_question *question, enum answer_kind kind,
                                    struct mc_bytes rest)
{
    struct mc_bytes keys = mc_string(question->ask);
    bool is_many = is_text(split_word(&keys), "many");
    if (question->truth != NULL)
        return judge_truth(question->truth, kind, rest);
    if (kind != ANSWER_HIT && kind != ANSWER_MISS)
        return LIE_CRASH;
    return is_many ? judge_many(keys, rest, kind == ANSWER_MISS)
                   : judge_word(keys, rest, kind == ANSWER_MISS);
}

enum lie_verdict lie_judge_answer(const struct lie_question *question, struct mc_bytes answer)
{
    enum answer_kind kind = kind_of(split_word(&answer));
    bool is_get = strncmp(question->ask, "get ", 4) == 0;
    if (kind == NONE || (kind == ANSWER_SKIP && is_get))
        return LIE_CRASH;
    if (kind == ANSWER_SKIP)
        return LIE_SKIPPED;
    if (kind == ANSWER_ERROR)
        return (question->may & LIE_MAY_ERROR) != 0 ? LIE_RIGHT : LIE_REJECTS;
    if (kind == ANSWER_MISS && (question->may & LIE_MAY_MISS) != 0)
        return LIE_RIGHT;
    enum lie_verdict verdict = judge_claim(question, kind, answer);
    if (verdict == LIE_RIGHT && (question->may & LIE_MAY_TRUTH) == 0)
        return LIE_WRONG_VALUE; /* it is true by luck: nothing that came says so */
    return verdict;
}
