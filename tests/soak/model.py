# SPDX-License-Identifier: MIT
"""What must be at AWS: one worker's aliases, each in a known state or in one of a few possible ones.

    gesture ──► Plan: what it may and what it must become ──► Model: expected states
                                                                  │ compared by Judge with
    ListAliases, /_local/changes ─────────────────────────────────┘

Nothing here talks to anything; the time is passed in.
"""

import dataclasses

WEIGHTS = {"10": 0.1, "25": 0.25, "33.3": 0.333, "99.9": 0.999}
UNKNOWN = -1  # instead of the mount that an alias was made through
SPELLED = {share: text for text, share in WEIGHTS.items()}


@dataclasses.dataclass(frozen=True)
class State:
    """An alias at AWS. `weight` is (version, share) or None."""

    version: str
    weight: tuple = None
    description: str = ""

    def at(self, version):
        """After a remap: the weights are gone, the description stays."""
        return State(version, None, self.description)

    def __str__(self):
        weight = f" {self.weight[1]:g} of {self.weight[0]}" if self.weight else ""
        text = f" {self.description!r}" if self.description else ""
        return f"{self.version}{weight}{text}"


def weight_link(name, state):
    return f"{name}%{SPELLED[state.weight[1]]}"


def show(state):
    return "gone" if state is None else str(state)


@dataclasses.dataclass
class Plan:
    """One gesture, and what comes of it.

    `after`: {name: State, None for gone, or a list of the possible ones} when it exits 0.
    `between`: {name: [State]}: what else it may leave when it fails half way.
    `outcome`: "done" (exits 0, and `after` is the effect), "refused" (fails, and nothing changes) or
    "either" (whatever it exits with, nothing but `after` may change) or "maybe" (done or refused).
    `deferred`: the effect comes within the grace, not before the exit.
    `gap`: names that are removed before they are made again: a kill of the tool in between has removed
    them.
    `gone_if_killed`: names that it removes and that come back when the next step is refused: whoever kills it
    before that has removed them.
    `check`: takes the tool's standard output when it exits 0 and gives "" or what is wrong with it.
    """

    command: object  # argv, or a function for a process of its own
    after: dict = dataclasses.field(default_factory=dict)
    between: dict = dataclasses.field(default_factory=dict)
    outcome: str = "done"
    deferred: bool = False
    gap: tuple = ()
    gone_if_killed: tuple = ()
    hidden: tuple = ()  # names that may be hidden for the grace although nothing comes of it
    check: object = None
    compared: bool = False  # with what the mount last showed, however long ago that was
    looks: tuple = ()  # names that must be shown for it
    publishes: bool = False
    reads: bool = False  # it only looks: what it exits with says nothing of the model
    as_colleague: bool = False  # the command calls the API itself
    refusals: tuple = ()  # what a tool says that was refused, and has changed nothing then
    rolls_back: str = ""  # the alias that is moved to its own @1
    first_to: tuple = ()  # the versions that it is moved to before
    document: object = None  # documents.Write: what it writes or reads
    # A colleague's part: before the tool starts (it leaves `changes_before`), and while it runs (it gives
    # what `after` then is).
    before_it: object = None
    changes_before: dict = dataclasses.field(default_factory=dict)
    alongside: object = None


@dataclasses.dataclass
class Pending:
    """What becomes of an alias is open: it is looked at when `due` has come."""

    since: float
    due: float
    allowed: list  # of State or None
    wanted: list  # what it must be when nothing disturbed it; empty: any of `allowed`
    gesture: str
    born: tuple = None  # what Entry.born was


@dataclasses.dataclass
class Entry:
    """One name that the worker owns."""

    state: State = None  # None: there is none
    pending: Pending = None
    changed_by: int = -1  # the mount that changed it last; -1: the colleague
    changed_at: float = -1e9
    described_by: int = -1  # the mount that changed its description last
    born: tuple = None  # (mount, its generation, when): made through it, for 2.1.6 and 3.0.6
    moved: tuple = None  # (mount, its generation): whose the last change was, when a mount knows it as its own
    rolled_back: dict = dataclasses.field(default_factory=dict)  # {(mount, its generation): (when, to what)}, for 8.2.7


class Model:
    def __init__(self, versions, names):
        self.versions = versions
        self.unpublished = None  # $LATEST differs from the newest version; None: who knows
        self.versions_changed = (-1, -1e9)
        self.entries = {name: Entry() for name in names}

    def settled(self):
        """The names whose state is known."""
        return [name for name, entry in self.entries.items() if not entry.pending]

    def standing(self):
        return [name for name in self.settled() if self.entries[name].state]

    def absent(self):
        return [name for name in self.settled() if not self.entries[name].state]

    def allowed(self, name):
        """The states that AWS may have of that name now."""
        entry = self.entries.get(name)
        if not entry:
            return [None]
        return entry.pending.allowed if entry.pending else [entry.state]

    def set(self, name, state, mount, now):
        """The name is known to be in that state, by that mount's doing (-1: the colleague's)."""
        entry = self.entries[name]
        if state and (not entry.state or entry.state.description != state.description):
            entry.described_by = mount
        if entry.state != state:
            entry.changed_by, entry.changed_at = mount, now
        if entry.born and entry.born[0] != mount:
            entry.born = (UNKNOWN, 0, entry.born[2])
        entry.state, entry.pending, entry.moved = state, None, None

    def wait(self, name, pending):
        """From now on the name may be in one of several states."""
        entry = self.entries[name]
        entry.pending = pending
        entry.born = entry.moved = None

    def delay(self, seconds):
        """No grace runs while a request about the function is under way (2.4.5)."""
        for entry in self.entries.values():
            if entry.pending:
                entry.pending.due += seconds

    def is_stale(self, name, mount, now, ttl):
        """Whether that mount may still show an older state of the name."""
        entry = self.entries[name]
        return entry.changed_by != mount and now - entry.changed_at < ttl


def alternatives(states):
    """What stands in Plan.after, as a list."""
    return list(states) if isinstance(states, list) else [states]


def permitted_writes(plan, before):
    """{(operation, name)} that a gesture may cause, from the names' states `before`."""
    permitted = {("PublishVersion", "")} if plan.publishes else set()
    for name, states in plan.after.items():
        ways = alternatives(states) + plan.between.get(name, [])
        for state in ways:
            if before.get(name) is None and state is not None:
                permitted.add(("CreateAlias", name))
            elif state is None:
                permitted |= {("DeleteAlias", name), ("UpdateAlias", name)}
            else:
                permitted.add(("UpdateAlias", name))
    for name in plan.gap:
        permitted |= {("DeleteAlias", name), ("CreateAlias", name)}
    return permitted
