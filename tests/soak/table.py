# SPDX-License-Identifier: MIT
"""The table of gestures. A gesture takes the worker's Hand and gives a Plan, or None when the aliases that
there are do not suit it; it does nothing itself.

    @gesture(weight=3)
    def remove(hand):
        name = hand.standing()
        return name and Plan(["rm", hand.path(name)], after={name: None})
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    weight: float
    make: object
    common: bool  # in the function that all workers share


ROWS = []


def gesture(weight=1.0, name="", common=False):
    """Adds a gesture; one of twice the weight comes twice as often."""

    def add(make):
        ROWS.append(Row(name or make.__name__, weight, make, common))
        return make

    return add


def rows(common):
    return [row for row in ROWS if row.common == common]
