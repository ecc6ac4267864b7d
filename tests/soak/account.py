# SPDX-License-Identifier: MIT
"""The colleague's side: plain HTTP to a lambda-plane that nothing disturbs, and its list of changes."""

import base64
import http.client
import json
import time
import urllib.parse

from lib import aws
from soak.model import State

FUNCTIONS = "/2015-03-31/functions"
BUSY = "The operation cannot be performed at this time."  # an update is in progress
PATIENCE = 20  # seconds for which a colleague waits for it


class Refused(Exception):
    """The API said no; the status is its argument."""


class Account:
    def __init__(self, port):
        self.port = port
        self._connection = None
        self._seen = 0  # sequence number of the last change that was read

    def call(self, method, path, body=None):
        """The answer's JSON; Refused for what the API refuses. An update in progress is waited for."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._call(method, path, body)
            except Refused as refused:
                if BUSY not in refused.args[1].decode(errors="replace") or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _call(self, method, path, body):
        text = None if body is None else json.dumps(body)
        for last in (False, True):
            try:
                if not self._connection:
                    self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self._connection.request(method, path, text)
                answer = self._connection.getresponse()
                data = answer.read()
                break
            except (http.client.HTTPException, ConnectionError):  # an idle connection was closed
                self._connection = None
                if last:
                    raise
        if answer.status >= 400:
            raise Refused(answer.status, data[:200])
        return json.loads(data) if data else None

    # Reading

    def aliases(self, function):
        """{name: State} as AWS has them."""
        found, marker = {}, ""
        while True:
            page = self.call("GET", f"{FUNCTIONS}/{function}/aliases?MaxItems=50{marker}")
            found.update((each["Name"], state_of(each)) for each in page["Aliases"])
            if not page.get("NextMarker"):
                return found
            marker = "&Marker=" + urllib.parse.quote(page["NextMarker"])

    def versions(self, function):
        """How many versions are published."""
        page = self.call("GET", f"{FUNCTIONS}/{function}/versions?MaxItems=50")
        found = len(page["Versions"])
        while page.get("NextMarker"):
            marker = urllib.parse.quote(page["NextMarker"])
            page = self.call("GET", f"{FUNCTIONS}/{function}/versions?MaxItems=50&Marker={marker}")
            found += len(page["Versions"])
        return found - 1

    def revision(self, function, name):
        return self.call("GET", f"{FUNCTIONS}/{function}/aliases/{name}")["RevisionId"]

    def news(self):
        """The changes since the last question, as lambda-plane lists them."""
        found = []
        while True:
            page = self.call("GET", f"/_local/changes?after={self._seen}")
            if not page:
                return found
            found += page
            self._seen = page[-1]["sequence"]

    # Writing

    def create_function(self, name, versions):
        settings = {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Role": aws.ROLE,
            "Handler": "handler.handler",
            "Code": {"ZipFile": _code(f"{name} 1")},
        }
        self.call("POST", FUNCTIONS, settings)
        for number in range(versions):
            self.update_code(name, f"{name} {number}", publish=True)

    def update_code(self, function, text, publish=False):
        body = {"ZipFile": _code(text), "Publish": publish}
        self.call("PUT", f"{FUNCTIONS}/{function}/code", body)

    def create_alias(self, function, name, state):
        self.call("POST", f"{FUNCTIONS}/{function}/aliases", {"Name": name, **_body_of(state)})

    def update_alias(self, function, name, state, revision=None):
        body = _body_of(state)
        if revision:
            body["RevisionId"] = revision
        self.call("PUT", f"{FUNCTIONS}/{function}/aliases/{name}", body)

    def delete_alias(self, function, name):
        self.call("DELETE", f"{FUNCTIONS}/{function}/aliases/{name}")


def _code(text):
    return base64.b64encode(aws.code(text)).decode()


def state_of(answer):
    weights = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
    weight = next(iter(weights.items()), None)
    return State(answer["FunctionVersion"], weight, answer.get("Description", ""))


def _body_of(state):
    return {
        "FunctionVersion": state.version,
        "Description": state.description,
        "RoutingConfig": {"AdditionalVersionWeights": dict([state.weight] if state.weight else [])},
    }
