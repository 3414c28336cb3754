#!/bin/sh
# SPDX-License-Identifier: ISC
# listing.sh - what a list of a million flows costs the packets that go on meanwhile
#
#	client --- four [ box: nat46 (TUN), nat46d ] six --- server
#
# The table is filled by datagrams of so many clients. Then echo requests go through a map, a thousand a second: first
# alone, then while nat46ctl lists all flows as JSON again and again.
#
# Exit: 0 nothing is later than without it, by more than MILLISECONDS; 1 it is, or failed; 2 usage; 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: listing.sh [-n FLOWS] [-m MILLISECONDS]
	  -n FLOWS         flows in the table (default 1000000)
	  -m MILLISECONDS  allowed added delay of the worst packet (default 5)
	NAT46D=/path/to/nat46d takes that binary, and nat46ctl beside it; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
flows=1000000
allowed=5
read_options "n:=flows m:=allowed" "$@"
positive "$flows" "$allowed"

. "$here/build.sh"
. "$here/../e2e/network.sh"
. "$here/probe.sh"
require ip cc nft python3 chrt
nat46ctl=${NAT46D%/*}/nat46ctl
cc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$dir/udp_source" "$here/udp_source.c" || fail "udp_source.c"
tell_machine

make_box
make_client client 10.0.0.3
ip -n "$ns_client" route add default via 10.0.0.1
make_server server 2001:db8::1 2001:db8::20
firewall "$ns_server" quiet input 'meta l4proto udp drop'
ip -n "$ns_box" link set six txqueuelen 1000
configure <<END
log = { level = "info"; };
maps = ( { ipv4 = "10.0.0.50"; ipv6 = "2001:db8::20"; } );
services = ( { ipv4 = "10.0.0.42"; udp = 5000; to = "2001:db8::1"; } );
limits = { flows = $((flows + 1000)); flows_address = 16777215; flows_network = 16777215;
	waiting = 1048576; waiting_address = 1048576; waiting_network = 1048576; };
END
sed -i '/level = "trace"/d' "$dir/nat46d.conf"
start_nat46d "$ns_box"

# counted_flows: how many there are
counted_flows() {
	"$nat46ctl" -s "$dir/control" -j status | sed -n 's/^"flows":.*"udp":\([0-9]*\),.*/\1/p'
}

# is_full: are all there; a few are lost in queues until their turn comes again
is_full() {
	[ "$(counted_flows)" -ge $((flows - flows / 100)) ]
}

launch source ip netns exec "$ns_client" "$dir/udp_source" 11.0.0.1 10.0.0.42 5000 "$flows" 8 200
wait_for 200 is_full || fail "only $(counted_flows) flows"
kill "$launched"
echo "flows       $(counted_flows)"

lists() {
	while :; do
		"$nat46ctl" -s "$dir/control" -j flows >"$dir/list" 2>"$dir/nat46ctl.log" || return 0
		wc -l <"$dir/list" >>"$dir/lists"
	done
}

probe alone
lists &
listing=$!
pids="$pids $listing"
probe listing
wait_for 60 [ -s "$dir/lists" ] || fail "no list was finished"
kill "$listing"
echo "lists       $(wc -l <"$dir/lists") complete ones, the first of $(head -n 1 "$dir/lists") lines"
tell_added $allowed
