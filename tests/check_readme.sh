#!/usr/bin/env bash
# Compiles every whole program in README.md, from the files that its table says are needed, and runs
# it against a real memcached, whose address is its argument, and to which its standard input is
# joined.
# The functions are called by their names, and the patterns of sed are no expressions.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

cc=${CC:-cc}
project=$tap_folder/project

# The blocks of C, each to a file of its own.
split_blocks() {
    awk -v folder="$tap_folder" '
        /^```/ { inside = !inside && $0 == "```c"; number += inside; next }
        inside { print > (folder "/program-" number ".c") }' "$tap_root/README.md"
}

# copy_files PROGRAM: to a new folder, with the files that the table of layers names, row by row,
# until the program's header is among them.
copy_files() {
    local header files
    header=$(sed -n 's/^#include <\(mcwire\/.*\)>.*/\1/p' "$1")
    rm -rf "$project" && mkdir -p "$project/mcwire" && cp "$1" "$project/program.c" || return
    while read -r files; do
        # The pattern is the README's.
        (cd "$tap_root" && eval "cp $files '$project/mcwire'") || return
        [ ! -e "$project/$header" ] || return 0
    done < <(sed -n 's/^| [^|]* | `\([^`]*\.\[ch\]\)` | .*/\1/p' "$tap_root/README.md")
    echo "no row has $header" && return 1
}

# What it says to type, for a program with a transport.
follow_the_lines() {
    local program lines
    program=$(grep -l 'struct mc_transport' "$tap_folder"/program-*.c)
    mapfile -t lines < <(grep -E '^    (mkdir mcwire|cc -I)' "$tap_root/README.md")
    rm -rf "$project" && mkdir "$project" && cp "$program" "$project/program.c"
    [ ${#lines[@]} -eq 2 ] &&
        (cd "$project" && export SOURCE=$tap_root && eval "${lines[0]} && ${lines[1]/#    cc/$cc}")
}

compile_program() {
    (cd "$project" && "$cc" "$1" -Wall -Wextra -Wpedantic -Werror -I. program.c mcwire/*.c \
        -o "$tap_folder/program")
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
start_memcached tcp
programs=("$tap_folder"/program-*.c)
check "README.md has a program for each layer" test ${#programs[@]} -ge 3
for program in "${programs[@]}"; do
    name=$(basename "$program")
    check "$name finds its files in the table" copy_files "$program"
    for standard in -std=c11 -std=gnu17; do
        check "$name compiles with $standard" compile_program $standard
    done
    check "$name runs" run_program
    ! grep -q 'struct mc_transport' "$program" ||
        check "$name has less than 40 lines" is_short "$program"
done
check "the lines for a program with a transport do" follow_the_lines
check "the server was used" uses_the_server
finish
