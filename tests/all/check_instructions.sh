#!/usr/bin/env bash
# Holds the instructions of operations to their limits in six builds: with gcc and clang, at -Os, -O2
# and -O3.
# needs: gcc clang stdio.h valgrind memcached python3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec python3 "$here/../check_instructions.py" \
    "$(dirname "$SQUARES")/../overhead/overhead.sh" --builds
