/* SPDX-License-Identifier: MIT */
/* Shapes that several operations share: names, limits and patterns are AWS's (backend/lambda/NOTES.md section 2). */
#ifndef ALIASFS_LOCAL_SHAPES_H
#define ALIASFS_LOCAL_SHAPES_H

#include "backend/local/model/shape.h"

#define LENGTH(low, high)                                                                          \
	.has_minimum = true, .minimum = (low), .has_maximum = true, .maximum = (high)
#define RANGE(low, high) LENGTH(low, high)
#define AT_LEAST(low) .has_minimum = true, .minimum = (low)

#define STRING_SHAPE(...)                                                                          \
	{                                                                                          \
		.kind = SHAPE_STRING, __VA_ARGS__                                                  \
	}
#define INTEGER_SHAPE(...)                                                                         \
	{                                                                                          \
		.kind = SHAPE_INTEGER, __VA_ARGS__                                                 \
	}
#define ENUM_SHAPE(...)                                                                            \
	{                                                                                          \
		.kind = SHAPE_STRING, .values = (const char *const[])                              \
		{                                                                                  \
			__VA_ARGS__, NULL                                                          \
		}                                                                                  \
	}
#define STRUCTURE_SHAPE(list)                                                                      \
	{                                                                                          \
		.kind = SHAPE_STRUCTURE, .members = (list)                                         \
	}
#define LIST_SHAPE(...)                                                                            \
	{                                                                                          \
		.kind = SHAPE_LIST, .element = __VA_ARGS__                                         \
	}

extern const struct shape shape_function_name, shape_namespaced_function_name,
	shape_unqualified_function_name, shape_url_function_name;
extern const struct shape shape_alias, shape_version, shape_qualifier;
extern const struct shape shape_text, shape_description, shape_boolean, shape_blob, shape_timestamp,
	shape_integer;
extern const struct shape shape_max_items, shape_max_items_50;
extern const struct shape shape_routing, shape_statement_id, shape_namespaced_statement_id;
extern const struct shape shape_tag_key, shape_tags, shape_kms_key_arn, shape_arn;

/* The members of operations that take a function's settings. */
extern const struct shape shape_runtime, shape_role, shape_handler, shape_code, shape_timeout,
	shape_memory_size, shape_vpc_config, shape_package_type, shape_dead_letter,
	shape_environment, shape_tracing, shape_layers, shape_file_systems,
	shape_signing_config_arn, shape_image_config, shape_architectures, shape_ephemeral_storage,
	shape_snap_start, shape_logging, shape_tenancy, shape_capacity_provider, shape_durable,
	shape_publish_to, shape_s3_bucket, shape_s3_key, shape_storage_mode;
extern const struct shape shape_tenant, shape_execution_name;

/*
 * Runtimes, NULL at the end of each list: those that AWS's texts list, in that order; newer ones of its model that
 * functions may have too; the retired ones; and both, which layers may still name.
 */
extern const char *const runtime_values[], *const runtime_values_new[];
extern const char *const runtime_values_retired[], *const runtime_values_unlisted[];

#define PATTERN_LAYER_VERSION_ARN                                                                  \
	"(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:"     \
	"\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+" \
	")"

#endif
