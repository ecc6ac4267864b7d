/* SPDX-License-Identifier: MIT */
#include "fs/settings/document_bits.h"

#include <errno.h>
#include <string.h>

static bool has_bit(bool updates, const struct document_kind *kind)
{
	return kind && kind->id != DOCUMENT_DESCRIPTION &&
	       (updates || (kind->places & (DOCUMENT_OF_FUNCTION | DOCUMENT_OF_ALIAS)));
}

/* The bit of a name; 0: there is none. */
static unsigned int find_bit(bool updates, const char *name)
{
	const struct document_kind *kind = document_find_kind(name);

	if (updates && !strcmp(name, "code"))
		return DOCUMENT_CODE_BIT;
	return has_bit(updates, kind) ? 1U << kind->id : 0;
}

static unsigned int all_bits(bool updates)
{
	unsigned int bits = updates ? DOCUMENT_CODE_BIT : 0;
	int id;

	for (id = 0; id < DOCUMENT_COUNT; id++)
		if (has_bit(updates, document_kind((enum document_id)id)))
			bits |= 1U << id;
	return bits;
}

int document_bits_parse(bool updates, const char *list, unsigned int *ret_bits)
{
	cleanup(free_pointer) char *names = list ? strdup(list) : NULL;
	char *rest = names, *name;
	unsigned int bits = 0, bit;

	if (list && !names)
		return -ENOMEM;
	while ((name = strsep(&rest, ":"))) {
		bit = find_bit(updates, name);
		if (!bit)
			return -EINVAL;
		bits |= bit;
	}
	*ret_bits = list ? bits : all_bits(updates);
	return 0;
}

int document_bits_list(bool updates, struct buffer *out)
{
	int id, error = updates ? buffer_append_string(out, "code") : 0;

	for (id = 0; id < DOCUMENT_COUNT && !error; id++)
		if (has_bit(updates, document_kind((enum document_id)id)))
			error = buffer_appendf(out, "%s%s", out->length ? ":" : "",
				document_kind((enum document_id)id)->name);
	return error;
}
