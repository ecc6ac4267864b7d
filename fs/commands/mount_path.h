/* SPDX-License-Identifier: MIT */
/* Paths of the command line that lead into a mount. Everything here blocks on the mount. */
#ifndef ALIASFS_MOUNT_PATH_H
#define ALIASFS_MOUNT_PATH_H

#include <limits.h>
#include <stdbool.h>

#include "backend/base/buffer.h"
#include "fs/settings/exit_status.h"

/* The absolute path without links; of what is not there or cannot be looked up, that of its directory with
 * the name. NULL with errno. */
char *mount_real_path(const char *path) must_check;

/*
 * The absolute path of what cannot be looked at, or is a link that is not to be followed: its directory's without links,
 * with its name. Slashes at the end are left out. NULL with errno.
 */
char *mount_join_parent(const char *path) must_check;

/* Cuts the path after its mountpoint; *ret_below is what follows, "" for nothing. False: it is in no mount. */
bool mount_split(char *path, const char **ret_below) must_check;

/* What may be named. */
enum mount_path_takes {
	MOUNT_PATH_FUNCTION_OR_ALIAS,
	MOUNT_PATH_ALIAS,
	MOUNT_PATH_ALIAS_OR_VERSION,
};

/* A function, or an alias or a version of one. */
struct mount_path {
	enum mount_path_takes takes; /* set before */
	char *mountpoint;            /* absolute; owned, as every pointer here */
	char *function;              /* its name */
	char *alias;                 /* its name, or the version's; NULL: the function is meant */
	int function_directory;      /* open; -1 until then */
};

#define MOUNT_PATH_INIT                                                                            \
	{                                                                                          \
		.function_directory = -1                                                           \
	}

/*
 * Takes apart what names a function's directory or an alias in it, whether or not a slash follows, also by a link from
 * outside, and opens the directory. EXIT_OK, or the exit code with the reason in `message`: it is in no mount, is something else, or is not
 * there. Of an alias that is gone the reason names the command that prints its history. To be released in every case.
 */
enum exit_code mount_path_open(
	const char *text, struct mount_path *path, struct buffer *message) must_check;
void mount_path_release(struct mount_path *path);

/* The name of the alias's weight link, "PROD%10"; "" when it has none. 0 or -errno. */
int mount_find_weight(int directory, const char *alias, char name[NAME_MAX + 1]) must_check;

/*
 * What the mount says about the last call of this process that failed with `error_number` (positive): its own
 * sentence of .aliasfs/errors, else the errno's with the name of that file. Errors as buffer_append().
 */
int mount_append_reason(const char *mountpoint, int error_number, struct buffer *out) must_check;

/* The exit code that goes with an errno (positive) of a mount. Pure. */
enum exit_code mount_exit_code(int error_number);

#endif
