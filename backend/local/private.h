/* SPDX-License-Identifier: MIT */
/* The inside of a `struct plane`: what the rooms of lambda-plane share. */
#ifndef ALIASFS_LOCAL_PLANE_PRIVATE_H
#define ALIASFS_LOCAL_PLANE_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "backend/base/log.h"
#include "backend/local/call.h"
#include "backend/local/delivery.h"
#include "backend/local/fault.h"
#include "backend/local/model/throttle.h"
#include "backend/local/plane.h"
#include "backend/local/store/store.h"

struct server;

struct plane {
	struct identity identity;
	int64_t settle_ms, latency_ms;
	struct log *log;
	struct store_pool *stores;
	int code_directory;             /* DIR/code */
	unsigned char download_key[32]; /* signs Code.Location; the store keeps it */
	uint64_t seed;                  /* of the choice between an alias's two versions */
	_Atomic uint64_t invocations;   /* how often it was made */
	_Atomic uint64_t *calls;        /* per operation of the table */
	struct faults *faults;
	struct delivery *delivery; /* of CloudTrail's events */
	struct throttle throttle;
	char *access_key_id,
		*secret_access_key; /* of the signatures that are good; NULL: all are */
	atomic_bool stopping;       /* no thread waits for anything any more */
	struct server *server;
};

#endif
