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
