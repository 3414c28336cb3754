#!/bin/sh
# SPDX-License-Identifier: ISC
#
# flood.sh - what floods and other attacks do to the clients of spliced services, and to memory
#
#	client                       router: nat46 (TUN), nat46d                 server
#	knock.py: short connections                                              knock.py: short answers
#	many.py: connections that are held                                       many.py
#	flood: from addresses that do not exist, or in the client's name
#	attacker
#	attack.py: connections from 64 addresses that it has
#
# The path is that of the end-to-end tests (tests/e2e/path.sh). Real clients knock all the time, first alone and then
# during each attack, some at a service with rules and as many at one without; they go round a fixed set of ports. Every
# attack was there once before the first row: so all memory that the limits allow is in use, and what else an attack
# takes is seen.
#
# 192.0.2.10, port 80: connections that are held; 84: rules that choose by the first bytes; 85: rules that choose by the
# host of HTTP; 86: no rules.
#
# Pinning: the daemon has one CPU; the clients, the server and the attackers share the other ones. So the clients
# lose time to the attack's own sender, which would be on another machine, and to the kernel that forwards for it.
# How much, the rows "away" tell: the same packets to an address that the router drops, so that the daemon sees none.
#
# Exit: 0 all connections succeeded and no attack took memory, 1 not so, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: flood.sh [-n COUNT] [-r RATE] [-s SECONDS] [-w WORKERS] [-c CPU] [-e CPUS]
	  -n COUNT       segments of each flood of SYNs or ACKs to the service with rules (default 1000000)
	  -r RATE        segments a second of these; one more flood of SYNs has no limit (default 50000)
	  -s SECONDS     how long the clients knock without an attack, and all other attacks last (default 10)
	  -w WORKERS     clients of each service at the same time (default 4)
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
namespace attacker
sysctl_in "$ns_attacker" ipv6/conf/default/disable_ipv6 1
link "$ns_attacker" eth0 203.0.113.2/24 "$ns_router" a4 203.0.113.1/24
ip -n "$ns_attacker" route add default via 203.0.113.1
ip -n "$ns_router" route add 10.66.0.0/16 via 203.0.113.2
taskset -cp "$other_cpus" $$ >/dev/null || fail "no CPU $other_cpus"
# Answers to the flood go back to where it came from.
ip -n "$ns_router" route add default via $client
ip -n "$ns_client" route add 198.18.0.0/15 via 198.51.100.1
ip -n "$ns_router" route add blackhole 198.18.0.0/15
# Connections that are held have these ports.
sysctl_in "$ns_client" ipv4/ip_local_port_range "40000 40255"

# rule PORT WAIT CONDITION: a service with a rule
rule() {
	echo ", { ipv4 = \"192.0.2.10\"; tcp = $1; wait = $2; rules = ( { $3; to = \"[$server]:84\"; } ); }"
}
plain=", { ipv4 = \"192.0.2.10\"; tcp = 86; to = \"[$server]:86\"; }"
# What waits, what opens and what is over together fill all records; so few buffers that their shares matter
configure_path "" "$(rule 84 5.0 'bytes = "GET"')$(rule 85 60.0 'host = "www.example.org"')$plain" <<END
limits = { flows = 8192; waiting = 4096; buffers = 1048576; };
END
start_nat46d "$ns_router" taskset -c "$daemon_cpu"
start_many
for port in 84 86; do
	launch "server-$port" ip netns exec "$ns_server" python3 -B "$tools/knock.py" server "$server" $port
	wait_for 10 grep -q '^ready$' "$dir/server-$port.log" || fail "no server"
done

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

# word KIND NAME: from what these clients say
word() {
	grep '^connections=' "$dir/clients-$1.log" | tr ' ' '\n' | sed -n "s,^$2=\([0-9.]*\).*,\1,p" | grep . || echo -
}

# start_clients KIND PORT: sets $clients_KIND
start_clients() {
	launch "clients-$1" ip netns exec "$ns_client" python3 -B "$tools/knock.py" client 192.0.2.10 "$2" "$workers" 512
	eval "clients_$1=\$launched"
	wait_for 30 grep -q '^ready$' "$dir/clients-$1.log" || fail "the clients do not start"
}

# end_clients KIND
end_clients() {
	eval "clients=\$clients_$1"
	kill -TERM "$clients"
	wait "$clients" || bad=1
}

# watch PID: until it has ended; sets $most, the memory of the daemon at most, and $took, the time
watch() {
	began=$(date +%s.%N)
	most=0
	until has_ended "$1"; do
		resident_now=$(resident)
		[ "$resident_now" -le "$most" ] || most=$resident_now
		sleep 0.2
	done
	took=$(echo "$began $(date +%s.%N)" | awk '{ print $2 - $1 }')
}

# why: for what the daemon dropped packets, refused or replaced connections
why() {
	for name in $(tr ' ' '\n' <"$dir/after" | sed -n 's/^\(drop\.[a-z_]*\|refused_[a-z]*\|opening_replaced\)=.*/\1/p'); do
		[ "$(grown "$name")" = 0 ] || echo "${name#drop.}=$(grown "$name")"
	done | paste -sd ' '
}

clients_format='%-9s %-5s %6s %7s %7s %7s %4s %6s'
daemon_format=' %7s %7s %6s %6s %6s %6s %5s %6s'

# show_clients NAME KIND: their part of a row, also for the ratios
show_clients() {
	printf "$clients_format" "$1" "$2" "$(word "$2" rate)" "$(word "$2" median_ms)" "$(word "$2" p99_ms)" \
		"$(word "$2" max_ms)" "$(word "$2" over_1s)" "$(word "$2" failures)"
	echo "$1 $2 $(word "$2" median_ms) $(word "$2" p99_ms)" >>"$dir/times"
}

show_daemon() {
	printf "$daemon_format\n" "$(sed -n 's,.* s\, \([0-9]*\)/s.*,\1,p' "$dir/command.log" | grep . || echo -)" \
		"$(per_second "$(grown received)")" "$(per_second "$(grown queue_full)")" \
		"$resident_before" "$most" "$(resident)" \
		"$(echo "$(grown ticks) $took $(getconf CLK_TCK)" | awk '{ printf "%.0f", 100 * $1 / $3 / $2 }')" \
		"$(per_second "$(grown resets_sent)")"
}

# measure NAME COMMAND...: a row, while the command runs
measure() {
	name=$1
	shift
	start_clients rules 84
	start_clients plain 86
	look >"$dir/before"
	resident_before=$(resident)
	launch command "$@"
	command=$launched
	watch "$command"
	wait "$command" || fail "$*"
	end_clients rules
	end_clients plain
	look >"$dir/after"
	show_clients "$name" rules
	show_daemon
	show_clients "" plain
	echo "  $(why)"
	cat "$dir/clients-rules.log" "$dir/clients-plain.log" | grep -v '^ready$\|^connections=' || :
	[ -z "$settled" ] || [ "$most" -le $((settled + 64)) ] || bad=1
	wait_for 90 is_quiet || fail "connections are left that wait"
}

# is_quiet: nothing waits any more that an attack began
is_quiet() {
	[ "$(counted waiting)$(counted connecting)" = 00 ]
}

# flood ARGUMENT...: flood.c
flood() {
	ip netns exec "$ns_client" "$dir/flood" "$@"
}

# attack KIND PORT SOURCES RATE SECONDS: attack.py
attack() {
	ip netns exec "$ns_attacker" python3 -B "$tools/attack.py" "$1" 192.0.2.10 "$2" "$3" "$4" "$5"
}

# challenge SECONDS: SYNs in the middle of connections that are held; all of them must be served afterwards
challenge() {
	# few at a time: the buffers that one address may have are few, too
	open_many held 80 200 1 4000 4
	are_open held 30
	measure challenge flood -a $client -p 40000-40255 syn 192.0.2.10 80 $(($1 * 5000)) 5000
	: >"$dir/held/go"
	wait_for 60 has_ended "$pid_held" || fail "connections that were held do not end"
	wait "$pid_held" || { bad=1; tail -n 5 "$dir/held.log"; }
}

# use_all: what the limits allow, once
use_all() {
	attack duplicates 85 1 1000 2
	attack silent 84 64 3000 3
	flood syn 192.0.2.10 86 30000 10000
	flood syn 192.0.2.10 84 40000 20000
	attack holes 84 64 5000 3
}

# ratios: of each row to the mean of the two without an attack
ratios() {
	awk '
	function ratio(time, base) { return sprintf("%.2f%s", time / base, time > 2 * base ? "!" : "") }
	NF == 3 { $0 = name " " $0 }
	{ name = $1; kind[NR] = $2; names[NR] = $1; median[NR] = $3; p99[NR] = $4 }
	$1 == "none" { rows[$2]++; medians[$2] += $3; p99s[$2] += $4 }
	END {
		printf "%-9s %-5s %8s %8s\n", "attack", "to", "median", "p99"
		for (i = 1; i <= NR; i++)
			printf "%-9s %-5s %8s %8s\n", names[i], kind[i],
				ratio(median[i], medians[kind[i]] / rows[kind[i]]),
				ratio(p99[i], p99s[kind[i]] / rows[kind[i]])
	}' "$dir/times"
}

tell_machine
echo "pinning     daemon on CPU $daemon_cpu, everything else on CPU $other_cpus"
echo "clients     $workers at a time of each service, 512 ports each; floods of $count segments"
measure warm-up use_all >/dev/null
# More than the limits allow, of everything at once: what became of the clients does not count.
bad=0
settled=$(resident)
rm "$dir/times"
echo
printf "$clients_format$daemon_format\n" attack to conn/s median p99 max '>1s' failed \
	sent/s read/s lost/s RSS during after CPU% RST/s
measure none sleep "$seconds"
# The ACKs come first: while the half-open records are full of SYNs, a wrong ACK is not answered.
measure ACK flood ack 192.0.2.10 84 "$count" "$rate"
measure SYN flood syn 192.0.2.10 84 "$count" "$rate"
measure away-50k flood syn 198.18.0.1 84 "$count" "$rate"
measure SYN-max flood syn 192.0.2.10 84 "$count" 0
measure SYN-plain flood syn 192.0.2.10 86 $((seconds * 10000)) 10000
measure away-10k flood syn 198.18.0.1 86 $((seconds * 10000)) 10000
measure SYN-name flood -a $client -p 30000-39999 syn 192.0.2.10 86 $((seconds * 10000)) 10000
measure holes attack holes 84 64 500 "$seconds"
measure duplicate attack duplicates 85 1 5000 "$seconds"
measure silent attack silent 84 1 500 "$seconds"
challenge "$seconds"
measure none sleep "$seconds"
echo
ratios
echo
grep -E ' (events|status): ' "$dir/nat46d.log" | tail -n 2 | sed 's/^[^ ]* info: //'
grep -v '^ready$' "$dir/server-84.log" "$dir/server-86.log" && bad=1
stop_nat46d
exit $bad
