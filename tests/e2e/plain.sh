#!/bin/sh
# SPDX-License-Identifier: ISC
# plain.sh - services without rules: the handshake goes end to end, the client meets its server
#
#	clients 10.0.0.3 to .10 --- four [ box: 10.0.0.42 to .46 ] six --- servers 2001:db8::1, ::2, ::3 (port closed)
#	                                                           six --- lost 2001:db8::4: its packets are dropped
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip nft python3

make_box
clients=$(seq -f 10.0.0.%g 3 10)
# shellcheck disable=SC2086
make_client client $clients
make_server servers 2001:db8::1 2001:db8::2 2001:db8::3
make_server lost 2001:db8::4
firewall "$ns_lost" lost input "meta l4proto tcp drop"
start_witness "$ns_servers" one=2001:db8::1,80 two=2001:db8::2,80 mail=2001:db8::1,25,first

configure <<END
services = (
  { name = "one";    ipv4 = "10.0.0.42"; tcp = ( 80, "20-29" ); to = "2001:db8::1"; },
  { name = "port";   ipv4 = "10.0.0.42"; tcp = "8080-8089"; to = "[2001:db8::2]:80"; },
  { name = "two";    ipv4 = "10.0.0.43"; tcp = 80; to = [ "2001:db8::1", "2001:db8::2" ]; },
  { name = "half";   ipv4 = "10.0.0.44"; tcp = 80; to = [ "2001:db8::1", "2001:db8::4" ]; },
  { name = "closed"; ipv4 = "10.0.0.45"; tcp = 80; to = "2001:db8::3"; },
  { name = "nobody"; ipv4 = "10.0.0.46"; tcp = 80; to = "2001:db8::5"; }
);
END
start_nat46d "$ns_box"

echo "# one server: by port and range of ports, with another port, and one that speaks first"
expect "one 2001:db8:46::a00:3 40001|end 2 *|closed" "$ns_client" --source 10.0.0.3 --port 40001 --send 12 10.0.0.42 80
expect "two 2001:db8:46::a00:4 40002|end 2 *|closed" "$ns_client" --source 10.0.0.4 --port 40002 \
	--send 12 10.0.0.42 8080
expect "SSH-2.0-mail|mail 2001:db8:46::a00:3 40003|end 4 *|closed" "$ns_client" --source 10.0.0.3 --port 40003 \
	--listen-first --send QUIT 10.0.0.42 25
expect "two 2001:db8:46::a00:4 40004|end 2 *|closed" "$ns_client" --source 10.0.0.4 --port 40004 \
	--send 12 10.0.0.42 8089

echo "# the handshake goes end to end: client and server see each other's sequence numbers"
syn_ack=$(sed -n 's/.*NAT64 IN : 2001:db8::1:80 => 2001:db8:46::a00:3:40001: flags=SA \(.*\)/\1/p' "$dir/nat46d.log")
logged "NAT64 OUT: 10.0.0.42:80 => 10.0.0.3:40001: flags=SA $syn_ack" || fail "the SYN/ACK is not the server's own"

# ask_all ADDRESS: every client at the same time; one line "CLIENT SERVER" for each
ask_all() {
	asking=
	for client in $clients; do
		ask "$ns_client" --source "$client" --send A "$1" 80 >"$dir/$client.answer" &
		asking="$asking $!"
	done
	for pid in $asking; do
		wait "$pid" || fail "a client fails"
	done
	for client in $clients; do
		echo "$client $(sed -n '1s/ .*//p' "$dir/$client.answer")"
	done
}

echo "# two servers: the clients are spread, and each comes back to its server"
ask_all 10.0.0.43 >"$dir/first"
ask_all 10.0.0.43 >"$dir/again"
cmp -s "$dir/first" "$dir/again" || fail "a client changed its server"
for server in one two; do
	grep -q " $server$" "$dir/first" || fail "nobody reaches $server: $(cat "$dir/first")"
done

echo "# one of two servers is silent: the repeated SYN goes to the other"
ask_all 10.0.0.44 >"$dir/half"
[ "$(grep -c ' one$' "$dir/half")" = 8 ] || fail "not everybody was served: $(cat "$dir/half")"
grep -q 'NAT46 OUT: .* => 2001:db8::4:80: flags=S' "$dir/nat46d.log" || fail "nobody tried the silent server"

echo "# the server's port is closed: refused; there is no such server: unreachable"
expect refused "$ns_client" --source 10.0.0.3 10.0.0.45 80
expect unreachable "$ns_client" --source 10.0.0.3 10.0.0.46 80

grep -q 'warning: server \[.*\]:80 (service .*) refuses connections$' "$dir/nat46d.log" || fail "nothing says who refused"
grep -q 'warning: server \[.*\]:80 (service .*) cannot be reached' "$dir/nat46d.log" || fail "nothing says who is not there"

stop_nat46d
echo "PASS"
