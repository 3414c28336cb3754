# SPDX-License-Identifier: ISC
# stranger.sh - what the README says, done by somebody who does it for the first time; sourced by booted.tap

is_installed() {
	inside apt-get install -y "/root/${deb##*/}"
	inside getent passwd nat46d | grep -q ':/usr/sbin/nologin$'
	inside dpkg-query -W -f '${Conffiles}\n' nat46d | grep '^ /etc/nat46d\.conf '
	# What comes with the package can serve nobody yet.
	is LoadState loaded
	is ActiveState inactive
	is UnitFileState disabled
	cp "$machine_root/etc/nat46d.conf" "$dir/shipped"
}

# services TEXT: put it into the file that came with the package, in place of what stands there
services() {
	sed -e 's,^prefix = .*,prefix = "fd46::/96";,' -e '/^#services = /,/^# ---- the TUN/{/^# ----/!d}' \
		"$dir/shipped" >"$dir/example"
	printf '%s\n' "$1" | sed -i -e '/^# ---- services/r /dev/stdin' "$dir/example"
	inside tee /etc/nat46d.conf <"$dir/example" >/dev/null
}

example='
services = (
  { name = "web"; ipv4 = "10.0.0.42"; tcp = 443;
    rules = (
      { host = "www.example.org"; to = "2001:db8::1"; },
      { host = [ "*.example.net", "shop.example.net" ]; to = "2001:db8::2"; }
    );
  },
  { name = "files"; ipv4 = "10.0.0.42"; tcp = 8080; rules = ( { bytes = "GET "; to = "2001:db8::1"; } ); }
);
'

forwards() {
	printf 'net.ipv4.ip_forward = 1\nnet.ipv6.conf.all.forwarding = 1\n' >"$machine_root/etc/sysctl.d/50-nat46d.conf"
	sysctl_in "$ns_box" ipv4/ip_forward 0
	inside sysctl --system || : # a container may not set all that Debian sets
	[ "$(inside cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}

is_right() {
	services "$example"
	[ -z "$(inside nat46d -t 2>&1)" ] || fail "$(inside nat46d -t 2>&1)"
}

starts() {
	mark
	inside systemctl start nat46d
	is ActiveState active
	is SubState running
	is Type notify
	inside systemctl status nat46d | grep 'Status: "/etc/nat46d\.conf: 2 services with 4 rules'
	said "nat46d $(inside nat46d -V | sed -n 's/^nat46d //p') started"
}

is_seen() {
	inside nat46ctl status | tee "$dir/seen"
	grep -q '^service web' "$dir/seen" || grep -q 'web.*10\.0\.0\.42' "$dir/seen"
	grep -q '2001:db8::1.*443' "$dir/seen"
	inside nat46ctl explain 10.0.0.42:443 --host shop.example.net --client 10.0.0.3 | tee "$dir/seen"
	grep -q 'shop\.example\.net' "$dir/seen"
	grep -q '\[2001:db8::2\]:443' "$dir/seen"
	grep -q 'fd46::a00:3' "$dir/seen"
}

# asks GROUP: nat46ctl status, as somebody who is a member of the group
asks() {
	inside setpriv --reuid=games --regid=games --groups="$1" nat46ctl status
}

is_for_members() {
	asks nat46d | grep -q web
	if asks games; then
		fail "everybody may ask"
	fi
}

# break_file: with an error, whose line is then $bad_line
break_file() {
	services "$(printf '%s\n' "$example" | sed 's/host = "www/hots = "www/')"
	bad_line=/etc/nat46d.conf:$(inside grep -n hots /etc/nat46d.conf | cut -d : -f 1)
}

# nothing_changed COMMAND...: not by that
nothing_changed() {
	old_pid=$(main_pid)
	"$@"
	is ActiveState active
	is MainPID "$old_pid"
	works
	goes_on life
}

reload_fails() {
	break_file
	mark
	if inside systemctl reload nat46d >"$dir/told" 2>&1; then
		fail "it succeeds"
	fi
	cat "$dir/told"
	grep -q 'Job for nat46d.service failed' "$dir/told" || fail "the caller is not told"
	said "$bad_line: error: unknown setting"
	inside systemctl status nat46d | tee "$dir/told"
	grep -q "Status: \"Reload failed: $bad_line: error: unknown setting" "$dir/told"
	inside nat46ctl status | grep -F "$bad_line: error: unknown setting"
}

ctl_reload_fails() {
	break_file
	if inside nat46ctl reload >"$dir/told" 2>&1; then
		fail "it succeeds"
	fi
	grep -F "$bad_line: error: unknown setting" "$dir/told" || fail "the caller is told: $(cat "$dir/told")"
}

# takes COMMAND...: a mended file, in which something is new
takes() {
	services "$(printf '%s\n' "$example" | sed 's/"\*\.example\.net"/"new.example.net"/')"
	mark
	"$@"
	said 'rules: 1 added: web: host "new.example.net"'
	said 'reloaded /etc/nat46d.conf'
	is StatusText Reloaded
	[ -z "$(lines -t nat46ctl)" ] || fail "the journal has it twice: $(lines)"
	services "$example"
	"$@"
	is ActiveState active
}

hang_up() {
	break_file
	mark
	inside systemctl kill -s HUP nat46d
	said "$bad_line: error: unknown setting"
	services "$example"
	inside systemctl kill -s HUP nat46d
	said 'reloaded /etc/nat46d.conf'
	is StatusText Reloaded
}

check "stranger: apt installs the package, its user and its file, and starts nothing" is_installed
check "stranger: the box forwards packets" forwards
check "stranger: the example, edited, passes nat46d -t" is_right
check "stranger: systemctl start" starts
check "stranger: HTTPS by name reaches each server" works
check "stranger: nat46ctl status and explain show it" is_seen
check "stranger: nat46ctl is for members of the group" is_for_members
download life
check "stranger: a download runs" wait_for 5 is_downloading
check "stranger: a broken file: systemctl reload fails, and the line is named" nothing_changed reload_fails
check "stranger: a broken file: nat46ctl reload prints the error" nothing_changed ctl_reload_fails
check "stranger: mended: systemctl reload" nothing_changed takes inside systemctl reload nat46d
check "stranger: mended: nat46ctl reload" nothing_changed takes inside nat46ctl reload
check "stranger: SIGHUP, with a broken file and with a mended one" nothing_changed hang_up
check "stranger: the download was not touched" finish life
