# SPDX-License-Identifier: MIT
"""One worker: plays gestures on a function that it alone owns, and judges each by what AWS then has.

    config (JSON, standard input) ──► worker ──► lines of JSON (standard output): findings, figures
                                        └──────► its log, a line per gesture

A gesture that met nothing is judged strictly: its exit status, its effect, its writes. One during which
something was killed, stopped or spoiled may have failed, but what exited 0 has its effect all the same,
and nothing may be at AWS that no gesture asked for.
"""

import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import time

from soak import gestures  # noqa: F401
from soak.account import Account, Refused
from soak.hand import Hand
from soak.judge import Judge
from soak.table import rows
from soak.tool import Runner
from soak.weather import Weather


KILL_WRITERS = 0.1  # more of the tools that write a document are killed
FIGURES = [
    *["gestures", "refused", "failed in a storm", "tools killed"],
    *["roll-backs", "roll-backs refused", "document writes", "document writes refused", "document reads"],
    *["races", "races refused", "refused by an update in progress"],
]


class Worker:
    def __init__(self, config):
        self.config = config
        self.random = random.Random(f"{config['seed']}-{config['number']}")
        self.scratch = pathlib.Path(config["scratch"])
        self.log_file = open(config["log"], "a", buffering=1)
        self.start = config["started"]
        self.weather = Weather(pathlib.Path(config["weather"]))
        self.account = Account(config["port"])
        self.runner = Runner(self.scratch)
        self.judge = Judge(self)
        self.figures = collections.Counter(dict.fromkeys(FIGURES, 0))
        self.table = {common: self.choice(common) for common in (False, True)}

    def choice(self, common):
        """The gestures to choose from, and their weights."""
        without = self.config["without"]
        chosen = [row for row in rows(common) if not re.search(without, row.name)]
        return chosen, [row.weight for row in chosen]

    def note(self, text):
        self.log_file.write(f"{time.monotonic() - self.start:9.3f} {text}\n")

    def tell(self, **what):
        print(json.dumps(what), flush=True)

    def finding(self, kind, text):
        self.note(f"FINDING {kind}: {text}")
        self.tell(finding=kind, worker=self.config["number"], text=text)

    def count(self, write, failed):
        """A document was written, or was to be, or read."""
        if write.state is None and write.reads:
            self.figures["document reads"] += 1
        else:
            self.figures["document writes refused" if failed else "document writes"] += 1

    # Playing

    def play(self, until):
        while time.monotonic() < until:
            self.judge.resolve()
            try:
                self.step()
            except Refused as refused:
                self.judge.explain(refused)
            time.sleep(self.random.uniform(0, self.config["pause"]))

    def step(self):
        common = self.random.random() < 0.2
        mount = self.random.randrange(len(self.config["mounts"]))
        hand = Hand(self, mount, "common" if common else self.config["function"])
        gestures_there, weights = self.table[common]
        row = self.random.choices(gestures_there, weights)[0]
        plan = row.make(hand)
        if not plan:
            return
        self.figures["gestures"] += 1
        kill_after = None
        # A killed rm leaves its first removals done: the other workers would lose their aliases.
        shared = common and not plan.document
        if not plan.as_colleague and not shared and not (plan.alongside and not plan.document):
            if self.random.random() < self.config["kill_tools"]:
                kill_after = self.random.uniform(0, 0.03)
            elif plan.document and self.config["kill_tools"] and self.random.random() < KILL_WRITERS:
                kill_after = self.random.uniform(0, 0.08)
        self.carry_out(row, hand, plan, kill_after)

    def carry_out(self, row, hand, plan, kill_after):
        judge = self.judge
        generation = self.weather.generation(hand.mount)
        if plan.before_it:
            plan.before_it()
            judge.changed_before(plan)
        if plan.as_colleague:
            self.note(f"colleague: {row.name} {plan_words(plan)}")
            plan.command()
            judge.colleague_done(row.name, plan)
            return
        before = judge.begin(hand, plan)
        ended = self.runner.run(plan.command, kill_after, plan.alongside)
        ended.generation = generation
        if ended.told and not plan.document:
            plan.after.update(ended.told)
        if ended.killed:
            self.figures["tools killed"] += 1
        self.note(
            f"{'AB'[hand.mount]} {hand.function}: {row.name} {plan_words(plan)} -> "
            f"{'killed' if ended.killed else ended.rc} in {ended.seconds:.3f} s"
            + (f": {ended.err.strip()[-300:]}" if ended.err.strip() else "")
        )
        judge.judge(row.name, hand, plan, ended, before, generation)

    def finish(self):
        """Everything is calm now: what is still open is looked at, and the account is what it must be."""
        deadline = time.monotonic() + self.config["calm"]
        while self.judge.resolve() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.judge.final()
        self.tell(figures=self.figures)


def plan_words(plan):
    from soak.model import alternatives, show

    command = "" if callable(plan.command) else " ".join(map(str, plan.command))[-160:] + " "
    wanted = ", ".join(
        f"{name}: {' or '.join(show(each) for each in alternatives(states))}"
        for name, states in plan.after.items()
    )
    return f"[{command}=> {wanted or plan.outcome}]"


def main():
    config = json.loads(sys.stdin.readline())
    worker = Worker(config)
    try:
        worker.judge.prepare()
        worker.tell(ready=True)
        worker.play(config["until"])
        worker.tell(played=True)
        sys.stdin.readline()  # the storm has ended
        worker.finish()
    except (Refused, OSError, subprocess.SubprocessError, KeyError, ValueError) as error:
        worker.finding("the soak itself failed", repr(error))
        raise


if __name__ == "__main__":
    main()
