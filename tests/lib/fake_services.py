# SPDX-License-Identifier: MIT
"""The services that give credentials, on one loopback port: STS, SSO, containers, EC2's metadata."""

import dataclasses
import http.server
import json
import threading
import urllib.parse


@dataclasses.dataclass
class Seen:
    method: str
    target: str
    headers: dict  # names in lower case
    body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return dict(urllib.parse.parse_qsl(self.target.partition("?")[2], strict_parsing=True))

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), strict_parsing=True))


class FakeServices:
    """routes[(method, path)] = function(Seen) -> (status, headers, body). What has no route is 404."""

    def __init__(self):
        self.routes = {}
        self.seen = []
        services = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                length = int(self.headers.get("content-length") or 0)
                seen = Seen(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                services.seen.append(seen)
                route = services.routes.get((seen.method, seen.path), lambda _: (404, {}, b""))
                status, headers, body = route(seen)
                if not isinstance(body, bytes):
                    body = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                pass  # who gave up on a slow answer is what is tested

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def route(self, method, path, answer):
        """`answer`: a function of Seen, or what it would give, or only a body for 200."""
        if not callable(answer):
            fixed = answer if isinstance(answer, tuple) else (200, {}, answer)
            answer = lambda _: fixed
        self.routes[method, path] = answer

    def requests(self, path):
        return [each for each in self.seen if each.path == path]
