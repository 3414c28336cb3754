#!/bin/sh
# SPDX-License-Identifier: ISC
# lookup.sh - how long the look-up of a mapped address takes, by the number of mappings
#
# Compiles the sources of the core that it needs, with -O2, and runs lookup.c, which makes the table. Needs no root.
#
# Exit: 0 done, 1 failed, 2 usage.
set -eu

[ $# -eq 0 ] || { echo "usage: lookup.sh" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

(cd "$root" && ${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -Iinclude -o "$dir/lookup" tests/bench/lookup.c \
	src/core/wire/eam.c tests/unit/assert.c)
"$dir/lookup" 2>"$dir/sink"
