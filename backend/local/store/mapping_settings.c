/* SPDX-License-Identifier: MIT */
#include "backend/local/store/mapping_settings.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/model/filter_pattern.h"
#include "backend/local/store/attachment.h"

#define QUEUE_BATCH_WITHOUT_WINDOW 10
#define QUEUE_POLLERS_MINIMUM 2
#define POLLERS_MINIMUM_MAX 200
#define POLLERS_MAX 10000

static const char *const members[] = {"EventSourceArn", "BatchSize", "FilterCriteria", "KMSKeyArn",
	"MetricsConfig", "LoggingConfig", "ScalingConfig", "MaximumBatchingWindowInSeconds",
	"ParallelizationFactor", "StartingPosition", "StartingPositionTimestamp",
	"DestinationConfig", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError",
	"MaximumRetryAttempts", "TumblingWindowInSeconds", "Topics", "Queues",
	"SourceAccessConfigurations", "SelfManagedEventSource", "FunctionResponseTypes",
	"AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig",
	"DocumentDBEventSourceConfig", "ProvisionedPollerConfig", NULL};

/* What a kind of source is, by the service in its ARN. */
enum source_kind {
	SOURCE_QUEUE,
	SOURCE_KINESIS,
	SOURCE_TABLE,
	SOURCE_OTHER, /* Kafka, MQ, DocumentDB */
	SOURCE_NONE,
};

/* The service that an ARN belongs to: "sqs", "kinesis", "dynamodb", … or "". */
static void arn_service(const char *arn, char service[32])
{
	const char *start = text_starts_with(arn, "arn:") ? strchr(arn + 4, ':') : NULL;

	service[0] = '\0';
	if (start)
		snprintf(service, 32, "%.*s", (int)strcspn(start + 1, ":"), start + 1);
}

static enum source_kind find_kind(const char *source)
{
	char service[32];

	arn_service(source, service);
	if (!strcmp(service, "sqs"))
		return SOURCE_QUEUE;
	if (!strcmp(service, "kinesis"))
		return SOURCE_KINESIS;
	if (!strcmp(service, "dynamodb"))
		return SOURCE_TABLE;
	return *service ? SOURCE_OTHER : SOURCE_NONE;
}

bool mapping_is_queue(const char *source)
{
	return find_kind(source) == SOURCE_QUEUE;
}

/* What AWS fills in for a source of this kind, as an object. */
static const char *defaults_of(enum source_kind kind)
{
	if (kind == SOURCE_QUEUE)
		return "{\"BatchSize\":10,\"MaximumBatchingWindowInSeconds\":0,"
		       "\"FunctionResponseTypes\":[]}";
	if (kind == SOURCE_KINESIS || kind == SOURCE_TABLE)
		return "{\"BatchSize\":100,\"MaximumBatchingWindowInSeconds\":0,"
		       "\"ParallelizationFactor\":1,\"DestinationConfig\":{\"OnFailure\":{}},"
		       "\"MaximumRecordAgeInSeconds\":-1,\"BisectBatchOnFunctionError\":false,"
		       "\"MaximumRetryAttempts\":-1,\"TumblingWindowInSeconds\":0,"
		       "\"FunctionResponseTypes\":[]}";
	return "{\"BatchSize\":100,\"MaximumBatchingWindowInSeconds\":500}";
}

/* --- what is refused --- */

/* Where reading starts: streams want it said, queues have no such thing, tables keep no times. */
static int check_source(struct call *call, enum source_kind kind, const char *source)
{
	const char *position = call_string(call, "StartingPosition");

	if (kind == SOURCE_NONE && !json_member(call->input, "SelfManagedEventSource"))
		return call_fail(call, FAILURE_INVALID_PARAMETER, "Unrecognized event source.");
	if ((kind == SOURCE_KINESIS || kind == SOURCE_TABLE) && !position)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"1 validation error detected: Value null at 'startingPosition' failed to "
			"satisfy constraint: Member must not be null.");
	if (kind == SOURCE_QUEUE && position)
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"StartingPosition is not valid for SQS event sources.");
	if (kind == SOURCE_TABLE && !strcmp(position, "AT_TIMESTAMP"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"Unsupported starting position for arn type: %s", source);
	return 0;
}

static int64_t read_integer(const struct json *object, const char *name, int64_t fallback)
{
	int64_t value;

	return json_integer(json_member(object, name), INT32_MIN, INT32_MAX, &value) ? value
										     : fallback;
}

static int check_batch(struct call *call, const struct json *settings)
{
	if (read_integer(settings, "BatchSize", 1) <= QUEUE_BATCH_WITHOUT_WINDOW ||
		read_integer(settings, "MaximumBatchingWindowInSeconds", 0) > 0)
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"Maximum batch window in seconds must be greater than 0 if maximum batch size is "
		"greater than %d",
		QUEUE_BATCH_WITHOUT_WINDOW);
}

static int check_pollers(struct call *call, enum source_kind kind, const struct json *settings)
{
	const struct json *pollers = json_member(settings, "ProvisionedPollerConfig");
	int64_t lowest = kind == SOURCE_QUEUE ? QUEUE_POLLERS_MINIMUM : 1;
	int64_t minimum = read_integer(pollers, "MinimumPollers", lowest);
	int64_t maximum = read_integer(pollers, "MaximumPollers", POLLERS_MINIMUM_MAX);

	if (!pollers || (minimum >= lowest && minimum <= POLLERS_MINIMUM_MAX &&
				maximum >= minimum && maximum <= POLLERS_MAX))
		return 0;
	return call_fail(call, FAILURE_INVALID_PARAMETER,
		"MinimumPollers should be between [%lld, %d] and MaximumPollers should be between "
		"[MinimumPollers, %d]",
		(long long)lowest, POLLERS_MINIMUM_MAX, POLLERS_MAX);
}

static int check_filters(struct call *call, const struct json *settings)
{
	const struct json *filters =
		json_member(json_member(settings, "FilterCriteria"), "Filters");

	for (const struct json *filter = json_first(filters); filter; filter = json_next(filter)) {
		if (!filter_pattern_is_valid(json_member_string(filter, "Pattern", "")))
			return call_fail(call, FAILURE_INVALID_PARAMETER,
				"Invalid filter pattern definition.");
	}
	return 0;
}

/* --- making, showing --- */

/* These are unset by an empty object, or by one whose only list is empty. */
static void drop_emptied(struct json *settings)
{
	static const struct {
		const char *name, *list;
	} emptied[] = {{"FilterCriteria", "Filters"}, {"MetricsConfig", "Metrics"},
		{"ScalingConfig", NULL}, {"ProvisionedPollerConfig", NULL},
		{"LoggingConfig", NULL}};

	for (size_t i = 0; i < array_count(emptied); i++) {
		const struct json *value = json_member(settings, emptied[i].name);

		if (value &&
			!json_count(emptied[i].list ? json_member(value, emptied[i].list) : value))
			json_remove(settings, emptied[i].name);
	}
}

int mapping_settings_build(
	struct call *call, const char *source, const char *before, struct buffer *out)
{
	cleanup(json_free_pointer) struct json *settings = NULL;
	enum source_kind kind = find_kind(source);
	int error = before ? 0 : check_source(call, kind, source);

	if (error)
		return error;
	settings = attachment_merge(call, before ? before : defaults_of(kind), members);
	if (!settings)
		return -ENOMEM;
	drop_emptied(settings);
	if (kind == SOURCE_QUEUE)
		error = check_batch(call, settings);
	if (!error)
		error = check_pollers(call, kind, settings);
	if (!error)
		error = check_filters(call, settings);
	return error ? error : json_print(settings, out);
}

int mapping_settings_append(struct buffer *out, const char *settings)
{
	cleanup(json_free_pointer) struct json *shown =
		json_parse(settings, strlen(settings), NULL);
	int error = shown ? buffer_append_string(out, ",\"FilterCriteriaError\":null") : -ENOMEM;

	for (size_t i = 0; members[i] && !error; i++) {
		const struct json *value = json_member(shown, members[i]);

		error = buffer_appendf(out, ",\"%s\":", members[i]);
		if (!error)
			error = value ? json_print(value, out) : buffer_append_string(out, "null");
	}
	return error;
}
