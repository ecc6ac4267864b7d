/* SPDX-License-Identifier: MIT */
/* What the operations of layers, code signing configurations and resource policies take. */
#include "backend/local/model/members.h"

static const struct shape version_number = {.kind = SHAPE_LONG};

/* --- layers --- */

static const struct shape layer_name = STRING_SHAPE(LENGTH(1, 140),
	.pattern = "(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\\d{12}:layer:[a-zA-Z0-9-_]+)|"
		   "[a-zA-Z0-9-_]+");
#define LABEL_LAYER                                                                                \
	{                                                                                          \
		"LayerName", &layer_name, IN_LABEL, true                                           \
	}
#define LABEL_LAYER_VERSION                                                                        \
	LABEL_LAYER,                                                                               \
	{                                                                                          \
		"VersionNumber", &version_number, IN_LABEL, true                                   \
	}

static const struct shape architecture = {
	.kind = SHAPE_STRING, .values = (const char *const[]){"x86_64", "arm64", NULL}};
static const struct shape architectures = LIST_SHAPE(&architecture, LENGTH(0, 2));

/* AWS checks the list as a whole: its text names the runtimes of functions, but older ones are taken. */
static const struct shape runtimes = LIST_SHAPE(&shape_text, LENGTH(0, 15),
	.values = runtime_values, .unlisted_values = runtime_values_unlisted);

/* The runtimes that ListLayers takes, in the order in which AWS lists them. */
static const struct shape runtime =
	STRING_SHAPE(.values = (const char *const[]){"ruby3.5", "ruby2.6", "dotnetcore1.0",
			     "python3.7", "nodejs8.10", "nasa", "ruby2.7", "python2.7-greengrass",
			     "dotnetcore2.0", "python3.8", "java21", "dotnet6", "dotnetcore2.1",
			     "python3.9", "java11", "nodejs6.10", "provided", "dotnetcore3.1",
			     "dotnet8", "java25", "java17", "nodejs", "nodejs4.3", "java8.al2",
			     "go1.x", "dotnet10", "nodejs20.x", "go1.9", "byol", "nodejs10.x",
			     "provided.al2023", "nodejs22.x", "python3.10", "java8", "nodejs12.x",
			     "python3.11", "nodejs24.x", "nodejs8.x", "python3.12", "nodejs14.x",
			     "nodejs8.9", "nodejs26.x", "python3.13", "python3.14", "nodejs16.x",
			     "python3.15", "provided.al2", "nodejs4.3-edge", "nodejs18.x",
			     "ruby3.2", "python3.4", "ruby3.3", "ruby3.4", "ruby2.5", "python3.6",
			     "python2.7", NULL},
		.unlisted_values = runtime_values_unlisted);

static const struct shape license = STRING_SHAPE(LENGTH(0, 512));
static const struct member content_members[] = {{"ZipFile", &shape_blob},
	{"S3Bucket", &shape_s3_bucket}, {"S3Key", &shape_s3_key},
	{"S3ObjectVersion", &shape_s3_key}, {"S3ObjectStorageMode", &shape_storage_mode}, {NULL}};
static const struct shape content = STRUCTURE_SHAPE(content_members);
const struct member members_publish_layer[] = {LABEL_LAYER, {"Description", &shape_description},
	{"Content", &content, .required = true}, {"CompatibleRuntimes", &runtimes},
	{"LicenseInfo", &license}, {"CompatibleArchitectures", &architectures}, {NULL}};
const struct member members_layer_version[] = {LABEL_LAYER_VERSION, {NULL}};

static const struct shape version_arn =
	STRING_SHAPE(LENGTH(1, 2048), .pattern = PATTERN_LAYER_VERSION_ARN);
const struct member members_layer_by_arn[] = {{"Arn", &version_arn, IN_QUERY, true}, {NULL}};

#define QUERY_LAYERS                                                                               \
	{"CompatibleRuntime", &runtime, IN_QUERY},                                                 \
		{"CompatibleArchitecture", &architecture, IN_QUERY},                               \
		QUERY_PAGE_OF(&shape_max_items_50)
const struct member members_list_layers[] = {QUERY_LAYERS, {NULL}};
const struct member members_list_layer_versions[] = {LABEL_LAYER, QUERY_LAYERS, {NULL}};

static const struct shape layer_action =
	STRING_SHAPE(LENGTH(0, 22), .pattern = "lambda:GetLayerVersion");
static const struct shape layer_principal =
	STRING_SHAPE(.pattern = "\\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root");
static const struct shape organization =
	STRING_SHAPE(LENGTH(0, 34), .pattern = "o-[a-z0-9]{10,32}");
const struct member members_add_layer_permission[] = {LABEL_LAYER_VERSION,
	{"StatementId", &shape_statement_id, .required = true},
	{"Action", &layer_action, .required = true},
	{"Principal", &layer_principal, .required = true}, {"OrganizationId", &organization},
	{"RevisionId", &shape_text, IN_QUERY}, {NULL}};
const struct member members_remove_layer_permission[] = {LABEL_LAYER_VERSION,
	{"StatementId", &shape_statement_id, IN_LABEL, true}, {"RevisionId", &shape_text, IN_QUERY},
	{NULL}};

/* --- code signing configurations --- */

#define LABEL_SIGNING                                                                              \
	{                                                                                          \
		"CodeSigningConfigArn", &shape_signing_config_arn, IN_LABEL, true                  \
	}
static const struct shape profiles = LIST_SHAPE(&shape_arn, LENGTH(1, 20));
static const struct member publishers_members[] = {
	{"SigningProfileVersionArns", &profiles, .required = true}, {NULL}};
static const struct shape publishers = STRUCTURE_SHAPE(publishers_members);
static const struct shape on_deployment = {
	.kind = SHAPE_STRING, .values = (const char *const[]){"Warn", "Enforce", NULL}};
static const struct member policies_members[] = {
	{"UntrustedArtifactOnDeployment", &on_deployment}, {NULL}};
static const struct shape policies = STRUCTURE_SHAPE(policies_members);
const struct member members_create_signing[] = {{"Description", &shape_description},
	{"AllowedPublishers", &publishers, .required = true}, {"CodeSigningPolicies", &policies},
	{"Tags", &shape_tags}, {NULL}};
const struct member members_update_signing[] = {LABEL_SIGNING, {"Description", &shape_description},
	{"AllowedPublishers", &publishers}, {"CodeSigningPolicies", &policies}, {NULL}};
const struct member members_signing[] = {LABEL_SIGNING, {NULL}};
const struct member members_list_signing[] = {QUERY_PAGE, {NULL}};
const struct member members_list_signing_functions[] = {LABEL_SIGNING, QUERY_PAGE, {NULL}};

/* --- resource policies: the limits of the API's 2024 model, which the newer one does not publish --- */

static const struct shape policy_resource = STRING_SHAPE(LENGTH(0, 256),
	.pattern = "arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}:\\d{12}:function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?");
static const struct shape policy_document = STRING_SHAPE(LENGTH(1, 20480), .pattern = "[\\s\\S]+");
#define LABEL_RESOURCE                                                                             \
	{                                                                                          \
		"ResourceArn", &policy_resource, IN_LABEL, true                                    \
	}
const struct member members_resource_policy[] = {LABEL_RESOURCE, {NULL}};
const struct member members_put_resource_policy[] = {LABEL_RESOURCE,
	{"Policy", &policy_document, .required = true}, {"RevisionId", &shape_text}, {NULL}};
const struct member members_delete_resource_policy[] = {
	LABEL_RESOURCE, {"RevisionId", &shape_text, IN_QUERY}, {NULL}};
