/* SPDX-License-Identifier: MIT */
/*
 * What all requests to AWS share: what was resolved (profile, region, endpoint), the connections, the
 * credentials, the rate, the retry quota, the clock's correction, and what is counted.
 *
 * Locks: the client's mutex protects the retry quota, for microseconds. The rate_limiter, the credentials
 * store and the pool have their own; none is taken while another is held.
 */
#ifndef ALIASFS_AWS_CLIENT_H
#define ALIASFS_AWS_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/aws/rate_limiter.h"
#include "backend/aws/stats.h"
#include "backend/credentials/credentials.h"
#include "backend/http/exchange.h"
#include "backend/http/retry.h"

struct aws_client_options {
	/* NULL or 0 means: decide as the aws CLI does (environment, profile), or the default. Not kept. */
	const char *profile;
	const char *region;
	const char *endpoint_url;
	const char *
		unix_socket; /* local:DIR: talk to this socket; credentials are then not looked for */
	int64_t connect_timeout_ms; /* default 5,000 */
	double rate;                /* control-plane calls a second, default 10 */
	bool rate_unlimited;        /* for local:DIR */
	struct log *log;            /* kept, may be NULL */
	bool insecure_http;         /* plain http to another machine is wanted */
};

struct aws_client {
	struct settings settings;
	struct environment environment;
	char *unix_socket; /* NULL: the endpoint's address; else nothing is signed */
	struct log *log;
	struct http_pool *pool;
	struct http_pool *
		once_pool; /* for what is sent once, which may take minutes: it keeps no other waiting */
	struct credentials_store *credentials;
	struct aws_stats *stats;
	_Atomic uint64_t calls;         /* every attempt on the wire */
	_Atomic int64_t clock_offset_s; /* server's time - ours, when they are far apart */
	struct rate_limiter *rate_limiter;
	pthread_mutex_t mutex;
	struct retry_quota quota; /* protected by mutex */
};

/*
 * Makes a client: resolves profile, region and endpoint (no network), starts no thread. Must not be
 * called before a fork (libcurl). Fails with LAMBDA_INVALID (a bad URL or file, no region) or
 * LAMBDA_NO_MEMORY; credentials are looked for when they are first needed.
 */
enum lambda_status aws_client_new(const struct aws_client_options *options,
	struct aws_client **ret_client, struct lambda_error *reterr) must_check;

/* Waits for nothing: no request may be under way. NULL is fine. */
void aws_client_free(struct aws_client *client);
DEFINE_CLEANUP(struct aws_client *, aws_client_free);

#endif
