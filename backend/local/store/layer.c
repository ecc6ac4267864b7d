/* SPDX-License-Identifier: MIT */
#include "backend/local/store/layer.h"

#include <errno.h>

#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/store/store.h"

#define ARN_FIELDS 8

static bool copy_field(const char *start, size_t length, char *out, size_t size)
{
	if (length >= size)
		return false;
	snprintf(out, size, "%.*s", (int)length, start);
	return true;
}

int layer_name_parse(const char *text, struct layer_name *ret_name)
{
	struct layer_name name = {.version = 0};
	const char *fields[ARN_FIELDS];
	size_t lengths[ARN_FIELDS], count = 0;
	uint64_t number = 0;

	for (const char *at = text; count < ARN_FIELDS; at += lengths[count++] + 1) {
		fields[count] = at;
		lengths[count] = strcspn(at, ":");
		if (!at[lengths[count]]) {
			count++;
			break;
		}
	}
	if (count == 1) {
		if (!copy_field(text, lengths[0], name.name, sizeof(name.name)))
			return -EINVAL;
		*ret_name = name;
		return 0;
	}
	if (count < 7 || !text_starts_with(fields[5], "layer:") ||
		!copy_field(fields[3], lengths[3], name.region, sizeof(name.region)) ||
		!copy_field(fields[4], lengths[4], name.account, sizeof(name.account)) ||
		!copy_field(fields[6], lengths[6], name.name, sizeof(name.name)))
		return -EINVAL;
	if (count == 8 && (number_parse_u64(fields[7], INT64_MAX, &number) || !number))
		return -EINVAL;
	name.version = (int64_t)number;
	*ret_name = name;
	return 0;
}

void format_layer_arn(const struct identity *identity, const char *name, int64_t version,
	char text[LAYER_ARN_SIZE])
{
	int length = snprintf(text, LAYER_ARN_SIZE, "arn:%s:lambda:%s:%s:layer:%s",
		identity->partition, identity->region, identity->account, name);

	if (version && length > 0 && length < LAYER_ARN_SIZE)
		snprintf(text + length, LAYER_ARN_SIZE - (size_t)length, ":%lld",
			(long long)version);
}

int layer_name_of_call(struct call *call, struct layer_name *ret_name)
{
	const char *arn = call_string(call, "Arn");
	const char *text = arn ? arn : call_string(call, "LayerName");
	int64_t version = call_integer(call, "VersionNumber", arn ? 0 : 1);

	if (layer_name_parse(text, ret_name))
		return call_fail(
			call, FAILURE_NOT_FOUND, "The resource you requested does not exist.");
	if (!arn && version < 1)
		return call_fail(
			call, FAILURE_INVALID_PARAMETER, "Layer Version Cannot be less than 1");
	if (!arn)
		ret_name->version = version;
	return call_check_place(call, "Layers", ret_name->region, ret_name->account);
}

/* --- layers of functions --- */

static bool is_same_layer(const char *arn, const char *other)
{
	size_t length = (size_t)(strrchr(arn, ':') + 1 - arn);
	struct layer_name name;

	if (layer_name_parse(arn, &name) || !name.version)
		return !strcmp(arn, other); /* AWS's own layers have no version */
	return !strncmp(arn, other, length) && !strchr(other + length, ':');
}

static int check_twice(
	struct call *call, const struct json *layers, const struct json *layer, const char *arn)
{
	for (const struct json *other = json_first(layers); other != layer;
		other = json_next(other)) {
		const char *before = json_member_string(other, "Arn", "");

		if (is_same_layer(arn, before))
			return call_fail(call, FAILURE_INVALID_PARAMETER,
				"Two different versions of the same layer are not allowed to be "
				"referenced in the same function. %s and %s are versions of the "
				"same layer.",
				before, arn);
	}
	return 0;
}

/* -1 in *ret_size: a layer of another account. */
static int find_size(struct call *call, const char *arn, int64_t *ret_size)
{
	struct layer_name name;
	int error;

	*ret_size = -1;
	if (layer_name_parse(arn, &name) || !name.version)
		return 0; /* AWS's own layers have neither an account nor a version */
	if (strcmp(name.region, call->identity->region))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Layers are not in the same region as the function. Layers are expected to "
			"be in region %s.",
			call->identity->region);
	if (!identity_is_own(call->identity, name.region, name.account))
		return 0;
	error = store_integer(call->store,
		"SELECT code_size FROM layer_version WHERE layer = ? AND number = ?", -1, ret_size,
		"ti", name.name, name.version);
	if (!error && *ret_size < 0)
		error = call_fail(
			call, FAILURE_INVALID_PARAMETER, "Layer version %s does not exist.", arn);
	return error;
}

int layers_resolve(struct call *call, struct json *settings)
{
	const struct json *layers = json_member(settings, "Layers");
	cleanup(json_free_pointer) struct json *resolved = NULL;

	if (!json_count(layers) || !json_member(call->input, "Layers"))
		return 0;
	resolved = json_new_array();
	if (!resolved)
		return -ENOMEM;
	for (const struct json *layer = json_first(layers); layer; layer = json_next(layer)) {
		const char *arn = json_member_string(layer, "Arn", "");
		struct json *copy;
		int64_t size;
		int error = check_twice(call, layers, layer, arn);

		if (!error)
			error = find_size(call, arn, &size);
		if (error)
			return error;
		copy = json_copy(layer);
		if (!copy)
			return -ENOMEM;
		if (size >= 0)
			error = json_set_number(copy, "CodeSize", (double)size);
		if (error) {
			json_free(copy);
			return error;
		}
		error = json_append(resolved, copy);
		if (error)
			return error;
	}
	return json_set(settings, "Layers", take_pointer(resolved));
}
