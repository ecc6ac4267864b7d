/* SPDX-License-Identifier: MIT */
/*
 * Locals that release themselves: `cleanup(free_pointer) char *text = NULL;`. A function that hands
 * such a local to its caller takes it out with take_pointer().
 */
#ifndef ALIASFS_BASE_CLEANUP_H
#define ALIASFS_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/* Calls `function(&local)` when the local goes out of scope. */
#define cleanup(function) __attribute__((cleanup(function)))

/* Fallible functions whose answer must be looked at. */
#define must_check __attribute__((warn_unused_result))

/* printf-like functions: the compiler checks the arguments from `first` against `format`. */
#define printf_like(format_index, first) __attribute__((format(printf, format_index, first)))

/* Defines `function##_pointer(type **)`, for use with cleanup(), of a `function(type *)` that accepts NULL. */
#define DEFINE_CLEANUP(type, function)                                                             \
	static inline void function##_pointer(type *pointer)                                       \
	{                                                                                          \
		if (*pointer)                                                                      \
			function(*pointer);                                                        \
	}                                                                                          \
	struct cleanup_needs_a_semicolon

/* cleanup(free_pointer): free(3) of any kind of pointer. */
static inline void free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

/* cleanup(close_descriptor): close(2) of a descriptor that is open (>= 0). */
static inline void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

/* Gives the pointer's value and leaves NULL behind, so that its cleanup does nothing. */
#define take_pointer(pointer)                                                                      \
	__extension__({                                                                            \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

#define array_count(array) (sizeof(array) / sizeof((array)[0]))

#endif
