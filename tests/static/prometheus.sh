#!/bin/sh
# SPDX-License-Identifier: ISC
# prometheus.sh - the alert rules are valid, each fires when it should, and says what to do; so are the queries of the
# dashboard. tests/e2e/ctl.sh compares both with what a daemon says.
. "$(dirname "$0")/lib.sh"
need promtool python3

rules=etc/prometheus/nat46d.rules.yml
tests=tests/static/prometheus.test.yml
promtool check rules $rules
promtool test rules $tests
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
python3 -B tests/tools/queries.py rules etc/grafana/nat46d.json >"$temporary/dashboard.yml"
promtool check rules "$temporary/dashboard.yml"

status=0
for alert in $(sed -n 's/^ *- alert: //p' $rules); do
	if ! grep -q "alertname=\"$alert\",instance=\"bad\"" $tests; then
		echo "$tests: $alert is not tested"
		status=1
	fi
done
for key in expr: labels: annotations: summary: description:; do
	if [ "$(grep -c "^ *$key" $rules)" != "$(grep -c '^ *- alert: ' $rules)" ]; then
		echo "$rules: not one $key for each alert"
		status=1
	fi
done
exit $status
