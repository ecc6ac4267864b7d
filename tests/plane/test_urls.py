# SPDX-License-Identifier: MIT
"""Function URLs: names, Cors, answers and lists."""

import re
import sqlite3

import pytest
from wire import FUNCTIONS, quote

ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"
NANOSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")
CORS = {"AllowOrigins": ["https://a.example"], "MaxAge": 60}


@pytest.fixture
def function(wire):
    wire.create_function("fn")
    wire.publish("fn")
    for alias in ("live", "beta"):
        wire.create_alias("fn", alias, 1)


def url(wire, method, body=None, qualifier=None, name="fn"):
    query = f"?Qualifier={quote(qualifier)}" if qualifier else ""
    return wire(method, f"/2021-10-31/functions/{quote(name)}/url{query}", body)


def create(wire, qualifier=None, name="fn", **more):
    return url(wire, "POST", {"AuthType": "NONE", **more}, qualifier, name)


def test_answers_show_what_is_not_set_as_null(function, wire):
    made = create(wire).json
    assert list(sorted(made)) == ["AuthType", "Cors", "CreationTime", "FunctionArn", "FunctionUrl",
                                  "InvokeMode"]
    assert made["Cors"] is None and made["InvokeMode"] is None
    assert NANOSECONDS.fullmatch(made["CreationTime"])
    shown = url(wire, "GET").json
    assert shown["InvokeMode"] == "BUFFERED" and shown["Cors"] is None
    assert NANOSECONDS.fullmatch(shown["LastModifiedTime"])
    changed = url(wire, "PUT", {"InvokeMode": "RESPONSE_STREAM"}).json
    assert changed["InvokeMode"] == "RESPONSE_STREAM"
    assert url(wire, "PUT", {}).json["InvokeMode"] is None, "it was not sent this time"
    assert url(wire, "GET").json["InvokeMode"] == "RESPONSE_STREAM"


@pytest.mark.parametrize("spelling", ["fn:live", f"{ARN}:live", "function:fn:live",
                                      "000000000000:function:fn:live"])
def test_the_name_may_carry_the_alias(function, wire, spelling):
    made = create(wire, name=spelling)
    assert made.status == 201 and made.json["FunctionArn"] == f"{ARN}:live", str(made)
    assert url(wire, "GET", name=spelling).json["FunctionUrl"] == made.json["FunctionUrl"]
    assert url(wire, "GET", name=spelling, qualifier="live").status == 200
    assert url(wire, "PUT", {"AuthType": "AWS_IAM"}, name=spelling).json["AuthType"] == "AWS_IAM"
    other = url(wire, "GET", name=spelling, qualifier="beta")
    assert (other.status, other.code) == (400, "InvalidParameterValueException")
    assert other.message.startswith("The derived qualifier from the function name does not match")
    assert url(wire, "DELETE", name=spelling).status == 204
    assert url(wire, "GET", qualifier="live").status == 404


@pytest.mark.parametrize("name", ["fn:1", "fn:$LATEST", f"{ARN}:$LATEST", f"{ARN}:12"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_version_has_no_url(shared_wire, method, name):
    answer = url(shared_wire, method, {"AuthType": "NONE"} if method in ("POST", "PUT") else None, name=name)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert f"Value '{name}' at 'functionName'" in answer.message
    assert answer.message.endswith(r"([a-zA-Z0-9-_]{1,64})(:((?!\d+$)[0-9a-zA-Z-_]+))?")


def test_an_alias_that_begins_with_a_digit(function, wire):
    wire.create_alias("fn", "1a", 1)
    assert create(wire, name="fn:1a").json["FunctionArn"] == f"{ARN}:1a"
    assert url(wire, "GET", qualifier="1a").status == 200


def test_empty_cors_is_none(function, wire):
    assert create(wire, Cors={}).json["Cors"] is None
    assert url(wire, "GET").json["Cors"] is None
    assert url(wire, "PUT", {"Cors": CORS}).json["Cors"] == CORS
    assert url(wire, "PUT", {}).json["Cors"] == CORS
    assert url(wire, "PUT", {"Cors": {}}).json["Cors"] is None
    assert url(wire, "GET").json["Cors"] is None


@pytest.mark.parametrize("cors", [{"AllowHeaders": ["x"]}, {"MaxAge": 1}, {"AllowCredentials": False}])
def test_cors_without_origins_is_refused(function, wire, cors):
    words = "You can't leave AllowOrigins as empty when Cors is enabled."
    refused = create(wire, Cors=cors)
    assert (refused.status, refused.code, refused.message) == (
        400, "InvalidParameterValueException", words)
    assert url(wire, "GET").status == 404
    create(wire, Cors=CORS)
    assert url(wire, "PUT", {"Cors": cors}).message == words
    assert url(wire, "GET").json["Cors"] == CORS
    whole = {**cors, "AllowOrigins": []}
    assert url(wire, "PUT", {"Cors": whole}).json["Cors"] == whole, "an empty list is an answer"


def test_lists_have_the_aliases_first(function, wire):
    create(wire)
    create(wire, "live")
    create(wire, "beta")
    arns = [f"{ARN}:beta", f"{ARN}:live", ARN]
    listed = wire("GET", "/2021-10-31/functions/fn/urls").json
    assert [each["FunctionArn"] for each in listed["FunctionUrlConfigs"]] == arns
    assert listed["NextMarker"] is None
    for size in (1, 2, 3):
        found, marker = [], None
        while True:
            query = f"?MaxItems={size}" + (f"&Marker={quote(marker)}" if marker else "")
            page = wire("GET", f"/2021-10-31/functions/fn/urls{query}").json
            found += [each["FunctionArn"] for each in page["FunctionUrlConfigs"]]
            marker = page["NextMarker"]
            if not marker:
                break
        assert found == arns


def test_an_invented_marker(function, wire):
    answer = wire("GET", "/2021-10-31/functions/fn/urls?Marker=not-a-real-marker")
    assert (answer.status, answer.code) == (400, "InvalidParameterValueException")
    assert answer.message == "Invalid marker value from user."


def test_refusals_change_nothing(function, wire):
    create(wire, Cors=CORS)
    before = url(wire, "GET").json
    for body in ({"AuthType": ""}, {"InvokeMode": "x"}, {"Cors": {"MaxAge": 86401}}, {"Cors": []}):
        assert url(wire, "PUT", body).status == 400
    assert create(wire).status == 409
    assert url(wire, "GET").json == before
    assert wire("GET", f"{FUNCTIONS}/fn").status == 200


# What a deleted alias leaves behind

def urls(wire):
    return [each["FunctionArn"] for each in
            wire("GET", "/2021-10-31/functions/fn/urls").json["FunctionUrlConfigs"]]


def pass_a_minute(plane):
    """The URL was orphaned a minute ago."""
    with sqlite3.connect(plane.state / "lambda.db") as database:
        database.execute("UPDATE url SET configuration = json_set(configuration, '$.Orphaned', "
                         "json_extract(configuration, '$.Orphaned') - 60001) "
                         "WHERE json_extract(configuration, '$.Orphaned') IS NOT NULL")
    database.close()


@pytest.fixture
def deleted(function, wire):
    """The URL of an alias that is not there any more."""
    made = create(wire, "live", Cors=CORS).json
    create(wire, "beta")
    wire("POST", f"{FUNCTIONS}/fn/policy?Qualifier=live", {
        "StatementId": "s", "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
        "FunctionUrlAuthType": "NONE"})
    assert wire("DELETE", f"{FUNCTIONS}/fn/aliases/live").status == 204
    return made


def test_the_url_of_a_deleted_alias_stays_for_a_minute(deleted, wire, plane):
    shown = url(wire, "GET", qualifier="live").json
    assert (shown["FunctionUrl"], shown["Cors"]) == (deleted["FunctionUrl"], CORS)
    assert "Orphaned" not in str(shown)
    assert urls(wire) == [f"{ARN}:beta", f"{ARN}:live"]
    assert wire("GET", f"{FUNCTIONS}/fn/policy?Qualifier=live").status == 404
    assert url(wire, "PUT", {}, "live").message == "Function does not exist"
    assert create(wire, "live").message == "Function does not exist"
    pass_a_minute(plane)
    assert url(wire, "GET", qualifier="live").status == 404
    assert urls(wire) == [f"{ARN}:beta"]
    assert url(wire, "DELETE", qualifier="live").status == 404
    assert url(wire, "GET", qualifier="beta").status == 200


def test_an_alias_that_is_made_again_soon_has_its_url_again(deleted, wire, plane):
    wire.create_alias("fn", "live", 1)
    pass_a_minute(plane)
    assert url(wire, "GET", qualifier="live").json["FunctionUrl"] == deleted["FunctionUrl"]
    again = create(wire, "live")
    assert (again.status, again.message) == (409, (
        f"Failed to create function url config for [functionArn = {ARN}:live]. Error message:  "
        "FunctionUrlConfig exists for this Lambda function"))
    assert wire("GET", f"{FUNCTIONS}/fn/policy?Qualifier=live").status == 404
    assert url(wire, "PUT", {"Cors": {}}, "live").status == 200


def test_an_alias_that_is_made_again_later_has_none(deleted, wire, plane):
    pass_a_minute(plane)
    wire.create_alias("fn", "live", 1)
    assert url(wire, "GET", qualifier="live").status == 404
    made = create(wire, "live")
    assert made.status == 201 and made.json["FunctionUrl"] != deleted["FunctionUrl"]


def test_an_orphaned_url_can_be_deleted(deleted, wire):
    assert url(wire, "DELETE", qualifier="live").status == 204
    wire.create_alias("fn", "live", 1)
    assert url(wire, "GET", qualifier="live").status == 404
    assert create(wire, "live").status == 201
