# SPDX-License-Identifier: MIT
"""Starts all that a soak needs, lets it play, ends it, and tells what came of it.

    workers ──tools──► mount A ──► proxy A ──► lambda-plane A ─┐
       │        └────► mount B ──► proxy B ──► lambda-plane B ─┴─ one state directory
       └── the judge and the colleague ───────────► B
"""

import collections
import contextlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

from lib import aws
from lib.faultproxy import FaultProxy
from lib.mount import Mount, mounted
from lib.plane import Plane
from lib.process import descriptors, environment, resident_kib
from lib.programs import build_directory, patience, sanitizer
from soak.account import Account
from soak.document_account import DocumentAccount
from soak.documents import KEPT
from soak.g_common import NAMES as COMMON_NAMES
from soak.judge import make_function
from soak.model import State
from soak.storm import Storm, deliver_late, has_ended_well
from soak.weather import Weather

OPTIONS = {
    "ttl": 1,
    "documents_ttl": 1,
    "timeout": 4,
    "read_timeout": 6,
    "upload_timeout": 6,
    "delete_grace": 1,
    "rate": 200,
    "allow_update": True,
    "protect": KEPT,
    "code_cache": 1,  # MiB: full by a quarter of the time, as each zip in it is an open file
}
LISTED = {"b": {"documents": True}}  # by mount B alone
SETTLES = {"a": (0, 150, 400), "b": (0, 50, 100)}  # milliseconds for which an update of $LATEST is in progress
LATE = 7  # seconds after which nothing that was delayed can still arrive
GRACE = 4  # what is deferred is done by then: held names 2 s, removals 1 s, a look at AWS
# Memory and descriptors may grow by this much between a quarter of the time and the end.
MEMORY_KIB = 16 * 1024
DESCRIPTORS = 16
ZEROS = [
    "alias lost",
    "temporary name at AWS",
    "empty listing",
    "exit 0 without effect",
    "wrong effect",
    "not true",
    "accepted",
    "unexpected write",
    "wrong roll-back",
    "half a document",
    "wrong document",
    "grant missing",
    "colleague overwritten",
    "not settled",
    "failed without a reason",
    "hang",
]


class Soak:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.random = random.Random(f"{options.seed}-storm")
        self.started = time.monotonic()
        self.log = open(directory / "storm.log", "a", buffering=1)
        self.findings = []
        self.figures = collections.Counter()
        self.weather = Weather(directory / "weather", create=True)
        self.logs = directory / "sanitizer"
        self.logs.mkdir()
        self.workers = []
        self.templates = {}  # {function: its configuration}
        self.measured = {}
        self.lock = threading.Lock()

    def note(self, text):
        self.log.write(f"{time.monotonic() - self.started:9.3f} {text}\n")

    def find(self, kind, text):
        with self.lock:
            self.findings.append((kind, text))
        print(f"FINDING after {time.monotonic() - self.started:.0f} s: {kind}: {text}", flush=True)

    # The programs

    def start_plane(self, name, state):
        directory = self.directory / f"plane-{name}"
        directory.mkdir()
        settle = self.random.choice(SETTLES[name])
        self.note(f"lambda-plane {name}: --settle {settle}")
        return Plane(directory, self.logs, state, "--settle", str(settle))

    def start_mount(self, name, proxy):
        directory = self.directory / f"mount-{name}"
        directory.mkdir()
        module = build_directory().joinpath("tests", "soak", "libclock_jump.so")
        env, jump = aws.credentials_environment(directory), None
        if module.exists() and not sanitizer():  # their runtime must be loaded first
            jump = directory / "jump"
            jump.write_bytes(bytes(8))
            env.update(LD_PRELOAD=str(module), CLOCK_JUMP_FILE=str(jump))
        mount = Mount(
            directory, self.logs, "aws", env=env, endpoint_url=proxy.url, region=aws.REGION, **OPTIONS,
            **LISTED.get(name, {}),
        )
        mount.jump = jump
        return mount.start()

    def start_worker(self, number, functions):
        scratch = self.directory / f"worker-{number}"
        scratch.mkdir()
        config = {
            "number": number,
            "seed": self.options.seed,
            "function": functions[number],
            "functions": functions,
            "templates": self.templates,
            "mounts": [str(mount.path) for mount in self.mounts],
            "port": self.planes[1].port,
            "weather": str(self.directory / "weather"),
            "scratch": str(scratch),
            "log": str(self.directory / f"worker-{number}.log"),
            "started": self.started,
            "until": self.until,
            "pause": self.options.pause,
            "kill_tools": 0 if self.options.calm else 0.04,
            "without": self.options.without,
            "ttl": OPTIONS["ttl"],
            "late": LATE * (5 if sanitizer() else 1),
            "grace": GRACE,
            "calm": patience(60),
        }
        process = subprocess.Popen(
            ["/usr/bin/python3", "-B", "-m", "soak.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(self.directory / f"worker-{number}.err", "wb"),
            env=environment(ALIASFS_BUILD=build_directory()),
            cwd=pathlib.Path(__file__).resolve().parents[1],
            text=True,
        )
        process.stdin.write(json.dumps(config) + "\n")
        process.stdin.flush()
        process.played = threading.Event()
        process.ready = threading.Event()
        process.listener = threading.Thread(target=self.listen, args=(number, process))
        process.listener.start()
        self.workers.append(process)

    def listen(self, number, process):
        """Reads what a worker tells, to its end."""
        for line in process.stdout:
            told = json.loads(line)
            if "finding" in told:
                self.find(told["finding"], told["text"])
            process.ready.set()
            if "played" in told:
                process.played.set()
            if "figures" in told:
                self.figures.update(told["figures"])
        if process.wait() != 0:
            errors = (self.directory / f"worker-{number}.err").read_text()[-1500:]
            self.find("the soak itself failed", f"worker {number} ended with {process.returncode}: {errors}")
        process.played.set()
        process.ready.set()

    # The course

    def run(self):
        with contextlib.ExitStack() as stack:
            self.prepare(stack)
            self.play()
            self.end()
        return self.tell()

    def prepare(self, stack):
        state = self.directory / "state"
        state.mkdir()
        self.planes = []
        for name in "ab":
            self.planes.append(self.start_plane(name, state))
            deliver_late(self.planes[-1])
            stack.callback(self.closed, f"lambda-plane {name}", self.planes[-1])
        self.account = Account(self.planes[1].port)
        self.account.create_function("common", 4)
        for name in COMMON_NAMES:
            self.account.create_alias("common", name, State("1", None, "shared"))
        DocumentAccount(self.account, self.account.port).prepare("common", COMMON_NAMES)
        functions = ["red", "blue", "green", "black", "white"][: self.options.workers]
        for function in functions:
            make_function(self.account, function)
        self.account.news()
        self.proxies = [stack.enter_context(FaultProxy(plane.url)) for plane in self.planes]
        self.mounts = []
        for name, proxy in zip("ab", self.proxies):
            self.mounts.append(self.start_mount(name, proxy))
            stack.callback(self.closed, f"mount {name}", self.mounts[-1])
        for function in [*functions, "common"]:
            path = self.mounts[1].path / function / "$LATEST/configuration.json"
            self.templates[function] = json.loads(path.read_text())
        self.until = time.monotonic() + self.options.minutes * 60
        stack.callback(self.end_workers)
        for number in range(len(functions)):
            self.start_worker(number, functions)
        for worker in self.workers:
            worker.ready.wait(patience(30))

    def closed(self, name, program):
        try:
            program.close()
        except AssertionError as error:
            self.find("died", f"{name}: {str(error).splitlines()[0]}")

    def end_workers(self):
        for worker in self.workers:
            with contextlib.suppress(OSError):
                worker.stdin.close()
            worker.kill()
            worker.listener.join(10)

    def play(self):
        storm = Storm(self.random, self.weather, self.mounts, self.planes, self.proxies, self.note)
        self.storm = storm
        warm = time.monotonic() + (self.until - time.monotonic()) / 4
        while time.monotonic() < self.until:
            if not self.measured and time.monotonic() >= warm:
                self.measured = self.measure()
            # What is open is settled in a long calm only: nothing that was delayed may be left.
            calm = self.random.uniform(*((12, 22) if self.random.random() < 0.2 else (1, 4)))
            time.sleep(max(0, min(calm, self.until - time.monotonic())))
            for proxy in self.proxies:
                with proxy._lock:
                    proxy._requests.clear()
            self.judge_common()
            if not self.options.calm and time.monotonic() < self.until - 1:
                storm.episode()
        for worker in self.workers:
            worker.played.wait(patience(90))

    def measure(self):
        """{program: (resident KiB, open descriptors)}."""
        programs = {"mount B": self.mounts[1].service.pid, "lambda-plane B": self.planes[1].service.pid}
        return {name: (resident_kib(pid), descriptors(pid)) for name, pid in programs.items()}

    def judge_common(self):
        """No worker removes the aliases of `common`, or makes any."""
        for change in self.account.news():
            if change["function"] != "common":
                continue
            name = change.get("qualifier", "")
            if change["operation"] == "DeleteAlias":
                kind = "alias lost" if name in COMMON_NAMES else "temporary name at AWS"
                self.find(kind, f"common: DeleteAlias {name} at {change['time']}")
            elif change["operation"] == "CreateAlias" and name not in COMMON_NAMES:
                self.find("temporary name at AWS", f"common: CreateAlias {name} at {change['time']}")
        held = self.account.aliases("common")
        for name in COMMON_NAMES:
            if name not in held:
                self.account.create_alias("common", name, State("1", None, "shared"))

    def end(self):
        for worker in self.workers:
            with contextlib.suppress(OSError):
                worker.stdin.write("\n")
                worker.stdin.flush()
        for worker in self.workers:
            worker.listener.join(patience(90))
        self.judge_common()
        final = self.measure()
        for name, (memory, opened) in final.items():
            first = self.measured.get(name, (memory, opened))
            self.figures[f"{name}: KiB at a quarter"], self.figures[f"{name}: KiB at the end"] = first[0], memory
            self.figures[f"{name}: descriptors at a quarter"] = first[1]
            self.figures[f"{name}: descriptors at the end"] = opened
            # A sanitizer keeps what was freed, and looks for leaks itself.
            grown = memory > first[0] + MEMORY_KIB and not sanitizer()
            if grown or opened > first[1] + DESCRIPTORS:
                self.find("growth", f"{name}: from {first} to {(memory, opened)} (KiB, descriptors)")
        for name, mount in zip("AB", self.mounts):
            self.end_mount(name, mount)

    def end_mount(self, name, mount):
        """By SIGTERM: a mount namespace that was made meanwhile would keep an unmounted one alive."""
        try:
            rc = mount.terminate()
        except AssertionError as error:
            self.find("hang", f"mount {name} at its end: {str(error).splitlines()[0]}")
            return
        if not has_ended_well(rc, mount):
            self.find("died", f"mount {name} ended with {rc}: {mount.log()[-2000:]}")

    # The figures

    def tell(self):
        self.log.close()
        for text in self.storm.trouble:
            self.find("died", text)
        kinds = collections.Counter(kind for kind, _ in self.findings)
        print(f"\nsoak: seed {self.options.seed}, {time.monotonic() - self.started:.0f} s")
        for name, value in {**self.figures, **self.storm.figures}.items():
            print(f"{value:10} {name}")
        for kind in [*ZEROS, *sorted(set(kinds) - set(ZEROS))]:
            print(f"{kinds[kind]:10} {kind}")
        if not self.findings:
            if not any(mounted(mount.path) for mount in self.mounts):
                shutil.rmtree(self.directory)
            print("soak: nothing found")
            return 0
        for log in sorted(self.directory.glob("*.log")):
            print(f"--- {log}\n" + "".join(log.read_text().splitlines(keepends=True)[-15:]))
        print(f"soak: {len(self.findings)} findings, seed {self.options.seed}; logs in {self.directory}")
        for kind, text in self.findings[:50]:
            print(f"  {kind}: {text.splitlines()[0][:300]}")
        sys.stdout.flush()
        return 1


