# SPDX-License-Identifier: MIT
"""A mounted aliasfs: started, waited for, unmounted, and its death looked at."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

from lib import aws
from lib.process import SanitizerLog, Service, run, wait_for
from lib.programs import program


def _unescape(text):
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match.group(1), 8)), text)


def mounted(path, prefix=()):
    """The kernel's line about a mount at `path`, or "". Asks no filesystem, so it never hangs."""
    table = (
        run(*prefix, "cat", "/proc/self/mountinfo", check=True).stdout
        if prefix
        else pathlib.Path("/proc/self/mountinfo").read_text()
    )
    for line in table.splitlines():
        if _unescape(line.split(" ")[4]) == str(path):
            return line
    return ""


def options(*words, **named):
    """("ro", ttl=5) -> ["-o", "ro,ttl=5"]; None and False leave an option out, True names it alone."""
    parts = [str(word) for word in words]
    for name, value in named.items():
        if value is True:
            parts.append(name)
        elif value is not None and value is not False:
            parts.append(f"{name}={value}")
    return ["-o", ",".join(parts)] if parts else []


class Mount:
    """`aliasfs -f SOURCE MOUNTPOINT -o …` running. `path` is the mountpoint.

    With a `user` (an OrdinaryUser) it is mounted by that user, and run() runs tools as that user where
    the mount is seen. With a `network` (a Network) aliasfs itself lives in that.
    """

    def __init__(
        self, directory, logs, source, *words, env=None, user=None, network=None, arguments=(), **named
    ):
        self.directory = pathlib.Path(directory)
        self.path = self.directory / "mnt"
        self.source = source
        self.prefix = user.prefix if user else []
        self.network = network
        self.program = program("aliasfs")
        self.arguments = [str(each) for each in arguments]
        self.options = options(*words, **named)
        self._environment = env
        self._logs = logs
        self._sanitizers = []
        self.service = None
        self.killed = False
        self.path.mkdir()
        if user:
            self.program = user.own(self.directory, self.path, self.program)

    def environment(self):
        sanitizer = SanitizerLog(self._logs, "aliasfs")
        self._sanitizers.append(sanitizer)
        given = self._environment or aws.credentials_environment(self.directory)
        return {**given, **sanitizer.environment()}

    def command_line(self, *arguments):
        return [
            *self.prefix,
            *(self.network.prefix if self.network else []),
            self.program,
            *arguments,
            *self.arguments,
            self.source,
            self.path,
            *self.options,
        ]

    def start(self):
        """Mounts in the foreground and waits until the mount stands."""
        number = len(self._sanitizers)
        self.service = Service(
            self.command_line("-f"),
            self.directory / f"aliasfs-{number}.log",
            self.environment(),
            self.directory,
        )
        self.killed = False

        def standing():
            assert self.service.is_running(), f"aliasfs ended early:\n{self.log()}"
            return mounted(self.path, self.prefix)

        wait_for(standing, 20, "aliasfs has mounted")
        return self

    def daemonise(self, timeout=60):
        """Mounts in the background; gives the Result of the command that returned."""
        return run(
            *self.command_line(),
            env=self.environment(),
            cwd=self.directory,
            timeout=timeout,
        )

    def run(self, *argv, **named):
        """Runs a tool where the mount is seen, in the mountpoint's parent unless `cwd` is given."""
        named.setdefault("cwd", self.directory)
        named.setdefault("timeout", 60)
        return run(*self.prefix, *argv, **named)

    def log(self):
        return self.service.log() if self.service else ""

    def reports(self):
        return [report for each in self._sanitizers for report in each.reports()]

    def unmount(self, check=True, seconds=20):
        """fusermount3 -u, and waits for a clean end of a foreground aliasfs."""
        result = self.run("fusermount3", "-u", self.path, cwd="/")
        assert result.ok or not check, f"{result}\n{self.log()}"
        if self.service:
            rc = self.service.wait_for_exit(seconds)
            assert rc == 0 or not check, f"aliasfs ended with {rc}:\n{self.log()}"
            self.service = None

    def terminate(self, seconds=20):
        """SIGTERM, and its exit status once the mount is gone."""
        self.service.process.terminate()
        rc = self.service.wait_for_exit(seconds)
        wait_for(lambda: not mounted(self.path, self.prefix), 10, "the mount is gone")
        return rc

    def kill(self):
        """SIGKILL, then clears away the dead mount."""
        self.killed = True
        self.service.kill()
        self._detach()

    def _detach(self):
        if mounted(self.path, self.prefix):
            self.run("fusermount3", "-u", "-z", self.path, cwd="/", timeout=10)
        if mounted(self.path, self.prefix):
            self.run("umount", "-l", self.path, cwd="/", timeout=10)

    def close(self):
        """At the end of a test: whatever state it is in, afterwards nothing is left. Fails on a report."""
        log = self.log()
        trouble = []
        if self.service and not self.service.is_running() and not self.killed:
            rc = self.service.wait_for_exit()
            if rc != 0:
                trouble.append(f"aliasfs died with {rc}")
        try:
            if mounted(self.path, self.prefix) and not trouble:
                self.unmount()
        except AssertionError as error:
            trouble.append(str(error))
        if self.service:
            self.service.kill()
        self._detach()
        if mounted(self.path, self.prefix):
            trouble.append(f"{self.path} is still mounted")
        trouble += self.reports()
        assert not trouble, "\n".join([*trouble, log])


# --- where ordinary users can mount -------------------------------------------------------------


# Mounts of other tests come along into the namespace and would live on there when their test unmounts
# them, so that their aliasfs never ends: they are dropped first.
SETUP = """
sed -n 's/^[^ ]* \\([^ ]*\\) fuse.aliasfs .*/\\1/p' /proc/self/mounts | while read -r place; do
	umount -l "$place"
done
mount --bind "$1" /dev/fuse && echo ready && exec sleep infinity
"""


class OrdinaryUser:
    """A private mount namespace in which an ordinary user may use /dev/fuse.

    As root: a namespace of our own with a 0666 /dev/fuse, and `prefix` enters it as that user. As an
    ordinary user: that user's own right to /dev/fuse.
    """

    UID = 65534

    def __init__(self, directory):
        self._holder = None
        self.prefix = []
        self.root_prefix = []
        if os.getuid() != 0:
            return
        node = pathlib.Path(directory) / "fuse-device"
        os.mknod(node, 0o666 | 0o020000, os.makedev(10, 229))
        os.chmod(node, 0o666)
        self._holder = subprocess.Popen(
            [
                "/usr/bin/unshare",
                "--mount",
                "--propagation",
                "private",
                "/bin/sh",
                "-c",
                SETUP,
                "sh",
                str(node),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._holder.stdout.readline() == b"ready\n", "no private mount namespace"
        self.root_prefix = ["/usr/bin/nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", "--"]
        self.prefix = [*self.root_prefix, *self.drop_to(self.UID)]

    def own(self, directory, mountpoint, binary):
        """Gives a mount's directories to the user, with a copy of the program, whose own place may be closed to them."""
        copy = shutil.copy(binary, directory)
        if self._holder:
            for each in (directory, mountpoint):
                os.chown(each, self.UID, self.UID)
        return copy

    @staticmethod
    def drop_to(uid):
        return [
            "/usr/bin/setpriv",
            f"--reuid={uid}",
            f"--regid={uid}",
            "--clear-groups",
            "--",
        ]

    def close(self):
        if self._holder:
            self._holder.send_signal(signal.SIGKILL)
            self._holder.wait()
            self._holder.stdout.close()
