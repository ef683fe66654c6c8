/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of /proc, in which a process' name and a mount's source are foreign: stat, status, limits, cgroup,
 * mountinfo. */
#include "fuzz.h"

#include "confinement.h"
#include "mountinfo.h"
#include "proc.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	static struct confinement confinement;
	struct mount_facts facts;
	struct proc_stat stat;
	uint64_t bounding;
	uint32_t uid;
	size_t depth;
	pid_t pid;
	char path[256];

	if (proc_parse_stat(&stat, text))
		FUZZ_CHECK(stat.parent >= 0);
	(void)!proc_parse_rights(&bounding, &uid, text);
	if (proc_parse_inner_pid(&depth, &pid, text))
		FUZZ_CHECK(depth > 0 && pid > 0);
	if (proc_find_cgroup(text, "", path, sizeof(path)) ||
	    proc_find_cgroup(text, "pids", path, sizeof(path)))
		FUZZ_CHECK(path[0] == '/' && strstr(path, "/../") == NULL);
	(void)!confinement_parse_status(&confinement, text);
	(void)!confinement_parse_limits(&confinement, text);
	facts = mountinfo_find(text, "/");
	FUZZ_CHECK(facts.is_there || !facts.is_proc);
	if (snapshot_find_upper(path, sizeof(path), text, 0x32))
		FUZZ_CHECK(path[0] == '/' && strlen(path) < sizeof(path));
	free(text);
	return 0;
}
