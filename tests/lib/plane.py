# SPDX-License-Identifier: MIT
"""A lambda-plane of one's own, and what it counted."""

import contextlib
import dataclasses
import http.client
import json
import pathlib
import re
import sqlite3

from lib import aws
from lib.process import SanitizerLog, Service, environment, wait_for
from lib.programs import program

READS = ("Get", "List")


@dataclasses.dataclass(frozen=True)
class Change:
    """One write that took effect."""

    operation: str
    function: str
    qualifier: str  # the alias's name, or the version's number, or ""
    version: str  # where the alias then pointed, or what was published

    def __str__(self):
        return f"{self.operation} {self.function}:{self.qualifier} {self.version}"


FIELDS = dataclasses.fields(Change)


class Record:
    """What the API was asked between two moments."""

    def __init__(self):
        self.calls = {}  # {operation: count}, only what was called
        self.changes = []  # the Change of each write in the order in which they took effect

    @property
    def writes(self):
        """The writes' operations in the order in which they took effect: ["UpdateAlias"]."""
        return [change.operation for change in self.changes]

    @property
    def reads(self):
        """{operation: count} of the calls that only read."""
        return {name: count for name, count in self.calls.items() if name.startswith(READS)}

    @property
    def write_calls(self):
        """{operation: count} of the calls that wanted to write, also those refused."""
        return {name: count for name, count in self.calls.items() if not name.startswith(READS)}

    @property
    def total(self):
        return sum(self.calls.values())

    def __str__(self):
        return f"calls {self.calls}, changes {list(map(str, self.changes))}"


class Plane:
    """A running lambda-plane. Stop it with stop()."""

    def __init__(self, directory, logs, state=None, *arguments):
        self.directory = pathlib.Path(directory)
        self.state = pathlib.Path(state or self.directory / "state")
        self.arguments = arguments
        self._logs = logs
        self._sanitizers = []
        self.service = None
        self.url = None
        self.start()

    def start(self, port=0):
        """Starts it (again), on a free port unless one is named."""
        sanitizer = SanitizerLog(self._logs, "lambda-plane")
        self._sanitizers.append(sanitizer)
        self.service = Service(
            [
                program("lambda-plane"),
                "--state",
                self.state,
                "--listen",
                f"127.0.0.1:{port}",
                *self.arguments,
            ],
            self.directory / f"lambda-plane-{len(self._sanitizers)}.log",
            environment(**sanitizer.environment()),
        )

        def listening():
            assert self.service.is_running(), f"lambda-plane ended:\n{self.service.log()}"
            return re.findall(r"listening on (http://127\.0\.0\.1:(\d+))\n", self.service.log())

        self.url, number = wait_for(listening, 10, "lambda-plane listens")[-1]
        self.port = int(number)
        self.api = aws.client(self.url)

    def stop(self):
        """Ends it with SIGTERM: exit status 0 and no sanitizer report, or the test fails."""
        rc = self.service.terminate(10)
        log = self.service.log()
        assert not self.reports(), "\n".join(self.reports())
        assert rc == 0, f"lambda-plane ended with {rc}:\n{log}"

    def kill(self):
        self.service.kill()

    def close(self):
        """At the end of a test, whether it runs or not."""
        if self.service.is_running():
            self.stop()
        assert not self.reports(), "\n".join(self.reports())

    def reports(self):
        return [report for each in self._sanitizers for report in each.reports()]

    # What it counted

    def get(self, path):
        """The JSON that the server itself answers, with members that no SDK here knows yet."""
        return self._local("GET", path)

    def put(self, path, value):
        """Has the server take that value: faults, how CloudTrail's events are delivered."""
        return self._local("PUT", path, json.dumps(value))

    def settle(self):
        """Ends what --settle has last: every update, mapping and provisioned concurrency is in effect."""
        with contextlib.closing(sqlite3.connect(self.state / "lambda.db", timeout=30)) as database:
            for table in ("version", "mapping", "provisioned"):
                database.execute(f"UPDATE {table} SET settles = 0")
            database.commit()

    def _local(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status in (200, 204), f"{method} {path}: {answer.status} {body!r}"
            return json.loads(body) if body else None
        finally:
            connection.close()

    def calls(self):
        """{operation: count} since the start or the last reset()."""
        return {name: count for name, count in self._local("GET", "/_local/calls").items() if count}

    def reset(self):
        self._local("DELETE", "/_local/calls")

    def changes(self):
        """The Change of every write in the order in which they took effect."""
        found, after = [], 0
        while True:  # an answer holds a bounded number of them
            page = self._local("GET", f"/_local/changes?after={after}")
            if not page:
                return found
            found += [Change(*(each.get(field.name, "") for field in FIELDS)) for each in page]
            after = page[-1]["sequence"]

    @contextlib.contextmanager
    def recording(self):
        """What happens inside `with`: the yielded Record is filled in when it ends."""
        record = Record()
        calls, changes = self.calls(), len(self.changes())
        yield record
        after = self.calls()
        record.calls = {
            name: count - calls.get(name, 0)
            for name, count in after.items()
            if count != calls.get(name, 0)
        }
        record.changes = self.changes()[changes:]
