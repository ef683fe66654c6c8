# SPDX-License-Identifier: GPL-2.0-or-later
# A17, A35: a program in the session puts characters into every terminal that it can reach, by every request, also with
# bits above those that the kernel looks at.
# That the characters would arrive is shown by the same program in the user's own terminal.
# weaken: src/0-base/filters_generate.c s/^\trefuse_terminal_tricks\(filter\);//

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/adversarial

setup_file() {
	engines_start
	attack_container attack-inject
}
teardown_file() { docker_clean; }
setup() { residue_begin; }
teardown() { tmux_end; assert_no_residue; }

@test "nothing arrives in the user's terminal" {
	tmux_start 100x30 'sh'
	for profile in general sysadmin; do
		tmux_send "$DEBUG --profile $profile attack-inject -- /attack/attacker inject; echo $profile st'atus' \$?" Enter
		tmux_wait_for "$profile status 0"
		tmux_send "$DEBUG --profile $profile attack-inject -- cat; echo $profile ov'er'" Enter
		sleep 0.3
		tmux_send C-d
		tmux_wait_for "$profile over"
		run ! grep -q INJECTED <(tmux_screen)
	done
	tmux_send "$TOOLS/attacker inject" Enter
	tmux_wait_for INJECTED
}
