/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/3-grant/policy.c"

#include "unit.h"

#define PATH "debug.conf"

static bool find_test_user(const char *name, uint32_t *uid)
{
	*uid = 1000;
	return strcmp(name, "alice") == 0;
}

static bool find_test_group(const char *name, uint32_t *gid)
{
	*gid = 500;
	return strcmp(name, "oncall") == 0;
}

static const struct policy_names names = { .find_user = find_test_user, .find_group = find_test_group };

static const struct caller alice = { .uid = 1000, .gid = 1000, .groups = { 27, 500 }, .group_count = 2 };
static const struct caller bob = { .uid = 1001, .gid = 500 };
static const struct caller carol = { .uid = 1002, .gid = 1002 };

static int parse(struct policy *policy, const char *text, struct fail *why)
{
	*why = (struct fail){ 0 };
	return policy_parse(policy, PATH, text, strlen(text), &names, why);
}

static const struct policy_rule *find(const struct policy *policy, const struct caller *caller,
				      enum target_runtime runtime, const char *name, const char *image)
{
	static struct sighting seen;

	seen.runtime = (uint8_t)runtime;
	(void)strlcpy(seen.name, name, sizeof(seen.name));
	(void)strlcpy(seen.image, image, sizeof(seen.image));
	return policy_find(policy, caller, &seen);
}

static void reads_every_option(void **state)
{
	struct policy policy;
	struct fail why;

	(void)state;
	assert_int_equal(
	    parse(&policy,
		  "# who may\n"
		  "\n"
		  "audit required\n"
		  "permit user alice profile netadmin write network privileged record max 90m memory 64M "
		  "processes 100 sessions 2 "
		  "on runtime docker name web-* image nginx:* namespace demo label team=w* # and why\n"
		  "\tdeny  gid 7\n",
		  &why),
	    0);
	assert_int_equal(policy.count, 2);
	assert_true(policy.is_audit_required);
	assert_int_equal(policy.rules[0].line, 4);
	assert_true(policy.rules[0].is_permit && !policy.rules[0].is_group);
	assert_int_equal(policy.rules[0].id, 1000);
	assert_int_equal(policy.rules[0].profile, REQUEST_PROFILE_NETADMIN);
	assert_true(policy.rules[0].may_write && policy.rules[0].may_network &&
		    policy.rules[0].may_privileged);
	assert_int_equal(policy.rules[0].max_seconds, 5400);
	assert_int_equal(policy.rules[0].max_memory, 64 << 20);
	assert_int_equal(policy.rules[0].max_processes, 100);
	assert_int_equal(policy.rules[0].max_sessions, 2);
	assert_string_equal(policy.rules[0].patterns[POLICY_RUNTIME], "docker");
	assert_string_equal(policy.rules[0].patterns[POLICY_NAME], "web-*");
	assert_string_equal(policy.rules[0].patterns[POLICY_IMAGE], "nginx:*");
	assert_string_equal(policy.rules[0].patterns[POLICY_NAMESPACE], "demo");
	assert_string_equal(policy.rules[0].patterns[POLICY_LABEL], "team=w*");
	assert_true(policy.rules[0].must_record);
	assert_false(policy.rules[1].is_permit);
	assert_true(policy.rules[1].is_group);
	assert_int_equal(policy.rules[1].id, 7);
	policy_free(&policy);
}

static const struct {
	const char *text, *why;
} bad[] = {
	{ "", PATH " is empty, larger than 65536 bytes, or no text" },
	{ "permit user alice", PATH " ends in the middle of a line; end it with a newline" },
	{ "permit user alice\nallow user alice\n",
	  PATH ", line 2: a line begins with permit, deny or audit, not `allow`" },
	{ "permit alice\n", PATH ", line 1: say for whom: user NAME, uid N, group NAME or gid N" },
	{ "permit role alice\n",
	  PATH ", line 1: a rule is for user NAME, uid N, group NAME or gid N, not `role`" },
	{ "permit user mallory\n",
	  PATH ", line 1: user takes a name that is in /etc/passwd (for others give uid N), not `mallory`" },
	{ "permit group alice\n",
	  PATH ", line 1: group takes a name that is in /etc/group (for others give gid N), not `alice`" },
	{ "permit uid 4294967295\n", PATH ", line 1: a uid or gid is a number, not `4294967295`" },
	{ "permit uid -1\n", PATH ", line 1: a uid or gid is a number, not `-1`" },
	{ "permit uid +0\n", PATH ", line 1: a uid or gid is a number, not `+0`" },
	{ "permit uid 0x0\n", PATH ", line 1: a uid or gid is a number, not `0x0`" },
	{ "permit user alice profile root\n",
	  PATH ", line 1: profile takes app, restricted, baseline, general, netadmin or sysadmin, "
	       "not `root`" },
	{ "permit user alice profile\n",
	  PATH ", line 1: profile takes app, restricted, baseline, general, netadmin or sysadmin, "
	       "not ``" },
	{ "permit user alice write write\n", PATH ", line 1: each option is given once, not `write`" },
	{ "permit user alice nolog\n",
	  PATH ", line 1: the options are profile, write, network, privileged, record, max, memory, "
	       "processes and sessions, each once, not `nolog`" },
	{ "permit user alice max 0h\n",
	  PATH ", line 1: max takes a time, as in 90s, 30m, 8h or 2d, not `0h`" },
	{ "permit user alice max 99999999h\n",
	  PATH ", line 1: max takes a time, as in 90s, 30m, 8h or 2d, not `99999999h`" },
	{ "permit user alice max 10\n",
	  PATH ", line 1: max takes a time, as in 90s, 30m, 8h or 2d, not `10`" },
	{ "permit user alice memory 0M\n", PATH ", line 1: memory takes a size, as in 256M or 2G, not `0M`" },
	{ "permit user alice memory 64\n", PATH ", line 1: memory takes a size, as in 256M or 2G, not `64`" },
	{ "permit user alice memory 2000000G\n",
	  PATH ", line 1: memory takes a size, as in 256M or 2G, not `2000000G`" },
	{ "permit user alice processes 0\n", PATH ", line 1: processes takes a number up to 32768, not `0`" },
	{ "permit user alice sessions 1001\n",
	  PATH ", line 1: sessions takes a number up to 1000, not `1001`" },
	{ "permit user alice sessions\n", PATH ", line 1: sessions takes a number up to 1000, not ``" },
	{ "deny user alice write\n", PATH ", line 1: a rule that denies takes no options, not `write`" },
	{ "permit user alice on\n", PATH ", line 1: `on` needs a key and a pattern, as in `on name web-*`" },
	{ "permit user alice on name\n", PATH ", line 1: each key has a pattern behind it, not `name`" },
	{ "permit user alice on pod x\n",
	  PATH ", line 1: behind `on` stand runtime, name, image, namespace and label, each once, "
	       "not `pod`" },
	{ "permit user alice on name a name b\n",
	  PATH ", line 1: behind `on` stand runtime, name, image, namespace and label, each once, "
	       "not `name`" },
	{ "permit user alice on label team\n",
	  PATH ", line 1: label takes KEY=PATTERN, as in `on label team=web`, not `team`" },
	{ "permit user alice on label =web\n",
	  PATH ", line 1: label takes KEY=PATTERN, as in `on label team=web`, not `=web`" },
	{ "permit user alice on runtime dockre\n",
	  PATH ", line 1: runtime takes docker, podman, containerd, cri-o, lxc or nspawn, not `dockre`" },
	{ "audit\n", PATH ", line 1: audit can only be required, not ``" },
	{ "audit required always\n", PATH ", line 1: nothing stands behind `audit required`, not `always`" },
	{ "permit user alice\r\n",
	  PATH ", line 1: only printable ASCII may stand there, not `permit user alice\\015`" },
};

/* Each is refused as a whole, with the line that is at fault. */
static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct policy policy;
		struct fail why;

		assert_int_equal(parse(&policy, bad[i].text, &why), -1);
		assert_failed(why, FAIL_TOOL, bad[i].why);
		policy_free(&policy);
	}
}

static void refuses_text_with_a_zero(void **state)
{
	static const char text[] = "permit user alice\0on name x\n";
	struct policy policy;
	struct fail why = { 0 };

	(void)state;
	assert_int_equal(policy_parse(&policy, PATH, text, sizeof(text) - 1, &names, &why), -1);
	policy_free(&policy);
}

static void the_last_rule_that_fits_decides(void **state)
{
	struct policy policy;
	struct fail why;

	(void)state;
	assert_int_equal(parse(&policy,
			       "permit group oncall profile baseline\n"
			       "deny group oncall on name vault*\n"
			       "permit user alice write on name vault-test\n",
			       &why),
			 0);
	assert_int_equal(find(&policy, &alice, TARGET_DOCKER, "web", "nginx")->line, 1);
	assert_int_equal(find(&policy, &bob, TARGET_DOCKER, "web", "nginx")->line, 1);
	assert_null(find(&policy, &carol, TARGET_DOCKER, "web", "nginx"));
	assert_null(find(&policy, &bob, TARGET_DOCKER, "vault-test", "v"));
	assert_null(find(&policy, &alice, TARGET_DOCKER, "vault", "v"));
	assert_int_equal(find(&policy, &alice, TARGET_DOCKER, "vault-test", "v")->line, 3);
	assert_true(policy_knows(&policy, &alice) && policy_knows(&policy, &bob));
	assert_false(policy_knows(&policy, &carol));
	policy_free(&policy);
}

static void patterns_are_whole_and_stay_within_slashes(void **state)
{
	static const struct {
		const char *rule, *name, *image;
		bool fits;
	} cases[] = {
		{ "name web", "web", "", true },
		{ "name web", "web2", "", false },
		{ "name web", "Web", "", false },
		{ "name web", "web.", "", false },
		{ "name web", "", "", false },
		{ "name *", "web", "", true },
		{ "name *", "demo/web/app", "", false },
		{ "name demo/*/*", "demo/web/app", "", true },
		{ "name demo/*/*", "demo2/web/app", "", false },
		{ "name demo/*", "demo/web/app", "", false },
		{ "namespace demo", "demo/web/app", "", true },
		{ "namespace demo", "demo2/web/app", "", false },
		{ "namespace demo", "demo", "", false },
		{ "image registry/*", "web", "registry/nginx", true },
		{ "image registry/*", "web", "registry/other/nginx", false },
		{ "image registry/*", "web", "", false },
		{ "name web[12]", "web2", "", true },
		{ "name web[12]", "web3", "", false },
		{ "runtime docker name web image n*", "web", "nginx", true },
		{ "runtime podman name web image n*", "web", "nginx", false },
		{ "runtime docker name web image x*", "web", "nginx", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy policy;
		struct fail why;
		char text[256];

		(void)snprintf(text, sizeof(text), "permit user alice on %s\n", cases[i].rule);
		assert_int_equal(parse(&policy, text, &why), 0);
		assert_int_equal(find(&policy, &alice, TARGET_DOCKER, cases[i].name, cases[i].image) != NULL,
				 cases[i].fits);
		policy_free(&policy);
	}
}

/* What is not known must not get somebody past a rule that denies. */
static void a_rule_that_denies_fits_what_is_not_known(void **state)
{
	struct policy policy;
	struct fail why;

	(void)state;
	assert_int_equal(parse(&policy, "permit user alice\ndeny user alice on image *secret*\n", &why), 0);
	assert_non_null(find(&policy, &alice, TARGET_DOCKER, "web", "nginx"));
	assert_null(find(&policy, &alice, TARGET_DOCKER, "web", "a-secret-one"));
	assert_null(find(&policy, &alice, TARGET_DOCKER, "web", ""));
	policy_free(&policy);
}

static bool fits_labels(const char *rules, const char *label)
{
	static struct sighting seen = { .runtime = TARGET_DOCKER, .name = "web" };
	struct policy policy;
	struct fail why;
	bool is_permitted;

	seen.has_labels = label != NULL;
	seen.configured_size = 0;
	if (label != NULL && label[0] != '\0')
		assert_true(sighting_put(&seen, "label", label));
	assert_int_equal(parse(&policy, rules, &why), 0);
	is_permitted = policy_find(&policy, &alice, &seen) != NULL;
	policy_free(&policy);
	return is_permitted;
}

static void labels_are_compared_by_key_and_value(void **state)
{
	static const char permit[] = "permit user alice on label team=web*\n";
	static const char deny[] = "permit user alice\ndeny user alice on label tier=secret\n";

	(void)state;
	assert_true(fits_labels(permit, "team=web"));
	assert_true(fits_labels(permit, "team=web2"));
	assert_false(fits_labels(permit, "team=db"));
	assert_false(fits_labels(permit, "teams=web"));
	assert_false(fits_labels(permit, ""));
	assert_false(fits_labels(permit, NULL));
	assert_true(fits_labels(deny, "tier=open"));
	assert_true(fits_labels(deny, ""));
	assert_false(fits_labels(deny, "tier=secret"));
	assert_false(fits_labels(deny, NULL));
}

static void permits_only_what_the_system_runs(void **state)
{
	static struct sighting seen = { .runtime = TARGET_PODMAN, .name = "web", .owner = 1000 };
	struct policy policy;
	struct fail why;

	(void)state;
	assert_int_equal(parse(&policy, "permit user alice\n", &why), 0);
	assert_null(policy_find(&policy, &alice, &seen));
	seen.owner = 0;
	assert_non_null(policy_find(&policy, &alice, &seen));
	assert_null(find(&policy, &alice, TARGET_PROCESS, "1", ""));
	assert_null(find(&policy, &alice, TARGET_FILES, "image.tar", ""));
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_option),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(refuses_text_with_a_zero),
		cmocka_unit_test(the_last_rule_that_fits_decides),
		cmocka_unit_test(patterns_are_whole_and_stay_within_slashes),
		cmocka_unit_test(a_rule_that_denies_fits_what_is_not_known),
		cmocka_unit_test(labels_are_compared_by_key_and_value),
		cmocka_unit_test(permits_only_what_the_system_runs),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
