#!/usr/bin/env bash
# Counts the user-space instructions of warm operations, as the difference of two run lengths, and
# compares each with a limit: the higher count of gcc 12 and clang 14, and 15 % more.
# usage: check_instructions.sh OVERHEAD, the program of bench/overhead
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

few=100
many=300

# total CLIENT WORK COUNT: the instructions of a whole run; of a client's without those that wait
# for its memcached to come up.
total() {
    local only=()
    [ "$1" = wire ] || only=(--toggle-collect=worker_count)
    valgrind --tool=callgrind --vgdb=no "${only[@]}" \
        --callgrind-out-file="$tap_folder/callgrind" \
        "$overhead" --only "$1" --work "$2" --count "$3" >&2 || return
    awk '$1 == "totals:" { print $2 }' "$tap_folder/callgrind"
}

# count_each CLIENT WORK: leaves the instructions of one operation in the file each.
count_each() {
    local short long
    short=$(total "$1" "$2" "$few") && long=$(total "$1" "$2" "$many") || return
    echo $(((long - short) / (many - few))) >"$tap_folder/each"
}

# expect_most CLIENT WORK LIMIT: an operation takes no more, and not so few that it was none. Tried
# three times, because on a machine that stands still for seconds an operation meets its deadline.
expect_most() {
    local tries each
    for tries in 1 2 3; do
        count_each "$1" "$2" || continue
        each=$(cat "$tap_folder/each")
        echo "try $tries, $1 $2: $each instructions, at most $3, at least 20"
        if [ "$each" -le "$3" ] && [ "$each" -ge 20 ]; then
            return 0
        fi
    done
    return 1
}

# gate CLIENT WORK LIMIT: the test case, and the figure that it found.
gate() {
    if ! command -v valgrind >/dev/null; then
        skip "$1 $2: at most $3 instructions" "valgrind is absent"
        return
    fi
    rm -f "$tap_folder/each"
    check "$1 $2: at most $3 instructions" expect_most "$@"
    [ ! -s "$tap_folder/each" ] || echo "# $1 $2: $(cat "$tap_folder/each")"
}

# valgrind need not, and cannot always, read what a compiler wrote for debuggers.
overhead=$tap_folder/overhead
strip --strip-debug -o "$overhead" "$1" || exit

gate client get 680
gate client miss 490
gate client set 870
gate client get-100 36800
gate wire put-get 200
gate wire put-get-100 12050
gate wire put-set 480
gate wire item-hit 230
gate wire item-hit-100 19100
gate wire read-hit 1260
gate wire read-stored 425
finish
