/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fixture: an empty directory and a descriptor of it, for tests that each begin with one. */
#ifndef DEBUG_UNIT_TREE_H
#define DEBUG_UNIT_TREE_H

#include "unit.h"

#include "fd.h"

#include <fcntl.h>

static char *tree;
static int tree_fd;

static int tree_begin(void **state)
{
	(void)state;
	tree = unit_make_tree();
	tree_fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return tree_fd < 0 ? -1 : 0;
}

static int tree_end(void **state)
{
	(void)state;
	fd_close(&tree_fd);
	unit_remove_tree(tree);
	return 0;
}

#endif
