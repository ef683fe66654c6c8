/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/pod.c"

#include "unit.h"

#define ID "containerd://0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OLD_ID "cri-o://fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static struct kube_pods pods;
static struct fail why;

static int read_text(const char *text)
{
	why = (struct fail){ 0 };
	return kube_pods_read(&pods, text, strlen(text), &why);
}

static const char usual[] =
    "{\"kind\": \"Pod\", \"metadata\": {\"name\": \"web-0\", \"namespace\": \"demo\","
    " \"annotations\": {\"kubectl.kubernetes.io/default-container\": \"app\"}},"
    " \"spec\": {\"nodeName\": \"ip-10-0-0-1.internal\", \"containers\": [{\"name\": \"log\"}, {\"name\": \"app\"}],"
    "  \"initContainers\": [{\"name\": \"setup\"}, {\"name\": \"mesh\", \"restartPolicy\": \"Always\"}],"
    "  \"ephemeralContainers\": [{\"name\": \"debugger-1\"}]},"
    " \"status\": {\"phase\": \"Running\", \"conditions\": [{\"type\": \"Ready\", \"status\": \"True\"}],"
    "  \"containerStatuses\": ["
    "   {\"name\": \"app\", \"containerID\": \"" ID "\", \"state\": {\"running\": {}}},"
    "   {\"name\": \"log\", \"containerID\": \"\", \"state\": {\"waiting\": {\"reason\": \"CrashLoopBackOff\\u001b[2J\"}},"
    "    \"lastState\": {\"terminated\": {\"containerID\": \"" OLD_ID "\"}}}],"
    "  \"initContainerStatuses\": [{\"name\": \"setup\", \"containerID\": \"" ID "\","
    "    \"state\": {\"terminated\": {\"reason\": \"Completed\"}}}]}}";

static void reads_a_pod(void **state)
{
	const struct kube_pod *pod;

	(void)state;
	assert_int_equal(read_text(usual), 0);
	assert_int_equal(pods.count, 1);
	pod = &pods.all[0];
	assert_string_equal(pod->name, "web-0");
	assert_string_equal(pod->ns, "demo");
	assert_string_equal(pod->node, "ip-10-0-0-1.internal");
	assert_true(pod->is_ready && !pod->is_deleted);
	assert_int_equal(pod->container_count, 5);
	assert_string_equal(pod->containers[0].name, "log");
	assert_int_equal(pod->containers[0].state, KUBE_STATE_WAITING);
	assert_string_equal(pod->containers[0].id, OLD_ID);
	assert_string_equal(pod->containers[0].reason, "CrashLoopBackOff\\033[2J");
	assert_int_equal(pod->containers[1].state, KUBE_STATE_RUNNING);
	assert_int_equal(pod->containers[2].state, KUBE_STATE_ENDED);
	assert_int_equal(pod->containers[2].kind, KUBE_INIT);
	assert_int_equal(pod->containers[3].kind, KUBE_SIDECAR);
	assert_int_equal(pod->containers[4].kind, KUBE_EPHEMERAL);
	assert_int_equal(pod->containers[4].state, KUBE_STATE_UNKNOWN);
	kube_pods_free(&pods);
}

static void chooses_as_kubectl_does(void **state)
{
	const struct kube_container *container;

	(void)state;
	assert_int_equal(read_text(usual), 0);
	container = kube_pod_choose(&pods.all[0], NULL, &why);
	assert_string_equal(container->name, "app");
	container = kube_pod_choose(&pods.all[0], "mesh", &why);
	assert_string_equal(container->name, "mesh");
	assert_null(kube_pod_choose(&pods.all[0], "no", &why));
	assert_failed(why, FAIL_TOOL,
		      "pod `web-0` has no container `no`; it has log, app, setup, mesh, debugger-1");
	pods.all[0].default_container[0] = '\0';
	container = kube_pod_choose(&pods.all[0], NULL, &why);
	assert_string_equal(container->name, "log");
	kube_pods_free(&pods);
}

static void tells_what_to_ask_for_on_the_node(void **state)
{
	char target[KUBE_TARGET_MAX];
	struct kube_pod *pod;

	(void)state;
	assert_int_equal(read_text(usual), 0);
	pod = &pods.all[0];
	assert_int_equal(kube_pod_target(target, pod, &pod->containers[1], true, &why), 0);
	assert_string_equal(target, ID);
	/* Its next start has another id; without --wait its last run is shown. */
	assert_int_equal(kube_pod_target(target, pod, &pod->containers[0], true, &why), 0);
	assert_string_equal(target, "pod://demo/web-0/log");
	assert_int_equal(kube_pod_target(target, pod, &pod->containers[0], false, &why), 0);
	assert_string_equal(target, OLD_ID);
	assert_int_equal(kube_pod_target(target, pod, &pod->containers[4], false, &why), -1);
	assert_non_null(strstr(why.text, "has not been started"));
	why = (struct fail){ 0 };
	pod->node[0] = '\0';
	assert_int_equal(kube_pod_target(target, pod, &pod->containers[1], false, &why), -1);
	assert_non_null(strstr(why.text, "on no node"));
	kube_pods_free(&pods);
}

static void refuses_names_that_could_be_something_else(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{",
		"{}",
		"{\"metadata\": {\"name\": \"web\"}}",
		"{\"metadata\": {\"name\": \"--web\", \"namespace\": \"demo\"}}",
		"{\"metadata\": {\"name\": \"web\", \"namespace\": \"../demo\"}}",
		"{\"metadata\": {\"name\": \"web\", \"namespace\": \"demo\"}, \"spec\": {\"nodeName\": \"-n\"}}",
		"{\"metadata\": {\"name\": \"web\", \"namespace\": \"demo\"}, \"spec\": {\"containers\": [{\"name\": \"A b\"}]}}",
		"{\"metadata\": {\"name\": \"web\", \"namespace\": \"demo\"}, \"spec\": {\"containers\": [{}]}}",
		"{\"metadata\": {\"name\": \"web\", \"name\": \"web\", \"namespace\": \"demo\"}}",
		"{\"items\": [{\"metadata\": {\"name\": \"web\", \"namespace\": \"demo\"}}, {}]}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(read_text(bad[i]), -1);
		assert_null(pods.all);
	}
	assert_int_equal(read_text("{\"items\": []}"), 0);
	assert_int_equal(pods.count, 0);
	kube_pods_free(&pods);
}

static void keeps_no_id_that_is_none(void **state)
{
	static const char *const bad[] = { "0123456789abcdef",
					   "containerd://",
					   "containerd://../../etc/passwd",
					   "containerd://0123456789ab/../x",
					   "pid://1",
					   "containerd://0123",
					   "image://0123456789abcdef",
					   "containerd://0123456789abcdefG" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char id[160] = "";

		keep_id(id, sizeof(id), bad[i]);
		assert_string_equal(id, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_pod),
		cmocka_unit_test(chooses_as_kubectl_does),
		cmocka_unit_test(tells_what_to_ask_for_on_the_node),
		cmocka_unit_test(refuses_names_that_could_be_something_else),
		cmocka_unit_test(keeps_no_id_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
