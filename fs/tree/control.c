/* SPDX-License-Identifier: MIT */
#include "fs/tree/control.h"

#include <errno.h>

#include "backend/catalog/catalog.h"
#include "backend/document_store/document_store.h"
#include "fs/request/audit.h"
#include "fs/request/errors.h"
#include "fs/settings/options.h"
#include "fs/tree/stats_text.h"

struct control_file {
	const char *name;
	mode_t mode;
	int (*read)(struct request *request, struct buffer *out);
	int (*write)(struct request *request);
};

static int read_errors(struct request *request, struct buffer *out)
{
	return error_log_read(request->fs->errors, out);
}

static int read_version(struct request *request, struct buffer *out)
{
	(void)request;
	return buffer_appendf(out, "aliasfs %s\n", ALIASFS_VERSION);
}

static int read_stats(struct request *request, struct buffer *out)
{
	return stats_text_print(request->fs, out);
}

static int read_audit(struct request *request, struct buffer *out)
{
	return audit_read(request->fs->audit, out);
}

static int read_identity(struct request *request, struct buffer *out)
{
	struct aliasfs *fs = request->fs;
	bool redacted = fs->options->environment == ENVIRONMENT_REDACT;
	int error = buffer_appendf(out, "source: %s\nmountpoint: %s\nuid: %u\nenvironment: %s\n",
		fs->options->source_text, fs->options->mountpoint, (unsigned int)fs->uid,
		redacted ? "redact" : "plain");

	return error ? error : lambda_client_describe(fs->client, out);
}

static int read_nothing(struct request *request, struct buffer *out)
{
	(void)request;
	(void)out;
	return 0;
}

static int write_refresh(struct request *request)
{
	catalog_refresh(request->fs->catalog);
	document_store_refresh(request->fs->document_store);
	return 0;
}

static const struct control_file files[] = {
	{"audit", 0400, read_audit, NULL},
	{"errors", 0400, read_errors, NULL},
	{"identity", 0400, read_identity, NULL},
	{"refresh", 0600, read_nothing, write_refresh},
	{"stats", 0444, read_stats, NULL},
	{"version", 0444, read_version, NULL},
};

static const struct control_file *find_file(const char *name)
{
	size_t i;

	for (i = 0; i < array_count(files); i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

const char *control_file_name(size_t index)
{
	return index < array_count(files) ? files[index].name : NULL;
}

bool control_file_exists(const char *name)
{
	return find_file(name) != NULL;
}

mode_t control_file_mode(const char *name)
{
	const struct control_file *file = find_file(name);

	return file ? file->mode : 0;
}

int control_read(struct request *request, const char *name, struct buffer *out)
{
	const struct control_file *file = find_file(name);

	return file ? file->read(request, out) : -ENOENT;
}

int control_write(struct request *request, const char *name)
{
	const struct control_file *file = find_file(name);

	if (!file)
		return -ENOENT;
	if (!file->write)
		return request_refuse(request, EACCES, "only refresh can be written to");
	return file->write(request);
}
