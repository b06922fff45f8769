# What the tests in bash share: a temporary folder, a memcached of their own, and results in TAP.
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables that the scripts use

set -uo pipefail

tap_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tap_folder=$(mktemp -d "${TMPDIR:-/tmp}/mcwire-XXXXXX") || exit
tap_count=0
tap_status=0
tap_server=

# Ends the server and what else was started, and removes the folder, however the script ends.
tap_clean() {
    local jobs
    mapfile -t jobs < <(jobs -pr)
    [ ${#jobs[@]} -eq 0 ] || kill "${jobs[@]}" 2>/dev/null
    [ -z "$tap_server" ] || { kill -9 "$tap_server" && wait "$tap_server"; } 2>/dev/null
    rm -rf "$tap_folder"
}
trap tap_clean EXIT
trap 'exit 143' INT TERM HUP

# check NAME COMMAND...: one test case. It passes when the command does; the output of a failing one
# is printed. Returns its status.
check() {
    local name=$1 status=0
    shift
    tap_count=$((tap_count + 1))
    "$@" >"$tap_folder/said" 2>&1 </dev/null || status=$?
    if [ $status -eq 0 ]; then
        echo "ok $tap_count - $name"
        return
    fi
    echo "not ok $tap_count - $name"
    { echo "status $status: $*" && cat "$tap_folder/said"; } | sed 's/^/# /'
    tap_status=1
    return $status
}

# skip NAME REASON: a test case that cannot be run here.
skip() {
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}

# finish: the end of the script.
finish() {
    echo "1..$tap_count"
    exit $tap_status
}

# start_memcached unix|tcp|tcp6 [OPTION...]: starts one and waits until it listens: $tap_address.
start_memcached() {
    local where=(-s "$tap_folder/socket") user=()
    [ "$(id -u)" -ne 0 ] || { user=(-u nobody) && chown nobody "$tap_folder"; }
    [ "$1" != tcp ] || where=(-l 127.0.0.1 -p -1)
    [ "$1" != tcp6 ] || where=(-l ::1 -p -1)
    MEMCACHED_PORT_FILENAME=$tap_folder/port memcached "${user[@]}" "${where[@]}" -U 0 -m 64 "${@:2}" \
        >"$tap_folder/log" 2>&1 </dev/null &
    tap_server=$!
    await_memcached "$1"
}

# listens unix|tcp|tcp6: true, with $tap_address, when it does; the file with the port exists by
# then.
listens() {
    if [ "$1" = unix ]; then
        tap_address=unix:$tap_folder/socket
        python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$tap_folder/socket" 2>/dev/null
    else
        tap_port=$(sed -n 's/^TCP INET6*: //p' "$tap_folder/port" 2>/dev/null)
        tap_address=127.0.0.1:$tap_port
        [ "$1" = tcp ] || tap_address="[::1]:$tap_port"
        [ -n "$tap_port" ]
    fi
}

await_memcached() {
    local tries
    for ((tries = 0; tries < 6000; tries++)); do
        listens "$1" && return
        kill -0 "$tap_server" 2>/dev/null || break
        sleep 0.01
    done
    echo "Bail out! memcached does not come up: $(cat "$tap_folder/log")"
    exit 1
}

# end_memcached: so that another can be started.
end_memcached() {
    kill -9 "$tap_server" && wait "$tap_server" 2>/dev/null
    tap_server=
    rm -f "$tap_folder/socket" "$tap_folder/port"
}

# statistic NAME: a statistic of the server on TCP.
statistic() {
    local word name value
    exec 3<>"/dev/tcp/127.0.0.1/$tap_port" || return
    printf 'stats\r\nquit\r\n' >&3
    while read -r word name value <&3 && [ "$word" = STAT ]; do
        [ "$name" != "$1" ] || echo "${value%$'\r'}"
    done
    exec 3<&-
}
