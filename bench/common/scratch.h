/* Names of temporary folders and files that say whose they are, mcwire-PID-XXXXXX, so that what a
 * killed program left can be removed by the next. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRATCH_NAME_SIZE = sizeof "/mcwire-2147483647-XXXXXX" }; /* with its NUL */

/* Writes a name below TMPDIR, or below /tmp if it would be too long for `size` bytes there, as
 * mkdtemp() and mkstemp() want it. What nobody owns any more is removed first. */
void scratch_name(char *path, size_t size);

/* Removes all folders (with the files in them) and files below a folder that are named so, belong to
 * this user or to nobody, and whose process does not exist. A process in another container does not
 * exist either. */
void scratch_sweep(const char *below);

#endif
