# SPDX-License-Identifier: ISC
# machine.sh - a fresh Debian 12 that boots with systemd, in a container in the namespace of the box
#
# To be sourced after lib.sh and network.sh, in place of launching the daemon. systemd-nspawn is started the way that
# asks nothing of the host: not that systemd runs there, nor which version of control groups it uses. The machine
# shares the network of the namespace $ns_box, so that clients and servers are made as in the end-to-end tests, and
# outlive a reboot. All of it is below $dir, but for a control group, in which everything is killed at the end.

machine_root=$dir/root
machine_group=

# make_group: for all processes of the machine, and for those that make it
make_group() {
	mkdir "$dir/cgroup"
	mount -t cgroup2 cgroup2 "$dir/cgroup"
	machine_group=$dir/cgroup/nat46d-$$
	mkdir "$machine_group"
}

# in_group COMMAND...
in_group() {
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$machine_group" "$@"
}

# make_machine: begin to make what is smallest and boots, from the mirror that the host uses. Sets $machine_maker, a
# process to wait for. What it mounts goes with it.
make_machine() {
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Codename: bookworm' 'Created-By: Packages')
	launch debian in_group unshare --mount --propagation private mmdebstrap --variant=minbase \
		--include=systemd-sysv,dbus,iproute2,procps --skip=cleanup/apt/lists \
		bookworm "$machine_root" "${mirror:-http://deb.debian.org/debian}"
	machine_maker=$launched
}

# bring_package FILE: into the machine, which has no network of its own: with all that it depends on, in apt's cache
bring_package() {
	cp "$1" "$machine_root/root/"
	cp /etc/resolv.conf "$machine_root/etc/"
	chroot "$machine_root" apt-get install -y --no-install-recommends --download-only "/root/${1##*/}" \
		>"$dir/apt.log" 2>&1 || fail "what the package depends on cannot be downloaded"
}

# boot: start the machine and wait until it is up. Its systemd enforces DeviceAllow= and IPAddressDeny= by bpf().
boot() {
	mkdir -p "$machine_group"
	launch console in_group ip netns exec "$ns_box" unshare --mount --propagation private sh -c '
		mount -t tmpfs run /run
		# for all, as udev makes it: here may be none, and devices may be forbidden below $dir
		mknod -m 666 /run/tun c 10 200
		mountpoint -q /sys/fs/cgroup && umount -R /sys/fs/cgroup
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
		exec systemd-nspawn --quiet --boot --directory="$1" --machine="$2" --register=no --keep-unit \
			--network-namespace-path=/proc/self/ns/net --capability=CAP_NET_ADMIN,CAP_BPF \
			--system-call-filter=bpf --bind=/run/tun:/dev/net/tun --console=pipe
		' boot "$machine_root" "nat46d-$$" </dev/null
	wait_for 20 is_up || fail "the machine does not boot: $(inside systemctl --no-pager --failed 2>&1)"
}

# is_up: or as far up as this host permits
is_up() {
	case $(inside systemctl is-system-running) in
	running | degraded) ;;
	*) return 1 ;;
	esac
}

# inside COMMAND...: run it in the machine
inside() {
	machine_init=$(head -n 1 "$machine_group/payload/init.scope/cgroup.procs") && [ -n "$machine_init" ] || return 1
	nsenter --target "$machine_init" --mount --uts --ipc --net --pid \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

# shut_down: as an administrator does it
shut_down() {
	inside systemctl --no-block poweroff
	wait_for 20 remove_group || fail "the machine does not shut down"
}

# remove_group: true when nothing runs in it any more
remove_group() {
	find "$machine_group" -depth -type d -exec rmdir {} +
}

# cut_power: whatever state it is in
cut_power() {
	[ -n "$machine_group" ] || return 0
	if [ -d "$machine_group" ]; then
		echo 1 >"$machine_group/cgroup.kill"
		wait_for 5 remove_group || :
	fi
	umount "$dir/cgroup"
}

booted_cleanup() {
	status=$?
	set +e
	cut_power
	(exit $status)
	cleanup
}
trap booted_cleanup EXIT
