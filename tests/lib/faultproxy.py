# SPDX-License-Identifier: MIT
"""A proxy that stands between a client and a real lambda-plane and spoils chosen answers.

    test ──rules──► FaultProxy ◄──HTTP──► aliasfs, backend, aws …
                        │ bytes as they came
                        ▼
                   lambda-plane

What no rule matches is passed on byte by byte, so that everything but the fault is the real thing.
A rule picks requests by method and path, lets some of them by (`skip`), applies to some (`times`),
and names one fault. Rules may be added and removed while requests are running.

    with FaultProxy(plane.url) as proxy:
        proxy.rule(reset_after_forwarding(), method="PUT", path="/aliases/PROD", times=1)
        ... a client using proxy.url loses the answer of one committed UpdateAlias ...
        assert proxy.count(method="PUT") == 2
"""

import dataclasses
import itertools
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
import urllib.parse

from lib.programs import patience

HEAD_MAX = 256 * 1024
BODY_MAX = 128 * 1024 * 1024


class Disconnected(Exception):
    """The peer went away in the middle of a message."""


# --- messages ---------------------------------------------------------------------------------


@dataclasses.dataclass
class Request:
    """One request as it arrived. `raw` is what is forwarded."""

    method: str
    target: str
    headers: dict  # names in lower case
    body: bytes
    raw: bytes
    connection: int  # counts the client's connections: tells keep-alive from reconnecting
    time: float  # time.monotonic() when it was complete
    fault: str = ""  # the fault's name, "" when it was passed on

    @property
    def path(self):
        return urllib.parse.unquote(self.target.partition("?")[0])

    @property
    def query(self):
        return urllib.parse.parse_qs(self.target.partition("?")[2])

    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Response:
    """One answer as bytes: `head` ends with the empty line."""

    head: bytes
    body: bytes
    last: bool = False  # the connection ends with it

    @property
    def raw(self):
        return self.head + self.body


class Reader:
    """Reads HTTP/1.1 messages from a socket and keeps the bytes as they were."""

    def __init__(self, connection):
        self.connection = connection
        self.pending = b""

    def _more(self):
        data = self.connection.recv(65536)
        if not data:
            raise Disconnected
        self.pending += data

    def _until(self, mark):
        while mark not in self.pending:
            if len(self.pending) > HEAD_MAX:
                raise Disconnected
            self._more()
        part, _, self.pending = self.pending.partition(mark)
        return part + mark

    def exactly(self, count):
        while len(self.pending) < count:
            self._more()
        part, self.pending = self.pending[:count], self.pending[count:]
        return part

    def _to_the_end(self):
        try:
            while len(self.pending) <= BODY_MAX:
                self._more()
        except Disconnected:
            pass
        part, self.pending = self.pending, b""
        return part

    def _chunked(self):
        raw = b""
        while True:
            line = self._until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            raw += line
            if size == 0:
                while True:
                    line = self._until(b"\r\n")
                    raw += line
                    if line == b"\r\n":
                        return raw
            raw += self.exactly(size + 2)

    def head(self):
        head = self._until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        return head, lines[0], headers

    def body(self, headers, until_closed=False):
        """The body's bytes as they are on the wire, chunk sizes included."""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunked()
        if "content-length" in headers:
            return self.exactly(min(int(headers["content-length"]), BODY_MAX))
        return self._to_the_end() if until_closed else b""


# --- faults -----------------------------------------------------------------------------------


class Fault:
    """What happens to one request. `apply` answers whether the connection may be used again."""

    name = "fault"

    def apply(self, exchange):
        raise NotImplementedError

    def __repr__(self):
        return self.name


class _Function(Fault):
    def __init__(self, name, function):
        self.name = name
        self.function = function

    def apply(self, exchange):
        return self.function(exchange)


def _shown(value):
    """A part of a fault's name, which is a test's: the same in each process."""
    return value.__name__ if callable(value) else repr(value)[:40]


def _fault(function):
    """Lets a function that gives `apply` give a Fault named after the call instead."""

    def factory(*args, **named):
        shown = ", ".join([*map(_shown, args), *(f"{name}={_shown(value)}" for name, value in named.items())])
        return _Function(f"{function.__name__}({shown})", function(*args, **named))

    factory.__name__ = function.__name__
    factory.__doc__ = function.__doc__
    return factory


@_fault
def passed_on():
    """No fault: a rule with it exempts what it matches from the rules after it, and counts."""

    def apply(exchange):
        return exchange.pass_on(exchange.forward())

    return apply


@_fault
def reset_before_forwarding():
    """The connection is reset (RST) and the server never sees the request."""

    def apply(exchange):
        exchange.reset()
        return False

    return apply


@_fault
def reset_after_forwarding():
    """The server carries the request out, then the connection is reset: the answer is lost."""

    def apply(exchange):
        exchange.forward()
        exchange.reset()
        return False

    return apply


@_fault
def close_before_forwarding():
    """The connection is closed in order, without an answer; the server never sees the request."""

    def apply(exchange):
        return False

    return apply


@_fault
def close_after_forwarding():
    """The server carries the request out, then the connection is closed without an answer."""

    def apply(exchange):
        exchange.forward()
        return False

    return apply


@_fault
def hang(forward=False, seconds=3600):
    """No answer, for `seconds` or until the rule is released or the proxy is closed, then EOF."""

    def apply(exchange):
        if forward:
            exchange.forward()
        exchange.pause(seconds)
        return False

    return apply


@_fault
def delay(seconds, forward_first=False):
    """The real answer, later. `forward_first`: the server acts at once, only the answer is late."""

    def apply(exchange):
        if forward_first:
            late = exchange.forward()
            exchange.pause(seconds)
        else:
            exchange.pause(seconds)
            late = exchange.forward()
        return exchange.pass_on(late)

    return apply


@_fault
def truncate(at):
    """The first `at` bytes of the real answer, head included, then EOF. Negative: counted from the end."""

    def apply(exchange):
        exchange.send(exchange.forward().raw[:at])
        return False

    return apply


@_fault
def truncate_body(at=None):
    """The real head and the first `at` bytes of the body (None: half of it), then EOF."""

    def apply(exchange):
        real = exchange.forward()
        exchange.send(real.head + real.body[: len(real.body) // 2 if at is None else at])
        return False

    return apply


@_fault
def garbage(data=b"\x00\xff\x13 this is no HTTP\r\n\r\n", forward=False):
    """Bytes that are no HTTP answer, then EOF."""

    def apply(exchange):
        if forward:
            exchange.forward()
        exchange.send(data)
        return False

    return apply


@_fault
def replace(status, headers=None, body=b"", forward=False):
    """Another answer. `body` may be bytes, text or something for json.dumps. `forward`: the server acts all the same."""

    def apply(exchange):
        if forward:
            exchange.forward()
        exchange.send(answer(status, headers, body))
        return True

    return apply


@_fault
def rewrite(change):
    """The real answer after `change(status, headers, body) -> (status, headers, body)`; headers in lower case."""

    def apply(exchange):
        exchange.send(answer(*change(*exchange.forward_decoded())))
        return True

    return apply


@_fault
def rewrite_request(change):
    """The server gets `change(body)` in the place of the request's body."""

    def apply(exchange):
        body = change(exchange.request.body)
        head = exchange.request.raw.partition(b"\r\n\r\n")[0]
        head = re.sub(rb"(?i)content-length: *\d+", b"Content-Length: %d" % len(body), head)
        raw = head + b"\r\n\r\n" + body
        return exchange.pass_on(exchange.upstream.call(dataclasses.replace(exchange.request, body=body, raw=raw)))

    return apply


@_fault
def slow(chunk=16, interval=0.05):
    """The real answer, `chunk` bytes every `interval` seconds."""

    def apply(exchange):
        raw = exchange.forward().raw
        for start in range(0, len(raw), chunk):
            exchange.send(raw[start : start + chunk])
            if exchange.pause(interval):
                return False
        return False

    return apply


@_fault
def wrong_length(difference):
    """The real body under a Content-Length that is off by `difference`, then EOF."""

    def apply(exchange):
        status, headers, body = exchange.forward_decoded()
        headers["content-length"] = str(max(0, len(body) + difference))
        exchange.send(answer(status, headers, body))
        return False

    return apply


@_fault
def oversized(size, declared=True, status=200):
    """A JSON body of `size` bytes; with declared=False it has no length and ends with the connection."""

    def apply(exchange):
        length = f"content-length: {size}\r\n" if declared else "connection: close\r\n"
        exchange.send(
            f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\n{length}\r\n".encode()
        )
        exchange.send(b'{"Functions":"')
        left = size - len(b'{"Functions":"') - len(b'"}')
        while left > 0:
            piece = min(left, 65536)
            exchange.send(b"x" * piece)
            left -= piece
        exchange.send(b'"}')
        return False

    return apply


def answer(status, headers=None, body=b""):
    """The bytes of an answer with a correct Content-Length unless `headers` hold one."""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(body))}
    lines.update({name.lower(): value for name, value in (headers or {}).items()})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode("latin-1") + body


def aws_error(status, code, message, headers=None, forward=False, **members):
    """An error as Lambda sends it (backend/lambda/NOTES.md, 1.1)."""
    body = {"Type": "User" if status < 500 else "Service", "Message": message, **members}
    named = {
        "x-amzn-requestid": "fa017000-0000-4000-8000-00000000fa01",
        "x-amzn-errortype": code,
        **(headers or {}),
    }
    return replace(status, named, body, forward=forward)


def access_denied(action="lambda:ListFunctions"):
    return aws_error(
        403,
        "AccessDeniedException",
        f"User: arn:aws:iam::000000000000:user/test is not authorized to perform: {action}",
    )


def precondition_failed(forward=False):
    return aws_error(
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the "
        "GetFunction/GetAlias API to retrieve the latest Revision Id",
        forward=forward,
    )


def conflict(message="The operation cannot be performed at this time. An update is in progress"):
    return aws_error(409, "ResourceConflictException", message)


def not_found(message="Cannot find alias arn"):
    return aws_error(404, "ResourceNotFoundException", message)


def throttled(retry_after="1"):
    return aws_error(
        429,
        "TooManyRequestsException",
        "Rate exceeded",
        {"retry-after": str(retry_after)},
        Reason="CallerRateLimitExceeded",
    )


def expired_token():
    return aws_error(
        403, "ExpiredTokenException", "The security token included in the request is expired"
    )


def service_error(forward=False):
    return aws_error(500, "ServiceException", "An error occurred", forward=forward)


def html_error(status=500, forward=False):
    """What a load balancer says: no JSON, no request id."""
    return replace(
        status, {"content-type": "text/html"}, "<html><body>Sorry</body></html>", forward=forward
    )


# --- rules and exchanges ----------------------------------------------------------------------


class Rule:
    """Which requests a fault applies to. `hits` counts those it did apply to."""

    def __init__(self, fault, method, path, skip, times, when):
        self.fault = fault
        self.method = re.compile(method)
        self.path = re.compile(path)
        self.skip = skip
        self.times = times
        self.when = when
        self.hits = 0
        self._released = threading.Event()
        self._changed = threading.Condition()

    def matches(self, request):
        """Whether it takes this request; counts. The proxy's lock is held."""
        if not self.method.fullmatch(request.method) or not self.path.search(request.path):
            return False
        if self.when and not self.when(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        with self._changed:
            self.hits += 1
            self._changed.notify_all()
        return True

    def release(self):
        """Ends the waiting of hang() and delay(), for requests now and later."""
        self._released.set()

    def wait_for_hits(self, count=1, seconds=20):
        """Waits until the fault was applied `count` times, for patience(seconds); says whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: self.hits >= count, seconds)


class _Exchange:
    """One request on one connection, as a fault sees it."""

    def __init__(self, proxy, rule, request, client, upstream):
        self.proxy = proxy
        self.rule = rule
        self.request = request
        self.client = client
        self.upstream = upstream

    def forward(self):
        return self.upstream.call(self.request)

    def forward_decoded(self):
        """(status, headers, body without chunk sizes)."""
        real = self.forward()
        lines = real.head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.lower()] = value.strip()
        chunked = "chunked" in headers.pop("transfer-encoding", "")
        headers.pop("content-length", None)
        return int(lines[0].split()[1]), headers, _unchunk(real.body) if chunked else real.body

    def pass_on(self, real):
        """Sends an answer; whether the connection may be used again."""
        self.send(real.raw)
        return not real.last

    def send(self, data):
        self.client.sendall(data)

    def reset(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def pause(self, seconds):
        """Waits. True when it was cut short because the proxy closes."""
        deadline = time.monotonic() + seconds
        while not self.rule._released.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self.proxy._closing.wait(min(left, 0.05)):
                return True
        return False


def _unchunk(raw):
    body = b""
    while raw:
        line, _, raw = raw.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        body, raw = body + raw[:size], raw[size + 2 :]
    return body


class _Upstream:
    """The connection to the real server that belongs to one client connection."""

    def __init__(self, address):
        self.address = address
        self.connection = None
        self.reader = None

    def call(self, request):
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self._connect()
            try:
                self.connection.sendall(request.raw)
                return self._answer(request)
            except (Disconnected, ConnectionError):
                self.close()
                # The server may have closed an idle connection; once more on a fresh one.
                if fresh or attempt == 2:
                    raise Disconnected from None

    def _connect(self):
        family = socket.AF_UNIX if isinstance(self.address, str) else socket.AF_INET
        self.connection = socket.socket(family, socket.SOCK_STREAM)
        self.connection.settimeout(120)
        self.connection.connect(self.address)
        self.reader = Reader(self.connection)

    def _answer(self, request):
        while True:
            head, line, headers = self.reader.head()
            status = int(line.split()[1])
            if status >= 200:
                break
        if request.method == "HEAD" or status in (204, 304):
            return Response(head, b"")
        endless = "content-length" not in headers and "transfer-encoding" not in headers
        last = endless or headers.get("connection", "").lower() == "close"
        return Response(head, self.reader.body(headers, until_closed=True), last)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


# --- the proxy --------------------------------------------------------------------------------


class FaultProxy:
    """See the top of this file. `upstream` is "http://ADDRESS:PORT" or "unix:PATH".

    It listens on a free loopback port, in the Network `network` when that is given, or on the Unix
    socket `unix`. With `certificate`, a file with key and certificate that may be exchanged at any
    time, it speaks TLS. `url` is where clients go (for a Unix socket "unix:PATH"). May be used by
    many threads.
    """

    def __init__(self, upstream, unix=None, network=None, certificate=None):
        self._upstream = _address(upstream)
        self.certificate = certificate
        self._unix = unix
        self._lock = threading.Lock()
        self._rules = []
        self._requests = []
        self._clients = set()
        self._threads = []
        self._numbers = itertools.count(1)
        self._closing = threading.Event()
        self._accepting = threading.Event()
        if unix:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(unix)
            self.url = f"unix:{unix}"
        else:
            self._listener = network.inside(_bound_by_number) if network else _bound_by_number()
            self.port = self._listener.getsockname()[1]
            self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self._listener.listen(128)
        self._accepting.set()
        self._start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # What a test says

    def rule(self, fault, method=".*", path="", skip=0, times=None, when=None):
        """Adds a rule after those there are; the first that matches a request applies.

        `method` is a regular expression for the whole method, `path` one that is searched in the
        decoded path without the query, `when` a predicate on the Request. The first `skip` requests
        are let by; then `times` of them are spoiled (None: all).
        """
        made = Rule(fault, method, path, skip, times, when)
        with self._lock:
            self._rules.append(made)
        return made

    def remove(self, rule):
        with self._lock:
            self._rules.remove(rule)
        rule.release()

    def clear(self):
        """Takes back all rules, ends all waiting, and forgets the requests seen."""
        with self._lock:
            rules, self._rules = self._rules, []
            self._requests = []
        for rule in rules:
            rule.release()

    def requests(self, method=".*", path=""):
        """The requests seen so far, in order of arrival."""
        with self._lock:
            return [
                r
                for r in self._requests
                if re.fullmatch(method, r.method) and re.search(path, r.path)
            ]

    def count(self, method=".*", path=""):
        return len(self.requests(method, path))

    def refuse_connections(self):
        """From now on connecting fails with ECONNREFUSED, and what stands is reset. The port stays ours."""
        self._accepting.clear()
        self._listener.shutdown(socket.SHUT_RDWR)
        self.reset_connections()

    def accept_connections(self):
        """Undoes refuse_connections()."""
        self._listener.listen(128)
        self._accepting.set()

    def reset_connections(self):
        """Resets every connection that clients hold, idle or not."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            try:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._closing.set()
        self._accepting.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reset_connections()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(10)
        self._listener.close()
        if self._unix:
            try:
                os.unlink(self._unix)
            except FileNotFoundError:
                pass

    # How it works

    def _start(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()] + [thread]
            thread.start()

    def _accept(self):
        while not self._closing.is_set():
            self._accepting.wait()
            try:
                client, _ = self._listener.accept()
            except OSError:
                self._closing.wait(0.005)
                continue
            if self.certificate:
                client = self._secured(client)
            with self._lock:
                self._clients.add(client)
            self._start(self._serve, client, next(self._numbers))

    def _secured(self, client):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        # The first read shakes hands, in the thread that serves the client.
        return context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)

    def _serve(self, client, number):
        upstream = _Upstream(self._upstream)
        reader = Reader(client)
        try:
            while not self._closing.is_set():
                request = self._read(client, reader, number)
                if not self._answer(client, upstream, request):
                    break
        except (Disconnected, OSError, ValueError):
            pass
        finally:
            upstream.close()
            with self._lock:
                self._clients.discard(client)
            client.close()

    @staticmethod
    def _read(client, reader, number):
        head, line, headers = reader.head()
        method, target, _ = line.split(" ", 2)
        if headers.get("expect", "").lower() == "100-continue":
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = re.sub(rb"(?im)^expect:[^\r\n]*\r\n", b"", head)
        body = reader.body(headers)
        return Request(method, target, headers, body, head + body, number, time.monotonic())

    def _answer(self, client, upstream, request):
        with self._lock:
            rule = next((r for r in self._rules if r.matches(request)), None)
            if rule:
                request.fault = rule.fault.name
            self._requests.append(request)
        exchange = _Exchange(self, rule, request, client, upstream)
        if not rule:
            return exchange.pass_on(exchange.forward())
        return rule.fault.apply(exchange)


def _bound_by_number():
    """A socket on a free port, bound by its number: only then does the port stay ours while not listening."""
    chooser, chosen = (socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(2))
    with chooser:
        for each in (chooser, chosen):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        chooser.bind(("127.0.0.1", 0))
        chosen.bind(chooser.getsockname())
    return chosen


def _address(upstream):
    if upstream.startswith("unix:"):
        return upstream[len("unix:") :]
    parts = urllib.parse.urlsplit(upstream)
    return (parts.hostname, parts.port)
