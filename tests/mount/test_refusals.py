# SPDX-License-Identifier: MIT
"""Tools that are refused something and go on: nothing they were not allowed to replace is lost."""

import os
import signal
import subprocess
import sys
import time

import pytest

from lib import aws
from lib.calls import fsync_directory
from lib.faultproxy import delay
from lib.process import environment, wait_for

pytestmark = pytest.mark.quick_sanitized

# shutil.rmtree as Python 3.13 does it: the links of a directory first, then its directories, the last one first.
# TemporaryDirectory does the same and tries once more what is "Operation not permitted".
RMTREE = """
import os, sys

ignores, paths = sys.argv[1] == "ignoring", sys.argv[2:]

def refused(error):
    if not ignores:
        raise error

def enter(path, descriptor):
    directories = []
    with os.scandir(descriptor) as entries:
        entries = list(entries)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            directories.append(entry.name)
            continue
        try:
            os.unlink(entry.name, dir_fd=descriptor)
        except PermissionError as error:
            try:
                os.unlink(entry.name, dir_fd=descriptor)
            except OSError as error:
                refused(error)
        except FileNotFoundError:
            pass
        except OSError as error:
            refused(error)
    for name in reversed(directories):
        remove(name, descriptor)

def remove(name, directory=None):
    try:
        os.lstat(name, dir_fd=directory)
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=directory)
        try:
            enter(name, descriptor)
        finally:
            os.close(descriptor)
        os.rmdir(name, dir_fd=directory)
    except OSError as error:
        refused(error)

for path in paths:
    remove(path)
"""


def everything(api):
    """{function: {alias: what it is}} of the account."""
    found = {}
    for page in api.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            pages = api.get_paginator("list_aliases").paginate(FunctionName=name)
            found[name] = {each["Name"]: each for page in pages for each in page["Aliases"]}
    return found


def shown(function):
    return {name: os.readlink(function / name) for name in os.listdir(function) if (function / name).is_symlink()}


@pytest.fixture
def three(api):
    """The functions fn, gn and hn, each with PROD -> 1, BETA -> 2 and DEV -> $LATEST."""
    for name in ("fn", "gn", "hn"):
        aws.create_function(
            api, name, versions=2, aliases={"PROD": 1, "BETA": 2, "DEV": "$LATEST"}
        )
    api.update_alias(
        FunctionName="fn", Name="PROD", RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}}
    )
    return ("fn", "gn", "hn")


# --- recursive removals that come to the links first ----------------------------------------------


@pytest.mark.parametrize("manner", ["ignoring", "stopping"])
@pytest.mark.parametrize(
    "options",
    [{}, {"allow_version_delete": True}, {"delete_grace": 1}, {"allow_update": True, "documents": True}],
    ids=str,
)
@pytest.mark.parametrize("whole", [True, False], ids=["mount", "functions"])
@pytest.mark.semantics("3.1.1", "3.1.2", "3.1.4")
def test_links_first_and_versions_then(api, plane, three, make_mount, manner, options, whole):
    mount = make_mount(None, **{"delete_grace": 5, **options})
    before = everything(api)
    paths = [mount.path] if whole else [mount.path / name for name in three]
    with plane.recording() as record:
        for path in paths:
            mount.run(sys.executable, "-c", RMTREE, manner, path)
        mount.unmount()
    assert record.write_calls == {}, str(record)
    assert everything(api) == before


def test_a_temporary_directory_around_a_mount(api, plane, three, make_mount):
    """The directory that is removed is above the mountpoint; the mount is busy, and stays."""
    mount = make_mount()
    before = everything(api)
    with plane.recording() as record:
        result = mount.run(sys.executable, "-c", RMTREE, "ignoring", mount.path.parent)
        mount.unmount()
    assert result.ok and record.writes == [], f"{result}\n{record}"
    assert everything(api) == before


@pytest.mark.semantics("3.1.1", "3.1.2")
def test_slow_answers_between_the_links_and_the_versions(api, plane, proxy, three, make_mount):
    """Every look takes longer than the grace: it does not run out while the removal waits for one."""
    mount = make_mount(endpoint_url=proxy.url, ttl=0, delete_grace=0.1)
    before = everything(api)
    os.listdir(mount.path)
    proxy.rule(delay(0.3), method="GET")
    with plane.recording() as record:
        mount.run(sys.executable, "-c", RMTREE, "ignoring", mount.path / "fn")
        mount.unmount()
    assert record.writes == [], str(record)
    assert everything(api) == before


@pytest.mark.parametrize("operation", ["a look", "a change"])
@pytest.mark.semantics("2.0.2", "2.4.5")
def test_a_slow_process_in_between_costs_no_alias(
    api, plane, proxy, three, make_mount, operation
):
    """The kernel lets one at a time into a directory: a SYMLINK waits for what a colleague does there."""
    mount = make_mount(endpoint_url=proxy.url, delete_grace=2, ttl=0 if operation == "a look" else 5)
    function = mount.path / "fn"
    os.listdir(function)
    os.unlink(function / "PROD%25")
    fsync_directory(function)
    slow = {
        "a look": ["stat", function / "ABSENT"],
        "a change": ["ln", "-sfn", "2", function / "DEV"],
    }[operation]
    with plane.recording() as record:
        os.unlink(function / "PROD")
        calls = proxy.count()
        proxy.rule(delay(4), method="GET" if operation == "a look" else "PUT", times=1)
        colleague = subprocess.Popen([*map(str, slow)], stderr=subprocess.DEVNULL)
        wait_for(lambda: proxy.count() > calls, 5, "the colleague's call")
        os.symlink("2", function / "PROD")
        colleague.wait()
        fsync_directory(function)
    assert "DeleteAlias" not in record.writes and "CreateAlias" not in record.writes, str(record)
    assert aws.alias_version(api, "fn", "PROD") == "2"


@pytest.mark.semantics("2.0.2", "2.4.5", "3.1.2")
def test_a_tool_removes_all_links_before_it_makes_the_first(plane, proxy, make_mount, scratch):
    """git apply: with slow answers the last link is made long after the first alias was removed."""
    functions = [f"f{number}" for number in range(6)]
    for function in functions:
        aws.create_function(plane.api, function, versions=2, aliases={"PROD": 1})
    patch = "".join(
        f"diff --git a/{each}/PROD b/{each}/PROD\nindex 56a6051..d8263ee 120000\n--- a/{each}/PROD\n+++ b/{each}/PROD\n"
        "@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"
        for each in functions
    )
    (scratch / "patch").write_text(patch)
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    proxy.rule(delay(0.3))
    with plane.recording() as record:
        mount.run("git", "apply", scratch / "patch", cwd=mount.path, check=True)
        mount.unmount()
    assert record.writes == ["UpdateAlias"] * len(functions), str(record)


# Tools that unlink an alias and are then refused by the kernel, or by this mount under another name; $W/PROD is a link.
AFTER_THE_UNLINK = {
    "cp -l": "cp -alf $W/PROD .",  # link(2) across devices is none of this mount's requests
    "rsync of a file": "rm $W/PROD && echo 2 > $W/PROD && rsync -a $W/PROD .",
    "busybox ln that is killed": (
        "strace -o $W/trace -e trace=symlink,symlinkat -e inject=symlink,symlinkat:signal=KILL"
        " busybox ln -sfn 2 PROD"
    ),
    "tar that is killed": (
        "tar -C $W -cf $W/a.tar PROD && strace -o $W/trace -e trace=symlink,symlinkat"
        " -e inject=symlink,symlinkat:signal=KILL:when=2 tar -xf $W/a.tar"
    ),
}


@pytest.mark.parametrize("tool", AFTER_THE_UNLINK)
@pytest.mark.parametrize("grace", [0.5, 0])
@pytest.mark.semantics("2.4.4", "2.4.20")
def test_a_tool_that_fails_after_its_unlink_leaves_the_alias(
    api, plane, three, make_mount, scratch, tool, grace
):
    mount = make_mount(delete_grace=grace)
    before = everything(api)
    os.symlink("2", scratch / "PROD")
    with plane.recording() as record:
        result = mount.run(
            "/bin/sh",
            "-c",
            AFTER_THE_UNLINK[tool],
            cwd=mount.path / "fn",
            env=environment(W=scratch),
        )
        mount.unmount()
    assert not result.ok
    # With a grace of 0 rsync's UNLINK is the delete itself.
    assert record.writes == (["DeleteAlias"] if (tool, grace) == ("rsync of a file", 0) else []), str(record)
    assert record.writes or everything(api) == before


@pytest.mark.semantics("2.4.1", "2.4.20")
@pytest.mark.parametrize("option", ["--remove-files", "--remove"])
def test_tar_removes_what_it_was_told_to(plane, three, mount, scratch, option):
    with plane.recording() as record:
        mount.run("tar", option, "-cf", scratch / "a.tar", "BETA", cwd=mount.path / "fn", check=True)
        mount.unmount()
    assert record.writes == ["DeleteAlias"], str(record)


@pytest.mark.semantics("2.0.2", "2.4.5")
def test_a_mount_that_was_stopped_finds_the_link_that_waits(plane, three, mount):
    """A machine that stands still between a tool's UNLINK and its SYMLINK: both programs, for longer than the grace."""
    function = mount.path / "fn"
    os.listdir(function)
    with plane.recording() as record:
        os.unlink(function / "PROD")
        os.kill(mount.service.pid, signal.SIGSTOP)
        tool = subprocess.Popen(["ln", "-s", "2", function / "PROD"])
        time.sleep(1.5)  # longer than a grace, and than it may be late
        os.kill(mount.service.pid, signal.SIGCONT)
        assert tool.wait() == 0
        fsync_directory(function)
    assert record.writes == ["UpdateAlias"], str(record)


@pytest.mark.semantics("3.1.2")
def test_many_links_come_before_the_first_version(api, plane, make_mount):
    """While a process goes on removing in a function, the first of its removals waits for the last."""
    aws.create_function(api, "fn", versions=1, aliases={f"A{number:02}": 1 for number in range(20)})
    mount = make_mount(delete_grace=2)
    before = everything(api)
    script = (
        "import os, sys, time\n"
        "os.chdir(sys.argv[1])\n"
        "for name in sorted(os.listdir('.')):\n"
        "    if os.path.islink(name):\n"
        "        os.unlink(name)\n"
        "        time.sleep(0.15)\n"
        "try: os.unlink('1/configuration.json')\n"
        "except OSError: pass\n"
    )
    with plane.recording() as record:
        mount.run(sys.executable, "-c", script, mount.path / "fn", check=True)
        mount.unmount()
    assert record.writes == [], str(record)
    assert everything(api) == before


@pytest.mark.semantics("3.1.5")
def test_others_who_remove_are_not_kept_from_it(plane, three, mount):
    """rm BETA, then another process is refused: BETA goes. So does what the refused one removes elsewhere."""
    script = (
        "import os, sys\n"
        "os.chdir(sys.argv[1])\n"
        "os.unlink('gn/BETA'); os.unlink('fn/DEV')\n"
        "try: os.unlink('fn/1/configuration.json')\n"
        "except OSError: pass\n"
    )
    with plane.recording() as record:
        mount.run("rm", mount.path / "fn/BETA", check=True)
        mount.run(sys.executable, "-c", script, mount.path, check=True)
        fsync_directory(mount.path)
    changes = sorted(map(str, record.changes))
    assert [line.split(" ")[:2] for line in changes] == [
        ["DeleteAlias", "fn:BETA"],
        ["DeleteAlias", "gn:BETA"],
    ]
    assert shown(mount.path / "fn").keys() == {"PROD", "PROD%25", "DEV"}


@pytest.mark.semantics("3.1.3")
def test_what_was_removed_before_the_refusal_can_still_be_replaced(plane, three, mount):
    script = (
        "import os, sys\n"
        "os.chdir(sys.argv[1])\n"
        "os.unlink('BETA')\n"
        "try: os.unlink('1/configuration.json')\n"
        "except OSError: pass\n"
        "os.symlink('1', 'BETA')\n"
    )
    with plane.recording() as record:
        mount.run(sys.executable, "-c", script, mount.path / "fn", check=True)
        fsync_directory(mount.path)
    assert record.writes == ["UpdateAlias"]


# --- a name that is to be replaced by what cannot be there ------------------------------------------

REPLACERS = {
    "rsync -aL": 'rsync -aL "$M/" "$T/bk/"; rsync -a "$T/bk/" "$M/"; rsync -a --force "$T/bk/" "$M/"',
    "mkdir": 'cd "$M/fn"; rm PROD && mkdir PROD',
    "mkdir -p": 'cd "$M/fn"; rm PROD && mkdir -p PROD/sub',
    "toybox cp": 'cp -rL "$M/." "$T/bk"; toybox cp -rf "$T/bk/fn/PROD" "$M/fn/"',
    "cp -r": 'cp -rL "$M/." "$T/bk"; cp -rT --remove-destination "$T/bk/fn/PROD" "$M/fn/PROD"',
    "mkfifo": 'cd "$M/fn"; rm PROD && mkfifo PROD',
    "touch": 'cd "$M/fn"; rm PROD && touch PROD',
    "ln": 'cd "$M/fn"; rm PROD && ln -P BETA PROD',
    "ln -s nowhere": 'cd "$M/fn"; rm PROD && ln -s 99 PROD',
    "ln -s weight": 'cd "$M/fn"; rm PROD%25 && ln -s 99 PROD%25',
    "mkdir weight": 'cd "$M/fn"; rm PROD%25 && mkdir PROD%25',
    "mv from outside": 'echo x > "$T/file"; cd "$M/fn"; rm PROD && mv "$T/file" PROD',
    "tar": 'cp -rL "$M/fn/1" "$T/PROD"; tar -C "$T" -cf "$T/t" PROD; tar -C "$M/fn" --recursive-unlink -xf "$T/t"',
    "git checkout": 'git init -q "$T/r"; mkdir "$T/r/PROD"; echo 1 > "$T/r/PROD/file"; cd "$T/r"; git add -A;'
    ' git commit -qm x; cd "$M/fn"; git -c safe.directory=* --git-dir="$T/r/.git" --work-tree=. checkout -f master -- .',
}


@pytest.mark.parametrize("replacer", REPLACERS)
@pytest.mark.semantics("2.0.12", "2.4.3", "2.4.4")
def test_a_name_that_could_not_be_replaced_is_back(
    api, plane, three, make_mount, scratch, replacer
):
    mount = make_mount(delete_grace=20)  # ends when the test says so, however slow the shell is
    before = everything(api)
    links = {name: shown(mount.path / name) for name in three}
    environment = aws.credentials_environment(
        scratch,
        M=mount.path,
        T=scratch,
        GIT_AUTHOR_NAME="T",
        GIT_AUTHOR_EMAIL="t@example.org",
        GIT_COMMITTER_NAME="T",
        GIT_COMMITTER_EMAIL="t@example.org",
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0="init.defaultBranch",
        GIT_CONFIG_VALUE_0="master",
    )
    with plane.recording() as record:
        mount.run("/bin/sh", "-c", REPLACERS[replacer], env=environment, cwd=scratch)
        assert {name: shown(mount.path / name) for name in three} == links
        fsync_directory(mount.path)
    assert record.writes == [], f"{replacer}: {record}"
    assert everything(api) == before
    assert {name: shown(mount.path / name) for name in three} == links


@pytest.mark.parametrize("source", ["../gn/BETA", ".aliases/BETA/x", ".aliases/BETA/description", "1"])
@pytest.mark.semantics("2.0.12", "2.4.3")
def test_a_rename_from_elsewhere_brings_a_hidden_name_back(
    api, plane, three, make_mount, source
):
    mount = make_mount(delete_grace=20)
    before = everything(api)
    links = shown(mount.path / "fn")
    (mount.path / "fn/.aliases/BETA/x").write_text("draft")
    with plane.recording() as record:
        os.chdir(mount.path / "fn")
        try:
            os.unlink("PROD")
            with pytest.raises(PermissionError):
                os.rename(source, "PROD")
            assert shown(mount.path / "fn") == links
        finally:
            os.chdir("/")
        fsync_directory(mount.path)
    assert record.writes == [] and everything(api) == before


# --- a move that was refused --------------------------------------------------------------------------


@pytest.mark.parametrize("destination", ["gn/MOVED", "fn/was.here", "MOVED", "fn/.aliases/BETA/x"])
@pytest.mark.parametrize("source", ["PROD", "PROD%25"])
@pytest.mark.semantics("3.0.8")
def test_what_could_not_be_moved_is_not_copied_and_removed(
    api, plane, three, mount, source, destination
):
    before = everything(api)
    script = "import shutil, sys; shutil.move(sys.argv[1], sys.argv[2])"
    with plane.recording() as record:
        result = mount.run(
            sys.executable, "-c", script, mount.path / "fn" / source, f"{mount.path}/{destination}"
        )
        fsync_directory(mount.path)
    assert not result.ok and "Operation not permitted" in result.stderr, str(result)
    assert record.writes == [] and everything(api) == before


@pytest.mark.semantics("3.0.8")
def test_a_refused_move_keeps_others_from_nothing(plane, three, mount):
    """The refusal holds for the process that was refused, for that alias, and for a second."""
    script = (
        "import os, sys, time\n"
        "os.chdir(sys.argv[1])\n"
        "for number in range(2):\n"
        "    try: os.rename('fn/PROD', 'gn/MOVED')\n"
        "    except PermissionError: pass\n"
        "os.unlink('fn/BETA')\n"
        "for number in range(2):\n"
        "    try: os.unlink('fn/PROD')\n"
        "    except PermissionError: print('refused')\n"
        "time.sleep(1.1)\n"
        "os.unlink('fn/DEV')\n"
        "os.unlink('fn/PROD')\n"
        "os.symlink('2', 'gn/MOVED')\n"
    )
    with plane.recording() as record:
        result = mount.run(sys.executable, "-c", script, mount.path, check=True)
        fsync_directory(mount.path)
    assert result.lines == ["refused", "refused"]
    assert sorted(change.operation for change in record.changes) == ["CreateAlias"] + ["DeleteAlias"] * 3
