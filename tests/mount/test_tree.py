# SPDX-License-Identifier: MIT
"""What the tree shows: names, order, documents, sizes, times, inodes, attributes, space."""

import datetime
import errno
import hashlib
import json
import os
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.programs import program

DOCUMENTS = ["code.sha256", "configuration.json", "environment.json"]
CHANGING = {
    "Environment",
    "RevisionId",
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "RuntimeVersionConfig",
}


def in_order(path):
    """The names as readdir gives them."""
    return [entry.name for entry in os.scandir(path)]


def raises(number, function, *args, **named):
    with pytest.raises(OSError) as caught:
        function(*args, **named)
    assert caught.value.errno == number, os.strerror(caught.value.errno)


@pytest.mark.semantics("1.1.1")
def test_an_empty_account_is_an_empty_directory(mount):
    assert os.listdir(mount.path) == []


@pytest.mark.semantics("1.1.1", "1.1.2", "1.1.4")
def test_functions_are_directories_and_versions_and_links_are_in_order(api, make_mount):
    aws.create_function(api, "sorted", versions=11, aliases={"b": 2, "A": 1, "Z": 11, "a-1": 10})
    api.update_alias(
        FunctionName="sorted", Name="A", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}
    )
    aws.create_function(api, "another")
    mount = make_mount()
    assert in_order(mount.path) == ["another", "sorted"]
    versions = ["$LATEST", *map(str, range(1, 12))]
    aliases = ["A", "A%10", "Z", "a-1", "b"]
    assert in_order(mount.path / "sorted") == [*versions, *aliases, ".aliases"]
    assert in_order(mount.path / "another") == ["$LATEST", ".aliases"]


@pytest.mark.semantics("1.1.3", "1.2.5")
def test_kinds_and_modes(hello, mount):
    function = mount.path / hello
    assert stat.S_ISDIR(function.lstat().st_mode)
    for version in ("$LATEST", "1"):
        assert stat.S_ISDIR((function / version).lstat().st_mode)
        assert sorted(os.listdir(function / version)) == DOCUMENTS
        assert stat.S_IMODE((function / version / "environment.json").lstat().st_mode) == 0o400
        for name in DOCUMENTS:
            status = (function / version / name).lstat()
            assert stat.S_ISREG(status.st_mode)
            assert not status.st_mode & 0o222
    assert stat.S_ISLNK((function / "PROD").lstat().st_mode)
    assert os.readlink(function / "PROD") == "1"
    assert os.readlink(function / "DEV") == "$LATEST"
    assert (function / "PROD").lstat().st_size == 1
    assert (function / "DEV").lstat().st_size == len("$LATEST")


def test_readdir_tells_the_kinds(hello, mount):
    kinds = {entry.name: entry for entry in os.scandir(mount.path / hello)}
    assert kinds["1"].is_dir(follow_symlinks=False)
    assert kinds["PROD"].is_symlink()


def without_nulls(value):
    """AWS shows what is unset as null; a document leaves it out."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return value


@pytest.mark.semantics("1.2.1", "1.2.2")
def test_configuration_is_canonical_and_complete(api, plane, hello, make_mount):
    api.update_function_configuration(
        FunctionName=hello,
        Description='quotes " and ünïcode / \x7f',
        Environment={"Variables": {"SECRET": "hunter2"}},
    )
    mount = make_mount()
    for qualifier in ("$LATEST", "1"):
        text = (mount.path / hello / qualifier / "configuration.json").read_text()
        shown = json.loads(text)
        # Off the wire: the SDK drops members that are younger than itself, the document keeps them.
        expected = plane.get(f"/2015-03-31/functions/{hello}/configuration?Qualifier={qualifier}")
        assert shown == without_nulls({k: v for k, v in expected.items() if k not in CHANGING})
        assert shown["FunctionArn"].endswith(f":{hello}:{qualifier}")
        assert "hunter2" not in text
        canonical = json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        assert text.replace("\\u007f", "\x7f") == canonical


NUMBERS = (
    "9007199254740993", "-9007199254740993", "12345678901234567890", "1e400", "-1E+400", "1e-400",
    "1.0", "1", "-0", "0.10", "1E5", "8" * 400, "3." + "14" * 50,
)  # fmt: skip


@pytest.mark.semantics("1.2.3")
def test_what_this_program_does_not_know_is_kept_to_the_digit(proxy, hello, make_mount):
    """A member of tomorrow, at both levels, in each of the calls that a document may come from."""
    members = ", ".join(f'"N{number}": {text}' for number, text in enumerate(NUMBERS))

    def tomorrow(status, headers, body):
        return status, headers, body.replace(
            b'"FunctionName"', f'"Zeta": {{{members}, "List": [1.50, null, 2]}}, "FunctionName"'.encode()
        )

    proxy.rule(faultproxy.rewrite(tomorrow), path="/(functions/?|versions|configuration)$")
    for way in ("version", "list", "crawl"):
        mount = make_mount(endpoint_url=proxy.url)
        if way == "list":
            os.listdir(mount.path / hello)
        elif way == "crawl":
            os.listdir(mount.path)
            mount.run("find", mount.path)
        text = (mount.path / hello / "1/configuration.json").read_text()
        for number, wanted in enumerate(NUMBERS):
            assert f'    "N{number}": {wanted},\n' in text or f'    "N{number}": {wanted}\n' in text, (way, wanted)
        assert '"List": [\n      1.50,\n      null,\n      2\n    ],\n' in text
        assert '"MemorySize": 128,\n' in text


@pytest.mark.semantics("1.2.4")
def test_documents_are_the_same_bytes_from_whichever_call(api, hello, make_mount):
    aws.create_function(api, "other", versions=1, Environment={"Variables": {"AA": "1", "BB": "2"}})
    one, two, three = make_mount(), make_mount(), make_mount()
    os.listdir(two.path / hello)  # the listing fills this one
    for function in sorted(os.listdir(three.path)):  # a crawl fills that one
        os.listdir(three.path / function)
    for function, version in ((hello, "1"), (hello, "$LATEST"), ("other", "1"), ("other", "$LATEST")):
        for name in DOCUMENTS:
            seen = {(each.path / function / version / name).read_bytes() for each in (one, two, three)}
            assert len(seen) == 1, f"{function}/{version}/{name} differs between mounts"


@pytest.mark.semantics("1.2.5")
def test_environment_alone_in_its_file(api, make_mount):
    variables = {"ZETA": "ü", "ALPHA": "1", "EMPTY": ""}
    aws.create_function(api, "env", versions=1, Environment={"Variables": variables})
    aws.create_function(api, "bare", versions=1)
    mount = make_mount()
    text = (mount.path / "env/1/environment.json").read_text()
    assert json.loads(text) == variables
    assert list(json.loads(text)) == sorted(variables)
    assert json.loads((mount.path / "bare/1/environment.json").read_text() or "{}") == {}


@pytest.mark.semantics("1.2.6")
def test_code_hash_checks_a_zip_beside_it(hello, mount, scratch):
    zipped = aws.code(f"{hello} 2")
    copy = scratch / "copy"
    copy.mkdir()
    (copy / "code.zip").write_bytes(zipped)
    text = (mount.path / hello / "2/code.sha256").read_text()
    assert text == f"{hashlib.sha256(zipped).hexdigest()}  code.zip\n"
    (copy / "code.sha256").write_text(text)
    mount.run("sha256sum", "-c", "code.sha256", cwd=copy, check=True)


@pytest.mark.semantics("1.2.7")
def test_sizes_are_exact_before_a_file_was_read(hello, mount):
    for version in ("$LATEST", "1", "3"):
        for name in DOCUMENTS:
            path = mount.path / hello / version / name
            size = path.stat().st_size
            assert size == len(path.read_bytes())


def test_parts_of_a_file_can_be_read(hello, mount):
    path = mount.path / hello / "1/configuration.json"
    whole = path.read_bytes()
    with open(path, "rb", buffering=0) as file:
        file.seek(10)
        assert file.read(7) == whole[10:17]
        file.seek(len(whole) + 5)
        assert file.read(10) == b""


def at_other_times(times):
    """Answers in which each version was last modified when `times` says, in seconds since the epoch."""

    def change(status, headers, body):
        answer = json.loads(body)
        for each in [answer, *answer.get("Functions", []), *answer.get("Versions", [])]:
            if each.get("Version") in times:
                when = datetime.datetime.fromtimestamp(times[each["Version"]], datetime.timezone.utc)
                each["LastModified"] = when.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        return status, headers, json.dumps(answer).encode()

    return faultproxy.rewrite(change)


@pytest.mark.semantics("1.3.1", "1.3.2", "1.3.3")
def test_times_are_last_modified(hello, proxy, make_mount):
    """Each version its own, in no order: the newest is neither the last one nor $LATEST."""
    times = {"$LATEST": 1_300_000_000, "1": 1_100_000_000, "2": 1_400_000_000, "3": 1_200_000_000}
    proxy.rule(at_other_times(times), method="GET")
    mount = make_mount(endpoint_url=proxy.url)
    function = mount.path / hello
    for qualifier, seconds in times.items():
        assert (function / qualifier).stat().st_mtime == seconds
        for name in DOCUMENTS:
            assert (function / qualifier / name).stat().st_mtime == seconds
    assert function.stat().st_mtime == times["2"]
    assert mount.path.stat().st_mtime == times["$LATEST"]
    assert (function / "PROD").lstat().st_mtime == times["1"]
    assert (function / "DEV").lstat().st_mtime == times["$LATEST"]


@pytest.mark.semantics("1.3.3")
def test_a_time_that_was_set_goes_with_the_target(hello, proxy, make_mount):
    times = {"$LATEST": 1_300_000_000, "1": 1_100_000_000, "2": 1_400_000_000, "3": 1_200_000_000}
    proxy.rule(at_other_times(times), method="GET")
    mount = make_mount(endpoint_url=proxy.url)
    path = mount.path / hello / "PROD"
    os.utime(path, (1_000_000_000, 1_000_000_000), follow_symlinks=False)
    (mount.path / ".aliasfs/refresh").write_text("\n")
    assert path.lstat().st_mtime == 1_000_000_000
    mount.run("ln", "-sfn", "2", path, check=True)
    assert path.lstat().st_mtime == times["2"]


def inodes(mount):
    found = {}
    for directory, names, files in os.walk(mount.path):
        for name in [*names, *files]:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, mount.path)] = os.lstat(path).st_ino
    return found


@pytest.mark.semantics("1.3.4")
def test_inodes_are_stable_and_distinct(api, hello, make_mount):
    aws.create_function(api, "other", versions=2, aliases={"PROD": 1})
    mount = make_mount()
    before = inodes(mount)
    assert len(set(before.values())) == len(before) > 20
    assert before == inodes(mount)
    for directory, names, _ in os.walk(mount.path):
        for entry in os.scandir(directory):
            assert entry.inode() == entry.stat(follow_symlinks=False).st_ino, entry.path
    mount.unmount()
    assert inodes(make_mount()) == before


def test_a_remap_keeps_the_inode(hello, mount):
    path = mount.path / hello / "PROD"
    before = path.lstat().st_ino
    mount.run("ln", "-sfn", "2", path, check=True)
    assert path.lstat().st_ino == before


@pytest.mark.semantics("1.5.1")
def test_arn_by_getfattr(api, hello, mount):
    def arn(qualifier):
        return api.get_function_configuration(FunctionName=hello, Qualifier=qualifier)["FunctionArn"]

    for name, wanted in {
        ".": api.get_function_configuration(FunctionName=hello)["FunctionArn"],
        "1": arn("1"),
        "$LATEST": arn("$LATEST"),
        "PROD": api.get_alias(FunctionName=hello, Name="PROD")["AliasArn"],
    }.items():
        result = mount.run(
            "getfattr", "-h", "-n", "lambda.arn", "--only-values", mount.path / hello / name, check=True
        )
        assert result.stdout == wanted


@pytest.mark.semantics("1.5.2")
def test_attributes_are_not_listed_and_others_are_refused(hello, mount):
    for path in (mount.path, mount.path / hello, mount.path / hello / "PROD"):
        assert os.listxattr(path, follow_symlinks=False) == []
        raises(errno.EOPNOTSUPP, os.getxattr, path, "security.selinux", follow_symlinks=False)
    raises(
        errno.EOPNOTSUPP, os.getxattr, mount.path / hello, "system.posix_acl_access", follow_symlinks=False
    )
    raises(errno.ENODATA, os.getxattr, mount.path / hello, "lambda.nonsense", follow_symlinks=False)


@pytest.mark.semantics("1.5.3")
def test_space_shows_the_account(api, hello, mount):
    account = api.get_account_settings()

    def known():
        space = os.statvfs(mount.path)
        return space if space.f_blocks else None

    space = wait_for(known, 20, "df knows the account")
    limit, used = account["AccountLimit"]["TotalCodeSize"], account["AccountUsage"]["TotalCodeSize"]
    assert abs(space.f_blocks * space.f_frsize - limit) <= space.f_frsize
    assert abs((space.f_blocks - space.f_bfree) * space.f_frsize - used) <= space.f_frsize
    assert space.f_files - space.f_ffree == 1
    result = mount.run("df", "--output=fstype,target", mount.path, check=True)
    assert "aliasfs" in result.stdout


@pytest.mark.semantics("1.5.3")
@pytest.mark.parametrize("ttl", [0, 5])
@pytest.mark.parametrize("tool", [["df"], ["stat", "-f"]], ids=" ".join)  # busybox df looks at all mounts
def test_space_never_waits_for_the_network(hello, proxy, make_mount, tool, ttl):
    """Also when nothing known is fresh: df opens the root and asks for its attributes before its space."""
    mount = make_mount(endpoint_url=proxy.url, ttl=ttl, read_timeout=600)
    proxy.rule(faultproxy.hang())
    mount.run(*tool, mount.path, timeout=5, check=True)


def test_what_is_opened_to_no_use_asks_nothing(plane, hello, make_mount):
    """open(2) and fsync(2) of a directory; its entries are read when they are asked for."""
    mount = make_mount(ttl=0)
    os.lstat(mount.path / hello)
    with plane.recording() as record:
        directory = os.open(mount.path / hello, os.O_RDONLY)
        os.fsync(directory)
    assert record.total <= 1, str(record)  # the walk to it may ask whether it is there
    assert "PROD" in os.listdir(directory)
    os.lseek(directory, 0, os.SEEK_SET)
    assert "PROD" in os.listdir(directory)
    os.close(directory)


@pytest.mark.semantics("1.4.1")
def test_an_error_of_a_late_listing_is_no_end(hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    directory = os.open(mount.path, os.O_RDONLY)
    proxy.rule(faultproxy.access_denied())
    raises(errno.EACCES, os.listdir, directory)
    proxy.clear()
    assert os.listdir(directory) == [hello]
    os.close(directory)


@pytest.mark.semantics("1.3.2")
def test_the_roots_time_outlives_a_server_that_fails(hello, proxy, make_mount):
    made = int(time.time())
    wait_for(lambda: int(time.time()) > made, 20, "the mount is younger than the function")
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    before = os.stat(mount.path).st_mtime_ns
    proxy.rule(faultproxy.access_denied())
    assert os.stat(mount.path).st_mtime_ns == before


def test_what_is_not_there_is_enoent(hello, mount):
    for name in ("nofunction", "hello/NOALIAS", "hello/99", "hello/0", "hello/01", "hello/1/code.zip"):
        assert not os.path.lexists(mount.path / name), name
        raises(errno.ENOENT, os.lstat, mount.path / name)


def test_long_and_odd_names(hello, mount):
    for name in ("A" * 129, "A" * 255):
        with pytest.raises(OSError) as caught:
            os.lstat(mount.path / hello / name)
        assert caught.value.errno in (errno.ENOENT, errno.ENAMETOOLONG)
    raises(errno.ENAMETOOLONG, os.lstat, mount.path / hello / ("A" * 256))


def test_version_directories_refuse_every_change(plane, hello, mount):
    for version in ("$LATEST", "1"):
        directory = mount.path / hello / version
        document = directory / "configuration.json"
        before = document.read_bytes()
        with plane.recording() as record:
            raises(errno.EROFS, os.symlink, "2", directory / "link")
            raises(errno.EROFS, os.mkdir, directory / "new")
            raises(errno.EROFS, os.unlink, document)
            raises(errno.EROFS, os.rename, document, directory / "other")
            raises(errno.EROFS, os.open, directory / "new", os.O_CREAT | os.O_WRONLY)
            raises(errno.EROFS, os.open, document, os.O_WRONLY)
            raises(errno.EROFS, os.truncate, document, 0)
            raises(errno.EROFS, os.rmdir, directory)
            raises(errno.EROFS, os.link, document, directory / "hard")
        assert record.writes == []
        assert document.read_bytes() == before


@pytest.mark.semantics("3.0.13", "3.0.19")
def test_removing_a_function_is_never_possible(plane, hello, mount):
    with plane.recording() as record:
        raises(errno.EROFS, os.rmdir, mount.path / hello)
        raises(errno.EROFS, os.rmdir, mount.path / hello / "3")
    assert record.writes == []


def test_the_root_refuses_everything(plane, hello, mount):
    with plane.recording() as record:
        for attempt in (
            lambda: os.mkdir(mount.path / "new"),
            lambda: os.symlink("hello", mount.path / "link"),
            lambda: os.rename(mount.path / hello, mount.path / "renamed"),
            lambda: os.open(mount.path / "file", os.O_CREAT | os.O_WRONLY),
        ):
            with pytest.raises(OSError) as caught:
                attempt()
            assert caught.value.errno in (errno.EROFS, errno.EPERM)
    assert record.writes == []


@pytest.mark.semantics("1.1.5")
def test_the_control_directory_is_there_but_not_listed(hello, mount):
    assert ".aliasfs" not in os.listdir(mount.path)
    assert {"errors", "refresh"} <= set(os.listdir(mount.path / ".aliasfs"))


@pytest.mark.semantics("1.1.1", "1.4.3")
def test_everything_of_a_larger_account_is_listed(api, make_mount):
    aws.create_function(api, "many", versions=130, aliases={f"alias{n:03}": n for n in range(1, 61)})
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: aws.create_function(api, f"fn-{n:03}", 3, {"PROD": 2}), range(120)))
    mount = make_mount(rate=1000)
    assert in_order(mount.path) == [*(f"fn-{n:03}" for n in range(120)), "many"]
    shown = in_order(mount.path / "many")
    assert shown[:131] == ["$LATEST", *map(str, range(1, 131))]
    assert [name for name in shown[131:] if name != ".aliases"] == [f"alias{n:03}" for n in range(1, 61)]
    for n in range(120):
        shown = [name for name in in_order(mount.path / f"fn-{n:03}") if name != ".aliases"]
        assert shown == ["$LATEST", "1", "2", "3", "PROD"]
    assert (mount.path / "many/130/configuration.json").exists()
    assert os.readlink(mount.path / "many/alias060") == "60"


@pytest.mark.semantics("1.1.7")
def test_the_published_latest_is_a_version(proxy, hello, make_mount):
    """$LATEST.PUBLISHED, which lambda-plane does not make: the server's answer is edited."""
    def renamed(status, headers, body):
        body = body.replace(b'"Version":"3"', b'"Version":"$LATEST.PUBLISHED"')
        return status, headers, body.replace(b"hello:3", b"hello:$LATEST.PUBLISHED")

    proxy.rule(faultproxy.rewrite(renamed), path="/versions")
    mount = make_mount(endpoint_url=proxy.url)
    assert in_order(mount.path / hello)[:4] == ["$LATEST", "1", "2", "$LATEST.PUBLISHED"]
    text = (mount.path / hello / "$LATEST.PUBLISHED/configuration.json").read_text()
    assert json.loads(text)["Version"] == "$LATEST.PUBLISHED"


@pytest.mark.semantics("1.1.7")
def test_names_that_aws_allows_are_shown(proxy, hello, make_mount):
    """Lambda@Edge replicas carry a dot, which CreateFunction refuses: the server's answer is edited."""
    def renamed(status, headers, body):
        return status, headers, body.replace(b'"hello"', b'"us-east-1.hello"')

    proxy.rule(faultproxy.rewrite(renamed), path="/functions/?$")
    mount = make_mount(endpoint_url=proxy.url)
    assert os.listdir(mount.path) == ["us-east-1.hello"]


IMPOSSIBLE = ["a/b", "..", "", "line\\u0001", ".aliasfs", "x" * 256]


@pytest.mark.parametrize("name", IMPOSSIBLE)
@pytest.mark.semantics("1.4.2")
def test_a_name_that_cannot_be_an_entry_fails_the_listing(proxy, api, hello, make_mount, name):
    """The mount stands, the root cannot be listed, and nothing else is lost."""
    for other in ("f1", "f2", "f3"):
        aws.create_function(api, other, versions=1, aliases={"PROD": 1})
    aws.create_function(api, "odd", versions=2)

    def renamed(status, headers, body):
        return status, headers, body.replace(b'"odd"', b'"%s"' % name.encode())

    proxy.rule(faultproxy.rewrite(renamed), path="/functions/?$")
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    raises(errno.EREMOTEIO, os.listdir, mount.path)
    line = (mount.path / ".aliasfs/errors").read_text().splitlines()[-1]
    assert f"'{name}'".replace("\\u0001", "?") in line and "OPENDIR" in line
    assert "-o functions=GLOB" in line
    mount.path.stat()
    for function in ("f1", "f2", "f3"):  # the third is answered by the long list of all versions
        assert in_order(mount.path / function) == ["$LATEST", "1", "PROD", ".aliases"]
    raises(errno.EREMOTEIO, os.listdir, mount.path)
    raises(errno.ENOENT, os.listdir, mount.path / "nobody")
    mount.run("ln", "-sfn", "2", mount.path / hello / "PROD", check=True)
    assert os.readlink(mount.path / hello / "PROD") == "2"
    shown = mount.run(program("aliasfs"), "ls", mount.path, "f2", "f1", "f2", check=True)
    assert [line.split()[0] for line in shown.lines if "LATEST" in line] == ["f1", "f2"]
    failed = mount.run(program("aliasfs"), "ls", mount.path)
    assert failed.rc == 1 and "Remote I/O error" in failed.stderr and ".aliasfs/errors" in failed.stderr


@pytest.mark.semantics("1.4.2")
def test_functions_chosen_by_a_glob_are_listed_beside_such_a_name(proxy, api, hello, make_mount):
    aws.create_function(api, "odd", versions=2)

    def renamed(status, headers, body):
        return status, headers, body.replace(b'"odd"', b'"team/odd"')

    proxy.rule(faultproxy.rewrite(renamed), path="/functions/?$")
    mount = make_mount(endpoint_url=proxy.url, functions="hel*:other")
    assert os.listdir(mount.path) == [hello]
    mount = make_mount(endpoint_url=proxy.url, functions="hel*:team*")
    raises(errno.EREMOTEIO, os.listdir, mount.path)


@pytest.mark.semantics("2.0.15")
def test_read_only_mount(plane, hello, make_mount):
    mount = make_mount(None, "ro")
    with plane.recording() as record:
        result = mount.run("ln", "-sfn", "2", mount.path / hello / "PROD")
        assert not result.ok and "Read-only file system" in result.stderr
        result = mount.run("rm", mount.path / hello / "PROD")
        assert not result.ok and "Read-only file system" in result.stderr
    assert record.writes == []
    assert os.readlink(mount.path / hello / "PROD") == "1"


@pytest.mark.semantics("2.0.15")
def test_a_read_only_mount_that_the_kernel_takes_for_writable_changes_nothing(plane, hello, make_mount):
    """`mount -o remount,rw` tells the kernel alone."""
    mount = make_mount(None, "ro")
    # mount(2): fsconfig(2), which mount(8) prefers since util-linux 2.39, lets no FUSE mount be changed.
    remount = ["mount", "-i", "-o", "remount,rw", mount.path]
    subprocess.run(remount, check=True, env={**os.environ, "LIBMOUNT_FORCE_MOUNT2": "always"})
    function = mount.path / hello
    changes = [
        lambda: os.symlink("1", function / "NEW"),
        lambda: os.symlink("1", function / "x.y"),
        lambda: os.rename(function / "PROD", function / "LIVE"),
        lambda: os.unlink(function / "PROD"),
        lambda: os.rmdir(function / "1"),
        lambda: os.mkdir(function / "+"),
        lambda: os.mkdir(mount.path / "new"),
        lambda: os.utime(function / "PROD", follow_symlinks=False),
        lambda: os.mknod(function / "x.y"),
        lambda: os.open(function / ".aliases/PROD/description", os.O_WRONLY),
        lambda: os.truncate(function / ".aliases/PROD/description", 0),
        lambda: os.open(function / ".aliases/PROD/new", os.O_WRONLY | os.O_CREAT),
    ]
    with plane.recording() as record:
        for change in changes:
            raises(errno.EROFS, change)
    assert record.writes == []
    assert "the account is mounted read-only" in (mount.path / ".aliasfs/errors").read_text()
