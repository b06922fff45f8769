#!/usr/bin/env bash
# Builds a small squares program: bench/firmware/build.sh NAME FILE [FLAG...]
# NAME is a row of the table below; flags follow its own. Installs nothing. For lwip, LWIP is
# the folder of its source, which lwip/fetch.sh gets.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
ports=$root/src/ports

# The machine; what squares goes through: the client, the engine, the reader alone, or no more of
# proto/ than item.c; and for a processor without an operating system its RAM, of which the stack takes a part.
#  name                 machine     board        through  RAM   of it stack
programs='
   microbit             cortex-m0   microbit     item     1024  640
   microbit-reader      cortex-m0   microbit     reader   1024  640
   microbit-client      cortex-m0   microbit     client   1192  848
   microbit-engine      cortex-m0   microbit     engine   1360  1024
   lm3s6965evb          cortex-m3   lm3s6965evb  item     1024  640
   lm3s6965evb-reader   cortex-m3   lm3s6965evb  reader   1024  640
   lm3s6965evb-client   cortex-m3   lm3s6965evb  client   1112  768
   lwip                 lwip        lwip/board   client   6144  1536
   linux                linux       linux        item     -     -
   linux-client         linux       linux        client   -     -
   musl                 musl        posix        item     -     -
   musl-client          musl        posix        client   -     -
   wasm                 wasm        -            -        -     -
   wasm-squares         wasm        -            -        -     -
'

row=$(awk -v name="${1-}" '$1 == name' <<<"$programs")
if [ $# -lt 2 ] || [ -z "$row" ]; then
    echo "usage: build.sh NAME FILE [FLAG...]; NAME is in the first column of" >&2
    echo "$programs" >&2
    exit 2
fi
read -r name machine board through ram stack <<<"$row"
file=$2
shift 2

flags=(-std=c11 -Wall -Wextra -Wconversion -Wshadow -Werror -Os -ffunction-sections -fdata-sections
    -fno-asynchronous-unwind-tables
    -I"$root/proto" -I"$root/src" -I"$ports" -I"$root/bench/squares" -I"$here")
sources=("$root"/proto/*.c "$root"/src/{client,engine,keys,reply,command,retrieval,meta}.c "$root/bench/squares/workload.c"
    "$here"/{squares,"$board","remote_$through"}.c)
case $through in
item | reader) sources+=("$here/wire.c") ;;
esac
link=("-Wl,--gc-sections")

# No C library: the headers are the compiler's and ours, and all of the program is here, the memory
# functions too. The compiler is kept from turning these into calls of themselves.
without_libc() {
    flags+=(-ffreestanding -fno-stack-protector -fno-jump-tables
        -nostdinc -isystem "$("${compiler[0]}" -print-file-name=include)" -isystem "$ports/include")
    link+=(-nostdlib)
    sources+=("$ports/memory.c")
}

# From reset on, and where things lie in memory.
on_cortex_m() {
    link+=(-T "$here/cortex-m.ld" "-Wl,--build-id=none" "-Wl,--defsym=RAM_SIZE=$ram"
        "-Wl,--defsym=STACK_SIZE=$stack")
    sources+=("$here/cortex-m.c")
}

# compile FOLDER SOURCE...: the objects, below $objects.
compile() {
    local folder=$objects/$1 source more
    mkdir -p "$folder"
    for source in "${@:2}"; do
        more=()
        [[ $machine:$source != [!w]*/memory.c ]] || more=("${for_memory[@]}")
        [ "$1" = ours ] || more=(-w)
        "${compiler[@]}" "${flags[@]}" "${more[@]}" -c "$source" \
            -o "$folder/$(basename "$source" .c).o"
    done
}

theirs=()
for_memory=(-fno-lto -fno-tree-loop-distribute-patterns)

case $machine in
cortex-m*)
    compiler=(arm-none-eabi-gcc -mthumb "-mcpu=$machine")
    without_libc
    flags+=(-flto)
    on_cortex_m
    sources+=("$here/uart_board.c")
    [ "$through" = engine ] || sources+=("$ports/uart.c")
    ;;
lwip)
    compiler=(arm-none-eabi-gcc -mthumb -mcpu=cortex-m3)
    without_libc
    flags+=(-flto -I"$here/lwip" -isystem "$here/lwip/include" -isystem "${LWIP:?}/src/include")
    on_cortex_m
    sources+=("$ports/lwip.c")
    theirs=("$LWIP"/src/core/{init,def,inet_chksum,ip,mem,memp,netif,pbuf,tcp,tcp_in,tcp_out}.c
        "$LWIP"/src/core/timeouts.c "$LWIP"/src/core/ipv4/{etharp,ip4,ip4_addr}.c
        "$LWIP/src/netif/ethernet.c")
    ;;
linux)
    compiler=("${CC:-gcc}")
    without_libc
    flags+=(-fno-pie)
    link+=(-static -no-pie -s "-Wl,--build-id=none,-z,noseparate-code")
    ;;
musl)
    compiler=(musl-gcc)
    flags+=(-Wno-conversion -D_POSIX_C_SOURCE=200809L)
    link+=(-static -s "-Wl,--build-id=none,-z,noseparate-code,-z,norelro")
    sources+=("$root/src/socket.c")
    ;;
wasm)
    compiler=(clang --target=wasm32)
    sources=("$root"/proto/*.c "$ports/wasm/glue.c")
    [ "$name" = wasm ] || sources+=("$root/bench/squares/workload.c" "$here/draw.c")
    without_libc
    flags+=(-Oz -fvisibility=hidden)
    link+=("-Wl,--no-entry,--export-dynamic,--strip-all,-z,stack-size=4096")
    ;;
esac

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
flags+=("$@")
compile ours "${sources[@]}"
compile theirs "${theirs[@]}"
shopt -s nullglob
"${compiler[@]}" "${flags[@]}" -Wno-unused-command-line-argument "$objects"/*/*.o "${link[@]}" \
    -o "$file"
