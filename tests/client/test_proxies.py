# SPDX-License-Identifier: MIT
"""Proxies between client and AWS, and plain http."""

import contextlib
import select
import socket
import threading

import pytest

from lib.fake_services import FakeServices
from lib.programs import patience
from tls_help import server_context

pytestmark = pytest.mark.quick_sanitized


def test_plain_http_to_another_machine_is_refused(make_caller):
    refused = make_caller(endpoint_url="http://192.0.2.1")("get-account")
    assert refused.status == "invalid request"
    assert "insecure_http" in refused.error.hint


# --- proxies ----------------------------------------------------------------------------------------


class HttpsProxy:
    """Answers CONNECT; `asked` is what for, `heads` all of it. Every address leads to loopback.

    `status`: what it says instead of 200. `context`: it is spoken to over TLS.
    """

    def __init__(self, status=200, context=None):
        self.asked = []
        self.heads = []
        self.status = status
        self.context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = []
        self._start(self._accept)

    def _start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve_safely, client)

    def _serve_safely(self, client):
        with client, contextlib.suppress(OSError):  # clients that refuse us are what is tested
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            self._serve(client)

    def _serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(4096)
                if not data:
                    return
                head += data
            line = head.split(b"\r\n")[0].decode()
            self.asked.append(line)
            self.heads.append(head.decode())
            status = self.status if line.startswith("CONNECT ") else 405
            if status != 200:
                client.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
                return
            port = int(line.split()[1].rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port)) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                ends = {client: server, server: client}
                while True:
                    for ready in select.select(list(ends), [], [], 30)[0]:
                        data = ready.recv(65536)
                        if not data:
                            return
                        ends[ready].sendall(data)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def https_proxy(afterwards):
    return afterwards.enter_context(contextlib.closing(HttpsProxy()))


@pytest.fixture
def behind_proxy(make_caller, authority, tls, https_proxy):
    port = tls(authority.issue("DNS:lambda.example"))
    caller = make_caller(endpoint_url=f"https://lambda.example:{port}", unlimited="yes")
    caller.environment.update(
        AWS_CA_BUNDLE=authority.certificate,
        HTTPS_PROXY=f"http://127.0.0.1:{https_proxy.port}",
        no_proxy="",
    )
    caller.port = port
    return caller


def test_https_goes_through_the_proxy(behind_proxy, https_proxy):
    answer = behind_proxy("get-account")
    assert answer.status == "ok", answer
    assert https_proxy.asked == [f"CONNECT lambda.example:{behind_proxy.port} HTTP/1.1"]
    assert answer.calls == 1


def test_no_proxy_is_honoured(behind_proxy, https_proxy):
    behind_proxy.environment["no_proxy"] = "other.example,.example"
    assert behind_proxy("get-account", read_ms=3000).status == "host unreachable"
    assert https_proxy.asked == []


@pytest.mark.parametrize(
    "no_proxy, proxied",
    [
        ("lambda.example:{port}", False),
        (".example:{port}", False),
        ("LAMBDA.EXAMPLE", False),
        ("other, lambda.example", False),  # since libcurl 8.9 a blank alone does not separate
        ("*", False),
        ("lambda.example:1", True),
        ("ambda.example", True),
        ("192.0.2.0/24", True),
    ],
)
def test_forms_of_no_proxy(behind_proxy, https_proxy, no_proxy, proxied):
    behind_proxy.environment.update(no_proxy=None, NO_PROXY=no_proxy.format(port=behind_proxy.port))
    answer = behind_proxy("get-account", read_ms=1000 * patience(5) if proxied else 3000)
    assert answer.status == ("ok" if proxied else "host unreachable"), answer
    assert bool(https_proxy.asked) == proxied


def test_the_proxy_learns_nothing_of_the_request(behind_proxy, https_proxy):
    behind_proxy.environment.update(
        AWS_SESSION_TOKEN="token",
        HTTPS_PROXY=f"http://us%20er:sec%40ret@127.0.0.1:{https_proxy.port}",
    )
    assert behind_proxy("get-account").status == "ok"
    [head] = https_proxy.heads
    lines = dict(line.lower().split(": ", 1) for line in head.strip().splitlines()[1:])
    assert set(lines) == {"host", "proxy-authorization", "proxy-connection"}
    assert "dXMgZXI6c2VjQHJldA==" in head


@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses(make_caller, afterwards, status):
    proxy = afterwards.enter_context(contextlib.closing(HttpsProxy(status)))
    caller = make_caller(endpoint_url="https://lambda.example", unlimited="yes")
    caller.environment.update(HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}", no_proxy="")
    answer = caller("get-account")
    assert answer.status == "host unreachable", answer
    assert f"the proxy answered HTTP {status}" in answer.error.message
    assert len(proxy.asked) == 1
    assert answer.calls == 0


@pytest.mark.parametrize(
    "address", ["http://user:hush hush@127.0.0.1:1", "ftp://user:hush@h", "http://user:hush@h:99999"]
)
def test_the_password_of_a_proxy_is_never_told(make_caller, address):
    caller = make_caller(endpoint_url="https://lambda.example", unlimited="yes")
    caller.environment.update(HTTPS_PROXY=address, no_proxy="")
    answer = caller("get-account")
    assert answer.status == "host unreachable", answer
    assert "proxy" in answer.error.message
    assert "hush" not in str(answer)


def test_plain_http_to_this_machine_stays_on_it(make_caller, plane):
    """It is allowed because no other host is on the way: a proxy would be."""
    caller = make_caller(endpoint_url=plane.url, unlimited="yes")
    dead = "http://127.0.0.1:1"
    caller.environment.update(http_proxy=dead, all_proxy=dead, no_proxy="")
    assert caller("get-account", read_ms=5000).status == "ok"


def test_a_proxy_that_is_not_there(behind_proxy):
    behind_proxy.environment["HTTPS_PROXY"] = "http://127.0.0.1:1"
    answer = behind_proxy("get-account", read_ms=3000)
    assert answer.status == "connection refused"
    assert answer.calls == 0


def test_a_proxy_that_is_spoken_to_over_tls(make_caller, authority, afterwards):
    """The authorities that were named vouch for it too."""
    context = server_context(authority.issue("DNS:localhost"))
    proxy = afterwards.enter_context(contextlib.closing(HttpsProxy(403, context)))
    caller = make_caller(endpoint_url="https://lambda.example", unlimited="yes")
    caller.environment.update(HTTPS_PROXY=f"https://localhost:{proxy.port}", no_proxy="")
    assert caller("get-account").status == "TLS failed"
    assert not proxy.asked
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    caller("get-account", read_ms=5000)
    assert proxy.asked[0] == "CONNECT lambda.example:443 HTTP/1.1"


def test_metadata_never_goes_through_a_proxy(make_caller, afterwards):
    services = afterwards.enter_context(contextlib.closing(FakeServices()))
    services.route(
        "GET",
        "/creds",
        {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"},
    )
    caller = make_caller(endpoint_url="http://192.0.2.1", insecure_http="yes", unlimited="yes")
    caller.environment.update(
        AWS_ACCESS_KEY_ID=None,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
        http_proxy="http://127.0.0.1:1",
        no_proxy="",
    )
    assert caller("get-account", read_ms=5000).status == "connection refused"  # Lambda does
    assert len(services.seen) == 1
