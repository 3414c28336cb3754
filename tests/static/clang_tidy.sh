#!/bin/sh
# SPDX-License-Identifier: ISC
# clang_tidy.sh - recursion, bug patterns and the clang analyzer (.clang-tidy says which) find nothing
. "$(dirname "$0")/lib.sh"
need clang-tidy pkg-config
need_built config.h

# clang-tidy also counts the warnings that it suppressed in system headers; nobody wants to read that.
flags=$(compile_flags)
export flags
sources | each sh -c '
	eval "set -- \"\$1\" -- $flags"
	if clang-tidy --quiet "$@" 2>&1 | grep -v "^[0-9]* warnings* generated"; then
		exit 1
	fi' tidy
