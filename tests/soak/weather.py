# SPDX-License-Identifier: MIT
"""What disturbs which mount, in a file that the storm writes and the workers read.

A worker asks only whether anything disturbed its mount since a moment: what happened in calm is judged
strictly, the rest by what may have become of it.
"""

import mmap
import struct
import time

MOUNTS = 2
# Per mount: when the last disturbance ended (infinite while one goes on), how often the mount came or
# went, which is odd while it is away, and how often it went in order.
LAYOUT = struct.Struct("dQQ")
NEVER, GOES_ON = 0.0, float("inf")
# An answer that was spoiled may still be waited for when the disturbance has ended.
AFTERMATH = 0.7


class Weather:
    def __init__(self, path, create=False):
        if create:
            path.write_bytes(LAYOUT.pack(NEVER, 0, 0) * MOUNTS)
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), LAYOUT.size * MOUNTS)

    def _read(self, mount):
        return LAYOUT.unpack_from(self._map, mount * LAYOUT.size)

    def _write(self, mount, ended, changes, unmounts):
        LAYOUT.pack_into(self._map, mount * LAYOUT.size, ended, changes, unmounts)

    # The storm says

    def begin(self, mount):
        self._write(mount, GOES_ON, *self._read(mount)[1:])

    def end(self, mount):
        self._write(mount, time.monotonic(), *self._read(mount)[1:])

    def leave(self, mount, in_order=False):
        """The mount goes away; in order: it does before what was to be done."""
        ended, changes, unmounts = self._read(mount)
        self._write(mount, ended, changes + 1, unmounts + in_order)

    arrive = leave  # it is there again

    # The workers ask

    def is_disturbed_since(self, mount, moment):
        return self._read(mount)[0] + AFTERMATH >= moment

    def calm_for(self, mount):
        """Seconds since the last disturbance; negative while one goes on."""
        ended = self._read(mount)[0]
        return -1 if ended == GOES_ON else time.monotonic() - ended

    def generation(self, mount):
        """Changes when the mount has gone or come; odd while it is away."""
        return self._read(mount)[1]

    def unmounts(self, mount):
        """How often it went away in order."""
        return self._read(mount)[2]
