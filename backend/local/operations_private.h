/* SPDX-License-Identifier: MIT */
/* The handlers of all operations, by family; each is described by AWS's API reference. See call.h for the contract. */
#ifndef ALIASFS_LOCAL_OPERATIONS_PRIVATE_H
#define ALIASFS_LOCAL_OPERATIONS_PRIVATE_H

#include "backend/local/call.h"

/* function_operations.c */
int handle_get_function(struct call *call);
int handle_get_function_configuration(struct call *call);
int handle_list_functions(struct call *call);
int handle_delete_function(struct call *call);
int handle_get_account_settings(struct call *call);

/* create_operations.c */
int handle_create_function(struct call *call);
int handle_update_function_code(struct call *call);
int handle_update_function_configuration(struct call *call);
int prepare_create_function(struct call *call);
int prepare_update_function_code(struct call *call);

/* version_operations.c */
int handle_publish_version(struct call *call);
int handle_list_versions_by_function(struct call *call);

/* alias_operations.c */
int handle_create_alias(struct call *call);
int handle_get_alias(struct call *call);
int handle_update_alias(struct call *call);
int handle_delete_alias(struct call *call);
int handle_list_aliases(struct call *call);

/* policy_operations.c */
int handle_add_permission(struct call *call);
int handle_get_policy(struct call *call);
int handle_remove_permission(struct call *call);

#endif
