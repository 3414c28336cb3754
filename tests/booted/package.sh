# SPDX-License-Identifier: ISC
# package.sh - upgrade, removal, purge; sourced by booted.tap

# next_package: the same with a higher version; sets $next
next_package() {
	next=$dir/next.deb
	dpkg-deb --raw-extract "$deb" "$dir/next"
	sed -i 's/^Version: .*/&+next/' "$dir/next/DEBIAN/control"
	dpkg-deb --root-owner-group --build "$dir/next" "$next" >/dev/null
	cp "$next" "$machine_root/root/next.deb"
}

is_upgraded() {
	old_pid=$(main_pid)
	inside apt-get install -y /root/next.deb | tee "$dir/told"
	grep -q 'systemctl restart nat46d' "$dir/told" || fail "nobody is told that the old one still runs"
	inside dpkg-query -W -f '${Version}\n' nat46d | grep -q '+next$'
	is ActiveState active
	is MainPID "$old_pid"
	is UnitFileState enabled
	cmp "$dir/example" "$machine_root/etc/nat46d.conf"
	works
	inside systemctl reload nat46d
}

is_removed() {
	inside apt-get remove -y nat46d
	ip -n "$ns_box" link show dev nat46 2>/dev/null && fail "the device is left behind"
	is LoadState not-found
	cmp "$dir/example" "$machine_root/etc/nat46d.conf"
}

is_purged() {
	inside apt-get purge -y nat46d
	inside getent passwd nat46d # as in Debian: what belongs to it must not belong to somebody else some day
	find "$machine_root" -xdev -path "$machine_root/var/lib/dpkg" -prune -o -path "$machine_root/var/log" -prune \
		-o -path "$machine_root/root" -prune -o -name '*nat46*' -print >"$dir/left"
	sed -i '/etc\/sysctl.d\/50-nat46d.conf$/d' "$dir/left"
	[ ! -s "$dir/left" ] || fail "left behind: $(cat "$dir/left")"
}

next_package
download upgrade
check "package: a download runs" wait_for 5 is_downloading
check "package: an upgrade says that the old daemon goes on" is_upgraded
check "package: the upgrade does not touch the download" finish upgrade
check "package: removal stops the daemon and leaves the file" is_removed
check "package: a purge leaves nothing but the user" is_purged
