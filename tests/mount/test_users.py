# SPDX-License-Identifier: MIT
"""Who may: an ordinary user through fusermount3, root beside them, and others under allow_other."""

import os
import stat

import pytest

from lib import aws
from lib.mount import OrdinaryUser
from lib.process import run


@pytest.fixture
def own(hello, make_mount, ordinary_user):
    """hello mounted by an ordinary user; run() is that user."""
    return make_mount(user=ordinary_user)


@pytest.mark.parametrize("form", ["-sfn", "-sfT", "-sf"])
@pytest.mark.semantics("1.6.1")
def test_an_ordinary_user_remaps(api, gesture, own, form):
    with gesture("UpdateAlias"):
        own.run("ln", form, "2", own.path / "hello/PROD", check=True)
    assert aws.alias_version(api, "hello", "PROD") == "2"
    assert own.run("readlink", own.path / "hello/PROD", check=True).stdout == "2\n"


@pytest.mark.parametrize("tool", ["gnu", "busybox"])
def test_an_ordinary_user_creates_and_removes(api, gesture, own, tool):
    prefix = ["/bin/busybox"] if tool == "busybox" else []
    with gesture("CreateAlias"):
        own.run(*prefix, "ln", "-s", "2", own.path / "hello/LIVE", check=True)
    own.run(*prefix, "rm", own.path / "hello/LIVE", check=True)
    own.unmount()
    assert "LIVE" not in aws.aliases_of(api, "hello")


def test_an_ordinary_user_backs_up(own):
    for run_number in (1, 2):
        result = own.run("rsync", "-ai", f"{own.path}/", own.directory / "backup/", check=True)
    assert result.stdout == "", run_number
    shown = own.run("cat", own.path / "hello/1/environment.json", check=True)
    assert shown.stdout


def test_an_ordinary_user_is_refused_inside_versions(api, gesture, own):
    with gesture():
        for command in (
            ["ln", "-s", "2", own.path / "hello/PROD"],
            ["touch", own.path / "hello/1/new"],
            ["rm", "-f", own.path / "hello/1/configuration.json"],
            ["mkdir", own.path / "hello/1/new"],
        ):
            assert not own.run(*command).ok
    assert aws.alias_version(api, "hello", "PROD") == "1"


@pytest.mark.semantics("1.6.3")
def test_strangers_see_nothing_without_allow_other(own, ordinary_user):
    if not ordinary_user.root_prefix:
        pytest.skip("needs root, to become another user")
    inside = ordinary_user.root_prefix
    assert not run(*inside, *OrdinaryUser.drop_to(12345), "ls", own.path).ok
    assert not run(*inside, "ls", own.path).ok, "the kernel keeps even root out"


@pytest.fixture
def shared(hello, api, make_mount):
    if os.getuid() != 0:
        pytest.skip("needs root: ordinary users may not use allow_other")
    api.update_function_configuration(
        FunctionName=hello, Environment={"Variables": {"TOKEN": "swordfish"}}
    )
    mount = make_mount(None, "allow_other")
    # The directory above is ours alone to write in, but all may pass through it.
    mount.directory.chmod(0o755)
    return mount


def stranger(mount, *argv):
    return mount.run(*OrdinaryUser.drop_to(12345), *argv)


@pytest.mark.semantics("1.6.2")
def test_others_may_read_but_for_secrets(shared):
    function = shared.path / "hello"
    assert stranger(shared, "ls", "-l", function).ok
    assert stranger(shared, "readlink", function / "PROD").stdout == "1\n"
    assert stranger(shared, "cat", function / "PROD/configuration.json").ok
    result = stranger(shared, "cat", function / "$LATEST/environment.json")
    assert not result.ok and "Permission denied" in result.stderr
    assert "swordfish" not in result.stdout
    assert "swordfish" in (function / "$LATEST/environment.json").read_text()


@pytest.mark.semantics("1.6.2")
def test_others_end_no_grace(hello, gesture, make_mount):
    """fsync of a directory carries out what is pending there: not for other users."""
    if os.getuid() != 0:
        pytest.skip("needs root: ordinary users may not use allow_other")
    mount = make_mount(None, "allow_other", delete_grace=20)
    mount.directory.chmod(0o755)
    function = mount.path / hello
    with gesture("UpdateAlias"):
        mount.run("rm", function / "PROD", check=True)
        assert stranger(mount, "sync", function).ok
        mount.run("ln", "-s", "2", function / "PROD", check=True)


@pytest.mark.semantics("1.6.2", "1.6.4")
def test_others_may_change_nothing(api, gesture, shared):
    function = shared.path / "hello"
    # What was remembered of a mode or an owner grants nothing.
    shared.run("chmod", "777", function, check=True)
    shared.run("chown", "12345", function, check=True)
    with gesture():
        for command in (
            ["ln", "-sfn", "2", function / "PROD"],
            ["ln", "-sf", "2", function / "PROD"],
            ["ln", "-s", "2", function / "LIVE"],
            ["/bin/busybox", "ln", "-sfn", "2", function / "PROD"],
            ["rm", "-f", function / "PROD"],
            ["mv", "-T", function / "PROD", function / "LIVE"],
            ["mkdir", function / "+"],
            ["sh", "-c", f"echo > {shared.path}/.aliasfs/refresh"],
            ["touch", "-h", function / "PROD"],
        ):
            result = stranger(shared, *command)
            assert not result.ok, str(result)
    assert aws.aliases_of(api, "hello") == {"PROD": "1", "BETA": "2", "DEV": "$LATEST"}


@pytest.fixture
def written(hello, api, make_mount):
    """What `shared` is, where everything can be written and invoked; gives the mount."""
    if os.getuid() != 0:
        pytest.skip("needs root: ordinary users may not use allow_other")
    api.update_function_configuration(
        FunctionName=hello, Environment={"Variables": {"TOKEN": "swordfish"}}
    )
    mount = make_mount(None, "allow_other", allow_update=True, allow_invoke=True, documents=True)
    mount.directory.chmod(0o755)
    return mount


def cat(mount, path, group):
    """What another user reads there, who is in the mounting user's group or not."""
    drop = OrdinaryUser.drop_to(12345)
    if group:
        drop = ["setpriv", "--reuid=12345", f"--regid={os.getgid()}", "--clear-groups"]
    return mount.run(*drop, "cat", path)


# How tools leave a private document's text beside it; {doc} is its name.
COPIES = {
    "cp": "cp {doc} {doc}.save",
    "cp -p": "cp -p {doc} {doc}.save",
    "install": "install -m 644 {doc} {doc}.save",
    "chmod": "cp {doc} {doc}.save; chmod 644 {doc}.save",
    "sed -i.save": "sed -i.save s/nothing/else/ {doc}",
    "cp -b": "cat {doc} > $T; cp --suffix=.save -b $T {doc}",
    "umask": "umask 0; cat {doc} > {doc}.save",
    "vim": "umask 0; cat {doc} > .{doc}.swp; mv .{doc}.swp {doc}.save",
}


@pytest.mark.semantics("1.6.2", "6.1.5", "6.2.2")
@pytest.mark.parametrize("document", ["$LATEST/environment.json", ".aliases/PROD/policy.json"])
@pytest.mark.parametrize("way", COPIES)
def test_others_read_no_drafts(api, hello, written, scratch, document, way):
    """A tool's copy of a private document is as private as the document, whatever mode the tool asks for."""
    api.add_permission(
        FunctionName=hello, Qualifier="PROD", StatementId="swordfish", Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    path = written.path / hello / document
    copy = path.with_name(path.name + ".save")
    script = f"T={scratch}/copy; export T; {COPIES[way].format(doc=path.name)}"
    written.run("/bin/sh", "-ec", script, cwd=path.parent, check=True)
    for group in (False, True):
        for each in (copy, path):
            result = cat(written, each, group)
            assert "ermission denied" in result.stderr and not result.stdout, (each, result)
    assert "swordfish" in copy.read_text()
    assert stat.S_IMODE(copy.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.semantics("1.6.2", "6.1.5")
def test_others_read_no_document_that_is_hidden_or_open(hello, written):
    """Nor what has lost its name while someone has it open."""
    path = written.path / hello / "$LATEST/environment.json"
    draft = path.with_name(".draft")
    draft.write_text("swordfish")
    with open(draft) as file:
        links = [f"/proc/{os.getpid()}/fd/{file.fileno()}"]
        draft.unlink()
        path.unlink()
        for each in [draft, path, *links]:
            for group in (False, True):
                result = cat(written, each, group)
                assert not result.ok and "swordfish" not in result.stdout, result
        assert file.read() == "swordfish"


@pytest.mark.semantics("1.6.2", "6.2.3", "7.1.2")
def test_others_write_no_documents(api, hello, gesture, written):
    function = written.path / hello
    listed = {
        path: os.listdir(function / path) for path in ("$LATEST", ".function", ".aliases/PROD")
    }
    names = [f"{path}/{name}" for path in listed for name in [*listed[path], ".draft.json", ".invoke"]]
    names.remove(".function/.invoke")  # a draft of that name
    for path in listed:
        (function / path / ".draft.json").write_text("{}")
        (function / path / ".other.json").write_text("{}")
    with gesture():
        for name in [*names, "$LATEST/code.zip", ".aliases/PROD/.history"]:
            before = written.run("cat", function / name).stdout if "invoke" not in name else None
            for script in (
                'echo "{}" > "$1"',
                'echo >> "$1"',
                'truncate -s 0 "$1"',
                'rm -f "$1"',
                'mv "$1" "$1~"',
                'echo "{}" > "${1%/*}/.new.json"',
                'mv "${1%/*}/.other.json" "$1"',
                'touch "$1"',
            ):
                result = stranger(written, "sh", "-c", script, "sh", function / name)
                assert not result.ok and "ermission denied" in result.stderr, (name, result)
            if before is not None:
                assert written.run("cat", function / name).stdout == before
        result = stranger(written, "sh", "-c", 'exec 3<>"$1"; echo >&3; cat <&3', "sh", function / "1/.invoke")
        assert not result.ok and "ermission denied" in result.stderr, result
    for path, names in listed.items():
        assert os.listdir(function / path) == names
