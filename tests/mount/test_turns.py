# SPDX-License-Identifier: MIT
"""More is asked for than the rate allows: who came first is served first, changes before reading."""

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws
from lib.process import wait_for
from lib.programs import patience


def many_aliases(api, count, function="many"):
    names = [f"alias{number:02}" for number in range(count)]
    aws.create_function(api, function, versions=2, aliases={name: 1 for name in names})
    return names


@pytest.mark.quick_sanitized
@pytest.mark.semantics("2.4.9", "4.4.3")
def test_an_unmount_after_many_removals_does_all_of_them(api, make_mount):
    """Each is a GetAlias and a DeleteAlias, so that they wait longer in all than one call may take."""
    names = many_aliases(api, 30)
    mount = make_mount(rate=10, timeout=3)
    mount.run("rm", *[mount.path / "many" / name for name in names], check=True)
    mount.unmount()
    assert aws.aliases_of(api, "many") == {}


@pytest.mark.semantics("4.4.3")
def test_as_many_changes_at_once_as_fit_into_their_time_all_succeed(api, gesture, make_mount):
    """40 at a rate of 10 are done after 4 s: nobody is overtaken until its 10 s are over."""
    names = many_aliases(api, 40)
    mount = make_mount(rate=10, timeout=10)
    os.listdir(mount.path / "many")

    def remap(name):
        return mount.run("ln", "-sfnT", "2", mount.path / "many" / name)

    with gesture(*["UpdateAlias"] * len(names)), ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(remap, names))
    assert [str(each) for each in results if not each.ok] == []


@pytest.mark.semantics("4.4.3")
def test_a_change_overtakes_the_reading_that_waits(api, make_mount):
    """Twenty cold readings wait for half a minute in all; the change is made at once."""
    for number in range(20):
        aws.create_function(api, f"fn-{number:02}", versions=1, aliases={"PROD": 1})
    many_aliases(api, 1)
    mount = make_mount(rate=1, ttl=600)
    assert os.readlink(mount.path / "many/alias00") == "1"
    readers = [
        subprocess.Popen(
            ["/usr/bin/readlink", str(mount.path / f"fn-{number:02}/PROD")],
            stdout=subprocess.DEVNULL,
        )
        for number in range(20)
    ]
    waiting = re.compile(r"^aliasfs_api_calls_waiting ([1-9]\d)$", re.MULTILINE)
    stats = mount.path / ".aliasfs/stats"
    wait_for(lambda: waiting.search(stats.read_text()), patience(10), "the readers wait")
    started = time.monotonic()
    mount.run("ln", "-sfnT", "2", mount.path / "many/alias00", check=True)
    assert time.monotonic() - started < patience(3)
    assert waiting.search(stats.read_text()), "the readers still wait"
    for reader in readers:
        reader.kill()
        reader.wait()
    assert aws.alias_version(api, "many", "alias00") == "2"
