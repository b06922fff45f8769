/* lwIP's options: one TCP connection over IPv4 and Ethernet, in little memory, without threads. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* all of lwIP runs outside of interrupts */
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_ICMP 0
#define LWIP_DHCP 0
#define LWIP_STATS 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define ARP_TABLE_SIZE 2
#define ARP_QUEUEING 0
#define ETHARP_SUPPORT_STATIC_ENTRIES 0

#define LWIP_TCP 1
#define TCP_MSS 536
#define TCP_WND (2 * TCP_MSS)
#define TCP_SND_BUF (2 * TCP_MSS)
#define TCP_QUEUE_OOSEQ 0
#define TCP_LISTEN_BACKLOG 0

#define MEM_ALIGNMENT 4
#define MEM_SIZE 1600
#define MEMP_NUM_TCP_PCB 1
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG 8
#define MEMP_NUM_PBUF 4
#define PBUF_POOL_SIZE 6
#define PBUF_POOL_BUFSIZE 256

#endif
