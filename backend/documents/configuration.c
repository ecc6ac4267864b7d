/* SPDX-License-Identifier: MIT */
/*
 * $LATEST's configuration.json, written: UpdateFunctionConfiguration with what differs. What AWS makes of itself
 * (hashes, sizes, times) is ignored, so that a version's configuration.json puts that version's configuration back.
 */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/documents/ways.h"

#define DUAL_STACK "Ipv6AllowedForDualStack"

static const struct document_member vpc_members[] = {{DUAL_STACK, DOCUMENT_BOOLEAN},
	{"SecurityGroupIds", DOCUMENT_TEXTS}, {"SubnetIds", DOCUMENT_TEXTS},
	{"VpcId", DOCUMENT_TEXT}, {NULL}};
static const struct document_member target_members[] = {{"TargetArn", DOCUMENT_TEXT}, {NULL}};
static const struct document_member mode_members[] = {{"Mode", DOCUMENT_TEXT}, {NULL}};
static const struct document_member size_members[] = {{"Size", DOCUMENT_INTEGER}, {NULL}};
static const struct document_member snap_start_members[] = {
	{"ApplyOn", DOCUMENT_TEXT}, {"OptimizationStatus", DOCUMENT_TEXT}, {NULL}};
static const struct document_member logging_members[] = {{"ApplicationLogLevel", DOCUMENT_TEXT},
	{"LogFormat", DOCUMENT_TEXT}, {"LogGroup", DOCUMENT_TEXT},
	{"SystemLogLevel", DOCUMENT_TEXT}, {NULL}};
static const struct document_member file_system_members[] = {
	{"Arn", DOCUMENT_TEXT, NULL, true}, {"LocalMountPath", DOCUMENT_TEXT, NULL, true}, {NULL}};
static const struct document_member layer_members[] = {{"Arn", DOCUMENT_TEXT, NULL, true},
	{"CodeSize", DOCUMENT_ANY}, {"SigningJobArn", DOCUMENT_ANY},
	{"SigningProfileVersionArn", DOCUMENT_ANY}, {NULL}};
static const struct document_member image_members[] = {{"Command", DOCUMENT_TEXTS},
	{"EntryPoint", DOCUMENT_TEXTS}, {"WorkingDirectory", DOCUMENT_TEXT}, {NULL}};
static const struct document_member image_answer_members[] = {
	{"Error", DOCUMENT_OBJECT}, {"ImageConfig", DOCUMENT_OBJECT, image_members}, {NULL}};

/* What a member is to UpdateFunctionConfiguration. */
enum role {
	ROLE_SENT,    /* a parameter of it */
	ROLE_IGNORED, /* AWS's own doing */
	ROLE_FIXED,   /* has to be as AWS has it; `note`: how else it is changed */
	ROLE_FOREIGN, /* belongs to another document, or to none; `note` says which */
};

struct setting {
	const char *name;
	enum role role;
	const char *note;
	const char *cleared; /* what is sent when it is left out; NULL: it cannot be left out */
};

#define ELSEWHERE "is not written here: "

static const struct setting settings[] = {
	{"Architectures", ROLE_FIXED, "use aws lambda update-function-code --architectures"},
	{"CapacityProviderConfig", ROLE_SENT},
	{"CodeSha256", ROLE_IGNORED},
	{"CodeSize", ROLE_IGNORED},
	{"ConfigSha256", ROLE_IGNORED},
	{"DeadLetterConfig", ROLE_SENT, NULL, "{\"TargetArn\":\"\"}"},
	{"Description", ROLE_SENT},
	{"DurableConfig", ROLE_SENT},
	{"Environment", ROLE_FOREIGN, ELSEWHERE "variables are in environment.json"},
	{"EphemeralStorage", ROLE_SENT},
	{"FileSystemConfigs", ROLE_SENT, NULL, "[]"},
	{"FunctionArn", ROLE_FIXED, "the document is about another function, account or region"},
	{"FunctionName", ROLE_FIXED, "the document is about another function"},
	{"Handler", ROLE_SENT},
	{"ImageConfigResponse", ROLE_SENT, NULL, "{}"},
	{"KMSKeyArn", ROLE_SENT, NULL, "\"\""},
	{"LastModified", ROLE_IGNORED},
	{"LastUpdateStatus", ROLE_FOREIGN, "changes by itself and is not written"},
	{"LastUpdateStatusReason", ROLE_FOREIGN, "changes by itself and is not written"},
	{"LastUpdateStatusReasonCode", ROLE_FOREIGN, "changes by itself and is not written"},
	{"Layers", ROLE_SENT, NULL, "[]"},
	{"LoggingConfig", ROLE_SENT},
	{"MasterArn", ROLE_IGNORED},
	{"MemorySize", ROLE_SENT},
	{"PackageType", ROLE_FIXED,
		"a function keeps it for life: use aws lambda create-function --package-type"},
	{"RevisionId", ROLE_FOREIGN, "changes by itself and is not written"},
	{"Role", ROLE_SENT},
	{"Runtime", ROLE_SENT},
	{"RuntimeVersionConfig", ROLE_FOREIGN, ELSEWHERE "see .function/runtime-management.json"},
	{"SigningJobArn", ROLE_IGNORED},
	{"SigningProfileVersionArn", ROLE_IGNORED},
	{"SnapStart", ROLE_SENT},
	{"State", ROLE_FOREIGN, "changes by itself and is not written"},
	{"StateReason", ROLE_FOREIGN, "changes by itself and is not written"},
	{"StateReasonCode", ROLE_FOREIGN, "changes by itself and is not written"},
	{"TenancyConfig", ROLE_FIXED,
		"a function keeps it for life: use aws lambda create-function --tenancy-config"},
	{"Timeout", ROLE_SENT},
	{"TracingConfig", ROLE_SENT},
	{"Version", ROLE_IGNORED},
	{"VpcConfig", ROLE_SENT, NULL, "{\"SubnetIds\":[],\"SecurityGroupIds\":[]}"},
};

/* The types of what is looked at; what AWS adds later goes along as it is. */
static const struct document_member configuration_members[] = {
	{"Architectures", DOCUMENT_TEXTS},
	{"CapacityProviderConfig", DOCUMENT_OBJECT},
	{"DeadLetterConfig", DOCUMENT_OBJECT, target_members},
	{"Description", DOCUMENT_TEXT},
	{"DurableConfig", DOCUMENT_OBJECT},
	{"EphemeralStorage", DOCUMENT_OBJECT, size_members},
	{"FileSystemConfigs", DOCUMENT_OBJECTS, file_system_members},
	{"FunctionArn", DOCUMENT_TEXT},
	{"FunctionName", DOCUMENT_TEXT},
	{"Handler", DOCUMENT_TEXT},
	{"ImageConfigResponse", DOCUMENT_OBJECT, image_answer_members},
	{"KMSKeyArn", DOCUMENT_TEXT},
	{"Layers", DOCUMENT_OBJECTS, layer_members},
	{"LoggingConfig", DOCUMENT_OBJECT, logging_members},
	{"MemorySize", DOCUMENT_INTEGER},
	{"PackageType", DOCUMENT_TEXT},
	{"Role", DOCUMENT_TEXT},
	{"Runtime", DOCUMENT_TEXT},
	{"SnapStart", DOCUMENT_OBJECT, snap_start_members},
	{"TenancyConfig", DOCUMENT_OBJECT},
	{"Timeout", DOCUMENT_INTEGER},
	{"TracingConfig", DOCUMENT_OBJECT, mode_members},
	{"VpcConfig", DOCUMENT_OBJECT, vpc_members},
	{NULL},
};

static const struct setting *find_setting(const char *name)
{
	size_t i;

	for (i = 0; i < array_count(settings); i++)
		if (!strcmp(settings[i].name, name))
			return &settings[i];
	return NULL;
}

/* What only reading shows can be known to be wrong before AWS is asked. */
static enum lambda_status check_configuration(
	const struct document_text *text, struct lambda_error *reterr)
{
	const struct json *member;

	for (member = json_first(text->tree); member; member = json_next(member)) {
		const struct setting *setting = find_setting(json_name(member));

		if (setting && setting->role == ROLE_FOREIGN)
			return document_fail_at(text, member, reterr, "the member '%s' %s",
				setting->name, setting->note);
	}
	return LAMBDA_OK;
}

/* --- what counts --- */

/* A copy of the object's member without some members of its own, back in its place. */
static int strip_member(struct json *object, const char *name, const char *const *inner)
{
	const struct json *member = json_member(object, name);
	struct json *copy;

	if (!json_is_object(member))
		return 0;
	copy = json_copy(member);
	for (; copy && *inner; inner++)
		json_remove(copy, *inner);
	return json_set(object, name, copy);
}

/* [{"Arn": …}]: sizes and signatures are the layer's. */
static int strip_layers(struct json *document)
{
	static const char *const kept[] = {"Arn", NULL};
	const struct json *layers = json_member(document, "Layers"), *layer;
	cleanup(json_free_pointer) struct json *list = NULL;
	struct json *copy;
	int error = 0;

	if (!json_is_array(layers))
		return 0;
	list = json_new_array();
	if (!list)
		return -ENOMEM;
	for (layer = json_first(layers); layer && !error; layer = json_next(layer)) {
		error = document_pick(layer, kept, &copy);
		if (!error)
			error = json_append(list, copy);
	}
	return error ? error : json_set(document, "Layers", take_pointer(list));
}

static int cut_arn(struct json *document)
{
	const char *arn = json_member_string(document, "FunctionArn", "");
	size_t length = document_arn_length(arn);
	cleanup(free_pointer) char *cut = NULL;

	if (!length)
		return 0;
	cut = strndup(arn, length);
	return cut ? json_set_string(document, "FunctionArn", cut) : -ENOMEM;
}

static int normalize_configuration(struct json *document)
{
	static const char *const vpc[] = {"VpcId", NULL};
	static const char *const dual_stack[] = {DUAL_STACK, NULL};
	static const char *const snap_start[] = {"OptimizationStatus", NULL};
	static const char *const image[] = {"Error", NULL};
	const struct json *allowed = json_member(json_member(document, "VpcConfig"), dual_stack[0]);
	int error = 0;
	size_t i;

	for (i = 0; i < array_count(settings); i++)
		if (settings[i].role == ROLE_IGNORED)
			json_remove(document, settings[i].name);
	if (json_is_boolean(allowed) && !json_is_true(allowed))
		error = strip_member(document, "VpcConfig", dual_stack);
	if (!error)
		error = strip_member(document, "VpcConfig", vpc);
	if (!error)
		error = strip_member(document, "SnapStart", snap_start);
	if (!error)
		error = strip_member(document, "ImageConfigResponse", image);
	if (!error)
		error = strip_layers(document);
	if (!error)
		error = cut_arn(document);
	return error ? error : document_drop_empty(document);
}

/* --- the call --- */

/* What is sent of one member: as it was written, less what AWS makes of itself. */
static int copy_sent(const struct json *written, struct json **ret_value)
{
	static const char *const made[] = {"VpcId", "OptimizationStatus"};
	const char *name = json_name(written);
	struct json *list, *value;
	const struct json *layer;
	int error = 0;
	size_t i;

	if (!strcmp(name, "ImageConfigResponse")) {
		const struct json *image = json_member(written, "ImageConfig");

		*ret_value = image ? json_copy(image) : json_new_object();
		return *ret_value ? 0 : -ENOMEM;
	}
	if (strcmp(name, "Layers") != 0) {
		value = json_copy(written);
		for (i = 0; value && i < array_count(made); i++)
			json_remove(value, made[i]);
		*ret_value = value;
		return value ? 0 : -ENOMEM;
	}
	list = json_new_array();
	if (!list)
		return -ENOMEM;
	for (layer = json_first(written); layer && !error; layer = json_next(layer))
		error = json_append(list, json_new_string(json_member_string(layer, "Arn", "")));
	if (error)
		json_free(list);
	else
		*ret_value = list;
	return error;
}

/* The name that UpdateFunctionConfiguration has for a member of FunctionConfiguration. */
static const char *sent_name(const char *name)
{
	return !strcmp(name, "ImageConfigResponse") ? "ImageConfig" : name;
}

struct change {
	struct document_planning *planning;
	struct json *body;
	struct lambda_error *reterr;
};

/* Whether the object has a member that this program does not know. */
static bool has_unknown(const struct json *object, const struct document_member *members)
{
	const struct json *item;

	if (!members || !json_is_object(object))
		return false;
	for (item = json_first(object); item; item = json_next(item))
		if (!document_find_member(members, json_name(item)))
			return true;
	return false;
}

/* What has to be looked for afterwards, as AWS ignores what it does not know. */
static enum lambda_status note_unproven(const struct change *change, const struct json *written)
{
	struct document_plan *plan = &change->planning->plan;
	const char *name = json_name(written);
	const struct document_member *member = document_find_member(configuration_members, name);

	if (member && !has_unknown(written, member->members))
		return LAMBDA_OK;
	if (!plan->unproven)
		plan->unproven = json_new_object();
	if (!plan->unproven || json_set(plan->unproven, name, json_copy(written)))
		return lambda_fail_memory(change->reterr);
	return LAMBDA_OK;
}

static enum lambda_status clear_member(const struct change *change, const struct setting *setting)
{
	struct json *value = json_parse(setting->cleared, strlen(setting->cleared), NULL);

	return json_set(change->body, sent_name(setting->name), value)
		       ? lambda_fail_memory(change->reterr)
		       : LAMBDA_OK;
}

/* Whether AWS shows that member of an object in some cases alone. */
static bool may_be_absent(const char *name, const struct json *written)
{
	if (!strcmp(name, "ApplicationLogLevel") || !strcmp(name, "SystemLogLevel"))
		return strcmp(json_member_string(written, "LogFormat", ""), "JSON") != 0;
	return !strcmp(name, DUAL_STACK);
}

/* A member that was written and is not what AWS has. */
static enum lambda_status send_member(const struct change *change, const struct json *written)
{
	const struct setting *setting = find_setting(json_name(written));
	const struct json *shown = json_member(change->planning->shown, json_name(written));
	cleanup(json_free_pointer) struct json *value = NULL;
	enum lambda_status status;
	int error;

	if (setting && setting->role == ROLE_FIXED)
		return document_fail_at(change->planning->text, written, change->reterr,
			"the member '%s' is not what AWS has: %s", setting->name, setting->note);
	/* {} is as good as left out. */
	if (setting && setting->cleared && json_is_object(written) &&
		!json_has_member(change->planning->wanted, setting->name))
		return clear_member(change, setting);
	status = document_check_whole(
		change->planning->text, written, shown, may_be_absent, change->reterr);
	if (!status)
		status = note_unproven(change, written);
	if (status)
		return status;
	error = copy_sent(written, &value);
	if (!error && json_has_member(shown, DUAL_STACK) && !json_has_member(value, DUAL_STACK))
		error = json_set_boolean(value, DUAL_STACK, false);
	if (!error)
		error = json_set(change->body, sent_name(json_name(written)), take_pointer(value));
	return error ? document_fail_errno(change->reterr, error) : LAMBDA_OK;
}

static enum lambda_status send_written(const struct change *change)
{
	const struct document_planning *planning = change->planning;
	enum lambda_status status = LAMBDA_OK;
	const struct json *written;

	for (written = json_first(planning->text->tree); written && !status;
		written = json_next(written)) {
		const char *name = json_name(written);
		const struct setting *setting = find_setting(name);
		int same;

		if (setting && setting->role == ROLE_IGNORED)
			continue;
		same = document_equals(
			json_member(planning->wanted, name), json_member(planning->shown, name));
		if (same < 0)
			return document_fail_errno(change->reterr, same);
		if (!same)
			status = send_member(change, written);
	}
	return status;
}

/* What AWS has and was left out: removed where that is possible, else an accident. */
static enum lambda_status clear_left_out(const struct change *change)
{
	const struct document_planning *planning = change->planning;
	enum lambda_status status;
	const struct json *shown;

	for (shown = json_first(planning->shown); shown; shown = json_next(shown)) {
		const char *name = json_name(shown);
		const struct setting *setting = find_setting(name);

		if (json_has_member(planning->text->tree, name))
			continue;
		if (!setting || !setting->cleared)
			return document_fail_at(planning->text, planning->text->tree,
				change->reterr,
				"the member '%.64s' is left out, but AWS always has it: write it",
				name);
		status = clear_member(change, setting);
		if (status)
			return status;
	}
	return LAMBDA_OK;
}

static enum lambda_status plan_configuration(
	struct document_planning *planning, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *body = json_new_object();
	const struct change change = {.planning = planning, .body = body, .reterr = reterr};
	enum lambda_status status = body ? LAMBDA_OK : lambda_fail_memory(reterr);

	if (!status)
		status = send_written(&change);
	if (!status)
		status = clear_left_out(&change);
	if (status || !json_count(body))
		return status;
	return document_add_call(planning, LAMBDA_UPDATE_CONFIGURATION, NULL, NULL,
		take_pointer(body), planning->wanted, reterr);
}

const struct document_ways document_configuration_ways = {
	.type = DOCUMENT_OBJECT,
	.members = configuration_members,
	.is_open = true,
	.shape = document_shape_configuration,
	.check = check_configuration,
	.normalize = normalize_configuration,
	.plan = plan_configuration,
};
