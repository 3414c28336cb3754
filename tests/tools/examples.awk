# SPDX-License-Identifier: ISC
# examples.awk - the examples of the manuals and of README, as files
#
# awk -f examples.awk -v directory=DIRECTORY PAGE...
#
# An example is a literal display in mdoc, or in README what is behind a tabulator. One that begins with "NAME = " is a
# configuration of nat46d, and becomes the file PAGE:LINE.conf. In front of any other stands a comment in mdoc,
#	.\" example NAME
# and it becomes the file NAME. All others are not examples.

function begin(file) {
	output = file
	is_first = 1
	text = ""
}

function end() {
	if (output ~ /\.conf$/ || output !~ /:[0-9]+$/) {
		printf "%s", text >(directory "/" output)
		close(directory "/" output)
	}
	output = ""
	name = ""
}

function add(line) {
	if (is_first && line ~ /^[a-z_0-9]+ = / && output ~ /:[0-9]+$/)
		output = output ".conf"
	if (line !~ /^(#|$)/)
		is_first = 0
	text = text line "\n"
}

FNR == 1 {
	page = FILENAME
	sub(/^.*\//, "", page)
	sub(/\.in$/, "", page)
	is_mdoc = FILENAME ~ /\.in$/
	output = ""
}
is_mdoc && /^\.\\" example / { name = $3; next }
is_mdoc && /^\.Bd -literal/ { begin(name ? name : page ":" FNR); next }
is_mdoc && /^\.Ed/ { end(); next }
is_mdoc {
	if (output == "")
		next
	gsub(/\\\(dq/, "\"")
	gsub(/\\\(aq/, "'")
	gsub(/\\\(ga/, "`")
	gsub(/\\&/, "")
	gsub(/\\e/, "\\")
	add($0)
	next
}
/^\t/ {
	if (output == "")
		begin(page ":" FNR)
	add(substr($0, 2))
	next
}
output != "" && /^$/ { add(""); next }
output != "" { end() }
END { if (output != "") end() }
