/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/5-attach/layers.c"

#include "unit.h"

static void knows_places_of_layers(void **state)
{
	static const char *const good[] = { "/var/lib/docker/overlay2/0123/diff", "/var/lib/x/snapshots/3/fs",
					    "/var/lib/lxc/web/rootfs", "/var/lib/machines/web",
					    "/var/lib/docker/vfs/dir/0123" };
	static const char *const bad[] = { "/",	     "/root",	   "diff",   "/etc",  "",
					   "/diff/", "/home/user", "x/diff", "/xdiff" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(looks_like_layer(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(looks_like_layer(bad[i]));
}

static int try_open(const char *tree, const char *name)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", tree, name);
	fd = open_layer(path, 0);
	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

/* Below /tmp, which others can write to, but in which only the owner moves what is theirs. */
static void trusts_only_what_root_made(void **state)
{
	char *tree = unit_make_tree();
	char path[PATH_MAX];
	int before = unit_count_fds();

	(void)state;
	if (getuid() != 0) {
		unit_remove_tree(tree);
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/a", tree);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/a/diff", tree);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(try_open(tree, "a/diff"), 0);
	assert_int_equal(try_open(tree, "a/../a/diff"), EPERM);
	assert_int_equal(try_open(tree, "b/diff"), ENOENT);
	/* A link that root made, and one that somebody else did. */
	(void)snprintf(path, sizeof(path), "%s/link", tree);
	assert_int_equal(symlink("a", path), 0);
	assert_int_equal(try_open(tree, "link/diff"), 0);
	assert_int_equal(lchown(path, 1000, 1000), 0);
	assert_int_equal(try_open(tree, "link/diff"), EPERM);
	(void)snprintf(path, sizeof(path), "%s/round", tree);
	assert_int_equal(symlink("round", path), 0);
	assert_int_equal(try_open(tree, "round/diff"), EPERM);
	/* A directory on the way that others can change. */
	(void)snprintf(path, sizeof(path), "%s/a", tree);
	assert_int_equal(chmod(path, 0775), 0);
	assert_int_equal(try_open(tree, "a/diff"), EPERM);
	assert_int_equal(chmod(path, 01777), 0);
	assert_int_equal(try_open(tree, "a/diff"), EPERM);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(chown(path, 1000, 1000), 0);
	assert_int_equal(try_open(tree, "a/diff"), EPERM);
	assert_int_equal(unit_count_fds(), before);
	unit_remove_tree(tree);
}

static void refuses_damaged_lists(void **state)
{
	static struct target target;
	static struct layers layers;
	struct fail why = { 0 };

	(void)state;
	target.files_fd = FD_NONE;
	assert_int_equal(collect_named(&layers, &target.seen, &why), -1);
	assert_non_null(strstr(why.text, "does not say where the layers"));
	why = (struct fail){ 0 };
	target.seen.layers_size = 4;
	memcpy(target.seen.layers, "/abc", 4);
	assert_int_equal(collect_named(&layers, &target.seen, &why), -1);
	why = (struct fail){ 0 };
	target.seen.layers_size = sizeof("/root");
	memcpy(target.seen.layers, "/root", sizeof("/root"));
	assert_int_equal(collect_named(&layers, &target.seen, &why), -1);
	assert_int_equal(why.status, FAIL_DENIED);
	assert_non_null(strstr(why.text, "the engine names `/root` as a layer"));
	assert_int_equal(layers.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_places_of_layers),
		cmocka_unit_test(trusts_only_what_root_made),
		cmocka_unit_test(refuses_damaged_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
