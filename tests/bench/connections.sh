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
many=$here/../tools/many.py
number=10000 opening=64
while getopts n:o:h option; do
	case $option in
	n) number=$OPTARG ;;
	o) opening=$OPTARG ;;
	h) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
case $#:$number:$opening in
0:*[!0-9:]* | 0::* | *: | [!0]*) usage >&2; exit 2 ;;
esac

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
sysctl_in "$ns_server" ipv4/tcp_max_syn_backlog 4096
launch server ip netns exec "$ns_server" python3 -B "$many" server "$server" 80
wait_for 10 grep -q '^ready$' "$dir/server.log" || fail "no server"

resident() {
	awk '$1 == "VmRSS:" { print $2 }' "/proc/$nat46d_pid/status"
}

now() {
	date +%s.%N
}

# open NAME NUMBER: as many connections, until all are open
open() {
	mkdir -p "$dir/$1"
	launch "$1" ip netns exec "$ns_client" python3 -B "$many" client 192.0.2.10 80 "$2" 1 4000 "$dir/$1" "$opening"
	eval "pid_$1=\$launched"
	wait_for $((40 + $2 / 50)) grep -q '^connected$' "$dir/$1.log" || fail "not all are connected"
}

# end NAME: all of them, in every order
end() {
	: >"$dir/$1/go"
	eval "pid=\$pid_$1"
	wait_for 600 has_ended "$pid" || fail "the clients do not end"
	wait "$pid" || fail "not all connections were served"
	grep -q '^complete$' "$dir/$1.log" || fail "not all connections were served"
	rm "$dir/$1/go"
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
	open few 100
	end few
	before=$(resident)
	stop_nat46d
}

# measure FLOWS: a row, with limits.flows; sets $each, the bytes of a connection
measure() {
	start "$1"
	began=$(now)
	open many "$number"
	opened=$(now)
	after=$(resident)
	established=$(counted established)
	end many
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

echo "kernel      $(uname -sr), $(getconf _NPROCESSORS_ONLN) processors, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "processor   $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
echo "daemon      $("$NAT46D" -V | head -n 1)"
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
