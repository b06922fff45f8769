/* Bytes to commands: every command, all that memcached tolerates, every fault with its place, and
 * keys and values of any number and length through small windows. */
#include "requests.h"
#include "suite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ROW(bytes, events)               \
    {                                    \
        bytes, sizeof(bytes) - 1, events \
    }

/* Bytes, and the events as lines of text. */
struct row {
    const char *bytes;
    size_t len;
    const char *events;
};

static void check_cut(const struct requests *start, const struct row *row, size_t first,
                      size_t second)
{
    struct requests requests = *start;
    requests_of_cut(&requests, (struct mc_bytes){row->bytes, row->len}, first, second);
    if (strcmp(text_string(&requests.lines), row->events) != 0)
        ck_abort_msg("%s cut at %zu and %zu\nexpected:\n%s\ngot:\n%s", row->bytes, first, second,
                     row->events, text_string(&requests.lines));
    requests_free(&requests);
}

static void check_row(const struct requests *start, const struct row *row)
{
    for (size_t first = 0; first <= row->len; first++) {
        for (size_t second = first; second <= row->len; second++)
            check_cut(start, row, first, second);
    }
}

/* ---- commands ------------------------------------------------------------------------------ */

static const struct row commands[] = {
    ROW("get a\r\n", "GET\nKEY key=a\nEND\n"),
    ROW("get a bc d\r\n", "GET\nKEY key=a\nKEY key=bc\nKEY key=d\nEND\n"),
    ROW("bget a\r\n", "GET\nKEY key=a\nEND\n"),
    ROW("gets a b\r\n", "GETS\nKEY key=a\nKEY key=b\nEND\n"),
    ROW("gat 10 a b\r\n", "GAT exptime=10\nKEY key=a\nKEY key=b\nEND\n"),
    ROW("gats -1 a\r\n", "GATS exptime=-1\nKEY key=a\nEND\n"),
    ROW("get get noreply\r\n", "GET\nKEY key=get\nKEY key=noreply\nEND\n"),
    ROW("set k 5 60 3\r\nabc\r\n", "SET key=k flags=5 exptime=60 size=3\nDATA abc\nEND\n"),
    ROW("set k 0 0 0\r\n\r\n", "SET key=k size=0\nEND\n"),
    ROW("set k 0 0 0 noreply\r\n\r\n", "SET key=k size=0 noreply\nEND\n"),
    ROW("set k 0 0 7\r\nset k\r\n\r\nmn\r\n", "SET key=k size=7\nDATA set k\\r\\n\nEND\nMN\n"),
    ROW("add k 1 -1 1\r\nx\r\n", "ADD key=k flags=1 exptime=-1 size=1\nDATA x\nEND\n"),
    ROW("replace k 0 0 1 noreply\r\nx\r\n", "REPLACE key=k size=1 noreply\nDATA x\nEND\n"),
    ROW("append k 0 0 1\r\nx\r\n", "APPEND key=k size=1\nDATA x\nEND\n"),
    ROW("prepend k 0 0 1\r\nx\r\n", "PREPEND key=k size=1\nDATA x\nEND\n"),
    ROW("cas k 0 0 1 18446744073709551615\r\nx\r\n",
        "CAS key=k number=18446744073709551615 size=1\nDATA x\nEND\n"),
    ROW("cas k 4 5 1 6 noreply\r\nx\r\n",
        "CAS key=k flags=4 exptime=5 number=6 size=1 noreply\nDATA x\nEND\n"),
    ROW("ms k 2\r\nhi\r\n", "MS key=k size=2\nDATA hi\nEND\n"),
    ROW("ms k 2 T0 F5 I c Oq\r\nhi\r\n", "MS key=k size=2 text=T0 F5 I c Oq\nDATA hi\nEND\n"),
    ROW("delete k\r\n", "DELETE key=k\n"),
    ROW("delete k noreply\r\n", "DELETE key=k noreply\n"),
    ROW("delete noreply\r\n", "DELETE key=noreply\n"),
    ROW("incr k 5\r\n", "INCR key=k number=5\n"),
    ROW("decr k 18446744073709551615 noreply\r\n",
        "DECR key=k number=18446744073709551615 noreply\n"),
    ROW("touch k 60\r\n", "TOUCH key=k exptime=60\n"),
    ROW("touch k -2147483648 noreply\r\n", "TOUCH key=k exptime=-2147483648 noreply\n"),
    ROW("mg k\r\n", "MG key=k\n"),
    ROW("mg Zm9v b v t O7\r\n", "MG key=Zm9v text=b v t O7\n"),
    ROW("md k q T-1\r\n", "MD key=k text=q T-1\n"),
    ROW("ma k N60 J13 D2 MI\r\n", "MA key=k text=N60 J13 D2 MI\n"),
    ROW("me k b\r\n", "ME key=k text=b\n"),
    ROW("mn\r\n", "MN\n"),
    ROW("version\r\n", "VERSION\n"),
    ROW("quit\r\n", "QUIT\n"),
    ROW("flush_all\r\n", "FLUSH_ALL\n"),
    ROW("flush_all 10\r\n", "FLUSH_ALL exptime=10\n"),
    ROW("flush_all -5 noreply\r\n", "FLUSH_ALL exptime=-5 noreply\n"),
    ROW("flush_all noreply\r\n", "FLUSH_ALL noreply\n"),
    ROW("verbosity 2\r\n", "VERBOSITY number=2\n"),
    ROW("verbosity 2 noreply\r\n", "VERBOSITY number=2 noreply\n"),
    ROW("cache_memlimit 64\r\n", "CACHE_MEMLIMIT number=64\n"),
    ROW("stats\r\n", "STATS\n"),
    ROW("stats cachedump 1 2\r\n", "STATS text=cachedump 1 2\n"),
    ROW("watch\r\n", "WATCH\n"),
    ROW("watch fetchers mutations\r\n", "WATCH text=fetchers mutations\n"),
    ROW("slabs reassign 1 2\r\n", "SLABS text=reassign 1 2\n"),
    ROW("lru mode flat\r\n", "LRU text=mode flat\n"),
    ROW("lru_crawler metadump all\r\n", "LRU_CRAWLER text=metadump all\n"),
    ROW("extstore free_memchunks 1 2\r\n", "EXTSTORE text=free_memchunks 1 2\n"),
    ROW("refresh_certs\r\n", "REFRESH_CERTS\n"),
    ROW("refresh_certs x\r\n", "REFRESH_CERTS text=x\n"),
    ROW("stats noreply\r\n", "STATS text=noreply\n"),
    ROW("mg k noreply\r\n", "MG key=k text=noreply\n"),
    ROW("mg k A\r\n", "MG key=k text=A\n"),
    ROW("ms k 0 noreply\r\n\r\n", "MS key=k size=0 text=noreply\nEND\n"),
    ROW("shutdown\r\n", "SHUTDOWN\n"),
    ROW("shutdown graceful\r\n", "SHUTDOWN text=graceful\n"),
    ROW("mn\r\nget a\r\nmn\r\n", "MN\nGET\nKEY key=a\nEND\nMN\n"),
    ROW("", "MORE\n"),
    ROW("m", "MORE\n"),
    ROW("mn\r", "MORE\n"),
    ROW("get", "MORE\n"),
    ROW("get ", "GET\nMORE\n"),
    ROW("get a", "GET\nMORE\n"),
    ROW("get a ", "GET\nKEY key=a\nMORE\n"),
    ROW("get a\r", "GET\nMORE\n"),
    ROW("gat 10", "MORE\n"),
    ROW("gat  ", "MORE\n"),
    ROW("set k 0 0 2\r\nab", "SET key=k size=2\nDATA ab\nMORE\n"),
    ROW("set k 0 0 2\r\nab\r", "SET key=k size=2\nDATA ab\nMORE\n"),
    ROW("mn\r\nm", "MN\nMORE\n"),
};

START_TEST(every_command)
{
    check_row(&(struct requests){0}, &commands[_i]);
}
END_TEST

/* ---- what memcached tolerates -------------------------------------------------------------- */

static const struct row tolerated[] = {
    ROW(" mn\r\n", "MN +spaces\n"),
    ROW("mn \r\n", "MN +spaces\n"),
    ROW("  delete  k  noreply  \r\n", "DELETE key=k noreply +spaces\n"),
    ROW("stats  a  b \r\n", "STATS text=a  b +spaces\n"),
    ROW("mg k  v  t\r\n", "MG key=k text=v  t +spaces\n"),
    ROW(" get a\r\n", "GET +spaces\nKEY key=a\nEND\n"),
    ROW("get  a b\r\n", "GET\nKEY key=a +spaces\nKEY key=b\nEND\n"),
    ROW("get a   b \r\n", "GET\nKEY key=a\nKEY key=b +spaces\nEND +spaces\n"),
    ROW("get a  \r\n", "GET\nKEY key=a\nEND +spaces\n"),
    ROW(" gat  7 a\r\n", "GAT exptime=7 +spaces\nKEY key=a\nEND\n"),
    ROW("gat  7 a\r\n", "GAT exptime=7 +spaces\nKEY key=a\nEND\n"),
    ROW("mn\n", "MN +lf\n"),
    ROW("get a\n", "GET\nKEY key=a\nEND +lf\n"),
    ROW("gat 7\n", "GAT exptime=7\nEND +lf +no-key\n"),
    ROW("set k 0 0 1\nx\r\n", "SET key=k size=1 +lf\nDATA x\nEND\n"),
    ROW("gat 10\r\n", "GAT exptime=10\nEND +no-key\n"),
    ROW("gats 10 \r\n", "GATS exptime=10\nEND +spaces +no-key\n"),
    ROW("incr k +5\r\n", "INCR key=k number=5 +number\n"),
    ROW("incr k 005\r\n", "INCR key=k number=5 +number\n"),
    ROW("incr k 00\r\n", "INCR key=k +number\n"),
    ROW("incr k -0\r\n", "INCR key=k +number\n"),
    ROW("incr k \t5\r\n", "INCR key=k number=5 +number\n"),
    ROW("incr k 5\tx\r\n", "INCR key=k number=5 +number\n"),
    ROW("incr k 5\r\r\n", "INCR key=k number=5 +number\n"),
    ROW("incr k 0000000000000000000000000005\r\n", "INCR key=k number=5 +number\n"),
    ROW("touch k -007\r\n", "TOUCH key=k exptime=-7 +number\n"),
    ROW("touch k -0\r\n", "TOUCH key=k +number\n"),
    ROW("touch k +7\r\n", "TOUCH key=k exptime=7 +number\n"),
    ROW("gat +7 a\r\n", "GAT exptime=7 +number\nKEY key=a\nEND\n"),
    ROW("set k 4294967295 2147483647 0\r\n\r\n",
        "SET key=k flags=4294967295 exptime=2147483647 size=0\nEND\n"),
    ROW("set k 4294967296 0 0\r\n\r\n", "SET key=k flags=4294967296 size=0 +wide\nEND\n"),
    ROW("set k 18446744073709551615 0 0\r\n\r\n",
        "SET key=k flags=18446744073709551615 size=0 +wide\nEND\n"),
    ROW("touch k 2147483648\r\n", "TOUCH key=k exptime=2147483648 +wide\n"),
    ROW("touch k -2147483649\r\n", "TOUCH key=k exptime=-2147483649 +wide\n"),
    ROW("touch k 9223372036854775807\r\n", "TOUCH key=k exptime=9223372036854775807 +wide\n"),
    ROW("touch k -9223372036854775807\r\n", "TOUCH key=k exptime=-9223372036854775807 +wide\n"),
    ROW("verbosity 4294967296\r\n", "VERBOSITY number=4294967296 +wide\n"),
    ROW("set k 0 0 +1\r\nx\r\n", "SET key=k size=1 +number\nDATA x\nEND\n"),
    ROW("set k 0 0 -0\r\n\r\n", "SET key=k size=0 +number\nEND\n"),
    ROW("delete a\tb\r\n", "DELETE key=a\\x09b +byte\n"),
    ROW("delete a\x01\r\n", "DELETE key=a\\x01 +byte\n"),
    ROW("delete a\x7f\r\n", "DELETE key=a\\x7f +byte\n"),
    ROW("delete a\xff\r\n", "DELETE key=a\\xff\n"),
    ROW("delete a\rb\r\n", "DELETE key=a\\rb +byte\n"),
    ROW("delete !\r\n", "DELETE key=!\n"),
    ROW("get a\rb\r\n", "GET\nKEY key=a\\rb +byte\nEND\n"),
    ROW("get a\r b\x1f c\r\n", "GET\nKEY key=a\\r +byte\nKEY key=b\\x1f +byte\nKEY key=c\nEND\n"),
    ROW("get a\r\r\n", "GET\nKEY key=a\\r +byte\nEND\n"),
    ROW("delete \x01y\r\n", "DELETE key=\\x01y +byte\n"),
    ROW("get a \r\nget b\r\n", "GET\nKEY key=a\nEND +spaces\nGET\nKEY key=b\nEND\n"),
    ROW("delete k 0\r\n", "DELETE key=k +words\n"),
    ROW("delete k 0 noreply\r\n", "DELETE key=k noreply +words\n"),
    ROW("set k 0 0 1 foo\r\nx\r\n", "SET key=k size=1 +words\nDATA x\nEND\n"),
    ROW("incr k 5 foo\r\n", "INCR key=k number=5 +words\n"),
    ROW("incr k 5 noreplx\r\n", "INCR key=k number=5 +words\n"),
    ROW("touch k 5 0\r\n", "TOUCH key=k exptime=5 +words\n"),
    ROW("cas k 0 0 1 2 foo\r\nx\r\n", "CAS key=k number=2 size=1 +words\nDATA x\nEND\n"),
    ROW("flush_all 5 6\r\n", "FLUSH_ALL exptime=5 +words\n"),
    ROW("verbosity 1 x\r\n", "VERBOSITY number=1 +words\n"),
    ROW("version x y\r\n", "VERSION +words\n"),
    ROW("mn noreply\r\n", "MN +words\n"),
};

START_TEST(everything_tolerated)
{
    check_row(&(struct requests){0}, &tolerated[_i]);
}
END_TEST

/* ---- faults -------------------------------------------------------------------------------- */

static const struct row faulty[] = {
    ROW("\r\n", "WRONG fault=command at=0\n"),
    ROW("\n", "WRONG fault=command at=0 +lf\n"),
    ROW("  \r\n", "WRONG fault=command at=2 +spaces\n"),
    ROW("foo\r\n", "WRONG fault=command at=0\n"),
    ROW("foo noreply\r\n", "WRONG fault=command at=0 +words\n"),
    ROW("GET a\r\n", "WRONG fault=command at=0 +words\n"),
    ROW("ge\r\n", "WRONG fault=command at=0\n"),
    ROW("getx a\r\n", "WRONG fault=command at=0 +words\n"),
    ROW("get\ta\r\n", "WRONG fault=command at=0\n"),
    ROW("shutdownx\r\n", "WRONG fault=command at=0\n"),
    ROW("POST / HTTP/1.1\r\n", "WRONG fault=command at=0 +words\n"),
    ROW("get\r\n", "GET\nWRONG of GET fault=count at=0\n"),
    ROW("get \r\n", "GET\nWRONG of GET fault=count at=0 +spaces\n"),
    ROW("gets\nmn\r\n", "GETS\nWRONG of GETS fault=count at=0 +lf\nMN\n"),
    ROW("gat\r\nmn\r\n", "WRONG of GAT fault=count at=3\nMN\n"),
    ROW("gat \r\n", "WRONG of GAT fault=count at=4\n"),
    ROW("gat x a b\r\nmn\r\n", "WRONG of GAT fault=number at=4\nMN\n"),
    ROW("gat x", "MORE\n"),
    ROW("gat x a", "WRONG of GAT fault=number at=4\n"),
    ROW("get a\0b c\r\nmn\r\n", "GET\nWRONG of GET fault=byte at=1\nMN\n"),
    ROW("get a \0\r\nmn\r\n", "GET\nKEY key=a\nWRONG of GET fault=byte at=0\nMN\n"),
    ROW("delete\r\n", "WRONG of DELETE fault=count at=6\n"),
    ROW("delete k 5\r\n", "WRONG of DELETE fault=number at=9 key=k +words\n"),
    ROW("delete k 00\r\n", "WRONG of DELETE fault=number at=9 key=k +words\n"),
    ROW("delete k 5 noreply\r\n", "WRONG of DELETE fault=number at=9 key=k noreply +words\n"),
    ROW("delete k 0 0\r\n", "WRONG of DELETE fault=count at=9 key=k +words\n"),
    ROW("delete k 0 0 noreply\r\n", "WRONG of DELETE fault=count at=20 noreply\n"),
    ROW("incr k\r\n", "WRONG of INCR fault=count at=6\n"),
    ROW("incr k noreply\r\n", "WRONG of INCR fault=number at=7 key=k noreply\n"),
    ROW("incr k 1 2 noreply\r\n", "WRONG of INCR fault=count at=18 noreply\n"),
    ROW("incr k x\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k -1\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k -\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k +\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k \t\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k +-5\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k 5x\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k 0x5\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("incr k 18446744073709551616\r\n", "WRONG of INCR fault=number at=7 key=k\n"),
    ROW("touch k\r\n", "WRONG of TOUCH fault=count at=7\n"),
    ROW("touch k 9223372036854775808\r\n", "WRONG of TOUCH fault=number at=8 key=k\n"),
    ROW("touch k 1 2 3\r\n", "WRONG of TOUCH fault=count at=13\n"),
    ROW("set k 0 0\r\n", "WRONG of SET fault=count at=9\n"),
    ROW("set k 0 noreply\r\n", "WRONG of SET fault=count at=15\n"),
    ROW("set k 0 0 noreply\r\n", "WRONG of SET fault=number at=10 key=k noreply\n"),
    ROW("set k 0 0 1 2 3\r\n", "WRONG of SET fault=count at=15\n"),
    ROW("set k x 0 1\r\nmn\r\n", "WRONG of SET fault=number at=6 key=k size=1\nMN\n"),
    ROW("set k 0 x 1 noreply\r\n", "WRONG of SET fault=number at=8 key=k size=1 noreply\n"),
    ROW("set k x y 1\r\n", "WRONG of SET fault=number at=6 key=k size=1\n"),
    ROW("set k 0 0 x\r\n", "WRONG of SET fault=number at=10 key=k\n"),
    ROW("set k 0 0 -1\r\n", "WRONG of SET fault=number at=10 key=k\n"),
    ROW("set k 0 0 2147483646\r\n", "WRONG of SET fault=number at=10 key=k\n"),
    ROW("set k\0 0 0 1\r\n", "WRONG of SET fault=byte at=5 key=k\\x00 size=1 +byte\n"),
    ROW("mn\0\r\n", "WRONG fault=byte at=2\n"),
    ROW("cas k 0 0 1\r\n", "WRONG of CAS fault=count at=11\n"),
    ROW("cas k 0 0 1 x\r\n", "WRONG of CAS fault=number at=12 key=k size=1\n"),
    ROW("cas k 0 0 1 2 3 4\r\n", "WRONG of CAS fault=count at=17\n"),
    ROW("mg\r\n", "WRONG of MG fault=count at=2\n"),
    ROW("mg k !\r\n", "WRONG of MG fault=flag at=5 key=k text=!\n"),
    ROW("mg k v !\r\n", "WRONG of MG fault=flag at=7 key=k text=v !\n"),
    ROW("mg k v t v\r\n", "WRONG of MG fault=flag at=9 key=k text=v t v\n"),
    ROW("mg k T1 t T2\r\n", "WRONG of MG fault=flag at=10 key=k text=T1 t T2\n"),
    ROW("mg k T\r\n", "WRONG of MG fault=flag at=5 key=k text=T\n"),
    ROW("mg k O12345678901234567890123456789012\r\n",
        "WRONG of MG fault=flag at=5 key=k text=O12345678901234567890123456789012\n"),
    ROW("mg k O1234567890123456789012345678901\r\n",
        "MG key=k text=O1234567890123456789012345678901\n"),
    ROW("ma k MXX\r\n", "WRONG of MA fault=flag at=5 key=k text=MXX\n"),
    ROW("ms k\r\n", "WRONG of MS fault=count at=4\n"),
    ROW("ms k S3\r\nabc\r\n", "WRONG of MS fault=number at=5 key=k\nWRONG fault=command at=0\n"),
    ROW("ms k 1 T\r\nx\r\n",
        "WRONG of MS fault=flag at=7 key=k size=1 text=T\nWRONG fault=command at=0\n"),
    ROW("verbosity\r\n", "WRONG of VERBOSITY fault=count at=9\n"),
    ROW("verbosity noreply\r\n", "WRONG of VERBOSITY fault=number at=10 noreply\n"),
    ROW("verbosity 1 2 3\r\n", "WRONG of VERBOSITY fault=count at=15\n"),
    ROW("flush_all x\r\n", "WRONG of FLUSH_ALL fault=number at=10\n"),
    ROW("flush_all noreply noreply\r\n", "WRONG of FLUSH_ALL fault=number at=10 noreply\n"),
    ROW("flush_all 1 2 3\r\n", "WRONG of FLUSH_ALL fault=count at=15\n"),
    ROW("set k 0 0 2\r\nabcd\r\n",
        "SET key=k size=2\nDATA ab\nWRONG of SET fault=value at=0\nWRONG fault=command at=0\n"),
    ROW("set k 0 0 2\r\nab\rd\r\nmn\r\n",
        "SET key=k size=2\nDATA ab\nWRONG of SET fault=value at=1\nWRONG fault=command at=0\nMN\n"),
    ROW("set k 0 0 2\r\nab\nmn\r\n",
        "SET key=k size=2\nDATA ab\nWRONG of SET fault=value at=0\nWRONG fault=command at=0\n"),
    ROW("set k 0 0 0\r\nxx", "SET key=k size=0\nWRONG of SET fault=value at=0\n"),
    ROW("\0\r\n", "WRONG fault=byte at=0\n"),
    ROW("get a\0\nmn\r\n", "GET\nWRONG of GET fault=byte at=1\nMN\n"),
    ROW("cas k 0 0 noreply\r\n", "WRONG of CAS fault=count at=17\n"),
    ROW("cas k 0 0 1 noreply\r\n", "WRONG of CAS fault=number at=12 key=k size=1 noreply\n"),
    ROW("incr noreply\r\n", "WRONG of INCR fault=count at=12\n"),
    ROW("touch noreply\r\n", "WRONG of TOUCH fault=count at=13\n"),
    ROW("touch k noreply\r\n", "WRONG of TOUCH fault=number at=8 key=k noreply\n"),
    ROW("\xff\r\n", "WRONG fault=command at=0\n"),
    ROW("\x80", "PROTOCOL fault=binary at=0\n"),
    ROW("\x80\x01\r\nmn\r\n", "PROTOCOL fault=binary at=0\n"),
    ROW("\x16\x03\x01", "PROTOCOL fault=tls at=0\n"),
    ROW("mn\r\n\x80\r\n", "MN\nWRONG fault=command at=0\n"),
    ROW("mn\r\n\x16\r\n", "MN\nWRONG fault=command at=0\n"),
};

START_TEST(every_fault)
{
    check_row(&(struct requests){0}, &faulty[_i]);
}
END_TEST

/* The value of a wrong command, where the caller knows that it is one. */
static const struct row swallowed[] = {
    ROW("set k x 0 3\r\nmn\r\r\nmn\r\n",
        "WRONG of SET fault=number at=6 key=k size=3\nDATA mn\\r\nEND\nMN\n"),
    ROW("ms k 1 T\r\nx\r\nmn\r\n",
        "WRONG of MS fault=flag at=7 key=k size=1 text=T\nDATA x\nEND\nMN\n"),
    ROW("set k 0 x 0\r\n\r\nmn\r\n", "WRONG of SET fault=number at=8 key=k size=0\nEND\nMN\n"),
    ROW("set k 0 0 x\r\nmn\r\n", "WRONG of SET fault=number at=10 key=k\nMN\n"),
    ROW("foo\r\nmn\r\n", "WRONG fault=command at=0\nMN\n"),
    ROW("get a\0\r\nmn\r\n", "GET\nWRONG of GET fault=byte at=1\nMN\n"),
    ROW("set k 0 0 1\r\nxy\r\n\r\nmn\r\n",
        "SET key=k size=1\nDATA x\nWRONG of SET fault=value at=0\nWRONG fault=command at=0 +lf\n"
        "WRONG fault=command at=0\nMN\n"),
};

START_TEST(every_swallowed_value)
{
    check_row(&(struct requests){.swallow = true}, &swallowed[_i]);
}
END_TEST

/* It cannot be swallowed while something else is being read. */
START_TEST(nothing_to_swallow)
{
    static const char *const starts[] = {"get a ", "set k 0 0 2\r\na", "set k 0 0 0\r\n"};
    const struct mc_request wrong = {.has_size = true, .size = 9};
    struct mc_request_reader reader = {0}, before;
    struct mc_bytes in = mc_string(starts[_i]);
    struct mc_request request;
    while (mc_request_next(&reader, &in, &request) > 0) {
    }
    before = reader;
    mc_request_swallow(&reader, &wrong);
    ck_assert_mem_eq(&reader, &before, sizeof reader);
}
END_TEST

/* ---- logins -------------------------------------------------------------------------------- */

static const struct row logins[] = {
    ROW("set auth 0 0 10\r\nann secret\r\n", "AUTH size=10\nDATA ann secret\nEND\n"),
    ROW("set a b c 1\r\nx\r\n", "AUTH size=1\nDATA x\nEND\n"),
    ROW("set a 0 0 1 noreply\r\nx\r\n", "AUTH size=1 +words\nDATA x\nEND\n"),
    ROW("set a 0 0 1 2 3 4\r\nx\r\n", "AUTH size=1 +words\nDATA x\nEND\n"),
    ROW("set a 0 0 x\r\n", "WRONG of AUTH fault=number at=10\n"),
    ROW("set a 0 0\r\n", "WRONG of AUTH fault=count at=9\n"),
    ROW("add a 0 0 1\r\nx\r\n", "ADD key=a size=1\nDATA x\nEND\n"),
    ROW("get a\r\n", "GET\nKEY key=a\nEND\n"),
    ROW("set a 0 0 1\r\nx\r\nset a 0 0 1\r\nx\r\n",
        "AUTH size=1\nDATA x\nEND\nAUTH size=1\nDATA x\nEND\n"),
};

START_TEST(every_login)
{
    check_row(&(struct requests){.reader = {.login = true}}, &logins[_i]);
}
END_TEST

/* ---- lengths ------------------------------------------------------------------------------- */

/* The events of a line of so many bytes from its head to its \n, whole and byte by byte. */
static struct text read_long(const char *head, char fill, size_t len)
{
    char *line = suite_allocate(len);
    struct requests whole = {0}, single = {0};
    memset(line, fill, len);
    memcpy(line, head, strlen(head));
    memcpy(line + len - 2, "\r\n", 2);
    requests_of_cut(&whole, (struct mc_bytes){line, len}, 0, 0);
    for (size_t k = 0; k < len; k++)
        requests_feed(&single, line + k, 1);
    requests_finish(&single);
    ck_assert_str_eq(text_string(&whole.lines), text_string(&single.lines));
    requests_free(&single);
    text_free(&whole.left);
    free(line);
    return whole.lines;
}

static void check_long(const char *head, char fill, size_t len, const char *end)
{
    struct text events = read_long(head, fill, len);
    size_t skip = events.len < strlen(end) ? 0 : events.len - strlen(end);
    ck_assert_str_eq(text_string(&events) + skip, end);
    text_free(&events);
}

/* A line that is no retrieval may have MC_REQUEST_MAX bytes. */
START_TEST(longest_line)
{
    check_long("stats ", 'x', MC_REQUEST_MAX - 1, "xxx\n");
    check_long("stats ", 'x', MC_REQUEST_MAX, "xxx\n");
    check_long("stats ", 'x', MC_REQUEST_MAX + 1, "PROTOCOL fault=long at=0\n");
    check_long("foo ", 'x', MC_REQUEST_MAX, "WRONG fault=command at=0 +words\n");
    check_long("foo ", 'x', MC_REQUEST_MAX + 1, "PROTOCOL fault=long at=0\n");
    check_long("foo", 'x', MC_REQUEST_MAX + 1, "PROTOCOL fault=long at=0\n");
    check_long("gat ", '0', MC_REQUEST_MAX + 1, "PROTOCOL fault=long at=0\n");
    check_long("gat ", ' ', MC_REQUEST_MAX + 1, "PROTOCOL fault=long at=0\n");
    check_long("get a ", ' ', (size_t)3 * MC_REQUEST_MAX, "KEY key=a\nEND +spaces\n");
    check_long("gat 1 a ", ' ', (size_t)3 * MC_REQUEST_MAX, "KEY key=a\nEND +spaces\n");
}
END_TEST

/* A retrieval of 5,000 keys, through windows that hold no more than one. */
START_TEST(line_longer_than_any_buffer)
{
    struct requests requests = {0};
    char key[32];
    requests_feed(&requests, "get", 3);
    for (int k = 0; k < 5000; k++) {
        int len = snprintf(key, sizeof key, " key%d", k);
        requests_feed(&requests, key, (size_t)len);
        ck_assert_uint_le(requests.left.len, 16);
    }
    requests_feed(&requests, "\r\n", 2);
    ck_assert_int_eq(requests.last, MC_REQUEST_END);
    ck_assert_uint_eq(requests.left.len, 0);
    ck_assert_ptr_nonnull(strstr(text_string(&requests.lines), "\nKEY key=key4999\nEND\n"));
    requests_free(&requests);
}
END_TEST

static char *repeat(char c, size_t n)
{
    char *text = suite_allocate(n + 1);
    memset(text, c, n);
    text[n] = '\0';
    return text;
}

/* Keys around the longest: alone in a retrieval, before another one, and in another command. */
static const struct {
    const char *before, *after, *good, *wrong;
} around[] = {
    {"get ", "\r\nmn\r\n", "GET\nKEY key=%s\nEND\nMN\n",
     "GET\nWRONG of GET fault=key at=250\nMN\n"},
    {"get ", " b\r\nmn\r\n", "GET\nKEY key=%s\nKEY key=b\nEND\nMN\n",
     "GET\nWRONG of GET fault=key at=250\nMN\n"},
    {"delete ", "\r\nmn\r\n", "DELETE key=%s\nMN\n", "WRONG of DELETE fault=key at=7 key=%s\nMN\n"},
};

START_TEST(longest_key)
{
    for (size_t n = MC_KEY_MAX - 1; n < MC_KEY_MAX + 5; n++) {
        struct text line = {0}, expected = {0};
        char *key = repeat('k', n);
        text_print(&line, "%s%s%s", around[_i].before, key, around[_i].after);
        const char *format = n > MC_KEY_MAX ? around[_i].wrong : around[_i].good;
        const char *place = strstr(format, "%s");
        text_add(&expected, format, place != NULL ? (size_t)(place - format) : strlen(format));
        text_print(&expected, "%s%s", place != NULL ? key : "", place != NULL ? place + 2 : "");
        const struct row row = {line.data, line.len, text_string(&expected)};
        for (size_t cut = 0; cut < row.len; cut++)
            check_cut(&(struct requests){0}, &row, cut, cut + 1);
        text_free(&line);
        text_free(&expected);
        free(key);
    }
}
END_TEST

/* What is wrong with a key of a retrieval is known before its line ends. */
START_TEST(key_is_refused_at_once)
{
    char *key = repeat('k', 4000);
    struct requests requests = {0};
    requests_feed(&requests, "get ", 4);
    requests_feed(&requests, key, MC_KEY_MAX + 1);
    ck_assert_int_eq(requests.last, MC_REQUEST_GET);
    requests_feed(&requests, key, 1);
    ck_assert_int_eq(requests.last, MC_REQUEST_WRONG);
    requests_feed(&requests, key, 4000);
    ck_assert_uint_eq(requests.left.len, 0);
    requests_feed(&requests, "\r\nmn\r\n", 6);
    ck_assert_int_eq(requests.last, MC_REQUEST_MN);
    requests_free(&requests);
    free(key);
}
END_TEST

/* A meta command of MC_TOKENS_MAX words is whole; one more is too many. */
START_TEST(most_words)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    const char *head = _i == 0 ? "mg k" : "ms k 0";
    size_t flags = MC_TOKENS_MAX - (_i == 0 ? 2 : 3);
    char line[128], end[] = "\r\n";
    int len = snprintf(line, sizeof line, "%s", head);
    for (size_t k = 0; k <= flags; k++) {
        struct mc_request_reader reader = {0};
        struct mc_request request;
        memcpy(line + len, end, sizeof end);
        struct mc_bytes in = {line, (size_t)len + 2};
        ck_assert_int_eq(mc_request_next(&reader, &in, &request),
                         _i == 0 ? MC_REQUEST_MG : MC_REQUEST_MS);
        len += snprintf(line + len, sizeof line - (size_t)len, " %c", letters[k]);
    }
    struct mc_request_reader reader = {0};
    struct mc_request request;
    memcpy(line + len, end, sizeof end);
    struct mc_bytes in = {line, (size_t)len + 2};
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_WRONG);
    ck_assert_int_eq(request.fault, MC_WRONG_COUNT);
}
END_TEST

/* 300 words are not 44. */
START_TEST(many_words)
{
    struct text line = {0};
    for (int k = 0; k < 300; k++)
        text_add_string(&line, k == 0 ? "incr" : " 1");
    text_add_string(&line, "\r\n");
    struct mc_request_reader reader = {0};
    struct mc_request request;
    struct mc_bytes in = {line.data, line.len};
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_WRONG);
    ck_assert_int_eq(request.fault, MC_WRONG_COUNT);
    memcpy(line.data, "mn 1", 4);
    in = (struct mc_bytes){line.data, line.len};
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_MN);
    text_free(&line);
}
END_TEST

/* ---- values -------------------------------------------------------------------------------- */

static const uint32_t sizes[] = {0, 1, 2, 3, 1000, MC_REQUEST_SIZE_MAX};

/* A value that passes the reader by, in pieces; of the largest, no byte is there. */
START_TEST(value_received_elsewhere)
{
    struct mc_request_reader reader = {0};
    struct mc_request request;
    char line[64];
    int len = snprintf(line, sizeof line, "set k 0 0 %" PRIu32 "\r\n", sizes[_i]);
    struct mc_bytes in = {line, (size_t)len};
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_SET);
    ck_assert_uint_eq(request.size, sizes[_i]);
    ck_assert_uint_eq(reader.value_left, sizes[_i]);
    mc_request_took(&reader, sizes[_i] / 2);
    ck_assert_uint_eq(reader.value_left, sizes[_i] - sizes[_i] / 2);
    mc_request_took(&reader, sizes[_i] - sizes[_i] / 2);
    mc_request_took(&reader, 5); /* more than there is */
    ck_assert_uint_eq(reader.value_left, 0);
    in = MC_BYTES("\r\nmn\r\n");
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_END);
    ck_assert_int_eq(request.command, MC_REQUEST_SET);
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_MN);
}
END_TEST

START_TEST(nothing_received_elsewhere)
{
    struct mc_request_reader reader = {0};
    struct mc_request request;
    struct mc_bytes in = MC_BYTES("get a");
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_GET);
    mc_request_took(&reader, 3);
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_MORE);
    in = MC_BYTES(" a\r\n");
    ck_assert_int_eq(mc_request_next(&reader, &in, &request), MC_REQUEST_KEY);
}
END_TEST

START_TEST(final_events)
{
    for (int event = MC_REQUEST_KEY; event <= MC_REQUEST_SHUTDOWN; event++)
        ck_assert_int_eq(mc_request_is_final(event), event >= MC_REQUEST_END);
    ck_assert(!mc_request_is_final(MC_MORE));
    ck_assert(!mc_request_is_final(MC_E_PROTOCOL));
}
END_TEST

/* ---- any bytes ----------------------------------------------------------------------------- */

/* However the bytes are cut, the events are the same; and no byte too many is read. */
static void check_cuts_agree(struct mc_bytes in)
{
    struct requests whole = {0}, single = {0};
    requests_of_cut(&whole, in, in.len, in.len);
    for (size_t i = 0; i < in.len; i++)
        requests_feed(&single, in.data + i, 1);
    requests_finish(&single);
    if (!text_same(&whole.lines, &single.lines)) {
        struct text shown = {0};
        text_escape(&shown, in.data, in.len);
        ck_abort_msg("%s\nwhole:\n%s\nbyte by byte:\n%s", text_string(&shown),
                     text_string(&whole.lines), text_string(&single.lines));
    }
    requests_free(&whole);
    requests_free(&single);
}

static const char *const seeds[] = {
    "get a bc\r\ngats 5 d\r\nset k 1 2 3 noreply\r\nabc\r\n",
    "mg k v Oq N5\r\nms k 2 T0\r\nhi\r\nmn\r\ndelete k 0\r\n",
    "incr k 5\r\nflush_all 1 noreply\r\nstats a b\nversion \r\n",
};

START_TEST(one_byte_changed)
{
    size_t len = strlen(seeds[_i]);
    char *bytes = suite_allocate(len);
    for (size_t place = 0; place < len; place++) {
        memcpy(bytes, seeds[_i], len);
        for (int byte = 0; byte < 256; byte++) {
            bytes[place] = (char)byte;
            check_cuts_agree((struct mc_bytes){bytes, len});
        }
    }
    free(bytes);
}
END_TEST

START_TEST(one_byte_less_or_more)
{
    size_t len = strlen(seeds[_i]);
    char *bytes = suite_allocate(len + 1);
    for (size_t place = 0; place < len; place++) {
        memcpy(bytes, seeds[_i], place);
        memcpy(bytes + place, seeds[_i] + place + 1, len - place - 1);
        check_cuts_agree((struct mc_bytes){bytes, len - 1});
        memcpy(bytes + place, seeds[_i] + place, 1);
        memcpy(bytes + place + 1, seeds[_i] + place, len - place);
        check_cuts_agree((struct mc_bytes){bytes, len + 1});
    }
    free(bytes);
}
END_TEST

int main(void)
{
    const struct suite_test tests[] = {
        {every_command, COUNT(commands)},
        {everything_tolerated, COUNT(tolerated)},
        {every_fault, COUNT(faulty)},
        {every_swallowed_value, COUNT(swallowed)},
        {nothing_to_swallow, 3},
        {every_login, COUNT(logins)},
        {longest_line, 1},
        {line_longer_than_any_buffer, 1},
        {longest_key, COUNT(around)},
        {key_is_refused_at_once, 1},
        {most_words, 2},
        {many_words, 1},
        {value_received_elsewhere, COUNT(sizes)},
        {nothing_received_elsewhere, 1},
        {final_events, 1},
        {one_byte_changed, COUNT(seeds)},
        {one_byte_less_or_more, COUNT(seeds)},
    };
    return suite_run("request", tests, COUNT(tests));
}
