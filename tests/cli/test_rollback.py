# SPDX-License-Identifier: MIT
"""`aliasfs rollback`: aliases back where they were, all or none to begin with, and never over a colleague."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.programs import patience, program


@pytest.fixture
def mount(api, hello, make_mount):
    """PROD was moved from 1 to 2 through the mount."""
    mount = make_mount()
    mount.run("ln", "-sfn", "2", "mnt/hello/PROD", check=True)
    return mount


@pytest.fixture
def rollback(mount):
    def run_it(*arguments, **named):
        return mount.run(program("aliasfs"), "rollback", *arguments, **named)

    return run_it


class Terminal:
    """`aliasfs rollback` on a terminal."""

    def __init__(self, mount, *arguments):
        self.master, slave = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [str(program("aliasfs")), "rollback", *arguments], cwd=mount.directory, stdin=slave, stdout=slave,
            stderr=slave, env={**aws.credentials_environment(mount.directory), "TERM": "dumb"})
        os.close(slave)

    def read_until(self, text):
        def is_shown():
            if select.select([self.master], [], [], 0)[0]:
                self.shown += os.read(self.master, 4096).decode().replace("\r\n", "\n")
            return text in self.shown

        wait_for(is_shown, 60, text)

    def answer(self, text):
        """Its exit status, with all that it printed in `shown`."""
        os.write(self.master, text.encode())
        while True:
            try:
                part = os.read(self.master, 4096)
            except OSError:
                break
            if not part:
                break
            self.shown += part.decode().replace("\r\n", "\n")
        os.close(self.master)
        return self.process.wait(patience(60))


def locals_of(mount):
    """What a roll-back must not leave behind."""
    return [name for name in os.listdir(mount.path / "hello") if "rollback" in name]


@pytest.mark.semantics("8.3.2")
def test_back_where_it_was(mount, api, plane, rollback):
    with plane.recording() as record:
        result = rollback("mnt/hello/PROD", "--yes")
    assert result.ok and not result.stderr, str(result)
    shown, done = result.lines
    assert re.match(r"hello/PROD  2 -> 1   last moved less than a minute ago by ", shown)
    assert done == "rolled back: hello/PROD 2 -> 1"
    assert record.writes == ["UpdateAlias"], str(record)
    assert aws.alias_version(api, "hello", "PROD") == "1" and not locals_of(mount)


@pytest.mark.semantics("8.2.7", "8.3.2")
def test_a_second_one_does_not_undo_the_first(mount, api, rollback):
    assert rollback("mnt/hello/PROD", "--yes").ok
    result = rollback("mnt/hello/PROD", "--yes")
    assert result.rc == 1 and "rolled back:" not in result.stdout, str(result)
    assert "cannot be rolled back now: Operation not permitted: PROD was rolled back from 2 to 1" in result.stderr
    assert aws.alias_version(api, "hello", "PROD") == "1" and not locals_of(mount)
    assert rollback("mnt/hello/PROD", "--yes", "--to", "2").ok
    assert aws.alias_version(api, "hello", "PROD") == "2"


@pytest.mark.semantics("8.3.2")
def test_to_a_version(mount, api, rollback):
    result = rollback("mnt/hello/PROD", "--to", "3", "--yes")
    assert result.ok and result.lines[-1] == "rolled back: hello/PROD 2 -> 3", str(result)
    assert aws.alias_version(api, "hello", "PROD") == "3"
    result = rollback("mnt/hello/PROD/", "--to", "3")
    assert result.ok and result.stdout == "hello/PROD  leads to 3 already\n", str(result)
    for version, code, told in [
        ("9", 1, "hello has no version 9"),
        ("BETA", 2, "'to' takes a version, not 'BETA'"),
        ("02", 2, "'to' takes a version, not '02'"),
    ]:
        result = rollback("mnt/hello/PROD", "--yes", "--to", version)
        assert result.rc == code and told in result.stderr and "rolled back" not in result.stdout
    assert aws.alias_version(api, "hello", "PROD") == "3"


@pytest.mark.semantics("8.3.2")
def test_a_question(mount, api):
    terminal = Terminal(mount, "mnt/hello/PROD")
    terminal.read_until("Roll back 1 alias? [y/N] ")
    assert "hello/PROD  2 -> 1   last moved" in terminal.shown
    assert terminal.answer("n\n") == 1 and "nothing was moved" in terminal.shown
    assert aws.alias_version(api, "hello", "PROD") == "2"
    terminal = Terminal(mount, "mnt/hello/PROD")
    terminal.read_until("[y/N] ")
    assert terminal.answer("\x04") == 1 and aws.alias_version(api, "hello", "PROD") == "2"
    terminal = Terminal(mount, "mnt/hello/PROD")
    terminal.read_until("[y/N] ")
    assert terminal.answer("y\n") == 0 and "rolled back: hello/PROD 2 -> 1" in terminal.shown
    assert aws.alias_version(api, "hello", "PROD") == "1"


@pytest.mark.semantics("8.3.2")
def test_nobody_to_ask(mount, api, rollback):
    result = rollback("mnt/hello/PROD")
    assert result.rc == 2 and "standard input is not a terminal; use --yes" in result.stderr, str(result)
    assert result.lines[0].startswith("hello/PROD  2 -> 1")
    assert aws.alias_version(api, "hello", "PROD") == "2"


@pytest.mark.semantics("8.2.8", "8.3.2")
@pytest.mark.parametrize("words", [[], ["--to", "1"]])
def test_a_colleague_between_question_and_answer(mount, api, words):
    """The alias stays as the colleague left it; the other one is moved."""
    mount.run("ln", "-sfn", "3", "mnt/hello/BETA", check=True)
    terminal = Terminal(mount, "mnt/hello/PROD", "mnt/hello/BETA", *words)
    terminal.read_until("Roll back 2 aliases? [y/N] ")
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="3", Description="mine")
    assert terminal.answer("yes\n") == 1
    assert "hello/PROD: not moved, it has changed meanwhile: Remote address changed" in terminal.shown
    assert "rolled back: hello/BETA 3 -> " in terminal.shown
    kept = api.get_alias(FunctionName="hello", Name="PROD")
    assert (kept["FunctionVersion"], kept["Description"]) == ("3", "mine")
    assert aws.alias_version(api, "hello", "BETA") == ("1" if words else "2") and not locals_of(mount)


@pytest.mark.semantics("8.3.2")
def test_one_that_cannot_keeps_all_where_they_are(mount, api, plane, rollback):
    """NEW has never led elsewhere; both faults are told of."""
    mount.run("ln", "-s", "1", "mnt/hello/NEW", check=True)
    with plane.recording() as record:
        result = rollback("mnt/hello/PROD", "mnt/hello/NEW", "mnt/hello/GONE", "--yes")
    assert result.rc == 1 and "hello/PROD  2 -> 1" in result.stdout, str(result)
    assert "hello/NEW  1 -> ?   last created " in result.stdout
    assert "hello/NEW: no version before 1 is known: name one with --to" in result.stderr
    assert "'mnt/hello/GONE': there is no such alias" in result.stderr
    assert result.stderr.endswith("aliasfs: nothing was moved\n")
    assert record.writes == [] and aws.alias_version(api, "hello", "PROD") == "2"


@pytest.mark.semantics("8.2.7", "8.2.8", "8.3.2")
def test_one_that_was_rolled_back_a_moment_ago_keeps_all_where_they_are(mount, api, plane, rollback):
    mount.run("ln", "-sfn", "3", "mnt/hello/BETA", check=True)
    mount.run("ln", "-sfn", "BETA@1", "mnt/hello/BETA", check=True)
    with plane.recording() as record:
        result = rollback("mnt/hello/PROD", "mnt/hello/BETA", "--yes")
    assert result.rc == 1 and "rolled back:" not in result.stdout, str(result)
    assert "hello/BETA: it cannot be rolled back now: Operation not permitted: BETA was rolled back" in result.stderr
    assert result.stderr.endswith("aliasfs: nothing was moved\n")
    assert record.writes == [] and aws.alias_version(api, "hello", "PROD") == "2"


@pytest.mark.semantics("8.3.2")
def test_several_of_several_functions(mount, api, rollback):
    aws.create_function(api, "mail", versions=2, aliases={"PROD": 1})
    mount.run("ln", "-sfn", "2", "mnt/mail/PROD", check=True)
    result = rollback("mnt/hello/PROD", "mnt/mail/PROD", "mnt/hello/PROD", "--yes")
    assert result.ok and not result.stderr, str(result)
    assert result.lines[-2:] == ["rolled back: hello/PROD 2 -> 1", "rolled back: mail/PROD 2 -> 1"]
    assert aws.alias_version(api, "mail", "PROD") == "1" == aws.alias_version(api, "hello", "PROD")


@pytest.mark.semantics("8.2.1", "8.3.2")
def test_a_canary_is_called_off(mount, api, rollback):
    """Back to what stood before the traffic began to shift, also where that is where the rest of it still goes."""
    mount.run("ln", "-s", "3", "mnt/hello/PROD%10", check=True)
    result = rollback("mnt/hello/PROD", "--yes")
    assert result.ok and result.lines[-1] == "rolled back: hello/PROD 2,10%3 -> 2", str(result)
    alias = api.get_alias(FunctionName="hello", Name="PROD")
    assert alias["FunctionVersion"] == "2" and not alias.get("RoutingConfig"), alias


@pytest.mark.semantics("8.2.4", "8.3.2")
def test_what_is_not_proven_is_not_moved(api, hello, make_plane, make_mount, scratch):
    """A colleague has moved it seconds ago, naming no revision, and CloudTrail has not told of it."""
    plane = make_plane("--trail-delay", "300")
    aws.create_function(plane.api, "hello", versions=3, aliases={"PROD": 1})
    mount = make_mount(endpoint_url=plane.url, ttl=0)
    mount.run("readlink", "mnt/hello/PROD", check=True)
    plane.api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="2")
    result = mount.run(program("aliasfs"), "rollback", "mnt/hello/PROD", "--yes")
    assert result.rc == 1 and "rolled back:" not in result.stdout, str(result)
    assert result.lines[0].startswith("hello/PROD  2 -> ?   "), str(result)
    (why, nothing) = result.stderr.splitlines()
    assert "hello/PROD: name a version with --to: Resource temporarily unavailable: PROD@1 is not proven: " in why
    assert "this mount saw it lead to 1 (seen, not proven)" in why and "ln -sfn 1 PROD" in why
    assert nothing == "aliasfs: nothing was moved"
    assert aws.alias_version(plane.api, "hello", "PROD") == "2"
    result = mount.run(program("aliasfs"), "rollback", "mnt/hello/PROD", "--yes", "--to", "1")
    assert result.ok, str(result)
    assert aws.alias_version(plane.api, "hello", "PROD") == "1"


@pytest.mark.semantics("8.2.4", "8.3.2")
def test_what_cloudtrail_has_but_does_not_prove_is_named(api, plane, make_mount):
    """A colleague has moved it before the mount was there, naming no revision."""
    aws.create_function(api, "mail", versions=4, aliases={"BETA": 2})
    time.sleep(1.1)  # CloudTrail knows whole seconds
    api.update_alias(FunctionName="mail", Name="BETA", FunctionVersion="4")
    mount = make_mount()
    result = mount.run(program("aliasfs"), "rollback", "mnt/mail/BETA", "--yes")
    assert result.rc == 1
    together = mount.run("sh", "-c", f"{program('aliasfs')} rollback mnt/mail/BETA --yes 2>&1")
    assert together.lines == [*result.lines, *result.stderr.splitlines()], str(together)
    assert result.lines[0].startswith("mail/BETA  4 -> ?   last moved "), str(result)
    assert "by the order of CloudTrail's events it led to 2 before (not proven)" in result.stderr
    assert "ln -sfn 2 BETA" in result.stderr


def test_time_runs_out(plane, hello, make_mount):
    """--to still moves it."""
    mount = make_mount(read_timeout=4)
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, "hang": True}])
    result = mount.run(program("aliasfs"), "rollback", "mnt/hello/PROD", "--to", "2", "--yes")
    assert result.ok and "who moved it cannot be read: Connection timed out: " in result.stdout, str(result)
    assert "rolled back: hello/PROD 1 -> 2" in result.stdout


def test_without_permission_for_cloudtrail(api, hello, make_mount, proxy):
    """What the mount did itself is enough; who did it is the mount's own note."""
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.access_denied("cloudtrail:LookupEvents"), path="^/$")
    mount.run("ln", "-sfn", "2", "mnt/hello/PROD", check=True)
    result = mount.run(program("aliasfs"), "rollback", "mnt/hello/PROD", "--yes")
    assert result.ok and "last moved less than a minute ago by this mount" in result.stdout, str(result)
    assert aws.alias_version(api, "hello", "PROD") == "1"


def test_while_cloudtrail_fails(api, hello, make_mount, proxy):
    """At three in the morning --to still moves it."""
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.replace(503), path="^/$")
    result = mount.run(program("aliasfs"), "rollback", "mnt/hello/PROD", "--to", "2", "--yes")
    assert result.ok and "who moved it cannot be read: Remote I/O error" in result.stdout, str(result)
    assert aws.alias_version(api, "hello", "PROD") == "2"


@pytest.mark.parametrize(
    "path, code, told",
    [
        ("mnt/hello", 1, "'mnt/hello' is a function: name an alias of it, as in mnt/hello/PROD"),
        ("mnt/hello/2", 1, "is no alias"),
        ("mnt", 1, "is a whole mount"),
        ("mnt/hello/", 1, "as in mnt/hello/PROD"),
        ("mnt/.aliasfs/stats", 1, "'mnt/.aliasfs/stats' is no function"),
        (".", 6, "'.' is not in a mount of aliasfs"),
    ],
)
def test_what_is_no_alias(rollback, path, code, told):
    result = rollback(path, "--yes")
    assert result.rc == code and told in result.stderr and not result.stdout, str(result)


def test_a_read_only_mount(api, hello, make_mount):
    mount = make_mount(None, "ro")
    result = mount.run(program("aliasfs"), "rollback", "mnt/hello/PROD", "--to", "2", "--yes")
    assert result.rc == 1 and "is mounted read-only" in result.stderr and not result.stdout, str(result)
