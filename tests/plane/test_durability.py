# SPDX-License-Identifier: MIT
"""What was answered is on the disk, however the program ends and other processes write."""

import base64
import hashlib
import http.client
import io
import json
import os
import random
import signal
import socket
import sqlite3
import threading
import time
import zipfile

import pytest
from lib import aws
from lib.process import Service, environment, wait_for
from lib.programs import patience, program
from wire import FUNCTIONS, Wire, quote


class Writer(threading.Thread):
    """A client with a function of its own: numbers its writes, remembers the last that was answered.

    What it finds after a restart must be the last answered write, or the one that was under way.
    """

    def __init__(self, port, name, count=None):
        super().__init__(name=name, daemon=True)
        self.port = port
        self.function = name
        self.count = count
        self.begun = {"alias": 0, "code": 0, "description": 0, "version": 0}
        self.answered = dict(self.begun)
        self.writes = 0
        self.stopped = threading.Event()
        self.unexpected = []

    def prepare(self):
        wire = Wire(self.port)
        assert wire.create_function(self.function, f"{self.function} 0").status == 201
        assert wire.publish(self.function).status == 201
        assert wire.create_alias(self.function, "PROD", 1, Description="0").status == 201
        self.begun["version"] = self.answered["version"] = 1
        wire.close()

    def resume(self, port):
        """A new thread that goes on where this one was when the server ended."""
        other = Writer(port, self.function, self.count)
        other.begun, other.answered = dict(self.begun), dict(self.answered)
        other.writes, other.unexpected = self.writes, self.unexpected
        return other

    def _write(self, wire, kind):
        number = self.begun[kind] + 1
        self.begun[kind] = number
        text = f"{self.function} {number}"
        if kind == "alias":
            answer = wire.update_alias(self.function, "PROD", Description=str(number))
        elif kind == "code":
            answer = wire.update_code(self.function, text)
        elif kind == "version":
            wire.update_configuration(self.function, Environment={"Variables": {"N1": str(number)}})
            answer = wire.publish(self.function)
        else:
            answer = wire.update_configuration(self.function, Description=str(number))
        if answer.status not in (200, 201):
            self.unexpected.append(str(answer))
            return
        self.answered[kind] = number
        self.writes += 1

    def run(self):
        wire = Wire(self.port)
        kinds = ("alias", "alias", "description", "code", "version")
        while not self.stopped.is_set() and (self.count is None or self.writes < self.count):
            try:
                self._write(wire, kinds[self.writes % len(kinds)])
            except (OSError, http.client.HTTPException):
                break  # the server is gone
        wire.close()

    def check(self, wire):
        """Nothing answered is lost, nothing is half there."""
        assert not self.unexpected, self.unexpected
        alias = wire.get_alias(self.function, "PROD").json
        self._expect("alias", int(alias["Description"]))
        whole = wire("GET", f"{FUNCTIONS}/{self.function}").json
        self._expect("description", int(whole["Configuration"]["Description"] or 0))
        digest = whole["Configuration"]["CodeSha256"]
        wanted = [
            aws.code_sha256(aws.code(f"{self.function} {number}"))
            for number in range(self.answered["code"], self.begun["code"] + 1)
        ]
        assert digest in wanted, f"{self.function}: code {digest} is none of {wanted}"
        location = whole["Code"]["Location"].split("/", 3)[3]
        code = wire("GET", "/" + location).body
        assert base64.b64encode(hashlib.sha256(code).digest()).decode() == digest
        versions = wire("GET", f"{FUNCTIONS}/{self.function}/versions?MaxItems=50").json
        while versions["NextMarker"]:
            marker = versions["NextMarker"].replace("=", "%3D").replace("+", "%2B")
            more = wire("GET", f"{FUNCTIONS}/{self.function}/versions?Marker={marker}").json
            versions = {"Versions": versions["Versions"] + more["Versions"], **{
                name: value for name, value in more.items() if name == "NextMarker"}}
        numbers = [int(each["Version"]) for each in versions["Versions"][1:]]
        assert numbers == list(range(1, len(numbers) + 1))
        self._expect("version", len(numbers))
        # What it is now is what the next attempt builds on.
        self.begun["alias"] = self.answered["alias"] = int(alias["Description"])
        self.begun["description"] = self.answered["description"] = int(
            whole["Configuration"]["Description"] or 0)
        self.begun["version"] = self.answered["version"] = len(numbers)

    def _expect(self, kind, found):
        assert self.answered[kind] <= found <= self.begun[kind], (
            f"{self.function}: {kind} is {found}, answered was {self.answered[kind]}, "
            f"begun {self.begun[kind]}"
        )


def kill_many(plane, kills, writers, seed, total=None):
    chance = random.Random(seed)
    print(f"seed {seed}")
    threads = [Writer(plane.port, f"w{number}") for number in range(writers)]
    for each in threads:
        each.prepare()
    port = plane.port
    killed = 0
    total = total or kills + 1  # or the kills came before anything was written
    while killed < kills or sum(each.writes for each in threads) < total:
        for each in threads:
            each.start()
        time.sleep(chance.uniform(0, 0.12))  # the moment is the test's subject
        plane.kill()
        killed += 1
        for each in threads:
            each.stopped.set()
        for each in threads:
            each.join(patience(30))
        plane.start(port)
        wire = Wire(port)
        for each in threads:
            each.check(wire)
        wire.close()
        threads = [each.resume(port) for each in threads]
    print(f"{killed} kills, {sum(each.writes for each in threads)} writes answered")
    left = [name for name in os.listdir(plane.state / "code") if name.endswith(".zip")]
    named = {
        version["CodeSha256"]
        for page in plane.api.get_paginator("list_functions").paginate(FunctionVersion="ALL")
        for version in page["Functions"]
    }
    assert len(left) == len(named), "zips that nothing names stay behind, or zips are missing"


def test_two_hundred_kills_lose_nothing(plane):
    kill_many(plane, 200, 2, int(os.environ.get("ALIASFS_SEED", time.time_ns() % 1000000)))


def test_kills_during_two_thousand_writes_of_four_clients(plane):
    seed = int(os.environ.get("ALIASFS_SEED", time.time_ns() % 1000000))
    kill_many(plane, 50, 4, seed, total=2000)


def test_two_processes_write_one_directory(make_plane):
    first = make_plane()
    second = make_plane(state=first.state)
    writers = [Writer(each.port, f"{label}{number}", count=40)
               for label, each in (("a", first), ("b", second)) for number in range(2)]
    for each in writers:
        each.prepare()
    for each in writers:
        each.start()
    for each in writers:
        each.join(patience(60))
        assert not each.is_alive()
    for plane in (first, second):
        wire = Wire(plane.port)
        for each in writers:
            assert each.writes == 40
            each.check(wire)
        wire.close()
    assert first.changes() == second.changes()


def test_one_alias_fought_over_by_two_processes(make_plane):
    """With RevisionIds every answered write saw the one before it: no update is lost."""
    first = make_plane()
    second = make_plane(state=first.state)
    aws.create_function(first.api, "fn", versions=1, aliases={"PROD": 1})
    answered = []

    def fight(port):
        wire = Wire(port)
        done = 0
        while done < 25:
            alias = wire.get_alias("fn", "PROD").json
            number = int(alias["Description"] or 0) + 1
            answer = wire.update_alias(
                "fn", "PROD", Description=str(number), RevisionId=alias["RevisionId"])
            if answer.status == 200:
                answered.append(number)
                done += 1
            else:
                assert answer.status == 412, str(answer)
        wire.close()

    threads = [threading.Thread(target=fight, args=(each.port,))
               for each in (first, second) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(patience(120))
    assert sorted(answered) == list(range(1, 101))


def test_every_read_sees_the_newest_commit_of_any_process(make_plane):
    """Connections keep their snapshots, but never past another's commit."""
    first = make_plane()
    second = make_plane(state=first.state)
    aws.create_function(first.api, "fn", versions=1, aliases={"PROD": 1})
    readers = [Wire(each.port) for each in (first, second) for _ in range(4)]
    for number in range(60):
        wire = Wire((first, second)[number % 2].port)
        assert wire.update_alias("fn", "PROD", Description=str(number)).status == 200
        wire.close()
        assert [each.get_alias("fn", "PROD").json["Description"] for each in readers] == (
            [str(number)] * len(readers))
        assert first.changes() == second.changes()
    for each in readers:
        each.close()


def test_the_log_is_started_over_while_others_read(plane):
    """Readers that keep snapshots do not make SQLite's log grow without end."""
    wires = [Wire(plane.port) for _ in range(4)]
    wires[0].create_function("fn")
    wires[0].create_alias("fn", "PROD", "$LATEST")
    for number in range(1000):
        assert wires[0].update_alias("fn", "PROD", Description="x" * 250).status == 200
        assert wires[1 + number % 3].get_alias("fn", "PROD").status == 200
    size = (plane.state / "lambda.db-wal").stat().st_size
    print(f"{size} bytes of log")
    assert size < 3 * 1000 * 4096, "SQLite checkpoints at 1000 pages"
    for each in wires:
        each.close()


def test_sigterm_ends_it_cleanly_under_load(plane):
    writers = [Writer(plane.port, f"w{number}") for number in range(3)]
    for each in writers:
        each.prepare()
    for each in writers:
        each.start()
    time.sleep(0.3)
    plane.stop()  # status 0, no sanitizer report
    for each in writers:
        each.join(patience(30))
    plane.start(plane.port)
    wire = Wire(plane.port)
    for each in writers:
        each.check(wire)
    wire.close()


def test_an_unknown_schema_is_refused(plane):
    plane.stop()
    with sqlite3.connect(plane.state / "lambda.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(AssertionError, match="schema version 99"):
        plane.start()


def make_version_2(database):
    """What version 3 added to the database is taken away."""
    for column in ("effective", "event_id", "access_key_id", "address", "host", "user_agent", "parameters",
                   "elements", "resources", "error_code", "error_message"):
        database.execute(f"ALTER TABLE change DROP COLUMN {column}")
    database.execute("PRAGMA user_version = 2")


def test_the_schema_without_events_is_brought_up_to_date(plane):
    """The list of changes stays; CloudTrail has only what was called since."""
    aws.create_function(plane.api, "fn", versions=1, aliases={"PROD": 1})
    before = plane.changes()
    plane.stop()
    with sqlite3.connect(plane.state / "lambda.db") as database:
        make_version_2(database)
    database.close()
    plane.start()
    headers = {"X-Amz-Target": "CloudTrail_20131101.LookupEvents"}
    wire = Wire(plane.port)
    assert wire("POST", "/", {}, headers).json == {"Events": []} and plane.changes() == before
    plane.api.update_alias(FunctionName="fn", Name="PROD")
    events = wire("POST", "/", {}, headers).json["Events"]
    assert [each["EventName"] for each in events] == ["UpdateAlias20150331"]
    assert len(plane.changes()) == len(before) + 1
    wire.close()


def test_an_older_schema_is_brought_up_to_date(plane):
    """What version 2 added is taken away: that is a state directory of version 1."""
    aws.create_function(plane.api, "fn", versions=1, aliases={"PROD": 1})
    plane.api.add_permission(FunctionName="fn", Qualifier="PROD", StatementId="s", Principal="*",
                             Action="lambda:InvokeFunction")
    policy = plane.api.get_policy(FunctionName="fn", Qualifier="PROD")["Policy"]
    plane.stop()
    database = sqlite3.connect(plane.state / "lambda.db")
    make_version_2(database)
    database.executescript("""
        DROP TABLE layer_version; DROP TABLE layer; DROP INDEX function_by_code_signing;
        DROP TABLE code_signing; DROP TABLE scaling; ALTER TABLE policy DROP COLUMN head;
        PRAGMA user_version = 1;""")
    database.close()
    plane.start()
    assert plane.api.get_policy(FunctionName="fn", Qualifier="PROD")["Policy"] == policy
    assert plane.api.publish_layer_version(
        LayerName="lib", Content={"ZipFile": aws.code("1")})["Version"] == 1
    plane.stop()
    plane.start()
    assert [each["LayerName"] for each in plane.api.list_layers()["Layers"]] == ["lib"]


def test_versions_outlive_nothing_but_their_numbers(plane):
    """The high-water mark of a name survives the function and the process."""
    aws.create_function(plane.api, "fn", versions=3)
    plane.api.delete_function(FunctionName="fn")
    plane.kill()
    plane.start()
    aws.create_function(plane.api, "fn")
    assert plane.api.publish_version(FunctionName="fn")["Version"] == "4"
    assert json.loads(json.dumps(plane.calls()))["PublishVersion"] == 1


def test_a_full_disk_is_an_error_and_loses_nothing(scratch):
    """On a small tmpfs of its own, in a mount namespace, so that it needs no root."""
    state = scratch / "small"
    state.mkdir()
    port = free_port()
    script = (
        f"mount -t tmpfs -o size=3m,mode=0700 none {state} && "
        f"while {program('lambda-plane')} --state {state} --listen 127.0.0.1:{port}; do :; done"
    )
    service = Service(["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c",
                       script], scratch / "log", environment())
    try:
        wait_for(lambda: "listening" in service.log(), 10, "it listens on a small disk")
        made = fill(Wire(port))
        print(f"{len(made)} functions fitted")
        check_full(port, made)
        os.kill(child_of(service.pid), signal.SIGTERM)  # the loop starts it again, on the full disk
        wait_for(lambda: service.log().count("listening") == 2, 20, "it opens again")
        check_full(port, made)
        wire = Wire(port)
        for name in list(made)[:3]:
            answer = wire("DELETE", f"{FUNCTIONS}/{name}")
            if answer.status == 204:
                del made[name]
        check_full(port, made)
    finally:
        os.killpg(service.pid, signal.SIGKILL)
        service.wait_for_exit()


def fill(wire):
    """Functions with code that cannot be compressed, until one is refused."""
    made = {}
    for number in range(200):
        name = f"fn{number}"
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("blob", os.urandom(60000))
        code = data.getvalue()
        answer = wire("POST", FUNCTIONS, {
            "FunctionName": name, "Runtime": "python3.12", "Role": aws.ROLE, "Handler": "h.h",
            "Code": {"ZipFile": base64.b64encode(code).decode()}})
        if answer.status != 201:
            assert (answer.status, answer.code) == (500, "ServiceException"), str(answer)
            assert answer.json == {"Type": "Service", "Message": "The store is full."}
            return made
        made[name] = code
    raise AssertionError("the disk was never full")


def check_full(port, made):
    wire = Wire(port)
    listed = []
    marker = ""
    while marker is not None:
        page = wire("GET", f"{FUNCTIONS}?{marker}").json
        listed += [each["FunctionName"] for each in page["Functions"]]
        marker = f"Marker={quote(page['NextMarker'])}" if page["NextMarker"] else None
    assert sorted(listed) == sorted(made)
    for name, code in made.items():
        location = wire("GET", f"{FUNCTIONS}/{name}").json["Code"]["Location"].split("/", 3)[3]
        assert wire("GET", "/" + location).body == code
    wire.close()


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return int(children.read().split()[0])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
