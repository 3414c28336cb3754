#!/bin/sh
# SPDX-License-Identifier: ISC
# manuals.sh - mandoc has nothing to say about the manuals
. "$(dirname "$0")/lib.sh"
need mandoc

status=0
for page in man/*.[1-9] man/*.[1-9].in; do
	[ -e "$page" ] || continue
	# Sources of pages are linted as they will be installed: with paths instead of @names@.
	if sed 's,@[a-zA-Z]*@,/etc,g' "$page" | mandoc -T lint -W warning 2>&1 | sed "s,^mandoc: <stdin>,$page," | grep .; then
		status=1
	fi
done
exit $status
