/* SPDX-License-Identifier: MIT */
/* The client behind backend/lambda/lambda.h, for this room alone. */
#ifndef ALIASFS_LAMBDA_CLIENT_H
#define ALIASFS_LAMBDA_CLIENT_H

#include "backend/aws/request.h"
#include "backend/lambda/lambda.h"

struct lambda_client {
	struct aws_client *aws;        /* owned */
	struct lambda_printer printer; /* print is NULL when there is none */
};

/* A request to Lambda's endpoint; the path and what else it needs is the caller's to fill in. */
struct aws_request lambda_request(const struct lambda_client *client, const char *operation,
	const char *method, enum rate_limit_kind rate_limit);

/* What makes the documents of the versions that are read; NULL: none are made. */
const struct lambda_printer *lambda_client_printer(const struct lambda_client *client);

#endif
