/* Adds fields in the notation of the transcripts. */
#include "field.h"

#include <inttypes.h>

void field_slice(struct text *text, const char *label, struct mc_bytes slice)
{
    if (slice.len == 0)
        return;
    text_print(text, " %s=", label);
    text_escape(text, slice.data, slice.len);
}

void field_number(struct text *text, const char *label, uint64_t number, bool always)
{
    if (number > 0 || always)
        text_print(text, " %s=%" PRIu64, label, number);
}
