/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/manifest.c"

#include "unit.h"

static struct kube_request request;

static int begin(void **state)
{
	(void)state;
	request = (struct kube_request){ .image = "registry/a:1", .ttl_seconds = 60 };
	return 0;
}

static json_t *take(char *text)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	free(text);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "kind")), "List");
	return root;
}

static const json_t *item(const json_t *root, size_t number)
{
	return json_array_get(json_object_get(root, "items"), number);
}

/* "spec.containers" */
static const json_t *at(const json_t *object, const char *path)
{
	char part[64];

	while (*path != '\0') {
		const size_t length = strcspn(path, ".");

		(void)snprintf(part, sizeof(part), "%.*s", (int)length, path);
		object = json_object_get(object, part);
		path += length + (path[length] == '.');
	}
	return object;
}

static const json_t *container_of(const json_t *spec)
{
	assert_int_equal(json_array_size(at(spec, "containers")), 1);
	return json_array_get(at(spec, "containers"), 0);
}

static void makes_a_pod_for_each_node_that_needs_one(void **state)
{
	static const char *const nodes[] = { "node-a", NULL, "node\"c" };
	json_t *root = take(kube_manifest_pods(&request, "tools", "abc", nodes, COUNT(nodes), 77));
	const json_t *pod = item(root, 1);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(root, "items")), 2);
	assert_string_equal(json_string_value(at(pod, "metadata.name")), "debug-sidecar-abc-2");
	assert_string_equal(json_string_value(at(pod, "metadata.namespace")), "tools");
	/* What stands in a text stays in it. */
	assert_string_equal(json_string_value(at(pod, "spec.nodeName")), "node\"c");
	assert_int_equal(json_integer_value(at(pod, "spec.activeDeadlineSeconds")), 60);
	assert_string_equal(json_string_value(at(pod, "spec.restartPolicy")), "Never");
	assert_null(at(pod, "spec.imagePullSecrets"));
	json_decref(root);
}

static void asks_for_nothing_of_the_host_but_its_processes(void **state)
{
	static const char *const nodes[] = { "node-a" };
	static const char *const absent[] = { "hostNetwork", "hostIPC", "volumes", "serviceAccountName",
					      "securityContext" };
	json_t *root = take(kube_manifest_pods(&request, "tools", "abc", nodes, 1, 77));
	const json_t *spec = at(item(root, 0), "spec");
	const json_t *its = container_of(spec);

	(void)state;
	for (size_t i = 0; i < COUNT(absent); i++)
		assert_null(at(spec, absent[i]));
	assert_true(json_is_true(at(spec, "hostPID")));
	assert_true(json_is_false(at(spec, "automountServiceAccountToken")));
	assert_int_equal(json_object_size(at(its, "securityContext")), 4);
	assert_true(json_is_true(at(its, "securityContext.readOnlyRootFilesystem")));
	assert_non_null(at(its, "resources.limits.memory"));
	assert_null(at(its, "volumeMounts"));
	assert_string_equal(json_string_value(at(its, "image")), "registry/a:1");
	json_decref(root);
}

static void runs_as_the_policys_user_only_where_it_is_resident(void **state)
{
	static const char *const nodes[] = { "node-a" };
	json_t *resident;
	json_t *own;

	(void)state;
	request.policy_user = "4294967294";
	request.pull_secret = "registry";
	resident = take(kube_manifest_resident(&request, "tools"));
	own = take(kube_manifest_pods(&request, "tools", "abc", nodes, 1, 77));
	assert_int_equal(json_integer_value(at(container_of(at(item(resident, 1), "spec.template.spec")),
					       "securityContext.runAsUser")),
			 4294967294);
	assert_int_equal(
	    json_integer_value(at(container_of(at(item(own, 0), "spec")), "securityContext.runAsUser")), 0);
	assert_int_equal(json_array_size(at(item(own, 0), "spec.imagePullSecrets")), 1);
	assert_string_equal(json_string_value(json_object_get(at(item(resident, 0), "metadata.labels"),
							      "pod-security.kubernetes.io/enforce")),
			    "privileged");
	json_decref(resident);
	json_decref(own);
}

static void writes_an_owner_that_a_label_can_hold(void **state)
{
	static const struct {
		const char *user, *owner;
	} cases[] = { { "alice", "alice" },
		      { "-a.b_", "a.b" },
		      { "d\303\266rte", "drte" },
		      { "EX\\bob", "EXbob" },
		      { "--", "" } };
	char owner[OWNER_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(setenv("USER", cases[i].user, 1), 0);
		write_owner(owner);
		assert_string_equal(owner, cases[i].owner);
	}
	(void)unsetenv("USER");
	write_owner(owner);
	assert_string_equal(owner, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(makes_a_pod_for_each_node_that_needs_one, begin),
		cmocka_unit_test_setup(asks_for_nothing_of_the_host_but_its_processes, begin),
		cmocka_unit_test_setup(runs_as_the_policys_user_only_where_it_is_resident, begin),
		cmocka_unit_test_setup(writes_an_owner_that_a_label_can_hold, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
