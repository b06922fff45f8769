#!/usr/bin/env bash
# Installs the library into a temporary folder and uses it from there: with pkg-config, linked
# dynamically and statically, from C and C++, also the wire alone; and as a Meson subproject.
# The functions are called by their names.
# shellcheck disable=SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

cc=${CC:-cc}
cxx=${CXX:-c++}
here=$tap_root/tests/install
prefix=$tap_folder/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig

# The files that are built and then installed, by their names in the build folder.
installed_targets() {
    meson introspect "$tap_folder/build" --targets | python3 -c '
import json, os, sys
for target in json.load(sys.stdin):
    if target["installed"]:
        for name in target["filename"]:
            print(os.path.relpath(name, sys.argv[1]))' "$tap_folder/build"
}

install_library() {
    local targets
    meson setup "$tap_folder/build" "$tap_root" --prefix="$prefix" --libdir=lib || return
    targets=$(installed_targets) && [ -n "$targets" ] || return
    # The names are words on purpose.
    # shellcheck disable=SC2086
    ninja -C "$tap_folder/build" $targets || return
    meson install -C "$tap_folder/build" --no-rebuild
}

expect_one_version() {
    local header module
    header=$(sed -n 's/#define MCWIRE_VERSION "\(.*\)"/\1/p' "$prefix/include/mcwire/proto.h")
    for module in mcwire mcwire-proto; do
        [ "$(pkg-config --modversion "$module")" = "$header" ] || return
    done
    [ -e "$prefix/lib/libmcwire.so.$header" ]
}

# build_client COMPILER...: with what pkg-config says about the shared library.
build_client() {
    rm -f "$tap_folder/client"
    # Words on purpose here and below.
    # shellcheck disable=SC2046
    "$@" -Wall -Werror -o "$tap_folder/client" $(pkg-config --cflags --libs mcwire)
}

run_client() {
    LD_LIBRARY_PATH=$prefix/lib "$tap_folder/client" "$tap_address"
}

uses_the_shared_library() {
    LD_LIBRARY_PATH=$prefix/lib ldd "$tap_folder/client" | grep -F "$prefix/lib/libmcwire.so.0"
}

build_with_the_archive() {
    rm -f "$tap_folder/client"
    # shellcheck disable=SC2046
    "$cc" "$here/client.c" -o "$tap_folder/client" $(pkg-config --cflags mcwire) \
        "$prefix/lib/libmcwire.a"
}

build_static() {
    rm -f "$tap_folder/client"
    # shellcheck disable=SC2046
    "$cc" -static "$here/client.c" -o "$tap_folder/client" \
        $(pkg-config --static --cflags --libs mcwire)
}

build_and_run_wire() {
    # shellcheck disable=SC2046
    "$cc" "$here/wire.c" -o "$tap_folder/wire" $(pkg-config --cflags --libs mcwire-proto) &&
        "$tap_folder/wire"
}

# What the headers declare is what the library exports.
expect_exports() {
    nm -D --defined-only "$prefix/lib/libmcwire.so" | awk '{ print $NF }' | sort \
        >"$tap_folder/exported"
    grep -hoE '\bmc_[a-z0-9_]+\(|\bmc_(command_[a-z_]+|catalog)[],;[]' "$prefix"/include/mcwire/*.h |
        tr -d '(],;[' | sort -u |
        grep -vxE 'mc_is_final|mc_is_error|mc_string' >"$tap_folder/declared"
    [ -s "$tap_folder/declared" ] && diff "$tap_folder/declared" "$tap_folder/exported"
}

# A pointer is not taken for a literal of its own size.
takes_literals() {
    local line='struct mc_bytes of(const char *s) { (void)s; return MC_BYTES(%s); }\n'
    for text in '"a"' s; do
        # The format is a program.
        # shellcheck disable=SC2059
        printf "#include <mcwire/proto.h>\n$line" "$text" >"$tap_folder/literal.c"
        "$cc" -fsyntax-only -I"$prefix/include" "$tap_folder/literal.c" && echo "compiles: $text"
    done >"$tap_folder/literals"
    [ "$(cat "$tap_folder/literals")" = 'compiles: "a"' ]
}

# build_project FOLDER OPTION...: somebody's Meson project that depends on mcwire.
build_project() {
    local folder=$tap_folder/$1
    rm -f "$tap_folder/client"
    mkdir -p "$folder/subprojects" && cp "$here"/* "$folder" &&
        ln -s "$tap_root" "$folder/subprojects/mcwire" &&
        meson setup "$folder/build" "$folder" --libdir=lib "${@:2}" && ninja -C "$folder/build" &&
        cp "$folder/build/client" "$tap_folder/client" && "$folder/build/wire"
}

start_memcached unix
check "meson install" install_library
check "one version everywhere" expect_one_version
check "compiles and links with pkg-config" build_client "$cc" -Wextra "$here/client.c"
check "runs with the shared library" run_client
check "is linked with the shared library" uses_the_shared_library
check "compiles as C++" build_client "$cxx" -std=c++20 -x c++ "$here/client.c"
check "runs as C++" run_client
check "links with the archive" build_with_the_archive
check "runs with the archive" run_client
check "links with pkg-config --static" build_static
check "runs linked statically" run_client
check "the wire alone" build_and_run_wire
check "exports what the headers declare" expect_exports
check "MC_BYTES takes string literals" takes_literals
check "a Meson project finds the installed one" build_project found --wrap-mode=nofallback
check "the program of that project runs" run_client
check "a Meson project has it as a subproject" build_project sub --wrap-mode=forcefallback
check "the program with the subproject runs" run_client
finish
