# SPDX-License-Identifier: MIT
"""kill -9 of aliasfs at random moments during remaps: each alias is at its old or its new version,
never absent, and no temporary name ever reaches the API."""

import itertools
import os
import random
import re
import subprocess
import time

import pytest

from lib import aws
from lib.programs import patience

FORMS = [
    ["ln", "-sfn"],
    ["ln", "-sf"],
    ["/bin/busybox", "ln", "-sfn"],
]
ALIASES = ["PROD", "BETA"]


def play(plane, api, make_mount, rounds, seed):
    """`rounds` times: mount, start a few remaps, kill the mount at a random moment, look at the API."""
    randomness = random.Random(seed)
    aws.create_function(api, "hello", versions=3, aliases={name: 1 for name in ALIASES})
    changes = len(plane.changes())
    versions = itertools.cycle("231")
    mount = make_mount(start=False)
    moved, late = 0, {name: set() for name in ALIASES}
    longest = 0.06  # as long as it takes until something moves, here and now
    for _ in range(rounds):
        before = aws.aliases_of(api, "hello")
        wanted = {name: next(versions) for name in ALIASES}
        mount.start()
        tools = []
        for name, version in wanted.items():
            command = [*randomness.choice(FORMS), version, str(mount.path / "hello" / name)]
            tools.append(
                subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
        time.sleep(randomness.uniform(0, longest))
        mount.kill()
        ended = dict(zip(wanted, [tool.wait(patience(20)) for tool in tools]))
        after = aws.aliases_of(api, "hello")
        assert set(after) == set(ALIASES), f"seed {seed}: {after}"
        longest *= 1.1 if after == before else 0.95
        for name in ALIASES:
            # What an earlier round's aliasfs had sent when it died may have arrived after `before`, as long as
            # the alias has kept its revision since.
            assert after[name] in {before[name], wanted[name], *late[name]}, f"seed {seed}"
            # A remap to where the alias points is no write, so that an earlier one may still arrive after it.
            if ended[name] == 0 and before[name] != wanted[name]:
                assert after[name] == wanted[name], f"seed {seed}: ln said so, AWS does not"
            moved += after[name] != before[name]
            late[name] = set() if after[name] != before[name] else late[name]
            late[name].add(wanted[name])
    written = plane.changes()[changes:]
    assert {change.operation for change in written} <= {"UpdateAlias"}, f"seed {seed}"
    assert all(re.fullmatch("|".join(ALIASES), change.qualifier) for change in written), f"seed {seed}"
    assert 0 < moved, f"seed {seed}: every kill came too early to prove anything"
    return moved


def play_killing_tools(plane, api, make_mount, rounds, seed):
    """The other way round: the tool is killed between its system calls, the mount lives."""
    randomness = random.Random(seed)
    aws.create_function(api, "hello", versions=3, aliases={name: 1 for name in ALIASES})
    changes = len(plane.changes())
    mount = make_mount(rate=1000)
    unfinished, longest = 0, 0.03
    for number in range(rounds):
        name, version = randomness.choice(ALIASES), randomness.choice("123")
        before = aws.aliases_of(api, "hello")
        form = randomness.choice(FORMS[:2])  # busybox unlinks first: then the alias may rightly go
        tool = subprocess.Popen(
            [*form, version, str(mount.path / "hello" / name)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(randomness.uniform(0, longest))
        tool.kill()
        finished = tool.wait(patience(20)) == 0
        unfinished += not finished
        longest *= 0.9 if finished else 1.1  # about half of them finish, on any machine
        after = aws.aliases_of(api, "hello")
        assert {**before, name: version} == after or before == after, f"seed {seed}, round {number}"
    time.sleep(2.5)  # longer than a held name is held: none may become an alias now
    mount.unmount()
    assert set(aws.aliases_of(api, "hello")) == set(ALIASES), f"seed {seed}"
    written = plane.changes()[changes:]
    assert {change.operation for change in written} == {"UpdateAlias"}, f"seed {seed}"
    assert unfinished > 0, f"seed {seed}: no kill came in time"


def chosen_seed():
    seed = int(os.environ.get("ALIASFS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"ALIASFS_SEED={seed}")
    return seed


def test_kills_during_remaps(plane, api, make_mount):
    play(plane, api, make_mount, 200, chosen_seed())


def test_kills_of_ln(plane, api, make_mount):
    play_killing_tools(plane, api, make_mount, 200, chosen_seed())


@pytest.mark.long
def test_more_kills_during_remaps(plane, api, make_mount):
    play(plane, api, make_mount, 1000, chosen_seed())


@pytest.mark.long
def test_more_kills_of_ln(plane, api, make_mount):
    play_killing_tools(plane, api, make_mount, 1000, chosen_seed())
