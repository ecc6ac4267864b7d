# SPDX-License-Identifier: MIT
"""Moving an alias back to where it was before, and reading who moved it."""

import re
import time

from lib.programs import program
from soak.g_remap import FORMS, fill_in
from soak.model import Plan
from soak.table import gesture

# EAGAIN: not proven yet, EPERM: it was rolled back a moment ago, ENOENT: it was nowhere else.
REFUSALS = ("Resource temporarily unavailable", "Operation not permitted", "No such file or directory")
# Seconds in which a second roll-back is surely refused, and in which it may be (8.2.7).
ONCE_IN, MAYBE_ONCE_IN = 600 - 30, 600 + 30
LINKS = ["ln -sfn", "ln -sfT", "ln -sf", "toybox ln -sfn", "ln -s .t; mv -T"]
MOVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\t\w+\t\S+\t\S+(\t[^\t]+){4}")


def was_rolled_back(hand, name, version):
    """Whether this mount did it, to that version, less than ten minutes ago; None: who knows."""
    generation = hand.worker.weather.generation(hand.mount)
    moment, to = hand.model.entries[name].rolled_back.get((hand.mount, generation), (-1e9, None))
    age = time.monotonic() - moment
    if age > MAYBE_ONCE_IN or to not in (None, version):
        return False
    return True if age < ONCE_IN and to else None


def is_own(hand, name):
    """Whether this mount made the last change and still knows it."""
    return hand.model.entries[name].moved == (hand.mount, hand.worker.weather.generation(hand.mount))


def roll_back(hand, name, argv, refusals):
    hand.worker.judge.read_changes("a moment before a roll-back")
    version, state = hand.worker.judge.history.previous(name), hand.state(name)
    if version is None or (was_rolled_back(hand, name, state.version) and not state.weight):
        return Plan(argv, outcome="refused", rolls_back=name, looks=(name,))
    return Plan(argv, after={name: state.at(version)}, outcome="maybe", rolls_back=name, refusals=refusals)


@gesture(8, "ln -sfn PROD@1 PROD")
def link_back(hand):
    name = hand.standing()
    if not name:
        return None
    form, _ = FORMS[hand.random.choice(LINKS)]
    return roll_back(hand, name, fill_in(form, hand, name, f"{name}@1"), REFUSALS)


@gesture(6, "remap; ln -sfn PROD@1 PROD")
def move_and_back(hand):
    """Of a move through this mount it knows all that is needed."""
    name = hand.standing(lambda state: not state.weight)
    version = hand.version()
    if not name or version == hand.state(name).version or was_rolled_back(hand, name, version) is not False:
        return None
    state = hand.state(name)
    script = 'ln -sfn "$0" "$1" && ln -sfn "$2@1" "$1"'
    return Plan(
        ["sh", "-c", script, version, str(hand.path(name)), name],
        after={name: state.at(state.version)},
        between={name: [state.at(version)]},
        rolls_back=name,
        first_to=(version,),
    )


@gesture(3, "aliasfs rollback")
def command(hand):
    name = hand.standing()
    if not name:
        return None
    argv = [str(program("aliasfs")), "rollback", str(hand.path(name)), "--yes"]
    return roll_back(hand, name, argv, (*REFUSALS, "aliasfs: "))


@gesture(3, "cat .history")
def read_history(hand):
    """What this mount did is in it at once, and its last line says how far it reaches."""
    name = hand.standing()
    if not name:
        return None
    version, is_ours = hand.state(name).version, is_own(hand, name)

    def check(out):
        lines = out.splitlines()
        moves = [line for line in lines if not line.startswith("#")]
        if not lines or not lines[-1].startswith("#"):
            return "an empty history, or one without its last line"
        wrong = [line for line in moves if not MOVE.fullmatch(line)]
        if wrong:
            return f"a line of the history is {wrong[0]!r}"
        reached = {line.split("\t")[3].partition(",")[0] for line in moves}
        if is_ours and version not in reached:
            return f"the history lacks {version}, where this mount moved it"
        return ""

    path = hand.directory / ".aliases" / name / ".history"
    return Plan(["cat", str(path)], reads=True, check=check, looks=(name,))


@gesture(1, "aliasfs log")
def log(hand):
    name = hand.standing()
    if not name:
        return None
    argv = [str(program("aliasfs")), "log", str(hand.path(name))]
    return Plan(argv, reads=True, check=lambda out: "" if out else "an empty log", looks=(name,))
