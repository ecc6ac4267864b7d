# SPDX-License-Identifier: MIT
"""contrib/aliasfs-backup: one commit a run, and never a wiped backup."""

import os
import time

import pytest

from lib import aws, faultproxy
from lib.process import run, wait_for
from lib.programs import ROOT

BACKUP = ROOT / "contrib/aliasfs-backup"


@pytest.fixture
def repository(scratch):
    return scratch / "backup"


def backup(*arguments):
    return run(BACKUP, *arguments, env=aws.environment(HOME="/nonexistent"), timeout=120)


def git(repository, *arguments):
    return run("git", "-C", repository, *arguments, check=True).stdout


def commits(repository):
    return git(repository, "log", "--format=%s").splitlines()


def test_a_person_sees_the_progress(hello, mount, repository):
    result = run("script", "-qec", f"{BACKUP} {mount.path} {repository}", "/dev/null")
    assert result.ok and "to-chk=0/" in result.stdout, str(result)
    assert len(commits(repository)) == 1


def test_one_commit_a_run(plane, hello, make_mount, repository):
    mount = make_mount(ttl=0, rate=1000)
    first = backup(mount.path, repository)
    assert first.ok and "to-chk=" not in first.stdout, str(first)  # progress is for terminals
    assert len(commits(repository)) == 1
    assert os.readlink(repository / hello / "PROD") == "1"
    assert (repository / hello / "2/configuration.json").read_bytes() == (
        mount.path / hello / "2/configuration.json"
    ).read_bytes()
    unchanged = backup("--quiet", mount.path, repository)
    assert unchanged.ok and unchanged.stdout == "" and len(commits(repository)) == 1
    plane.api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="2")
    plane.api.delete_alias(FunctionName=hello, Name="BETA")
    assert backup(mount.path, repository).ok
    assert len(commits(repository)) == 2
    assert git(repository, "show", "--name-status", "--format=").split() == [
        "D", "hello/.aliases/BETA/description", "D", "hello/BETA", "M", "hello/PROD",
    ]
    assert git(repository, "status", "--porcelain") == ""
    assert not (repository / hello / "BETA").is_symlink()


def body(repository):
    return git(repository, "log", "-1", "--format=%b").strip().splitlines()


def test_the_commit_names_account_region_and_changes(api, hello, make_mount, repository):
    aws.create_function(api, "cart", versions=2, aliases={"PROD": 1})
    made = int(time.time())
    mount = make_mount(ttl=0, rate=1000)
    assert backup(mount.path, repository).ok
    assert commits(repository) == ["Backup of 000000000000 in us-east-1"]
    assert body(repository) == ["new functions: cart hello"]
    api.update_alias(
        FunctionName=hello, Name="PROD", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}}
    )
    api.delete_alias(FunctionName=hello, Name="BETA")
    api.create_alias(FunctionName=hello, Name="NEW", FunctionVersion="3")
    # AWS gives the time of an update in whole seconds: within one, rsync sees a change by its size alone.
    wait_for(lambda: int(time.time()) > made, 5, "another second")
    aws.publish(api, hello, 1, 4)
    api.update_alias(FunctionName="cart", Name="PROD", Description="what customers get")
    aws.create_function(api, "report")
    api.delete_function(FunctionName=hello, Qualifier="1")
    result = backup(mount.path, repository)
    assert result.ok, str(result)
    assert body(repository) == [
        "new functions: report",
        "cart: description of PROD changed",
        "hello: $LATEST changed",
        "hello: version 1 gone",
        "hello: version 4 new",
        "hello: alias BETA gone, was 2",
        "hello: alias NEW new, to 3",
        "hello: PROD 1 → 2",
        "hello: weight PROD%10 new, to 3",
    ]
    assert all(line in result.stdout for line in body(repository))
    api.delete_function(FunctionName="cart")
    assert backup("--quiet", mount.path, repository).ok
    assert body(repository) == ["functions gone: cart"]


@pytest.mark.parametrize(
    "arguments, options, warned",
    [([], [], True), (["--no-env"], [], False), (["--quiet"], [], False), ([], ["--env=redact"], False)],
)
def test_the_first_line_says_when_values_are_copied(hello, make_mount, repository, arguments, options, warned):
    mount = make_mount(arguments=options)
    result = backup(*arguments, mount.path, repository)
    assert result.ok, str(result)
    first = (result.lines or [""])[0]
    assert ("in plain text" in first and "--no-env" in first and "env=redact" in first) == warned
    values = run("git", "-C", repository, "grep", "-q", "correct horse").ok
    assert values == (arguments != ["--no-env"] and not options)


@pytest.mark.parametrize("missing", ["git", "rsync"])
def test_a_missing_tool_is_named(hello, mount, scratch, repository, missing):
    (scratch / "bin").mkdir()
    for tool in ("sh", "git", "rsync", "findmnt", "mkdir", "flock"):
        if tool != missing:
            (scratch / "bin" / tool).symlink_to(f"/usr/bin/{tool}")
    result = run(BACKUP, mount.path, repository, env=aws.environment(HOME="/nonexistent", PATH=scratch / "bin"))
    assert result.rc == 1 and result.stderr == f"aliasfs-backup: {missing} is not installed: apt install {missing}\n"
    assert not repository.exists()


def test_nothing_secret_unless_asked_for(hello, make_mount, repository):
    mount = make_mount()
    assert backup("--no-env", mount.path, repository).ok
    assert "environment.json" not in git(repository, "ls-files")
    assert repository.stat().st_mode & 0o077 == 0


def test_an_empty_mountpoint_never_wipes_a_backup(hello, make_mount, repository):
    mount = make_mount()
    assert backup(mount.path, repository).ok
    mount.unmount()
    before = git(repository, "rev-parse", "HEAD")
    result = backup(mount.path, repository)
    assert result.rc == 1 and "not a mount of aliasfs" in result.stderr
    assert git(repository, "rev-parse", "HEAD") == before
    assert os.readlink(repository / hello / "PROD") == "1"
    assert git(repository, "status", "--porcelain") == ""


def test_a_dead_mount_is_no_mount(hello, make_mount, repository):
    mount = make_mount()
    assert backup(mount.path, repository).ok
    mount.service.kill()
    mount.service = None
    result = backup(mount.path, repository)
    assert result.rc == 1
    assert git(repository, "status", "--porcelain") == ""


def test_an_error_midway_leaves_the_backup_as_it_was(api, hello, proxy, make_mount, repository):
    aws.create_function(api, "other", versions=1, aliases={"PROD": 1})
    mount = make_mount(endpoint_url=proxy.url, ttl=0, rate=1000)
    assert backup(mount.path, repository).ok
    before = git(repository, "rev-parse", "HEAD")
    api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="3")
    proxy.rule(faultproxy.access_denied("lambda:ListAliases"), path="/functions/other/aliases")
    result = backup(mount.path, repository)
    assert result.rc == 1 and "as it was" in result.stderr, str(result)
    assert git(repository, "rev-parse", "HEAD") == before
    assert git(repository, "status", "--porcelain") == ""
    assert os.readlink(repository / hello / "PROD") == "1"
    assert os.readlink(repository / "other/PROD") == "1"


def test_what_is_no_repository_is_left_alone(hello, make_mount, scratch):
    mount = make_mount()
    (scratch / "documents").mkdir()
    (scratch / "documents/letter").write_text("dear")
    assert backup(mount.path, scratch / "documents").rc == 1
    assert os.listdir(scratch / "documents") == ["letter"]
    assert backup(mount.path).rc == 2
