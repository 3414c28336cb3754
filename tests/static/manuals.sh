#!/bin/sh
# SPDX-License-Identifier: ISC
# manuals.sh - mandoc has nothing to say about the manuals, and what the guide names exists
. "$(dirname "$0")/lib.sh"
need mandoc

status=0
for page in man/*.in; do
	# Linted as it will be installed: with paths instead of @names@.
	if sed 's,@[a-zA-Z]*@,/etc,g' "$page" | mandoc -T lint -W warning 2>&1 | sed "s,^mandoc: <stdin>,$page," | grep .; then
		status=1
	fi
done

# exists NAME: a counter or a setting, which may have its group in front
exists() {
	grep -qF "\"${1##*.}\"" include/nat46/verdict.h include/nat46/counters.h src/config/schema.c
}

# Those with several words: only these can be told from other names.
for name in $(sed -n 's/^\.\(It \)*Cm //p' man/nat46d-guide.7.in | tr -s ' ,' '\n' | grep '_' | sort -u); do
	exists "$name" || { echo "man/nat46d-guide.7.in: there is neither a counter nor a setting $name"; status=1; }
done
for name in $(grep -o '`[a-z_.]*_[a-z_]*`' SECURITY.md | tr -d '`' | sort -u); do
	exists "$name" || { echo "SECURITY.md: there is neither a counter nor a setting $name"; status=1; }
done
exit $status
