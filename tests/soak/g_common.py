# SPDX-License-Identifier: MIT
"""In the function that all workers share: no worker ever removes its aliases, so none may ever be gone."""

import contextlib

from lib.calls import exchange
from soak.account import Refused
from soak.g_refused import links_first
from soak.g_remap import FORMS, fill_in
from soak.g_weight import TEXTS
from soak.model import Plan, State
from soak.table import gesture

NAMES = ["ONE", "TWO", "THREE"]


@gesture(4, common=True)
def common_remap(hand):
    # An unmount carries a removal out at once (2.4.9): this one leaves it the time to.
    form, _ = FORMS[hand.random.choice(sorted({*FORMS} - {"rm; sleep; ln -s"}))]
    return Plan(fill_in(form, hand, hand.random.choice(NAMES), hand.version()), reads=True)


@gesture(1, common=True)
def common_describe(hand):
    path = hand.directory / ".aliases" / hand.random.choice(NAMES) / "description"
    return Plan(["sh", "-c", 'echo "$0" >"$1"', hand.random.choice(TEXTS), str(path)], reads=True)


@gesture(1, common=True)
def common_exchange(hand):
    one, two = hand.random.sample(NAMES, 2)
    return Plan(lambda: exchange(hand.path(one), hand.path(two)), reads=True)


@gesture(0.5, common=True)
def common_remove_tree(hand):
    if hand.random.random() < 0.3:
        return Plan(lambda: links_first(hand.directory), reads=True)
    return Plan(["rm", "-rf", str(hand.directory)], reads=True)


@gesture(0.5, common=True)
def common_refused(hand):
    path = str(hand.path(hand.random.choice(NAMES)))
    return Plan(["sh", "-c", 'rm "$0" && mkdir "$0"', path], reads=True)


@gesture(2, common=True)
def common_colleague(hand):
    """Weights too: a weight link made while another tool replaces its alias would end that one's grace (2.4.11)."""
    weight = ("4", 0.25) if hand.random.random() < 0.3 else None
    version = hand.random.choice("123") if weight else hand.version()
    name, state = hand.random.choice(NAMES), State(version, weight, hand.random.choice(TEXTS))

    def act():
        with contextlib.suppress(Refused):  # an alias that was lost: soak.py finds it
            hand.account.update_alias("common", name, state)

    return Plan(act, as_colleague=True)


@gesture(2, common=True)
def common_look(hand):
    def check(out):
        return "" if {"$LATEST", "1", "2"} <= set(out.splitlines()) else "the listing lacks versions"

    return Plan(["ls", "-1A", str(hand.directory)], reads=True, check=check)
