#!/usr/bin/env bash
# Runs the programs of src/examples/ against a real memcached.
# usage: check_examples.sh EPOLL
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

epoll=$1

# is_short FILE: what people copy is read first.
is_short() {
    [ "$(grep -cvE '^ *(/?\*.*)?$' "$1")" -lt 100 ]
}

# A thousand connections store and get; without a server none does.
run_epoll() {
    local said
    said=$("$epoll" "$tap_address" 1000) || return
    echo "$said"
    [ "$said" = "1000 of 1000 connections got what they had stored" ]
}

run_epoll_alone() {
    local said
    said=$("$epoll" 127.0.0.1:1 3)
    [ $? -eq 1 ] && [ "$said" = "0 of 3 connections got what they had stored" ]
}

start_memcached tcp -c 2000 # newer ones count their own descriptors among these
check "epoll.c has less than 100 lines of code" is_short "$tap_root/src/examples/epoll.c"
check "epoll: a thousand connections" run_epoll
check "epoll: nobody listens" run_epoll_alone
finish
