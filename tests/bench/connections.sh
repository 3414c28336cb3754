#!/bin/sh
# SPDX-License-Identifier: ISC
#
# connections.sh - many connections open at once through one spliced service: all served, and what each of them costs
#
#	many.py client -- [ router: nat46 (TUN), nat46d ] -- many.py server (tests/e2e/path.sh)
#
# The clients open their connections, a few at a time, and each gets a byte from the server: it is spliced. When all
# of them are open, the memory of the daemon is looked at. Then both sides of every connection send what the other
# can check, and end it in one of five orders.
#
# What it is compared with: the same daemon with room for 128 connections, when a hundred have been served as many at
# a time. So code, buffers, and records that only connections without a server need are left out, and the whole index
# is in.
#
# Exit: 0 all served, at no more than 160 bytes each in the table that fits, 1 not so, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: connections.sh [-n NUMBER] [-o OPENING]
	  -n NUMBER      connections at the same time (default 10000, at most 15000)
	  -o OPENING     how many of them are being opened at the same time (default 64)
	Takes the daemon of the environment variable NAT46D, or ./nat46d.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
number=10000 opening=64
read_options "n:=number o:=opening" "$@"
positive "$number" "$opening"

. "$here/../e2e/lib.sh"
. "$here/../e2e/network.sh"
. "$here/../e2e/path.sh"
require ip python3 taskset cc nstat
bad=0

# What a record takes by itself is known at compile time only.
cat >"$dir/size.c" <<'END'
#include <stdio.h>
#include "nat46/flow_table.h"
int main(void)
{
	printf("%zu\n", sizeof(struct flow));
	return 0;
}
END
cc -I "$here/../../include" -o "$dir/size" "$dir/size.c" || fail "the size of a record cannot be found"
record=$("$dir/size")

make_path
start_many

now() {
	date +%s.%N
}

# slots FLOWS: of both indexes together
slots() {
	half=16
	while [ $half -lt $((2 * $1)) ]; do
		half=$((half * 2))
	done
	echo $((2 * half))
}

start() {
	configure_path <<-END
	limits = { flows = $1; };
	END
	start_nat46d "$ns_router"
}

# compare: the memory without many connections
compare() {
	start 128
	open_many few 80 100 1 4000 "$opening"
	are_open few 42
	end_many few 600
	before=$(resident)
	stop_nat46d
}

# measure FLOWS: a row, with limits.flows; sets $each, the bytes of a connection
measure() {
	start "$1"
	began=$(now)
	open_many many 80 "$number" 1 4000 "$opening"
	are_open many $((40 + number / 50))
	opened=$(now)
	after=$(resident)
	established=$(counted established)
	end_many many 600
	served=$(now)
	each=$(((after - before) * 1024 / number))
	printf '%-12s %8s %9s %9s %9s %9s %10s %8s %8s\n' "$1" "$established" "$before" "$after" "$each" \
		"$record" "$(($(slots "$1") * 4 / 1024)) kB" \
		"$(echo "$began $opened" | awk '{ printf "%.1f", $2 - $1 }')" \
		"$(echo "$opened $served" | awk '{ printf "%.1f", $2 - $1 }')"
	[ "$established" = "$number" ] || bad=1
	grep -E ' (events|status): ' "$dir/nat46d.log" | tail -n 2 | sed 's/^[^ ]* info: //' >"$dir/last"
	stop_nat46d
}

tell_machine
echo
printf '%-12s %8s %9s %9s %9s %9s %10s %8s %8s\n' limits.flows open 'RSS kB' 'then kB' 'B/conn' 'B/record' slots \
	'open s' 'end s'
compare
fits=16
while [ $fits -lt "$number" ]; do
	fits=$((fits * 2))
done
measure $fits
[ "$each" -le 160 ] || bad=1
measure 1048576
echo
cat "$dir/last"
grep -v '^ready$' "$dir/server.log" && bad=1
exit $bad
