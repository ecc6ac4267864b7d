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
    moved = 0
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
        time.sleep(randomness.uniform(0, 0.06))
        mount.kill()
        ended = dict(zip(wanted, [tool.wait(20) for tool in tools]))
        after = aws.aliases_of(api, "hello")
        assert set(after) == set(ALIASES), f"seed {seed}: {after}"
        for name in ALIASES:
            assert after[name] in (before[name], wanted[name]), f"seed {seed}"
            if ended[name] == 0:
                assert after[name] == wanted[name], f"seed {seed}: ln said so, AWS does not"
            moved += after[name] != before[name]
    written = plane.changes()[changes:]
    assert {change.operation for change in written} <= {"UpdateAlias"}, f"seed {seed}"
    assert all(re.fullmatch("|".join(ALIASES), change.qualifier) for change in written), f"seed {seed}"
    assert 0 < moved, f"seed {seed}: every kill came too early to prove anything"
    return moved


def test_kills_during_remaps(plane, api, make_mount):
    seed = int(os.environ.get("ALIASFS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"ALIASFS_SEED={seed}")
    play(plane, api, make_mount, 200, seed)


@pytest.mark.long
def test_more_kills_during_remaps(plane, api, make_mount):
    seed = int(os.environ.get("ALIASFS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"ALIASFS_SEED={seed}")
    play(plane, api, make_mount, 1000, seed)
