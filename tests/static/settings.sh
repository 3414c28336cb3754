#!/bin/sh
# SPDX-License-Identifier: ISC
# settings.sh - nat46d.conf(5) has each setting of the schema, with its type, range and default, when a change of it
# takes effect, and an example
#
# Says which line is missed, so that it can be copied into the page.
. "$(dirname "$0")/lib.sh"
need gcc awk pkg-config
need_built libnat46config.a libnat46protocol.a libnat46core.a

page=man/nat46d.conf.5.in
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# The page as it should be: "PATH<tab>what stands in brackets behind .It Cm NAME".
cat >"$temporary/list.c" <<'END'
#include <stdlib.h>

#include "config/keep.c"

static void quoted(const char *text)
{
	printf("\\(dq%s\\(dq", text);
}

static void print_default(const struct setting *s)
{
	if (strcmp(s->name, "silent") == 0 && s->choices)
		printf(", default by the rules");
	else if (s->required)
		printf(", required");
	else if (s->type == SETTING_LIST)
		printf(", default empty");
	else if (s->type == SETTING_INTEGER || s->type == SETTING_SECONDS)
		printf(", default %lld", (long long)s->number);
	else if (s->type == SETTING_BOOLEAN)
		printf(", default %s", s->number ? "true" : "false");
	else if (s->text) {
		printf(", default ");
		quoted(s->text);
	} else
		printf(", default none");
}

static void print_type(const struct setting *s)
{
	static const char *const types[] = {
		[SETTING_GROUP] = "group",
		[SETTING_LIST] = "list of groups",
		[SETTING_INTEGER] = "integer",
		[SETTING_SECONDS] = "seconds",
		[SETTING_BOOLEAN] = "boolean",
		[SETTING_TEXT] = "string",
		[SETTING_PORTS] = "integers",
	};

	if (s->type != SETTING_CHOICE)
		printf("%s%s", types[s->type], s->type == SETTING_TEXT && s->many ? "s" : "");
	for (int i = 0, n = 0; s->type == SETTING_CHOICE && s->choices[i]; i++) {
		if (!*s->choices[i])
			continue;
		printf(n++ == 0 ? "" : s->choices[i + 1] ? ", " : " or ");
		quoted(s->choices[i]);
	}
	if (s->type == SETTING_SECONDS)
		printf(" %.10g to %.10g", (double)s->minimum / 1000, (double)s->maximum / 1000);
	else if (s->maximum)
		printf(" %lld to %lld", (long long)s->minimum, (long long)s->maximum);
	if (s->type == SETTING_PORTS)
		printf(" or strings");
}

static bool is_kept(const char *path)
{
	size_t i = 0;

	while (kept[i] && !(strncmp(path, kept[i], strlen(kept[i])) == 0 && strchr(".", path[strlen(kept[i])])))
		i++;
	return kept[i] != NULL;
}

/* In the elements of a list nothing is said of changes: they take effect with the list. */
static void print_settings(const char *above, const struct setting *settings, bool in_list)
{
	char path[64];

	for (const struct setting *s = settings; s->name; s++) {
		snprintf(path, sizeof(path), "%s%s%s", above, *above ? "." : "", s->name);
		printf("%s\t", path);
		print_type(s);
		if (s->type != SETTING_GROUP)
			print_default(s);
		puts(in_list || s->type == SETTING_GROUP ? "" : is_kept(path) ? ", restart" : ", reload");
		if (s->members && strcmp(path, "maps") != 0) /* its elements are those of "clients" */
			print_settings(path, s->members, in_list || s->type == SETTING_LIST);
	}
}

int main(void)
{
	print_settings("", schema_root, false);
	return 0;
}
END
eval "gcc $(compile_flags)" -o "$temporary/list" "$temporary/list.c" tests/unit/assert.c "$builddir/libnat46config.a" \
	"$builddir/libnat46protocol.a" "$builddir/libnat46core.a" "$(pkg-config --libs libconfig)"
"$temporary/list" >"$temporary/expected"
[ "$(wc -l <"$temporary/expected")" -ge 50 ] || { echo "the schema has too few settings"; exit 1; }

# The page as it is: "PATH<tab>LINE<tab>in brackets"; the elements of rules have a section of their own.
awk -v OFS='\t' '
	/^\.Sh / { depth = 0; delete name; above = $2 == "RULES" ? "services.rules." : "" ; inside = $2 ~ /^(SETTINGS|RULES)$/ }
	!inside { next }
	/^\.Bl / { depth++ }
	/^\.El/ { delete name[depth]; depth-- }
	/^\.It Cm / {
		name[depth] = $3
		path = above
		for (i = 1; i <= depth; i++)
			path = path (i > 1 ? "." : "") name[i]
		next
	}
	path && /^\.Pq / { print path, NR, substr($0, 5) }
	{ path = "" }
' "$page" >"$temporary/is"

# What the examples set: names behind those of the groups that they stand in. Lists have no name of their own there.
awk '
	/^\.Bd -literal/ { inside = 1; group = ""; next }
	/^\.Ed/ { inside = 0 }
	!inside { next }
	{
		sub(/ # .*/, "")
		gsub(/"[^"]*"/, "\"\"")
		text = $0
		while (match(text, /[a-z_0-9]+ = \{|[a-z_0-9]+ = |\}/)) {
			word = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			if (word == "}") {
				group = ""
				continue
			}
			is_group = sub(/\{$/, "", word)
			sub(/ = $/, "", word)
			print group word
			if (is_group)
				group = word "."
		}
	}
' "$page" | sort -u >"$temporary/shown"

tab=$(printf '\t')
status=0
while IFS=$tab read -r path text; do
	is=$(awk -F '\t' -v path="$path" '$1 == path { print $3 }' "$temporary/is")
	if [ "$is" != "$text" ]; then
		line=$(awk -F '\t' -v path="$path" '$1 == path { print $2; exit }' "$temporary/is")
		echo "$page:${line:-1}: behind '.It Cm ${path##*.}' ($path) there must be '.Pq $text'"
		status=1
	fi
	case $path in
	services.* | clients.*) shown=${path##*.} ;;
	*) shown=$path ;;
	esac
	if ! grep -qxF -- "$shown" "$temporary/shown"; then
		echo "$page: no example sets $path"
		status=1
	fi
done <"$temporary/expected"

cut -f 1 "$temporary/expected" | sort >"$temporary/names"
cut -f 1 "$temporary/is" | sort | uniq | comm -23 - "$temporary/names" >"$temporary/unknown"
if [ -s "$temporary/unknown" ]; then
	sed "s,^,$page: there is no setting ," "$temporary/unknown"
	status=1
fi
exit $status
