/* SPDX-License-Identifier: MIT */
#include "backend/config/profile_ini.h"

#include <errno.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/text.h"

/* What is stripped, besides line ends: what Python's strip() does, as web pages paste such blanks. */
static const char *const blanks[] = {" ", "\t", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f",
	"\xc2\x85", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
	"\u2006", "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f",
	"\u3000"};

/* A piece of the file. */
struct span {
	const char *start;
	size_t length;
};

struct reader {
	struct profile_file *file;
	struct profile_problem *problem;
	unsigned int line;
	size_t indent;               /* of the line that the current value started on */
	struct ini_section *section; /* where options go; NULL before the first section */
	struct ini_value *value;     /* what an indented line continues; NULL: nothing */
	struct buffer text;          /* the current value's text so far */
};

static int refuse_line(struct reader *reader, const char *reason)
{
	reader->problem->line = reader->line;
	reader->problem->reason = reason;
	return -EINVAL;
}

/* Bytes of the blank that the text starts with, or ends with; 0: none. */
static size_t blank_length(struct span text, bool at_end)
{
	size_t i;

	for (i = 0; i < array_count(blanks); i++) {
		size_t length = strlen(blanks[i]);

		if (length <= text.length &&
			!memcmp(text.start + (at_end ? text.length - length : 0), blanks[i],
				length))
			return length;
	}
	return 0;
}

static struct span strip_blanks(struct span span)
{
	size_t length;

	while ((length = blank_length(span, false))) {
		span.start += length;
		span.length -= length;
	}
	while ((length = blank_length(span, true)))
		span.length -= length;
	return span;
}

/* Characters, not bytes, before the text. */
static size_t indent_of(struct span line, struct span text)
{
	const char *at;
	size_t count = 0;

	for (at = line.start; at < text.start; at++)
		count += ((unsigned char)*at & 0xc0) != 0x80;
	return count;
}

static char *copy_span(struct span span)
{
	return strndup(span.start, span.length);
}

/* Grows an array by one zeroed element, doubling at powers of two. NULL when out of memory. */
static void *grow_array(void **array, size_t count, size_t size)
{
	if (!(count & (count - 1))) {
		void *larger = reallocarray(*array, count ? count * 2 : 1, size);

		if (!larger)
			return NULL;
		*array = larger;
	}
	return memset((char *)*array + count * size, 0, size);
}

static void value_release(struct ini_value *value)
{
	size_t i;

	for (i = 0; i < value->nested_count; i++) {
		free(value->nested[i].key);
		free(value->nested[i].text);
	}
	free(value->nested);
	free(value->key);
	if (value->text)
		explicit_bzero(value->text, strlen(value->text)); /* it may be a secret key */
	free(value->text);
}

void profile_file_free(struct profile_file *file)
{
	size_t i, j;

	if (!file)
		return;
	for (i = 0; i < file->count; i++) {
		for (j = 0; j < file->sections[i].count; j++)
			value_release(&file->sections[i].values[j]);
		free(file->sections[i].values);
		free(file->sections[i].name);
	}
	free(file->sections);
	free(file);
}

static const struct ini_value *find_own(const struct ini_section *section, const char *key)
{
	size_t i;

	for (i = 0; i < section->count; i++)
		if (!strcmp(section->values[i].key, key))
			return &section->values[i];
	return NULL;
}

static struct ini_section *find_section(const struct profile_file *file, const char *name)
{
	size_t i;

	for (i = 0; i < file->count; i++)
		if (!strcmp(file->sections[i].name, name))
			return &file->sections[i];
	return NULL;
}

const struct ini_value *ini_find(
	const struct profile_file *file, const struct ini_section *section, const char *key)
{
	const struct ini_value *value = find_own(section, key);
	const struct ini_section *defaults = value ? NULL : find_section(file, INI_DEFAULTS);

	return defaults ? find_own(defaults, key) : value;
}

/* --- values --- */

/* One `k = v` line of a nested block. */
static int add_nested(struct reader *reader, struct ini_value *value, struct span line)
{
	const char *equals = memchr(line.start, '=', line.length);
	struct ini_nested *nested;
	struct span key, text;

	if (!equals)
		return refuse_line(
			reader, "has a nested block with a line that is not `key = value`");
	key.start = line.start;
	key.length = (size_t)(equals - line.start);
	text.start = equals + 1;
	text.length = line.length - key.length - 1;
	nested = grow_array((void **)&value->nested, value->nested_count, sizeof(*nested));
	if (!nested)
		return -ENOMEM;
	value->nested_count++;
	nested->key = copy_span(strip_blanks(key));
	nested->text = copy_span(strip_blanks(text));
	return nested->key && nested->text ? 0 : -ENOMEM;
}

/* A value that starts with a line end is a nested block. */
static int read_nested(struct reader *reader, struct ini_value *value)
{
	const char *at = value->text;
	int error = 0;

	while (!error && *at) {
		struct span line = {at, strcspn(at, "\n")};

		at += line.length + (at[line.length] == '\n');
		line = strip_blanks(line);
		if (line.length)
			error = add_nested(reader, value, line);
	}
	return error;
}

/* Ends the value that continuation lines were added to. */
static int finish_value(struct reader *reader)
{
	struct ini_value *value = reader->value;
	struct buffer *text = &reader->text;
	struct span kept;

	if (!value)
		return 0;
	reader->value = NULL;
	kept = (struct span){buffer_text(text), text->length};
	while (kept.length && (kept.start[kept.length - 1] == '\n' || blank_length(kept, true)))
		kept.length -= kept.start[kept.length - 1] == '\n' ? 1 : blank_length(kept, true);
	if (kept.length < text->length)
		text->data[text->length = kept.length] = '\0';
	value->text = buffer_detach(text, NULL);
	if (!value->text)
		return -ENOMEM;
	return value->text[0] == '\n' ? read_nested(reader, value) : 0;
}

static int start_value(struct reader *reader, struct span line)
{
	struct ini_section *section = reader->section;
	struct span key = {line.start, 0}, text;
	struct ini_value *value;
	char *at;

	while (key.length < line.length && line.start[key.length] != '=' &&
		line.start[key.length] != ':')
		key.length++;
	if (key.length == line.length)
		return refuse_line(reader, "is not `key = value`");
	text.start = line.start + key.length + 1;
	text.length = line.length - key.length - 1;
	key = strip_blanks(key);
	text = strip_blanks(text);
	if (!key.length)
		return refuse_line(reader, "has no key");
	value = grow_array((void **)&section->values, section->count, sizeof(*value));
	if (!value)
		return -ENOMEM;
	value->key = copy_span(key);
	if (!value->key)
		return -ENOMEM;
	for (at = value->key; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	if (find_own(section, value->key)) {
		free(value->key);
		return refuse_line(reader, "has a key that appears twice in its section");
	}
	section->count++;
	value->line = reader->line;
	reader->value = value;
	return buffer_append(&reader->text, text.start, text.length);
}

/* --- lines --- */

/* Length of the name in `[NAME]…`, reaching to the last bracket of the line; 0 when it is none. */
static size_t header_length(struct span line)
{
	size_t end = line.length;

	if (!line.length || line.start[0] != '[')
		return 0;
	while (end > 0 && line.start[end - 1] != ']')
		end--;
	return end > 2 ? end - 2 : 0;
}

static int start_section(struct reader *reader, struct span name)
{
	struct profile_file *file = reader->file;
	cleanup(free_pointer) char *text = copy_span(name);
	struct ini_section *section;

	if (!text)
		return -ENOMEM;
	section = find_section(file, text);
	if (section && strcmp(text, INI_DEFAULTS) != 0)
		return refuse_line(reader, "starts a section whose name appears twice");
	if (!section) {
		section = grow_array((void **)&file->sections, file->count, sizeof(*section));
		if (!section)
			return -ENOMEM;
		section->name = take_pointer(text);
		file->count++;
	}
	reader->section = section;
	return 0;
}

static int continue_value(struct reader *reader, struct span text)
{
	int error = buffer_append_byte(&reader->text, '\n');

	return error ? error : buffer_append(&reader->text, text.start, text.length);
}

static int read_line(struct reader *reader, struct span line)
{
	struct span text = strip_blanks(line);
	size_t indent = indent_of(line, text), header;
	int error;

	if (!text.length)
		return reader->value ? continue_value(reader, text) : 0;
	if (text.start[0] == '#' || text.start[0] == ';')
		return 0;
	if (reader->value && indent > reader->indent)
		return continue_value(reader, text);
	error = finish_value(reader);
	if (error)
		return error;
	reader->indent = indent;
	header = header_length(text);
	if (header) {
		struct span name = {text.start + 1, header};

		return start_section(reader, name);
	}
	if (!reader->section)
		return refuse_line(reader, "stands before any [section]");
	return start_value(reader, text);
}

/* Whether the bytes can be read at all; skips a byte order mark. */
static int check_bytes(struct reader *reader, struct span *rest)
{
	if (memchr(rest->start, '\0', rest->length))
		return refuse_line(reader, "holds a NUL byte");
	if (!text_is_utf8(rest->start, rest->length))
		return refuse_line(reader, "is not UTF-8");
	if (rest->length >= 3 && !memcmp(rest->start, "\xef\xbb\xbf", 3)) {
		rest->start += 3;
		rest->length -= 3;
	}
	return 0;
}

static int read_lines(struct reader *reader, struct span rest)
{
	int error = check_bytes(reader, &rest);

	while (!error && rest.length) {
		struct span line = {rest.start, 0};

		while (line.length < rest.length && line.start[line.length] != '\n' &&
			line.start[line.length] != '\r')
			line.length++;
		rest.start += line.length;
		rest.length -= line.length;
		if (rest.length > 1 && rest.start[0] == '\r' && rest.start[1] == '\n') {
			rest.start++;
			rest.length--;
		}
		if (rest.length) {
			rest.start++;
			rest.length--;
		}
		reader->line++;
		error = read_line(reader, line);
	}
	return error ? error : finish_value(reader);
}

int profile_file_parse(const char *text, size_t length, struct profile_file **ret_file,
	struct profile_problem *ret_problem)
{
	cleanup(profile_file_free_pointer) struct profile_file *file = calloc(1, sizeof(*file));
	struct reader reader = {.file = file,
		.problem = ret_problem,
		.indent = 0,
		.text = BUFFER_INIT(PROFILE_FILE_MAX)};
	struct span all = {text, length};
	int error;

	memset(ret_problem, 0, sizeof(*ret_problem));
	if (!file)
		return -ENOMEM;
	error = length > PROFILE_FILE_MAX ? refuse_line(&reader, "is too large")
					  : read_lines(&reader, all);
	buffer_release_secret(&reader.text);
	if (error)
		return error == -EFBIG ? -EINVAL : error;
	*ret_file = take_pointer(file);
	return 0;
}
