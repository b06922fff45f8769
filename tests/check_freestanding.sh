#!/usr/bin/env bash
# Compiles proto/, the engine and the small memcached of src/learn to see that they need no C library
# and have no variables, and each header alone, as C and as C++. CC and CXX choose the compilers;
# names and includes are check_house.py's.
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

cd "$tap_root" || exit
read -ra cc <<<"${CC:-cc}"
read -ra cxx <<<"${CXX:-c++}"
warn=(-Wall -Wextra -Wpedantic -Werror -I. -Iproto -Isrc)

# silent COMMAND...: shows what the command prints; fails if that is anything.
silent() {
    local said
    said=$("$@")
    [ -z "$said" ] || { echo "$said" && return 1; }
}

serve=(src/learn/{answer,cache,serve,serve_admin,serve_log,serve_meta,update}.c)
engine=(src/{engine,keys,reply,command,catalog,meta,retrieval}.c)

# compile FOLDER FILE...: each to an object, with the options of this round.
compile() {
    local folder=$1 file
    mkdir "$folder" || return
    for file in "${@:2}"; do
        "${cc[@]}" -std=c11 -ffreestanding -fno-stack-protector "${warn[@]}" "${words[@]}" \
            -c "$file" -o "$folder/$(basename "$file" .c).o" || return
    done
}

# undefined FOLDER...: names that the objects need and do not define, except the four functions of
# src/ports/memory.c.
undefined() {
    comm -23 <(find "$@" -name '*.o' -exec nm -u {} + | awk '$1 == "U" { print $2 }' | sort -u) \
        <(find "$@" -name '*.o' -exec nm -g --defined-only {} + |
            awk 'NF == 3 { print $3 }' | sort -u) |
        grep -vxE 'mem(cpy|move|set|cmp)|_GLOBAL_OFFSET_TABLE_'
}

# variables FOLDER: sections for variables that are not empty. The small memcached may have constants
# that hold addresses, which clang puts into .data.rel.ro.
variables() {
    local constants=none
    [[ $1 != *-serve ]] || constants=.data.rel.ro
    size -A "$1"/*.o | awk -v constants="$constants" '
        /^\.t?(data|bss)/ && $2 > 0 && $1 != constants { print $1, $2 }'
}

# alone STANDARD HEADER: compiles a file that includes nothing else.
alone() {
    local compiler=("${cc[@]}" -x c)
    [ "$1" = c11 ] || compiler=("${cxx[@]}" -x c++)
    "${compiler[@]}" "-std=$1" "${warn[@]}" -fsyntax-only - <<<"#include \"$2\""
}

for options in -Os '-O2 -fPIC'; do
    read -ra words <<<"$options"
    folder=$tap_folder/${options// /}
    check "proto compiles with $options" compile "$folder" proto/*.c
    check "proto with $options needs no libc" silent undefined "$folder"
    check "proto with $options has no variables" silent variables "$folder"
    check "the engine compiles with $options" compile "$folder-engine" "${engine[@]}"
    check "the engine with $options needs no libc" silent undefined "$folder" "$folder-engine"
    check "the small memcached compiles with $options" compile "$folder-serve" "${serve[@]}"
    check "the small memcached with $options needs no libc" \
        silent undefined "$folder" "$folder-serve"
    check "the small memcached with $options has no variables" silent variables "$folder-serve"
done
for header in proto/*.h src/*.h src/learn/*.h; do
    check "$header stands alone in C" alone c11 "$header"
    check "$header stands alone in C++" alone c++11 "$header"
done
finish
