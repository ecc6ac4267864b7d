# SPDX-License-Identifier: MIT
"""The API spoken by hand: what the SDKs hide (headers, bytes on the wire, broken connections)."""

import base64
import http.client
import json
import socket
import urllib.parse

from lib import aws
from lib.programs import patience

FUNCTIONS = "/2015-03-31/functions"


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.headers.get("x-amzn-ErrorType")

    @property
    def message(self):
        return self.json.get("message", self.json.get("Message"))

    def __str__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


class Wire:
    """One keep-alive connection. A request on it after a break opens a new one."""

    def __init__(self, port, timeout=30):
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", port, timeout=patience(timeout))

    def __call__(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def close(self):
        self.connection.close()

    # The few calls that many tests make

    def create_function(self, name, text="1", **settings):
        return self(
            "POST",
            FUNCTIONS,
            {
                "FunctionName": name,
                "Runtime": "python3.12",
                "Role": aws.ROLE,
                "Handler": "handler.handler",
                "Code": {"ZipFile": base64.b64encode(aws.code(text)).decode()},
                **settings,
            },
        )

    def update_code(self, name, text, **settings):
        body = {"ZipFile": base64.b64encode(aws.code(text)).decode(), **settings}
        return self("PUT", f"{FUNCTIONS}/{name}/code", body)

    def update_configuration(self, name, **settings):
        return self("PUT", f"{FUNCTIONS}/{name}/configuration", settings)

    def get_configuration(self, name):
        return self("GET", f"{FUNCTIONS}/{name}/configuration")

    def publish(self, name, **settings):
        return self("POST", f"{FUNCTIONS}/{name}/versions", settings)

    def create_alias(self, name, alias, version, **settings):
        body = {"Name": alias, "FunctionVersion": str(version), **settings}
        return self("POST", f"{FUNCTIONS}/{name}/aliases", body)

    def get_alias(self, name, alias):
        return self("GET", f"{FUNCTIONS}/{name}/aliases/{alias}")

    def update_alias(self, name, alias, **settings):
        return self("PUT", f"{FUNCTIONS}/{name}/aliases/{alias}", settings)


def quote(text):
    """As SDKs encode a path label or a query value."""
    return urllib.parse.quote(text, safe="-._~")


def exchange(port, data, timeout=10, shut=False):
    """Sends raw bytes and gives everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), patience(timeout)) as connection:
        connection.sendall(data)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        received = bytearray()
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            received += piece
        return bytes(received)
