# What the tests of small machines need, beyond bench/setup.sh's table: Debian's names for it.
# Source it behind that file.
# shellcheck shell=bash

setup_packages+='
gcc                                       gcc
clang                                     clang
readelf                                   binutils
python3                                   python3
node                                      nodejs
wasm-ld                                   lld
musl-gcc                                  musl-tools
arm-none-eabi-gcc                         gcc-arm-none-eabi
riscv64-unknown-elf-gcc                   gcc-riscv64-unknown-elf
avr-gcc                                   gcc-avr
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
'

# embed_needs SCRIPT...: what these need, for need_packages: their lines "# needs: THING...".
embed_needs() {
    sed -n 's/^# needs: //p' "$@" | tr ' ' '\n' | sort -u
}
