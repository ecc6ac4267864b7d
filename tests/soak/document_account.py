# SPDX-License-Identifier: MIT
"""The documents at AWS: read by plain HTTP, written by the colleague with boto3."""

import json
import time
import urllib.error
import urllib.request

import botocore.exceptions
from lib import aws
from soak.account import BUSY, FUNCTIONS, PATIENCE, Refused
from soak.documents import KEPT, KINDS, archive, configuration, environment, event_invoke, policy, read_archive, tags


class DocumentAccount:
    def __init__(self, account, port):
        self._account = account
        self._port = port
        self._boto3 = None
        self._codes = {}  # {SHA-256: what stands in handler.py}
        self.arn = "arn:aws:lambda:us-east-1:000000000000:function"

    @property
    def api(self):
        if not self._boto3:
            self._boto3 = aws.client(f"http://127.0.0.1:{self._port}")
        return self._boto3

    # Reading

    def states(self, function):
        """{document: its state} as AWS has them."""
        for _ in range(20):
            try:
                return self._states(function)
            except urllib.error.HTTPError as error:  # in the common function: other code has come meanwhile
                if error.code != 404 or function != "common":
                    raise
        raise TimeoutError("the code of common changes all the time")

    def _states(self, function):
        found = self._account.call("GET", f"{FUNCTIONS}/{function}")
        settings = found["Configuration"]
        values = {
            "configuration.json": {name: settings.get(name) for name in configuration(0)},
            "environment.json": (settings.get("Environment") or {}).get("Variables", {}),
            "event-invoke.json": self.event_invoke(function, KEPT) if function != "common" else {},
            "tags.json": found.get("Tags") or {},
            "policy.json": self.sids(function),
            "code.zip": self._code(settings["CodeSha256"], found["Code"]["Location"]),
        }
        return {name: KINDS[name].state(value) for name, value in values.items()}

    def is_updating(self, function):
        """Whether AWS still puts an update of $LATEST into effect."""
        found = self._account.call("GET", f"{FUNCTIONS}/{function}/configuration")
        return found.get("LastUpdateStatus") == "InProgress"

    def event_invoke(self, function, alias):
        try:
            path = f"/2019-09-25/functions/{function}/event-invoke-config?Qualifier={alias}"
            answer = self._account.call("GET", path)
        except Refused as refused:
            if refused.args[0] != 404:
                raise
            return {}
        return {name: answer[name] for name in event_invoke(0) if name in answer}

    def sids(self, function, alias=""):
        qualifier = f"?Qualifier={alias}" if alias else ""
        try:
            answer = self._account.call("GET", f"{FUNCTIONS}/{function}/policy{qualifier}")
        except Refused as refused:
            if refused.args[0] != 404:
                raise
            return []
        return sorted(each["Sid"] for each in json.loads(answer["Policy"])["Statement"])

    def _code(self, sha256, location):
        """What stands in handler.py of a whole zip, else what is wrong with it."""
        if sha256 not in self._codes:
            with urllib.request.urlopen(location, timeout=30) as answer:
                data = answer.read()
            self._codes[sha256] = read_archive(data)
        return self._codes[sha256]

    # Writing

    def prepare(self, function, aliases=()):
        """Every document is number 0."""
        for name in ("configuration.json", "environment.json", "tags.json", "code.zip"):
            self.write(function, name, 0)
        for alias in ("", *aliases):
            for sid in policy(0):
                self._grant(function, sid, alias)
        for alias in aliases or [KEPT]:
            self.write(function, "event-invoke.json", 0, alias)

    def write(self, function, name, number, alias=""):
        """As the colleague does, whatever is there; an update in progress is waited for."""
        api = self.api
        if name == "configuration.json":
            self._patiently(api.update_function_configuration, FunctionName=function, **configuration(number))
        elif name == "environment.json":
            variables = {"Variables": environment(number)}
            self._patiently(api.update_function_configuration, FunctionName=function, Environment=variables)
        elif name == "code.zip":
            self._patiently(api.update_function_code, FunctionName=function, ZipFile=archive(number))
        elif name == "tags.json":
            arn = f"{self.arn}:{function}"
            self._patiently(api.tag_resource, Resource=arn, Tags=tags(number))
            self._patiently(api.untag_resource, Resource=arn, TagKeys=[f"only{1 - number % 2}"])
        elif name == "event-invoke.json":
            place = {"FunctionName": function, "Qualifier": alias or KEPT}
            api.put_function_event_invoke_config(**place, **event_invoke(number))
        else:
            self._write_policy(function, number, alias)

    @staticmethod
    def _patiently(call, **arguments):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return call(**arguments)
            except botocore.exceptions.ClientError as error:
                if BUSY not in str(error) or time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _grant(self, function, sid, alias):
        qualifier = {"Qualifier": alias} if alias else {}
        self.api.add_permission(
            FunctionName=function,
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            **qualifier,
        )

    def _write_policy(self, function, number, alias):
        qualifier = {"Qualifier": alias} if alias else {}
        there, wanted = self.sids(function, alias), policy(number)
        for sid in wanted:
            if sid not in there:
                self._grant(function, sid, alias)
        for sid in there:
            if sid not in wanted:
                self.api.remove_permission(FunctionName=function, StatementId=sid, **qualifier)
