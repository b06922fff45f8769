/* Runs squares on POSIX over src/socket.c, small. argv[1] is the path of memcached's socket. */
#include "board.h"
#include "socket.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static struct mc_socket connection;
static const char *path;

int board_start(void)
{
    return mc_socket_connect_unix(&connection, path, mc_socket_deadline(1000));
}

int64_t machine_now(void)
{
    return mc_socket_now();
}

void machine_wait(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

struct mc_transport board_transport(void)
{
    return mc_socket_transport(&connection);
}

void board_print(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

size_t board_stack_used(void)
{
    return 0;
}

int main(int argc, char **argv)
{
    path = argc > 1 ? argv[1] : "";
    return squares();
}
