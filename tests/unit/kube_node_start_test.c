/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/node_start.c"

#include "unit.h"

static struct node_relay relay;
static struct fail why;

static int add(uint8_t stream, const char *word)
{
	const struct frame frame = { FRAME_WORD, stream, strlen(word), (const uint8_t *)word };

	why = (struct fail){ 0 };
	return node_add_word(&relay, &frame, &why);
}

static int begin(void **state)
{
	static char target[] = "containerd://1";

	(void)state;
	relay = (struct node_relay){ .target = target };
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < relay.word_count; i++)
		free(relay.words[i]);
	return 0;
}

static void the_target_is_the_one_it_was_started_for(void **state)
{
	static const char *const wanted[] = { "debug",		"--user=0", "-cls",    "--",
					      "containerd://1", "--",	    "--write", "x" };
	static char *argv[NODE_ARGV_MAX];

	(void)state;
	assert_int_equal(add(0, "--user=0"), 0);
	assert_int_equal(add(0, "-cls"), 0);
	assert_int_equal(add(1, "--write"), 0);
	assert_int_equal(add(1, "x"), 0);
	write_command(&relay, argv);
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_string_equal(argv[i], wanted[i]);
	assert_null(argv[COUNT(wanted)]);
}

static void refuses_options_that_are_none(void **state)
{
	static const char *const bad[] = {
		"", "-", "--", "web", "pid://1", "ls", "toolbox", "/", " --write"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(add(0, bad[i]), -1);
	/* Nor one behind the command, or with an end in its middle. */
	assert_int_equal(add(1, "ls"), 0);
	assert_int_equal(add(0, "--write"), -1);
	assert_int_equal(
	    node_add_word(&relay, &(struct frame){ FRAME_WORD, 1, 3, (const uint8_t *)"a\0b" }, &why), -1);
	relay.is_started = true;
	assert_int_equal(add(1, "late"), -1);
}

static void refuses_more_words_than_it_keeps(void **state)
{
	(void)state;
	for (int i = 0; i < NODE_WORDS_MAX; i++)
		assert_int_equal(add(1, "x"), 0);
	assert_int_equal(add(1, "x"), -1);
}

static void a_target_is_a_container_of_a_pod(void **state)
{
	static const char *const good[] = { "containerd://0123abcd", "cri-o://0123", "docker://0123",
					    "pod://demo/web-0/app" };
	static const char *const bad[] = {
		"",    "web",	 "pid://1", "image://x",	"file:///",  "/",
		"./x", "pod://", "--write", "containerd://a b", "pod://a\n", "docker://$(id)"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(node_check_target(good[i], &why), 0);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(node_check_target(bad[i], &why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_target_is_the_one_it_was_started_for, begin, end),
		cmocka_unit_test_setup_teardown(refuses_options_that_are_none, begin, end),
		cmocka_unit_test_setup_teardown(refuses_more_words_than_it_keeps, begin, end),
		cmocka_unit_test_setup_teardown(a_target_is_a_container_of_a_pod, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
