#!/bin/sh
# SPDX-License-Identifier: ISC
# scripts.sh - every shell script is understood by its shell and says what it is
. "$(dirname "$0")/lib.sh"

status=0
for script in build-aux/get-version .ci/run debian/nat46d.postinst etc/bash-completion/* $(find tests -name '*.sh' | sort); do
	case $script in
	etc/bash-completion/*) bash -n "$script" || status=1 ;;
	*) sh -n "$script" || status=1 ;;
	esac
	if ! head -3 "$script" | grep -q 'SPDX-License-Identifier: ISC'; then
		echo "$script:1: no SPDX line"
		status=1
	fi
	if grep -nHE '[[:space:]]+$' "$script"; then
		status=1
	fi
done
exit $status
