#!/bin/sh
# SPDX-License-Identifier: ISC
# ctl_abuse.sh - whatever comes over the control socket, and however slowly: the daemon has its bounds, packets go on,
# and nat46ctl gets its answer
#
#	client 10.0.0.3 --- four [ box: 10.0.0.42 ] six --- server 2001:db8::1
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/transfers.sh"
require ip python3

clients=8 # that the daemon serves at a time
patience=10 # seconds
tool=$(dirname "$0")/../tools/control.py
make_names 1000
# an answer that fits into no buffer
{
	sed '/^services/,/^);/d' "$dir/nat46d.conf"
	cat <<-ENTRIES
	services = (
	  { name = "web"; ipv4 = "10.0.0.42"; tcp = 80; hosts = "$dir/hosts"; },
	  { name = "many"; ipv4 = "10.0.0.43"; tcp = 80; rules = (
	      { host = [ $(seq -s ', ' -f '"host%g.example"' 20000) ]; to = "2001:db8::1"; } ); }
	);
	ENTRIES
} >"$dir/large.conf"
mv "$dir/large.conf" "$dir/nat46d.conf"
start_nat46d "$ns_box"
start_transfers 100

# descriptors: of the daemon
descriptors() {
	find "/proc/$nat46d_pid/fd" -type l | wc -l
}

has_descriptors() {
	[ "$(descriptors)" = "$1" ]
}

# watch_descriptors: how many it had at any time
watch_descriptors() {
	while :; do
		descriptors
		sleep 0.1
	done >>"$dir/descriptors"
}

answers() {
	"$NAT46CTL" -s "$dir/control" status >"$dir/status.log" && grep -q '^service    web' "$dir/status.log"
}

# requests COUNT SEED
requests() {
	python3 -B "$tool" random "$dir/control" "$1" "$2" >"$dir/random.log" 2>&1 || fail "random requests"
	tail -n 1 "$dir/random.log"
}

requests 200 1
descriptors=$(descriptors)
memory=$(resident)
watch_descriptors &
pids="$pids $!"

echo "# clients that do not go on in one way or the other, and 10,000 requests on the one connection that they leave"
launch slow python3 -B "$tool" slow "$dir/control"
wait_for 5 grep -q '^slow$' "$dir/slow.log" || fail "no slow clients"
requests 10000 4711
answers || fail "nat46ctl gets no answer"
wait_for $((2 * patience)) has_ended "$launched" || fail "slow clients stay"
sed '/^slow$/d' "$dir/slow.log"
[ "$(grep -c " after \($patience\|$((patience + 1))\) s\$" "$dir/slow.log")" = $((clients - 1)) ] || fail "not in time"

echo "# clients that hold all connections, and come back: nat46ctl waits for its turn, and gets its answer"
launch hold python3 -B "$tool" hold "$dir/control" $clients
wait_for 5 grep -q '^held$' "$dir/hold.log" || fail "nobody holds the connections"
wait_for 5 has_descriptors $((descriptors + clients)) || fail "not all connections are held"
start=$(date +%s)
answers || fail "nat46ctl gets no answer"
echo "after $(($(date +%s) - start)) s"
[ $(($(date +%s) - start)) -le $((patience + 2)) ] || fail "it had to wait longer than for one turn"
kill "$launched"

echo "# what it has cost"
wait_for 5 has_descriptors "$descriptors" || fail "descriptors: $(descriptors), there were $descriptors"
most=$(sort -n "$dir/descriptors" | tail -n 1)
echo "descriptors: $descriptors, $most at most; memory: $memory KB, then $(resident) KB"
# a file that is read for a reload, the connections, and one that is accepted and refused
[ "$most" -le $((descriptors + clients + 2)) ] || fail "that are too many descriptors"
# with each reload among them the allocator finds other places for 20,000 names, and none of them is lost
[ "$(resident)" -lt $((memory + 16384)) ] || fail "that is too much memory"
end_transfers 100
answers || fail "nat46ctl gets no answer"
stop_nat46d
echo "PASS"
