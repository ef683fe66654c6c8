/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/0-base/fd.c"

#include "unit.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static char *tree;
static int tree_fd;
static int fds_before;

static int make(void **state)
{
	(void)state;
	tree = unit_make_tree();
	tree_fd = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fds_before = unit_count_fds();
	return tree_fd < 0;
}

static int unmake(void **state)
{
	int leaked = unit_count_fds() - fds_before;

	(void)state;
	fd_close(&tree_fd);
	unit_remove_tree(tree);
	return leaked;
}

static void closes_once_and_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int same = fd;

	(void)state;
	errno = EXDEV;
	fd_close(&fd);
	assert_int_equal(fd, FD_NONE);
	assert_int_equal(errno, EXDEV);
	fd_close(&fd);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fcntl(same, F_GETFD), -1);
	errno = EXDEV;
	fd_close(&same);
	assert_int_equal(errno, EXDEV);
}

static void steals(void **state)
{
	int before = unit_count_fds();
	int kept;

	(void)state;
	{
		CLOSE_AT_EXIT int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		CLOSE_AT_EXIT int other = open("/dev/null", O_RDONLY | O_CLOEXEC);

		(void)other;
		kept = fd_steal(&fd);
		assert_int_equal(fd, FD_NONE);
	}
	assert_true(fcntl(kept, F_GETFD) >= 0);
	assert_int_equal(unit_count_fds(), before + 1);
	(void)close(kept);
}

static void reads_to_the_end_in_pieces(void **state)
{
	char buffer[16] = "";
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(write(pair[1], "abc", 3), 3);
	assert_int_equal(write(pair[1], "de", 2), 2);
	(void)close(pair[1]);
	assert_int_equal(fd_read_all(pair[0], buffer, sizeof(buffer)), 5);
	assert_memory_equal(buffer, "abcde", 5);
	(void)close(pair[0]);
	assert_int_equal(fd_read_all(pair[0], buffer, sizeof(buffer)), -1);
	assert_int_equal(errno, EBADF);
}

static void reads_no_more_than_fits(void **state)
{
	char buffer[4] = { 0, 0, 0, 'X' };
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	memset(buffer, 'a', 3);
	assert_int_equal(fd_read_all(fd, buffer, 3), 3);
	assert_int_equal(buffer[2], 0);
	assert_int_equal(buffer[3], 'X');
	(void)close(fd);
}

static void writes_everything_or_says_so(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int ends[2];
	pid_t child;
	static const char zeros[1 << 18];

	(void)state;
	assert_int_equal(fd_write_all(fd, "x", 1), -1);
	assert_int_equal(errno, ENOSPC);
	(void)close(fd);
	/* More than a pipe holds: a reader takes it in many pieces. */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		char piece[1000];
		size_t sum = 0;
		ssize_t n;

		(void)close(ends[1]);
		while ((n = read(ends[0], piece, sizeof(piece))) > 0)
			sum += (size_t)n;
		_exit(sum != sizeof(zeros));
	}
	(void)close(ends[0]);
	assert_int_equal(fd_write_all(ends[1], zeros, sizeof(zeros)), 0);
	(void)close(ends[1]);
	assert_int_equal(unit_wait(child), 0);
}

static void reads_small_files(void **state)
{
	char buffer[8];

	(void)state;
	unit_write(tree, "seven", "1234567", 7);
	memset(buffer, 'X', sizeof(buffer));
	assert_int_equal(fd_read_file_at(tree_fd, "seven", buffer, 8), 7);
	assert_string_equal(buffer, "1234567");
	assert_int_equal(fd_read_file_at(tree_fd, "seven", buffer, 7), -1);
	assert_int_equal(errno, EFBIG);
	unit_write(tree, "empty", "", 0);
	assert_int_equal(fd_read_file_at(tree_fd, "empty", buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "");
	assert_int_equal(fd_read_file_at(tree_fd, "absent", buffer, sizeof(buffer)), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(symlinkat("seven", tree_fd, "link"), 0);
	assert_int_equal(fd_read_file_at(tree_fd, "link", buffer, sizeof(buffer)), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(fd_read_file_at(tree_fd, ".", buffer, sizeof(buffer)), -1);
	assert_int_equal(errno, EISDIR);
}

static void writes_existing_files_only(void **state)
{
	char buffer[16];

	(void)state;
	unit_write(tree, "file", "", 0);
	assert_int_equal(fd_write_file_at(tree_fd, "file", "1\n"), 0);
	assert_int_equal(fd_read_file_at(tree_fd, "file", buffer, sizeof(buffer)), 2);
	assert_string_equal(buffer, "1\n");
	assert_int_equal(fd_write_file_at(tree_fd, "none", "1"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(faccessat(tree_fd, "none", F_OK, 0), -1);
	assert_int_equal(symlinkat("file", tree_fd, "to-file"), 0);
	assert_int_equal(fd_write_file_at(tree_fd, "to-file", "2"), -1);
	assert_int_equal(errno, ELOOP);
}

static bool is_null_and_inherited(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3) &&
	       fcntl(fd, F_GETFD) == 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

/* Which of the standard streams are closed, one bit each; the others stay what they are. */
static void repairs_closed_streams(void **state)
{
	(void)state;
	for (int closed = 0; closed < 8; closed++) {
		pid_t child = fork();

		if (child == 0) {
			int ends[2];
			bool is_right;

			if (pipe2(ends, O_CLOEXEC) < 0)
				_exit(9);
			for (int fd = 0; fd <= 2; fd++)
				if ((closed & 1 << fd) != 0)
					(void)close(fd);
				else
					(void)dup2(ends[0], fd);
			is_right = fd_repair_standard(0) == 0;
			for (int fd = 0; fd <= 2; fd++)
				is_right = is_right && is_null_and_inherited(fd) == ((closed & 1 << fd) != 0);
			is_right = is_right && fcntl(ends[1] + 1, F_GETFD) < 0;
			is_right = is_right && fd_repair_standard(1) == 0 && fcntl(ends[1] + 1, F_GETFD) < 0;
			for (int fd = 0; fd <= 2; fd++)
				is_right = is_right && is_null_and_inherited(fd);
			_exit(is_right ? 0 : 1);
		}
		assert_int_equal(unit_wait(child), 0);
	}
}

/* Each where another was, one of them twice, and two that are closed. */
static void keeps_exactly_what_it_is_told(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct stat first, second, third;
		int pair[2];
		bool is_right;

		if (pipe2(pair, 0) < 0 || (pair[0] = fcntl(pair[0], F_DUPFD, 20)) < 0 ||
		    (pair[1] = fcntl(pair[1], F_DUPFD, 20)) < 0 || dup2(pair[0], 4) != 4 ||
		    dup2(pair[1], 0) != 0 || fstat(pair[0], &first) < 0)
			_exit(9);
		const int kept[] = { pair[0], 0, FD_NONE, 4, FD_NONE };

		is_right = fd_keep(kept, 5) == 0 && fstat(0, &second) == 0 && fstat(3, &third) == 0 &&
			   first.st_ino == second.st_ino && first.st_ino == third.st_ino &&
			   (fcntl(0, F_GETFL) & O_ACCMODE) == O_RDONLY &&
			   (fcntl(1, F_GETFL) & O_ACCMODE) == O_WRONLY && fcntl(2, F_GETFD) < 0 &&
			   fcntl(0, F_GETFD) == 0 && fcntl(3, F_GETFD) == FD_CLOEXEC;
		for (int fd = 4; fd < 64; fd++)
			is_right = is_right && fcntl(fd, F_GETFD) < 0;
		_exit(is_right ? 0 : 1);
	}
	assert_int_equal(unit_wait(child), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_once_and_keeps_errno),
		cmocka_unit_test(steals),
		cmocka_unit_test(reads_to_the_end_in_pieces),
		cmocka_unit_test(reads_no_more_than_fits),
		cmocka_unit_test(writes_everything_or_says_so),
		cmocka_unit_test_setup_teardown(reads_small_files, make, unmake),
		cmocka_unit_test_setup_teardown(writes_existing_files_only, make, unmake),
		cmocka_unit_test(repairs_closed_streams),
		cmocka_unit_test(keeps_exactly_what_it_is_told),
	};

	return cmocka_run_group_tests_name("fd", tests, NULL, NULL);
}
