/* SPDX-License-Identifier: MIT */
#define FUSE_USE_VERSION 312
#include "fs/fuse/channel.h"

#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <unistd.h>

#include "fs/aliasfs.h"

#define SENDS_PARALLEL_DIROPS FUSE_MAKE_VERSION(3, 17)

uint64_t channel_read_init(const void *message, size_t length)
{
	struct fuse_in_header header;
	struct fuse_init_in init;

	/* Kernels before 5.17 send a shorter one, which has the flags too. */
	if (length < sizeof(header) + offsetof(struct fuse_init_in, flags) + sizeof(init.flags))
		return 0;
	memcpy(&header, message, sizeof(header));
	if (header.opcode != FUSE_INIT)
		return 0;
	memcpy(&init.flags,
		(const char *)message + sizeof(header) + offsetof(struct fuse_init_in, flags),
		sizeof(init.flags));
	return init.flags & FUSE_PARALLEL_DIROPS ? header.unique : 0;
}

bool channel_amend_init(uint64_t init, const struct iovec *parts, int count,
	struct iovec ret_parts[2], struct fuse_init_out *ret_body)
{
	struct fuse_out_header header;

	if (!init || count != 2 || parts[0].iov_len != sizeof(header) ||
		parts[1].iov_len > sizeof(*ret_body) ||
		parts[1].iov_len < offsetof(struct fuse_init_out, flags) + sizeof(ret_body->flags))
		return false;
	memcpy(&header, parts[0].iov_base, sizeof(header));
	if (header.unique != init || header.error)
		return false;
	memcpy(ret_body, parts[1].iov_base, parts[1].iov_len);
	ret_body->flags |= FUSE_PARALLEL_DIROPS;
	ret_parts[0] = parts[0];
	ret_parts[1] = (struct iovec){.iov_base = ret_body, .iov_len = parts[1].iov_len};
	return true;
}

static ssize_t read_request(int file, void *into, size_t size, void *data)
{
	struct aliasfs *fs = data;
	ssize_t length = read(file, into, size);
	uint64_t init = length > 0 ? channel_read_init(into, (size_t)length) : 0;

	if (init)
		atomic_store(&fs->init_request, init);
	return length;
}

static ssize_t write_reply(int file, struct iovec *parts, int count, void *data)
{
	struct aliasfs *fs = data;
	struct fuse_init_out body;
	struct iovec amended[2];

	if (!channel_amend_init(atomic_load(&fs->init_request), parts, count, amended, &body))
		return writev(file, parts, count);
	atomic_store(&fs->init_request, 0);
	return writev(file, amended, 2);
}

int channel_open(struct aliasfs *fs)
{
	static const struct fuse_custom_io io = {.read = read_request, .writev = write_reply};

	if (fuse_version() >= SENDS_PARALLEL_DIROPS)
		return 0;
	return fuse_session_custom_io(fs->session, &io, fuse_session_fd(fs->session));
}
