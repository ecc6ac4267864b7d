/* SPDX-License-Identifier: MIT */
/*
 * One mount: what FUSE's userdata points to. Made in mount.c, read everywhere in fs/; after the
 * start its pointers do not change any more.
 *
 * Lock order, for fs/ and backend/ without local/: no function takes a second lock while it holds one, with two
 * exceptions: gestures may hold its mutex while it logs, and a file its own while it lets go of code or has its
 * bytes counted by drafts. The mutexes are in account.c, audit.c, bases.c, directory_cache.c, drafts.c, errors.c,
 * file.c, gesture.c, invalidate.c, invoke.c, node.c, open_handles.c, request.c and times.c, and in backend/ in catalog/,
 * document_store/, credentials/store.c, http/exchange.c, http/sigv4.c and aws/. None is held across the network, a FUSE notification or a
 * reply.
 */
#ifndef ALIASFS_ALIASFS_H
#define ALIASFS_ALIASFS_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/log.h"

struct account;
struct audit;
struct bases;
struct catalog;
struct code_cache;
struct document_store;
struct drafts;
struct fuse_session;
struct gestures;
struct handles;
struct invalidator;
struct error_log;
struct lambda_client;
struct moves;
struct node_table;
struct notify;
struct options;
struct request_list;
struct spools;
struct stats;
struct embedded;
struct listed;
struct times;

struct aliasfs {
	struct options *options;
	struct log log;
	struct embedded *embedded; /* local:DIR only, else NULL */
	struct lambda_client *client;
	struct catalog *catalog;
	struct moves *moves; /* of aliases: their history */
	struct code_cache *code_cache;
	struct document_store *document_store; /* of functions and aliases */
	struct gestures *gestures;
	struct node_table *nodes;
	struct times *times;
	struct listed *listed;
	struct drafts *drafts;
	struct bases *bases;
	struct spools *spools; /* bytes of files that are written */
	struct error_log *errors;
	struct invalidator *invalidator;
	struct request_list *requests; /* those under way */
	struct handles *handles;       /* what the kernel holds open */
	struct account *account;
	struct stats *stats;
	struct audit *audit;
	struct fuse_session *session;
	atomic_uint invocations;                /* .invoke files that are open */
	_Atomic(struct fuse_session *) serving; /* NULL: the loop does not run */
	atomic_uint_least64_t
		init_request; /* channel.c: of the INIT that is to be amended; 0: none */
	atomic_bool ending;   /* the mount is ending: reads stop */
	struct notify *notify;
	uid_t uid;       /* the mounting user, who may do everything */
	uid_t shown_uid; /* the owner of everything shown: grants nothing */
	gid_t shown_gid;
	int64_t mounted_at; /* seconds since the epoch */
};

#endif
