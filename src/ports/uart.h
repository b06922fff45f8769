/* A transport over a UART, whose interrupt keeps received bytes in a ring until they are read. */
#ifndef UART_H
#define UART_H

#include "port.h"

/* For mc_client_init(). There is one UART, so it has no context. */
struct mc_transport uart_transport(void);

/* To be called in the UART's interrupt. */
void uart_interrupt(void);

/* True when the ring holds bytes, or what the program waits for is there. To sleep without missing
 * that, ask this with interrupts off. */
bool uart_has_input(void);

/* ---- what the board's own file defines ------------------------------------------------------- */

/* Sends a byte, as soon as the last one is gone. */
void uart_write_byte(char byte);

/* Reads a byte that the device has received; false when there is none. */
bool uart_read_byte(char *byte);

#endif
