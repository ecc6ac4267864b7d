# SPDX-License-Identifier: MIT
"""What lies between client and AWS: TLS, proxies, clocks, and the pace of calls."""

import contextlib
import email.utils
import http.server
import json
import select
import socket
import ssl
import threading
import time

import pytest

from lib import aws
from lib.fake_services import FakeServices
from lib.faultproxy import aws_error, throttled
from lib.programs import patience

pytestmark = pytest.mark.quick_sanitized

ACCOUNT = {
    "AccountLimit": {"TotalCodeSize": 1},
    "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": 0},
}


@pytest.fixture
def function(api):
    aws.create_function(api, "shop", versions=2, aliases={"PROD": 1})
    return "shop"


# --- TLS --------------------------------------------------------------------------------------------


@pytest.fixture
def tls(afterwards):
    """tls(file, **versions): a Lambda behind TLS; gives its port."""

    def start(certificate, minimum=None, maximum=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = json.dumps(ACCOUNT).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # clients that refuse us are what is tested

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if minimum:
            context.minimum_version = minimum
        if maximum:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.maximum_version = maximum
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        afterwards.callback(server.server_close)
        afterwards.callback(thread.join)
        afterwards.callback(server.shutdown)
        return server.server_address[1]

    return start


def test_tls_with_the_right_authority(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    assert caller("get-account").status == "ok"
    caller.environment["AWS_CA_BUNDLE"] = None
    caller.write_file("config", f"[default]\nca_bundle = {authority.certificate}\n")
    assert caller("get-account").status == "ok"


def test_tls_with_an_unknown_authority(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    answer = caller("get-account")
    assert answer.status == "TLS failed", answer
    assert "certificate" in answer.error.message
    assert answer.calls == 0


def test_tls_with_another_name(make_caller, authority, tls):
    port = tls(authority.issue("DNS:elsewhere.example"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    answer = caller("get-account")
    assert answer.status == "TLS failed", answer
    assert answer.calls == 0


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_CA_BUNDLE": ""},
        {"CURL_INSECURE": "1", "PYTHONHTTPSVERIFY": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0"},
        {"AWS_VERIFY_SSL": "false", "AWS_NO_VERIFY_SSL": "true", "CURLOPT_SSL_VERIFYPEER": "0"},
    ],
    ids=lambda value: next(iter(value)),
)
def test_no_variable_turns_verification_off(make_caller, authority, tls, environment):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment.update(environment)
    assert caller("get-account").status == "TLS failed"


def test_no_line_of_the_config_turns_verification_off(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.write_file("config", "[default]\nverify_ssl = false\ninsecure = true\n")
    (caller.home / ".curlrc").write_text("insecure\n")
    assert caller("get-account").status == "TLS failed"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"), ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    assert caller("get-account", read_ms=1500).status == "TLS failed"


def test_tls_1_2_is_enough(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"), ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    assert caller("get-account").status == "ok"


def test_a_bundle_that_is_not_there(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = "/nonexistent/ca.pem"
    answer = caller("get-account")
    assert answer.status == "TLS failed"
    assert "/nonexistent/ca.pem" in answer.error.message


def test_plain_http_to_another_machine_is_refused(make_caller):
    refused = make_caller(endpoint_url="http://192.0.2.1")("get-account")
    assert refused.status == "invalid request"
    assert "insecure_http" in refused.error.hint


# --- proxies ----------------------------------------------------------------------------------------


class HttpsProxy:
    """Answers CONNECT; `asked` is what for. Every address leads to loopback."""

    def __init__(self):
        self.asked = []
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
            self._start(self._serve, client)

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
            if not line.startswith("CONNECT "):
                client.sendall(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
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
    assert behind_proxy("get-account", read_ms=500).status == "host unreachable"
    assert https_proxy.asked == []


def test_a_proxy_that_is_not_there(behind_proxy):
    behind_proxy.environment["HTTPS_PROXY"] = "http://127.0.0.1:1"
    answer = behind_proxy("get-account", read_ms=500)
    assert answer.status == "connection refused"
    assert answer.calls == 0


def test_metadata_never_goes_through_a_proxy(make_caller, plane, afterwards):
    services = afterwards.enter_context(contextlib.closing(FakeServices()))
    services.route(
        "GET",
        "/creds",
        {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"},
    )
    caller = make_caller(endpoint_url=plane.url, unlimited="yes")
    caller.environment.update(
        AWS_ACCESS_KEY_ID=None,
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
        http_proxy="http://127.0.0.1:1",
        no_proxy="",
    )
    assert caller("get-account", read_ms=500).status == "connection refused"  # Lambda does
    assert len(services.seen) == 1


# --- clocks -----------------------------------------------------------------------------------------


def skewed(seconds, code="InvalidSignatureException"):
    date = email.utils.formatdate(time.time() + seconds, usegmt=True)
    return aws_error(403, code, "Signature expired", {"date": date})


def signing_times(proxy):
    return [
        time.mktime(time.strptime(each.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")) - time.timezone
        for each in proxy.requests()
    ]


@pytest.mark.parametrize("offset", [3600, -3600])
def test_a_wrong_clock_is_corrected_once(faulty, proxy, function, offset):
    proxy.rule(skewed(offset), times=1)
    answer = faulty("get-alias", function, "PROD", repeat=2)
    assert answer.status == "ok", answer
    first, second, third = signing_times(proxy)
    assert abs(second - first - offset) < patience(10)
    assert abs(third - second) < patience(10)  # it stays corrected


def test_a_clock_that_stays_wrong_is_corrected_only_once(faulty, proxy, function):
    proxy.rule(skewed(3600))
    answer = faulty("get-alias", function, "PROD")
    assert answer.status == "credentials refused"
    assert answer.calls == 2


def test_a_clock_that_is_right_is_left_alone(faulty, proxy, function):
    proxy.rule(skewed(60))
    answer = faulty("get-alias", function, "PROD")
    assert answer.status == "credentials refused"
    assert answer.calls == 1


def test_other_refusals_are_not_about_the_clock(faulty, proxy, function):
    proxy.rule(skewed(3600, "UnrecognizedClientException"))
    assert faulty("get-alias", function, "PROD").calls == 1


# --- the pace ---------------------------------------------------------------------------------------


def test_calls_keep_the_rate(make_caller, plane, function):
    """44 calls at 20 a second, of which 8 may go at once: 1.8 seconds."""
    caller = make_caller(endpoint_url=plane.url, rate=20)
    answers = caller("get-alias", function, "PROD", parallel=4, repeat=11)
    assert {each.status for each in answers} == {"ok"}
    slowest = max(each.ms for each in answers)
    assert 1750 <= slowest < 1000 * patience(5)


def test_a_few_calls_go_at_once(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url)
    answer = caller("get-alias", function, "PROD", repeat=4)
    assert answer.ms < 1000 * patience(0.09)


def test_after_a_throttle_calls_are_fewer(faulty, proxy, function):
    """An unlimited client learns from one 429 to hold back."""
    before = faulty("get-alias", function, "PROD", repeat=10)
    proxy.rule(throttled(retry_after="0"), times=1)
    after = faulty("get-alias", function, "PROD", repeat=4)
    assert before.status == after.status == "ok"
    assert after.ms > 1000 > before.ms / patience(1)


def test_waiting_for_a_turn_ends_at_the_deadline(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url, rate=1)
    answers = caller("get-alias", function, "PROD", parallel=5, read_ms=1500)
    assert sorted({each.status for each in answers}) == ["ok", "timed out"]
    late = next(each for each in answers if each.status == "timed out")
    assert "-o rate" in late.error.hint
    assert late.ms < 1000 * patience(3)


def test_waiting_for_a_turn_may_be_interrupted(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url, rate=0.5)
    answers = caller("get-alias", function, "PROD", parallel=3, interrupt_ms=300)
    assert sorted({each.status for each in answers}) == ["interrupted", "ok"]
    assert max(each.ms for each in answers) < 1000 * patience(1.5)
