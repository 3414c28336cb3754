# SPDX-License-Identifier: ISC
# lib.sh - what the static checks share; sourced by them
#
# A check is started in the build directory (make check-static does so) and finds its sources beside itself.
# It prints what is wrong, file:line first, and exits 1; a checker that is not installed is an error (99),
# because a check that did not run has found nothing.
set -eu

builddir=$PWD
srcdir=$(cd "$(dirname "$0")/../.." && pwd)
cd "$srcdir"

# need COMMAND...: end with an error unless all of them are installed
need() {
	for command in "$@"; do
		if ! command -v "$command" >/dev/null; then
			echo "$command is not installed" >&2
			exit 99
		fi
	done
}

# need_built FILE...: end with an error unless the check was started in a build directory that has them
need_built() {
	for file in "$@"; do
		if [ ! -e "$builddir/$file" ]; then
			echo "no $file here: start me in the build directory, after make" >&2
			exit 99
		fi
	done
}

# sources: every C source, one a line
sources() {
	find src tests -name '*.c' | sort
}

# compile_flags: what a compiler needs to understand a source, quoted for eval
compile_flags() {
	printf '%s ' -std=gnu11 -include "$builddir/config.h" -Iinclude -Isrc -Itests/unit \
		"-DSYSCONFDIR='\"/etc\"'" "-DTEST_SRCDIR='\"tests\"'"
	pkg-config --cflags libconfig libcap-ng libmnl cmocka
}

# each COMMAND...: run it on every path of standard input, on all processors; fails when one failed
each() {
	xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 "$@"
}
