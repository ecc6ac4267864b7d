# SPDX-License-Identifier: MIT
"""Answers byte by byte: heads, trailers, lengths, chunks, and what comes without having been asked for."""

import contextlib
import gzip
import json
import socket
import threading
import time

import pytest

from tls_help import ACCOUNT

pytestmark = pytest.mark.quick_sanitized

BODY = json.dumps(ACCOUNT).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)


def ok(headers=LENGTH, body=BODY):
    return b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + body


def shown(answer):
    """Its first words, for the name of a test."""
    return ascii(answer[9:60].decode("latin-1").replace("\r\n", " "))


class Speaker:
    """Sends bytes as they are for every request; `heads` is what came. Then EOF, unless `stays`.

    `late`: what it says of itself, a moment after the first answer; with `closes` EOF behind it.
    """

    def __init__(self, *answers, stays=False, late=b"", closes=False):
        self.answers = list(answers)  # the last one again and again
        self.heads = []
        self.stays = stays
        self.late = late
        self.closes = closes
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            while head := self._head(client):
                self.heads.append(head)
                client.sendall(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                if self.late and len(self.heads) == 1:
                    time.sleep(0.1)  # behind what is read with the answer
                    client.sendall(self.late)
                    if self.closes:
                        return
                if not self.stays:
                    return

    @staticmethod
    def _head(client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(65536)
            if not data:
                return b""
            head += data
        return head

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def speak(make_caller, afterwards):
    """speak(*answers): a caller of a server that gives these."""

    def start(*answers, **options):
        speaker = afterwards.enter_context(contextlib.closing(Speaker(*answers, **options)))
        caller = make_caller(endpoint_url=speaker.url, unlimited="yes")
        caller.environment["AWS_MAX_ATTEMPTS"] = 1
        caller.speaker = speaker
        return caller

    return start


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + ok(),
        b"HTTP/1.1 102 Processing\r\n\r\n" * 5 + ok(),
        b"HTTP/1.1 103 Early Hints\r\nContent-Encoding: gzip\r\nx-amzn-errortype: No\r\n\r\n" + ok(),
        ok(CHUNKED, CHUNKS + b"\r\n"),
        ok(CHUNKED, CHUNKS + b"X-Checksum: 1\r\nContent-Encoding: gzip\r\n\r\n"),
        ok(b"Content-Encoding: identity\r\n" + LENGTH),
        ok(LENGTH + LENGTH),
        ok(b"X-Folded: a\r\n b\r\n" + LENGTH),
        b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
        b"HTTP/1.1 200\r\n" + LENGTH + b"\r\n" + BODY,
    ],
    ids=shown,
)
def test_unusual_but_whole(speak, answer):
    answer = speak(answer)("get-account")
    assert answer.status == "ok", answer


BOMB = gzip.compress(b"{" + b" " * 50_000_000, mtime=0)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10000 + ok(),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + BODY,
        b"HTTP/1.1 200 OK\r\n" + LENGTH,  # the head is cut off
        b"HTTP/9.9 200 OK\r\n" + LENGTH + b"\r\n" + BODY,
        ok(b"Content-Length: -5\r\n"),
        ok(LENGTH + b"Content-Length: 3\r\n"),
        ok(b"Content-Length: %d\r\n" % (len(BODY) + 1)),
        ok(CHUNKED, CHUNKS[:-3]),
        ok(CHUNKED, b"zz\r\n" + BODY),
        ok(CHUNKED, b"ffffffffffffffffff\r\n" + BODY),
        ok(b"no colon\r\n" + LENGTH),
        ok(b"X-Nul: a\0b\r\n" + LENGTH),
        ok(b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(BOMB), BOMB),
        ok(b"Transfer-Encoding: gzip\r\n", BOMB),
    ],
    ids=shown,
)
def test_no_answer(speak, answer):
    answer = speak(answer)("get-account")
    assert answer.status == "bad answer", answer
    assert answer.error.message.isprintable()


def test_the_message_of_a_compressed_error_is_not_shown_as_it_is(speak):
    body = gzip.compress(b'{"message":"no"}', mtime=0)
    head = b"HTTP/1.1 400 No\r\nx-amzn-errortype: ValidationException\r\nContent-Encoding: gzip\r\n"
    answer = speak(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)("get-account")
    assert answer.status == "invalid request"
    assert answer.error.message == "AWS answered ValidationException without a message"


def test_nothing_of_a_head_reaches_a_terminal_raw(speak):
    head = b"HTTP/1.1 400 No\r\nx-amzn-requestid: a\x1b[2Jb\r\nx-amzn-errortype: \xff\x07\r\n"
    answer = speak(head + b"Content-Length: 0\r\n\r\n")("get-account")
    assert (answer.error.request_id, answer.error.code) == ("", "")


# What came without a request belongs to none.

OTHER = BODY.replace(b'"FunctionCount": 0', b'"FunctionCount": 7')
SECOND = ok(b"Content-Length: %d\r\n" % len(OTHER), OTHER)
FAREWELL = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize("late", [FAREWELL, SECOND], ids=["408", "200"])
def test_what_an_idle_connection_brings_is_no_answer(speak, late, closes):
    """Load balancers say 408 to who is silent: the next request goes over a new connection."""
    caller = speak(ok(), stays=True, late=late, closes=closes)
    answer = caller("get-account", repeat=2, rate=1, unlimited=None)
    assert (answer.status, answer.functions, answer.calls) == ("ok", 0, 2)
    assert (caller.speaker.connections, len(caller.speaker.heads)) == (2, 2)


def test_an_idle_connection_is_used_again(speak):
    caller = speak(ok(), stays=True)
    assert caller("get-account", repeat=5).status == "ok"
    assert (caller.speaker.connections, len(caller.speaker.heads)) == (1, 5)


def test_a_second_answer_is_not_taken_for_the_next_ones(speak):
    caller = speak(ok() + SECOND, ok(), stays=True)
    answer = caller("get-account", repeat=2)
    assert (answer.status, answer.functions) == ("ok", 0)
    assert caller.speaker.connections == 2


# --- many functions, and none -------------------------------------------------------------------------------


def test_hundreds_of_callers_share_the_connections(speak):
    caller = speak(ok(), stays=True)
    answers = caller("get-account", parallel=200, repeat=2)
    assert [each.status for each in answers] == ["ok"] * 200
    assert len(caller.speaker.heads) == 400
    assert caller.speaker.connections <= 32


@pytest.fixture
def full():
    """The URL of a server that does not take one more connection."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "call", [["get-account"], ["update-alias", "f", "PROD", "2", "r"]], ids=lambda value: value[0]
)
def test_a_connection_that_does_not_come_is_waited_for_only_so_long(make_caller, full, call, outlasted):
    caller = make_caller(endpoint_url=full, connect_ms=300, unlimited="yes")
    caller.environment["AWS_MAX_ATTEMPTS"] = 1
    with outlasted():
        answer = caller(*call, read_ms=50000, mutation_ms=50000)
    assert answer.status == "timed out", answer
    assert "no connection" in answer.error.message
    assert (answer.calls, answer.error.outcome_unknown) == (0, False)
