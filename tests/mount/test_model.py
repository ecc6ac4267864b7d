# SPDX-License-Identifier: MIT
"""Random gestures through the mount and changes at the API, side by side with a small reference.

After each step the tree, the API's state and the writes must be what the reference says. A failure
prints the seed and the steps; ALIASFS_SEED=N repeats them.
"""

import copy
import os
import random
import time

import pytest

from lib import aws
from lib.calls import exchange, fsync_directory

FUNCTIONS = ["red", "blue"]
NAMES = ["PROD", "BETA", "DEV", "X_1"]
WEIGHTS = {"10": 0.1, "25": 0.25, "33.3": 0.333, "100": 1.0}
SPELLED = {value: text for text, value in WEIGHTS.items()}


class Alias:
    """What the reference knows of one alias."""

    def __init__(self, version, weight=None, description=""):
        self.version = version
        self.weight = weight  # (version, share) or None
        self.description = description

    def __eq__(self, other):
        return vars(self) == vars(other)

    def __repr__(self):
        return f"{self.version}/{self.weight}/{self.description!r}"

    def link(self, name):
        """The name of its weight link."""
        return f"{name}%{SPELLED[self.weight[1]]}"


class Reference:
    def __init__(self):
        self.versions = {function: 2 for function in FUNCTIONS}
        self.fresh = {function: False for function in FUNCTIONS}  # $LATEST differs from the newest
        self.aliases = {function: {"PROD": Alias("1"), "BETA": Alias("2")} for function in FUNCTIONS}

    def tree(self, function):
        """{name: target} of what a listing of the function must show, directories with None."""
        shown = {"$LATEST": None}
        shown.update({str(number): None for number in range(1, self.versions[function] + 1)})
        for name, alias in self.aliases[function].items():
            shown[name] = alias.version
            if alias.weight:
                shown[alias.link(name)] = alias.weight[0]
        return shown


class Game:
    def __init__(self, plane, make_mount, seed):
        self.plane, self.api = plane, plane.api
        self.random = random.Random(seed)
        self.reference = Reference()
        for function in FUNCTIONS:
            aws.create_function(self.api, function, 2, {"PROD": 1, "BETA": 2})
        # A grace that no step outlasts: what is removed goes when a step says so.
        self.mount = make_mount(rate=1000, delete_grace=30)
        self.steps = []
        self.births = {}  # {(function, name): when the mount made it, and no other client has written it since}

    # What a step needs

    def choose(self):
        self.function = self.random.choice(FUNCTIONS)
        self.directory = self.mount.path / self.function
        self.aliases = self.reference.aliases[self.function]

    def version(self, latest=True):
        numbers = [str(n) for n in range(1, self.reference.versions[self.function] + 1)]
        return self.random.choice(numbers + (["$LATEST"] if latest else []))

    def standing(self):
        return self.random.choice(sorted(self.aliases)) if self.aliases else None

    def absent(self):
        free = [name for name in NAMES if name not in self.aliases]
        return self.random.choice(free) if free else None

    def is_born(self, name):
        """Whether the mount made that name in the last minute (contract 2.1); None near the minute's end."""
        age = time.monotonic() - self.births.get((self.function, name), -1000)
        return None if 50 < age < 70 else age < 60

    def bear(self, name):
        self.births[self.function, name] = time.monotonic()

    def forget_birth(self, name):
        self.births.pop((self.function, name), None)

    def moved(self, name, version):
        """The reference after a remap, and the writes that it takes."""
        alias = self.aliases[name]
        same = alias.version == version and not alias.weight
        alias.version, alias.weight = version, None
        return [] if same else ["UpdateAlias"]

    # Gestures: each does something, changes the reference, and gives the writes expected

    def create(self):
        name = self.absent()
        if not name:
            return None
        version = self.version()
        os.symlink(version, self.directory / name)
        self.aliases[name] = Alias(version)
        self.bear(name)
        return ["CreateAlias"]

    def replace_by_rename(self):
        name = self.standing()
        if not name:
            return None
        version = self.version()
        os.symlink(version, self.directory / ".tmp.link")
        os.rename(self.directory / ".tmp.link", self.directory / name)
        return self.moved(name, version)

    def replace_by_unlink(self):
        name = self.standing()
        if not name:
            return None
        version = self.version()
        os.unlink(self.directory / name)
        os.symlink(version, self.directory / name)
        return self.moved(name, version)

    def replace_through(self):
        name = self.standing()
        if not name:
            return None
        version = self.version()
        self.mount.run("ln", "-sf", version, self.directory / name, check=True)
        return self.moved(name, version)

    def remove(self):
        name = self.standing()
        if not name:
            return None
        os.unlink(self.directory / name)
        fsync_directory(self.directory)
        del self.aliases[name]
        self.forget_birth(name)
        return ["DeleteAlias"]

    def rename_to_new(self):
        name, new = self.standing(), self.absent()
        if not name or not new or self.is_born(name) is None:
            return None
        os.rename(self.directory / name, self.directory / new)
        fsync_directory(self.directory)
        if self.is_born(name):
            self.bear(new)
        self.forget_birth(name)
        self.aliases[new] = self.aliases.pop(name)
        return ["CreateAlias", "DeleteAlias"]

    def rename_onto(self):
        """A standing alias takes everything along; one made a moment ago is a tool's new link."""
        name, other = self.standing(), self.standing()
        if not name or name == other or self.is_born(name) is None:
            return None
        same = self.aliases[name] == self.aliases[other]
        os.rename(self.directory / name, self.directory / other)
        fsync_directory(self.directory)
        moved = self.aliases.pop(name)
        born = self.is_born(name)
        self.forget_birth(name)
        if born:
            return [*self.moved(other, moved.version), "DeleteAlias"]
        self.aliases[other] = moved
        return ["DeleteAlias"] if same else ["UpdateAlias", "DeleteAlias"]

    def swap(self):
        name, other = self.standing(), self.standing()
        if not name or name == other or self.aliases[name] == self.aliases[other]:
            return None
        exchange(self.directory / name, self.directory / other)
        self.aliases[name], self.aliases[other] = self.aliases[other], self.aliases[name]
        return ["UpdateAlias", "UpdateAlias"]

    def weigh(self):
        name = self.standing()
        if not name or self.aliases[name].version == "$LATEST":
            return None
        alias, version = self.aliases[name], self.version(latest=False)
        share = self.random.choice(sorted(WEIGHTS.values()))
        if version == alias.version or alias.weight:
            return None
        os.symlink(version, self.directory / f"{name}%{SPELLED[share]}")
        alias.weight = (version, share)
        return ["UpdateAlias"]

    def weighted(self):
        names = sorted(name for name, alias in self.aliases.items() if alias.weight)
        return self.random.choice(names) if names else None

    def reweigh(self):
        name = self.weighted()
        if not name:
            return None
        alias = self.aliases[name]
        share = self.random.choice([s for s in sorted(WEIGHTS.values()) if s != alias.weight[1]])
        old = self.directory / alias.link(name)
        alias.weight = (alias.weight[0], share)
        os.rename(old, self.directory / alias.link(name))
        return ["UpdateAlias"]

    def promote(self):
        name = self.weighted()
        if not name:
            return None
        alias = self.aliases[name]
        os.rename(self.directory / alias.link(name), self.directory / name)
        alias.version, alias.weight = alias.weight[0], None
        return ["UpdateAlias"]

    def call_off(self):
        name = self.weighted()
        if not name:
            return None
        alias = self.aliases[name]
        os.unlink(self.directory / alias.link(name))
        fsync_directory(self.directory)
        alias.weight = None
        return ["UpdateAlias"]

    def describe(self):
        name = self.standing()
        if not name:
            return None
        text = f"words {self.random.randrange(10**6)}"
        (self.directory / ".aliases" / name / "description").write_text(text)
        self.aliases[name].description = text
        return ["UpdateAlias"]

    def publish(self):
        fresh = self.reference.fresh[self.function]
        try:
            os.mkdir(self.directory / "+")
        except FileExistsError:
            assert not fresh
            return []
        assert fresh
        self.reference.fresh[self.function] = False
        self.reference.versions[self.function] += 1
        return ["PublishVersion"]

    def refused(self):
        """Things that must change nothing. By a tool: a process that was refused a removal is guarded for 10 s."""
        name = self.standing()
        attempts = [
            ["rmdir", "."],
            ["rmdir", "1"],
            ["rm", "1/configuration.json"],
            ["ln", "-sT", "1", "77"],
            ["ln", "-sT", "99", "NEVER"],
            ["ln", "-sT", "/etc", "NEVER"],
            ["ln", "-sT", "2", "1/2"],
            ["mkdir", "NEVER"],
            *([["mv", name, "1/x"]] if name else []),
        ]
        assert not self.mount.run(*self.random.choice(attempts), cwd=self.directory).ok
        return []

    # Changes at the API

    def refresh(self):
        (self.mount.path / ".aliasfs/refresh").write_text("\n")

    def api_update(self):
        name = self.standing()
        if not name:
            return None
        version = self.version()
        self.api.update_alias(
            FunctionName=self.function,
            Name=name,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
        self.refresh()
        self.forget_birth(name)
        self.aliases[name].version, self.aliases[name].weight = version, None
        return ["UpdateAlias"]

    def api_delete(self):
        name = self.standing()
        if not name:
            return None
        self.api.delete_alias(FunctionName=self.function, Name=name)
        self.refresh()
        self.forget_birth(name)
        del self.aliases[name]
        return ["DeleteAlias"]

    def api_code(self):
        self.api.update_function_code(
            FunctionName=self.function, ZipFile=aws.code(str(self.random.random()))
        )
        self.reference.fresh[self.function] = True
        return ["UpdateFunctionCode"]

    GESTURES = [
        *[create, replace_by_rename, replace_by_unlink, replace_through] * 3,
        *[remove, rename_to_new, rename_onto, swap, weigh, weigh, reweigh, promote, call_off],
        *[describe, publish, refused, refused, api_update, api_delete, api_code],
    ]

    # The judge

    def shown(self, function):
        directory = self.mount.path / function
        found = {}
        for name in os.listdir(directory):
            if name != ".aliases":
                path = directory / name
                found[name] = os.readlink(path) if path.is_symlink() else None
        return found

    def held(self, function):
        """{name: Alias} at the API."""
        found = {}
        for each in self.api.list_aliases(FunctionName=function)["Aliases"]:
            weights = each.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            found[each["Name"]] = Alias(
                each["FunctionVersion"], next(iter(weights.items()), None), each["Description"]
            )
        return found

    def step(self):
        self.choose()
        gesture = self.random.choice(self.GESTURES)
        self.steps.append(f"{gesture.__name__} in {self.function} of {copy.deepcopy(self.aliases)}")
        with self.plane.recording() as record:
            wanted = gesture(self)
        assert record.writes == (wanted or []), str(record)
        for function in FUNCTIONS:
            assert self.held(function) == self.reference.aliases[function]
            assert self.shown(function) == self.reference.tree(function)


def play(plane, make_mount, steps):
    seed = int(os.environ.get("ALIASFS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"ALIASFS_SEED={seed}")
    game = Game(plane, make_mount, seed)
    for _ in range(steps):
        try:
            game.step()
        except BaseException:
            print("\n".join(f"{n}: {each}" for n, each in list(enumerate(game.steps))[-12:]))
            print(game.mount.log()[-3000:])
            raise


@pytest.mark.quick_sanitized
def test_random_gestures(plane, make_mount):
    play(plane, make_mount, 300)


@pytest.mark.long
def test_thousands_of_random_gestures(plane, make_mount):
    play(plane, make_mount, 5000)
