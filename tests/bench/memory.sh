#!/bin/sh
# SPDX-License-Identifier: ISC
# memory.sh - how much memory the daemon takes for connections, names and services
#
#	client --- four [ box: nat46 (TUN), nat46d ] six --- server
#
# Each row is a daemon of its own. Its resident memory is read when it is ready, and for connections once more when all
# of them are in the table. Exchanges of UDP stand for connections: their records are the same, and take one datagram.
#
# Exit: 0, 1 failed, 2 usage, 77 cannot run here.
set -eu

usage() {
	cat <<-END
	usage: memory.sh [-n COUNT]
	  -n COUNT   connections and names, a tenth of it rules, a hundredth services (default 100000)
	NAT46D=/path/to/nat46d takes that binary, and nat46ctl beside it; otherwise the tree around this script is built.
	END
}

here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
count=100000
read_options "n:=count" "$@"
positive "$count"

. "$here/build.sh"
. "$here/../e2e/network.sh"
require ip cc awk nft
nat46ctl=${NAT46D%/*}/nat46ctl
cc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$dir/udp_source" "$here/udp_source.c" || fail "udp_source.c"
tell_machine

make_box
make_client client 10.0.0.3
ip -n "$ns_client" route add default via 10.0.0.1
make_server server 2001:db8::1
firewall "$ns_server" quiet input 'meta l4proto udp drop'

# begin: the daemon with the configuration of standard input
begin() {
	configure
	sed -i '/level = "trace"/d' "$dir/nat46d.conf"
	start_nat46d "$ns_box"
}

# row NAME COUNT KILOBYTES LESS: what it takes, and for one of them, without what a daemon with nothing takes
row() {
	awk -v name="$1" -v count="$2" -v is="$3" -v less="$4" 'BEGIN {
		printf "%-30s %9d %9.1f MB", name, count, is / 1024
		if (count)
			printf " %7.0f bytes each", (is - less) * 1024 / count
		printf "\n"
	}'
}

# with NAME COUNT: a row for a daemon that is ready
with() {
	begin
	row "$1" "$2" "$(resident)" "$empty"
	stop_nat46d
}

begin <<END
services = ( { ipv4 = "10.0.0.42"; udp = 5000; to = "2001:db8::1"; } );
END
empty=$(resident)
row "nothing" 0 "$empty" 0
stop_nat46d

awk -v n="$count" 'BEGIN { for (i = 0; i < n; i++) printf "2001:db8::1 www%07d.customer.example\n", i }' >"$dir/hosts"
with "names in a file, 25 letters" "$count" <<END
services = ( { ipv4 = "10.0.0.42"; tcp = 80; hosts = "$dir/hosts"; } );
END

{
	echo 'services = ( { ipv4 = "10.0.0.42"; tcp = 80; rules = ('
	awk -v n=$((count / 10)) 'BEGIN { for (i = 0; i < n; i++)
		printf "%s{ host = \"www%07d.customer.example\"; to = \"2001:db8::1\"; }\n", i ? "," : "", i }'
	echo '); } );'
} | with "rules with such a name" $((count / 10))

{
	echo 'services = ('
	awk -v n=$((count / 100)) 'BEGIN { for (i = 0; i < n; i++)
		printf "%s{ name = \"c%d\"; ipv4 = \"10.%d.%d.%d\"; tcp = 80; to = \"2001:db8::1\"; }\n", i ? "," : "",
			i, 1 + i / 62500, i / 250 % 250, i % 250 + 1 }'
	echo ');'
} | with "services without rules" $((count / 100))

begin <<END
services = ( { ipv4 = "10.0.0.42"; udp = 5000; to = "2001:db8::1"; } );
limits = { flows = $((2 * count + 1000)); flows_address = 16777215; flows_network = 16777215;
	waiting = 1048576; waiting_address = 1048576; waiting_network = 1048576; };
END
empty=$(resident)

# is_full: are all there; a few are lost in queues until their turn comes again
is_full() {
	"$nat46ctl" -s "$dir/control" -j status >"$dir/status"
	flows=$(sed -n 's/^"flows":.*"udp":\([0-9]*\),.*/\1/p' "$dir/status")
	[ "$flows" -ge $((count - count / 50)) ]
}

launch source ip netns exec "$ns_client" "$dir/udp_source" 11.0.0.1 10.0.0.42 5000 "$count" 8 200
wait_for 200 is_full || fail "only $flows flows"
kill "$launched"
row "connections" "$flows" "$(resident)" "$empty"
stop_nat46d
