# SPDX-License-Identifier: GPL-2.0-or-later
# C06: containers are made to be confused: one is called as another's id begins, as the whole of it, as an image, as a word of
# debug's, or as one of another runtime.
# That each can be had is shown by its own id.
# weaken: src/2-target/resolver.c s/findings\.count > 1\)/findings.count > 100)/

bats_require_minimum_version 1.5.0

load ../lib/common

setup_file() {
	engines_start
	images_build
	docker_run ambiguous-victim debug-test/scratch
	victim=$(docker_id ambiguous-victim)
	# Not by docker_run, which removes what has the name.
	for name in "${victim:0:12}" "$victim"; do
		docker run -d --name "$name" --network none debug-test/scratch >> "$BATS_FILE_TMPDIR/containers"
	done
	docker_run ls debug-test/scratch
	docker_run ambiguous-twin debug-test/scratch
	podman rm -f ambiguous-twin > /dev/null 2>&1 || :
	podman --runtime runc run -d --name ambiguous-twin --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 \
		debug-test/scratch > "$BATS_FILE_TMPDIR/podman"
}
teardown_file() { engine_resume; docker_clean; podman_clean; }
setup() { residue_begin; victim=$(docker_id ambiguous-victim); }
teardown() { engine_resume; assert_no_residue; }

inside() { "$DEBUG" "$1" -- readlink /proc/self/ns/pid; } # TARGET
namespace_of() { readlink "/proc/$(docker_pid "$1")/ns/pid"; } # DOCKER'S NAME

@test "a name that is the beginning of another's id means the one of that name, with and without the engine" {
	named=$(docker ps -q --no-trunc --filter "name=^/${victim:0:12}\$")
	[ "$(inside "${victim:0:12}")" = "$(namespace_of "$named")" ]
	[ "$(inside "${victim:0:20}")" = "$(namespace_of "$victim")" ]
	[ "$(inside "$named")" = "$(namespace_of "$named")" ]
	wanted=$(namespace_of "$named")
	engine_stop_responding
	[ "$(inside "${victim:0:12}")" = "$wanted" ]
}

@test "the whole id of one is never another of that name" {
	wanted=$(namespace_of "$victim")
	[ "$(inside "docker://$victim")" = "$wanted" ]
	engine_stop_responding
	# Both fit then: either is named, or none is taken.
	run "$DEBUG" "$victim" -- readlink /proc/self/ns/pid
	engine_resume
	echo "$output"
	[[ "$output" == "$wanted" || ("$status" -eq 125 && "$output" == *'fits several'*) ]]
}

@test "one name in two runtimes is refused with both, and each is reached by its own" {
	run -125 "$DEBUG" ambiguous-twin -- true
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" == *"fits several"*"docker://$(docker_id ambiguous-twin)"* && "$output" == *"podman://$(cat "$BATS_FILE_TMPDIR/podman")"* ]]
	[ "$(inside docker://ambiguous-twin)" = "$(namespace_of ambiguous-twin)" ]
	[ "$(inside podman://ambiguous-twin)" = "$(readlink "/proc/$(podman_pid ambiguous-twin)/ns/pid")" ]
}

@test "a container that is called as a word of debug's" {
	run -0 "$DEBUG" ls
	[[ "${lines[0]}" == RUNTIME* ]]
	[ "$(inside docker://ls)" = "$(namespace_of ls)" ]
}
