# SPDX-License-Identifier: MIT
"""call(...): one call of backend/lambda.h through build/tests/client/lambda_call."""

import json

import pytest

from client_answer import Answer
from lib import aws
from lib.process import SanitizerLog, run
from lib.programs import patience, program


class Caller:
    """caller("get-alias", "f", "PROD", read_ms=500) gives an Answer; with parallel=N a list of them."""

    def __init__(self, directory, logs, **options):
        self.home = directory / "home"
        self.home.mkdir(exist_ok=True)
        self.options = options
        self.environment = {}  # more variables; None removes one
        self._logs = logs

    def _environment(self):
        given = {**aws.credentials_environment(self.home), **self.environment}
        return {name: str(value) for name, value in given.items() if value is not None}

    def run(self, *arguments, **options):
        sanitizer = SanitizerLog(self._logs, "lambda_call")
        given = {**self.options, **options}
        words = [f"{name}={value}" for name, value in given.items() if value is not None]
        result = run(
            program("tests/client/lambda_call"),
            *words,
            *arguments,
            env={**self._environment(), **sanitizer.environment()},
            timeout=patience(60),
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
