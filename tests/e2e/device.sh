#!/bin/sh
# SPDX-License-Identifier: ISC
# device.sh - the TUN device: set up by the daemon, set down and up, deleted, without offload, a foreign one
#
#	one namespace:  kernel (192.0.2.129) -- routes -- nat46 (TUN) -- nat46d, which answers for 192.0.2.1
set -eu
. "$(dirname "$0")/lib.sh"
require ip ping

namespace box
ns=$ns_box
ip -n "$ns" address add 192.0.2.129/32 dev lo
ip -n "$ns" address add 2001:db8:ffff::1/128 dev lo

# configure [OFFLOAD [SETUP]]
configure() {
	cat >"$dir/nat46d.conf" <<END
prefix = "2001:db8:46::/96";
interface = { name = "nat46"; mtu = 1400; txqueuelen = 777; offload = ${1:-true}; setup = ${2:-true}; };
router = { ipv4 = "192.0.2.1"; ipv6 = "2001:db8:46::1"; };
user = "nobody"; group = "nogroup";
control = "";
clients = ( { ipv4 = "10.0.0.3"; ipv6 = "2001:db8::3"; } );
services = ( { ipv4 = "192.0.2.10"; tcp = [ 80, 443 ]; to = "2001:db8:1::1"; } );
END
}

# answers: does the engine behind the device answer
answers() {
	in_ns "$ns" ping -c 1 -W 1 -I 192.0.2.129 192.0.2.1
}

# ticks: CPU time of the daemon in clock ticks
ticks() {
	sed 's/.*) //' "/proc/$nat46d_pid/stat" | awk '{ print $12 + $13 }'
}

# idle SECONDS: fail if the daemon uses more than a tenth of a CPU
idle() {
	before=$(ticks)
	sleep "$1"
	[ $(($(ticks) - before)) -lt $(($1 * $(getconf CLK_TCK) / 10 + 3)) ] || fail "the daemon spins"
}

# twice TEXT: is it in the daemon's log two times
twice() {
	[ "$(grep -cF -- "$1" "$dir/nat46d.log")" = 2 ]
}

route() {
	ip -n "$ns" "$@" | grep -q 'dev nat46 '
}

# add_routes: what the kernel took away when the device was set down, before the daemon misses it
add_routes() {
	for destination in 192.0.2.1 192.0.2.10 2001:db8:46::/96 2001:db8::3 2001:db8:46::1; do
		ip -n "$ns" route replace "$destination" dev nat46
	done
}

echo "# set-up by the daemon"
configure
start_nat46d "$ns"
link=$(ip -n "$ns" -details link show dev nat46)
case $link in *mtu\ 1400*qlen\ 777*) ;; *) fail "wrong MTU or queue length: $link" ;; esac
case $link in *addrgenmode\ none*) ;; *) fail "the kernel makes link-local addresses: $link" ;; esac
for destination in 192.0.2.1 192.0.2.10; do
	route -4 route show "$destination/32" || fail "no route to $destination"
done
for destination in 2001:db8:46::/96 2001:db8::3 2001:db8:46::1; do
	route -6 route show "$destination" || fail "no route to $destination"
done
wait_for 5 answers || fail "no answer from the engine"
in_ns "$ns" ping -q -c 20 -i 0.01 -s 1372 -I 192.0.2.129 192.0.2.1 >/dev/null || fail "packets of full size are lost"
idle 2

echo "# SIGHUP and SIGUSR1 do not end it"
kill -HUP "$nat46d_pid"
wait_for 5 logged "nothing has changed" || fail "no answer to SIGHUP"
kill -USR1 "$nat46d_pid"
wait_for 5 logged " answered=" || fail "no status line after SIGUSR1"

echo "# the device is set down and up again"
ip -n "$ns" link set nat46 down
wait_for 5 logged "device was set down" || fail "going down is not logged"
idle 2
has_ended "$nat46d_pid" && fail "the daemon ended"
ip -n "$ns" link set nat46 up
wait_for 5 logged "device was set up" || fail "going up is not logged"
add_routes
wait_for 5 answers || fail "no answer after the device was set down and up"
idle 2

echo "# so many events that the kernel drops the last ones"
kill -STOP "$nat46d_pid"
awk 'BEGIN { for (i = 0; i < 2000; i++) print "link set nat46 mtu", 1400 - i % 2; print "link set nat46 down" }' |
	ip -n "$ns" -batch -
kill -CONT "$nat46d_pid"
wait_for 5 twice "device was set down" || fail "going down among many events is not noticed"
ip -n "$ns" link set nat46 up
add_routes

echo "# the device is moved to another namespace and back"
namespace other
ip -n "$ns" link set nat46 netns "$ns_other"
wait_for 5 logged "moved to another network namespace" || fail "the move is not logged"
ip -n "$ns_other" link set nat46 netns "$ns"
has_ended "$nat46d_pid" && fail "the daemon ended when the device was moved"

echo "# the device is deleted"
ip -n "$ns" link delete nat46
nat46d_ends 5
[ "$nat46d_status" = 1 ] || fail "status $nat46d_status after the device was deleted"
logged "device was deleted" || fail "the deletion is not logged"

echo "# without offload"
configure false
start_nat46d "$ns"
wait_for 5 answers || fail "no answer without offload"
stop_nat46d
ip -n "$ns" link show dev nat46 >/dev/null 2>&1 && fail "the device is left behind"

echo "# the routes are somebody else's"
ip -n "$ns" route add 192.0.2.10/32 dev lo
configure
launch_nat46d "$ns"
nat46d_ends 5
[ "$nat46d_status" = 1 ] || fail "status $nat46d_status with a conflicting route"
logged "cannot add the route to 192.0.2.10/32, for there is one that leads elsewhere: to lo (route 192.0.2.10/32, proto boot" || fail "the conflicting route is not named"
ip -n "$ns" route delete 192.0.2.10/32

# refused STATUS HINT COMMAND: with another /dev/net, and perhaps as another user, it ends so, and says what to do
refused() {
	launch_nat46d "$ns" sh -c 'mount -t tmpfs -o mode=755 none /dev/net && eval "$1" && shift && exec $run "$@"' sh "$3"
	nat46d_ends 5
	[ "$nat46d_status" = "$1" ] || fail "status $nat46d_status: $3"
	logged "$2" || fail "not said: $2"
}
nobody='run="setpriv --reuid nobody --regid nogroup --clear-groups"'

echo "# no device file, one without its driver, and no access to it"
refused 1 "load the kernel module: modprobe tun" "run="
refused 1 "load the kernel module: modprobe tun" "run=; mknod /dev/net/tun c 240 200"
cp "$NAT46D" "$dir/nat46d"
NAT46D_built=$NAT46D
NAT46D=$dir/nat46d # that of the build may be closed to nobody
refused 4 "this user must be able to read and write it" "$nobody; mknod -m 600 /dev/net/tun c 10 200"
refused 4 "start as root, with CAP_NET_ADMIN, or on a device that this user owns" \
	"$nobody; mknod /dev/net/tun c 10 200; chmod 666 /dev/net/tun"
NAT46D=$NAT46D_built

echo "# an existing device: refused twice, kept, and found as it was"
configure true false
launch_nat46d "$ns"
nat46d_ends 5
[ "$nat46d_status" = 1 ] && logged "no such device" || fail "setup = false made a device"
ip -n "$ns" tuntap add dev nat46 mode tun
ip -n "$ns" link set nat46 up mtu 1400
ip -n "$ns" route add 192.0.2.1/32 dev nat46
configure true false
start_nat46d "$ns"
wait_for 5 answers || fail "no answer on an existing device"
cp "$dir/nat46d.log" "$dir/first.log"
first=$nat46d_pid
configure true false
launch_nat46d "$ns"
nat46d_ends 5
[ "$nat46d_status" = 1 ] && logged "another process uses the device, is nat46d running already?" || fail "two daemons on one device"
nat46d_pid=$first
stop_nat46d
ip -n "$ns" link show dev nat46 >/dev/null || fail "the existing device is gone"

echo "# set-up of an existing device, routes already there"
configure
start_nat46d "$ns"
wait_for 5 answers || fail "no answer after set-up of an existing device"
stop_nat46d

echo "PASS"
