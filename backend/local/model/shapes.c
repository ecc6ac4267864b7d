/* SPDX-License-Identifier: MIT */
#include "backend/local/model/shapes.h"

/* The pieces that AWS's patterns of function names share. */
#define REGION_PATTERN "(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}"
#define NAME_PREFIX "(arn:(aws[a-zA-Z-]*)?:lambda:)?(" REGION_PATTERN ":)?(\\d{12}:)?(function:)?"

const struct shape shape_function_name = STRING_SHAPE(
	LENGTH(1, 140), .pattern = NAME_PREFIX "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?");
const struct shape shape_namespaced_function_name = STRING_SHAPE(LENGTH(1, 256),
	.pattern = NAME_PREFIX "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?");
const struct shape shape_unqualified_function_name =
	STRING_SHAPE(LENGTH(1, 140), .pattern = NAME_PREFIX "([a-zA-Z0-9-_]+)");
const struct shape shape_url_function_name = STRING_SHAPE(LENGTH(1, 140),
	.pattern = NAME_PREFIX "([a-zA-Z0-9-_]{1,64})(:((?!\\d+$)[0-9a-zA-Z-_]+))?");
const struct shape shape_alias =
	STRING_SHAPE(LENGTH(1, 128), .pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)");
const struct shape shape_version =
	STRING_SHAPE(LENGTH(1, 1024), .pattern = "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)");
const struct shape shape_qualifier =
	STRING_SHAPE(LENGTH(1, 128), .pattern = "\\$(LATEST(\\.PUBLISHED)?)|[a-zA-Z0-9-_$]+");

const struct shape shape_text = {.kind = SHAPE_STRING};
const struct shape shape_description = STRING_SHAPE(LENGTH(0, 256));
const struct shape shape_boolean = {.kind = SHAPE_BOOLEAN};
const struct shape shape_blob = {.kind = SHAPE_BLOB};
const struct shape shape_timestamp = {.kind = SHAPE_TIMESTAMP};
const struct shape shape_integer = {.kind = SHAPE_INTEGER};
const struct shape shape_max_items = {.kind = SHAPE_INTEGER, RANGE(1, 10000)};
const struct shape shape_max_items_50 = {.kind = SHAPE_INTEGER, RANGE(1, 50)};

static const struct shape additional_version = STRING_SHAPE(LENGTH(1, 1024), .pattern = "[0-9]+");
static const struct shape weight = {.kind = SHAPE_DOUBLE, RANGE(0, 1)};
static const struct shape weights = {
	.kind = SHAPE_MAP, .key = &additional_version, .element = &weight};
static const struct member routing_members[] = {{"AdditionalVersionWeights", &weights}, {NULL}};
const struct shape shape_routing = STRUCTURE_SHAPE(routing_members);

const struct shape shape_statement_id = STRING_SHAPE(LENGTH(1, 100), .pattern = "([a-zA-Z0-9-_]+)");
const struct shape shape_namespaced_statement_id =
	STRING_SHAPE(LENGTH(1, 100), .pattern = "([a-zA-Z0-9-_.]+)");

const struct shape shape_tag_key =
	STRING_SHAPE(LENGTH(1, 128), .pattern = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)");
/* No pattern: recorded answers of AWS take values that the pattern of its later model excludes. */
static const struct shape tag_value = STRING_SHAPE(LENGTH(0, 256));
const struct shape shape_tags = {.kind = SHAPE_MAP, .key = &shape_tag_key, .element = &tag_value};
const struct shape shape_kms_key_arn =
	STRING_SHAPE(LENGTH(0, 10000), .pattern = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()");
const struct shape shape_arn = STRING_SHAPE(LENGTH(0, 10000),
	.pattern = "arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?"
		   ")))?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)");

const struct shape shape_role = STRING_SHAPE(LENGTH(0, 10000),
	.pattern = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+");
const struct shape shape_handler = STRING_SHAPE(LENGTH(0, 128), .pattern = "[^\\s]+");
const struct shape shape_timeout = {.kind = SHAPE_INTEGER, RANGE(1, 5400)};
const struct shape shape_memory_size = {.kind = SHAPE_INTEGER, RANGE(128, 32768)};
const struct shape shape_package_type = ENUM_SHAPE("Zip", "Image");
const struct shape shape_publish_to = ENUM_SHAPE("LATEST_PUBLISHED");
const struct shape shape_s3_bucket =
	STRING_SHAPE(LENGTH(3, 63), .pattern = "[0-9A-Za-z\\.\\-_]*(?<!\\.)");
const struct shape shape_s3_key = STRING_SHAPE(LENGTH(1, 1024));
const struct shape shape_storage_mode = ENUM_SHAPE("COPY", "REFERENCE");

static const struct member code_members[] = {
	{"ZipFile", &shape_blob},
	{"S3Bucket", &shape_s3_bucket},
	{"S3Key", &shape_s3_key},
	{"S3ObjectVersion", &shape_s3_key},
	{"S3ObjectStorageMode", &shape_storage_mode},
	{"ImageUri", &shape_text},
	{"SourceKMSKeyArn", &shape_kms_key_arn},
	{NULL},
};
const struct shape shape_code = STRUCTURE_SHAPE(code_members);

static const struct shape subnet = STRING_SHAPE(LENGTH(0, 1024), .pattern = "subnet-[0-9a-z]*");
static const struct shape subnets = {.kind = SHAPE_LIST, LENGTH(0, 16), .element = &subnet};
static const struct shape security_group =
	STRING_SHAPE(LENGTH(0, 1024), .pattern = "sg-[0-9a-zA-Z]*");
static const struct shape security_groups = {
	.kind = SHAPE_LIST, LENGTH(0, 5), .element = &security_group};
static const struct member vpc_members[] = {{"SubnetIds", &subnets},
	{"SecurityGroupIds", &security_groups}, {"Ipv6AllowedForDualStack", &shape_boolean},
	{NULL}};
const struct shape shape_vpc_config = STRUCTURE_SHAPE(vpc_members);

static const struct shape dead_letter_arn =
	STRING_SHAPE(LENGTH(0, 10000), .pattern = "(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()");
static const struct member dead_letter_members[] = {{"TargetArn", &dead_letter_arn}, {NULL}};
const struct shape shape_dead_letter = STRUCTURE_SHAPE(dead_letter_members);

static const struct shape variable_name = STRING_SHAPE(.pattern = "[a-zA-Z]([a-zA-Z0-9_])+");
static const struct shape variables = {
	.kind = SHAPE_MAP, .key = &variable_name, .element = &shape_text};
static const struct member environment_members[] = {{"Variables", &variables}, {NULL}};
const struct shape shape_environment = STRUCTURE_SHAPE(environment_members);

static const struct shape tracing_mode = ENUM_SHAPE("Active", "PassThrough");
static const struct member tracing_members[] = {{"Mode", &tracing_mode}, {NULL}};
const struct shape shape_tracing = STRUCTURE_SHAPE(tracing_members);

static const struct shape layer_arn =
	STRING_SHAPE(LENGTH(1, 2048), .pattern = PATTERN_LAYER_VERSION_ARN);
const struct shape shape_layers = {.kind = SHAPE_LIST, .element = &layer_arn};

static const struct shape file_system_arn = STRING_SHAPE(LENGTH(0, 200),
	.pattern = "arn:aws[a-zA-Z-]*:(elasticfilesystem|s3files):[a-z]{2}((-gov)|(-iso(b?)))?-"
		   "[a-z]+-\\d{1}:\\d{12}:.*");
static const struct shape mount_path =
	STRING_SHAPE(LENGTH(0, 160), .pattern = "/mnt/[a-zA-Z0-9-_.]+");
static const struct shape direct_read = ENUM_SHAPE("AUTO", "DISABLED", "ENABLED");
static const struct member s3_files_members[] = {{"DirectS3Read", &direct_read}, {NULL}};
static const struct shape s3_files = STRUCTURE_SHAPE(s3_files_members);
static const struct member file_system_members[] = {{"Arn", &file_system_arn, .required = true},
	{"LocalMountPath", &mount_path, .required = true}, {"S3FilesConfig", &s3_files}, {NULL}};
static const struct shape file_system = STRUCTURE_SHAPE(file_system_members);
const struct shape shape_file_systems = {.kind = SHAPE_LIST, LENGTH(0, 1), .element = &file_system};

const struct shape shape_signing_config_arn = STRING_SHAPE(LENGTH(0, 200),
	.pattern = "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}:\\d{12}:code-signing-config:csc-[a-z0-9]{17}");

static const struct shape word_list = {.kind = SHAPE_LIST,
	LENGTH(0, 1500),
	.element = &(const struct shape){.kind = SHAPE_STRING}};
static const struct shape working_directory = STRING_SHAPE(LENGTH(0, 1000));
static const struct member image_members[] = {{"EntryPoint", &word_list}, {"Command", &word_list},
	{"WorkingDirectory", &working_directory}, {NULL}};
const struct shape shape_image_config = STRUCTURE_SHAPE(image_members);

static const struct shape architecture = ENUM_SHAPE("x86_64", "arm64");
const struct shape shape_architectures = {
	.kind = SHAPE_LIST, LENGTH(1, 1), .element = &architecture};

static const struct shape storage_size = {.kind = SHAPE_INTEGER, RANGE(512, 10240)};
static const struct member storage_members[] = {{"Size", &storage_size, .required = true}, {NULL}};
const struct shape shape_ephemeral_storage = STRUCTURE_SHAPE(storage_members);

static const struct shape snap_start_on = ENUM_SHAPE("PublishedVersions", "None");
static const struct member snap_start_members[] = {{"ApplyOn", &snap_start_on}, {NULL}};
const struct shape shape_snap_start = STRUCTURE_SHAPE(snap_start_members);

static const struct shape log_format = ENUM_SHAPE("JSON", "Text");
static const struct shape application_level =
	ENUM_SHAPE("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");
static const struct shape system_level = ENUM_SHAPE("DEBUG", "INFO", "WARN");
static const struct shape log_group =
	STRING_SHAPE(LENGTH(1, 512), .pattern = "[\\.\\-_/#A-Za-z0-9]+");
static const struct member logging_members[] = {{"LogFormat", &log_format},
	{"ApplicationLogLevel", &application_level}, {"SystemLogLevel", &system_level},
	{"LogGroup", &log_group}, {NULL}};
const struct shape shape_logging = STRUCTURE_SHAPE(logging_members);

static const struct shape isolation = ENUM_SHAPE("PER_TENANT");
static const struct member tenancy_members[] = {
	{"TenantIsolationMode", &isolation, .required = true}, {NULL}};
const struct shape shape_tenancy = STRUCTURE_SHAPE(tenancy_members);

static const struct shape provider_arn = STRING_SHAPE(LENGTH(1, 140),
	.pattern = "arn:aws[a-zA-Z-]*:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}:\\d{12}:capacity-provider:[a-zA-Z0-9-_]+");
static const struct shape per_environment = {.kind = SHAPE_INTEGER, RANGE(1, 1600)};
static const struct shape memory_per_cpu = {.kind = SHAPE_DOUBLE, RANGE(2, 8)};
static const struct member instances_members[] = {
	{"CapacityProviderArn", &provider_arn, .required = true},
	{"PerExecutionEnvironmentMaxConcurrency", &per_environment},
	{"ExecutionEnvironmentMemoryGiBPerVCpu", &memory_per_cpu}, {NULL}};
static const struct shape instances = STRUCTURE_SHAPE(instances_members);
static const struct member provider_members[] = {
	{"LambdaManagedInstancesCapacityProviderConfig", &instances, .required = true}, {NULL}};
const struct shape shape_capacity_provider = STRUCTURE_SHAPE(provider_members);

static const struct shape retention = {.kind = SHAPE_INTEGER, RANGE(1, 90)};
static const struct shape execution_timeout = {.kind = SHAPE_INTEGER, RANGE(1, 31622400)};
static const struct member durable_members[] = {{"KMSKeyArn", &shape_kms_key_arn},
	{"RetentionPeriodInDays", &retention}, {"ExecutionTimeout", &execution_timeout}, {NULL}};
const struct shape shape_durable = STRUCTURE_SHAPE(durable_members);

const struct shape shape_tenant =
	STRING_SHAPE(LENGTH(1, 256), .pattern = "[a-zA-Z0-9\\._:\\/=+\\-@ ]+");
const struct shape shape_execution_name = STRING_SHAPE(LENGTH(1, 64), .pattern = "[a-zA-Z0-9-_]+");

#define LISTED_RUNTIMES                                                                            \
	"nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x",   \
		"nodejs22.x", "java25", "python3.10", "python3.11", "java21", "ruby3.3",           \
		"ruby3.4", "ruby3.2", "python3.8", "python3.9", "java17", "nodejs16.x",            \
		"dotnet10", "dotnet8", "java11", "dotnet6", "nodejs18.x", "provided.al2",          \
		"java8.al2"
#define NEW_RUNTIMES                                                                               \
	"nodejs26.x", "python3.15", "ruby4.0", "java8.al2023", "java11.al2023", "java17.al2023"
#define RETIRED_RUNTIMES                                                                           \
	"nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x",         \
		"nodejs12.x", "nodejs14.x", "java8", "python2.7", "python3.6", "python3.7",        \
		"dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "go1.x",       \
		"ruby2.5", "ruby2.7", "provided"
const char *const runtime_values[] = {LISTED_RUNTIMES, NULL};
const char *const runtime_values_new[] = {NEW_RUNTIMES, NULL};
const char *const runtime_values_retired[] = {RETIRED_RUNTIMES, NULL};
const char *const runtime_values_unlisted[] = {NEW_RUNTIMES, RETIRED_RUNTIMES, NULL};

/* No `values`: settings.c checks a function's runtime, with a text of its own. */
const struct shape shape_runtime =
	STRING_SHAPE(.unlisted_values = (const char *const[]){
			     LISTED_RUNTIMES, NEW_RUNTIMES, RETIRED_RUNTIMES, NULL});
