#!/bin/sh
# SPDX-License-Identifier: ISC
# examples.sh - nat46d -t finds nothing wrong in the configurations that the manuals and README print
. "$(dirname "$0")/lib.sh"
need awk
need_built nat46d

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
awk -f tests/tools/examples.awk -v directory="$temporary" README man/*.in
echo "2001:db8:1::1 name-in-a-file.example" >"$temporary/nat46d.hosts"

# complete FILE: what is only a part becomes a whole configuration, in which every line keeps its number
complete() {
	whole=$(cat "$1")
	case $whole in
	"rules = "*) whole="services = ( { ipv4 = \"192.0.2.10\"; tcp = 80; $whole } );" ;;
	esac
	case $whole in
	*"prefix = "*) ;;
	*) whole="prefix = \"2001:db8:46::/96\"; $whole" ;;
	esac
	# the users of an example need not exist here
	printf '%s\n' "$whole" | sed 's/user = "[^"]*"; group = "[^"]*"/user = "nobody"; group = "nogroup"/'
}

count=0
status=0
for example in "$temporary"/*.conf; do
	complete "$example" >"$temporary/whole"
	mv "$temporary/whole" "$example"
	"$builddir/nat46d" -t -c "$example" >"$temporary/said" 2>&1 || status=1
	sed "s,^$temporary/,," "$temporary/said" |
		grep -vE 'reserved for documentation|neither a service nor a map|warning: .* does not exist' && status=1
	count=$((count + 1))
done
if [ $count -lt 20 ]; then
	echo "only $count examples were found"
	status=1
fi
exit $status
