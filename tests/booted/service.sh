# SPDX-License-Identifier: ISC
# service.sh - the unit: its sandbox, its journal, and what systemd does when the daemon ends; sourced by booted.tap

# ---- the sandbox --------------------------------------------------------------------------

# drop_in LINE...: into the section [Service], for the next start; without a line: none any more
drop_in() {
	rm -rf "$machine_root/etc/systemd/system/nat46d.service.d"
	if [ $# != 0 ]; then
		mkdir "$machine_root/etc/systemd/system/nat46d.service.d"
		printf '%s\n' '[Service]' "$@" >"$machine_root/etc/systemd/system/nat46d.service.d/test.conf"
	fi
	inside systemctl daemon-reload
}

is_little_exposed() {
	inside systemd-analyze verify --man=no nat46d.service 2>&1 | tee "$dir/verified"
	[ ! -s "$dir/verified" ]
	inside systemd-analyze security --no-pager --threshold=15 nat46d.service
}

# holds FIELD VALUE: in the status of the process of the daemon
holds() {
	inside grep "^$1:" "/proc/$(main_pid)/status" | tee "$dir/field"
	[ "$(awk '{ print $2 }' "$dir/field")" = "$2" ]
}

is_without_privilege() {
	[ "$(inside ps -o user= -p "$(main_pid)")" = nat46d ]
	for set in CapInh CapPrm CapEff CapAmb; do
		holds $set 0000000000000000
	done
	holds CapBnd 0000000000001000 # CAP_NET_ADMIN; nobody can get it any more
	holds NoNewPrivs 1
	holds Seccomp 2
}

# What the unit forbids to whoever has taken over the daemon; a line for each thing that is possible.
intruder='
	exec 2>/dev/null
	touch /srv/open/hole && echo "write files"
	ls /home/open && echo "read home directories"
	(: >/dev/intruder) && echo "open devices"
	unshare --user true && echo "make namespaces"
	perl -e "socket(S, 2, 2, 0) or exit 1" && echo "make sockets for IP"
	chrt --batch 0 true && echo "make system calls for resources"
	setarch -R true && echo "change the personality"
	[ -e /proc/1 ] && echo "see other processes"
	[ -e /proc/sys ] && echo "see sysctls"
	true
'

holds_intruders() {
	mkdir -m 777 "$machine_root/srv/open" "$machine_root/home/open"
	inside mknod -m 666 /dev/intruder c 1 11 # kmsg
	printf '%s\n' "$intruder" >"$machine_root/srv/intruder"
	inside setpriv --reuid=nat46d --regid=nat46d --clear-groups sh /srv/intruder >"$dir/open"
	[ "$(wc -l <"$dir/open")" = "$(grep -c echo "$machine_root/srv/intruder")" ] ||
		fail "without a unit, not all is possible: $(cat "$dir/open")"

	sed -e '/^Exec/d' -e '/^Standard/d' -e '/^Watchdog/d' -e '/^Restart=/d' -e 's/^Type=.*/Type=oneshot/' \
		-e 's/^RuntimeDirectory=.*/ExecStart=sh \/srv\/intruder/' "$machine_root/lib/systemd/system/nat46d.service" \
		>"$machine_root/etc/systemd/system/intruder.service"
	inside systemctl daemon-reload
	inside systemctl start intruder
	inside journalctl -b -o cat _SYSTEMD_UNIT=intruder.service >"$dir/holes"
	[ ! -s "$dir/holes" ] || fail "it is possible to $(cat "$dir/holes")"
}

# From here on a system call that the unit does not permit kills whoever makes it.
needs_no_other_call() {
	drop_in SystemCallErrorNumber= WatchdogSec=2
	mark
	inside systemctl restart nat46d
	works
	for command in status stats metrics config flows 'explain 10.0.0.42:443'; do
		# shellcheck disable=SC2086
		inside nat46ctl $command >"$dir/seen"
	done
	inside systemctl reload nat46d
	inside systemctl kill -s HUP nat46d
	inside systemctl kill -s USR1 nat46d
	said 'received='
	sleep 2.5 # the watchdog is fed
	is NRestarts 0
	is Result success
	lines | grep -E 'not permitted|denied|dumped|SYS' && fail "there are traces of the sandbox"
	return 0
}

# ---- when it ends -------------------------------------------------------------------------

# comes_back COMMAND...: what ends the daemon; systemd starts it again, and it serves
comes_back() {
	old_pid=$(main_pid)
	old_restarts=$(property NRestarts)
	mark
	"$@"
	wait_for 20 restarts $((old_restarts + 1)) || fail "it is $(property ActiveState) after $(property NRestarts) restarts"
	[ "$(main_pid)" != "$old_pid" ]
	inside nat46ctl status >"$dir/seen"
	works
}

is_killed() {
	comes_back inside systemctl kill -s KILL nat46d
	said 'Main process exited, code=killed, status=9/KILL'
}

hangs() {
	grep -qx WatchdogSec=30 "$machine_root/lib/systemd/system/nat46d.service" || fail "the unit has no watchdog"
	comes_back inside systemctl kill -s STOP nat46d
	said 'Watchdog timeout (limit 2s)!'
}

loses_device() {
	comes_back ip -n "$ns_box" link delete nat46
	said 'Main process exited, code=exited, status=1'
}

loses_route() {
	comes_back ip -n "$ns_box" route delete 10.0.0.42/32 dev nat46
	said 'there is no route to 10.0.0.42/32 into nat46'
	said 'Main process exited, code=exited, status=1'
}

# starts_badly: with a wrong file it ends with 6, once, and says why; and mended it starts
starts_badly() {
	break_file
	inside systemctl reset-failed nat46d
	mark
	if inside systemctl restart nat46d; then
		fail "it starts"
	fi
	sleep 1.5 # longer than RestartSec
	is ActiveState failed
	is ExecMainStatus 6
	is NRestarts 0
	[ "$(lines -p 3 | grep -c "^$bad_line: error: unknown setting")" = 1 ] || fail "$(lines)"
	services "$example"
	inside systemctl start nat46d
	works
}

# more_restarts NUMBER
more_restarts() {
	[ "$(property NRestarts)" -gt "$1" ]
}

# never_gives_up: however often it fails, and it goes on when its cause has gone
never_gives_up() {
	drop_in RestartSec=100ms
	ip -n "$ns_box" address add 10.0.0.42/32 dev lo
	inside systemctl restart nat46d || :
	wait_for 15 more_restarts 10 || fail "systemd has given up after $(property NRestarts) restarts"
	ip -n "$ns_box" address delete 10.0.0.42/32 dev lo
	wait_for 5 inside systemctl --quiet is-active nat46d || fail "it does not come back"
	drop_in
	works
}

# ---- what it says -------------------------------------------------------------------------

# priority NUMBER TEXT: that line has it, and nothing else in front of the text
priority() {
	lines -p "$1..$1" | grep -q "^$2" || fail "no line of priority $1 is '$2': $(lines -o short)"
}

has_priorities() {
	break_file
	mark
	inside nat46ctl reload && fail "it succeeds"
	services "$(printf '%s\n' "$example" | sed 's/to = "2001:db8::2"/to = "2001:db8::2:443"/')"
	warned_line=/etc/nat46d.conf:$(inside grep -n '::2:443' /etc/nat46d.conf | cut -d : -f 1)
	inside nat46ctl reload
	services "$example"
	inside nat46ctl reload
	priority 3 "reload: $bad_line: error: "
	priority 3 'reload failed, everything stays as it was$'
	priority 4 "reload: $warned_line: warning: "
	priority 6 'reloaded /etc/nat46d\.conf in '
	[ "$(lines | wc -l)" = 7 ] || fail "these are more or fewer than 7 lines: $(lines)"
}

has_fields() {
	printf '%s\n' 'log = { sessions = true; };' >>"$machine_root/etc/nat46d.conf"
	inside systemctl reload nat46d
	mark
	works
	lines NAT46_CLIENT=10.0.0.3 NAT46_HOST=shop.example.net | grep session
	services "$example"
	inside systemctl reload nat46d
}

# writes_metrics: as nat46ctl(8) says
writes_metrics() {
	file=$machine_root/var/lib/prometheus/node-exporter/nat46d.prom
	mkdir -p "${file%/*}"
	cp "$machine_root"/usr/share/nat46d/nat46d-metrics.* "$machine_root/etc/systemd/system/"
	inside systemctl daemon-reload
	inside systemctl enable --now nat46d-metrics.timer
	inside systemctl is-active nat46d-metrics.timer
	inside systemctl start nat46d-metrics.service
	grep '^nat46_' "$file"
	inside systemctl disable --now nat46d-metrics.timer
	rm "$machine_root"/etc/systemd/system/nat46d-metrics.* "$file"
}

stops() {
	mark
	inside systemctl stop nat46d
	is ActiveState inactive
	is Result success
	is ExecMainStatus 0
	said 'nat46d stopped'
	ip -n "$ns_box" link show dev nat46 2>/dev/null && fail "the device is left behind"
	ip -n "$ns_box" route | grep 10.0.0.42 && fail "a route is left behind"
	ip -n "$ns_box" -6 route | grep fd46 && fail "a route is left behind"
	inside test ! -e /run/nat46d || fail "the socket is left behind"
}

check "sandbox: exposure by systemd-analyze security is at most 1.5" is_little_exposed
check "sandbox: the daemon has no privilege" is_without_privilege
check "sandbox: nothing can be done but what the daemon does" holds_intruders
check "sandbox: the daemon needs no system call that is forbidden" needs_no_other_call
check "restart: after SIGKILL" is_killed
check "restart: by the watchdog, when it hangs" hangs
check "restart: when its device was deleted" loses_device
check "restart: when its route was deleted" loses_route
drop_in
check "restart: none with a wrong file, which is named in the journal" starts_badly
check "restart: again and again while the cause is there" never_gives_up
check "journal: one line an event, with its priority" has_priorities
check "journal: sessions are events with fields" has_fields
check "metrics: the timer writes them for the node exporter" writes_metrics
check "journal: systemctl stop leaves nothing behind" stops
