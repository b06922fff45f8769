/* A transport over one TCP connection of lwIP's raw API, without an operating system. */
#ifndef LWIP_TRANSPORT_H
#define LWIP_TRANSPORT_H

#include "port.h"

#include "lwip/ip_addr.h"

/* Connects; machine_wait() has to give lwIP what has come, and the time. 0, MC_E_CONNECT or
 * MC_E_SYSTEM. */
int lwip_connect_server(const ip_addr_t *address, uint16_t port, mc_deadline deadline);

/* For mc_client_init(). */
struct mc_transport lwip_transport(void);

#endif
