/* SPDX-License-Identifier: MIT */
/* A file that may be a zip: it is whole, or a sentence says why not. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/zip/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	char sentence[ZIP_SENTENCE_SIZE];
	int error;

	if (file < 0)
		file = memfd_create("zip", MFD_CLOEXEC);
	PROMISE(file >= 0);
	PROMISE(!ftruncate(file, 0) && pwrite(file, data, size, 0) == (ssize_t)size);
	error = zip_verify(file, size, NULL, sentence);
	PROMISE(error == 0 || error == -EINVAL || error == -EFBIG);
	PROMISE(!error == !sentence[0]);
	PROMISE(!strpbrk(sentence, "\n\r\033"));
	return 0;
}
