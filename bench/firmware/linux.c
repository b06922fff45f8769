/* Squares on Linux, x86-64, without any C library: the system calls that a transport needs, and the
 * start of a program. argv[1] is the path of memcached's Unix socket. */
#include "board.h"

#include <string.h>

/* The kernel's numbers and structures, as far as they are used here. */
enum {
    WRITE = 1,
    POLL = 7,
    NANOSLEEP = 35,
    SOCKET = 41,
    CONNECT = 42,
    RECVFROM = 45,
    SENDMSG = 46,
    EXIT = 60,
    CLOCK_GETTIME = 228
};
enum { AF_UNIX = 1, SOCK_STREAM = 1, CLOCK_MONOTONIC = 1, POLLIN = 1, MSG_NOSIGNAL = 0x4000 };

struct time {
    int64_t s, ns;
};

struct address {
    uint16_t family;
    char path[108];
};

struct message {
    void *name;
    uint32_t name_len;
    const struct mc_bytes *parts; /* a struct mc_bytes is a struct iovec */
    size_t count;
    void *control;
    size_t control_len;
    int flags;
};

struct poll {
    int fd;
    int16_t events, happened;
};

static int connection;
static const char *path;

/* A negative result is -errno. Arguments that a call does not take do no harm. */
static int64_t call(int64_t number, int64_t a, const void *b, int64_t c, int64_t d)
{
    register int64_t r10 __asm("r10") = d;
    register int64_t r8 __asm("r8") = 0;
    register int64_t r9 __asm("r9") = 0;
    int64_t result;

    __asm volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
    return result;
}

static size_t length(const char *text)
{
    size_t n = 0;

    while (text[n] != '\0')
        n++;
    return n;
}

int board_start(void)
{
    struct address address = {.family = AF_UNIX};
    size_t n = length(path);

    if (n < 1 || n >= sizeof address.path)
        return MC_E_ADDRESS;
    memcpy(address.path, path, n);
    connection = (int)call(SOCKET, AF_UNIX, (const void *)SOCK_STREAM, 0, 0);
    if (connection < 0)
        return MC_E_SYSTEM;
    return call(CONNECT, connection, &address, sizeof address, 0) < 0 ? MC_E_CONNECT : 0;
}

int64_t machine_now(void)
{
    struct time now = {0};

    call(CLOCK_GETTIME, CLOCK_MONOTONIC, &now, 0, 0);
    return now.s * 1000 + now.ns / 1000000;
}

void machine_wait(void)
{
    const struct time pause = {0, 100000};

    call(NANOSLEEP, (int64_t)&pause, NULL, 0, 0);
}

/* ---- the transport --------------------------------------------------------------------------- */

static ptrdiff_t transport_send(void *ctx, const struct mc_bytes *parts, size_t count,
                                mc_deadline deadline)
{
    const struct message message = {.parts = parts, .count = count};
    int64_t n = call(SENDMSG, connection, &message, MSG_NOSIGNAL, 0);

    (void)ctx;
    (void)deadline; /* requests of squares are far shorter than the kernel's buffer */
    return n > 0 ? (ptrdiff_t)n : MC_E_CLOSED;
}

static ptrdiff_t transport_recv(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    struct poll poll = {.fd = connection, .events = POLLIN};
    int64_t left = deadline - machine_now();

    (void)ctx;
    if (left <= 0 || call(POLL, (int64_t)&poll, (const void *)1, left, 0) == 0)
        return MC_E_TIMEOUT;
    int64_t n = call(RECVFROM, connection, buf, (int64_t)cap, 0);
    return n > 0 ? (ptrdiff_t)n : MC_E_CLOSED;
}

struct mc_transport board_transport(void)
{
    return (struct mc_transport){.send = transport_send, .recv = transport_recv};
}

/* ---- the program ----------------------------------------------------------------------------- */

void board_print(const char *text)
{
    call(WRITE, 1, text, (int64_t)length(text), 0);
}

size_t board_stack_used(void)
{
    return 0;
}

/* The stack as the kernel leaves it: argc, then argv. */
__attribute__((used)) static _Noreturn void begin(const int64_t *stack)
{
    path = stack[0] > 1 ? (const char *)stack[2] : "";
    for (;;)
        call(EXIT, squares(), NULL, 0, 0);
}

__asm(".globl _start\n"
      "_start:\n"
      "    mov %rsp, %rdi\n"
      "    and $-16, %rsp\n"
      "    call begin\n");
