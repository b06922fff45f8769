#!/usr/bin/env bash
# Runs mcload against memcached, and compares its counts with what it was told to do.
# usage: check_load.sh MCLOAD OVERHEAD, which makes its page
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

mcload=$1
overhead=$2

# figure STATUS|KIND.COLUMN: of the last run.
figure() {
    awk -F, -v kind="${1%.*}" -v column="${1#*.}" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i }
        $1 == kind { print $at }' "$tap_folder/csv"
}

# expect WANTED ARGUMENT...: runs mcload. WANTED are figures such as get.hits=100, and status=0.
expect() {
    local wanted=$1 status=0 bad=0 word value
    shift
    "$mcload" --format csv --timeout-ms 10000 "$@" >"$tap_folder/csv" || status=$?
    for word in $wanted; do
        value=$status
        [[ $word == status=* ]] || value=$(figure "${word%%=*}")
        [ "$value" = "${word#*=}" ] || { echo "$value and not $word" && bad=1; }
    done
    [ "$bad" -eq 0 ] || cat "$tap_folder/csv"
    return "$bad"
}

# expect_words STATUS WORDS ARGUMENT...: mcload says these words and ends with this status.
expect_words() {
    local status=0
    "$mcload" "${@:3}" >"$tap_folder/out" 2>&1 || status=$?
    cat "$tap_folder/out"
    [ "$status" = "$1" ] && grep -qF -e "$2" "$tap_folder/out"
}

# json CONDITION: in Python, on the report d.
json() {
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$tap_folder/json" "$1"
}

# As memcached's proxy answers a get of several keys when a backend is down: a value, an error line,
# and an END, which answers no other get. Nothing is a miss.
half_a_backend() {
    coproc python3 -c '
import socket, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def answer(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        for line in connection.makefile("rb"):
            words = line.split()
            if words[0] == b"version":
                connection.sendall(b"VERSION 1\r\n")
            else:
                connection.sendall(b"VALUE %s 0 1\r\nx\r\nSERVER_ERROR backend failure\r\n" % words[1])
                connection.sendall(b"END\r\n")
    except OSError:
        pass
while True:
    threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
'
    local port proxy=$COPROC_PID status=0
    read -r port <&"${COPROC[0]}"
    expect 'get.misses=0' --server "127.0.0.1:$port" --multiget 3 --connections 1 --requests 20 \
        --size 1 || status=$?
    kill "$proxy"
    wait "$proxy" 2>/dev/null
    return "$status"
}

# says_no_meta ANSWER: at a server that answers so to meta commands, mcload ends at once, and says
# why. The answer of '' is a close.
says_no_meta() {
    local port said status=0
    coproc python3 -c '
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection = listener.accept()[0]
    for line in connection.makefile("rb"):
        answer = "VERSION 1.6.12\r\n" if line == b"version\r\n" else sys.argv[1]
        connection.sendall(answer.encode())
        if not answer:
            break
    connection.close()
' "$1"
    local server=$COPROC_PID
    read -r port <&"${COPROC[0]}"
    said=$("$mcload" --server "127.0.0.1:$port" --protocol meta --time 100 2>&1) || status=$?
    kill "$server"
    wait "$server" 2>/dev/null
    echo "$said"
    [ "$status" -eq 69 ] && [[ $said == "mcload: 127.0.0.1:$port: it has no meta commands"* ]]
}

# The load of each of the addresses.
check_address() {
    local name=$1 server=$2
    check "$name: fill, verify, sets and gets" \
        expect 'status=0 set.requests=2000 get.requests=8000 get.hits=8000 get.wrong_values=0' \
        --server "$server" --fill --verify --keys 500 --ratio 1:4 --requests 10000 --size 0-5000
    check "$name: nothing but misses" \
        expect 'status=0 get.requests=1000 get.hits=0 get.misses=1000' \
        --server "$server" --key-prefix none: --requests 1000
    for protocol in classic meta; do
        check "$name: gets of 50 keys, $protocol" \
            expect 'status=0 get.requests=400 get.keys=20000 get.hits=20000 get.wrong_values=0' \
            --server "$server" --fill --verify --keys 500 --multiget 50 --requests 400 \
            --protocol $protocol --size 10-100
        check "$name: hits and misses mixed, $protocol" \
            expect 'status=0 get.requests=1000 get.errors=0 get.keys=10000' \
            --server "$server" --verify --keys 1000 --multiget 10 --requests 1000 --pipeline 3 \
            --protocol $protocol --size 10-100
        check "$name: a pipeline of 32, $protocol" \
            expect 'status=0 get.hits=10000 set.requests=10000 get.wrong_values=0' \
            --server "$server" --verify --keys 500 --pipeline 32 --requests 20000 --ratio 1:1 \
            --protocol $protocol --size 10-100 --threads 2 --key-dist zipf:0.99
    done
}

# kill_under_load SERVER: as soon as it is asked for more.
kill_under_load() {
    local before
    before=$(statistic cmd_get)
    until [ "$(statistic cmd_get)" -gt "$before" ]; do sleep 0.05; done
    kill -9 "$1"
}

# A server that is killed, and another that is not.
check_killed() {
    local status=0
    kill_under_load "$tap_server" &
    "$mcload" --server "$1" --time 2 --connections 8 --format json >"$tap_folder/json" || status=$?
    [ "$status" -eq 1 ] && json 'd["servers"][1]["closed"] == 4 and d["servers"][1]["refused"] > 0 and
        d["servers"][0]["closed"] == 0 and d["get"]["errors"] <= 4 and not d["clean"]'
}

check_interrupted() {
    local pid
    "$mcload" --server "$1" --time 60 --format json >"$tap_folder/json" &
    pid=$!
    sleep 0.5
    kill -INT "$pid"
    wait "$pid" && json 'd["interrupted"] and d["seconds"] < 30 and d["get"]["requests"] > 0'
}

# A value that is not ours: every get of it is a wrong value.
check_wrong() {
    exec 3<>"/dev/tcp/127.0.0.1/$tap_port"
    printf 'set bad:0 0 0 5\r\nwrong\r\nquit\r\n' >&3
    grep -q STORED <&3
    exec 3<&-
    expect 'status=1 get.hits=100 get.wrong_values=100 get.errors=0' --server "$1" --verify \
        --key-prefix bad: --keys 1 --size 5 --requests 100
}

# check_trace SERVER: as many pieces as were asked for, of one connection, are explained. The line of a
# set is one, and its value another.
check_trace() {
    "$mcload" --server "$1" --trace 2 --requests 100 --connections 9 --threads 2 --ratio 1:0 \
        --size 1000 --pipeline 2 2>"$tap_folder/trace" || return
    cat "$tap_folder/trace" && [ "$(grep -cE '^ +[0-9]+ [<>] ' "$tap_folder/trace")" -eq 2 ] &&
        grep -qE '^ +0 > set key:[0-9]+ 0 0 1000\\r\\n +set: store a value$' "$tap_folder/trace" &&
        grep -qE '^ +[0-9]{2} > [a-z]{20,}\.\.\. \(1000 bytes here\)$' "$tap_folder/trace" &&
        [ "$(tail -n 1 "$tap_folder/trace")" = '          * the rest is not shown' ]
}

# The file of --json is what --format json prints, but for the date and the command.
check_formats() {
    "$mcload" --server "$1" --requests 1000 --ratio 1:1 --format json --json "$tap_folder/file" \
        >"$tap_folder/json" && diff <(sed '/"command"/d' "$tap_folder/json") \
        <(sed '/"command"/d' "$tap_folder/file") &&
        json 'd["clean"] and d["get"]["requests"] + d["set"]["requests"] == 1000 and
            d["get"]["wrong_values"] is None and sum(len(d[k]["tail"]) > 20 for k in ("get", "set")) == 2'
}

# What the page says is what the JSON says.
check_page() {
    "$overhead" --from "$tap_folder/json" --html "$tap_folder/page" &&
        grep -qF "<td>get</td><td>$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["get"]["requests"])' "$tap_folder/json")</td>" "$tap_folder/page" &&
        grep -q '</html>' "$tap_folder/page" && ! grep -qE 'src=|href=|<script' "$tap_folder/page"
}

# A file that cannot be written to is named.
check_no_room() {
    expect_words 1 '--json: /dev/full: No space left on device' --server "$1" --requests 10 \
        --json /dev/full &&
        expect_words 2 '--json: /nowhere/file: No such file or directory' --server "$1" \
            --json /nowhere/file
}

# no_room_for_help: what cannot be printed is a failure.
no_room_for_help() {
    local option status
    for option in --help --version; do
        status=0
        "$mcload" "$option" >/dev/full 2>"$tap_folder/errors" || status=$?
        cat "$tap_folder/errors"
        [ "$status" -eq 1 ] && grep -q 'standard output: No space left' "$tap_folder/errors" ||
            return 1
    done
}

check "a server without meta commands" says_no_meta $'ERROR\r\n'
check "a server that closes after a meta command" says_no_meta ''
check "a server with an older meta dialect" says_no_meta $'NF \r\n'

if grep -qs '^0*1 .* lo$' /proc/net/if_inet6; then
    start_memcached tcp6
    check_address 'IPv6' "$tap_address"
    end_memcached
else
    skip 'IPv6' 'this machine has no ::1'
fi
start_memcached unix
unix=$tap_address unix_server=$tap_server
trap '{ kill -9 $unix_server && wait $unix_server; } 2>/dev/null; tap_clean' EXIT
start_memcached tcp
tcp=$tap_address

check_address unix "$unix"
check_address tcp "$tcp"
check 'several servers: each has the keys' \
    expect 'status=0 get.hits=6000 get.misses=0 get.wrong_values=0' --server "$unix,$tcp" --fill \
    --verify --keys 777 --connections 7 --threads 3 --requests 6000
check 'keys too many for one line' \
    expect 'status=0 get.keys=30000 get.hits=30000 get.wrong_values=0' --server "$tcp" --fill \
    --verify --keys 100 --key-prefix "$(printf '%0100d' 0)" --multiget 300 --requests 100
check 'values larger than every buffer' \
    expect 'status=0 get.requests=150 get.hits=150 get.wrong_values=0 set.requests=150' \
    --server "$tcp" --fill --verify --keys 10 --size 900000 --pipeline 4 --ratio 1:1 --requests 300
check 'values that the server refuses' \
    expect_words 1 '20 error replies; the first trouble: SERVER_ERROR object too large for cache' \
    --server "$tcp" --ratio 1:0 --size 5000000 --requests 20 --connections 2 --timeout-ms 10000
check 'only fill' expect 'status=0 get.requests=0 set.requests=0' --server "$tcp" --fill \
    --requests 0
check 'an open loop sends what is due' \
    expect 'status=0 get.requests=500 get.errors=0' --server "$tcp" --rate 1000 --requests 500
check 'an open loop by time, and several threads' \
    expect 'status=0 get.requests=1500 get.errors=0' --server "$tcp" --rate 3000 --time 0.5 \
    --threads 3 --warmup 0.2
check 'more connections than open files' \
    bash -c 'ulimit -Sn 100 && "$@"' - "$mcload" --server "$tcp" --connections 300 --requests 3000
check 'a wrong value is found' check_wrong "$tcp"
check 'JSON, printed and in a file' check_formats "$tcp"
check 'a trace of the first pieces' check_trace "$tcp"
check 'the page' check_page
check 'JSON that cannot be written' check_no_room "$tcp"
check 'help that cannot be printed' no_room_for_help
check 'Ctrl-C ends early' check_interrupted "$tcp"
check 'a server that is killed' check_killed "$unix,$tcp"
check 'no server' expect_words 69 "$tcp" --server "$tcp"
check 'a bad number' expect_words 2 '--rate' --server "$unix" --rate 0
check 'no such option' expect_words 2 '--unheard' --unheard
check "an error line in a reply to several keys" half_a_backend
finish
