# SPDX-License-Identifier: MIT
"""New code for $LATEST by the tools that people have: whole zips alone go live, and a change is over when it is in effect."""

import base64
import errno
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws
from lib.process import wait_for
from lib.programs import patience
from lib.writing import errno_of, last_error, users_of
from lib.writing_tools import COPIERS, HIDE_FAILURES, change, play


@pytest.fixture
def mount(hello, make_mount):
    return make_mount(allow_update="code:configuration:environment", rate=1000)


@pytest.fixture
def place(hello, mount):
    return mount.path / hello / "$LATEST"


@pytest.fixture
def new(scratch):
    """$T with what a person has at hand: new and handler.py."""
    directory = scratch / "t"
    directory.mkdir()
    (directory / "new").write_bytes(aws.code("new"))
    (directory / "handler.py").write_text("def handler(event, context):\n    return 'newer'\n")
    return directory


def sha256(api):
    return api.get_function_configuration(FunctionName="hello")["CodeSha256"]


def shell(mount, place, new, script, **more):
    return mount.run("/bin/sh", "-ec", f"T={new}; export T; {script}", cwd=place, **more)


@pytest.mark.semantics("6.3.1", "6.6.1", "6.6.2")
@pytest.mark.parametrize("tool", COPIERS)
def test_each_tool_uploads_once(api, gesture, mount, place, scratch, new, tool):
    with gesture("UpdateFunctionCode"):
        result = play(tool, mount, place / "code.zip", scratch)
    assert result.ok, result
    assert sha256(api) == aws.code_sha256(aws.code("new"))
    assert (place / "code.zip").read_bytes() == aws.code("new")
    with gesture():
        shell(mount, place, new, "cat $T/new > code.zip", check=True)


@pytest.mark.semantics("6.3.8", "6.4.1", "6.4.5")
@pytest.mark.parametrize("tool", COPIERS)
def test_no_tool_overwrites_the_code_of_a_colleague(api, plane, mount, place, scratch, new, tool):
    theirs = aws.code("theirs")
    body = {"ZipFile": base64.b64encode(theirs).decode()}
    upload = change(plane, "PUT", "/2015-03-31/functions/hello/code", body)
    with plane.recording() as record:
        result = play(tool, mount, place / "code.zip", scratch, upload)
    assert record.writes == ["UpdateFunctionCode"], record
    assert not result.ok or tool in HIDE_FAILURES, result
    assert sha256(api) == aws.code_sha256(theirs)
    assert (place / "code.zip").read_bytes() == theirs


@pytest.mark.semantics("6.6.5")
@pytest.mark.parametrize("listed", [False, True])
def test_zip_changes_the_code_that_is_there(api, hello, make_mount, gesture, new, listed):
    mount = make_mount(allow_update="code", code=listed)
    place = mount.path / hello / "$LATEST"
    with gesture("UpdateFunctionCode"):
        mount.run("zip", "-qj", place / "code.zip", new / "handler.py", check=True)
    names = zipfile.ZipFile(io.BytesIO((place / "code.zip").read_bytes())).namelist()
    assert "handler.py" in names and len(names) >= 1
    (new / "extra.txt").write_text("extra")
    with gesture("UpdateFunctionCode"):
        mount.run("zip", "-quj", place / "code.zip", new / "extra.txt", check=True)
    assert "extra.txt" in zipfile.ZipFile(io.BytesIO((place / "code.zip").read_bytes())).namelist()
    with gesture("UpdateFunctionCode"):
        mount.run("zip", "-qd", place / "code.zip", "extra.txt", check=True)
    assert "extra.txt" not in zipfile.ZipFile(io.BytesIO((place / "code.zip").read_bytes())).namelist()
    assert ("code.zip" in os.listdir(place)) == listed


@pytest.mark.semantics("6.6.5", "6.5.1")
def test_a_whole_version_is_put_back(api, hello, make_mount, gesture, scratch):
    mount = make_mount(allow_update="code:configuration", code=True)
    function = mount.path / hello
    first = (function / "1" / "code.zip").read_bytes()
    assert (function / "$LATEST" / "code.zip").read_bytes() != first
    with gesture("UpdateFunctionCode"):
        mount.run("sh", "-c", "cp 1/code.sha256 1/code.zip 1/configuration.json '$LATEST/'", cwd=function, check=True)
    assert sha256(api) == aws.code_sha256(first)


@pytest.mark.semantics("6.6.1")
@pytest.mark.parametrize("damage", ["half", "a byte", "no zip", "empty", "too large"])
@pytest.mark.parametrize("way", ["write", "rename"])
def test_no_half_zip_is_ever_sent(api, gesture, mount, place, damage, way):
    whole = bytearray(aws.code("new"))
    data = {
        "half": bytes(whole[: len(whole) // 2]),
        "a byte": bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]),
        "no zip": b"#!/bin/sh\n",
        "empty": b"",
        "too large": bytes(50 * 1024 * 1024 + 1),
    }[damage]
    before = sha256(api)
    invalid = errno.EINVAL if way == "write" else errno.EPERM
    wanted = {"empty": None, "too large": errno.EFBIG}.get(damage, invalid)

    def write():
        if way == "write":
            (place / "code.zip").write_bytes(data)
            return
        (place / ".new.zip").write_bytes(data)
        os.rename(place / ".new.zip", place / "code.zip")

    with gesture():
        if wanted is None:
            write()
        else:
            assert errno_of(write) == wanted
    assert sha256(api) == before


@pytest.mark.semantics("6.6.1")
@pytest.mark.parametrize(
    "tool", ["cp", ">", "rsync", "rsync --inplace", "curl -o", "zip"]
)
def test_a_tool_that_is_killed_sends_nothing_or_all(api, mount, place, new, tool):
    """At 50 random moments: the code is the old or the new one, and every upload was whole."""
    seed = int(os.environ.get("ALIASFS_SEED") or random.randrange(1 << 32))
    print(f"seed {seed}")
    dice = random.Random(seed)
    filling = dice.randbytes(400_000)
    allowed = {sha256(api)}
    for number in range(50):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("handler.py", f"# {number}\n")
            archive.writestr("filling", filling)
        (new / "new").write_bytes(data.getvalue())
        (new / "filling").write_bytes(filling + bytes([number]))
        script = COPIERS.get(tool, f"zip -qj {{doc}} {new}/filling").format(doc="code.zip")
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"T={new}; export T; {script}"], cwd=place, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        time.sleep(dice.random() * 0.06)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if tool != "zip":
            allowed.add(aws.code_sha256(data.getvalue()))
            assert sha256(api) in allowed, f"seed {seed}, {number}"
        else:
            wait_for(lambda: not users_of(mount.path), 60)  # its last request may be the removal
            wait_for((place / "code.zip").exists)  # zip has removed it, and was killed
            (place / "code.zip").read_bytes()  # verified against CodeSha256
            with zipfile.ZipFile(place / "code.zip") as archive:
                assert archive.testzip() is None, f"seed {seed}, {number}"
    wait_for(lambda: not users_of(mount.path), 60)


@pytest.mark.semantics("6.4.1", "6.4.5")
def test_a_colleague_in_between(api, gesture, mount, place):
    (place / "code.zip").read_bytes()
    theirs = aws.code("theirs")
    api.update_function_code(FunctionName="hello", ZipFile=theirs)
    with gesture():
        assert errno_of((place / "code.zip").write_bytes, aws.code("mine")) == errno.EREMCHG
    assert sha256(api) == aws.code_sha256(theirs)
    assert (place / "code.zip").read_bytes() == theirs
    with gesture("UpdateFunctionCode"):
        (place / "code.zip").write_bytes(aws.code("mine"))


FAULTS = {
    "denied": ({"code": "AccessDeniedException"}, errno.EACCES),
    "invalid": ({"code": "InvalidParameterValueException"}, errno.EPERM),
    "code storage": ({"code": "CodeStorageExceededException"}, errno.EDQUOT),
    "409": ({"code": "ResourceConflictException", "count": -1}, errno.EBUSY),
    "412": ({"code": "PreconditionFailedException", "count": -1}, errno.EREMCHG),
    "500": ({"status": 500, "count": -1}, errno.EREMOTEIO),
    "no answer": ({"hang": True, "count": -1}, errno.ETIMEDOUT),
}


@pytest.mark.semantics("6.3.1", "6.3.8", "6.4.2")
@pytest.mark.parametrize(
    ("tool", "fault"),
    [*(("cp", fault) for fault in FAULTS), *((tool, "412") for tool in (">", "rsync --inplace", "install"))],
)
def test_a_tool_fails_with_the_upload(api, gesture, hello, plane, make_mount, scratch, new, tool, fault):
    mount = make_mount(allow_update="code", timeout=2, upload_timeout=2, rate=1000)
    place, before = mount.path / hello / "$LATEST", sha256(api)
    plane.put("/_local/faults", [{"operation": "UpdateFunctionCode", **FAULTS[fault][0]}])
    with gesture():
        result = play(tool, mount, place / "code.zip", scratch)
    assert not result.ok and result.stderr, result
    assert "code.zip" in last_error(mount) and sha256(api) == before
    plane.put("/_local/faults", [])
    with gesture("UpdateFunctionCode"):
        assert play(tool, mount, place / "code.zip", scratch).ok


@pytest.mark.semantics("6.3.8", "6.4.2")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_refused_upload(api, gesture, hello, plane, make_mount, fault):
    mount = make_mount(allow_update="code", timeout=2, upload_timeout=2)
    place = mount.path / hello / "$LATEST"
    before = (place / "code.zip").read_bytes()
    settings, wanted = FAULTS[fault]
    plane.put("/_local/faults", [{"operation": "UpdateFunctionCode", **settings}])
    (place / ".new.zip").write_bytes(aws.code("mine"))
    with gesture():
        assert errno_of(os.rename, place / ".new.zip", place / "code.zip") in (wanted, errno.ETIMEDOUT)
    assert (place / ".new.zip").read_bytes() == aws.code("mine")
    assert (place / "code.zip").read_bytes() == before
    plane.put("/_local/faults", [])
    with gesture("UpdateFunctionCode"):
        os.rename(place / ".new.zip", place / "code.zip")


@pytest.mark.semantics("4.3.1")
def test_a_lost_answer_is_read_back(api, gesture, hello, plane, make_mount):
    mount = make_mount(allow_update="code")
    place = mount.path / hello / "$LATEST"
    plane.put("/_local/faults", [{"operation": "UpdateFunctionCode", "reset": True, "after_commit": True}])
    with gesture("UpdateFunctionCode"):
        (place / "code.zip").write_bytes(aws.code("mine"))
    assert sha256(api) == aws.code_sha256(aws.code("mine"))


def settling_plane(make_plane, scratch):
    """hello, made while nothing had to settle, on a plane where each update takes until its settle()."""
    state = scratch / "settling"
    first = make_plane(state=state)
    aws.create_function(first.api, "hello", versions=2, aliases={"PROD": 1})
    first.stop()
    return make_plane("--settle", "3600000", state=state)


@pytest.mark.semantics("6.7.1", "6.7.4")
def test_it_is_over_when_the_update_is_in_effect(make_plane, make_mount, scratch):
    plane = settling_plane(make_plane, scratch)
    mount = make_mount(endpoint_url=plane.url, allow_update="code:configuration", ttl=0)
    function = mount.path / "hello"
    writer = subprocess.Popen(["sh", "-c", "cat > code.zip"], cwd=function / "$LATEST", stdin=subprocess.PIPE)
    writer.stdin.write(aws.code("mine"))
    writer.stdin.close()
    status = lambda: plane.api.get_function_configuration(FunctionName="hello")["LastUpdateStatus"]  # noqa: E731
    wait_for(lambda: status() == "InProgress")
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    assert aws.alias_version(plane.api, "hello", "PROD") == "2"
    assert writer.poll() is None and status() == "InProgress", "the remap waited for the update"
    plane.settle()
    assert writer.wait() == 0
    assert status() == "Successful"


@pytest.mark.semantics("6.7.3", "6.7.5")
def test_an_update_of_others_is_waited_for(make_plane, make_mount, scratch):
    plane = settling_plane(make_plane, scratch)
    mount = make_mount(endpoint_url=plane.url, allow_update=True, ttl=0)
    place = mount.path / "hello" / "$LATEST"
    plane.api.update_function_configuration(FunctionName="hello", Timeout=77)
    assert errno_of(os.mkdir, mount.path / "hello" / "+") == errno.EBUSY
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit((place / "code.zip").write_bytes, aws.code("mine"))
        try:
            wait_for(lambda: plane.calls().get("UpdateFunctionCode"), what="the upload that is refused")
            assert not writing.done()
        finally:
            wait_for(lambda: plane.settle() or writing.done(), what="the upload, which settles too", interval=0.1)
        writing.result()
    found = plane.api.get_function_configuration(FunctionName="hello")
    assert (found["Timeout"], found["CodeSha256"]) == (77, aws.code_sha256(aws.code("mine")))
    assert found["LastUpdateStatus"] == "Successful"


@pytest.mark.semantics("6.7.2")
def test_a_failed_update_is_seen(plane, mount, place):
    plane.put(
        "/_local/faults",
        [{"operation": "UpdateFunctionCode", "settles_failed": "InvalidZipFileException", "message": "it is no good"}],
    )
    assert errno_of((place / "code.zip").write_bytes, aws.code("mine")) == errno.EREMOTEIO
    assert re.search(
        r": it is no good \[GetFunctionConfiguration 200 InvalidZipFileException\] request [0-9a-f-]{36}$", last_error(mount)
    ), last_error(mount)


@pytest.mark.semantics("6.6.2", "6.7.2", "6.7.5")
@pytest.mark.parametrize("document", ["code.zip", "configuration.json", "environment.json"])
def test_what_has_failed_is_not_taken_for_done(plane, api, gesture, mount, place, document):
    """AWS shows what was written, and it is not in effect: it is sent again, or refused, and never published."""
    operation = "UpdateFunctionCode" if document == "code.zip" else "UpdateFunctionConfiguration"
    data = {
        "code.zip": lambda: aws.code("mine"),
        "configuration.json": lambda: (place / document).read_bytes().replace(b'"Timeout": 3', b'"Timeout": 33'),
        "environment.json": lambda: b'{"STAGE": "green"}',
    }[document]()
    fault = {"operation": operation, "settles_failed": "InternalError", "message": "it is no good"}
    plane.put("/_local/faults", [fault])
    with gesture(operation):
        assert errno_of((place / document).write_bytes, data) == errno.EREMOTEIO
    assert api.get_function_configuration(FunctionName="hello")["LastUpdateStatus"] == "Failed"
    with gesture():
        assert errno_of(os.mkdir, place.parent / "+") == errno.EREMOTEIO
    assert "it is no good" in last_error(mount) and "nothing was published" in last_error(mount)
    if document == "code.zip":
        plane.put("/_local/faults", [fault])
        with gesture(operation):
            assert errno_of((place / document).write_bytes, data) == errno.EREMOTEIO
    else:
        with gesture():
            assert errno_of((place / document).write_bytes, data) == errno.EREMOTEIO
        assert "it is no good" in last_error(mount) and document in last_error(mount)
    with gesture("UpdateFunctionCode"):
        (place / "code.zip").write_bytes(aws.code("mine"))
    (place / document).write_bytes(data)
    with gesture("PublishVersion"):
        os.mkdir(place.parent / "+")


@pytest.mark.semantics("6.4.3")
@pytest.mark.parametrize("document", ["code.zip", "configuration.json", "environment.json"])
def test_who_never_reads_is_never_refused(api, mount, place, new, document):
    """A shell of CI that only copies, while a colleague writes the same: its own writes are no reading."""
    made = {
        "code.zip": lambda text: aws.code(text),
        "configuration.json": lambda text: json.dumps(configuration | {"Description": text}).encode(),
        "environment.json": lambda text: json.dumps({"STAGE": text}).encode(),
    }[document]
    configuration = json.loads(mount.run("cat", place / "configuration.json", check=True).stdout)
    for text in "one", "two":
        (new / text).write_bytes(made(text))
    process = subprocess.Popen(
        ["sh", "-ec", 'cp "$1/one" "$2"; echo; read -r line; cp "$1/two" "$2"; cp "$1/two" "$2"', "sh", new, place / document],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )
    assert process.stdout.readline() == b"\n"
    api.update_function_code(FunctionName="hello", ZipFile=aws.code("theirs"))
    api.update_function_configuration(FunctionName="hello", Description="theirs", Environment={"Variables": {"AB": "theirs"}})
    process.communicate(b"\n", patience(60))
    assert process.returncode == 0
    assert (place / document).read_bytes() == made("two") or document != "code.zip"


@pytest.mark.semantics("6.7.1", "6.7.6")
@pytest.mark.parametrize("end", ["time", "interrupt"])
def test_a_wait_that_ends_early_is_no_failure(make_plane, make_mount, new, end, scratch):
    plane = settling_plane(make_plane, scratch)
    mount = make_mount(
        endpoint_url=plane.url, allow_update="code", settle_timeout=0.5 if end == "time" else 600
    )
    place = mount.path / "hello" / "$LATEST"
    process = subprocess.Popen(["cp", new / "new", "code.zip"], cwd=place)
    if end == "interrupt":
        wait_for(lambda: plane.calls().get("UpdateFunctionCode"))
        wait_for(lambda: plane.calls().get("GetFunctionConfiguration", 0) > 1)
        process.send_signal(signal.SIGINT)
    process.wait(patience(30))
    if end == "time":
        assert process.returncode == 0
    wait_for(lambda: "the update goes on" in mount.log())
    assert plane.api.get_function_configuration(FunctionName="hello")["CodeSha256"] == aws.code_sha256(aws.code("new"))


class Relay:
    """Passes bytes on to the plane, at most `piece` of a request at a time until it is opened."""

    def __init__(self, port):
        self.port, self.passed, self.open = port, 0, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            server = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source, target, is_request):
        try:
            while data := source.recv(65536):
                target.sendall(data)
                if is_request:
                    self.passed += len(data)
                    if self.passed > 4_000_000:
                        self.open.wait()
        except OSError:
            pass
        for each in (source, target):
            each.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open.set()
        self.listener.close()


@pytest.mark.semantics("6.6.4")
@pytest.mark.parametrize("end", ["interrupt", "unmount", "time"])
def test_an_upload_that_is_ended_has_not_happened(api, hello, plane, afterwards, make_mount, new, end):
    relay = afterwards.enter_context(Relay(plane.port))
    mount = make_mount(endpoint_url=relay.url, allow_update="code", upload_timeout=3 if end == "time" else 300)
    place = mount.path / hello / "$LATEST"
    before, changes = sha256(api), plane.changes()
    with zipfile.ZipFile(new / "big.zip", "w") as archive:
        archive.writestr("handler.py", "x = 1\n")
        archive.writestr("filling", random.Random(1).randbytes(20_000_000))
    process = subprocess.Popen(["cp", new / "big.zip", place / "code.zip"], stderr=subprocess.DEVNULL)
    wait_for(lambda: relay.passed > 4_000_000)
    if end == "interrupt":
        process.send_signal(signal.SIGINT)
    elif end == "unmount":
        mount.terminate()
    assert process.wait(patience(60)) != 0
    relay.open.set()
    assert sha256(api) == before
    assert plane.changes() == changes


@pytest.mark.semantics("6.7.5")
def test_what_was_sent_is_what_is_published(api, hello, mount, place, gesture):
    (place / "code.zip").write_bytes(aws.code("mine"))
    api.update_function_code(FunctionName=hello, ZipFile=aws.code("theirs"))
    with gesture():
        assert errno_of(os.mkdir, mount.path / hello / "+") == errno.EREMCHG
    with gesture():  # in whatever session: this mount sent other code
        assert not mount.run("mkdir", "+", cwd=mount.path / hello).ok
    assert (place / "code.zip").read_bytes() == aws.code("theirs")
    with gesture("PublishVersion"):
        os.mkdir(mount.path / hello / "+")


@pytest.mark.semantics("6.3.1", "6.7.1")
def test_a_deployment_in_one_line(api, hello, mount, new):
    mount.run(
        "/bin/sh", "-ec",
        f"cp {new}/new 'hello/$LATEST/code.zip' && mkdir hello/+ && ln -sfn .newest hello/BETA",
        cwd=mount.path, check=True,
    )
    version = aws.alias_version(api, hello, "BETA")
    found = api.get_function_configuration(FunctionName=hello, Qualifier=version)
    assert version == "4" and found["CodeSha256"] == aws.code_sha256(aws.code("new"))


@pytest.mark.semantics("6.6.3")
def test_images_have_no_zip(api, mount):
    api.create_function(
        FunctionName="image", PackageType="Image", Role="arn:aws:iam::000000000000:role/r",
        Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/x:1"},
    )
    path = mount.path / "image" / "$LATEST" / "code.zip"
    assert errno_of(lambda: path.write_bytes(aws.code("mine"))) in (errno.EINVAL, errno.ENOENT)
