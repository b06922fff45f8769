#!/usr/bin/env bash
# Runs the small static programs of squares against a real memcached: without any C library over
# system calls alone, and with musl; and the programs of squares are told that the server is gone.
# needs: gcc stdio.h readelf musl-gcc memcached python3 cc meson ninja pkg-config
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/embed.sh"

OTHER_SEED=2

# run_program PROGRAM
run_program() {
    start_memcached unix
    timeout 300 "$tap_folder/$1" "$tap_folder/socket" >"$tap_folder/$1.txt"
    local status=$?
    cat "$tap_folder/$1.txt"
    end_memcached
    return "$status"
}

# fails_alone PROGRAM: without a server, it says so.
fails_alone() {
    local said
    said=$(timeout 300 "$tap_folder/$1" "$tap_folder/nowhere")
    [ $? -eq 1 ] && [ "$said" = "squares: the server failed: there is no connection" ]
}

seeds_differ() {
    ! diff <(oracle) <(oracle "$OTHER_SEED") >/dev/null
}

# needs_no_library PROGRAM: no other file is loaded with it.
needs_no_library() {
    ! readelf -lW "$tap_folder/$1" | grep -E 'INTERP|DYNAMIC'
}

figures=
for program in linux linux-client musl musl-client; do
    check "$program is built" "$build_sh" "$program" "$tap_folder/$program" || continue
    check "$program needs no library" needs_no_library "$program"
    check "$program ends well" run_program "$program"
    check "$program has the hits and misses of the host" same_runs "$tap_folder/$program.txt"
    check "$program notices that there is no server" fails_alone "$program"
    figures+=" $program $(commas "$(stat -c %s "$tap_folder/$program")"),"
done
check "linux with another seed is built" "$build_sh" linux "$tap_folder/seed" -DSEED=$OTHER_SEED &&
    check "linux with another seed ends well" run_program seed &&
    check "linux with another seed has the hits and misses of the host" \
        same_runs "$tap_folder/seed.txt" "$OTHER_SEED"
check "the seeds are told apart" seeds_differ
reached 'static programs' 'x86-64 Linux: no C library, and musl; real memcached' \
    "hits and misses as on the host, for 2 seeds; bytes:${figures%,}"
finish
