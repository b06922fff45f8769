#!/usr/bin/env bash
# Builds the wire as a WebAssembly module without imports and runs it under Node against a real
# memcached.
# needs: clang wasm-ld node memcached python3 cc stdio.h meson ninja pkg-config
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/embed/embed.sh
. "$(dirname "${BASH_SOURCE[0]}")/embed.sh"

module=$tap_folder/wire.wasm
with_squares=$tap_folder/squares.wasm

run_module() {
    start_memcached unix
    timeout 300 node "$tap_root/tests/embed/check_wasm.mjs" "$module" "$with_squares" \
        "$tap_folder/socket" >"$tap_folder/got"
    local status=$?
    end_memcached
    return "$status"
}

same_hits() {
    oracle >"$tap_folder/wanted" && diff "$tap_folder/wanted" "$tap_folder/got"
}

check "the module is built" "$build_sh" wasm "$module"
check "the module with the squares is built" "$build_sh" wasm-squares "$with_squares"
check "it imports nothing, and talks to memcached" run_module
check "squares has the hits and misses of the host" same_hits
reached 'WebAssembly' "a module without imports, under Node, real memcached" \
    "hits and misses as on the host; $(commas "$(stat -c %s "$module")") bytes"
finish
