/* SPDX-License-Identifier: MIT */
#include "backend/local/model/members.h"

#define TEXT(...)                                                                                  \
	{                                                                                          \
		.kind = SHAPE_STRING, __VA_ARGS__                                                  \
	}
#define INTEGER(...)                                                                               \
	{                                                                                          \
		.kind = SHAPE_INTEGER, __VA_ARGS__                                                 \
	}
#define ONE_OF(...)                                                                                \
	{                                                                                          \
		.kind = SHAPE_STRING, .values = (const char *const[])                              \
		{                                                                                  \
			__VA_ARGS__, NULL                                                          \
		}                                                                                  \
	}
#define STRUCTURE(list)                                                                            \
	{                                                                                          \
		.kind = SHAPE_STRUCTURE, .members = (list)                                         \
	}
#define LIST(...)                                                                                  \
	{                                                                                          \
		.kind = SHAPE_LIST, .element = __VA_ARGS__                                         \
	}

const struct member members_qualified[] = {QUERY_QUALIFIER, LABEL_NAMESPACED, {NULL}};
const struct member members_namespaced[] = {LABEL_NAMESPACED, {NULL}};
const struct member members_function[] = {LABEL_FUNCTION, {NULL}};

/* --- tags --- */

static const struct shape resource = TEXT(LENGTH(1, 10000),
	.pattern = "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:("
		   "[a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:"
		   "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|"
		   "capacity-provider:[a-zA-Z0-9-_]+)");
static const struct shape tag_key =
	TEXT(LENGTH(1, 128), .pattern = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)");
static const struct shape tag_keys = LIST(&tag_key);
#define LABEL_RESOURCE                                                                             \
	{                                                                                          \
		"Resource", &resource, IN_LABEL, true                                              \
	}
const struct member members_list_tags[] = {LABEL_RESOURCE, {NULL}};
const struct member members_tag_resource[] = {
	LABEL_RESOURCE, {"Tags", &shape_tags, .required = true}, {NULL}};
const struct member members_untag_resource[] = {
	LABEL_RESOURCE, {"TagKeys", &tag_keys, IN_QUERY, true, "tagKeys"}, {NULL}};

/* --- concurrency --- */

static const struct shape from_zero = INTEGER(AT_LEAST(0));
static const struct shape from_one = INTEGER(AT_LEAST(1));
static const struct shape provisioned_qualifier =
	TEXT(LENGTH(1, 128), .pattern = "|[a-zA-Z0-9$_-]+");
#define QUERY_PROVISIONED                                                                          \
	{                                                                                          \
		"Qualifier", &provisioned_qualifier, IN_QUERY, true                                \
	}
const struct member members_put_concurrency[] = {
	LABEL_FUNCTION, {"ReservedConcurrentExecutions", &from_zero, .required = true}, {NULL}};
const struct member members_provisioned[] = {LABEL_FUNCTION, QUERY_PROVISIONED, {NULL}};
const struct member members_put_provisioned[] = {LABEL_FUNCTION, QUERY_PROVISIONED,
	{"ProvisionedConcurrentExecutions", &from_one, .required = true}, {NULL}};
const struct member members_list_provisioned[] = {
	LABEL_FUNCTION, QUERY_PAGE_OF(&shape_max_items_50), {NULL}};

/* --- asynchronous invocations --- */

static const struct shape retries = INTEGER(RANGE(0, 2));
static const struct shape event_age = INTEGER(RANGE(60, 21600));
static const struct shape destination_arn = TEXT(LENGTH(0, 350),
	.pattern = "$|kafka://"
		   "([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:"
		   "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)");
static const struct member destination_members[] = {{"Destination", &destination_arn}, {NULL}};
static const struct shape destination = STRUCTURE(destination_members);
static const struct member destinations_members[] = {
	{"OnSuccess", &destination}, {"OnFailure", &destination}, {NULL}};
static const struct shape destinations = STRUCTURE(destinations_members);
const struct member members_event_invoke[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"MaximumRetryAttempts", &retries}, {"MaximumEventAgeInSeconds", &event_age},
	{"DestinationConfig", &destinations}, {NULL}};
const struct member members_list_event_invoke[] = {
	LABEL_NAMESPACED, QUERY_PAGE_OF(&shape_max_items_50), {NULL}};

/* --- function URLs --- */

static const struct shape auth_type = ONE_OF("AWS_IAM", "NONE");
static const struct shape invoke_mode = ONE_OF("RESPONSE_STREAM", "BUFFERED");
static const struct shape url_qualifier =
	TEXT(LENGTH(1, 128), .pattern = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)");
static const struct shape cors_header = TEXT(LENGTH(0, 1024), .pattern = ".*");
static const struct shape cors_headers = LIST(&cors_header, LENGTH(0, 100));
static const struct shape cors_method = TEXT(LENGTH(0, 6), .pattern = ".*");
static const struct shape cors_methods = LIST(&cors_method, LENGTH(0, 6));
static const struct shape cors_origin = TEXT(LENGTH(1, 253), .pattern = ".*");
static const struct shape cors_origins = LIST(&cors_origin, LENGTH(0, 100));
static const struct shape cors_age = INTEGER(RANGE(0, 86400));
static const struct member cors_members[] = {{"AllowCredentials", &shape_boolean},
	{"AllowHeaders", &cors_headers}, {"AllowMethods", &cors_methods},
	{"AllowOrigins", &cors_origins}, {"ExposeHeaders", &cors_headers}, {"MaxAge", &cors_age},
	{NULL}};
static const struct shape cors = STRUCTURE(cors_members);
#define LABEL_URL_FUNCTION                                                                         \
	{                                                                                          \
		"FunctionName", &shape_url_function_name, IN_LABEL, true                           \
	}
#define QUERY_URL_QUALIFIER                                                                        \
	{                                                                                          \
		"Qualifier", &url_qualifier, IN_QUERY                                              \
	}
const struct member members_url[] = {LABEL_URL_FUNCTION, QUERY_URL_QUALIFIER, {NULL}};
const struct member members_create_url[] = {LABEL_URL_FUNCTION, QUERY_URL_QUALIFIER,
	{"AuthType", &auth_type, .required = true}, {"Cors", &cors}, {"InvokeMode", &invoke_mode},
	{NULL}};
const struct member members_update_url[] = {LABEL_URL_FUNCTION, QUERY_URL_QUALIFIER,
	{"AuthType", &auth_type}, {"Cors", &cors}, {"InvokeMode", &invoke_mode}, {NULL}};
const struct member members_list_urls[] = {
	LABEL_URL_FUNCTION, QUERY_PAGE_OF(&shape_max_items_50), {NULL}};

/* --- event source mappings --- */

static const struct shape uuid = TEXT(LENGTH(36, 36),
	.pattern = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
static const struct shape batch_size = INTEGER(RANGE(1, 10000));
static const struct shape batching_window = INTEGER(RANGE(0, 300));
static const struct shape parallelization = INTEGER(RANGE(1, 10));
static const struct shape starting_position = ONE_OF("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON");
static const struct shape record_age = INTEGER(RANGE(-1, 604800));
static const struct shape mapping_retries = INTEGER(RANGE(-1, 10000));
static const struct shape tumbling_window = INTEGER(RANGE(0, 900));
static const struct shape filter_pattern = TEXT(LENGTH(0, 4096), .pattern = ".*");
static const struct member filter_members[] = {{"Pattern", &filter_pattern}, {NULL}};
static const struct shape filter = STRUCTURE(filter_members);
static const struct shape filters = LIST(&filter);
static const struct member criteria_members[] = {{"Filters", &filters}, {NULL}};
static const struct shape criteria = STRUCTURE(criteria_members);
static const struct shape maximum_concurrency = INTEGER(RANGE(2, 1000));
static const struct member scaling_members[] = {
	{"MaximumConcurrency", &maximum_concurrency}, {NULL}};
static const struct shape scaling = STRUCTURE(scaling_members);
static const struct shape metric = ONE_OF("EventCount", "ErrorCount", "KafkaMetrics");
static const struct shape metrics_list = LIST(&metric, LENGTH(0, 3));
static const struct member metrics_members[] = {{"Metrics", &metrics_list}, {NULL}};
static const struct shape metrics = STRUCTURE(metrics_members);
static const struct shape level = ONE_OF("DEBUG", "INFO", "WARN");
static const struct member mapping_logging_members[] = {{"SystemLogLevel", &level}, {NULL}};
static const struct shape mapping_logging = STRUCTURE(mapping_logging_members);
static const struct shape topic = TEXT(LENGTH(1, 249), .pattern = "[^.]([a-zA-Z0-9\\-_.]+)");
static const struct shape topics = LIST(&topic, LENGTH(1, 1));
static const struct shape queue = TEXT(LENGTH(1, 1000), .pattern = "[\\s\\S]*");
static const struct shape queues = LIST(&queue, LENGTH(1, 1));
static const struct shape response_type = ONE_OF("ReportBatchItemFailures");
static const struct shape response_types = LIST(&response_type, LENGTH(0, 1));
static const struct shape access_type = ONE_OF("BASIC_AUTH", "VPC_SUBNET", "VPC_SECURITY_GROUP",
	"SASL_SCRAM_512_AUTH", "SASL_SCRAM_256_AUTH", "VIRTUAL_HOST", "CLIENT_CERTIFICATE_TLS_AUTH",
	"SERVER_ROOT_CA_CERTIFICATE", "IAM_AUTH", "IAM_OAUTHBEARER_AUTH", "OAUTHBEARER_AUTH",
	"OAUTHBEARER_AUDIENCE", "OAUTHBEARER_IDENTITY_POOL", "OAUTHBEARER_LOGICAL_CLUSTER",
	"OAUTHBEARER_SCOPE");
static const struct shape access_uri = TEXT(LENGTH(1, 200), .pattern = "[a-zA-Z0-9-\\/*:_+=.@-]*");
static const struct member access_members[] = {
	{"Type", &access_type}, {"URI", &access_uri}, {NULL}};
static const struct shape access_entry = STRUCTURE(access_members);
static const struct shape access_list = LIST(&access_entry, LENGTH(0, 22));
static const struct shape pollers_low = INTEGER(RANGE(1, 200));
static const struct shape pollers_high = INTEGER(RANGE(1, 10000));
static const struct shape poller_group = TEXT(LENGTH(0, 128), .pattern = "[a-zA-Z0-9-_]*");
static const struct member poller_members[] = {{"MinimumPollers", &pollers_low},
	{"MaximumPollers", &pollers_high}, {"PollerGroupName", &poller_group}, {NULL}};
static const struct shape pollers = STRUCTURE(poller_members);
static const struct shape full_document = ONE_OF("UpdateLookup", "Default");
static const struct shape database = TEXT(LENGTH(1, 63), .pattern = "[^ /\\.$\\x22]*");
static const struct shape collection =
	TEXT(LENGTH(1, 57), .pattern = "(^(?!(system\\x2e)))(^[_a-zA-Z0-9])([^$]*)");
static const struct member document_members[] = {{"DatabaseName", &database},
	{"CollectionName", &collection}, {"FullDocument", &full_document}, {NULL}};
static const struct shape document = STRUCTURE(document_members);
static const struct shape broker = TEXT(LENGTH(1, 300),
	.pattern = "(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]*[a-zA-Z0-9])\\.)*"
		   "([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\\-]*[A-Za-z0-9]):[0-9]{1,5}");
static const struct shape brokers = LIST(&broker, LENGTH(1, 10));
static const struct shape broker_kind = ONE_OF("KAFKA_BOOTSTRAP_SERVERS");
static const struct shape endpoints = {
	.kind = SHAPE_MAP, LENGTH(1, 2), .key = &broker_kind, .element = &brokers};
static const struct member self_managed_members[] = {{"Endpoints", &endpoints}, {NULL}};
static const struct shape self_managed = STRUCTURE(self_managed_members);

static const struct shape registry_uri =
	TEXT(LENGTH(1, 10000), .pattern = "[a-zA-Z0-9-\\/*:_+=.@-]*");
static const struct shape record_format = ONE_OF("JSON", "SOURCE");
static const struct shape registry_access = ONE_OF("BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH",
	"SERVER_ROOT_CA_CERTIFICATE", "OAUTHBEARER_AUTH");
static const struct member registry_access_members[] = {
	{"Type", &registry_access}, {"URI", &shape_arn}, {NULL}};
static const struct shape registry_access_entry = STRUCTURE(registry_access_members);
static const struct shape registry_access_list = LIST(&registry_access_entry);
static const struct shape attribute = ONE_OF("KEY", "VALUE");
static const struct member validation_members[] = {{"Attribute", &attribute}, {NULL}};
static const struct shape validation_entry = STRUCTURE(validation_members);
static const struct shape validation_list = LIST(&validation_entry);
static const struct member registry_members[] = {{"SchemaRegistryURI", &registry_uri},
	{"EventRecordFormat", &record_format}, {"AccessConfigs", &registry_access_list},
	{"SchemaValidationConfigs", &validation_list}, {NULL}};
static const struct shape registry = STRUCTURE(registry_members);
static const struct member managed_kafka_members[] = {
	{"ConsumerGroupId", &access_uri}, {"SchemaRegistryConfig", &registry}, {NULL}};
static const struct shape managed_kafka = STRUCTURE(managed_kafka_members);
static const struct shape consumption = ONE_OF("Queue", "Stream");
static const struct member own_kafka_members[] = {{"ConsumerGroupId", &access_uri},
	{"SchemaRegistryConfig", &registry}, {"ConsumptionMode", &consumption}, {NULL}};
static const struct shape own_kafka = STRUCTURE(own_kafka_members);

#define MAPPING_SETTINGS                                                                           \
	{"Enabled", &shape_boolean}, {"BatchSize", &batch_size}, {"FilterCriteria", &criteria},    \
		{"KMSKeyArn", &shape_kms_key_arn}, {"MetricsConfig", &metrics},                    \
		{"LoggingConfig", &mapping_logging}, {"ScalingConfig", &scaling},                  \
		{"MaximumBatchingWindowInSeconds", &batching_window},                              \
		{"ParallelizationFactor", &parallelization}, {"DestinationConfig", &destinations}, \
		{"MaximumRecordAgeInSeconds", &record_age},                                        \
		{"BisectBatchOnFunctionError", &shape_boolean},                                    \
		{"MaximumRetryAttempts", &mapping_retries},                                        \
		{"TumblingWindowInSeconds", &tumbling_window},                                     \
		{"SourceAccessConfigurations", &access_list},                                      \
		{"FunctionResponseTypes", &response_types},                                        \
		{"AmazonManagedKafkaEventSourceConfig", &managed_kafka},                           \
		{"SelfManagedKafkaEventSourceConfig", &own_kafka},                                 \
		{"DocumentDBEventSourceConfig", &document},                                        \
	{                                                                                          \
		"ProvisionedPollerConfig", &pollers                                                \
	}

const struct member members_mapping[] = {{"UUID", &uuid, IN_LABEL, true}, {NULL}};
const struct member members_create_mapping[] = {{"EventSourceArn", &shape_arn},
	{"FunctionName", &shape_namespaced_function_name, .required = true}, MAPPING_SETTINGS,
	{"StartingPosition", &starting_position}, {"StartingPositionTimestamp", &shape_timestamp},
	{"Tags", &shape_tags}, {"Topics", &topics}, {"Queues", &queues},
	{"SelfManagedEventSource", &self_managed}, {NULL}};
const struct member members_update_mapping[] = {{"UUID", &uuid, IN_LABEL, true},
	{"FunctionName", &shape_namespaced_function_name}, MAPPING_SETTINGS, {NULL}};
const struct member members_list_mappings[] = {{"EventSourceArn", &shape_arn, IN_QUERY},
	{"FunctionName", &shape_namespaced_function_name, IN_QUERY}, QUERY_PAGE, {NULL}};

/* --- invoking --- */

static const struct shape invocation_type = ONE_OF("Event", "RequestResponse", "DryRun");
static const struct shape log_type = ONE_OF("None", "Tail");
const struct member members_invoke[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"InvocationType", &invocation_type, IN_HEADER, .wire_name = "X-Amz-Invocation-Type"},
	{"LogType", &log_type, IN_HEADER, .wire_name = "X-Amz-Log-Type"},
	{"ClientContext", &shape_text, IN_HEADER, .wire_name = "X-Amz-Client-Context"},
	{"DurableExecutionName", &shape_execution_name, IN_HEADER,
		.wire_name = "X-Amz-Durable-Execution-Name"},
	{"TenantId", &shape_tenant, IN_HEADER, .wire_name = "X-Amz-Tenant-Id"}, {NULL}};
static const struct shape stream_type = ONE_OF("RequestResponse", "DryRun");
const struct member members_invoke_stream[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"InvocationType", &stream_type, IN_HEADER, .wire_name = "X-Amz-Invocation-Type"},
	{"LogType", &log_type, IN_HEADER, .wire_name = "X-Amz-Log-Type"},
	{"ClientContext", &shape_text, IN_HEADER, .wire_name = "X-Amz-Client-Context"},
	{"TenantId", &shape_tenant, IN_HEADER, .wire_name = "X-Amz-Tenant-Id"}, {NULL}};

/* --- recursion, runtimes, code signing --- */

static const struct shape recursive_loop = ONE_OF("Terminate", "Allow");
#define LABEL_UNQUALIFIED                                                                          \
	{                                                                                          \
		"FunctionName", &shape_unqualified_function_name, IN_LABEL, true                   \
	}
const struct member members_recursion[] = {LABEL_UNQUALIFIED, {NULL}};
const struct member members_put_recursion[] = {
	LABEL_UNQUALIFIED, {"RecursiveLoop", &recursive_loop, .required = true}, {NULL}};
static const struct shape update_runtime = ONE_OF("Auto", "Manual", "FunctionUpdate");
static const struct shape runtime_version_arn = TEXT(LENGTH(26, 2048),
	.pattern = "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}::runtime:.+");
const struct member members_put_runtime_management[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"UpdateRuntimeOn", &update_runtime, .required = true},
	{"RuntimeVersionArn", &runtime_version_arn}, {NULL}};
const struct member members_put_code_signing[] = {LABEL_NAMESPACED,
	{"CodeSigningConfigArn", &shape_signing_config_arn, .required = true}, {NULL}};
