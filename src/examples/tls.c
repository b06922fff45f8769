/* TLS: a dialer over OpenSSL, so that a server's reconnects, pauses and deadlines hold for it, too. */
#include <fcntl.h>
#include <mcwire/server.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

struct tls {
    SSL_CTX *context;
    struct mc_socket socket; /* does not block, so that nothing waits longer than to a deadline */
    SSL *ssl;
};

/* Waits until OpenSSL can go on after it returned n. 0, or why it cannot. */
static int wait_for(struct tls *t, int n, mc_deadline deadline)
{
    int error = SSL_get_error(t->ssl, n);
    int64_t left = deadline - mc_socket_now();
    struct pollfd p = {t->socket.fd, error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, 0};
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        return error == SSL_ERROR_ZERO_RETURN ? MC_E_CLOSED : MC_E_SYSTEM;
    if (left > 0)
        poll(&p, 1, left < 60000 ? (int)left : 60000);
    return left > 0 ? 0 : MC_E_TIMEOUT;
}

/* What fits goes together: each write is a record of its own. */
static ptrdiff_t tls_send(void *ctx, const struct mc_bytes *parts, size_t count, mc_deadline end)
{
    char joined[4096];
    struct mc_bytes record = {joined, 0};
    int n, r = 0;
    for (size_t k = 0; k < count && parts[k].len <= sizeof joined - record.len; k++) {
        memcpy(joined + record.len, parts[k].data, parts[k].len);
        record.len += parts[k].len;
    }
    if (record.len == 0)
        record = parts[0];
    while ((n = SSL_write(((struct tls *)ctx)->ssl, record.data, (int)record.len)) <= 0 && r == 0)
        r = wait_for(ctx, n, end);
    return n > 0 ? n : r;
}

static ptrdiff_t tls_recv(void *ctx, void *buf, size_t cap, mc_deadline end)
{
    int n, r = 0;
    while ((n = SSL_read(((struct tls *)ctx)->ssl, buf, cap < 65536 ? (int)cap : 65536)) <= 0 &&
           r == 0)
        r = wait_for(ctx, n, end);
    return n <= 0 ? r : mc_socket_now() < end ? n : MC_E_TIMEOUT;
}

static void tls_close(void *ctx)
{
    SSL_free(((struct tls *)ctx)->ssl);
    mc_socket_close(&((struct tls *)ctx)->socket);
}

static int tls_dial(void *ctx, const struct mc_address *to, struct mc_transport *how,
                    mc_deadline end)
{
    struct tls *t = ctx;
    int n, r = mc_socket_dial(&t->socket, to, end);
    if (r < 0)
        return r;
    *how = (struct mc_transport){tls_send, tls_recv, t};
    t->ssl = SSL_new(t->context);
    SSL_set_mode(t->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    if (SSL_set_fd(t->ssl, t->socket.fd) != 1 || SSL_set1_host(t->ssl, to->host) != 1 ||
        fcntl(t->socket.fd, F_SETFL, O_NONBLOCK) != 0)
        r = MC_E_SYSTEM;
    while (r == 0 && (n = SSL_connect(t->ssl)) <= 0)
        r = wait_for(t, n, end);
    if (r < 0)
        tls_close(t);
    return r == MC_E_SYSTEM || r == MC_E_CLOSED ? MC_E_CONNECT
                                                : r; /* also for a wrong certificate */
}

/* Records of TLS itself, such as tickets, are not taken for bytes of the server. */
static int tls_check(void *ctx)
{
    char byte;
    int n = SSL_peek(((struct tls *)ctx)->ssl, &byte, 1);
    int error = SSL_get_error(((struct tls *)ctx)->ssl, n);
    return n > 0 ? MC_E_PROTOCOL : error == SSL_ERROR_WANT_READ ? 0 : MC_E_CLOSED;
}

int main(int argc, char **argv)
{
    static char buf[4096], big[100000], back[sizeof big];
    struct tls tls = {.context = SSL_CTX_new(TLS_client_method())};
    struct mc_server server;
    struct mc_value value = {.buf = back, .cap = sizeof back};
    if (argc != 3 || mc_server_init(&server, argv[1], buf, sizeof buf) < 0 ||
        SSL_CTX_load_verify_locations(tls.context, argv[2], NULL) != 1)
        return fprintf(stderr, "usage: %s HOST:PORT CA-FILE\n", argv[0]), 2;
    SSL_CTX_set_verify(tls.context, SSL_VERIFY_PEER, NULL);
    server.dialer =
        (struct mc_dialer){tls_dial, tls_check, tls_close, mc_socket_dialer(&tls.socket).now, &tls};
    memset(big, 'v', sizeof big);
    int r = mc_server_set(&server, MC_BYTES("big"), (struct mc_bytes){big, sizeof big}, 0);
    if (r == MC_STORED)
        r = mc_server_get(&server, MC_BYTES("big"), &value);
    bool same = r == MC_HIT && value.len == sizeof big && memcmp(big, back, sizeof big) == 0;
    printf("%s\n", same ? "stored and read over TLS" : mc_text(r));
    mc_server_close(&server);
    SSL_CTX_free(tls.context);
    return same ? 0 : 1;
}
