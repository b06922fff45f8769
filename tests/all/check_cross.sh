#!/usr/bin/env bash
# Builds the unit tests and squares for other processors and runs them in an emulator (i386 without
# one where this processor can), squares with a memcached on this machine.
# usage: check_cross.sh [PROCESSOR]
# needs: memcached cc stdio.h meson ninja pkg-config python3 qemu-s390x s390x-linux-gnu-gcc
# needs: powerpc-linux-gnu-gcc arm-linux-gnueabihf-gcc riscv64-linux-gnu-gcc i686-linux-gnu-gcc
# needs: /usr/s390x-linux-gnu/include/stdio.h /usr/powerpc-linux-gnu/include/stdio.h
# needs: /usr/arm-linux-gnueabihf/include/stdio.h /usr/riscv64-linux-gnu/include/stdio.h
# needs: /usr/i686-linux-gnu/include/stdio.h
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/../embed/embed.sh"

# qemu's name, the prefix of the compiler and the libraries, what is special (char has no sign on
# ppc, arm and s390x), and how programs are linked: with shared libraries, but for i386, whose
# libraries the kernel would not find.
processors='
    s390x    s390x-linux-gnu      64-bit,big-endian
    ppc      powerpc-linux-gnu    32-bit,big-endian
    arm      arm-linux-gnueabihf  32-bit
    riscv64  riscv64-linux-gnu    64-bit
    i386     i686-linux-gnu       32-bit             -static
'

# The test programs, with their arguments; each talks to nothing, to itself or to a memcached. One
# that is "together" has all rounds of a test in one process, since an emulator takes long to make
# one. Those for one processor, which is as unlike the usual as any, would take minutes on all.
tests='
    decimal      together  all
    text         together  all
    put          together  all
    reader       together  all
    item         together  all
    client       together  all
    transcripts  together  all  proto/transcripts few
    cuts         together  all
    socket       together  all
    server       together  all
    lies         together  ppc
    injection    apart     ppc
    faults       apart     ppc  few
'

# emulate PROGRAM [ARGUMENT...]: what a killed test leaves behind is in this script's folder, which
# others than root, whom memcached runs as, have to get through.
emulate() {
    chmod 711 "$tap_folder"
    TMPDIR=$tap_folder timeout 1500 "${emulator[@]}" "$folder/$1" "${@:2}"
}

# find_emulator: sets $emulator, which is empty where i386's programs run as they are. They should:
# in qemu 7.2 the threads of an emulated i386 program share a descriptor table, so that after a
# signal one thread may be taken for another.
find_emulator() {
    emulator=("qemu-$qemu" -L "/usr/$prefix")
    [ "$qemu" = i386 ] || return 0
    compile -o "$folder/nothing" -static -x c - <<<'int main(void) { return 0; }' &&
        "$folder/nothing" && emulator=()
    return 0
}

# mixes_signals NAME: a test in which threads and signals meet, which this emulator has no right to.
mixes_signals() {
    [ "$qemu$1" = i386socket ] && [ ${#emulator[@]} -gt 0 ]
}

compile() {
    "$prefix-gcc" -std=c11 -O1 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L \
        -D_FILE_OFFSET_BITS=64 -I"$tap_root/tests/embed/cross" -I"$tap_root/tests/support" \
        -I"$tap_root/bench/common" -I"$tap_root/src/learn" -I"$tap_root/src/tool" \
        -I"$tap_root/src" -I"$tap_root/proto" "$@"
}

# compile_library NAME SOURCE...
compile_library() {
    mkdir "$folder/$1" && (cd "$folder/$1" && compile -c "${@:2}") &&
        "$prefix-ar" rcs "$folder/lib$1.a" "$folder/$1"/*.o
}

# From what the tests share, leaves out files with a main(), and with a malloc(), which a static
# program may have only once.
compile_libraries() {
    local helpers
    mapfile -t helpers < <(grep -L '^int main\|^int suite_run\|^void \*malloc' \
        "$tap_root"/tests/support/*.c "$tap_root"/src/learn/*.c)
    compile_library mcwire "$tap_root"/{proto,src}/*.c &&
        compile_library tests "${helpers[@]}" "$tap_root/tests/embed/cross/suite.c"
}

# wraps NAME: the functions that this test puts its own in front of: in one of two files.
wraps() {
    sed -n 's/^#include "\(names\|faults\)\.h"/\1.c/p' "$tap_root/tests/check_$1.c" |
        (cd "$tap_root/tests/support" && xargs -r grep -oh '__wrap_[a-z0-9]*') | sort -u |
        sed 's/__wrap_/-Wl,--wrap=/'
}

compile_test() {
    local wrapped
    mapfile -t wrapped < <(wraps "$1")
    compile -o "$folder/check_$1" "$tap_root/tests/check_$1.c" -pthread "${link[@]}" \
        "${wrapped[@]}" -L"$folder" -Wl,--start-group -ltests -lmcwire -Wl,--end-group
}

# run_test NAME together|apart [ARGUMENT...]: in the top folder, below which the transcripts are.
run_test() {
    [ "$2" = apart ] || local -x CK_FORK=no
    (cd "$tap_root" && emulate "check_$1" "${@:3}")
}

# test_one NAME together|apart [ARGUMENT...]: says how many cases were run, and counts them.
test_one() {
    local count
    if mixes_signals "$1"; then
        skip "$qemu: check_$1" 'this machine runs no i386 programs, and qemu mixes their threads up'
        return
    fi
    check "$qemu: check_$1 is compiled" compile_test "$1" &&
        check "$qemu: check_$1" run_test "$@" || return
    sed -n 's/^.*: Checks: .*/# &/p' "$tap_folder/said"
    count=$(sed -n 's/^.*: Checks: \([0-9]*\),.*/\1/p' "$tap_folder/said")
    cases=$((cases + count))
    programs=$((programs + 1))
}

compile_squares() {
    compile -o "$folder/squares" "$tap_root"/{bench/common,bench/squares,src,proto}/*.c \
        "$tap_root"/src/tool/{buffer,child,conversation,escape,histogram,option,screen,side,standard}.c -lm "${link[@]}"
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

# test_processor NAME
test_processor() {
    local kind how name mode where arguments cases=0 programs=0 emulator=() under='under qemu-user'
    qemu=$1
    read -r _ prefix kind how < <(awk -v name="$qemu" '$1 == name' <<<"$processors")
    link=(${how:+"$how"})
    folder=$tap_folder/$qemu
    mkdir "$folder"
    check "$qemu: the sources are compiled" compile_libraries || return
    find_emulator
    [ ${#emulator[@]} -gt 0 ] || under='run as it is'
    while read -r name mode where arguments; do
        # The arguments are words on purpose.
        # shellcheck disable=SC2086
        [[ $where != all && $where != "$qemu" ]] || test_one "$name" "$mode" $arguments
    done < <(awk NF <<<"$tests")
    check "$qemu: squares is compiled" compile_squares &&
        check "$qemu: squares has the hits and misses of the host" run_squares
    reached 'other processors' "$qemu (${kind/,/, }) $under" \
        "$(commas $cases) cases in $programs test programs, 0 failed; squares live: hits and misses \
as on the host"
}

if [ $# -eq 1 ]; then
    test_processor "$1"
else
    # The names are words on purpose.
    # shellcheck disable=SC2046
    each_alone $(awk '{ print $1 }' <<<"$processors")
fi
finish
