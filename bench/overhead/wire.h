/* proto/ alone, over bytes in memory: what it takes to put a command, and to read a reply. */
#ifndef WIRE_H
#define WIRE_H

/* Obeys these lines (see lines.h), and returns the exit status:
 *
 *     list           ok NAME <tab> TITLE <tab> NAME ...
 *     compiler       ok COMPILER
 *     work NAME      ok BYTES      that one operation writes or reads
 *     run COUNT      ok
 *     time           ok NS         of one operation */
int wire_main(void);

#endif
