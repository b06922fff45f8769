#!/usr/bin/env bash
# Compares the small memcached with a real one (tests/check_serve_live.c, built with gcc -O2): a
# million random commands get the same bytes from both. Takes a minute.
# needs: gcc stdio.h check.pc pkg-config memcached faketime
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

build() {
    local flags
    mapfile -t flags < <(pkg-config --cflags --libs check | xargs -n1)
    cd "$tap_root" && gcc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -Iproto -Isrc/learn \
        -Itests/support -o "$tap_folder/check_serve_live" tests/check_serve_live.c \
        tests/support/{folder,live,served,suite,tally}.c \
        src/learn/{answer,cache,serve,serve_admin,serve_log,serve_meta,text,update}.c proto/*.c "${flags[@]}"
}

compare() {
    "$tap_folder/check_serve_live" 1000000 >"$tap_folder/reached" 2>&1
    local status=$?
    cat "$tap_folder/reached"
    return "$status"
}

check 'builds' build || finish
check 'a million commands get the same bytes' compare && grep '^# reached: ' "$tap_folder/reached"
finish
