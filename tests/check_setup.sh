#!/usr/bin/env bash
# bench/run and its setup.sh where something is special: nothing is installed, apt fails, there is
# no apt, two run at once, the source cannot be written to.
# usage: check_setup.sh SQUARES MCLOAD OVERHEAD [MCWIRE]
# The functions are called by their names, and text for another shell is in single quotes.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

# ---- help and versions ---------------------------------------------------------------------------

# bare COMMAND...: with no program on PATH but those that every system has.
bare() {
    local name
    mkdir -p "$tap_folder/bare"
    for name in bash cat cksum dirname id sed tr; do
        ln -sf "$(command -v "$name")" "$tap_folder/bare"
    done
    env -i PATH="$tap_folder/bare" "$@"
}

# expect_help BENCHMARK PROGRAM: the file beside the program is what it prints.
expect_help() {
    echo "to write it again: $2 --help >bench/$1/help.txt"
    bare "$tap_root/bench/run" "$1" --help >"$tap_folder/help" &&
        diff "$tap_folder/help" <("$2" --help)
}

# expect_version BENCHMARK PROGRAM
expect_version() {
    local printed
    printed=$(bare "$tap_root/bench/run" "$1" --version) && echo "$printed" &&
        [ "$printed" = "$("$2" --version)" ]
}

# squares is the benchmark when none is named.
expect_squares() {
    diff <(bare "$tap_root/bench/run" --help) <("$1" --help) &&
        diff <(bare "$tap_root/bench/run" --version) <("$1" --version)
}

# ---- a source with a false meson -----------------------------------------------------------------

# new_source NAME: sets $source to a copy of what bench/run needs.
new_source() {
    source=$tap_folder/$1
    mkdir -p "$source/bench" && cp "$tap_root/meson.build" "$source" &&
        cp "$tap_root"/bench/{run,setup.sh} "$source/bench"
}

# fake NAME: a program from standard input, first on the PATH of with_fakes.
fake() {
    mkdir -p "$tap_folder/fakes" && { echo '#!/bin/sh' && cat; } >"$tap_folder/fakes/$1" &&
        chmod +x "$tap_folder/fakes/$1"
}

with_fakes() {
    PATH=$tap_folder/fakes:$PATH "$@"
}

# Both need nothing. Meson makes a program that prints where it is; it writes a log, and where there
# is a $HOLD, says so in the pipe $HOLD.held and waits for the pipe $HOLD.
make_fakes() {
    fake ninja <<<'exit 0'
    fake memcached <<<'exit 0'
    fake meson <<'END_OF_MESON'
mkdir -p "$2/meson-info" "$2/bench/squares"
echo begin >>"$3/log"
[ -z "$HOLD" ] || { echo >"$HOLD.held" && read -r line <"$HOLD"; }
printf '#!/bin/sh\necho "$0"\n' >"$2/bench/squares/squares"
chmod +x "$2/bench/squares/squares"
echo "\"source\": \"$3\"" >"$2/meson-info/meson-info.json"
echo end >>"$3/log"
END_OF_MESON
}

# ---- two at once ---------------------------------------------------------------------------------

# start_holding: a bench/run that is in Meson, and stays there until something is written to $hold;
# sets $first.
start_holding() {
    hold=$source/hold
    mkfifo "$hold" "$hold.held" "$source/errors" || return
    HOLD=$hold PATH=$tap_folder/fakes:$PATH "$source/bench/run" >"$source/first" 2>&1 &
    first=$!
    read -r <"$hold.held"
}

# expect_turns NAME: the second says that it waits, and finds all built when the first is done.
expect_turns() {
    local second line
    new_source "$1" && start_holding || return
    with_fakes "$source/bench/run" >"$source/second" 2>"$source/errors" &
    second=$!
    read -r -t 300 line <"$source/errors"
    echo "$line" && echo >"$hold"
    wait "$first" && wait "$second" && [[ $line = "Waiting for another build of "* ]] &&
        cat "$source/log" && [ "$(paste -sd ' ' "$source/log")" = "begin end" ] &&
        cmp "$source/first" "$source/second"
}

# expect_turns_without_flock: the PATH has all but that.
expect_turns_without_flock() {
    mkdir "$tap_folder/most" && ln -s /usr/bin/* "$tap_folder/most" || return
    ln -sf /bin/* "$tap_folder/most" && rm "$tap_folder/most/flock" || return
    PATH=$tap_folder/most expect_turns without-flock
}

# expect_freed: the lock of one that is killed is free, though what it started still runs.
expect_freed() {
    new_source freed && start_holding || return
    kill -9 "$first"
    HOLD='' with_fakes timeout 300 "$source/bench/run"
    local status=$?
    echo >"$hold"
    return "$status"
}

# ---- no memcached ----------------------------------------------------------------------------------

# expect_small_memcached SQUARES MCWIRE: where none can be installed, squares asks the small one, and
# bench/run says so.
expect_small_memcached() {
    local none=$tap_folder/none
    new_source small && cp -r "$tap_root/bench/small" "$source/bench" && mkdir "$none" &&
        ln -s /usr/bin/* "$none" && ln -sf /bin/* "$none" || return
    rm -f "$none"/{memcached,apt-get,ninja,meson}
    cp "$tap_folder/fakes/ninja" "$none"
    fake meson <<<'mkdir -p "$2/bench/squares" "$2/src/tool"
ln -s "$SQUARES" "$2/bench/squares" && ln -s "$REAL_MCWIRE" "$2/src/tool"'
    mv "$tap_folder/fakes/meson" "$none"
    SQUARES=$(realpath "$1") REAL_MCWIRE=$(realpath "$2") PATH=$none "$source/bench/run" --runs 2 \
        --requests 50 --domain 5 >"$source/said" 2>"$source/errors" || {
        cat "$source/errors"
        return 1
    }
    cat "$source/said" "$source/errors"
    grep -q '^bench/run: the server is the small memcached of this project' "$source/errors" &&
        grep -q 'listening at unix:.*, for learning and tests$' "$source/errors"
}

# ---- pages of mcload -----------------------------------------------------------------------------

# make_loads: a mcload that writes what --json names, and an overhead; both print their arguments.
make_loads() {
    new_source load && fake meson <<'END_OF_MESON'
mkdir -p "$2/bench/load" "$2/bench/overhead"
printf '#!/bin/sh\necho mcload "$@"\nfor each; do
    case $each in --json=*) echo {} >"${each#*=}" ;; esac\ndone\n' >"$2/bench/load/mcload"
printf '#!/bin/sh\necho overhead "$@"\n' >"$2/bench/overhead/overhead.sh"
chmod +x "$2"/bench/*/*
END_OF_MESON
}

# expect_load STATUS LINES ARGUMENT...: what the two print; {} is $tap_folder.
expect_load() {
    local status=0
    with_fakes "$source/bench/run" load "${@:3}" >"$tap_folder/loads" 2>&1 || status=$?
    echo "status $status" && cat "$tap_folder/loads"
    [ "$status" = "$1" ] && diff <(echo "$2") "$tap_folder/loads"
}

expect_load_pages() {
    local page=$tap_folder/page kept=$tap_folder/kept
    make_loads && expect_load 0 "mcload --rate 5 --json=$kept
overhead --from $kept --html $page" --html "$page" --rate 5 --json "$kept" &&
        [ -s "$kept" ] && expect_load 0 "mcload --json=$kept" --json="$kept" &&
        expect_load 0 'overhead --from a b' --from a b &&
        with_fakes "$source/bench/run" load --html="$page" --time 1 >"$tap_folder/loads" &&
        kept=$(sed -n 's/^overhead --from \(.*\) --html .*/\1/p' "$tap_folder/loads") &&
        [ -n "$kept" ] && [ ! -e "$kept" ]
}

# expect_load_refused: before anything is measured.
expect_load_refused() {
    expect_load 2 "bench/run: --html: cannot write to '/nowhere/page'" --time 9 --html /nowhere/page &&
        expect_load 2 "bench/run: --html: cannot write to ''" --html= &&
        expect_load 2 "bench/run: --html: cannot write to ''" --time 9 --html &&
        expect_load 2 'bench/run: --from: comes first, as nothing is measured then' --time 9 --from a b
}

# ---- a source that cannot be written to ----------------------------------------------------------

# read_only FOLDER COMMAND...: root needs a mount for it, which only the command sees.
read_only() {
    if [ "$(id -u)" -eq 0 ]; then
        unshare -m bash -c 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"' "$@"
    else
        chmod a-w "$1" && "${@:2}"
        local status=$?
        chmod u+w "$1"
        return "$status"
    fi
}

# Meson's log would be in the source.
expect_built_elsewhere() {
    local folder
    new_source read-only && mkdir "$tap_folder/elsewhere" || return
    touch "$source/log" "$tap_folder/elsewhere/log"
    fake meson <<<'folder=$2/bench/squares
mkdir -p "$folder" && cp "$(command -v ninja)" "$folder/squares"'
    TMPDIR=$tap_folder/elsewhere read_only "$source" env PATH="$tap_folder/fakes:$PATH" \
        "$source/bench/run" >"$tap_folder/where" 2>&1 || { cat "$tap_folder/where" && return 1; }
    cat "$tap_folder/where"
    folder=$(echo "$tap_folder"/elsewhere/mcwire-build-*)
    [ "$(cat "$tap_folder/where")" = "$source cannot be written to: building in $folder" ] &&
        [ -x "$folder/build/bench/squares/squares" ] && [ ! -e "$source/build" ]
}

# Where somebody else made the folder, nothing is built in it.
expect_own_folder() {
    local folder
    folder=$(echo "$tap_folder"/elsewhere/mcwire-build-*)
    rm -rf "$folder" && ln -s "$tap_folder" "$folder" &&
        ! TMPDIR=$tap_folder/elsewhere read_only "$source" env PATH="$tap_folder/fakes:$PATH" \
            "$source/bench/run"
}

# ---- installing ----------------------------------------------------------------------------------

# need THING...: what bench/setup.sh says to this, in a process of its own.
need() {
    bash -c '. "$0/bench/setup.sh" && need_packages "$@"' "$tap_root" "$@"
}

# expect_one_line LINE: when apt, for root, fails with hundreds of lines, these among them.
expect_one_line() {
    fake id <<<'echo 0'
    fake apt-get <<'END_OF_APT'
seq 492
echo "Err:1 http://deb.debian.org/debian bookworm InRelease"
echo "$REASON"
echo "W: Some index files failed to download."
exit 100
END_OF_APT
    REASON=$1 with_fakes need no-such-thing 2>"$tap_folder/errors"
    local status=$?
    rm "$tap_folder/fakes"/{id,apt-get}
    cat "$tap_folder/errors"
    [ "$status" -eq 69 ] && diff "$tap_folder/errors" - <<END_OF_LINES
Installing no-such-thing
apt-get cannot install no-such-thing: $2
END_OF_LINES
}

# expect_hints: each package manager's names for things of each kind. What the table does not know
# is called as it is.
expect_hints() {
    local status=0
    bash -c '. "$0/bench/setup.sh" && setup_advise "$@"' "$tap_root" cc g++ meson ninja check.pc \
        memcache.py valgrind no-such-thing 2>"$tap_folder/hints" || status=$?
    [ "$status" -eq 69 ] && diff <(sed 1d "$tap_folder/hints") - <<'END_OF_HINTS'
    apt-get install check g++ gcc meson ninja-build no-such-thing python3-memcache valgrind
    dnf install check-devel gcc gcc-c++ meson ninja-build no-such-thing python3-memcached valgrind
    apk add check-dev g++ gcc meson ninja no-such-thing valgrind
    pacman -S check gcc meson ninja no-such-thing python-memcached valgrind
    brew install check meson ninja no-such-thing
END_OF_HINTS
}

# Without apt, a need ends with these hints.
expect_hints_without_apt() {
    local name status=0
    mkdir -p "$tap_folder/few"
    for name in bash awk sort tr sed id cksum dirname; do
        ln -sf "$(command -v "$name")" "$tap_folder/few"
    done
    PATH=$tap_folder/few need no-such-thing 2>"$tap_folder/hints" || status=$?
    cat "$tap_folder/hints"
    [ "$status" -eq 69 ] && grep -qx '    dnf install no-such-thing' "$tap_folder/hints"
}

# expect_names: for each manager, all that is not "-" in the table.
expect_names() {
    bash -c '. "$0/bench/setup.sh"
        awk "NF && NF != 6 { print; wrong = 1 } END { exit wrong }" <<<"$setup_packages"' \
        "$tap_root"
}

# ---- the cases -----------------------------------------------------------------------------------

names=(squares load overhead)
programs=("$@")
for i in 0 1 2; do
    check "${names[i]}: --help with nothing built" expect_help "${names[i]}" "${programs[i]}"
    check "${names[i]}: --version with nothing built" expect_version "${names[i]}" "${programs[i]}"
done
check "squares is the benchmark when none is named" expect_squares "$1"

check "no network: one line" expect_one_line "  Temporary failure resolving 'deb.debian.org'" \
    "no network: Temporary failure resolving 'deb.debian.org'"
check "another fault of apt: one line" expect_one_line "E: Unable to locate package no-such-thing" \
    "Unable to locate package no-such-thing"
check "hints for five package managers" expect_hints
check "they are given where there is no apt" expect_hints_without_apt
check "the table names each package for all" expect_names

make_fakes
check "two at once take turns" expect_turns turns
if command -v python3 >/dev/null; then
    check "so they do without flock" expect_turns_without_flock
else
    skip "so they do without flock" "there is no python3"
fi
check "the lock of a killed one is free" expect_freed
if [ -x "${4-}" ]; then
    check "without memcached, squares asks the small one" expect_small_memcached "$1" "$4"
else
    skip "without memcached, squares asks the small one" "mcwire is not built"
fi
check "a page of mcload, and its JSON" expect_load_pages
check "what would be lost at its end is refused" expect_load_refused
if read_only "$tap_folder" true 2>/dev/null; then
    check "a source that cannot be written to is built elsewhere" expect_built_elsewhere
    check "but not in a folder of somebody else" expect_own_folder
else
    skip "a source that cannot be written to is built elsewhere" "nothing can be mounted here"
fi
finish
