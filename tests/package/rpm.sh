#!/bin/sh
# SPDX-License-Identifier: ISC
# rpm.sh - the tarball of make dist has all that is needed to build, and an RPM comes out of it
#
# Starts in the build directory. rpmbuild fails unless what is installed is what the spec file lists. On Debian the
# libraries are no RPMs, and what systemd adds to rpm is missing.
set -eu
. "$(dirname "$0")/../e2e/lib.sh"
. "$(dirname "$0")/lib.sh"
command -v rpmbuild >/dev/null || skip "needs rpmbuild"
[ -e Makefile ] || { echo "ERROR: not started in the build directory" >&2; exit 99; }

make dist >"$dir/dist.log" 2>&1 || fail "no tarball"
mv nat46d-*.tar.xz "$dir"
rpmbuild -tb --nodeps --nocheck --define "_topdir $dir/rpm" --define "_unitdir /usr/lib/systemd/system" \
	--define "_sysusersdir /usr/lib/sysusers.d" "$dir"/nat46d-*.tar.xz >"$dir/rpmbuild.log" 2>&1 || fail "no RPM"
rpm=$(echo "$dir"/rpm/RPMS/*/nat46d-[0-9]*.rpm)

[ "$(rpm -qp --configfiles "$rpm")" = /etc/nat46d.conf ] || fail "other files of the administrator"
echo "PASS"
