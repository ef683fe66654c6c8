/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the API server says of pods. */
#include "fuzz.h"

#include "kube_pod.h"
#include "kube_request.h"

static void check(const struct kube_pod *pod)
{
	char target[KUBE_TARGET_MAX];
	struct fail why = { 0 };

	FUZZ_CHECK(kube_is_name(pod->name) && kube_is_label(pod->ns));
	FUZZ_CHECK(pod->node[0] == '\0' || kube_is_name(pod->node));
	FUZZ_CHECK(text_is_encoded(pod->reason, sizeof(pod->reason)) &&
		   text_is_encoded(pod->phase, sizeof(pod->phase)));
	for (size_t i = 0; i < pod->container_count; i++) {
		const struct kube_container *container = &pod->containers[i];

		FUZZ_CHECK(kube_is_label(container->name));
		FUZZ_CHECK(text_is_encoded(container->reason, sizeof(container->reason)));
		FUZZ_CHECK(kube_pod_target(target, pod, container, i % 2 == 0, &why) < 0 ||
			   strstr(target, "://") != NULL);
	}
	(void)!kube_pod_choose(pod, "app", &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_pods pods;
	struct fail why = { 0 };
	char *text = fuzz_text(data, size);

	if (kube_pods_read(&pods, text, size, &why) == 0) {
		for (size_t i = 0; i < pods.count; i++)
			check(&pods.all[i]);
		kube_pods_free(&pods);
	} else {
		FUZZ_CHECK(why.status != FAIL_NONE);
	}
	free(text);
	return 0;
}
