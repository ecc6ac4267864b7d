# SPDX-License-Identifier: MIT
"""A colleague at the API, between two gestures and at the worst moment of one."""

import time

from soak.account import Refused
from soak.model import Plan, State
from soak.table import gesture


@gesture(2)
def colleague_moves(hand):
    name = hand.standing()
    if not name:
        return None
    state = State(hand.version(), None, hand.state(name).description)
    return Plan(
        lambda: hand.account.update_alias(hand.function, name, state),
        after={name: state},
        as_colleague=True,
    )


@gesture(1)
def colleague_weighs(hand):
    name = hand.standing(lambda state: state.version != "$LATEST")
    version = hand.version(latest=False)
    if not name or hand.state(name).version == version:
        return None
    state = State(hand.state(name).version, (version, 0.25), hand.state(name).description)
    return Plan(
        lambda: hand.account.update_alias(hand.function, name, state),
        after={name: state},
        as_colleague=True,
    )


@gesture(1)
def colleague_deletes(hand):
    name = hand.standing()
    return name and Plan(
        lambda: hand.account.delete_alias(hand.function, name), after={name: None}, as_colleague=True
    )


@gesture(1)
def colleague_creates(hand):
    name = hand.absent()
    if not name:
        return None
    state = State(hand.version(), None, "the colleague's")
    return Plan(
        lambda: hand.account.create_alias(hand.function, name, state),
        after={name: state},
        as_colleague=True,
    )


@gesture(1)
def colleague_makes_another(hand):
    """Deleted and made anew under the same name: another alias, which no mount may take for the old one."""
    name = hand.standing()
    if not name:
        return None
    state = State(hand.version(latest=False), None, "another one")

    def act():
        hand.account.delete_alias(hand.function, name)
        hand.account.create_alias(hand.function, name, state)

    return Plan(act, after={name: state}, gap=(name,), as_colleague=True)


@gesture(2)
def stale_rename(hand):
    """`mv -T STAGE PROD` after a colleague moved STAGE: what the mount showed must not be put on PROD."""
    name, other = hand.standing(), hand.standing()
    if not name or name == other:
        return None
    moved, kept = State(hand.version(), None, "moved"), hand.state(other)

    def first():
        hand.run(["ls", "-l", str(hand.directory)])
        hand.account.update_alias(hand.function, name, moved)

    return Plan(
        ["mv", "-T", str(hand.path(name)), str(hand.path(other))],
        after={name: None, other: [moved, kept.at(moved.version)]},
        between={name: [moved]},
        before_it=first,
        changes_before={name: moved},
        outcome="maybe",
    )


@gesture(2)
def race(hand):
    """A colleague who saw the alias before changes it while a tool does: one of them wins, and the other fails."""
    name = hand.standing()
    if not name:
        return None
    version, state = hand.version(), State(hand.version(), None, "raced")
    revision = hand.account.revision(hand.function, name)
    pause = hand.random.uniform(0, 0.02)
    ours = hand.state(name).at(version)

    def alongside():
        time.sleep(pause)
        try:
            hand.account.update_alias(hand.function, name, state, revision)
        except Refused as refused:
            if refused.args[0] != 412:
                raise
            return {name: [ours]}  # the tool was first
        # The tool may have looked after that: it then knew what it replaced.
        return {name: [state, State(version, None, state.description)]}

    return Plan(
        ["ln", "-sfn", version, str(hand.path(name))],
        after={name: [ours, state, State(version, None, state.description)]},
        between={name: [state]},
        outcome="maybe",
        alongside=alongside,
    )
