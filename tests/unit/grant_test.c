/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/3-grant/grant.c"

#include "fd.h"
#include "unit.h"

/* Written out once more, not taken from the source: the two lists must agree. */
static const int forbidden[] = {
	CAP_MKNOD,     CAP_DAC_READ_SEARCH, CAP_SYS_MODULE,	 CAP_SYS_RAWIO,
	CAP_SYS_ADMIN, CAP_SYS_BOOT,	    CAP_SYS_TIME,	 CAP_BPF,
	CAP_MAC_ADMIN, CAP_MAC_OVERRIDE,    CAP_LINUX_IMMUTABLE,
};
static const int always[] = {
	CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_NET_RAW, CAP_SETUID, CAP_SYS_CHROOT
};

static bool has(uint64_t set, int capability)
{
	return (set & BIT(capability)) != 0;
}

static void check_set(uint64_t bounding)
{
	uint64_t apart = grant_capabilities(REQUEST_PROFILE_GENERAL, bounding, false);
	uint64_t shared = grant_capabilities(REQUEST_PROFILE_GENERAL, bounding, true);
	uint64_t mask = 0;

	for (size_t i = 0; i < COUNT(forbidden); i++) {
		assert_false(has(apart, forbidden[i]));
		assert_false(has(shared, forbidden[i]));
		mask |= BIT(forbidden[i]);
	}
	for (size_t i = 0; i < COUNT(always); i++)
		assert_true(has(apart, always[i]) && has(shared, always[i]));
	assert_true(has(apart, CAP_SYS_PTRACE));
	/* Nothing beyond the default, the target's own and ptrace. */
	assert_true((apart & ~(container_default | bounding | BIT(CAP_SYS_PTRACE))) == 0);
	assert_true((shared & ~(container_default | bounding)) == 0);
	/* And nothing the target has is lost but what is forbidden. */
	assert_true((bounding & ~mask & ~apart) == 0);
}

static void never_gives_what_reaches_around(void **state)
{
	uint64_t seed = 3;

	(void)state;
	check_set(0);
	check_set(UINT64_MAX);
	for (int i = 0; i < 64; i++)
		check_set(BIT(i));
	for (int round = 0; round < 10000; round++)
		check_set(unit_random(&seed));
}

static void gives_ptrace_only_apart_from_the_host(void **state)
{
	(void)state;
	assert_true(has(grant_capabilities(REQUEST_PROFILE_GENERAL, 0, false), CAP_SYS_PTRACE));
	assert_false(has(grant_capabilities(REQUEST_PROFILE_GENERAL, 0, true), CAP_SYS_PTRACE));
}

/* A target with --cap-add SYS_PTRACE --pid host has it itself; the session must still not. */
static void gives_no_ptrace_over_the_host(void **state)
{
	(void)state;
	assert_false(has(
	    grant_capabilities(REQUEST_PROFILE_GENERAL, UINT64_MAX & ~(UINT64_C(1) << CAP_SYS_PTRACE), true),
	    CAP_SYS_PTRACE));
	/* A target that can trace the host's processes itself gives nothing new away. */
	assert_true(has(grant_capabilities(REQUEST_PROFILE_GENERAL, UINT64_MAX, true), CAP_SYS_PTRACE));
}

static void decides_from_namespaces(void **state)
{
	struct target *target = calloc(1, sizeof(*target));
	struct request request = { .is_write = true };
	struct grant grant = { 0 };
	struct fail why = { 0 };

	(void)state;
	if (geteuid() != 0) {
		free(target);
		print_message("needs root\n");
		skip();
	}
	assert_non_null(target);
	target->bounding = UINT64_MAX;
	target->ours.inode[NAMESPACE_PID] = target->namespaces.inode[NAMESPACE_PID] = 10;
	target->ours.inode[NAMESPACE_USER] = target->namespaces.inode[NAMESPACE_USER] = 20;
	assert_int_equal(grant_decide(&grant, &request, target, NULL, &why), 0);
	assert_true(grant.is_write && grant.has_devices);
	target->namespaces.inode[NAMESPACE_PID] = 11;
	target->namespaces.inode[NAMESPACE_USER] = 21;
	request.is_write = false;
	assert_int_equal(grant_decide(&grant, &request, target, NULL, &why), 0);
	assert_false(grant.is_write || grant.has_devices);
	assert_true(has(grant.capabilities, CAP_SYS_PTRACE));
	target->namespaces.inode[NAMESPACE_USER] = 20;
	for (int i = 0; i < 64; i++) {
		target->bounding = UINT64_MAX & ~BIT(i);
		assert_int_equal(grant_decide(&grant, &request, target, NULL, &why), 0);
		assert_int_equal(grant.has_devices, (privileged & BIT(i)) == 0);
	}
	free(target);
}

static struct policy permit_all(const char *options)
{
	struct policy policy;
	struct fail why = { 0 };
	char text[256];

	(void)snprintf(text, sizeof(text), "permit uid 1000 %s\n", options);
	assert_int_equal(policy_parse(&policy, "debug.conf", text, strlen(text), &policy_names_of_host, &why),
			 0);
	return policy;
}

static void refuses_other_callers(void **state)
{
	struct policy policy = permit_all("");
	const struct {
		struct caller caller;
		const struct policy *policy;
		const char *text;
	} cases[] = {
		{ { .uid = 0 },
		  NULL,
		  "debug-helper needs root's rights to enter a container; run `sudo debug`" },
		{ { .uid = 1000 },
		  &policy,
		  "debug-helper needs root's rights to enter a container; run `sudo debug`" },
		{ { .uid = 1000, .has_rights = true },
		  NULL,
		  "debug-helper is for root alone as long as there is no /etc/debug/debug.conf (debug.conf(5)); "
		  "run `sudo debug`" },
		{ { .uid = 1001, .has_rights = true },
		  &policy,
		  "/etc/debug/debug.conf permits user 1001 nothing; ask who keeps it, or run `sudo debug`" },
	};
	const struct caller root = { .has_rights = true };
	const struct caller user = { .uid = 1000, .has_rights = true };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fail why = { 0 };

		assert_int_equal(grant_check_caller(&cases[i].caller, cases[i].policy, &why), -1);
		assert_failed(why, FAIL_DENIED, cases[i].text);
	}
	assert_int_equal(grant_check_caller(&root, NULL, &(struct fail){ 0 }), 0);
	assert_int_equal(grant_check_caller(&root, &policy, &(struct fail){ 0 }), 0);
	assert_int_equal(grant_check_caller(&user, &policy, &(struct fail){ 0 }), 0);
	policy_free(&policy);
}

/* Whatever is asked for: what is given lies within what the rule's own profile would give. */
static void a_rule_is_the_bound(void **state)
{
	struct target *target = calloc(1, sizeof(*target));
	uint64_t seed = 11;
	size_t given = 0;

	(void)state;
	assert_non_null(target);
	target->pid_fd = target->proc_fd = FD_NONE;
	for (int round = 0; round < 100000; round++) {
		const struct policy_rule rule = {
			.line = 3,
			.is_permit = true,
			.profile = (enum request_profile)(REQUEST_PROFILE_APP + unit_random(&seed) % 6),
			.may_write = (unit_random(&seed) & 1) != 0,
			.may_network = (unit_random(&seed) & 1) != 0,
			.may_privileged = (unit_random(&seed) & 1) != 0,
		};
		const struct request request = {
			.profile = (enum request_profile)(unit_random(&seed) % REQUEST_PROFILE_COUNT),
			.cap_add = (round & 3) == 0 ? BIT(unit_random(&seed) % 41) : 0,
			.is_write = (unit_random(&seed) & 1) != 0,
			.network = (enum request_network)(unit_random(&seed) & 1),
		};
		struct grant grant;
		struct fail why = { 0 };
		bool shares_pids;

		target->bounding = (round & 4) == 0 ? container_default : unit_random(&seed) & capability_all;
		for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
			target->ours.inode[kind] = 1;
			target->namespaces.inode[kind] = 1 + (unit_random(&seed) & 1);
		}
		shares_pids = target->namespaces.inode[NAMESPACE_PID] == 1;
		if (grant_decide(&grant, &request, target, &rule, &why) < 0) {
			assert_int_not_equal(why.status, FAIL_NONE);
			continue;
		}
		given++;
		assert_int_equal(grant.rule, 3);
		assert_false(grant.may_install);
		assert_true(rule.may_write || !grant.is_write);
		assert_true(rule.may_network || request.network == REQUEST_NETWORK_NONE);
		assert_true(rule.may_privileged || !shares_pids);
		assert_true(request.profile == REQUEST_PROFILE_APP || rule.profile != REQUEST_PROFILE_APP);
		if (request.profile != REQUEST_PROFILE_APP)
			assert_true((grant.capabilities &
				     ~grant_capabilities(rule.profile, target->bounding, shares_pids)) == 0);
		else
			assert_true((grant.capabilities & ~target->bounding) == 0);
		assert_true(rule.may_privileged || target->namespaces.inode[NAMESPACE_USER] != 1 ||
			    (target->bounding & BIT(CAP_SYS_ADMIN)) == 0);
	}
	assert_in_range(given, 1000, 99000);
	free(target);
}

/* In the host's network it would read all that goes over it. */
static void leaves_out_the_hosts_traffic(void **state)
{
	struct target *target = calloc(1, sizeof(*target));
	struct policy_rule rule = { .line = 3, .is_permit = true, .profile = REQUEST_PROFILE_GENERAL };
	struct request request = { 0 };
	struct grant grant;
	struct fail why = { 0 };

	(void)state;
	assert_non_null(target);
	target->pid_fd = target->proc_fd = FD_NONE;
	target->bounding = container_default;
	for (int kind = 0; kind < NAMESPACE_COUNT; kind++) {
		target->ours.inode[kind] = 1;
		target->namespaces.inode[kind] = kind == NAMESPACE_NET || kind == NAMESPACE_USER ? 1 : 2;
	}
	assert_int_equal(grant_decide(&grant, &request, target, &rule, &why), 0);
	assert_false(has(grant.capabilities, CAP_NET_RAW));
	assert_true(has(grant.capabilities, CAP_CHOWN));
	request.cap_add = BIT(CAP_NET_RAW);
	assert_int_equal(grant_decide(&grant, &request, target, &rule, &why), -1);
	assert_non_null(strstr(why.text, "would reach the host"));
	why = (struct fail){ 0 };
	rule.may_privileged = true;
	request.cap_add = 0;
	assert_int_equal(grant_decide(&grant, &request, target, &rule, &why), 0);
	assert_true(has(grant.capabilities, CAP_NET_RAW));
	/* It is nobody's but root's in another network, and root may. */
	rule.may_privileged = false;
	target->namespaces.inode[NAMESPACE_NET] = 2;
	assert_int_equal(grant_decide(&grant, &request, target, &rule, &why), 0);
	assert_true(has(grant.capabilities, CAP_NET_RAW));
	target->namespaces.inode[NAMESPACE_NET] = 1;
	assert_int_equal(grant_decide(&grant, &request, target, NULL, &why), 0);
	assert_true(has(grant.capabilities, CAP_NET_RAW));
	free(target);
}

static void files_of_the_callers_are_roots_alone(void **state)
{
	static const struct request refused[] = {
		{ .action = REQUEST_SESSION, .target = "./image.tar" },
		{ .action = REQUEST_SESSION, .target = "/" },
		{ .action = REQUEST_SESSION, .target = "web", .docker_socket = "/tmp/x.sock" },
		{ .action = REQUEST_LS, .docker_socket = "/tmp/x.sock" },
		{ .action = REQUEST_TOOLBOX },
	};
	static const struct request fine[] = { { .action = REQUEST_SESSION, .target = "web" },
					       { .action = REQUEST_LS } };

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct fail why = { 0 };

		assert_int_equal(grant_check_request(&refused[i], &why), -1);
		assert_int_equal(why.status, FAIL_DENIED);
	}
	for (size_t i = 0; i < COUNT(fine); i++)
		assert_int_equal(grant_check_request(&fine[i], &(struct fail){ 0 }), 0);
}

static void profiles_grow(void **state)
{
	static const enum request_profile profiles[] = {
		REQUEST_PROFILE_RESTRICTED, REQUEST_PROFILE_BASELINE, REQUEST_PROFILE_GENERAL,
		REQUEST_PROFILE_NETADMIN,   REQUEST_PROFILE_SYSADMIN,
	};
	const uint64_t most = capability_all & ~(never | machine);
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 10000; round++) {
		/* Of a kernel's capabilities, none of a later one's. */
		const uint64_t bounding = unit_random(&seed) & capability_all;
		const bool is_shared = (round & 1) != 0;
		uint64_t before = 0;

		for (size_t i = 0; i < COUNT(profiles); i++) {
			const uint64_t set = grant_capabilities(profiles[i], bounding, is_shared);

			assert_true((before & ~set) == 0 && (set & ~most) == 0);
			before = set;
		}
		assert_true((grant_capabilities(REQUEST_PROFILE_APP, bounding, is_shared) & ~bounding) == 0);
		assert_true(
		    (bounding & ~never & ~grant_capabilities(REQUEST_PROFILE_APP, bounding, is_shared)) == 0);
	}
	assert_int_equal(grant_capabilities(REQUEST_PROFILE_DEFAULT, 0, false),
			 grant_capabilities(REQUEST_PROFILE_GENERAL, 0, false));
}

/* Whatever is asked for: what was dropped is not there, what reaches around a target never. */
static void combinations_give_no_more(void **state)
{
	struct target *target = calloc(1, sizeof(*target));
	uint64_t seed = 5;

	(void)state;
	if (geteuid() != 0) {
		free(target);
		print_message("needs root\n");
		skip();
	}
	assert_non_null(target);
	for (int round = 0; round < 20000; round++) {
		const struct request request = {
			.profile = (enum request_profile)(unit_random(&seed) % REQUEST_PROFILE_COUNT),
			.cap_add = unit_random(&seed) & unit_random(&seed) & unit_random(&seed),
			.cap_drop = unit_random(&seed) & unit_random(&seed),
			.user = (round & 8) != 0 ? "0" : NULL,
		};
		struct grant grant;
		struct fail why = { 0 };

		target->bounding = unit_random(&seed);
		target->confinement.has_filter = (round & 1) != 0;
		if (grant_decide(&grant, &request, target, NULL, &why) < 0) {
			assert_int_not_equal(why.status, FAIL_NONE);
			continue;
		}
		assert_true((grant.capabilities & (never | request.cap_drop)) == 0);
		assert_true((grant.capabilities & ~request.cap_add &
			     ~grant_capabilities(request.profile, target->bounding, true) &
			     ~BIT(CAP_SYS_PTRACE)) == 0);
		assert_true(request.profile == REQUEST_PROFILE_SYSADMIN ||
			    request.profile == REQUEST_PROFILE_APP ||
			    (grant.capabilities & administrator) == 0);
		assert_true(!grant.is_as_target || request.user == NULL);
	}
	free(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_gives_what_reaches_around),
		cmocka_unit_test(gives_ptrace_only_apart_from_the_host),
		cmocka_unit_test(gives_no_ptrace_over_the_host),
		cmocka_unit_test(profiles_grow),
		cmocka_unit_test(combinations_give_no_more),
		cmocka_unit_test(decides_from_namespaces),
		cmocka_unit_test(refuses_other_callers),
		cmocka_unit_test(a_rule_is_the_bound),
		cmocka_unit_test(leaves_out_the_hosts_traffic),
		cmocka_unit_test(files_of_the_callers_are_roots_alone),
	};

	return cmocka_run_group_tests_name("grant", tests, NULL, NULL);
}
