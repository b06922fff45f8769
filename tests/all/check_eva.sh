#!/usr/bin/env bash
# Runs Frama-C's Eva on the reader, and on the engine with a few operations. It must raise no alarm:
# there is no read or write out of bounds and no undefined shift or arithmetic, for every exact length of
# the reader's input and every state, on machines of 64 bits, of 32 bits, and big-endian; and whatever
# a few bytes mean to the engine, however much was sent before. It assumes the loop invariants in
# proto/, which check_proofs.sh proves.
# usage: check_eva.sh [--full]: with it, every length up to 1,024, which takes 40 minutes of a
# processor; without it, every length up to 36, and 1,024.
# needs: frama-c gcc python3
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

# What proof/eva_engine.c has for each number of OPS.
operations=('gets' 'set and delete' 'a get of two keys' 'mg' 'two gets that share a line'
    'quiet md and mg' 'a large set')

machines=(gcc_x86_64 gcc_x86_32 ppc_32)
ranges=(0:16 17:28 29:36 1024:1024)
if [ "${1:-}" = --full ]; then
    ranges=()
    for ((from = 0; from < 1024; from += 32)); do
        ranges+=("$from:$((from + (from == 992 ? 32 : 31)))")
    done
fi

# How many states of a function are kept apart: as many as words and bytes of the grammar have.
apart=main:90000,mc_reader_next:64,read_tail:64,parse_word:256,match_word:64,next_word:64
apart+=,parse_pieces:128

# eva FOLDER MACHINE FROM TO: fails when there is an alarm; says how much of the code was reached.
eva() {
    local log=$tap_folder/eva-$2-$3-$4
    (cd "$tap_folder" && HOME=$tap_folder frama-c -machdep "$2" \
        -cpp-extra-args="-DFROM=$3 -DTO=$4 -I$1" -eva -eva-precision 0 -eva-slevel 0 \
        -eva-slevel-function "$apart" -eva-split-return-function read_tail:full \
        -eva-auto-loop-unroll 0 -eva-no-show-progress "$tap_root/tests/proof/eva.c") \
        >"$log" 2>&1
    grep -A1 'eva:alarm' "$log" | grep -v 'loop invariant'
    grep 'statements reached' "$log"
    grep -q '^  0 alarms generated' "$log"
}

# eva_engine FOLDER OPS: the same for the engine with some operations (proof/eva_engine.c). What
# only WP knows of loops is left out.
eva_engine() {
    local log=$1-engine-$2
    HOME=$tap_folder frama-c -machdep gcc_x86_64 -cpp-extra-args="-DOPS=$2 -I$1" \
        -kernel-warn-key annot-error=inactive -eva -eva-precision 0 -eva-slevel 3000 \
        -eva-auto-loop-unroll 300 -eva-interprocedural-splits -eva-split-return full \
        -eva-no-show-progress "$tap_root/tests/proof/eva_engine.c" >"$log" 2>&1
    grep -A1 'eva:alarm' "$log" | grep -v 'loop invariant'
    grep 'statements reached' "$log"
    grep -q '^  0 alarms generated' "$log" && ! grep -qE '(assertion|precondition).* got status' "$log"
}

# finds_in_engine FILE OPS OLD NEW: with this change there is an alarm.
finds_in_engine() {
    local folder=$tap_folder/changed-${1%.c}
    rm -rf "$folder" && cp -r "$tap_folder/stripped" "$folder" &&
        sed -i "s/$3/$4/" "$folder/$1" && ! cmp -s "$folder/$1" "$tap_folder/stripped/$1" || return
    ! eva_engine "$folder" "$2" && grep -q 'alarms\? generated' "$folder-engine-$2"
}

# The bug is found by an alarm.
finds() {
    python3 "$tap_root/tests/proof/seeds.py" "$1" "$tap_folder/seed$1" &&
        python3 "$tap_root/tests/proof/strip.py" "$tap_folder/bad$1" "$tap_folder/seed$1"/*.[ch] ||
        return
    ! eva "$tap_folder/bad$1" gcc_x86_64 4 6 && grep -q 'alarms\? generated' \
        "$tap_folder/eva-gcc_x86_64-4-6"
}

# all_of: each machine and range, two at a time; leaves their results beside their logs.
all_of() {
    local machine range ops running=0
    for machine in "${machines[@]}"; do
        for range in "${ranges[@]}"; do
            [ $running -lt 2 ] || { wait -n && running=1; }
            (eva "$tap_folder/stripped" "$machine" "${range%:*}" "${range#*:}" \
                >"$tap_folder/said-$machine-$range" 2>&1
            echo $? >"$tap_folder/status-$machine-$range") &
            running=$((running + 1))
        done
    done
    for ops in "${!operations[@]}"; do
        [ $running -lt 2 ] || { wait -n && running=1; }
        (eva_engine "$tap_folder/stripped" "$ops" >"$tap_folder/said-engine-$ops" 2>&1
        echo $? >"$tap_folder/status-engine-$ops") &
        running=$((running + 1))
    done
    wait
}

no_alarm_in_engine() {
    cat "$tap_folder/said-engine-$1"
    [ "$(cat "$tap_folder/status-engine-$1")" = 0 ]
}

no_alarm() {
    local range failed=0
    for range in "${ranges[@]}"; do
        [ "$(cat "$tap_folder/status-$1-$range")" = 0 ] && continue
        echo "lengths $range:" && cat "$tap_folder/said-$1-$range"
        failed=1
    done
    return "$failed"
}

lengths=0
for range in "${ranges[@]}"; do lengths=$((lengths + ${range#*:} - ${range%:*} + 1)); done
check 'the code without its contracts' python3 "$tap_root/tests/proof/strip.py" \
    "$tap_folder/stripped" "$tap_root"/proto/*.[ch] "$tap_root"/src/*.[ch]
all_of
for machine in "${machines[@]}"; do
    check "no alarm on $machine, $lengths exact lengths, each state" no_alarm "$machine"
done
for ops in "${!operations[@]}"; do
    check "no alarm in the engine: ${operations[$ops]}" no_alarm_in_engine "$ops"
done
check 'finds a bug in reply.c: a value that is larger than its place' \
    finds_in_engine reply.c 0 'if (reply->size > value->cap)' 'if (reply->size > value->cap + 1)'
check 'finds a bug in engine.c: more room than the buffer has' \
    finds_in_engine engine.c 6 '\*cap = e->in_cap - kept;' '*cap = e->in_cap;'
while read -r number _ function wrong; do
    check "finds a bug in $function: $wrong" finds "$number"
done < <(python3 "$tap_root/tests/proof/seeds.py" --list |
    grep -E ' reader.c (match_byte|match_delimiter|parse_number|match_word) ' |
    grep -vE 'no limit|a number kept') # which leave nothing undefined
[ $tap_status -ne 0 ] ||
    echo "# reached: 8. no undefined behaviour | Frama-C Eva on ${machines[*]}: every state of the" \
        "reader; the engine with ${#operations[@]} sets of operations | $lengths exact lengths up to" \
        "1,024, 0 alarms"
finish
