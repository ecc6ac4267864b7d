/* SPDX-License-Identifier: MIT */
/*
 * Loaded before a program by the soak: its wall clock is off by the seconds that the file CLOCK_JUMP_FILE
 * holds as an 8-byte integer, which may change at any time. The monotonic clock never jumps.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *jump;
static int (*real_clock_gettime)(clockid_t clock, struct timespec *now);

__attribute__((constructor)) static void map_file(void)
{
	const char *path = getenv("CLOCK_JUMP_FILE");
	int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *mapped;

	if (file < 0)
		return;
	mapped = mmap(NULL, sizeof(*jump), PROT_READ, MAP_SHARED, file, 0);
	close(file);
	if (mapped != MAP_FAILED)
		jump = mapped;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result;

	if (!real_clock_gettime)
		*(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	result = real_clock_gettime(clock, now);
	if (!result && jump && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += *jump;
	return result;
}

__attribute__((visibility("default"))) time_t time(time_t *ret_now)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret_now)
		*ret_now = now.tv_sec;
	return now.tv_sec;
}
