/* SPDX-License-Identifier: MIT */
/*
 * aliasfs_invoke.h: what a `.invoke` reports of an invocation beside its answer. Installed for programs; see "INVOKING"
 * in aliasfs(1).
 *
 *   int file = open("mnt/hello/.aliases/PROD/.invoke", O_RDWR);
 *   write(file, "{}", 2);
 *   length = read(file, answer, sizeof(answer));     the function runs now
 *   ioctl(file, ALIASFS_INVOKE_GET, &invocation);
 *
 * The ioctl fails with ENODATA while there is no answer, and with ENOTTY on any other file.
 */
#ifndef ALIASFS_INVOKE_H
#define ALIASFS_INVOKE_H

#include <linux/types.h>
#include <sys/ioctl.h>

#define ALIASFS_INVOKE_LOG_SIZE 4096

/* Texts end with a NUL, and are empty where AWS returned nothing. The log does not: it has log_length bytes. */
struct aliasfs_invocation {
	__u32 status;              /* of HTTP: 200 */
	__u32 log_length;          /* bytes of log */
	char executed_version[32]; /* "2", "$LATEST": what ran, also of an alias with weights */
	char function_error
		[32]; /* "Unhandled": the answer says what the function failed with; "": it did not */
	char request_id[64];
	char log[ALIASFS_INVOKE_LOG_SIZE]; /* the end of what the function logged */
};

#define ALIASFS_INVOKE_GET _IOR(0xf8, 1, struct aliasfs_invocation) /* 0x9088f801 */

#endif
