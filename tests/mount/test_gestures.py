# SPDX-License-Identifier: MIT
"""Making, moving and removing aliases with ln, mv, rsync and rm: each gesture is exactly one write."""

import ctypes
import errno
import os
import re
import struct
import subprocess
import threading
import time

import pytest

from lib import aws, faultproxy
from lib.calls import fsync_directory
from lib.process import wait_for
from lib.programs import patience

GNU = "/usr/bin/ln"
BUSYBOX = ("/bin/busybox", "ln")


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


def version_of(api, alias):
    return aws.alias_version(api, "hello", alias)


def refused(number, action):
    with pytest.raises(OSError) as caught:
        action()
    assert caught.value.errno == number, os.strerror(caught.value.errno)


# --- making ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", [(GNU,), BUSYBOX], ids=["gnu", "busybox"])
@pytest.mark.quick_sanitized
@pytest.mark.semantics("3.0.1")
def test_ln_s_creates(api, gesture, function, mount, tool):
    with gesture("CreateAlias"):
        mount.run(*tool, "-s", "2", "LIVE", cwd=function, check=True)
    assert version_of(api, "LIVE") == "2"
    assert os.readlink(function / "LIVE") == "2"


@pytest.mark.semantics("3.0.2")
def test_ln_s_onto_an_alias_never_moves_it(api, gesture, function, mount):
    """-n keeps ln from following PROD into version 1; either way PROD stays."""
    with gesture():
        for options in ("-sn", "-sT"):
            result = mount.run(GNU, options, "2", "PROD", cwd=function)
            assert not result.ok and "File exists" in result.stderr
    assert version_of(api, "PROD") == "1"


def test_creating_one_that_is_there_already_is_eexist(api, gesture, function, mount):
    """Made elsewhere after this mount listed the aliases: AWS's own 409 decides."""
    os.listdir(function)
    api.create_alias(FunctionName="hello", Name="RACE", FunctionVersion="1")
    with gesture():
        result = mount.run(GNU, "-sT", "2", "RACE", cwd=function)
    assert not result.ok and "File exists" in result.stderr
    assert version_of(api, "RACE") == "1"


@pytest.mark.semantics("2.0.12", "2.3.5")
def test_a_version_that_does_not_exist_is_enoent(api, gesture, function, mount):
    with gesture():
        result = mount.run(GNU, "-s", "99", "LIVE", cwd=function)
        assert not result.ok and "No such file or directory" in result.stderr
        result = mount.run(GNU, "-sfn", "99", "PROD", cwd=function)
        assert not result.ok and "No such file or directory" in result.stderr
    assert version_of(api, "PROD") == "1"
    assert os.readlink(function / "PROD") == "1"
    assert not os.path.lexists(function / "LIVE")


@pytest.mark.semantics("2.3.4")
def test_a_version_published_a_moment_ago_elsewhere(api, gesture, function, mount):
    os.listdir(function)
    aws.publish(api, "hello", 1, first=4)
    with gesture("UpdateAlias"):
        mount.run(GNU, "-sfn", "4", "PROD", cwd=function, check=True)
    assert version_of(api, "PROD") == "4"


@pytest.mark.parametrize(
    "target", ["2", "./2", "2/", "../hello/2", "../hello//2/", "absolute", "$LATEST", "BETA"]
)
@pytest.mark.semantics("2.3.1", "2.3.2")
def test_targets(api, gesture, function, mount, target):
    wanted = {"$LATEST": "$LATEST"}.get(target, "2")
    if target == "absolute":
        target = str(function / "2")
    with gesture("UpdateAlias"):
        mount.run(GNU, "-sfn", target, "PROD", cwd=function, check=True)
    assert version_of(api, "PROD") == wanted
    assert os.readlink(function / "PROD") == wanted


@pytest.mark.parametrize("target", ["../other/1", "/etc/passwd", "../..", "", "2/configuration.json"])
@pytest.mark.semantics("2.3.6")
def test_targets_that_lead_elsewhere_are_refused(api, gesture, function, mount, target):
    aws.create_function(api, "other", versions=1)
    with gesture():
        result = mount.run(GNU, "-sfn", target, "PROD", cwd=function)
        assert not result.ok
        if target:
            refused(errno.EINVAL, lambda: os.symlink(target, function / "LIVE"))
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("2.3.7")
def test_a_link_to_itself_is_einval(api, gesture, function, mount):
    with gesture():
        refused(errno.EINVAL, lambda: os.symlink("LIVE", function / "LIVE"))
        assert not mount.run(GNU, "-sfn", "PROD", "PROD", cwd=function).ok
    assert version_of(api, "PROD") == "1"


def test_a_mistyped_variable_moves_nothing(api, gesture, function, mount):
    with gesture():
        assert not mount.run("/bin/sh", "-c", 'ln -sfn "$EMPTY" PROD', cwd=function).ok
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("3.0.9")
def test_numeric_names_and_hard_links_are_never_possible(gesture, function):
    with gesture():
        refused(errno.EPERM, lambda: os.symlink("1", function / "77"))
        refused(errno.EPERM, lambda: os.link(function / "PROD", function / "P2", follow_symlinks=False))
        refused(errno.ENAMETOOLONG, lambda: os.symlink("1", function / ("A" * 129)))


# --- remapping ------------------------------------------------------------------------------------

FORMS = {
    "gnu -sfn": (GNU, "-sfn"),
    "gnu -sfT": (GNU, "-sfT"),
    "gnu -sf": (GNU, "-sf"),
    "gnu --symbolic --force": (GNU, "--symbolic", "--force"),
    "gnu -snf": (GNU, "-snf"),
    "busybox -sfn": (*BUSYBOX, "-sfn"),
    "busybox -sf": (*BUSYBOX, "-sf"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.quick_sanitized
@pytest.mark.semantics("4.1.2")
def test_a_remap_is_one_update(api, plane, function, mount, form):
    for version in ("2", "3", "$LATEST", "1"):
        with plane.recording() as record:
            mount.run(*form, version, "PROD", cwd=function, check=True)
        assert record.write_calls == {"UpdateAlias": 1}, str(record)
        assert record.writes == ["UpdateAlias"]
        assert version_of(api, "PROD") == version
        assert os.readlink(function / "PROD") == version
    assert sorted(aws.aliases_of(api, "hello")) == ["BETA", "DEV", "PROD"]


def test_a_remap_from_the_parent_and_by_absolute_path(api, gesture, function, mount):
    with gesture("UpdateAlias"):
        mount.run(GNU, "-sfn", "2", "hello/PROD", cwd=mount.path, check=True)
    with gesture("UpdateAlias"):
        mount.run(GNU, "-sf", "3", function / "PROD", check=True)
    assert version_of(api, "PROD") == "3"


@pytest.mark.semantics("2.0.9")
def test_a_remap_to_where_it_points_is_no_write(api, plane, function, mount):
    for form in ("-sfn", "-sf"):
        with plane.recording() as record:
            mount.run(GNU, form, "1", "PROD", cwd=function, check=True)
        assert record.write_calls == {}, str(record)
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("2.0.8", "2.0.11")
def test_a_remap_carries_version_routing_and_revision(api, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url)
    revision = api.get_alias(FunctionName=hello, Name="PROD")["RevisionId"]
    mount.run(GNU, "-sfn", "2", mount.path / hello / "PROD", check=True)
    (update,) = proxy.requests(method="PUT", path="/aliases/PROD$")
    body = update.json()
    assert body["FunctionVersion"] == "2"
    assert body["RevisionId"] == revision
    assert body["RoutingConfig"] in ({}, {"AdditionalVersionWeights": {}})


@pytest.mark.semantics("2.0.8")
def test_a_remap_empties_the_weights(api, gesture, function, mount):
    """`ln -sfn 1 PROD` during a canary means all traffic to 1, though the version stays."""
    for form in ("-sfn", "-sf"):
        api.update_alias(
            FunctionName="hello",
            Name="PROD",
            FunctionVersion="1",
            RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
        )
        (mount.path / ".aliasfs/refresh").write_text("now\n")
        with gesture("UpdateAlias"):
            mount.run(GNU, form, "1", "PROD", cwd=function, check=True)
        assert "RoutingConfig" not in api.get_alias(FunctionName="hello", Name="PROD")


@pytest.mark.semantics("2.0.13")
def test_policy_and_description_survive_a_remap(api, function, mount):
    api.update_alias(FunctionName="hello", Name="PROD", Description="what customers use")
    api.add_permission(
        FunctionName="hello",
        Qualifier="PROD",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    (mount.path / ".aliasfs/refresh").write_text("now\n")
    policy = api.get_policy(FunctionName="hello", Qualifier="PROD")["Policy"]
    mount.run(GNU, "-sfn", "2", "PROD", cwd=function, check=True)
    mount.run(*BUSYBOX, "-sfn", "3", "PROD", cwd=function, check=True)
    assert api.get_policy(FunctionName="hello", Qualifier="PROD")["Policy"] == policy
    assert api.get_alias(FunctionName="hello", Name="PROD")["Description"] == "what customers use"


def test_mv_T_of_a_fresh_link(api, gesture, function, mount):
    with gesture("UpdateAlias"):
        mount.run(GNU, "-s", "2", "PROD.new", cwd=function, check=True)
        mount.run("mv", "-T", "PROD.new", "PROD", cwd=function, check=True)
    assert version_of(api, "PROD") == "2"
    assert not os.path.lexists(function / "PROD.new")


@pytest.mark.semantics("2.1.5")
def test_mv_of_a_fresh_link_through_the_alias(api, gesture, function, mount):
    """Without -T mv follows PROD into version 1."""
    with gesture("UpdateAlias"):
        mount.run(GNU, "-s", "2", "PROD.new", cwd=function, check=True)
        mount.run("mv", "PROD.new", "PROD", cwd=function, check=True)
    assert version_of(api, "PROD") == "2"


@pytest.mark.semantics("2.0.14")
def test_mv_n_of_a_standing_alias_onto_another_moves_nothing(api, gesture, function, mount):
    with gesture():
        mount.run("mv", "-n", "PROD", "BETA", cwd=function)
    assert version_of(api, "PROD") == "1"
    assert version_of(api, "BETA") == "2"
    assert {"PROD", "BETA"} <= set(os.listdir(function))


def test_os_replace(api, gesture, function):
    with gesture("UpdateAlias"):
        os.symlink("2", function / ".PROD.tmp")
        os.replace(function / ".PROD.tmp", function / "PROD")
    assert version_of(api, "PROD") == "2"


def test_rsync_replaces(api, gesture, function, mount, scratch):
    source = scratch / "source"
    source.mkdir()
    os.symlink("2", source / "PROD")
    with gesture("UpdateAlias"):
        mount.run("rsync", "-a", f"{source}/", f"{function}/", check=True)
    assert version_of(api, "PROD") == "2"
    with gesture():
        again = mount.run("rsync", "-ai", f"{source}/", f"{function}/", check=True)
    assert again.stdout == ""


def test_rsync_restores_a_moved_alias(api, gesture, function, mount, scratch):
    backup = scratch / "backup"
    mount.run("rsync", "-a", f"{function}/", f"{backup}/", check=True)
    mount.run(GNU, "-sfn", "3", "PROD", cwd=function, check=True)
    with gesture("UpdateAlias"):
        mount.run("rsync", "-a", f"{backup}/", f"{function}/", check=True)
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("2.3.3")
def test_an_alias_to_an_alias_is_its_version_once(api, gesture, function, mount):
    with gesture("UpdateAlias"):
        mount.run(GNU, "-sfn", "BETA", "PROD", cwd=function, check=True)
    mount.run(GNU, "-sfn", "3", "BETA", cwd=function, check=True)
    assert version_of(api, "PROD") == "2"
    assert os.readlink(function / "PROD") == "2"


# --- through the alias ------------------------------------------------------------------------------


@pytest.mark.semantics("2.1.2")
def test_without_force_ln_s_through_the_alias_is_refused(api, gesture, function, mount):
    with gesture():
        for tool in ((GNU,), BUSYBOX):
            result = mount.run(*tool, "-s", "2", "PROD", cwd=function)
            assert not result.ok and "File exists" in result.stderr, str(result)
    assert version_of(api, "PROD") == "1"
    assert sorted(os.listdir(function / "1")) == sorted(os.listdir(function / "2"))


@pytest.mark.semantics("2.1.1", "2.1.8")
def test_the_evidence_expires(api, gesture, function, mount):
    """readlink, then more than 2 s, then a SYMLINK in the version by a process that was told to force."""
    program = (
        "import os, sys, time\n"
        "os.stat(sys.argv[2])\n"
        "directory = os.open(sys.argv[2], os.O_PATH | os.O_DIRECTORY)\n"
        "time.sleep(float(sys.argv[3]))\n"
        "os.symlink('2', '2', dir_fd=directory)\n"
    )

    def through(seconds):
        return mount.run("/usr/bin/python3", "-c", program, "-sf", function / "PROD", seconds)

    with gesture("UpdateAlias"):
        result = through(0)
        assert result.ok, str(result)
    mount.run(GNU, "-sfn", "1", "PROD", cwd=function, check=True)
    with gesture():
        result = through(2.3)
        assert not result.ok and "Read-only file system" in result.stderr
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("2.1.8")
def test_another_thread_has_no_evidence(api, gesture, function, mount):
    program = (
        "import os, sys, threading\n"
        "path = sys.argv[2]\n"
        "thread = threading.Thread(target=os.readlink, args=(path,))\n"
        "thread.start(); thread.join()\n"
        "os.symlink('2', os.path.dirname(path) + '/1/2')\n"
    )
    with gesture():
        result = mount.run("/usr/bin/python3", "-c", program, "-sf", function / "PROD")
        assert not result.ok and "Read-only file system" in result.stderr, str(result)
    assert version_of(api, "PROD") == "1"


def test_a_version_named_itself_is_no_alias(api, gesture, function, mount):
    """`ln -sf 2 1` names the version directory: nothing was followed."""
    with gesture():
        result = mount.run(GNU, "-sf", "2", "1", cwd=function)
        assert not result.ok and "Read-only file system" in result.stderr
        result = mount.run(GNU, "-sfn", "2", "1", cwd=function)
        assert not result.ok and "Read-only file system" in result.stderr
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("2.1.11")
def test_strict_ln_never_goes_through(gesture, hello, make_mount):
    mount = make_mount(None, "strict_ln")
    with gesture():
        result = mount.run(GNU, "-sf", "2", mount.path / hello / "PROD")
        assert not result.ok and "Read-only file system" in result.stderr
    with gesture("UpdateAlias"):
        mount.run(GNU, "-sfn", "2", mount.path / hello / "PROD", check=True)


def test_parallel_remaps_through_different_aliases(api, plane, function, mount):
    for n in range(8):
        api.create_alias(FunctionName="hello", Name=f"A{n}", FunctionVersion="1")
    (mount.path / ".aliasfs/refresh").write_text("now\n")
    with plane.recording() as record:
        tools = [
            subprocess.Popen([GNU, "-sf", str(2 + n % 2), str(function / f"A{n}")]) for n in range(8)
        ]
        assert [tool.wait(patience(30)) for tool in tools] == [0] * 8
    assert record.writes == ["UpdateAlias"] * 8
    for n in range(8):
        assert version_of(api, f"A{n}") == str(2 + n % 2)


# --- removing ---------------------------------------------------------------------------------------


@pytest.mark.quick_sanitized
@pytest.mark.semantics("2.4.1")
def test_rm_deletes_once_and_hides_at_once(api, plane, function, mount):
    before = len(plane.changes())
    mount.run("rm", "PROD", cwd=function, check=True)
    assert not os.path.lexists(function / "PROD")
    assert "PROD" not in os.listdir(function)
    changes = wait_for(lambda: plane.changes()[before:], 5, "DeleteAlias")
    assert [change.operation for change in changes] == ["DeleteAlias"]
    assert "PROD" not in aws.aliases_of(api, "hello")
    assert not os.path.lexists(function / "PROD")


@pytest.mark.semantics("2.4.12")
def test_without_a_grace_rm_deletes_at_once(api, gesture, hello, make_mount):
    mount = make_mount(delete_grace=0)
    with gesture("DeleteAlias"):
        mount.run("rm", mount.path / hello / "PROD", check=True)
    assert "PROD" not in aws.aliases_of(api, "hello")


@pytest.mark.semantics("2.4.9")
def test_unmounting_finishes_deletes(api, hello, make_mount):
    mount = make_mount(delete_grace=60)
    mount.run("rm", mount.path / hello / "PROD", check=True)
    assert "PROD" in aws.aliases_of(api, "hello")
    mount.unmount()
    assert "PROD" not in aws.aliases_of(api, "hello")


@pytest.mark.semantics("2.4.9")
def test_sigterm_finishes_deletes_and_unmounts(api, hello, make_mount):
    mount = make_mount(delete_grace=60)
    mount.run("rm", mount.path / hello / "PROD", check=True)
    assert mount.terminate() == 0
    assert "PROD" not in aws.aliases_of(api, "hello")


@pytest.mark.semantics("2.4.10")
def test_fsync_of_the_directory_finishes_deletes(api, hello, make_mount):
    mount = make_mount(delete_grace=60)
    mount.run("rm", mount.path / hello / "PROD", check=True)
    fsync_directory(mount.path / hello)
    assert "PROD" not in aws.aliases_of(api, "hello")


@pytest.mark.semantics("2.0.12", "2.4.3")
def test_a_failed_replace_is_never_a_delete(api, plane, hello, proxy, make_mount):
    """busybox unlinks first; when the symlink after it fails, the alias is back and nothing was written."""
    mount = make_mount(endpoint_url=proxy.url, delete_grace=60)
    function = mount.path / hello
    with plane.recording() as record:
        assert not mount.run(*BUSYBOX, "-sfn", "99", "PROD", cwd=function).ok
        assert os.readlink(function / "PROD") == "1"
        rule = proxy.rule(faultproxy.access_denied("lambda:UpdateAlias"), method="PUT")
        result = mount.run(*BUSYBOX, "-sfn", "2", "PROD", cwd=function)
        assert not result.ok and "Permission denied" in result.stderr
        result = mount.run(GNU, "-sfn", "2", "PROD", cwd=function)
        assert not result.ok and "Permission denied" in result.stderr
        assert os.readlink(function / "PROD") == "1"
        proxy.remove(rule)
        fsync_directory(function)  # nothing may be left pending
    assert record.writes == []
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("2.4.4")
def test_a_refused_create_brings_the_name_back(api, gesture, hello, make_mount):
    """A tool that unlinks a link to put a file in its place: the alias stays."""
    mount = make_mount(delete_grace=60)
    path = mount.path / hello / "PROD"
    with gesture():
        for attempt in (
            lambda: os.open(path, os.O_CREAT | os.O_WRONLY),
            lambda: os.mkfifo(path),
            lambda: os.link(path.parent / "BETA", path, follow_symlinks=False),
        ):
            os.unlink(path)
            assert not os.path.lexists(path)
            refused(errno.EPERM, attempt)
            assert os.readlink(path) == "1"
        mount.unmount()
    assert version_of(api, "PROD") == "1"


@pytest.mark.semantics("5.2.2")
def test_a_delete_that_aws_refuses_brings_the_name_back(api, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.access_denied("lambda:DeleteAlias"), method="DELETE")
    mount.run("rm", mount.path / hello / "PROD", check=True)
    wait_for(lambda: os.path.lexists(mount.path / hello / "PROD"), 10, "PROD is back")
    assert "lambda:DeleteAlias" in (mount.path / ".aliasfs/errors").read_text()
    assert "PROD" in aws.aliases_of(api, "hello")


@pytest.mark.semantics("2.4.6")
def test_a_colleagues_change_inside_the_grace_saves_the_alias(api, hello, make_mount):
    mount = make_mount(delete_grace=4)
    path = mount.path / hello / "PROD"
    os.readlink(path)
    os.unlink(path)
    api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="3")
    wait_for(lambda: os.path.lexists(path), 10, "PROD is back")
    assert os.readlink(path) == "3"
    assert version_of(api, "PROD") == "3"


def test_a_delete_whose_answer_is_lost_spares_what_a_colleague_made(api, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url)
    lost = proxy.rule(faultproxy.hang(forward=True), method="DELETE")
    mount.run("rm", mount.path / hello / "PROD", check=True)
    wait_for(lambda: "PROD" not in aws.aliases_of(api, hello), 10, "PROD is deleted")
    api.create_alias(FunctionName=hello, Name="PROD", FunctionVersion="3")
    lost.release()
    wait_for(lambda: "PROD" in (mount.path / ".aliasfs/errors").read_text(), 10, "the error is logged")
    assert version_of(api, "PROD") == "3"
    assert proxy.count(method="DELETE") == 1
    wait_for(lambda: os.path.lexists(mount.path / hello / "PROD"), 10, "PROD is back")
    assert os.readlink(mount.path / hello / "PROD") == "3"


def test_rm_f_of_what_is_not_there(gesture, function, mount):
    with gesture():
        mount.run("rm", "-f", "NOTHING", cwd=function, check=True)


# --- names that stay here -----------------------------------------------------------------------------


@pytest.mark.semantics("2.2.1", "2.2.2")
def test_local_links_make_no_call(plane, function, mount):
    os.listdir(function)
    with plane.recording() as record:
        os.symlink("2", function / ".local.link")
        assert os.readlink(function / ".local.link") == "2"
        assert ".local.link" not in os.listdir(function)
        os.rename(function / ".local.link", function / "other~")
        os.unlink(function / "other~")
    assert record.write_calls == {}, str(record)


@pytest.mark.semantics("2.2.7")
def test_people_whose_names_look_temporary(api, gesture, function, mount):
    for name in ("Customer", "Currency", "PROD_canary", "tmpfiles01"):
        with gesture("CreateAlias"):
            mount.run(GNU, "-s", "2", name, cwd=function, check=True)
        with gesture("UpdateAlias"):
            mount.run(GNU, "-sfn", "3", name, cwd=function, check=True)
        assert version_of(api, name) == "3"


@pytest.mark.semantics("5.2.2")
def test_moving_an_alias_to_another_function_is_never_possible(api, gesture, hello, make_mount):
    aws.create_function(api, "other", versions=1)
    mount = make_mount()
    function = mount.path / hello
    with gesture():
        refused(errno.EPERM, lambda: os.rename(function / "PROD", mount.path / "other/PROD"))
        refused(errno.EPERM, lambda: os.rename(function / "PROD", function / "PROD.old"))
    assert version_of(api, "PROD") == "1"
    assert os.readlink(function / "PROD") == "1"


@pytest.mark.semantics("1.3.3", "1.3.5")
def test_owner_mode_and_times_are_accepted(gesture, hello, make_mount):
    mount = make_mount()
    function = mount.path / hello
    before = {path: os.lstat(path) for path in (function / "PROD", function, function / "1")}
    with gesture():
        for path, status in before.items():
            os.utime(path, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
            assert int(os.lstat(path).st_mtime) == 1_000_000_000
        mount.run("touch", "-h", "-d", "2001-02-03", "PROD", cwd=function, check=True)
        mount.run("chown", "-h", f"{os.getuid()}:{os.getgid()}", "PROD", cwd=function, check=True)
        mount.run("chmod", "700", function / "1", check=True)
        mount.run("chmod", "644", function / "1/environment.json", check=True)
        for path, status in before.items():
            assert (os.lstat(path).st_mode, os.lstat(path).st_uid) == (status.st_mode, status.st_uid)
        assert os.stat(function / "1/environment.json").st_mode & 0o777 == 0o400
        mount.unmount()
    again = make_mount()
    for path, status in before.items():
        assert os.lstat(again.path / path.relative_to(mount.path)).st_mtime == status.st_mtime


# --- compare and swap -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [(GNU, "-sfn"), (GNU, "-sf"), (*BUSYBOX, "-sfn")], ids=str)
@pytest.mark.semantics("4.2.1", "4.2.2", "5.2.2")
def test_a_colleagues_move_is_not_overwritten(api, cli, plane, hello, make_mount, form):
    mount = make_mount(ttl=60)  # on a busy machine the aws CLI alone takes longer than the default
    function = mount.path / hello
    assert os.readlink(function / "PROD") == "1"
    os.listdir(function)
    cli("update-alias", "--function-name", "hello", "--name", "PROD", "--function-version", "3")
    with plane.recording() as record:
        result = mount.run(*form, "2", "PROD", cwd=function)
    assert not result.ok
    assert "Remote address changed" in result.stderr, str(result)
    assert record.writes == [], str(record)
    assert record.write_calls == {"UpdateAlias": 1}, "the kernel or we asked again"
    assert version_of(api, "PROD") == "3"
    assert os.readlink(function / "PROD") == "3"
    mount.run(*form, "2", "PROD", cwd=function, check=True)
    assert version_of(api, "PROD") == "2"


@pytest.mark.parametrize("form", [(GNU, "-sfn"), (GNU, "-sf"), (*BUSYBOX, "-sfn")], ids=str)
@pytest.mark.semantics("2.0.11")
def test_a_permission_given_meanwhile_refuses_no_remap(api, plane, hello, make_mount, form):
    """AddPermission changes the alias's revision."""
    mount = make_mount(ttl=60)
    function = mount.path / hello
    assert os.readlink(function / "PROD") == "1"
    os.listdir(function)
    api.add_permission(
        FunctionName=hello,
        Qualifier="PROD",
        StatementId="grant",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    with plane.recording() as record:
        mount.run(*form, "2", "PROD", cwd=function, check=True)
    assert record.writes == ["UpdateAlias"], str(record)
    assert version_of(api, "PROD") == "2"
    assert "grant" in api.get_policy(FunctionName=hello, Qualifier="PROD")["Policy"]


@pytest.mark.semantics("2.0.11")
def test_a_refusal_that_stays_without_a_reason_is_one(api, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url, ttl=60)
    path = mount.path / hello / "PROD"
    assert os.readlink(path) == "1"
    refusal = proxy.rule(faultproxy.precondition_failed(), method="PUT", path="/aliases/PROD$")
    result = mount.run(GNU, "-sfn", "2", path)
    assert not result.ok and "Remote address changed" in result.stderr
    assert proxy.count(method="PUT", path="/aliases/PROD$") == 3
    proxy.remove(refusal)
    proxy.rule(faultproxy.precondition_failed(), method="PUT", path="/aliases/PROD$", times=2)
    mount.run(GNU, "-sfn", "3", path, check=True)
    assert version_of(api, "PROD") == "3"


@pytest.mark.semantics("2.4.6")
def test_a_permission_given_inside_the_grace_saves_the_alias(api, hello, make_mount):
    """It would be gone with the alias."""
    mount = make_mount(delete_grace=60)
    path = mount.path / hello / "PROD"
    os.unlink(path)
    api.add_permission(
        FunctionName=hello,
        Qualifier="PROD",
        StatementId="grant",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    refused(errno.EREMCHG, lambda: fsync_directory(mount.path / hello))
    assert os.readlink(path) == "1"
    told = (mount.path / ".aliasfs/errors").read_text()
    assert "or who may invoke it, was changed by another client" in told


def test_two_mounts_and_one_alias(api, hello, make_mount):
    one, two = make_mount(), make_mount()
    for mount in (one, two):
        assert os.readlink(mount.path / hello / "PROD") == "1"
    one.run(GNU, "-sfn", "2", one.path / hello / "PROD", check=True)
    result = two.run(GNU, "-sfn", "3", two.path / hello / "PROD")
    assert not result.ok and "Remote address changed" in result.stderr
    assert version_of(api, "PROD") == "2"
    assert os.readlink(two.path / hello / "PROD") == "2"


# --- events ---------------------------------------------------------------------------------------------


class Events:
    """What inotify tells of a directory, but for looking at it: [(name, what)]."""

    WHAT = {0x2: "modify", 0x4: "attrib", 0x40: "from", 0x80: "to", 0x100: "create", 0x200: "delete"}

    def __init__(self, path):
        libc = ctypes.CDLL(None)
        self.descriptor = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self.descriptor, str(path).encode(), sum(self.WHAT)) > 0

    def take(self):
        found = []
        try:
            data = os.read(self.descriptor, 65536)
        except BlockingIOError:
            return found
        while data:
            _, mask, _, length = struct.unpack("iIII", data[:16])
            found.append((data[16 : 16 + length].rstrip(b"\0").decode(), self.WHAT[mask & 0xFFF]))
            data = data[16 + length :]
        return found


@pytest.mark.semantics("4.6.1", "4.6.2")
def test_changes_made_here_raise_events(api, hello, make_mount):
    mount = make_mount(ttl=0)
    function = mount.path / hello
    events = Events(function)
    try:
        mount.run(GNU, "-sfn", "2", function / "PROD", check=True)
        assert events.take()[-1] == ("PROD", "to")
        mount.run(*BUSYBOX, "-sfn", "3", function / "PROD", check=True)
        assert events.take() == [("PROD", "delete"), ("PROD", "create")]
        mount.run(GNU, "-s", "1", function / "NEW", check=True)
        assert events.take() == [("NEW", "create")]
        mount.run("rm", function / "NEW", check=True)
        assert events.take() == [("NEW", "delete")]
        # What ln sees as the making of a link in version 3 is none in the function.
        mount.run(GNU, "-sf", "1", function / "PROD", check=True)
        assert events.take() == []
        api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="2")
        assert os.readlink(function / "PROD") == "2"
        assert events.take() == []
    finally:
        os.close(events.descriptor)


# --- freshness --------------------------------------------------------------------------------------------


@pytest.mark.semantics("4.1.1")
def test_a_change_elsewhere_shows_after_the_ttl(api, hello, make_mount):
    mount = make_mount(ttl=1)
    path = mount.path / hello / "PROD"
    assert os.readlink(path) == "1"
    api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="3")
    wait_for(lambda: os.readlink(path) == "3", 5, "the change shows")
    api.create_alias(FunctionName=hello, Name="NEW", FunctionVersion="1")
    wait_for(lambda: "NEW" in os.listdir(mount.path / hello), 5, "the new alias shows")
    api.delete_alias(FunctionName=hello, Name="PROD")
    wait_for(lambda: not os.path.lexists(path), 5, "the deleted alias is gone")
    aws.publish(api, hello, 1, first=4)
    wait_for(lambda: (mount.path / hello / "4").is_dir(), 5, "the new version shows")
    aws.create_function(api, "later")
    wait_for(lambda: "later" in os.listdir(mount.path), 5, "the new function shows")
    api.delete_function(FunctionName="later")
    wait_for(lambda: not (mount.path / "later").exists(), 5, "the deleted function is gone")


@pytest.mark.semantics("4.1.1")
@pytest.mark.parametrize("flags", [os.O_DIRECTORY, 0], ids=["opendir", "open"])
def test_a_change_elsewhere_shows_in_a_directory_that_stays_open(api, hello, make_mount, flags):
    """Each os.listdir() of a descriptor reads from the beginning (rewinddir), which the kernel answers itself."""
    mount = make_mount(ttl=0.5)
    places = {name: os.open(mount.path / name, os.O_RDONLY | flags) for name in (hello, ".")}
    try:
        for round_ in ("FIRST", "SECOND"):
            before = {name: os.listdir(place) for name, place in places.items()}
            assert round_ not in before[hello] and round_ not in before["."]
            api.create_alias(FunctionName=hello, Name=round_, FunctionVersion="1")
            aws.create_function(api, round_)
            for name, place in places.items():
                wait_for(lambda: round_ in os.listdir(place), 5, f"{round_} shows in {name}")
                assert sorted(os.listdir(place)) == sorted([*before[name], round_])
    finally:
        for place in places.values():
            os.close(place)


def test_a_directory_that_is_only_looked_at_is_asked_for_once_in_its_time(hello, make_mount):
    """Its entries, older than the ttl, are taken from the kernel once, not at every look."""
    mount = make_mount(ttl=1)
    stats = mount.path / ".aliasfs/stats"
    os.listdir(mount.path / hello)
    time.sleep(1.1)  # nothing can be waited for: the age of what the kernel holds

    def looks():
        return int(re.search(r'operation="GETATTR",outcome="ok"} (\d+)', stats.read_text())[1])

    os.stat(mount.path / hello)
    os.stat(mount.path / hello)
    before = looks()
    for _ in range(50):
        os.stat(mount.path / hello)
    assert looks() - before < 25


@pytest.mark.semantics("4.1.3")
def test_refresh_drops_everything_known(api, hello, make_mount):
    mount = make_mount(ttl=3600)
    path = mount.path / hello / "PROD"
    assert os.readlink(path) == "1"
    api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="3")
    aws.create_function(api, "later")
    assert os.readlink(path) == "1"
    mount.run("/bin/sh", "-c", f"echo > {mount.path}/.aliasfs/refresh", check=True)
    assert os.readlink(path) == "3"
    assert "later" in os.listdir(mount.path)


@pytest.mark.semantics("4.1.1")
def test_what_is_shown_is_never_older_than_the_ttl(api, hello, make_mount):
    """A process that reads all the time sees a change at the latest when the listing before it is one ttl old."""
    mount = make_mount(ttl=1)
    path = mount.path / hello / "PROD"
    for version in ("3", "2"):
        assert os.readlink(path) != version
        api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion=version)
        changed = time.monotonic()
        while True:
            asked = time.monotonic()
            if os.readlink(path) == version:
                break
            assert asked < changed + 1, "older than the ttl"


@pytest.mark.semantics("4.1.1")
def test_latest_changes_within_the_ttl(api, hello, make_mount):
    mount = make_mount(ttl=1)
    document = mount.path / hello / "$LATEST/configuration.json"
    before = document.read_bytes()
    api.update_function_configuration(FunctionName=hello, Description="new words, and longer ones")
    wait_for(lambda: document.read_bytes() != before, 5, "the new configuration shows")
    assert b"new words, and longer ones" in document.read_bytes()
    assert document.stat().st_size == len(document.read_bytes())
    assert (mount.path / hello / "1/configuration.json").read_bytes() != document.read_bytes()


@pytest.mark.semantics("4.4.1")
def test_operations_on_different_functions_do_not_wait_for_each_other(api, hello, proxy, make_mount):
    aws.create_function(api, "other", versions=2, aliases={"PROD": 1})
    mount = make_mount(endpoint_url=proxy.url, timeout=600)
    for name in (hello, "other"):
        os.listdir(mount.path / name)
    rule = proxy.rule(faultproxy.hang(), method="PUT", path="/functions/hello/")
    slow = threading.Thread(
        target=lambda: subprocess.run([GNU, "-sfn", "2", str(mount.path / hello / "PROD")], stderr=-3)
    )
    slow.start()
    assert rule.wait_for_hits()
    mount.run(GNU, "-sfn", "2", mount.path / "other/PROD", timeout=5, check=True)
    assert aws.alias_version(api, "other", "PROD") == "2"
    rule.release()
    proxy.remove(rule)
    slow.join()
