/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan → attached → result: a session from its first line in the audit trail until nothing is left of it.
 *
 *   a place for the recording, the audit's line  →  attach  →  recorder  →  watch  →  removed, recorder ended
 *
 * Should:  say to `debug` that the session has begun when its command has.
 * Mustn't: begin one that must be recorded or audited and cannot be.
 */
#include "session.h"

#include "attach.h"
#include "capabilities.h"
#include "clock.h"
#include "fd.h"
#include "quota.h"
#include "receipt.h"
#include "snapshot.h"
#include "talk.h"
#include "wire.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ATTACH_DEADLINE_MS = 10000,
	RECEIPT_MS = 3000, /* for each of two looks at the target's files */
};

static int64_t uptime_of(const struct target *target)
{
	struct timespec now;
	long ticks = sysconf(_SC_CLK_TCK);

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return ticks <= 0 ? 0 : (int64_t)now.tv_sec - (int64_t)(target->start_time / (uint64_t)ticks);
}

static void reply_started(const struct session *session, struct attached *attached)
{
	const struct target *target = session->target;
	const struct plan_numbers *plan = &session->plan->numbers;
	const struct audit *audit = session->audit;
	struct reply message = { .version = WIRE_VERSION, .kind = REPLY_STARTED };
	struct session_facts *facts = &message.with.facts;

	facts->pid = target->seen.pid;
	facts->uid = target->uid;
	facts->up_seconds = uptime_of(target);
	facts->is_write = plan->is_write;
	facts->is_scratch = plan->root == PLAN_ROOT_SCRATCH;
	facts->is_paused = target->seen.state == SIGHTING_PAUSED;
	facts->is_stealth = plan->is_stealth;
	facts->is_at_rest = target_is_at_rest(target);
	facts->is_image = target->seen.state == SIGHTING_IMAGE;
	facts->memory_mb = (uint32_t)(attached->cgroup.memory_limit >> 20);
	facts->is_pending = attached->has_pending;
	facts->is_recorded = plan->is_recorded;
	if (audit->problem.status != FAIL_NONE)
		(void)strlcpy(facts->unaudited, audit->problem.text, sizeof(facts->unaudited));
	memcpy(facts->name, target->seen.name, sizeof(facts->name));
	memcpy(facts->image, target->seen.image, sizeof(facts->image));
	(void)snprintf(facts->runtime, sizeof(facts->runtime), "%s",
		       runtime_name((enum target_runtime)target->seen.runtime));
	/* One who does not take it has no terminal, and is not waited for: the command runs already. */
	(void)wire_send_by(TALK_FD, &message, sizeof(message), &attached->terminal_fd,
			   attached->terminal_fd != FD_NONE ? 1 : 0, clock_now_ms());
	/* `debug` has the master now; ours would keep the terminal from hanging up with it. */
	fd_close(&attached->terminal_fd);
}

/* Whatever step noticed it first, the reason that helps is that the target is no more.  1 then, else -1. */
static int explain_start(const struct target *target, struct fail *why)
{
	if (!target_is_gone(target))
		return -1;
	*why = (struct fail){ 0 };
	(void)fail_set(why, FAIL_TOOL, "`%s` ended while the session was being made", target->seen.name);
	return 1;
}

/* A tool that fails for want of a right seldom says which. */
static void explain_status(const struct plan *plan, struct result *result)
{
	const bool is_root = !plan->numbers.is_user_named && plan->numbers.uid == 0;

	if (result->kind == RESULT_EXITED && result->status != 0 && plan->numbers.command_count > 0 &&
	    !capability_explain(result->hint, sizeof(result->hint), plan->command[0],
				is_root ? plan->numbers.capabilities : 0))
		result->hint[0] = '\0';
}

static int start_recorder(struct recorder *recorder, const struct session *session, struct attached *attached,
			  struct fail *why)
{
	const struct plan *plan = session->plan;
	const struct record_header header = { .title = session->target->seen.name,
					      .terminal_type = plan->terminal_type,
					      .rows = plan->numbers.rows,
					      .columns = plan->numbers.columns };

	return plan->numbers.is_recorded ? recorder_start(recorder, &attached->terminal_fd, &header, why) : 0;
}

static int watch(struct attached *attached, const struct session *session, struct recorder *recorder,
		 struct result *result, struct fail *why)
{
	if (start_recorder(recorder, session, attached, why) < 0)
		return -1;
	/* If `debug` has gone meanwhile, the watch sees that and ends the session the gentle way: killed
	 * outright, the init would leave its children to the target's. */
	reply_started(session, attached);
	(void)cgroup_collect(session->host_proc_fd);
	return session_watch(attached, session->target, recorder, session->plan->numbers.max_seconds,
			     session->host_proc_fd, result, why);
}

static int run(const struct session *session, struct recorder *recorder, struct result *result,
	       struct fail *why)
{
	struct fail unrecorded = { 0 };
	struct attached attached;
	int failed;

	if (attach_start(&attached, session->plan, session->target, session->host_proc_fd, session->standard,
			 clock_now_ms() + ATTACH_DEADLINE_MS, why) < 0)
		return explain_start(session->target, why);
	for (int i = 0; i < 3; i++)
		fd_close(&session->standard[i]);
	failed = watch(&attached, session, recorder, result, why);
	if (!attach_end(&attached))
		(void)fail_set(
		    why, FAIL_TOOL,
		    "a process of the session is stuck in the kernel and could not be ended; the next run will "
		    "try again");
	if (recorder_end(recorder, TALK_FD, &unrecorded) < 0 && why->status == FAIL_NONE)
		*why = unrecorded;
	if (failed < 0 || why->status != FAIL_NONE)
		return -1;
	explain_status(session->plan, result);
	return 0;
}

/* A session, and around it the two looks of a receipt. */
static int run_with_receipt(const struct session *session, struct recorder *recorder, struct result *result,
			    struct fail *why)
{
	const struct target *target = session->target;
	const struct receipt_subject subject = {
		.runtime = runtime_name((enum target_runtime)target->seen.runtime),
		.name = target->seen.name,
		.id = target->seen.id,
		.pid = target->seen.pid,
		.could_write = session->plan->numbers.is_write,
	};
	struct snapshot before, after;
	char *text;
	int failed;

	snapshot_take(&before, target, session->host_proc_fd, RECEIPT_MS);
	failed = run(session, recorder, result, why);
	snapshot_take(&after, target, session->host_proc_fd, RECEIPT_MS);
	text = receipt_write(result->receipt, sizeof(result->receipt), &subject, &before, &after);
	if (text == NULL ||
	    (session->receipt_fd != FD_NONE && fd_write_all(session->receipt_fd, text, strlen(text)) < 0))
		(void)strlcpy(result->receipt, "it cannot be written; see whether the disk is full",
			      sizeof(result->receipt));
	free(text);
	snapshot_free(&before);
	snapshot_free(&after);
	return failed;
}

int session_run(const struct session *session, struct result *result, struct fail *why)
{
	const bool is_recorded = session->plan->numbers.is_recorded;
	struct audit *audit = session->audit;
	CLOSE_AT_EXIT int place_fd = FD_NONE;
	struct recorder recorder;
	int outcome = 0;

	recorder_clear(&recorder);
	if (session->grant->max_sessions != 0 &&
	    (place_fd = quota_take(QUOTA_SESSIONS, audit->uid, session->grant->max_sessions, why)) < 0)
		return -1;
	if (is_recorded)
		outcome = recorder_prepare(&recorder, audit->session, audit->uid,
					   session->plan->numbers.has_terminal, session->standard, why);
	if (outcome == 0)
		outcome = audit_begin(audit, session->request, session->target, session->grant,
				      is_recorded ? recorder.name : NULL, session->is_audit_required, why);
	if (outcome == 0)
		outcome = session->request->is_receipt ? run_with_receipt(session, &recorder, result, why)
						       : run(session, &recorder, result, why);
	recorder_discard(&recorder, session->standard);
	return outcome;
}
