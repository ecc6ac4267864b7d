# SPDX-License-Identifier: MIT
"""Compares what AWS has and was asked with the model, after every gesture and once a deferred one is due."""

import time

from soak.document_account import DocumentAccount
from soak.document_judge import DocumentJudge
from soak.documents import KEPT
from soak.history import History
from soak.model import UNKNOWN, Model, Pending, State, alternatives, permitted_writes, show

NAMES = ["PROD", "BETA", "DEV", "NEXT", "X-1", "Currency", "Customer", "api_stable", "app_canary"]
KEPT_STATE = State("1", None, "kept")
FIRST = {"PROD": State("1"), "BETA": State("2", None, "the second"), "DEV": State("$LATEST")}
VERSIONS = 4
ALIAS_WRITES = ("CreateAlias", "UpdateAlias", "DeleteAlias")
# What a gesture that took longer than this failed of is the machine's load: links through an alias count
# for 2 s, deadlines are a few seconds.
SLOW = 1.2
DIED = 70  # the exit status of a tool that died of what it is: nothing of the mount
BUSY = "resource busy"  # what a tool says while an update is in progress
# A loaded machine is late with what is deferred.
PATIENCE = 15


def make_function(account, function):
    """What a worker finds at the start."""
    account.create_function(function, VERSIONS)
    for name, state in {**FIRST, KEPT: KEPT_STATE}.items():
        account.create_alias(function, name, state)
    DocumentAccount(account, account.port).prepare(function)


class Judge:
    def __init__(self, worker):
        self.worker = worker
        self.config = worker.config
        self.account = worker.account
        self.function = worker.config["function"]
        self.model = Model(VERSIONS, NAMES)
        self.permits = {}  # {(operation, name): until when}
        self.history = History()
        self.documents = DocumentJudge(self)
        self.commits = set()
        self.findings = 0

    def prepare(self):
        """The model is what make_function() left."""
        now = time.monotonic()
        for name, state in FIRST.items():
            self.model.set(name, state, -1, now)
        for change in self.account.news():
            if change["function"] == self.function:
                self.history.note(change)

    def finding(self, kind, text):
        self.findings += 1
        self.worker.finding(kind, f"{self.function}: {text}")

    # What may be written

    def permit(self, plan, now):
        before = {name: entry.state for name, entry in self.model.entries.items()}
        documents = self.documents.permits(plan.document) if plan.document else set()
        for permit in permitted_writes(plan, before) | documents:
            self.permits[permit] = now + self.config["late"] + PATIENCE

    def permit_removals(self, plan):
        """A killed tool has removed what it had come to, and made nothing in its place."""
        until = time.monotonic() + self.config["late"] + PATIENCE
        for name in plan.gone_if_killed:
            self.permits["DeleteAlias", name] = until

    def read_changes(self, gesture):
        """Each change that took effect was asked for by a worker."""
        now = time.monotonic()
        for change in self.account.news():
            if change["function"] != self.function:
                continue
            self.history.note(change)
            operation, name = change["operation"], change.get("qualifier", "")
            if self.documents.read_change(change, gesture) or operation == "PublishVersion":
                name = ""
            elif operation not in ALIAS_WRITES:
                continue
            if self.permits.get((operation, name), 0) >= now:
                continue
            if operation in ALIAS_WRITES and name not in self.model.entries:
                self.finding("temporary name at AWS", f"{operation} {name} at {gesture}")
            elif operation == "DeleteAlias":
                self.finding("alias lost", f"DeleteAlias {name}, which no worker asked for, at {gesture}")
            else:
                self.finding("unexpected write", f"{operation} {name} {change.get('version')} at {gesture}")

    # A gesture

    def changed_before(self, plan):
        """A colleague has done the first part."""
        now = time.monotonic()
        for name, state in plan.changes_before.items():
            self.permits["UpdateAlias", name] = now + self.config["late"] + PATIENCE
            self.model.set(name, state, -1, now)

    def colleague_done(self, gesture, plan):
        now = time.monotonic()
        self.permit(plan, now)
        for name, state in plan.after.items():
            self.model.set(name, state, -1, now)
            # Also when it is what it was: the revision is another one.
            self.model.entries[name].changed_by, self.model.entries[name].changed_at = -1, now
        if plan.document:
            self.documents.set(plan.document.document, plan.document.state, -1)
        self.read_changes(gesture)

    def begin(self, hand, plan):
        """What must be known of the moment before."""
        now = time.monotonic()
        if hand.function == self.function:
            self.permit(plan, now)
        touched = {*plan.after, *plan.hidden, *plan.looks}
        document = plan.document
        self.may_be_busy = (
            plan.publishes or bool(document and document.document == "tags.json")
        ) and self.documents.may_be_updating()
        self.written = len(self.history.writes(plan.rolls_back))
        self.unmounts = self.worker.weather.unmounts(hand.mount)
        return any(hand.is_stale(name, plan.compared) for name in touched) or (
            (plan.publishes or plan.outcome == "refused") and hand.versions_are_stale()
        ) or bool(document and document.reads and self.documents.is_stale(document.document, hand.mount))

    def judge(self, gesture, hand, plan, ended, stale, generation):
        weather, worker = self.worker.weather, self.worker
        # What found no mount there has changed the directory below.
        away = weather.generation(hand.mount) != generation or generation % 2
        stormy = away or weather.is_disturbed_since(hand.mount, ended.started)
        if ended.rc is None:
            self.finding("hang", f"{gesture} on {'AB'[hand.mount]} has not ended in {ended.seconds:.0f} s")
            stormy = True
        failed = ended.killed or ended.rc != 0 or away
        if hand.function == self.function:
            self.model.delay(ended.seconds)
        if ended.killed:
            self.permit_removals(plan)
        elif failed:
            worker.figures["failed in a storm" if stormy else "refused"] += 1
        if not failed and plan.check:
            wrong = plan.check(ended.out)
            if wrong:
                kind = "empty listing" if "empty" in wrong or "listing" in wrong else "not true"
                self.finding(kind, f"{gesture} on {'AB'[hand.mount]}: {wrong}{' (storm)' if stormy else ''}")
        calm = not stormy and not stale and not ended.killed and ended.seconds < SLOW
        if self.may_be_busy and BUSY in ended.err:
            self.worker.figures["refused by an update in progress"] += 1
            calm = False
        if plan.reads and hand.function != self.function:
            if plan.document:
                self.worker.count(plan.document, failed)
                self.documents.look_at_common(gesture)
            self.read_changes(gesture)
            return
        expected = plan.outcome == "done" or (plan.refusals and not self.is_known_refusal(plan, ended))
        if failed and calm and expected and ended.rc != DIED:
            self.finding("failed without a reason", f"{gesture}: exit {ended.rc}: {ended.err.strip()[-300:]}")
        if not failed and plan.outcome == "refused" and not (stale or stormy):
            self.finding("accepted", f"{gesture} exited 0")
        if len(plan.hidden) > 1:
            self.documents.hide(hand.mount)
        self.take(gesture, hand, plan, ended, failed, calm)
        if plan.document:
            self.documents.take(gesture, hand, plan.document, ended, failed, stormy)
        self.read_changes(gesture)
        if plan.rolls_back:
            self.judge_rollback(gesture, hand, plan, failed)

    def judge_rollback(self, gesture, hand, plan, failed):
        """It has moved the alias once at most, and nowhere else than it was before."""
        name = plan.rolls_back
        self.worker.figures["roll-backs refused" if failed else "roll-backs"] += 1
        ways = alternatives(plan.after.get(name, []))
        wanted = [("UpdateAlias", version) for version in [*plan.first_to, *(state.version for state in ways)]]
        written = self.history.writes(name)[self.written :]
        if written != wanted[: len(written)]:
            self.finding("wrong roll-back", f"{gesture} on {'AB'[hand.mount]}: {written} instead of {wanted} or nothing")
        if written:  # another revision, although it may be there again where it was
            entry = self.model.entries[name]
            entry.changed_by, entry.changed_at = hand.mount, time.monotonic()
        if written or not failed:
            key = hand.mount, self.worker.weather.generation(hand.mount)
            to = ways[0].version if ways and not failed else None
            self.model.entries[name].rolled_back[key] = time.monotonic(), to

    @staticmethod
    def is_known_refusal(plan, ended):
        return any(text in ended.err for text in plan.refusals)

    def take(self, gesture, hand, plan, ended, failed, calm):
        """What the model says afterwards, and whether AWS agrees."""
        now = time.monotonic()
        if plan.publishes and not failed:
            self.model.versions += 1
            self.documents.was_published()
            self.model.versions_changed = (hand.mount, now)
        elif plan.publishes:
            self.count_versions(now)
        held = self.account.aliases(self.function)
        for name in plan.hidden:
            entry = self.model.entries[name]
            removed = [None] if name in plan.gone_if_killed and ended.killed else []
            if entry.pending:
                if removed:  # of what is open it may have removed any
                    entry.pending.allowed, entry.pending.wanted = [*entry.pending.allowed, *removed], []
                entry.pending.due = max(entry.pending.due, now + self.config["grace"])
            elif name not in plan.after:
                self.wait(name, gesture, [entry.state, *removed], [], self.config["late"])
        for name, states in plan.after.items():
            ways = alternatives(states)
            if failed and calm and self.is_known_refusal(plan, ended):
                continue  # it must be what it was
            if failed:
                self.take_failure(gesture, hand, plan, name, ways, ended)
            else:
                self.take_success(gesture, hand, plan, name, ways, held, calm)
        self.compare(held, gesture)

    def take_failure(self, gesture, hand, plan, name, ways, ended):
        entry = self.model.entries[name]
        allowed = [entry.state, *ways, *plan.between.get(name, [])]
        # An unmount carries a removal out at once (2.4.9): what is made in the next mount is new.
        was_unmounted = self.worker.weather.unmounts(hand.mount) != self.unmounts
        if name in plan.gap and (ended.killed or was_unmounted):
            allowed.append(None)
        if name in plan.gap and was_unmounted:
            allowed += [State(way.version) for way in ways if way]
        if plan.outcome == "refused":
            allowed = [entry.state]
        self.wait(name, gesture, allowed, [], self.config["late"])

    def take_success(self, gesture, hand, plan, name, ways, held, calm):
        entry = self.model.entries[name]
        now = time.monotonic()
        if plan.deferred or ways == [None]:
            allowed = [entry.state, *ways, *plan.between.get(name, [])]
            self.wait(name, gesture, allowed, ways if calm else [], self.config["grace"])
            return
        found = held.get(name)
        if found not in ways:
            self.finding(
                "exit 0 without effect" if found == entry.state else "wrong effect",
                f"{gesture} on {'AB'[hand.mount]}: {name} is {show(found)} instead of {' or '.join(map(show, ways))}, "
                f"was {show(entry.state)}",
            )
        made_here = entry.state is None and found is not None
        # Where it was there already, the mount made no call.
        is_move = found != entry.state
        # With a colleague alongside, who knows who was the last.
        self.model.set(name, found, -1 if plan.alongside else hand.mount, now)
        if is_move and not plan.alongside:
            entry.moved = (hand.mount, self.worker.weather.generation(hand.mount))
        if made_here:
            entry.born = self.birth(hand, plan, now)

    def birth(self, hand, plan, now):
        """Of an alias that a gesture made: new, or with the age of what was renamed to it."""
        here = (hand.mount, self.worker.weather.generation(hand.mount), now)
        sources = [name for name, states in plan.after.items() if states is None] or plan.gap
        if not sources:
            return here
        source = self.model.entries[sources[0]]
        born = source.pending.born if source.pending else source.born
        if not born:
            return None
        return here if born[:2] == here[:2] else (UNKNOWN, 0, now)

    def count_versions(self, now):
        versions = self.account.versions(self.function)
        if versions != self.model.versions:
            self.model.versions = versions
            self.documents.was_published()
            self.model.versions_changed = (-1, now)

    # What is open

    def wait(self, name, gesture, allowed, wanted, seconds):
        now = time.monotonic()
        entry = self.model.entries[name]
        if entry.pending:
            allowed = allowed + entry.pending.allowed
            wanted = []
        pending = Pending(now, now + seconds, allowed, wanted, gesture, entry.born)
        self.model.wait(name, pending)

    def is_quiet(self):
        """Nothing that a disturbance delayed can arrive any more."""
        weather = self.worker.weather
        return all(weather.calm_for(mount) > self.config["late"] for mount in range(2))

    def resolve(self):
        """Looks at what is due; gives how many names are still open."""
        now = time.monotonic()
        due = [name for name, entry in self.model.entries.items() if entry.pending and entry.pending.due <= now]
        if due:
            held = self.account.aliases(self.function)
            for name in due:
                self.resolve_one(name, held.get(name), now)
            self.read_changes("a deferred effect")
        opened = sum(1 for entry in self.model.entries.values() if entry.pending)
        return opened + self.documents.resolve()

    def resolve_one(self, name, found, now):
        entry = self.model.entries[name]
        pending = entry.pending
        disturbed = any(self.worker.weather.is_disturbed_since(mount, pending.since - 1) for mount in range(2))
        if disturbed and not self.is_quiet():
            return
        if found in pending.wanted or (not pending.wanted and found in pending.allowed):
            pass
        elif pending.wanted and not disturbed:
            if now < pending.due + PATIENCE:
                return
            self.finding(
                "exit 0 without effect",
                f"{pending.gesture}: {name} is still {show(found)} after {now - pending.since:.0f} s",
            )
        elif found not in pending.allowed:
            self.wrong(name, found, pending.allowed, pending.gesture)
        self.model.set(name, found, -1, now)
        entry.changed_at = now  # a mount may still show something else
        entry.born = pending.born if set(pending.allowed) == {found} else (UNKNOWN, 0, now)

    def wrong(self, name, found, allowed, gesture):
        kind = "alias lost" if found is None else "wrong effect"
        self.finding(kind, f"{name} is {show(found)} instead of {' or '.join(map(show, allowed))}, at {gesture}")

    def compare(self, held, gesture):
        """Every name at AWS is one that may be there, in a state that it may have."""
        now = time.monotonic()
        for name, entry in self.model.entries.items():
            allowed = self.model.allowed(name)
            if held.get(name) not in allowed:
                self.wrong(name, held.get(name), allowed, gesture)
                self.model.set(name, held.get(name), -1, now)
        if held.get(KEPT) != KEPT_STATE:
            self.wrong(KEPT, held.get(KEPT), [KEPT_STATE], gesture)
        for name in sorted(set(held) - set(self.model.entries) - {KEPT}):
            self.finding("temporary name at AWS", f"{name} -> {show(held[name])} at {gesture}")
            self.account.delete_alias(self.function, name)

    def explain(self, refused):
        """The API refused a colleague something: because an alias is not what it should be?"""
        found = self.findings
        self.compare(self.account.aliases(self.function), f"a colleague's call ({refused})")
        if self.findings == found:
            self.finding("the soak itself failed", repr(refused))

    def final(self):
        self.compare(self.account.aliases(self.function), "the end")
        self.documents.final()
        for name, entry in self.model.entries.items():
            if entry.pending:
                self.finding("exit 0 without effect", f"{entry.pending.gesture}: {name} is open at the end")
