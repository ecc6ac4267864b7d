# SPDX-License-Identifier: MIT
"""Renaming aliases, publishing with mkdir, deleting versions where it is allowed, and protection."""

import errno
import os

import pytest

from lib import aws
from lib.process import wait_for


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


def dress(api, name="PROD"):
    api.update_alias(
        FunctionName="hello",
        Name=name,
        Description="dressed",
        RoutingConfig={"AdditionalVersionWeights": {"3": 0.25}},
    )


def look(api, name):
    found = api.get_alias(FunctionName="hello", Name=name)
    return found["FunctionVersion"], found.get("RoutingConfig"), found["Description"]


@pytest.mark.semantics("3.0.4")
def test_renaming_an_alias_takes_everything_along(api, plane, hello, make_mount):
    dress(api)
    before = look(api, "PROD")
    mount = make_mount()
    with plane.recording() as record:
        mount.run("mv", "PROD", "LIVE", cwd=mount.path / hello, check=True)
        assert os.readlink(mount.path / hello / "LIVE") == "1"
        assert not os.path.lexists(mount.path / hello / "PROD")
        mount.unmount()
    assert record.writes == ["CreateAlias", "DeleteAlias"]
    assert look(api, "LIVE") == before
    assert "PROD" not in aws.aliases_of(api, "hello")


@pytest.mark.semantics("3.0.5")
def test_moving_one_alias_onto_another(api, plane, hello, make_mount):
    dress(api)
    before = look(api, "PROD")
    mount = make_mount()
    with plane.recording() as record:
        mount.run("mv", "-T", "PROD", "BETA", cwd=mount.path / hello, check=True)
        mount.unmount()
    assert record.writes == ["UpdateAlias", "DeleteAlias"]
    assert look(api, "BETA") == before
    assert sorted(aws.aliases_of(api, "hello")) == ["BETA", "DEV"]


@pytest.mark.parametrize("arguments", [("-T", "STAGE", "PROD"), ("STAGE", "LIVE")], ids=" ".join)
@pytest.mark.semantics("3.0.4", "3.0.5")
def test_what_a_colleague_has_moved_is_not_copied_as_it_was(api, gesture, hello, make_mount, arguments):
    api.create_alias(FunctionName=hello, Name="STAGE", FunctionVersion="2")
    mount = make_mount(ttl=60)
    function = mount.path / hello
    os.listdir(function)
    assert os.readlink(function / "STAGE") == "2"
    api.update_alias(FunctionName=hello, Name="STAGE", FunctionVersion="3")
    before = aws.aliases_of(api, hello)
    with gesture():
        result = mount.run("mv", *arguments, cwd=function)
        assert not result.ok and "Remote address changed" in result.stderr
        assert os.readlink(function / "STAGE") == "3"
    assert aws.aliases_of(api, hello) == before
    mount.run("mv", *arguments, cwd=function, check=True)
    mount.unmount()
    assert aws.alias_version(api, hello, arguments[-1]) == "3"
    assert "STAGE" not in aws.aliases_of(api, hello)


@pytest.mark.parametrize("seen", [False, True], ids=["unseen", "seen"])
@pytest.mark.semantics("2.1.6")
def test_a_colleagues_new_alias_is_not_moved_and_never_deleted(api, hello, make_mount, seen):
    mount = make_mount(ttl=60)
    function = mount.path / hello
    mount.run("ln", "-s", "1", function / "NEW", check=True)
    api.delete_alias(FunctionName=hello, Name="NEW")
    api.create_alias(
        FunctionName=hello,
        Name="NEW",
        FunctionVersion="3",
        Description="theirs",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    before = look(api, "NEW")
    if seen:
        (mount.path / ".aliasfs/refresh").write_text("now\n")
    assert os.readlink(function / "PROD") == "1"
    result = mount.run("mv", function / "NEW", function / "PROD")
    wanted = "Read-only file system" if seen else "Remote address changed"
    assert not result.ok and wanted in result.stderr, str(result)
    mount.unmount()
    assert look(api, "NEW") == before
    assert aws.alias_version(api, hello, "PROD") == "1"


@pytest.mark.semantics("2.0.4")
def test_keeping_the_previous_one(api, plane, hello, make_mount):
    """mv PROD PREV && ln -s 2 PROD: PREV is made, PROD is moved and never deleted."""
    mount = make_mount()
    with plane.recording() as record:
        mount.run("/bin/sh", "-c", "mv PROD PREV && ln -s 2 PROD", cwd=mount.path / hello, check=True)
        mount.unmount()
    assert record.writes == ["CreateAlias", "UpdateAlias"]
    assert aws.aliases_of(api, "hello") == {"PROD": "2", "PREV": "1", "BETA": "2", "DEV": "$LATEST"}


@pytest.mark.semantics("2.4.13")
def test_a_backup_name_alone_deletes_nothing(api, plane, hello, make_mount):
    mount = make_mount()
    with plane.recording() as record:
        os.rename(mount.path / hello / "PROD", mount.path / hello / "PROD~")
        mount.unmount()
    assert record.writes == []
    assert aws.alias_version(api, "hello", "PROD") == "1"


# --- publishing -----------------------------------------------------------------------------------------


@pytest.mark.semantics("3.0.10", "3.0.11")
def test_mkdir_publishes(api, gesture, function, mount):
    api.update_function_code(FunctionName="hello", ZipFile=aws.code("fresh"))
    with gesture("PublishVersion"):
        mount.run("mkdir", "+fix login", cwd=function, check=True)
    assert (function / "4").is_dir()
    found = api.get_function_configuration(FunctionName="hello", Qualifier="4")
    assert found["Description"] == "fix login"
    assert "+fix login" not in os.listdir(function)
    with gesture():
        result = mount.run("mkdir", "+", cwd=function)
        assert not result.ok and "File exists" in result.stderr
    assert not (function / "5").exists()


@pytest.mark.semantics("2.3.3", "3.0.12")
def test_newest_is_the_highest_version(api, gesture, function, mount):
    assert os.readlink(function / ".newest") == "3"
    assert ".newest" not in os.listdir(function)
    aws.publish(api, "hello", 1, first=4)
    with gesture("UpdateAlias"):
        mount.run("ln", "-sfn", ".newest", "BETA", cwd=function, check=True)
    assert os.readlink(function / "BETA") == "4"
    assert aws.alias_version(api, "hello", "BETA") == "4"


@pytest.mark.semantics("3.0.10")
def test_other_directories_are_refused(gesture, function):
    with gesture():
        for name in ("new", "4", "LIVE"):
            with pytest.raises(OSError) as caught:
                os.mkdir(function / name)
            assert caught.value.errno == errno.EPERM, name


# --- deleting versions and protecting aliases ---------------------------------------------------------------


@pytest.mark.semantics("3.0.14", "3.0.15", "3.0.19")
def test_versions_are_deleted_only_where_it_is_allowed(plane, hello, make_mount):
    mount = make_mount(None, "allow_version_delete")
    function = mount.path / hello
    with plane.recording() as record:
        mount.run("rmdir", function / "3", check=True)
        assert not (function / "3").exists()
        for used in ("1", "2"):
            result = mount.run("rmdir", function / used)
            assert not result.ok and "busy" in result.stderr
        assert not mount.run("rmdir", function / "$LATEST").ok
        result = mount.run("rmdir", function)
        assert not result.ok and "Read-only file system" in result.stderr
    assert record.writes == ["DeleteFunction"]
    assert record.changes[0].qualifier == "3"
    assert (function / "1").is_dir()


@pytest.mark.semantics("3.0.14")
def test_a_weighted_version_is_in_use(api, hello, make_mount):
    dress(api)
    mount = make_mount(None, "allow_version_delete")
    result = mount.run("rmdir", mount.path / hello / "3")
    assert not result.ok and "busy" in result.stderr


@pytest.mark.semantics("3.0.3")
def test_protected_names_are_not_removed(api, plane, hello, make_mount):
    mount = make_mount(None, protect="PR*:LIVE", delete_grace=0)
    function = mount.path / hello
    with plane.recording() as record:
        result = mount.run("rm", function / "PROD")
        assert not result.ok and "Operation not permitted" in result.stderr
        assert not mount.run("mv", function / "PROD", function / "OTHER").ok
    assert record.writes == []
    mount.run("ln", "-sfn", "2", function / "PROD", check=True)
    mount.run("rm", function / "BETA", check=True)
    assert sorted(aws.aliases_of(api, "hello")) == ["DEV", "PROD"]


# --- recursive deletes ------------------------------------------------------------------------------------------

REMOVERS = {
    "rm -rf mount": 'rm -rf "$M"',
    "rm -rf fn": 'rm -rf "$M/hello"',
    "rm -rf fn/*": 'rm -rf "$M"/hello/*',
    "find -delete": 'find "$M" -delete',
    "find -delete fn": 'find "$M/hello" -mindepth 1 -delete',
    "busybox rm -rf": 'busybox rm -rf "$M/hello"',
    "toybox rm -rf": 'toybox rm -rf "$M/hello"',
    "uutils rm -rf": '/usr/lib/cargo/bin/coreutils/rm -rf "$M/hello"',
    "python rmtree": "python3 -c 'import shutil,sys; shutil.rmtree(sys.argv[1])' \"$M/hello\"",
    "python rmtree ignoring": "python3 -c 'import shutil,sys; shutil.rmtree(sys.argv[1], True)' \"$M/hello\"",
    "perl remove_tree": "perl -MFile::Path=remove_tree -e 'remove_tree($ARGV[0])' \"$M/hello\"",
    "ruby rm_rf": "ruby -rfileutils -e 'FileUtils.rm_rf(ARGV[0])' \"$M/hello\"",
    "node rmSync": "node -e 'require(\"fs\").rmSync(process.argv[1], {recursive: true, force: true})' \"$M/hello\"",
    "node promises.rm": "node -e 'require(\"fs/promises\").rm(process.argv[1], {recursive: true, force: true})' \"$M/hello\"",
    "git clean -fdx": 'git init -q --bare "$T/r" && cd "$M/hello" &&'
    ' git -c safe.directory=* --git-dir="$T/r" --work-tree=. clean -fdxq',
    "rm -r PROD/": 'rm -r "$M/hello/PROD/"',
    "rm -rf latest": 'rm -rf "$M"/hello/\\$LATEST',
    "rm -rf documents": 'rm -rf "$M/hello/.function" "$M/hello/.aliases"',
    "rsync --delete": 'mkdir "$T/empty" && rsync -a --delete "$T/empty/" "$M/hello/"',
    "rsync --delete mount": 'mkdir "$T/empty" && rsync -a --delete --ignore-errors --force "$T/empty/" "$M/"',
}


@pytest.mark.parametrize(
    "options",
    [{}, {"allow_version_delete": True}, {"allow_update": True, "documents": True}],
    ids=["", "allow_version_delete", "allow_update"],
)
@pytest.mark.parametrize("remover", REMOVERS)
@pytest.mark.semantics("3.0.19", "3.1.2", "3.1.4")
def test_recursive_deletes_harm_nothing(api, plane, hello, make_mount, scratch, remover, options):
    dress(api)
    api.tag_resource(Resource=api.get_function(FunctionName=hello)["Configuration"]["FunctionArn"], Tags={"a": "b"})
    aws.create_function(api, "unused", versions=2)
    mount = make_mount(None, delete_grace=5, **options)
    aliases = aws.aliases_of(api, "hello")
    environment = aws.credentials_environment(scratch, M=mount.path, T=scratch)
    with plane.recording() as record:
        mount.run("/bin/sh", "-c", REMOVERS[remover], env=environment, cwd=scratch)
        mount.unmount()
    assert record.write_calls == {}, f"{remover}: {record}"
    assert aws.aliases_of(api, "hello") == aliases


# --- restoring ----------------------------------------------------------------------------------------------------


def test_restoring_a_function_brings_back_everything_and_no_more(api, plane, hello, make_mount, scratch):
    dress(api)
    mount = make_mount()
    function, backup = mount.path / hello, scratch / "backup"
    mount.run("rsync", "-a", f"{function}/", f"{backup}/", check=True)
    before = {name: look(api, name) for name in aws.aliases_of(api, "hello")}
    api.delete_alias(FunctionName=hello, Name="BETA")
    api.update_alias(
        FunctionName=hello,
        Name="PROD",
        FunctionVersion="2",
        Description="mischief",
        RoutingConfig={"AdditionalVersionWeights": {}},
    )
    (mount.path / ".aliasfs/refresh").write_text("\n")
    with plane.recording() as record:
        mount.run("rsync", "-a", f"{backup}/", f"{function}/", check=True)
    wait_for(
        lambda: {name: look(api, name) for name in aws.aliases_of(api, "hello")} == before,
        5,
        "everything is back",
    )
    assert set(record.writes) == {"CreateAlias", "UpdateAlias"}
    assert record.writes.count("CreateAlias") == 1
    assert len(record.writes) <= 4, str(record)  # BETA; PROD's version, weight and description
    with plane.recording() as record:
        again = mount.run("rsync", "-ai", f"{backup}/", f"{function}/", check=True)
    assert again.stdout == "" and record.writes == []


def test_yesterdays_links_roll_an_account_back(api, plane, make_mount, scratch):
    for name in ("one", "two", "three"):
        aws.create_function(api, name, versions=3, aliases={"PROD": 1, "BETA": 2})
    mount = make_mount(rate=1000)
    repository = scratch / "backup"
    environment = aws.credentials_environment(
        scratch,
        GIT_AUTHOR_NAME="T",
        GIT_AUTHOR_EMAIL="t@example.org",
        GIT_COMMITTER_NAME="T",
        GIT_COMMITTER_EMAIL="t@example.org",
    )

    def git(*arguments):
        return mount.run("git", "-C", repository, *arguments, env=environment, check=True)

    def save(message):
        mount.run("rsync", "-a", "--delete", "--exclude=/.git", f"{mount.path}/", repository, check=True)
        git("add", "-A")
        git("commit", "-qm", message)

    repository.mkdir()
    git("init", "-q")
    save("yesterday")
    for name in ("one", "two", "three"):
        mount.run("ln", "-sfn", "3", mount.path / name / "PROD", check=True)
    save("today")
    assert len(git("diff", "--stat", "HEAD~1", "HEAD").lines) == 4
    git("checkout", "-q", "HEAD~1")
    with plane.recording() as record:
        mount.run("rsync", "-a", "--exclude=/.git", f"{repository}/", f"{mount.path}/", check=True)
    assert record.writes == ["UpdateAlias"] * 3
    for name in ("one", "two", "three"):
        assert aws.aliases_of(api, name) == {"PROD": "1", "BETA": "2"}
