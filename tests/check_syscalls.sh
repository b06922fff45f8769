#!/usr/bin/env bash
# Counts the system calls of warm operations: one to send and one to receive, and only for a write
# by a server one more, which checks the connection first.
# usage: check_syscalls.sh WARM, the program built from warm.c
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

warm=$1

# calls COUNT OPERATION: each system call that the program makes, and how often, one a line.
calls() {
    ASAN_OPTIONS=detect_leaks=0 strace -f -c -o "$tap_folder/calls" \
        "$warm" "$tap_address" "$1" "$2" || return
    awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { print $NF, $4 }' "$tap_folder/calls" | sort
}

# expect_calls OPERATION SEND RECEIVES: between 100 and 300 operations lie 200 sends, so many
# receives, and nothing else. Tried three times, because a machine that stands still for seconds
# makes a client look at its connection and its timer.
expect_calls() {
    local tries
    for tries in 1 2 3; do
        calls 100 "$1" >"$tap_folder/few" && calls 300 "$1" >"$tap_folder/many" || return
        join -a 1 -a 2 -e 0 -o 0,1.2,2.2 "$tap_folder/few" "$tap_folder/many" |
            awk '$2 != $3 { print $1, $3 - $2 }' >"$tap_folder/difference"
        printf '%s\n' "recvfrom $3" "$2 200" | sort >"$tap_folder/wanted"
        if cmp -s "$tap_folder/wanted" "$tap_folder/difference"; then
            return 0
        fi
        echo "try $tries: 200 more operations made these system calls:"
        cat "$tap_folder/difference"
    done
    return 1
}

for where in unix tcp; do
    start_memcached $where
    for case in {client,server}-get:2:sendto:200 client-set:2:sendto:200 server-set:3:sendto:400 \
        client-put:2:sendmsg:200 server-put:3:sendmsg:400; do
        IFS=: read -r operation count send receives <<<"$case"
        name="$count system calls for a warm $operation over $where"
        if strace -o /dev/null true 2>/dev/null; then
            check "$name" expect_calls "$operation" "$send" "$receives"
        else
            skip "$name" "strace may not trace here"
        fi
    done
    end_memcached
done
finish
