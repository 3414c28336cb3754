#!/bin/sh
# SPDX-License-Identifier: ISC
# guide_symptoms.sh - faults as nat46d-guide(7) describes them: what the log, nat46ctl and the counters say of each
#
# What is looked for here is also looked for in the guide, so that neither changes without the other.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/guide.sh"
require ip socat curl openssl python3 nft setpriv

make_guide
start_witness "$ns_one" one=2001:db8:1::1,80
start_witness "$ns_two" two=2001:db8:1::2,80 two=2001:db8:1::2,443
sed 's/\\(dq/"/g; s/\\&//g' "$guide" >"$dir/guide.txt"

# told TEXT: is it in the guide
told() {
	grep -qF -- "$1" "$dir/guide.txt" || fail "nat46d-guide(7) does not tell of '$1'"
}

# logs TEXT: within a few seconds, and the guide tells of it; then the log is empty
logs() {
	told "$1"
	wait_for 8 logged "$1" || fail "not logged: '$1'"
	: >"$dir/nat46d.log"
}

# counts NAME: a counter that has grown since it was asked for the last time, and that the guide tells of
counts() {
	grep -qE -- "^\.(It )?Cm (.* )?$1( |\$)" "$dir/guide.txt" || fail "nat46d-guide(7) does not tell of $1"
	wait_for 8 has_grown "$1" || fail "$1 does not grow"
	eval "last_$1=\$(counter $1)"
}

has_grown() {
	[ "$(counter "$1")" -gt "$(eval "echo \${last_$1:-0}")" ]
}

# fetch [CURL-OPTION...] URL: by the client; what it prints does not matter
fetch() {
	: >"$dir/page"
	in_ns "$ns_client" curl -s -k -m 4 --http0.9 -o "$dir/page" --resolve "*:80:192.0.2.10" --resolve "*:443:192.0.2.10" "$@" || :
}

# shows TEXT COMMAND...: nat46ctl says so, in what it prints or as an error, and the guide tells of it
shows() {
	told "$1"
	shows_text=$1
	shift
	"$@" >"$dir/shown.log" 2>&1 || :
	grep -qF -- "$shows_text" "$dir/shown.log" || fail "'$*' does not show '$shows_text'"
}

write_configuration() {
	configure_test <<-END
	prefix = "2001:db8:46::/96";
	timeouts = { connect = 1; silent = 1; udp = 1; };
	limits = { flows_address = 8; waiting_address = 4; };
	log = { sessions = true; };
	services = (
	  { name = "web"; ipv4 = "192.0.2.10"; tcp = [ 80, 443 ]; wait = 1; rules = (
	      { host = "www.example.org"; to = "2001:db8:1::1"; },
	      { host = "shop.example"; to = [ "2001:db8:1::2", "2001:db8:1::3" ]; } ); },
	  { name = "mixed"; ipv4 = "192.0.2.10"; tcp = 8080; to = "[2001:db8:1::2]:443"; rules = (
	      { host = "www.example.org"; to = "[2001:db8:1::1]:80"; } ); },
	  { name = "ssh"; ipv4 = "192.0.2.10"; tcp = 22; to = "2001:db8:1::1"; },
	  { name = "far"; ipv4 = "192.0.2.10"; tcp = 83; to = "2001:db8:99::1"; },
	  { name = "plain"; ipv4 = "192.0.2.10"; tcp = 84; to = "[2001:db8:1::2]:80"; },
	  { name = "dns"; ipv4 = "192.0.2.10"; udp = 53; to = "2001:db8:1::1"; },
	  { name = "late"; ipv4 = "192.0.2.10"; udp = 54; to = "2001:db8:1::2"; }
	);
	END
	[ $# -eq 0 ] || sed -i "$@" "$dir/nat46d.conf"
}

echo "# the start"
write_configuration
ip -n "$ns_box" address add 192.0.2.10/32 dev lo
launch_nat46d "$ns_box"
nat46d_ends 5
[ "$nat46d_status" = 1 ] || fail "a service's address on the box: status $nat46d_status"
logs "is also an address of"
ip -n "$ns_box" address delete 192.0.2.10/32 dev lo
shows "no daemon listens there" ctl status
sysctl_in "$ns_box" ipv4/ip_forward 0
sysctl_in "$ns_box" ipv6/conf/all/forwarding 0
start_nat46d "$ns_box"
shows "IPv4 forwarding is off" ctl status
shows "IPv6 forwarding is off" ctl status
logs "IPv6 forwarding is off"
sysctl_in "$ns_box" ipv4/ip_forward 1
sysctl_in "$ns_box" ipv6/conf/all/forwarding 1
shows "Permission denied" setpriv --reuid 12345 --regid 12345 --clear-groups \
	"${NAT46CTL:-${NAT46D%/*}/nat46ctl}" -s "$dir/control" status

# It answers when nobody waits any more.
launch late ip netns exec "$ns_two" python3 -c 'if True:
	import socket, time
	server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
	server.bind(("2001:db8:1::2", 54))
	data, client = server.recvfrom(2000)
	time.sleep(7)
	while True:
		server.sendto(data, client)
		time.sleep(1)'
wait_for 5 in_ns "$ns_two" sh -c 'ss -Hlun sport = :54 | grep -q :54' || fail "no UDP server"
echo hello | in_ns "$ns_client" timeout 3 socat -t 0.1 - UDP4:192.0.2.10:54 >"$dir/out.log" 2>&1 || :

echo "# who is refused, and why"
fetch http://www.example.org/
grep -q '^one ' "$dir/page" || fail "a request that is right fails"
fetch http://192.0.2.10:82/
counts refused_port
fetch http://nowhere.example/
counts refused_no_rule
logs 'why="no rule matches"'
in_ns "$ns_client" openssl s_client -connect 192.0.2.10:443 -noservername </dev/null >"$dir/out.log" 2>&1 || :
told "openssl s_client -connect 192.0.2.10:443 -noservername"
logs 'host=""'
in_ns "$ns_client" timeout 5 socat -u TCP4:192.0.2.10:80 - >"$dir/out.log" 2>&1 || :
counts refused_timeout
printf 'GET / HTTP/1.1\r\n' | in_ns "$ns_client" timeout 9 socat -t 9 - TCP4:192.0.2.10:80 >"$dir/out.log" 2>&1 || :
counts refused_incomplete
fetch http://192.0.2.10:22/
logs 'why="the server refuses"'
fetch http://192.0.2.10:22/
shows "failing" ctl status
fetch http://192.0.2.10:83/
logs "cannot be reached: an ICMP error says so"

echo "# the wrong server"
in_ns "$ns_client" openssl s_client -connect 192.0.2.10:8080 -noservername </dev/null >"$dir/out.log" 2>&1 || :
logs 'rule="to" host=""'

ctl drain 2001:db8:1::1 >"$dir/out.log"
shows "drained" ctl status
fetch http://www.example.org/
counts refused_drained
told "nat46ctl undrain 2001:db8:1::1"
ctl undrain 2001:db8:1::1 >"$dir/out.log"

echo "# a server without a way back, one of two that is silent, one that is asked by UDP and answers from another port"
ip -n "$ns_one" -6 route delete default
fetch http://www.example.org/
fetch http://www.example.org/
counts servers_silent
counts refused_silence
told 'why="no server answers"'
logs "does not answer"
ip -n "$ns_one" -6 route add default via 2001:db8:1::ff
ip -n "$ns_box" -6 neighbour replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev eth1 nud permanent
ip -n "$ns_box" -6 neighbour replace 2001:db8:1::3 lladdr 02:00:00:00:00:02 dev eth1 nud permanent
fetch http://shop.example/
counts servers_next
launch dns ip netns exec "$ns_one" python3 -c 'if True:
	import socket
	asked, other = (socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(2))
	asked.bind(("2001:db8:1::1", 53))
	other.bind(("2001:db8:1::1", 5353))
	while True:
		other.sendto(*asked.recvfrom(2000))'
wait_for 5 in_ns "$ns_one" sh -c 'ss -Hlun sport = :53 | grep -q :53' || fail "no UDP server"
echo hello | in_ns "$ns_client" timeout 3 socat -t 0.5 - UDP4:192.0.2.10:53 >"$dir/out.log" 2>&1 || :
counts no_map
ip -n "$ns_box" route add 192.0.2.99/32 dev nat46
in_ns "$ns_client" ping -q -c 1 -W 1 192.0.2.99 >"$dir/out.log" 2>&1 && fail "nobody answers pings"
counts not_ours

echo "# datagrams that are late, forged sources, signatures, too many of one client"
ip -n "$ns_one" address add 2001:db8:46::1234:5678/128 dev lo
in_ns "$ns_one" ping -q -n -c 1 -W 1 -I 2001:db8:46::1234:5678 2001:db8:46::c633:6407 >"$dir/out.log" 2>&1 && fail "answered"
ip -n "$ns_one" address delete 2001:db8:46::1234:5678/128 dev lo
counts bad_source
in_ns "$ns_client" python3 - <<'END'
import socket, struct
client = socket.socket()
client.settimeout(1)
TCP_MD5SIG = 14
address = struct.pack("=H2s4s120x", socket.AF_INET, struct.pack("!H", 22), socket.inet_aton("192.0.2.10"))
client.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, address + struct.pack("=BBHi80s", 0, 0, 6, 0, b"secret"))
try:
	client.connect(("192.0.2.10", 22))
except OSError:
	pass
END
counts tcp_signed
# connect NUMBER PORT: so many connections, one after the other, which all stay open until the last is made
connect() {
	in_ns "$ns_client" python3 - "$@" <<-'END'
	import socket, sys, time
	clients = [socket.socket() for _ in range(int(sys.argv[1]))]
	for client in clients:
	    client.setblocking(False)
	    client.connect_ex(("192.0.2.10", int(sys.argv[2])))
	    time.sleep(0.1)
	END
}
connect 8 80
counts source_limit
ip -n "$ns_box" -6 neighbour delete 2001:db8:1::2 dev eth1
connect 12 84
counts flows_source
counts udp_no_flow

echo "# a reload that fails, and those that need a restart"
cp "$dir/nat46d.conf" "$dir/good.conf"
echo "nonsense = 1;" >>"$dir/nat46d.conf"
ctl reload >"$dir/out.log" 2>&1 && fail "nonsense is taken"
shows "reload     failed" ctl status
write_configuration 's/name = "ssh"; ipv4 = "192.0.2.10"/name = "ssh"; ipv4 = "192.0.2.11"/'
shows "restart required" ctl reload
shows "for the route to" ctl reload
write_configuration 's/flows_address = 8/flows_address = 9/'
shows "stays in force" ctl reload

echo "# routes of others, and none any more"
: >"$dir/nat46d.log"
ip -n "$ns_box" -6 route add 2001:db8:46::/96 dev eth1 proto static metric 20
logs "2001:db8:46::/96 does not lead into nat46"
ip -n "$ns_box" -6 route delete 2001:db8:46::/96 dev eth1 proto static metric 20
ip -n "$ns_box" route delete 192.0.2.10/32 dev nat46
logs "there is no route to 192.0.2.10/32 into nat46"
nat46d_ends 15
[ "$nat46d_status" = 1 ] || fail "a route that is gone: status $nat46d_status"
echo "PASS"
