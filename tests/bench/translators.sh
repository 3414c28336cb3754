# SPDX-License-Identifier: ISC
# translators.sh - the network of a bench, and the translators that nat46d is compared with
#
#	client namespace       router namespace                        server namespace
#	  link ------------ client (10.46.0.0/16,        server ------------ link
#	  10.46.0.2         |       2001:db8:1:a::/64)  |                    2001:db8:2:b::1
#	  2001:db8:1:a::2   +---> TUN of a translator --+  (2001:db8:2:b::/64)
#
# To be sourced after build.sh, with the settings $translators, $translator_cpu and $endpoint_cpus. All translators are
# up the whole time, each on a TUN device of its own in the one router namespace: what the client dials decides which
# of them works.
#
#	null	2001:db8:b:2::1   IPv6 to IPv6, the twin of the server (see null_forwarder.c)
#	tayga	192.0.2.20        1:1 map to the server

case " $translators " in *' tayga '*) require tayga ;; esac
require ip taskset
cc -std=gnu11 -O2 -Wall -Wextra -o "$dir/null_forwarder" "$here/null_forwarder.c" ||
	fail 'null_forwarder.c cannot be compiled'

# ---- three namespaces, two links ------------------------------------------------------------

# No address detection, and a TCP that learns nothing from the run before
for end in client router server; do
	namespace $end
	in_ns "nat46d-$$-$end" sh -c '
		cd /proc/sys/net
		for name in default all; do
			echo 0 >ipv6/conf/$name/accept_dad
			echo 0 >ipv6/conf/$name/accept_ra
			echo 0 >ipv4/conf/$name/rp_filter
		done
		echo 1 >ipv4/tcp_no_metrics_save'
done
client=$ns_client router=$ns_router server=$ns_server
ip netns exec "$router" sh -c 'cd /proc/sys/net
	echo 1 >ipv4/ip_forward
	echo 1 >ipv6/conf/all/forwarding'
ip -n "$client" link add name link type veth peer name client netns "$router"
ip -n "$server" link add name link type veth peer name server netns "$router"
for device in "$client link" "$server link" "$router client" "$router server"; do
	ip -n "${device% *}" link set dev "${device#* }" up
done
ip -n "$client" address add 10.46.0.2/16 dev link
ip -n "$client" address add 2001:db8:1:a::2/64 dev link nodad
ip -n "$router" address add 10.46.0.1/16 dev client
ip -n "$router" address add 2001:db8:1:a::1/64 dev client nodad
ip -n "$router" address add 2001:db8:2:b::ffff/64 dev server nodad
ip -n "$server" address add 2001:db8:2:b::1/64 dev link nodad
ip -n "$client" route add default via 10.46.0.1
# tayga has no MSS clamp: tell the client that 20 bytes more are needed there, so that all three
# transfers have segments of 1440 bytes and none is cut
ip -n "$client" route add 192.0.2.20 via 10.46.0.1 mtu 1480
ip -n "$client" route add default via 2001:db8:1:a::1
ip -n "$server" route add default via 2001:db8:2:b::ffff

# steer: the endpoints' TCP runs on their own CPUs; a process's own mask is in the notation that rps_cpus wants
steer() {
	mask=$(taskset -c "$endpoint_cpus" \
		sed -n 's/^Cpus_allowed:[[:space:]]*//p' /proc/self/status)
	for namespace in "$client" "$server"; do
		echo "$mask" | ip netns exec "$namespace" \
			sh -c 'cat >/sys/class/net/link/queues/rx-0/rps_cpus'
	done
}

# ---- the translators ------------------------------------------------------------------------

# start NAME COMMAND...: run a translator on its CPU in the router namespace
start() {
	name=$1
	shift
	launch "$name" ip netns exec "$router" taskset -c "$translator_cpu" "$@"
	eval "pid_$name=\$launched"
	wait_for 10 ip -n "$router" link show "$name" || fail "$name makes no device"
}

# bring_up DEVICE: as nat46d does for its own
bring_up() {
	ip -n "$router" link set "$1" mtu 1500 txqueuelen 1000 up
}

start_null() {
	start null "$dir/null_forwarder" null
	bring_up null
	ip -n "$router" route add 2001:db8:a:1::/64 dev null
	ip -n "$router" route add 2001:db8:b:2::/64 dev null
}

start_tayga() {
	cat >"$dir/tayga.conf" <<-END
	tun-device tayga
	ipv4-addr 192.0.2.129
	ipv6-addr 2001:db8:c::1
	prefix 2001:db8:64::/96
	map 192.0.2.20 2001:db8:2:b::1
	END
	start tayga tayga --nodetach -c "$dir/tayga.conf"
	bring_up tayga
	ip -n "$router" route add 192.0.2.20 dev tayga
	ip -n "$router" route add 2001:db8:64::/96 dev tayga
}

# counters TRANSLATOR EGRESS: one line of numbers, for row.awk; fails if the translator has ended
counters() {
	eval "pid=\$pid_$1"
	# shellcheck disable=SC2154
	case $(sed -n 's/^State:[[:space:]]*//p' "/proc/$pid/status") in
	Z* | '') return 1 ;;
	esac
	ip netns exec "$router" sh -c '
		cd /sys/class/net
		cat $1/statistics/tx_packets $1/statistics/tx_bytes $1/statistics/rx_bytes \
			$1/statistics/tx_dropped $2/statistics/tx_packets $2/statistics/tx_bytes
		sed "s/.*) //" /proc/$3/stat | cut -d " " -f 12,13
		sed -n "s/^cpu  *//p" /proc/stat' sh "$1" "$2" "$pid" | tr '\n' ' '
}
