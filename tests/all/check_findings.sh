#!/usr/bin/env bash
# Looks for what can be found without running anything: warnings of gcc and clang, both of their
# analyzers, clang-tidy (.clang-tidy: functions of 40 lines, cognitive complexity 15), cppcheck,
# each header alone as C11 and as C++, clang-format, shellcheck, and Python that compiles. No
# finding is left; what is suppressed in the source is counted. Each tool has to find a fault that
# is planted for it.
# needs: gcc g++ stdio.h clang-19 clang-tidy-19 clang-format cppcheck shellcheck python3 check.pc openssl/ssl.h
# needs: pkg-config libmemcached.pc
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"
cd "$tap_root" || exit

# Left out of these: -Wswitch-enum, as a default case is meant; -Wwrite-strings, as the words of
# argv are no constants; -Wformat-nonliteral, as a table has formats.
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wcast-align
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wredundant-decls -Wvla -Wundef
    -Wpointer-arith -Wformat=2 -Wno-format-nonliteral -Werror)
includes=(-Iproto -Isrc -Isrc/ports -Isrc/tool -Isrc/learn -Itests/support -Ibench -Ibench/common
    -Ibench/squares -Ibench/load -Ibench/firmware -Itests/fuzz)
flags=(-std=c11 -D_POSIX_C_SOURCE=200809L "${includes[@]}")
# Compiled by their own compilers, with -Werror, in tests/embed and check_lwip.sh: they are made of
# addresses of a board, of headers of lwIP or mcmc, or of what only a WebAssembly module or Frama-C has.
# Frama-C alone reads proto/contracts and src/contracts, too.
only_there='^(tests/proof/eva(_engine)?|tests/embed/avr/cycles|bench/clients/(c_apr_memcache|c_apr_memcache_timed|c_mcmc_timed)|bench/firmware/(cortex-m|draw|lm3s6965evb|microbit|remote_engine|uart_board|lwip/.*)|src/ports/(uart|lwip|wasm/.*)|src/learn/page/.*)\.c$'

# As what a file is compiled alone: the programs that use an installed mcwire, a suite of its own.
flags_of() {
    case $1 in
    src/examples/* | tests/install/*) echo "-I$tap_folder/include" ;;
    tests/embed/cross/*) echo -Itests/embed/cross ;;
    esac
}

# ---- the tools, each for one file or for many: the status says whether it found anything ----------

# gcc's analyzer loses track of what check's macros and realloc() do: in bench/ and tests/ valgrind
# and the sanitizers look for these two instead.
run_gcc() {
    local more=()
    [[ $1 != bench/* && $1 != tests/* ]] ||
        more=(-Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value)
    # shellcheck disable=SC2046 # words
    gcc "${flags[@]}" $(flags_of "$1") "${warnings[@]}" -O1 -fanalyzer "${more[@]}" -c -o /dev/null "$1"
}

run_clang() {
    # shellcheck disable=SC2046 # words
    clang-19 "${flags[@]}" $(flags_of "$1") "${warnings[@]}" -fsyntax-only "$1"
}

# In bench/ and tests/ it gives up a function after a third of the usual number of paths.
run_analyzer() {
    local most=()
    [[ $1 != bench/* && $1 != tests/* ]] || most=(-Xclang -analyzer-config -Xclang max-nodes=75000)
    # shellcheck disable=SC2046 # words
    clang-19 --analyze --analyzer-output text -Xclang -analyzer-werror "${most[@]}" "${flags[@]}" \
        $(flags_of "$1") "$1"
}

run_tidy() {
    # shellcheck disable=SC2046 # words
    clang-tidy-19 --quiet "$1" -- "${flags[@]}" $(flags_of "$1") 2>/dev/null
}

run_header() {
    printf '#include "%s"\n' "$1" >"$tap_folder/header.$$.c"
    gcc -I. "${flags[@]}" "${warnings[@]}" -fsyntax-only "$tap_folder/header.$$.c" || return
    # bench/ and tests/ are C.
    [[ $1 == bench/* || $1 == tests/* ]] ||
        g++ -I. "${flags[@]:1}" -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ \
            "$tap_folder/header.$$.c"
}

# cppcheck_for OPTION... FILE...: no library's own headers, and no struct that is read elsewhere.
cppcheck_for() {
    cppcheck --quiet -j 2 --std=c11 --error-exitcode=1 --inline-suppr -U__FRAMAC__ "${includes[@]}" \
        --suppress=unusedStructMember "$@"
}

run_cppcheck() {
    # It follows a buffer of no bytes into functions, and takes that for the only one.
    cppcheck_for --enable=warning,style,performance,portability \
        --suppress=knownConditionTrueFalse:proto/request.c "$@"
}

# Without style. The suppressed findings are false: they concern a buffer that is kept or written
# through a pointer in a struct, symbols of a linker script, an index bounded by one of two
# conditions, functions that return a function, and code after a call that does not return.
run_cppcheck_programs() {
    cppcheck_for --enable=warning,performance,portability --suppress=uninitvar \
        --suppress=uninitStructMember --suppress=comparePointers \
        --suppress=arrayIndexOutOfBoundsCond --suppress=assignBoolToPointer \
        --suppress=nullPointerRedundantCheck --suppress=memleak "$@"
}

run_format() {
    clang-format --dry-run -Werror "$@"
}

run_shellcheck() {
    shellcheck -x "$@"
}

run_python() {
    python3 -c 'import sys
for name in sys.argv[1:]:
    compile(open(name).read(), name, "exec")' "$@"
}

# ---- a fault for each ----------------------------------------------------------------------------

plant() {
    seeds=$tap_folder/seeds
    mkdir -p "$seeds/bench" "$seeds/tests"
    cp .clang-tidy .clang-format "$seeds"
    cp bench/.clang-tidy "$seeds/bench"
    cp tests/.clang-tidy "$seeds/tests"
    echo 'int narrow(long x); int narrow(long x) { return x; }' >"$seeds/narrow.c"
    printf '#include <stdlib.h>\nvoid twice(void *p);\nvoid twice(void *p)\n{\n%s\n}\n' \
        'free(p); free(p);' >"$seeds/twice.c"
    printf 'int nothing(int x);\nint nothing(int x)\n{\n%s\n}\n' \
        'int *p = &x; if (x) p = 0; return *p;' >"$seeds/nothing.c"
    { echo 'int lines(int x) {' && printf 'x++;%.0s\n' {1..40} && echo 'return x; }'; } \
        >"$seeds/lines.c"
    { echo 'int nested(int x) {' && printf 'if (x)%.0s\n' {1..6} && echo 'x++; return x; }'; } \
        >"$seeds/nested.c"
    echo 'int assigns(int x) { if ((x = 1)) x++; return x; }' >"$seeds/assigns.c"
    cp "$seeds"/{lines,nested,assigns}.c "$seeds/bench"
    cp "$seeds"/{lines,nested,assigns}.c "$seeds/tests"
    echo 'int beyond(void) { int a[2] = {0, 1}; return a[2]; }' >"$seeds/beyond.c"
    echo 'extern size_t lacking;' >"$seeds/lacking.h"
    echo 'extern int new;' >"$seeds/new.h"
    echo 'int  wide( void );' >"$seeds/wide.c"
    printf '#!/bin/bash\nrm \x241\n' >"$seeds/word.sh"
    echo 'def half(:' >"$seeds/half.py"
}

# finds WORD TOOL FILE: it fails, and says so.
finds() {
    local said
    said=$("$2" "$3" 2>&1) && return 1
    grep -e "$1" <<<"$said"
}

# planted TOOL FILE WORD: counts what was found.
found=0
planted() {
    ! check "$1 finds $2" finds "$3" "run_$1" "$seeds/$2" || found=$((found + 1))
}

find_planted() {
    local folder
    planted gcc narrow.c Werror=conversion
    planted gcc twice.c Werror=analyzer-double-free
    planted clang narrow.c Wshorten-64-to-32
    planted analyzer nothing.c core.NullDereference
    for folder in '' bench/ tests/; do
        planted tidy "${folder}lines.c" readability-function-size
        planted tidy "${folder}nested.c" readability-function-cognitive-complexity
        planted tidy "${folder}assigns.c" bugprone-assignment-in-if-condition
    done
    planted cppcheck beyond.c arrayIndexOutOfBounds
    planted cppcheck_programs beyond.c arrayIndexOutOfBounds
    planted header lacking.h size_t
    planted header new.h new
    planted format wide.c clang-format-violations
    planted shellcheck word.sh SC2086
    planted python half.py SyntaxError
}

# ---- all files -------------------------------------------------------------------------------------

# all TOOL FILE...: one by one, two at a time.
all() {
    export -f "run_$1" flags_of
    export tap_folder
    printf '%s\0' "${@:2}" | xargs -0 -P 2 -I {} bash -c "$(declare -p flags warnings)
run_$1 {}"
}

suppressed() {
    grep -rEo 'NOLINT|clang-format off|cppcheck-suppress|shellcheck disable|diagnostic ignored|noqa' \
        --include='*.[ch]' --include='*.py' --include='*.sh' --include=run --exclude="$(basename "$0")" \
        proto src bench tests | sed 's/^[^:]*://' | sort | uniq -c | sed 's/^ *//'
}

mapfile -t sources < <(find proto src bench tests -name '*.c' | sort)
mapfile -t headers < <(find proto src bench tests -name '*.h' | sort)
mapfile -t scripts < <(grep -rlE '^#!.*bash|^# shellcheck shell=bash' bench tests | sort)
mapfile -t pythons < <(grep -rlE '^#!.*python|^"""' --include='*.py' bench tests &&
    grep -rlE '^#!.*python' tests/embed | sort)
mapfile -t compiled < <(printf '%s\n' "${sources[@]}" | grep -vE "$only_there")
mapfile -t product < <(printf '%s\n' "${sources[@]}" | grep -E '^(proto|src)/([^/]*|(ports|learn)/.*)$')
mapfile -t programs < <(printf '%s\n' "${sources[@]}" | grep -E '^(bench|src/examples|tests)/')
mapfile -t alone < <(printf '%s\n' "${headers[@]}" | grep -vE '^(bench/firmware/lwip/|src/ports/lwip|(proto|src)/contracts/)')
mkdir -p "$tap_folder/include" && ln -s "$tap_root/proto" "$tap_folder/include/proto"
mkdir "$tap_folder/include/mcwire" && ln -s "$tap_root"/{proto,src}/*.h "$tap_folder/include/mcwire"

plant
find_planted
check 'gcc and its analyzer find nothing' all gcc "${compiled[@]}"
check 'clang finds nothing' all clang "${compiled[@]}"
check "clang's analyzer finds nothing" all analyzer "${compiled[@]}"
check 'clang-tidy finds nothing' all tidy "${compiled[@]}"
check 'cppcheck finds nothing in the product' run_cppcheck "${product[@]}"
check 'cppcheck finds nothing in the programs' run_cppcheck_programs "${programs[@]}"
check 'each header compiles alone' all header "${alone[@]}"
check 'clang-format would change nothing' run_format "${sources[@]}" "${headers[@]}"
check 'shellcheck finds nothing' run_shellcheck "${scripts[@]}"
check 'Python compiles' run_python "${pythons[@]}"
if [ $tap_status -eq 0 ]; then
    files=$((${#sources[@]} + ${#headers[@]} + ${#scripts[@]} + ${#pythons[@]}))
    echo "# reached: 11. static gates | gcc and clang with ${#warnings[@]} warnings and analyzers," \
        "clang-tidy, cppcheck, clang-format, shellcheck; $found planted faults found |" \
        "0 findings in $files files, suppressed: $(suppressed | paste -sd, | sed 's/,/, /g')"
fi
finish
