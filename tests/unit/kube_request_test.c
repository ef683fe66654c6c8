/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../src/8-kube/kube_request.c"

#include "unit.h"

static struct kube_request request;
static struct fail why;

#define PARSE(...) parse((const char *const[]){ "kubectl-sidecar", __VA_ARGS__, NULL })

/* Words of literals, as main has them. */
static int parse(const char *const words[])
{
	static char *argv[32];
	int argc = 0;

	for (; words[argc] != NULL; argc++)
		memcpy(&argv[argc], &words[argc], sizeof(argv[0]));
	why = (struct fail){ 0 };
	return kube_request_parse(&request, argc, argv, &why);
}

static int forget_environment(void **state)
{
	(void)state;
	(void)unsetenv("DEBUG_SIDECAR_IMAGE");
	(void)unsetenv("DEBUG_SIDECAR_NAMESPACE");
	return 0;
}

static void takes_a_pod_a_container_and_a_command(void **state)
{
	(void)state;
	assert_int_equal(PARSE("web-0", "-c", "app", "-n", "demo", "--", "ls", "-l"), 0);
	assert_int_equal(request.verb, KUBE_ATTACH);
	assert_string_equal(request.pod, "web-0");
	assert_string_equal(request.container, "app");
	assert_string_equal(request.ns, "demo");
	assert_int_equal(request.command_count, 2);
	assert_string_equal(request.command[1], "-l");
	assert_int_equal(request.option_count, 0);
	kube_request_free(&request);
	/* As debug has it, the first word behind the pod begins the command, too. */
	assert_int_equal(PARSE("-ndemo", "pod/web-0", "ls", "-c", "x"), 0);
	assert_string_equal(request.pod, "web-0");
	assert_null(request.container);
	assert_int_equal(request.command_count, 3);
	kube_request_free(&request);
}

static void gives_debugs_options_one_spelling(void **state)
{
	static const char *const wanted[] = { "--write",     "--user=0",       "--user=1:2", "--profile=app",
					      "--env=A=b c", "--cap-add=KILL", "--receipt",  "--quiet",
					      "--wait",	     "-cls | wc" };

	(void)state;
	assert_int_equal(PARSE("--write", "-u0", "-u", "1:2", "--profile", "app", "--env=A=b c", "--cap-add",
			       "KILL", "--receipt", "-qit", "--wait", "--command", "ls | wc", "web"),
			 0);
	assert_int_equal(request.option_count, COUNT(wanted));
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_string_equal(request.options[i], wanted[i]);
	assert_true(request.is_wait && request.is_quiet);
	assert_int_equal(request.terminal, REQUEST_TERMINAL_ALWAYS);
	kube_request_free(&request);
}

static void no_option_can_become_a_target(void **state)
{
	(void)state;
	/* An empty value is attached, and so is none that stands alone. */
	assert_int_equal(PARSE("--workdir", "", "web"), 0);
	assert_string_equal(request.options[0], "--workdir=");
	kube_request_free(&request);
	assert_int_equal(PARSE("--command", "", "web"), -1);
	assert_int_equal(PARSE("web", "-u"), -1);
	assert_int_equal(PARSE("--user"), -1);
}

static void passes_kubectls_options_on_in_one_word(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--context", "prod", "--kubeconfig=/a b", "--as", "-n", "web"), 0);
	assert_int_equal(request.kubectl_count, 3);
	assert_string_equal(request.kubectl[0], "--context=prod");
	assert_string_equal(request.kubectl[1], "--kubeconfig=/a b");
	assert_string_equal(request.kubectl[2], "--as=-n");
	kube_request_free(&request);
}

static void refuses_names_that_are_none(void **state)
{
	static const char *const bad[] = { "",	     ".",     "..",	 "a/b/c",      "Web",
					   "web_1",  "web 1", "web\n",	 "-web",       "web-",
					   "web..1", "web.-", "\033[2J", "w\303\251b", "--" };
	char label[65];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(PARSE("--", bad[i]), -1);
		assert_int_equal(PARSE("-n", bad[i], "web"), -1);
		assert_null(strpbrk(why.text, "\033\n"));
		assert_int_equal(PARSE("web", "-c", bad[i]), -1);
	}
	memset(label, 'a', sizeof(label));
	label[64] = '\0';
	assert_false(kube_is_label(label));
	assert_true(kube_is_name(label));
	label[63] = '\0';
	assert_true(kube_is_label(label));
	assert_false(kube_is_label("a.b"));
	assert_true(kube_is_name("ip-10-0-0-1.eu.internal"));
}

static void refuses_what_does_not_go_together(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-l", "app=web"), -1);
	assert_int_equal(PARSE("-l", "app=web", "--wait", "--", "true"), -1);
	assert_int_equal(PARSE("web", "--json", "--", "true"), -1);
	assert_int_equal(PARSE("web", "-A", "--", "true"), -1);
	assert_int_equal(PARSE("web", "--command", "a", "--", "b"), -1);
	assert_int_equal(PARSE("web", "--", ""), -1);
	assert_int_equal(PARSE("gc", "--", "true"), -1);
	assert_int_equal(PARSE("web", "--receipt=file"), -1);
	assert_int_equal(PARSE("web", "--runtime", "docker"), -1);
	assert_int_equal(PARSE("web", "--token=secret"), -1);
	assert_int_equal(PARSE("web", "--ttl", "0"), -1);
	assert_int_equal(PARSE("web", "--image", "-x"), -1);
	assert_int_equal(PARSE("web", "--image", "a b"), -1);
	assert_int_equal(PARSE("web", "--no-such"), -1);
	assert_int_equal(PARSE("--", "--"), -1);
}

static void knows_the_verbs_and_a_pod_of_such_a_name(void **state)
{
	(void)state;
	assert_int_equal(PARSE("doctor", "web", "-n", "demo"), 0);
	assert_int_equal(request.verb, KUBE_DOCTOR);
	assert_string_equal(request.pod, "web");
	kube_request_free(&request);
	assert_int_equal(PARSE("pod/install"), 0);
	assert_int_equal(request.verb, KUBE_ATTACH);
	assert_string_equal(request.pod, "install");
	kube_request_free(&request);
	assert_int_equal(PARSE("--print-rbac"), 0);
	assert_int_equal(request.verb, KUBE_PRINT_RBAC);
	kube_request_free(&request);
}

static void takes_debugs_own_command_line(void **state)
{
	char words[][24] = { "debug", "-c", "ls", "-u", "0", "pod://demo/web-0/app" };
	char *argv[] = { words[0], words[1], words[2], words[3], words[4], words[5], NULL };
	char others[][24] = { "debug", "--", "pod://demo/web-0", "--", "ls", "-l" };
	char *after[] = { others[0], others[1], others[2], others[3], others[4], others[5], NULL };
	struct request asked = { .target = argv[5] };

	(void)state;
	assert_int_equal(kube_request_from_debug(&request, &asked, 6, argv, &why), 0);
	assert_string_equal(request.ns, "demo");
	assert_string_equal(request.pod, "web-0");
	assert_string_equal(request.container, "app");
	assert_string_equal(request.options[0], "-cls");
	assert_string_equal(request.options[1], "--user=0");
	assert_int_equal(request.command_count, 0);
	kube_request_free(&request);
	asked.target = after[2];
	assert_int_equal(kube_request_from_debug(&request, &asked, 6, after, &why), 0);
	assert_null(request.container);
	assert_int_equal(request.command_count, 2);
	assert_string_equal(request.command[0], "ls");
	kube_request_free(&request);
	asked.target = "pod://demo";
	assert_int_equal(kube_request_from_debug(&request, &asked, 6, after, &why), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(takes_a_pod_a_container_and_a_command, forget_environment),
		cmocka_unit_test_setup(gives_debugs_options_one_spelling, forget_environment),
		cmocka_unit_test_setup(no_option_can_become_a_target, forget_environment),
		cmocka_unit_test_setup(passes_kubectls_options_on_in_one_word, forget_environment),
		cmocka_unit_test_setup(refuses_names_that_are_none, forget_environment),
		cmocka_unit_test_setup(refuses_what_does_not_go_together, forget_environment),
		cmocka_unit_test_setup(knows_the_verbs_and_a_pod_of_such_a_name, forget_environment),
		cmocka_unit_test_setup(takes_debugs_own_command_line, forget_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
