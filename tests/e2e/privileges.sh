#!/bin/sh
# SPDX-License-Identifier: ISC
# privileges.sh - three kinds of start, no privilege afterwards, and no service if that cannot be proven
#
#	one namespace:  kernel -- nat46 (TUN) -- nat46d
set -eu
. "$(dirname "$0")/lib.sh"
require ip setpriv

namespace box
ns=$ns_box

# configure [SETUP [USER]]
configure() {
	cat >"$dir/nat46d.conf" <<END
prefix = "2001:db8:46::/96";
interface = { name = "nat46"; setup = ${1:-true}; };
router = { ipv4 = "192.0.2.1"; };
user = "${2:-nobody}"; group = "${3:-nogroup}";
control = "";
services = ( { ipv4 = "192.0.2.10"; tcp = 80; to = "2001:db8:1::1"; } );
END
	chmod 644 "$dir/nat46d.conf"
}

# has FIELD VALUE...: is this what the kernel says about the daemon
has() {
	field=$1
	shift
	found=$(awk -v field="$field:" '$1 == field { $1 = ""; print substr($0, 2) }' "/proc/$nat46d_pid/status")
	[ "$found" = "$*" ] || fail "$field is '$found', not '$*'"
}

has_nothing() {
	for set in CapInh CapPrm CapEff CapAmb; do
		has "$set" 0000000000000000
	done
	has Uid "$nobody $nobody $nobody $nobody"
	has Gid "$nogroup $nogroup $nogroup $nogroup"
	has NoNewPrivs 1
	[ "$(stat -c %U "/proc/$nat46d_pid/stat")" = root ] || fail "the daemon is dumpable"
}

# refused STATUS TEXT: the daemon that was launched ends so, without a device
refused() {
	nat46d_ends 5
	[ "$nat46d_status" = "$1" ] || fail "status $nat46d_status instead of $1"
	logged "$2" || fail "not logged: $2"
	ip -n "$ns" link show dev nat46 >/dev/null 2>&1 && fail "the device is left behind"
	return 0
}

# refused_with TEXT SOURCE: start as root with a library call replaced
refused_with() {
	echo "$2" >"$dir/shim.c"
	cc -shared -fPIC -o "$dir/shim.so" "$dir/shim.c" || fail "cannot compile the shim"
	launch_nat46d "$ns" setpriv --groups 1,2 env LD_PRELOAD="$dir/shim.so" \
		ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
	refused 4 "$1"
}

nobody=$(id -u nobody)
nogroup=$(id -g nobody)

# A machine without udev lets only root open the device: show the daemon one as udev would have made it. The
# mount is private to the process, because "ip netns exec" gives it a mount namespace of its own.
mknod -m 666 "$dir/tun" c 10 200
cat >"$dir/as-nobody" <<END
#!/bin/sh
mount --bind "$dir/tun" /dev/net/tun
exec setpriv --reuid $nobody --regid $nogroup --clear-groups "\$@"
END
chmod 755 "$dir/as-nobody"

echo "# started as root, with supplementary groups"
configure
start_nat46d "$ns" setpriv --groups 1,2
has_nothing
has CapBnd 0000000000000000
has Groups ""
stop_nat46d

echo "# started by another user with ambient CAP_NET_ADMIN"
start_nat46d "$ns" "$dir/as-nobody" \
	--inh-caps -all,+net_admin --ambient-caps +net_admin --bounding-set -all,+net_admin
has_nothing
stop_nat46d

echo "# started without any privilege"
launch_nat46d "$ns" "$dir/as-nobody"
refused 4 "cannot set up the TUN device"
configure false
ip -n "$ns" tuntap add dev nat46 mode tun user nobody
ip -n "$ns" link set nat46 up
start_nat46d "$ns" "$dir/as-nobody"
has_nothing
stop_nat46d
ip -n "$ns" link delete nat46

echo "# user or group unknown, or root"
configure true nat46-nobody-has-this
launch_nat46d "$ns"
refused 4 "user \"nat46-nobody-has-this\" does not exist"
configure true nobody nat46-nobody-has-this
launch_nat46d "$ns"
refused 4 "group \"nat46-nobody-has-this\" does not exist"
configure true root
launch_nat46d "$ns"
refused 4 "must not be root"

echo "# -t and -p need no privilege and touch nothing"
configure
for option in -t -p; do
	in_ns "$ns" "$dir/as-nobody" --bounding-set -all \
		"$NAT46D" -c "$dir/nat46d.conf" $option >"$dir/print.log" 2>&1 || fail "$option needs a privilege"
done
ip -n "$ns" link show dev nat46 >/dev/null 2>&1 && fail "-t or -p made a device"

if "$NAT46D" -V | grep -q 'systemd=yes'; then
	require socat
	echo "# notifications"
	launch notify socat -u "UNIX-RECV:$dir/notify.sock,mode=666" "OPEN:$dir/notified,creat,append"
	wait_for 5 test -S "$dir/notify.sock" || fail "no notification socket"
	start_nat46d "$ns" env "NOTIFY_SOCKET=$dir/notify.sock" WATCHDOG_USEC=200000
	wait_for 5 grep -q 'READY=1' "$dir/notified" || fail "no READY=1"
	wait_for 5 grep -q 'WATCHDOG=1' "$dir/notified" || fail "no WATCHDOG=1"
	kill -STOP "$nat46d_pid"
	before=$(wc -c <"$dir/notified")
	sleep 0.5
	[ "$(wc -c <"$dir/notified")" = "$before" ] || fail "the watchdog is fed by a loop that stands still"
	kill -CONT "$nat46d_pid"
	stop_nat46d
	wait_for 5 grep -q 'STOPPING=1' "$dir/notified" || fail "no STOPPING=1"
fi

echo "# inherited descriptors are closed, standard ones are populated"
start_nat46d "$ns" sh -c 'exec "$@" 7</dev/null <&-' sh
[ "/proc/$nat46d_pid/fd/7" -ef /dev/null ] &&
	fail "an inherited descriptor is open"
[ "/proc/$nat46d_pid/fd/0" -ef /dev/null ] || fail "descriptor 0 is not populated"
stop_nat46d

if command -v cc >/dev/null; then
	echo "# a drop that only pretends to work is found out"
	refused_with "a capability is left" 'int capset(void *h, const void *d) { (void)h; (void)d; return 0; }'
	refused_with "a supplementary group is left" \
		'int setgroups(unsigned long n, const void *g) { (void)n; (void)g; return 0; }'
	refused_with "the capability bounding set is not empty" \
		'int capng_change_id(int u, int g, int f) { (void)u; (void)g; (void)f;
		 extern int capng_apply(int); return capng_apply(16 | 64); }'
	refused_with "real, effective and saved user and group" \
		'int capng_change_id(int u, int g, int f) { (void)u; (void)g; (void)f;
		 extern int capng_apply(int); return capng_apply(16 | 32 | 64) * 0; }'
fi

echo "PASS"
