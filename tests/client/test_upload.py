# SPDX-License-Identifier: MIT
"""UpdateFunctionCode with a body that is made while it is sent, and the wait until an update is in effect."""

import base64
import contextlib
import fcntl
import hashlib
import io
import random
import socket
import struct
import termios
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws
from lib.faultproxy import (
    access_denied,
    close_after_forwarding,
    delay,
    garbage,
    hang,
    reset_after_forwarding,
    reset_before_forwarding,
    rewrite,
    service_error,
    throttled,
    truncate_body,
)
from lib.process import wait_for
from lib.programs import patience

pytestmark = pytest.mark.quick_sanitized

CODE = "/2015-03-31/functions/shop/code"
MIB = 1024 * 1024


def zip_of(size, seed=1):
    """A zip of just that many bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("handler.py", "x = 1\n")
        archive.writestr("data", b"")
    frame = len(target.getvalue())
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("handler.py", "x = 1\n")
        archive.writestr("data", random.Random(seed).randbytes(size - frame))
    assert len(target.getvalue()) == size
    return target.getvalue()


def sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@pytest.fixture
def zip_file(scratch):
    """zip_file(size): a path with such a zip."""

    def write(size=1000, seed=1):
        path = scratch / f"{size}-{seed}.zip"
        path.write_bytes(zip_of(size, seed))
        return path

    return write


@pytest.fixture
def shop(api):
    """A function; shop() is its $LATEST."""
    aws.create_function(api, "shop")
    return lambda: api.get_function_configuration(FunctionName="shop")


def uploads(proxy):
    return [request for request in proxy.requests() if request.method == "PUT"]


# --- what is sent -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*range(400, 404), *range(12280, 12300, 3), 65536, 100001])
def test_an_upload_at_the_borders_of_its_pieces(faulty, proxy, shop, zip_file, size):
    path = zip_file(size)
    answer = faulty("update-code", "shop", path)
    assert answer.status == "ok", answer
    assert shop()["CodeSha256"] == sha256(path.read_bytes()) == answer["configuration"]["CodeSha256"]
    assert shop()["CodeSize"] == size
    (request,) = uploads(proxy)
    assert request.json() == {"ZipFile": base64.b64encode(path.read_bytes()).decode()}
    assert int(request.headers["content-length"]) == len(request.body)
    assert request.headers["content-type"] == "application/json"
    assert "expect" not in request.headers and "transfer-encoding" not in request.headers


def test_what_goes_along(faulty, proxy, shop, zip_file):
    revision = shop()["RevisionId"]
    key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    answer = faulty("update-code", "shop", zip_file(), revision, '["arm64"]', key)
    assert answer.status == "ok", answer
    assert shop()["Architectures"] == ["arm64"]
    body = uploads(proxy)[0].json()
    body.pop("ZipFile")
    assert body == {"Architectures": ["arm64"], "RevisionId": revision, "SourceKMSKeyArn": key}


def test_memory_does_not_grow_with_the_code(call, shop, zip_file):
    grown = {}
    for size in (MIB // 10, 4 * MIB, 40 * MIB):
        answer = call("update-code", "shop", zip_file(size), mutation_ms=int(patience(60) * 1000))
        assert answer.status == "ok", answer
        grown[size] = answer["grown_kib"]
    assert max(grown.values()) < 8 * 1024, grown


def test_the_largest_zip_is_refused_by_the_service(call, shop, scratch):
    before = shop()["CodeSha256"]
    path = scratch / "large.zip"
    path.write_bytes(zip_of(52 * MIB))
    answer = call("update-code", "shop", path, mutation_ms=int(patience(60) * 1000))
    assert answer.status == "too large", answer
    assert shop()["CodeSha256"] == before


# --- refusals ---------------------------------------------------------------------------------


def test_bytes_that_have_changed_are_not_sent(faulty, proxy, shop, zip_file):
    answer = faulty("update-code", "shop", zip_file(), "", "", "", "00" * 32)
    assert answer.status == "invalid request", answer
    assert "changed after it was checked" in answer.error.message and not proxy.requests()


def test_an_update_in_progress_is_a_conflict(make_plane, make_caller, zip_file):
    plane = make_plane("--settle", "3600000")
    aws.create_function(plane.api, "shop")
    answer = make_caller(endpoint_url=plane.url)("update-code", "shop", zip_file())
    assert answer.status == "conflict", answer
    assert answer.error.code == "ResourceConflictException" and not answer.error.outcome_unknown


def test_another_revision(call, shop, zip_file):
    answer = call("update-code", "shop", zip_file(), "11111111-2222-3333-4444-555555555555")
    assert answer.status == "revision changed", answer


def test_no_such_function(call, zip_file):
    assert call("update-code", "nothing", zip_file()).status == "not found"


def test_wrong_credentials(faulty, proxy, shop, zip_file):
    before = shop()["CodeSha256"]
    proxy.rule(access_denied(), method="PUT")
    assert faulty("update-code", "shop", zip_file(MIB)).status == "access denied"
    assert shop()["CodeSha256"] == before


def wait_until_full(connection):
    """Until no more bytes arrive: the sender's buffer is full, and it waits to write or to read."""
    before, waiting = -1, 0
    while waiting != before:
        time.sleep(0.1)
        before, waiting = waiting, struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]


def refuse(connection, lingers):
    """Answers 403 to the head, and closes: at once, which resets the connection, or when the sender has."""
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1024)
        wait_until_full(connection)
        connection.sendall(
            b"HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: AccessDeniedException\r\nx-amzn-requestid: r\r\n"
            b"content-length: 2\r\n\r\n{}"
        )
        with contextlib.suppress(OSError):
            while lingers and connection.recv(65536):
                pass


@pytest.mark.parametrize("lingers", [False, True], ids=["closed at once", "lingering"])
def test_a_refusal_before_the_whole_body_has_come(lingers, make_caller, zip_file, afterwards):
    """
    Front ends refuse by the head alone, and do not read the rest. A sender that is writing while a
    reset arrives loses the answer that came before it, and tries again: every attempt is answered.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    afterwards.callback(listener.close)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                refuse(listener.accept()[0], lingers)

    threading.Thread(target=serve, daemon=True).start()
    caller = make_caller(endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}", unlimited="yes")
    answer = caller("update-code", "shop", zip_file(20 * MIB), mutation_ms=60000)
    assert answer.status == "access denied" and not answer.error.outcome_unknown, answer


def test_no_credentials(call, shop, zip_file):
    call.environment = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true"}
    assert call("update-code", "shop", zip_file()).status == "no credentials"


# --- interruptions ----------------------------------------------------------------------------


class Stuck:
    """A server that takes the head and `wanted` bytes of the body, then nothing more, and remembers what came."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.received = b""
        self.ended = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.enough, self.go_on = threading.Event(), threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        with connection:
            while len(self.received) < self.wanted:
                self.received += connection.recv(65536)
            self.enough.set()
            self.go_on.wait(patience(30))
            while data := connection.recv(65536):
                self.received += data
        self.ended.set()

    @property
    def complete(self):
        head, _, body = self.received.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return len(body) >= length


@pytest.mark.parametrize("limit", [{"interrupt_ms": 3000}, {"mutation_ms": 6000}], ids=["interrupted", "late"])
def test_it_ends_before_its_last_byte(make_caller, zip_file, afterwards, limit):
    server = Stuck(wanted=100000)
    afterwards.callback(server.listener.close)
    caller = make_caller(endpoint_url=server.url, unlimited="yes")
    caller.environment["AWS_MAX_ATTEMPTS"] = 1
    answer = caller("update-code", "shop", zip_file(20 * MIB), **{"mutation_ms": 60000, **limit})
    assert answer.status == ("interrupted" if "interrupt_ms" in limit else "timed out"), answer
    assert not answer.error.outcome_unknown
    assert server.enough.is_set()
    server.go_on.set()
    assert server.ended.wait(patience(30))
    assert not server.complete


def test_after_its_last_byte_an_interruption_does_not_end_it(faulty, proxy, shop, zip_file):
    path = zip_file()
    proxy.rule(delay(5), method="PUT")
    answer = faulty("update-code", "shop", path, interrupt_ms=2000)
    assert answer.status == "ok", answer
    assert shop()["CodeSha256"] == sha256(path.read_bytes())


def test_interrupted_from_the_beginning(faulty, proxy, shop, zip_file):
    before = shop()["CodeSha256"]
    answer = faulty("update-code", "shop", zip_file(30 * MIB), interrupt_ms=1)
    assert answer.status == "interrupted", answer
    assert not answer.error.outcome_unknown
    assert shop()["CodeSha256"] == before


# --- lost answers -----------------------------------------------------------------------------

LOST = [
    reset_after_forwarding(),
    close_after_forwarding(),
    truncate_body(),
    garbage(forward=True),
    service_error(forward=True),
    rewrite(lambda status, headers, body: (status, headers, body.replace(b"CodeSha256", b"CodeSha255"))),
]


@pytest.mark.parametrize("fault", LOST, ids=["reset", "closed", "cut", "garbage", "500", "another field"])
@pytest.mark.parametrize("with_revision", [True, False])
def test_a_lost_answer_takes_effect_once(faulty, proxy, plane, shop, zip_file, fault, with_revision):
    path = zip_file(MIB)
    revision = shop()["RevisionId"] if with_revision else ""
    proxy.rule(fault, method="PUT", times=1)
    with plane.recording() as record:
        answer = faulty("update-code", "shop", path, revision)
    assert answer.status == "ok", answer
    assert answer["configuration"]["CodeSha256"] == sha256(path.read_bytes()) == shop()["CodeSha256"]
    assert record.writes == ["UpdateFunctionCode"]
    assert len(uploads(proxy)) == 1


# Unless AWS says that it did not take the first copy, it may have: the second is for that revision alone.
@pytest.mark.parametrize(
    "fault, carries_revision",
    [(reset_before_forwarding(), True), (service_error(), True), (throttled(retry_after="0"), False)],
    ids=["reset", "failed", "throttled"],
)
def test_what_did_not_arrive_is_sent_again(faulty, proxy, plane, shop, zip_file, fault, carries_revision):
    path = zip_file(MIB)
    revision = shop()["RevisionId"]
    proxy.rule(fault, method="PUT", times=1)
    with plane.recording() as record:
        answer = faulty("update-code", "shop", path)
    assert answer.status == "ok", answer
    assert record.writes == ["UpdateFunctionCode"] and shop()["CodeSha256"] == sha256(path.read_bytes())
    first, second = (request.json() for request in uploads(proxy))
    assert "RevisionId" not in first
    assert second.get("RevisionId") == (revision if carries_revision else None)


def test_a_colleague_in_between(faulty, proxy, api, shop, zip_file):
    """The first copy is lost; what is there by then is neither the old code nor this."""
    revision = shop()["RevisionId"]
    rule = proxy.rule(hang(), method="PUT", times=1)
    theirs = zip_of(2000, seed=2)
    result = {}

    def upload():
        result["answer"] = faulty("update-code", "shop", zip_file(), revision, mutation_ms=30000)

    thread = threading.Thread(target=upload)
    thread.start()
    assert rule.wait_for_hits()
    api.update_function_code(FunctionName="shop", ZipFile=theirs)
    rule.release()
    thread.join(patience(40))
    assert result["answer"].status == "revision changed", result
    assert shop()["CodeSha256"] == sha256(theirs)


# --- settling ---------------------------------------------------------------------------------


def test_settled_at_once(call, shop):
    answer = call("wait-settled", "shop")
    assert (answer.status, answer["outcome"], answer["polls"]) == ("ok", "settled", 1)


@pytest.fixture
def settling(make_plane, make_caller, zip_file):
    """A caller and its plane, where an upload has just gone: it settles with plane.settle()."""
    plane = make_plane("--settle", "3600000")
    aws.create_function(plane.api, "shop")
    plane.settle()
    caller = make_caller(endpoint_url=plane.url, unlimited="yes")
    answer = caller("update-code", "shop", zip_file())
    assert answer.status == "ok" and answer["configuration"]["LastUpdateStatus"] == "InProgress"
    return caller, plane


def test_waits_until_the_update_is_in_effect(settling):
    caller, plane = settling
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(caller, "wait-settled", "shop", mutation_ms=60000)
        try:
            wait_for(lambda: plane.calls().get("GetFunctionConfiguration", 0) >= 2, what="two looks")
            assert not waiting.done()
        finally:
            plane.settle()
        assert waiting.result()["outcome"] == "settled"
    assert plane.api.get_function_configuration(FunctionName="shop")["LastUpdateStatus"] == "Successful"


def test_time_is_over(settling):
    caller, _ = settling
    answer = caller("wait-settled", "shop", mutation_ms=2000)
    assert (answer.status, answer["outcome"]) == ("ok", "in progress")
    assert answer["polls"] >= 1


def test_an_interruption_ends_the_wait(settling):
    caller, _ = settling
    answer = caller("wait-settled", "shop", mutation_ms=60000, interrupt_ms=300)
    assert (answer.status, answer["outcome"]) == ("ok", "interrupted")


def test_a_failed_update_comes_with_its_reason(call, plane, shop, zip_file):
    plane.put(
        "/_local/faults",
        [{"operation": "UpdateFunctionCode", "settles_failed": "InvalidZipFileException", "message": "no entry point"}],
    )
    assert call("update-code", "shop", zip_file()).status == "ok"
    answer = call("wait-settled", "shop")
    assert (answer.status, answer["outcome"]) == ("service failed", "failed")
    assert answer.error.code == "InvalidZipFileException" and "no entry point" in answer.error.message


def test_looking_that_fails_is_tried_again(faulty, proxy, shop):
    proxy.rule(service_error(), method="GET", times=7)
    answer = faulty("wait-settled", "shop", mutation_ms=60000)
    assert answer["outcome"] == "settled"


def test_looking_that_is_not_permitted_is_an_error(faulty, proxy, shop):
    proxy.rule(access_denied(), method="GET")
    assert faulty("wait-settled", "shop").status == "access denied"
    assert faulty("wait-settled", "nothing").status == "access denied"


def test_a_function_that_is_gone(call):
    assert call("wait-settled", "nothing").status == "not found"
