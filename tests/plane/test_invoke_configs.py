# SPDX-License-Identifier: MIT
"""Configurations of asynchronous invocations: what may be a destination, and how none is shown."""

import pytest
from wire import quote

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"
EMPTY = {"OnSuccess": {}, "OnFailure": {}}


@pytest.fixture
def function(wire):
    wire.create_function("fn")
    wire.create_function("other")
    wire.publish("fn")
    wire.create_alias("fn", "PROD", 1)


def config(wire, method, body=None, name="fn", qualifier=None):
    query = f"?Qualifier={quote(qualifier)}" if qualifier else ""
    return wire(method, f"/2019-09-25/functions/{quote(name)}/event-invoke-config{query}", body)


def test_what_is_not_set_is_null(function, wire):
    shown = config(wire, "PUT", {"MaximumRetryAttempts": 0}).json
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (0, None)
    assert shown["DestinationConfig"] == EMPTY
    shown = config(wire, "PUT", {"DestinationConfig": {"OnSuccess": {"Destination": QUEUE}}}).json
    assert shown["MaximumRetryAttempts"] is None
    assert shown["DestinationConfig"] == {"OnSuccess": {"Destination": QUEUE},
                                          "OnFailure": {"Destination": None}}


@pytest.mark.parametrize("body", [{}, {"DestinationConfig": {}}])
def test_nothing_at_all_is_refused(function, wire, body):
    for method in ("PUT", "POST"):
        answer = config(wire, method, body)
        assert (answer.status, answer.message) == (
            400, "You must specify at least one of error handling or destination setting.")
    assert config(wire, "GET").status == 404


@pytest.mark.parametrize("destinations", [
    {"OnFailure": {}}, {"OnFailure": {"Destination": ""}}, {"OnSuccess": {"Destination": ""}},
    {"OnSuccess": {}, "OnFailure": {}},
])
def test_an_empty_destination_is_none(function, wire, destinations):
    config(wire, "PUT", {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}})
    for method in ("POST", "PUT"):
        assert config(wire, method, {"DestinationConfig": destinations}).json[
            "DestinationConfig"] == EMPTY
    assert config(wire, "GET").json["DestinationConfig"] == EMPTY
    assert config(wire, "DELETE").status == 204


@pytest.mark.parametrize("qualifier", [None, "1", "PROD"])
@pytest.mark.parametrize("side", ["OnSuccess", "OnFailure"])
def test_destinations_that_cannot_be(function, wire, side, qualifier):
    for arn, words in (
            (f"{ARN}fn", "You can't specify the function as a destination for itself."),
            (f"{ARN}fn:PROD", "You can't specify the function as a destination for itself."),
            (f"{ARN}gone", f"The destination ARN {ARN}gone is invalid."),
            ("arn:aws:ec2:us-east-1:000000000000:instance/i-1", "The provided destination config "),
            ("arn:aws:iam::000000000000:role/r", "The provided destination config ")):
        for method in ("PUT", "POST"):
            answer = config(wire, method, {"DestinationConfig": {side: {"Destination": arn}}},
                            qualifier=qualifier)
            assert (answer.status, answer.code) == (400, "InvalidParameterValueException"), str(answer)
            assert words in answer.message
    assert config(wire, "GET", qualifier=qualifier).status == 404


def test_the_wrong_service_is_named(function, wire):
    bad = "arn:aws:ec2:us-east-1:000000000000:instance/i-1"
    answer = config(wire, "PUT", {"DestinationConfig": {"OnFailure": {"Destination": bad}}})
    assert answer.message == (
        "The provided destination config DestinationConfig(onSuccess=null, "
        f"onFailure=OnFailure(destination={bad})) is invalid.")
    bucket = {"Destination": "arn:aws:s3:::bucket"}
    assert config(wire, "PUT", {"DestinationConfig": {"OnFailure": bucket}}).status == 200
    assert config(wire, "PUT", {"DestinationConfig": {"OnSuccess": bucket}}).status == 400


@pytest.mark.parametrize("arn", [QUEUE, "arn:aws:sns:us-east-1:000000000000:topic", f"{ARN}other",
                                 "arn:aws:events:us-east-1:000000000000:event-bus/default"])
def test_destinations_that_can_be(function, wire, arn):
    shown = config(wire, "PUT", {"DestinationConfig": {"OnSuccess": {"Destination": arn}}})
    assert shown.status == 200 and shown.json["DestinationConfig"]["OnSuccess"]["Destination"] == arn


def test_updating_what_is_not_there(function, wire):
    change = {"MaximumRetryAttempts": 1}
    for name, qualifier in (("gone", None), ("fn", "7"), ("fn", "GONE"), ("gone", "1")):
        for method in ("PUT", "POST"):
            answer = config(wire, method, change, name, qualifier)
            assert (answer.status, answer.message) == (404, "The function doesn't exist.")
    answer = config(wire, "POST", change)
    assert answer.message == f"The function {ARN}fn:$LATEST doesn't have an EventInvokeConfig"
    config(wire, "PUT", {"MaximumEventAgeInSeconds": 61})
    merged = config(wire, "POST", change).json
    assert (merged["MaximumRetryAttempts"], merged["MaximumEventAgeInSeconds"]) == (1, 61)
