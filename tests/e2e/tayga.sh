#!/bin/sh
# SPDX-License-Identifier: ISC
# tayga.sh - random packets through nat46d and through Debian's tayga, with the same maps: what differs has a reason
#
# Both are in one network namespace, which forwards nothing: the packets go into their TUN devices directly, and what
# they write is looked at (tests/tools/differential.py). NAT46D_TEST_PACKETS is the number of packets, 100,000 if not
# set, NAT46D_TEST_SEED another seed than 46.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip tayga python3

tools=$(dirname "$0")/../tools
namespace both

# Both files of settings are made of these lines.
cat >"$dir/maps" <<-END
192.0.2.20 2001:db8:1::20
192.0.2.32/28 2001:db8:1::30/124
192.0.2.64/30 2001:db8:2::/126
END
cat >"$dir/tayga.conf" <<-END
tun-device tayga
ipv4-addr 192.0.2.1
ipv6-addr 2001:db8:c::1
prefix 2001:db8:46::/96
$(sed 's/^/map /' "$dir/maps")
END
configure <<-END
interface = { name = "nat46"; offload = false; };
router = { ipv4 = "192.0.2.1"; ipv6 = "2001:db8:c::1"; };
maps = ( $(sed 's/\(.*\) \(.*\)/{ ipv4 = "\1"; ipv6 = "\2"; }/' "$dir/maps" | paste -sd ,) );
END
# For each packet the log at the level of the other tests has a line.
sed -i 's/level = "trace"; sessions = true;/level = "info";/' "$dir/nat46d.conf"
start_nat46d "$ns_both"
launch tayga ip netns exec "$ns_both" tayga --nodetach -c "$dir/tayga.conf"
wait_for 10 ip -n "$ns_both" link show tayga || fail "tayga makes no device"
sysctl_in "$ns_both" ipv6/conf/tayga/disable_ipv6 1
ip -n "$ns_both" link set dev tayga txqueuelen 1000 up

if ! in_ns "$ns_both" python3 -B "$tools/differential.py" -n "${NAT46D_TEST_PACKETS:-100000}" \
	-s "${NAT46D_TEST_SEED:-46}" ${NAT46D_TEST_FIRST:+-f "$NAT46D_TEST_FIRST"} nat46 tayga; then
	kill -USR1 "$nat46d_pid"
	sleep 0.2
	fail "nat46d and tayga differ"
fi
stop_nat46d
echo "PASS"
