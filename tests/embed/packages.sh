# The Debian packages of what the longer tests need, in addition to bench/setup.sh's table. Source
# it after that file. What every Debian has needs no line. Never gcc-multilib: apt removes all
# compilers for other processors for it.
# shellcheck shell=bash

setup_packages+='
libmemcached.pc                           libmemcached-dev
pymemcache.py                             python3-pymemcache
pylibmc.py                                python3-pylibmc
openssl                                   openssl
openssl/ssl.h                             libssl-dev
gdb                                       gdb
python3                                   python3
readelf                                   binutils
objdump                                   binutils
xz                                        xz-utils
/usr/sbin/nutcracker                      nutcracker
/usr/sbin/yrmcdsd                         yrmcds
stunnel                                   stunnel4
ruby                                      ruby
php                                       php-cli
/var/lib/dpkg/info/ruby-dalli.list        ruby-dalli
/var/lib/dpkg/info/php-memcached.list     php-memcached
/usr/share/doc/libcache-memcached-fast-perl  libcache-memcached-fast-perl
openssl                                   openssl
ip                                        iproute2
tc                                        iproute2
nft                                       nftables
clang-14                                  clang-14
clang-19                                  clang-19
clang-format                              clang-format
clang-tidy                                clang-tidy
clang-tidy-19                             clang-tidy-19
scan-build                                clang-tools
scan-build-19                             clang-tools-19
llvm-cov-19                               llvm-19
llvm-profdata-19                          llvm-19
wasm-ld                                   lld
cppcheck                                  cppcheck
shellcheck                                shellcheck
gcovr                                     gcovr
lcov                                      lcov
frama-c                                   frama-c-base
why3                                      why3
cvc4                                      cvc4
z3                                        z3
spin                                      spin
afl-fuzz                                  afl++
afl-clang-fast                            afl++
node                                      nodejs
chromium                                  chromium
musl-gcc                                  musl-tools
tcc                                       tcc
arm-none-eabi-gcc                         gcc-arm-none-eabi
riscv64-unknown-elf-gcc                   gcc-riscv64-unknown-elf
avr-gcc                                   gcc-avr
/usr/lib/avr/include/avr/io.h             avr-libc
simavr                                    simavr
qemu-system-arm                           qemu-system-arm
qemu-s390x                                qemu-user
s390x-linux-gnu-gcc                       gcc-s390x-linux-gnu
powerpc-linux-gnu-gcc                     gcc-powerpc-linux-gnu
arm-linux-gnueabihf-gcc                   gcc-arm-linux-gnueabihf
riscv64-linux-gnu-gcc                     gcc-riscv64-linux-gnu
i686-linux-gnu-gcc                        gcc-i686-linux-gnu
/usr/s390x-linux-gnu/include/stdio.h      libc6-dev-s390x-cross
/usr/powerpc-linux-gnu/include/stdio.h    libc6-dev-powerpc-cross
/usr/arm-linux-gnueabihf/include/stdio.h  libc6-dev-armhf-cross
/usr/riscv64-linux-gnu/include/stdio.h    libc6-dev-riscv64-cross
/usr/i686-linux-gnu/include/stdio.h       libc6-dev-i386-cross
/usr/lib/afl/afl-compiler-rt.o            afl++
/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a  libclang-rt-14-dev
/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-x86_64.a      libclang-rt-19-dev
'

# embed_needs SCRIPT...: what these need, for need_packages: their lines "# needs: THING...".
embed_needs() {
    sed -n 's/^# needs: //p' "$@" | tr ' ' '\n' | sort -u
}

# embed_unknown THING...: those that no row of the table has.
embed_unknown() {
    local thing
    for thing in "$@"; do
        awk -v thing="$thing" '$1 == thing { found = 1 } END { exit !found }' \
            <<<"$setup_packages" || echo "$thing"
    done
}

# embed_missing THING...: those that are not there.
embed_missing() {
    local thing
    for thing in "$@"; do
        setup_has "$thing" || echo "$thing"
    done
}
