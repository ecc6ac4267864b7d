# SPDX-License-Identifier: MIT
"""How many API calls a gesture costs: the counts are exact, so they are the contract's budget.

The ttl outlives the test and the rate does not slow it, so that nothing but the gesture makes calls.
df's refresh in the background (GetAccountSettings) is no part of a gesture and is not counted.
"""

import contextlib
import math
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws, faultproxy
from lib.process import wait_for

UNHURRIED = {"ttl": 3600, "rate": 1000}


def counted(record):
    return {name: count for name, count in record.calls.items() if name != "GetAccountSettings"}


class Calls:
    def __init__(self, plane):
        self.plane = plane

    def of(self, action):
        """The API calls that `action` costs: {operation: count}."""
        with self.plane.recording() as record:
            action()
        return counted(record)


@pytest.fixture
def calls(plane):
    return Calls(plane)


@pytest.fixture
def mounted(make_mount):
    return lambda **named: make_mount(**{**UNHURRIED, **named})


def functions(api, count, versions=1, aliases=None):
    aliases = {"PROD": 1} if aliases is None else aliases
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda n: aws.create_function(api, f"fn-{n:03}", versions, aliases),
                range(count),
            )
        )


@pytest.mark.semantics("1.1.6")
def test_what_desktops_and_crawlers_probe_for_costs_nothing(hello, calls, mounted):
    mount = mounted()
    probes = [".git", ".hidden", ".Trash", ".Trash-1000", "autorun.inf", ".nomedia", ".DS_Store", "a b"]

    def probe():
        for place in (mount.path, mount.path / hello / "$LATEST"):
            for name in probes:
                assert not (place / name).exists()

    os.listdir(mount.path / hello)
    assert calls.of(probe) == {}


@pytest.mark.parametrize("count, pages", [(0, 1), (3, 1), (50, 1), (51, 2), (101, 3)])
def test_mounting_is_one_call_and_the_first_page_of_the_root(api, calls, mounted, count, pages):
    functions(api, count, versions=0, aliases={})
    mounts = []
    assert calls.of(lambda: mounts.append(mounted())) == {"ListFunctions": 1}
    found = calls.of(lambda: os.listdir(mounts[0].path))
    assert found.get("ListFunctions", 0) == pages - 1
    assert sum(found.values()) == pages - 1
    assert calls.of(lambda: os.listdir(mounts[0].path)) == {}
    assert len(os.listdir(mounts[0].path)) == count


def test_ls_l_of_a_function(calls, hello, mounted):
    mount = mounted()

    def listing():
        mount.run("ls", "-l", mount.path / hello, check=True)

    found = calls.of(listing)
    found.pop("ListFunctions", None)  # at most what the mount's own page did not tell
    assert found == {"ListVersionsByFunction": 1, "ListAliases": 1}
    assert calls.of(listing) == {}


def test_ls_l_of_a_function_with_many_pages(api, calls, mounted):
    aws.create_function(api, "many", versions=130, aliases={f"alias{n:03}": n for n in range(1, 61)})
    mount = mounted()
    found = calls.of(lambda: mount.run("ls", "-l", mount.path / "many", check=True))
    found.pop("ListFunctions", None)
    assert found == {"ListVersionsByFunction": math.ceil(131 / 50), "ListAliases": math.ceil(60 / 50)}


def test_readlink_of_a_known_path(api, calls, mounted):
    aws.create_function(api, "many", versions=60, aliases={"PROD": 1})
    mount = mounted()
    path = mount.path / "many/PROD"
    assert sum(calls.of(lambda: os.readlink(path)).values()) <= 2
    assert calls.of(lambda: os.readlink(path)) == {}
    os.lstat(path)  # its time is that of the version it leads to
    assert calls.of(lambda: (os.lstat(path), os.readlink(path))) == {}


@pytest.mark.parametrize("name", ["alias000", "alias129", "nosuch"])
def test_readlink_beside_many_aliases(api, calls, mounted, name):
    """Whichever page of the list it would stand on. Who asks for one after the other gets the list."""
    names = [f"alias{number:03}" for number in range(130)]
    aws.create_function(api, "many", versions=1, aliases={each: 1 for each in names})
    mount = mounted()

    def read(each):
        if each in names:
            assert os.readlink(mount.path / "many" / each) == "1"
        else:
            assert not os.path.lexists(mount.path / "many" / each)

    assert sum(calls.of(lambda: read(name)).values()) <= 2
    assert calls.of(lambda: read(name)) == {}
    everything = calls.of(lambda: [read(each) for each in [*names, "missing"]])
    assert sum(everything.values()) <= 1 + math.ceil(130 / 50)


@pytest.mark.parametrize("form", ["-sfn", "-sf"])
def test_a_remap_cold_and_warm(calls, hello, mounted, form):
    mount = mounted()
    path = mount.path / hello / "PROD"

    def remap(version):
        return calls.of(lambda: mount.run("ln", form, version, path, check=True))

    cold = remap("2")
    assert cold.pop("UpdateAlias") == 1
    if form == "-sfn":  # through the alias, ln also looks at the version it leads to
        assert sum(cold.values()) <= 2, cold
    os.listdir(mount.path / hello)
    os.lstat(mount.path / hello / "2")
    assert remap("3") == {"UpdateAlias": 1}
    assert remap("1") == {"UpdateAlias": 1}


@pytest.mark.semantics("3.0.4", "3.0.5")
def test_a_move_is_one_look_and_one_write(calls, hello, mounted):
    mount = mounted(delete_grace=60)
    mount.run("ls", "-l", mount.path / hello, check=True)

    def move(*arguments):
        return calls.of(lambda: mount.run("mv", *arguments, cwd=mount.path / hello, check=True))

    assert move("BETA", "LIVE") == {"GetAlias": 1, "CreateAlias": 1}
    assert move("-T", "LIVE", "PROD") == {"GetAlias": 1, "UpdateAlias": 1}


@pytest.mark.semantics("4.5.2")
def test_a_remap_from_inside_the_root_asks_for_no_function_of_the_targets_name(calls, hello, mounted):
    """ln looks for its target where it runs: "2" in the root would be a function."""
    mount = mounted()
    mount.run("ls", mount.path, mount.path / hello, check=True)
    cost = calls.of(lambda: mount.run("ln", "-sfn", "2", f"{hello}/PROD", cwd=mount.path, check=True))
    assert cost == {"UpdateAlias": 1}


@pytest.mark.semantics("4.5.2")
def test_many_removals_cost_two_calls_each(make_plane, mounted):
    """At AWS's pace several are under way at once; what is known of the others stays known."""
    plane = make_plane("--latency", "40")
    names = [f"alias{number:02}" for number in range(12)]
    aws.create_function(plane.api, "many", versions=1, aliases={name: 1 for name in [*names, "PROD"]})
    mount = mounted(endpoint_url=plane.url)
    os.listdir(mount.path / "many")

    def remove_all():
        mount.run("rm", *[mount.path / "many" / name for name in names], check=True)
        wait_for(lambda: aws.aliases_of(plane.api, "many") == {"PROD": "1"}, 20, "all are deleted")
        assert "PROD" in os.listdir(mount.path / "many")

    with plane.recording() as record:
        remove_all()
    ours = {name: count for name, count in counted(record).items() if name != "ListAliases"}
    assert ours == {"GetAlias": len(names), "DeleteAlias": len(names)}
    with plane.recording() as record:
        os.listdir(mount.path / "many")
    assert counted(record) == {}


@pytest.mark.parametrize("how", ["find", "rsync"])
@pytest.mark.parametrize("count, versions", [(4, 1), (60, 2)])
@pytest.mark.semantics("4.5.1")
def test_a_crawl_lists_everything_at_once(api, calls, mounted, scratch, how, count, versions):
    functions(api, count, versions)
    mount = mounted()
    backup = scratch / "backup"
    command = {"find": ["find", mount.path], "rsync": ["rsync", "-a", f"{mount.path}/", backup]}[how]
    found = calls.of(lambda: mount.run(*command, check=True))
    everything = count * (versions + 1)
    budget = math.ceil(count / 50) + math.ceil(everything / 50) + count + 2
    assert sum(found.values()) <= budget, found
    assert found["ListAliases"] <= count
    assert calls.of(lambda: mount.run(*command, check=True)) == {}


@pytest.mark.semantics("4.5.3")
def test_one_alias_of_all_functions(api, calls, mounted):
    """From the third function on by GetFunction, whose quota is its own; the mount has listed the first page."""
    count = 60
    functions(api, count)
    mount = mounted()

    def read_links():
        assert {os.readlink(mount.path / name / "PROD") for name in os.listdir(mount.path)} == {"1"}

    assert calls.of(read_links) == {
        "ListFunctions": math.ceil(count / 50) - 1,
        "ListAliases": 2,
        "GetFunction": count - 2,
    }
    assert calls.of(read_links) == {}


@pytest.mark.semantics("4.5.3")
def test_a_shell_reads_one_alias_of_all_functions(api, calls, mounted):
    """It looks at each directory and each link, but has no use for their times."""
    count = 60
    functions(api, count)
    mount = mounted()
    results = []

    def read_links():
        results.append(mount.run("bash", "-c", "readlink */PROD", cwd=mount.path, check=True))

    assert calls.of(read_links) == {
        "ListFunctions": math.ceil(count / 50) - 1,
        "ListAliases": 2,
        "GetFunction": count - 2,
    }
    assert results[0].stdout == "1\n" * count
    assert calls.of(read_links) == {}


@pytest.mark.semantics("1.3.2", "4.5.3")
def test_bash_passes_through_a_function_without_a_call(api, calls, hello, mounted):
    """But it is not shown one that is gone, and who wants the time gets it."""
    look = ["bash", "-c", "[ -d hello/PROD/.. ] && [ -d hello ]"]
    mount = mounted()
    os.listdir(mount.path)
    os.lstat(mount.path / hello / "1")
    os.readlink(mount.path / hello / "PROD")
    assert calls.of(lambda: mount.run(*look, cwd=mount.path, check=True)) == {}
    newest = max(os.stat(mount.path / hello / version).st_mtime for version in ("$LATEST", "1", "2", "3"))
    assert os.stat(mount.path / hello).st_mtime == newest
    brief = mounted(ttl=0.5)
    assert brief.run(*look, cwd=brief.path, check=False).rc == 0
    api.delete_function(FunctionName=hello)
    wait_for(lambda: brief.run(*look, cwd=brief.path, check=False).rc, 20, "bash sees it gone")


@pytest.mark.semantics("4.1.1", "4.5.3")
def test_a_crawl_that_outlives_ttl_belongs_to_its_process_and_children(make_plane, mounted):
    """bash reads the links, its child reads them again; another process is shown what is no older than ttl."""
    plane = make_plane("--latency", "300")
    count = 30  # which takes longer than ttl, and a pause of the machine does not
    functions(plane.api, count)
    mount = mounted(endpoint_url=plane.url, ttl=8)
    script = 'links=(*/PROD); echo read; read; readlink "${links[@]}"'
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=mount.path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout.readline() == "read\n"
        for name in ("fn-028", "fn-029"):  # the first that bash has looked at
            plane.api.update_alias(FunctionName=name, Name="PROD", FunctionVersion="$LATEST")
        with plane.recording() as record:
            assert os.readlink(mount.path / "fn-029/PROD") == "$LATEST"
        assert sum(counted(record).values()) == 1
        with plane.recording() as record:
            found, _ = shell.communicate("\n")
        assert counted(record) == {}
        assert found == "1\n" * (count - 1) + "$LATEST\n"


def published_at_once(api, count):
    """Functions of two versions, $LATEST and 1, and one alias, with as few calls as it takes."""

    def make(number):
        name = f"fn-{number:04}"
        aws.create_function(api, name, Publish=True)
        api.create_alias(FunctionName=name, Name="PROD", FunctionVersion="1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(count)))


@pytest.mark.semantics("4.5.1", "4.5.2")
def test_a_thousand_functions(api, calls, mounted, scratch):
    """Pages of fifty of both lists, and all of the account known at once: what small accounts do not show."""
    published_at_once(api, 1000)
    mount = mounted()
    backup = scratch / "backup"
    assert sum(calls.of(lambda: os.listdir(mount.path)).values()) <= 1000 / 50
    found = calls.of(lambda: mount.run("rsync", "-a", f"{mount.path}/", backup, check=True))
    assert sum(found.values()) <= 1000 / 50 + 2000 / 50 + 1000 + 2, found
    assert found["ListAliases"] <= 1000
    assert calls.of(lambda: mount.run("find", mount.path, check=True)) == {}
    results = []
    again = ["rsync", "-ai", "--delete", f"{mount.path}/", backup]
    assert calls.of(lambda: results.append(mount.run(*again, check=True))) == {}
    assert results[0].stdout == ""
    assert len(os.listdir(backup)) == 1000


@pytest.mark.quick_sanitized
@pytest.mark.semantics("1.4.4", "4.5.2")
def test_a_second_rsync_sends_nothing_and_asks_nothing(api, calls, mounted, scratch):
    functions(api, 10, versions=3, aliases={"PROD": 2, "DEV": "$LATEST"})
    mount = mounted()
    backup = scratch / "backup"
    mount.run("rsync", "-a", f"{mount.path}/", backup, check=True)
    for options in ("-ai", "-aic"):
        results = []
        found = calls.of(
            lambda: results.append(
                mount.run("rsync", options, "--delete", f"{mount.path}/", backup, check=True)
            )
        )
        assert results[0].stdout == ""
        assert found == {}
    mount.unmount()
    again = mounted()
    result = again.run("rsync", "-ai", "--delete", f"{again.path}/", backup, check=True)
    assert result.stdout == "", "a remount changed what a backup sees"


@pytest.mark.quick_sanitized
@pytest.mark.semantics("4.4.2")
def test_parallel_cold_stats_share_one_call(calls, hello, proxy, mounted):
    mount = mounted(endpoint_url=proxy.url)
    proxy.rule(faultproxy.delay(0.3))
    start = threading.Barrier(32)
    failures = []

    def look():
        start.wait()
        try:
            os.lstat(mount.path / hello / "PROD")
        except OSError as error:
            failures.append(error)

    def together():
        threads = [threading.Thread(target=look) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    found = calls.of(together)
    assert not failures
    # One for what the aliases are, and at most one for the time of the version PROD points to.
    assert sum(found.values()) <= 2, found
    assert max(found.values()) == 1, found


def test_parallel_cold_listings_share_one_call(calls, hello, proxy, mounted):
    mount = mounted(endpoint_url=proxy.url)
    proxy.rule(faultproxy.delay(0.3))
    with ThreadPoolExecutor(32) as pool:

        def together():
            names = list(pool.map(lambda _: os.listdir(mount.path / hello), range(32)))
            assert all(each == names[0] for each in names)

        found = calls.of(together)
    assert max(found.values()) == 1, found


def test_the_rate_limits_reads(api, calls, mounted):
    """Mounting was the one call that may go at once, and the next has its turn 10 s later."""
    functions(api, 3)
    mount = mounted(rate=0.1, read_timeout=1)

    def read_all():
        for n in range(3):
            with contextlib.suppress(TimeoutError):
                os.readlink(mount.path / f"fn-{n:03}/PROD")

    assert sum(calls.of(read_all).values()) <= 1
