#!/bin/sh
# SPDX-License-Identifier: ISC
# latency.sh - what a splice adds to a fresh HTTP request, in round trips
#
#	client                  router: nat46 (TUN), nat46d                   server
#	eth0 ------------------ client               server ----------------- eth0
#	198.51.100.2            198.51.100.1
#	2001:db8:1::2           2001:db8:1::1        2001:db8:2::ff           2001:db8:2::1
#
# One of the two links is the relay with its delay, the other has none; first the one to the server, then the one to
# the client. curl asks over IPv4 through a spliced service, and over IPv6 the server itself, which the router forwards
# on the same path: a new connection each time, in turns.
#
# Exit: 0 no more than one round trip is added, 1 more or failed, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: latency.sh [-n RUNS]
	  -n RUNS  requests of each kind for a row (default 25)
	NAT46D=/path/to/nat46d takes that binary; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
runs=25
read_options "n:=runs" "$@"
positive "$runs"

. "$here/build.sh"
. "$here/../e2e/network.sh"
. "$here/../e2e/path.sh"
. "$here/../e2e/wire.sh"
require ip python3 taskset curl
direct=2001:db8:1::2

# make_network wire|link wire|link: kinds of the links of client and server, in new namespaces
make_network() {
	for end in ${ns_client:-} ${ns_router:-} ${ns_server:-}; do
		ip netns delete "$end"
	done
	namespace client
	namespace router
	namespace server
	make_forward "$ns_router"
	$1 "$ns_client" eth0 "$client/24" "$ns_router" client 198.51.100.1/24
	$2 "$ns_router" server 2001:db8:2::ff/64 "$ns_server" eth0 "$server/64"
	ip -n "$ns_client" address add "$direct/64" dev eth0 nodad
	ip -n "$ns_router" address add 2001:db8:1::1/64 dev client nodad
	ip -n "$ns_client" route add default via 198.51.100.1
	ip -n "$ns_client" route add default via 2001:db8:1::1
	ip -n "$ns_server" route add default via 2001:db8:2::ff
}

# start_web: a page of some kilobytes
start_web() {
	mkdir -p "$dir/www"
	head -c 4096 /dev/urandom >"$dir/www/page"
	launch web ip netns exec "$ns_server" python3 -m http.server --bind "$server" --directory "$dir/www" 80
	web_pid=$launched
	wait_for 10 serves "$ns_server" 80 || fail "no server"
}

# request URL: milliseconds until the page is there
request() {
	in_ns "$ns_client" curl -s -g -o "$dir/page" -w '%{time_total}\n' --max-time 10 "$1" >"$dir/time" ||
		fail "no answer from $1"
	cmp -s "$dir/page" "$dir/www/page" || fail "$1 is damaged"
	awk '{ print $1 * 1000 }' "$dir/time"
}

# median FILE
median() {
	sort -n "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# row WHERE TRIP: both kinds of requests, with half of the round trip each way
row() {
	start_relay -d "$(($2 / 2))"
	# nobody has to be found by neighbour discovery afterwards, and no program to be loaded
	request "http://[$server]/page" >/dev/null
	request http://192.0.2.10/page >/dev/null
	: >"$dir/direct"
	: >"$dir/spliced"
	run=0
	while [ $run -lt "$runs" ]; do
		request "http://[$server]/page" >>"$dir/direct"
		request http://192.0.2.10/page >>"$dir/spliced"
		run=$((run + 1))
	done
	stop_relay
	echo "$1 $2 $(median "$dir/direct") $(median "$dir/spliced")" | awk '{
		added = ($4 - $3) / $2
		printf "%-16s %10d %10.1f %10.1f %10.1f %8.2f%s\n", "router - " $1, $2, $3, $4, $4 - $3, added,
			(added > 1 ? " MORE" : "")
		exit (added > 1) }'
}

on_one_cpu
tell_machine
echo "pinning     one CPU for everything"
echo "requests    $runs of each kind, medians in ms, $(curl --version | head -1 | cut -d ' ' -f 1,2)"
echo
printf '%-16s %10s %10s %10s %10s %8s\n' 'delay between' 'round trip' direct spliced added 'in trips'
result=0
for where in server client; do
	case $where in
	server) make_network link wire ;;
	client) make_network wire link ;;
	esac
	configure_path </dev/null
	start_nat46d "$ns_router"
	start_web
	for trip in 20 100; do
		row $where $trip || result=1
	done
	daemon_is_content tcp_no_flow
	stop_nat46d
	kill "$web_pid"
done
exit $result
