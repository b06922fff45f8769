# Functions for bench/run and tests/run: what has to be installed, and the build. Source it in bash.
# shellcheck shell=bash

# The top folder of the source; the folder of the build folders, which is another where nothing can
# be written to the first; and the build folder of the benchmarks.
mcwire_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
mcwire_out=$mcwire_root
if ! [ -w "$mcwire_root" ]; then
    mcwire_out=${TMPDIR:-/tmp}/mcwire-build-$(id -u)-$(cksum <<<"$mcwire_root" | tr ' ' -)
fi
mcwire_build=$mcwire_out/build

# The packages of apt, dnf, apk, pacman and brew that have a thing; "-" where it is part of the
# system or does not exist. Where only apt's name stands, it is the others', too, or nearly so. A
# thing is a file (/), a command, a header (.h), a pkg-config module (.pc) or a Python module (.py).
setup_packages='
cc          gcc         gcc                  gcc        gcc        -
stdio.h     libc6-dev   glibc-devel          musl-dev   glibc      -
meson       meson       meson                meson      meson      meson
ninja       ninja-build ninja-build          ninja      ninja      ninja
pkg-config  pkg-config  pkgconf-pkg-config   pkgconf    pkgconf    pkg-config
memcached   memcached   memcached            memcached  memcached  memcached
check.pc    check       check-devel          check-dev  check      check
memcache.py     python3-memcache   python3-memcached  -              python-memcached -
valgrind        valgrind           valgrind           valgrind       valgrind         -
strace          strace             strace             strace         strace           -
mandoc          mandoc             mandoc             mandoc         mandoc           -
gcc             gcc                gcc                gcc            gcc              -
ps              procps             procps-ng          procps         procps-ng        -
faketime         faketime           libfaketime        libfaketime    libfaketime      libfaketime
g++             g++                gcc-c++            g++            gcc              -
clang           clang              clang              clang          clang            -
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
        awk -v thing="$thing" -v column="$column" '
            $1 == thing && !found { found = 1; name = NF < column ? $2 : $column }
            END { if (!found) print thing; else if (name != "-") print name }' <<<"$setup_packages"
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

# setup_flock [-n]: locks descriptor 9; with -n it fails when another process has locked it. A
# system with neither flock nor Python goes without.
setup_flock() {
    if command -v flock >/dev/null; then
        flock "$@" 9
    elif command -v python3 >/dev/null; then
        python3 -c 'import fcntl, sys
fcntl.flock(9, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1:] else 0))' "$@" 2>/dev/null
    fi
}

# setup_alone COMMAND...: runs a command while no other process does so for this source, and returns
# its status. This file is what is locked. The lock ends with this process: what the command starts
# does not have it.
setup_alone() {
    local status=0
    exec 9<"$mcwire_root/bench/setup.sh" || exit
    setup_flock -n || {
        echo "Waiting for another build of $mcwire_root" >&2
        setup_flock
    }
    "$@" 9<&- || status=$?
    exec 9<&-
    return $status
}

# need_packages THING...: installs what is missing with apt, as root or with sudo. Where that cannot
# be done, it prints what to install and exits.
need_packages() {
    local thing
    for thing in "$@"; do
        if ! setup_has "$thing"; then
            setup_alone setup_install "$@"
            return
        fi
    done
}

# setup_install THING...: what of these is missing.
setup_install() {
    local missing=() thing
    for thing in "$@"; do
        setup_has "$thing" || missing+=("$thing")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || setup_advise "${missing[@]}"
    [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo true; } ||
        setup_advise "${missing[@]}"
    # The names are words on purpose.
    # shellcheck disable=SC2046
    setup_apt $(setup_names 2 "${missing[@]}")
}

# setup_apt PACKAGE...: installs these, as root or with sudo. When that fails, it prints one line of
# the hundreds that apt may have printed, and exits with status 69.
setup_apt() {
    local as_root=() log why
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -y -o DPkg::Lock::Timeout=300)
    echo "Installing $*" >&2
    log=$(mktemp) || exit
    "${apt[@]}" update >"$log" 2>&1 </dev/null
    if "${apt[@]}" install --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return
    fi
    why=$(sed -nE '/^ *(Temporary failure|Could not (resolve|connect)|Cannot initiate)/{
        s/^ */no network: /p;q}' "$log")
    [ -n "$why" ] || why=$(grep -m 1 '^E: ' "$log" || tail -n 1 "$log")
    rm -f "$log"
    echo "apt-get cannot install $*: ${why#E: }" >&2
    exit 69
}

# make_out: makes the folder for build folders, if it is not that of the source. Nobody else may
# have made it, since others can write to the folder that it is in.
make_out() {
    [ "$mcwire_out" != "$mcwire_root" ] || return 0
    mkdir -m 700 "$mcwire_out" 2>/dev/null
    if ! [ -d "$mcwire_out" ] || [ -L "$mcwire_out" ] || ! [ -O "$mcwire_out" ]; then
        echo "$mcwire_root cannot be written to, nor can $mcwire_out be made to build in" >&2
        return 73
    fi
    echo "$mcwire_root cannot be written to: building in $mcwire_out" >&2
}

# configure FOLDER [OPTION...]: makes a build folder, unless it is there and up to date. One that is
# half made, of another source (it was copied along with this one) or older than a change that Meson
# cannot follow (a program and a folder change places) is made again from nothing.
configure() {
    if grep -qsF "\"source\": \"$mcwire_root\"" "$1/meson-info/meson-info.json" &&
        ninja -C "$1" build.ninja >/dev/null 2>&1; then
        return
    fi
    make_out || return
    rm -rf "$1"
    setup_quietly meson setup "$1" "$mcwire_root" "${@:2}"
}

# configure_and_build TARGET...
configure_and_build() {
    configure "$mcwire_build" && setup_quietly ninja -C "$mcwire_build" "$@"
}

# build TARGET...: builds the targets, or everything when none is named.
build() {
    setup_alone configure_and_build "$@" || exit
}
