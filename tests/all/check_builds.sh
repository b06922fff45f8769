#!/usr/bin/env bash
# Builds the library and an example with each compiler, C library and level of optimization that it
# is meant for, with warnings as errors; and the example sets and gets a value of a real memcached.
# needs: memcached python3 stdio.h gcc clang musl-gcc tcc i686-linux-gnu-gcc
# needs: /usr/i686-linux-gnu/include/stdio.h
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/../embed/embed.sh"

gcc_warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow'

# The name of a build, the compiler, and its options. The i386 program is static, as this system has
# no libraries for it; gcc -m32 would need gcc-multilib, for which apt removes the other compilers.
builds="
    gcc-O0     gcc                 $gcc_warnings -O0
    gcc-O1     gcc                 $gcc_warnings -O1
    gcc-O2     gcc                 $gcc_warnings -O2
    gcc-O3     gcc                 $gcc_warnings -O3
    gcc-Os     gcc                 $gcc_warnings -Os
    gcc-flto   gcc                 $gcc_warnings -O2 -flto
    gcc-gnu17  gcc                 $gcc_warnings -O2 -std=gnu17
    clang-O0   clang               $gcc_warnings -O0
    clang-O2   clang               $gcc_warnings -O2
    clang-Oz   clang               $gcc_warnings -Oz
    musl       musl-gcc            $gcc_warnings -O2 -static
    tcc        tcc                 -Wall
    i386-O2    i686-linux-gnu-gcc  $gcc_warnings -O2 -static
    i386-Os    i686-linux-gnu-gcc  $gcc_warnings -Os -static
"

# compile OUTPUT SOURCE...: with $compiler and $options.
compile() {
    "$compiler" -std=c11 "${options[@]}" -Werror -I"$tap_folder/include" -I"$tap_root/proto" -o "$@"
}

# compile_greeting NAME: the library and the example, as one program.
compile_greeting() {
    compile "$tap_folder/$1" "$tap_root/src/examples/greeting.c" "$tap_root"/{proto,src}/*.c
}

# can_run: true when this machine runs a program of the build.
can_run() {
    [ -e "$tap_folder/nothing.c" ] || echo 'int main(void) { return 0; }' >"$tap_folder/nothing.c"
    compile "$tap_folder/nothing" "$tap_folder/nothing.c" && "$tap_folder/nothing" 2>/dev/null
}

# expect_greeting NAME
expect_greeting() {
    local printed
    printed=$("$tap_folder/$1" "$tap_address") && echo "$printed" && [ "$printed" = "hello, world" ]
}

mkdir -p "$tap_folder/include/mcwire"
cp "$tap_root"/{proto,src}/*.h "$tap_folder/include/mcwire"
start_memcached unix
ran=0
while read -r name compiler line; do
    read -ra options <<<"$line"
    check "$name: builds without a warning" compile_greeting "$name" || continue
    if can_run; then
        check "$name: sets and gets" expect_greeting "$name" && ran=$((ran + 1))
    else
        skip "$name: sets and gets" 'this machine does not run its programs'
    fi
done < <(awk NF <<<"$builds")
reached compilers 'the library and an example, no warning, with a real memcached' \
    "gcc at five levels and with -flto, clang, musl, tcc, 32 bits: $ran programs set and got"
finish
