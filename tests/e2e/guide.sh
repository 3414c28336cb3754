# SPDX-License-Identifier: ISC
# guide.sh - the network of nat46d-guide(7), and its examples
#
#	client 198.51.100.7 --- eth0 [ box: nat46 (TUN), nat46d ] eth1 --+-- one 2001:db8:1::1
#	                198.51.100.1                    2001:db8:1::ff   +-- two 2001:db8:1::2
#
# To be sourced after lib.sh and network.sh. The client reaches the service addresses through the box, the servers
# the prefix.

guide=$(dirname "$0")/../../man/nat46d-guide.7.in

# make_guide: all of the network above
make_guide() {
	for name in box client one two; do
		namespace $name
		eval "sysctl_in \$ns_$name ipv6/conf/default/accept_dad 0"
	done
	ip -n "$ns_box" link add eth0 type veth peer name eth0 netns "$ns_client"
	ip -n "$ns_box" link add eth1 type bridge
	for name in one two; do
		eval "server_ns=\$ns_$name"
		ip -n "$ns_box" link add $name type veth peer name eth0 netns "$server_ns"
		ip -n "$ns_box" link set $name master eth1 up
		ip -n "$server_ns" link set eth0 up
	done
	ip -n "$ns_box" link set eth0 up
	ip -n "$ns_box" link set eth1 up
	ip -n "$ns_client" link set eth0 up
	ip -n "$ns_box" address add 198.51.100.1/24 dev eth0
	ip -n "$ns_box" address add 2001:db8:1::ff/64 dev eth1 nodad
	ip -n "$ns_client" address add 198.51.100.7/24 dev eth0
	ip -n "$ns_client" route add default via 198.51.100.1
	ip -n "$ns_one" address add 2001:db8:1::1/64 dev eth0 nodad
	ip -n "$ns_two" address add 2001:db8:1::2/64 dev eth0 nodad
	ip -n "$ns_one" -6 route add default via 2001:db8:1::ff
	ip -n "$ns_two" -6 route add default via 2001:db8:1::ff
	sysctl_in "$ns_box" ipv4/ip_forward 1
	sysctl_in "$ns_box" ipv6/conf/all/forwarding 1
}

# extract: all examples of the guide are files in $dir/guide
extract() {
	mkdir "$dir/guide"
	awk -f "$(dirname "$0")/../tools/examples.awk" -v directory="$dir/guide" "$guide"
}

# configure_test: the same as configure, without the prefix, which the example on standard input has
configure_test() {
	{
		echo "user = \"nobody\"; group = \"nogroup\"; control = \"$dir/control\";"
		cat
	} >"$dir/nat46d.conf"
}

# ctl ARGUMENT...
ctl() {
	"${NAT46CTL:-${NAT46D%/*}/nat46ctl}" -s "$dir/control" "$@"
}

# counter NAME: of the daemon that runs
counter() {
	ctl stats | awk -v name="$1" '$1 == name { print $2 }'
}
