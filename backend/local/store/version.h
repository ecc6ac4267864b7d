/* SPDX-License-Identifier: MIT */
/* Versions ($LATEST among them) as the store has them, and the FunctionConfiguration that AWS shows of one. */
#ifndef ALIASFS_LOCAL_VERSION_H
#define ALIASFS_LOCAL_VERSION_H

#include "backend/local/call.h"
#include "backend/local/store/store.h"

/* Select these, `FROM version v`, for version_row_load(). */
#define VERSION_COLUMNS                                                                            \
	"v.function, v.number, v.configuration, v.description, v.role, v.code, v.code_sha256, "    \
	"v.code_size, v.image_uri, v.last_modified, v.revision_id, v.settled_revision_id, "        \
	"v.settles, v.change"

/* A row. The texts belong to the statement and live until it moves on. */
struct version_row {
	sqlite3_stmt *statement;
	const char *function;
	int64_t number;
	const char *configuration, *description, *role;
	const char *code, *code_sha256, *image_uri; /* image_uri may be NULL */
	int64_t code_size, last_modified, settles;
	const char *revision_id, *settled_revision_id, *change;
};

void version_row_load(struct version_row *row, sqlite3_stmt *statement);

/* Finds one. 1 found (version_row_done() it), 0 not there, or a negative errno. */
int version_find(struct call *call, const char *function, int64_t number,
	struct version_row *ret_row) must_check;
void version_row_done(struct version_row *row);

/* Whether its creation or update is still going on at the call's time. */
bool version_is_settling(const struct call *call, const struct version_row *row);

/* Whether what it last went through was its creation, not an update. */
bool version_is_new(const struct version_row *row);

#define CHANGE_SIZE 400
/*
 * What goes into `change` for a creation ("created") or an update ("updated") that this call starts:
 * with code and reason when a fault wants it to fail.
 */
void version_format_change(const struct call *call, const char *kind, char text[CHANGE_SIZE]);

/* The RevisionId that a client would see now. */
const char *version_revision_id(const struct call *call, const struct version_row *row);

enum version_view {
	VIEW_LIST,     /* as in lists: no State*, LastUpdateStatus*, RuntimeVersionConfig */
	VIEW_NOW,      /* as GetFunctionConfiguration shows it now */
	VIEW_SETTLING, /* as the answer of the call that made or changed it */
};

/* Appends the FunctionConfiguration; `qualifier` ends the ARN (NULL: none). Errors as buffer_append(). */
int version_append(struct buffer *out, const struct call *call, const struct version_row *row,
	const char *qualifier, enum version_view view) must_check;

/*
 * What FunctionName and Qualifier lead to: a version, by itself or through an alias (`through_alias`,
 * with its weights). 1 found, 0 nothing there, or a negative errno.
 */
struct target {
	int64_t version;
	bool through_alias;
	int64_t weighted_version; /* 0: none */
	double weight;
};
int target_find(struct call *call, const char *function, const char *qualifier,
	struct target *ret_target) must_check;

/*
 * The qualifier that the call names, by FunctionName or Qualifier, or NULL. Validation has seen to it
 * that the two agree.
 */
const char *call_qualifier(const struct call *call);

/*
 * Fails because the call's function has nothing of that qualifier: "Cannot find alias arn" for what
 * may be an alias's name, "Function not found" for the rest (NULL: the function itself).
 */
int call_fail_qualifier(struct call *call, const char *qualifier);

/* Whether the function is there: 1, 0 or a negative errno. */
int function_exists(struct call *call, const char *function) must_check;

/* 0 when the call's function is there; else fails with "Function not found", of that qualifier (NULL: none). */
int function_check(struct call *call, const char *qualifier) must_check;

/* Whether the version runs on a capacity provider. */
bool version_has_provider(const struct version_row *row);

#endif
