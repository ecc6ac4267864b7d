/* SPDX-License-Identifier: MIT */
/* Versions of layers as the store has them, their names, and what functions that use them must keep to. */
#ifndef ALIASFS_LOCAL_LAYER_H
#define ALIASFS_LOCAL_LAYER_H

#include "backend/local/call.h"

#define LAYER_NAME_MAX 140
#define LAYER_ARN_SIZE 320

/* Which version of which layer a call or an ARN names. */
struct layer_name {
	char name[LAYER_NAME_MAX + 1];
	char region[32];  /* "" when it was not spelled */
	char account[13]; /* "" when it was not spelled */
	int64_t version;  /* 0 when it was not spelled */
};

/* A bare name or an ARN, with or without a version. 0, or -EINVAL: not a layer of an account. */
int layer_name_parse(const char *text, struct layer_name *ret_name) must_check;

/* arn:aws:lambda:us-east-1:000000000000:layer:NAME[:VERSION] (version 0: none) of this account. */
void format_layer_arn(const struct identity *identity, const char *name, int64_t version,
	char text[LAYER_ARN_SIZE]);

/*
 * Reads LayerName and, where the operation has it, VersionNumber. 0, or CALL_FAILED: another region,
 * another account, or a version below 1.
 */
int layer_name_of_call(struct call *call, struct layer_name *ret_name) must_check;

/*
 * Checks the Layers of a function's settings, in a transaction, and sets the sizes of those that are
 * this account's. Layers of other accounts are accepted unchecked: this plane does not hold them. 0,
 * CALL_FAILED or a negative errno.
 */
int layers_resolve(struct call *call, struct json *settings) must_check;

#endif
