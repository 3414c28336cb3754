#!/bin/sh
# SPDX-License-Identifier: ISC
# worked_example.sh - the example of the manual: the first byte chooses the server, the client closes early
#
#	h3 10.0.0.3 (2001:db8::3) --+                                 +-- h1 2001:db8::1
#	                            +-- four [ box: 10.0.0.42 ] six --+
#	h4 10.0.0.4 (2001:db8::4) --+                                 +-- h2 2001:db8::2
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip nft python3

make_box
make_client h3 10.0.0.3
make_client h4 10.0.0.4
make_server h1 2001:db8::1
make_server h2 2001:db8::2
neighbour_proxy 2001:db8::3 2001:db8::4
start_witness "$ns_h1" h1=2001:db8::1,80
start_witness "$ns_h2" h2=2001:db8::2,80

configure <<END
clients = (
  { ipv4 = "10.0.0.3"; ipv6 = "2001:db8::3"; },
  { ipv4 = "10.0.0.4"; ipv6 = "2001:db8::4"; }
);
services = (
  { name = "example"; ipv4 = "10.0.0.42"; tcp = 80;
    rules = ( { bytes = "A"; to = "2001:db8::1"; }, { bytes = "B"; to = "2001:db8::2"; } ); }
);
END
start_nat46d "$ns_box"
logged 'nat46d.conf:1: warning: prefix: "2001:db8:46::/96" is reserved for documentation' ||
	fail "the log has no warning about the prefix"

# sequence PATTERN...: the log has these lines in this order
sequence() {
	from=1
	for pattern; do
		found=$(tail -n "+$from" "$dir/nat46d.log" | grep -n -m 1 -- "$pattern" | cut -d: -f1)
		[ -n "$found" ] || fail "not logged, or not in this order: $pattern"
		from=$((from + found))
	done
}

# number NAME PATTERN: a field of the first line in the log that matches
number() {
	grep -m 1 -- "$2" "$dir/nat46d.log" | sed "s/.* $1=\([0-9]*\).*/\1/"
}

echo "# A reaches h1, B reaches h2; the servers see the mapped addresses and the ports"
expect "h1 2001:db8::3 33526|end 2 *|closed" "$ns_h3" --port 33526 --send 'A\n' 10.0.0.42 80
expect "h2 2001:db8::4 33527|end 2 *|closed" "$ns_h4" --port 33527 --send 'B\n' 10.0.0.42 80
expect "h2 2001:db8::3 33528|end 2 *|closed" "$ns_h3" --port 33528 --send 'B\n' 10.0.0.42 80
expect "h1 2001:db8::4 33529|silent" "$ns_h4" --port 33529 --send 'A\n' --open --patience 1 10.0.0.42 80

echo "# data and FIN in one segment"
expect "h1 2001:db8::3 33530|end 2 *|closed" "$ns_h3" --port 33530 --send 'A\n' --together 10.0.0.42 80
logged "BUFFER: 10.0.0.3:33530 => 10.0.0.42:80: flags=FPA" || fail "data and FIN came in two segments"

echo "# a FIN that arrives before the server has answered, for the server misses the first SYN"
firewall "$ns_h1" lossy input "tcp flags & (syn | ack) == syn quota 100 bytes drop"
expect "h1 2001:db8::3 33531|end 2 *|closed" "$ns_h3" --port 33531 --send 'A\n' 10.0.0.42 80
client="10.0.0.3:33531 => 10.0.0.42:80"
server="2001:db8::3:33531 => 2001:db8::1:80"
sequence "INCOMING: $client: flags=S " "OUTGOING: 10.0.0.42:80 => 10.0.0.3:33531: flags=SA " \
	"--- CLIENT CONNECTED $client" "BUFFER: $client: flags=P\?A .*len=2" "NAT46 OUT: $server: flags=S " \
	"BUFFER: $client: flags=FP\?A .*len=0" "NAT46 OUT: $server: flags=S " "--- SERVER CONNECTED $server" \
	"NAT46 OUT: $server: flags=FP\?A "

echo "# the server is called with the client's own initial sequence number"
isn=$(number seq "INCOMING: $client: flags=S ")
[ "$(number seq "NAT46 OUT: $server: flags=S ")" = "$isn" ] || fail "another initial sequence number"

echo "# nothing is acknowledged to the client before the server has answered"
before=$(sed -n "/INCOMING: $client/,/--- SERVER CONNECTED/p" "$dir/nat46d.log" |
	grep "OUTGOING: 10.0.0.42:80 => 10.0.0.3:33531" | grep -cv "flags=SA seq=[0-9]* ack=$(((isn + 1) % 4294967296)) ") || :
[ "$before" = 0 ] || fail "$before segments besides the SYN/ACK"

echo "# what no rule matches is refused, and no server hears of it"
expect "reset" "$ns_h3" --port 33532 --send 'C\n' 10.0.0.42 80
grep ':33532' "$dir/nat46d.log" | grep -q '2001:db8' && fail "C was sent to a server"

stop_nat46d
echo "PASS"
