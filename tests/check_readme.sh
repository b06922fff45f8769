#!/usr/bin/env bash
# Holds README.md to what it shows: its programs are those of src/examples, which compile and run as
# it says, against a real memcached; its conversation is a real one; its figures stand in the files
# that it links; and each link in each .md file leads to a file.
# The functions are called by their names, and the patterns of sed and awk are no expressions.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

cc=${CC:-cc}
readme=$tap_root/README.md
examples=$tap_root/src/examples
project=$tap_folder/project # of a user, with program.c
program=$tap_folder/program
strict=(-Wall -Wextra -Wpedantic -Werror)
export CFLAGS=-O0 # of what is built here, which is faster so

# ---- the text ------------------------------------------------------------------------------------

# at_most LINES FILE
at_most() {
    [ "$(wc -l <"$2")" -le "$1" ]
}

# blocks LANGUAGE NAME: the README's blocks of this language, to $tap_folder/NAME-1, NAME-2, ...
blocks() {
    awk -v begin="\`\`\`$1" -v name="$tap_folder/$2-" '
        /^```/ { inside = !inside && $0 == begin; number += inside; next }
        inside { print > (name number) }' "$readme"
}

# shows_examples: each block of C is one of the examples, byte for byte.
shows_examples() {
    local block example found
    blocks c shown
    for block in "$tap_folder"/shown-*; do
        found=
        for example in "$examples"/*.c; do
            ! cmp -s "$block" "$example" || found=$example
        done
        [ -n "$found" ] || { echo "not in src/examples:" && cat "$block" && return 1; }
    done
}

# links_of FILE: the relative links outside its code, without what follows a #.
links_of() {
    awk '/^```/ { inside = !inside } !inside && !/^    /' "$1" | grep -oE '\]\([^)]*\)' |
        sed -E 's/^\]\(//; s/\)$//; s/#.*//; /^$/d; /^[a-z]+:/d'
}

# links_resolve FOLDER: in each .md file below it that is not in a build folder.
links_resolve() {
    local file link missing=0
    while read -r file; do
        while read -r link; do
            [ -e "$(dirname "$file")/$link" ] || { echo "$file: no $link" && missing=1; }
        done < <(links_of "$file")
    done < <(find "$1" -mindepth 1 \( -name '.?*' -o -name 'build*' \) -prune -o -name '*.md' -print)
    [ "$missing" -eq 0 ]
}

# A link that leads nowhere, in a text of its own, is found.
finds_a_broken_link() {
    mkdir -p "$tap_folder/texts/more" && touch "$tap_folder/texts/there" &&
        echo 'See [this](../there#part) and [that](../gone).' >"$tap_folder/texts/more/text.md" &&
        ! links_resolve "$tap_folder/texts" >"$tap_folder/links" &&
        [ "$(cat "$tap_folder/links")" = "$tap_folder/texts/more/text.md: no ../gone" ]
}

# paths_exist FILE: each file and folder of the tree that it names, also in its commands; not patterns,
# nor what is built.
paths_exist() {
    local path missing=0
    while read -r path; do
        [ -e "$tap_root/$path" ] || { echo "$1: no $path" && missing=1; }
    done < <(sed -E 's,(-C build |build[a-z-]*/)[^ ]*,,g' "$1" |
        grep -oE '\b(bench|proto|src|tests)/[][A-Za-z0-9_./*{},-]*' |
        sed 's/[].,]*$//; /[[*{]/d' | sort -u)
    [ "$missing" -eq 0 ]
}

# A path that leads nowhere is found, beside one that does.
finds_a_broken_path() {
    echo 'Of `src/engine.c` and `src/engin.c`, ninja -C build src/built makes build/src/made.' \
        >"$tap_folder/paths.md"
    ! paths_exist "$tap_folder/paths.md" >"$tap_folder/broken" &&
        [ "$(cat "$tap_folder/broken")" = "$tap_folder/paths.md: no src/engin.c" ]
}

# tests_exist: those that SECURITY.md names, in its table, and test cases.
tests_exist() {
    local name count=0
    while read -r name; do
        compgen -G "$tap_root/tests/check_$name.*" >/dev/null || { echo "no test $name" && return 1; }
        count=$((count + 1))
    done < <(sed -n '/^|/s/.*|\(.*\)|$/\1/p' "$tap_root/SECURITY.md" | grep -oE '`[a-z]+`' | tr -d '`')
    [ "$count" -ge 5 ] || return
    while read -r name; do
        grep -q "START_TEST($name)" "$tap_root"/tests/check_*.c || { echo "no $name" && return 1; }
    done < <(grep -oE '\*[a-z]+(_[a-z]+)+\*' "$tap_root/SECURITY.md" | tr -d '*')
}

# commands_exist FILE...: the tests and benchmarks of its commands tests/run NAME... and bench/run NAME.
commands_exist() {
    local name count=0
    while read -r name; do
        compgen -G "$tap_root/tests/check_${name#check_}.*" >/dev/null ||
            compgen -G "$tap_root/tests/*/check_${name#check_}.*" >/dev/null ||
            { echo "no test $name" && return 1; }
        count=$((count + 1))
    done < <(grep -ohE 'tests/run( +[a-z_]+)+' "$@" | sed 's,^tests/run *,,' | tr -s ' ' '\n')
    while read -r name; do
        grep -qE "^$name\\) " "$tap_root/bench/run" || { echo "no benchmark $name" && return 1; }
        count=$((count + 1))
    done < <(sed -nE 's,.*bench/run +([a-z]+).*,\1,p' "$@")
    [ "$count" -ge 30 ]
}

# page_is_complete: the page of the API names each public function; those that put a command, together.
page_is_complete() {
    local name count=0 missing=0
    while read -r name; do
        count=$((count + 1))
        grep -qF "\`$name\`" "$tap_root/src/API-0.2.md" || { echo "no $name" && missing=1; }
    done < <({ sed -nE 's/^[a-z].*\b(mc_[a-z0-9_]+)\(.*/\1/p' "$tap_root/tests/abi.txt"
        sed -nE 's/^static inline .*\b(mc_op_[a-z_]+)\(.*/\1/p' "$tap_root/src/op.h"; } | grep -v '^mc_put_')
    [ "$count" -ge 80 ] && [ "$missing" -eq 0 ]
}

# ---- conversations of mcwire ---------------------------------------------------------------------

# after COMMAND: the lines of the README's block of commands between this one and the next.
after() {
    blocks console commands && awk -v command="$1" '
        /^\$ / { inside = index($0, command) > 0; next } inside' "$tap_folder/commands-1"
}

# builds_as_typed: where the library was built.
builds_as_typed() {
    local line
    blocks console commands
    line=$(sed -n 's/^\$ \(meson.*\)/\1/p' "$tap_folder/commands-1")
    [ -n "$line" ] && (cd "$tap_folder/source" && eval "$line")
}

# start_listening COMMAND...: of mcwire; sets $listener, and $port where it listens.
start_listening() {
    local tries
    rm -f "$tap_folder/listening" # what an earlier one has written there
    "$mcwire" "$@" --listen 0 >"$tap_folder/printed" 2>"$tap_folder/listening" &
    listener=$!
    for ((tries = 0; tries < 6000; tries++)); do
        port=$(sed -n 's/.*listening at [0-9.]*:\([0-9]*\).*/\1/p' "$tap_folder/listening" 2>/dev/null)
        [ -z "$port" ] || return 0
        sleep 0.01
    done
    return 1
}

# talks_as_shown ADDRESS: what is typed in the README is explained as it is there, but for the time it
# takes.
talks_as_shown() {
    local typed
    after 'mcwire talk' | sed 's/[0-9.]* ms$/ms/' >"$tap_folder/shown" &&
        typed=$(sed -n 's/^> //p' "$tap_folder/shown") && [ -n "$typed" ] &&
        "$mcwire" -s "$1" talk <<<"$typed" >"$tap_folder/talk" &&
        diff <(sed '/^>/d' "$tap_folder/shown") \
            <(sed '1d; s/[0-9.]* ms$/ms/' "$tap_folder/talk")
}

# serves_as_shown: the server that the README starts is as good.
serves_as_shown() {
    local listener port
    grep -qE '^\$ .*mcwire serve &' "$tap_folder/commands-1" && start_listening serve &&
        talks_as_shown "127.0.0.1:$port" && kill -INT "$listener" && wait "$listener"
}

# passes_as_shown: the proxy explains the README's client. It ends with status 1, as the server says no.
passes_as_shown() {
    local words listener port
    read -ra words < <(grep -oE 'mcwire -s 127.0.0.1:11212 [a-z ]+' "$readme" | cut -d' ' -f4-)
    [ ${#words[@]} -gt 0 ] && start_listening -s "$tap_address" proxy || return
    "$mcwire" -s "127.0.0.1:$port" "${words[@]}"
    kill -INT "$listener" && wait "$listener" &&
        grep -qF "> ${words[*]}" "$tap_folder/printed" &&
        grep -qF '< NOT_FOUND\r\n' "$tap_folder/printed"
}

# page_is_fresh: what the page says of 0.2 names no function that is gone.
page_is_fresh() {
    local name missing=0
    while read -r name; do
        grep -qE "\b$name\b" "$tap_root"/proto/*.h "$tap_root"/src/*.h ||
            { echo "$name is gone" && missing=1; }
    done < <(sed '/^## From/,$d' "$tap_root/src/API-0.2.md" | grep -oE '`mc_[a-z0-9_]+[a-z0-9]`' | tr -d '`')
    [ "$missing" -eq 0 ]
}

# rows_are_results: the rows of the README's table of clients stand in RESULTS.md, too.
rows_are_results() {
    local row rows=0
    while read -r row; do
        grep -qxF -e "$row" "$tap_root/bench/overhead/RESULTS.md" || { echo "$row" && return 1; }
        rows=$((rows + 1))
    done < <(sed -n '/<!-- overhead -->/,/<!-- end of overhead -->/p' "$readme" | grep '^|')
    [ "$rows" -ge 4 ]
}

# clients_are_results: so are its sums of what clients were found to do.
clients_are_results() {
    diff <(sed -n '/<!-- clients -->/,/<!-- end of clients -->/p' "$readme" | sed '1d;$d') \
        <("$tap_root/bench/clients/examine" --summary)
}

# ---- the server ----------------------------------------------------------------------------------

# ask REQUESTS: sends them, as printf writes them, and prints the replies.
ask() {
    exec 3<>"/dev/tcp/127.0.0.1/$tap_port" || return
    # shellcheck disable=SC2059
    printf "$1quit\r\n" >&3 && cat <&3
    exec 3<&-
}

# lines_of SIGN: one end's lines of the README's conversation, without the remarks at their right.
lines_of() {
    sed -nE "s/^$1 //; t found; d; :found; s/   *.*//; p" "$tap_folder/conversation-1"
}

# answers_as_shown: the server answers the conversation's requests as it does in the README.
answers_as_shown() {
    blocks text conversation
    ask 'flush_all\r\n' >/dev/null && [ -n "$(lines_of '>')" ] && [ -n "$(lines_of '<')" ] &&
        diff <(lines_of '<') <(ask "$(lines_of '>' | sed 's/$/\\r\\n/' | tr -d '\n')" | tr -d '\r')
}

# ---- compiling -----------------------------------------------------------------------------------

# have_patience FILE...: in these copies, a deadline of a second is one of ten minutes: a slow machine is
# no server that does not answer.
have_patience() {
    sed -i -E 's/(MC_SERVER_TIMEOUT_MS = |now\(\) \+ )1000\b/\1600000/' "$@"
}

# new_project EXAMPLE
new_project() {
    rm -rf "$project" "$program" && mkdir "$project" && cp "$1" "$project/program.c" &&
        have_patience "$project/program.c"
}

# copy_layers EXAMPLE: into a new project, the files that the table of layers names, row by row, until
# the program's header is among them.
copy_layers() {
    local header files
    header=$(sed -n 's/^#include <\(mcwire\/.*\)>.*/\1/p' "$1")
    new_project "$1" && mkdir "$project/mcwire" || return
    while read -r files; do
        # The pattern is the README's.
        (cd "$tap_root" && eval "cp $files '$project/mcwire'") || return
        [ -e "$project/$header" ] || continue
        have_patience "$project"/mcwire/*.h
        return
    done < <(sed -n 's/^| [^|]* | `\([^`]*\.\[ch\]\)` | .*/\1/p' "$readme")
    echo "no row has $header" && return 1
}

# rows_stand_alone: the files of each row of the table need those of the rows above it, and no others.
rows_stand_alone() {
    local files rows=0
    new_project "$examples/greeting.c" && mkdir "$project/mcwire" || return
    while read -r files; do
        (cd "$tap_root" && eval "cp $files '$project/mcwire'") &&
            (cd "$project" && "$cc" -fPIC -shared -Wl,-z,defs -o part.so mcwire/*.c) || return
        rows=$((rows + 1))
    done < <(sed -n 's/^| [^|]* | `\([^`]*\.\[ch\]\)` | .*/\1/p' "$readme")
    [ "$rows" -eq 5 ]
}

# compile_copied OPTION...
compile_copied() {
    (cd "$project" && "$cc" "$@" "${strict[@]}" -I. program.c mcwire/*.c)
}

# typed PATTERN: the README's lines of commands that begin so, without remarks.
typed() {
    grep -E "^    ($1)" "$readme" | sed -E 's/^ *//; s/  +#.*//'
}

# copy_as_typed EXAMPLE: by the README's two lines.
copy_as_typed() {
    local lines
    mapfile -t lines < <(typed 'mkdir mcwire|cc -I')
    [ ${#lines[@]} -eq 2 ] && new_project "$1" &&
        (cd "$project" && export SOURCE=$tap_root && eval "${lines[0]}" &&
            have_patience mcwire/server.h && eval "${lines[1]/#cc/$cc}") &&
        mv "$project/a.out" "$program"
}

# install_as_typed: by the README's lines, in a copy of the library alone; not into the system, but
# into a folder, so that ldconfig has nothing to do. check_install.sh types them as they stand.
install_as_typed() {
    local lines source=$tap_folder/source
    mapfile -t lines < <(typed 'meson (setup|install)' | sed 's/ && ldconfig$//')
    [ ${#lines[@]} -eq 2 ] && mkdir "$source" &&
        cp -r "$tap_root"/{meson.build,meson_options.txt,proto,src} "$source" &&
        have_patience "$source/src/server.h" && grep -q '_MS = 600000,' "$source/src/server.h" &&
        (cd "$source" && export DESTDIR=$installed && eval "${lines[0]} && ${lines[1]}")
}

# compile_installed EXAMPLE: by the README's line, with warnings.
compile_installed() {
    local line
    line=$(typed 'cc program.c \$\(pkg-config') && new_project "$1" &&
        (cd "$project" && eval "${line/#cc/$cc -std=c11 ${strict[*]}}") &&
        mv "$project/a.out" "$program"
}

# The files that README.md names for timing one's own functions need no others.
timing_compiles() {
    local names
    names=$(sed -n 's/^To time your own functions, copy //p' "$readme" | grep -oE '[a-z_/]+\.\[ch\]')
    new_project "$examples/greeting.c" && [ -n "$names" ] || return
    # shellcheck disable=SC2046,SC2086 # patterns
    (cd "$tap_root" && cp $names "$project") &&
        printf '%s\n' '#include "timing.h"' 'int main(void)' '{' 'return timing_now() == 0;' '}' \
            >"$project/program.c" &&
        (cd "$project" && "$cc" -std=c11 -D_POSIX_C_SOURCE=200809L "${strict[@]}" ./*.c && ./a.out)
}

# ---- running -------------------------------------------------------------------------------------

# run_program: its argument is the server, and its standard input is joined to it.
run_program() {
    "$program" "$tap_address" 0<>"/dev/tcp/127.0.0.1/$tap_port"
}

# expect_greeting REQUESTS: it prints the greeting, once the server has answered these.
expect_greeting() {
    local printed
    ask "$1" && printed=$(run_program) && echo "$printed" && [ "$printed" = "hello, world" ]
}

# misses_of_runs: from the server's log on standard input, the squares that were set in each 2,000
# gets, a number a line.
misses_of_runs() {
    awk '/^<[0-9]+ get sq:/ && gets++ % 2000 == 0 { run++ }
         /^<[0-9]+ set sq:/ { misses[run]++ }
         END { for (i = 1; i <= run; i++) print misses[i] + 0 }'
}

# The server logs each command while the program runs. Run by run, fewer squares are missing; and no
# run took less time than its misses do.
expect_squares() {
    local before
    ask 'flush_all\r\nverbosity 2\r\n' && before=$(wc -c <"$tap_folder/log") || return
    run_program >"$tap_folder/times" || return
    ask 'verbosity 0\r\n' && cat "$tap_folder/times" &&
        grep -qxE '( [0-9]+\.[0-9][0-9]s){10}' "$tap_folder/times" || return
    tail -c "+$((before + 1))" "$tap_folder/log" | misses_of_runs >"$tap_folder/misses" &&
        [ "$(wc -l <"$tap_folder/misses")" -eq 10 ] &&
        paste "$tap_folder/misses" <(tr -d s <"$tap_folder/times" | tr ' ' '\n' | sed 1d) |
        awk '{ print } NR > 1 && $1 >= last || $2 + 0.01 < $1 / 1000 { exit wrong = 1 } { last = $1 }'
}

# A square that the program has stored.
expect_square_stored() {
    local n
    n=$(sed -nE '/^<[0-9]+ set sq:/{s/.* sq:([0-9]+) .*/\1/p;q}' "$tap_folder/log")
    [ "$(ask "get sq:$n\r\n" | sed -n 2p)" = $((n * n))$'\r' ]
}

# expect_run EXAMPLE: it does what it is there for.
expect_run() {
    case $(basename "$1") in
    greeting.c | serial_line.c) expect_greeting 'flush_all\r\n' ;;
    event_loop.c) expect_greeting 'set greeting 0 0 13\r\nhello, world\n\r\n' ;;
    squares.c) expect_squares && expect_square_stored ;;
    rate_limiter.c | stampede.c) run_program ;; # check_examples.sh says what they print
    *) echo "this test does not know what it is there for" && return 1 ;;
    esac
}

# code_of EXAMPLE: without the lines of comments.
code_of() {
    grep -vE '^(/\*| \*)' "$1" >"$tap_folder/code"
}

is_short() {
    code_of "$examples/serial_line.c" && at_most 39 "$tap_folder/code"
}

# ---- the cases -----------------------------------------------------------------------------------

check "README.md has at most 200 lines" at_most 200 "$readme"
check "squares.c has less than 45 lines" at_most 44 "$examples/squares.c"
check "serial_line.c has less than 40 lines of code" is_short
check "README.md shows programs of src/examples" shows_examples
check "a broken link is found" finds_a_broken_link
check "all links lead to files" links_resolve "$tap_root"
check "a broken path is found" finds_a_broken_path
for text in README.md SECURITY.md src/API-0.2.md tests/README.md; do
    check "all paths in $text exist" paths_exist "$tap_root/$text"
done
check "the tests that SECURITY.md names exist" tests_exist
check "the commands of README.md and of tests/README.md exist" \
    commands_exist "$readme" "$tap_root/tests/README.md"
check "API-0.2.md names each function" page_is_complete
check "API-0.2.md names no other function" page_is_fresh
check "the figures of the clients are results" rows_are_results
check "the sums of the examined clients are results" clients_are_results

start_memcached tcp
check "memcached answers as in README.md" answers_as_shown
for example in "$examples"/*.c; do
    ! grep -qE 'openssl|epoll' "$example" || continue # all/check_tls.sh, check_examples.sh
    name=$(basename "$example")
    check "$name finds its files in the table" copy_layers "$example"
    check "$name compiles with -std=gnu17" compile_copied -std=gnu17 -fsyntax-only
    check "$name compiles with -std=c11" compile_copied -std=c11 -o "$program"
    check "$name runs" expect_run "$example"
done
check "each row of the table needs only the rows above it" rows_stand_alone
check "the files that time functions need no others" timing_compiles
check "the lines that copy two folders do" copy_as_typed "$examples/greeting.c"
check "a program from the two folders runs" expect_run "$examples/greeting.c"

installed=$tap_folder/installed
check "the lines that install do" install_as_typed
PKG_CONFIG_PATH=$(dirname "$(find "$installed" -name mcwire.pc)")
LD_LIBRARY_PATH=$(dirname "$(find "$installed" -name libmcwire.so)")
export PKG_CONFIG_SYSROOT_DIR=$installed PKG_CONFIG_PATH LD_LIBRARY_PATH
mcwire=$installed/usr/local/bin/mcwire
check "the lines that build mcwire do" builds_as_typed
check "memcached forgets what other tests have stored" ask 'flush_all\r\n'
check "mcwire talk explains as in README.md" talks_as_shown "$tap_address"
check "mcwire serve answers as in README.md" serves_as_shown
check "mcwire proxy explains as in README.md" passes_as_shown
for example in "$examples"/*.c; do
    ! grep -qE 'openssl|epoll' "$example" || continue # all/check_tls.sh, check_examples.sh
    name=$(basename "$example")
    check "$name compiles with the installed library" compile_installed "$example"
    check "$name runs with the installed library" expect_run "$example"
done
finish
