#!/usr/bin/env bash
# Runs the larger programs of tests/embed/check_firmware.sh: through the reader and the client.
# needs: arm-none-eabi-gcc qemu-system-arm memcached python3 cc stdio.h meson ninja pkg-config
exec "$(dirname "${BASH_SOURCE[0]}")/../embed/check_firmware.sh" \
    microbit-reader microbit-client lm3s6965evb-reader lm3s6965evb-client
