/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/5-attach/image.c"

#include "unit.h"

#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static char *tree;
static struct image image;

static int make(void **state)
{
	(void)state;
	tree = unit_make_tree();
	unit_write(tree, IMAGE_NAME, "", 0);
	image.dir_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	image.fd = openat(image.dir_fd, IMAGE_NAME, O_RDONLY | O_CLOEXEC);
	image.is_directory = false;
	return image.fd < 0 ? -1 : 0;
}

static int unmake(void **state)
{
	(void)state;
	image_close(&image);
	unit_remove_tree(tree);
	return 0;
}

static void takes_the_recorded_digest(void **state)
{
	static const char line[] = NOTHING "  " IMAGE_NAME "\n";
	struct fail why = { 0 };

	(void)state;
	unit_write(tree, IMAGE_NAME ".sha256", line, strlen(line));
	assert_int_equal(image_verify(&image, &why), 0);
	unit_write(tree, IMAGE_NAME, "x", 1);
	assert_int_equal(image_verify(&image, &why), -1);
	assert_int_equal(why.status, FAIL_TOOL);
}

static void refuses_what_is_no_digest(void **state)
{
	static const char *const lines[] = {
		"", "\n", "e3b0c442\n", NOTHING "0\n", "g" NOTHING, " " NOTHING
	};
	char hex[IMAGE_DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		unit_write(tree, IMAGE_NAME ".sha256", lines[i], strlen(lines[i]));
		assert_int_equal(read_recorded(&image, IMAGE_NAME ".sha256", hex), -1);
	}
	assert_int_equal(read_recorded(&image, "absent", hex), -1);
}

static void needs_the_kernel_for_verity(void **state)
{
	(void)state;
	assert_false(is_checked_by_kernel(&image));
	unit_write(tree, IMAGE_NAME ".verity", NOTHING "\n", strlen(NOTHING) + 1);
	assert_false(is_checked_by_kernel(&image));
}

static void takes_a_directory_of_root_alone(void **state)
{
	struct fail why = { 0 };
	struct stat status;
	int fd;

	(void)state;
	assert_int_equal(open_directory(image.dir_fd, &status, &why), -1);
	assert_int_equal(why.status, FAIL_NONE);
	assert_int_equal(mkdirat(image.dir_fd, DIRECTORY_NAME, 0700), 0);
	assert_int_equal(fchmodat(image.dir_fd, DIRECTORY_NAME, 0755, 0), 0);
	fd = open_directory(image.dir_fd, &status, &why);
	assert_true(getuid() != 0 || fd >= 0);
	fd_close(&fd);
	assert_int_equal(fchmodat(image.dir_fd, DIRECTORY_NAME, 0757, 0), 0);
	assert_int_equal(open_directory(image.dir_fd, &status, &why), -1);
	assert_int_equal(why.status, FAIL_TOOL);
}

static void follows_no_link_to_a_directory(void **state)
{
	struct fail why = { 0 };
	struct stat status;

	(void)state;
	assert_int_equal(symlinkat("/", image.dir_fd, DIRECTORY_NAME), 0);
	assert_int_equal(open_directory(image.dir_fd, &status, &why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_the_recorded_digest, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_digest, make, unmake),
		cmocka_unit_test_setup_teardown(needs_the_kernel_for_verity, make, unmake),
		cmocka_unit_test_setup_teardown(takes_a_directory_of_root_alone, make, unmake),
		cmocka_unit_test_setup_teardown(follows_no_link_to_a_directory, make, unmake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
