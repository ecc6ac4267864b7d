/* SPDX-License-Identifier: MIT */
#include "tests/unit/failing_allocator.h"

#include "tests/unit/unit.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/cleanup.h"

#define RUNS_MAX 20000

static long countdown = -1; /* allocations until one fails; negative: none does */
static bool paused;
static bool failed;
static long live; /* allocations that were not freed, by wrapped functions */
static long told; /* blocks that were let go with a secret in them */

static void look_for_secrets(void *memory)
{
	static const char mark[] = ALLOCATOR_SECRET_MARK;

	told += memory && memmem(memory, malloc_usable_size(memory), mark, strlen(mark));
}

static bool fails(void)
{
	if (countdown < 0 || paused)
		return false;
	if (countdown-- > 0)
		return false;
	failed = true;
	return true;
}

static void *counted(void *memory)
{
	live += memory != NULL;
	return memory;
}

/* cJSON's header is backend/base/json.c's alone (backend/base/banned.h). */
struct cjson_hooks {
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
};
void cJSON_InitHooks(struct cjson_hooks *hooks);

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t length);
int __wrap_asprintf(char **ret_text, const char *format, ...) printf_like(2, 3);
int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...) printf_like(3, 4);
int __wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
	printf_like(3, 0);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	void *moved;

	if (fails())
		return NULL;
	look_for_secrets(memory); /* it may stay where it was, too */
	moved = __real_realloc(memory, size);
	live += moved && !memory;
	return moved;
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	return count && size > SIZE_MAX / count ? NULL : __wrap_realloc(memory, count * size);
}

void __wrap_free(void *memory)
{
	live -= memory != NULL;
	look_for_secrets(memory);
	__real_free(memory);
}

char *__wrap_strndup(const char *text, size_t length)
{
	size_t size = strnlen(text, length);
	char *copy = __wrap_malloc(size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

char *__wrap_strdup(const char *text)
{
	return __wrap_strndup(text, strlen(text));
}

static int print_allocated(char **ret_text, const char *format, va_list arguments)
	printf_like(2, 0);
static int print_allocated(char **ret_text, const char *format, va_list arguments)
{
	char text[4096];
	int length = vsnprintf(text, sizeof(text), format, arguments);

	assert_within(length, 0, sizeof(text) - 1);
	*ret_text = __wrap_strdup(text);
	return *ret_text ? length : -1;
}

int __wrap_asprintf(char **ret_text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = print_allocated(ret_text, format, arguments);
	va_end(arguments);
	return length;
}

int __wrap___asprintf_chk(char **ret_text, int flag, const char *format, ...)
{
	va_list arguments;
	int length;

	(void)flag;
	va_start(arguments, format);
	length = print_allocated(ret_text, format, arguments);
	va_end(arguments);
	return length;
}

/* What glibc makes of asprintf() for clang, from 2.40 on. */
int __wrap___vasprintf_chk(char **ret_text, int flag, const char *format, va_list arguments)
{
	(void)flag;
	return print_allocated(ret_text, format, arguments);
}

bool allocator_has_failed(void)
{
	return failed;
}

void allocator_pause(bool pause)
{
	paused = pause;
}

void allocator_sweep(int (*scene)(void))
{
	struct cjson_hooks hooks = {.allocate = __wrap_malloc, .release = __wrap_free};
	long run;

	cJSON_InitHooks(&hooks);
	for (run = 0; run < RUNS_MAX; run++) {
		long before = live, told_before = told;
		int error;

		failed = false;
		countdown = run;
		error = scene();
		countdown = -1;
		assert_int_equal(live, before);
		if (!failed) {
			assert_int_equal(error, 0);
			/* What cJSON drops when it runs out of memory is not ours to wipe. */
			assert_int_equal(told, told_before);
			break;
		}
	}
	cJSON_InitHooks(NULL);
	assert_within(run, 1, RUNS_MAX - 1);
}
