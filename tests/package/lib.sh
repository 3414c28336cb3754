# SPDX-License-Identifier: ISC
# lib.sh - how the tests build packages; to be sourced after e2e/lib.sh
. "$(dirname "$0")/../prepare.sh"

# What make check-package sets is not for the makes that build.
unset MAKEFLAGS MFLAGS MAKELEVEL

tree=$(cd "$(dirname "$0")/../.." && pwd)

# build_deb DIRECTORY: build the Debian package of this tree below a new directory, without its unit tests, which run
# elsewhere. Sets $deb; the log is $dir/DIRECTORY.log.
build_deb() {
	mkdir "$dir/$1"
	copy_sources "$tree" "$dir/$1/source"
	(
		cd "$dir/$1/source"
		DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b -j"$(getconf _NPROCESSORS_ONLN)"
	) >"$dir/$1.log" 2>&1 || fail "the package cannot be built"
	deb=$(echo "$dir/$1"/nat46d_*.deb)
}
