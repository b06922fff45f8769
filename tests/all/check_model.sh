#!/usr/bin/env bash
# Searches the model of a connection (tests/model/connection.pml) exhaustively: no assertion fails,
# and each seeded fault makes one fail. Takes about a minute and 700 MB.
# needs: spin gcc
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tap.sh"

# search [FAULT]: runs spin's verifier; its output goes to the file search.
search() {
    cd "$tap_folder" && rm -f pan* &&
        spin ${1:+"-D$1"} -a "$tap_root/tests/model/connection.pml" >&2 &&
        gcc -O2 -DSAFETY -DCOLLAPSE -DMEMLIM=3000 -o pan pan.c && ./pan -m100000 >search 2>&1
    cat search >&2
}

# True when all of it was searched: no limit was reached, and no statement of the model was left
# out.
holds() {
    search && grep -q 'errors: 0$' search && ! grep -q 'error: \|search not completed' search &&
        ! grep ', state [0-9]*, ' search | grep -v '"-end-"'
}

violates() {
    search "$1"
    grep 'assertion violated' search >&2
}

check 'pipeline, timeout, cancel, close and reconnect, window 6' holds
states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$tap_folder/search")
check 'fault: a connection is kept after a timeout' violates KEEP
check 'fault: replies are awaited only when all is sent' violates MARK_LATE
check 'fault: a write is sent again' violates RESEND
check 'fault: a write that was sent is called not done' violates NOT_DONE
[ $tap_status -ne 0 ] ||
    echo "# reached: 3. attribution | Spin model, window 6, exhaustive; 4 seeded faults found |" \
        "$states states, 0 errors"
finish
