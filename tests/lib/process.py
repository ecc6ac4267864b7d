# SPDX-License-Identifier: MIT
"""Starting programs: tools that end by themselves, and services that a test ends.

Sanitizer reports are collected here: every program gets a log_path of its own, and the test that
started it asks `reports()` afterwards. So a report of a daemonised program fails its test too.
"""

import dataclasses
import itertools
import os
import pathlib
import shlex
import signal
import subprocess
import time

from lib.programs import patience

# /usr/bin first, and nothing that a user installed beside Debian's: tests mean Debian's tools.
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"

_numbers = itertools.count(1)


def wait_for(condition, seconds=20, what="the condition", interval=0.01):
    """Waits until `condition()` is true and gives its value; AssertionError after patience(seconds)."""
    seconds = patience(seconds)
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"
        time.sleep(interval)


@dataclasses.dataclass
class Result:
    """How a tool ended."""

    argv: list
    rc: int
    stdout: str
    stderr: str
    seconds: float

    def __str__(self):
        return (
            f"$ {shlex.join(map(str, self.argv))}\nexit {self.rc} after {self.seconds:.2f} s\n"
            f"--- stdout\n{self.stdout[-4000:]}\n--- stderr\n{self.stderr[-4000:]}"
        )

    @property
    def ok(self):
        return self.rc == 0

    @property
    def lines(self):
        return self.stdout.splitlines()


class ToolHangs(AssertionError):
    pass


def run(*argv, timeout=60, env=None, cwd=None, input=None, check=False):
    """Runs a tool to its end and gives its Result. With `check` a non-zero exit is a failure.

    At the timeout, patience(timeout), the tool and its children are killed; one that hangs inside the kernel on a mount
    is not waited for (its mount's end frees it).
    """
    argv = [str(each) for each in argv]
    timeout = patience(timeout)
    started = time.monotonic()
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env if env is not None else environment(),
        cwd=cwd,
        start_new_session=True,
        text=True,
        errors="surrogateescape",
    )
    try:
        stdout, stderr = process.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        try:
            stdout, stderr = process.communicate(timeout=2)
        except subprocess.TimeoutExpired:
            stdout, stderr = "", "(still inside the kernel after SIGKILL)"
        result = Result(argv, -signal.SIGKILL, stdout, stderr, time.monotonic() - started)
        raise ToolHangs(f"not done after {timeout} s:\n{result}") from None
    result = Result(argv, process.returncode, stdout, stderr, time.monotonic() - started)
    assert result.ok or not check, str(result)
    return result


def environment(**more):
    """The environment of every program: ours, without what could lead it elsewhere. None removes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "BOTO_", "PYTHON", "PYENV"))
        and name.lower() not in ("http_proxy", "https_proxy", "all_proxy")
    }
    kept.update(PATH=PATH, LC_ALL="C.UTF-8", TZ="UTC", no_proxy="*", PYTHONDONTWRITEBYTECODE="1")
    kept.update({name: str(value) for name, value in more.items() if value is not None})
    for name, value in more.items():
        if value is None:
            kept.pop(name, None)
    return kept


# --- sanitizers -------------------------------------------------------------------------------

_SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")


class SanitizerLog:
    """Where the sanitizers of one program write. Harmless for a program built without them."""

    def __init__(self, directory, name):
        self._directory = pathlib.Path(directory)
        self._name = f"{name}-{os.getpid()}-{next(_numbers)}"

    def environment(self):
        path = self._directory / self._name
        given = {name: os.environ.get(name, "") for name in _SANITIZERS}
        return {
            name: ":".join(filter(None, (value, f"log_path={path}"))) for name, value in given.items()
        }

    def reports(self):
        """The text of every report, daemonised children included."""
        return [each.read_text(errors="replace") for each in self._directory.glob(self._name + ".*")]


# --- services ---------------------------------------------------------------------------------


class Service:
    """A program in the background with its output in a file. Ended by its pid, never by name."""

    def __init__(self, argv, log, env=None, cwd=None):
        self.argv = [str(each) for each in argv]
        self.log_path = pathlib.Path(log)
        with open(self.log_path, "ab") as output:
            self.process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env if env is not None else environment(),
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def wait_for_exit(self, seconds=20):
        """The exit status; negative for a signal. AssertionError when it does not end in patience(seconds)."""
        seconds = patience(seconds)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            threads = self.threads()
            raise AssertionError(f"{self.argv[0]} has not ended in {seconds} s:\n{self.log()}\n{threads}") from None

    def threads(self):
        """What each thread is doing, where gdb is installed: for a program that hangs."""
        try:
            return run("gdb", "-p", self.pid, "-batch", "-ex", "thread apply all bt", timeout=60).stdout
        except OSError:
            return ""

    def terminate(self, seconds=20):
        """SIGTERM and its exit status. One that does not end is killed, and the test fails."""
        if self.is_running():
            self.process.terminate()
        try:
            return self.wait_for_exit(seconds)
        except AssertionError:
            self.kill()
            raise

    def kill(self):
        """SIGKILL, and waits for the end."""
        if self.is_running():
            self.process.kill()
        return self.process.wait(patience(20))


def descriptors(pid):
    """How many a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    """The memory of a process that is in RAM."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
