#!/bin/sh
# SPDX-License-Identifier: ISC
# honesty.sh - captures on both sides prove that nat46d acknowledges nothing itself and rewrites every field right
#
#	client -- v4 [ router: nat46 (TUN), nat46d ] v6 -- server (see path.sh); tcpdump on v4 and v6
#
# All offload on the links is off, so that the captures hold the real segments with real checksums.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip socat ethtool nstat sha256sum tcpdump python3 nft taskset

tools=$(dirname "$0")/../tools
make_path
offload_on_links off
make_file 4
start_files
configure_path </dev/null
start_nat46d "$ns_router"

# lose PERCENT: of the segments that enter the router, at random
lose() {
	in_ns "$ns_router" nft add table inet loss
	in_ns "$ns_router" nft 'add chain inet loss forward { type filter hook forward priority 0; }'
	for device in v4 v6; do
		in_ns "$ns_router" nft add rule inet loss forward iifname $device meta l4proto tcp \
			numgen random mod 100 '<' "$1" drop
	done
}

# proven PORT [MINIMUM...]: one transfer in each direction, captured and compared
proven() {
	echo "# port $1"
	capture client "$ns_router" v4 'ip'
	capture server "$ns_router" v6 'ip6'
	upload "$1"
	download "$1"
	end_captures
	shift
	python3 -B "$tools/check_honesty.py" "$dir/client.pcap" "$dir/server.pcap" 192.0.2.10 "$client6" \
		connections=2 connected=2 translated_to_server=1000 translated_to_client=1000 \
		timestamps_from_client=1000 timestamps_from_server=1000 "$@" >"$dir/check.log" 2>&1 ||
		fail "the captures do not prove it"
	cat "$dir/check.log"
}

echo "# without loss"
proven 80 with_delta=2 flushed=2
proven 81
all_content

echo "# 2 of 100 segments are lost in each direction"
lose 2
# A lost last ACK of a handshake brings another SYN/ACK.
kernel_may='TcpExtTCPSYNChallenge TcpExtTCPChallengeACK'
proven 80 with_delta=2 flushed=2 sack_from_client=10 sack_from_server=10
all_content

echo "PASS"
