#!/bin/sh
# SPDX-License-Identifier: ISC
# cppcheck.sh - cppcheck finds nothing
. "$(dirname "$0")/lib.sh"
need cppcheck
need_built config.h

cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	-j "$(getconf _NPROCESSORS_ONLN)" --suppress=missingInclude --suppress=missingIncludeSystem \
	--include="$builddir/config.h" -Iinclude -Isrc -Itests/unit -DSYSCONFDIR='"/etc"' src tests
