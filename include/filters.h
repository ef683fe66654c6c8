/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seccomp filters as ready BPF programs, made at build time by src/0-base/filters_generate.c. */
#ifndef DEBUG_FILTERS_H
#define DEBUG_FILTERS_H

#include <linux/filter.h>

/* Loaded with prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter): loading a ready program takes
 * some 50 microseconds, building one with libseccomp at run time two milliseconds. */
extern const struct sock_fprog filter_resolver;
extern const struct sock_fprog filter_unpacker;
extern const struct sock_fprog filter_recorder;
extern const struct sock_fprog filter_session;
/* On top of the session's: what engines refuse a container by default. */
extern const struct sock_fprog filter_container;
extern const struct sock_fprog filter_sysadmin;

#endif
