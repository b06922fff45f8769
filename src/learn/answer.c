/* Collects an answer and hands it over in pieces. The item is held until its value has gone, so
 * nobody can change it meanwhile. */
#include "answer.h"
#include "decimal.h"

#include <string.h>

void mc_answer_text(struct mc_answer *answer, struct mc_bytes text)
{
    if (text.len > MC_ANSWER_LINES - answer->len)
        return;
    memcpy(answer->lines + answer->len, text.data, text.len);
    answer->len += text.len;
}

void mc_answer_number(struct mc_answer *answer, uint64_t number)
{
    char digits[MC_DECIMAL_MAX];
    const struct mc_bytes text = {digits, mc_decimal_digits(number)};
    mc_decimal_write(digits, 0, text.len, number);
    mc_answer_text(answer, text);
}

void mc_answer_base64(struct mc_answer *answer, struct mc_bytes bytes)
{
    struct mc_out out = {answer->lines, MC_ANSWER_LINES, answer->len};
    mc_put_base64(&out, bytes);
    answer->len = out.len;
}

/* Letters, digits and a few others stand for themselves in a URI. */
static bool stands_for_itself(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void mc_answer_encoded(struct mc_answer *answer, struct mc_bytes bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t k = 0; k < bytes.len; k++) {
        unsigned char c = (unsigned char)bytes.data[k];
        bool plain = stands_for_itself(bytes.data[k]);
        const char code[] = {'%', digits[c >> 4], digits[c & 15]};
        const struct mc_bytes text = {plain ? bytes.data + k : code, plain ? 1 : sizeof code};
        mc_answer_text(answer, text);
    }
}

void mc_answer_line(struct mc_answer *answer, struct mc_bytes text)
{
    mc_answer_text(answer, text);
    mc_answer_text(answer, MC_BYTES("\r\n"));
}

void mc_answer_value(struct mc_answer *answer, const struct mc_cache *cache,
                     struct mc_cache_item *item)
{
    mc_cache_hold(item);
    answer->item = item;
    answer->at = mc_cache_value(cache, item);
    answer->left = item->size;
}

/* Lets go of the item; its CRLF becomes the line that is left. */
static void end_value(struct mc_answer *answer, struct mc_cache *cache)
{
    mc_cache_release(cache, answer->item);
    answer->item = NULL;
    answer->len = answer->sent = answer->left = 0;
}

void mc_answer_clear(struct mc_answer *answer, struct mc_cache *cache)
{
    if (answer->item != NULL)
        end_value(answer, cache);
    answer->len = answer->sent = 0;
}

static size_t fitting(const struct mc_out *out, size_t n)
{
    return n < out->cap - out->len ? n : out->cap - out->len;
}

static bool send_lines(struct mc_answer *answer, struct mc_out *out)
{
    size_t n = fitting(out, answer->len - answer->sent);
    memcpy(out->data + out->len, answer->lines + answer->sent, n);
    out->len += n;
    answer->sent += n;
    return answer->sent == answer->len;
}

static bool send_value(struct mc_answer *answer, const struct mc_cache *cache, struct mc_out *out)
{
    size_t n = fitting(out, answer->left);
    mc_cache_read(cache, &answer->at, out->data + out->len, n);
    out->len += n;
    answer->left -= (uint32_t)n;
    return answer->left == 0;
}

bool mc_answer_send(struct mc_answer *answer, struct mc_cache *cache, struct mc_out *out)
{
    if (!send_lines(answer, out))
        return false;
    if (answer->item != NULL) {
        if (!send_value(answer, cache, out))
            return false;
        end_value(answer, cache);
        mc_answer_line(answer, MC_BYTES(""));
        if (!send_lines(answer, out))
            return false;
    }
    answer->len = answer->sent = 0;
    return true;
}
