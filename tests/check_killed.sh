#!/usr/bin/env bash
# Kills overhead while its children work: they end, and its files and folders are gone.
# usage: check_killed.sh OVERHEAD
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

overhead=$1

# children_of PID: the numbers of its processes, and theirs.
children_of() {
    local child
    while read -r child; do
        echo "$child"
        children_of "$child"
    done < <(ps -o pid= --ppid "$1")
}

# has_child PID TEXT: one whose command has this text, beside another, its memcached.
has_child() {
    local child children
    mapfile -t children < <(children_of "$1")
    [ ${#children[@]} -ge 2 ] || return
    for child in "${children[@]}"; do
        ! tr '\0' ' ' <"/proc/$child/cmdline" 2>/dev/null | grep -qF -e "$2" || return 0
    done
    return 1
}

# has_ended PID: it is not there, or nobody has looked at how it ended.
has_ended() {
    ! [ -e "/proc/$1" ] || grep -qs '^State:.Z' "/proc/$1/status"
}

# await PID COMMAND...: until the command succeeds, while the process runs; 0: any time.
await() {
    local tries
    for ((tries = 0; tries < 6000; tries++)); do
        ! "${@:2}" || return 0
        kill -0 "$1" || break
        sleep 0.05
    done
    echo "in vain: ${*:2}"
    return 1
}

is_empty() {
    [ -z "$(ls "$1")" ]
}

# expect_end TEXT OPTION...: overhead with these is killed when it has a child with this text.
expect_end() {
    local program child children folder=$tap_folder/temporary
    mkdir -p "$folder" && chmod 711 "$tap_folder" && chmod 777 "$folder" || return
    TMPDIR=$folder "$overhead" "${@:2}" >/dev/null &
    program=$!
    await "$program" has_child "$program" "$1" || return
    mapfile -t children < <(children_of "$program")
    kill -9 "$program"
    for child in "${children[@]}"; do
        await 0 has_ended "$child" || return
    done
    [ ${#children[@]} -ge 1 ] || { echo "there was no child" && return 1; }
    # The file that a tool writes to is for the next start to remove.
    TMPDIR=$folder "$overhead" --only mcwire --work get --count 1 ||
        { echo "the next start failed" && return 1; }
    await 0 is_empty "$folder"
}

check "while the clients work" expect_end 'overhead-worker mcwire' --works get --slice-us 1000000
if command -v valgrind >/dev/null; then
    check "while valgrind counts" expect_end valgrind --instructions
else
    skip "while valgrind counts" "there is no valgrind"
fi
finish
