# SPDX-License-Identifier: MIT
"""-o functions: a part of the account. -o code: code.zip, verified before the first byte is given out."""

import errno
import hashlib
import io
import os
import random
import resource
import threading
import zipfile

import pytest

from lib import aws, faultproxy
from lib.process import descriptors, run
from lib.programs import patience

# --- functions= -----------------------------------------------------------------------------------


@pytest.fixture
def three(api):
    for name in ("shop-front", "shop-back", "bank"):
        aws.create_function(api, name, versions=1, aliases={"PROD": 1})


def test_only_the_chosen_functions_are_there(plane, three, make_mount):
    mount = make_mount(functions="shop-*:other")
    assert sorted(os.listdir(mount.path)) == ["shop-back", "shop-front"]
    with plane.recording() as record:
        assert not os.path.exists(mount.path / "bank/PROD")
        assert not run("ln", "-sfn", "1", mount.path / "bank/PROD").ok
    assert record.total == 0, str(record)  # what is not chosen costs no call
    assert run("find", mount.path, "-name", "*bank*").stdout == ""


def test_a_choice_of_nothing_is_empty(three, make_mount):
    mount = make_mount(functions="nothing")
    assert os.listdir(mount.path) == []


# --- crawlers -------------------------------------------------------------------------------------


def test_what_desktops_and_crawlers_probe_for_costs_nothing(plane, hello, make_mount):
    mount = make_mount()
    os.listdir(mount.path / hello)
    names = [
        ".git", ".hg", ".svn", ".hidden", ".Trash", ".Trash-0", ".nomedia", "autorun.inf", ".directory",
        "desktop.ini", ".DS_Store", "._x", ".xdg-volume-info", ".ackrc", "Thumbs.db", ".editorconfig",
    ]
    with plane.recording() as record:
        for name in names:
            for place in (mount.path, mount.path / hello, mount.path / hello / "1"):
                assert not os.path.lexists(place / name), name
    assert record.total == 0, str(record)


def test_a_name_that_is_not_there_is_remembered(plane, hello, make_mount):
    mount = make_mount(ttl=60)
    assert not os.path.exists(mount.path / "nosuch")
    with plane.recording() as record:
        for _ in range(5):
            assert not os.path.exists(mount.path / "nosuch")
    assert record.total == 0, str(record)


# --- code -----------------------------------------------------------------------------------------


@pytest.fixture
def cache(scratch):
    """Where the code is kept: a directory of the test's own, so that leftovers are seen."""
    directory = scratch / "cache"
    directory.mkdir()
    return directory


@pytest.fixture
def make_code_mount(make_mount, scratch, cache):
    return lambda **named: make_mount(
        env=aws.credentials_environment(scratch, TMPDIR=cache), **{"code": True, **named}
    )


@pytest.mark.semantics("1.2.8")
def test_without_the_option_there_is_no_code(hello, make_mount):
    mount = make_mount()
    assert "code.zip" not in os.listdir(mount.path / hello / "1")
    assert not os.path.exists(mount.path / hello / "1/code.zip")


@pytest.mark.semantics("1.2.8")
def test_code_is_the_code(plane, hello, make_code_mount, cache):
    mount = make_code_mount()
    version = mount.path / hello / "1"
    assert "code.zip" in os.listdir(version)
    configuration = plane.api.get_function_configuration(FunctionName=hello, Qualifier="1")
    assert (version / "code.zip").stat().st_size == configuration["CodeSize"]
    with plane.recording() as record:
        run("ls", "-lR", mount.path, check=True)
    assert "GetFunction" not in record.calls
    data = (version / "code.zip").read_bytes()
    assert aws.code_sha256(data) == configuration["CodeSha256"]
    assert run("sha256sum", "-c", "code.sha256", cwd=version, check=True).stdout == "code.zip: OK\n"
    assert zipfile.ZipFile(version / "code.zip").namelist() == ["handler.py"]
    assert list(cache.iterdir()) == []  # no other process can reach the file


@pytest.mark.parametrize("kind", ["a file", "missing", "not writable"])
@pytest.mark.semantics("1.2.8")
def test_a_temporary_directory_that_cannot_be_used_is_told_at_start(
    hello, make_mount, ordinary_user, scratch, cache, kind
):
    """Without the option nothing is kept, and nothing is asked of the directory."""
    directory = cache
    if kind == "a file":
        directory = scratch / "file"
        directory.touch()
    elif kind == "missing":
        directory = scratch / "nowhere"
    named = {"env": aws.credentials_environment(scratch, TMPDIR=directory)}
    if kind == "not writable":
        cache.chmod(0o755)
        named["user"] = ordinary_user
    result = make_mount(start=False, code=True, **named).daemonise()
    assert result.rc == 1, result
    assert f"the code cannot be kept in {directory}: " in result.stderr
    assert "TMPDIR" in result.stderr
    make_mount(**named)


@pytest.mark.semantics("1.2.8")
def test_a_temporary_directory_that_went_is_no_quota(hello, make_code_mount, cache):
    mount = make_code_mount()
    cache.rmdir()
    with pytest.raises(OSError) as refused:
        (mount.path / hello / "1/code.zip").read_bytes()
    assert refused.value.errno == errno.EIO
    assert f"the code cannot be kept in {cache}: No such file or directory" in mount.log()


@pytest.mark.semantics("1.2.8")
def test_a_full_disk_is_no_quota(hello, make_code_mount):
    """A limit of the file size stands for it: the room for the code cannot be had."""
    mount = make_code_mount()
    resource.prlimit(mount.service.process.pid, resource.RLIMIT_FSIZE, (10, 10))
    with pytest.raises(OSError) as refused:
        (mount.path / hello / "1/code.zip").read_bytes()
    assert refused.value.errno == errno.ENOSPC


def test_code_is_fetched_once(plane, hello, make_code_mount):
    """Readers at the same time and later ones share one GetFunction; so do versions with the same code."""
    plane.api.update_function_configuration(FunctionName=hello, Description="only words")
    plane.api.publish_version(FunctionName=hello)  # 4, with the code of 3
    mount = make_code_mount()
    os.listdir(mount.path / hello)
    digests = []

    def read(version):
        data = (mount.path / hello / version / "code.zip").read_bytes()
        digests.append(hashlib.sha256(data).hexdigest())

    with plane.recording() as record:
        readers = [threading.Thread(target=read, args=(version,)) for version in ("3", "4", "3", "$LATEST") * 2]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(patience(30))
        read("3")
    assert record.calls.get("GetFunction") == 1, str(record)
    assert len(digests) == 9 and len(set(digests)) == 1


@pytest.fixture
def big(api):
    """A function whose code is 3 MB that do not shrink."""
    noise = random.Random(7).randbytes(3_000_000)
    archive = io.BytesIO(aws.code("x"))
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("noise", noise)
    api.create_function(
        FunctionName="big",
        Runtime="python3.11",
        Role=aws.ROLE,
        Handler="handler.handler",
        Code={"ZipFile": archive.getvalue()},
        Publish=True,
    )
    return archive.getvalue()


def test_large_code_arrives_whole(big, make_code_mount):
    mount = make_code_mount()
    assert (mount.path / "big/1/code.zip").read_bytes() == big


# The proxy stands before the whole server, so the address of the code leads through it as well.
DOWNLOAD = "/_local/code/"


@pytest.mark.parametrize(
    "fault",
    [
        faultproxy.truncate_body(1000),
        faultproxy.wrong_length(-10),
        faultproxy.replace(200, {"content-type": "application/zip"}, b"PK another zip altogether"),
        faultproxy.replace(403, {}, b"<Error>expired</Error>"),
        faultproxy.service_error(),
        faultproxy.replace(302, {"location": "http://127.0.0.1:1/elsewhere"}, b""),
    ],
    ids=["cut off", "shorter", "wrong", "expired", "broken", "redirected"],
)
def test_a_wrong_download_gives_no_byte(proxy, big, make_code_mount, fault):
    mount = make_code_mount(endpoint_url=proxy.url)
    os.listdir(mount.path / "big/1")
    rule = proxy.rule(fault, path=DOWNLOAD)
    result = run("cat", mount.path / "big/1/code.zip", timeout=40)
    assert result.rc != 0 and result.stdout == "", str(result)
    assert os.strerror(errno.EREMOTEIO) in result.stderr, result.stderr
    errors = (mount.path / ".aliasfs/errors").read_text()
    assert "READ big/1/code.zip" in errors
    # The address is as good as a key: neither it nor its signature is printed anywhere.
    for text in (errors, mount.log()):
        assert "/_local/code/" not in text and "ignature" not in text
    proxy.remove(rule)
    assert (mount.path / "big/1/code.zip").read_bytes() == big


@pytest.mark.semantics("1.2.8")
def test_flipped_bytes_are_noticed(proxy, big, make_code_mount):
    """Right length, one bit wrong."""
    mount = make_code_mount(endpoint_url=proxy.url)

    def flip(status, headers, body):
        return status, headers, body[:-5] + bytes([body[-5] ^ 1]) + body[-4:]

    proxy.rule(faultproxy.rewrite(flip), path=DOWNLOAD)
    result = run("cat", mount.path / "big/1/code.zip", timeout=40)
    assert result.rc != 0 and result.stdout == ""
    assert "SHA-256" in (mount.path / ".aliasfs/errors").read_text()


def test_the_cache_is_bounded(big, hello, make_code_mount):
    mount = make_code_mount(code_cache=1)
    result = run("cat", mount.path / "big/1/code.zip")
    assert result.rc != 0 and os.strerror(errno.EFBIG) in result.stderr, result.stderr
    for version in ("1", "2", "3"):
        (mount.path / hello / version / "code.zip").read_bytes()


def test_any_number_of_versions_is_read_with_few_descriptors(api, make_code_mount):
    """Each zip in the cache is an open file, and a process may have 1,024 by default: a backup of more never ended well."""
    count = 300
    aws.create_function(api, "many", versions=1)
    for number in range(2, count + 1):
        api.update_function_code(FunctionName="many", ZipFile=aws.code(f"many {number}"), Publish=True)
    mount = make_code_mount(rate=1000)
    for number in range(2, count + 1):
        assert (mount.path / f"many/{number}/code.zip").read_bytes() == aws.code(f"many {number}")
    assert 256 < descriptors(mount.service.process.pid) < count


def test_a_missing_permission_is_told(proxy, hello, make_code_mount):
    mount = make_code_mount(endpoint_url=proxy.url)
    os.listdir(mount.path / hello / "1")
    proxy.rule(faultproxy.access_denied("lambda:GetFunction"), path=r"/functions/hello$")
    result = run("cat", mount.path / hello / "1/code.zip")
    assert result.rc != 0 and os.strerror(errno.EACCES) in result.stderr
    assert "lambda:GetFunction" in (mount.path / ".aliasfs/errors").read_text()


def test_code_through_local(make_mount, make_plane):
    """local:DIR serves code as well."""
    plane = make_plane()
    aws.create_function(plane.api, "hello", versions=1)
    plane.stop()
    mount = make_mount(f"local:{plane.state}", code=True)
    assert zipfile.ZipFile(mount.path / "hello/1/code.zip").namelist() == ["handler.py"]
