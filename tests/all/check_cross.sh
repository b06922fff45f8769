#!/usr/bin/env bash
# Builds the unit tests and squares for other processors, runs them in an emulator, and has squares
# talk to a memcached of this one: check_cross.sh [PROCESSOR...]
# needs: memcached cc stdio.h meson ninja pkg-config python3 qemu-s390x s390x-linux-gnu-gcc
# needs: powerpc-linux-gnu-gcc arm-linux-gnueabihf-gcc riscv64-linux-gnu-gcc i686-linux-gnu-gcc
# needs: /usr/s390x-linux-gnu/include/stdio.h /usr/powerpc-linux-gnu/include/stdio.h
# needs: /usr/arm-linux-gnueabihf/include/stdio.h /usr/riscv64-linux-gnu/include/stdio.h
# needs: /usr/i686-linux-gnu/include/stdio.h
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/../embed/embed.sh"

# qemu's name, and the prefix of the compiler and the libraries.
#   s390x: 64 bits, big-endian. ppc: 32 bits, big-endian; its char has no sign, like arm's.
processors='
    s390x    s390x-linux-gnu
    ppc      powerpc-linux-gnu
    arm      arm-linux-gnueabihf
    riscv64  riscv64-linux-gnu
    i386     i686-linux-gnu
'

# Those that need nothing but the code, and those that talk to a memcached or to themselves.
tests='decimal text put reader item client transcripts socket server live'

[ $# -gt 0 ] || mapfile -t all < <(awk 'NF { print $1 }' <<<"$processors")
[ $# -gt 0 ] || set -- "${all[@]}"

# emulate PROGRAM [ARGUMENT...]
emulate() {
    timeout 900 "qemu-$qemu" -L "/usr/$prefix" "$folder/$1" "${@:2}"
}

compile() {
    "$prefix-gcc" -std=c11 -O1 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L \
        -D_FILE_OFFSET_BITS=64 -I"$tap_root/tests/embed/cross" -I"$tap_root/tests" -I"$tap_root/bench" \
        -I"$tap_root/src" -I"$tap_root/proto" "$@"
}

# compile_library NAME SOURCE...
compile_library() {
    mkdir "$folder/$1" && (cd "$folder/$1" && compile -c "${@:2}") &&
        "$prefix-ar" rcs "$folder/lib$1.a" "$folder/$1"/*.o
}

# What the tests share has no main().
compile_libraries() {
    local helpers
    mapfile -t helpers < <(grep -L '^int main\|^int suite_run' "$tap_root"/tests/*.c)
    compile_library mcwire "$tap_root"/{proto,src}/*.c &&
        compile_library tests "${helpers[@]}" "$tap_root/tests/embed/cross/suite.c"
}

# compile_test NAME. A test may put a resolver of its own in front of getaddrinfo().
compile_test() {
    compile -o "$folder/check_$1" "$tap_root/tests/check_$1.c" -pthread -Wl,--wrap=getaddrinfo \
        -L"$folder" -Wl,--start-group -ltests -lmcwire -Wl,--end-group
}

# run_test NAME: in the top folder, below which the transcripts are.
run_test() {
    (cd "$tap_root" && emulate "check_$1")
}

compile_squares() {
    (cd "$tap_root/bench" &&
        compile -o "$folder/squares" squares.c cache.c local.c model.c options.c plot.c report.c \
            timing.c workload.c ../src/*.c ../proto/*.c -lm)
}

# run_squares: its hits and misses, and a check that no answer was wrong.
run_squares() {
    start_memcached unix
    emulate squares --server "$tap_address" --seed 1 --cost-us 0 --format csv >"$folder/csv"
    local status=$?
    end_memcached
    oracle >"$tap_folder/wanted" || return
    awk -F, 'NR > 1 && $5 == 0 && $6 == 0 { print $3, $4 }' "$folder/csv" |
        diff "$tap_folder/wanted" - && return "$status"
}

for qemu in "$@"; do
    prefix=$(awk -v name="$qemu" '$1 == name { print $2 }' <<<"$processors")
    folder=$tap_folder/$qemu
    mkdir "$folder"
    check "$qemu: the sources are compiled" compile_libraries || continue
    for name in $tests; do
        check "$qemu: check_$name is compiled" compile_test "$name" &&
            check "$qemu: check_$name" run_test "$name"
    done
    check "$qemu: squares is compiled" compile_squares &&
        check "$qemu: squares has the hits and misses of the host" run_squares
done
finish
