/* What the benchmark is doing, on stderr: one line that is written over on a terminal; otherwise a
 * line every few seconds. */
#ifndef PROGRESS_H
#define PROGRESS_H

void progress_show(const char *format, ...);

/* Wipes the line. */
void progress_end(void);

#endif
