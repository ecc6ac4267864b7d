# SPDX-License-Identifier: MIT
"""CloudTrail's LookupEvents: who called what, in the form that AWS was recorded to answer."""

import datetime
import json
import re
import sqlite3
import time

import boto3
import botocore.config
import botocore.exceptions
import pytest
from lib import aws
from lib.process import run, wait_for
from lib.programs import program
from wire import FUNCTIONS, Wire, quote

TARGET = "CloudTrail_20131101.LookupEvents"
LONG_TARGET = "com.amazonaws.cloudtrail.v20131101." + TARGET
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
KEY = "AKIAIOSFODNN7EXAMPLE"
ALIAS_ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn:PROD"
FUNCTION_ARN = ALIAS_ARN.removesuffix(":PROD")


class Trail:
    """LookupEvents by hand: what the SDKs make of it hides what is on the wire."""

    def __init__(self, wire):
        self.wire = wire

    def __call__(self, target=TARGET, **request):
        return self.wire("POST", "/", request, {
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})

    def page(self, **request):
        answer = self(**request)
        assert answer.status == 200, str(answer)
        return answer.json

    def events(self, attribute=None, **request):
        """The members of Events of all pages; `attribute` is (key, value)."""
        if attribute:
            request["LookupAttributes"] = [dict(zip(("AttributeKey", "AttributeValue"), attribute))]
        found, token = [], {}
        while True:
            page = self.page(**request, **token)
            found += page["Events"]
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    def records(self, attribute=None, **request):
        return [json.loads(each["CloudTrailEvent"]) for each in self.events(attribute, **request)]

    def error(self, **request):
        """The code with which it refuses, in the form of JSON 1.1."""
        answer = self(**request)
        assert answer.status == 400 and answer.json["message"], str(answer)
        assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert answer.code is None
        return answer.json["__type"]


@pytest.fixture
def trail(wire):
    return Trail(wire)


@pytest.fixture
def cloudtrail(plane):
    return cloudtrail_client(plane)


def cloudtrail_client(plane, key=KEY, secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"):
    return boto3.client(
        "cloudtrail", endpoint_url=plane.url, region_name=aws.REGION, aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}))


def names(records):
    return [each["eventName"] for each in records]


def test_an_alias_is_recorded_as_aws_records_it(api, trail):
    """Parameters are what was sent, the answer is the state behind it, the newest event comes first."""
    aws.create_function(api, "fn", versions=2)
    created = api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1")
    weighted = api.update_alias(FunctionName="fn", Name="PROD",
                                RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    moved = api.update_alias(FunctionName=FUNCTION_ARN, Name="PROD", FunctionVersion="2", Description="d",
                             RoutingConfig={}, RevisionId=weighted["RevisionId"])
    api.delete_alias(FunctionName="fn", Name="PROD")
    answer = trail.events()[:4]
    records = [json.loads(each["CloudTrailEvent"]) for each in answer]
    assert names(records) == ["DeleteAlias20150331", "UpdateAlias20150331", "UpdateAlias20150331",
                              "CreateAlias20150331"]
    assert [each["requestParameters"] for each in records] == [
        {"functionName": "fn", "name": "PROD"},
        {"functionName": FUNCTION_ARN, "name": "PROD", "functionVersion": "2", "description": "d",
         "routingConfig": {}, "revisionId": weighted["RevisionId"]},
        {"functionName": "fn", "name": "PROD",
         "routingConfig": {"additionalVersionWeights": {"2": 0.25}}},
        {"functionName": "fn", "name": "PROD", "functionVersion": "1"},
    ]
    assert [each["responseElements"] for each in records] == [
        None,
        {"aliasArn": ALIAS_ARN, "name": "PROD", "functionVersion": "2", "description": "d",
         "revisionId": moved["RevisionId"]},
        {"aliasArn": ALIAS_ARN, "name": "PROD", "functionVersion": "1", "description": "",
         "routingConfig": {"additionalVersionWeights": {"2": 0.25}},
         "revisionId": weighted["RevisionId"]},
        {"aliasArn": ALIAS_ARN, "name": "PROD", "functionVersion": "1", "description": "",
         "revisionId": created["RevisionId"]},
    ]
    requests = [each["ResponseMetadata"]["RequestId"] for each in (moved, weighted, created)]
    assert [each["requestID"] for each in records[1:]] == requests
    arn = [{"ResourceType": "AWS::Lambda::Alias", "ResourceName": ALIAS_ARN}]
    assert [each["Resources"] for each in answer] == [
        [{"ResourceType": "AWS::Lambda::Alias", "ResourceName": "PROD"},
         {"ResourceType": "AWS::Lambda::Function", "ResourceName": "fn"}], arn, arn, arn]


def test_a_whole_record_and_who_it_names(api, trail, plane):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    api.update_alias(FunctionName="fn", Name="PROD")
    event = trail.events()[0]
    record = json.loads(event["CloudTrailEvent"])
    assert list(record) == [
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
        "sourceIPAddress", "userAgent", "requestParameters", "responseElements", "requestID", "eventID",
        "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory", "tlsDetails"]
    assert record["userIdentity"] == {
        "type": "IAMUser", "principalId": KEY, "arn": f"arn:aws:iam::000000000000:user/{KEY}",
        "accountId": "000000000000", "accessKeyId": KEY, "userName": KEY}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventTime"])
    moment = datetime.datetime.fromisoformat(record["eventTime"].replace("Z", "+00:00")).timestamp()
    assert plane.get("/_local/changes")[-1]["time"].startswith(record["eventTime"].rstrip("Z"))
    assert record["userAgent"].startswith("Boto3/")
    assert UUID.fullmatch(record["eventID"]) and record["eventID"] != record["requestID"]
    assert (record["eventVersion"], record["sourceIPAddress"], record["awsRegion"]) == (
        "1.11", "127.0.0.1", "us-east-1")
    assert (record["readOnly"], record["eventType"], record["managementEvent"], record["eventCategory"],
            record["recipientAccountId"]) == (False, "AwsApiCall", True, "Management", "000000000000")
    assert {name: event[name] for name in sorted(event) if name != "CloudTrailEvent"} == {
        "AccessKeyId": KEY, "EventId": record["eventID"], "EventName": "UpdateAlias20150331",
        "EventSource": "lambda.amazonaws.com", "EventTime": moment, "ReadOnly": "false",
        "Resources": [{"ResourceType": "AWS::Lambda::Alias", "ResourceName": ALIAS_ARN}],
        "Username": KEY}


def test_temporary_keys_are_sessions_and_unsigned_calls_are_nobody(wire, trail):
    wire("DELETE", f"{FUNCTIONS}/fn/aliases/PROD", headers={
        "Authorization": "AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20260101/us-east-1/lambda/aws4_request, "
                         "SignedHeaders=host, Signature=00"})
    wire("DELETE", f"{FUNCTIONS}/fn/aliases/PROD", headers={"User-Agent": "ä" * 600})
    wire("DELETE", f"{FUNCTIONS}/fn/aliases/PROD", headers={"User-Agent": b"\xff", "Authorization": "Basic x"})
    broken, unsigned, session = trail.events()
    identity = json.loads(session["CloudTrailEvent"])["userIdentity"]
    assert (identity["type"], identity["arn"], identity["sessionContext"]["sessionIssuer"]["arn"]) == (
        "AssumedRole", "arn:aws:sts::000000000000:assumed-role/lambda-plane/ASIAEXAMPLE",
        "arn:aws:iam::000000000000:role/lambda-plane")
    for each in (unsigned, broken):
        assert "Username" not in each and "AccessKeyId" not in each
        assert json.loads(each["CloudTrailEvent"])["userIdentity"]["type"] == "AWSAccount"
    assert "userAgent" not in json.loads(broken["CloudTrailEvent"])


def test_failed_calls_and_calls_that_change_nothing_are_events_but_no_changes(api, plane, trail):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    before = plane.changes()
    api.delete_alias(FunctionName="fn", Name="absent")
    with pytest.raises(api.exceptions.PreconditionFailedException) as stale:
        api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="1", RevisionId="stale")
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.publish_version(FunctionName="absent")
    with pytest.raises(botocore.exceptions.ClientError):
        api.create_alias(FunctionName="fn", Name="1", FunctionVersion="1")
    assert plane.changes() == before
    answer = trail.events()[:4]
    refused, absent, failed, deleted = [json.loads(each["CloudTrailEvent"]) for each in answer]
    assert [each["Resources"] for each in answer[:3]] == [[], [], []]
    assert [each["ResourceName"] for each in answer[3]["Resources"]] == ["absent", "fn"]
    assert "errorCode" not in deleted and deleted["responseElements"] is None
    assert (failed["errorCode"], failed["errorMessage"], failed["requestID"]) == (
        "PreconditionFailedException", stale.value.response["Error"]["Message"],
        stale.value.response["ResponseMetadata"]["RequestId"])
    assert failed["responseElements"] is None and failed["requestParameters"] == {
        "functionName": "fn", "name": "PROD", "functionVersion": "1", "revisionId": "stale"}
    members = list(failed)
    assert members[members.index("userAgent") + 1:members.index("requestID")] == [
        "errorCode", "errorMessage", "requestParameters", "responseElements"]
    assert (absent["eventName"], absent["errorCode"]) == (
        "PublishVersion20150331", "ResourceNotFoundException")
    assert (refused["errorCode"], refused["requestParameters"]["name"]) == ("ValidationException", "1")


def test_what_else_writes_has_its_name_and_no_secret(api, trail, wire):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1}, Environment={"Variables": {"KEY": "secret"}},
                        Tags={"Team": "One"})
    api.publish_version(FunctionName="fn", Description="two")
    api.update_function_configuration(FunctionName="fn", Timeout=7, Environment={"Variables": {"KEY": "secret"}})
    added = api.add_permission(FunctionName="fn", Qualifier="PROD", StatementId="s", Principal="*",
                               Action="lambda:InvokeFunction")
    api.remove_permission(FunctionName="fn", Qualifier="PROD", StatementId="s")
    api.tag_resource(Resource=FUNCTION_ARN, Tags={"Key": "v"})
    api.put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=1)
    layer = api.publish_layer_version(LayerName="lib", Content={"ZipFile": aws.code("1")})
    api.delete_function(FunctionName="fn")
    api.list_functions()
    assert "Location" in layer["Content"]
    records = trail.records()
    assert names(records) == [
        "DeleteFunction20150331", "PublishLayerVersion20181031", "PutFunctionEventInvokeConfig",
        "TagResource20170331v2", "RemovePermission20150331v2", "AddPermission20150331v2",
        "UpdateFunctionConfiguration20150331v2", "PublishVersion20150331", "CreateAlias20150331",
        "UpdateFunctionCode20150331v2", "CreateFunction20150331"]
    text = json.dumps(records)
    assert "secret" not in text and "ipFile" not in text and "Location" not in text
    assert "location" not in text and "_local" not in text
    created, code, published, configured, permitted = (records[at] for at in (10, 9, 7, 6, 5))
    assert created["requestParameters"]["environment"] == created["responseElements"]["environment"] == {}
    assert created["requestParameters"]["code"] == {} and created["requestParameters"]["tags"] == {"Team": "One"}
    assert created["responseElements"]["functionArn"] == FUNCTION_ARN
    assert code["requestParameters"] == {"functionName": "fn", "publish": True}
    assert code["responseElements"]["version"] == "1"
    assert published["requestParameters"] == {"functionName": "fn", "description": "two"}
    assert configured["requestParameters"]["timeout"] == 7
    assert permitted["requestParameters"] == {
        "functionName": "fn", "qualifier": "PROD", "statementId": "s", "action": "lambda:InvokeFunction",
        "principal": "*"}
    assert permitted["responseElements"] == {"statement": added["Statement"]}
    assert records[4]["responseElements"] is None
    assert all(value is not None for each in (created, code) for value in each["responseElements"].values())


def test_what_is_too_large_is_left_out(wire, trail):
    wire.create_function("fn")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "s" * 20000}]})
    wire("PUT", f"/2026-07-09/resource-policy/{quote(FUNCTION_ARN)}", {"Policy": policy})
    record = trail.records()[0]
    assert record["eventName"] == "PutResourcePolicy" and record["requestParameters"]["omitted"] is True
    assert len(record["errorMessage"].encode()) <= 1024


def test_lookup_attributes_choose_events(api, trail):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1, "PROD2": 1})
    api.update_alias(FunctionName="fn", Name="PROD")
    api.delete_alias(FunctionName="fn", Name="PROD")
    everything = trail.records()
    one = everything[1]

    def chosen(key, value):
        return names(trail.records((key, value)))

    assert chosen("ResourceName", ALIAS_ARN) == ["UpdateAlias20150331", "CreateAlias20150331"]
    assert chosen("ResourceName", "fn") == chosen("ResourceName", "PROD") == ["DeleteAlias20150331"]
    assert chosen("ResourceName", ALIAS_ARN[:-1]) == chosen("ResourceName", "x" * 2000) == []
    assert chosen("ResourceName", 'PROD"},{"') == chosen("ResourceName", "x" * 100000) == []
    assert chosen("ResourceType", "AWS::Lambda::Alias") == names(
        each for each in everything if "Alias" in each["eventName"])
    assert chosen("ResourceType", "Other") == []
    assert chosen("EventName", "CreateAlias20150331") == ["CreateAlias20150331"] * 2
    assert chosen("EventName", "CreateAlias") == chosen("EventName", "GetAlias20150331") == []
    assert chosen("EventId", one["eventID"]) == [one["eventName"]]
    assert chosen("EventId", one["requestID"]) == []
    for key, value, other in (("AccessKeyId", KEY, "AKIAOTHER"), ("Username", KEY, "somebody"),
                              ("EventSource", "lambda.amazonaws.com", "iam.amazonaws.com"),
                              ("ReadOnly", "false", "true")):
        assert (chosen(key, value), chosen(key, other)) == (names(everything), [])


def test_times_choose_events_and_both_ends_count(api, plane, trail):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    plane.stop()
    database = sqlite3.connect(plane.state / "lambda.db")
    now = int(time.time())
    ages = {"CreateFunction": 91 * 86400, "UpdateFunctionCode": 89 * 86400, "CreateAlias": 100}
    for operation, age in ages.items():
        database.execute("UPDATE change SET time = ? WHERE operation = ?", ((now - age) * 1000 + 999, operation))
    database.commit()
    database.close()
    plane.start(plane.port)
    trail.wire.close()
    alias, code = ["CreateAlias20150331"], ["UpdateFunctionCode20150331v2"]
    moment = now - 100

    def between(**times):
        return names(trail.records(**times))

    assert between() == alias + code, "90 days are shown"
    assert between(StartTime=moment, EndTime=moment) == between(StartTime=moment) == alias
    assert between(StartTime=moment + 1) == between(StartTime=moment + 0.5) == []
    assert between(EndTime=moment - 1) == code
    assert between(EndTime=0) == []
    assert between(EndTime=1e12) == alias + code


def test_pages_go_on_where_the_last_one_ended(api, trail):
    aws.create_function(api, "fn", versions=1)
    for number in range(60):
        api.create_alias(FunctionName="fn", Name=f"a{number:02}", FunctionVersion="1")
    attribute = [{"AttributeKey": "EventName", "AttributeValue": "CreateAlias20150331"}]
    first = trail.page(LookupAttributes=attribute)
    assert len(first["Events"]) == 50, "as many as AWS gives at most"
    api.create_alias(FunctionName="fn", Name="later", FunctionVersion="1")
    second = trail.page(LookupAttributes=attribute, NextToken=first["NextToken"])
    assert len(second["Events"]) == 10 and "NextToken" not in second
    found = [json.loads(each["CloudTrailEvent"])["requestParameters"]["name"]
             for each in first["Events"] + second["Events"]]
    assert found == [f"a{number:02}" for number in reversed(range(60))]
    assert len(trail.events(MaxResults=7)) == 63
    assert trail.error(NextToken=first["NextToken"]) == "InvalidNextTokenException", "of another question"
    assert len(trail.page(LookupAttributes=attribute, NextToken=first["NextToken"], MaxResults=3)["Events"]) == 3


def test_it_refuses_what_the_model_refuses(trail, wire):
    future = time.time() + 3600
    one = {"AttributeKey": "EventName", "AttributeValue": "x"}
    for code, requests in {
        "InvalidMaxResultsException": [{"MaxResults": 0}, {"MaxResults": 51}, {"MaxResults": -1}],
        "InvalidLookupAttributesException": [
            {"LookupAttributes": [one, one]}, {"LookupAttributes": [{**one, "AttributeKey": "Other"}]},
            {"LookupAttributes": [{"AttributeKey": "EventName"}]}, {"LookupAttributes": [{}]},
            {"LookupAttributes": [{**one, "AttributeValue": ""}]},
            {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "True"}]},
            {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "other"}]}],
        "InvalidTimeRangeException": [{"StartTime": 20, "EndTime": 10}, {"StartTime": future}],
        "InvalidNextTokenException": [
            {"NextToken": "x"}, {"NextToken": ""}, {"NextToken": "MSAy"}, {"NextToken": "A" * 5000}],
        "InvalidEventCategoryException": [{"EventCategory": "Management"}, {"EventCategory": "Insight"}],
        "SerializationException": [{"MaxResults": "1"}, {"StartTime": "now"}, {"LookupAttributes": one}],
    }.items():
        for request in requests:
            assert trail.error(**request) == code, request
    assert trail.page(EventCategory="insight") == {"Events": []}, "there is nothing to have an insight into"
    headers = {"X-Amz-Target": TARGET}
    assert wire("POST", "/", "{", headers).json["__type"] == "SerializationException"
    assert wire("POST", "/", None, headers).json == {"Events": []}


def test_targets(trail, wire):
    """Both that AWS was seen to take, and none else."""
    for target in (TARGET, LONG_TARGET):
        assert trail(target).status == 200
    for target in ("example." + TARGET, LONG_TARGET.replace("v2013", "v2014"), TARGET + "s",
                   "CloudTrail_20131101.DescribeTrails", ""):
        answer = trail(target)
        assert (answer.status, answer.json["__type"]) == (400, "UnknownOperationException")
    assert wire("POST", "/").status == wire("GET", "/", headers={"X-Amz-Target": TARGET}).status == 404
    answer = trail()
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert UUID.fullmatch(answer.headers["x-amzn-RequestId"])


def test_events_come_after_the_delay(make_plane):
    plane = make_plane("--trail-delay", "3600")
    wire = Wire(plane.port)
    trail = Trail(wire)
    aws.create_function(plane.api, "fn", versions=1)
    assert trail.events() == []
    assert wire("GET", "/_local/trail").json["delay"] == 3600
    assert wire("PUT", "/_local/trail", {"delay": 0}).json["delay"] == 0
    assert len(trail.events()) == 2
    assert wire("DELETE", "/_local/trail").status == 204
    assert trail.events() == []
    assert wire("PUT", "/_local/trail", {"delay": 1}).status == 200
    wait_for(lambda: len(trail.events()) == 2)
    wire.close()
    for value in ("-1", "3601", "x"):
        result = run(program("lambda-plane"), "--state", plane.state, "--listen", "127.0.0.1:0",
                     "--trail-delay", value)
        assert result.rc == 2 and "--trail-delay" in result.stderr


def test_delivery_can_be_as_bad_as_cloudtrail_allows(api, trail, wire):
    """Withheld, doubled and shuffled events: the same ones every time, until another seed is set."""
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    for _ in range(40):
        api.update_alias(FunctionName="fn", Name="PROD")
    whole = [each["EventId"] for each in trail.events()]

    def delivered(**settings):
        answer = wire("PUT", "/_local/trail", settings)
        assert answer.status == 200 and settings.items() <= answer.json.items()
        found = [each["EventId"] for each in trail.events()]
        assert [each["EventId"] for each in trail.events()] == found
        return found

    half = delivered(withheld=0.5, seed=1)
    assert 0 < len(half) < len(whole) and half == [each for each in whole if each in half]
    assert delivered(seed=2) != half, "what is not given stays"
    assert delivered(withheld=1) == []
    doubled = delivered(withheld=0, duplicates=0.5)
    assert len(whole) < len(doubled) < 2 * len(whole) and list(dict.fromkeys(doubled)) == whole
    shuffled = delivered(duplicates=0, shuffled=True)
    assert shuffled != whole and sorted(shuffled) == sorted(whole)
    mixed = delivered(withheld=0.3, duplicates=0.3, spread=0)
    assert 0 < len(set(mixed)) < len(whole) and len(set(mixed)) < len(mixed)
    small = [each["EventId"] for each in trail.events(MaxResults=3)]
    assert set(small) == set(mixed), "pages lose nothing"
    assert wire("DELETE", "/_local/trail").status == 204
    assert [each["EventId"] for each in trail.events()] == whole
    assert delivered(delay=0, spread=3600) != whole, "each event has a delay of its own"
    for wrong in ({"delay": -1}, {"spread": 3601}, {"withheld": 1.1}, {"duplicates": "x"}, {"shuffled": 1},
                  {"seed": -1}, {"other": 1}, []):
        assert wire("PUT", "/_local/trail", wrong).status == 400
    assert wire("POST", "/_local/trail").status == 404


def test_faults_reach_lookups(plane, trail, wire, cloudtrail):
    def fault(**fields):
        assert wire("PUT", "/_local/faults", [{"operation": "LookupEvents", **fields}]).status == 200

    fault(code="ThrottlingException", message="Rate exceeded")
    answer = trail()
    assert (answer.status, answer.json) == (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
    fault(code="AccessDeniedException", message="no")
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDeniedException.*: no"):
        cloudtrail.lookup_events()
    fault(code="InvalidNextTokenException", status=503)
    answer = trail()
    assert (answer.status, answer.json["__type"]) == (503, "InvalidNextTokenException")
    fault(status=500, body="<html>")
    assert (trail().status, wire("GET", "/_local/faults").json[0]["count"]) == (500, 0)
    fault(reset=True)
    with pytest.raises(botocore.exceptions.HTTPClientError):
        cloudtrail.lookup_events()
    plane.reset()
    assert trail.page() == {"Events": []} and plane.calls() == {"LookupEvents": 1}


def test_a_lost_answer_is_an_event(api, trail, wire):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    wire("PUT", "/_local/faults", [{"operation": "UpdateAlias", "reset": True, "after_commit": True}])
    with pytest.raises(botocore.exceptions.HTTPClientError):
        api.update_alias(FunctionName="fn", Name="PROD", Description="lost")
    record = trail.records()[0]
    assert record["requestParameters"]["description"] == "lost"
    revision = api.get_alias(FunctionName="fn", Name="PROD")["RevisionId"]
    assert record["responseElements"]["revisionId"] == revision


def test_signatures_are_cloudtrails(make_plane):
    plane = make_plane("--verify-signatures", f"{KEY}:secret")
    wire = Wire(plane.port)
    assert cloudtrail_client(plane, secret="secret").lookup_events()["Events"] == []
    for client, code in ((cloudtrail_client(plane, secret="other"), "InvalidSignatureException"),
                         (cloudtrail_client(plane, key="AKIAOTHER"), "UnrecognizedClientException")):
        with pytest.raises(botocore.exceptions.ClientError, match=code):
            client.lookup_events()
    answer = Trail(wire)()
    assert (answer.status, answer.json["__type"]) == (400, "MissingAuthenticationTokenException")
    wire("DELETE", f"{FUNCTIONS}/fn/aliases/PROD")
    assert cloudtrail_client(plane, secret="secret").lookup_events()["Events"] == [], "nobody is named"
    wire.close()


def test_the_rate_of_lookups_is_their_own(make_plane):
    """AWS lets 2 a second pass, a control plane's call does not count."""
    plane = make_plane("--rate", "15")
    wire = Wire(plane.port)
    trail = Trail(wire)
    codes = [trail().json.get("__type") for _ in range(20)]
    assert codes[:2] == [None, None] and "ThrottlingException" in codes
    assert wire("GET", FUNCTIONS).status == 200
    wire.close()


def test_boto3_reads_it(api, cloudtrail):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    for number in range(3):
        api.update_alias(FunctionName="fn", Name="PROD", Description=str(number))
    pages = list(cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": ALIAS_ARN}],
        StartTime=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1),
        PaginationConfig={"PageSize": 2}))
    events = [event for page in pages for event in page["Events"]]
    assert len(pages) == 2 and [event["EventName"] for event in events] == [
        *["UpdateAlias20150331"] * 3, "CreateAlias20150331"]
    assert isinstance(events[0]["EventTime"], datetime.datetime)
    assert json.loads(events[0]["CloudTrailEvent"])["requestParameters"]["description"] == "2"
    with pytest.raises(cloudtrail.exceptions.InvalidMaxResultsException):
        cloudtrail.lookup_events(MaxResults=51)
    with pytest.raises(cloudtrail.exceptions.InvalidLookupAttributesException):
        cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "ReadOnly", "AttributeValue": "True"}])


def test_the_command_line_reads_it(plane, scratch):
    aws.create_function(plane.api, "fn", versions=1, aliases={"PROD": 1})
    cli = aws.credentials_environment(scratch)
    command = ("/usr/bin/aws", "--endpoint-url", plane.url, "cloudtrail", "lookup-events", "--output", "json")
    answer = json.loads(run(
        *command, "--lookup-attributes", f"AttributeKey=ResourceName,AttributeValue={ALIAS_ARN}",
        "--start-time", aws.moment(-3600), "--max-items", "10", env=cli, check=True, timeout=120).stdout)
    assert [each["EventName"] for each in answer["Events"]] == ["CreateAlias20150331"]
    assert answer["Events"][0]["Username"] == KEY
    refused = run(*command, "--start-time", aws.moment(3600), env=cli, timeout=120)
    assert refused.rc != 0 and "InvalidTimeRangeException" in refused.stderr


def test_events_outlive_the_process(api, plane, trail):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    before = trail.events()
    plane.kill()
    plane.start(plane.port)
    trail.wire.close()
    assert trail.events() == before and len(before) == 3
