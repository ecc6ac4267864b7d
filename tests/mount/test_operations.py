# SPDX-License-Identifier: MIT
"""Each operation of the filesystem on each state of a name: what is refused, or fails at AWS, changes nothing.

    states × operations ──► trials, each with names of its own ──► refused: the account and the mount are as before
                                                               └─► done:    done once more while AWS fails: the same

The trials are spread over pairs of functions (a0 and b0, a1 and b1, …) that work side by side.
"""

import concurrent.futures
import contextlib
import dataclasses
import errno
import http.client
import itertools
import json
import os
import pickle
import signal
import struct

import pytest

from lib import aws
from lib.calls import RENAME_EXCHANGE, RENAME_NOREPLACE, fsync_directory, rename
from lib.process import wait_for

PAIRS = 8
GRACE = 60  # ends when the test says so
BATCH = 600  # trials at a time: the mount remembers so many names


def write(path, flags):
    descriptor = os.open(path, flags, 0o644)
    try:
        os.write(descriptor, b"changed\n")
    finally:
        os.close(descriptor)


# --- states: what stands under a name before ------------------------------------------------------


@dataclasses.dataclass
class State:
    name: str  # within the function's directory; {n} is the trial's number
    alias: str = ""  # which alias there is, of version 1
    weight: float = 0  # of version 2
    hidden: str = ""  # which name is removed before
    link: str = ""  # which link is made before, to version 2
    draft: str = ""  # which file is written before
    function: str = "a"
    own: bool = True  # the name is this trial's alone


STATES = {
    "alias": State("N{n}", alias="N{n}"),
    "alias with a weight": State("N{n}", alias="N{n}", weight=0.1),
    "weight": State("N{n}%10", alias="N{n}", weight=0.1),
    "hidden alias": State("N{n}", alias="N{n}", hidden="N{n}"),
    "hidden alias with a weight": State("N{n}", alias="N{n}", weight=0.1, hidden="N{n}"),
    "hidden weight": State("N{n}%10", alias="N{n}", weight=0.1, hidden="N{n}%10"),
    "alias of a hidden weight": State("N{n}", alias="N{n}", weight=0.1, hidden="N{n}%10"),
    "held": State("tmp{n:08}", link="tmp{n:08}"),
    "local": State("n.{n}", link="n.{n}"),
    "local weight": State("N{n}%10.new", alias="N{n}", link="N{n}%10.new"),
    "backup": State("N{n}~", alias="N{n}", link="N{n}~"),
    "no alias": State("N{n}"),
    "no weight": State("N{n}%10", alias="N{n}"),
    "no weight of no alias": State("N{n}%10"),
    "malformed weight": State("N{n}%10.0", alias="N{n}"),
    "no local": State("n.{n}"),
    "too long": State("N{n:0200}"),
    "numeric": State("00{n}"),
    "alias elsewhere": State("../b{k}/N{n}", alias="N{n}", function="b"),
    "hidden alias elsewhere": State("../b{k}/N{n}", alias="N{n}", hidden="N{n}", function="b"),
    "local elsewhere": State("../b{k}/n.{n}", link="n.{n}", function="b"),
    "nothing elsewhere": State("../b{k}/N{n}", function="b"),
    "description": State(".aliases/N{n}/description", alias="N{n}"),
    "draft": State(".aliases/N{n}/.d", alias="N{n}", draft=".aliases/N{n}/.d"),
    "no draft": State(".aliases/N{n}/.d", alias="N{n}"),
    "description of a hidden alias": State(".aliases/N{n}/description", alias="N{n}", hidden="N{n}"),
    "alias directory": State(".aliases/N{n}", alias="N{n}"),
    "no alias directory": State(".aliases/N{n}"),
    "aliases": State(".aliases", own=False),
    "newest": State(".newest", own=False),
    "version": State("1", own=False),
    "latest": State("$LATEST", own=False),
    "no version": State("77", own=False),
    "file of a version": State("1/configuration.json", own=False),
    "file of latest": State("$LATEST/configuration.json", own=False),
    "no file of a version": State("1/N{n}"),
    "function": State("../b{k}", own=False),
    "no function": State("../N{n}"),
    "control": State("../.aliasfs/version", own=False),
    "root": State("..", own=False),
}

# --- operations ------------------------------------------------------------------------------------

PLAIN = {
    "LOOKUP": lambda path: os.lstat(path),
    "READLINK": lambda path: os.readlink(path),
    "SYMLINK": lambda path: os.symlink("2", path),
    "SYMLINK to no version": lambda path: os.symlink("99", path),
    "SYMLINK elsewhere": lambda path: os.symlink("../b/1", path),
    "SYMLINK to itself": lambda path: os.symlink(os.path.basename(path), path),
    "UNLINK": lambda path: os.unlink(path),
    "RMDIR": lambda path: os.rmdir(path),
    "MKDIR": lambda path: os.mkdir(path),
    "MKDIR below": lambda path: os.mkdir(f"{path}/sub"),
    "MKNOD": lambda path: os.mkfifo(path),
    "CREATE": lambda path: write(path, os.O_WRONLY | os.O_CREAT),
    "CREATE alone": lambda path: write(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    "CREATE below": lambda path: write(f"{path}/sub", os.O_WRONLY | os.O_CREAT),
    "OPEN to write": lambda path: write(path, os.O_WRONLY),
    "OPEN to append": lambda path: write(path, os.O_WRONLY | os.O_APPEND),
    "OPEN to replace": lambda path: write(path, os.O_WRONLY | os.O_TRUNC),
    "TRUNCATE": lambda path: os.truncate(path, 3),
    "CHMOD": lambda path: os.chmod(path, 0o600),
    "CHOWN": lambda path: os.chown(path, 1, 1, follow_symlinks=False),
    "SETXATTR": lambda path: os.setxattr(path, "lambda.arn", b"x", follow_symlinks=False),
    "REMOVEXATTR": lambda path: os.removexattr(path, "lambda.arn", follow_symlinks=False),
}

# What is renamed onto the name, and what the name is renamed to.
OTHERS = {
    "alias": State("O{n}", alias="O{n}"),
    "weight": State("O{n}%10", alias="O{n}", weight=0.1),
    "hidden alias": State("O{n}", alias="O{n}", hidden="O{n}"),
    "held": State("tmp1{n:07}", link="tmp1{n:07}"),
    "local": State("o.{n}", link="o.{n}"),
    "no alias": State("O{n}"),
    "no local": State("o.{n}"),
    "alias elsewhere": State("../b{k}/O{n}", alias="O{n}", function="b"),
    "hidden alias elsewhere": State("../b{k}/O{n}", alias="O{n}", hidden="O{n}", function="b"),
    "local elsewhere": State("../b{k}/o.{n}", link="o.{n}", function="b"),
    "nothing elsewhere": State("../b{k}/O{n}", function="b"),
    "description": State(".aliases/O{n}/description", alias="O{n}"),
    "draft": State(".aliases/O{n}/.d", alias="O{n}", draft=".aliases/O{n}/.d"),
    "version": State("2", own=False),
    "file of a version": State("2/configuration.json", own=False),
    "no file of a version": State("2/O{n}"),
    "root": State("../O{n}", own=False),
}
FLAGS = {"": 0, " NOREPLACE": RENAME_NOREPLACE, " EXCHANGE": RENAME_EXCHANGE}

# Removals: a process that is refused one is guarded in the function (3.1), so another process does them.
REMOVALS = {"UNLINK", "RMDIR"}


@dataclasses.dataclass
class Trial:
    state: str
    operation: str
    number: int = 0
    other: str = ""  # of a RENAME
    flags: str = ""
    onto: bool = True  # a RENAME of `other` onto the name; False: of the name to `other`
    error: int = None
    before: dict = None  # what was shown
    before_it: dict = None  # the same once something was hidden
    account: dict = None  # what AWS had of its aliases

    def __str__(self):
        way = f" from {self.other}" if self.onto else f" to {self.other}"
        return f"{self.operation}{self.flags}{way if self.other else ''}: {self.state}"

    @property
    def pair(self):
        return self.number % PAIRS

    def fill(self, text):
        return text.format(n=self.number, k=self.pair)

    @property
    def states(self):
        return [STATES[self.state], *([OTHERS[self.other]] if self.other else [])]

    @property
    def names(self):
        return [self.fill(state.name) for state in self.states]

    @property
    def made(self):
        """The names that the operation would put something under."""
        if self.operation == "RENAME":
            return [self.names[0] if self.onto else self.names[1]]
        return self.names if self.operation.startswith(("SYMLINK", "MK", "CREATE")) else []

    @property
    def aliases(self):
        """[(function, alias, weight)] that there are before."""
        return [
            (f"{state.function}{self.pair}", self.fill(state.alias), state.weight)
            for state in self.states
            if state.alias
        ]


FAULTS = {
    "400": {"code": "InvalidParameterValueException"},
    "403": {"code": "AccessDeniedException"},
    "409": {"code": "ResourceConflictException"},
    "412": {"code": "PreconditionFailedException"},
    "500": {"code": "ServiceException"},
    "nothing": {"reset": True},
}
SLOW_FAULTS = {"500", "nothing"}  # they are tried again until the time is over
WRITES = ("CreateAlias", "UpdateAlias", "DeleteAlias", "PublishVersion", "DeleteFunction")


# --- an account, a process for each kind of operation, and the mount's contents ----------------------------


class Account:
    """The aliases of the trials' functions, through the API: many small calls."""

    def __init__(self, plane):
        self.port = plane.port

    def call(self, connection, method, path, body=None):
        connection.request(method, path, body=json.dumps(body) if body is not None else None)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201, 204), f"{method} {path}: {answer.status} {text!r}"
        return json.loads(text) if text else None

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def create(self, trials):
        def work(pair):
            connection = self.connection()
            for trial in trials:
                if trial.pair != pair:
                    continue
                for function, alias, weight in trial.aliases:
                    body = {"Name": alias, "FunctionVersion": "1", "Description": f"of {alias}"}
                    if weight:
                        body["RoutingConfig"] = {"AdditionalVersionWeights": {"2": weight}}
                    self.call(connection, "POST", f"/2015-03-31/functions/{function}/aliases", body)
            connection.close()

        side_by_side(work)

    def all(self):
        """{(function, alias): what it is, its revision included}"""
        found, connection = {}, self.connection()
        for function in (f"{letter}{pair}" for letter in "ab" for pair in range(PAIRS)):
            marker = ""
            while marker is not None:
                page = self.call(
                    connection,
                    "GET",
                    f"/2015-03-31/functions/{function}/aliases?MaxItems=50{marker and f'&Marker={marker}'}",
                )
                found.update(((function, each["Name"]), each) for each in page["Aliases"])
                marker = page.get("NextMarker")
        connection.close()
        return found

    def forget(self, aliases):
        """Deletes them, so that the lists stay short."""
        def work(pair):
            connection = self.connection()
            for function, alias in aliases:
                if int(function[1:]) == pair:
                    self.call(connection, "DELETE", f"/2015-03-31/functions/{function}/aliases/{alias}")
            connection.close()

        side_by_side(work)

    def fail(self, faults):
        connection = self.connection()
        self.call(connection, "PUT", "/_local/faults", faults)
        connection.close()


class Worker:
    """A process of its own that runs commands in a directory and prints their results."""

    def __init__(self, directory):
        told, self.tell = os.pipe()
        self.hear, say = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(self.tell)
                os.close(self.hear)
                os.chdir(directory)
                serve(told, say)
            finally:
                os._exit(0)
        os.close(told)
        os.close(say)

    def do(self, *words):
        data = pickle.dumps(words)
        os.write(self.tell, struct.pack("I", len(data)) + data)
        (answer,) = struct.unpack("i", os.read(self.hear, 4))
        return answer

    def close(self):
        os.close(self.tell)
        os.close(self.hear)
        os.kill(self.pid, signal.SIGKILL)  # the workers after it have its pipe's end too
        os.waitpid(self.pid, 0)


def perform(operation, *arguments):
    if operation == "RENAME":
        rename(*arguments)
    elif operation == "link":
        os.symlink("2", *arguments)
    elif operation == "draft":
        write(*arguments, os.O_WRONLY | os.O_CREAT)
    else:
        PLAIN[operation](*arguments)


def serve(told, say):
    while True:
        head = os.read(told, 4)
        if not head:
            return
        words = pickle.loads(os.read(told, struct.unpack("I", head)[0]))
        error = 0
        try:
            perform(*words)
        except OSError as caught:
            error = caught.errno
        os.write(say, struct.pack("i", error))


class Pair:
    """The two functions of a pair, and the processes that work there."""

    def __init__(self, mount, number):
        self.directory = mount.path / f"a{number}"
        self.hider, self.remover, self.other = (Worker(self.directory) for _ in range(3))

    def close(self):
        for worker in (self.hider, self.remover, self.other):
            worker.close()

    def look(self, name):
        path = self.directory / name
        try:
            if path.is_symlink():
                return os.readlink(path)
            status = os.lstat(path)
        except OSError as error:
            return errno.errorcode[error.errno]
        if name.endswith(("description", "/.d")):
            return path.read_text()
        return status.st_mode

    def prepare(self, trial):
        for state in trial.states:
            prefix = f"../b{trial.pair}/" if state.function == "b" else ""
            for operation, name in (("link", state.link), ("draft", state.draft)):
                assert not name or self.other.do(operation, prefix + trial.fill(name)) == 0, str(trial)
        # The bare names too, while nothing is hidden: a tool has often looked before.
        trial.before = {name: self.look(name) for name in trial.names}
        for state in trial.states:
            prefix = f"../b{trial.pair}/" if state.function == "b" else ""
            if state.hidden:
                assert self.hider.do("UNLINK", prefix + trial.fill(state.hidden)) == 0, str(trial)
        return {name: self.look(name) for name in trial.names}

    def tidy(self, trial):
        """Links and drafts that only this mount knows go: there is room for so many."""
        for state, name in zip(trial.states, trial.names):
            if state.link or state.draft or os.path.basename(name).startswith(("n.", "o.")):
                with contextlib.suppress(OSError):
                    os.unlink(self.directory / name)

    def run(self, trial):
        """Prepares and does it. What is wrong at once, in words, or None."""
        trouble = self.attempt(trial)
        self.tidy(trial)
        return trouble

    def attempt(self, trial):
        hidden = trial.before_it = self.prepare(trial)
        worker = self.remover if trial.operation in REMOVALS else self.other
        if trial.operation == "RENAME":
            old, new = reversed(trial.names) if trial.onto else trial.names
            trial.error = worker.do("RENAME", old, new, FLAGS[trial.flags])
        else:
            trial.error = worker.do(trial.operation, trial.names[0])
        if not trial.error:
            return None
        # What would have been replaced is back; what else was hidden still is.
        back = trial.made if self.is_asked(trial) else []
        expected = {**hidden, **{name: trial.before[name] for name in back}}
        after = {name: self.look(name) for name in trial.names}
        if after == expected:
            return None
        return f"{trial}: {errno.errorcode[trial.error]}, then {after} instead of {expected}"

    @staticmethod
    def is_asked(trial):
        """Whether the operation reached the mount: some the kernel refuses by what it knows."""
        if trial.operation in ("MKDIR below", "CREATE below") or trial.flags == " EXCHANGE":
            return False
        if trial.operation != "RENAME":
            return True
        old = trial.names[1 if trial.onto else 0]
        return trial.before_it[old] != "ENOENT" and trial.error not in (errno.EINVAL, errno.EBUSY)


def side_by_side(work):
    with concurrent.futures.ThreadPoolExecutor(PAIRS) as pool:
        return list(pool.map(work, range(PAIRS)))


@pytest.fixture
def stage(plane, api, make_mount):
    """make(**options): a mount, its pairs of functions, and the account behind it."""
    for letter, pair in itertools.product("ab", range(PAIRS)):
        aws.create_function(api, f"{letter}{pair}", versions=2)
    made = []

    def make(**options):
        mount = make_mount(None, delete_grace=GRACE, rate=1000, ttl=3600, **options)
        pairs = [Pair(mount, number) for number in range(PAIRS)]
        made.extend(pairs)
        return mount, pairs, Account(plane)

    yield make
    for pair in made:
        pair.close()


def settle(mount):
    """Ends all graces; what cannot be done then is shown again. A fsync has time for so much only."""

    def work(number):
        for letter in "ab":
            with contextlib.suppress(OSError):
                fsync_directory(mount.path / f"{letter}{number}")

    def is_settled():
        side_by_side(work)
        return "aliasfs_tombstoned_names 0\n" in (mount.path / ".aliasfs/stats").read_text()

    wait_for(is_settled, 60, "nothing is hidden any more")


def refresh(mount):
    (mount.path / ".aliasfs/refresh").write_text("\n")


def attempt_all(stage, trials):
    """All of them, each pair's in their order. What was wrong at once, in words."""
    mount, pairs, account = stage
    account.create(trials)
    refresh(mount)
    before = account.all()
    for trial in trials:
        trial.account = {key[:2]: before[key[:2]] for key in trial.aliases}

    def work(number):
        return [pairs[number].run(trial) for trial in trials if trial.pair == number]

    return [trouble for troubles in side_by_side(work) for trouble in troubles if trouble]


def numbered(trials, first):
    return [dataclasses.replace(trial, number=first + i) for i, trial in enumerate(trials)]


def in_batches(trials):
    return [trials[start : start + BATCH] for start in range(0, len(trials), BATCH)]


def without_what_was_removed(trial):
    """What AWS has of a trial's aliases once the removals before it are carried out."""
    left = dict(trial.account)
    for state, name in zip(trial.states, trial.names):
        key = (f"{state.function}{trial.pair}", trial.fill(state.alias))
        is_back = trial.fill(state.hidden) == name.rpartition("/")[2] and name in trial.made
        if not state.hidden or (is_back and Pair.is_asked(trial)):
            continue
        if "%" in state.hidden:
            left[key] = {**left[key], "RoutingConfig": None, "RevisionId": None}
        else:
            left.pop(key)
    return left


def differences(trial, expected, now, strays):
    """In words, how AWS differs from what it should have of a trial's aliases."""
    found = [f"{trial}: {name} of {function} came up" for function, name in strays.get(trial.number, [])]
    for key in trial.account:
        have, want = now.get(key), expected.get(key)
        if want and have and want["RevisionId"] is None:
            have = {**have, "RoutingConfig": have.get("RoutingConfig"), "RevisionId": None}
        if have != want:
            found.append(f"{trial}: {want} became {have}")
    return found


def find_strays(trials, now):
    """{number: [(function, alias)]} of aliases that no trial began with."""
    known = {key for trial in trials for key in trial.account}
    found = {}
    for function, name in set(now) - known:
        number = int("".join(filter(str.isdigit, name)) or 0)
        found.setdefault(number, []).append((function, name))
    return found


def refuse(stage, trials):
    """Makes all the trials: (what is wrong, those that changed something)."""
    troubles, effective = [], []
    for batch in in_batches(trials):
        troubles += attempt_all(stage, batch)
        settle(stage[0])
        now = stage[2].all()
        strays = find_strays(batch, now)
        for trial in batch:
            if trial.error:
                troubles += differences(trial, without_what_was_removed(trial), now, strays)
            elif differences(trial, trial.account, now, strays):
                effective.append(trial)
        stage[2].forget(now)
    return troubles, effective


def fail(stage, trials, fault):
    """Makes the trials while every write fails. What is wrong, in words."""
    mount, pairs, account = stage
    faults = [{"operation": operation, "count": -1, **fault} for operation in WRITES]
    account.create(trials)
    refresh(mount)
    before = account.all()
    for trial in trials:
        trial.account = {key[:2]: before[key[:2]] for key in trial.aliases}
    account.fail(faults)
    side_by_side(lambda number: [pairs[number].run(each) for each in trials if each.pair == number])
    settle(mount)
    account.fail([])
    now = account.all()
    strays = find_strays(trials, now)
    troubles = [text for trial in trials for text in differences(trial, trial.account, now, strays)]
    for trial in trials:
        for state, name in zip(trial.states, trial.names):
            seen = pairs[trial.pair].look(name)
            if trial.operation == "UNLINK" and name.endswith("/description") and seen == "ENOENT":
                continue  # hidden for a grace of its own, which no fsync ends (6.8.1)
            if state.alias and not state.link and not state.draft and seen != trial.before[name]:
                troubles.append(f"{trial}: in the end {name} is {seen} instead of {trial.before[name]}")
    account.forget(now)
    return troubles


PLAIN_TRIALS = [Trial(state, operation) for state in STATES for operation in PLAIN]
RENAME_TRIALS = [
    Trial(state, "RENAME", 0, other, flags, onto)
    for state, other, flags, onto in itertools.product(STATES, OTHERS, FLAGS, (True, False))
]


@pytest.mark.parametrize(
    "trials",
    [pytest.param(PLAIN_TRIALS, marks=pytest.mark.quick_sanitized), RENAME_TRIALS],
    ids=["one name", "two names"],
)
@pytest.mark.semantics("2.0.12", "2.4.3", "2.4.4", "2.4.8", "3.0.8")
def test_what_is_refused_or_fails_changes_nothing(stage, trials):
    patient, hasty = stage(), stage(timeout=0.4)
    troubles, effective = refuse(patient, numbered(trials, 1))
    assert len(effective) > len(trials) / 50, "hardly anything was done at all"
    first = len(trials) + 1
    for name, fault in FAULTS.items():
        failing = numbered(effective, first)
        first += len(failing)
        chosen = hasty if name in SLOW_FAULTS else patient
        troubles += [f"{name}: {text}" for text in fail(chosen, failing, fault)]
    assert not troubles, f"{len(troubles)} things went wrong:\n" + "\n".join(troubles[:100])
