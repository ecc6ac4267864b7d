# SPDX-License-Identifier: MIT
"""call(...): one call of backend/lambda/lambda.h through build/tests/client/lambda_call."""

import contextlib
import hashlib
import json
import re
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest

from client_answer import Answer
from credentials_help import moment
from lib import aws
from lib.faultproxy import FaultProxy, hang
from lib.process import SanitizerLog, run
from lib.programs import program
from tls_help import TlsServer


class Caller:
    """caller("get-alias", "f", "PROD", read_ms=500) gives an Answer; with parallel=N a list of them."""

    def __init__(self, directory, logs, **options):
        self.home = directory / "home"
        self.home.mkdir(exist_ok=True)
        self.options = options
        self.environment = {}  # more variables; None removes one
        self.prefix = []  # words in front of the program's name
        self.directory = None  # where it runs; None: here
        self._logs = logs

    def _environment(self):
        given = {**aws.credentials_environment(self.home), **self.environment}
        return {name: str(value) for name, value in given.items() if value is not None}

    def run(self, *arguments, **options):
        sanitizer = SanitizerLog(self._logs, "lambda_call")
        given = {**self.options, **options}
        words = [f"{name}={value}" for name, value in given.items() if value is not None]
        result = run(
            *self.prefix,
            program("tests/client/lambda_call"),
            *words,
            *arguments,
            env={**self._environment(), **sanitizer.environment()},
            timeout=60,
            cwd=self.directory,
        )
        assert not sanitizer.reports(), "\n".join(sanitizer.reports())
        return result

    def __call__(self, *arguments, **options):
        result = self.run(*arguments, **options)
        answers = [Answer(json.loads(line)) for line in result.lines]
        assert answers, str(result)
        for answer in answers:
            answer["log"] = result.stderr
            if "error" in answer:
                answer["error"] = Answer(answer["error"])
        return answers if "parallel" in options else answers[0]

    def write_file(self, name, text):
        """Writes ~/.aws/NAME."""
        path = self.home / ".aws" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def make_caller(scratch, sanitizer_logs):
    def make(**options):
        return Caller(scratch, sanitizer_logs, **options)

    return make


@pytest.fixture
def call(make_caller, plane):
    """Calls to the test's plane."""
    return make_caller(endpoint_url=plane.url, unlimited="yes")


@pytest.fixture
def faulty(make_caller, proxy):
    """Calls through the test's fault proxy."""
    return make_caller(endpoint_url=proxy.url, unlimited="yes")


@pytest.fixture
def outlasted(make_caller, plane):
    """`with outlasted():` what is done inside ends before a call that hangs for 40 s: an order, on any machine."""

    @contextlib.contextmanager
    def inside():
        with FaultProxy(plane.url) as proxy, ThreadPoolExecutor(1) as pool:
            rule = proxy.rule(hang())
            caller = make_caller(endpoint_url=proxy.url, unlimited="yes")
            caller.environment["AWS_MAX_ATTEMPTS"] = 1
            longer = pool.submit(caller, "get-account", read_ms=40000)
            try:
                assert rule.wait_for_hits()
                yield
                assert not longer.done(), "it took longer than a call that hangs"
            finally:
                rule.release()

    return inside


@pytest.fixture
def user(make_caller, proxy, services):
    """A caller without credentials in the environment, whose services are `services`."""
    caller = make_caller(endpoint_url=proxy.url, unlimited="yes")
    caller.environment = {
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
        "AWS_ENDPOINT_URL_STS": services.url,
        "AWS_ENDPOINT_URL_SSO": services.url,
        "AWS_ENDPOINT_URL_SSO_OIDC": services.url,
    }
    return caller


@pytest.fixture
def signers(proxy):
    """signers(): who signed the requests that arrived, as (key id, session token or None)."""

    def read():
        found = []
        for request in proxy.requests():
            key = re.search(r"Credential=([^/]+)/", request.headers.get("authorization", ""))
            found.append((key and key[1], request.headers.get("x-amz-security-token")))
        return found

    return read


@pytest.fixture
def login(user):
    """login(name, **members): what `aws sso login` leaves behind; gives the file's path."""

    def write(name, **members):
        path = user.home / ".aws/sso/cache" / (hashlib.sha1(name.encode()).hexdigest() + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"accessToken": "sso-token", "expiresAt": moment(7200), **members}))
        return path

    return write


@pytest.fixture
def tls(afterwards):
    """tls(certificate, **TlsServer's): a Lambda behind TLS; gives its port."""

    def start(certificate, **options):
        return afterwards.enter_context(contextlib.closing(TlsServer(certificate, **options))).port

    return start


@pytest.fixture(name="program")
def make_program(scratch):
    """program(text): an executable script; gives its path, which holds a blank."""

    def write(text):
        path = scratch / "my program"
        path.write_text("#!/bin/sh\n" + textwrap.dedent(text))
        path.chmod(0o755)
        return path

    return write
