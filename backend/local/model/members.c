/* SPDX-License-Identifier: MIT */
#include "backend/local/model/members.h"

const struct member members_qualified[] = {QUERY_QUALIFIER, LABEL_NAMESPACED, {NULL}};
const struct member members_namespaced[] = {LABEL_NAMESPACED, {NULL}};
const struct member members_function[] = {LABEL_FUNCTION, {NULL}};

/* --- tags --- */

static const struct shape resource = STRING_SHAPE(LENGTH(1, 10000),
	.pattern = "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}:\\d{12}:(function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|layer:("
		   "[a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:"
		   "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|"
		   "capacity-provider:[a-zA-Z0-9-_]+)");
static const struct shape tag_keys = LIST_SHAPE(&shape_tag_key);
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

static const struct shape from_zero = INTEGER_SHAPE(AT_LEAST(0));
static const struct shape from_one = INTEGER_SHAPE(AT_LEAST(1));
static const struct shape provisioned_qualifier =
	STRING_SHAPE(LENGTH(1, 128), .pattern = "|[a-zA-Z0-9$_-]+");
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

static const struct shape retries = INTEGER_SHAPE(RANGE(0, 2));
static const struct shape event_age = INTEGER_SHAPE(RANGE(60, 21600));
static const struct shape destination_arn = STRING_SHAPE(LENGTH(0, 350),
	.pattern = "$|kafka://"
		   "([^.]([a-zA-Z0-9\\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:"
		   "((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)");
static const struct member destination_members[] = {{"Destination", &destination_arn}, {NULL}};
static const struct shape destination = STRUCTURE_SHAPE(destination_members);
static const struct member destinations_members[] = {
	{"OnSuccess", &destination}, {"OnFailure", &destination}, {NULL}};
static const struct shape destinations = STRUCTURE_SHAPE(destinations_members);
const struct member members_event_invoke[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"MaximumRetryAttempts", &retries}, {"MaximumEventAgeInSeconds", &event_age},
	{"DestinationConfig", &destinations}, {NULL}};
const struct member members_list_event_invoke[] = {
	LABEL_NAMESPACED, QUERY_PAGE_OF(&shape_max_items_50), {NULL}};

/* --- function URLs --- */

static const struct shape auth_type = ENUM_SHAPE("AWS_IAM", "NONE");
static const struct shape invoke_mode = ENUM_SHAPE("RESPONSE_STREAM", "BUFFERED");
static const struct shape url_qualifier =
	STRING_SHAPE(LENGTH(1, 128), .pattern = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)");
static const struct shape cors_header = STRING_SHAPE(LENGTH(0, 1024), .pattern = ".*");
static const struct shape cors_headers = LIST_SHAPE(&cors_header, LENGTH(0, 100));
static const struct shape cors_method = STRING_SHAPE(LENGTH(0, 6), .pattern = ".*");
static const struct shape cors_methods = LIST_SHAPE(&cors_method, LENGTH(0, 6));
static const struct shape cors_origin = STRING_SHAPE(LENGTH(1, 253), .pattern = ".*");
static const struct shape cors_origins = LIST_SHAPE(&cors_origin, LENGTH(0, 100));
static const struct shape cors_age = INTEGER_SHAPE(RANGE(0, 86400));
static const struct member cors_members[] = {{"AllowCredentials", &shape_boolean},
	{"AllowHeaders", &cors_headers}, {"AllowMethods", &cors_methods},
	{"AllowOrigins", &cors_origins}, {"ExposeHeaders", &cors_headers}, {"MaxAge", &cors_age},
	{NULL}};
static const struct shape cors = STRUCTURE_SHAPE(cors_members);
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

static const struct shape uuid = STRING_SHAPE(LENGTH(36, 36),
	.pattern = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
static const struct shape batch_size = INTEGER_SHAPE(RANGE(1, 10000));
static const struct shape batching_window = INTEGER_SHAPE(RANGE(0, 300));
static const struct shape parallelization = INTEGER_SHAPE(RANGE(1, 10));
static const struct shape starting_position = ENUM_SHAPE("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON");
static const struct shape record_age = INTEGER_SHAPE(RANGE(-1, 604800));
static const struct shape mapping_retries = INTEGER_SHAPE(RANGE(-1, 10000));
static const struct shape tumbling_window = INTEGER_SHAPE(RANGE(0, 900));
static const struct shape filter_pattern = STRING_SHAPE(LENGTH(0, 4096), .pattern = ".*");
static const struct member filter_members[] = {{"Pattern", &filter_pattern}, {NULL}};
static const struct shape filter = STRUCTURE_SHAPE(filter_members);
static const struct shape filters = LIST_SHAPE(&filter);
static const struct member criteria_members[] = {{"Filters", &filters}, {NULL}};
static const struct shape criteria = STRUCTURE_SHAPE(criteria_members);
static const struct shape maximum_concurrency = INTEGER_SHAPE(RANGE(2, 1000));
static const struct member scaling_members[] = {
	{"MaximumConcurrency", &maximum_concurrency}, {NULL}};
static const struct shape scaling = STRUCTURE_SHAPE(scaling_members);
static const struct shape metric = ENUM_SHAPE("EventCount", "ErrorCount", "KafkaMetrics");
static const struct shape metrics_list = LIST_SHAPE(&metric, LENGTH(0, 3));
static const struct member metrics_members[] = {{"Metrics", &metrics_list}, {NULL}};
static const struct shape metrics = STRUCTURE_SHAPE(metrics_members);
static const struct shape level = ENUM_SHAPE("DEBUG", "INFO", "WARN");
static const struct member mapping_logging_members[] = {{"SystemLogLevel", &level}, {NULL}};
static const struct shape mapping_logging = STRUCTURE_SHAPE(mapping_logging_members);
static const struct shape topic =
	STRING_SHAPE(LENGTH(1, 249), .pattern = "[^.]([a-zA-Z0-9\\-_.]+)");
static const struct shape topics = LIST_SHAPE(&topic, LENGTH(1, 1));
static const struct shape queue = STRING_SHAPE(LENGTH(1, 1000), .pattern = "[\\s\\S]*");
static const struct shape queues = LIST_SHAPE(&queue, LENGTH(1, 1));
static const struct shape response_type = ENUM_SHAPE("ReportBatchItemFailures");
static const struct shape response_types = LIST_SHAPE(&response_type, LENGTH(0, 1));
static const struct shape access_type = ENUM_SHAPE("BASIC_AUTH", "VPC_SUBNET", "VPC_SECURITY_GROUP",
	"SASL_SCRAM_512_AUTH", "SASL_SCRAM_256_AUTH", "VIRTUAL_HOST", "CLIENT_CERTIFICATE_TLS_AUTH",
	"SERVER_ROOT_CA_CERTIFICATE", "IAM_AUTH", "IAM_OAUTHBEARER_AUTH", "OAUTHBEARER_AUTH",
	"OAUTHBEARER_AUDIENCE", "OAUTHBEARER_IDENTITY_POOL", "OAUTHBEARER_LOGICAL_CLUSTER",
	"OAUTHBEARER_SCOPE");
static const struct shape access_uri =
	STRING_SHAPE(LENGTH(1, 200), .pattern = "[a-zA-Z0-9-\\/*:_+=.@-]*");
static const struct member access_members[] = {
	{"Type", &access_type}, {"URI", &access_uri}, {NULL}};
static const struct shape access_entry = STRUCTURE_SHAPE(access_members);
static const struct shape access_list = LIST_SHAPE(&access_entry, LENGTH(0, 22));
static const struct shape pollers_low = INTEGER_SHAPE(RANGE(1, 200));
static const struct shape pollers_high = INTEGER_SHAPE(RANGE(1, 10000));
static const struct shape poller_group = STRING_SHAPE(LENGTH(0, 128), .pattern = "[a-zA-Z0-9-_]*");
static const struct member poller_members[] = {{"MinimumPollers", &pollers_low},
	{"MaximumPollers", &pollers_high}, {"PollerGroupName", &poller_group}, {NULL}};
static const struct shape pollers = STRUCTURE_SHAPE(poller_members);
static const struct shape full_document = ENUM_SHAPE("UpdateLookup", "Default");
static const struct shape database = STRING_SHAPE(LENGTH(1, 63), .pattern = "[^ /\\.$\\x22]*");
static const struct shape collection =
	STRING_SHAPE(LENGTH(1, 57), .pattern = "(^(?!(system\\x2e)))(^[_a-zA-Z0-9])([^$]*)");
static const struct member document_members[] = {{"DatabaseName", &database},
	{"CollectionName", &collection}, {"FullDocument", &full_document}, {NULL}};
static const struct shape document = STRUCTURE_SHAPE(document_members);
static const struct shape broker = STRING_SHAPE(LENGTH(1, 300),
	.pattern = "(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]*[a-zA-Z0-9])\\.)*"
		   "([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\\-]*[A-Za-z0-9]):[0-9]{1,5}");
static const struct shape brokers = LIST_SHAPE(&broker, LENGTH(1, 10));
static const struct shape broker_kind = ENUM_SHAPE("KAFKA_BOOTSTRAP_SERVERS");
static const struct shape endpoints = {
	.kind = SHAPE_MAP, LENGTH(1, 2), .key = &broker_kind, .element = &brokers};
static const struct member self_managed_members[] = {{"Endpoints", &endpoints}, {NULL}};
static const struct shape self_managed = STRUCTURE_SHAPE(self_managed_members);

static const struct shape registry_uri =
	STRING_SHAPE(LENGTH(1, 10000), .pattern = "[a-zA-Z0-9-\\/*:_+=.@-]*");
static const struct shape record_format = ENUM_SHAPE("JSON", "SOURCE");
static const struct shape registry_access = ENUM_SHAPE("BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH",
	"SERVER_ROOT_CA_CERTIFICATE", "OAUTHBEARER_AUTH");
static const struct member registry_access_members[] = {
	{"Type", &registry_access}, {"URI", &shape_arn}, {NULL}};
static const struct shape registry_access_entry = STRUCTURE_SHAPE(registry_access_members);
static const struct shape registry_access_list = LIST_SHAPE(&registry_access_entry);
static const struct shape attribute = ENUM_SHAPE("KEY", "VALUE");
static const struct member validation_members[] = {{"Attribute", &attribute}, {NULL}};
static const struct shape validation_entry = STRUCTURE_SHAPE(validation_members);
static const struct shape validation_list = LIST_SHAPE(&validation_entry);
static const struct member registry_members[] = {{"SchemaRegistryURI", &registry_uri},
	{"EventRecordFormat", &record_format}, {"AccessConfigs", &registry_access_list},
	{"SchemaValidationConfigs", &validation_list}, {NULL}};
static const struct shape registry = STRUCTURE_SHAPE(registry_members);
static const struct member managed_kafka_members[] = {
	{"ConsumerGroupId", &access_uri}, {"SchemaRegistryConfig", &registry}, {NULL}};
static const struct shape managed_kafka = STRUCTURE_SHAPE(managed_kafka_members);
static const struct shape consumption = ENUM_SHAPE("Queue", "Stream");
static const struct member own_kafka_members[] = {{"ConsumerGroupId", &access_uri},
	{"SchemaRegistryConfig", &registry}, {"ConsumptionMode", &consumption}, {NULL}};
static const struct shape own_kafka = STRUCTURE_SHAPE(own_kafka_members);

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

static const struct shape invocation_type = ENUM_SHAPE("Event", "RequestResponse", "DryRun");
static const struct shape log_type = ENUM_SHAPE("None", "Tail");
const struct member members_invoke[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"InvocationType", &invocation_type, IN_HEADER, .wire_name = "X-Amz-Invocation-Type"},
	{"LogType", &log_type, IN_HEADER, .wire_name = "X-Amz-Log-Type"},
	{"ClientContext", &shape_text, IN_HEADER, .wire_name = "X-Amz-Client-Context"},
	{"DurableExecutionName", &shape_execution_name, IN_HEADER,
		.wire_name = "X-Amz-Durable-Execution-Name"},
	{"TenantId", &shape_tenant, IN_HEADER, .wire_name = "X-Amz-Tenant-Id"}, {NULL}};
static const struct shape stream_type = ENUM_SHAPE("RequestResponse", "DryRun");
const struct member members_invoke_stream[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"InvocationType", &stream_type, IN_HEADER, .wire_name = "X-Amz-Invocation-Type"},
	{"LogType", &log_type, IN_HEADER, .wire_name = "X-Amz-Log-Type"},
	{"ClientContext", &shape_text, IN_HEADER, .wire_name = "X-Amz-Client-Context"},
	{"TenantId", &shape_tenant, IN_HEADER, .wire_name = "X-Amz-Tenant-Id"}, {NULL}};

/* --- recursion, runtimes, code signing --- */

static const struct shape recursive_loop = ENUM_SHAPE("Terminate", "Allow");
#define LABEL_UNQUALIFIED                                                                          \
	{                                                                                          \
		"FunctionName", &shape_unqualified_function_name, IN_LABEL, true                   \
	}
const struct member members_recursion[] = {LABEL_UNQUALIFIED, {NULL}};
const struct member members_put_recursion[] = {
	LABEL_UNQUALIFIED, {"RecursiveLoop", &recursive_loop, .required = true}, {NULL}};
static const struct shape update_runtime = ENUM_SHAPE("Auto", "Manual", "FunctionUpdate");
static const struct shape runtime_version_arn = STRING_SHAPE(LENGTH(26, 2048),
	.pattern = "arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}::runtime:.+");
const struct member members_put_runtime_management[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"UpdateRuntimeOn", &update_runtime, .required = true},
	{"RuntimeVersionArn", &runtime_version_arn}, {NULL}};
const struct member members_put_code_signing[] = {LABEL_NAMESPACED,
	{"CodeSigningConfigArn", &shape_signing_config_arn, .required = true}, {NULL}};
