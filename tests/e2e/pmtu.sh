#!/bin/sh
# SPDX-License-Identifier: ISC
# pmtu.sh - path MTU discovery through nat46d, in both directions, with super-packets and without
#
#	client -- near == mid4 -- [ router: nat46 (TUN), nat46d ] -- mid6 == far -- server
#
# One of the links == at a time is small. Both are remote: no interface of the hosts and of the router is smaller
# than 1500, so that nobody announces a smaller MSS. What mid6 reports to the client as "packet too big" must reach
# it as "fragmentation needed", 20 less; what mid4 reports to the server the other way, 20 more.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip socat ethtool nstat sha256sum tcpdump python3 taskset

tools=$(dirname "$0")/../tools
small=1400

make_long_path
make_file 4
start_files

# learnt NAMESPACE DESTINATION MTU
learnt() {
	ip -n "$1" route get "$2" >"$dir/route.log"
	grep -q " mtu $3 " "$dir/route.log" || fail "the path MTU to $2 is not $3"
}

# heard NAME SENDER PEER MTU: the capture shows the error, about what had been sent
heard() {
	end_captures
	python3 -B "$tools/check_too_big.py" "$dir/$1.pcap" "$2" "$3" "$4" >"$dir/check.log" 2>&1 ||
		fail "the capture does not prove it"
	cat "$dir/check.log"
}

# to_server PORT
to_server() {
	forget
	narrow "$ns_mid6" far "$ns_far" mid6 $small
	capture client "$ns_client" eth0 ip
	upload "$1"
	learnt "$ns_client" 192.0.2.10 $((small - 20))
	heard client $client 192.0.2.10 $((small - 20))
	download "$1"
	narrow "$ns_mid6" far "$ns_far" mid6 1500
}

# to_client PORT
to_client() {
	forget
	narrow "$ns_near" mid4 "$ns_mid4" near $small
	capture server "$ns_server" eth0 ip6
	download "$1"
	learnt "$ns_server" $client6 $((small + 20))
	heard server $server $client6 $((small + 20))
	upload "$1"
	narrow "$ns_near" mid4 "$ns_mid4" near 1500
}

for state in on off; do
	configure_path "offload = $([ $state = on ] && echo true || echo false);" </dev/null
	start_nat46d "$ns_router"
	offload_on_links $state
	for port in 80 81; do
		echo "# super-packets $state, port $port"
		to_server $port
		to_client $port
	done
	all_content
	stop_nat46d
done

echo "PASS"
