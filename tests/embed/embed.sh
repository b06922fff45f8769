# What the tests of small machines share: a way to build, and the results to compare with.
# shellcheck shell=bash
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"
# shellcheck source=bench/setup.sh
. "$tap_root/bench/setup.sh"
# shellcheck source=tests/embed/packages.sh
. "$tap_root/tests/embed/packages.sh"

# skip_without THING...: ends the script, as skipped, when something that it needs is missing.
skip_without() {
    local missing
    mapfile -t missing < <(embed_missing "$@")
    [ ${#missing[@]} -eq 0 ] || { echo "1..0 # SKIP missing: ${missing[*]}" && exit 77; }
}

# The names are words on purpose.
# shellcheck disable=SC2046
skip_without $(embed_needs "$0")

# shellcheck disable=SC2034 # the scripts use it
build_sh=$tap_root/bench/firmware/build.sh

# each_alone NAME...: runs this script once for each of these, as many at a time as there are
# processors, and numbers all their results from 1.
each_alone() {
    local name running=0
    find_squares || return
    for name in "$@"; do
        [ $running -lt "$(nproc)" ] || { wait -n; running=$((running - 1)); }
        "$0" "$name" >"$tap_folder/$name.tap" 2>&1 </dev/null &
        running=$((running + 1))
    done
    wait
    for name in "$@"; do
        merge_results "$tap_folder/$name.tap"
    done
}

# merge_results FILE: adds its results; a file that does not end with the number of tests is a
# failure.
merge_results() {
    local line last=
    while IFS= read -r line; do
        last=$line
        case $line in
        'ok '* | 'not ok '*)
            tap_count=$((tap_count + 1))
            [[ $line = ok* ]] || tap_status=1
            echo "${line%% [0-9]*} $tap_count -${line#*[0-9] -}"
            ;;
        1..*) ;;
        *) echo "$line" ;;
        esac
    done <"$1"
    check "$(basename "$1" .tap) has come to its end" test "${last#1..}" != "$last"
}

# commas NUMBER: with commas between its thousands.
commas() {
    sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta' <<<"$1"
}

# reached PROPERTY HOW NUMBER: for the table of tests/run --all, if all went well.
reached() {
    [ $tap_status -ne 0 ] || echo "# reached: embed. $1 | $2 | $3"
}

# find_squares: the host's, built unless the environment names it.
find_squares() {
    [ -n "${SQUARES-}" ] || build bench/squares/squares || return
    export SQUARES=${SQUARES:-$mcwire_build/bench/squares/squares}
}

# oracle [SEED]: the hits and misses of each run, a line each, as squares on the host counts them.
# Every port must have the same with this seed. It runs once, with no cost for a miss.
oracle() {
    local seed=${1:-1} file=$tap_folder/oracle-${1:-1}
    if [ ! -s "$file" ]; then
        find_squares || return
        "$SQUARES" --private --seed "$seed" --cost-us 0 --format csv 2>"$tap_folder/oracle.log" |
            awk -F, 'NR > 1 { print $3, $4 }' >"$file"
    fi
    [ "$(wc -l <"$file")" -eq 10 ] && cat "$file"
}

# same_runs FILE [SEED]: true when the table of squares.c in this file has the hits and misses of
# the oracle, and no answer was wrong.
same_runs() {
    oracle "${2:-1}" >"$tap_folder/wanted" || return
    awk 'NF == 5 && $1 ~ /^[0-9]+$/ && $5 == 0 { print $3, $4 }' "$1" >"$tap_folder/got"
    diff "$tap_folder/wanted" "$tap_folder/got"
}
