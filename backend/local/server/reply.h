/* SPDX-License-Identifier: MIT */
/* An answer as libmicrohttpd sends it. */
#ifndef ALIASFS_LOCAL_REPLY_H
#define ALIASFS_LOCAL_REPLY_H

#include <microhttpd.h>

#include "backend/local/call.h"
#include "backend/local/fault.h"

/* Queues the answer, whose body it takes; `fault` may spoil its way (TRUNCATE, SLOW). */
enum MHD_Result reply_queue(struct MHD_Connection *connection, struct answer *answer,
	const char *request_id, const struct fault *fault);

#endif
