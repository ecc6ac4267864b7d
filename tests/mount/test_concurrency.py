# SPDX-License-Identifier: MIT
"""Many processes at once: every ln that said yes took effect, and nothing took effect without one."""

import collections
import os
import random
import subprocess
import threading
import time

import pytest

from lib import aws
from lib.programs import patience

FUNCTIONS = ["f1", "f2", "f3", "f4"]
ALIASES = ["A", "B"]
VERSIONS = ["1", "2", "3"]
FORMS = [["/usr/bin/ln", "-sfn"], ["/usr/bin/ln", "-sf"], ["/bin/busybox", "ln", "-sfn"]]


def remap_at_random(mount, seconds, processes, seed):
    """{(function, alias): how often a remap said yes}, by version."""
    yes = collections.Counter()
    lock = threading.Lock()
    deadline = time.monotonic() + seconds

    def work(number):
        randomness = random.Random(f"{seed}-{number}")
        while time.monotonic() < deadline:
            function, alias = randomness.choice(FUNCTIONS), randomness.choice(ALIASES)
            version, form = randomness.choice(VERSIONS), randomness.choice(FORMS)
            result = subprocess.run(
                [*form, version, str(mount.path / function / alias)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=60,
            )
            if result.returncode == 0:
                with lock:
                    yes[function, alias, version] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return yes


def judge(plane, api, make_mount, seconds, seed):
    for function in FUNCTIONS:
        aws.create_function(api, function, versions=3, aliases={name: 1 for name in ALIASES})
    changes = len(plane.changes())
    mount = make_mount(rate=1000)
    yes = remap_at_random(mount, seconds, 16, seed)
    mount.unmount()
    written = plane.changes()[changes:]
    assert {change.operation for change in written} <= {"UpdateAlias"}, f"seed {seed}"
    effects = collections.Counter((c.function, c.qualifier, c.version) for c in written)
    for key, count in effects.items():
        # A remap to where it points already says yes without a write.
        assert count <= yes[key], f"seed {seed}: {key} took effect without a yes"
    last = {(c.function, c.qualifier): c.version for c in written}
    for function in FUNCTIONS:
        for alias, version in aws.aliases_of(api, function).items():
            assert version == last.get((function, alias), "1"), f"seed {seed}"
        assert sorted(aws.aliases_of(api, function)) == ALIASES, f"seed {seed}"
    for (function, alias), version in last.items():
        assert yes[function, alias, version], f"seed {seed}"
    assert len(written) > 10
    return written


def seed():
    chosen = int(os.environ.get("ALIASFS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"ALIASFS_SEED={chosen}")
    return chosen


@pytest.mark.quick_sanitized
def test_sixteen_processes(plane, api, make_mount):
    judge(plane, api, make_mount, 6, seed())


@pytest.mark.long
def test_sixteen_processes_for_a_minute(plane, api, make_mount):
    judge(plane, api, make_mount, 60, seed())


def test_a_file_is_closed_while_its_reader_is_answered(hello, mount):
    """Under a sanitizer it is the memory that is looked at: a RELEASE overtakes the end of a READ."""
    path = mount.path / hello / "1/configuration.json"
    expected = path.read_bytes()
    script = f"for i in range(300): assert len(open({str(path)!r}, 'rb', 0).read()) == {len(expected)}"
    readers = [subprocess.Popen(["/usr/bin/python3", "-c", script]) for _ in range(6)]
    assert [reader.wait(timeout=patience(60)) for reader in readers] == [0] * len(readers)
    assert path.read_bytes() == expected
