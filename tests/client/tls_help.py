# SPDX-License-Identifier: MIT
"""Servers behind TLS."""

import http.server
import json
import socket
import ssl
import threading

ACCOUNT = {
    "AccountLimit": {"TotalCodeSize": 1},
    "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": 0},
}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps(ACCOUNT).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _free_port(address):
    """A port, and what keeps others from it: one that is only at ::1 must not be another program's at 127.0.0.1."""
    kept = socket.socket()
    kept.bind(("127.0.0.1", 0))  # not listening: who tries it is refused
    if address == "::1":
        return kept.getsockname()[1], kept
    kept.close()
    return 0, None


class TlsServer(http.server.ThreadingHTTPServer):
    """A Lambda behind TLS at `port`, which knows one answer."""

    daemon_threads = True

    def __init__(self, certificate, address="127.0.0.1", minimum=None, maximum=None):
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        port, self._kept = _free_port(address)
        super().__init__((address, port), _Handler)
        self.socket = server_context(certificate, minimum, maximum).wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self.server_address[1]
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def handle_error(self, *_):
        pass  # clients that refuse us are what is tested

    def close(self):
        self.shutdown()
        self._thread.join()
        self.server_close()
        if self._kept:
            self._kept.close()


def server_context(certificate, minimum=None, maximum=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if minimum:
        context.minimum_version = minimum
    if maximum:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.maximum_version = maximum
    return context
