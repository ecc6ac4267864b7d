/* SPDX-License-Identifier: MIT */
/* The handlers of all operations, by family; each is described by AWS's API reference. See call.h for the contract. */
#ifndef ALIASFS_LOCAL_OPERATIONS_PRIVATE_H
#define ALIASFS_LOCAL_OPERATIONS_PRIVATE_H

#include "backend/local/call.h"

/* function.c */
int handle_get_function(struct call *call);
int handle_get_function_configuration(struct call *call);
int handle_list_functions(struct call *call);
int handle_delete_function(struct call *call);
int handle_get_account_settings(struct call *call);

/* create.c */
int handle_create_function(struct call *call);
int handle_update_function_code(struct call *call);
int handle_update_function_configuration(struct call *call);
int prepare_create_function(struct call *call);
int prepare_update_function_code(struct call *call);

/* version.c */
int handle_publish_version(struct call *call);
int handle_list_versions_by_function(struct call *call);

/* alias.c */
int handle_create_alias(struct call *call);
int handle_get_alias(struct call *call);
int handle_update_alias(struct call *call);
int handle_delete_alias(struct call *call);
int handle_list_aliases(struct call *call);

/* trail.c */
int handle_lookup_events(struct call *call);

/* policy.c */
int handle_add_permission(struct call *call);
int handle_get_policy(struct call *call);
int handle_remove_permission(struct call *call);

/* tag.c */
/* Fails when one of the tags (an object; NULL: none) has a name that AWS keeps for itself. */
int check_tag_names(struct call *call, const struct json *tags);
int handle_list_tags(struct call *call);
int handle_tag_resource(struct call *call);
int handle_untag_resource(struct call *call);

/* concurrency.c */
int handle_get_function_concurrency(struct call *call);
int handle_put_function_concurrency(struct call *call);
int handle_delete_function_concurrency(struct call *call);
int handle_put_provisioned_concurrency(struct call *call);
int handle_get_provisioned_concurrency(struct call *call);
int handle_delete_provisioned_concurrency(struct call *call);
int handle_list_provisioned_concurrency(struct call *call);

/* event_invoke.c */
int handle_get_event_invoke(struct call *call);
int handle_put_event_invoke(struct call *call);
int handle_update_event_invoke(struct call *call);
int handle_delete_event_invoke(struct call *call);
int handle_list_event_invoke(struct call *call);

/* url.c */
int handle_create_url(struct call *call);
int handle_get_url(struct call *call);
int handle_update_url(struct call *call);
int handle_delete_url(struct call *call);
int handle_list_urls(struct call *call);

/* mapping.c */
int handle_create_mapping(struct call *call);
int handle_get_mapping(struct call *call);
int handle_update_mapping(struct call *call);
int handle_delete_mapping(struct call *call);
int handle_list_mappings(struct call *call);

/* invoke.c */
int handle_invoke(struct call *call);
int handle_invoke_async(struct call *call);
int handle_invoke_with_response_stream(struct call *call);

/* runtime.c */
int handle_get_recursion(struct call *call);
int handle_put_recursion(struct call *call);
int handle_get_runtime_management(struct call *call);
int handle_put_runtime_management(struct call *call);

/* signing.c */
int handle_create_signing(struct call *call);
int handle_get_signing(struct call *call);
int handle_update_signing(struct call *call);
int handle_delete_signing(struct call *call);
int handle_list_signing(struct call *call);
int handle_list_signing_functions(struct call *call);
int handle_get_code_signing(struct call *call);
int handle_put_code_signing(struct call *call);
int handle_delete_code_signing(struct call *call);

/* layer.c */
int prepare_publish_layer(struct call *call);
int handle_publish_layer_version(struct call *call);
int handle_get_layer_version(struct call *call);
int handle_delete_layer_version(struct call *call);
int handle_list_layers(struct call *call);
int handle_list_layer_versions(struct call *call);

/* layer_permission.c */
int handle_add_layer_permission(struct call *call);
int handle_get_layer_policy(struct call *call);
int handle_remove_layer_permission(struct call *call);

/* resource_policy.c */
int handle_put_resource_policy(struct call *call);
int handle_get_resource_policy(struct call *call);
int handle_delete_resource_policy(struct call *call);

/* scaling.c */
int handle_get_scaling(struct call *call);
int handle_put_scaling(struct call *call);

/* provider.c: one handler for all operations that answer alike */
int handle_create_provider(struct call *call);
int handle_provider(struct call *call);
int handle_list_providers(struct call *call);
int handle_execution(struct call *call);
int handle_execution_token(struct call *call);
int handle_callback(struct call *call);
int handle_list_executions(struct call *call);

#endif
