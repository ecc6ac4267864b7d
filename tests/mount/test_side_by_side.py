# SPDX-License-Identifier: MIT
"""A function that hangs keeps no other waiting: look-ups in one directory run side by side (fs/SEMANTICS.md, 4.4.1).

The calls of `slow` have no answer before the test releases them. What is proven is an order, never a time.
"""

import contextlib
import os
import random
import re
import subprocess
import threading

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.programs import patience

HANGING = "/functions/slow"


@pytest.fixture
def account(api):
    for name in ("slow", "quick"):
        aws.create_function(api, name, versions=2, aliases={"PROD": 1, "BETA": 2})


@pytest.fixture
def mount(account, proxy, make_mount):
    """Nothing that was known may be shown any more. A read has longer than any test."""
    return make_mount(endpoint_url=proxy.url, ttl=0, read_timeout=600)


@contextlib.contextmanager
def started(*argv):
    process = subprocess.Popen([str(each) for each in argv], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finish(process):
    process.wait(patience(20))
    return process


@pytest.mark.parametrize("looked_at", [False, True], ids=["never looked at", "looked at"])
@pytest.mark.semantics("4.4.1")
def test_a_hanging_function_delays_no_other(mount, proxy, looked_at):
    if looked_at:
        for name in ("slow", "quick"):
            os.stat(mount.path / name / "PROD")
    held = proxy.rule(faultproxy.delay(3600), path=HANGING)
    with started("stat", "-L", "-c", "%F", mount.path / "slow/PROD") as slow:
        assert held.wait_for_hits()
        for command in (
            ["cat", mount.path / ".aliasfs/stats"],
            ["stat", mount.path / "quick/PROD"],
            ["stat", "-L", mount.path / "quick/PROD"],
            ["cat", mount.path / "quick/1/configuration.json"],
            ["stat", "-L", mount.path / ".aliasfs"],
            ["ls", "-l", mount.path / "quick"],
            ["ls", mount.path],
            ["ln", "-sfn", "2", mount.path / "quick/PROD"],
        ):
            with started(*command) as quick:
                assert finish(quick).returncode == 0, command
        assert slow.poll() is None
        held.release()
        assert finish(slow).returncode == 0
        assert slow.stdout.read() == "directory\n"


@pytest.mark.semantics("4.4.1")
def test_an_unknown_name_delays_no_other(mount, proxy):
    """It is asked for, and other names of the root are looked up meanwhile: not one at a time."""
    held = proxy.rule(faultproxy.delay(3600), path="/functions/nowhere")
    with started("stat", mount.path / "nowhere") as slow:
        assert held.wait_for_hits()
        for path in ("quick/PROD", "slow/PROD", ".aliasfs/stats"):
            with started("stat", mount.path / path) as quick:
                assert finish(quick).returncode == 0, path
        assert slow.poll() is None
        held.release()
        assert finish(slow).returncode == 1


def requests_under_way(mount):
    stats = (mount.path / ".aliasfs/stats").read_text()
    return int(re.search(r"^aliasfs_requests_under_way (\d+)$", stats, re.MULTILINE)[1])


@pytest.mark.semantics("4.4.1")
def test_a_killed_reader_goes_at_once(mount, proxy):
    """Also those that came later: each has a look-up of its own in the directory, and none waits for the first."""
    names = ["PROD", "BETA", "1", "2", "$LATEST", ".aliases"]
    held = proxy.rule(faultproxy.delay(3600), path=HANGING)
    before = requests_under_way(mount)
    with contextlib.ExitStack() as stack:
        readers = []
        for count, name in enumerate(names, 1):
            readers.append(stack.enter_context(started("stat", mount.path / "slow" / name)))
            wait_for(lambda: requests_under_way(mount) >= before + count, 20, name)
        for reader in reversed(readers):
            reader.kill()
            assert finish(reader).returncode == -9
    held.release()
    os.stat(mount.path / "slow/PROD")


@pytest.mark.semantics("4.4.2")
def test_look_ups_of_one_alias_are_one_call(account, proxy, make_mount):
    """Those that come while it is read get what is found."""
    mount = make_mount(endpoint_url=proxy.url, read_timeout=600)
    held = proxy.rule(faultproxy.delay(3600), path=HANGING)
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(started("readlink", mount.path / "slow/PROD")) for _ in range(8)]
        assert held.wait_for_hits()
        held.release()
        assert [finish(each).stdout.read() for each in readers] == ["1\n"] * 8
    assert held.hits == 1


@pytest.mark.parametrize("name", ["slow", "quick"])
@pytest.mark.semantics("4.4.1", "3.0.18")
def test_a_function_that_is_gone_is_not_there(api, mount, name):
    """That its LOOKUP asks nothing does not show it any longer."""
    os.stat(mount.path / name)
    api.delete_function(FunctionName=name)
    for path in ("", "PROD", "1", "$LATEST", ".aliases", ".aliases/PROD", ".newest"):
        with pytest.raises(FileNotFoundError):
            os.lstat(mount.path / name / path)
    with pytest.raises(FileNotFoundError):
        os.listdir(mount.path / name)


@pytest.mark.quick_sanitized
@pytest.mark.semantics("4.4.1")
def test_look_ups_beside_listings_and_changes(api, account, make_mount):
    """Every look-up, listing and change at once, while the kernel forgets: nothing is lost, doubled or wrong."""
    mount = make_mount(ttl=0.05, rate=1000)
    seed = int(os.environ.get("ALIASFS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"ALIASFS_SEED={seed}")
    stop, trouble = threading.Event(), []

    def look(number):
        randomness = random.Random(f"{seed}-{number}")
        count = 0
        while count < 150 and not stop.is_set():
            count += 1
            function = mount.path / randomness.choice(("slow", "quick"))
            what = randomness.randrange(6)
            if what == 0:
                assert sorted(os.listdir(mount.path)) == ["quick", "slow"]
            elif what == 1:
                names = os.listdir(function)
                assert len(names) == len(set(names)) and {"1", "2", "BETA"} <= set(names), names
            elif what == 2:
                assert os.readlink(function / "BETA") == "2"
            elif what == 3:
                assert os.readlink(function / "PROD") in ("1", "2")
                assert not os.path.lexists(function / f"NONE{randomness.randrange(4)}")
            elif what == 4:
                os.stat(function / randomness.choice(("1", "2", "$LATEST")))
            else:
                (function / "1/configuration.json").read_bytes()

    def change(number):
        randomness = random.Random(f"{seed}-change-{number}")
        for count in range(40):
            if stop.is_set():
                return
            function = mount.path / ("slow", "quick")[number % 2]
            os.symlink(randomness.choice("12"), function / ".new")
            os.replace(function / ".new", function / "PROD")
            if count % 8 == 0:
                (mount.path / ".aliasfs/refresh").write_text("\n")

    def run(work, number):
        try:
            work(number)
        except (OSError, AssertionError) as error:
            trouble.append(error)
            stop.set()

    threads = [threading.Thread(target=run, args=(look, number)) for number in range(6)]
    threads += [threading.Thread(target=run, args=(change, number)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble, f"seed {seed}: {trouble}"
    for name in ("slow", "quick"):
        assert sorted(aws.aliases_of(api, name)) == ["BETA", "PROD"]
