# SPDX-License-Identifier: ISC
# prepare.sh - what check.sh and demo.sh do before they build; to be sourced

# missing_packages PACKAGE...: those that are not installed
missing_packages() {
	for package; do
		case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
		ii*) ;;
		*) printf ' %s' "$package" ;;
		esac
	done
}

# install_packages LOG PACKAGE...: install whatever is missing, without starting any service; false, with the end
# of the log printed, if that fails. Two that do so at the same time wait for each other.
install_packages() {
	[ -n "$(shift; missing_packages "$@")" ] || return 0
	install_locked "$@" 9</var/lib/dpkg
}

install_locked() {
	flock 9
	install_log=$1
	shift
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	# nginx, HAProxy and TAYGA would start at once: while this file says no, no package starts a service.
	policy=/usr/sbin/policy-rc.d
	made_policy=no
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod 755 $policy
		made_policy=yes
	fi
	# shellcheck disable=SC2086
	{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 $missing; } >"$install_log" 2>&1 9<&- && installed=yes || installed=no
	[ $made_policy = no ] || rm -f $policy
	if [ $installed = no ]; then
		tail -n 30 "$install_log"
		return 1
	fi
	# Nor shall it start with the machine. It was not there before, so nobody has asked for it.
	for service in nginx haproxy tayga iperf3 prometheus; do
		case $missing in
		*"$service"*) systemctl disable "$service" >/dev/null 2>&1 || : ;;
		esac
	done
}

# copy_sources FROM TO: what git knows, and what it would add; without git, as in a tarball, everything
copy_sources() {
	mkdir "$2"
	(
		cd "$1" || exit 1
		if [ -e .git ]; then
			git -c safe.directory="$1" ls-files -z --cached --others --exclude-standard >"$2.files"
			tar --create --null --files-from="$2.files" --ignore-failed-read --file - 2>/dev/null
		else
			tar --create --file - .
		fi
	) | tar --extract --file - --directory "$2"
}
