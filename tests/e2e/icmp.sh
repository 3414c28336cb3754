#!/bin/sh
# SPDX-License-Identifier: ISC
# icmp.sh - a good host: ping, closed ports, source routes, traceroute, hop limits, errors about nothing
#
#	client 198.51.100.2 -- 198.51.100.1 [ router: nat46 (TUN), nat46d ] 2001:db8:2::ff -- 2001:db8:2::1 server
#
# nat46d itself is 192.0.2.1 and 2001:db8:46::1, the services are at 192.0.2.10 (see path.sh).
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
. "$(dirname "$0")/path.sh"
require ip ping socat nstat python3 traceroute taskset

tools=$(dirname "$0")/../tools
make_path
make_file 1
start_files
configure_path </dev/null
start_nat46d "$ns_router"

# pings NAMESPACE ADDRESS OPTION...: none is lost
pings() {
	pings_ns=$1
	pings_address=$2
	shift 2
	in_ns "$pings_ns" ping -q -n -c 10 -i 0.01 -W 2 "$@" "$pings_address" >"$dir/ping.log" 2>&1 ||
		fail "no answer from $pings_address"
	grep -q ' 0% packet loss' "$dir/ping.log" || fail "answers from $pings_address are lost"
}

# provoke NAMESPACE ARGUMENT...: icmp.py; its output in $dir/icmp.log
provoke() {
	provoke_ns=$1
	shift
	in_ns "$provoke_ns" python3 -B "$tools/icmp.py" "$@" >"$dir/icmp.log" 2>&1 || fail "icmp.py $*"
}

# says TEXT: a line of icmp.py begins like this
says() {
	grep -q "^$1" "$dir/icmp.log" || fail "icmp.py does not say: $1"
}

# counts NAME NUMBER
counts() {
	[ "$(counted "$1")" = "$2" ]
}

# trace OPTION... : the addresses of the hops to the service, in $hops
trace() {
	in_ns "$ns_client" traceroute -n -q 1 -w 2 -m 8 "$@" 192.0.2.10 >"$dir/trace.log" 2>&1 || fail "traceroute $*"
	hops=$(awk 'NR > 1 { print $2 }' "$dir/trace.log" | paste -s -d ' ')
}

echo "# ping"
for address in 192.0.2.10 192.0.2.1; do
	pings "$ns_client" $address
	pings "$ns_client" $address -s 1472 -M do
	pings "$ns_client" $address -s 1
done
pings "$ns_server" 2001:db8:46::1
pings "$ns_server" 2001:db8:46::1 -s 1452 -M do

echo "# closed UDP ports"
provoke "$ns_client" udp 192.0.2.10 5353
says "from 192.0.2.[0-9]* type 3 code 3 about 17 $client [0-9]* 192.0.2.10 5353"
provoke "$ns_server" udp 2001:db8:46::1 5353
says "from 2001:db8:46::1 type 1 code 4 about 17 $server [0-9]* 2001:db8:46::1 5353"

echo "# a source route"
sysctl_in "$ns_router" ipv4/conf/all/accept_source_route 1
sysctl_in "$ns_router" ipv4/conf/v4/accept_source_route 1
provoke "$ns_client" route 192.0.2.10 192.0.2.99 5353
says "from 192.0.2.1 type 3 code 5 about 17 $client [0-9]* 192.0.2.10 5353"

echo "# a closed TCP port"
if in_ns "$ns_client" timeout 5 socat -u /dev/null TCP4:192.0.2.10:82 2>"$dir/socat.log"; then
	fail "a connection to a closed port"
fi
grep -q 'Connection refused' "$dir/socat.log" || fail "a closed port does not refuse"

echo "# traceroute"
trace -T -p 80
[ "$hops" = "198.51.100.1 192.0.2.10" ] || fail "hops to the spliced service: $hops"
trace -T -p 81
[ "$hops" = "198.51.100.1 192.0.2.1 192.0.2.1 192.0.2.10" ] || fail "hops to the plain service: $hops"
trace -U -p 5353
case $hops in "198.51.100.1 192.0.2."*) ;; *) fail "hops with UDP: $hops" ;; esac

# The kernel only tells the socket if the quoted sequence number is one that it has sent.
for port in 80 81; do
	echo "# the hop limit ends on the way, port $port"
	for ttl in 2 3; do # in nat46d; in the router behind it, as IPv6
		provoke "$ns_client" ttl 192.0.2.10 $port $ttl
		says "from 192.0.2.1 type 11 code 0 about 6 $client [0-9]* 192.0.2.10 $port"
		says "socket EHOSTUNREACH"
		says "answer $(echo 'this does not get far' | sha256sum | cut -d ' ' -f 1)"
	done
done
[ "$(counter_of "$ns_client" TcpExtOutOfWindowIcmps)" = 0 ] || fail "sequence numbers in errors are wrong"

echo "# errors about nothing"
client_before=$(counter_of "$ns_client" IcmpInMsgs)
server_before=$(counter_of "$ns_server" Icmp6InPktTooBigs)
provoke "$ns_client" forge $client 192.0.2.10 192.0.2.10
provoke "$ns_server" forge $server $client6 $client6
wait_for 5 counts drop.icmp_no_flow 2 || fail "errors about nothing are not counted"
[ "$(counter_of "$ns_server" Icmp6InPktTooBigs)" = "$server_before" ] ||
	fail "an error about nothing reached the server"
[ "$(counter_of "$ns_client" IcmpInMsgs)" = "$client_before" ] || fail "an error about nothing reached the client"

# traceroute has sockets that the kernel does not know, and SYNs that nobody completes.
kernel_may='IcmpInErrors'
all_content icmp_no_flow source_route hop_limit protocol tcp_no_flow
echo "PASS"
