/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/mountinfo.c"

#include "unit.h"

#define LINE(point, mount_options, super_options) \
	"36 35 98:0 / " point " " mount_options " shared:1 - overlay overlay " super_options "\n"

enum root { NONE, READ_ONLY, WRITABLE };

static enum root root_of(const char *mountinfo)
{
	const struct mount_facts root = mountinfo_find(mountinfo, "/");

	if (!root.is_there)
		return NONE;
	return root.is_read_only ? READ_ONLY : WRITABLE;
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
	struct mount_facts facts = mountinfo_find(mountinfo, "/");

	(void)state;
	assert_true(facts.is_there && facts.is_read_only && !facts.is_proc);
	facts = mountinfo_find(mountinfo, "/proc");
	assert_true(facts.is_there && facts.is_proc && !facts.is_read_only);
	assert_int_equal(facts.hidepid, 2);
	facts = mountinfo_find(mountinfo, "/data");
	assert_true(facts.is_there && !facts.is_read_only);
	assert_int_equal(facts.hidepid, 0);
	assert_false(mountinfo_find(mountinfo, "/pro").is_there);
	assert_false(mountinfo_find("", "/").is_there);
	assert_false(mountinfo_find("1 2 3 / / rw", "/").is_there);
	assert_false(mountinfo_find("1 2 3 / / rw shared:1 ext4", "/").is_there);
	assert_int_equal(mountinfo_find("1 2 3 / /p rw - proc p rw,hidepid=4", "/p").hidepid, 4);
}

static void the_root_mount_is_writable_or_not(void **state)
{
	(void)state;
	assert_int_equal(root_of(LINE("/", "rw,relatime", "rw,lowerdir=/x")), WRITABLE);
	assert_int_equal(root_of(LINE("/", "ro,relatime", "rw,lowerdir=/x")), READ_ONLY);
	assert_int_equal(root_of(LINE("/", "rw", "ro,lowerdir=/x")), READ_ONLY);
	assert_int_equal(root_of(LINE("/", "rw", "ro")), READ_ONLY);
	assert_int_equal(root_of(LINE("/", "rw", "rota=1")), WRITABLE);
	/* The last mount covers the others, and what lies below says nothing. */
	assert_int_equal(root_of(LINE("/", "ro", "rw") LINE("/", "rw", "rw") LINE("/ro", "ro", "ro")),
			 WRITABLE);
	assert_int_equal(root_of("36 35 98:0 / / ro - tmpfs tmpfs rw\n"), READ_ONLY);
	assert_int_equal(root_of("36 35 98:0 / / rw master:2 shared:3 - tmpfs a\\040b ro\n"), READ_ONLY);
	assert_int_equal(root_of("36 35 98:0 / / rw - tmpfs  rw\n"), WRITABLE);
}

static void lines_that_are_none_are_left_out(void **state)
{
	static const char *const damaged[] = {
		"",	   "\n",	  "/ / / / / ro", "36 35 98:0 / /x rw - a b ro\n",
		"36 35\n", "a b c d /\n", "     \n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++)
		assert_int_equal(root_of(damaged[i]), NONE);
	assert_int_equal(root_of("36 35 98:0 / / rw\n"), NONE);
	assert_int_equal(root_of("36 35 98:0 / / rw -\n"), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_mount_that_covers_a_place),
		cmocka_unit_test(the_root_mount_is_writable_or_not),
		cmocka_unit_test(lines_that_are_none_are_left_out),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
