# SPDX-License-Identifier: MIT
"""Looking: what is listed is complete and true, or it is an error."""

import json

from soak.documents import KINDS
from soak.model import Plan, weight_link
from soak.table import gesture


def expected_links(hand):
    """{name: target} of what the mount must show now; of names whose state is open it may show anything."""
    links = {}
    for name in hand.model.standing():
        state = hand.state(name)
        if not hand.is_stale(name):
            links[name] = state.version
            if state.weight:
                links[weight_link(name, state)] = state.weight[0]
    return links


def judge_names(hand, shown):
    """"" or what is wrong with a function's listing."""
    wanted = {"$LATEST", *expected_links(hand)}
    if not hand.versions_are_stale():
        wanted |= {str(number) for number in range(1, hand.model.versions + 1)}
    gone = [name for name in hand.model.absent() if not hand.is_stale(name)]
    missing, extra = sorted(wanted - shown), sorted(set(gone) & shown)
    if not shown:
        return "an empty listing of a function"
    if missing:
        return f"the listing lacks {missing}"
    return f"the listing shows {extra}, which are gone" if extra else ""


@gesture(3)
def ls(hand):
    return Plan(
        ["ls", "-1A", str(hand.directory)],
        reads=True,
        check=lambda out: judge_names(hand, set(out.splitlines())),
    )


@gesture(2)
def ls_root(hand):
    def check(out):
        missing = sorted(set(hand.functions) - set(out.split()))
        return f"{'an empty listing of' if not out else 'a listing of'} the root lacks {missing}" if missing else ""

    return Plan(["ls", "-1", str(hand.directory.parent)], reads=True, check=check)


@gesture(2)
def find(hand):
    """With the text of each link."""

    def check(out):
        shown = dict(line.split("\t") for line in out.splitlines())
        wrong = judge_names(hand, set(shown))
        links = expected_links(hand)
        false = {name: shown.get(name) for name, target in links.items() if shown.get(name) != target}
        return wrong or (f"the links are {false} instead of {links}" if false else "")

    depth = ["-mindepth", "1", "-maxdepth", "1", "-printf", "%P\\t%l\\n"]
    return Plan(["find", str(hand.directory), *depth], reads=True, check=check)


@gesture(2)
def find_everything(hand):
    tool = hand.random.choice([["find"], ["ls", "-lRA"], ["du", "-s"]])
    return Plan([*tool, str(hand.directory)], reads=True, looks=tuple(hand.model.entries))


@gesture(2)
def readlink(hand):
    name = hand.standing()
    if not name:
        return None
    wanted = hand.state(name).version
    stale = hand.is_stale(name)

    def check(out):
        return f"{name} leads to {out.strip()} instead of {wanted}" if out.strip() != wanted and not stale else ""

    return Plan(["readlink", str(hand.path(name))], reads=True, check=check, looks=(name,))


@gesture(2)
def read_through(hand):
    """The configuration behind an alias is that of its version."""
    name = hand.standing(lambda state: state.version != "$LATEST")
    if not name:
        return None
    wanted = hand.state(name).version
    stale = hand.is_stale(name)

    def check(out):
        found = json.loads(out)["Version"]
        return f"{name} shows version {found} instead of {wanted}" if found != wanted and not stale else ""

    argv = ["cat", str(hand.path(name) / "configuration.json")]
    return Plan(argv, reads=True, check=check, looks=(name,))


@gesture(1)
def read_description(hand):
    name = hand.standing()
    if not name:
        return None
    wanted, stale = hand.state(name).description, hand.is_stale(name)

    def check(out):
        text = f"{wanted}\n" if wanted else ""
        return f"{name}'s description is {out!r} instead of {text!r}" if out != text and not stale else ""

    path = hand.directory / ".aliases" / name / "description"
    return Plan(["cat", str(path)], reads=True, check=check, looks=(name,))


@gesture(1)
def backup(hand):
    copy = hand.scratch / "backup"
    # rsync's words for a file that is shorter than its stat said: another mount has written it meanwhile.
    stale = any(hand.worker.judge.documents.is_stale(name, hand.mount) for name in KINDS)
    refusals = ("read errors mapping",) if stale else ()
    # Its exit status 24: an alias that was there when it listed .aliases.
    if any(entry.pending or hand.is_stale(name) for name, entry in hand.model.entries.items()):
        refusals += ("file has vanished",)
    return Plan(["rsync", "-a", "--delete", f"{hand.directory}/", f"{copy}/"], reads=True, refusals=refusals)


@gesture(1)
def of_itself(hand):
    name = hand.random.choice(["stats", "errors", "identity", "version", "audit"])
    return Plan(["cat", str(hand.directory.parent / ".aliasfs" / name)], reads=True)


@gesture(1)
def refresh(hand):
    return Plan(["sh", "-c", 'echo >"$0"', str(hand.directory.parent / ".aliasfs/refresh")], reads=True)


@gesture(0.5)
def attributes(hand):
    name = hand.standing()
    argv = ["getfattr", "-hn", "lambda.arn", "--only-values"]
    return name and Plan([*argv, str(hand.path(name))], reads=True, looks=(name,))


@gesture(0.5)
def df(hand):
    return Plan(["df", str(hand.directory)], reads=True)
