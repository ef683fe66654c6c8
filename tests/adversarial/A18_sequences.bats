# SPDX-License-Identifier: GPL-2.0-or-later
# A18, A35: the session prints what changes a terminal, forges messages of debug's, asks the terminal questions, and ends
# (CVE-2024-28085, CVE-2025-52565).
# That the modes would stay, and the answers become input of the caller's shell:
# weaken: src/7-session/terminal.c s/\(void\)!write\(out_fd, reset, sizeof\(reset\) - 1\);/(void)reset;/
# weaken: src/7-session/terminal.c s/drain\(saved_fd\);/(void)drain;/
# weaken: src/7-session/terminal.c s/TCSAFLUSH, &saved/TCSANOW, \&saved/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() { engines_start; docker_run sequences debug-test/scratch; }
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# A terminal that answers, as fast as one can: runs a line of shell, and prints every byte that it got, readably.
in_terminal() { # SHELL-LINE
	TERM=xterm python3 -c '
import os, pty, sys
answers = {b"\x1b[6n": b"\x1b[5;5R", b"\x1b[c": b"\x1b[?62c", b"\x1b[21t": b"\x1b]lTITLE\x1b\\", b"\x1bP$qm\x1b\\": b"\x1bP1$r0m\x1b\\"}
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-c", sys.argv[1]])
seen = b""
while True:
    try:
        new = os.read(fd, 65536)
    except OSError:
        break
    if not new:
        break
    for question, answer in answers.items():
        os.write(fd, answer * new.count(question))
    seen += new
os.waitpid(pid, 0)
print(seen)' "$1"
}

questions() { printf %s 'printf "\033[6n\033[c\033[21t\033P\$qm\033\\\\"'; }

@test "answers that come late are nobody's input" {
	in_terminal "$DEBUG -t sequences -c '$(questions)'; read -rt 0.5 -n 1 first; echo \"got<\$first>\"" > "$BATS_TEST_TMPDIR/seen"
	cat "$BATS_TEST_TMPDIR/seen"
	grep -qF '\x1b[21t' "$BATS_TEST_TMPDIR/seen"
	grep -qF 'got<>' "$BATS_TEST_TMPDIR/seen"
	in_terminal "$(questions); read -rt 0.5 -n 1 first; echo \"got<\$first>\"" > "$BATS_TEST_TMPDIR/seen"
	run ! grep -qF 'got<>' "$BATS_TEST_TMPDIR/seen"
}

@test "debug speaks after the terminal is as it was" {
	in_terminal "$DEBUG -t sequences -- sh -c 'printf \"\\033]0;title\\007\\033[?25l\\033[?1003h\\033[31mdebug: the target stopped\"; exit 3'; echo status \$?" > "$BATS_TEST_TMPDIR/seen"
	cat "$BATS_TEST_TMPDIR/seen"
	# All of it, then the reset, then what follows.
	grep -qF '\x1b]0;title\x07\x1b[?25l\x1b[?1003h\x1b[31mdebug: the target stopped' "$BATS_TEST_TMPDIR/seen"
	grep -qE 'stopped.*\[\?1003l.*\[\?25h\\x1b\[0m.*status 3' "$BATS_TEST_TMPDIR/seen"
}

@test "bytes that go through a pipe are the session's, and debug's go elsewhere" {
	"$DEBUG" sequences -c 'printf "\033]52;c;Zm9yZ2Vk\007debug: forged\n\233m\0end"' | cmp - <(printf '\033]52;c;Zm9yZ2Vk\007debug: forged\n\233m\0end')
	run -127 --separate-stderr "$DEBUG" sequences -- "$(printf 'no\033[31m\nsuch\233')"
	# shellcheck disable=SC2154
	[ "$(LC_ALL=C tr -d '\040-\176' <<< "$stderr" | wc -c)" = 1 ]
}
