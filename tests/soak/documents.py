# SPDX-License-Identifier: MIT
"""The documents that the soak edits. Pure: what is written, and whether what AWS has is one of the whole ones.

A document's Nth text has the number N in several places: AWS has the state "N" when all of them agree. Any other
state is shown as it is, and is half a document, or what is allowed between two calls of one change.
"""

import dataclasses
import io
import json
import random
import zipfile

COUNT = 40
KEEP = "keep"  # the statement that is in every policy


@dataclasses.dataclass(frozen=True)
class Write:
    """What a gesture does with a document."""

    document: str
    state: str = None  # what AWS has afterwards; None: nothing changes
    reads: bool = False  # the tool looks at what the mount shows


@dataclasses.dataclass(frozen=True)
class Kind:
    place: str
    value: object  # of number N, as AWS has it
    operations: tuple  # what may be called
    sed: str  # turns any text into that of N
    calls: int = 1  # how many calls a change may take

    def state(self, found):
        """"N", or what was found instead of a whole document."""
        for number in range(COUNT):
            if found == self.value(number):
                return str(number)
        return json.dumps(found, sort_keys=True)

    def between(self, old, new):
        """The states between the calls that lead from one whole document to another."""
        if self.calls == 1 or not (old.isdigit() and new.isdigit()):
            return []
        old, new = self.value(int(old)), self.value(int(new))
        both = {**old, **new} if isinstance(old, dict) else sorted({*old, *new})
        return [self.state(both)]


def configuration(number):
    return {"MemorySize": 128 + number, "Timeout": 1 + number, "Description": f"text {number}"}


def environment(number):
    return {name: f"v{number}" for name in ("FIRST", "SECOND", "THIRD")}


def tags(number):
    """Another key every second time: it takes a second call."""
    return {"first": f"v{number}", "second": f"v{number}", f"only{number % 2}": "x"}


def policy(number):
    """The Sids: AWS changes no statement, it is another one."""
    return sorted([KEEP, f"grant-{number}"])


def code(number):
    """The text of handler.py."""
    return f"# {number}\n"


KINDS = {
    "configuration.json": Kind(
        "$LATEST",
        configuration,
        ("UpdateFunctionConfiguration",),
        's/"MemorySize": [0-9]*/"MemorySize": {memory}/; s/"Timeout": [0-9]*/"Timeout": {timeout}/; '
        's/"Description": "[^"]*"/"Description": "text {n}"/',
    ),
    "environment.json": Kind(
        "$LATEST", environment, ("UpdateFunctionConfiguration",), 's/": "v[0-9]*"/": "v{n}"/'
    ),
    "tags.json": Kind(
        ".function",
        tags,
        ("TagResource", "UntagResource"),
        's/": "v[0-9]*"/": "v{n}"/; s/only[01]/only{parity}/',
        calls=2,
    ),
    "policy.json": Kind(
        ".function",
        policy,
        ("AddPermission", "RemovePermission"),
        "s/grant-[0-9]*/grant-{n}/",
        calls=2,
    ),
    "code.zip": Kind("$LATEST", code, ("UpdateFunctionCode",), ""),
}
OPERATIONS = {operation for kind in KINDS.values() for operation in kind.operations}


def sed_script(document, number):
    memory, timeout = 128 + number, 1 + number
    return KINDS[document].sed.format(n=number, memory=memory, timeout=timeout, parity=number % 2)


def statement(sid):
    return {
        "Action": "lambda:InvokeFunction",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Sid": sid,
    }


def archive(number):
    """A code.zip in several pieces: its second file does not compress."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        for name, content in (("handler.py", code(number)), ("filling", random.Random(number).randbytes(100_000))):
            made.writestr(zipfile.ZipInfo(name), content)
    return data.getvalue()


def text(document, number, template):
    """The bytes of the Nth document; `template`: a configuration with all that must be in one."""
    if document == "code.zip":
        return archive(number)
    value = KINDS[document].value(number)
    if document == "configuration.json":
        value = {**template, **value}
    if document == "policy.json":
        value = {"Statement": [statement(sid) for sid in value]}
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def break_text(document, whole, dice):
    """What no document can be: half of it, a member of a wrong type, a byte that is another one."""
    if document == "code.zip":
        if dice.random() < 0.5:
            return whole[: dice.randrange(1, len(whole))]
        place = dice.randrange(100, 90_000)  # in an entry's data
        return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    if dice.random() < 0.5:
        return whole[: dice.randrange(1, len(whole) - 2)]
    return whole.replace(b'": "', b'": ["', 1)


def shown(document, found):
    """The state of what a mount shows in a JSON document."""
    value = json.loads(found) if found else {}
    if document == "configuration.json":
        value = {name: value.get(name) for name in configuration(0)}
    if document == "policy.json":
        value = sorted(each["Sid"] for each in value.get("Statement", []))
    return KINDS[document].state(value)
