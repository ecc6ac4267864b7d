# SPDX-License-Identifier: MIT
"""Faults on demand, and throttling as AWS does it."""

import concurrent.futures
import http.client
import json
import socket
import time

import pytest
from botocore.exceptions import ClientError
from lib import aws
from lib.process import wait_for
from wire import FUNCTIONS, Wire, exchange

ALIAS = b"GET /2015-03-31/functions/fn/aliases/PROD HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def function(api):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})


def put(wire, *faults):
    answer = wire("PUT", "/_local/faults", list(faults))
    assert answer.status == 200, str(answer)
    return answer.json


def faults_left(wire):
    return [each for each in wire("GET", "/_local/faults").json if each["count"]]


def test_a_code_is_answered_in_awss_form(function, wire, api):
    put(wire, {"operation": "GetAlias", "code": "TooManyRequestsException", "count": 2})
    for _ in range(2):
        answer = wire.get_alias("fn", "PROD")
        assert (answer.status, answer.code) == (429, "TooManyRequestsException")
        assert answer.headers["Retry-After"] == "1"
        assert answer.json["Reason"] == "CallerRateLimitExceeded"
    assert wire.get_alias("fn", "PROD").status == 200
    put(wire, {"operation": "GetAlias", "code": "TooManyRequestsException", "message": 'too "fast"'})
    assert wire.get_alias("fn", "PROD").json == {
        "Type": "User", "message": 'too "fast"', "Reason": "CallerRateLimitExceeded"}
    put(wire, {"operation": "*", "code": "ExpiredTokenException", "message": "too late"})
    with pytest.raises(ClientError) as caught:
        api.get_alias(FunctionName="fn", Name="PROD")
    assert caught.value.response["Error"] == {"Code": "ExpiredTokenException", "Message": "too late"}


CODES = [
    ("ExpiredTokenException", 403, None, "message"), ("AccessDeniedException", 403, None, "Message"),
    ("InvalidSignatureException", 403, None, "message"), ("ThrottlingException", 400, None, "message"),
    ("UnrecognizedClientException", 403, None, "message"), ("RequestTimeoutException", 408, None, "message"),
    ("ServiceUnavailable", 503, None, "message"), ("InternalFailure", 500, None, "message"),
    ("ServiceException", 500, "Service", "Message"), ("ValidationException", 400, None, "message"),
    ("ResourceNotFoundException", 404, "User", "Message"),
    ("ResourceConflictException", 409, "User", "message"),
    ("PreconditionFailedException", 412, "User", "message"),
    ("InvalidParameterValueException", 400, "User", "message"),
    ("EC2ThrottledException", 502, "Service", "Message"),
    ("SnapStartTimeoutException", 408, "User", "Message"),
    ("NobodyKnowsException", 500, "Service", "Message"),
]


@pytest.mark.parametrize("code, status, kind, key", CODES)
def test_a_code_implies_its_status_and_form(function, wire, code, status, kind, key):
    put(wire, {"operation": "GetAlias", "code": code, "message": "words"})
    answer = wire.get_alias("fn", "PROD")
    assert (answer.status, answer.code) == (status, code)
    assert answer.json == {**({"Type": kind} if kind else {}), key: "words"}
    assert wire.get_alias("fn", "PROD").status == 200


def test_a_code_may_come_with_another_status(function, wire):
    put(wire, {"operation": "GetAlias", "code": "ThrottlingException", "status": 429})
    answer = wire.get_alias("fn", "PROD")
    assert (answer.status, answer.code) == (429, "ThrottlingException")
    assert wire("PUT", "/_local/faults", [{"code": "X", "status": 99}]).status == 400


UPDATES = [
    ("UpdateFunctionCode", lambda wire: wire.update_code("fn", "new")),
    ("UpdateFunctionConfiguration", lambda wire: wire.update_configuration("fn", Timeout=7)),
]


@pytest.mark.parametrize("settle", ["0", "3600000"])
@pytest.mark.parametrize("operation, update", UPDATES)
def test_an_update_that_ends_in_failed(make_plane, settle, operation, update):
    plane = make_plane("--settle", settle)
    wire = Wire(plane.port)
    wire.create_function("fn")
    state = lambda: wire.get_configuration("fn").json  # noqa: E731
    plane.settle()
    wait_for(lambda: state()["State"] == "Active")
    put(wire, {"operation": operation, "settles_failed": "InvalidSubnet", "message": 'no "subnet"'})
    answer = update(wire)
    assert (answer.status, answer.json["LastUpdateStatus"]) == (200, "InProgress")
    plane.settle()
    ended = wait_for(lambda: [each for each in [state()] if each["LastUpdateStatus"] != "InProgress"])[0]
    assert {name: ended[name] for name in ended if name.startswith(("State", "LastUpdate"))} == {
        "State": "Active", "StateReason": None, "StateReasonCode": None, "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": 'no "subnet"', "LastUpdateStatusReasonCode": "InvalidSubnet"}
    assert ended["RevisionId"] != answer.json["RevisionId"]
    assert wire("GET", f"{FUNCTIONS}/fn").json["Configuration"]["LastUpdateStatus"] == "Failed"
    assert "Failed" not in str(wire("GET", FUNCTIONS).json)
    assert update(wire).status == 200, "another update is the way out"
    plane.settle()
    wait_for(lambda: state()["LastUpdateStatus"] == "Successful")
    assert state()["LastUpdateStatusReasonCode"] is None


@pytest.mark.parametrize("qualifier, version", [("PROD", "1"), ("$LATEST", "$LATEST")])
def test_a_function_that_fails(function, wire, api, qualifier, version):
    fault = {"operation": "Invoke", "function_error": "Unhandled", "count": 1}
    put(wire, {**fault, "message": 'no "key"'})
    answer = api.invoke(FunctionName="fn", Qualifier=qualifier, Payload=b"{}", LogType="Tail")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"]) == {"errorMessage": 'no "key"', "errorType": "Fault"}
    assert answer["ExecutedVersion"] == version and answer["LogResult"]
    assert "FunctionError" not in api.invoke(FunctionName="fn", Qualifier=qualifier)
    put(wire, fault)
    assert wire("GET", "/_local/faults").json == [{**fault, "after_commit": False}]


def test_a_creation_that_ends_in_failed(wire):
    put(wire, {"operation": "CreateFunction", "settles_failed": "InvalidImage", "message": "no image"})
    assert wire.create_function("fn").json["State"] == "Pending"
    shown = wire.get_configuration("fn").json
    assert (shown["State"], shown["StateReasonCode"], shown["StateReason"]) == (
        "Failed", "InvalidImage", "no image")
    for answer in (wire.publish("fn"), wire.update_code("fn", "2"), wire.update_configuration("fn")):
        assert answer.status == 409 and answer.message.endswith("in the following state: Failed")
    assert wire("DELETE", f"{FUNCTIONS}/fn").status == 204
    assert wire.create_function("fn").status == 201
    assert wire.get_configuration("fn").json["State"] == "Active"


def test_a_version_that_ends_in_failed(wire):
    wire.create_function("fn")
    put(wire, {"operation": "PublishVersion", "settles_failed": "FunctionError"})
    wire.publish("fn")
    shown = wire("GET", f"{FUNCTIONS}/fn/configuration?Qualifier=1").json
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "FunctionError")
    assert wire.get_configuration("fn").json["State"] == "Active"


def test_faults_are_shown_as_they_were_put(wire):
    put(wire, {"operation": "UpdateFunctionCode", "settles_failed": "X", "count": 2})
    assert wire("GET", "/_local/faults").json == [
        {"operation": "UpdateFunctionCode", "settles_failed": "X", "count": 2, "after_commit": False}]


def test_a_status_with_and_without_a_body(function, wire):
    put(wire, {"operation": "GetAlias", "status": 503},
        {"operation": "GetAlias", "status": 500, "body": "<html>oh</html>"})
    assert (lambda answer: (answer.status, answer.body))(wire.get_alias("fn", "PROD")) == (503, b"")
    assert wire.get_alias("fn", "PROD").body == b"<html>oh</html>"
    assert wire.get_alias("fn", "PROD").status == 200


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_reset_before_or_after_it_took_effect(function, wire, plane, after_commit):
    put(wire, {"operation": "UpdateAlias", "reset": True, "after_commit": after_commit})
    other = Wire(plane.port)
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        other.update_alias("fn", "PROD", FunctionVersion="2")
    other.close()
    assert wire.get_alias("fn", "PROD").json["FunctionVersion"] == ("2" if after_commit else "1")
    assert plane.calls()["UpdateAlias"] == 1


def test_a_reset_is_a_reset(function, wire, plane):
    put(wire, {"operation": "GetAlias", "reset": True})
    with socket.create_connection(("127.0.0.1", plane.port), 10) as connection:
        connection.sendall(ALIAS)
        with pytest.raises(ConnectionResetError):
            assert connection.recv(100)


def test_an_answer_that_hangs_until_the_client_leaves(function, wire, plane):
    put(wire, {"operation": "GetAlias", "hang": True})
    with socket.create_connection(("127.0.0.1", plane.port), 10) as connection:
        connection.sendall(ALIAS)
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(100)
    put(wire, {"operation": "GetAlias", "hang": 6000})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(exchange, plane.port, ALIAS)
        wait_for(lambda: not faults_left(wire), what="the request that hangs")
        assert not hanging.done()
        assert hanging.result() == b""


def test_a_hanging_answer_does_not_keep_it_from_ending(function, wire, plane):
    put(wire, {"operation": "GetAlias", "hang": True})
    connection = socket.create_connection(("127.0.0.1", plane.port), 10)
    connection.sendall(ALIAS)
    time.sleep(0.2)
    plane.stop()
    connection.close()


def test_half_a_body(function, wire, plane):
    put(wire, {"operation": "GetAlias", "truncate": 20})
    raw = exchange(plane.port, ALIAS)
    head, body = raw.split(b"\r\n\r\n", 1)
    assert len(body) == 20 and int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) > 20


def test_a_slow_body_is_whole_in_the_end(function, wire, plane):
    """Asked while its bytes come, another answer is there before the last of them."""
    put(wire, {"operation": "GetAlias", "slow": 20})
    other = Wire(plane.port)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(wire.get_alias, "fn", "PROD")
        wait_for(lambda: not faults_left(other), what="the slow request")
        assert other("GET", f"{FUNCTIONS}/fn").status == 200
        assert not slow.done()
        assert slow.result().json["FunctionVersion"] == "1"
    other.close()


def test_counts_and_removal(function, wire):
    put(wire, {"operation": "GetAlias", "status": 500, "count": -1},
        {"operation": "ListAliases", "status": 500, "count": 3})
    for _ in range(5):
        assert wire.get_alias("fn", "PROD").status == 500
    assert wire("GET", f"{FUNCTIONS}/fn/aliases").status == 500
    assert [(each["operation"], each["count"]) for each in wire("GET", "/_local/faults").json] == [
        ("GetAlias", -1), ("ListAliases", 2)]
    assert wire("DELETE", "/_local/faults").status == 204
    assert wire.get_alias("fn", "PROD").status == 200
    assert wire("GET", "/_local/faults").json == []


@pytest.mark.parametrize("bad", [
    {}, {"operation": "GetAlias"}, {"operation": "Nothing", "status": 500}, {"status": 99},
    {"status": 500, "reset": True}, {"hang": -1}, {"truncate": "x"}, {"status": 500, "count": "x"},
    {"code": ""}, {"code": 5}, {"reset": False}, {"settles_failed": ""}, {"settles_failed": True}, {"function_error": ""},
    {"settles_failed": "X", "code": "Y"}, {"status": 500, "skip": 1},
])
def test_wrong_faults_are_explained_and_change_nothing(wire, bad):
    put(wire, {"operation": "GetAlias", "status": 500})
    answer = wire("PUT", "/_local/faults", [bad])
    assert answer.status == 400 and answer.message
    assert len(wire("GET", "/_local/faults").json) == 1
    assert "skip" not in bad or "'skip'" in answer.message
    assert wire("PUT", "/_local/faults", "{").status == 400
    assert wire("PUT", "/_local/faults", {"operation": "*"}).status == 400
    assert wire("PUT", "/_local/faults", [{"status": 500}] * 65).status == 400


def test_throttling_as_aws_does_it(make_plane):
    wire = Wire(make_plane("--rate", "5").port)
    answers, throttled, began = [], [], time.monotonic()
    while len(throttled) < 30:
        answers.append(wire("GET", FUNCTIONS))
        throttled = [each for each in answers if each.status == 429]
    most = 10 + 5 * (time.monotonic() - began)
    assert len(answers) - len(throttled) <= most
    assert json.loads(throttled[0].body) == {
        "Type": "User", "message": "Rate exceeded", "Reason": "CallerRateLimitExceeded"}
    assert throttled[0].code == "TooManyRequestsException" and throttled[0].headers["Retry-After"]
    # GetFunction has a larger bucket of its own, Invoke none.
    assert [wire("GET", f"{FUNCTIONS}/fn").status for _ in range(20)] == [404] * 20
    assert [wire("POST", f"{FUNCTIONS}/fn/invocations").status for _ in range(50)] == [404] * 50
    time.sleep(1.1)
    assert [wire("GET", FUNCTIONS).status for _ in range(5)] == [200] * 5
    wire.close()


def test_throttled_writes_take_no_effect(make_plane):
    plane = make_plane("--rate", "2")

    def create(number):
        return Wire(plane.port).create_function(f"fn{number}").status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(create, range(40)))
    wire = Wire(plane.port)
    listed = wait_for(lambda: [each for each in [wire("GET", FUNCTIONS)] if each.status == 200])[0].json["Functions"]
    assert len(listed) == statuses.count(201)
    assert set(statuses) == {201, 429}
