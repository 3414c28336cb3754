#!/bin/sh
# SPDX-License-Identifier: ISC
# fragment_flood.sh - fragments that never get complete, ICMP errors with nonsense inside, extension headers without end
#
#	client -- [ router: nat46 (TUN), nat46d ] -- server (see path.sh)
#
# From both sides, to a map (192.0.2.20) and to the address of services. Meanwhile two transfers go on as if nothing
# was, the daemon takes no memory beyond what it takes in the first moments, and each kind has counters of its own.
# NAT46D_TEST_FRAGMENTS is the number of first fragments, a million if not set.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip curl ping nstat sha256sum python3 taskset

tools=$(dirname "$0")/../tools
fragments=${NAT46D_TEST_FRAGMENTS:-1000000}
rate=100000
mapped=192.0.2.20

make_path
# What maps pass on would fill the memory that the ends themselves have for fragments, for half a minute and more.
sysctl_in "$ns_client" ipv4/ipfrag_time 1
sysctl_in "$ns_server" ipv6/ip6frag_time 1
make_file 256
sum=${sum%% *}
configure_path <<-END
maps = ( { ipv4 = "$mapped"; ipv6 = "$server"; } );
END
start_nat46d "$ns_router"
launch web ip netns exec "$ns_server" python3 -B "$tools/web.py" $server 80 "$dir/file"
wait_for 10 grep -q '^ready$' "$dir/web.log" || fail "no web server"

# start_transfer NAME ADDRESS: slow, but never so slow as if it was stuck; sets $transfer_NAME
start_transfer() {
	launch "transfer-$1" ip netns exec "$ns_client" curl -sS --limit-rate 2M --speed-limit 1000 --speed-time 3 \
		-o "$dir/got-$1" "http://$2/file"
	eval "transfer_$1=\$launched"
	wait_for 10 test -s "$dir/got-$1" || fail "the transfer from $2 does not begin"
}

# end_transfer NAME: it still goes on, and what has come so far is right
end_transfer() {
	eval "transfer=\$transfer_$1"
	kill -0 "$transfer" 2>/dev/null || fail "the transfer $1 has ended"
	kill "$transfer"
	wait "$transfer" 2>/dev/null || :
	cmp "$dir/got-$1" "$dir/file" 2>&1 | grep -q "^cmp: EOF on $dir/got-$1" || fail "the transfer $1 is damaged"
	echo "transfer $1: $(wc -c <"$dir/got-$1") bytes"
}

# junk FROM KIND SOURCE DESTINATION COUNT: memory must be what it was after a twentieth of it, and ping must go
junk() {
	eval "junk_ns=\$ns_$1"
	shift
	for share in 20 1; do
		in_ns "$junk_ns" python3 -B "$tools/junk.py" "$1" "$2" "$3" $(($4 / share)) $rate >"$dir/junk.log" 2>&1 ||
			fail "junk.py $*"
		eval "memory_$share=\$(resident)"
	done
	# shellcheck disable=SC2154
	echo "$1 to $3: $(cat "$dir/junk.log"), $memory_20 kB before, $memory_1 kB after"
	[ "$memory_1" -le $((memory_20 + 64)) ] || fail "$1 to $3 take memory"
}

# grown NAME: the counters with these names have grown since the last call; what they were is kept in $dir
grown() {
	for name; do
		now=$(counted "$name")
		before=$(cat "$dir/count.$name" 2>/dev/null || echo 0)
		[ "$now" -gt "$before" ] || fail "$name does not count: $now"
		echo "$now" >"$dir/count.$name"
	done
}

start_transfer map $mapped
start_transfer spliced 192.0.2.10

echo "# first fragments"
junk client fragments $client+60 $mapped $((fragments / 4))
junk client fragments $client+60 192.0.2.10 $((fragments / 4))
junk server fragments $server $client6 $((fragments / 2))
grown drop.udp_unsummed fragments_evicted

echo "# nonsense in ICMP errors"
for address in $mapped 192.0.2.10; do
	junk client errors $client $address 50000
done
junk server errors $server $client6 50000
grown drop.icmp_inner drop.icmp_ignored drop.icmp_no_flow

echo "# extension headers"
junk server extensions $server $client6 50000
grown drop.bad_header drop.protocol

in_ns "$ns_client" ping -q -n -c 20 -i 0.01 -W 2 -s 4000 $mapped >"$dir/ping.log" 2>&1 || fail "fragments are not taken"
end_transfer map
end_transfer spliced
counted received >/dev/null
grep 'received=' "$dir/nat46d.log" | tail -n 1
stop_nat46d
echo "PASS"
