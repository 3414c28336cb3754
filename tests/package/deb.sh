#!/bin/sh
# SPDX-License-Identifier: ISC
# deb.sh - the package of Debian 12: lintian has nothing to say, it holds what it should, and is twice the same
set -eu
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"
for command in dpkg-buildpackage dh lintian; do
	command -v $command >/dev/null || skip "needs $command"
done

build_deb one
first=$deb

echo "# lintian"
lintian --allow-root --fail-on error,warning "$dir"/one/*.changes >"$dir/lintian.log" 2>&1 || fail "lintian complains"

echo "# contents"
dpkg-deb -c "$first" | sed -n 's,^-\([^ ]*\) \([^ ]*\) .* \./,\1 \2 ,p' >"$dir/contents"
diff "$(dirname "$0")/deb.contents" "$dir/contents" >"$dir/contents.log" || fail "the contents are others"
dpkg-deb -e "$first" "$dir/control"
sed -n 's,^.* \(etc/\),/\1,p' "$dir/contents" | cmp - "$dir/control/conffiles" || fail "other conffiles"

echo "# what is in it knows where it is, and which version"
dpkg-deb -x "$first" "$dir/root"
version=$(dpkg-deb -f "$first" Version)
"$dir/root/usr/sbin/nat46d" -V | grep -q "^nat46d $version" || fail "the daemon has another version than $version"
"$dir/root/usr/sbin/nat46d" -h | grep -q /etc/nat46d.conf || fail "the daemon reads another file"
"$dir/root/usr/sbin/nat46d" -t -c "$dir/root/etc/nat46d.conf" 2>"$dir/test.log" || fail "the file is wrong"
grep -qx ExecStart=/usr/sbin/nat46d "$dir/root/lib/systemd/system/nat46d.service" || fail "the unit starts another"

echo "# an upgrade leaves the daemon alone; removal stops it"
calls=$(cd "$dir/control" && grep -o 'deb-systemd-invoke [a-z-]*' p* | paste -s -d ' ')
[ "$calls" = "postinst:deb-systemd-invoke start prerm:deb-systemd-invoke stop" ] || fail "other actions: $calls"
grep -q '"$1" = remove \]' "$dir/control/prerm" || fail "it is not only stopped when it is removed"

echo "# a second build, elsewhere, has the same bytes"
build_deb another
cmp "$first" "$deb" || fail "the second build differs"
echo "PASS"
