# SPDX-License-Identifier: MIT
"""Runs one gesture in a process of its own: a program, or a Python function in a fork."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
import traceback

from lib.process import environment

HANGS = 60  # seconds; every deadline of a mount is far below


@dataclasses.dataclass
class Ended:
    rc: int  # as a shell has it; None: it hangs
    out: str
    err: str
    started: float
    ended: float
    killed: bool = False
    told: object = None  # what `alongside` gave
    generation: int = -1  # of its mount, when it began

    @property
    def seconds(self):
        return self.ended - self.started


def start_function(function, out, err):
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        function()
        status = 0
    except OSError as error:
        os.write(2, f"{error}\n".encode())
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        status = 70
    finally:
        os._exit(status)


def start_program(argv, out, err, home):
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        env=environment(HOME=home, GIT_CONFIG_NOSYSTEM="1"),
        cwd=home,
        start_new_session=True,
    )
    process.returncode = 0  # it is waited for by its pid, like a fork
    return process.pid


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)


def wait(pid, kill_at, hangs_at):
    """(wait status or None when it hangs, whether it was killed)."""
    killed, pause = False, 0.001
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        now = time.monotonic()
        if found:
            return status, killed and os.WIFSIGNALED(status)
        if kill_at and now >= kill_at and not killed:
            kill_group(pid)
            killed = True
        if now >= hangs_at:
            kill_group(pid)
            return None, killed
        time.sleep(pause)
        pause = min(0.02, pause * 1.5)


def read(file):
    file.seek(0)
    return file.read(200_000).decode(errors="replace")


class Runner:
    """`scratch`: a directory of the worker's own outside every mount."""

    def __init__(self, scratch):
        self._scratch = scratch
        self._files = [open(scratch / name, "w+b", buffering=0) for name in ("out", "err")]

    def run(self, command, kill_after=None, alongside=None):
        for file in self._files:
            file.seek(0)
            file.truncate()
        sys.stdout.flush()
        started = time.monotonic()
        if callable(command):
            pid = start_function(command, *self._files)
        else:
            pid = start_program(command, *self._files, self._scratch)
        told = alongside() if alongside else None
        kill_at = started + kill_after if kill_after is not None else None
        status, killed = wait(pid, kill_at, started + HANGS)
        rc = None if status is None else os.waitstatus_to_exitcode(status)
        out, err = map(read, self._files)
        return Ended(rc, out, err, started, time.monotonic(), killed, told)
