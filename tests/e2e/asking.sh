# SPDX-License-Identifier: ISC
# asking.sh - ask the daemon by nat46ctl, and compare what it says
#
# To be sourced after lib.sh and network.sh.

NAT46CTL=${NAT46CTL:-${NAT46D%/*}/nat46ctl}

# ctl ARGUMENT...
ctl() {
	"$NAT46CTL" -s "$dir/control" "$@"
}

# says PATTERN ARGUMENT...: a line of what nat46ctl prints matches
says() {
	says_pattern=$1
	shift
	ctl "$@" >"$dir/says.log" 2>&1 || fail "nat46ctl $* fails"
	grep -qE -- "$says_pattern" "$dir/says.log" || fail "nat46ctl $* does not say '$says_pattern'"
}

# fails STATUS PATTERN ARGUMENT...
fails() {
	fails_status=$1
	fails_pattern=$2
	shift 2
	fails_is=0
	ctl "$@" >"$dir/out.log" 2>"$dir/says.log" || fails_is=$?
	[ $fails_is = "$fails_status" ] || fail "nat46ctl $* ends with $fails_is, not $fails_status"
	grep -q -- "$fails_pattern" "$dir/says.log" || fail "nat46ctl $* does not say '$fails_pattern'"
}

# json EXPRESSION ARGUMENT...: the answer is JSON, and of a, which it is, the expression is true
json() {
	json_expression=$1
	shift
	ctl -j "$@" >"$dir/json.log" || fail "nat46ctl -j $* fails"
	python3 -c 'import json, sys; a = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]))' "$json_expression" \
		<"$dir/json.log" || fail "nat46ctl -j $*: not $json_expression"
}
