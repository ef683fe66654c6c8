/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-list/serve.c"

#include "unit.h"

#include <fcntl.h>

static int pair[2];
static const struct sighting *sightings;
static size_t sighting_count, times;
static const char *silence;
static int outcome;

/* Instead of the one that asks engines. */
int target_list(const struct request *request, int host_proc_fd,
		void (*look)(void *context, const struct sighting *seen), void *context, struct fail *why)
{
	assert_true(host_proc_fd >= 0);
	assert_int_equal(request->action, REQUEST_LS);
	for (size_t time = 0; time < times; time++)
		for (size_t i = 0; i < sighting_count; i++)
			look(context, &sightings[i]);
	(void)strlcpy(why->text, silence, sizeof(why->text));
	why->status = outcome < 0 ? FAIL_DEADLINE : FAIL_NONE;
	return outcome;
}

static int make(void **state)
{
	(void)state;
	silence = "";
	outcome = 0;
	times = 1;
	sighting_count = 0;
	if (wire_pair(pair) < 0)
		return -1;
	/* Any of the two may have got the number that the other shall have. */
	for (int i = 0; i < 2; i++) {
		const int moved = fcntl(pair[i], F_DUPFD_CLOEXEC, TALK_FD + 10);

		(void)close(pair[i]);
		pair[i] = moved;
	}
	if (dup2(pair[1], TALK_FD) < 0)
		return -1;
	(void)close(pair[1]);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	fd_close(&pair[0]);
	return close(TALK_FD);
}

static struct reply next(void)
{
	struct reply reply;
	size_t fd_count;

	assert_int_equal(wire_receive(pair[0], &reply, sizeof(reply), NULL, 0, &fd_count), sizeof(reply));
	assert_int_equal(reply.version, WIRE_VERSION);
	return reply;
}

static int serve_list(struct fail *why)
{
	const struct request request = { .action = REQUEST_LS };

	return list_serve(&request, &(struct caller){ .has_rights = true }, NULL, why);
}

static void an_empty_list_only_ends(void **state)
{
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(serve_list(&why), 0);
	assert_int_equal(next().kind, REPLY_ENDED);
}

static void what_runs_is_completed_and_what_ended_left_out(void **state)
{
	static struct sighting all[] = {
		{ .runtime = TARGET_PODMAN,
		  .state = SIGHTING_RUNNING,
		  .owner = 1000,
		  .name = "here",
		  .id = "aa" },
		{ .runtime = TARGET_DOCKER, .state = SIGHTING_RUNNING, .pid = INT32_MAX, .name = "gone" },
		{ .runtime = TARGET_DOCKER, .state = SIGHTING_STOPPED, .name = "stopped", .image = "shop" },
		{ .runtime = TARGET_RUNTIME_COUNT, .state = SIGHTING_IMAGE, .scope = "k8s.io" },
	};
	const int before = unit_count_fds();
	struct fail why = { 0 };
	struct reply reply;

	(void)state;
	all[0].pid = getpid();
	sightings = all;
	sighting_count = COUNT(all);
	silence = "docker did not answer; what it keeps on disk is shown";
	assert_int_equal(serve_list(&why), 0);
	assert_string_equal(why.text, "");
	reply = next();
	assert_int_equal(reply.kind, REPLY_SEEN);
	assert_string_equal(reply.with.seen.runtime, "podman");
	assert_string_equal(reply.with.seen.name, "here");
	assert_string_equal(reply.with.seen.id, "aa");
	assert_int_equal(reply.with.seen.pid, getpid());
	assert_int_equal(reply.with.seen.owner, 1000);
	assert_int_equal(reply.with.seen.uid, geteuid());
	assert_int_not_equal(reply.with.seen.writable, LIST_UNKNOWN);
	/* The root of who runs the tests has a shell; who is not root may not look. */
	assert_int_equal(reply.with.seen.shell, geteuid() == 0 ? LIST_YES : LIST_UNKNOWN);
	reply = next();
	assert_string_equal(reply.with.seen.name, "stopped");
	assert_string_equal(reply.with.seen.image, "shop");
	assert_int_equal(reply.with.seen.state, SIGHTING_STOPPED);
	assert_int_equal(reply.with.seen.writable, LIST_UNKNOWN);
	assert_int_equal(reply.with.seen.shell, LIST_UNKNOWN);
	reply = next();
	assert_string_equal(reply.with.seen.runtime, "");
	assert_string_equal(reply.with.seen.scope, "k8s.io");
	reply = next();
	assert_int_equal(reply.kind, REPLY_TEXT);
	assert_string_equal(reply.with.text, silence);
	assert_int_equal(next().kind, REPLY_ENDED);
	assert_int_equal(unit_count_fds(), before);
}

static void more_running_ones_than_descriptors(void **state)
{
	static struct sighting one = { .runtime = TARGET_DOCKER, .state = SIGHTING_RUNNING };
	const pid_t reader = fork();
	struct fail why = { 0 };

	(void)state;
	if (reader == 0) {
		size_t known = 0;

		for (int i = 0; i < SHELLS_MAX + 100; i++)
			known += next().with.seen.shell != LIST_UNKNOWN;
		_exit(next().kind == REPLY_ENDED && known == (geteuid() == 0 ? SHELLS_MAX : 0) ? 0 : 1);
	}
	one.pid = getpid();
	sightings = &one;
	sighting_count = 1;
	times = SHELLS_MAX + 100;
	assert_int_equal(serve_list(&why), 0);
	assert_int_equal(unit_wait(reader), 0);
}

static void a_list_without_end_is_refused(void **state)
{
	static const struct sighting one = { .runtime = TARGET_DOCKER, .state = SIGHTING_STOPPED };
	struct fail why = { 0 };

	(void)state;
	sightings = &one;
	sighting_count = 1;
	times = SEEN_MAX + 1;
	assert_int_equal(serve_list(&why), -1);
	assert_failed(why, FAIL_TOOL,
		      "these are too many containers for one list; ask for one engine's with --runtime");
}

static void a_failure_is_passed_on(void **state)
{
	struct fail why = { 0 };

	(void)state;
	outcome = -1;
	silence = "nobody answered";
	assert_int_equal(serve_list(&why), -1);
	assert_failed(why, FAIL_DEADLINE, "nobody answered");
}

static void nobody_reads(void **state)
{
	static struct sighting one = { .runtime = TARGET_DOCKER, .state = SIGHTING_STOPPED };
	struct fail why = { 0 };

	(void)state;
	sightings = &one;
	sighting_count = 1;
	times = 1000;
	fd_close(&pair[0]);
	assert_int_equal(serve_list(&why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_list_only_ends, make, unmake),
		cmocka_unit_test_setup_teardown(what_runs_is_completed_and_what_ended_left_out, make, unmake),
		cmocka_unit_test_setup_teardown(more_running_ones_than_descriptors, make, unmake),
		cmocka_unit_test_setup_teardown(a_list_without_end_is_refused, make, unmake),
		cmocka_unit_test_setup_teardown(a_failure_is_passed_on, make, unmake),
		cmocka_unit_test_setup_teardown(nobody_reads, make, unmake),
	};

	return cmocka_run_group_tests_name("list_serve", tests, NULL, NULL);
}
