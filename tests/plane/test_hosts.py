# SPDX-License-Identifier: MIT
"""Who is answered: not what a web page sends, and not what can be read in two ways."""

import json
import re
import socket

import pytest
from lib.process import Service, environment, run, wait_for
from lib.programs import program
from test_lookup_events import TARGET
from wire import FUNCTIONS, Wire, exchange


@pytest.fixture
def plane(shared_plane):
    return shared_plane


def request(host, method="GET", path=FUNCTIONS, more="", body=""):
    return (f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def status(raw):
    return int(raw.split(b" ")[1])


@pytest.mark.parametrize("host", [
    "localhost", "LocalHost:9001", "localhost.", "plane.localhost:80", "127.0.0.1", "127.9.8.7:1",
    "[::1]", "[::1]:9001", "[0:0:0:0:0:0:0:1]:9001",
])
def test_loopback_names_are_answered(plane, host):
    assert status(exchange(plane.port, request(host))) == 200


@pytest.mark.parametrize("path", [FUNCTIONS, "/_local/calls", "/_local/faults", "/nothing"])
@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:80", "localhost.evil.example", "notlocalhost",
    "128.0.0.1", "10.0.0.1:9001", "[::2]", "[::1", "localhost:80:80", "local host", "a/b", "[::1]x",
    "127.0.0.1.evil.example", "localhost@evil.example", "", "evil.example\r\nHost: localhost",
    "localhost\r\nHost: evil.example",
])
def test_another_host_name_is_refused_everywhere(plane, wire, host, path):
    wire("DELETE", "/_local/calls")
    for method in ("GET", "PUT", "DELETE"):
        raw = exchange(plane.port, request(host, method, path, body="[]"))
        assert status(raw) == 403, raw
        assert b"x-amzn-ErrorType: AccessDeniedException" in raw
    assert wire("GET", "/_local/calls").json == {}


def test_the_message_says_how_to_be_answered(plane):
    raw = exchange(plane.port, request("plane.internal:9001"))
    assert b"--allow-host plane.internal." in raw


def test_names_can_be_allowed(make_plane):
    plane = make_plane("--allow-host", "plane.internal", "--allow-host", "Other:9001",
                       "--allow-host", "[2001:db8::1]:80")
    for host, answered in (("plane.internal", True), ("PLANE.internal:9001", True), ("other", True),
                           ("[2001:db8:0::1]:80", True), ("localhost", True), ("x.other", False),
                           ("internal", False), ("[2001:db8::2]", False)):
        assert status(exchange(plane.port, request(host))) == (200 if answered else 403), host


def test_a_wrong_name_to_allow_is_explained(scratch):
    for name in ("", "a b", "http://a", "a:b"):
        result = run(program("lambda-plane"), "--state", scratch / "s", "--listen", "127.0.0.1:0",
                     "--allow-host", name)
        assert result.rc == 2 and "not a host name" in result.stderr, str(result)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9001", ""])
def test_a_request_of_a_web_page_is_refused(wire, origin):
    wire.create_function("fn")
    before = wire("GET", "/_local/changes").json
    for method, path, body in (
            ("GET", FUNCTIONS, None), ("DELETE", f"{FUNCTIONS}/fn", None),
            ("PUT", "/_local/faults", [{"status": 500}]), ("DELETE", "/_local/calls", None),
            ("OPTIONS", FUNCTIONS, None)):
        answer = wire(method, path, body, {"Origin": origin})
        assert (answer.status, answer.code) == (403, "AccessDeniedException"), str(answer)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.message
    assert wire("GET", "/_local/changes").json == before
    assert wire("GET", "/_local/faults").json == []


def test_a_large_body_of_a_refused_request_is_not_kept(plane, wire):
    raw = exchange(plane.port, request("evil.example", "POST", body="x" * 3_000_000), 30)
    assert status(raw) == 403
    assert wire("GET", FUNCTIONS).status == 200


SECOND = b"DELETE /2015-03-31/functions/fn HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"GET", b"DELETE"])
@pytest.mark.parametrize("framing", [
    b"Content-Length: %d\r\nTransfer-Encoding: chunked" % (len(SECOND) + 5),
    b"Transfer-Encoding: chunked\r\nContent-Length: %d" % (len(SECOND) + 5),
    b"transfer-encoding: Chunked\r\nCONTENT-LENGTH: 5", b"Content-Length: 0\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 05", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
])
def test_a_body_whose_end_is_in_doubt_is_refused_and_nothing_behind_it_is_read(
        plane, wire, framing, method):
    wire.create_function("fn")
    raw = exchange(plane.port, method + b" /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\n"
                   + framing + b"\r\n\r\n0\r\n\r\n" + SECOND)
    assert raw.count(b"HTTP/1.1 ") <= 1, raw
    if raw:  # the reset that follows unread bytes may overtake the answer
        assert status(raw) == 400 and b"onnection: close" in raw
        # libmicrohttpd 1.0 refuses every coding but chunked by itself.
        assert b"InvalidRequestContentException" in raw or b"Unsupported Transfer-Encoding" in raw
    assert wire("GET", f"{FUNCTIONS}/fn").status == 200


def test_the_refusal_of_two_lengths_says_why(plane):
    raw = exchange(plane.port, b"GET /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\n"
                   b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert b"Content-Length or Transfer-Encoding, not both" in raw


def listening(scratch, address, *options):
    service = Service([program("lambda-plane"), "--state", scratch / "state", "--listen", address,
                       *options], scratch / "log", environment())
    found = wait_for(lambda: re.findall(r"listening on http://\S+:(\d+)\n", service.log()),
                     10)
    return service, int(found[0])


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
def test_listening_beyond_loopback_is_warned_about(scratch, address):
    try:
        service, port = listening(scratch, address)
        assert "other machines can reach" in service.log()
        assert "--verify-signatures" in service.log()
        assert status(exchange(port, request(address.rsplit(":", 1)[0]))) == 200
        assert status(exchange(port, request("10.1.2.3"))) == 403
        assert status(exchange(port, request("evil.example"))) == 403
    finally:
        assert service.terminate(10) == 0


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_the_address_at_which_a_connection_arrives_is_answered(scratch, listen):
    own = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    service, port = listening(scratch, listen, "--verify-signatures", "a:b")
    try:
        assert "nothing is asked of them" not in service.log()
        for address in own:
            with socket.create_connection((address, port), 10) as connection:
                connection.sendall(request(f"{address}:{port}"))
                assert b"MissingAuthenticationToken" in connection.recv(65536)
    finally:
        assert service.terminate(10) == 0


def test_an_event_names_the_ipv4_address_of_a_client_of_both_families(scratch):
    service, port = listening(scratch, "[::]:0")
    try:
        wire = Wire(port)
        assert wire.create_function("fn").status == 201
        events = wire("POST", "/", {}, {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET})
        assert json.loads(events.json["Events"][0]["CloudTrailEvent"])["sourceIPAddress"] == "127.0.0.1"
    finally:
        assert service.terminate(10) == 0


def test_loopback_is_not_warned_about(plane):
    assert "other machines" not in plane.service.log()


def test_our_own_404_has_a_message(wire):
    for path in ("/", "/2015-03-31/nothing", "/_local/nothing"):
        answer = wire("GET", path)
        assert answer.status == 404 and answer.json["Message"], str(answer)
    assert isinstance(Wire(wire.connection.port)("PATCH", FUNCTIONS).json["Message"], str)
