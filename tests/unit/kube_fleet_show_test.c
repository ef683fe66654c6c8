/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/fleet_show.c"

#include "unit.h"

#include <fcntl.h>

static struct kube_request request;
static struct kube_pod pod = { .name = "web-0", .ns = "demo", .node = "node-a" };
static struct kube_container container = { .name = "app" };
static struct fleet fleet;
static struct fleet_member member;
static char shown[4096];

static int begin(void **state)
{
	(void)state;
	request = (struct kube_request){ 0 };
	fleet = (struct fleet){ .request = &request };
	member = (struct fleet_member){ .pod = &pod, .container = &container };
	return 0;
}

static void say(uint8_t stream, const char *text)
{
	assert_true(frame_flow_add(&member.remote.output[stream], text, strlen(text)));
	fleet_take_output(&fleet, &member, stream);
}

/* What a function writes to standard output. */
static const char *shown_by(void (*function)(void))
{
	int saved;
	int pipes[2];
	ssize_t size;

	(void)fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_true(dup2(pipes[1], STDOUT_FILENO) >= 0);
	function();
	(void)fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	(void)close(saved);
	(void)close(pipes[1]);
	size = read(pipes[0], shown, sizeof(shown) - 1);
	(void)close(pipes[0]);
	shown[size < 0 ? 0 : size] = '\0';
	for (int i = 0; i < FRAME_STREAM_COUNT; i++)
		frame_flow_free(&member.remote.output[i]);
	frame_writer_free(&member.remote.writer);
	return shown;
}

static void say_lines_in_pieces(void)
{
	say(FRAME_STDOUT, "one\ntw");
	say(FRAME_STDOUT, "o\n\nthr");
	say(FRAME_STDOUT, "ee");
	fleet_show_end(&fleet, &member);
}

static void shows_whole_lines_behind_the_name(void **state)
{
	(void)state;
	assert_string_equal(shown_by(say_lines_in_pieces), "demo/web-0/app: one\ndemo/web-0/app: two\n"
							   "demo/web-0/app: \ndemo/web-0/app: three\n");
}

static void shows_a_group_with_its_status(void **state)
{
	(void)state;
	request.show = KUBE_SHOW_GROUPED;
	member.status = 3;
	assert_string_equal(shown_by(say_lines_in_pieces),
			    "== demo/web-0/app on node-a: exit status 3\none\ntwo\n\nthree\n");
}

static void say_bytes(void)
{
	say(FRAME_STDOUT, "\"a\"\n");
	say(FRAME_STDERR, "\377\033");
	fleet_show_end(&fleet, &member);
}

static void shows_any_bytes_as_json(void **state)
{
	(void)state;
	request.show = KUBE_SHOW_JSON;
	(void)fail_set(&member.why, FAIL_DENIED, "may not");
	member.status = FAIL_DENIED;
	assert_string_equal(
	    shown_by(say_bytes),
	    "{\"namespace\":\"demo\",\"pod\":\"web-0\",\"container\":\"app\",\"node\":\"node-a\","
	    "\"status\":126,\"stdout\":\"\\\"a\\\"\\n\",\"stderr\":\"\\\\377\\\\033\",\"is_cut\":false,"
	    "\"error\":\"may not\"}\n");
}

static void say_much(void)
{
	static char much[FRAME_WINDOW];

	memset(much, 'x', sizeof(much) - 1);
	for (int i = 0; i < 9; i++)
		say(FRAME_STDOUT, much);
	assert_true(member.output[FRAME_STDOUT].is_cut);
	assert_true(member.output[FRAME_STDOUT].size <= KEPT_MOST);
	free(member.output[FRAME_STDOUT].bytes);
	member.output[FRAME_STDOUT] = (struct fleet_text){ .is_cut = true };
	fleet_show_end(&fleet, &member);
}

static void keeps_no_more_than_it_may_and_says_so(void **state)
{
	(void)state;
	request.show = KUBE_SHOW_GROUPED;
	assert_non_null(strstr(shown_by(say_much), "(more was said than can be kept)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(shows_whole_lines_behind_the_name, begin),
		cmocka_unit_test_setup(shows_a_group_with_its_status, begin),
		cmocka_unit_test_setup(shows_any_bytes_as_json, begin),
		cmocka_unit_test_setup(keeps_no_more_than_it_may_and_says_so, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
