/* Counts cycles of an AVR: of commands put, of replies read, and of the client over a transport that
 * answers at once. Prints "NAME CYCLES" lines on its UART, and sleeps for ever, which ends simavr. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <stdint.h>
#include <string.h>

#include "client.h"

#define KEY "key:00042"
#define VALUE "key:00042jklmnopqrstuvwxyzabcdef"
#ifdef WRONG /* the server has another value */
#define HIT "VALUE " KEY " 0 32\r\n" KEY "Jklmnopqrstuvwxyzabcdef\r\nEND\r\n"
#else
#define HIT "VALUE " KEY " 0 32\r\n" VALUE "\r\nEND\r\n"
#endif

enum { ROOM = 96, BUFFER = 512, VALUE_SIZE = sizeof VALUE - 1 };

static const struct mc_bytes key = {KEY, sizeof KEY - 1};
static char room[ROOM], buffer[BUFFER], value[VALUE_SIZE];
static struct mc_client client;
static const char *canned; /* what the transport answers */
static size_t canned_len;

/* ---- the transport --------------------------------------------------------------------------- */

static ptrdiff_t send_nowhere(void *ctx, const struct mc_bytes *parts, size_t count,
                              mc_deadline deadline)
{
    size_t sum = 0;

    (void)ctx;
    (void)deadline;
    for (size_t i = 0; i < count; i++)
        sum += parts[i].len;
    return (ptrdiff_t)sum;
}

static ptrdiff_t receive_canned(void *ctx, void *buf, size_t cap, mc_deadline deadline)
{
    size_t len = canned_len < cap ? canned_len : cap;

    (void)ctx;
    (void)deadline;
    memcpy(buf, canned, len);
    return (ptrdiff_t)len;
}

/* ---- what is counted: each is false when its outcome is wrong -------------------------------- */

static bool do_nothing(void)
{
    return true;
}

static bool do_100_nops(void)
{
    __asm__ volatile(".rept 100\n nop\n .endr");
    return true;
}

static bool put_get(void)
{
    struct mc_out out = {room, sizeof room, 0};

    return mc_put_get(&out, &key, 1) == 0;
}

static bool put_set(void)
{
    const struct mc_item item = {.key = key, .value = {value, sizeof value}};
    struct mc_out out = {room, sizeof room, 0};

    return mc_put_store(&out, MC_SET, &item, false) == 0;
}

static bool read_reply(const char *text, size_t len, int last)
{
    struct mc_reader reader = {0};
    struct mc_bytes in = {text, len};
    struct mc_reply reply;
    int event;

    do
        event = mc_reader_next(&reader, &in, &reply);
    while (event > 0 && !mc_is_final(event));
    return event == last && in.len == 0;
}

static bool read_hit(void)
{
    return read_reply(HIT, sizeof HIT - 1, MC_END);
}

static bool read_stored(void)
{
    return read_reply("STORED\r\n", 8, MC_STORED);
}

static bool item_hit(void)
{
    const struct mc_reader reader = {0};
    struct mc_bytes in = {HIT, sizeof HIT - 1};
    struct mc_reply reply;

    return mc_item_next(&reader, &in, key, &reply) == MC_VALUE && mc_item_is_end(&reader, in);
}

static bool client_get(void)
{
    struct mc_value to = {.buf = value, .cap = sizeof value};

    canned = HIT;
    canned_len = sizeof HIT - 1;
    return mc_client_get(&client, key, &to, MC_NEVER) == MC_HIT &&
           memcmp(value, VALUE, VALUE_SIZE) == 0;
}

static bool client_set(void)
{
    const struct mc_item item = {.key = key, .value = {value, sizeof value}};

    canned = "STORED\r\n";
    canned_len = 8;
    return mc_client_store(&client, &mc_command_set, &item, MC_NEVER) == MC_STORED;
}

static const struct {
    const char *name;
    bool (*run)(void);
} works[] = {{"nothing", do_nothing}, {"nops", do_100_nops},      {"put-get", put_get},
             {"put-set", put_set},    {"read-hit", read_hit},     {"read-stored", read_stored},
             {"item-hit", item_hit},  {"client-get", client_get}, {"client-set", client_set}};

/* ---- counting and telling -------------------------------------------------------------------- */

/* Timer 1 counts each cycle, up to 65,535; 0: it ran over, or the outcome was wrong. */
static uint16_t count_cycles(bool (*run)(void))
{
    TCCR1B = 0;
    TCNT1 = 0;
    TIFR1 = _BV(TOV1);
    TCCR1B = _BV(CS10);
    bool right = run();
    uint16_t cycles = TCNT1;

    return right && !(TIFR1 & _BV(TOV1)) ? cycles : 0;
}

static void tell(const char *text)
{
    for (; *text != '\0'; text++) {
        while (!(UCSR0A & _BV(UDRE0)))
            ;
        UDR0 = (uint8_t)*text;
    }
}

static void tell_number(uint16_t number)
{
    char digits[6] = "";
    uint8_t at = sizeof digits - 1;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    tell(digits + at);
}

int main(void)
{
    const struct mc_transport transport = {send_nowhere, receive_canned, NULL};

    UCSR0B = _BV(TXEN0);
    mc_client_init(&client, transport, buffer, sizeof buffer);
    for (uint8_t i = 0; i < sizeof works / sizeof *works; i++) {
        tell(works[i].name);
        tell(" ");
        works[i].run(); /* what happens but once */
        tell_number(count_cycles(works[i].run));
        tell("\n");
    }
    cli();
    sleep_enable();
    sleep_cpu();
    return 0;
}
