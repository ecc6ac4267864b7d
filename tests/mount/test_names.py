# SPDX-License-Identifier: MIT
"""Names that look like those which tools make up: every tool and every alias name (fs/SEMANTICS.md, 2.2).

No tool has a name in its command line here: it finds them in a directory, an archive or a file.
"""

import errno
import os
import shutil

import pytest

from lib import aws
from lib.process import run, wait_for

LINK_NAMES = ["Currency", "api_stable", "app_canary", "tmpab_12345"]

# Each makes the links of $W/links (a directory of them) in the working directory.
MAKERS = {
    "python": 'python3 "$W/make.py" "$W/links"',
    "perl": 'perl "$W/make.pl" "$W/links"',
    "a script called ln": '"$W/ln" "$W/links"',
    "a script called cp": '"$W/cp" "$W/links"',
    "rsync": 'rsync -a "$W/links/" .',
    "cp": 'cp -a "$W/links/." .',
    "busybox cp": 'busybox cp -a "$W/links/." .',
    "toybox cp": 'cd "$W" && toybox cp -a links/. "$M"',
    "tar": 'tar -xf "$W/links.tar"',
    "busybox tar": 'busybox tar -xf "$W/links.tar"',
    "toybox tar": 'toybox tar -xf "$W/links.tar"',
    "cpio": 'cpio --quiet -iu < "$W/links.cpio"',
    "git": 'git -c safe.directory=* --git-dir="$W/repository" --work-tree=. checkout -q -f',
}
# Whose names a maker makes up itself, beside Python's, which anybody may: an alias of such a name comes later.
HELD = {"cp": ["Currency"]}

MAKE = """import os, sys
for name in os.listdir(sys.argv[1]):
    os.symlink(os.readlink(f"{sys.argv[1]}/{name}"), name)
"""
MAKE_PERL = """opendir(my $d, $ARGV[0]) or die $!;
for my $name (grep { -l "$ARGV[0]/$_" } readdir $d) { symlink(readlink("$ARGV[0]/$name"), $name) or die $!; }
"""
PREPARE = """cd "$W" && tar -C links -cf links.tar . && (cd links && ls -A | cpio --quiet -o -H newc) > links.cpio &&
export GIT_CONFIG_GLOBAL=/dev/null && git init -q --bare repository &&
git --git-dir=repository --work-tree=links add . &&
git --git-dir=repository --work-tree=links -c user.name=T -c user.email=t@example.org commit -qm one
"""


def prepare(scratch, targets):
    """$W with the sources of all makers; `targets`: name -> target."""
    work = scratch / "work"
    (work / "links").mkdir(parents=True)
    for name, target in targets.items():
        os.symlink(target, work / "links" / name)
    (work / "make.py").write_text(MAKE)
    (work / "make.pl").write_text(MAKE_PERL)
    for name in ("ln", "cp"):
        (work / name).write_text("#!/usr/bin/python3\n" + MAKE)
        (work / name).chmod(0o755)
    run("sh", "-c", PREPARE, env={**os.environ, "W": str(work)}, check=True)
    return work


def environment_of(mount, work):
    return {**os.environ, "W": str(work), "M": str(mount.path / "hello")}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.semantics("2.2.3", "2.2.5")
def test_every_alias_name_by_every_tool(api, plane, hello, make_mount, scratch, maker):
    work = prepare(scratch, {name: "2" for name in LINK_NAMES})
    mount = make_mount()
    held = ["tmpab_12345", *HELD.get(maker, [])]
    with plane.recording() as record:
        result = run(
            "sh", "-c", MAKERS[maker], cwd=mount.path / hello, env=environment_of(mount, work)
        )
        assert result.ok, result
        at_once = set(aws.aliases_of(api, hello))
        for name in LINK_NAMES:
            assert os.readlink(mount.path / hello / name) == "2"
        wait_for(
            lambda: set(LINK_NAMES) <= set(aws.aliases_of(api, hello)), what="every alias"
        )
    assert record.writes == ["CreateAlias"] * len(LINK_NAMES), str(record)
    assert set(LINK_NAMES) - set(held) <= at_once


@pytest.mark.parametrize("name", LINK_NAMES)
@pytest.mark.semantics("2.2.3")
def test_a_target_that_is_not_there(gesture, hello, mount, name):
    """Told at once, whether the link would be held or not."""
    function = mount.path / hello
    with gesture():
        for target in ("99", "NOTHING", "0"):
            with pytest.raises(OSError) as refused:
                os.symlink(target, function / name)
            assert refused.value.errno == errno.ENOENT, target
            assert not os.path.lexists(function / name)


@pytest.mark.semantics("2.2.3", "2.3.4")
def test_a_target_published_a_moment_ago_elsewhere_is_there(api, hello, mount):
    function = mount.path / hello
    assert not os.path.exists(function / "4")  # a "no" that is remembered
    aws.publish(api, hello, first=4)
    os.symlink("4", function / "tmpab_12345")
    os.replace(function / "tmpab_12345", function / "PROD")
    assert aws.alias_version(api, hello, "PROD") == "4"


HELD_NAME = "tmpab_12345"


@pytest.mark.parametrize(
    "depends, writes",
    [
        (lambda f: os.stat(f / ".aliases" / HELD_NAME), []),
        (lambda f: os.listdir(f / ".aliases" / HELD_NAME), []),
        (lambda f: os.stat(f / ".aliases" / HELD_NAME / "description"), []),
        (lambda f: (f / ".aliases" / HELD_NAME / "description").read_text(), []),
        (
            lambda f: (f / ".aliases" / HELD_NAME / "description").write_text("x\n"),
            ["UpdateAlias"],
        ),
        (lambda f: (f / ".aliases" / HELD_NAME / ".draft").write_text("x\n"), []),
        (lambda f: os.symlink("1", f / f"{HELD_NAME}%10"), ["UpdateAlias"]),
        (lambda f: os.symlink(HELD_NAME, f / "LIVE"), ["CreateAlias"]),
        (lambda f: replace_by(f, HELD_NAME, "PROD"), ["UpdateAlias"]),
    ],
    ids=["look", "list", "description", "read", "write", "draft", "weight", "target", "replace"],
)
@pytest.mark.semantics("2.2.5")
def test_what_depends_on_a_held_name_makes_it_an_alias(api, gesture, hello, mount, depends, writes):
    function = mount.path / hello
    with gesture("CreateAlias", *writes):
        os.symlink("2", function / HELD_NAME)
        depends(function)
        assert aws.alias_version(api, hello, HELD_NAME) == "2"


def replace_by(function, target, name):
    os.symlink(target, function / ".new")
    os.replace(function / ".new", function / name)


@pytest.mark.semantics("2.2.5", "2.2.11")
def test_a_held_name_that_cannot_be_an_alias_is_none(api, hello, mount):
    """A colleague was quicker: what depends on the name finds the colleague's."""
    function = mount.path / hello
    os.symlink("2", function / HELD_NAME)
    api.create_alias(FunctionName=hello, Name=HELD_NAME, FunctionVersion="3", Description="theirs")
    assert (function / ".aliases" / HELD_NAME / "description").read_text() == "theirs\n"
    assert os.readlink(function / HELD_NAME) == "3"


def state_of(api):
    return {
        alias["Name"]: {
            key: alias.get(key) for key in ("FunctionVersion", "RoutingConfig", "Description")
        }
        for alias in api.list_aliases(FunctionName="hello")["Aliases"]
    }


@pytest.mark.parametrize("restore", ["rsync -a", "rsync -a --inplace"])
@pytest.mark.semantics("2.2.3", "2.2.5")
def test_a_backup_comes_back_with_weight_and_description(api, hello, make_mount, scratch, restore):
    """rsync makes an alias before its weight and what is in .aliases; other tools go by no order."""
    for name in LINK_NAMES:
        api.create_alias(
            FunctionName=hello,
            Name=name,
            FunctionVersion="2",
            Description=f"the {name} one",
            RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}},
        )
    before = state_of(api)
    backup = scratch / "backup"
    mount = make_mount()
    run("rsync", "-a", f"{mount.path}/{hello}/", backup, check=True)
    mount.unmount()
    for name in LINK_NAMES:
        api.delete_alias(FunctionName=hello, Name=name)
    function = make_mount().path / hello
    result = run(*restore.split(), f"{backup}/", f"{function}/")
    assert result.ok, result
    assert state_of(api) == before


@pytest.mark.semantics("2.2.3", "2.2.4")
def test_a_caller_whose_executable_cannot_be_read(
    gesture, hello, make_mount, ordinary_user, scratch
):
    """Root, seen by an ordinary user's mount: the command name tells."""
    if not ordinary_user.root_prefix:
        pytest.skip("needs root, to become another user")
    root = ordinary_user.root_prefix
    configuration = scratch / "fuse.conf"
    configuration.write_text("user_allow_other\n")
    run(*root, "mount", "--bind", configuration, "/etc/fuse.conf", check=True)
    mount = make_mount(None, "allow_other", user=ordinary_user)
    assert not run(*ordinary_user.prefix, "readlink", f"/proc/{os.getpid()}/exe").ok
    function = mount.path / hello
    for number, command in (("2", ["ln"]), ("3", ["toybox", "ln"]), ("1", ["busybox", "ln"])):
        with gesture("UpdateAlias"):
            run(*root, *command, "-sfn", number, function / "PROD", check=True)
    make = f"import os; os.symlink('2', '{function}/app_' + 'canary')"
    with gesture("CreateAlias"):
        run(*root, "python3", "-c", make, check=True)


@pytest.mark.semantics("2.2.4")
def test_an_ln_whose_file_is_gone(gesture, hello, mount, scratch):
    """A package upgrade replaces /usr/bin/ln while it runs: its path then ends in " (deleted)"."""
    work = scratch / "ln"
    shutil.copy("/usr/bin/ln", work)
    with gesture("UpdateAlias"):
        run(
            "python3", "-c",
            "import os, sys\n"
            "file = os.open(sys.argv[1], os.O_RDONLY)\n"
            "os.unlink(sys.argv[1])\n"
            "os.execve(file, ['ln', '-sfn', '2', 'PROD'], os.environ)",
            work, cwd=mount.path / hello, check=True,
        )
