# SPDX-License-Identifier: ISC
# network.sh - the network of the end-to-end tests: IPv4 clients, a router with nat46d, IPv6 servers
#
#	client 10.0.0.3 --+                                          +-- server 2001:db8::1
#	client 10.0.0.4 --+-- four [ box: nat46 (TUN), nat46d ] six --+-- server 2001:db8::2
#	                          10.0.0.1         2001:db8::ff
#
# To be sourced after lib.sh. One link per family, a bridge in the box each. The service addresses 10.0.0.42
# and up and the addresses of mapped clients are on the links themselves, so the box answers ARP for the first
# and neighbour solicitations for the second. The servers reach 2001:db8:46::/96 through the box.

# sysctl_in NAMESPACE NAME VALUE
sysctl_in() {
	in_ns "$1" sh -c 'echo "$2" >"/proc/sys/net/$1"' sh "$2" "$3"
}

# make_box: the namespace $ns_box with both links and forwarding
make_box() {
	namespace box
	sysctl_in "$ns_box" ipv6/conf/default/accept_dad 0
	for link in four six; do
		ip -n "$ns_box" link add "$link" type bridge
		ip -n "$ns_box" link set "$link" up
	done
	ip -n "$ns_box" address add 10.0.0.1/24 dev four
	ip -n "$ns_box" address add 2001:db8::ff/64 dev six nodad
	sysctl_in "$ns_box" ipv4/ip_forward 1
	sysctl_in "$ns_box" ipv6/conf/all/forwarding 1
	# Neighbours are answered at once, not after a random part of a second.
	sysctl_in "$ns_box" ipv4/conf/four/proxy_arp 1
	sysctl_in "$ns_box" ipv4/neigh/four/proxy_delay 0
	sysctl_in "$ns_box" ipv6/conf/six/proxy_ndp 1
	sysctl_in "$ns_box" ipv6/neigh/six/proxy_delay 0
}

# make_host LINK NAME ADDRESS...: the namespace $ns_NAME with an interface eth0 on the link
make_host() {
	host_link=$1
	host=$2
	shift 2
	namespace "$host"
	eval "host_ns=\$ns_$host"
	sysctl_in "$host_ns" ipv6/conf/default/accept_dad 0
	ip -n "$ns_box" link add "$host" type veth peer name eth0 netns "$host_ns"
	ip -n "$ns_box" link set "$host" master "$host_link" up
	ip -n "$host_ns" link set eth0 up
	for address; do
		case $address in
		*:*) ip -n "$host_ns" address add "$address/64" dev eth0 nodad ;;
		*) ip -n "$host_ns" address add "$address/24" dev eth0 ;;
		esac
	done
}

# make_client NAME ADDRESS...
make_client() {
	make_host four "$@"
}

# make_server NAME ADDRESS...
make_server() {
	make_host six "$@"
	ip -n "$host_ns" route add 2001:db8:46::/96 via 2001:db8::ff
}

# neighbour_proxy ADDRESS...: the box answers for mapped clients on the link of the servers
neighbour_proxy() {
	for address; do
		ip -n "$ns_box" neighbour add proxy "$address" dev six
	done
}

# firewall NAMESPACE TABLE input|output RULE: a rule of nftables for what the host receives or sends, in its own table
firewall() {
	in_ns "$1" nft -f - <<-END
	table inet $2 {
		chain $3 {
			type filter hook $3 priority 0;
			$4
		}
	}
	END
}

# configure: write the configuration; what is special comes from standard input
configure() {
	{
		cat <<-END
		prefix = "2001:db8:46::/96";
		user = "nobody"; group = "nogroup";
		control = "$dir/control";
		log = { level = "trace"; sessions = true; };
		END
		cat
	} >"$dir/nat46d.conf"
}

# counted NAME: a counter or event of the daemon that runs, 0 if it is not listed
counted() {
	counted_lines=$(grep -c 'received=' "$dir/nat46d.log" || :)
	kill -USR1 "$nat46d_pid"
	wait_for 5 more_status_lines || fail "no status line"
	grep -E ' (events|status): ' "$dir/nat46d.log" | tail -n 2 | tr ' ' '\n' | sed -n "s/^$1=//p" | grep . || echo 0
}

more_status_lines() {
	[ "$(grep -c 'received=' "$dir/nat46d.log")" -gt "$counted_lines" ]
}

# listening NAMESPACE ADDRESS PORT
listening() {
	in_ns "$1" ss -Htln "src $2 and sport = :$3" | grep -q LISTEN
}

# start_witness NAMESPACE ARGUMENT...: servers that say who they are and whom they see (witness.py)
start_witness() {
	witness_ns=$1
	witness_log=witness-${1##*-}
	shift
	launch "$witness_log" ip netns exec "$witness_ns" python3 "$(dirname "$0")/witness.py" "$@"
	wait_for 10 grep -q '^ready$' "$dir/$witness_log.log" || fail "the servers do not start"
}

# ask NAMESPACE OPTION... ADDRESS PORT: what a client gets (client.py)
ask() {
	ask_ns=$1
	shift
	in_ns "$ask_ns" timeout 30 python3 "$(dirname "$0")/client.py" "$@"
}

# expect PATTERN NAMESPACE OPTION... ADDRESS PORT: the same, its lines joined by "|", must match
expect() {
	expected=$1
	shift
	answer=$(ask "$@" 2>&1 | tr -d '\r' | paste -sd '|')
	case $answer in
	$expected) ;;
	*) fail "the answer to '$*' is '$answer', not '$expected'" ;;
	esac
}
