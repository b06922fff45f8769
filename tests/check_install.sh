#!/usr/bin/env bash
# Installs the library into a temporary folder and uses it from there: with pkg-config, linked
# dynamically and statically, from C and C++, also the wire alone; and as a Meson subproject.
# The functions are called by their names, and text for another bash is in single quotes.
# shellcheck disable=SC2016,SC2317
# shellcheck source=tests/support/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/support/tap.sh"

cc=${CC:-cc}
cxx=${CXX:-c++}
here=$tap_root/tests/install
soname=libmcwire.so.0.2 # raised with each change that tests/check_abi.py sees
source=$tap_folder/source
prefix=$tap_folder/prefix
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export CFLAGS=-O0 # of what is built here, which is faster so

# copy_source: of this project, for the builds below.
copy_source() {
    mkdir "$source" &&
        cp -r "$tap_root"/{meson.build,meson_options.txt,proto,src,bench,tests} "$source"
}

# install_library: what the lines of README.md have built, if they could be typed.
install_library() {
    meson setup "$source/build" "$source" && meson configure "$source/build" --prefix="$prefix" \
        --libdir=lib -Dbench=disabled -Dtests=disabled && meson install -C "$source/build"
}

# builds_nothing_else FOLDER: all that this build folder compiles is installed.
builds_nothing_else() {
    meson introspect "$1" --targets | python3 -c '
import json, sys
targets = json.load(sys.stdin)
surplus = [target["name"] for target in targets
           if not target["installed"] and target["type"] != "custom"]
print(*surplus, sep="\n")
sys.exit(not targets or bool(surplus))'
}

expect_one_version() {
    local header module
    header=$(sed -n 's/#define MCWIRE_VERSION "\(.*\)"/\1/p' "$prefix/include/mcwire/proto.h")
    for module in mcwire mcwire-proto; do
        [ "$(pkg-config --modversion "$module")" = "$header" ] || return
    done
    [ -e "$prefix/lib/libmcwire.so.$header" ]
}

expect_command() {
    "$prefix/bin/mcwire" -s "$tap_address" version && [ -s "$prefix/share/man/man1/mcwire.1" ]
}

expect_pages() {
    diff <(find "$prefix/include/mcwire" -name '*.h' -printf 'mc_%f\n' | sort) \
        <(find "$prefix/share/man/man3" -name '*.3' -printf '%f\n' | sed 's/3$/h/' | sort)
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
    LD_LIBRARY_PATH=$prefix/lib ldd "$tap_folder/client" | grep -F "$prefix/lib/$soname "
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

# What the headers declare, but not as inline functions, is what the library exports.
expect_exports() {
    nm -D --defined-only "$prefix/lib/libmcwire.so" | awk '{ print $NF }' | sort \
        >"$tap_folder/exported"
    grep -hoE '\bmc_[a-z0-9_]+\(|\bmc_(command_[a-z_]+|catalog)[],;[]' "$prefix"/include/mcwire/*.h |
        tr -d '(],;[' | sort -u |
        grep -vxE 'mc_(is_final|is_error|request_is_final)|mc_op_.*' >"$tap_folder/declared"
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

# ---- the lines of README.md ----------------------------------------------------------------------

# readme_lines: those that install the library and compile a program with it.
readme_lines() {
    grep -E '^    (meson |cc program.c \$\(pkg-config)' "$tap_root/README.md" | sed 's/^ *//'
}

# in_private COMMAND...: runs it where changes in /etc and /usr/local are seen by nobody else and
# end with it, and where dpkg-architecture, which a bare Debian lacks, does not run.
in_private() {
    mkdir -p "$tap_folder/layers" && unshare -m bash -c '
        layers=$0
        mount -t tmpfs none "$layers" || exit
        for name in etc usr/local; do
            mkdir -p "$layers/$name/upper" "$layers/$name/work" &&
                mount -t overlay none -o "lowerdir=/$name" -o "upperdir=$layers/$name/upper" \
                    -o "workdir=$layers/$name/work" "/$name" || exit
        done
        hidden=$(command -v dpkg-architecture)
        [ -z "$hidden" ] || mount --bind /dev/null "$hidden" || exit
        "$@"' "$tap_folder/layers" "$@"
}

# install_as_typed: in the copy of the source; then the program runs, with no variable of ours set.
# It is bash text for in_private: the copy, the address and the lines are its arguments.
install_as_typed='
    source=$0 address=$1 soname=$2
    unset PKG_CONFIG_PATH LD_LIBRARY_PATH DESTDIR
    cd "$source" && cp src/examples/greeting.c program.c || exit
    for line in "${@:3}"; do
        echo "$line" && eval "$line" || exit
    done
    ./a.out "$address" && ldd a.out | grep -F "/usr/local/lib/$soname "'

run_readme() {
    local lines
    mapfile -t lines < <(readme_lines)
    [ ${#lines[@]} -eq 3 ] &&
        in_private bash -c "$install_as_typed" "$source" "$tap_address" "$soname" "${lines[@]}"
}

# ---- the cases -----------------------------------------------------------------------------------

start_memcached unix
check "the source is copied" copy_source
if in_private true 2>/dev/null; then
    check "the lines of README.md, typed on a bare Debian" run_readme
    check "they build what is installed" builds_nothing_else "$source/build"
else
    skip "the lines of README.md, typed on a bare Debian" "/etc cannot be made private here"
fi
check "meson install" install_library
check "meson install builds what is installed" builds_nothing_else "$source/build"
check "one version everywhere" expect_one_version
check "the command mcwire and its page" expect_command
check "a page for each header" expect_pages
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
