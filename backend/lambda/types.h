/* SPDX-License-Identifier: MIT */
/*
 * What the Lambda API speaks of: versions, aliases, pages of both, the account, and the limits of their
 * names. Plain structs and pure functions.
 */
#ifndef ALIASFS_LAMBDA_TYPES_H
#define ALIASFS_LAMBDA_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/cleanup.h"
#include "backend/base/error.h"

struct json;

/* A version is its number (from 1), or one of the two that have names. */
#define LAMBDA_VERSION_LATEST ((uint64_t)0)        /* $LATEST */
#define LAMBDA_VERSION_LATEST_PUBLISHED UINT64_MAX /* $LATEST.PUBLISHED */

#define LAMBDA_FUNCTION_NAME_MAX 256 /* bytes; AWS's NamespacedFunctionName */
#define LAMBDA_ALIAS_NAME_MAX 128    /* bytes; AWS's Alias */
#define LAMBDA_DESCRIPTION_MAX 256   /* code points */
#define LAMBDA_DESCRIPTION_IS_TOO_LONG "a description has at most 256 characters"
#define LAMBDA_REVISION_ID_MAX 63
#define LAMBDA_VERSION_TEXT_SIZE 24 /* bytes that lambda_version_format() may write, with the NUL */

/* "$LATEST", "$LATEST.PUBLISHED" or the number. */
void lambda_version_format(uint64_t version, char text[LAMBDA_VERSION_TEXT_SIZE]);

/* The reverse. 0 or -EINVAL: zero, leading zeros, numbers that do not fit, anything else. */
int lambda_version_parse(const char *text, uint64_t *ret_version) must_check;

/* Whether the version has a number: $LATEST and $LATEST.PUBLISHED change, a published version never does. */
static inline bool lambda_version_is_published(uint64_t version)
{
	return version != LAMBDA_VERSION_LATEST && version != LAMBDA_VERSION_LATEST_PUBLISHED;
}

/*
 * Whether AWS's name for a function can be an entry of a directory: not empty, not "." or "..", no
 * '/', no control bytes, at most 255 bytes, not ".aliasfs".
 */
bool lambda_is_entry_name(const char *name);

/* Whether it is an alias's name by AWS's own pattern: any other would look like a version or a local name. */
bool lambda_is_alias_name(const char *name);

/* One alias as AWS has it. */
struct lambda_alias {
	char name[LAMBDA_ALIAS_NAME_MAX + 1];
	char revision_id[LAMBDA_REVISION_ID_MAX + 1];
	uint64_t version;
	uint64_t
		weighted_version; /* the version that gets `weight` of the traffic; 0: no routing config */
	double weight;            /* 0.0 to 1.0, exactly AWS's double */
	char *description;        /* never NULL; owned */
};

void lambda_alias_release(struct lambda_alias *alias);
/* A deep copy. 0 or -ENOMEM. */
int lambda_alias_copy(const struct lambda_alias *from, struct lambda_alias *ret_alias) must_check;

/*
 * Whether an alias is as wanted: version, weights and, where it counts, description. Names and RevisionIds are not
 * compared. A description that is NULL is an empty one.
 */
bool lambda_alias_is(
	const struct lambda_alias *alias, const struct lambda_alias *wanted, bool with_description);

/* One version of a function: what the catalog needs of a FunctionConfiguration. */
struct lambda_version {
	char *function_name;
	uint64_t version;
	int64_t last_modified; /* seconds since the epoch */
	uint64_t code_size;    /* bytes of the zip */
	bool has_code_sha256;  /* false only if AWS sent none */
	unsigned char code_sha256[32];
	char *configuration; /* the bytes of configuration.json; NULL without a printer; owned */
	size_t configuration_length;
	char *environment; /* the bytes of environment.json; the same */
	size_t environment_length;
};

void lambda_version_release(struct lambda_version *version);

#define LAMBDA_PRINTER_KEY_SIZE 32

/*
 * What makes the documents of a version while its FunctionConfiguration is at hand. It is handed in: the API
 * knows of no files, and what is parsed once need not be kept or parsed again.
 */
struct lambda_printer {
	/*
	 * Fills configuration and environment of `version`, whose other members are set. LAMBDA_BAD_ANSWER
	 * names the member that cannot be printed, or LAMBDA_NO_MEMORY; `version` is released by the caller
	 * in any case. Must not block.
	 */
	enum lambda_status (*print)(const struct lambda_printer *printer,
		const struct json *configuration, struct lambda_version *version,
		struct lambda_error *reterr);
	bool is_redacting;                          /* the values of variables, by the key */
	unsigned char key[LAMBDA_PRINTER_KEY_SIZE]; /* the printer's own; wiped with every copy */
};

/* One page of a list. `next_marker` is NULL on the last page. */
struct lambda_version_page {
	struct lambda_version *items;
	size_t count;
	char *next_marker;
	/* Of ListFunctions alone: the names that cannot be a directory entry. They have no item. Owned. */
	char **unlistable;
	size_t unlistable_count;
};

void lambda_version_page_release(struct lambda_version_page *page);

struct lambda_alias_page {
	struct lambda_alias *items;
	size_t count;
	char *next_marker;
};

void lambda_alias_page_release(struct lambda_alias_page *page);

struct lambda_account {
	uint64_t code_storage_limit; /* bytes */
	uint64_t code_storage_used;  /* bytes */
	uint64_t function_count;
};

#endif
