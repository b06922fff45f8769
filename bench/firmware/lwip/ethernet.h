/* The board's network: lwIP on its Ethernet controller. */
#ifndef ETHERNET_H
#define ETHERNET_H

#include <stdint.h>

/* Brings the interface up as 10.0.2.15 in 10.0.2.0/24. */
void ethernet_start(void);

/* Gives lwIP what has come, and the time. */
void ethernet_poll(void);

/* Sleeps until a frame has come, the next tick of the clock at the latest. */
void ethernet_wait(void);

void ethernet_interrupt(void);

#endif
