# SPDX-License-Identifier: MIT
"""Invoke: sent once, whatever happens to the answer."""

import base64
import json

import pytest

from lib import aws
from lib.faultproxy import (
    access_denied,
    close_after_forwarding,
    close_before_forwarding,
    garbage,
    hang,
    html_error,
    not_found,
    replace,
    reset_after_forwarding,
    reset_before_forwarding,
    service_error,
    throttled,
    truncate,
    truncate_body,
    wrong_length,
)

pytestmark = pytest.mark.quick_sanitized

PAYLOAD_MAX = 6291456
ANSWER_MAX = 6291556


@pytest.fixture
def function(api):
    aws.create_function(api, "shop", versions=3, aliases={"PROD": 1})
    return "shop"


@pytest.mark.parametrize(
    "qualifier, version", [("PROD", "1"), ("2", "2"), ("$LATEST", "$LATEST")]
)
def test_the_answer_with_what_aws_tells_of_it(call, function, plane, qualifier, version):
    answer = call("invoke", function, qualifier, '{"a": 1}')
    assert (answer.status, answer.http_status, answer.executed) == ("ok", 200, version)
    assert json.loads(answer.payload)["ExecutedVersion"] == version
    assert answer.function_error == ""
    assert f"START RequestId: {answer.request_id} Version: {version}\n" in answer.log_tail
    assert plane.calls()["Invoke"] == 1 == answer.calls


def test_what_is_sent(faulty, proxy, function):
    faulty("invoke", function, "PROD", '{"a": 1}')
    (request,) = proxy.requests()
    assert (request.method, request.path) == ("POST", f"/2015-03-31/functions/{function}/invocations")
    assert request.query == {"Qualifier": ["PROD"]}
    assert request.body == b'{"a": 1}'
    assert request.headers["x-amz-invocation-type"] == "RequestResponse"
    assert request.headers["x-amz-log-type"] == "Tail"
    signed = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    assert {"x-amz-invocation-type", "x-amz-log-type"} <= set(signed.split(";"))


def test_no_payload(faulty, proxy, function):
    assert faulty("invoke", function, "PROD").status == "ok"
    (request,) = proxy.requests()
    assert request.body == b"" and "urlencoded" not in request.headers["content-type"]


def test_a_function_that_fails_is_an_answer(call, function, plane):
    plane.put(
        "/_local/faults",
        [{"operation": "Invoke", "function_error": "Unhandled", "message": 'no "x"'}],
    )
    answer = call("invoke", function, "PROD", "{}")
    assert (answer.status, answer.function_error) == ("ok", "Unhandled")
    assert json.loads(answer.payload) == {"errorMessage": 'no "x"', "errorType": "Fault"}
    assert answer.executed == "1"
    assert call("invoke", function, "PROD", "{}").function_error == ""


@pytest.mark.parametrize(
    "fault",
    [
        reset_after_forwarding(),
        close_after_forwarding(),
        reset_before_forwarding(),
        close_before_forwarding(),
        garbage(forward=True),
        truncate(0),
        truncate(20),
        truncate_body(),
        wrong_length(+10),
        service_error(forward=True),
        html_error(502, forward=True),
        html_error(503),
        replace(204, forward=True),
        replace(200, {"content-encoding": "gzip"}, b"x", forward=True),
    ],
    ids=repr,
)
def test_a_lost_answer_is_never_a_second_invocation(faulty, proxy, function, fault):
    proxy.rule(fault)
    answer = faulty("invoke", function, "PROD", "{}")
    assert answer.status in ("bad answer", "service failed"), answer
    assert answer.error.operation == "Invoke" and answer.error.message
    assert answer.calls == 1 == proxy.count()
    assert answer.error.outcome_unknown


@pytest.mark.parametrize("after", [True, False])
def test_the_deadline_and_an_interruption_send_nothing_again(faulty, proxy, function, after):
    proxy.rule(hang(forward=after))
    answer = faulty("invoke", function, "PROD", "{}", read_ms=2000)
    assert (answer.status, answer.error.outcome_unknown) == ("timed out", True)
    answer = faulty("invoke", function, "PROD", "{}", interrupt_ms=2000)
    assert (answer.status, answer.error.outcome_unknown) == ("interrupted", True)
    assert proxy.count() == 2


def test_each_invocation_has_a_connection_of_its_own(faulty, proxy, function):
    """A kept one may be dead: what is sent on that is lost, and nobody can tell whether it arrived."""
    answer = faulty("invoke", function, "PROD", "{}", repeat=3)
    assert answer.status == "ok"
    assert len({request.connection for request in proxy.requests()}) == 3


@pytest.mark.parametrize(
    "fault, status",
    [
        (throttled(), "throttled"),
        (access_denied("lambda:InvokeFunction"), "access denied"),
        (not_found(), "not found"),
    ],
    ids=repr,
)
def test_a_refusal_is_told_and_not_repeated(faulty, proxy, function, fault, status):
    proxy.rule(fault)
    answer = faulty("invoke", function, "PROD", "{}")
    assert (answer.status, answer.error.outcome_unknown) == (status, False)
    assert answer.calls == 1


@pytest.mark.semantics("7.1.9")
def test_what_was_never_sent_may_be_sent_again(faulty, proxy, function):
    proxy.refuse_connections()
    answer = faulty("invoke", function, "PROD", "{}")
    assert (answer.status, answer.error.outcome_unknown) == ("connection refused", False)
    assert answer.calls == 0


def test_six_megabytes_there(faulty, proxy, function):
    assert faulty("invoke", function, "PROD", f"@{PAYLOAD_MAX}").status == "ok"
    assert len(proxy.requests()[0].body) == PAYLOAD_MAX
    answer = faulty("invoke", function, "PROD", f"@{PAYLOAD_MAX + 1}")
    assert (answer.status, answer.calls) == ("too large", 0)


def test_six_megabytes_back(faulty, proxy, function):
    proxy.rule(replace(200, body=b"x" * ANSWER_MAX), times=1)
    proxy.rule(replace(200, body=b"x" * (ANSWER_MAX + 1)))
    answer = faulty("invoke", function, "PROD", "{}")
    assert (answer.status, len(answer.payload)) == ("ok", ANSWER_MAX)
    answer = faulty("invoke", function, "PROD", "{}")
    assert (answer.status, answer.calls) == ("bad answer", 1)
    assert "has run" in answer.error.message


@pytest.mark.parametrize("log", ["", "no base64!", base64.b64encode(b"x" * 4097 + b"end").decode()])
def test_a_log_that_cannot_be_read_is_none(faulty, proxy, function, log):
    proxy.rule(replace(200, {"x-amz-log-result": log}, b"7", forward=True))
    answer = faulty("invoke", function, "PROD", "{}")
    assert (answer.status, answer.payload, answer.executed) == ("ok", "7", "")
    assert answer.log_tail == ("x" * 4093 + "end" if log.endswith("=") else "")


@pytest.mark.semantics("7.1.11")
def test_invocations_have_no_rate(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url, rate=0.01)
    assert caller("invoke", function, "PROD", "{}", repeat=20, read_ms=20000).calls == 20
