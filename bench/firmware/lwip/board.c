/* The LM3S6965 board with its network: lwIP on its Ethernet controller. The server's port on
 * 10.0.2.2, which is the machine that the emulator runs on, is the program's argument. */
#include "board.h"

#include "cortex-m.h"
#include "decimal.h"
#include "lwip.h"

#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

enum {
    SYSTEM_RCC = 0x400fe060,   /* run-mode clock configuration */
    SYSTEM_RCGC2 = 0x400fe108, /* clock gates; bits 28 and 30: Ethernet */
    ETHERNET_INTERRUPT = 42,
    TICKS_PER_MS = 50000, /* 50 MHz: the 200 MHz of the PLL divided by 4 */
    CONNECT_MS = 10000
};

enum {
    MAC_IACK = 0x40048000, /* interrupt status and acknowledge */
    MAC_IM = 0x40048004,   /* interrupt mask */
    MAC_RCTL = 0x40048008,
    MAC_TCTL = 0x4004800c,
    MAC_DATA = 0x40048010,
    MAC_IA0 = 0x40048014, /* the address, in two words */
    MAC_IA1 = 0x40048018,
    MAC_NP = 0x40048034, /* frames that wait to be read */
    MAC_TR = 0x40048038  /* bit 0: sends the frame; 1 while it does */
};

enum { RX_INTERRUPT = 1, RCTL_ON = 0x15, TCTL_ON = 0x17, FRAME_MAX = 1514, HEADER = 14, CRC = 4 };

static struct netif interface;

/* ---- sending --------------------------------------------------------------------------------- */

/* Bytes to the controller's words. */
struct words {
    uint32_t word;
    unsigned bytes; /* in word */
};

static void write_byte(struct words *to, uint8_t byte)
{
    to->word |= (uint32_t)byte << 8 * to->bytes;
    to->bytes++;
    if (to->bytes < 4)
        return;
    *reg(MAC_DATA) = to->word;
    *to = (struct words){0, 0};
}

/* The length of what follows the header goes in front of the frame. */
static err_t send_frame(struct netif *netif, struct pbuf *frame)
{
    struct words to = {0, 0};
    unsigned length = frame->tot_len - HEADER;

    (void)netif;
    while ((*reg(MAC_TR) & 1) != 0)
        continue;
    write_byte(&to, (uint8_t)length);
    write_byte(&to, (uint8_t)(length >> 8));
    for (const struct pbuf *p = frame; p != NULL; p = p->next) {
        for (uint16_t i = 0; i < p->len; i++)
            write_byte(&to, ((const uint8_t *)p->payload)[i]);
    }
    while (to.bytes > 0)
        write_byte(&to, 0);
    *reg(MAC_TR) = 1;
    return ERR_OK;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static uint8_t read_byte(struct words *from)
{
    if (from->bytes == 0)
        *from = (struct words){*reg(MAC_DATA), 4};
    uint8_t byte = (uint8_t)from->word;
    from->word >>= 8;
    from->bytes--;
    return byte;
}

/* The length of all, itself and the CRC too, stands in front of a frame. Without memory for it, it
 * is read to nowhere, and TCP will send it again. */
static struct pbuf *read_frame(void)
{
    struct words from = {0, 0};
    unsigned length = read_byte(&from);
    length |= (unsigned)read_byte(&from) << 8;
    length = length > 2 + CRC ? length - 2 - CRC : 0;
    struct pbuf *frame = NULL;
    unsigned taken = 0;
    if (length <= FRAME_MAX)
        frame = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL);

    for (struct pbuf *p = frame; p != NULL; p = p->next) {
        for (uint16_t i = 0; i < p->len; i++, taken++)
            ((uint8_t *)p->payload)[i] = read_byte(&from);
    }
    for (; taken < length + CRC; taken++)
        read_byte(&from);
    return frame;
}

/* Gives lwIP what has come, and the time. */
static void ethernet_poll(void)
{
    while (*reg(MAC_NP) > 0) {
        struct pbuf *frame = read_frame();
        if (frame != NULL && interface.input(frame, &interface) != ERR_OK)
            pbuf_free(frame);
    }
    sys_check_timeouts();
}

/* The interrupt only wakes the processor. */
static void ethernet_interrupt(void)
{
    *reg(MAC_IM) = 0;
    *reg(MAC_IACK) = RX_INTERRUPT;
}

/* Sleeps until a frame has come, the next tick of the clock at the latest. */
static void ethernet_wait(void)
{
    interrupts_off();
    *reg(MAC_IM) = RX_INTERRUPT;
    if (*reg(MAC_NP) == 0)
        sleep_until_interrupt();
    interrupts_on();
}

/* ---- starting -------------------------------------------------------------------------------- */

static err_t start_interface(struct netif *netif)
{
    static const uint8_t address[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

    for (unsigned i = 0; i < sizeof address; i++)
        netif->hwaddr[i] = address[i];
    netif->hwaddr_len = sizeof address;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    *reg(MAC_IA0) = 0x12005452;
    *reg(MAC_IA1) = 0x5634;
    *reg(MAC_RCTL) = RCTL_ON;
    *reg(MAC_TCTL) = TCTL_ON;
    return ERR_OK;
}

/* Brings the interface up as 10.0.2.15 in 10.0.2.0/24. */
static void ethernet_start(void)
{
    ip4_addr_t address, mask, gateway;

    IP4_ADDR(&address, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    lwip_init();
    netif_add(&interface, &address, &mask, &gateway, NULL, start_interface, ethernet_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
}

u32_t sys_now(void)
{
    return (u32_t)machine_now();
}

/* ---- the board ------------------------------------------------------------------------------- */

VECTORS = {VECTORS_OF_ALL, [16 + ETHERNET_INTERRUPT] = ethernet_interrupt};

/* The last of the emulator's arguments; 0 when it is no port. */
static uint16_t port_argument(void)
{
    char text[64];
    size_t size = semihosting_arguments(text, sizeof text), start = size;
    uint64_t port;

    while (start > 0 && text[start - 1] != ' ')
        start--;
    return mc_decimal_read(text, start, size, UINT16_MAX, &port) ? (uint16_t)port : 0;
}

int board_start(void)
{
    ip_addr_t server;

    *reg(SYSTEM_RCC) = 3 << 23 | 1 << 22 | 0xe << 6 | 1;
    *reg(SYSTEM_RCGC2) |= 1u << 28 | 1u << 30;
    clock_start(TICKS_PER_MS);
    interrupt_enable(ETHERNET_INTERRUPT);
    ethernet_start();
    IP_ADDR4(&server, 10, 0, 2, 2);
    return lwip_connect_server(&server, port_argument(), machine_now() + CONNECT_MS);
}

void machine_wait(void)
{
    ethernet_wait();
    ethernet_poll();
}

struct mc_transport board_transport(void)
{
    return lwip_transport();
}
