/* SPDX-License-Identifier: MIT */
/* The session with libfuse, from its options to its end. What it serves are the operations of operations.h. */
#ifndef ALIASFS_SESSION_H
#define ALIASFS_SESSION_H

#include "backend/base/cleanup.h"

struct aliasfs;
struct fuse_session;

/* Makes fs->session from the mount's options; nothing is mounted yet. -ENOMEM: libfuse does not take the options. */
int session_make(struct aliasfs *fs) must_check;

/* Mounts. 0 or -errno. Signals that come meanwhile are taken afterwards. */
int session_mount(struct aliasfs *fs) must_check;

/* Serves requests until the end. 0 or negative. */
int session_serve(struct aliasfs *fs) must_check;

/* Ends the serving; from any thread. */
void session_end(struct fuse_session *session);

/* Unmounts what is still mounted; signals are taken afterwards. */
void session_unmount(struct aliasfs *fs);

/* Frees the session. NULL is fine. */
void session_free(struct fuse_session *session);

/* libfuse's own complaints go to syslog: in the background they would be lost in /dev/null. */
void session_log_to_syslog(void);

#endif
