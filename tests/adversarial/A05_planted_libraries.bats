# SPDX-License-Identifier: GPL-2.0-or-later
# A05: the container plants libraries and settings wherever a program looks for them: name services, the loader's preload,
# character sets, locales, terminals; also in /dev, where the toolbox's programs look (CVE-2019-14271, CVE-2025-32463).
# That the library works is shown on the container's own program; that the settings would be obeyed:
# weaken: src/6-join/devices.c s/copy_entries\(new_fd, old_fd, has_devices, false\)/copy_entries(new_fd, old_fd, has_devices, true)/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	docker_run planted debug-test/glibc
	plant "/proc/$(docker_pid planted)/root"
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { tmux_end; assert_no_residue; }

plant() { # ROOT
	local name library=$BATS_FILE_TMPDIR/evil.so
	printf '%s\n' '#include <fcntl.h>' '__attribute__((constructor)) static void load(void) { (void)!open("/marker", O_CREAT, 0600); }' |
		gcc -shared -fPIC -o "$library" -x c -
	mkdir -p "$1"/etc/pam.d "$1"/usr/lib/{locale/C.utf8,x86_64-linux-gnu/gconv} "$1"/{usr,dev}/share/terminfo/x \
		"$1"/dev/{perl,local/lib/python3/dist-packages,local/lib/python3.13/dist-packages,apt/apt.conf.d}
	cp "$library" "$1/evil.so"
	for name in files compat dns systemd; do cp "$library" "$1/lib/x86_64-linux-gnu/libnss_$name.so.2"; done
	cp "$library" "$1/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so"
	echo 'module UTF-16// INTERNAL UTF-16 1' > "$1/usr/lib/x86_64-linux-gnu/gconv/gconv-modules"
	echo 'passwd: systemd dns' > "$1/etc/nsswitch.conf"
	echo 'auth required /evil.so' > "$1/etc/pam.d/other"
	for name in usr/lib/locale/C.utf8/LC_CTYPE usr/share/terminfo/x/xterm etc/ld.so.cache; do echo planted > "$1/$name"; done
	for name in etc dev; do
		echo /evil.so > "$1/$name/ld.so.preload"
		printf '[alias]\n\tplanted = !: > /marker\n[core]\n\tpager = : > /marker\n' > "$1/$name/gitconfig"
		echo 'run-shell ": > /marker"' > "$1/$name/tmux.conf"
		echo 'shell : > /marker' > "$1/$name/gdbinit"
		for shell in bash.bashrc profile zshenv zshrc inputrc; do echo ': > /marker' > "$1/$name/$shell"; done
	done
	for name in 3 3.13; do echo 'open("/marker", "w")' > "$1/dev/local/lib/python$name/dist-packages/sitecustomize.py"; done
	echo 'open(F, ">/marker");' > "$1/dev/perl/sitecustomize.pl"
}

marker() { ls "/proc/$(docker_pid planted)/root/marker" 2> /dev/null; }

@test "nothing that was planted is loaded or obeyed" {
	"$DEBUG" --write planted -c 'getent passwd root; id; ls -l / > /dev/null; iconv -t UTF-16 < /dev/null; tput -T xterm clear > /dev/null' > /dev/null
	for user in nonroot 65532 1000; do "$DEBUG" --write --user "$user" planted -- id > /dev/null; done
	for shell in bash zsh fish; do "$DEBUG" --write --shell "$shell" planted -c 'true'; done
	"$DEBUG" --write planted -c 'git planted; git --version; python3 -c pass; perl -e 1; gdb -batch -ex quit' > /dev/null 2>&1 || :
	tmux_start 90x25 "$DEBUG --write --shell bash planted"
	tmux_wait_for 'planted:/ #'
	tmux_send 'tmux new-session -d "sleep 9"; tmux kill-server; echo fin"ish"ed' Enter
	tmux_wait_for finished
	run ! marker
	run ! grep -qE 'gitconfig|tmux.conf|preload|local|perl' <("$DEBUG" planted -- ls /dev)
	# What is no setting still shows.
	"$DEBUG" planted -c 'mountpoint -q /dev/shm && mountpoint -q /dev/mqueue'
	docker exec -d planted /app/server
	for _ in $(seq 100); do ! marker || break; sleep 0.05; done
	marker
}

@test "no process opens it before it has given up its rights" {
	strace -f -qq -e trace=open,openat,openat2,execve,execveat,setresuid,prctl -o "$BATS_TEST_TMPDIR/trace" \
		"$DEBUG" --user nonroot planted -- true
	# The joiner's process, up to where it is stripped; and its child that looks the user up, who is nobody by then.
	joiner=$(awk '/execveat\(/ { print $1; exit }' "$BATS_TEST_TMPDIR/trace")
	awk -v pid="$joiner" '$1 == pid' "$BATS_TEST_TMPDIR/trace" > "$BATS_TEST_TMPDIR/joiner"
	grep -q PR_SET_NO_NEW_PRIVS "$BATS_TEST_TMPDIR/joiner"
	run ! grep -E '"/(etc|lib|usr|evil)|"(etc|lib|usr)/' "$BATS_TEST_TMPDIR/joiner"
	grep -B 1000 '"/etc/passwd"' "$BATS_TEST_TMPDIR/trace" | grep -q 'setresuid(65534'
}
