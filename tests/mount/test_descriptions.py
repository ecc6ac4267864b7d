# SPDX-License-Identifier: MIT
"""What links cannot say: .aliases/NAME/description, written by every kind of editor as one UpdateAlias."""

import errno
import os
import subprocess

import pytest

from lib import aws
from lib.process import wait_for

EDITORS = {
    "shell >": ("printf '%s\\n' 'new words' > description", "new words"),
    "shell >>": ("printf '%s\\n' 'new words' >> description", "old words\nnew words"),
    "cp": ("printf 'new words\\n' > \"$T/text\" && cp \"$T/text\" description", "new words"),
    "cp -b": ("printf 'new words\\n' > \"$T/text\" && cp -b \"$T/text\" description", "new words"),
    "rsync": ("printf 'new words\\n' > \"$T/description\" && rsync -a \"$T/description\" .", "new words"),
    "rsync --inplace": (
        "printf 'new words\\n' > \"$T/description\" && rsync -a --inplace \"$T/description\" .",
        "new words",
    ),
    "sed -i": ("sed -i s/old/new/ description", "new words"),
    "busybox sed -i": ("busybox sed -i s/old/new/ description", "new words"),
    "perl -pi": ("perl -pi -e s/old/new/ description", "new words"),
    "truncate": ("truncate -s 3 description", "old"),
    "vim": ("HOME=$T vim -es -u NONE -c '%s/old/new/' -c wq description </dev/null", "new words"),
    "vim backup": (
        "HOME=$T vim -es -u NONE --cmd 'set backup' -c '%s/old/new/' -c wq description </dev/null",
        "new words",
    ),
    "nano": (
        # cut the line, type, leave
        "printf '\\013new words\\030' |"
        " TERM=xterm HOME=$T script -qec 'nano --ignorercfiles --saveonexit description' /dev/null",
        "new words",
    ),
}


@pytest.fixture
def mount(make_mount):
    """What is removed is not there for long enough to see it."""
    return make_mount(delete_grace=2)


@pytest.fixture
def place(api, hello, mount):
    api.update_alias(
        FunctionName=hello,
        Name="PROD",
        Description="old words",
        RoutingConfig={"AdditionalVersionWeights": {"3": 0.25}},
    )
    return mount.path / hello / ".aliases/PROD"


def alias(api):
    found = api.get_alias(FunctionName="hello", Name="PROD")
    return found["FunctionVersion"], found.get("RoutingConfig"), found["Description"]


@pytest.mark.parametrize("editor", EDITORS)
@pytest.mark.semantics("3.4.2")
def test_each_editor_makes_one_update(api, gesture, place, mount, scratch, editor):
    script, wanted = EDITORS[editor]
    version, routing, _ = alias(api)
    temporary = scratch / "t"
    temporary.mkdir()
    with gesture("UpdateAlias"):
        mount.run("/bin/sh", "-c", f'T="{temporary}"; {script}', cwd=place, check=True)
        # A truncation is sent at RELEASE, which close(2) does not wait for.
        wait_for(lambda: alias(api)[2] == wanted, 20, "the description is sent")
    assert alias(api) == (version, routing, wanted)
    shown = (place / "description").read_text()
    assert shown.rstrip("\n") == wanted
    assert (place / "description").stat().st_size == len(shown.encode())


@pytest.mark.semantics("3.4.1")
def test_reading_it(place):
    text = (place / "description").read_text()
    assert text.rstrip("\n") == "old words"
    assert os.listdir(place) == ["description"]
    assert "PROD" in os.listdir(place.parent)


@pytest.mark.semantics("3.0.17")
def test_too_long_is_efbig_and_changes_nothing(api, gesture, place, mount):
    with gesture():
        result = mount.run(
            "/bin/sh", "-c", "printf '%0300d' 0 > description", cwd=place
        )
        assert not result.ok  # the shell's printf only says "I/O error"
        result = mount.run("/usr/bin/tee", "description", cwd=place, input="x" * 300)
        assert not result.ok and "File too large" in result.stderr
    assert alias(api)[2] == "old words"
    assert (place / "description").read_text().rstrip("\n") == "old words"
    with gesture("UpdateAlias"):
        (place / "description").write_text("ü" * 256)
    assert alias(api)[2] == "ü" * 256


@pytest.mark.semantics("3.4.4")
def test_every_change_changes_the_time(place):
    """Two texts of one length written in one second: size and time tools must see the change."""
    seen = set()
    for text in ("abc", "abd", "xyz"):
        (place / "description").write_text(text)
        seen.add(int((place / "description").stat().st_mtime))
    assert len(seen) == 3


@pytest.mark.semantics("3.4.5", "6.8.1")
def test_it_cannot_be_removed(gesture, place):
    with gesture():
        os.unlink(place / "description")
        assert not (place / "description").exists()
        wait_for((place / "description").exists)
    assert (place / "description").read_text() == "old words\n"


def test_other_names_are_refused(gesture, place):
    with gesture():
        for attempt in (
            lambda: os.mkdir(place / "sub"),
            lambda: os.mkdir(place.parent / "NEW"),
        ):
            with pytest.raises(PermissionError) as caught:
                attempt()
            assert caught.value.errno == errno.EPERM
    assert (place / "description").read_text() == "old words\n"


@pytest.mark.semantics("3.4.3")
def test_other_files_are_drafts_that_never_reach_aws(gesture, place):
    with gesture():
        (place / "note").write_text("x" * 300)
        assert (place / "note").read_text() == "x" * 300
        assert os.listdir(place) == ["description"]
        os.unlink(place / "note")
        assert not (place / "note").exists()


def test_a_backup_restores_it(api, hello, place, mount, scratch):
    backup = scratch / "backup"
    mount.run("rsync", "-a", f"{place.parent.parent}/", f"{backup}/", check=True)
    (place / "description").write_text("changed")
    mount.run("rsync", "-a", f"{backup}/", f"{place.parent.parent}/", check=True)
    wait_for(lambda: alias(api)[2] == "old words", 5, "the old words are back")


def test_it_survives_a_remap(api, place, mount):
    mount.run("ln", "-sfn", "2", "PROD", cwd=place.parent.parent, check=True)
    assert alias(api) == ("2", None, "old words")
    assert aws.alias_version(api, "hello", "PROD") == "2"


# --- a colleague at the same time -----------------------------------------------------------------


def theirs(api, text="theirs"):
    api.update_alias(FunctionName="hello", Name="PROD", Description=text)


WAYS_TO_OPEN = {
    "w": lambda path: open(path, "w"),
    "a": lambda path: open(path, "a"),
    "r+": lambda path: open(path, "r+"),
    "O_CREAT": lambda path: os.open(path, os.O_WRONLY | os.O_CREAT),
    "truncate": lambda path: os.truncate(path, 0),
}


@pytest.mark.parametrize("way", WAYS_TO_OPEN)
@pytest.mark.parametrize("seen", ["read", "known"])
@pytest.mark.semantics("3.4.2")
def test_a_description_that_a_colleague_changed_is_not_opened(api, gesture, place, way, seen):
    path = place / "description"
    if seen == "read":
        assert path.read_text() == "old words\n"
    else:
        path.stat()
    theirs(api)
    with gesture():
        with pytest.raises(OSError) as refused:
            WAYS_TO_OPEN[way](path)
        assert refused.value.errno == errno.EREMCHG
    assert alias(api)[2] == "theirs"
    assert path.read_text() == "theirs\n"
    with gesture("UpdateAlias"):
        path.write_text("mine\n")
    assert alias(api)[2] == "mine"


def in_this_session(script):
    """mount.run() begins a session of its own, whose base is not that of this process."""
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True)


@pytest.mark.semantics("3.4.2")
def test_a_shell_hears_of_it_and_only_reading_helps(api, gesture, hello, make_mount):
    """Also when what was read is long out of date for the mount itself."""
    theirs(api, "old words")
    mount = make_mount(ttl=0)
    path = mount.path / hello / ".aliases/PROD/description"
    assert path.read_text() == "old words\n"
    theirs(api)
    for _ in range(2):
        with gesture():
            result = in_this_session(f"echo mine > {path}")
        assert result.returncode and "Remote address changed" in result.stderr, result
    assert "read it again" in (mount.path / ".aliasfs/errors").read_text()
    assert not in_this_session(f"cat {path}").returncode
    for text in ("mine", "mine again"):
        with gesture("UpdateAlias"):
            assert not in_this_session(f"echo {text} > {path}").returncode
        assert alias(api)[2] == text


@pytest.mark.semantics("3.4.2")
def test_who_never_read_it_overwrites(api, gesture, hello, make_mount):
    mount = make_mount(ttl=0)
    path = mount.path / hello / ".aliases/PROD/description"
    theirs(api)
    with gesture("UpdateAlias"):
        mount.run("sh", "-c", f"echo mine > {path}", check=True)
    assert alias(api)[2] == "mine"


@pytest.mark.semantics("3.4.2")
def test_a_colleague_who_moved_the_alias_alone_is_in_no_way(api, gesture, place):
    assert (place / "description").read_text() == "old words\n"
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="2")
    with gesture("UpdateAlias"):
        (place / "description").write_text("mine\n")
    assert alias(api)[0] == "2" and alias(api)[2] == "mine"


# --- drafts ---------------------------------------------------------------------------------------


@pytest.mark.semantics("3.4.3")
def test_a_draft_that_is_open_follows_its_name(gesture, place):
    with gesture():
        with open(place / ".one", "w") as draft:
            os.rename(place / ".one", place / ".two")
            draft.write("words\n")
        assert (place / ".two").read_text() == "words\n"
        with open(place / ".three", "w") as draft:
            os.unlink(place / ".three")
            draft.write("words\n")
        assert not (place / ".three").exists()


@pytest.mark.semantics("3.4.3")
def test_what_can_no_longer_be_kept_is_an_error(api, gesture, place):
    """Written to a draft that has become the description meanwhile."""
    with gesture("UpdateAlias"):
        draft = os.open(place / ".draft", os.O_WRONLY | os.O_CREAT)
        os.write(draft, b"words\n")
        os.fsync(draft)
        os.rename(place / ".draft", place / "description")
        with pytest.raises(OSError) as refused:
            os.write(draft, b"more\n")
        assert refused.value.errno == errno.ENOENT
        os.close(draft)
    assert alias(api)[2] == "words"


@pytest.mark.semantics("3.4.3")
def test_drafts_are_bounded(gesture, place):
    """16 MiB in memory: 256 drafts of 64 KiB, and there are no more drafts either."""
    files = []
    with gesture():
        try:
            with pytest.raises(OSError) as refused:
                for number in range(300):
                    files.append(os.open(place / f".draft{number}", os.O_WRONLY | os.O_CREAT))
                    os.write(files[-1], bytes(64 * 1024))
                    os.fsync(files[-1])
            assert refused.value.errno == errno.ENOSPC
            assert len(files) == 256
        finally:
            for file in files:
                os.close(file)
        for number in range(len(files)):
            os.unlink(place / f".draft{number}")
        (place / ".draft").write_bytes(bytes(64 * 1024))
