/* SPDX-License-Identifier: MIT */
#include "fs/options.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/stat.h>

#include "backend/base/number.h"
#include "backend/base/text.h"

enum row_kind {
	ROW_FLAG,      /* --x, -o x: a bool becomes true */
	ROW_TEXT,      /* --x V: a string */
	ROW_NUMBER,    /* --x V: a double within [minimum, maximum] */
	ROW_FUSE_FLAG, /* -o x: handed on to libfuse and the kernel */
	ROW_FUSE_TEXT, /* -o x=V: the same with a value */
	ROW_IGNORED,   /* -o x: a word of mount(8) and fstab that means nothing here */
	ROW_REFUSED,   /* -o x: known, and wrong here; help says why */
};

struct row {
	const char *name; /* with '_'; '-' is taken for it on the command line */
	char letter;      /* the short form, or 0 */
	enum row_kind kind;
	const char *argument; /* what the value is called in --help */
	size_t offset;
	double minimum, maximum;
	const char *help; /* NULL: not in --help */
};

#define FIELD(name) offsetof(struct options, name)

/* Every option there is. Defaults stand in OPTIONS_INIT. */
static const struct row rows[] = {
	{"foreground", 'f', ROW_FLAG, NULL, FIELD(foreground), 0, 0,
		"stay in the foreground, log to standard error"},
	{"debug", 'd', ROW_FLAG, NULL, FIELD(debug), 0, 0, "the same, and show every FUSE request"},
	{"single_threaded", 's', ROW_FLAG, NULL, FIELD(single_threaded), 0, 0,
		"one request at a time"},
	{"help", 'h', ROW_FLAG, NULL, FIELD(help), 0, 0, "print this and exit"},
	{"version", 'V', ROW_FLAG, NULL, FIELD(version), 0, 0, "print the version and exit"},
	{"region", 0, ROW_TEXT, "REGION", FIELD(region), 0, 0, "AWS region (or SOURCE aws:REGION)"},
	{"profile", 0, ROW_TEXT, "NAME", FIELD(profile), 0, 0,
		"profile of the AWS configuration files"},
	{"endpoint_url", 0, ROW_TEXT, "URL", FIELD(endpoint_url), 0, 0,
		"another server that speaks the Lambda API"},
	{"ttl", 0, ROW_NUMBER, "SECONDS", FIELD(ttl), 0, 86400,
		"how old what is shown may be (default 5)"},
	{"timeout", 0, ROW_NUMBER, "SECONDS", FIELD(timeout), 0.1, 3600,
		"how long a change may take (default 10)"},
	{"read_timeout", 0, ROW_NUMBER, "SECONDS", FIELD(read_timeout), 0.1, 3600,
		"how long reading may take (default 30)"},
	{"rate", 0, ROW_NUMBER, "CALLS", FIELD(rate), 0.1, 1000,
		"API calls a second (default 10; AWS allows 15)"},
	{"delete_grace", 0, ROW_NUMBER, "SECONDS", FIELD(delete_grace), 0, 60,
		"how long a removed alias waits for its successor (default 0.5)"},
	{"protect", 0, ROW_TEXT, "GLOB[:GLOB]", FIELD(protect), 0, 0,
		"aliases that cannot be removed"},
	{"strict_ln", 0, ROW_FLAG, NULL, FIELD(strict_ln), 0, 0,
		"refuse `ln -sf 2 PROD` without -n"},
	{"allow_version_delete", 0, ROW_FLAG, NULL, FIELD(allow_version_delete), 0, 0,
		"let rmdir delete a published version"},
	{"ro", 0, ROW_FLAG, NULL, FIELD(read_only), 0, 0, "read-only"},
	{"allow_other", 0, ROW_FLAG, NULL, FIELD(allow_other), 0, 0, "let other users read"},
	{"allow_root", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, "let root in"},
	{"auto_unmount", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, "unmount when aliasfs dies"},
	{"fsname", 0, ROW_FUSE_TEXT, "NAME", 0, 0, 0, "the name that mount(8) and df show"},
	{"subtype", 0, ROW_FUSE_TEXT, "NAME", 0, 0, 0, NULL},
	{"max_read", 0, ROW_FUSE_TEXT, "BYTES", 0, 0, 0, NULL},
	{"rw", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"suid", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"nosuid", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"dev", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"nodev", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"exec", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"noexec", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"atime", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"noatime", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"sync", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"async", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"dirsync", 0, ROW_FUSE_FLAG, NULL, 0, 0, 0, NULL},
	{"auto", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"noauto", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"user", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"nouser", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"users", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"nofail", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"defaults", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"_netdev", 0, ROW_IGNORED, NULL, 0, 0, 0, NULL},
	{"default_permissions", 0, ROW_REFUSED, NULL, 0, 0, 0,
		"aliasfs decides itself who may do what, on every request"},
};

void options_release(struct options *options)
{
	free(options->source_text);
	free(options->local_directory);
	free(options->mountpoint);
	free(options->profile);
	free(options->region);
	free(options->endpoint_url);
	free(options->protect);
	buffer_release(&options->fuse_options);
}

/* Whether `text` (length bytes, '-' standing for '_') is the row's name. */
static bool names_row(const struct row *row, const char *text, size_t length)
{
	size_t i;

	if (strlen(row->name) != length)
		return false;
	for (i = 0; i < length; i++)
		if (row->name[i] != (text[i] == '-' ? '_' : text[i]))
			return false;
	return true;
}

static const struct row *find_row(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < array_count(rows); i++)
		if (names_row(&rows[i], text, length))
			return &rows[i];
	return NULL;
}

/* How many single-byte changes turn one text into the other (Levenshtein), for short texts. */
static unsigned int distance(const char *left, size_t left_length, const char *right)
{
	unsigned int previous[64], current[64];
	size_t right_length = strlen(right), i, j;

	if (left_length > 60 || right_length > 60)
		return UINT_MAX;
	for (j = 0; j <= right_length; j++)
		previous[j] = (unsigned int)j;
	for (i = 1; i <= left_length; i++) {
		current[0] = (unsigned int)i;
		for (j = 1; j <= right_length; j++) {
			char byte = left[i - 1] == '-' ? '_' : left[i - 1];
			unsigned int best = previous[j - 1] + (byte != right[j - 1]);

			if (previous[j] + 1 < best)
				best = previous[j] + 1;
			if (current[j - 1] + 1 < best)
				best = current[j - 1] + 1;
			current[j] = best;
		}
		memcpy(previous, current, (right_length + 1) * sizeof(previous[0]));
	}
	return previous[right_length];
}

static int unknown_option(const char *text, size_t length, struct buffer *message)
{
	unsigned int best = 3; /* more changes than that is another word */
	const struct row *nearest = NULL;
	size_t i;
	int failed;

	for (i = 0; i < array_count(rows); i++) {
		unsigned int changes = distance(text, length, rows[i].name);

		if (changes < best) {
			best = changes;
			nearest = &rows[i];
		}
	}
	failed = buffer_appendf(message, "unknown option '%.*s'", (int)length, text);
	if (!failed && nearest)
		failed = buffer_appendf(message, "; did you mean '%s'?", nearest->name);
	return failed ? -ENOMEM : -EINVAL;
}

static int set_text(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

static int set_number(
	const struct row *row, double *field, const char *value, struct buffer *message)
{
	if (!number_parse_double(value, row->minimum, row->maximum, field))
		return 0;
	if (buffer_appendf(message, "option '%s' takes a number from %g to %g, not '%s'", row->name,
		    row->minimum, row->maximum, value))
		return -ENOMEM;
	return -EINVAL;
}

/* Hands `name[=value]` on; libfuse takes its commas escaped. */
static int pass_on(struct options *options, const char *name, const char *value)
{
	struct buffer *out = &options->fuse_options;
	int error = out->length ? buffer_append_byte(out, ',') : 0;

	if (!error)
		error = buffer_append_string(out, name);
	if (!error && value)
		error = buffer_append_byte(out, '=');
	for (; !error && value && *value; value++) {
		if (*value == ',' || *value == '\\')
			error = buffer_append_byte(out, '\\');
		if (!error)
			error = buffer_append_byte(out, *value);
	}
	return error;
}

static bool takes_value(const struct row *row)
{
	return row->kind == ROW_TEXT || row->kind == ROW_NUMBER || row->kind == ROW_FUSE_TEXT;
}

/* One option with its value (NULL: none was given). */
static int apply(
	struct options *options, const struct row *row, const char *value, struct buffer *message)
{
	void *field = (char *)options + row->offset;
	const char *complaint = NULL;

	if (takes_value(row) && (!value || !*value))
		complaint = "needs a value";
	else if (row->kind == ROW_FUSE_FLAG && value)
		complaint = "takes no value";
	else if (row->kind == ROW_REFUSED)
		complaint = "cannot be used";
	if (complaint) {
		if (buffer_appendf(message, "option '%s' %s%s%s", row->name, complaint,
			    row->kind == ROW_REFUSED ? ": " : "",
			    row->kind == ROW_REFUSED ? row->help : ""))
			return -ENOMEM;
		return -EINVAL;
	}
	switch (row->kind) {
	case ROW_FLAG:
		*(bool *)field = true;
		if (value && number_parse_boolean(value, field)) {
			if (buffer_appendf(message, "option '%s' takes true or false, not '%s'",
				    row->name, value))
				return -ENOMEM;
			return -EINVAL;
		}
		return 0;
	case ROW_TEXT:
		return set_text(field, value);
	case ROW_NUMBER:
		return set_number(row, field, value, message);
	case ROW_FUSE_FLAG:
	case ROW_FUSE_TEXT:
		return pass_on(options, row->name, value);
	default:
		return 0;
	}
}

/* One `name` or `name=value`, from -o or behind `--`. `text` is changed. */
static int apply_word(struct options *options, char *text, struct buffer *message)
{
	char *value = strchr(text, '=');
	const struct row *row;

	if (text_starts_with(text, "x-") || text_starts_with(text, "comment="))
		return 0;
	row = find_row(text, value ? (size_t)(value - text) : strlen(text));
	if (!row)
		return unknown_option(text, value ? (size_t)(value - text) : strlen(text), message);
	return apply(options, row, value ? value + 1 : NULL, message);
}

/* The words of -o, at commas; `\,` is a comma in a word and `\\` a backslash. */
static int apply_list(struct options *options, const char *list, struct buffer *message)
{
	int error = 0;

	while (!error && *list) {
		cleanup(buffer_release) struct buffer word = BUFFER_INIT(64 * 1024);

		for (; !error && *list && *list != ','; list++) {
			if (*list == '\\' && (list[1] == ',' || list[1] == '\\'))
				list++;
			error = buffer_append_byte(&word, *list);
		}
		if (*list == ',')
			list++;
		if (!error && word.length)
			error = apply_word(options, word.data, message);
	}
	return error;
}

/* Where the arguments are being read. */
struct arguments {
	char *const *values;
	int count, at;
};

/* The next argument, as the value of an option that needs one; NULL at the end. */
static const char *next_argument(struct arguments *arguments)
{
	return arguments->at < arguments->count ? arguments->values[arguments->at++] : NULL;
}

/* --name, --name=value, --name value. */
static int apply_long(struct options *options, const char *text, struct arguments *arguments,
	struct buffer *message)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const struct row *row = find_row(text, length);
	const char *value = equals ? equals + 1 : NULL;

	if (!row || row->kind == ROW_IGNORED)
		return unknown_option(text, length, message);
	if (!value && takes_value(row))
		value = next_argument(arguments);
	return apply(options, row, value, message);
}

/* -fds and -o; mount(8)'s -n, -v and systemd's are accepted and mean nothing. */
static int apply_short(struct options *options, const char *text, struct arguments *arguments,
	struct buffer *message)
{
	size_t i;

	for (; *text; text++) {
		if (*text == 'o') {
			const char *list = text[1] ? text + 1 : next_argument(arguments);

			if (list)
				return apply_list(options, list, message);
			return buffer_append_string(message, "option '-o' needs a value") ? -ENOMEM
											  : -EINVAL;
		}
		if (*text == 'n' || *text == 'v')
			continue;
		for (i = 0; i < array_count(rows) && rows[i].letter != *text; i++)
			;
		if (i == array_count(rows))
			return buffer_appendf(message, "unknown option '-%c'", *text) ? -ENOMEM
										      : -EINVAL;
		*(bool *)((char *)options + rows[i].offset) = true;
	}
	return 0;
}

static int positional(struct options *options, const char *text, struct buffer *message)
{
	if (!options->source_text)
		return set_text(&options->source_text, text);
	if (!options->mountpoint)
		return set_text(&options->mountpoint, text);
	if (buffer_appendf(message, "one argument too many: '%s'", text))
		return -ENOMEM;
	return -EINVAL;
}

/* aws, aws:REGION, local:DIR. */
static int read_source(struct options *options, struct buffer *message)
{
	const char *text = options->source_text;

	if (!strcmp(text, "aws")) {
		options->source = SOURCE_AWS;
		return 0;
	}
	if (text_starts_with(text, "aws:") && text[4]) {
		options->source = SOURCE_AWS;
		return options->region ? 0 : set_text(&options->region, text + 4);
	}
	if (text_starts_with(text, "local:") && text[6]) {
		options->source = SOURCE_LOCAL;
		return set_text(&options->local_directory, text + 6);
	}
	if (buffer_appendf(message, "SOURCE is 'aws', 'aws:REGION' or 'local:DIR', not '%s'", text))
		return -ENOMEM;
	return -EINVAL;
}

int options_parse(int count, char *const *values, struct options *options, struct buffer *message)
{
	struct arguments arguments = {.values = values, .count = count};
	bool only_positional = false;
	const char *text;
	int error = 0;

	while (!error && (text = next_argument(&arguments))) {
		if (only_positional || text[0] != '-' || !text[1])
			error = positional(options, text, message);
		else if (!strcmp(text, "--"))
			only_positional = true;
		else if (text[1] == '-')
			error = apply_long(options, text + 2, &arguments, message);
		else
			error = apply_short(options, text + 1, &arguments, message);
	}
	if (error || options->help || options->version)
		return error;
	if (!options->source_text || !options->mountpoint) {
		if (buffer_append_string(message, "SOURCE and MOUNTPOINT are needed"))
			return -ENOMEM;
		return -EINVAL;
	}
	options->foreground |= options->debug;
	return read_source(options, message);
}

static int make_absolute(char **path, struct buffer *message)
{
	char *absolute = realpath(*path, NULL);
	int error = errno;

	if (!absolute) {
		if (buffer_appendf(message, "'%s': %s", *path, strerrordesc_np(error)))
			return -ENOMEM;
		return -error;
	}
	free(*path);
	*path = absolute;
	return 0;
}

int options_resolve(struct options *options, struct buffer *message)
{
	int error = make_absolute(&options->mountpoint, message);

	if (!error && options->local_directory) {
		/* Made where it is missing: a first look needs no preparation. */
		if (mkdir(options->local_directory, 0700) && errno != EEXIST) {
			error = errno;
			if (buffer_appendf(message, "cannot make '%s': %s",
				    options->local_directory, strerrordesc_np(error)))
				return -ENOMEM;
			return -error;
		}
		error = make_absolute(&options->local_directory, message);
	}
	return error;
}

int options_print_help(struct buffer *out)
{
	int error = buffer_append_string(out,
		"usage: aliasfs SOURCE MOUNTPOINT [options]\n"
		"\n"
		"Mounts an AWS Lambda account: a function is a directory, a version a read-only\n"
		"subdirectory, an alias a symlink. `ln -sf 2 PROD` promotes, `ln -sf 1 PROD` rolls "
		"back.\n"
		"\n"
		"SOURCE is aws, aws:REGION, or local:DIR (a control plane of its own, kept in "
		"DIR).\n"
		"Unmount with `fusermount3 -u MOUNTPOINT`.\n"
		"\n"
		"options (each also as `-o name=VALUE`):\n");
	size_t i;

	for (i = 0; !error && i < array_count(rows); i++) {
		char left[64], dashed[32];
		char *byte;

		if (!rows[i].help || rows[i].kind == ROW_REFUSED)
			continue;
		snprintf(dashed, sizeof(dashed), "%s", rows[i].name);
		for (byte = dashed; *byte; byte++)
			if (*byte == '_')
				*byte = '-';
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s", rows[i].letter ? '-' : ' ',
			rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? "," : " ", dashed,
			rows[i].argument ? "=" : "", rows[i].argument ? rows[i].argument : "");
		error = buffer_appendf(out, "  %-34s %s\n", left, rows[i].help);
	}
	return error;
}
