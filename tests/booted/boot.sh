# SPDX-License-Identifier: ISC
# boot.sh - it is there after a boot, at its place in the order; sourced by booted.tap

# add_firewall: a service as nftables.service is; it must be ready before any network is
add_firewall() {
	cat >"$machine_root/etc/systemd/system/firewall.service" <<-END
	[Unit]
	DefaultDependencies=no
	Wants=network-pre.target
	Before=network-pre.target
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=sleep 0.5
	[Install]
	WantedBy=sysinit.target
	END
	inside systemctl enable firewall
}

comes_up() {
	add_firewall
	inside systemctl enable nat46d
	shut_down
	boot
	is ActiveState active
	is NRestarts 0
	works
}

# since TIMESTAMP UNIT: microseconds from the boot to that
since() {
	inside systemctl show --value -p "$1TimestampMonotonic" "$2"
}

is_in_order() {
	firewall=$(since ActiveEnter firewall.service)
	start=$(since InactiveExit nat46d.service)
	ready=$(since ActiveEnter nat46d.service)
	network=$(since ActiveEnter network.target)
	echo "firewall $firewall, nat46d $start to $ready, network.target $network"
	[ "$firewall" -gt 0 ] && [ "$firewall" -le "$start" ] && [ "$start" -lt "$ready" ] && [ "$ready" -le "$network" ]
}

check "boot: an enabled service comes up by itself" comes_up
check "boot: after the firewall, before network.target" is_in_order
