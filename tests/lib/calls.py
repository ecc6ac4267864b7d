# SPDX-License-Identifier: MIT
"""System calls that Python lacks, or takes several lines for."""

import ctypes
import os

RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
_AT_FDCWD = -100
_LIBC = ctypes.CDLL(None, use_errno=True)


def rename(old, new, flags=0):
    """renameat2(2)."""
    if _LIBC.renameat2(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), flags):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), str(old))


def exchange(one, other):
    rename(one, other, RENAME_EXCHANGE)


def fsync_directory(directory):
    """Of a function on a mount: carries out the deletes that are pending in it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
