/* SPDX-License-Identifier: MIT */
/*
 * What the kernel holds open. At an unmount it need not say RELEASE of everything any more (after
 * `umount -l`, SIGTERM, or a RELEASE that came too late): what is left is freed here.
 */
#ifndef ALIASFS_HANDLES_H
#define ALIASFS_HANDLES_H

#include "backend/base/cleanup.h"

struct aliasfs;

/* Embedded as the first member of what is open. */
struct handle {
	struct handle *next, *previous; /* protected by the list's mutex */
	void (*abandon)(
		const struct aliasfs *fs, struct handle *handle); /* frees it; NULL: not listed */
};

struct handles;

struct handles *handles_new(void) must_check;
void handles_free(struct handles *handles);

void handles_add(struct handles *handles, struct handle *handle,
	void (*abandon)(const struct aliasfs *fs, struct handle *handle));

/* Nothing for one that is not listed. */
void handles_remove(struct handles *handles, struct handle *handle);

/* Calls `look` with each, the latest first, with the mutex held: it may not add or remove one, or block on the network. */
void handles_look(
	struct handles *handles, void (*look)(void *data, struct handle *handle), void *data);

/* Frees all that are left. No request may be under way. NULL is fine. */
void handles_abandon_all(struct handles *handles, const struct aliasfs *fs);

#endif
