#!/bin/sh
# SPDX-License-Identifier: ISC
# relay.sh - the relay of the tests does to packets what it was told, and nothing else
#
#	client 198.51.100.2 -- wire -- router 198.51.100.1 (which only answers)
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
. "$(dirname "$0")/wire.sh"
require ip ping

namespace client
namespace router
for end in "$ns_client" "$ns_router"; do
	sysctl_in "$end" ipv6/conf/default/disable_ipv6 1 # its own packets would be counted
done
wire "$ns_client" eth0 "$client/24" "$ns_router" v4 198.51.100.1/24

# pings OPTION...: echo requests from client to router; what ping prints is in $dir/ping
pings() {
	in_ns "$ns_client" timeout 30 ping -n "$@" 198.51.100.1 >"$dir/ping" || fail "nothing arrives: $(cat "$dir/ping")"
}

# said PATTERN: a number that ping printed, 0 if it did not
said() {
	sed -n "s/.*$1.*/\1/p" "$dir/ping" | grep . || echo 0
}

# is NUMBER WHAT FOUND
is() {
	[ "$1" = "$3" ] || fail "$2 is $3 instead of $1"
}

# counts WAY PACKETS [COUNTER=NUMBER]...: these, and 0 for all others that a good network has not
counts() {
	is "$2" "packets $1" "$(relayed "$1" packets)"
	for counter in lost duplicated reordered overflow refused waiting; do
		number=0
		for word; do
			[ "${word%=*}" != $counter ] || number=${word#*=}
		done
		is "$number" "$counter $1" "$(relayed "$1" $counter)"
	done
}

echo "# nothing but delay: every packet, no packet early, in order"
start_relay -d 15,10
pings -c 20 -i 0.01 -s 1000
stop_relay
counts forth 20
counts back 20
is $((20 * 1028)) bytes "$(relayed forth bytes)"
early=$(sed -n 's/.*time=\([0-9]*\).*/\1/p' "$dir/ping" | awk '$1 < 25' | wc -l)
is 0 "number of early packets" "$early"
sed -n 's/.*icmp_seq=\([0-9]*\).*/\1/p' "$dir/ping" >"$dir/order"
sort -n "$dir/order" | cmp -s - "$dir/order" || fail "not in order: $(paste -sd ' ' "$dir/order")"

# lost_with SEED: how many of 200 packets
lost_with() {
	start_relay -l 10,0 -s "$1"
	pings -c 200 -i 0.002 -W 1
	stop_relay
	lost=$(relayed forth lost)
	counts forth 200 "lost=$lost"
	counts back $((200 - lost))
	is $((200 - lost)) "number of answers" "$(said ' \([0-9]*\) received')"
}

echo "# loss: one of ten or so, the same for the same seed"
lost_with 1
first=$lost
[ "$first" -ge 10 ] && [ "$first" -le 35 ] || fail "$first of 200 packets were lost, not 10 %"
lost_with 1
is "$first" "number of packets lost with the same seed" "$lost"
lost_with 3
[ "$lost" != "$first" ] || fail "another seed changes nothing"

echo "# duplication"
start_relay -u 0,20
pings -c 100 -i 0.002
stop_relay
twice=$(relayed back duplicated)
[ "$twice" -gt 0 ] || fail "nothing came twice"
counts forth 100
counts back 100 "duplicated=$twice"
# ping ends when it has the answers that it waits for, so the copy of the last one is not seen
copies=$(said '+\([0-9]*\) duplicates')
[ "$copies" = "$twice" ] || [ "$copies" = $((twice - 1)) ] || fail "$copies copies arrived of $twice"

echo "# reordering: packets that are held back come behind those that were sent after them"
start_relay -r 20,0 -t 300
pings -c 100 -l 100
stop_relay
held=$(relayed forth reordered)
[ "$held" -gt 0 ] || fail "nothing was held back"
counts forth 100 "reordered=$held"
counts back 100
is 100 "number of answers" "$(said ' \([0-9]*\) received')"
sed -n 's/.*icmp_seq=\([0-9]*\).*/\1/p' "$dir/ping" >"$dir/order"
overtaken=$(awk '$1 < last { n++ } $1 > last { last = $1 } END { print n + 0 }' "$dir/order")
is "$held" "number of packets that were overtaken" "$overtaken"

echo "# a rate: 20 packets of 1250 bytes at 1 Mbit/s take 200 ms; a limit: no more than 5 of 50 fit in"
start_relay -b 1,0
begin=$(date +%s%N)
pings -c 20 -l 20 -s 1222
[ $(($(date +%s%N) - begin)) -ge 200000000 ] || fail "the link is too fast"
stop_relay
counts forth 20
counts back 20
start_relay -d 1000,0 -q 5
pings -c 50 -l 50 -W 2
stop_relay
[ "$(relayed forth overflow)" -gt 0 ] || fail "more packets than the limit are on the way"
is 50 "packets in all" "$(relayed forth packets)"

echo "# usage"
for bad in '-l x' '-l 101' '-d 1,2,3' '-q 0' '-s 1.5' '-z 1' '-d'; do
	status=0
	# shellcheck disable=SC2086
	"$RELAY" $wire_ends $bad >"$dir/usage" 2>&1 || status=$?
	is 2 "status for '$bad'" $status
	grep -q '^usage: ' "$dir/usage" || fail "no usage for '$bad'"
done
echo "PASS"
