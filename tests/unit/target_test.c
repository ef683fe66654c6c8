/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/2-target/target.c"

#include "unit.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char asked[sizeof(((struct query *)0)->name)];
static int32_t claimed_pid;
static struct target target;
static struct fail why;
static int host_fd;

/* In place of engines and what they keep on disk: claims whatever the test says. */
int resolver_find(struct sighting *seen, const struct resolver *resolver, const struct query *query,
		  struct fail *reason)
{
	(void)resolver;
	(void)snprintf(asked, sizeof(asked), "%s", query->name);
	if (claimed_pid == 0) {
		(void)fail_set(reason, FAIL_TOOL, "no such container");
		return 1;
	}
	seen->runtime = TARGET_DOCKER;
	seen->state = claimed_pid < 0 ? SIGHTING_STOPPED : SIGHTING_RUNNING;
	seen->pid = claimed_pid < 0 ? 0 : claimed_pid;
	memcpy(seen->id, ID, sizeof(ID));
	(void)snprintf(seen->name, sizeof(seen->name), "web");
	return 0;
}

int resolver_list(struct findings *findings, const struct resolver *resolver, const struct query *query,
		  struct fail *reason)
{
	(void)findings, (void)resolver, (void)query, (void)reason;
	return 0;
}

static int find_named(const char *name)
{
	const struct request request = { .target = name };

	why = (struct fail){ 0 };
	asked[0] = '\0';
	return target_find(&target, &request, host_fd, &why);
}

static int find_pid(pid_t pid)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "pid://%d", (int)pid);
	return find_named(name);
}

static int make(void **state)
{
	(void)state;
	claimed_pid = 0;
	host_fd = proc_open(&why);
	return host_fd < 0;
}

static int unmake(void **state)
{
	(void)state;
	fd_close(&host_fd);
	return 0;
}

static void knows_schemes(void **state)
{
	static const char *const bad_pids[] = {
		"pid://",    "pid://0",	  "pid://-1",  "pid://+1",	   "pid:// 1",
		"pid://1 ",  "pid://0x1", "pid://1e2", "pid://2147483648", "pid://99999999999999999999",
		"pid://self"
	};
	static const char *const bad_schemes[] = { "://", "PID://1", "docker:/x://", "x://y" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(bad_pids); i++) {
		assert_int_equal(find_named(bad_pids[i]), -1);
		(void)snprintf(text, sizeof(text), "`%s` does not name a process; write it as pid://4121",
			       bad_pids[i]);
		assert_failed(why, FAIL_TOOL, text);
	}
	for (size_t i = 0; i < COUNT(bad_schemes); i++) {
		assert_int_equal(find_named(bad_schemes[i]), -1);
		(void)snprintf(text, sizeof(text), "`%s` has an unknown scheme; `debug --help` lists them",
			       bad_schemes[i]);
		assert_failed(why, FAIL_TOOL, text);
	}
	assert_int_equal(find_named("\033://"), -1);
	assert_failed(why, FAIL_TOOL, "`\\033://` has an unknown scheme; `debug --help` lists them");
	assert_int_equal(find_named("web"), 1);
	assert_string_equal(asked, "web");
	assert_int_equal(find_named("docker://web"), 1);
	assert_string_equal(asked, "web");
	assert_int_equal(find_named("4121"), 1);
	assert_string_equal(asked, "4121");
}

static void pins_a_process(void **state)
{
	int before = unit_count_fds();
	char workdir[4096];
	int ends[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		(void)close(ends[1]);
		_exit((int)read(ends[0], workdir, 1));
	}
	(void)close(ends[0]);
	assert_int_equal(find_pid(child), 0);
	assert_int_equal(target.seen.runtime, TARGET_PROCESS);
	assert_int_equal(target.seen.pid, child);
	assert_int_equal(target.uid, geteuid());
	assert_non_null(getcwd(workdir, sizeof(workdir)));
	assert_string_equal(target.workdir, workdir);
	assert_true(target.start_time > 0);
	assert_memory_equal(&target.namespaces, &target.ours, sizeof(target.ours));
	assert_false(target_is_gone(&target));
	(void)close(ends[1]);
	assert_int_equal(unit_wait(child), 0);
	assert_true(target_is_gone(&target));
	target_close(&target);
	assert_int_equal(unit_count_fds(), before);
	assert_int_equal(find_pid(child), 1);
	assert_int_equal(why.status, FAIL_TOOL);
	assert_int_equal(unit_count_fds(), before);
}

static void refuses_a_zombie(void **state)
{
	siginfo_t info;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(find_pid(child), 1);
	assert_int_equal(why.status, FAIL_TOOL);
	assert_non_null(strstr(why.text, "has ended"));
	assert_int_equal(unit_wait(child), 0);
}

static void refuses_a_kernel_thread(void **state)
{
	CLOSE_AT_EXIT int proc_fd = proc_open_pid(host_fd, 2);
	struct proc_stat stat;

	(void)state;
	if (proc_fd < 0 || proc_read_stat(&stat, proc_fd) < 0 || (stat.flags & KERNEL_THREAD) == 0) {
		print_message("needs to see the kernel's threads\n");
		skip();
	}
	assert_int_equal(find_named("pid://2"), -1);
	assert_failed(why, FAIL_TOOL, "process 2 is a thread of the kernel, not a container's");
}

/* An engine that names a process of the host is lying or confused. */
static void refuses_a_false_claim(void **state)
{
	int before = unit_count_fds();
	char text[200];

	(void)state;
	claimed_pid = getpid();
	assert_int_equal(find_named("web"), -1);
	(void)snprintf(text, sizeof(text),
		       "docker says that process %d is container `web`, but it is a process of the host",
		       (int)getpid());
	assert_failed(why, FAIL_TOOL, text);
	claimed_pid = -1;
	assert_int_equal(find_named("web"), 1);
	assert_failed(
	    why, FAIL_TOOL,
	    "container `web` (docker) is not running, and its layers are not known; start it, or give --wait");
	claimed_pid = INT32_MAX;
	assert_int_equal(find_named("web"), 1);
	assert_failed(why, FAIL_TOOL, "container `web` ended just now (its process 2147483647 is gone)");
	assert_int_equal(unit_count_fds(), before);
}

static void refuses_a_claim_about_another_cgroup(void **state)
{
	struct target other = { .seen.runtime = TARGET_DOCKER };
	char text[200];

	(void)state;
	other.seen.pid = 5;
	memcpy(other.seen.id, ID, sizeof(ID));
	(void)snprintf(other.seen.name, sizeof(other.seen.name), "web");
	other.namespaces.inode[NAMESPACE_MOUNT] = 1;
	other.proc_fd = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	why = (struct fail){ 0 };
	assert_int_equal(check_claim(&other, host_fd, &why), -1);
	(void)snprintf(text, sizeof(text),
		       "docker says that process 5 is container `web`, but it belongs to another");
	assert_failed(why, FAIL_TOOL, text);
	(void)close(other.proc_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_schemes, make, unmake),
		cmocka_unit_test_setup_teardown(pins_a_process, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_a_zombie, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_a_kernel_thread, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_a_false_claim, make, unmake),
		cmocka_unit_test_setup_teardown(refuses_a_claim_about_another_cgroup, make, unmake),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
