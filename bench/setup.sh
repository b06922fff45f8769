# Functions for bench/run and tests/run: what has to be installed, and the build. Source it in bash.
# shellcheck shell=bash

# The top folder of the source, and the build folder in it.
mcwire_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
mcwire_build=$mcwire_root/build

# The packages of apt, dnf, apk, pacman and brew that have a thing; "-" where it is part of the
# system or does not exist. A thing is a file (/), a command, a header (.h), a pkg-config module
# (.pc) or a Python module (.py).
setup_packages='
cc          gcc         gcc                  gcc        gcc        -
stdio.h     libc6-dev   glibc-devel          musl-dev   glibc      -
meson       meson       meson                meson      meson      meson
ninja       ninja-build ninja-build          ninja      ninja      ninja
pkg-config  pkg-config  pkgconf-pkg-config   pkgconf    pkgconf    pkg-config
memcached   memcached   memcached            memcached  memcached  memcached
check.pc    check       check-devel          check-dev  check      check
libmemcached.pc libmemcached-dev libmemcached-devel libmemcached-dev libmemcached libmemcached
memcache.py     python3-memcache   - - - -
pymemcache.py   python3-pymemcache - - - -
pylibmc.py      python3-pylibmc    - - - -
'

# setup_has THING: true when it is installed.
setup_has() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *.h) printf '#include <%s>\n' "$1" | cc -E - >/dev/null 2>&1 ;;
    *.pc) pkg-config --exists "${1%.pc}" 2>/dev/null ;;
    *.py) /usr/bin/python3 -c "import ${1%.py}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# setup_names COLUMN THING...: the names of the packages that have these things, for one of the
# package managers.
setup_names() {
    local column=$1 thing
    shift
    for thing in "$@"; do
        awk -v thing="$thing" -v column="$column" -v fallback="$thing" '
            $1 == thing { found = 1; if ($column != "-") print $column }
            END { if (!found) print fallback }' <<<"$setup_packages"
    done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# setup_advise THING...: prints how to install these things, and exits with status 69.
setup_advise() {
    local name names column=2
    echo "These are needed and missing: $*. Install them with one of" >&2
    for name in 'apt-get install' 'dnf install' 'apk add' 'pacman -S' 'brew install'; do
        names=$(setup_names $column "$@")
        [ -z "$names" ] || echo "    $name $names" >&2
        column=$((column + 1))
    done
    exit 69
}

# setup_quietly COMMAND...: runs a command, shows its output only when it fails, and returns its
# status.
setup_quietly() {
    local log status=0
    log=$(mktemp) || exit
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ $status -eq 0 ] || { echo "failed: $*" && cat "$log"; } >&2
    rm -f "$log"
    return $status
}

# need_packages THING...: installs what is missing with apt, as root or with sudo. Where that cannot
# be done, it prints what to install and exits.
need_packages() {
    local missing=() thing as_root=()
    for thing in "$@"; do
        setup_has "$thing" || missing+=("$thing")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || setup_advise "${missing[@]}"
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
        { command -v sudo >/dev/null && sudo true; } || setup_advise "${missing[@]}"
    fi
    local names
    names=$(setup_names 2 "${missing[@]}")
    echo "Installing $names" >&2
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -y -o DPkg::Lock::Timeout=300)
    setup_quietly "${apt[@]}" update || setup_advise "${missing[@]}"
    # The names are words on purpose.
    # shellcheck disable=SC2086
    setup_quietly "${apt[@]}" install --no-install-recommends $names || setup_advise "${missing[@]}"
}

# configure FOLDER [OPTION...]: makes a build folder, unless it is there and up to date. One that is
# half made, of another source (it was copied along with this one) or older than a change that Meson
# cannot follow (a program and a folder change places) is made again from nothing.
configure() {
    if grep -qsF "\"source\": \"$mcwire_root\"" "$1/meson-info/meson-info.json" &&
        ninja -C "$1" build.ninja >/dev/null 2>&1; then
        return
    fi
    rm -rf "$1"
    setup_quietly meson setup "$1" "$mcwire_root" "${@:2}"
}

# build TARGET...: builds the targets, or everything when none is named.
build() {
    configure "$mcwire_build" || exit
    setup_quietly ninja -C "$mcwire_build" "$@" || exit
}
