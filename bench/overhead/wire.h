/* proto/ alone, over bytes in memory: what it takes to put a command, and to read a reply. */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_work {
    const char *name, *title;
    bool (*run)(void); /* one operation; false when its outcome is wrong */
};

extern const struct wire_work wire_table[];
extern const size_t wire_count;

/* Makes the bytes of the replies. Call it before the rest. */
void wire_begin(void);

/* Returns NULL if no work has this name. */
const struct wire_work *wire_find(const char *name);

/* The bytes that one operation writes or reads; 0 when they are not the right ones. */
size_t wire_check(const struct wire_work *work);

/* So many operations. False when an outcome is wrong. */
bool wire_run(const struct wire_work *work, uint32_t count);

/* ns of one operation: the least of some runs, as other work can only add to it. */
double wire_time(const struct wire_work *work);

#endif
