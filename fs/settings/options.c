/* SPDX-License-Identifier: MIT */
#include "fs/settings/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "fs/settings/document_bits.h"
#include "fs/settings/options_table.h"

void options_release(struct options *options)
{
	size_t i;

	for (i = 0; i < option_row_count; i++)
		if (option_rows[i].kind == OPTION_TEXT || option_rows[i].kind == OPTION_PATH ||
			option_rows[i].kind == OPTION_GLOBS || option_rows[i].kind == OPTION_PAIR)
			free(*(char **)((char *)options + option_rows[i].offset));
	free(options->words);
	free(options->source_text);
	free(options->local_directory);
	free(options->mountpoint);
	buffer_release(&options->fuse_options);
}

/* A complaint for the user: always -EINVAL, or -ENOMEM. */
static int write_complaint(struct buffer *message, const char *format, ...) printf_like(2, 3);

static int write_complaint(struct buffer *message, const char *format, ...)
{
	char text[1024]; /* a longer one is cut */
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return buffer_append_string(message, text) ? -ENOMEM : -EINVAL;
}

static int unknown_option(const char *text, size_t length, struct buffer *message)
{
	const struct option_row *nearest = option_nearest(text, length);

	return write_complaint(message, "unknown option '%.*s'%s%s%s", (int)length, text,
		nearest ? "; did you mean '" : "", nearest ? nearest->name : "",
		nearest ? "'?" : "");
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

static int set_pair(
	const struct option_row *row, char **field, const char *value, struct buffer *message)
{
	const char *colon = strchr(value, ':');

	if (colon && colon > value && colon[1] && !strchr(colon + 1, ':'))
		return set_text(field, value);
	return write_complaint(
		message, "option '%s' takes %s, not '%s'", row->name, row->argument, value);
}

static int set_globs(
	const struct option_row *row, char **field, const char *value, struct buffer *message)
{
	if (text_longest_glob(value) <= TEXT_GLOB_MAX)
		return set_text(field, value);
	return write_complaint(message,
		"option '%s' takes globs of at most %d bytes: one is longer", row->name,
		TEXT_GLOB_MAX);
}

static int set_number(
	const struct option_row *row, double *field, const char *value, struct buffer *message)
{
	if (!number_parse_double(value, row->minimum, row->maximum, field))
		return 0;
	return write_complaint(message, "option '%s' takes a number from %.10g to %.10g, not '%s'",
		row->name, row->minimum, row->maximum, value);
}

static int set_id(
	const struct option_row *row, int64_t *field, const char *value, struct buffer *message)
{
	uint64_t number;

	if (number_parse_u64(value, (uint64_t)row->maximum, &number))
		return write_complaint(
			message, "option '%s' takes a number, not '%s'", row->name, value);
	*field = (int64_t)number;
	return 0;
}

static int set_mask(
	const struct option_row *row, int *field, const char *value, struct buffer *message)
{
	size_t length = strlen(value), i;
	int bits = 0;

	for (i = 0; i < length && value[i] >= '0' && value[i] <= '7' && bits <= 0777; i++)
		bits = bits * 8 + (value[i] - '0');
	if (i < length || bits > 0777)
		return write_complaint(message,
			"option '%s' takes octal digits up to 0777, not '%s'", row->name, value);
	*field = bits;
	return 0;
}

static int set_choice(
	const struct option_row *row, int *field, const char *value, struct buffer *message)
{
	const char *choice = row->argument;
	size_t length = strlen(value);
	int place;

	for (place = 0; *choice; place++) {
		size_t here = strcspn(choice, "|");

		if (here == length && !memcmp(choice, value, length)) {
			*field = place;
			return 0;
		}
		choice += here + (choice[here] == '|');
	}
	return write_complaint(
		message, "option '%s' takes %s, not '%s'", row->name, row->argument, value);
}

static int set_kinds(const struct option_row *row, unsigned int *field, const char *value,
	struct buffer *message)
{
	cleanup(buffer_release) struct buffer names = BUFFER_INIT(1024);
	bool updates = row->kind == OPTION_UPDATES;
	int error = document_bits_parse(updates, value, field);

	if (error != -EINVAL)
		return error;
	error = document_bits_list(updates, &names);
	return error ? error
		     : write_complaint(message, "option '%s' takes some of %s, not '%s'", row->name,
			       buffer_text(&names), value);
}

static int set_flag(
	const struct option_row *row, bool *field, const char *value, struct buffer *message)
{
	bool wanted = true;

	if (value && number_parse_boolean(value, &wanted))
		return write_complaint(
			message, "option '%s' takes true or false, not '%s'", row->name, value);
	*field = wanted == (row->kind == OPTION_FLAG);
	return 0;
}

int options_pass_on(struct options *options, const char *name, const char *value)
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

/* One option with its value (NULL: none was given). */
static int apply_option(struct options *options, const struct option_row *row, const char *value,
	struct buffer *message)
{
	void *field = (char *)options + row->offset;

	if (option_takes_value(row) && (!value || !*value))
		return write_complaint(message, "option '%s' needs a value", row->name);
	switch (row->kind) {
	case OPTION_FLAG:
	case OPTION_OFF:
		return set_flag(row, field, value, message);
	case OPTION_TEXT:
	case OPTION_PATH:
		return set_text(field, value);
	case OPTION_GLOBS:
		return set_globs(row, field, value, message);
	case OPTION_PAIR:
		return set_pair(row, field, value, message);
	case OPTION_NUMBER:
		return set_number(row, field, value, message);
	case OPTION_ID:
		return set_id(row, field, value, message);
	case OPTION_MASK:
		return set_mask(row, field, value, message);
	case OPTION_CHOICE:
		return set_choice(row, field, value, message);
	case OPTION_DOCUMENTS:
	case OPTION_UPDATES:
		return set_kinds(row, field, value, message);
	case OPTION_FUSE_FLAG:
		if (value)
			return write_complaint(message, "option '%s' takes no value", row->name);
		return options_pass_on(options, row->name, NULL);
	case OPTION_FUSE_TEXT:
		return options_pass_on(options, row->name, value);
	case OPTION_REFUSED:
		return write_complaint(
			message, "option '%s' cannot be used: %s", row->name, row->help);
	case OPTION_IGNORED:
		break;
	}
	return 0;
}

/* One `name` or `name=value`, from -o or behind `--`. `text` is changed. */
static int apply_word(struct options *options, char *text, struct buffer *message)
{
	char *value = strchr(text, '=');
	const struct option_row *row;

	if (text_starts_with(text, "x-") || text_starts_with(text, "comment="))
		return 0;
	row = option_find(text, value ? (size_t)(value - text) : strlen(text));
	if (!row)
		return unknown_option(text, value ? (size_t)(value - text) : strlen(text), message);
	return apply_option(options, row, value ? value + 1 : NULL, message);
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

/* --name V V: the second one is an argument of its own. */
static int apply_pair(struct options *options, const struct option_row *row, const char *one,
	const char *other, struct buffer *message)
{
	cleanup(free_pointer) char *pair = NULL;

	if (asprintf(&pair, "%s:%s", one, other ? other : "") < 0)
		return -ENOMEM;
	return apply_option(options, row, pair, message);
}

/* --name, --name=value, --name value. */
static int apply_long(struct options *options, const char *text, struct arguments *arguments,
	struct buffer *message)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const struct option_row *row = option_find(text, length);
	const char *value = equals ? equals + 1 : NULL;

	if (!row || row->kind == OPTION_IGNORED)
		return unknown_option(text, length, message);
	if (!value && option_takes_value(row))
		value = next_argument(arguments);
	if (row->kind == OPTION_PAIR && value && !strchr(value, ':'))
		return apply_pair(options, row, value, next_argument(arguments), message);
	return apply_option(options, row, value, message);
}

/* -fds and -o; mount(8)'s and systemd's -n and -v are accepted and mean nothing. */
static int apply_short(struct options *options, const char *text, struct arguments *arguments,
	struct buffer *message)
{
	int error = 0;

	for (; !error && *text; text++) {
		const struct option_row *row;

		if (*text == 'o') {
			const char *list = text[1] ? text + 1 : next_argument(arguments);

			if (list)
				return apply_list(options, list, message);
			return write_complaint(message, "option '-o' needs a value");
		}
		if (*text == 'n' || *text == 'v')
			continue;
		row = option_find_letter(*text);
		error = row ? apply_option(options, row, NULL, message)
			    : write_complaint(message, "unknown option '-%c'", *text);
	}
	return error;
}

/* Commands: the word in front, and how many more than one follow it. */
static const struct command_row {
	const char *name;
	enum options_command command;
	size_t words_max;
	const char *needs;
} command_rows[] = {
	{"ls", COMMAND_LS, SIZE_MAX, "a MOUNTPOINT or a SOURCE"},
	{"diff", COMMAND_DIFF, 1, "two versions, as in mnt/hello/6 mnt/hello/7"},
	{"log", COMMAND_LOG, SIZE_MAX,
		"an alias or a function, as in mnt/hello/PROD, or SOURCE FUNCTION"},
	{"rollback", COMMAND_ROLLBACK, SIZE_MAX, "an alias, as in mnt/hello/PROD"},
	{"invoke", COMMAND_INVOKE, 0, "an alias or a version, as in mnt/hello/PROD"},
};

static const struct command_row *find_command(enum options_command command)
{
	size_t i;

	for (i = 0; i < array_count(command_rows); i++)
		if (command_rows[i].command == command)
			return &command_rows[i];
	return NULL;
}

/* A command in front; the source; the mountpoint, or what else the command takes. */
static int take_positional(struct options *options, const char *text, struct buffer *message)
{
	const struct command_row *command = find_command(options->command);
	size_t i;

	if (!options->source_text && !command)
		for (i = 0; i < array_count(command_rows); i++)
			if (!strcmp(text, command_rows[i].name)) {
				options->command = command_rows[i].command;
				return 0;
			}
	if (!options->source_text)
		return set_text(&options->source_text, text);
	if (command && options->word_count < command->words_max) {
		options->words[options->word_count++] = text;
		return 0;
	}
	if (!command && !options->mountpoint)
		return set_text(&options->mountpoint, text);
	return write_complaint(message, "one argument too many: '%s'", text);
}

bool options_is_source(const char *text)
{
	return !strcmp(text, "aws") || (text_starts_with(text, "aws:") && text[4]) ||
	       (text_starts_with(text, "local:") && text[6]);
}

/* aws, aws:REGION, local:DIR. */
static int read_source(struct options *options, struct buffer *message)
{
	const char *text = options->source_text;

	if (!options_is_source(text))
		return write_complaint(
			message, "SOURCE is 'aws', 'aws:REGION' or 'local:DIR', not '%s'", text);
	options->source = *text == 'l' ? SOURCE_LOCAL : SOURCE_AWS;
	if (options->source == SOURCE_LOCAL)
		return set_text(&options->local_directory, strchr(text, ':') + 1);
	return text[3] && !options->region ? set_text(&options->region, text + 4) : 0;
}

/* What a command needs, and options that go with some commands only. */
static int check_command(const struct options *options, struct buffer *message)
{
	const struct {
		bool is_set;
		const char *name, *commands;
		enum options_command one, other;
	} rows[] = {
		{options->json, "json", "ls or log", COMMAND_LS, COMMAND_LOG},
		{options->aliases, "aliases", "ls", COMMAND_LS, COMMAND_LS},
		{options->differ != NULL, "differ", "ls", COMMAND_LS, COMMAND_LS},
		{options->values, "values", "diff", COMMAND_DIFF, COMMAND_DIFF},
		{options->since != NULL, "since", "log", COMMAND_LOG, COMMAND_LOG},
		{options->to != NULL, "to", "rollback", COMMAND_ROLLBACK, COMMAND_ROLLBACK},
		{options->yes, "yes", "rollback", COMMAND_ROLLBACK, COMMAND_ROLLBACK},
		{options->payload != NULL, "payload", "invoke", COMMAND_INVOKE, COMMAND_INVOKE},
		{options->tail, "tail", "invoke", COMMAND_INVOKE, COMMAND_INVOKE},
	};
	const struct command_row *command = find_command(options->command);
	bool is_source = options->source_text && options_is_source(options->source_text);
	size_t i;

	if (command && (!options->source_text ||
			       (command->command == COMMAND_DIFF && !options->word_count)))
		return write_complaint(message, "%s needs %s", command->name, command->needs);
	if (options->command == COMMAND_LOG && is_source && !options->word_count)
		return write_complaint(
			message, "log of a SOURCE needs a function, as in log aws hello");
	if (options->command == COMMAND_ROLLBACK && is_source)
		return write_complaint(message,
			"rollback needs an alias in a mount, as in mnt/hello/PROD, not a SOURCE");
	for (i = 0; i < array_count(rows); i++)
		if (rows[i].is_set && options->command != rows[i].one &&
			options->command != rows[i].other)
			return write_complaint(message, "option '%s' goes with %s", rows[i].name,
				rows[i].commands);
	if (options->json + options->aliases + (options->differ != NULL) > 1)
		return write_complaint(message, "one of 'json', 'aliases' and 'differ' at a time");
	return 0;
}

/* Whether `source_text` is a SOURCE and nothing else can stand there. */
static bool takes_source(const struct options *options)
{
	switch (options->command) {
	case COMMAND_MOUNT:
		return true;
	case COMMAND_LS:
	case COMMAND_LOG:
		return options_is_source(options->source_text);
	default:
		return false;
	}
}

int options_parse(int count, char *const *values, struct options *options, struct buffer *message)
{
	struct arguments arguments = {.values = values, .count = count};
	bool only_positional = false;
	const char *text;
	int error = 0;

	options->words = calloc((size_t)count + 1, sizeof(*options->words));
	if (!options->words)
		return -ENOMEM;
	while (!error && (text = next_argument(&arguments))) {
		if (only_positional || text[0] != '-' || !text[1])
			error = take_positional(options, text, message);
		else if (!strcmp(text, "--"))
			only_positional = true;
		else if (text[1] == '-')
			error = apply_long(options, text + 2, &arguments, message);
		else
			error = apply_short(options, text + 1, &arguments, message);
	}
	if (error || options->help || options->version)
		return error;
	error = check_command(options, message);
	if (error)
		return error;
	if (options->command == COMMAND_MOUNT &&
		(!options->source_text || (!options->mountpoint && !options->check)))
		return write_complaint(message,
			options->check ? "SOURCE is needed" : "SOURCE and MOUNTPOINT are needed");
	if (options->check_write && !options->check)
		return write_complaint(message, "option 'write' goes with --check");
	options->foreground |= options->debug;
	if (options->debug)
		options->log_level = LOG_LEVEL_DEBUG;
	return takes_source(options) ? read_source(options, message) : 0;
}

/* Puts the working directory in front of a relative path; what it names need not be there. */
static int make_absolute(char **path, struct buffer *message)
{
	cleanup(free_pointer) char *here = NULL;
	char *absolute;

	if (!*path || **path == '/')
		return 0;
	here = getcwd(NULL, 0);
	if (!here)
		return write_complaint(message, "no working directory for '%s': %s", *path,
			strerrordesc_np(errno));
	if (asprintf(&absolute, "%s/%s", strcmp(here, "/") ? here : "", *path) < 0)
		return -ENOMEM;
	free(*path);
	*path = absolute;
	return 0;
}

int options_resolve(struct options *options, struct buffer *message)
{
	int error = 0;
	size_t i;

	for (i = 0; i < option_row_count && !error; i++)
		if (option_rows[i].kind == OPTION_PATH)
			error = make_absolute(
				(char **)((char *)options + option_rows[i].offset), message);
	if (error || !options->local_directory)
		return error;
	error = make_absolute(&options->local_directory, message);
	/* Made where it is missing: a first look needs no preparation. */
	if (!error && mkdir(options->local_directory, 0700) && errno != EEXIST)
		error = write_complaint(message, "cannot make '%s': %s", options->local_directory,
			strerrordesc_np(errno));
	return error;
}

/* "-f, --foreground", "    --ttl=SECONDS". */
static int append_option(struct buffer *out, const struct option_row *row)
{
	bool optional = row->kind == OPTION_DOCUMENTS || row->kind == OPTION_UPDATES;
	char left[96], dashed[32], *byte;

	snprintf(dashed, sizeof(dashed), "%s", row->name);
	for (byte = dashed; *byte; byte++)
		if (*byte == '_')
			*byte = '-';
	snprintf(left, sizeof(left), optional ? "%c%c%s --%s[%s%s]" : "%c%c%s --%s%s%s",
		row->letter ? '-' : ' ', row->letter ? row->letter : ' ', row->letter ? "," : " ",
		dashed, row->argument ? "=" : "", row->argument ? row->argument : "");
	/* What is too long for its column stands on a line of its own. */
	return buffer_appendf(out, "  %-30s%s%s", left, strlen(left) > 29 ? "\n" : "",
		strlen(left) > 29 ? "                                " : "");
}

static int append_default(struct buffer *out, const struct option_row *row)
{
	static const struct options defaults = OPTIONS_INIT;
	const void *field = (const char *)&defaults + row->offset;

	if (row->kind != OPTION_NUMBER)
		return 0;
	return buffer_appendf(out, " (default %g)", *(const double *)field);
}

int options_print_help(struct buffer *out)
{
	int error = buffer_append_string(out,
		"usage: aliasfs SOURCE MOUNTPOINT [options]\n"
		"       aliasfs --check SOURCE [--write] [options]\n"
		"       aliasfs ls MOUNTPOINT|SOURCE|PATH [FUNCTION...] [--aliases|--differ ALIAS "
		"ALIAS|--json]\n"
		"       aliasfs diff VERSION VERSION [--values]\n"
		"       aliasfs log PATH...|SOURCE FUNCTION [ALIAS...] [--since TIME] [--json]\n"
		"       aliasfs rollback PATH... [--to VERSION] [--yes]\n"
		"       aliasfs invoke MOUNTPOINT/FUNCTION/ALIAS|VERSION [--payload FILE] "
		"[--tail]\n"
		"\n"
		"Mounts an AWS Lambda account: a function is a directory, a version a read-only\n"
		"subdirectory, an alias a symlink. `ln -sf 2 PROD` promotes, `ln -sf 1 PROD` "
		"rolls\n"
		"back.\n"
		"\n"
		"SOURCE is aws, aws:REGION, or local:DIR (a control plane of its own, kept in "
		"DIR).\n"
		"Unmount with `fusermount3 -u MOUNTPOINT`.\n"
		"\n"
		"options (each also as `-o name=VALUE`):\n");
	size_t i;

	for (i = 0; !error && i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (!row->help || row->kind == OPTION_REFUSED)
			continue;
		error = append_option(out, row);
		if (!error)
			error = buffer_append_string(out, row->help);
		if (!error)
			error = append_default(out, row);
		if (!error)
			error = buffer_append_byte(out, '\n');
	}
	if (!error)
		error = buffer_append_string(out, "\n"
						  "exit status: 0 mounted, 1 failed, 2 usage, 3 "
						  "credentials, 4 network, 5 permission,\n"
						  "6 mountpoint, 7 timeout\n");
	return error;
}
