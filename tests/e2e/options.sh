#!/bin/sh
# SPDX-License-Identifier: ISC
# options.sh - hosts that differ in timestamps, SACK, window scale, ECN, buffers and MTU, in one run of the daemon
#
#	client -- [ router: nat46 (TUN), nat46d ] -- server (see path.sh)
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip ethtool nft nstat python3 taskset

make_path
address_on "$ns_client" eth0 198.51.100.3/24
address_on "$ns_client" eth0 198.51.100.4/24
# What servers lack is remembered for their service, so every combination of settings gets a service of its own.
fresh=$(seq -s ', ' 1000 1399)
configure_path "mtu = 9000;" ", { ipv4 = \"192.0.2.11\"; tcp = [ $fresh ]; rules = (
	{ bytes = \"PUT\"; to = \"[$server]:80\"; } ); }" <<-END
	tcp = { ecn = true; };
	END
start_nat46d "$ns_router"
first_port=1000
split=0 marked=0
for state in on off; do
	echo "# offload of the links: $state"
	offload_on_links $state
	launch matrix python3 -B "$(dirname "$0")/../tools/matrix.py" "$ns_client" "$ns_server" "$ns_router" \
		$first_port
	first_port=$((first_port + 200))
	wait_for 240 has_ended "$launched" || fail "the transfers do not end"
	wait "$launched" || fail "a transfer failed"
	grep -v '^lacks ' "$dir/matrix.log"
	sed -n 's/^lacks //p' "$dir/matrix.log" >>"$dir/lacking"
	before=$split
	split=$(counted segments_split)
	[ "$split" -gt "$before" ] || fail "no segment was too large for a server"
	before=$marked
	marked=$(counted drop.ecn_marked)
	[ "$marked" -gt "$before" ] || fail "no segment was marked for a server without ECN"
done
# Of a service, each thing that its server lacks is logged once, whatever the number of connections.
sed -n "s/.* promises lowered for an hour: service=\([^ ]*\) server=\[$server\]:80 /\1 /p" "$dir/nat46d.log" |
	awk '{ for (i = 2; i <= NF; i++) print $1, $i }' | sort >"$dir/logged"
sort "$dir/lacking" | diff - "$dir/logged" >&2 || fail "the log does not name what the servers lack, once each"
for word in sack=no timestamps=no ecn=no mss=536; do
	grep -q " $word$" "$dir/logged" || fail "no line with $word"
done
all_content ecn_marked
echo "PASS"
