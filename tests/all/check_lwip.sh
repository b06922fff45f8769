#!/usr/bin/env bash
# Runs squares on an emulated board without an operating system, over lwIP and the board's Ethernet
# controller, against a real memcached on TCP. lwIP's source comes from Debian's source package.
# needs: arm-none-eabi-gcc qemu-system-arm memcached python3 cc stdio.h meson ninja pkg-config xz
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/../embed/embed.sh"

RAM_MAX=6144
LINES_MAX=99

export LWIP=$tap_folder/lwip/lwip
program=$tap_folder/squares

# emulate: its exit status is the program's. The emulator's network maps 10.0.2.2 to this machine.
emulate() {
    timeout 300 qemu-system-arm -M lm3s6965evb -display none -monitor none -serial null \
        -chardev stdio,id=console -nic user,model=stellaris -kernel "$program" -semihosting-config \
        "enable=on,target=native,chardev=console,arg=squares,arg=$tap_port" </dev/null 2>&1
}

run_program() {
    start_memcached tcp
    emulate >"$tap_folder/lwip.txt"
    local status=$?
    cat "$tap_folder/lwip.txt"
    end_memcached
    return "$status"
}

# All of RAM, with the stack that the program is given.
ram() {
    arm-none-eabi-size "$program" | awk 'NR == 2 { print $2 + $3 }'
}

fits() {
    echo "$(ram) of $RAM_MAX bytes"
    [ "$(ram)" -le "$RAM_MAX" ]
}

transport_lines() {
    wc -l <"$tap_root/src/ports/lwip.c"
}

stack_used() {
    sed -n 's/^stack used: \([0-9]*\) bytes$/\1/p' "$tap_folder/lwip.txt"
}

has_stack_left() {
    local given
    given=$(arm-none-eabi-size -A "$program" | awk '$1 == ".stack" { print $2 }')
    echo "$(stack_used) of $given bytes"
    [ "$(stack_used)" -lt "$given" ]
}

# survives_the_server: when the server is gone after the first run, it says so and fails.
survives_the_server() {
    local output=$tap_folder/killed emulator tries
    start_memcached tcp
    emulate >"$output" &
    emulator=$!
    for ((tries = 0; tries < 6000; tries++)); do
        grep -q '^   1 ' "$output" && break
        sleep 0.02
    done
    end_memcached
    wait "$emulator"
    local status=$?
    cat "$output"
    [ "$status" -eq 1 ] && grep -q '^squares: the server failed: the connection was closed$' "$output"
}

check "lwIP's source is there" "$tap_root/bench/firmware/lwip/fetch.sh" "$tap_folder/lwip" &&
    check "the program is built" "$build_sh" lwip "$program" && {
    check "the program takes at most $RAM_MAX bytes of RAM" fits
    check "the program ends well" run_program
    check "the program has the hits and misses of the host" same_runs "$tap_folder/lwip.txt"
    check "the program has stack left" has_stack_left
    check "the program notices that the server is gone" survives_the_server
    check "the transport has at most $LINES_MAX lines" [ "$(transport_lines)" -le $LINES_MAX ]
    reached 'a real TCP stack' "lwIP's raw API on an emulated board's Ethernet, real memcached" \
        "hits and misses as on the host; $(commas "$(ram)") bytes of RAM in all, of the stack \
$(stack_used) used; a transport of $(transport_lines) lines"
}
finish
