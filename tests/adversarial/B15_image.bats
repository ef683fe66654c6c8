# SPDX-License-Identifier: GPL-2.0-or-later
# B15: the toolbox that the setuid helper would mount is a user's: by its owner, by its mode, by a link, by what is in it
# (CVE-2023-30549, CVE-2026-27456).
# That it would be mounted is shown by the same file, when it is root's again.
# weaken: src/5-attach/image.c s/status->st_uid != 0 \|\| \(status->st_mode & 022\) != 0/false/

bats_require_minimum_version 1.5.0

load ../lib/common
load ../lib/setuid

setup_file() {
	engines_start
	setuid_begin
	docker_run image-target debug-test/scratch
	IMAGE=$SETUID_DIR/libexec/debug/toolbox.erofs
	export IMAGE
	# A file of its own, not a link to the one that was built.
	cp "$IMAGE" "$IMAGE.own"
	mv "$IMAGE.own" "$IMAGE"
}
teardown_file() { docker_clean; setuid_end; }
setup() {
	residue_begin
	policy <<< "permit user $ALICE"
}
teardown() { assert_no_residue; }

is_refused() { # TEXT
	run as_alice image-target -- true
	echo "$output"
	[ "$status" -eq 125 ]
	[[ "$output" == "debug: "*"$1"* ]]
	[ "${#lines[@]}" -eq 1 ]
}

@test "an image that is not root's alone" {
	chown "$ALICE" "$IMAGE"
	is_refused 'can be changed by others than root'
	chown root "$IMAGE"
	chmod 0664 "$IMAGE"
	is_refused 'can be changed by others than root'
	chmod 0644 "$IMAGE"
	as_alice image-target -- true
}

@test "a link to one that was" {
	mv "$IMAGE" "$IMAGE.kept"
	ln -s "$IMAGE.kept" "$IMAGE"
	is_refused ''
	rm "$IMAGE"
	mv "$IMAGE.kept" "$IMAGE"
	as_alice image-target -- true
}

@test "one with another byte" {
	cp "$IMAGE" "$IMAGE.kept"
	printf x | dd of="$IMAGE" bs=1 seek=5000000 conv=notrunc status=none
	is_refused 'is damaged'
	mv "$IMAGE.kept" "$IMAGE"
	as_alice image-target -- true
}
