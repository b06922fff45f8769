#!/usr/bin/env bash
# Runs the programs of src/examples/ against a real memcached, and without one.
# usage: check_examples.sh RATE_LIMITER STAMPEDE [EPOLL]
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

limiter=$1 stampede=$2 epoll=${3-}
nowhere=127.0.0.1:1
slow=60000 # milliseconds: a busy machine is no server that fails

# is_short NAME: what people copy is read first.
is_short() {
    [ "$(grep -cvE '^ *(/?\*.*)?$' "$tap_root/src/examples/$1.c")" -lt 100 ]
}

# expect STATUS TEXT PROGRAM...: it prints this text and ends with this status.
expect() {
    local said status=0
    said=$("${@:3}") || status=$?
    echo "$said"
    [ "$status" -eq "$1" ] && [ "$said" = "$2" ]
}

# stampede_of COUNT: what it prints when so many of its eight processes compute.
stampede_of() {
    printf 'missing: 8 of 8 got it, %d computed it\nstale: 8 of 8 got it, %d computed it' "$1" "$1"
}

start_memcached tcp -c 2000 # newer ones count their own descriptors among these
for name in rate_limiter stampede ${epoll:+epoll}; do
    check "$name.c has less than 100 lines of code" is_short "$name"
done
check "rate_limiter: as many as may" \
    expect 0 '100 of 200 were allowed' "$limiter" "$tap_address" $slow
check "rate_limiter: nobody listens" expect 0 '200 of 200 were allowed' "$limiter" $nowhere
check "stampede: one computes" expect 0 "$(stampede_of 1)" "$stampede" "$tap_address" $slow
check "stampede: once more" expect 0 "$(stampede_of 1)" "$stampede" "$tap_address" $slow
check "stampede: nobody listens" expect 0 "$(stampede_of 8)" "$stampede" $nowhere
if [ -n "$epoll" ]; then
    check "epoll: a thousand connections" expect 0 \
        '1000 of 1000 connections got what they had stored' "$epoll" "$tap_address" 1000
    check "epoll: nobody listens" expect 1 '0 of 3 connections got what they had stored' \
        "$epoll" $nowhere 3
fi
finish
