# SPDX-License-Identifier: MIT
"""Removing, renaming and exchanging aliases, and publishing."""

import os

from lib.calls import exchange, fsync_directory
from soak.g_remap import BUSYBOX, TOYBOX, UUTILS
from soak.model import Plan
from soak.table import gesture


@gesture(3)
def remove(hand):
    name = hand.standing()
    tool = hand.random.choice([["rm"], [BUSYBOX, "rm"], [TOYBOX, "rm"], [f"{UUTILS}/rm"]])
    return name and Plan([*tool, str(hand.path(name))], after={name: None})


@gesture(1)
def remove_and_fsync(hand):
    name = hand.standing()
    if not name:
        return None

    def act():
        os.unlink(hand.path(name))
        fsync_directory(hand.directory)

    # It carries out what others have removed too, and may be refused there.
    opened = any(entry.pending for entry in hand.model.entries.values())
    return Plan(act, after={name: None}, outcome="maybe" if opened else "done")


@gesture(1)
def remove_several(hand):
    names = sorted({hand.standing(), hand.standing(), hand.standing()} - {None})
    return names and Plan(
        ["rm", *(str(hand.path(name)) for name in names)],
        after={name: None for name in names},
    )


@gesture(1)
def remove_in_vain(hand):
    """Removed, and made again before the grace is over."""
    name = hand.standing()
    if not name:
        return None
    version, path = hand.state(name).version, hand.path(name)

    def act():
        os.unlink(path)
        os.symlink(version, path)
        os.unlink(path)
        os.symlink(version, path)

    return Plan(act, after={name: hand.state(name).at(version)}, gap=(name,))


@gesture(2)
def rename_to_new(hand):
    name, new = hand.standing(), hand.absent()
    if not name or not new:
        return None
    tool = hand.random.choice([["mv"], ["mv", "-T"], ["mv", "-n"], [BUSYBOX, "mv"], [TOYBOX, "mv"]])
    state = hand.state(name)
    return Plan(
        [*tool, str(hand.path(name)), str(hand.path(new))],
        after={name: None, new: state},
        between={name: [state]},
    )


@gesture(2)
def rename_onto(hand):
    """`mv -T STAGE PROD`: everything goes along, but of an alias made here a moment ago the version only."""
    name, other = hand.standing(), hand.standing()
    if not name or name == other:
        return None
    moved, kept = hand.state(name), hand.state(other)
    born = hand.is_born(name)
    ways = {True: [kept.at(moved.version)], False: [moved], None: [moved, kept.at(moved.version)]}
    return Plan(
        ["mv", "-T", str(hand.path(name)), str(hand.path(other))],
        after={name: None, other: ways[born]},
        between={name: [moved]},
    )


@gesture(0.6)
def rename_through(hand):
    """`mv NEW PROD` without -T: a remap when NEW was made here a moment ago and is still that, else refused."""
    name, other = hand.standing(), hand.standing()
    if not name or name == other:
        return None
    moved, kept = hand.state(name), hand.state(other)
    argv = ["mv", str(hand.path(name)), str(hand.path(other))]
    if hand.is_born(name) is False:
        return Plan(argv, outcome="refused", hidden=(name,))
    outcome = "done" if hand.is_born(name) else "maybe"
    return Plan(
        argv,
        after={name: None, other: kept.at(moved.version)},
        between={name: [moved]},
        outcome=outcome,
    )


@gesture(1, "mv PROD PREV; ln -s")
def keep_previous(hand):
    name, new = hand.standing(), hand.absent()
    if not name or not new:
        return None
    state, version = hand.state(name), hand.version()
    return Plan(
        ["sh", "-c", 'mv "$1" "$2" && ln -s "$0" "$1"', version, str(hand.path(name)), str(hand.path(new))],
        after={name: state.at(version), new: state},
        between={new: [state], name: [None]},
        gap=(name,),
    )


@gesture(1.5)
def swap(hand):
    name, other = hand.standing(), hand.standing()
    if not name or name == other or hand.state(name) == hand.state(other):
        return None
    one, two = hand.state(name), hand.state(other)
    return Plan(
        lambda: exchange(hand.path(name), hand.path(other)),
        after={name: two, other: one},
    )


@gesture(1)
def publish(hand):
    """`mkdir +`; nothing new is EEXIST."""
    outcome = {True: "done", False: "refused", None: "maybe"}[hand.model.unpublished]
    if outcome == "done" and hand.worker.judge.documents.has_sent_other_code(hand.mount):
        outcome = "maybe"
    return Plan(
        ["mkdir", str(hand.directory / "+")],
        outcome=outcome,
        publishes=hand.model.unpublished is not False,
    )
