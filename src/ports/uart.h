/* A UART with a buffer of received bytes, which its interrupt fills. */
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stddef.h>

/* ---- for the transport ----------------------------------------------------------------------- */

void uart_write(const char *bytes, size_t size);

/* Takes what has come, at most cap bytes; 0 when there is none. */
size_t uart_read(char *buf, size_t cap);

/* Sleeps until a byte has come, the next tick of the clock at the latest. */
void uart_wait(void);

/* ---- from the board's own file -------------------------------------------------------------- */

/* Sends a byte, when the last one is gone. */
void uart_put(char byte);

/* True with a byte that the device has received. */
bool uart_take(char *byte);

/* ---- for the board's own file --------------------------------------------------------------- */

void uart_interrupt(void);

#endif
