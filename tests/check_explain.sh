#!/usr/bin/env bash
# Tests `mcwire explain`: where it reads from, how it finds the direction, the width, and what it says
# when it cannot. What it shows is check_annotate.c's.
# usage: check_explain.sh MCWIRE
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"
mcwire=$1
unset COLUMNS

# shows SIGN PRINTF-FORMAT TEXT: explained, these bytes have this sign, and the text is in it.
shows() {
    # The format is the bytes.
    # shellcheck disable=SC2059
    printf "$2" | "$mcwire" explain >"$tap_folder/shown" || return
    cat "$tap_folder/shown"
    grep -qF "  0 $1 " "$tap_folder/shown" && grep -qF -- "$3" "$tap_folder/shown"
}

from_a_file() {
    printf 'get a\r\n' >"$tap_folder/bytes"
    "$mcwire" explain "$tap_folder/bytes" >"$tap_folder/one" &&
        "$mcwire" explain - <"$tap_folder/bytes" >"$tap_folder/two" &&
        "$mcwire" explain <"$tap_folder/bytes" | cmp - "$tap_folder/one" &&
        cmp "$tap_folder/one" "$tap_folder/two" && [ -s "$tap_folder/one" ]
}

# A value of 1 MB, in memory that does not grow with it: it is cut down to its first bytes.
large_value() {
    { printf 'set k 0 0 1000000\r\n' && head -c 1000000 /dev/zero && printf '\r\nmn\r\n'; } |
        "$mcwire" explain >"$tap_folder/shown" || return
    [ "$(wc -c <"$tap_folder/shown")" -lt 2000 ] && tail -n 3 "$tap_folder/shown" | grep -q mn
}

# widest COLUMNS: no line is wider.
widest() {
    printf 'mg Zm9v b k v t O7 N60 R30\r\n' | COLUMNS=$1 "$mcwire" explain >"$tap_folder/shown"
    ! grep -E "^.{$(($1 + 1)),}" "$tap_folder/shown" && [ -s "$tap_folder/shown" ]
}

# status N COMMAND...: ends so, prints something for people, and nothing on standard output.
status() {
    local expected=$1 got=0
    shift
    "$@" >"$tap_folder/out" 2>"$tap_folder/err" || got=$?
    echo "$got" && [ "$got" -eq "$expected" ] && [ -s "$tap_folder/err" ] && [ ! -s "$tap_folder/out" ]
}

check 'a request' shows '>' 'mg a v\r\n' 'v: return the value'
check 'a reply' shows '<' 'VA 1 t-1\r\nx\r\n' 'until it expires; -1: never'
check 'a number is a reply' shows '<' '12\r\n' 'the number after incr or decr'
check 'what is not a command is a request' shows '>' 'HELLO\r\n' 'memcached has no such command'
check 'HTTP is a request' shows '>' 'GET / HTTP/1.1\r\n' 'memcached has no such command'
check 'half a request' shows '>' 'get a' 'in the middle of a message'
check 'the binary protocol' shows '>' '\x80\x00' 'the binary protocol'
check 'a control byte is escaped' shows '>' 'get a\x1b[2J\r\n' '\x1b[2J'
check 'from a file, from standard input' from_a_file
check 'a value of 1 MB' large_value
for columns in 40 60 80 200; do
    check "$columns columns" widest $columns
done
check 'no file' status 2 "$mcwire" explain "$tap_folder/none"
check 'a folder' status 2 "$mcwire" explain "$tap_folder"
check 'no command' status 2 "$mcwire"
check 'another command' status 2 "$mcwire" explode
check 'too many arguments' status 2 "$mcwire" explain a b
check 'help' grep -q 'Usage: mcwire explain' <("$mcwire" explain -h)
finish
