#!/bin/sh
# SPDX-License-Identifier: ISC
# core_purity.sh - the core calls nothing but itself and a few functions on memory
#
# No system call, clock, allocation, event loop or output: whatever is not on this list is an error. The
# fortified variants and the stack protector come from the hardening flags, the assertion from the program.
. "$(dirname "$0")/lib.sh"
need nm objdump
need_built libnat46core.a

allowed='memcpy|memmove|memset|memcmp|memchr|strlen|strcmp|strncmp|strnlen'
allowed="$allowed|__memcpy_chk|__memmove_chk|__memset_chk"
allowed="$allowed|__stack_chk_fail|nat46_assert_failed|_GLOBAL_OFFSET_TABLE_"

if nm "$builddir/libnat46core.a" | grep -q -E "__(asan|ubsan|tsan|msan|sanitizer)_"; then
	echo "built with sanitizers: their calls cannot be told apart from the core's own" >&2
	exit 99
fi

defined=$(nm --defined-only "$builddir/libnat46core.a" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | sort -u)
if [ -z "$defined" ]; then
	echo "libnat46core.a defines nothing" >&2
	exit 99
fi

status=0
for symbol in $(nm -u "$builddir/libnat46core.a" | awk 'NF == 2 { print $2 }' | sort -u); do
	if ! printf '%s\n' "$defined" | grep -qxF "$symbol" && ! printf '%s\n' "$symbol" | grep -qxE "$allowed"; then
		echo "the core is not pure: it uses $symbol in" \
			$(nm -uA "$builddir/libnat46core.a" | awk -v s="$symbol" '$NF == s { split($1, a, ":"); print a[2] }')
		status=1
	fi
done

# A variable is state that two engines would share; constants with addresses in them are in .data.rel.ro.
if objdump -t "$builddir/libnat46core.a" | grep -E ' O (\.data|\.bss|\.tdata|\.tbss|\*COM\*)[[:space:]]'; then
	echo "the core is not pure: it has variables of its own"
	status=1
fi
exit $status
