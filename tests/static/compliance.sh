#!/bin/sh
# SPDX-License-Identifier: ISC
# compliance.sh - every requirement in nat46d-rfc(7) has a verdict, and every test and setting that it names exists
. "$(dirname "$0")/lib.sh"
need awk

page=man/nat46d-rfc.7.in
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# The entries of sections "RFC ...": prints what is wrong with them, and writes lines "LINE KIND NAME" of what they name.
awk -v names="$temporary/names" -v page="$page" '
	function wrong(what) {
		print page ":" start ": " what
		found = 1
	}
	function finish() {
		if (!start)
			return
		if (verdicts != 1)
			wrong("it takes one verdict, here are " verdicts)
		else if (verdict == "option" && !settings)
			wrong("an option needs its setting")
		else if ((verdict == "met" || verdict == "option") && !tests)
			wrong("met, but shown by no test")
		else if (verdict ~ /^not/ && !reasons)
			wrong("not, without a reason")
		if (!texts)
			wrong("nothing is asked for")
		start = 0
	}
	/^\.Sh / { finish(); inside = /^\.Sh RFC / }
	!inside { next }
	/^\.El/ { finish() }
	/^\.It / {
		finish()
		start = NR
		verdicts = settings = tests = texts = reasons = 0
		entries++
		next
	}
	!start { next }
	/^\.Sy / {
		verdict = $0
		gsub(/^\.Sy | [,:;]$/, "", verdict)
		if (verdict !~ /^(met|option|not|not applicable)$/)
			wrong("no verdict: " verdict)
		verdicts++
		next
	}
	/^\.Cm / {
		settings++
		print NR, "setting", $2 >names
		next
	}
	/^\.Bq / {
		tests++
		sub(/^\.Bq /, "")
		count = split($0, list, /, */)
		for (i = 1; i <= count; i++)
			print NR, (list[i] ~ / / ? list[i] : "script " list[i]) >names
		next
	}
	/^\./ { next }
	verdicts { reasons++; next }
	{ texts++ }
	END {
		if (entries < 100) {
			print page ": only " entries + 0 " requirements were found"
			found = 1
		}
		exit found
	}' "$page" || touch "$temporary/failed"

# The vectors that are run.
for file in tests/vectors/translation/*.vector; do
	if grep -qF "\"$(basename "$file" .vector)\"" tests/unit/test_translation_vectors.c; then
		sed -n 's/^vector \([^ ]*\).*/\1/p' "$file"
	fi
done >"$temporary/vectors"

# exists KIND NAME
exists() {
	case $1 in
	setting)
		grep -qE "(TEXT|INTEGER|SECONDS|BOOLEAN|CHOICE|LIST|GROUP)\(\"${2##*.}\"" src/config/schema.c
		;;
	script)
		[ -e "tests/e2e/$2" ] && grep -qE "^[[:space:]]tests/e2e/$2( |\$)" Makefile.am
		;;
	vectors)
		matches "$2" <"$temporary/vectors"
		;;
	sim)
		grep -qE "world_fail\(world, \"$2\"" tests/sim/*.c
		;;
	test_*)
		# once where it is defined, and once where it is run
		[ -e "tests/unit/$1.c" ] && grep -qw "tests/unit/$1" Makefile.am &&
			[ "$(grep -cw "$2" "tests/unit/$1.c")" -ge 2 ]
		;;
	*)
		return 1
		;;
	esac
}

# matches PATTERN: does a line of standard input
matches() {
	while read -r line; do
		# shellcheck disable=SC2254
		case $line in
		$1) return 0 ;;
		esac
	done
	return 1
}

while read -r number kind name; do
	if ! exists "$kind" "$name"; then
		echo "$page:$number: there is no $kind $name"
		touch "$temporary/failed"
	fi
done <"$temporary/names"
! [ -e "$temporary/failed" ]
