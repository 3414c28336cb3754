#!/bin/sh
# SPDX-License-Identifier: ISC
# manuals.sh - mandoc has nothing to say about the manuals
. "$(dirname "$0")/lib.sh"
need mandoc

status=0
for page in man/*.in; do
	# Linted as it will be installed: with paths instead of @names@.
	if sed 's,@[a-zA-Z]*@,/etc,g' "$page" | mandoc -T lint -W warning 2>&1 | sed "s,^mandoc: <stdin>,$page," | grep .; then
		status=1
	fi
done
exit $status
