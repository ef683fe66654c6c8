# SPDX-License-Identifier: GPL-2.0-or-later
# A06: the container has programs of its own under the names that a privileged one might execute, first in its PATH
# (CVE-2026-41567, CVE-2021-3100).
# That they would be executed is shown on nsenter, which is told a name.
# weaken: src/6-join/launch.c s/"%s:%s", TOOLBOX_PATH/"%2$s:%1$s", TOOLBOX_PATH/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

NAMES=(sh bash xz gzip unpigz getent id mount umount modprobe ps ls cat env tar iptables ip login su zsh fish debug-joiner)

setup_file() {
	engines_start
	docker_run trojans --env PATH=/trojan:/bin debug-test/musl
	evil trojans "/bin/busybox mkdir -p /plain /trojan /usr/bin /usr/sbin /sbin; /bin/busybox cp /bin/busybox /plain/
		printf '#!/plain/busybox sh\necho \"\$0\" >> /marker\n' > /trojan/sh; chmod 755 /trojan/sh
		: > /marker; chmod 666 /marker
		for name in ${NAMES[*]}; do for path in /trojan /bin /usr/bin /usr/sbin /sbin; do
			[ \$path/\$name = /trojan/sh ] || { /plain/busybox rm -f \$path/\$name; /plain/busybox cp /trojan/sh \$path/\$name; }
		done; done"
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { tmux_end; assert_no_residue; }

marker() { cat "/proc/$(docker_pid trojans)/root/marker" 2> /dev/null; }

@test "none is executed" {
	for options in '' '--profile app' '--user 65532' '--user nonroot' '--stealth' '--receipt' '--shell zsh' '-t'; do
		# shellcheck disable=SC2086
		"$DEBUG" --write $options trojans -c 'id; ls -l / ; ps; cat /etc/passwd' > /dev/null
		[ -z "$(marker)" ]
	done
	"$DEBUG" --write trojans -- entrypoint > /dev/null
	"$DEBUG" doctor trojans > /dev/null
	"$DEBUG" ls > /dev/null
	tmux_start 90x25 "$DEBUG --write --shell bash trojans"
	tmux_wait_for 'trojans:/ #'
	tmux_send 'exit' Enter
	tmux_end
	[ -z "$(marker)" ]
	nsenter --target "$(docker_pid trojans)" --mount sh -c true
	[ -n "$(marker)" ]
}
