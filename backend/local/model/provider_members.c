/* SPDX-License-Identifier: MIT */
/* What the operations of capacity providers, scaling and durable executions take. */
#include "backend/local/model/members.h"

/* --- scaling of functions on capacity providers --- */

static const struct shape published =
	STRING_SHAPE(LENGTH(1, 128), .pattern = "(\\$LATEST\\.PUBLISHED|[0-9]+)");
static const struct shape environments = INTEGER_SHAPE(RANGE(0, 15000));
static const struct member scaling_members[] = {{"MinExecutionEnvironments", &environments},
	{"MaxExecutionEnvironments", &environments}, {NULL}};
static const struct shape scaling = STRUCTURE_SHAPE(scaling_members);
#define LABEL_SCALED                                                                               \
	{"FunctionName", &shape_unqualified_function_name, IN_LABEL, true},                        \
	{                                                                                          \
		"Qualifier", &published, IN_QUERY, true                                            \
	}
const struct member members_scaling[] = {LABEL_SCALED, {NULL}};
const struct member members_put_scaling[] = {
	LABEL_SCALED, {"FunctionScalingConfig", &scaling}, {NULL}};

/* --- capacity providers --- */

static const struct shape provider_name = STRING_SHAPE(LENGTH(1, 140),
	.pattern = "(arn:aws[a-zA-Z-]*:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-"
		   "\\d{1}:\\d{12}:capacity-provider:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+");
#define LABEL_PROVIDER                                                                             \
	{                                                                                          \
		"CapacityProviderName", &provider_name, IN_LABEL, true                             \
	}
static const struct shape subnets = LIST_SHAPE(&shape_text, LENGTH(1, 16));
static const struct shape security_groups = LIST_SHAPE(&shape_text, LENGTH(0, 5));
static const struct member network_members[] = {{"SubnetIds", &subnets, .required = true},
	{"SecurityGroupIds", &security_groups, .required = true}, {NULL}};
static const struct shape network = STRUCTURE_SHAPE(network_members);
static const struct member permissions_members[] = {
	{"CapacityProviderOperatorRoleArn", &shape_role, .required = true}, {NULL}};
static const struct shape permissions = STRUCTURE_SHAPE(permissions_members);
static const struct shape instance_type =
	STRING_SHAPE(LENGTH(1, 30), .pattern = "[a-zA-Z0-9\\.\\-]+");
static const struct shape instance_types = LIST_SHAPE(&instance_type, LENGTH(0, 400));
static const struct member instances_members[] = {{"Architectures", &shape_architectures},
	{"AllowedInstanceTypes", &instance_types}, {"ExcludedInstanceTypes", &instance_types},
	{NULL}};
static const struct shape instances = STRUCTURE_SHAPE(instances_members);
static const struct shape cpus = INTEGER_SHAPE(RANGE(2, 15000));
static const struct shape scaling_mode = ENUM_SHAPE("Auto", "Manual");
static const struct shape metric = ENUM_SHAPE("LambdaCapacityProviderAverageCPUUtilization");
static const struct shape target_value = {.kind = SHAPE_DOUBLE, RANGE(0, 100)};
static const struct member policy_members[] = {{"PredefinedMetricType", &metric, .required = true},
	{"TargetValue", &target_value, .required = true}, {NULL}};
static const struct shape policy = STRUCTURE_SHAPE(policy_members);
static const struct shape scaling_policies = LIST_SHAPE(&policy, LENGTH(1, 10));
static const struct member provider_scaling_members[] = {{"MaxVCpuCount", &cpus},
	{"ScalingMode", &scaling_mode}, {"ScalingPolicies", &scaling_policies}, {NULL}};
static const struct shape provider_scaling = STRUCTURE_SHAPE(provider_scaling_members);
static const struct shape propagation = ENUM_SHAPE("Explicit", "None");
static const struct member propagate_members[] = {
	{"Mode", &propagation}, {"ExplicitTags", &shape_tags}, {NULL}};
static const struct shape propagate = STRUCTURE_SHAPE(propagate_members);
static const struct shape level = ENUM_SHAPE("DEBUG", "INFO", "WARN");
static const struct shape log_group =
	STRING_SHAPE(LENGTH(1, 512), .pattern = "[\\.\\-_/#A-Za-z0-9]+");
static const struct member logging_members[] = {
	{"SystemLogLevel", &level}, {"LogGroup", &log_group}, {NULL}};
static const struct shape logging = STRUCTURE_SHAPE(logging_members);
static const struct member telemetry_members[] = {{"LoggingConfig", &logging}, {NULL}};
static const struct shape telemetry = STRUCTURE_SHAPE(telemetry_members);
static const struct shape key_arn =
	STRING_SHAPE(LENGTH(0, 10000), .pattern = "arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*");
static const struct shape provider_state = ENUM_SHAPE("Pending", "Active", "Failed", "Deleting");

const struct member members_create_provider[] = {
	{"CapacityProviderName", &provider_name, .required = true},
	{"VpcConfig", &network, .required = true},
	{"PermissionsConfig", &permissions, .required = true}, {"InstanceRequirements", &instances},
	{"CapacityProviderScalingConfig", &provider_scaling}, {"KmsKeyArn", &key_arn},
	{"Tags", &shape_tags}, {"PropagateTags", &propagate}, {"TelemetryConfig", &telemetry},
	{NULL}};
const struct member members_update_provider[] = {LABEL_PROVIDER,
	{"CapacityProviderScalingConfig", &provider_scaling}, {"PropagateTags", &propagate},
	{"TelemetryConfig", &telemetry}, {NULL}};
const struct member members_provider[] = {LABEL_PROVIDER, {NULL}};
const struct member members_list_providers[] = {
	{"State", &provider_state, IN_QUERY}, QUERY_PAGE_OF(&shape_max_items_50), {NULL}};
const struct member members_list_provider_versions[] = {
	LABEL_PROVIDER, QUERY_PAGE_OF(&shape_max_items_50), {NULL}};

/* --- durable executions --- */

static const struct shape execution_arn = STRING_SHAPE(LENGTH(1, 1024),
	.pattern = "arn:([a-zA-Z0-9-]+):lambda:([a-zA-Z0-9-]+):(\\d{12}):function:([a-zA-Z0-9_-]+):"
		   "(\\$LATEST(?:\\.PUBLISHED)?|[0-9]+)/durable-execution/([a-zA-Z0-9_-]+)/"
		   "([a-zA-Z0-9_-]+)");
#define LABEL_EXECUTION                                                                            \
	{                                                                                          \
		"DurableExecutionArn", &execution_arn, IN_LABEL, true                              \
	}
static const struct shape item_count = INTEGER_SHAPE(RANGE(0, 1000));
static const struct shape token = STRING_SHAPE(LENGTH(1, 2048), .pattern = "[A-Za-z0-9+/]+={0,2}");
static const struct shape client_token = STRING_SHAPE(LENGTH(1, 64), .pattern = "[\\x21-\\x7E]+");
const struct member members_execution[] = {
	LABEL_EXECUTION, {"IncludeExecutionData", &shape_boolean, IN_QUERY}, {NULL}};
const struct member members_execution_history[] = {LABEL_EXECUTION,
	{"IncludeExecutionData", &shape_boolean, IN_QUERY},
	{"ReverseOrder", &shape_boolean, IN_QUERY}, QUERY_PAGE_OF(&item_count), {NULL}};
const struct member members_execution_state[] = {LABEL_EXECUTION,
	{"CheckpointToken", &token, IN_QUERY, true}, QUERY_PAGE_OF(&item_count), {NULL}};

static const struct shape trace = LIST_SHAPE(&shape_text);
#define ERROR_MEMBERS                                                                              \
	{"ErrorMessage", &shape_text}, {"ErrorType", &shape_text}, {"ErrorData", &shape_text},     \
	{                                                                                          \
		"StackTrace", &trace                                                               \
	}
const struct member members_stop_execution[] = {LABEL_EXECUTION, ERROR_MEMBERS, {NULL}};

static const struct member error_members[] = {ERROR_MEMBERS, {NULL}};
static const struct shape error_object = STRUCTURE_SHAPE(error_members);
static const struct shape operation_id = STRING_SHAPE(LENGTH(1, 64), .pattern = "[a-zA-Z0-9-_]+");
static const struct shape operation_name =
	STRING_SHAPE(LENGTH(1, 256), .pattern = "[\\x20-\\x7E]+");
static const struct shape operation_type =
	ENUM_SHAPE("EXECUTION", "CONTEXT", "STEP", "WAIT", "CALLBACK", "CHAINED_INVOKE");
static const struct shape operation_subtype =
	STRING_SHAPE(LENGTH(1, 32), .pattern = "[a-zA-Z0-9-_]+");
static const struct shape operation_action =
	ENUM_SHAPE("START", "SUCCEED", "FAIL", "RETRY", "CANCEL");
static const struct shape operation_payload = STRING_SHAPE(LENGTH(0, 6291456));
static const struct shape seconds = INTEGER_SHAPE(AT_LEAST(0));
static const struct shape at_least_one_second = INTEGER_SHAPE(RANGE(1, 31622400));
static const struct member context_members[] = {{"ReplayChildren", &shape_boolean}, {NULL}};
static const struct shape context = STRUCTURE_SHAPE(context_members);
static const struct member step_members[] = {
	{"NextAttemptDelaySeconds", &at_least_one_second}, {NULL}};
static const struct shape step = STRUCTURE_SHAPE(step_members);
static const struct member wait_members[] = {{"WaitSeconds", &at_least_one_second}, {NULL}};
static const struct shape waiting = STRUCTURE_SHAPE(wait_members);
static const struct member callback_members[] = {
	{"TimeoutSeconds", &seconds}, {"HeartbeatTimeoutSeconds", &seconds}, {NULL}};
static const struct shape callback = STRUCTURE_SHAPE(callback_members);
static const struct member chained_members[] = {
	{"FunctionName", &shape_namespaced_function_name, .required = true},
	{"TenantId", &shape_tenant}, {"XAmznTraceId", &shape_text}, {NULL}};
static const struct shape chained = STRUCTURE_SHAPE(chained_members);
static const struct member update_members[] = {{"Id", &operation_id, .required = true},
	{"ParentId", &operation_id}, {"Name", &operation_name},
	{"Type", &operation_type, .required = true}, {"SubType", &operation_subtype},
	{"Action", &operation_action, .required = true}, {"Payload", &operation_payload},
	{"Error", &error_object}, {"ContextOptions", &context}, {"StepOptions", &step},
	{"WaitOptions", &waiting}, {"CallbackOptions", &callback},
	{"ChainedInvokeOptions", &chained}, {NULL}};
static const struct shape update = STRUCTURE_SHAPE(update_members);
static const struct shape updates = LIST_SHAPE(&update);
const struct member members_checkpoint[] = {LABEL_EXECUTION,
	{"CheckpointToken", &token, .required = true}, {"Updates", &updates},
	{"ClientToken", &client_token}, {NULL}};

static const struct shape execution_status =
	ENUM_SHAPE("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED");
static const struct shape statuses = LIST_SHAPE(&execution_status, LENGTH(1, 10));
const struct member members_list_executions[] = {LABEL_NAMESPACED, QUERY_QUALIFIER,
	{"DurableExecutionName", &shape_execution_name, IN_QUERY},
	{"Statuses", &statuses, IN_QUERY}, {"StartedAfter", &shape_timestamp, IN_QUERY},
	{"StartedBefore", &shape_timestamp, IN_QUERY}, {"ReverseOrder", &shape_boolean, IN_QUERY},
	QUERY_PAGE_OF(&item_count), {NULL}};

static const struct shape callback_id =
	STRING_SHAPE(LENGTH(1, 1024), .pattern = "[A-Za-z0-9+/]+={0,2}");
#define LABEL_CALLBACK                                                                             \
	{                                                                                          \
		"CallbackId", &callback_id, IN_LABEL, true                                         \
	}
const struct member members_callback[] = {LABEL_CALLBACK, {NULL}};
const struct member members_callback_failure[] = {LABEL_CALLBACK, ERROR_MEMBERS, {NULL}};
