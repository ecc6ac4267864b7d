/* SPDX-License-Identifier: MIT */
/* What each kind of document brings along (struct document_ways), and what they share. For this room alone. */
#ifndef ALIASFS_DOCUMENTS_WAYS_H
#define ALIASFS_DOCUMENTS_WAYS_H

#include "backend/documents/kind.h"

/* --- what was written (written.c) --- */

/* The bytes and their tree, which stays unchanged: json_text_line() finds lines by its values. */
struct document_text {
	const char *bytes;
	size_t length;
	struct json *tree; /* owned */
};

enum document_type {
	DOCUMENT_TEXT,
	DOCUMENT_INTEGER, /* not negative, unless -1 stands for "no limit" at AWS: written without a point */
	DOCUMENT_BOOLEAN,
	DOCUMENT_TEXTS,    /* a list of texts */
	DOCUMENT_TEXT_MAP, /* an object of texts */
	DOCUMENT_OBJECT,
	DOCUMENT_OBJECTS, /* a list of objects */
	DOCUMENT_ANY,
};

/* A member that an object may have; a list of them ends with the name NULL. */
struct document_member {
	const char *name;
	enum document_type type;
	const struct document_member
		*members; /* of an object, or of each object of a list; NULL: any */
	bool is_required;
};

/* "line 4: …"; without a line where it is not known. Gives LAMBDA_INVALID. */
enum lambda_status document_fail_at(const struct document_text *text, const struct json *value,
	struct lambda_error *reterr, const char *format, ...) printf_like(4, 5);

/* What is wrong with the bytes as JSON; LAMBDA_OK fills text->tree. */
enum lambda_status document_text_parse(
	struct document_text *text, struct lambda_error *reterr) must_check;
void document_text_release(struct document_text *text);

/* Types, nulls and required members of the whole tree; members that are not in a list, unless `is_open`. */
enum lambda_status document_check_types(const struct document_text *text,
	const struct document_ways *ways, struct lambda_error *reterr) must_check;

/* Refuses two elements of the list `name` that have the same text in `member`. */
enum lambda_status document_check_unique(const struct document_text *text, const char *name,
	const char *member, struct lambda_error *reterr) must_check;

/*
 * Refuses an object that lacks a member of what AWS has (normalized), of which AWS would keep the value or set a default: it
 * was left out by accident. `may_be_absent` (NULL: none) says which members AWS does not always show. Whatever is no object
 * passes.
 */
enum lambda_status document_check_whole(const struct document_text *text,
	const struct json *written, const struct json *shown,
	bool (*may_be_absent)(const char *name, const struct json *written),
	struct lambda_error *reterr) must_check;

/* The member of that name, or NULL. */
const struct document_member *document_find_member(
	const struct document_member *members, const char *name);

/* --- trees (shape.c). 0, -ENOMEM, -E2BIG for an object of too many members, -EFBIG --- */

/* A copy without the members that are null. */
int document_copy(const struct json *json, struct json **ret_copy) must_check;

/* Takes out, in place, the members that are "", {} or [], also those that become so. */
int document_drop_empty(struct json *json) must_check;

/* Whether both are the same, in any order of members and spelling of numbers; a NULL equals a NULL. 1, 0, or an error. */
int document_equals(const struct json *one, const struct json *other) must_check;

/* A number by which a tree is known again. */
int document_hash(const struct json *json, uint64_t *ret_hash) must_check;

/* Replaces the object's list `name` by itself, sorted by the texts of two members of its elements. */
int document_sort(
	struct json *object, const char *name, const char *first, const char *second) must_check;

/* The element whose member is that text; NULL. */
const struct json *document_find(const struct json *list, const char *member, const char *text);

/* Copies the named members that are there and not null; `names` ends with NULL. */
int document_pick(
	const struct json *from, const char *const *names, struct json **ret_object) must_check;

/* LAMBDA_BAD_ANSWER about a member, LAMBDA_NO_MEMORY or LAMBDA_TOO_LARGE for an error of the above. */
enum lambda_status document_fail_answer(struct lambda_error *reterr, const char *member);
enum lambda_status document_fail_errno(struct lambda_error *reterr, int error);

/*
 * The element of answer[list] whose FunctionArn is the subject's: its alias, or the function unqualified or with
 * $LATEST. *ret_item NULL: there is none. LAMBDA_BAD_ANSWER for anything that is not such a list.
 */
enum lambda_status document_find_item(const struct json *answer, const char *list,
	const struct document_subject *subject, const struct json **ret_item,
	struct lambda_error *reterr) must_check;

/* Whether an ARN is the subject's. 1, 0, or -EINVAL: it is no function's. */
int document_arn_matches(const char *arn, const struct document_subject *subject) must_check;

/* Bytes of an ARN without its qualifier; 0: it is no function's. */
size_t document_arn_length(const char *arn);

/* --- planning (plan.c) --- */

struct document_planning {
	const struct document_kind *kind;
	const struct document_subject *subject;
	const struct json *answer;        /* as it came; NULL: AWS said that there is none */
	const struct document_text *text; /* what was written, as it was written */
	bool is_configured;
	bool removes;        /* {} was written */
	struct json *shown;  /* what AWS has, normalized; {}: not configured */
	struct json *wanted; /* what was written, normalized */
	struct document_plan plan;
	uint64_t state; /* the hash of what AWS has after the calls so far */
};

/*
 * Adds a call that leads to the normalized document `after`. `label` is copied, `query` and `body` (NULL: none) belong
 * to the plan afterwards, also on failure. LAMBDA_NO_MEMORY, LAMBDA_TOO_LARGE.
 */
enum lambda_status document_add_call(struct document_planning *planning,
	enum lambda_document_operation operation, const char *label, char *query, struct json *body,
	const struct json *after, struct lambda_error *reterr) must_check;

/* --- the kinds --- */

struct document_ways {
	enum document_type type; /* of the document: an object, or an object of texts */
	const struct document_member *members; /* of the object */
	bool is_open;      /* other members, and members of members, are looked at by `plan` */
	bool is_removable; /* {} is a document, whatever is required of others */
	enum lambda_document_operation put,
		remove; /* of the kinds that have just these (settings.c) */
	/* Of a document that is text: document_check(), and the tree {"Description": …} of it; NULL: it is JSON */
	enum document_state (*examine)(
		const char *bytes, size_t length, struct lambda_error *reterr);
	enum lambda_status (*parse)(struct document_text *text, struct lambda_error *reterr);
	/* The document of AWS's answer, which is not NULL. *ret_document NULL: not configured. */
	enum lambda_status (*shape)(const struct document_subject *subject,
		const struct json *answer, struct json **ret_document, struct lambda_error *reterr);
	/* What is printed of it, in place; NULL: all of it. 0 or an error of shape.c */
	int (*show)(const struct document_subject *subject, struct json *document);
	/* What else can be wrong without knowing AWS's answer; NULL: nothing */
	enum lambda_status (*check)(const struct document_text *text, struct lambda_error *reterr);
	/* Takes out what does not count in a comparison, in place; NULL: all counts. 0 or an error of shape.c */
	int (*normalize)(struct json *document);
	/* What is refused even where nothing else differs; NULL: nothing */
	enum lambda_status (*refuse)(
		const struct document_planning *planning, struct lambda_error *reterr);
	/* Whether AWS has stopped changing what a call is about (normalized; not NULL); NULL: it always has */
	bool (*is_settled)(const struct json *part);
	/* The calls; shown and wanted differ. */
	enum lambda_status (*plan)(struct document_planning *planning, struct lambda_error *reterr);
};

extern const struct document_ways document_code_signing_ways;
extern const struct document_ways document_configuration_ways;
extern const struct document_ways document_description_ways;
extern const struct document_ways document_environment_ways;
extern const struct document_ways document_event_invoke_ways;
extern const struct document_ways document_event_sources_ways;
extern const struct document_ways document_policy_ways;
extern const struct document_ways document_provisioned_concurrency_ways;
extern const struct document_ways document_recursion_ways;
extern const struct document_ways document_reserved_concurrency_ways;
extern const struct document_ways document_runtime_management_ways;
extern const struct document_ways document_tags_ways;
extern const struct document_ways document_url_ways;

/* FunctionConfiguration to the two documents of a version (document.c); {} without variables. */
enum lambda_status document_shape_configuration(const struct document_subject *subject,
	const struct json *configuration, struct json **ret_document,
	struct lambda_error *reterr) must_check;
enum lambda_status document_shape_environment(const struct document_subject *subject,
	const struct json *configuration, struct json **ret_document,
	struct lambda_error *reterr) must_check;

#endif
