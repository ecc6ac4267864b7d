/* SPDX-License-Identifier: MIT */
#include "backend/local/model/members.h"
#include "backend/local/operations/private.h"

/*
 * Every operation: where it is on the wire, what it takes, who answers it. The order of the members
 * is the order in which violations are listed.
 */
#define FUNCTION_SETTINGS                                                                          \
	{"Description", &shape_description}, {"Timeout", &shape_timeout},                          \
		{"MemorySize", &shape_memory_size}, {"VpcConfig", &shape_vpc_config},              \
		{"DeadLetterConfig", &shape_dead_letter}, {"Environment", &shape_environment},     \
		{"KMSKeyArn", &shape_kms_key_arn}, {"TracingConfig", &shape_tracing},              \
		{"Layers", &shape_layers}, {"FileSystemConfigs", &shape_file_systems},             \
		{"ImageConfig", &shape_image_config},                                              \
		{"EphemeralStorage", &shape_ephemeral_storage}, {"SnapStart", &shape_snap_start},  \
		{"LoggingConfig", &shape_logging},                                                 \
		{"CapacityProviderConfig", &shape_capacity_provider},                              \
	{                                                                                          \
		"DurableConfig", &shape_durable                                                    \
	}

static const struct member no_members[] = {{NULL}};

static const struct shape master_region = {.kind = SHAPE_STRING,
	LENGTH(1, 50),
	.pattern = "ALL|(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}"};
static const struct shape all_versions = {
	.kind = SHAPE_STRING, .values = (const char *const[]){"ALL", NULL}};
static const struct member list_functions[] = {{"MasterRegion", &master_region, IN_QUERY},
	{"FunctionVersion", &all_versions, IN_QUERY}, QUERY_PAGE, {NULL}};

static const struct member create_function[] = {
	{"FunctionName", &shape_function_name, .required = true}, {"Runtime", &shape_runtime},
	{"Role", &shape_role, .required = true}, {"Handler", &shape_handler},
	{"Code", &shape_code, .required = true}, {"Publish", &shape_boolean},
	{"PublishTo", &shape_publish_to}, {"PackageType", &shape_package_type},
	{"Tags", &shape_tags}, {"CodeSigningConfigArn", &shape_signing_config_arn},
	{"Architectures", &shape_architectures}, {"TenancyConfig", &shape_tenancy},
	FUNCTION_SETTINGS, {NULL}};

static const struct member update_function_code[] = {LABEL_FUNCTION, {"ZipFile", &shape_blob},
	{"S3Bucket", &shape_s3_bucket}, {"S3Key", &shape_s3_key},
	{"S3ObjectVersion", &shape_s3_key}, {"S3ObjectStorageMode", &shape_storage_mode},
	{"ImageUri", &shape_text}, {"Architectures", &shape_architectures},
	{"Publish", &shape_boolean}, {"PublishTo", &shape_publish_to}, {"DryRun", &shape_boolean},
	{"RevisionId", &shape_text}, {"SourceKMSKeyArn", &shape_kms_key_arn}, {NULL}};

static const struct member update_function_configuration[] = {LABEL_FUNCTION, {"Role", &shape_role},
	{"Handler", &shape_handler}, {"Runtime", &shape_runtime}, {"RevisionId", &shape_text},
	FUNCTION_SETTINGS, {NULL}};

static const struct member list_versions[] = {LABEL_NAMESPACED, QUERY_PAGE, {NULL}};

static const struct member publish_version[] = {LABEL_FUNCTION, {"CodeSha256", &shape_text},
	{"Description", &shape_description}, {"RevisionId", &shape_text},
	{"PublishTo", &shape_publish_to}, {NULL}};

static const struct member list_aliases[] = {
	LABEL_FUNCTION, {"FunctionVersion", &shape_version, IN_QUERY}, QUERY_PAGE, {NULL}};

static const struct member one_alias[] = {
	LABEL_FUNCTION, {"Name", &shape_alias, IN_LABEL, true}, {NULL}};

static const struct member create_alias[] = {LABEL_FUNCTION,
	{"Name", &shape_alias, .required = true},
	{"FunctionVersion", &shape_version, .required = true}, {"Description", &shape_description},
	{"RoutingConfig", &shape_routing}, {NULL}};

static const struct member update_alias[] = {LABEL_FUNCTION, {"Name", &shape_alias, IN_LABEL, true},
	{"FunctionVersion", &shape_version}, {"Description", &shape_description},
	{"RoutingConfig", &shape_routing}, {"RevisionId", &shape_text}, {NULL}};

/* CloudTrail's own failures say what is wrong with a value; here stand only the types. */
static const struct member lookup_attribute[] = {
	{"AttributeKey", &shape_text}, {"AttributeValue", &shape_text}, {NULL}};
static const struct shape lookup_attribute_shape = {
	.kind = SHAPE_STRUCTURE, .members = lookup_attribute};
static const struct shape lookup_attributes = {
	.kind = SHAPE_LIST, .element = &lookup_attribute_shape};
static const struct member lookup_events[] = {{"LookupAttributes", &lookup_attributes},
	{"StartTime", &shape_timestamp}, {"EndTime", &shape_timestamp},
	{"EventCategory", &shape_text}, {"MaxResults", &shape_integer}, {"NextToken", &shape_text},
	{NULL}};

static const struct shape action = {
	.kind = SHAPE_STRING, .pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])"};
static const struct shape principal = {.kind = SHAPE_STRING, LENGTH(0, 2048), .pattern = "[^\\s]+"};
static const struct shape url_auth = {
	.kind = SHAPE_STRING, .values = (const char *const[]){"AWS_IAM", "NONE", NULL}};
static const struct shape source_account = {
	.kind = SHAPE_STRING, LENGTH(0, 12), .pattern = "\\d{12}"};
static const struct shape event_source_token = {
	.kind = SHAPE_STRING, LENGTH(0, 256), .pattern = "[a-zA-Z0-9._\\-]+"};
static const struct shape organization = {
	.kind = SHAPE_STRING, LENGTH(12, 34), .pattern = "o-[a-z0-9]{10,32}"};
static const struct member add_permission[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"StatementId", &shape_statement_id, .required = true},
	{"Action", &action, .required = true}, {"Principal", &principal, .required = true},
	{"SourceArn", &shape_arn}, {"FunctionUrlAuthType", &url_auth},
	{"InvokedViaFunctionUrl", &shape_boolean}, {"SourceAccount", &source_account},
	{"EventSourceToken", &event_source_token}, {"RevisionId", &shape_text},
	{"PrincipalOrgID", &organization}, {NULL}};

static const struct member remove_permission[] = {LABEL_NAMESPACED,
	{"StatementId", &shape_namespaced_statement_id, IN_LABEL, true}, QUERY_QUALIFIER,
	{"RevisionId", &shape_text, IN_QUERY}, {NULL}};

#define FUNCTIONS "/2015-03-31/functions"
#define FUNCTION FUNCTIONS "/{FunctionName}"
#define TAGS "/2017-03-31/tags/{Resource}"
#define PROVISIONED "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
#define EVENT_INVOKE "/2019-09-25/functions/{FunctionName}/event-invoke-config"
#define URL "/2021-10-31/functions/{FunctionName}/url"
#define MAPPINGS "/2015-03-31/event-source-mappings"
#define RECURSION "/2024-08-31/functions/{FunctionName}/recursion-config"
#define RUNTIME "/2021-07-20/functions/{FunctionName}/runtime-management-config"
#define SIGNING "/2020-06-30/functions/{FunctionName}/code-signing-config"
#define SIGNINGS "/2020-04-22/code-signing-configs"
#define LAYERS "/2018-10-31/layers"
#define LAYER_VERSIONS LAYERS "/{LayerName}/versions"
#define LAYER_VERSION LAYER_VERSIONS "/{VersionNumber}"
#define RESOURCE_POLICY "/2026-07-09/resource-policy/{ResourceArn}"
#define SCALING "/2025-11-30/functions/{FunctionName}/function-scaling-config"
#define PROVIDERS "/2025-11-30/capacity-providers"
#define EXECUTION "/2025-12-01/durable-executions/{DurableExecutionArn}"
#define CALLBACK "/2025-12-01/durable-execution-callbacks/{CallbackId}"

const struct operation operations[] = {
	{"ListFunctions", "GET", FUNCTIONS, 200, OPERATION_READ, handle_list_functions,
		list_functions},
	{"CreateFunction", "POST", FUNCTIONS, 201, OPERATION_WRITE, handle_create_function,
		create_function, .prepare = prepare_create_function},
	{"GetFunction", "GET", FUNCTION, 200, OPERATION_READ, handle_get_function,
		members_qualified},
	{"DeleteFunction", "DELETE", FUNCTION, 204, OPERATION_WRITE, handle_delete_function,
		members_qualified},
	{"GetFunctionConfiguration", "GET", FUNCTION "/configuration", 200, OPERATION_READ,
		handle_get_function_configuration, members_qualified},
	{"UpdateFunctionConfiguration", "PUT", FUNCTION "/configuration", 200, OPERATION_WRITE,
		handle_update_function_configuration, update_function_configuration,
		.unqualified_only = true},
	{"UpdateFunctionCode", "PUT", FUNCTION "/code", 200, OPERATION_WRITE,
		handle_update_function_code, update_function_code, .unqualified_only = true,
		.prepare = prepare_update_function_code},
	{"ListVersionsByFunction", "GET", FUNCTION "/versions", 200, OPERATION_READ,
		handle_list_versions_by_function, list_versions},
	{"PublishVersion", "POST", FUNCTION "/versions", 201, OPERATION_WRITE,
		handle_publish_version, publish_version, .unqualified_only = true},
	{"ListAliases", "GET", FUNCTION "/aliases", 200, OPERATION_READ, handle_list_aliases,
		list_aliases},
	{"CreateAlias", "POST", FUNCTION "/aliases", 201, OPERATION_WRITE, handle_create_alias,
		create_alias},
	{"GetAlias", "GET", FUNCTION "/aliases/{Name}", 200, OPERATION_READ, handle_get_alias,
		one_alias},
	{"UpdateAlias", "PUT", FUNCTION "/aliases/{Name}", 200, OPERATION_WRITE,
		handle_update_alias, update_alias},
	{"DeleteAlias", "DELETE", FUNCTION "/aliases/{Name}", 204, OPERATION_WRITE,
		handle_delete_alias, one_alias},
	{"AddPermission", "POST", FUNCTION "/policy", 201, OPERATION_WRITE, handle_add_permission,
		add_permission},
	{"GetPolicy", "GET", FUNCTION "/policy", 200, OPERATION_READ, handle_get_policy,
		members_qualified},
	{"RemovePermission", "DELETE", FUNCTION "/policy/{StatementId}", 204, OPERATION_WRITE,
		handle_remove_permission, remove_permission},
	{"GetAccountSettings", "GET", "/2016-08-19/account-settings", 200, OPERATION_READ,
		handle_get_account_settings, no_members},

	{"ListTags", "GET", TAGS, 200, OPERATION_READ, handle_list_tags, members_list_tags},
	{"TagResource", "POST", TAGS, 204, OPERATION_WRITE, handle_tag_resource,
		members_tag_resource},
	{"UntagResource", "DELETE", TAGS, 204, OPERATION_WRITE, handle_untag_resource,
		members_untag_resource},

	{"GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency", 200,
		OPERATION_READ, handle_get_function_concurrency, members_function,
		.unqualified_only = true, .not_even_latest = true},
	{"PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency", 200,
		OPERATION_WRITE, handle_put_function_concurrency, members_put_concurrency,
		.unqualified_only = true, .not_even_latest = true},
	{"DeleteFunctionConcurrency", "DELETE", "/2017-10-31/functions/{FunctionName}/concurrency",
		204, OPERATION_WRITE, handle_delete_function_concurrency, members_function,
		.unqualified_only = true, .not_even_latest = true},
	{"ListProvisionedConcurrencyConfigs", "GET", PROVISIONED, 200, OPERATION_READ,
		handle_list_provisioned_concurrency, members_list_provisioned, .query = "List"},
	{"GetProvisionedConcurrencyConfig", "GET", PROVISIONED, 200, OPERATION_READ,
		handle_get_provisioned_concurrency, members_provisioned},
	{"PutProvisionedConcurrencyConfig", "PUT", PROVISIONED, 202, OPERATION_WRITE,
		handle_put_provisioned_concurrency, members_put_provisioned},
	{"DeleteProvisionedConcurrencyConfig", "DELETE", PROVISIONED, 204, OPERATION_WRITE,
		handle_delete_provisioned_concurrency, members_provisioned},

	{"GetFunctionEventInvokeConfig", "GET", EVENT_INVOKE, 200, OPERATION_READ,
		handle_get_event_invoke, members_qualified},
	{"PutFunctionEventInvokeConfig", "PUT", EVENT_INVOKE, 200, OPERATION_WRITE,
		handle_put_event_invoke, members_event_invoke},
	{"UpdateFunctionEventInvokeConfig", "POST", EVENT_INVOKE, 200, OPERATION_WRITE,
		handle_update_event_invoke, members_event_invoke},
	{"DeleteFunctionEventInvokeConfig", "DELETE", EVENT_INVOKE, 204, OPERATION_WRITE,
		handle_delete_event_invoke, members_qualified},
	{"ListFunctionEventInvokeConfigs", "GET", EVENT_INVOKE "/list", 200, OPERATION_READ,
		handle_list_event_invoke, members_list_event_invoke},

	{"CreateFunctionUrlConfig", "POST", URL, 201, OPERATION_WRITE, handle_create_url,
		members_create_url},
	{"GetFunctionUrlConfig", "GET", URL, 200, OPERATION_READ, handle_get_url, members_url},
	{"UpdateFunctionUrlConfig", "PUT", URL, 200, OPERATION_WRITE, handle_update_url,
		members_update_url},
	{"DeleteFunctionUrlConfig", "DELETE", URL, 204, OPERATION_WRITE, handle_delete_url,
		members_url},
	{"ListFunctionUrlConfigs", "GET", "/2021-10-31/functions/{FunctionName}/urls", 200,
		OPERATION_READ, handle_list_urls, members_list_urls},

	{"ListEventSourceMappings", "GET", MAPPINGS, 200, OPERATION_READ, handle_list_mappings,
		members_list_mappings},
	{"CreateEventSourceMapping", "POST", MAPPINGS, 202, OPERATION_WRITE, handle_create_mapping,
		members_create_mapping},
	{"GetEventSourceMapping", "GET", MAPPINGS "/{UUID}", 200, OPERATION_READ,
		handle_get_mapping, members_mapping},
	{"UpdateEventSourceMapping", "PUT", MAPPINGS "/{UUID}", 202, OPERATION_WRITE,
		handle_update_mapping, members_update_mapping},
	{"DeleteEventSourceMapping", "DELETE", MAPPINGS "/{UUID}", 202, OPERATION_WRITE,
		handle_delete_mapping, members_mapping},

	{"Invoke", "POST", FUNCTION "/invocations", 200, OPERATION_READ, handle_invoke,
		members_invoke, .raw_body = true},
	{"InvokeAsync", "POST", "/2014-11-13/functions/{FunctionName}/invoke-async", 202,
		OPERATION_READ, handle_invoke_async, members_namespaced, .raw_body = true},

	{"GetFunctionRecursionConfig", "GET", RECURSION, 200, OPERATION_READ, handle_get_recursion,
		members_recursion},
	{"PutFunctionRecursionConfig", "PUT", RECURSION, 200, OPERATION_WRITE, handle_put_recursion,
		members_put_recursion},
	{"GetRuntimeManagementConfig", "GET", RUNTIME, 200, OPERATION_READ,
		handle_get_runtime_management, members_qualified},
	{"PutRuntimeManagementConfig", "PUT", RUNTIME, 200, OPERATION_WRITE,
		handle_put_runtime_management, members_put_runtime_management},
	{"GetFunctionCodeSigningConfig", "GET", SIGNING, 200, OPERATION_READ,
		handle_get_code_signing, members_namespaced},
	{"PutFunctionCodeSigningConfig", "PUT", SIGNING, 200, OPERATION_WRITE,
		handle_put_code_signing, members_put_code_signing},
	{"DeleteFunctionCodeSigningConfig", "DELETE", SIGNING, 204, OPERATION_WRITE,
		handle_delete_code_signing, members_namespaced},

	{"ListCodeSigningConfigs", "GET", SIGNINGS, 200, OPERATION_READ, handle_list_signing,
		members_list_signing},
	{"CreateCodeSigningConfig", "POST", SIGNINGS, 201, OPERATION_WRITE, handle_create_signing,
		members_create_signing},
	{"GetCodeSigningConfig", "GET", SIGNINGS "/{CodeSigningConfigArn}", 200, OPERATION_READ,
		handle_get_signing, members_signing},
	{"UpdateCodeSigningConfig", "PUT", SIGNINGS "/{CodeSigningConfigArn}", 200, OPERATION_WRITE,
		handle_update_signing, members_update_signing},
	{"DeleteCodeSigningConfig", "DELETE", SIGNINGS "/{CodeSigningConfigArn}", 204,
		OPERATION_WRITE, handle_delete_signing, members_signing},
	{"ListFunctionsByCodeSigningConfig", "GET", SIGNINGS "/{CodeSigningConfigArn}/functions",
		200, OPERATION_READ, handle_list_signing_functions, members_list_signing_functions},

	{"GetLayerVersionByArn", "GET", LAYERS, 200, OPERATION_READ, handle_get_layer_version,
		members_layer_by_arn, .query = "find"},
	{"ListLayers", "GET", LAYERS, 200, OPERATION_READ, handle_list_layers, members_list_layers},
	{"ListLayerVersions", "GET", LAYER_VERSIONS, 200, OPERATION_READ,
		handle_list_layer_versions, members_list_layer_versions},
	{"PublishLayerVersion", "POST", LAYER_VERSIONS, 201, OPERATION_WRITE,
		handle_publish_layer_version, members_publish_layer,
		.prepare = prepare_publish_layer},
	{"GetLayerVersion", "GET", LAYER_VERSION, 200, OPERATION_READ, handle_get_layer_version,
		members_layer_version},
	{"DeleteLayerVersion", "DELETE", LAYER_VERSION, 204, OPERATION_WRITE,
		handle_delete_layer_version, members_layer_version},
	{"AddLayerVersionPermission", "POST", LAYER_VERSION "/policy", 201, OPERATION_WRITE,
		handle_add_layer_permission, members_add_layer_permission},
	{"GetLayerVersionPolicy", "GET", LAYER_VERSION "/policy", 200, OPERATION_READ,
		handle_get_layer_policy, members_layer_version},
	{"RemoveLayerVersionPermission", "DELETE", LAYER_VERSION "/policy/{StatementId}", 204,
		OPERATION_WRITE, handle_remove_layer_permission, members_remove_layer_permission},

	{"InvokeWithResponseStream", "POST",
		"/2021-11-15/functions/{FunctionName}/response-streaming-invocations", 200,
		OPERATION_READ, handle_invoke_with_response_stream, members_invoke_stream,
		.raw_body = true},

	{"PutResourcePolicy", "PUT", RESOURCE_POLICY, 200, OPERATION_WRITE,
		handle_put_resource_policy, members_put_resource_policy},
	{"GetResourcePolicy", "GET", RESOURCE_POLICY, 200, OPERATION_READ,
		handle_get_resource_policy, members_resource_policy},
	{"DeleteResourcePolicy", "DELETE", RESOURCE_POLICY, 204, OPERATION_WRITE,
		handle_delete_resource_policy, members_delete_resource_policy},

	{"GetFunctionScalingConfig", "GET", SCALING, 200, OPERATION_READ, handle_get_scaling,
		members_scaling},
	{"PutFunctionScalingConfig", "PUT", SCALING, 202, OPERATION_WRITE, handle_put_scaling,
		members_put_scaling},

	{"ListCapacityProviders", "GET", PROVIDERS, 200, OPERATION_READ, handle_list_providers,
		members_list_providers},
	{"CreateCapacityProvider", "POST", PROVIDERS, 202, OPERATION_READ, handle_create_provider,
		members_create_provider},
	{"GetCapacityProvider", "GET", PROVIDERS "/{CapacityProviderName}", 200, OPERATION_READ,
		handle_provider, members_provider},
	{"UpdateCapacityProvider", "PUT", PROVIDERS "/{CapacityProviderName}", 202, OPERATION_READ,
		handle_provider, members_update_provider},
	{"DeleteCapacityProvider", "DELETE", PROVIDERS "/{CapacityProviderName}", 202,
		OPERATION_READ, handle_provider, members_provider},
	{"ListFunctionVersionsByCapacityProvider", "GET",
		PROVIDERS "/{CapacityProviderName}/function-versions", 200, OPERATION_READ,
		handle_provider, members_list_provider_versions},

	{"ListDurableExecutionsByFunction", "GET",
		"/2025-12-01/functions/{FunctionName}/durable-executions", 200, OPERATION_READ,
		handle_list_executions, members_list_executions},
	{"GetDurableExecution", "GET", EXECUTION, 200, OPERATION_READ, handle_execution,
		members_execution},
	{"GetDurableExecutionHistory", "GET", EXECUTION "/history", 200, OPERATION_READ,
		handle_execution, members_execution_history},
	{"GetDurableExecutionState", "GET", EXECUTION "/state", 200, OPERATION_READ,
		handle_execution_token, members_execution_state},
	{"CheckpointDurableExecution", "POST", EXECUTION "/checkpoint", 200, OPERATION_READ,
		handle_execution_token, members_checkpoint},
	{"StopDurableExecution", "POST", EXECUTION "/stop", 200, OPERATION_READ, handle_execution,
		members_stop_execution},
	{"SendDurableExecutionCallbackSuccess", "POST", CALLBACK "/succeed", 200, OPERATION_READ,
		handle_callback, members_callback, .raw_body = true},
	{"SendDurableExecutionCallbackFailure", "POST", CALLBACK "/fail", 200, OPERATION_READ,
		handle_callback, members_callback_failure},
	{"SendDurableExecutionCallbackHeartbeat", "POST", CALLBACK "/heartbeat", 200,
		OPERATION_READ, handle_callback, members_callback},

	{"LookupEvents", "POST", "/", 200, OPERATION_READ, handle_lookup_events, lookup_events,
		.target = "CloudTrail_20131101.LookupEvents"},
};

const size_t operation_count = array_count(operations);
