/* A TCP connection over lwIP, for mcwire's client. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include "client.h"

#include "lwip/ip_addr.h"

/* 0 or MC_E_CONNECT, MC_E_SYSTEM. */
int transport_connect(const ip_addr_t *address, uint16_t port, mc_deadline deadline);

#endif
