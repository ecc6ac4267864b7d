/* SPDX-License-Identifier: MIT */
#include "backend/local/store/settings.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/model/shapes.h"

#define ENVIRONMENT_MAX 4096 /* bytes of the variables as JSON */
#define TIMEOUT_MAX 900
#define MEMORY_MAX 10240
#define LAYERS_MAX 5

static bool is_runtime(const char *runtime)
{
	return text_is_one_of(runtime, runtime_values) ||
	       text_is_one_of(runtime, runtime_values_new) || text_starts_with(runtime, "arn:");
}

/* What AWS recommends instead of a retired runtime, where it does. */
static const struct {
	const char *runtime, *successor;
} successors[] = {
	{"java8", "java21"},
	{"go1.x", "provided.al2023"},
	{"provided", "provided.al2023"},
	{"ruby2.7", "ruby3.2"},
	{"nodejs14.x", "nodejs20.x"},
	{"python3.7", "python3.12"},
	{"dotnetcore3.1", "dotnet6"},
	{"nodejs12.x", "nodejs18.x"},
};

static int fail_retired_runtime(struct call *call, const char *runtime)
{
	char instead[64] = "a supported runtime";

	for (size_t i = 0; i < array_count(successors); i++) {
		if (!strcmp(successors[i].runtime, runtime))
			snprintf(instead, sizeof(instead), "the new runtime (%s)",
				successors[i].successor);
	}
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"The runtime parameter of %s is no longer supported for creating or updating AWS "
		"Lambda functions. We recommend you use %s while creating or updating functions.",
		runtime, instead);
}

static int check_runtime(struct call *call)
{
	const char *runtime = call_string(call, "Runtime");
	cleanup(buffer_release) struct buffer list = BUFFER_INIT(4096);

	if (!runtime || is_runtime(runtime))
		return 0;
	if (text_is_one_of(runtime, runtime_values_retired))
		return fail_retired_runtime(call, runtime);
	for (size_t i = 0; runtime_values[i]; i++) {
		if (buffer_appendf(&list, "%s%s", i ? ", " : "", runtime_values[i]))
			return -ENOMEM;
	}
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"Value %s at 'runtime' failed to satisfy constraint: Member must satisfy enum "
		"value set: [%s] or be a valid ARN",
		runtime, buffer_text(&list));
}

static int check_environment(struct call *call)
{
	const struct json *variables =
		json_member(json_member(call->input, "Environment"), "Variables");
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(CALL_ANSWER_MAX);

	if (!variables)
		return 0;
	if (json_print(variables, &text))
		return -ENOMEM;
	if (text.length <= ENVIRONMENT_MAX)
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"Lambda was unable to configure your environment variables because the "
		"environment variables you have provided exceeded the 4KB limit. String measured: "
		"%s",
		buffer_text(&text));
}

static int check_limits(struct call *call)
{
	int64_t timeout = call_integer(call, "Timeout", 0);
	int64_t memory = call_integer(call, "MemorySize", 0);

	if (json_count(json_member(call->input, "Layers")) > LAYERS_MAX)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Cannot reference more than %d layers.", LAYERS_MAX);
	if (json_member(call->input, "CapacityProviderConfig"))
		return 0; /* managed instances may be larger; the model's own limits hold */
	if (timeout > TIMEOUT_MAX)
		return call_fail(call, FAILURE_VALIDATION,
			"1 validation error detected: Value '%lld' at 'timeout' failed to satisfy "
			"constraint: Member must have value less than or equal to %d",
			(long long)timeout, TIMEOUT_MAX);
	if (memory > MEMORY_MAX)
		return call_fail(call, FAILURE_VALIDATION,
			"1 validation error detected: Value '%lld' at 'memorySize' failed to "
			"satisfy constraint: Member must have value less than or equal to %d",
			(long long)memory, MEMORY_MAX);
	return 0;
}

/* --- what is stored of a member that was sent --- */

static struct json *copy_plain(struct call *call, const char *function, const struct json *value)
{
	return json_copy(value);
}

/* Layers come as ARNs and are shown with their sizes, which layers_resolve() looks up. */
static struct json *copy_layers(struct call *call, const char *function, const struct json *value)
{
	cleanup(json_free_pointer) struct json *layers = json_new_array();

	for (const struct json *arn = json_first(value); arn && layers; arn = json_next(arn)) {
		struct json *layer = json_new_object();

		if (!layer || json_set_string(layer, "Arn", json_string(arn)) ||
			json_set_number(layer, "CodeSize", 0)) {
			json_free(layer);
			return NULL;
		}
		if (json_append(layers, layer))
			return NULL;
	}
	return take_pointer(layers);
}

static struct json *copy_image(struct call *call, const char *function, const struct json *value)
{
	struct json *response = json_new_object();

	if (response && json_set(response, "ImageConfig", json_copy(value))) {
		json_free(response);
		return NULL;
	}
	return response;
}

static struct json *copy_snap_start(
	struct call *call, const char *function, const struct json *value)
{
	struct json *copy = json_copy(value);

	if (copy && ((!json_member(copy, "ApplyOn") && json_set_string(copy, "ApplyOn", "None")) ||
			    json_set_string(copy, "OptimizationStatus", "Off"))) {
		json_free(copy);
		return NULL;
	}
	return copy;
}

static struct json *copy_logging(struct call *call, const char *function, const struct json *value)
{
	struct json *copy = value ? json_copy(value) : json_new_object();
	char group[FUNCTION_NAME_MAX + 16];
	bool is_json;
	int error = 0;

	if (!copy)
		return NULL;
	snprintf(group, sizeof(group), "/aws/lambda/%s", function);
	if (!json_member(copy, "LogFormat"))
		error = json_set_string(copy, "LogFormat", "Text");
	is_json = !strcmp(json_member_string(copy, "LogFormat", ""), "JSON");
	if (!error && is_json && !json_member(copy, "ApplicationLogLevel"))
		error = json_set_string(copy, "ApplicationLogLevel", "INFO");
	if (!error && is_json && !json_member(copy, "SystemLogLevel"))
		error = json_set_string(copy, "SystemLogLevel", "INFO");
	if (!error && !json_has_member(copy, "ApplicationLogLevel"))
		error = json_set(copy, "ApplicationLogLevel", json_new_null());
	if (!error && !json_has_member(copy, "SystemLogLevel"))
		error = json_set(copy, "SystemLogLevel", json_new_null());
	if (!error && !json_member(copy, "LogGroup"))
		error = json_set_string(copy, "LogGroup", group);
	if (error) {
		json_free(copy);
		return NULL;
	}
	return copy;
}

static struct json *copy_network(struct call *call, const char *function, const struct json *value)
{
	struct json *copy = json_copy(value);
	bool attached = json_count(json_member(value, "SubnetIds")) > 0;

	if (copy && (json_set_string(copy, "VpcId", attached ? "vpc-00000000000000000" : "") ||
			    (!json_member(copy, "Ipv6AllowedForDualStack") &&
				    json_set_boolean(copy, "Ipv6AllowedForDualStack", false)))) {
		json_free(copy);
		return NULL;
	}
	return copy;
}

static bool is_empty_list(const struct json *value)
{
	return json_is_array(value) && !json_count(value);
}

static bool is_empty_text(const struct json *value)
{
	return json_string(value) && !*json_string(value);
}

static bool is_without_target(const struct json *value)
{
	return !*json_member_string(value, "TargetArn", "");
}

/* An image's settings of which none says anything. */
static bool is_empty_image(const struct json *value)
{
	for (const struct json *item = json_first(value); item; item = json_next(item)) {
		if (!json_is_null(item) && !is_empty_list(item) && !is_empty_text(item))
			return false;
	}
	return true;
}

/* Members as they are sent, where they are kept, and which value unsets one (NULL: an empty list). */
struct setting {
	const char *sent;
	const char *kept;
	struct json *(*copy)(struct call *call, const char *function, const struct json *value);
	bool (*is_unsetting)(const struct json *value);
};

static const struct setting settings[] = {
	{"Runtime", "Runtime", copy_plain, NULL},
	{"Role", "Role", copy_plain, NULL},
	{"Handler", "Handler", copy_plain, NULL},
	{"Timeout", "Timeout", copy_plain, NULL},
	{"MemorySize", "MemorySize", copy_plain, NULL},
	{"VpcConfig", "VpcConfig", copy_network, NULL},
	{"PackageType", "PackageType", copy_plain, NULL},
	{"DeadLetterConfig", "DeadLetterConfig", copy_plain, is_without_target},
	{"Environment", "Environment", copy_plain, NULL},
	{"KMSKeyArn", "KMSKeyArn", copy_plain, is_empty_text},
	{"TracingConfig", "TracingConfig", copy_plain, NULL},
	{"Layers", "Layers", copy_layers, NULL},
	{"FileSystemConfigs", "FileSystemConfigs", copy_plain, NULL},
	{"ImageConfig", "ImageConfigResponse", copy_image, is_empty_image},
	{"Architectures", "Architectures", copy_plain, NULL},
	{"EphemeralStorage", "EphemeralStorage", copy_plain, NULL},
	{"SnapStart", "SnapStart", copy_snap_start, NULL},
	{"LoggingConfig", "LoggingConfig", copy_logging, NULL},
	{"TenancyConfig", "TenancyConfig", copy_plain, NULL},
	{"CapacityProviderConfig", "CapacityProviderConfig", copy_plain, NULL},
	{"DurableConfig", "DurableConfig", copy_plain, NULL},
};

static int apply_settings(struct call *call, const char *function, struct json *into)
{
	int error = 0;

	for (size_t i = 0; i < array_count(settings) && !error; i++) {
		const struct setting *setting = &settings[i];
		const struct json *value = json_member(call->input, setting->sent);

		if (!value)
			continue;
		if ((setting->is_unsetting ? setting->is_unsetting : is_empty_list)(value))
			error = json_set(into, setting->kept, json_new_null());
		else
			error = json_set(into, setting->kept, setting->copy(call, function, value));
	}
	return error;
}

/* AWS's defaults, each only where nothing was sent. */
static int set_defaults(struct call *call, const char *function, struct json *into)
{
	static const struct {
		const char *name;
		const char *json;
	} defaults[] = {
		{"Timeout", "3"},
		{"MemorySize", "128"},
		{"PackageType", "\"Zip\""},
		{"TracingConfig", "{\"Mode\":\"PassThrough\"}"},
		{"Architectures", "[\"x86_64\"]"},
		{"EphemeralStorage", "{\"Size\":512}"},
		{"SnapStart", "{\"ApplyOn\":\"None\",\"OptimizationStatus\":\"Off\"}"},
	};
	int error = 0;

	for (size_t i = 0; i < array_count(defaults) && !error; i++) {
		if (!json_has_member(into, defaults[i].name))
			error = json_set(into, defaults[i].name,
				json_parse(defaults[i].json, strlen(defaults[i].json), NULL));
	}
	if (!error && !json_has_member(into, "LoggingConfig"))
		error = json_set(into, "LoggingConfig", copy_logging(call, function, NULL));
	return error;
}

/* AWS shows what is unset as null, file systems excepted. */
static int set_nulls(struct json *into)
{
	static const char *const shown[] = {"Runtime", "Handler", "VpcConfig", "DeadLetterConfig",
		"Environment", "KMSKeyArn", "Layers", "ImageConfigResponse", "TenancyConfig",
		"CapacityProviderConfig", "DurableConfig"};
	int error = 0;

	for (size_t i = 0; i < array_count(shown) && !error; i++) {
		if (!json_has_member(into, shown[i]))
			error = json_set(into, shown[i], json_new_null());
	}
	return error;
}

/*
 * The members in the order of the table, whatever changed when: PublishVersion compares the text, and
 * the runtime is found by its place.
 */
static int put_in_order(const struct json *built, struct json **ret_ordered)
{
	cleanup(json_free_pointer) struct json *ordered = json_new_object();
	int error = ordered ? 0 : -ENOMEM;

	for (size_t i = 0; i < array_count(settings) && !error; i++) {
		const char *name = settings[i].kept;
		const struct json *value = json_member(built, name);

		if (json_has_member(built, name))
			error = json_set(ordered, name, value ? json_copy(value) : json_new_null());
	}
	if (!error)
		*ret_ordered = take_pointer(ordered);
	return error;
}

int settings_build(struct call *call, const struct json *before, const char *function,
	struct json **ret_settings)
{
	cleanup(json_free_pointer) struct json *built = NULL;
	int error = check_runtime(call);

	if (!error)
		error = check_environment(call);
	if (!error)
		error = check_limits(call);
	if (error)
		return error;
	built = before ? json_copy(before) : json_new_object();
	if (!built || apply_settings(call, function, built) ||
		(!before && set_defaults(call, function, built)) || set_nulls(built))
		return -ENOMEM;
	return put_in_order(built, ret_settings);
}
