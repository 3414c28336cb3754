#!/bin/sh
# SPDX-License-Identifier: ISC
# reload.sh - what reloads of many names cost the transfers and the packets that go on meanwhile
#
#	client --- four [ box: nat46 (TUN), nat46d ] six --- servers
#
# Echo requests go through a map, a thousand a second, while transfers go on: first alone, then while nat46ctl asks
# for a reload ten times a second, each of which finds another server for every name.
#
# Exit: 0 all transfers are whole, and nothing is later than without reloads, by more than MILLISECONDS; 1 not so, or
# failed; 2 usage; 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: reload.sh [-c TRANSFERS] [-n NAMES] [-s SERVICES] [-r RELOADS] [-m MILLISECONDS] [-o]
	  -c TRANSFERS     that go on (default 1000)
	  -n NAMES         in the file (default 100000)
	  -s SERVICES      with an address each, beside the one with names (default 4000)
	  -r RELOADS       that are asked for, ten each second (default 100)
	  -m MILLISECONDS  allowed added delay of the worst packet (default 5)
	  -o               ordinary priority for nat46d, as for clients and servers
	NAT46D=/path/to/nat46d takes that binary, and nat46ctl beside it; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
count=1000
hosts=100000
services=4000
reloads=100
allowed=5
ordinary=
read_options "c:=count n:=hosts s:=services r:=reloads m:=allowed o=ordinary" "$@"
positive "$count" "$hosts" "$services" "$reloads" "$allowed"

. "$here/build.sh"
. "$here/../e2e/network.sh"
. "$here/../e2e/transfers.sh"
. "$here/probe.sh"
require ip python3 chrt
tell_machine

make_names "$hosts" "$services"
if [ -n "$ordinary" ]; then
	start_nat46d "$ns_box"
else
	start_nat46d "$ns_box" chrt -R -f 1
fi
leads_to 1
start_transfers "$count"

probe alone $((reloads * 100))
reload_often "$reloads" >"$dir/reloads" &
reloading=$!
pids="$pids $reloading"
probe reloading $((reloads * 100))
wait "$reloading" || fail "the reloads fail"
cat "$dir/reloads"
sed -n 's/.*reloaded .* in \([0-9]*\) ms.*/\1/p' "$dir/nat46d.log" | sort -n |
	awk '{ took[NR] = $1 } END { print "took        " took[1] " to " took[NR] " ms, half of them less than " took[int((NR + 1) / 2)] }'
end_transfers "$count"
tell_added "$allowed"
