#!/bin/sh
# SPDX-License-Identifier: ISC
# first_bytes.sh - clients whose first bytes do not come in one flight: right server, and how much later
#
#	client --- wire --- [ router: nat46 (TUN), nat46d ] --- servers one, two, other (see e2e/wire.sh)
#
# What a row is: see tests/tools/first_bytes.py, which makes them and the table; what clients send and servers answer:
# tests/tools/opening.py.
#
# Exit: 0 nobody came to a wrong server or was refused without loss; with -k: nobody hangs. 1 not so or failed, 2 usage,
# 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: first_bytes.sh [-k] [-s] [-n NUMBER] [-c TEXT] [-l TEXT] [-f TEXT] [-r SEED]
	  -k         kill the daemon while clients are in the middle of their first bytes, and start it again
	  -s         the bad link is that of the servers, not that of the client
	  -n NUMBER  connections of a row to each of the two services (default 200)
	  -c TEXT    only clients whose name has this text
	  -l TEXT    only links whose name has this text
	  -f TEXT    only first bytes whose name has this text
	  -r SEED    of the relay (default 1)
	A TEXT that no name has is an error, which tells all names.
	NAT46D=/path/to/nat46d takes that binary; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
killed='' server_side='' number=200 client_text='' link_text='' first_text='' seed=1
read_options "k=killed s=server_side n:=number c:=client_text l:=link_text f:=first_text r:=seed" "$@"
positive "$number"

. "$here/build.sh"
. "$here/../e2e/network.sh"
. "$here/../e2e/path.sh"
. "$here/../e2e/wire.sh"
require ip python3 taskset

# make_bad_path: the path of path.sh, with the wire on one of its two sides
make_bad_path() {
	make_ends
	client_link=wire
	server_link=link
	if [ -n "$server_side" ]; then
		client_link=link
		server_link=wire
	fi
	$client_link "$ns_client" eth0 "$client/24" "$ns_router" v4 198.51.100.1/24
	$server_link "$ns_router" v6 2001:db8:2::ff/64 "$ns_server" eth0 "$server/64"
	ip -n "$ns_client" route add default via 198.51.100.1
	ip -n "$ns_server" route add default via 2001:db8:2::ff
	sysctl_in "$ns_server" core/somaxconn 4096
	sysctl_in "$ns_server" ipv4/tcp_max_syn_backlog 4096
}

# bench MODE OPTION...: sets $bench_pid
bench() {
	mode=$1
	shift
	# shellcheck disable=SC2086
	python3 -B "$here/../tools/first_bytes.py" "$mode" "$ns_client" --relay "$RELAY" --link $wire_ends \
		--pid "$nat46d_pid" --log "$dir/nat46d.log" --seed "$seed" --number "$number" \
		${server_side:+--from-syn} "$@" &
	bench_pid=$!
	pids="$pids $bench_pid"
}

# kill_row CLIENT LINK FIRST SECONDS: connections that begin within this time, at the end of which the daemon dies
kill_row() {
	bench killed --trip 100 --patience 30 --what "$1" --loss "$2" --kind "$3" --seconds "$4"
	wait_for 30 has_ended "$nat46d_pid" || fail "the daemon was not killed"
	wait "$nat46d_pid" || :
	start_nat46d "$ns_router"
	wait "$bench_pid" || result=1
}

kill_rows() {
	printf '%-23s %-10s %-18s %6s %6s %7s %7s %6s\n' client link 'first bytes' right told waiting hanging wrong
	for link in 'none lost' '10 % lost'; do
		kill_row '1 segment' "$link" 'hello of 14 kB' 0.5
		kill_row '2 segments' "$link" 'head of 30 kB' 0.5
		kill_row '10 segments' "$link" 'hello of 16 kB' 0.3
		kill_row '10 segments' "$link" 'hello byte by byte' 0.4
		kill_row '10, Nagle' "$link" 'head byte by byte' 0.4
		kill_row '10 segments' "$link" 'head line by line' 1.2
	done
}

tell_machine
echo "pinning     one CPU for everything"
if [ -n "$server_side" ]; then
	echo "bad link    of the servers, times from the first SYN"
else
	echo "bad link    of the client, times from the first byte sent"
fi
echo

make_bad_path
configure_path "" ", { ipv4 = \"192.0.2.11\"; tcp = 1000; rules = (
	{ host = \"one.example\"; to = \"[$server]:8001\"; }, { host = \"two.example\"; to = \"[$server]:8002\"; } );
	to = \"[$server]:8003\"; },
	{ ipv4 = \"192.0.2.11\"; tcp = 1001; to = \"[$server]:8001\"; }" </dev/null
start_nat46d "$ns_router"
launch servers ip netns exec "$ns_server" python3 -B "$here/../tools/opening.py" server "$server" \
	one=8001 two=8002 other=8003
wait_for 10 grep -q '^ready$' "$dir/servers.log" || fail "the servers do not start"
result=0
if [ -n "$killed" ]; then
	kill_rows
else
	bench rows --what "$client_text" --loss "$link_text" --kind "$first_text"
	wait "$bench_pid" || result=$?
fi
stop_nat46d
exit $result
