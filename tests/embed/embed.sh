# What the tests of small machines share: a way to build, and the oracle.
# shellcheck shell=bash
# shellcheck source=tests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"
# shellcheck source=bench/setup.sh
. "$tap_root/bench/setup.sh"
# shellcheck source=tests/embed/packages.sh
. "$tap_root/tests/embed/packages.sh"

# skip_without THING...: ends the script, as skipped, when something that it needs is missing.
skip_without() {
    local thing
    for thing in "$@"; do
        setup_has "$thing" || { echo "1..0 # SKIP $thing is missing" && exit 77; }
    done
}

# The names are words on purpose.
# shellcheck disable=SC2046
skip_without $(embed_needs "$0")

# shellcheck disable=SC2034 # the scripts use it
build_sh=$tap_root/bench/firmware/build.sh

# oracle: each run's hits and misses, a line each, as the host's squares counts them: what every
# port of it must find with the same seed. Asked for once, without the pretended expense.
oracle() {
    local squares=${SQUARES:-$mcwire_build/bench/squares} file=$tap_folder/oracle
    if [ ! -s "$file" ]; then
        [ -n "${SQUARES-}" ] || build bench/squares || return
        "$squares" --private --seed 1 --cost-us 0 --format csv 2>"$tap_folder/oracle.log" |
            awk -F, 'NR > 1 { print $3, $4 }' >"$file"
    fi
    [ "$(wc -l <"$file")" -eq 10 ] && cat "$file"
}

# same_runs FILE: true when the table that squares.c has printed there says what the oracle says,
# and no answer was wrong.
same_runs() {
    oracle >"$tap_folder/wanted" || return
    awk 'NF == 5 && $1 ~ /^[0-9]+$/ && $5 == 0 { print $3, $4 }' "$1" >"$tap_folder/got"
    diff "$tap_folder/wanted" "$tap_folder/got"
}
