# SPDX-License-Identifier: ISC
# common.sh - what the benches share: how they read their options, and where they ran
#
# To be sourced by a bench that has usage().

wrong_usage() {
	usage >&2
	exit 2
}

# read_options "NAME..." ARGUMENT...: set variables; a NAME is n:=runs, so that -n RUNS sets $runs, or k=keep, so that
# -k sets $keep to yes. -h is known everywhere, and there are no other arguments
read_options() {
	names=$1
	letters=h
	shift
	for name in $names; do
		letters=$letters${name%%=*}
	done
	while getopts "$letters" option; do
		case $option in
		h) usage; exit 0 ;;
		\?) wrong_usage ;;
		esac
		for name in $names; do
			case $name in
			"$option:="*) eval "${name#*=}=\$OPTARG" ;;
			"$option="*) eval "${name#*=}=yes" ;;
			esac
		done
	done
	[ $# -lt "$OPTIND" ] || wrong_usage
}

# positive VALUE...: whole numbers from 1, or the usage is wrong
positive() {
	for value; do
		case $value in
		'' | 0* | *[!0-9]*) wrong_usage ;;
		esac
	done
}

# tell_machine: on what, and with which daemon, this runs
tell_machine() {
	echo "kernel      $(uname -sr), $(getconf _NPROCESSORS_ONLN) processors, load $(cut -d ' ' -f 1-3 /proc/loadavg)"
	echo "processor   $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
	echo "nat46d      $("$NAT46D" -V | head -n 1)"
}
