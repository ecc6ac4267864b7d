/* SPDX-License-Identifier: MIT */
/*
 * Who changed what: a JSON line for every call that changed AWS or may have, kept in a ring that
 * `.aliasfs/audit` shows, and appended to the file of -o audit. Only names, numbers and AWS's request id are
 * written; of the caller its uid, pid and program, not its arguments.
 *
 * What is carried out behind everybody's back (a removed alias after its grace) is put down to whoever asked
 * for it. One mutex inside; nothing blocks on the network.
 */
#ifndef ALIASFS_AUDIT_H
#define ALIASFS_AUDIT_H

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"
#include "backend/base/log.h"
#include "backend/catalog/catalog.h"
#include "fs/caller.h"

#define AUDIT_LINES_MAX 1000 /* older ones are dropped from the ring, never from the file */
#define AUDIT_ASKED_MAX 256  /* changes remembered that are yet to be carried out */

struct audit;

/*
 * `path` NULL: no file. The file is made with mode 0600 where it is missing, and only ever appended to;
 * one that others may write, or that is no plain file, is refused. `log` is kept. 0, or -errno with a
 * message.
 */
int audit_new(const char *path, struct log *log, struct audit **ret_audit,
	struct buffer *message) must_check;
void audit_free(struct audit *audit);

/* A caller asked to change that name and may be gone when it is done. */
void audit_asked(
	struct audit *audit, const struct caller *caller, const char *function, const char *name);

/* A change. A removal, and everything without a `caller`, is put down to who asked last about the name. */
void audit_write(
	struct audit *audit, const struct caller *caller, const struct catalog_write *write);

/* Appends all lines, oldest first. 0, -ENOMEM; stops quietly when `out` is full. */
int audit_read(struct audit *audit, struct buffer *out) must_check;

#endif
