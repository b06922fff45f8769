#!/usr/bin/env bash
# Gets lwIP's source from Debian's source package, with apt's checks of its origin:
# bench/firmware/lwip/fetch.sh FOLDER, in which lwip/src is then. Changes nothing on the system.
set -euo pipefail

folder=$(mkdir -p "$1" && cd "$1" && pwd)
mkdir -p "$folder"/{parts,lists/partial}

# The machine's own package sources, asked for sources instead of binaries.
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"$folder/parts/${list##*/}"
done
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$list" ] || sed -n 's/^deb /deb-src /p' "$list" >"$folder/parts/${list##*/}.list"
done

apt=(apt-get -q -o "Dir::Etc::sourcelist=-" -o "Dir::Etc::sourceparts=$folder/parts"
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache::srcpkgcache=" -o "Dir::Cache::pkgcache="
    -o "APT::Sandbox::User=")
"${apt[@]}" update
(cd "$folder" && "${apt[@]}" source --download-only lwip)
mkdir "$folder/lwip"
tar -xf "$folder"/lwip_*.orig.tar.* -C "$folder/lwip" --strip-components=1
