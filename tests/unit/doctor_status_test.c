/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-doctor/status.c"

#include "unit.h"

#include <linux/capability.h>

static const char status_text[] = "Name:\tevil\\nCapBnd:\\tffff\n"
				  "Umask:\t0022\nState:\tT (stopped)\nUid:\t0\t0\t0\t0\n"
				  "CapEff:\t0000000000003000\nCapBnd:\t00000000a80425fb\n"
				  "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

static void reads_what_a_status_says(void **state)
{
	struct status_facts facts;

	(void)state;
	assert_true(status_parse(&facts, status_text));
	assert_int_equal(facts.bounding, 0xa80425fb);
	assert_int_equal(facts.effective, 0x3000);
	assert_int_equal(facts.state, 'T');
	assert_int_equal(facts.seccomp, 2);
	assert_int_equal(facts.no_new_privs, 1);
	assert_true(status_parse(&facts, "Name:\tx\nState:\tS (sleeping)\nCapEff:\t0\nCapBnd:\t0\n"));
	assert_int_equal(facts.seccomp, -1);
	assert_int_equal(facts.no_new_privs, 0);
	assert_false(status_parse(&facts, ""));
	assert_false(status_parse(&facts, "Name:\tx\nState:\tS (sleeping)\n"));
}

static void finds_the_mount_that_covers_a_place(void **state)
{
	static const char mountinfo[] =
	    "21 20 0:1 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
	    "22 21 0:5 / /proc rw,nosuid - proc proc rw,hidepid=invisible,gid=5\n"
	    "23 21 0:6 / /proc/sys ro - proc proc rw\n"
	    "24 21 0:7 / / ro,relatime shared:1 master:2 - overlay overlay rw,lowerdir=/a:/b\n"
	    "25 21 0:8 / /data rootless - tmpfs a\\040-\\040b rw,myhidepid=2\n"
	    "broken line\n";
	struct mount_facts facts = status_find_mount(mountinfo, "/");

	(void)state;
	assert_true(facts.is_there && facts.is_read_only && !facts.is_proc);
	facts = status_find_mount(mountinfo, "/proc");
	assert_true(facts.is_there && facts.is_proc && !facts.is_read_only);
	assert_int_equal(facts.hidepid, 2);
	facts = status_find_mount(mountinfo, "/data");
	assert_true(facts.is_there && !facts.is_read_only);
	assert_int_equal(facts.hidepid, 0);
	assert_false(status_find_mount(mountinfo, "/pro").is_there);
	assert_false(status_find_mount("", "/").is_there);
	assert_false(status_find_mount("1 2 3 / / rw", "/").is_there);
	assert_false(status_find_mount("1 2 3 / / rw shared:1 ext4", "/").is_there);
	assert_int_equal(status_find_mount("1 2 3 / /p rw - proc p rw,hidepid=4", "/p").hidepid, 4);
}

static void finds_the_cgroup_of_a_controller(void **state)
{
	static const char text[] =
	    "9:memory:/docker/abc\n8:cpu,cpuacct:/both\n1:name=systemd:/s\n0::/user.slice\n";
	char path[32];

	(void)state;
	assert_true(status_find_cgroup(text, "memory", path, sizeof(path)));
	assert_string_equal(path, "/docker/abc");
	assert_true(status_find_cgroup(text, "cpuacct", path, sizeof(path)));
	assert_string_equal(path, "/both");
	assert_true(status_find_cgroup(text, "", path, sizeof(path)));
	assert_string_equal(path, "/user.slice");
	assert_false(status_find_cgroup(text, "mem", path, sizeof(path)));
	assert_false(status_find_cgroup("0::/../../else\n", "", path, sizeof(path)));
	assert_false(status_find_cgroup(text, "memory", path, 8));
	assert_false(status_find_cgroup("", "", path, sizeof(path)));
	assert_false(status_find_cgroup("nonsense", "", path, sizeof(path)));
}

static void names_things_as_people_do(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(status_list_capabilities(0, out, sizeof(out)), "none");
	assert_string_equal(
	    status_list_capabilities(UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << CAP_CHOWN, out, sizeof(out)),
	    "chown net_raw");
	/* What does not fit is cut, not written. */
	(void)status_list_capabilities(~UINT64_C(0), out, 16);
	assert_int_equal(strlen(out), 15);
	assert_string_equal(status_pick_chosen("none [integrity] confidentiality", out, sizeof(out)),
			    "integrity");
	assert_string_equal(status_pick_chosen("none", out, sizeof(out)), "none");
	assert_string_equal(status_pick_chosen("broken [", out, sizeof(out)), "broken [");
	assert_string_equal(status_machine_name(EM_AARCH64), "aarch64");
	assert_null(status_machine_name(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_status_says),
		cmocka_unit_test(finds_the_mount_that_covers_a_place),
		cmocka_unit_test(finds_the_cgroup_of_a_controller),
		cmocka_unit_test(names_things_as_people_do),
	};

	return cmocka_run_group_tests_name("doctor_status", tests, NULL, NULL);
}
