# SPDX-License-Identifier: MIT
"""Event source mappings: states, lists, duplicates, and what a source does not have."""


import pytest
from lib.process import wait_for
from wire import Wire, quote

MAPPINGS = "/2015-03-31/event-source-mappings"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"
STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"
KAFKA = "arn:aws:kafka:us-east-1:000000000000:cluster/c/0"


@pytest.fixture
def function(wire):
    wire.create_function("fn")
    wire.publish("fn")
    wire.create_alias("fn", "PROD", 1)


def create(wire, source=QUEUE, name="fn", **settings):
    return wire("POST", MAPPINGS, {"FunctionName": name, "EventSourceArn": source, **settings})


def update(wire, made, **settings):
    return wire("PUT", f"{MAPPINGS}/{made['UUID']}", settings)


def refused(answer, message):
    assert (answer.status, answer.code, answer.message) == (
        400, "InvalidParameterValueException", message), str(answer)


def test_a_mapping_that_is_made_disabled_is_so_at_once(make_plane):
    wire = Wire(make_plane("--settle", "60000").port)
    wire.create_function("fn")
    for source, more in ((QUEUE, {}), (STREAM, {"StartingPosition": "LATEST"})):
        answer = create(wire, source, Enabled=False, **more)
        assert answer.status == 202, str(answer)
        for shown in (answer.json, wire("GET", f"{MAPPINGS}/{answer.json['UUID']}").json):
            assert (shown["State"], shown["StateTransitionReason"], shown["LastProcessingResult"]) == (
                "Disabled", "USER_INITIATED", None)
        assert update(wire, answer.json, Enabled=True).json["State"] == "Enabling"
    made = create(wire, QUEUE + "2").json
    assert made["State"] == "Creating"
    assert update(wire, made, Enabled=False).code == "ResourceInUseException"


def test_what_is_not_set_is_null(function, wire):
    made = create(wire).json
    assert {name for name, value in made.items() if value is not None} == {
        "UUID", "EventSourceMappingArn", "FunctionArn", "EventSourceArn", "State", "BatchSize",
        "StateTransitionReason", "LastModified", "MaximumBatchingWindowInSeconds",
        "FunctionResponseTypes"}
    assert len(made) == 33
    stream = create(wire, STREAM, StartingPosition="LATEST").json
    assert (stream["ParallelizationFactor"], stream["LastProcessingResult"]) == (
        1, "No records processed")
    listed = wire("GET", MAPPINGS).json
    assert listed["NextMarker"] is None and len(listed["EventSourceMappings"]) == 2


def test_a_list_by_function_is_exact(function, wire):
    made = {name: create(wire, QUEUE, name).json["UUID"] for name in ("fn", "fn:1", "fn:PROD")}
    made["fn:$LATEST"] = create(wire, QUEUE, "fn:$LATEST").json["UUID"]
    for name, uuid in (*made.items(), (ARN, made["fn"]), (f"{ARN}:PROD", made["fn:PROD"])):
        listed = wire("GET", f"{MAPPINGS}?FunctionName={quote(name)}").json["EventSourceMappings"]
        assert [each["UUID"] for each in listed] == [uuid], name
    assert len(wire("GET", MAPPINGS).json["EventSourceMappings"]) == 4
    assert len(wire("GET", f"{MAPPINGS}?EventSourceArn={quote(QUEUE)}").json[
        "EventSourceMappings"]) == 4


def test_one_mapping_of_a_source_to_a_function(function, wire):
    made = create(wire).json
    for name in ("fn", ARN):
        answer = create(wire, name=name)
        assert (answer.status, answer.code, answer.message) == (
            409, "ResourceConflictException",
            f'An event source mapping with SQS arn (" {QUEUE} ") and function (" fn ") already exists. '
            f"Please update or delete the existing mapping with UUID {made['UUID']}")
    stream = create(wire, STREAM, StartingPosition="LATEST").json
    assert create(wire, STREAM, StartingPosition="LATEST").message == (
        f'The event source arn (" {STREAM} ") and function (" fn ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {stream['UUID']}")
    assert create(wire, name="fn:PROD").status == 202


def test_a_large_batch_of_a_queue_needs_a_window(function, wire):
    words = ("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
             "than 10")
    refused(create(wire, BatchSize=11), words)
    made = create(wire, BatchSize=10).json
    refused(update(wire, made, BatchSize=11), words)
    assert wire("GET", f"{MAPPINGS}/{made['UUID']}").json["BatchSize"] == 10
    large = update(wire, made, BatchSize=11, MaximumBatchingWindowInSeconds=1)
    assert large.json["BatchSize"] == 11
    refused(update(wire, made, MaximumBatchingWindowInSeconds=0), words)
    assert create(wire, STREAM, StartingPosition="LATEST", BatchSize=11).status == 202


@pytest.mark.parametrize("pollers", [
    {"MinimumPollers": 1}, {"MinimumPollers": 1, "MaximumPollers": 2},
    {"MinimumPollers": 3, "MaximumPollers": 2}, {"MaximumPollers": 1},
])
def test_pollers_of_a_queue_are_at_least_two_and_in_order(function, wire, pollers):
    words = ("MinimumPollers should be between [2, 200] and MaximumPollers should be between "
             "[MinimumPollers, 10000]")
    refused(create(wire, ProvisionedPollerConfig=pollers), words)
    made = create(wire).json
    refused(update(wire, made, ProvisionedPollerConfig=pollers), words)
    good = {"MinimumPollers": 2, "MaximumPollers": 2}
    assert update(wire, made, ProvisionedPollerConfig=good).json["ProvisionedPollerConfig"] == good
    assert update(wire, made, ProvisionedPollerConfig={}).json["ProvisionedPollerConfig"] is None


def test_pollers_of_kafka_start_at_one(function, wire):
    made = create(wire, KAFKA, StartingPosition="LATEST", Topics=["topic"],
                  ProvisionedPollerConfig={"MinimumPollers": 1, "MaximumPollers": 1})
    assert made.status == 202, str(made)
    refused(update(wire, made.json, ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 1}),
            "MinimumPollers should be between [1, 200] and MaximumPollers should be between "
            "[MinimumPollers, 10000]")


@pytest.mark.parametrize("pattern", ["", "x", "{}", "[]", '{"a":1}', '{"a":[{"between":[1,2]}]}', None])
def test_filter_patterns_are_checked(function, wire, pattern):
    words = "Invalid filter pattern definition."
    bad = {"FilterCriteria": {"Filters": [{"Pattern": '{"a":["b"]}'},
                                          {"Pattern": pattern} if pattern is not None else {}]}}
    refused(create(wire, **bad), words)
    made = create(wire).json
    refused(update(wire, made, **bad), words)
    good = {"Filters": [{"Pattern": '{"a":[{"prefix":"b"}]}'}]}
    assert update(wire, made, FilterCriteria=good).json["FilterCriteria"] == good
    assert update(wire, made, FilterCriteria={"Filters": []}).json["FilterCriteria"] is None


def test_where_reading_may_start(function, wire):
    refused(create(wire, TABLE, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1),
            f"Unsupported starting position for arn type: {TABLE}")
    refused(create(wire, StartingPosition="LATEST"),
            "StartingPosition is not valid for SQS event sources.")
    for source in (STREAM, TABLE):
        assert "startingPosition" in create(wire, source).message
    assert create(wire, TABLE, StartingPosition="TRIM_HORIZON").status == 202
    assert create(wire, STREAM, StartingPosition="AT_TIMESTAMP",
                  StartingPositionTimestamp=1700000000).status == 202


def test_tags_of_what_is_not_there(function, wire):
    start = "arn:aws:lambda:us-east-1:000000000000:"
    mapping = f"{start}event-source-mapping:01234567-89ab-cdef-0123-456789abcdef"
    provider = f"{start}capacity-provider:none"
    for arn, words in ((mapping, "Event source mapping not found: "),
                       (provider, "Capacity provider not found: ")):
        for method, query, body in (("GET", "", None), ("POST", "", {"Tags": {"a": "b"}}),
                                    ("DELETE", "?tagKeys=a", None)):
            answer = wire(method, f"/2017-03-31/tags/{quote(arn)}{query}", body)
            assert (answer.status, answer.code, answer.message) == (
                404, "ResourceNotFoundException", words + arn)


def test_tags_of_a_mapping_leave_the_function_alone(function, wire):
    made = create(wire, Tags={"a": "1"}).json
    before = wire.get_configuration("fn").json["RevisionId"]
    path = f"/2017-03-31/tags/{quote(made['EventSourceMappingArn'])}"
    assert wire("POST", path, {"Tags": {"b": "2"}}).status == 204
    assert wire("GET", path).json["Tags"] == {"a": "1", "b": "2"}
    assert wire.get_configuration("fn").json["RevisionId"] == before
    assert wire("POST", path, {"Tags": {"aws:b": "2"}}).status == 400
    assert create(wire, STREAM, StartingPosition="LATEST", Tags={"aws:x": ""}).status == 400


def test_disabling_later_goes_through_its_states(make_plane):
    plane = make_plane("--settle", "3600000")
    wire = Wire(plane.port)
    wire.create_function("fn")
    made = create(wire, STREAM, StartingPosition="LATEST").json
    assert (made["State"], made["StateTransitionReason"]) == ("Creating", "User action")
    state = lambda: wire("GET", f"{MAPPINGS}/{made['UUID']}").json  # noqa: E731
    plane.settle()
    wait_for(lambda: state()["State"] == "Enabled")
    assert update(wire, made, Enabled=False).json["State"] == "Disabling"
    plane.settle()
    wait_for(lambda: state()["State"] == "Disabled")
    assert state()["StateTransitionReason"] == "USER_INITIATED"
    assert state()["LastModified"] >= made["LastModified"]
