# SPDX-License-Identifier: MIT
"""Compares the documents that AWS has with what was written: each is always a whole one that a client wrote."""

import dataclasses
import json
import time

from soak.document_account import DocumentAccount
from soak.documents import COUNT, KEEP, KINDS, NOTHING, OPERATIONS, is_whole, policy, tags

LATEST = [name for name, kind in KINDS.items() if kind.place == "$LATEST"]
GRANTS = ("AddPermission", "RemovePermission")
COMMON = ("configuration.json", "environment.json", "code.zip", "tags.json")  # besides what the aliases have
HIDDEN = 2  # seconds for which a removal hides a document at most, and one more: delete_grace


@dataclasses.dataclass
class Entry:
    """One document of the worker's function."""

    allowed: list  # the states that it may have; one: it is known
    since: float = 0.0  # when it became open
    due: float = 0.0  # when nothing that was delayed can arrive any more
    gesture: str = ""
    changed_by: int = -1
    changed_at: float = -1e9
    hidden_until: dict = dataclasses.field(default_factory=dict)  # {mount: when}: a removal of it alone


class DocumentJudge:
    def __init__(self, judge):
        self.judge = judge
        self.worker = judge.worker
        self.function = judge.function
        self.account = DocumentAccount(judge.account, judge.config["port"])
        self.entries = {name: Entry(["0"]) for name in KINDS}
        self.sids = set(policy(0))  # as the changes say
        self.published = None  # the states that the newest version has, when they are known
        self.published_writes = None  # code_writes then
        self.code_writes = 0
        self.sent = {}  # {(mount, its generation): code_writes when it sent its code last; None: who knows}
        self.hidden_until = {}  # {mount: when}: a removal of the whole tree has hidden the documents

    # What a gesture may ask

    def state(self, name):
        """Its state when that is known, else None."""
        allowed = self.entries[name].allowed
        return allowed[0] if len(allowed) == 1 else None

    def known(self, names):
        return [name for name in names if self.state(name) is not None]

    def is_stale(self, name, mount):
        """Whether that mount may show an older one, or none."""
        now, entry = time.monotonic(), self.entries[name]
        younger = now - entry.changed_at < self.judge.config["ttl"] + 1
        hidden_until = max(self.hidden_until.get(mount, 0), entry.hidden_until.get(mount, 0))
        return (entry.changed_by != mount and younger) or now < hidden_until

    def may_be_updating(self):
        """Whether an update may be in progress: then AWS takes no tags, and publishes nothing."""
        return None in [self.state(name) for name in LATEST] or self.account.is_updating(self.function)

    def has_sent_other_code(self, mount):
        """Whether that mount has sent code that is no longer, or may not be, what AWS has (6.7.5).

        The Nth code is the same files, not the same bytes: zip and the colleague pack them in their own ways.
        """
        key = mount, self.worker.weather.generation(mount)
        return key in self.sent and self.sent[key] != self.code_writes

    def template(self, function):
        """A configuration with all that must be in one."""
        return self.judge.config["templates"][function]

    # What happened

    def hide(self, mount):
        self.hidden_until[mount] = time.monotonic() + self.judge.config["grace"]

    def permits(self, write):
        """{(operation, "")} that a gesture may cause."""
        return {(operation, "") for operation in KINDS[write.document].operations}

    def read_change(self, change, gesture):
        """A change of the worker's function; gives whether it is one of a document."""
        operation = change["operation"]
        if operation not in OPERATIONS:
            return False
        if operation in GRANTS:
            self.read_grant(operation, change["qualifier"], gesture)
        return True

    def read_grant(self, operation, sid, gesture):
        """What is new is granted before what is gone is taken, unless all of it is to go."""
        if operation == "AddPermission":
            self.sids.add(sid)
            return
        self.sids.discard(sid)
        if NOTHING in self.entries["policy.json"].allowed:
            return
        if KEEP not in self.sids or len(self.sids) < 2:
            self.judge.finding("grant missing", f"{sorted(self.sids)} is left of the policy, at {gesture}")

    def colleague_wrote(self, write):
        self.set(write.document, write.state, -1)

    def latest(self):
        """The states of what is in $LATEST, or None while one is open."""
        states = [self.state(name) for name in LATEST]
        return None if None in states else states

    def was_published(self):
        self.published, self.published_writes = self.latest(), self.code_writes
        self.compare_published()

    def compare_published(self):
        latest = self.latest()
        known = latest and self.published
        if latest == self.published and self.code_writes != self.published_writes:
            known = False  # the same code, perhaps packed in another way
        self.judge.model.unpublished = latest != self.published if known else None

    def set(self, name, state, mount):
        entry = self.entries[name]
        if entry.allowed != [state]:
            entry.changed_by, entry.changed_at = mount, time.monotonic()
        entry.allowed = [state]
        self.code_writes += name == "code.zip"
        self.compare_published()

    def take(self, gesture, hand, write, ended, failed, stormy):
        """A gesture on a document has ended."""
        if ended.told:
            self.take_race(gesture, hand, write, ended, failed)
            return
        held = self.account.states(self.function)
        entry, name = self.entries[write.document], write.document
        self.worker.count(write, failed)
        if write.hides and (failed or write.state is None):
            entry.hidden_until[hand.mount] = time.monotonic() + HIDDEN
        old = entry.allowed[0]
        if write.state is None:
            pass
        elif not failed:
            if held[name] != write.state:
                kind = "exit 0 without effect" if held[name] == old else "wrong effect"
                self.judge.finding(kind, f"{gesture} on {'AB'[hand.mount]}: {name} is {held[name]} instead of {write.state}")
            if name in LATEST and held[name] != old and not stormy:
                self.check_settled(gesture, hand, name)
            is_sent = held[name] != old or not self.has_sent_other_code(hand.mount)
            self.set(name, held[name], hand.mount)
            if name == "code.zip" and is_sent:
                self.note_sent(hand, self.code_writes)
        elif stormy or ended.killed:
            if name == "code.zip":
                self.note_sent(hand, None)
            self.wait(gesture, name, write.state)
        self.compare(held, gesture)

    def check_settled(self, gesture, hand, name):
        """The write has waited for what it began."""
        if self.account.is_updating(self.function) and self.latest():
            text = f"{gesture} on {'AB'[hand.mount]} exited 0, and the update of {name} goes on"
            self.judge.finding("not settled", text)

    def take_race(self, gesture, hand, write, ended, failed):
        """A colleague has written after the tool had read: that stays, whatever disturbs the tool."""
        name = write.document
        self.entries[name].hidden_until[hand.mount] = time.monotonic() + HIDDEN
        self.worker.figures["races refused" if failed else "races"] += 1
        self.set(name, ended.told, -1)
        if hand.generation() != ended.generation:  # another mount does not know what the tool has read
            self.wait(gesture, name, write.state)
        held = self.account.states(self.function)
        if held[name] == write.state and write.state not in self.entries[name].allowed:
            text = f"{gesture} on {'AB'[hand.mount]}: {name} is {write.state}, and the colleague's {ended.told} is lost"
            self.judge.finding("colleague overwritten", text)
            self.set(name, held[name], hand.mount)
        self.compare(held, gesture)

    def note_sent(self, hand, writes):
        self.sent[hand.mount, self.worker.weather.generation(hand.mount)] = writes

    def wait(self, gesture, name, state):
        """The write may have reached AWS, or do so yet."""
        entry, now = self.entries[name], time.monotonic()
        old = entry.allowed[0]
        entry.since, entry.due, entry.gesture = now, now + self.judge.config["late"], gesture
        entry.allowed = [old, *KINDS[name].between(old, state), state]
        entry.changed_by, entry.changed_at = -1, now
        self.compare_published()

    def compare(self, held, gesture):
        for name, entry in self.entries.items():
            if held[name] in entry.allowed:
                continue
            kind = "wrong document" if is_whole(held[name]) else "half a document"
            allowed = " or ".join(entry.allowed)
            self.judge.finding(kind, f"{name} is {held[name]} instead of {allowed}, at {gesture} ({entry.gesture})")
            self.set(name, held[name], -1)

    def resolve(self):
        """Looks at what is due; gives how many documents are still open."""
        now = time.monotonic()
        due = [entry for entry in self.entries.values() if len(entry.allowed) > 1 and entry.due <= now]
        if due and self.judge.is_quiet():
            self.judge.read_changes("a look later")
            held = self.account.states(self.function)
            self.compare(held, "a look later")
            for name, entry in self.entries.items():
                if entry in due and len(entry.allowed) > 1:
                    self.set(name, held[name], -1)
        return sum(1 for entry in self.entries.values() if len(entry.allowed) > 1)

    def final(self):
        self.compare(self.account.states(self.function), "the end")

    # The function that all share

    def look_at_common(self, gesture):
        """Each document is a whole one; which one, nobody knows."""
        held = self.account.states("common")
        for name in COMMON:
            state = held[name]
            if not is_whole(state) and not (name == "tags.json" and are_whole_tags(json.loads(state))):
                self.judge.finding("half a document", f"common: {name} is {state}, at {gesture}")
        for alias in ("", "ONE", "TWO", "THREE"):
            sids = self.account.sids("common", alias)
            if KEEP not in sids or len(sids) < 2:
                self.judge.finding("grant missing", f"common: {sids} is {alias or 'the'} policy, at {gesture}")
            found = alias and self.account.event_invoke("common", alias)
            state = KINDS["event-invoke.json"].state(found) if found else NOTHING
            if not is_whole(state):
                self.judge.finding("half a document", f"common: event-invoke.json of {alias} is {state}, at {gesture}")


def are_whole_tags(found):
    """The tags have no revision: of two writers at a time, one may take the other's key away."""
    return any(
        {**found, "only0": "x", "only1": "x"} == {**tags(number), "only0": "x", "only1": "x"}
        for number in range(COUNT)
    )
