/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/6-join/overlay.c"

#include "unit.h"

#include <sched.h>
#include <sys/xattr.h>

enum { NO_RIGHTS = 77, WRONG = 1 };

static char *tree;

static int make(void **state)
{
	char path[256];

	(void)state;
	tree = unit_make_tree();
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%d", tree, i);
		if (mkdir(path, i == 0 ? 0750 : 0755) < 0)
			return -1;
		(void)snprintf(path, sizeof(path), "%s/%d/directory", tree, i);
		if (mkdir(path, 0755) < 0)
			return -1;
		(void)snprintf(path, sizeof(path), "%s/%d/directory", tree, i);
		unit_write(path, i == 0 ? "upper" : "lower", "x", 1);
	}
	(void)snprintf(path, sizeof(path), "%s/1", tree);
	unit_write(path, "both", "low", 3);
	(void)snprintf(path, sizeof(path), "%s/0", tree);
	unit_write(path, "both", "high", 4);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	unit_remove_tree(tree);
	return 0;
}

static int make_tmpfs(void)
{
	int context_fd = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (context_fd < 0 || fsconfig(context_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context_fd, FSMOUNT_CLOEXEC, 0);
}

static int clone_layer(int i)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%d", tree, i);
	return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/* In a child: its exit status says what was wrong. */
static int try_overlay(bool is_users)
{
	struct mount_attr private = { .propagation = MS_PRIVATE };
	struct fail why = { 0 };
	struct stat status;
	int layer_fds[2];
	int fd;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &private, sizeof(private)) < 0)
		return NO_RIGHTS;
	for (int i = 0; i < 2; i++)
		layer_fds[i] = clone_layer(i);
	fd = overlay_make(make_tmpfs(), layer_fds, 2, is_users, &why);
	if (fd < 0)
		return WRONG + 1;
	if (fstat(fd, &status) < 0 || (status.st_mode & 07777) != 0750)
		return WRONG + 2;
	if (fstatat(fd, "both", &status, 0) < 0 || status.st_size != 4 ||
	    faccessat(fd, "directory/upper", F_OK, 0) < 0)
		return WRONG + 3;
	/* Hidden by the attribute of the upper layer if, and only if, the layers are a user's. */
	if ((faccessat(fd, "directory/lower", F_OK, 0) == 0) == is_users)
		return WRONG + 4;
	if (openat(fd, "new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0 || unlinkat(fd, "both", 0) < 0)
		return WRONG + 5;
	/* Nothing of it lies in the namespace, and nothing in the layers. */
	if (access("/l", F_OK) == 0 || faccessat(layer_fds[0], "new", F_OK, 0) == 0 ||
	    faccessat(layer_fds[0], "both", F_OK, 0) < 0)
		return WRONG + 6;
	return 0;
}

static void lays_layers_over_each_other(void **state)
{
	char path[256];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/0/directory", tree);
	for (int is_users = 0; is_users < 2; is_users++) {
		pid_t child;
		int status;

		if (is_users && setxattr(path, "user.overlay.opaque", "y", 1, 0) < 0)
			skip();
		child = fork();
		if (child == 0)
			_exit(try_overlay(is_users));
		status = unit_wait(child);
		if (status == NO_RIGHTS)
			skip();
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(lays_layers_over_each_other, make,
									    unmake) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
