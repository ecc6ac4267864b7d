/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail when told to. A test program that links this with the link arguments of
 * tests/unit/meson.build has all allocations of ours led here by the linker (--wrap), and cJSON's by its hooks.
 * For one thread.
 */
#ifndef ALIASFS_TESTS_FAILING_ALLOCATOR_H
#define ALIASFS_TESTS_FAILING_ALLOCATOR_H

#include <stdbool.h>

#define ALLOCATOR_SECRET_MARK "nobody-may-read-this"
/* For scenes, wherever a secret stands. As long as session tokens are: longer than what buffers start with. */
#define ALLOCATOR_SECRET                                                                           \
	ALLOCATOR_SECRET_MARK ALLOCATOR_SECRET_MARK ALLOCATOR_SECRET_MARK ALLOCATOR_SECRET_MARK    \
		ALLOCATOR_SECRET_MARK ALLOCATOR_SECRET_MARK ALLOCATOR_SECRET_MARK                  \
			ALLOCATOR_SECRET_MARK

/*
 * Runs the scene again and again; in the n-th run its n-th allocation fails, and only that one. A scene does
 * something whole, frees it, and says 0 when it came out right, else an error. Fails the test when
 * something is left allocated, or when the run in which nothing failed gave an error or let go of memory
 * with ALLOCATOR_SECRET in it.
 */
void allocator_sweep(int (*scene)(void));

/* Defines the test sweep_NAME of the scene scene_NAME. */
#define SWEEP(name)                                                                                \
	static void sweep_##name(void **state)                                                     \
	{                                                                                          \
		(void)state;                                                                       \
		allocator_sweep(scene_##name);                                                     \
	}                                                                                          \
	struct sweep_needs_a_semicolon

/* Whether an allocation has failed in this run. */
bool allocator_has_failed(void);

/* Meanwhile allocations are a matter of the test's own: none fails, and none is waited for. */
void allocator_pause(bool paused);

#endif
