/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order matters: groups can only be changed while the uid may, and a change of uid undoes the two prctl
 * settings that follow it (prctl(2)). */
#include "demote.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

bool demote(uid_t uid, pid_t parent)
{
	const gid_t gid = (gid_t)uid;

	/* Capabilities go with the last of the three uids (capabilities(7)); setting it back must fail. */
	return uid != 0 && setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 &&
	       setresuid(uid, uid, uid) == 0 && setresuid((uid_t)-1, 0, (uid_t)-1) < 0 &&
	       prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}
