/* SPDX-License-Identifier: MIT */
/* What aliasfs exits with; documented in the manual page. */
#ifndef ALIASFS_EXIT_STATUS_H
#define ALIASFS_EXIT_STATUS_H

#define EXIT_TEXT_MAX 4000 /* bytes of the text that says why */

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* anything else */
	EXIT_USAGE = 2,
	EXIT_CREDENTIALS = 3, /* none, expired, or refused */
	EXIT_NETWORK = 4,     /* the endpoint could not be reached, or answered nonsense */
	EXIT_PERMISSION = 5,  /* AWS denied the first call */
	EXIT_MOUNTPOINT = 6,  /* the mountpoint cannot be mounted on */
	EXIT_TIMEOUT = 7,
};

#endif
