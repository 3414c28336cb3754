# SPDX-License-Identifier: ISC
# path.sh - a routed path for tests of transfers, and what both kernels must not complain about afterwards
#
#	client            router: nat46 (TUN), nat46d                     server
#	eth0 ------------ v4                       v6 ------------------- eth0
#	198.51.100.2      198.51.100.1             2001:db8:2::ff         2001:db8:2::1
#
# To be sourced after lib.sh and network.sh. The client has IPv4 only, the server IPv6 only. The client appears to
# the server as $client6.
#
# Everything runs on one CPU: on several, a sender's segments overtake each other between the namespaces, before
# they reach the daemon, and what both kernels count would tell of that.

client=198.51.100.2
client6=2001:db8:46::c633:6402
server=2001:db8:2::1
kernel_may= # counters that kernel_is_content lets pass, because the test makes them grow
links= # of every link, both ends: NAMESPACE/DEVICE

# link NAMESPACE DEVICE ADDRESS NAMESPACE DEVICE ADDRESS [MTU]
link() {
	sysctl_in "$1" ipv6/conf/default/accept_dad 0
	sysctl_in "$4" ipv6/conf/default/accept_dad 0
	ip -n "$1" link add "$2" mtu "${7:-1500}" type veth peer name "$5" mtu "${7:-1500}" netns "$4"
	address_on "$1" "$2" "$3"
	address_on "$4" "$5" "$6"
	links="$links $1/$2 $4/$5"
}

address_on() {
	ip -n "$1" link set "$2" up
	case $3 in
	*:*) ip -n "$1" address add "$3" dev "$2" nodad ;;
	*) ip -n "$1" address add "$3" dev "$2" ;;
	esac
}

# on_one_cpu: this shell and all that it starts from now on
on_one_cpu() {
	taskset -cp "$(taskset -cp $$ | sed 's/.*[ ,-]//')" $$ >/dev/null || fail "cannot choose a CPU"
}

# make_ends: client, router and server, without links
make_ends() {
	on_one_cpu
	namespace client
	namespace router
	namespace server
	sysctl_in "$ns_client" ipv6/conf/default/disable_ipv6 1
	sysctl_in "$ns_client" ipv6/conf/lo/disable_ipv6 1
	make_forward "$ns_router"
}

make_forward() {
	sysctl_in "$1" ipv4/ip_forward 1
	sysctl_in "$1" ipv6/conf/all/forwarding 1
}

# make_path [MTU]: all of the topology above
make_path() {
	make_ends
	link "$ns_client" eth0 "$client/24" "$ns_router" v4 198.51.100.1/24 "${1:-1500}"
	link "$ns_router" v6 2001:db8:2::ff/64 "$ns_server" eth0 "$server/64" "${1:-1500}"
	ip -n "$ns_client" route add default via 198.51.100.1
	ip -n "$ns_server" route add default via 2001:db8:2::ff
}

# make_long_path: two more routers on either side, so that a link may become small and neither end nor router knows
#
#	client -- near -- mid4 -- router: nat46 (TUN), nat46d -- mid6 -- far -- server
#	    198.51.100.0/24  10.1.0.0/24  10.2.0.0/24    2001:db8:12::/64  11::/64  2::/64
make_long_path() {
	make_ends
	for hop in near mid4 mid6 far; do
		namespace $hop
		eval "make_forward \$ns_$hop"
	done
	link "$ns_client" eth0 $client/24 "$ns_near" client 198.51.100.1/24
	link "$ns_near" mid4 10.1.0.1/24 "$ns_mid4" near 10.1.0.2/24
	link "$ns_mid4" router 10.2.0.1/24 "$ns_router" v4 10.2.0.2/24
	link "$ns_router" v6 2001:db8:12::1/64 "$ns_mid6" router 2001:db8:12::2/64
	link "$ns_mid6" far 2001:db8:11::1/64 "$ns_far" mid6 2001:db8:11::2/64
	link "$ns_far" server 2001:db8:2::ff/64 "$ns_server" eth0 $server/64
	ip -n "$ns_client" route add default via 198.51.100.1
	ip -n "$ns_near" route add default via 10.1.0.2
	ip -n "$ns_mid4" route add default via 10.2.0.2
	ip -n "$ns_mid4" route add 198.51.100.0/24 via 10.1.0.1
	ip -n "$ns_router" route add 198.51.100.0/24 via 10.2.0.1
	ip -n "$ns_router" route add 10.1.0.0/24 via 10.2.0.1
	ip -n "$ns_router" route add 2001:db8::/32 via 2001:db8:12::2
	ip -n "$ns_mid6" route add 2001:db8::/32 via 2001:db8:11::2
	ip -n "$ns_mid6" route add 2001:db8:46::/96 via 2001:db8:12::1
	ip -n "$ns_far" route add default via 2001:db8:11::1
	ip -n "$ns_server" route add default via 2001:db8:2::ff
}

# narrow NAMESPACE DEVICE NAMESPACE DEVICE MTU: both ends of a link
narrow() {
	ip -n "$1" link set "$2" mtu "$5"
	ip -n "$3" link set "$4" mtu "$5"
}

# forget: what the ends have learnt about the path
forget() {
	ip -n "$ns_client" -4 route flush cache
	ip -n "$ns_server" -6 route flush cache
}

# offload_on_links on|off: checksums and segmentation by the links, or by the hosts
offload_on_links() {
	for end in $links; do
		in_ns "${end%/*}" ethtool -K "${end#*/}" rx "$1" tx "$1" tso "$1" gso "$1" >>"$dir/ethtool.out" 2>&1 ||
			fail "ethtool cannot switch offload $1"
	done
}

# counter_of NAMESPACE NAME: a counter of the kernel since the namespace exists; nothing if it has no such counter
counter_of() {
	in_ns "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}

# What a kernel counts when it received something damaged, too old or never asked for. TCPSACKDiscard is not among
# them: Linux itself repeats a SACK block in the ACK of a FIN that came out of order.
complaints="TcpInCsumErrors TcpExtTSEcrRejected TcpExtTCPTSEcrRejected TcpExtPAWSActive TcpExtPAWSEstab
	TcpExtBeyondWindow TcpExtTCPChallengeACK TcpExtTCPSYNChallenge
	IpInHdrErrors Ip6InHdrErrors IcmpInCsumErrors Icmp6InCsumErrors IcmpInErrors Icmp6InErrors
	UdpInCsumErrors Udp6InCsumErrors IpExtInCsumErrors"

# kernel_is_content NAMESPACE: it counts none of these
kernel_is_content() {
	for name in $complaints; do
		case " $kernel_may " in
		*" $name "*) continue ;;
		esac
		count=$(counter_of "$1" $name)
		[ "${count:-0}" = 0 ] || fail "$name=$count in ${1##*-}"
	done
}

# daemon_is_content [DROP...]: no packet was dropped but for these reasons, and the kernel took every packet
daemon_is_content() {
	counted received >/dev/null
	status=$(grep 'received=' "$dir/nat46d.log" | tail -n 1)
	for word in $status; do
		case $word in
		drop.multicast=*) continue ;;
		drop.*) ;;
		tun.*=0) continue ;;
		tun.*) fail "the daemon counts $word" ;;
		*) continue ;;
		esac
		name=${word%%=*}
		case " $* " in
		*" ${name#drop.} "*) ;;
		*) fail "the daemon counts $word" ;;
		esac
	done
	for name in rx_errors rx_frame_errors rx_dropped; do
		count=$(in_ns "$ns_router" cat /sys/class/net/nat46/statistics/$name)
		[ "$count" = 0 ] || fail "$name=$count on the TUN device"
	done
}

# all_content [DROP...]
all_content() {
	kernel_is_content "$ns_client"
	kernel_is_content "$ns_server"
	daemon_is_content "$@"
}

# configure_path [INTERFACE [SERVICES]]: service 80 is spliced and leads to the server's port 80 for PUT and GET,
# 81 is plain; more settings come from standard input
configure_path() {
	{
		cat <<-END
		prefix = "2001:db8:46::/96";
		user = "nobody"; group = "nogroup";
		control = "$dir/control";
		interface = { name = "nat46"; ${1:-} };
		router = { ipv4 = "192.0.2.1"; ipv6 = "2001:db8:46::1"; };
		services = (
		  { ipv4 = "192.0.2.10"; tcp = 80; rules = (
		    { bytes = "PUT"; to = "$server"; }, { bytes = "GET"; to = "$server"; } ); },
		  { ipv4 = "192.0.2.10"; tcp = 81; to = "[$server]:80"; }${2:-}
		);
		END
		cat
	} >"$dir/nat46d.conf"
}

# serves NAMESPACE PORT
serves() {
	in_ns "$1" ss -Htln "sport = :$2" | grep -q LISTEN
}

# start_files: on port 80 of the server, a line "GET" is answered with the file $dir/file, and what follows a line
# "PUT" with its checksum, when the client has half-closed
start_files() {
	cat >"$dir/serve" <<-END
	#!/bin/sh
	read -r request
	case \$request in
	GET) exec cat "$dir/file" ;;
	PUT) exec sha256sum ;;
	esac
	END
	chmod 755 "$dir/serve"
	launch files ip netns exec "$ns_server" \
		socat "TCP6-LISTEN:80,reuseaddr,fork,backlog=64" "EXEC:$dir/serve,nofork"
	wait_for 10 serves "$ns_server" 80 || fail "no server"
}

# make_file MEGABYTES
make_file() {
	head -c "$(($1 * 1048576))" /dev/urandom >"$dir/file"
	sum=$(sha256sum <"$dir/file")
	printf 'PUT\n' >"$dir/put"
}

# upload PORT, download PORT: transfer $dir/file and compare checksums
upload() {
	got=$(cat "$dir/put" "$dir/file" | in_ns "$ns_client" timeout "$transfer_time" \
		socat -b 131072 -t "$transfer_time" - "TCP4:192.0.2.10:$1") || fail "upload to port $1 failed"
	[ "$got" = "$sum" ] || fail "upload to port $1 is damaged: $got"
}

download() {
	got=$(echo GET | in_ns "$ns_client" timeout "$transfer_time" \
		socat -b 131072 -t "$transfer_time" - "TCP4:192.0.2.10:$1" | sha256sum)
	[ "$got" = "$sum" ] || fail "download from port $1 is damaged: $got"
}
transfer_time=60

# capture NAME NAMESPACE DEVICE [FILTER]: write $dir/NAME.pcap until end_captures
capture() {
	capture_log=tcpdump-$1
	launch "$capture_log" ip netns exec "$2" tcpdump -n -U --immediate-mode -B 65536 -s 0 \
		--time-stamp-precision nano -Z root -i "$3" -w "$dir/$1.pcap" ${4:-ip or ip6}
	captures="$captures $launched/$capture_log"
	wait_for 10 grep -q 'listening on' "$dir/$capture_log.log" || fail "tcpdump does not start"
}
captures=

end_captures() {
	for end in $captures; do
		kill -TERM "${end%/*}"
		wait "${end%/*}" || fail "tcpdump failed"
		grep -q '^0 packets dropped by kernel' "$dir/${end#*/}.log" || fail "tcpdump missed packets"
	done
	captures=
}

# start_many: the server of many connections (tests/tools/many.py), on port 80
start_many() {
	many=$(dirname "$0")/../tools/many.py
	sysctl_in "$ns_server" ipv4/tcp_max_syn_backlog 4096
	sysctl_in "$ns_server" core/somaxconn 4096
	launch server ip netns exec "$ns_server" python3 -B "$many" server "$server" 80
	wait_for 10 grep -q '^ready$' "$dir/server.log" || fail "no server"
}

# open_many NAME PORT NUMBER SEED MAXIMUM [OPENING]: connections that wait for the file NAME/go, as many.py tells
open_many() {
	many_name=$1
	many_port=$2
	shift 2
	mkdir -p "$dir/$many_name"
	launch "$many_name" ip netns exec "$ns_client" python3 -B "$many" client 192.0.2.10 "$many_port" "$1" "$2" "$3" \
		"$dir/$many_name" ${4:+"$4"}
	eval "pid_$many_name=\$launched"
}

# are_open NAME SECONDS: wait until all of them are
are_open() {
	wait_for "$2" grep -q '^connected$' "$dir/$1.log" || fail "$1: not all are connected"
}

# end_many NAME SECONDS: let them send and end; all of them must be served
end_many() {
	: >"$dir/$1/go"
	eval "pid=\$pid_$1"
	wait_for "$2" has_ended "$pid" || fail "$1 does not end"
	wait "$pid" || fail "$1 failed"
	grep -q '^complete$' "$dir/$1.log" || fail "$1 is not complete"
	rm "$dir/$1/go"
}
