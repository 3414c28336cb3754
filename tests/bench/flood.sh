#!/bin/sh
# SPDX-License-Identifier: ISC
#
# flood.sh - what a flood of SYNs, or of ACKs, does to the clients of a spliced service, and to memory
#
#	client                       router: nat46 (TUN), nat46d                 server
#	knock.py: short connections                                              knock.py: short answers
#	flood: from addresses that do not exist
#
# The path is that of the end-to-end tests (tests/e2e/path.sh). Real clients knock all the time, first alone and then
# during each flood; they go round a fixed set of ports, so that all the memory which they need is in use before the
# first flood begins. What else a flood takes would then be seen.
#
# Pinning: the daemon has one CPU; the clients, the server and the flood itself share the other ones. So the clients
# lose time to the flood's own sender, which would be on another machine, and to the kernel that forwards for it.
#
# Exit: 0 all connections succeeded and no flood took memory, 1 not so, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: flood.sh [-n COUNT] [-r RATE] [-s SECONDS] [-w WORKERS] [-c CPU] [-e CPUS]
	  -n COUNT       segments of each flood (default 1000000)
	  -r RATE        segments a second; one more flood of SYNs has no limit (default 50000)
	  -s SECONDS     how long the clients knock without a flood (default 10)
	  -w WORKERS     clients at the same time (default 4)
	  -c CPU         CPU of the daemon (default 1)
	  -e CPUS        CPUs of everything else (default 0)
	Takes the daemon of the environment variable NAT46D, or ./nat46d.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
tools=$here/../tools
count=1000000 rate=50000 seconds=10 workers=4 daemon_cpu=1 other_cpus=0
read_options "n:=count r:=rate s:=seconds w:=workers c:=daemon_cpu e:=other_cpus" "$@"
positive "$count" "$rate" "$seconds" "$workers"

. "$here/../e2e/lib.sh"
. "$here/../e2e/network.sh"
. "$here/../e2e/path.sh"
require ip python3 taskset cc nstat
bad=0
settled=

cc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$dir/flood" "$tools/flood.c" || fail "flood.c cannot be compiled"
make_path
taskset -cp "$other_cpus" $$ >/dev/null || fail "no CPU $other_cpus"
# Answers to the flood go back to where it came from.
ip -n "$ns_router" route add default via $client
# 512 ports of every worker, and what they leave behind
configure_path <<END
limits = { flows = 16384; };
END
start_nat46d "$ns_router" taskset -c "$daemon_cpu"
launch server ip netns exec "$ns_server" python3 -B "$tools/knock.py" server "$server" 80
wait_for 10 grep -q '^ready$' "$dir/server.log" || fail "no server"

# look: events and counters of the daemon, lost packets and processor time so far, as words NAME=VALUE
look() {
	counted received >/dev/null
	grep -E ' (events|status): ' "$dir/nat46d.log" | tail -n 2
	echo "queue_full=$(in_ns "$ns_router" cat /sys/class/net/nat46/statistics/tx_dropped)"
	echo "ticks=$(sed 's/.*) //' "/proc/$nat46d_pid/stat" | awk '{ print $12 + $13 }')"
}

# value LOOK NAME
value() {
	tr ' ' '\n' <"$dir/$1" | sed -n "s/^$2=//p" | grep . || echo 0
}

# grown NAME: by how much has it, between the two looks
grown() {
	echo $(($(value after "$1") - $(value before "$1")))
}

# per_second NUMBER
per_second() {
	echo "$1 $took" | awk '{ printf "%.0f", $1 / $2 }'
}

# word NAME: from what the clients say
word() {
	grep '^connections=' "$dir/clients.log" | tr ' ' '\n' | sed -n "s,^$1=\([0-9.]*\).*,\1,p"
}

# measure NAME COMMAND...: a row, while the command runs
measure() {
	name=$1
	shift
	launch clients ip netns exec "$ns_client" python3 -B "$tools/knock.py" client 192.0.2.10 80 "$workers" 512
	clients=$launched
	wait_for 30 grep -q '^ready$' "$dir/clients.log" || fail "the clients do not start"
	look >"$dir/before"
	resident_before=$(resident)
	began=$(date +%s.%N)
	launch command "$@"
	command=$launched
	most=0
	until has_ended "$command"; do
		resident_now=$(resident)
		[ "$resident_now" -le "$most" ] || most=$resident_now
		sleep 0.2
	done
	wait "$command" || fail "$*"
	took=$(echo "$began $(date +%s.%N)" | awk '{ print $2 - $1 }')
	kill -TERM "$clients"
	wait "$clients" || bad=1
	look >"$dir/after"
	printf '%-9s %8s %8s %8s %6s %7s %7s %7s %5s %5s %6s %6s %6s %5s %7s\n' "$name" \
		"$(sed -n 's,.* s\, \([0-9]*\)/s.*,\1,p' "$dir/command.log" | grep . || echo -)" \
		"$(per_second "$(grown received)")" "$(per_second "$(grown queue_full)")" \
		"$(word rate)" "$(word median_ms)" "$(word p99_ms)" "$(word max_ms)" "$(word over_1s)" "$(word failures)" \
		"$resident_before" "$most" "$(resident)" \
		"$(echo "$(grown ticks) $took $(getconf CLK_TCK)" | awk '{ printf "%.0f", 100 * $1 / $3 / $2 }')" \
		"$(per_second "$(grown resets_sent)")"
	grep -v '^ready$\|^connections=' "$dir/clients.log" || :
	[ -z "$settled" ] || [ "$most" -le $((settled + 64)) ] || bad=1
}

flood() {
	ip netns exec "$ns_client" "$dir/flood" "$1" 192.0.2.10 80 "$count" "$2"
}

tell_machine
echo "pinning     daemon on CPU $daemon_cpu, everything else on CPU $other_cpus"
echo "clients     $workers at a time, 512 ports each; floods of $count segments"
# What is used once is in use from here on.
measure warm-up sleep 5 >/dev/null
settled=$(resident)
echo
printf '%-9s %8s %8s %8s %6s %7s %7s %7s %5s %5s %6s %6s %6s %5s %7s\n' \
	flood sent/s read/s lost/s conn/s median p99 max '>1s' failed RSS during after CPU% RST/s
measure none sleep "$seconds"
# The ACKs come first: while the half-open records are full of SYNs, a wrong ACK is not answered.
measure ACK flood ack "$rate"
measure SYN flood syn "$rate"
measure SYN-max flood syn 0
measure none sleep "$seconds"
echo
grep -E ' (events|status): ' "$dir/nat46d.log" | tail -n 2 | sed 's/^[^ ]* info: //'
# A record of every connection that is waited for, and none else: all that the floods began costs nothing.
[ "$(counted waiting)$(counted connecting)" = 00 ] || bad=1
grep -v '^ready$' "$dir/server.log" && bad=1
stop_nat46d
exit $bad
