/* The workload's get and set over an engine, without a transport that waits: the UART's interrupt
 * gives the engine each byte that comes, and the program sleeps until its operation is done. It takes
 * the place of src/ports/uart.c. */
#include "board.h"
#include "cortex-m.h"
#include "op.h"
#include "remote.h"
#include "uart.h"

enum { BUFFER_SIZE = 64 }; /* keys are short here: a request of 31 bytes, or a line of 18 */

/* The engine is the interrupt's and the program's: the program calls it with interrupts off. */
static struct {
    struct mc_engine engine;
    bool waits; /* the program, for its operation */
    int failure;
    char in[BUFFER_SIZE], out[BUFFER_SIZE];
} remote;

void remote_start(void)
{
    mc_engine_init(&remote.engine, remote.in, sizeof remote.in, remote.out, sizeof remote.out);
}

int remote_failure(void)
{
    return remote.engine.error != 0 ? remote.engine.error : remote.failure;
}

/* What comes on a dead connection is dropped. */
void uart_interrupt(void)
{
    char byte;

    while (uart_read_byte(&byte)) {
        size_t cap;
        char *to = mc_engine_input(&remote.engine, &cap);
        if (to == NULL)
            continue;
        *to = byte;
        mc_engine_received(&remote.engine, 1);
    }
}

bool uart_has_input(void)
{
    return remote.waits && mc_engine_is_idle(&remote.engine);
}

/* Sends a byte; false when there is none. The engine knows of it before a reply can come. */
static bool send_byte(void)
{
    struct mc_bytes part;

    interrupts_off();
    bool some = mc_engine_output(&remote.engine, &part, 1) > 0;
    if (some) {
        uart_write_byte(part.data[0]);
        mc_engine_sent(&remote.engine, 1);
    }
    interrupts_on();
    return some;
}

/* Sleeps until the operation is done, or fails it at the deadline. */
static void await(mc_deadline deadline)
{
    remote.waits = true;
    while (!uart_has_input()) {
        machine_wait();
        if (machine_now() < deadline)
            continue;
        interrupts_off();
        mc_engine_fail(&remote.engine, MC_E_TIMEOUT);
        interrupts_on();
    }
    remote.waits = false;
}

static int run(struct mc_op *op)
{
    mc_deadline deadline = machine_now() + REMOTE_TIMEOUT_MS;

    interrupts_off();
    mc_engine_submit(&remote.engine, op);
    interrupts_on();
    while (send_byte()) {
    }
    await(deadline);
    interrupts_off();
    mc_engine_done(&remote.engine);
    interrupts_on();
    return op->result;
}

enum workload_found remote_get(void *ctx, const char *key, size_t len, struct workload_value *value)
{
    struct mc_value found = {.buf = value->text, .cap = sizeof value->text};
    struct mc_op op;

    (void)ctx;
    mc_op_start(&op, &mc_command_get, (struct mc_bytes){key, len});
    op.value = &found;
    int result = run(&op);
    value->len = found.len;
    value->flags = found.flags;
    if (result == MC_MISS)
        return WORKLOAD_MISS;
    if (result == MC_HIT || result == MC_E_FULL)
        return WORKLOAD_HIT;
    remote.failure = result;
    return WORKLOAD_FAILED;
}

int remote_set(void *ctx, const char *key, size_t len, const struct workload_value *value)
{
    struct mc_op op;

    (void)ctx;
    mc_op_start(&op, &mc_command_set, (struct mc_bytes){key, len});
    op.data = (struct mc_bytes){value->text, value->len};
    op.flags = value->flags;
    int result = run(&op);
    if (result == MC_STORED)
        return 0;
    remote.failure = result;
    return -1;
}
