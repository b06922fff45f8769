#!/usr/bin/env bash
# Runs squares on emulated boards without an operating system, each with its UART connected to a
# real memcached, and compares the hits and misses with the host's: check_firmware.sh [PROGRAM] The
# programs are those of bench/firmware/build.sh for a Cortex-M.
# needs: arm-none-eabi-gcc qemu-system-arm memcached python3 cc stdio.h meson ninja pkg-config
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/embed.sh"

FLASH_MAX=4096
RAM_MAX=1024
CLIENT_RAM_MAX=1192 # of programs over the client
ENGINE_RAM_MAX=1360 # over the engine, which its interrupt feeds

# emulate PROGRAM: its exit status is the program's. An emulator that hangs is ended in the end.
emulate() {
    timeout 300 qemu-system-arm -M "${1%%-*}" -display none -monitor none \
        -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console \
        -chardev socket,id=server,path="$tap_folder/socket" -serial chardev:server \
        -kernel "$tap_folder/$1" </dev/null 2>&1
}

# run_program PROGRAM: what it prints is kept.
run_program() {
    start_memcached unix
    emulate "$1" >"$tap_folder/$1.txt"
    local status=$?
    cat "$tap_folder/$1.txt"
    end_memcached
    return "$status"
}

# section PROGRAM NAME...: the bytes of these sections.
section() {
    arm-none-eabi-size -A "$tap_folder/$1" |
        awk -v names=" ${*:2} " 'index(names, " " $1 " ") { sum += $2 } END { print sum + 0 }'
}

stack_used() {
    sed -n 's/^stack used: \([0-9]*\) bytes$/\1/p' "$tap_folder/$1.txt"
}

# has_room PROGRAM: true when all of RAM, with the stack that it is given, and the flash of one that
# only gets and sets are no more than wanted, and some of the stack was never used.
has_room() {
    local flash ram ram_max=$RAM_MAX
    case $1 in
    *-client) ram_max=$CLIENT_RAM_MAX ;;
    *-engine) ram_max=$ENGINE_RAM_MAX ;;
    esac
    flash=$(section "$1" .text .data)
    ram=$(section "$1" .stack .data .bss)
    echo "flash $flash, RAM $ram, stack used $(stack_used "$1") of $(section "$1" .stack) bytes"
    [[ $1 = *-* ]] || [ "$flash" -le "$FLASH_MAX" ] || return
    [ "$ram" -le "$ram_max" ] && [ "$(stack_used "$1")" -lt "$(section "$1" .stack)" ]
}

# tell PROGRAM
tell() {
    local flash ram
    flash=$(commas "$(section "$1" .text .data)")
    ram=$(commas "$(section "$1" .stack .data .bss)")
    reached 'no operating system' "$1, emulated, its UART joined to a real memcached" \
        "hits and misses as on the host; $flash bytes of flash, $ram of RAM, of the stack \
$(stack_used "$1") used; server killed: exit status 1"
}

# survives_the_server PROGRAM: when the server is gone after the first run, it says so and fails.
survives_the_server() {
    local output=$tap_folder/killed emulator tries
    start_memcached unix
    emulate "$1" >"$output" &
    emulator=$!
    for ((tries = 0; tries < 6000; tries++)); do
        grep -q '^   1 ' "$output" && break
        sleep 0.02
    done
    end_memcached
    wait "$emulator"
    local status=$?
    cat "$output"
    [ "$status" -eq 1 ] && grep -q '^squares: the server failed: no answer in time$' "$output"
}

# test_program NAME
test_program() {
    check "$1 is built" "$build_sh" "$1" "$tap_folder/$1" || return
    check "$1 ends well" run_program "$1"
    check "$1 has the hits and misses of the host" same_runs "$tap_folder/$1.txt"
    check "$1 takes no more than it may, and has stack left" has_room "$1"
    check "$1 notices that the server is gone" survives_the_server "$1"
    tell "$1"
}

if [ $# -eq 1 ]; then
    test_program "$1"
else
    each_alone {microbit,lm3s6965evb}{,-client} microbit-engine lm3s6965evb-reader
fi
finish
