# Builds and runs the fuzz targets. Source it after setting $fuzz_root, the folder of the project,
# and $fuzz_out, a folder for programs.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables that the scripts use, and set

fuzz_targets=(reader request put client engine serve)
fuzz_asan=(clang-19 -g -O1 '-fsanitize=address,undefined' -fno-sanitize-recover=all)
fuzz_msan=(clang-19 -g -O1 -fsanitize=memory)
fuzz_plain=(gcc -O2) # for numbers
fuzz_quick=(clang-19 -g -O0 -fsanitize=address) # to build

# fuzz_sources TARGET [FOLDER]: its source files, those of proto/ and src/ from FOLDER.
fuzz_sources() {
    local own=$fuzz_root/tests/fuzz product=${2:-$fuzz_root}
    printf '%s\n' "$own/fuzz_$1.c" "$own/input.c" "$own/reference.c" \
        "$product"/proto/*.c
    [ "$1" = reader ] || printf '%s\n' "$own/question.c"
    [ "$1" != request ] || printf '%s\n' "$own"/{asked,readback}.c
    [ "$1" != client ] || printf '%s\n' "$own"/{call,choice,meaning,other_end}.c \
        "$product"/src/{client,command,engine,keys,meta,reply,retrieval}.c
    [ "$1" != engine ] || printf '%s\n' "$own"/{choice,submitted,judge,meaning,other_end}.c \
        "$product"/src/{command,engine,keys,meta,reply,retrieval}.c
    [ "$1" != serve ] ||
        printf '%s\n' "$product"/src/learn/{answer,cache,serve,serve_admin,serve_log,serve_meta,update}.c
}

# fuzz_build PROGRAM TARGET FOLDER COMPILER OPTION...: FOLDER as above.
fuzz_build() {
    local program=$1 target=$2 folder=$3 sources
    shift 3
    mapfile -t sources < <(fuzz_sources "$target" "$folder")
    "$@" -std=c11 -D_POSIX_C_SOURCE=200809L -I"$folder/proto" -I"$folder/src" \
        -I"$folder/src/learn" -I"$fuzz_root/tests/support" -I"$fuzz_root/tests/fuzz" \
        -o "$program" "${sources[@]}"
}

# fuzz_seeds: makes inputs for the readers from the transcripts, in $fuzz_out/seeds-TARGET.
fuzz_seeds() {
    local target
    mkdir -p "$fuzz_out"/seeds-{reader,request} &&
        clang-19 -std=c11 -D_POSIX_C_SOURCE=200809L -I"$fuzz_root/proto" \
            -I"$fuzz_root/src/learn" -o "$fuzz_out/make-seeds" \
            "$fuzz_root/tests/fuzz/seeds.c" "$fuzz_root"/src/learn/{transcript,text}.c || return
    for target in reader request; do
        "$fuzz_out/make-seeds" $target "$fuzz_root/proto/transcripts" \
            "$fuzz_out/seeds-$target" || return
    done
}

# fuzz_inputs TARGET: the folders of inputs that a run begins with.
fuzz_inputs() {
    echo "$fuzz_root/tests/fuzz/corpus/$1"
    [[ $1 != re* ]] || echo "$fuzz_out/seeds-$1"
    [ "$1" != serve ] || echo "$fuzz_out/seeds-request"
}

# fuzz_longest TARGET: bytes of an input; a line may have 2048.
fuzz_longest() {
    [[ $1 == re* ]] && echo 2600 || echo 1500
}

# fuzz_run PROGRAM TARGET SECONDS LOG: libFuzzer. Where it finds something, the input is in the
# folder LOG.found.
fuzz_run() {
    local inputs
    mapfile -t inputs < <(fuzz_inputs "$2")
    mkdir -p "$4.found" "$4.corpus"
    "$1" -max_total_time="$3" -max_len="$(fuzz_longest "$2")" -rss_limit_mb=2048 -timeout=20 \
        -print_final_stats=1 -dict="$fuzz_root/tests/fuzz/memcached.dict" \
        -artifact_prefix="$4.found/" "$4.corpus" "${inputs[@]}" >"$4" 2>&1
}

# fuzz_afl PROGRAM TARGET SECONDS LOG: AFL++, which wants its inputs in one folder.
fuzz_afl() {
    local folder
    mkdir -p "$4.in" "$4.found"
    while read -r folder; do
        cp "$folder"/* "$4.in/"
    done < <(fuzz_inputs "$2")
    AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
        AFL_FAST_CAL=1 afl-fuzz -V "$3" -t 2000 -i "$4.in" -o "$4.out" -- "$1" >"$4" 2>&1 ||
        return
    cp "$4.out"/default/crashes/id* "$4.found/" 2>/dev/null
    [ -z "$(ls "$4.found")" ]
}

# fuzz_executions LOG: the number of executions of a run of one of the above, or of blind.c.
fuzz_executions() {
    local stats=$1.out/default/fuzzer_stats
    [ -f "$stats" ] || stats=$1
    awk '/^(execs_done|stat::number_of_executed_units)/ { n = $NF } END { print n + 0 }' "$stats"
}

# fuzz_show LOG: prints what was found, with the inputs in hex.
fuzz_show() {
    local input
    grep -a -E '^found:|ERROR: |runtime error|SUMMARY' "$1" | head -n 20
    for input in "$1.found"/*; do
        [ -f "$input" ] || continue
        echo "input, $(wc -c <"$input") bytes:"
        od -A n -v -t x1 "$input" | head -n 200
    done
    tail -n 5 "$1"
}
