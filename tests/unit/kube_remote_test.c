/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/remote.c"

#include "unit.h"

#include <sys/stat.h>

static struct kubectl kubectl;
static struct kube_remote remote;
static struct fail why;
static char *tree;

/* A stand-in for kubectl, which says what debug-node would, or something else. */
static int run(const char *script)
{
	const char *const command[] = { "a secret" };
	const struct kube_place place = { "tools", "helper", "demo/web/app", "containerd://1" };
	const struct kube_words words = { NULL, 0, command, 1 };
	const struct frame_start start = { .rows = 1 };

	why = (struct fail){ 0 };
	unit_write(tree, "kubectl", script, strlen(script));
	(void)snprintf(kubectl.path, sizeof(kubectl.path), "%s/kubectl", tree);
	assert_int_equal(chmod(kubectl.path, 0755), 0);
	assert_int_equal(kube_remote_start(&remote, &kubectl, &place, &words, &start, &why), 0);
	while (!remote.is_over && !remote.is_lost) {
		struct pollfd waited[REMOTE_FDS];

		kube_remote_prepare(&remote, waited);
		(void)poll(waited, REMOTE_FDS, 100);
		kube_remote_handle(&remote, waited);
	}
	return kube_remote_end(&remote, &why);
}

static int begin(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	tree = unit_make_tree();
	return 0;
}

static int end(void **state)
{
	(void)state;
	unit_remove_tree(tree);
	return 0;
}

#define READY "printf '\\001\\000\\000\\000\\003\\000\\000\\0000.1'; "

static void takes_the_status_that_debug_node_tells_not_kubectls(void **state)
{
	const int fds = unit_count_fds();

	(void)state;
	assert_int_equal(run("#!/bin/sh\n" READY
			     "printf '\\016\\007\\000\\000\\000\\000\\000\\000'; echo reset >&2; exit 1"),
			 7);
	assert_int_equal(why.status, FAIL_NONE);
	assert_int_equal(unit_count_fds(), fds);
}

static void tells_why_there_was_no_session(void **state)
{
	(void)state;
	assert_int_equal(run("#!/bin/sh\necho 'error: no such pod' >&2; exit 1"), -1);
	assert_failed(why, FAIL_TOOL, "the helper pod cannot be entered: no such pod");
	assert_int_equal(run("#!/bin/sh\n" READY "exit 0"), -1);
	assert_non_null(strstr(why.text, "the connection to the node is lost"));
	assert_int_equal(run("#!/bin/sh\n" READY "printf '\\017\\176\\000\\000\\004\\000\\000\\000no\\033!'"),
			 -1);
	assert_failed(why, FAIL_DENIED, "no\\033!");
	/* A status that is none of ours. */
	assert_int_equal(run("#!/bin/sh\n" READY "printf '\\017\\000\\000\\000\\002\\000\\000\\000no'"), -1);
	assert_failed(why, FAIL_TOOL, "no");
}

static void gives_up_on_what_is_no_debug_node(void **state)
{
	static const char *const said[] = {
		"echo 'sh: debug-node: not found'",		      /* no frame */
		"printf '\\002\\000\\000\\000\\001\\000\\000\\000x'", /* a frame of the other side */
		"printf '\\012\\000\\000\\000\\001\\000\\000\\000x'", /* output of the input */
		"printf '\\014\\000\\000\\000\\004\\000\\000\\000\\001\\000\\000\\000'", /* more taken than
											    was sent */
		"head -c 2000000 /dev/zero",
	};
	char script[300];

	(void)state;
	for (size_t i = 0; i < COUNT(said); i++) {
		(void)snprintf(script, sizeof(script), "#!/bin/sh\n" READY "%s; sleep 100", said[i]);
		assert_int_equal(run(script), -1);
		assert_non_null(strstr(why.text, "the connection to the node is lost"));
		/* At once, not for its silence. */
		assert_in_range(clock_now_ms() - remote.heard_ms, 0, FRAME_SILENCE_MS - 1);
	}
}

static void puts_no_word_of_the_session_into_the_command_line(void **state)
{
	(void)state;
	assert_int_equal(
	    run("#!/bin/sh\n" READY "case \"$*\" in *secret*) s=1 ;; "
		"'exec -i -n tools -c debug helper -- /bin/debug-node session demo/web/app containerd://1') s=2 ;; esac\n"
		"printf \"\\\\016\\\\00$s\\\\000\\\\000\\\\000\\\\000\\\\000\\\\000\""),
	    2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_the_status_that_debug_node_tells_not_kubectls, begin,
						end),
		cmocka_unit_test_setup_teardown(tells_why_there_was_no_session, begin, end),
		cmocka_unit_test_setup_teardown(gives_up_on_what_is_no_debug_node, begin, end),
		cmocka_unit_test_setup_teardown(puts_no_word_of_the_session_into_the_command_line, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
