# SPDX-License-Identifier: MIT
"""What is special about one document: what could be lost by writing it carelessly (contract, sections 6.1 and 6.3)."""

import contextlib
import errno
import json
import sqlite3

import pytest

from lib import aws
from lib.faultproxy import access_denied
from lib.writing import POLICY, errno_of, last_error, make_mapping, make_signing

ARN = f"arn:aws:lambda:{aws.REGION}:000000000000:function:hello"


@pytest.fixture
def mount(hello, make_mount):
    return make_mount(allow_update=True)


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


@pytest.fixture
def refused(mount, plane):
    """refused(path, value, *said, error=EINVAL): it is, AWS is asked for no change, and the line says why."""

    def refuse(path, value, *said, error=errno.EINVAL):
        before = path.read_text()
        with plane.recording() as record:
            assert errno_of(path.write_text, json.dumps(value)) == error
        assert record.write_calls == {}, str(record)
        assert path.read_text() == before
        for text in said:
            assert text in last_error(mount)

    return refuse


# --- event sources ----------------------------------------------------------------------------------


@pytest.fixture
def mapped(api, hello):
    """Two mappings of PROD, one of BETA, one of the function and one of $LATEST: {name: UUID}."""
    stream = f"arn:aws:kinesis:{aws.REGION}:000000000000:stream/s"
    made = {
        "a": make_mapping(api, f"{ARN}:PROD", "a"),
        "stream": api.create_event_source_mapping(
            FunctionName=f"{ARN}:PROD", EventSourceArn=stream, StartingPosition="LATEST", BatchSize=100
        )["UUID"],
        "beta": make_mapping(api, f"{ARN}:BETA", "b"),
        "own": make_mapping(api, ARN, "c"),
        "latest": make_mapping(api, f"{ARN}:$LATEST", "d"),
    }
    yield made
    found = api.list_event_source_mappings()["EventSourceMappings"]
    assert {each["UUID"] for each in found} == set(made.values()), "a mapping was made or deleted"
    assert {each["UUID"]: each["FunctionArn"] for each in found} == {
        made["a"]: f"{ARN}:PROD",
        made["stream"]: f"{ARN}:PROD",
        made["beta"]: f"{ARN}:BETA",
        made["own"]: ARN,
        made["latest"]: f"{ARN}:$LATEST",
    }


def mappings(path):
    return {each["UUID"]: each for each in json.loads(path.read_text())["EventSourceMappings"]}


def as_document(mappings):
    return {"EventSourceMappings": list(mappings.values())}


@pytest.mark.semantics("6.3.1")
def test_each_mapping_that_differs_is_one_call(api, mapped, function, gesture):
    path = function / ".aliases/PROD/event-sources.json"
    shown = mappings(path)
    assert set(shown) == {mapped["a"], mapped["stream"]}
    shown[mapped["a"]] |= {"Enabled": False, "BatchSize": 9}
    with gesture("UpdateEventSourceMapping"):
        path.write_text(json.dumps(as_document(shown)))
    shown[mapped["a"]]["Enabled"] = True
    shown[mapped["stream"]] |= {"ParallelizationFactor": 2, "MaximumRetryAttempts": 3}
    with gesture("UpdateEventSourceMapping", "UpdateEventSourceMapping"):
        path.write_text(json.dumps(as_document(shown)))
    assert mappings(path) == shown
    assert api.get_event_source_mapping(UUID=mapped["a"])["BatchSize"] == 9
    assert api.get_event_source_mapping(UUID=mapped["stream"])["ParallelizationFactor"] == 2
    own = mappings(function / ".function/event-sources.json")
    assert set(own) == {mapped["own"], mapped["latest"]}
    own[mapped["latest"]]["Enabled"] = False
    with gesture("UpdateEventSourceMapping"):
        (function / ".function/event-sources.json").write_text(json.dumps(as_document(own)))
    assert api.get_event_source_mapping(UUID=mapped["own"])["State"] == "Enabled"


@pytest.mark.semantics("6.3.3", "6.3.6", "6.3.8")
def test_mappings_are_not_made_moved_or_deleted(mapped, function, refused):
    path = function / ".aliases/PROD/event-sources.json"
    shown = mappings(path)
    theirs = mappings(function / ".aliases/BETA/event-sources.json")
    stream, queue = mapped["stream"], mapped["a"]
    changed = {**shown, queue: shown[queue] | {"BatchSize": 7}}  # would be a change by itself
    refused(path, as_document({queue: changed[queue]}), "is left out", stream)
    refused(path, {"EventSourceMappings": []}, "is left out")
    refused(path, {}, "is left out")
    refused(path, as_document(changed | theirs), "is not one of these", mapped["beta"])
    refused(path, as_document(theirs), "is left out")
    unknown = "00000000-0000-4000-8000-000000000000"
    refused(path, as_document(changed | {"new": shown[queue] | {"UUID": unknown}}), "is not one of these", unknown)
    without = {name: value for name, value in shown[queue].items() if name != "UUID"}
    refused(path, as_document(changed | {"new": without}), "UUID")
    refused(path, as_document(changed | {"twice": shown[queue]}), "appears twice")
    for uuid, member, value in (
        (queue, "EventSourceArn", f"arn:aws:sqs:{aws.REGION}:000000000000:other"),
        (stream, "StartingPosition", "TRIM_HORIZON"),
        (stream, "Topics", ["topic"]),
        (queue, "Flavour", "mint"),
    ):
        refused(path, as_document(changed | {uuid: changed[uuid] | {member: value}}), member)
    for member in ("BatchSize", "EventSourceArn"):
        less = {name: value for name, value in shown[stream].items() if name != member}
        refused(path, as_document(changed | {stream: less}), member)


@pytest.mark.semantics("6.3.2")
@pytest.mark.parametrize("spelled", ["{:.0f}", "{:.1f}", "{:.9E}", "{:.0f}00e-2"])
def test_a_number_that_a_tool_spells_anew_is_the_same(api, function, gesture, refused, spelled):
    """Python writes 1541139109.0, jq 1541139109: the time of a mapping cannot be changed."""
    api.create_event_source_mapping(
        FunctionName=f"{ARN}:PROD", EventSourceArn=f"arn:aws:kinesis:{aws.REGION}:000000000000:stream/t",
        StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1541139109, BatchSize=100,
    )
    path = function / ".aliases/PROD/event-sources.json"
    shown = json.loads(path.read_text())
    (mapping,) = shown["EventSourceMappings"]
    text = json.dumps(shown).replace(str(mapping["StartingPositionTimestamp"]), spelled.format(1541139109))
    with gesture():
        path.write_text(text)
    with gesture("UpdateEventSourceMapping"):
        path.write_text(text.replace('"BatchSize": 100', '"BatchSize": 90'))
    mapping |= {"StartingPositionTimestamp": 1541139109.5, "BatchSize": 90}
    refused(path, shown, "StartingPositionTimestamp")


@pytest.mark.semantics("6.3.7", "3.2.1")
def test_the_second_of_two_mappings_fails(mapped, hello, gesture, make_mount, proxy):
    mount = make_mount(endpoint_url=proxy.url, allow_update=True)
    path = mount.path / hello / ".aliases/PROD/event-sources.json"
    shown = mappings(path)
    first, second = list(shown)
    wanted = as_document({uuid: each | {"BatchSize": 8} for uuid, each in shown.items()})
    proxy.rule(access_denied("lambda:UpdateEventSourceMapping"), method="PUT", skip=1, times=1)
    with gesture("UpdateEventSourceMapping"):
        assert errno_of(path.write_text, json.dumps(wanted)) == errno.EACCES
    assert "1 of 2 calls" in last_error(mount)
    now = mappings(path)
    assert (now[first]["BatchSize"], now[second]["BatchSize"]) == (8, shown[second]["BatchSize"])
    with gesture("UpdateEventSourceMapping"):
        path.write_text(json.dumps(wanted))


@pytest.mark.semantics("6.3.1")
def test_a_mapping_follows_its_alias(api, mapped, function, gesture, mount):
    path = function / ".aliases/PROD/event-sources.json"
    before = path.read_text()
    with gesture("UpdateAlias"):
        mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    assert path.read_text() == before


# --- policies -----------------------------------------------------------------------------------------


def statement(sid, service="events"):
    return POLICY["Statement"][0] | {"Sid": sid, "Principal": {"Service": f"{service}.amazonaws.com"}}


def sids(path):
    return [each["Sid"] for each in json.loads(path.read_text() or '{"Statement": []}')["Statement"]]


PLACES = pytest.mark.parametrize("place", [".function", ".aliases/PROD"])


@pytest.mark.semantics("6.3.1")
@PLACES
def test_a_grant_is_never_missing_in_between(function, gesture, place):
    path = function / place / "policy.json"
    with gesture(*["AddPermission"] * 3):
        path.write_text(json.dumps({"Statement": [statement(sid) for sid in ("c", "a", "b")]}))
    assert sids(path) == ["a", "b", "c"]
    with gesture("AddPermission", "AddPermission", "RemovePermission", "RemovePermission"):
        path.write_text(json.dumps({"Statement": [statement(sid) for sid in ("x", "b", "y")]}))
    assert sids(path) == ["b", "x", "y"]


@pytest.mark.semantics("6.3.7", "3.2.1")
@PLACES
def test_nothing_is_taken_away_when_a_grant_fails(hello, gesture, make_mount, proxy, place):
    mount = make_mount(endpoint_url=proxy.url, allow_update=True)
    path = mount.path / hello / place / "policy.json"
    path.write_text(json.dumps({"Statement": [statement("a"), statement("b")]}))
    proxy.rule(access_denied("lambda:AddPermission"), method="POST", skip=1, times=1)
    wanted = {"Statement": [statement("x"), statement("y")]}
    with gesture("AddPermission"):
        assert errno_of(path.write_text, json.dumps(wanted)) == errno.EACCES
    assert "1 of 4 calls" in last_error(mount)
    assert sids(path) == ["a", "b", "x"]
    with gesture("AddPermission", "RemovePermission", "RemovePermission"):
        path.write_text(json.dumps(wanted))


@pytest.mark.semantics("6.3.3")
@PLACES
def test_a_statement_that_cannot_be_made(function, refused, place):
    path = function / place / "policy.json"
    path.write_text(json.dumps({"Statement": [statement("a"), statement("b")]}))
    new = statement("new")  # could be added by itself
    for wrong, said in (
        (statement("a", "s3"), "'a' exists already and differs"),
        (statement("x") | {"Effect": "Deny"}, "Effect"),
        (statement("x") | {"Action": ["lambda:InvokeFunction", "lambda:GetFunction"]}, "Action"),
        (statement("x") | {"NotPrincipal": "*"}, "another member"),
        (statement("x") | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, "Condition"),
        (statement("not a Sid"), "Sid"),
    ):
        others = [statement(sid) for sid in ("a", "b") if sid != wrong["Sid"]]
        refused(path, {"Statement": [*others, new, wrong]}, said)
    refused(path, {"Statement": [statement("a"), statement("b"), new, new]}, "new")


# --- function URLs ------------------------------------------------------------------------------------


@pytest.mark.semantics("6.3.1", "6.3.6")
@PLACES
def test_an_address_is_never_lost(function, gesture, refused, place):
    path = function / place / "url.json"
    with gesture("CreateFunctionUrlConfig"):
        path.write_text('{"AuthType": "AWS_IAM"}')
    shown = json.loads(path.read_text())
    address = shown["FunctionUrl"]
    for change in ({"Cors": {"AllowOrigins": ["*"], "MaxAge": 60}}, {"InvokeMode": "RESPONSE_STREAM"}, {"AuthType": "NONE"}):
        shown |= change
        with gesture("UpdateFunctionUrlConfig"):
            path.write_text(json.dumps(shown))
        assert json.loads(path.read_text()) == shown
    with gesture("UpdateFunctionUrlConfig"):  # without Cors, and without the address, which nobody can choose
        path.write_text('{"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}')
    shown.pop("Cors")
    assert json.loads(path.read_text()) == shown and shown["FunctionUrl"] == address
    refused(path, shown | {"FunctionUrl": "https://mine.lambda-url.example/"}, "FunctionUrl", "leave it as it is")
    refused(path, {}, "cannot be had again", error=errno.EPERM)
    refused(path, {"InvokeMode": "BUFFERED"}, "AuthType")


@pytest.mark.semantics("6.3.3")
def test_a_new_address_cannot_be_chosen(function, refused):
    wanted = {"AuthType": "NONE", "FunctionUrl": "https://mine.lambda-url.example/"}
    refused(function / ".aliases/PROD/url.json", wanted, "FunctionUrl", "leave it out")


# --- tags ---------------------------------------------------------------------------------------------


@pytest.mark.semantics("6.3.3")
def test_tags_of_aws_stay_as_they_are(api, hello, plane, function, gesture, refused):
    path = function / ".function/tags.json"
    refused(path, {"team": "x", "aws:mine": "1"}, "'aws:mine' is AWS's own")
    with contextlib.closing(sqlite3.connect(plane.state / "lambda.db")) as database, database:  # AWS alone can
        database.execute("UPDATE function SET tags = ?", ['{"aws:cloudformation:stack-name":"shop","team":"x"}'])
    (function.parent / ".aliasfs/refresh").write_text("x")
    shown = json.loads(path.read_text())
    assert shown == {"aws:cloudformation:stack-name": "shop", "team": "x"}
    refused(path, {"team": "y"}, "aws:cloudformation:stack-name", "cannot be removed")
    refused(path, {}, "aws:cloudformation:stack-name", "cannot be removed")
    refused(path, shown | {"aws:cloudformation:stack-name": "other"}, "cannot be set")
    with gesture("TagResource"):
        path.write_text(json.dumps(shown | {"team": "y"}))
    assert api.list_tags(Resource=ARN)["Tags"] == shown | {"team": "y"}


@pytest.mark.semantics("6.3.1", "6.3.3")
def test_as_many_tags_as_aws_takes(api, hello, function, gesture, mount):
    path = function / ".function/tags.json"
    many = {f"k{number:02}": "v" for number in range(50)}
    with gesture("TagResource"):
        path.write_text(json.dumps(many))
    other = {f"o{number:02}": "v" for number in range(50)}
    with gesture("UntagResource", "TagResource"):  # all of them together would be more than 50
        path.write_text(json.dumps(other))
    before = path.read_text()
    with gesture():
        assert errno_of(path.write_text, json.dumps(other | {"one": "more"})) == errno.EINVAL
    assert "Number of tags exceeds" in last_error(mount)
    assert path.read_text() == before
    assert api.list_tags(Resource=ARN)["Tags"] == other


# --- what AWS alone knows to refuse -------------------------------------------------------------------

REFUSED_BY_AWS = {
    ".aliases/DEV/provisioned-concurrency.json": (
        {"ProvisionedConcurrentExecutions": 1},
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    ),
    ".aliases/PROD/provisioned-concurrency.json": (
        {"ProvisionedConcurrentExecutions": 5000},
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency",
    ),
    ".function/reserved-concurrency.json": (
        {"ReservedConcurrentExecutions": 950}, "UnreservedConcurrentExecution below its minimum value",
    ),
}


@pytest.mark.semantics("5.1.1", "6.3.8")
@pytest.mark.parametrize("document", REFUSED_BY_AWS)
def test_the_line_has_the_sentence_of_aws(function, gesture, mount, document):
    wanted, said = REFUSED_BY_AWS[document]
    path = function / document
    assert path.read_text() == ""
    with gesture():
        assert errno_of(path.write_text, json.dumps(wanted)) == errno.EINVAL
    assert said in last_error(mount)
    assert path.read_text() == ""


@pytest.mark.semantics("6.3.1", "6.3.6")
def test_code_signing_is_set_replaced_and_removed(api, function, gesture, refused):
    path = function / ".function/code-signing.json"
    for profile in ("p", "q"):
        wanted = {"CodeSigningConfigArn": make_signing(api, profile)}
        with gesture("PutFunctionCodeSigningConfig"):
            path.write_text(json.dumps(wanted))
        assert json.loads(path.read_text()) == wanted
    refused(path, {"CodeSigningConfigArn": 1}, "CodeSigningConfigArn")
    refused(path, {"CodeSigningConfig": wanted["CodeSigningConfigArn"]}, "CodeSigningConfig")
    with gesture("DeleteFunctionCodeSigningConfig"):
        path.write_text("{}")
    assert "CodeSigningConfigArn" not in api.get_function_code_signing_config(FunctionName="hello")
    assert path.read_text() == ""
