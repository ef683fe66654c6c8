# SPDX-License-Identifier: GPL-2.0-or-later
# C04: labels, annotations and variables of an image speak of rights, users and toolboxes, and call a container one of Kubernetes.
# That the same words mean something where an administrator says them is shown with a policy.
# weaken: src/3-grant/policy.c s/\(void\)strlcpy\(out, seen->scope, capacity\)/if (sighting_find_label(seen, "io.kubernetes.pod.namespace", 27, out, capacity) <= 0) &/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run labelled-plain debug-test/scratch
	options=()
	for key in allow permit debug.allow debug.user debug.write debug.profile debug.toolbox toolbox debug.privileged debug.policy debug.root DEBUG_WRITE; do
		options+=(--label "$key=sysadmin" --label "com.$key=true" --env "${key//./_}=1")
	done
	docker_run "${options[@]}" --label debug.uid=65534 --label io.kubernetes.pod.namespace=staging \
		--label io.kubernetes.pod.name=trusted --label io.kubernetes.container.name=app --label io.cri-containerd.kind=sandbox \
		--env DEBUG=/nowhere --env DOCKER_HOST=unix:///nowhere labelled debug-test/scratch
}
teardown_file() { docker_clean; setuid_end; }
setup() { residue_begin; }
teardown() { assert_no_residue; }

# Without what differs between any two.
plan() { "$DEBUG" --dry-run "$@" | sed -E 's/^target .*//'; }

@test "a session is the same with and without them" {
	for options in '' '--profile app' '--write' '--profile restricted'; do
		# shellcheck disable=SC2086
		diff <(plan $options labelled) <(plan $options labelled-plain)
	done
	diff <("$DEBUG" labelled -c 'id; cat /proc/self/status | grep -E "Cap|Sec|NoNew"; mount | wc -l') \
		<("$DEBUG" labelled-plain -c 'id; cat /proc/self/status | grep -E "Cap|Sec|NoNew"; mount | wc -l')
	run -125 "$DEBUG" trusted -- true
	run -125 "$DEBUG" staging/trusted/app -- true
	run -125 "$DEBUG" pod://staging/trusted/app -- true
	[ "$("$DEBUG" ls --json --runtime docker | jq -r '.[] | select(.name == "labelled").scope')" != staging ]
}

@test "they permit nothing, nor do they fit a rule for a namespace" {
	policy <<< "permit user $ALICE on namespace staging"
	refused 'is no container that you may debug' as_alice labelled -- true
	policy <<< "permit user $ALICE on name trusted"
	refused 'is no container that you may debug' as_alice labelled -- true
	policy <<< "permit user $ALICE profile restricted on name labelled"
	refused 'you may have --profile restricted here' as_alice --profile general labelled -- true
	refused 'leave --write out' as_alice --write labelled -- true
	as_alice labelled -- true
}
