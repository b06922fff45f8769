/* The command mcwire: the table of its commands and options, from which --help, the completions and
 * the man page's test are made. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "escape.h"
#include "run.h"
#include "settings.h"
#include "standard.h"
#include "status.h"

#define AT(member) offsetof(struct settings, member)
#define TABLE(list) (list), sizeof(list) / sizeof *(list)

static const struct option options_of_all[] = {
    {"-s, --server", "ADDRESS",
     "HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH; without it\n"
     "$MCWIRE_SERVERS, else the first of $MEMCACHED_SERVERS,\n"
     "else 127.0.0.1:11211",
     option_text, AT(server), 0, 0},
    {"--user", "NAME", "log in, to a memcached that runs with -Y", option_text, AT(user), 0, 0},
    {"--password-file", "FILE", "holds the password; without it $MCWIRE_PASSWORD does", option_text,
     AT(password_file), 0, 0},
    {"--timeout", "MS", "longest wait for the server, in milliseconds (1000)", option_long,
     AT(timeout_ms), 1, 3600000},
    {"--json", NULL, "print one JSON object a line", option_flag, AT(json), 0, 0},
    {"--bytes", NULL, "show the conversation with the server on stderr", option_flag, AT(bytes), 0,
     0},
    {"--color", "auto|never", "colours on a terminal, or none (auto)", option_choice, AT(color), 0,
     0},
};

static const struct option get_options[] = {
    {"-0", NULL, "print KEY and VALUE raw, with a NUL after each", option_flag, AT(nul), 0, 0},
    {"--touch", "TTL", "also give the item this time to live", settings_touch, AT(touch_ttl), 0, 0},
    {"--field", "value|flags|cas|size|ttl", "what is printed (value)", option_choice, AT(field), 0,
     0},
};

static const struct option set_options[] = {
    {"--cas", "N", "only if this is still the cas unique: get --field cas", settings_cas, AT(cas),
     0, UINT64_MAX},
    {"--ttl", "TTL", "time to live, in seconds (0: as long as there is room)", settings_ttl,
     AT(ttl), 0, 0},
    {"--flags", "N", "a number that is kept with the value (0)", option_number, AT(flags), 0,
     UINT32_MAX},
};

/* add and replace have all but --cas. */
#define ADD_OPTIONS set_options + 1, sizeof set_options / sizeof *set_options - 1

static const struct option flush_options[] = {
    {"--delay", "S", "after this many seconds (0)", option_number, AT(delay_s), 0, 2592000},
    {"--yes", NULL, "really do it", option_flag, AT(yes), 0, 0},
};

static const struct option meta_options[] = {
    {"--value", "TEXT|-|@FILE", "what ms stores (-, standard input)", option_text, AT(value), 0, 0},
};

static const struct option ping_options[] = {
    {"--count", "N", "how often (1)", option_number, AT(count), 1, UINT32_MAX},
    {"--interval", "S", "seconds between them (1)", option_seconds, AT(interval_ns), 0, 86400},
};

static const struct option stats_options[] = {
    {"--watch", "S", "ask again every S seconds, and print what has changed", option_seconds,
     AT(watch_ns), 0, 86400},
};

#define MATCH_OPTION                                                                      \
    "--match", "GLOB", "only keys like this: * is any bytes, ? is one byte", option_text, \
        AT(match), 0, 0

static const struct option keys_options[] = {
    {MATCH_OPTION},
    {"--long", NULL,
     "also the seconds left (-1: does not expire), the seconds\n"
     "since the last access, and the bytes that the item takes",
     option_flag, AT(detailed), 0, 0},
    {"-0", NULL, "print each key raw, with a NUL after it", option_flag, AT(nul), 0, 0},
};

static const struct option match_options[] = {
    {MATCH_OPTION},
};

static const struct option restore_options[] = {
    {"--add", NULL, "store only keys that have no value yet", option_flag, AT(add), 0, 0},
};

static const struct option talk_options[] = {
    {"--cut", "N", "send and read N bytes at a time", option_number, AT(cut), 1, 65536},
    {"--script", "FILE", "send the lines of this file", option_text, AT(script), 0, 0},
};

static const struct option explain_options[] = {
    {"--login", NULL, "there is a login (memcached -Y): no value is shown", option_flag, AT(login),
     0, 0},
};

static const struct option proxy_options[] = {
    {"--listen", "ADDR", "PORT of 127.0.0.1 (0: any), HOST:PORT, [IPV6]:PORT or\nunix:/PATH",
     option_text, AT(listen), 0, 0},
};

#define FOR_OPTION                                                                             \
    "--for", "S", "end after this many seconds (0: at Ctrl-C)", option_seconds, AT(for_ns), 0, \
        31536000

static const struct option top_options[] = {
    {"--by", "key|prefix|size|misses", "what is counted (key)", option_choice, AT(by), 0, 0},
    {FOR_OPTION},
};

static const struct option latency_options[] = {
    {FOR_OPTION},
    {"--interval", "S", "seconds between two questions (0.01)", option_seconds, AT(every_ns), 0,
     86400},
};

static const struct option replay_options[] = {
    {"--all", NULL, "all transcripts that hold for the server's version", option_flag, AT(all), 0,
     0},
    {"--with", "OPTIONS", "the server runs with these: only their transcripts", option_text,
     AT(with), 0, 0},
    {"--as", "VERSION", "play those that hold for another version, as 1.6.18", option_text, AT(as),
     0, 0},
    {"--list", NULL, "list the transcripts, and do nothing else", option_flag, AT(list), 0, 0},
    {"--yes", NULL, "really invalidate all items of the server", option_flag, AT(yes), 0, 0},
};

static const struct option serve_options[] = {
    {"--listen", "ADDR", "PORT of 127.0.0.1 (11211; 0: any), HOST:PORT,\n[IPV6]:PORT or unix:/PATH",
     option_text, AT(listen), 0, 0},
    {"-m, --memory", "MB", "for the items: the least recently used go first (64)", option_number,
     AT(memory_mb), 1, 65536},
    {"-c, --connections", "N", "the most at a time; others are refused (8192)", option_number,
     AT(connections), 1, 1000000},
    {"-Y, --users", "FILE", "clients have to log in; its lines are NAME:PASSWORD", option_text,
     AT(users), 0, 0},
    {"-A", NULL, "clients may end it, with shutdown", option_flag, AT(can_shut_down), 0, 0},
    {"-F", NULL, "no flush_all", option_flag, AT(no_flush), 0, 0},
    {"-M", NULL, "an error when memory is full: no item is evicted", option_flag, AT(keeps_all), 0,
     0},
    {"-W", NULL, "no watch", option_flag, AT(no_watch), 0, 0},
    {"-X", NULL, "no stats cachedump, no lru_crawler metadump", option_flag, AT(no_dumps), 0, 0},
    {"-o", "WORD,...",
     "as memcached has them: no_lru_crawler,\n"
     "no_lru_maintainer, no_slab_reassign, track_sizes",
     option_text, AT(extended), 0, 0},
    {"--clock", NULL,
     "time stands still: a line N of standard input moves it\n"
     "by N seconds, and the new time is printed. The server\n"
     "ends when the input does",
     option_flag, AT(clock), 0, 0},
};

static const struct option lie_options[] = {
    {"--list", NULL, "list the cases", option_flag, AT(list), 0, 0},
    {"--listen", "ADDR",
     "be the server of one case: PORT of 127.0.0.1 (0: any),\n"
     "HOST:PORT, [IPV6]:PORT or unix:/PATH",
     option_text, AT(listen), 0, 0},
    {"--all", NULL, "examine COMMAND in all cases, or in those that are named", option_flag,
     AT(all), 0, 0},
    {"--grace", "MS", "how much later than --timeout an answer may come (500)", option_long,
     AT(grace_ms), 0, 3600000},
    {"--start", "MS", "how long until COMMAND's first request (20000)", option_long, AT(start_ms),
     0, 3600000},
    {"--html", "FILE", "also write the verdicts to a page", option_text, AT(html), 0, 0},
};

static const struct option learn_options[] = {
    {"--list", NULL, "list the exercises, and which are solved", option_flag, AT(list), 0, 0},
    {"--solution", NULL, "show an answer that is right", option_flag, AT(solution), 0, 0},
};

#define TTL_WORDS                                                                      \
    "TTL is in seconds from now: 0 means as long as there is room, -1 at once. From\n" \
    "1000000000 on it is a Unix time."
#define VALUE_WORDS                                                                   \
    "VALUE is stored as it is; - means standard input, and @FILE a file's bytes.\n"   \
    "Without it standard input is read, unless it is a terminal. After --, - and @\n" \
    "have no special meaning."

static const struct option_command commands[] = {
    {"get", "KEY...", "print values",
     "On a terminal a value is escaped, and a newline follows; elsewhere only its\n"
     "bytes are printed. For several keys, each line has KEY, a tab and VALUE, both\n"
     "escaped.\n" TTL_WORDS,
     TABLE(get_options), 1, -1, run_get},
    {"set", "KEY [VALUE | - | @FILE]", "store a value", VALUE_WORDS "\n" TTL_WORDS,
     TABLE(set_options), 1, 2, run_store},
    {"add", "KEY [VALUE | - | @FILE]", "store a value if the key has none",
     VALUE_WORDS "\n" TTL_WORDS, ADD_OPTIONS, 1, 2, run_store},
    {"replace", "KEY [VALUE | - | @FILE]", "store a value if the key has one",
     VALUE_WORDS "\n" TTL_WORDS, ADD_OPTIONS, 1, 2, run_store},
    {"append", "KEY [VALUE | - | @FILE]", "put bytes after the value", VALUE_WORDS, NULL, 0, 1, 2,
     run_store},
    {"prepend", "KEY [VALUE | - | @FILE]", "put bytes before the value", VALUE_WORDS, NULL, 0, 1, 2,
     run_store},
    {"delete", "KEY...", "delete items", NULL, NULL, 0, 1, -1, run_delete},
    {"incr", "KEY [N]", "add N (1) to a number, and print it", NULL, NULL, 0, 1, 2, run_number},
    {"decr", "KEY [N]", "subtract N (1), down to 0, and print it", NULL, NULL, 0, 1, 2, run_number},
    {"touch", "KEY TTL", "give an item a new time to live", TTL_WORDS, NULL, 0, 2, 2, run_touch},
    {"flush", "", "invalidate all items of the server", NULL, TABLE(flush_options), 0, 0,
     run_flush},
    {"meta", "mg|ms|md|ma|me|mn [KEY [FLAG...]]", "a meta command, and its reply as it came",
     "The words are those of memcached's protocol.txt, but ms has no size: its value\n"
     "is standard input, or that of --value.",
     TABLE(meta_options), 1, -1, run_meta},
    {"ping", "", "ask for the version, and time the answer", NULL, TABLE(ping_options), 0, 0,
     run_ping},
    {"stats", "[GROUP]", "print statistics of the server, or of a group",
     "GROUP is settings, items, slabs, conns, sizes, ... Ctrl-C ends --watch.",
     TABLE(stats_options), 0, 1, run_stats},
    {"version", "", "print the server's version", NULL, NULL, 0, 0, 0, run_version},
    {"keys", "", "list the keys, from the server's LRU crawler",
     "A key is printed with \\xHH for each byte that is not text. Keys that are stored\n"
     "or deleted meanwhile may or may not be listed.",
     TABLE(keys_options), 0, 0, run_keys},
    {"dump", "", "write all items to standard output, for restore",
     "The dump is what restore sends: lines \"ms KEY SIZE F<flags> T<expiry>\" with the\n"
     "value after each; b marks a key in base64. T is a Unix time, T0 is never. It has\n"
     "no cas uniques, no marks of stale items, and no times of the last access.",
     TABLE(match_options), 0, 0, run_dump},
    {"restore", "", "store what a dump has on standard input",
     "At the end it says what was written. If that is not all, run it again.",
     TABLE(restore_options), 0, 0, run_restore},
    {"talk", "", "type a conversation by hand, every byte explained",
     "Each line is sent as it is typed, with CRLF after it; after a storage line the\n"
     "value is asked for. Ctrl-C abandons a line and, twice, leaves; so does Ctrl-D.\n"
     "Without a terminal the lines come from standard input.",
     TABLE(talk_options), 0, 0, run_talk},
    {"proxy", "", "show conversations between clients and the server",
     "It never changes a byte, and never waits for whoever reads its output: records\n"
     "that do not fit are dropped and counted. Ctrl-C ends it, with exit status 0.",
     TABLE(proxy_options), 0, 0, run_proxy},
    {"watch", "[KIND...]", "memcached's log: what other clients do, as it happens",
     "KIND is fetchers, mutations, evictions, connevents, deletions (servers newer\n"
     "than 1.6.18), proxyreqs, proxyevents, proxyuser, sysevents or rawcmds; without\n"
     "it, the first three. A store looks up its key first, so there is an item_get\n"
     "for it, too. Ctrl-C ends it with a summary.",
     TABLE(match_options), 0, -1, run_watch},
    {"top", "", "the keys that are used most, from memcached's log",
     "prefix: up to the first of : / . | in a key. size: bytes of values fetched or\n"
     "stored. misses: fetches that found nothing. Memory is fixed: 1024 keys are\n"
     "counted at a time, and the error is printed. On a terminal the table is drawn\n"
     "every second, elsewhere once, at the end.",
     TABLE(top_options), 0, 0, run_top},
    {"latency", "", "a histogram of round trips",
     "Each is a version command on one connection. After a timeout, which is counted,\n"
     "it connects again. Ctrl-C ends it with the chart.",
     TABLE(latency_options), 0, 0, run_latency},
    {"doctor", "", "what is unusual about this server, and what to do",
     "From its statistics and settings. Exit status 1: something is unusual.", NULL, 0, 0, 0,
     run_doctor},
    {"serve", "", "be a small memcached, for learning and tests",
     "It answers as memcached 1.6.18 does: classic and meta commands, cas, expiry,\n"
     "flush_all, stats, watch, logins. It has no TLS, and one thread: it is no cache\n"
     "for production. Ctrl-C ends it, with exit status 0; so does shutdown, with -A.",
     TABLE(serve_options), 0, 0, run_serve},
    {"explain", "[FILE | -]", "show what bytes of the protocol mean",
     "The bytes are what a client or a server sends; mcwire sees which from the first\n"
     "line. COLUMNS sets the width (80).",
     TABLE(explain_options), 0, 1, run_explain},
    {"replay", "[NAME | FILE ...]", "play transcripts to a server, and compare its answers",
     "Use a server that was just started and that nobody needs: each transcript begins\n"
     "with flush_all, and some change settings. Exit status 1 when an answer differs.",
     TABLE(replay_options), 0, -1, run_replay},
    {"lie", "[CASE...] [-- COMMAND...]", "examine a memcached client",
     "COMMAND is run once for each case, with the case's server in $MCWIRE_SERVERS and\n"
     "its deadline in $MCWIRE_TIMEOUT_MS. It reads questions from standard input,\n"
     "and answers each with a line, at once:\n"
     "  get KEY              HIT VALUE, or MISS\n"
     "  many KEY...          HIT, and a word for each key: VALUE, or - for none\n"
     "  set KEY VALUE        OK, or NO\n"
     "  cas KEY VALUE        gets, and then cas with its number: OK, or NO\n"
     "  incr KEY N           HIT NUMBER, or MISS\n"
     "  delete KEY           OK, or NO\n"
     "or with ERROR WHY, when the client reports an error, or, for all but get, with\n"
     "SKIP, when it has no such call. VALUE has %XX for bytes that are not a letter, a\n"
     "digit, or one of - . _ ~. It exits at the end of its input.",
     TABLE(lie_options), 0, -1, run_lie},
    {"learn", "[N [ANSWER | -]]", "exercises about the protocol, which check themselves",
     "Without N it shows the first that is not solved. Solved ones are noted in\n"
     "$MCWIRE_PROGRESS, or ~/.mcwire-learn. No server is needed. Exit status 1: the\n"
     "answer is not right.",
     TABLE(learn_options), 0, 2, run_learn},
    {"completion", "bash|zsh|fish", "print a script that completes words in a shell",
     "bash: source <(mcwire completion bash)\n"
     "zsh: mcwire completion zsh >DIRECTORY/_mcwire, with DIRECTORY in $fpath\n"
     "fish: mcwire completion fish >~/.config/fish/completions/mcwire.fish",
     NULL, 0, 1, 1, run_completion},
};

static const struct option_program program = {
    .name = "mcwire",
    .about = "Talks to memcached.",
    .table = options_of_all,
    .count = sizeof options_of_all / sizeof *options_of_all,
    .column = 24,
    .more = "'mcwire COMMAND -h' explains a command. After -- no argument is an option.\n\n"
            "Exit status: 0 done, found, stored; 1 the server said no (a miss, NOT_STORED,\n"
            "EXISTS, NOT_FOUND); 2 usage, or a key that cannot be sent; 65 the server refused\n"
            "it; 69 no server; 74 a write was sent and nobody knows what became of it, or\n"
            "output was not written; 75 try again (timeout, SERVER_ERROR, BUSY); 76 what came\n"
            "is not a memcached reply; 77 user or password refused; 130 interrupted. For\n"
            "several keys, the worst.",
    .commands = commands,
    .commands_count = sizeof commands / sizeof *commands,
};

int main(int argc, char **argv)
{
    struct settings settings = settings_default();
    struct option_words words;

    if (standard_open() != 0) {
        escape_message("mcwire", "/dev/null: %s", strerror(errno));
        return STATUS_AGAIN;
    }
    int result = option_read_command(&program, &settings, argc, argv, &words);

    return result == OPTION_GO_ON ? words.command->run(&settings, &words) : result;
}
