/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/kubectl.c"

#include "unit.h"

static struct kubectl kubectl;
static struct fail why;
static char *tree;

/* A stand-in for kubectl: what is looked at is how it is started and heard. */
static void write_program(const char *directory, const char *text)
{
	char path[512];

	unit_write(directory, "kubectl", text, strlen(text));
	(void)snprintf(path, sizeof(path), "%s/kubectl", directory);
	assert_int_equal(chmod(path, 0755), 0);
}

static int begin(void **state)
{
	(void)state;
	why = (struct fail){ 0 };
	kubectl = (struct kubectl){ 0 };
	kubectl.signal_fd = relay_block_signals(&why);
	tree = unit_make_tree();
	(void)unsetenv("KUBECTL");
	return kubectl.signal_fd < 0;
}

static int end(void **state)
{
	(void)state;
	fd_close(&kubectl.signal_fd);
	unit_remove_tree(tree);
	return 0;
}

static void is_found_in_absolute_directories_that_are_not_open_to_all(void **state)
{
	char path[1024];
	char open_directory[300];

	(void)state;
	(void)snprintf(open_directory, sizeof(open_directory), "%s/open", tree);
	assert_int_equal(mkdir(open_directory, 0777), 0);
	assert_int_equal(chmod(open_directory, 0777), 0);
	write_program(open_directory, "#!/bin/sh\n");
	assert_int_equal(chdir(open_directory), 0);
	(void)snprintf(path, sizeof(path), ".::open:%s:", open_directory);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(kubectl_find(&kubectl, &why), -1);
	write_program(tree, "#!/bin/sh\n");
	(void)snprintf(path, sizeof(path), ".::open:%s:%s", open_directory, tree);
	assert_int_equal(setenv("PATH", path, 1), 0);
	assert_int_equal(kubectl_find(&kubectl, &why), 0);
	(void)snprintf(path, sizeof(path), "%s/kubectl", tree);
	assert_string_equal(kubectl.path, path);
	why = (struct fail){ 0 };
	assert_int_equal(setenv("KUBECTL", "kubectl", 1), 0);
	assert_int_equal(kubectl_find(&kubectl, &why), -1);
	assert_int_equal(setenv("KUBECTL", "/usr/bin/oc", 1), 0);
	assert_int_equal(kubectl_find(&kubectl, &why), 0);
	assert_string_equal(kubectl.path, "/usr/bin/oc");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
}

static void is_heard_with_its_input_its_options_and_its_status(void **state)
{
	struct kubectl_call call = { 0 };
	const int fds = unit_count_fds();

	(void)state;
	write_program(tree, "#!/bin/sh\nprintf '%s|' \"$@\"; cat; echo complaint >&2; exit 3\n");
	(void)snprintf(kubectl.path, sizeof(kubectl.path), "%s/kubectl", tree);
	kubectl.options[kubectl.option_count++] = "--context=a b";
	assert_int_equal(kubectl_run(&call, &kubectl, KUBECTL_WORDS("get", "--", "x"), strdup("input"), &why),
			 0);
	assert_int_equal(call.status, 3);
	assert_string_equal(call.output, "--context=a b|get|--|x|input");
	assert_string_equal(call.errors.text, "complaint\n");
	kubectl_free(&call);
	assert_int_equal(unit_count_fds(), fds);
}

static void keeps_the_end_of_long_complaints_and_all_of_long_output(void **state)
{
	struct kubectl_call call = { 0 };

	(void)state;
	write_program(
	    tree,
	    "#!/bin/sh\nhead -c 3000000 /dev/zero; yes warning | head -n 5000 >&2; echo 'Error: last' >&2\n");
	(void)snprintf(kubectl.path, sizeof(kubectl.path), "%s/kubectl", tree);
	assert_int_equal(kubectl_run(&call, &kubectl, KUBECTL_WORDS("x"), NULL, &why), 0);
	assert_int_equal(call.output_size, 3000000);
	assert_true(call.errors.size < sizeof(call.errors.text));
	assert_non_null(strstr(call.errors.text, "Error: last\n"));
	kubectl_free(&call);
}

static void a_signal_ends_a_call_but_not_a_patient_one(void **state)
{
	struct kubectl_call call = { 0 };

	(void)state;
	write_program(tree, "#!/bin/sh\nkill -TERM $PPID; exec sleep 1000\n");
	(void)snprintf(kubectl.path, sizeof(kubectl.path), "%s/kubectl", tree);
	assert_int_equal(kubectl_run(&call, &kubectl, KUBECTL_WORDS("x"), NULL, &why), -1);
	assert_int_equal(kubectl.killed_by, SIGTERM);
	assert_int_equal(call.pid, 0);
	kubectl_free(&call);
	write_program(tree, "#!/bin/sh\nkill -INT $PPID; sleep 0.3; echo made\n");
	kubectl.is_patient = true;
	assert_int_equal(kubectl_run(&call, &kubectl, KUBECTL_WORDS("x"), NULL, &why), -1);
	assert_int_equal(kubectl.killed_by, SIGINT);
	assert_string_equal(call.output, "made\n");
	kubectl_free(&call);
}

static void finds_the_reason_in_what_it_complained_of(void **state)
{
	static const struct {
		const char *said, *reason;
	} cases[] = {
		{ "", "kubectl says nothing" },
		{ "Warning: old\nError from server (NotFound): pods \"web\" not found\n",
		  "pods \"web\" not found" },
		{ "error: no context\n", "no context" },
		{ "The connection was refused\n\n", "The connection was refused" },
		{ "debug-node: the pod is not privileged\ncommand terminated with exit code 125\n",
		  "the pod is not privileged" },
		{ "\033[2Jerror\n", "\\033[2Jerror" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kubectl_call call = { 0 };
		char shown[200];

		(void)snprintf(call.errors.text, sizeof(call.errors.text), "%s", cases[i].said);
		assert_string_equal(kubectl_complaint(&call.errors, shown, sizeof(shown)), cases[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(is_found_in_absolute_directories_that_are_not_open_to_all,
						begin, end),
		cmocka_unit_test_setup_teardown(is_heard_with_its_input_its_options_and_its_status, begin,
						end),
		cmocka_unit_test_setup_teardown(keeps_the_end_of_long_complaints_and_all_of_long_output,
						begin, end),
		cmocka_unit_test_setup_teardown(a_signal_ends_a_call_but_not_a_patient_one, begin, end),
		cmocka_unit_test_setup_teardown(finds_the_reason_in_what_it_complained_of, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
