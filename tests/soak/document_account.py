# SPDX-License-Identifier: MIT
"""The documents at AWS: read by plain HTTP, written by the colleague with boto3."""

import io
import json
import urllib.error
import urllib.request
import zipfile

from lib import aws
from soak.account import FUNCTIONS, Refused
from soak.documents import KINDS, archive, configuration, environment, policy, tags


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
        found, code = self._function(function)
        settings = found["Configuration"]
        values = {
            "configuration.json": {name: settings.get(name) for name in configuration(0)},
            "environment.json": settings.get("Environment", {}).get("Variables", {}),
            "tags.json": found.get("Tags", {}),
            "policy.json": self.sids(function),
            "code.zip": code,
        }
        return {name: KINDS[name].state(value) for name, value in values.items()}

    def _function(self, function):
        """What GetFunction gives, and what stands in its code, which another may replace in between."""
        while True:
            found = self._account.call("GET", f"{FUNCTIONS}/{function}")
            try:
                return found, self._code(found["Configuration"]["CodeSha256"], found["Code"]["Location"])
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise

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
            try:
                with zipfile.ZipFile(io.BytesIO(data)) as found:
                    wrong = found.testzip()
                    read = f"{wrong} is broken" if wrong else found.read("handler.py").decode()
            except (zipfile.BadZipFile, KeyError) as error:
                read = f"{len(data)} bytes that are no whole zip: {error}"
            self._codes[sha256] = read
        return self._codes[sha256]

    # Writing

    def prepare(self, function, aliases=()):
        """Every document is number 0."""
        for name in ("configuration.json", "environment.json", "tags.json", "code.zip"):
            self.write(function, name, 0)
        for alias in ("", *aliases):
            for sid in policy(0):
                self._grant(function, sid, alias)

    def write(self, function, name, number, alias=""):
        """As the colleague does, whatever is there."""
        api = self.api
        if name == "configuration.json":
            api.update_function_configuration(FunctionName=function, **configuration(number))
        elif name == "environment.json":
            variables = {"Variables": environment(number)}
            api.update_function_configuration(FunctionName=function, Environment=variables)
        elif name == "code.zip":
            api.update_function_code(FunctionName=function, ZipFile=archive(number))
        elif name == "tags.json":
            arn = f"{self.arn}:{function}"
            api.tag_resource(Resource=arn, Tags=tags(number))
            api.untag_resource(Resource=arn, TagKeys=[f"only{1 - number % 2}"])
        else:
            self._write_policy(function, number, alias)

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
