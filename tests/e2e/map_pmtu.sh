#!/bin/sh
# SPDX-License-Identifier: ISC
# map_pmtu.sh - large files with curl over paths of 1400 and 1280 bytes, through a map, a plain and a spliced service
#
#	client -- near == mid4 -- [ router: nat46 (TUN), nat46d ] -- mid6 == far -- server
#
# One of the links == at a time is small, and no interface of the ends and of the router knows (see pmtu.sh). The map is
# used from both sides. NAT46D_TEST_MEGABYTES is the size of the file, 100 if not set.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip curl nft nstat sha256sum python3 taskset

tools=$(dirname "$0")/../tools
megabytes=${NAT46D_TEST_MEGABYTES:-100}
mapped=192.0.2.20

make_long_path
make_file "$megabytes"
sum=${sum%% *}

# start_web NAMESPACE ADDRESS
start_web() {
	launch "web-${1##*-}" ip netns exec "$1" python3 -B "$tools/web.py" "$2" 80 "$dir/file"
	wait_for 10 grep -q '^ready$' "$dir/web-${1##*-}.log" || fail "no web server"
}

# ask_web NAMESPACE OPTION... PLACE: what curl gets
ask_web() {
	web_ns=$1
	shift
	in_ns "$web_ns" curl -gsS -m $transfer_time -H Expect: "$@" || fail "curl $*"
}

# get NAMESPACE PLACE, put NAMESPACE PLACE: the file, and what arrives is what was sent
get() {
	got=$(ask_web "$1" "http://$2/file" | sha256sum)
	[ "${got%% *}" = "$sum" ] || fail "what comes from $2 is damaged"
}

put() {
	got=$(ask_web "$1" -T "$dir/file" "http://$2/file")
	[ "$got" = "$sum" ] || fail "what goes to $2 is damaged: $got"
}

# learnt NAMESPACE DESTINATION MTU
learnt() {
	ip -n "$1" route get "$2" >"$dir/route.log"
	grep -q " mtu $3 " "$dir/route.log" || fail "the path MTU to $2 is not $3: $(cat "$dir/route.log")"
}

# both_ways PLACE: the client puts and gets
both_ways() {
	put "$ns_client" "$1"
	get "$ns_client" "$1"
}

# from_server: the same for the server, which uses its map
from_server() {
	put "$ns_server" "[$client6]"
	get "$ns_server" "[$client6]"
}

configure_path <<-END
maps = ( { ipv4 = "$mapped"; ipv6 = "$server"; } );
END
start_nat46d "$ns_router"
start_web "$ns_server" $server
start_web "$ns_client" $client

# told: how often the ends were told of the MTU or of something else
told() {
	counter_of "$ns_client" IcmpInDestUnreachs
	counter_of "$ns_server" Icmp6InPktTooBigs
}

echo "# no small link: the MSS is such that nobody needs to be told"
told_before=$(told)
both_ways $mapped
from_server
[ "$(told)" = "$told_before" ] || fail "an end had to be told of the MTU"

for small in 1400 1280; do
	echo "# $small bytes on the side of the servers"
	narrow "$ns_mid6" far "$ns_far" mid6 $small
	for place in $mapped 192.0.2.10:81 192.0.2.10:80; do
		forget
		both_ways $place
		learnt "$ns_client" "${place%:*}" $((small - 20))
	done
	forget
	from_server
	narrow "$ns_mid6" far "$ns_far" mid6 1500

	echo "# $small bytes on the side of the clients"
	narrow "$ns_near" mid4 "$ns_mid4" near $small
	for place in $mapped 192.0.2.10:81 192.0.2.10:80; do
		forget
		get "$ns_client" $place # first, or the client knows the MTU and has a smaller MSS
		learnt "$ns_server" $client6 $((small + 20))
		put "$ns_client" $place
	done
	forget
	from_server
	learnt "$ns_server" $client6 $((small + 20))
	narrow "$ns_near" mid4 "$ns_mid4" near 1500
done

echo "# less than IPv6 knows on the side of the clients: what fits 1280 bytes may be cut"
narrow "$ns_near" mid4 "$ns_mid4" near 1000
for place in $mapped 192.0.2.10:81 192.0.2.10:80; do
	forget
	get "$ns_client" $place
	learnt "$ns_server" $client6 1280
done
narrow "$ns_near" mid4 "$ns_mid4" near 1500

# near_rule RULE: for what near forwards; no RULE takes it away
near_rule() {
	in_ns "$ns_near" nft -f - <<-END
	add table inet on_the_way
	delete table inet on_the_way
	table inet on_the_way {
		chain forward {
			type filter hook forward priority 0;
			$1
		}
	}
	END
}

echo "# a path that tells nobody: the client finds out itself"
sysctl_in "$ns_client" ipv4/tcp_mtu_probing 1
narrow "$ns_mid6" far "$ns_far" mid6 1280
near_rule 'icmp type destination-unreachable counter drop'
for place in $mapped 192.0.2.10:81 192.0.2.10:80; do
	forget
	put "$ns_client" $place
done
if in_ns "$ns_near" nft list table inet on_the_way | grep -q 'packets 0 '; then
	fail "nothing was kept from the client"
fi

echo "# nor does a client have to that does not forbid fragments"
sysctl_in "$ns_client" ipv4/tcp_mtu_probing 0
sysctl_in "$ns_client" ipv4/ip_no_pmtu_disc 1
for place in $mapped 192.0.2.10:81 192.0.2.10:80; do
	forget
	put "$ns_client" $place
done
sysctl_in "$ns_client" ipv4/ip_no_pmtu_disc 0

echo "# SYNs without MSS"
near_rule 'tcp flags syn reset tcp option maxseg'
for place in $mapped 192.0.2.10:81 192.0.2.10:80; do
	forget
	both_ways $place
done

all_content
stop_nat46d
echo "PASS"
