#!/bin/sh
# SPDX-License-Identifier: ISC
# headers.sh - every header compiles alone, with both compilers
. "$(dirname "$0")/lib.sh"
need gcc clang pkg-config
need_built config.h

flags=$(compile_flags)
status=0
for header in include/nat46/*.h $(find src -name '*.h'); do
	for compiler in gcc clang; do
		# Included from an empty file: a header that is the main file gets warnings of its own.
		if ! printf '#include "%s"\n' "$srcdir/$header" |
		     eval "$compiler $flags -Wall -Wextra -Werror -fsyntax-only -x c -"; then
			echo "$header: does not compile alone with $compiler"
			status=1
		fi
	done
done
exit $status
