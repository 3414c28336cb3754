#!/bin/sh
# SPDX-License-Identifier: ISC
# watch.sh - what an administrator, or a program of theirs, does to the network around the device, and what the log says
#
#	one namespace:  eth0, lo -- routes -- nat46 (TUN) -- nat46d
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/network.sh"
require ip

namespace box
ns=$ns_box
ip -n "$ns" link add eth0 type veth peer name eth0-peer
ip -n "$ns" link set eth0 up
ip -n "$ns" link set eth0-peer up
ip -n "$ns" address add 198.51.100.1/24 dev eth0
ip -n "$ns" address add 2001:db8:ffff::1/64 dev eth0 nodad

# configure SETUP
configure() {
	cat >"$dir/nat46d.conf" <<END
prefix = "2001:db8:46::/96";
interface = { setup = $1; };
router = { ipv4 = "192.0.2.1"; ipv6 = "2001:db8:46::1"; };
user = "nobody"; group = "nogroup"; control = "$dir/control";
clients = ( { ipv4 = "10.0.0.3"; ipv6 = "2001:db8::3"; } );
maps = ( { ipv4 = "192.0.2.32/28"; ipv6 = "2001:db8:1::30/124"; },
	{ ipv4 = "192.0.2.20"; ipv6 = "2001:db8:46:0:0:0:c000:214"; } );
services = ( { name = "web"; ipv4 = "192.0.2.10"; tcp = [ 80, 443 ]; to = "2001:db8:1::1"; } );
END
}

# status ARGUMENT...: what nat46ctl says, in $dir/status.log
status() {
	"${NAT46CTL:-${NAT46D%/*}/nat46ctl}" -s "$dir/control" "$@" >"$dir/status.log" || fail "nat46ctl fails"
}

# says LEVEL TEXT: within a few seconds; the line is then no longer in the log that is looked at
says() {
	wait_for 5 grep -q -F -- "$1: $2" "$dir/nat46d.log" || fail "not logged: '$1: $2'"
	! [ "$(grep -c -F -- "$1: $2" "$dir/nat46d.log")" -gt 1 ] || fail "logged twice: '$1: $2'"
	: >"$dir/nat46d.log"
}

# quiet SECONDS: nothing is wrong, but that the addresses are those of documentation
quiet() {
	sleep "$1"
	! grep -E ' (error|warning): ' "$dir/nat46d.log" | grep -v 'reserved for documentation' || fail "complains without a reason"
}

echo "# forwarding is off at the start, switched on, and off again"
configure true
start_nat46d "$ns"
cp "$dir/nat46d.log" "$dir/start.log"
logged "nat46d.conf: 1 service with 0 rules, 0 names and 1 server; prefix 2001:db8:46::/96, 1 client, 2 maps, 7 routes" ||
	fail "it is not said what was started"
says warning "IPv4 forwarding is off, so no client is served: set the sysctl net.ipv4.ip_forward to 1"
cp "$dir/start.log" "$dir/nat46d.log"
says warning "IPv6 forwarding is off, so no server is reached: set the sysctl net.ipv6.conf.all.forwarding to 1"
status status
grep -q '^network    IPv4 forwarding is off; IPv6 forwarding is off; see the log$' "$dir/status.log" ||
	fail "nat46ctl status does not say that forwarding is off"
sysctl_in "$ns" ipv4/ip_forward 1
says info "IPv4 forwarding is on again"
sysctl_in "$ns" ipv6/conf/all/forwarding 1
says info "IPv6 forwarding is on again"
sysctl_in "$ns" ipv4/conf/nat46/forwarding 0
says warning "IPv4 forwarding is off for nat46, so clients get no answer: set the sysctl net.ipv4.conf.nat46.forwarding"
sysctl_in "$ns" ipv4/conf/nat46/forwarding 1
says info "IPv4 forwarding is on again"
sysctl_in "$ns" ipv6/conf/all/forwarding 0
says warning "IPv6 forwarding is off"
sysctl_in "$ns" ipv6/conf/all/forwarding 1
says info "IPv6 forwarding is on again"

echo "# addresses of ours appear on the box: of a service, of a block of a map, of others"
ip -n "$ns" address add 192.0.2.10/32 dev lo
says warning '192.0.2.10/32 of service "web" is also an address of lo: the box answers itself'
status -j status
grep -q '"ipv4_forwarding":true,"ipv6_forwarding":true,"own_addresses":1,"routes_missing":0' "$dir/status.log" ||
	fail "nat46ctl -j status does not have the address"
status metrics
grep -q '^nat46_network_faults{kind="own_address"} 1$' "$dir/status.log" || fail "the metrics do not have the address"
ip -n "$ns" address delete 192.0.2.10/32 dev lo
says info "192.0.2.10/32 is no longer an address of the box"
ip -n "$ns" address add 192.0.2.33/32 dev eth0
says warning "192.0.2.33/32 of map 192.0.2.32/28 is also an address of eth0"
ip -n "$ns" address delete 192.0.2.33/32 dev eth0
says info "192.0.2.33/32 is no longer an address of the box"
ip -n "$ns" address add 203.0.113.1/24 dev eth0
ip -n "$ns" address add 2001:db8:fffe::1/64 dev eth0 nodad
quiet 2

echo "# a route with a better metric; a part of a destination; routes that have nothing to do with us"
ip -n "$ns" -6 route add 2001:db8:46::/96 dev eth0 proto bird metric 20
says error "2001:db8:46::/96 does not lead into nat46, but to eth0 (route 2001:db8:46::/96, proto bird, metric 20, table 254)"
ip -n "$ns" -6 route delete 2001:db8:46::/96 dev eth0 proto bird metric 20
says info "2001:db8:46::/96 leads into nat46 again"
ip -n "$ns" route replace 192.0.2.20/32 via 198.51.100.9
says error "192.0.2.20/32 does not lead into nat46, but to eth0 via 198.51.100.9 (route 192.0.2.20/32, proto boot"
ip -n "$ns" route replace 192.0.2.20/32 dev nat46
says info "192.0.2.20/32 leads into nat46 again"
ip -n "$ns" -6 route add blackhole 2001:db8:46::c633:6400/120 proto static
says warning "2001:db8:46::c633:6400/120, a part of 2001:db8:46::/96, does not lead into nat46, but to nowhere"
ip -n "$ns" -6 route delete blackhole 2001:db8:46::c633:6400/120
says info "the route to 2001:db8:46::c633:6400/120 beside nat46 is gone"
ip -n "$ns" link add eth1 type bridge
ip -n "$ns" link set eth1 up
ip -n "$ns" route add 192.0.2.40/32 dev eth1
says warning "192.0.2.40/32, a part of 192.0.2.32/28, does not lead into nat46, but to eth1"
ip -n "$ns" link delete eth1
says info "the route to 192.0.2.40/32 beside nat46 is gone"
ip -n "$ns" -6 rule add to 2001:db8::3 blackhole
says error "2001:db8::3/128 does not lead into nat46, but to nowhere (a route of type blackhole)"
ip -n "$ns" -6 rule delete to 2001:db8::3 blackhole
says info "2001:db8::3/128 leads into nat46 again"
ip -n "$ns" -6 route add 2001:db8:46:0:0:0:c000:214/128 dev eth0 # the host of a map
ip -n "$ns" route add default via 198.51.100.9
ip -n "$ns" route add 192.0.2.0/24 via 198.51.100.9
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "route add 100.%d.%d.0/24 dev eth0\n", i / 256, i % 256 }' |
	ip -n "$ns" -batch -
quiet 3

echo "# what a new configuration wants is watched as well"
ip -n "$ns" route add 192.0.2.11/32 dev nat46
sed 's/^services = (/&\n\t{ name = "new"; ipv4 = "192.0.2.11"; tcp = 80; to = "2001:db8:1::1"; },/' \
	"$dir/nat46d.conf" >"$dir/new"
cat "$dir/new" >"$dir/nat46d.conf"
kill -HUP "$nat46d_pid"
wait_for 5 logged "reloaded " || fail "the new configuration is not taken over"
ip -n "$ns" address add 192.0.2.11/32 dev lo
says warning '192.0.2.11/32 of service "new" is also an address of lo'
ip -n "$ns" address delete 192.0.2.11/32 dev lo
says info "192.0.2.11/32 is no longer an address of the box"
configure true
: >"$dir/nat46d.log"
kill -HUP "$nat46d_pid"
wait_for 5 logged "reloaded " || fail "the first configuration is not taken back"
: >"$dir/nat46d.log" # it warns of the documentation's addresses
ip -n "$ns" address add 192.0.2.11/32 dev lo
ip -n "$ns" route delete 192.0.2.11/32 dev nat46
quiet 2

echo "# notifications are lost: everything is looked at anew"
kill -STOP "$nat46d_pid"
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "route delete 100.%d.%d.0/24\n", i / 256, i % 256 }' |
	ip -n "$ns" -batch -
ip -n "$ns" -6 route add 2001:db8:46::/96 dev eth0 proto bird metric 20
kill -CONT "$nat46d_pid"
says error "2001:db8:46::/96 does not lead into nat46, but to eth0"
ip -n "$ns" -6 route delete 2001:db8:46::/96 dev eth0 proto bird metric 20
says info "2001:db8:46::/96 leads into nat46 again"

echo "# a route of ours is deleted: only a new process can mend it"
ip -n "$ns" route delete 192.0.2.10/32 dev nat46
nat46d_ends 12
logged "there is no route to 192.0.2.10/32 into nat46: it leads to eth0 via 198.51.100.9 (route 192.0.2.0/24, proto" ||
	fail "it is not said where the destination leads"
[ "$nat46d_status" = 1 ] && logged "ending, to be started again with the right to add the route" ||
	fail "status $nat46d_status after a route was deleted"
ip -n "$ns" route delete 192.0.2.0/24
ip -n "$ns" route delete default

echo "# the device is set down and up: not at once, for this could go on for ever"
start_nat46d "$ns"
ip -n "$ns" link set nat46 down
says warning "nat46: the device was set down"
status status
grep -q '^network    the device is down; see the log$' "$dir/status.log" || fail "nat46ctl status does not say that it is down"
status metrics
grep -q '^nat46_network_faults{kind="device_down"} 1$' "$dir/status.log" || fail "the metrics do not say that it is down"
ip -n "$ns" link set nat46 up
says info "nat46: the device was set up"
sleep 4
has_ended "$nat46d_pid" && fail "the daemon ends just after it was started"
nat46d_ends 12
[ "$nat46d_status" = 1 ] && logged "ending, to be started again with the right to add the routes" ||
	fail "status $nat46d_status after the device was set down and up"

echo "# an address of a service on the box before the start: an error"
ip -n "$ns" address add 192.0.2.10/32 dev lo
launch_nat46d "$ns"
nat46d_ends 5
[ "$nat46d_status" = 1 ] || fail "status $nat46d_status with the address of a service on the box"
says error '192.0.2.10/32 of service "web" is also an address of lo: the box answers itself'
ip -n "$ns" address delete 192.0.2.10/32 dev lo

echo "# a better route before the start: an error, and it goes on, for the rest may work"
ip -n "$ns" -6 route add 2001:db8:46::/96 dev eth0 proto ra metric 20
start_nat46d "$ns"
says error "2001:db8:46::/96 does not lead into nat46, but to eth0 (route 2001:db8:46::/96, proto ra"
ip -n "$ns" -6 route delete 2001:db8:46::/96 dev eth0 proto ra metric 20
says info "2001:db8:46::/96 leads into nat46 again"
stop_nat46d

echo "# without setup: said, and nothing else"
ip -n "$ns" tuntap add dev nat46 mode tun
ip -n "$ns" link set nat46 up
configure false
start_nat46d "$ns"
wait_for 5 logged "there is no route to 2001:db8:46::/96 into nat46: it leads to nowhere (no route)" ||
	fail "a missing route is not logged"
logged "7 of 7 destinations do not lead into nat46" || fail "it is not said how many there are"
sleep 10 # the first lines used the rate limit up
ip -n "$ns" route add 192.0.2.10/32 dev nat46
says info "192.0.2.10/32 leads into nat46 again"
ip -n "$ns" route delete 192.0.2.10/32 dev nat46
says warning "there is no route to 192.0.2.10/32 into nat46"
sleep 11
has_ended "$nat46d_pid" && fail "the daemon ended, though the routes are not its own"
stop_nat46d

echo "PASS"
