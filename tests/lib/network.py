# SPDX-License-Identifier: MIT
"""A network of a test's own, in which routes can be taken away: a namespace with nothing but a loopback device."""

import ctypes
import signal
import subprocess
import threading

from lib.process import run

CLONE_NEWNET = 0x40000000


class Network:
    """Programs started with `prefix` live in it; their mounts are seen everywhere."""

    def __init__(self):
        self._holder = subprocess.Popen(
            [
                "/usr/bin/unshare",
                "--net",
                "/bin/sh",
                "-c",
                "ip link set lo up && echo ready && exec sleep infinity",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._holder.stdout.readline() == b"ready\n", "no network namespace"
        self._namespace = f"/proc/{self._holder.pid}/ns/net"
        self.prefix = ["/usr/bin/nsenter", f"--net={self._namespace}", "--"]

    def inside(self, function):
        """What `function()` gives inside: a socket made there stays there, in any thread."""
        results = []

        def enter():
            libc = ctypes.CDLL(None, use_errno=True)
            with open(self._namespace, "rb") as namespace:
                if libc.setns(namespace.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            results.append(function())

        thread = threading.Thread(target=enter)  # setns(2) moves the one thread alone
        thread.start()
        thread.join()
        assert results, "the network could not be entered"
        return results[0]

    def _ip(self, *arguments):
        run(*self.prefix, "ip", *arguments, check=True)

    def lose_host(self):
        """From now on a router answers that the host is unreachable: EHOSTUNREACH."""
        self._ip("route", "flush", "table", "local")
        self._ip("route", "add", "unreachable", "127.0.0.0/8", "table", "local")

    def lose_routes(self):
        """From now on no way leads anywhere: ENETUNREACH."""
        self._ip("route", "flush", "table", "local")

    def close(self):
        self._holder.send_signal(signal.SIGKILL)
        self._holder.wait()
        self._holder.stdout.close()
