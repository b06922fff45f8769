#!/usr/bin/env bash
# Runs tests/check_cuts.c in its full size, built with gcc -O2: every reply form of up to 24 bytes
# is cut in all ways, and the longer ones in two and three at up to 600 places. Takes half a minute.
# needs: gcc stdio.h check.pc pkg-config
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

build() {
    local flags
    mapfile -t flags < <(pkg-config --cflags --libs check | xargs -n1)
    cd "$tap_root" && gcc -std=c11 -O2 -D_POSIX_C_SOURCE=200809L -Iproto -Isrc/learn -Itests/support \
        -o "$tap_folder/check_cuts" tests/check_cuts.c \
        tests/support/{guard,suite,tally}.c src/learn/{text,transcript}.c proto/*.c "${flags[@]}"
}

cut_all() {
    "$tap_folder/check_cuts" "$tap_root/proto/transcripts" full >"$tap_folder/reached" 2>&1
    local status=$?
    cat "$tap_folder/reached"
    return "$status"
}

check 'builds' build || finish
check 'the same events however a reply is cut' cut_all && grep '^# reached: ' "$tap_folder/reached"
finish
