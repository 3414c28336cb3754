#!/bin/sh
# SPDX-License-Identifier: ISC
# udp.sh - UDP services: questions and answers, servers that refuse or are gone, checksums, sizes, many ports, timeouts
#
#	clients 10.0.0.3 to .10 --- four [ box: 10.0.0.42 to .46 ] six --- servers 2001:db8::1, ::2, ::3 (ports closed)
#
# There is no host 2001:db8::5.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip python3 dig iperf3

tool=$(dirname "$0")/../tools/datagrams.py
make_box
clients=$(seq -f 10.0.0.%g 3 10)
# shellcheck disable=SC2086
make_client client $clients
make_server servers 2001:db8::1 2001:db8::2 2001:db8::3
launch servers ip netns exec "$ns_servers" python3 -B "$tool" serve one=2001:db8::1,7 two=2001:db8::2,7 \
	long=2001:db8::1,4000,long ns1=2001:db8::1,53,dns ns2=2001:db8::2,53,dns
wait_for 10 grep -q '^ready$' "$dir/servers.log" || fail "the servers do not start"

settings='
limits = { waiting_address = 4096; };
services = (
  { name = "echo";   ipv4 = "10.0.0.42"; udp = [ 7, 1007 ]; to = "[2001:db8::1]:7"; },
  { name = "again";  ipv4 = "10.0.0.43"; udp = 7; tcp = 443; to = "2001:db8::1"; },
  { name = "dns";    ipv4 = "10.0.0.42"; udp = 53; to = [ "2001:db8::1", "2001:db8::2" ]; },
  { name = "closed"; ipv4 = "10.0.0.44"; udp = 7; to = [ "2001:db8::3", "2001:db8::1" ]; },
  { name = "gone";   ipv4 = "10.0.0.45"; udp = 7; to = [ "2001:db8::5", "2001:db8::1" ]; },
  { name = "nobody"; ipv4 = "10.0.0.46"; udp = 7; to = "2001:db8::3"; },
  { name = "long";   ipv4 = "10.0.0.42"; udp = 4000; to = "2001:db8::1"; },
  { name = "iperf";  ipv4 = "10.0.0.42"; tcp = 5201; udp = 5201; to = "2001:db8::1"; }
);'
echo "$settings" | configure
start_nat46d "$ns_box"

# asks PATTERN OPTION... ADDRESS PORT: a client gets this, its lines joined by "|"
asks() {
	pattern=$1
	shift
	answer=$(in_ns "$ns_client" timeout 30 python3 -B "$tool" ask "$@" 2>&1 | paste -sd '|')
	case $answer in
	$pattern) ;;
	*) fail "the answer to '$*' is '$answer', not '$pattern'" ;;
	esac
}

echo "# a question, another port, and another one with the same server from the same port at the same time"
asks "one 2001:db8:46::a00:3 40001 8" --source 10.0.0.3 --port 40001 10.0.0.42 7
asks "one 2001:db8:46::a00:4 40001 8" --source 10.0.0.4 --port 40001 10.0.0.42 1007
asks "one 2001:db8:46::a00:3 * 8" --source 10.0.0.3 --port 40001 10.0.0.43 7
[ "$(grep -c '^one 2001:db8:46::a00:3 40001 ' "$dir/servers.log")" = 1 ] || fail "two exchanges look the same"
[ "$(counted port_changed)" = 1 ] || fail "the changed port is not counted"

echo "# traces and sessions"
logged "NAT46 IN : 10.0.0.3:40001 => 10.0.0.42:7: proto=udp len=8" || fail "no trace of a datagram"
logged "NAT64 OUT: 10.0.0.42:7 => 10.0.0.3:40001: proto=udp len=" || fail "no trace of an answer"
asks "one * 40002 8|one * 40002 8" --source 10.0.0.3 --port 40002 --count 2 10.0.0.42 7
logged "session bound client=10.0.0.3:40002 service=10.0.0.42:7 server=[2001:db8::1]:7 source_port=40002 proto=udp" ||
	fail "no session line"

echo "# a port without UDP service, one of TCP too: closed"
asks refused --source 10.0.0.3 10.0.0.42 9
asks refused --source 10.0.0.3 10.0.0.43 443

echo "# name servers: the clients are spread, and each comes back to its server"
for round in first again; do
	for client in $clients; do
		echo "$client $(in_ns "$ns_client" dig -b "$client" +short +tries=1 +time=3 @10.0.0.42 TXT a.example |
			tr -d '"' | cut -d ' ' -f 1)"
	done >"$dir/$round"
done
cmp -s "$dir/first" "$dir/again" || fail "a client changed its server"
for server in ns1 ns2; do
	grep -q " $server$" "$dir/first" || fail "nobody reaches $server: $(cat "$dir/first")"
done

echo "# a server whose port is closed: nobody notices, and no question is asked twice"
for client in $clients; do
	asks "one * 8" --source "$client" 10.0.0.44 7
done
[ "$(counted udp_resent)" -gt 0 ] || fail "nobody tried the closed port"

echo "# a server that is gone: the router tells, after the three seconds that it looks for it"
for client in $clients; do
	asks "one * 8" --source "$client" --patience 8 10.0.0.45 7
done
logged "NAT46 OUT: 2001:db8:46::a00:" || fail "no trace"
grep -q 'NAT46 OUT: .* => 2001:db8::5:7: proto=udp' "$dir/nat46d.log" || fail "nobody tried the server that is gone"

echo "# the only server refuses: the client is told"
asks refused --source 10.0.0.3 10.0.0.46 7

echo "# no checksum: one is computed"
asks "one * 8" --source 10.0.0.3 --zero 10.0.0.42 7
[ "$(counted udp_checksums_made)" = 1 ] || fail "no checksum was computed"

echo "# sizes; what may be cut and does not fit IPv6 is cut, and what may not is refused with the size that fits"
for size in 0 1 1232 1233 1300 1452; do
	asks "one * $size" --source 10.0.0.3 --size $size 10.0.0.42 7
done
for size in 1233 1452 1472; do
	asks "one * $size" --source 10.0.0.3 --size $size --fragments 10.0.0.42 7
done
in_ns "$ns_client" ip route flush cache
asks "Message too long|*" --source 10.0.0.3 --size 1472 --count 2 10.0.0.42 7
in_ns "$ns_client" ip route get 10.0.0.42 | grep -q 'mtu 1480' || fail "the client does not know the path MTU"

echo "# fragments, both ways"
for size in 1473 8000 60000; do
	asks "one * $size" --source 10.0.0.3 --size $size --fragments 10.0.0.42 7
done
asks "long 2001:db8:46::a00:3 *" --source 10.0.0.3 10.0.0.42 4000

echo "# several datagrams in one"
asks "one * 1000|one * 1000|one * 1000|one * 1000|one * 1000" --source 10.0.0.3 --size 1000 --segments 5 10.0.0.42 7

echo "# many ports of one client"
in_ns "$ns_client" python3 -B "$tool" many 1500 10.0.0.42 7 >"$dir/many.log"
grep -q "^1500 answered$" "$dir/many.log" || fail "not every port is served"

echo "# iperf3, both ways"
launch iperf ip netns exec "$ns_servers" iperf3 -s -B 2001:db8::1
wait_for 10 listening "$ns_servers" "[2001:db8::1]" 5201 || fail "iperf3 does not start"
for option in "" -R; do
	# shellcheck disable=SC2086
	in_ns "$ns_client" timeout 30 iperf3 -c 10.0.0.42 -u -b 20M -l 1200 -t 2 $option >"$dir/iperf-client.log" 2>&1 ||
		fail "iperf3 $option"
	grep -q 'receiver' "$dir/iperf-client.log" || fail "iperf3 $option says nothing"
	lost=$(sed -n 's/.*(\([0-9.]*\)%).*receiver.*/\1/p' "$dir/iperf-client.log")
	[ "${lost%%.*}" = 0 ] || fail "iperf3 $option loses $lost %"
done
stop_nat46d

echo "# time is up, and what the server sends then is refused"
{
	echo "$settings"
	echo 'timeouts = { udp = 2; };'
} | configure
start_nat46d "$ns_box"
asks "one * 40003 8|one * 40003 8" --source 10.0.0.3 --port 40003 --count 2 10.0.0.42 7
[ "$(counted udp)" = 1 ] || fail "the exchange is not counted"
no_exchange() {
	[ "$(counted udp)" = 0 ]
}
wait_for 10 no_exchange || fail "the exchange does not end"
grep -q 'session ended client=10.0.0.3:40003 .* proto=udp .* end="timeout"' "$dir/nat46d.log" || fail "no session line"
in_ns "$ns_servers" python3 - <<END || fail "a late datagram is not refused"
import socket
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
sock.bind(("2001:db8::1", 1007))
sock.connect(("2001:db8:46::a00:3", 40003))
sock.settimeout(3)
sock.send(b"late")
try:
    sock.recv(1)
except OSError as error:
    raise SystemExit(isinstance(error, TimeoutError))
raise SystemExit(1)
END
stop_nat46d
echo "PASS"
