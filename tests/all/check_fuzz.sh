#!/usr/bin/env bash
# Runs the fuzzers (tests/fuzz): each target by libFuzzer with the sanitizers for addresses and
# undefined behaviour, and with the one for memory; the reader by AFL++ as well. Each runs for so many
# seconds, two at a time: five minutes. First they have to find the bugs planted in copies of the library.
#
# usage: check_fuzz.sh [SECONDS], 60
# needs: clang-19 /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-x86_64.a
# needs: afl-fuzz afl-clang-fast
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"
fuzz_root=$tap_root
fuzz_out=$tap_folder
# shellcheck source=tests/fuzz/fuzz.sh
. "$tap_root/tests/fuzz/fuzz.sh"
# shellcheck source=tests/fuzz/bugs.sh
. "$tap_root/tests/fuzz/bugs.sh"

seconds=${1:-30}
if ! [[ $seconds =~ ^[1-9][0-9]{0,6}$ ]]; then
    echo "usage: check_fuzz.sh [SECONDS]" >&2
    exit 2
fi

# What is run, in this order: TARGET ENGINE.
runs=('reader asan' 'reader afl' 'client asan' 'client msan' 'engine asan' 'engine msan' 'reader msan'
    'put asan' 'put msan' 'request asan' 'request msan' 'serve asan')

# run_one K
run_one() {
    local target engine program log
    read -r target engine <<<"${runs[$1]}"
    program=$tap_folder/$target-$engine log=$program.log
    case $engine in
    asan) fuzz_build "$program" "$target" "$tap_root" "${fuzz_asan[@]}" -fsanitize=fuzzer ;;
    msan) fuzz_build "$program" "$target" "$tap_root" "${fuzz_msan[@]}" -fsanitize=fuzzer ;;
    afl) AFL_QUIET=1 fuzz_build "$program" "$target" "$tap_root" afl-clang-fast -g -O2 \
        -fsanitize=fuzzer ;;
    esac || return
    if [ "$engine" = afl ]; then
        fuzz_afl "$program" "$target" "$seconds" "$log"
    else
        fuzz_run "$program" "$target" "$seconds" "$log"
    fi
}

# half FIRST COUNT COMMAND: COMMAND FIRST, FIRST + 2, ..., one after the other; what each said is in
# the file COMMAND-K, its status in COMMAND-K.status.
half() {
    local k status
    for ((k = $1; k < $2; k += 2)); do
        "$3" "$k" >"$tap_folder/$3-$k" 2>&1 </dev/null
        status=$?
        echo $status >"$tap_folder/$3-$k.status"
    done
}

# two_at_a_time COUNT COMMAND
two_at_a_time() {
    half 0 "$1" "$2" &
    local first=$!
    half 1 "$1" "$2" &
    wait $first $!
}

# hunted K: was it found?
hunted() {
    cat "$tap_folder/bug_hunt-$1"
    [ "$(cat "$tap_folder/bug_hunt-$1.status")" = 0 ]
}

# judge K: of a run that is over.
judge() {
    local status log=$tap_folder/${runs[$1]/ /-}.log
    status=$(cat "$tap_folder/run_one-$1.status")
    [ "$status" != 0 ] || [ "$(fuzz_executions "$log")" = 0 ] || return 0
    cat "$tap_folder/run_one-$1"
    fuzz_show "$log"
    return 1
}

reach() {
    local k target engine
    local -A what=([reader]='the reader' [put]='the put functions' [client]='the client'
        [engine]='the engine' [request]='the reader of requests' [serve]='the small memcached')
    local -A names=([asan]='libFuzzer, ASan and UBSan' [msan]='libFuzzer, MSan' [afl]='AFL++')
    for ((k = 0; k < ${#runs[@]}; k++)); do
        read -r target engine <<<"${runs[k]}"
        printf '# reached: 9. fuzzing | %s, %s s, %s | %s executions\n' "${what[$target]}" "$seconds" \
            "${names[$engine]}" "$(fuzz_executions "$tap_folder/$target-$engine.log" | group)"
    done
    echo "# reached: 9. fuzzing | bugs planted in proto/ and src/ that the fuzzers find |" \
        "$bugs_found of $bug_count"
}

# Commas between thousands.
group() {
    sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'
}

check 'seeds of the transcripts' fuzz_seeds || finish
two_at_a_time "$bug_count" bug_hunt
bugs_found=0
for ((k = 0; k < bug_count; k++)); do
    check "a planted bug is found: ${bug_names[k]}" hunted "$k" && bugs_found=$((bugs_found + 1))
done
two_at_a_time ${#runs[@]} run_one
for ((k = 0; k < ${#runs[@]}; k++)); do
    check "nothing is found: ${runs[k]}, $seconds s" judge "$k"
done
reach
finish
