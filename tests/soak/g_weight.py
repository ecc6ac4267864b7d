# SPDX-License-Identifier: MIT
"""Weights and descriptions."""

import os

from soak.model import SPELLED, Plan, State, weight_link
from soak.table import gesture


def weighted(state, share, version=None):
    return State(state.version, (version or state.weight[0], share), state.description)


@gesture(2)
def weigh(hand):
    name = hand.standing(lambda state: not state.weight and state.version != "$LATEST")
    if not name:
        return None
    state, version = hand.state(name), hand.version(latest=False)
    share = hand.random.choice(sorted(SPELLED))
    if version == state.version:
        return None
    return Plan(
        ["ln", "-s", version, str(hand.path(f"{name}%{SPELLED[share]}"))],
        after={name: weighted(state, share, version)},
    )


@gesture(1.5)
def reweigh(hand):
    name = hand.standing(lambda state: state.weight)
    if not name:
        return None
    state = hand.state(name)
    share = hand.random.choice([each for each in sorted(SPELLED) if each != state.weight[1]])
    new = weighted(state, share)
    return Plan(
        ["mv", "-T", str(hand.path(weight_link(name, state))), str(hand.path(weight_link(name, new)))],
        after={name: new},
    )


@gesture(1.5)
def promote(hand):
    name = hand.standing(lambda state: state.weight)
    if not name:
        return None
    state = hand.state(name)
    argv = ["mv", *hand.random.choice([[], ["-T"]])]
    return Plan(
        [*argv, str(hand.path(weight_link(name, state))), str(hand.path(name))],
        after={name: state.at(state.weight[0])},
    )


@gesture(1.5)
def call_off(hand):
    name = hand.standing(lambda state: state.weight)
    if not name:
        return None
    state = hand.state(name)
    return Plan(
        ["rm", str(hand.path(weight_link(name, state)))],
        after={name: state.at(state.version)},
        deferred=True,
    )


# --- descriptions -----------------------------------------------------------------------------

# From a small choice, so that an old text comes again.
TEXTS = [f"words {number}" for number in range(4)]
FORMS = {
    "description >": 'printf %s "$0" >"$1"',
    "description cp": 'printf %s "$0" >"$2/text" && cp "$2/text" "$1"',
    "description rsync": 'printf %s "$0" >"$2/text" && rsync -I "$2/text" "$1"',
    "description mv": 'printf %s "$0" >"$1.new" && mv "$1.new" "$1"',
    "description sed -i": 'test -s "$1" || printf x >"$1" || exit; sed -i "1s/.*/$0/" "$1"',
}


def describe_by(script):
    def make(hand):
        name, text = hand.standing(), hand.random.choice(TEXTS)
        if not name:
            return None
        state = hand.state(name)
        path = hand.directory / ".aliases" / name / "description"
        return Plan(
            ["sh", "-c", script, text, str(path), str(hand.scratch)],
            after={name: State(state.version, state.weight, text)},
            # sed's first text, and what a shell that is killed has truncated.
            between={name: [State(state.version, state.weight, text) for text in ("x", "")]},
            compared=True,
        )

    return make


for form_name, words in FORMS.items():
    gesture(0.5, form_name)(describe_by(words))


@gesture(0.5)
def describe_in_parts(hand):
    """Two writes and an fsync between them: the text is what stands at the end."""
    name, text = hand.standing(), hand.random.choice(TEXTS)
    if not name:
        return None
    state = hand.state(name)
    path = hand.directory / ".aliases" / name / "description"

    def act():
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
        for part in (text[:3], text[3:]):
            os.write(descriptor, part.encode())
        os.close(descriptor)

    return Plan(act, after={name: State(state.version, state.weight, text)}, compared=True)
