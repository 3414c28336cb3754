#!/bin/sh
# SPDX-License-Identifier: ISC
# lookup.sh - how long the look-up of a mapped address takes, and that of a service, by how many there are
#
# Compiles the sources of the core that it needs, with -O2, and runs lookup.c, which makes the tables. Needs no root.
#
# Exit: 0 done, 1 failed, 2 usage.
set -eu

[ $# -eq 0 ] || { echo "usage: lookup.sh" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

(cd "$root" && ${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -Iinclude -Isrc -o "$dir/lookup" tests/bench/lookup.c \
	src/core/wire/eam.c src/core/wire/address.c src/core/wire/siphash.c src/core/table/engine_config.c \
	src/core/table/service.c src/inspect/*.c tests/unit/assert.c)
"$dir/lookup" 2>"$dir/sink"
