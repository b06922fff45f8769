/* Matches a key in one pass, and goes back to the last star only. */
#include "glob.h"

bool glob_matches(const char *pattern, struct mc_bytes key)
{
    const char *star = NULL;
    size_t i = 0, star_at = 0;

    while (i < key.len || *pattern != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            star_at = i;
            continue;
        }
        const char *byte = *pattern == '\\' && pattern[1] != '\0' ? pattern + 1 : pattern;
        bool any = *pattern == '?';
        if (i < key.len && *pattern != '\0' && (any || *byte == key.data[i])) {
            pattern = byte + 1;
            i++;
        } else if (star != NULL && star_at < key.len) {
            pattern = star + 1;
            i = ++star_at;
        } else
            return false;
    }
    return true;
}
