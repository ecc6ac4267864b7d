/* SPDX-License-Identifier: MIT */
/* What operations take: pieces that all lists of members use, and the lists of the smaller families. */
#ifndef ALIASFS_LOCAL_MEMBERS_H
#define ALIASFS_LOCAL_MEMBERS_H

#include "backend/local/model/shapes.h"

#define LABEL_FUNCTION                                                                             \
	{                                                                                          \
		"FunctionName", &shape_function_name, IN_LABEL, true                               \
	}
#define LABEL_NAMESPACED                                                                           \
	{                                                                                          \
		"FunctionName", &shape_namespaced_function_name, IN_LABEL, true                    \
	}
#define QUERY_QUALIFIER                                                                            \
	{                                                                                          \
		"Qualifier", &shape_qualifier, IN_QUERY                                            \
	}
#define QUERY_PAGE_OF(max_items)                                                                   \
	{"Marker", &shape_text, IN_QUERY},                                                         \
	{                                                                                          \
		"MaxItems", max_items, IN_QUERY                                                    \
	}
#define QUERY_PAGE QUERY_PAGE_OF(&shape_max_items)

extern const struct member members_list_tags[], members_tag_resource[], members_untag_resource[];
extern const struct member members_function[], members_put_concurrency[], members_provisioned[],
	members_put_provisioned[], members_list_provisioned[];
extern const struct member members_qualified[], members_event_invoke[], members_list_event_invoke[];
extern const struct member members_url[], members_create_url[], members_update_url[],
	members_list_urls[];
extern const struct member members_mapping[], members_create_mapping[], members_update_mapping[],
	members_list_mappings[];
extern const struct member members_invoke[], members_namespaced[];
extern const struct member members_recursion[], members_put_recursion[],
	members_put_runtime_management[], members_put_code_signing[];
extern const struct member members_invoke_stream[];

/* layer_members.c */
extern const struct member members_publish_layer[], members_layer_version[], members_layer_by_arn[],
	members_list_layers[], members_list_layer_versions[], members_add_layer_permission[],
	members_remove_layer_permission[];
extern const struct member members_create_signing[], members_update_signing[], members_signing[],
	members_list_signing[], members_list_signing_functions[];
extern const struct member members_resource_policy[], members_put_resource_policy[],
	members_delete_resource_policy[];

/* provider_members.c */
extern const struct member members_scaling[], members_put_scaling[];
extern const struct member members_create_provider[], members_update_provider[], members_provider[],
	members_list_providers[], members_list_provider_versions[];
extern const struct member members_execution[], members_execution_history[],
	members_execution_state[], members_stop_execution[], members_checkpoint[],
	members_list_executions[];
extern const struct member members_callback[], members_callback_failure[];

#endif
