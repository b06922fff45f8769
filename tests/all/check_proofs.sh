#!/usr/bin/env bash
# Proves the contracts in proto/ and src/ with Frama-C's WP for input of any length, and plants bugs,
# each of which has to break a proof. See tests/proof/README.md. Takes several minutes on two processors.
# usage: check_proofs.sh [--smoke]: --smoke, 20 minutes more, looks for contracts that nothing can
# meet and for code that nothing can reach. What is proved from those is not proved.
# needs: frama-c why3 cvc4 gcc python3
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

seeds=$tap_root/tests/proof/seeds.py
proved_files=(argument.c decimal.c item.c put_admin.c put_classic.c put_meta.c reader.c request.c text.c
    writer.c)
engine_files=(engine.c keys.c meta.c reply.c) # of src/: those functions that have a contract

export WHY3CONFIG=$tap_folder/why3.conf HOME=$tap_folder

detect_provers() {
    why3 -C "$WHY3CONFIG" config detect
    [ -s "$WHY3CONFIG" ]
}

# of_writer FOLDER: the functions in writer.h, which are proved with writer.c.
of_writer() {
    sed -nE 's/^inline .*\b(mc_writer_[a-z_]+)\(.*/\1/p' "$1/writer.h" | paste -sd,
}

# with_contract FILE: the functions of a file of src/ that have one.
with_contract() {
    sed -nE 's/^[a-z].*\b(\w+)\(.*/\1/p' "$tap_root/src/contracts/${1%.c}.h" | paste -sd,
}

# wp FOLDER FILE SECONDS PROCESSES [OPTION...]: WP's verdict on the file, or on some functions; a
# header's functions are in the source of the same name. What WP assumes of pointers, that those to
# structs are valid and apart, it has to prove at each call.
wp() {
    local elsewhere=()
    [[ $2 != put_* ]] || elsewhere=(-wp-skip-fct "$(of_writer "$1")")
    (cd "$tap_folder" && frama-c -machdep gcc_x86_64 -wp -wp-rte -wp-model Typed+ref \
        -wp-literals -cpp-extra-args="-include $tap_root/tests/proof/string.h -I$tap_root/proto" \
        -wp-check-memory-model -wp-no-warn-memory-model -wp-prover cvc4 -wp-timeout "$3" \
        -wp-par "$4" -wp-cache none "${elsewhere[@]}" "${@:5}" \
        "$1/${2%.?}.c")
}

# goals LOG: "PROVED ALL" as WP counted them.
goals() {
    sed -n 's/.*Proved goals: *\([0-9]*\) *\/ *\([0-9]*\).*/\1 \2/p' "$1"
}

# Nothing is taken for granted: no axiom, and no assertion that is not to be proved.
nothing_admitted() {
    ! grep -nE '^[^"]*\b(axiom|axiomatic|admit|lemma +[a-z_]+ *[:{])' "$tap_root"/{proto,src}/*.[ch] \
        "$tap_root"/{proto,src}/contracts/*.h
}

# prove FOLDER FILE [OPTION...]: every goal of every function.
prove() {
    local log=$tap_folder/$2.log proved all
    wp "$tap_root/$1" "$2" 60 2 "${@:3}" >"$log" 2>&1 || { cat "$log" && return 1; }
    read -r proved all <<<"$(goals "$log")"
    echo "$proved of $all"
    grep -E '\] Goal .* : (Timeout|Unknown|Failed|Stepout)' "$log"
    [ "${all:-0}" -gt 0 ] && [ "$proved" -eq "$all" ]
}

# smoke FILE: WP tries to prove "false" in many places, and must not.
smoke() {
    local log=$tap_folder/$1.log
    wp "$tap_root/proto" "$1" 1 2 -wp-smoke-tests -wp-smoke-timeout 1 >"$log" 2>&1
    grep 'Failed. Smoke-test' "$log" && return 1
    echo "$(grep -c 'Passed. Smoke-test' "$log") smoke tests"
    grep -q 'Passed. Smoke-test' "$log"
}

# plant NUMBER FILE FUNCTION: leaves in the file seed-NUMBER what WP says of it.
plant() {
    local folder=$tap_folder/seed$1
    {
        python3 "$seeds" "$1" "$folder" && gcc -std=c11 -fsyntax-only "$folder/$2" &&
            wp "$folder" "$2" 10 1 -wp-fct "$3"
    } >"$tap_folder/seed-$1" 2>&1 || echo "failed: $?" >>"$tap_folder/seed-$1"
}

# Two at a time.
plant_all() {
    local number file function running=0
    while read -r number file function _; do
        [ $running -lt 2 ] || { wait -n && running=1; }
        plant "$number" "$file" "$function" &
        running=$((running + 1))
    done < <(python3 "$seeds" --list)
    wait
}

# broken NUMBER: WP ran, and could not prove all.
broken() {
    local proved all
    cat "$tap_folder/seed-$1"
    ! grep -q '^failed: \|User Error' "$tap_folder/seed-$1" || return 1
    read -r proved all <<<"$(goals "$tap_folder/seed-$1")"
    [ "${all:-0}" -gt 0 ] && [ "$proved" -lt "$all" ]
}

check 'finds the prover' detect_provers || finish
check 'no axiom, nothing admitted' nothing_admitted
if [ "${1:-}" = --smoke ]; then
    for file in "${proved_files[@]}"; do
        check "proto/$file: every contract can be met" smoke "$file"
        sed 's/^/# /' "$tap_folder/said"
    done
    finish
fi
for file in "${proved_files[@]}"; do
    check "proto/$file: every goal is proved" prove proto "$file"
done
for file in "${engine_files[@]}"; do
    check "src/$file: every goal of functions with a contract is proved" \
        prove src "$file" -wp-fct "$(with_contract "$file")"
done
plant_all
while read -r number file function wrong; do
    check "seeded bug in $file, $function: $wrong" broken "$number"
done < <(python3 "$seeds" --list)

sum=$(for file in "${proved_files[@]}" "${engine_files[@]}"; do goals "$tap_folder/$file.log"; done |
    awk '{ proved += $1; all += $2 } END { print proved " of " all " goals" }')
planted=$(python3 "$seeds" --list | wc -l)
if [ $tap_status -eq 0 ]; then
    echo "# reached: 8. proofs | Frama-C WP: ${proved_files[*]}, pure functions of ${engine_files[*]}, any length; seeded bugs each" \
        "break a proof | $sum, $planted bugs"
else
    echo "# $sum"
fi
finish
