#!/bin/sh
# SPDX-License-Identifier: ISC
# servers.sh - several servers of one rule: spread by client, the next in rank when one refuses or stays silent
#
#	clients 10.0.0.3 to .18 --- four [ box: 10.0.0.42 to .48 ] six --- servers 2001:db8::1, ::2, ::3
#	                                                          six --- lost 2001:db8::4: its packets are dropped
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip nft python3

make_box
clients=$(seq -f 10.0.0.%g 3 18)
# shellcheck disable=SC2086
make_client client $clients
make_server servers 2001:db8::1 2001:db8::2 2001:db8::3
make_server lost 2001:db8::4
firewall "$ns_lost" lost input "meta l4proto tcp drop"
start_witness "$ns_servers" one=2001:db8::1,80 two=2001:db8::2,80

configure <<END
timeouts = { connect = 6.0; };
services = (
  { name = "two";     ipv4 = "10.0.0.42"; tcp = 80;
    rules = ( { bytes = "A"; to = [ "2001:db8::1", "2001:db8::2" ]; } ); },
  { name = "refusing"; ipv4 = "10.0.0.43"; tcp = 80;
    rules = ( { bytes = "A"; to = [ "2001:db8::3", "2001:db8::1" ]; } ); },
  { name = "silent";  ipv4 = "10.0.0.44"; tcp = 80;
    rules = ( { bytes = "A"; to = [ "2001:db8::4", "2001:db8::1" ]; } ); },
  { name = "first";   ipv4 = "10.0.0.45"; tcp = 80; rules = ( { bytes = "A"; to = "2001:db8::1"; } ); },
  { name = "second";  ipv4 = "10.0.0.46"; tcp = [ 80, 81 ];
    rules = ( { bytes = "A"; to = "[2001:db8::1]:80"; } ); },
  { name = "plain";   ipv4 = "10.0.0.47"; tcp = 80; to = "2001:db8::1"; },
  { name = "plain2"; ipv4 = "10.0.0.48"; tcp = 80; to = "2001:db8::1"; }
);
END
start_nat46d "$ns_box"

# answers ADDRESS: "CLIENT SERVER" for each client
answers() {
	for client in $clients; do
		answer=$(ask "$ns_client" --source "$client" --send A "$1" 80 | sed -n 1p)
		echo "$client ${answer%% *}"
	done
}

echo "# the clients are spread, and each comes back to its server"
answers 10.0.0.42 >"$dir/first"
answers 10.0.0.42 >"$dir/again"
cmp -s "$dir/first" "$dir/again" || fail "a client changed its server"
for server in one two; do
	[ "$(grep -c " $server$" "$dir/first")" -ge 2 ] || fail "nearly nobody reaches $server: $(cat "$dir/first")"
done

echo "# one server refuses: the other takes over at once, for every client"
answers 10.0.0.43 >"$dir/refusing"
[ "$(grep -c ' one$' "$dir/refusing")" = 16 ] || fail "not everybody was served: $(cat "$dir/refusing")"
grep -q 'NAT46 OUT: .* => 2001:db8::3:80: flags=S' "$dir/nat46d.log" || fail "nobody tried the server that refuses"
grep 'NAT46 OUT: .* => 2001:db8::3:80' "$dir/nat46d.log" | grep -qv 'flags=S ' &&
	fail "more than a SYN went to the server that refuses"

echo "# one server stays silent: the other takes over"
for client in 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8; do
	ask "$ns_client" --source $client --send A 10.0.0.44 80 >"$dir/$client.log" &
	asking="${asking-} $!"
done
for pid in $asking; do
	wait "$pid" || fail "a client fails"
done
for client in 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8; do
	grep -q '^one ' "$dir/$client.log" || fail "$client was not served: $(cat "$dir/$client.log")"
done
grep -q 'NAT46 OUT: .* => 2001:db8::4:80: flags=S' "$dir/nat46d.log" || fail "nobody tried the silent server"

echo "# services that share a server, with rules and without, from one client port at the same time"
port=50000
for place in "10.0.0.45 80" "10.0.0.47 80" "10.0.0.46 80" "10.0.0.48 80" "10.0.0.46 81"; do
	# shellcheck disable=SC2086
	ask "$ns_client" --source 10.0.0.9 --port $port --send A --open --patience 4 $place >"$dir/shared $place.log" &
	sharing="${sharing-} $!"
	wait_for 3 grep -q '^one 2001:db8:46::a00:9 ' "$dir/shared $place.log" || fail "$place is not served"
done
[ "$(cat "$dir"/shared*.log | grep '^one' | sort -u | wc -l)" = 5 ] || fail "two connections look the same"
grep -q "^one 2001:db8:46::a00:9 $port$" "$dir/shared 10.0.0.45 80.log" || fail "the first lost its port"
for pid in $sharing; do
	wait "$pid" || fail "a client fails"
done
[ "$(cat "$dir"/shared*.log | grep -c '^silent$')" = 5 ] || fail "a connection was disturbed"

echo "# who refused and who was silent is said, and when it is over"
logged "warning: server [2001:db8::3]:80 (service refusing) refuses connections" || fail "a server that refuses is not named"
[ "$(grep -c 'warning: server \[2001:db8::3\]:80 ' "$dir/nat46d.log")" = 1 ] || fail "it is named time and again"
logged "warning: server [2001:db8::4]:80 (service silent) does not answer" || fail "the silent server is not named"
start_witness "$ns_servers" three=2001:db8::3,80
is_back() {
	answers 10.0.0.43 >"$dir/back"
	logged "info: server [2001:db8::3]:80 (service refusing) answers again"
}
wait_for 40 is_back || fail "it is not said that the server answers again"

stop_nat46d
echo "PASS"
