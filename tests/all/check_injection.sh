#!/usr/bin/env bash
# Runs tests/check_injection.c in its full size, built with gcc -O2: every byte at every position of
# each word of a command, at every length from 0 to 251 for each kind of word. Takes a minute.
# needs: gcc stdio.h check.pc pkg-config memcached
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

build() {
    local flags
    mapfile -t flags < <(pkg-config --cflags --libs check | xargs -n1)
    cd "$tap_root" && gcc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -Iproto -Isrc -Itests/support \
        -o "$tap_folder/check_injection" tests/check_injection.c \
        tests/support/{folder,live,suite,tally}.c proto/*.c src/*.c "${flags[@]}"
}

inject_all() {
    "$tap_folder/check_injection" full >"$tap_folder/reached" 2>&1
    local status=$?
    cat "$tap_folder/reached"
    return "$status"
}

check 'builds' build || finish
check 'no word and no number adds a command' inject_all && grep '^# reached: ' "$tap_folder/reached"
finish
