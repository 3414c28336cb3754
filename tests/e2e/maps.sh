#!/bin/sh
# SPDX-License-Identifier: ISC
# maps.sh - 1:1 maps with real programs: every protocol, from either side, of every size, and hairpins
#
#	client -- near -- mid4 -- [ router: nat46 (TUN), nat46d ] -- mid6 -- far --+-- server 2001:db8:2::1
#	198.51.100.2                                                              +-- other  2001:db8:3::35
#
# For IPv4, the server is 192.0.2.20 and the other one 192.0.2.37, of a block. The client is 2001:db8:46::198.51.100.2.
# nat46d itself is 192.0.2.1 and 2001:db8:46::1. Of the routers in IPv6, only far and mid6 have addresses in IPv4.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip ping curl dig iperf3 traceroute nstat python3 taskset

tools=$(dirname "$0")/../tools
mapped=192.0.2.20
mapped_other=192.0.2.37
prefix=2001:db8:46::
other=2001:db8:3::35

make_long_path
namespace other
link "$ns_far" other 2001:db8:3::ff/64 "$ns_other" eth0 $other/64
ip -n "$ns_other" route add default via 2001:db8:3::ff
for ns in $namespaces; do
	sysctl_in "$ns" ipv4/icmp_ratelimit 0
	sysctl_in "$ns" ipv6/icmp/ratelimit 0
done
configure_path "" ", { ipv4 = \"192.0.2.10\"; tcp = 8080; to = \"[$other]:8080\"; }" <<-END
maps = (
  { ipv4 = "$mapped"; ipv6 = "$server"; },
  { ipv4 = "192.0.2.32/28"; ipv6 = "2001:db8:3::30/124"; },
  { ipv4 = "192.0.2.66"; ipv6 = "2001:db8:11::2"; },
  { ipv4 = "192.0.2.70"; ipv6 = "2001:db8:12::2"; }
);
END
start_nat46d "$ns_router"

# start_web NAME ADDRESS: HTTP on port 8080; its log tells who asks
start_web() {
	eval "web_ns=\$ns_$1"
	mkdir "$dir/www-$1"
	head -c 300000 /dev/urandom >"$dir/www-$1/page"
	launch "web-$1" ip netns exec "$web_ns" python3 -u -m http.server -d "$dir/www-$1" -b "$2" 8080
	wait_for 10 serves "$web_ns" 8080 || fail "no web server in $1"
}

# fetch FROM TO URL PEER: the page, with PEER as the client that the server sees
fetch() {
	eval "fetch_ns=\$ns_$1"
	in_ns "$fetch_ns" curl -gsS -m 10 "$3/page" | cmp - "$dir/www-$2/page" || fail "$1 cannot fetch $3"
	wait_for 2 grep -q "^$4 .*\"GET /page" "$dir/web-$2.log" || fail "$2 does not see $4"
}

# start_tool NAME LOG COMMAND...: until it says "ready"
start_tool() {
	eval "tool_ns=\$ns_$1"
	log=$2
	shift 2
	launch "$log" ip netns exec "$tool_ns" python3 -B "$@"
	wait_for 10 grep -q '^ready$' "$dir/$log.log" || fail "$log is not ready"
}

# pings FROM ADDRESS: with data of each size; the first may be lost, it may tell of the path MTU
pings() {
	eval "ping_ns=\$ns_$1"
	for size in 0 1 56 1232 1472 1473 2000 8000; do
		in_ns "$ping_ns" ping -q -n -c 1 -W 1 -s $size "$2" >"$dir/ping.log" 2>&1 || :
		in_ns "$ping_ns" ping -q -n -c 10 -i 0.01 -W 2 -s $size "$2" >"$dir/ping.log" 2>&1 ||
			fail "no answer from $2 with $size bytes"
		grep -q ' 0% packet loss' "$dir/ping.log" || fail "answers from $2 with $size bytes are lost"
	done
}

# trace FROM ADDRESS HOPS OPTION...
trace() {
	eval "trace_ns=\$ns_$1"
	address=$2
	wanted=$3
	shift 3
	in_ns "$trace_ns" traceroute -n -q 1 -w 2 -m 12 "$@" "$address" >"$dir/trace.log" 2>&1 || fail "traceroute $*"
	hops=$(awk 'NR > 1 { print $2 }' "$dir/trace.log" | paste -s -d ' ')
	[ "$hops" = "$wanted" ] || fail "traceroute $* to $address: $hops"
}

# text_of FROM ADDRESS BYTES OPTION...: what the name server there tells
text_of() {
	eval "dig_ns=\$ns_$1"
	address=$2
	bytes=$3
	shift 3
	in_ns "$dig_ns" dig +short +tries=2 +timeout=3 +nocookie "$@" "@$address" TXT "$bytes.example" | tr -d '" \n'
}

# flood_of FROM OPTION... ADDRESS: iperf3 over UDP, of which not more than 1 % may be lost
flood_of() {
	eval "flood_ns=\$ns_$1"
	shift
	in_ns "$flood_ns" timeout 20 iperf3 -J -u -t 1 -c "$@" >"$dir/iperf3-client.log" 2>&1 || fail "iperf3 -c $*"
	sed -n '/"sum":/,/}/s/.*"lost_percent":[[:space:]]*\([0-9.]*\).*/\1/p' "$dir/iperf3-client.log" | tail -n 1 |
		awk 'NF == 1 && $1 <= 1 { good = 1 } END { exit !good }' || fail "iperf3 -c $* loses packets"
}

# protocols FROM ADDRESS TO OWN: not both ways at the same time, or both ends would send back what the other one did
protocols() {
	start_tool "$3" "protocols-$3" "$tools/protocols.py" serve "$4"
	eval "ask_ns=\$ns_$1"
	works=$(in_ns "$ask_ns" python3 -B "$tools/protocols.py" ask "$2")
	kill "$launched"
	[ "$works" = "sctp gre esp dccp udp-lite" ] || fail "from $1 to $3 only these protocols work: $works"
}

echo "# TCP"
start_web client $client
start_web server $server
start_web other $other
fetch client server http://$mapped:8080 $client6
fetch client other http://$mapped_other:8080 $client6
fetch server client "http://[$client6]:8080" $mapped
fetch other client "http://[$client6]:8080" $mapped_other

echo "# hairpin"
fetch server other "http://[${prefix}c000:225]:8080" ${prefix}c000:214
fetch other server "http://[${prefix}c000:214]:8080" ${prefix}c000:225
fetch server other "http://[${prefix}c000:20a]:8080" ${prefix}c000:214
pings server ${prefix}c000:225
in_ns "$ns_server" python3 -B "$tools/icmp.py" udp ${prefix}c000:225 5353 >"$dir/icmp.log" 2>&1 ||
	fail "no error about a closed port came back through a hairpin"
grep -q "^from ${prefix}c000:225 type 1 code 4 about 17 $server [0-9]* ${prefix}c000:225 5353" "$dir/icmp.log" ||
	fail "an error through a hairpin is about something else"

echo "# UDP, also in fragments"
start_tool server dns-server "$tools/dns.py" $server
start_tool client dns-client "$tools/dns.py" $client
for ask in "client $mapped 4096" "server $client6 4096" "client $mapped 60000" "server $client6 60000"; do
	# shellcheck disable=SC2086
	over_udp=$(text_of $ask +notcp +ignore +bufsize=65000) over_tcp=$(text_of $ask +tcp)
	[ ${#over_udp} = "${ask##* }" ] || fail "dig $ask over UDP: ${#over_udp} bytes"
	[ "$over_tcp" = "$over_udp" ] || fail "dig $ask over TCP: ${#over_tcp} bytes"
done
launch iperf3 ip netns exec "$ns_server" iperf3 -s
wait_for 10 serves "$ns_server" 5201 || fail "no iperf3"
flood_of client $mapped -b 10M -l 1200
flood_of client $mapped -b 10M -l 1200 -R
flood_of client $mapped -b 1M -l 60

echo "# closed ports"
in_ns "$ns_client" python3 -B "$tools/icmp.py" udp $mapped 5353 >"$dir/icmp.log" 2>&1 || fail "no error from $mapped"
grep -q "^from $mapped type 3 code 3 about 17 $client [0-9]* $mapped 5353" "$dir/icmp.log" || fail "an odd error"
in_ns "$ns_server" python3 -B "$tools/icmp.py" udp $client6 5353 >"$dir/icmp.log" 2>&1 || fail "no error from $client6"
grep -q "^from $client6 type 1 code 4 about 17 $server [0-9]* $client6 5353" "$dir/icmp.log" || fail "an odd error"

echo "# ping"
pings client $mapped
pings client $mapped_other
pings server $client6

echo "# traceroute"
to_server="198.51.100.1 10.1.0.2 10.2.0.2 192.0.2.1 192.0.2.1 192.0.2.70 192.0.2.66 $mapped"
to_client="2001:db8:2::ff 2001:db8:11::1 2001:db8:12::1 ${prefix}1"
to_client="$to_client ${prefix}a02:2 ${prefix}a02:1 ${prefix}a01:1 $client6"
for option in -I "-U -p 5353" "-T -p 8080" "-T -p 8081"; do
	trace client $mapped "$to_server" $option
	trace server $client6 "$to_client" $option
done

echo "# other protocols"
protocols client $mapped server $server
protocols server $client6 client $client

# The router's kernel would redirect whoever makes a packet come out of the device that it went into. What
# traceroute sends from raw sockets gets errors that the kernel knows nothing about.
kernel_may='IcmpInErrors Icmp6InErrors'
all_content hop_limit icmp_ignored too_big
kernel_is_content "$ns_other"
stop_nat46d
echo "PASS"
