# SPDX-License-Identifier: MIT
"""The proxy does what its faults say: everything else is proven on top of it."""

import contextlib
import http.client
import http.server
import json
import socket
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import faultproxy
from lib.faultproxy import FaultProxy
from lib.process import wait_for


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers every request with what it was, and counts them."""

    protocol_version = "HTTP/1.1"

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.command, self.path, body))
        answer = json.dumps({"method": self.command, "path": self.path, "body": body.decode()})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        if "chunked" in self.path:
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.write(f"{len(answer):x}\r\n{answer}\r\n0\r\n\r\n".encode())
        else:
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

    do_GET = do_PUT = do_POST = do_DELETE = _serve

    def log_message(self, *_):
        pass

    def address_string(self):
        return "client"


@contextlib.contextmanager
def serving(server):
    server.seen = []
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def upstream():
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)) as server:
        yield server


@pytest.fixture
def proxy(upstream):
    with FaultProxy(f"http://127.0.0.1:{upstream.server_port}") as made:
        yield made


def call(proxy, method="GET", path="/x", body=None, timeout=10):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=timeout)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def raw_call(proxy, timeout=10):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        data = b""
        while True:
            more = connection.recv(65536)
            if not more:
                return data
            data += more


def test_passes_on_what_no_rule_matches(proxy, upstream):
    status, body = call(proxy, "PUT", "/a%2Fb?c=d", b"hello")
    assert status == 200
    assert json.loads(body) == {"method": "PUT", "path": "/a%2Fb?c=d", "body": "hello"}
    (seen,) = proxy.requests()
    assert (seen.method, seen.path, seen.query, seen.body) == ("PUT", "/a/b", {"c": ["d"]}, b"hello")


def test_a_faults_name_is_the_same_in_each_process():
    assert repr(faultproxy.rewrite(lambda *answer: answer)) == "rewrite(<lambda>)"
    assert repr(faultproxy.delay(1)) == "delay(1)"


def test_chunked_answers_and_keep_alive(proxy):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/chunked")
        assert json.loads(connection.getresponse().read())["path"] == "/chunked"
    connection.close()
    assert {r.connection for r in proxy.requests()} == {1}


def test_reset_before_never_reaches_the_server(proxy, upstream):
    proxy.rule(faultproxy.reset_before_forwarding())
    with pytest.raises(ConnectionResetError):
        call(proxy)
    assert upstream.seen == []


@pytest.mark.parametrize(
    "fault", [faultproxy.reset_after_forwarding, faultproxy.close_after_forwarding]
)
def test_a_lost_answer_was_carried_out(proxy, upstream, fault):
    proxy.rule(fault())
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        call(proxy, "PUT", "/x", b"1")
    assert upstream.seen == [("PUT", "/x", b"1")]


def test_close_before_never_reaches_the_server(proxy, upstream):
    proxy.rule(faultproxy.close_before_forwarding())
    with pytest.raises(http.client.RemoteDisconnected):
        call(proxy)
    assert upstream.seen == []


def test_skip_and_times(proxy):
    rule = proxy.rule(faultproxy.replace(503), skip=1, times=2)
    assert [call(proxy)[0] for _ in range(5)] == [200, 503, 503, 200, 200]
    assert rule.hits == 2


def test_method_path_and_predicate_choose(proxy):
    proxy.rule(faultproxy.replace(500), method="PUT", path="^/one$")
    proxy.rule(faultproxy.replace(501), when=lambda r: r.body == b"bad")
    assert call(proxy, "GET", "/one")[0] == 200
    assert call(proxy, "PUT", "/one")[0] == 500
    assert call(proxy, "PUT", "/oneself")[0] == 200
    assert call(proxy, "POST", "/two", b"bad")[0] == 501


def test_the_first_rule_wins_and_rules_can_go(proxy):
    first = proxy.rule(faultproxy.passed_on(), path="/x")
    proxy.rule(faultproxy.replace(500))
    assert call(proxy)[0] == 200
    assert call(proxy, path="/y")[0] == 500
    proxy.remove(first)
    assert call(proxy)[0] == 500
    proxy.clear()
    assert call(proxy)[0] == 200


def test_hang_holds_until_released(proxy, upstream):
    rule = proxy.rule(faultproxy.hang(forward=True))
    with pytest.raises(socket.timeout):
        call(proxy, timeout=0.2)
    wait_for(lambda: len(upstream.seen) == 1, what="it is passed on")
    rule.release()
    with pytest.raises(http.client.RemoteDisconnected):
        call(proxy)


def test_delay_delays(proxy, upstream):
    rule = proxy.rule(faultproxy.delay(3600, forward_first=True), times=1)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(call, proxy)
        assert rule.wait_for_hits()
        assert call(proxy)[0] == 200
        assert not late.done()
        rule.release()
        assert late.result()[0] == 200
    proxy.rule(faultproxy.delay(0.1), times=1)
    assert call(proxy)[0] == 200


def test_truncate(proxy):
    whole = raw_call_once(proxy)
    rule = proxy.rule(faultproxy.truncate(20))
    assert raw_call(proxy) == whole[:20]
    proxy.remove(rule)
    proxy.rule(faultproxy.truncate_body(5))
    head, _, body = raw_call(proxy).partition(b"\r\n\r\n")
    assert len(body) == 5
    assert b"HTTP/1.1 200" in head


def raw_call_once(proxy):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection.recv(65536)


def test_garbage(proxy):
    proxy.rule(faultproxy.garbage(b"junk"))
    assert raw_call(proxy) == b"junk"


def test_replace_and_aws_errors(proxy, upstream):
    proxy.rule(faultproxy.access_denied(), path="denied")
    proxy.rule(faultproxy.service_error(forward=True), path="after")
    proxy.rule(faultproxy.html_error(), path="html")
    status, body = call(proxy, path="/denied")
    assert status == 403
    assert "not authorized" in json.loads(body)["Message"]
    assert upstream.seen == []
    assert call(proxy, path="/after")[0] == 500
    assert len(upstream.seen) == 1
    assert call(proxy, path="/html")[1].startswith(b"<html>")


def test_rewrite(proxy):
    proxy.rule(faultproxy.rewrite(lambda status, headers, body: (201, headers, body + b" ")))
    status, body = call(proxy, path="/chunked")
    assert status == 201
    assert body.endswith(b"} ")


def test_slow_is_whole_in_the_end(proxy):
    proxy.rule(faultproxy.slow(chunk=32, interval=0.01))
    assert json.loads(call(proxy)[1])["path"] == "/x"


@pytest.mark.parametrize("difference", [7, -7])
def test_wrong_length(proxy, difference):
    proxy.rule(faultproxy.wrong_length(difference))
    head, _, body = raw_call(proxy).partition(b"\r\n\r\n")
    assert f"content-length: {len(body) + difference}".encode() in head


@pytest.mark.parametrize("declared", [True, False])
def test_oversized(proxy, declared):
    proxy.rule(faultproxy.oversized(1_000_000, declared))
    head, _, body = raw_call(proxy).partition(b"\r\n\r\n")
    assert len(body) == 1_000_000
    assert (b"content-length" in head) == declared


def test_refused_and_accepted_again(proxy):
    proxy.refuse_connections()
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            call(proxy)
    proxy.accept_connections()
    assert call(proxy)[0] == 200


def test_unix_sockets_on_both_sides(tmp_path):
    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        def get_request(self):
            connection, _ = super().get_request()
            return connection, ("client", 0)

    with serving(Server(str(tmp_path / "up"), Echo)):
        with FaultProxy(f"unix:{tmp_path}/up", unix=str(tmp_path / "down")):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(str(tmp_path / "down"))
                connection.sendall(b"GET /u HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert not (tmp_path / "down").exists()


def test_closing_ends_a_hang_at_once(upstream):
    """Or this test would take an hour."""
    with FaultProxy(f"http://127.0.0.1:{upstream.server_port}") as proxy:
        proxy.rule(faultproxy.hang())
        with pytest.raises(socket.timeout):
            call(proxy, timeout=0.1)
