# SPDX-License-Identifier: ISC
# wire.sh - a link with delay, loss, duplication and reordering: TUN devices, and a relay (tests/tools/relay.c)
#
# To be sourced after lib.sh, network.sh and path.sh.

RELAY=${RELAY:-$(dirname "$NAT46D")/tests/tools/relay}
[ -x "$RELAY" ] || { echo "ERROR: no relay at $RELAY" >&2; exit 99; }
relay_pid=

# wire NAMESPACE DEVICE ADDRESS NAMESPACE DEVICE ADDRESS [MTU]: as link in path.sh; nothing passes without a relay
wire() {
	wire_end "$1" "$2" "$3" "${7:-1500}"
	wire_end "$4" "$5" "$6" "${7:-1500}"
	wire_ends="$1/$2 $4/$5"
}

# A sender's burst waits in the device until the relay gets its turn on the CPU
wire_end() {
	sysctl_in "$1" ipv6/conf/default/accept_dad 0
	ip -n "$1" tuntap add mode tun name "$2"
	ip -n "$1" link set "$2" mtu "$4" txqueuelen 10000
	address_on "$1" "$2" "$3"
}

# start_relay OPTION...: on the last wire
start_relay() {
	# shellcheck disable=SC2086
	launch relay "$RELAY" "$@" $wire_ends
	relay_pid=$launched
	wait_for 10 grep -q '^ready$' "$dir/relay.log" || fail "the relay does not start"
}

# stop_relay: afterwards relayed tells what it has counted
stop_relay() {
	kill -TERM "$relay_pid"
	wait "$relay_pid" || fail "the relay failed"
	for way in forth back; do
		[ "$(($(relayed $way packets) + $(relayed $way duplicated)))" = "$(($(relayed $way delivered) +
			$(relayed $way lost) + $(relayed $way overflow) + $(relayed $way refused) +
			$(relayed $way waiting)))" ] || fail "the relay cannot count"
	done
}

# relayed forth|back COUNTER
relayed() {
	case $1 in
	forth) line=1 ;;
	back) line=2 ;;
	esac
	grep 'packets=' "$dir/relay.log" | sed -n "${line}s/.* $2=\([0-9]*\).*/\1/p"
}

# make_wired_path: the path of path.sh with a wire between client and router, and an IPv4 address of the server
#
#	client            router: nat46 (TUN), nat46d                     server
#	eth0 --- wire --- v4                       v6 ------------------- eth0
#	198.51.100.2      198.51.100.1             2001:db8:2::ff         2001:db8:2::1
#	                                           203.0.113.254          203.0.113.1
make_wired_path() {
	make_ends
	wire "$ns_client" eth0 "$client/24" "$ns_router" v4 198.51.100.1/24
	link "$ns_router" v6 2001:db8:2::ff/64 "$ns_server" eth0 "$server/64"
	address_on "$ns_router" v6 203.0.113.254/24
	address_on "$ns_server" eth0 203.0.113.1/24
	ip -n "$ns_client" route add default via 198.51.100.1
	ip -n "$ns_server" route add default via 2001:db8:2::ff
	ip -n "$ns_server" route add default via 203.0.113.254
	sysctl_in "$ns_server" core/somaxconn 4096
	sysctl_in "$ns_server" ipv4/tcp_max_syn_backlog 4096
}

# weather MTU OPTION...: rows of tests/tools/weather.py, by a daemon of their own whose device has this MTU; sets
# weather_status, 2 if the options cannot be right
weather() {
	weather_mtu=$1
	shift
	configure_path "mtu = $weather_mtu;" ", { ipv4 = \"192.0.2.11\"; tcp = [ $(seq -s ', ' 1000 9999) ]; rules = (
		{ bytes = \"GET\"; to = \"[$server]:80\"; } ); }" </dev/null
	start_nat46d "$ns_router"
	weather_status=0
	python3 -B "$(dirname "$0")/../tools/weather.py" --mtu "$weather_mtu" --relay "$RELAY" \
		--complaints "$complaints" "$@" "$ns_client" "$ns_server" "$ns_router" &
	pids="$pids $!"
	wait $! || weather_status=$?
}
