#!/usr/bin/env bash
# Compiles every whole program in README.md and runs it against a real memcached, whose address is
# its argument, and to which its standard input is joined.
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

cc=${CC:-cc}

# The blocks of C, each to a file of its own.
split_blocks() {
    awk -v folder="$tap_folder" '
        /^```/ { inside = !inside && $0 == "```c"; number += inside; next }
        inside { print > (folder "/program-" number ".c") }' "$tap_root/README.md"
}

# The headers where an installation has them.
make_include() {
    mkdir -p "$tap_folder/include/mcwire"
    ln -s "$tap_root"/proto/proto.h "$tap_root"/src/*.h "$tap_folder/include/mcwire"
}

compile_sources() {
    mkdir -p "$tap_folder/objects" && (
        cd "$tap_folder/objects" || exit
        "$cc" -std=c11 -D_POSIX_C_SOURCE=200809L -c -I"$tap_root/proto" -I"$tap_root/src" \
            "$tap_root"/proto/*.c "$tap_root"/src/*.c
    )
}

compile_program() {
    "$cc" "$1" -Wall -Wextra -Wpedantic -Werror -I"$tap_folder/include" "$2" \
        "$tap_folder"/objects/*.o -o "$tap_folder/program"
}

# run_program: it stores a greeting, or gets it, and prints it. Its standard input is the server.
run_program() {
    local said
    said=$(MEMCACHED_SERVERS=$tap_address "$tap_folder/program" "$tap_address" \
        0<>"/dev/tcp/127.0.0.1/$tap_port") || return
    echo "$said"
    [ "$said" = "hello, world" ]
}

# is_short PROGRAM: what is shown as all that there is to write.
is_short() {
    [ "$(wc -l <"$1")" -lt 40 ]
}

uses_the_server() {
    [ "$(statistic cmd_get)" -gt 0 ] && [ "$(statistic cmd_set)" -gt 0 ]
}

split_blocks
make_include
start_memcached tcp
check "the sources compile" compile_sources
programs=$(grep -l 'int main' "$tap_folder"/program-*.c)
check "README.md has a program" test -n "$programs"
for program in $programs; do
    for standard in -std=c11 -std=gnu17; do
        check "$(basename "$program") compiles with $standard" \
            compile_program $standard "$program"
    done
    check "$(basename "$program") runs" run_program
    ! grep -q 'struct mc_transport' "$program" ||
        check "$(basename "$program") has less than 40 lines" is_short "$program"
done
check "the server was used" uses_the_server
finish
