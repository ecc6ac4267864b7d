# SPDX-License-Identifier: MIT
"""Every tool's way of replacing a link is exactly one UpdateAlias, and its failure is never a delete.

Each row is a shell script with PROD -> 1 in the function's directory, which is the working directory;
$W is a directory with what the tool copies from: a link PROD -> $TARGET (2 by default).
"""

import contextlib
import os

import pytest

from lib import aws, faultproxy
from lib.calls import fsync_directory
from lib.process import environment

UUTILS = "/usr/lib/cargo/bin/coreutils"

# Sources: made in $W before the tool runs.
LINK = 'ln -sn "$TARGET" "$W/PROD"'
BACKUP = f'rsync -a ./ "$W/" && rm "$W/PROD" && {LINK}'
ARCHIVE = f'{LINK} && tar -C "$W" -cf "$W/a.tar" PROD'
CPIO = f'{LINK} && cd "$W" && echo PROD | cpio --quiet -o -H newc > a.cpio'
REPOSITORY = f"""
mkdir "$W/tree" && cd "$W/tree" && ln -sn "$TARGET" PROD && export GIT_CONFIG_GLOBAL=/dev/null &&
git init -q . && git add PROD && git -c user.name=T -c user.email=t@example.org commit -qm one
"""
GIT = 'git -c safe.directory=* --git-dir="$W/tree/.git" --work-tree=.'

TOOLS = {
    "gnu ln -sfn": ('ln -sfn "$TARGET" PROD', ""),
    "gnu ln -sfT": ('ln -sfT "$TARGET" PROD', ""),
    "gnu ln -sf": ('ln -sf "$TARGET" PROD', ""),
    "gnu ln -sfnr": ('ln -sfnr "$TARGET" PROD', ""),
    "gnu ln -sfnb": ('ln -sfnb "$TARGET" PROD', ""),
    "gnu ln -sfn absolute": ('ln -sfn "$PWD/$TARGET" PROD', ""),
    "gnu ln -sfn slash": ('ln -sfn "$TARGET/" PROD', ""),
    "gnu ln -sfn parent": ('cd .. && ln -sfn "$TARGET" hello/PROD', ""),
    "gnu ln -sf parent": ('cd .. && ln -sf "$TARGET" hello/PROD', ""),
    "busybox ln -sfn": ('busybox ln -sfn "$TARGET" PROD', ""),
    "busybox ln -sfT": ('busybox ln -sfT "$TARGET" PROD', ""),
    "busybox ln -sf": ('busybox ln -sf "$TARGET" PROD', ""),
    "busybox ln -sfnb": ('busybox ln -sfnb "$TARGET" PROD', ""),
    "toybox ln -sfn": ('toybox ln -sfn "$TARGET" PROD', ""),
    "toybox ln -sfT": ('toybox ln -sfT "$TARGET" PROD', ""),
    "toybox ln -sf": ('toybox ln -sf "$TARGET" PROD', ""),
    "uutils ln -sfn": (f'{UUTILS}/ln -sfn "$TARGET" PROD', ""),
    "uutils ln -sf": (f'{UUTILS}/ln -sf "$TARGET" PROD', ""),
    "ln; mv -T": ('ln -s "$TARGET" PROD.new && mv -T PROD.new PROD', ""),
    "ln; mv": ('ln -s "$TARGET" PROD.new && mv PROD.new PROD', ""),
    "busybox ln; mv -T": (
        'busybox ln -s "$TARGET" PROD.new && busybox mv -T PROD.new PROD',
        "",
    ),
    "rm; ln": ('rm PROD && ln -s "$TARGET" PROD', ""),
    "cp -a": ('cp -a "$W/PROD" .', LINK),
    "cp -P --remove-destination": ('cp -P --remove-destination "$W/PROD" .', LINK),
    "busybox cp -af": ('busybox cp -af "$W/PROD" .', LINK),
    "toybox cp -a": ('toybox cp -af "$W/PROD" .', LINK),
    "rsync -a": ('rsync -a "$W/PROD" .', LINK),
    "rsync -a --inplace": ('rsync -a --inplace "$W/PROD" .', LINK),
    "rsync -a --temp-dir": ('rsync -a --temp-dir="$T" "$W/PROD" .', LINK),
    "rsync -ab": ('rsync -ab "$W/PROD" .', LINK),
    "rsync -a --delete": ('rsync -a --delete "$W/" .', BACKUP),
    "rsync -aX --delay-updates": ('rsync -aX --delay-updates "$W/PROD" .', LINK),
    "gnu tar": ('tar -xf "$W/a.tar"', ARCHIVE),
    "gnu tar -U": ('tar -xUf "$W/a.tar"', ARCHIVE),
    "busybox tar": ('busybox tar -xf "$W/a.tar"', ARCHIVE),
    "toybox tar": ('toybox tar -xf "$W/a.tar"', ARCHIVE),
    "cpio -u": ('cpio --quiet -iu < "$W/a.cpio"', CPIO),
    "git checkout": (f"{GIT} checkout -q -f", REPOSITORY),
    "git restore": (f"{GIT} restore PROD", REPOSITORY),
    "git stash": (f"{GIT} -c user.name=T -c user.email=t@example.org stash -q", REPOSITORY),
    "git reset --hard": (f"{GIT} reset -q --hard", REPOSITORY),
    "python os.replace": (
        "python3 -c 'import os,sys; os.symlink(sys.argv[1], \".new\"); os.replace(\".new\", \"PROD\")' \"$TARGET\"",
        "",
    ),
    "python tempfile": (
        "python3 -c 'import os,sys,tempfile\nt=tempfile.mktemp(dir=\".\")\nos.symlink(sys.argv[1], t)\n"
        'try: os.replace(t, "PROD")\nexcept OSError: os.unlink(t); raise\' "$TARGET"',
        "",
    ),
    "python unlink, symlink": (
        "python3 -c 'import os,sys; os.unlink(\"PROD\"); os.symlink(sys.argv[1], \"PROD\")' \"$TARGET\"",
        "",
    ),
    "perl rename": (
        "perl -e 'symlink($ARGV[0], \".new\") && rename(\".new\", \"PROD\") or die $!' \"$TARGET\"",
        "",
    ),
    "perl unlink": (
        "perl -e 'unlink(\"PROD\") && symlink($ARGV[0], \"PROD\") or die $!' \"$TARGET\"",
        "",
    ),
    "ruby rename": (
        "ruby -e 'File.symlink(ARGV[0], \".new\"); File.rename(\".new\", \"PROD\")' \"$TARGET\"",
        "",
    ),
    "node sync": (
        "node -e 'const f=require(\"fs\"); f.unlinkSync(\"PROD\"); f.symlinkSync(process.argv[1], \"PROD\")' \"$TARGET\"",
        "",
    ),
    "node promises": (
        "node -e 'const f=require(\"fs/promises\"); (async () => { await f.unlink(\"PROD\");"
        ' await f.symlink(process.argv[1], "PROD") })()\' "$TARGET"',
        "",
    ),
    "node rename": (
        "node -e 'const f=require(\"fs\"); f.symlinkSync(process.argv[1], \".new\"); f.renameSync(\".new\", \"PROD\")' \"$TARGET\"",
        "",
    ),
    "ansible file": (
        "ANSIBLE_LOCAL_TEMP=$T ANSIBLE_REMOTE_TEMP=$T HOME=$T ansible localhost -c local -m file"
        ' -e ansible_python_interpreter=/usr/bin/python3 -a "src=$TARGET dest=$PWD/PROD state=link force=yes follow=no" >/dev/null',
        "",
    ),
    "rclone copy -l": ('rclone --config "$T/none" --retries 1 --low-level-retries 1 copy -l "$W" .', LINK),
}
# The tools that another test repeats for an ordinary user and under a sanitizer: one of each pattern.
SOME = ["gnu ln -sfn", "gnu ln -sf", "busybox ln -sfn", "toybox ln -sfn", "rsync -a", "ln; mv", "gnu tar"]


class Bench:
    """A function with a policy on PROD, mounted, and a place for the tools' sources."""

    def __init__(self, plane, mount, scratch):
        self.plane, self.mount, self.scratch = plane, mount, scratch
        self.api = plane.api
        self.function = mount.path / "hello"
        self.number = 0

    def prepare(self, source, target):
        self.number += 1
        self.work = self.scratch / f"w{self.number}"
        self.temporary = self.scratch / f"t{self.number}"
        for each in (self.work, self.temporary):
            each.mkdir()
            each.chmod(0o777)
        self.target = target
        if source:
            self.shell(source, check=True)

    def shell(self, script, check=False):
        return self.mount.run(
            "/bin/sh",
            "-c",
            script,
            cwd=self.function,
            check=check,
            env=environment(
                W=self.work, T=self.temporary, TARGET=self.target, HOME=self.temporary
            ),
        )

    def state(self):
        """Everything that a remap of PROD must leave alone, and the aliases."""
        policy = self.api.get_policy(FunctionName="hello", Qualifier="PROD")["Policy"]
        return policy, aws.aliases_of(self.api, "hello")


def grant(api):
    api.add_permission(
        FunctionName="hello",
        Qualifier="PROD",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )


def replaced_once(bench, name):
    script, source = TOOLS[name]
    bench.prepare(source, "2")
    policy, aliases = bench.state()
    with bench.plane.recording() as record:
        result = bench.shell(script, check=True)
        fsync_directory(bench.function)  # what is pending would show
    assert record.writes == ["UpdateAlias"], f"{name}: {record}\n{result}"
    assert record.write_calls == {"UpdateAlias": 1}, f"{name}: {record}"
    assert bench.state() == (policy, {**aliases, "PROD": "2"}), name
    assert os.readlink(bench.function / "PROD") == "2", name


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.semantics("2.0.1", "2.0.2", "2.0.3")
def test_replaces_with_one_update(plane, api, hello, make_mount, scratch, name):
    grant(api)
    replaced_once(Bench(plane, make_mount(delete_grace=60), scratch), name)


@pytest.mark.quick_sanitized
@pytest.mark.parametrize("name", SOME)
def test_replaces_in_every_build(plane, api, hello, make_mount, scratch, name):
    grant(api)
    replaced_once(Bench(plane, make_mount(delete_grace=60), scratch), name)


@pytest.mark.parametrize("name", SOME)
def test_replaces_for_an_ordinary_user(plane, api, hello, make_mount, scratch, ordinary_user, name):
    grant(api)
    mount = make_mount(user=ordinary_user, delete_grace=60)
    bench = Bench(plane, mount, scratch)
    script, source = TOOLS[name]
    bench.prepare("", "2")
    if source == LINK:
        os.symlink("2", bench.work / "PROD")
    elif source:
        os.symlink("2", bench.work / "PROD")
        mount.run("tar", "-C", bench.work, "-cf", bench.work / "a.tar", "PROD", check=True)
    policy, aliases = bench.state()
    inside = f'cd "{bench.function}" && W="{bench.work}" T="{bench.temporary}" TARGET=2; {script}'
    with plane.recording() as record:
        mount.run("/bin/sh", "-c", inside, check=True)
        mount.run("sync", bench.function, check=True)  # what is pending would show
    assert record.writes == ["UpdateAlias"], f"{name}: {record}"
    assert bench.state() == (policy, {**aliases, "PROD": "2"}), name


def test_a_held_name_that_is_typed_is_an_alias_at_once(api, plane, gesture, hello, make_mount):
    """`ln -s 2 tmpabcdefgh` names it: so it is created, then moved onto PROD like any standing alias."""
    mount = make_mount()
    function = mount.path / hello
    with gesture("CreateAlias"):
        mount.run("ln", "-s", "2", "tmpabcdefgh", cwd=function, check=True)
    with plane.recording() as record:
        mount.run("mv", "-T", "tmpabcdefgh", "PROD", cwd=function, check=True)
        mount.unmount()
    assert record.writes == ["UpdateAlias", "DeleteAlias"]
    assert aws.alias_version(api, hello, "PROD") == "2"


@pytest.mark.semantics("2.4.19")
@pytest.mark.parametrize("command", [["ln", "-sfnb", "2"], ["mv", "-bT", "NEW.link"]])
def test_a_backup_is_not_put_over_a_colleague(api, gesture, hello, make_mount, command):
    mount = make_mount(ttl=60)
    function = mount.path / hello
    mount.run("ls", "-l", function, check=True)
    mount.run("ln", "-s", "2", "NEW.link", cwd=function, check=True)
    api.update_alias(FunctionName=hello, Name="PROD", FunctionVersion="3")
    with gesture():
        result = mount.run(*command, "PROD", cwd=function)
    assert not result.ok and "Remote address changed" in result.stderr, str(result)
    assert os.readlink(function / "PROD") == "3"
    with gesture():
        mount.unmount()
    assert aws.alias_version(api, hello, "PROD") == "3"


FAILURES = {
    "no such version": None,
    "403": faultproxy.access_denied("lambda:UpdateAlias"),
    "412": faultproxy.precondition_failed(),
    "500": faultproxy.service_error(),
    "timeout": faultproxy.hang(),
}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.semantics("2.0.12")
def test_a_failure_is_never_a_delete(plane, api, hello, proxy, make_mount, scratch, name):
    grant(api)
    mount = make_mount(endpoint_url=proxy.url, delete_grace=60, timeout=0.5)
    bench = Bench(plane, mount, scratch)
    script, source = TOOLS[name]
    before = bench.state()
    rule = None
    with plane.recording() as record:
        for failure, fault in FAILURES.items():
            bench.prepare(source, "2" if fault else "99")
            before_this = rule
            rule = fault and proxy.rule(fault, method="PUT|POST")
            if before_this:  # not before: what was sent in the last moment may still be on its way
                proxy.remove(before_this)
            bench.shell(script)
            with contextlib.suppress(OSError):  # what is pending would show
                fsync_directory(bench.function)
            assert bench.state() == before, f"{name}, {failure}"
            assert os.readlink(bench.function / "PROD") == "1", f"{name}, {failure}"
    assert record.writes == [], f"{name}: {record}"


EXCHANGE = (
    "import ctypes, os, sys\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "if libc.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2):\n"
    "    sys.exit(os.strerror(ctypes.get_errno()))\n"
)


@pytest.mark.semantics("2.0.5")
def test_exchange_is_two_updates(api, gesture, hello, make_mount):
    mount = make_mount()
    api.update_alias(
        FunctionName=hello,
        Name="PROD",
        Description="one",
        RoutingConfig={"AdditionalVersionWeights": {"3": 0.25}},
    )
    with gesture("UpdateAlias", "UpdateAlias"):
        mount.run(
            "/usr/bin/python3", "-c", EXCHANGE, "PROD", "BETA", cwd=mount.path / hello, check=True
        )
    prod = api.get_alias(FunctionName=hello, Name="PROD")
    beta = api.get_alias(FunctionName=hello, Name="BETA")
    assert (prod["FunctionVersion"], beta["FunctionVersion"]) == ("2", "1")
    assert beta["Description"] == "one" and prod["Description"] == ""
    assert beta["RoutingConfig"]["AdditionalVersionWeights"] == {"3": 0.25}
    assert "RoutingConfig" not in prod


def shown(mount, names):
    return {name: os.readlink(mount.path / "hello" / name) for name in names}


def exchange(mount):
    """PROD and BETA, where AWS denies the second update."""
    result = mount.run(
        "/usr/bin/python3",
        "-c",
        EXCHANGE,
        "PROD",
        "BETA",
        cwd=mount.path / "hello",
        timeout=30,
    )
    assert not result.ok and "Permission denied" in result.stderr


@pytest.mark.semantics("2.0.6")
def test_an_exchange_whose_second_half_fails_is_undone(api, gesture, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url)
    before = aws.aliases_of(api, hello)
    proxy.rule(faultproxy.access_denied("lambda:UpdateAlias"), method="PUT", skip=1, times=1)
    with gesture("UpdateAlias", "UpdateAlias"):  # there and back
        exchange(mount)
    assert aws.aliases_of(api, hello) == shown(mount, before) == before
    assert "is as it was again" in (mount.path / ".aliasfs/errors").read_text()


@pytest.mark.semantics("3.2.1")
def test_an_exchange_that_cannot_be_undone_shows_what_is_there(api, gesture, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url, ttl=3600)
    os.listdir(mount.path / hello)
    proxy.rule(faultproxy.access_denied("lambda:UpdateAlias"), method="PUT", skip=1)
    with gesture("UpdateAlias"):
        exchange(mount)
    aliases = aws.aliases_of(api, hello)
    assert (aliases["PROD"], aliases["BETA"]) in (("2", "2"), ("1", "1"))
    assert shown(mount, aliases) == aliases
    assert "could not be put back" in (mount.path / ".aliasfs/errors").read_text()
    assert mount.log().count("could not be put back") == 1


@pytest.mark.semantics("3.2.1")
def test_a_move_whose_delete_fails_shows_both(api, gesture, hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url, delete_grace=0, ttl=3600)
    proxy.rule(faultproxy.access_denied("lambda:DeleteAlias"), method="DELETE")
    with gesture("CreateAlias"):
        with pytest.raises(PermissionError):
            os.rename(mount.path / hello / "PROD", mount.path / hello / "LIVE")
    aliases = aws.aliases_of(api, hello)
    assert aliases["PROD"] == aliases["LIVE"] == "1"
    assert shown(mount, aliases) == aliases
    assert "PROD could not be removed and is still there" in (mount.path / ".aliasfs/errors").read_text()
