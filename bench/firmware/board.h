/* What the squares program needs from the machine that it runs on, besides a clock (machine.h): a
 * way to print, and a transport to the server. A port of it is the files that define these. */
#ifndef BOARD_H
#define BOARD_H

#include "client.h"
#include "machine.h"

/* Called first. 0; or, when there is no way to the server, one of mcwire's negative results. */
int board_start(void);

/* Once board_start() has returned 0. */
struct mc_transport board_transport(void);

void board_print(const char *text);

/* The most bytes of stack that were ever in use; 0 where that is not known. */
size_t board_stack_used(void);

/* The program itself (squares.c), which start-up code calls. Returns the exit status. */
int squares(void);

#endif
