# SPDX-License-Identifier: MIT
"""More is asked for than the rate allows: who came first is served first, changes before reading."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws, faultproxy
from lib.calls import fsync_directory
from lib.process import wait_for


def many_aliases(api, count):
    """One function, "many", with so many aliases: the names."""
    names = [f"alias{number:02}" for number in range(count)]
    aws.create_function(api, "many", versions=2, aliases={name: 1 for name in names})
    return names


def many_functions(api, count):
    """So many functions with one alias, PROD: the names. Changes in one directory the kernel makes one by one."""
    names = [f"fn-{number:02}" for number in range(count)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: aws.create_function(api, name, 2, {"PROD": 1}), names))
    return names


def remap_all(mount, functions):
    """The Results of `ln`, all at once; what the aliases are, not only where they lead, is known before."""
    for name in functions:
        os.listdir(mount.path / name / ".aliases")

    def remap(name):
        return mount.run("ln", "-sfnT", "2", mount.path / name / "PROD")

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(remap, functions))


def waiting_calls(mount):
    stats = (mount.path / ".aliasfs/stats").read_text()
    return int(re.search(r"^aliasfs_api_calls_waiting (\d+)$", stats, re.MULTILINE)[1])


def start_readers(mount, functions):
    """Processes that look at what is not known, until most of them wait for their turn."""
    readers = [
        subprocess.Popen(["/usr/bin/readlink", str(mount.path / name / "PROD")], stdout=subprocess.DEVNULL)
        for name in functions
    ]
    wait_for(lambda: waiting_calls(mount) > len(functions) * 2 // 3, 10, "the readers wait")
    return readers


def end_readers(readers):
    for reader in readers:
        reader.kill()
        reader.wait()


@pytest.mark.quick_sanitized
@pytest.mark.semantics("2.4.9", "4.4.3")
def test_an_unmount_after_many_removals_does_all_of_them(api, make_mount):
    """Each is a GetAlias and a DeleteAlias, so that they wait longer in all than one call may take."""
    names = many_aliases(api, 36)
    mount = make_mount(rate=10, timeout=3, delete_grace=60)
    mount.run("rm", *[mount.path / "many" / name for name in names], check=True)
    service = mount.service
    mount.unmount()
    assert aws.aliases_of(api, "many") == {}
    assert len(told_to_be_left(service)) >= 1


def told_to_be_left(service):
    """How many changes are left, as the log says every 5 s at the end."""
    return [int(each) for each in re.findall(r"(\d+) changes are pending", service.log())]


@pytest.mark.long
@pytest.mark.semantics("2.4.9")
def test_sigterm_takes_its_time_for_200_removals(api, make_mount):
    """40 s at the default rate; the bound was 25 s."""
    names = [f"alias{number:03}" for number in range(200)]
    aws.create_function(api, "many", versions=1, aliases={name: 1 for name in names})
    mount = make_mount(delete_grace=60)
    mount.run("rm", *names, cwd=mount.path / "many", check=True)
    assert mount.terminate(seconds=80) == 0
    assert aws.aliases_of(api, "many") == {}
    left = told_to_be_left(mount.service)
    assert len(left) >= 5 and left == sorted(left, reverse=True), left


@pytest.mark.semantics("2.4.18")
def test_a_full_table_of_removals_refuses_a_move_before_its_call(api, proxy, make_mount):
    """1,020 of 1,024 removals wait: of 24 moves, whose answers are slow, four are made, and whole."""
    names = [f"alias{number:04}" for number in range(1020)]
    aws.create_function(api, "many", versions=1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: api.create_alias(FunctionName="many", Name=n, FunctionVersion="1"), names))
    functions = [f"fn-{number:02}" for number in range(24)]
    for name in functions:
        aws.create_function(api, name, versions=2, aliases={"A": 1, "B": 2})
    mount = make_mount(endpoint_url=proxy.url, rate=1000, delete_grace=60, ttl=600)
    mount.run("rm", *names, cwd=mount.path / "many", check=True)
    for name in functions:
        os.listdir(mount.path / name)
    proxy.rule(faultproxy.delay(1), method="PUT")
    with ThreadPoolExecutor(len(functions)) as pool:
        results = list(pool.map(lambda n: mount.run("mv", "-T", "A", "B", cwd=mount.path / n), functions))
    for name in functions:
        fsync_directory(mount.path / name)
    found = [(each.ok, aws.aliases_of(api, name)) for each, name in zip(results, functions)]
    assert [each for each in found if each[0]] == [(True, {"B": "1"})] * 4
    assert [each for each in found if not each[0]] == [(False, {"A": "1", "B": "2"})] * 20
    assert all("Device or resource busy" in each.stderr for each in results if not each.ok)
    mount.kill()


@pytest.mark.semantics("4.4.3")
def test_as_many_changes_at_once_as_fit_into_their_time_all_succeed(api, gesture, make_mount):
    """40 at a rate of 20 are done after 2 s: no waiter is passed over until its deadline."""
    functions = many_functions(api, 40)
    mount = make_mount(rate=20, timeout=30, ttl=600)
    with gesture(*["UpdateAlias"] * len(functions)):
        results = remap_all(mount, functions)
    assert [str(each) for each in results if not each.ok] == []


@pytest.mark.semantics("4.3.2", "4.3.3")
def test_a_change_whose_turn_never_came_has_not_happened(api, plane, make_mount):
    """And its error says so: only what was sent may have happened."""
    functions = many_functions(api, 30)
    mount = make_mount(rate=3, timeout=5, ttl=600)
    with plane.recording() as record:
        results = dict(zip(functions, remap_all(mount, functions)))
    late = {name: each for name, each in results.items() if not each.ok}
    assert 0 < len(late) < len(functions)
    assert all("Connection timed out" in each.stderr for each in late.values()), late
    told = (mount.path / ".aliasfs/errors").read_text().splitlines()
    assert len(told) == len(late)
    found = {name: aws.alias_version(api, name, "PROD") for name in functions}
    assert all(found[name] == "2" for name in functions if name not in late)
    never = [line for line in told if "too many calls are queued" in line]
    assert never, told
    for line in never:
        name = re.search(r"fn-\d\d", line)[0]
        assert name in late and found[name] == "1" and "may" not in line, line
    # A turn that came a moment before the deadline: it was sent, and the line says what that means.
    assert all("may" in line for line in told if line not in never), told
    assert record.writes == ["UpdateAlias"] * list(found.values()).count("2")


@pytest.mark.semantics("4.4.3")
def test_a_change_overtakes_the_reading_that_waits(api, make_mount):
    """Thirty cold readings wait for half a minute in all; the change is made at once."""
    functions = many_functions(api, 30)
    many_aliases(api, 1)
    mount = make_mount(rate=1, ttl=600)
    assert os.readlink(mount.path / "many/alias00") == "1"
    readers = start_readers(mount, functions)
    mount.run("ln", "-sfnT", "2", mount.path / "many/alias00", check=True)
    assert waiting_calls(mount) > 5, "the readers still wait"
    end_readers(readers)
    assert aws.alias_version(api, "many", "alias00") == "2"


@pytest.mark.semantics("4.4.3")
def test_what_a_change_looks_up_overtakes_other_reading_too(api, gesture, make_mount):
    """A removal asks what the alias is by now before it deletes it: neither waits behind thirty readers."""
    functions = many_functions(api, 30)
    many_aliases(api, 2)
    mount = make_mount(rate=1, ttl=600, timeout=30, delete_grace=0)
    os.listdir(mount.path / "many")
    readers = start_readers(mount, functions)
    with gesture("DeleteAlias"):
        os.unlink(mount.path / "many/alias00")
    assert waiting_calls(mount) > 5, "the readers still wait"
    end_readers(readers)
