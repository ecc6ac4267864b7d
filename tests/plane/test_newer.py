# SPDX-License-Identifier: MIT
"""The newest operations, which Debian's boto3 does not know: spoken by hand."""

import base64
import json
import struct
import zlib

import pytest
from lib import aws
from test_rules import fails
from wire import FUNCTIONS, quote

ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"
POLICIES = "/2026-07-09/resource-policy/"
PROVIDERS = "/2025-11-30/capacity-providers"
EXECUTION = quote(ARN + ":1/durable-execution/name/id")


@pytest.fixture
def function(api):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})


@pytest.mark.parametrize("runtime", ["java8.al2023", "java11.al2023", "java17.al2023", "nodejs26.x",
                                     "python3.15", "ruby4.0"])
def test_the_newest_runtimes_are_taken(wire, runtime):
    assert wire.create_function("fn", Runtime=runtime).status == 201
    assert wire.get_configuration("fn").json["Runtime"] == runtime


# --- resource policies ----------------------------------------------------------------------------


def document(sid="s", resource=ARN + ":PROD", **head):
    return {"Version": "2012-10-17", **head, "Statement": [
        {"Sid": sid, "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
         "Action": "lambda:InvokeFunction", "Resource": resource}]}


def put_policy(wire, arn, policy, **more):
    return wire("PUT", POLICIES + quote(arn), {"Policy": json.dumps(policy), **more})


def test_a_resource_policy_is_the_one_that_permissions_change(function, api, wire):
    arn = ARN + ":PROD"
    assert wire("GET", POLICIES + quote(arn)).status == 404
    whole = document(Id="mine")
    made = put_policy(wire, arn, whole)
    assert made.status == 200 and json.loads(made.json["Policy"]) == whole
    assert wire("GET", POLICIES + quote(arn)).json == made.json
    shown = api.get_policy(FunctionName="fn", Qualifier="PROD")
    assert json.loads(shown["Policy"]) == whole and shown["RevisionId"] == made.json["RevisionId"]
    assert api.get_alias(FunctionName="fn", Name="PROD")["RevisionId"] == shown["RevisionId"]
    api.add_permission(FunctionName="fn", Qualifier="PROD", StatementId="more", Principal="*",
                       Action="lambda:InvokeFunction")
    both = wire("GET", POLICIES + quote(arn)).json
    policy = json.loads(both["Policy"])
    assert policy["Id"] == "mine" and [each["Sid"] for each in policy["Statement"]] == ["s", "more"]
    assert both["RevisionId"] != made.json["RevisionId"]
    stale = put_policy(wire, arn, whole, RevisionId=made.json["RevisionId"])
    assert (stale.status, stale.code) == (412, "PreconditionFailedException")
    assert put_policy(wire, arn, document("t"), RevisionId=both["RevisionId"]).status == 200
    assert wire("DELETE", f"{POLICIES}{quote(arn)}?RevisionId={both['RevisionId']}").status == 412
    assert wire("DELETE", POLICIES + quote(arn)).status == 204
    assert wire("DELETE", POLICIES + quote(arn)).status == 404
    fails("ResourceNotFoundException", api.get_policy, FunctionName="fn", Qualifier="PROD")


def test_each_resource_has_its_own_policy(function, wire):
    for arn in (ARN, ARN + ":1", ARN + ":PROD"):
        assert put_policy(wire, arn, document(arn[-4:].replace(":", "-"), arn)).status == 200
    for arn in (ARN, ARN + ":1", ARN + ":PROD"):
        policy = json.loads(wire("GET", POLICIES + quote(arn)).json["Policy"])
        assert policy["Statement"][0]["Resource"] == arn
    alone = {"Version": "2012-10-17", "Statement": document()["Statement"][0]}
    shown = put_policy(wire, ARN, alone)
    assert json.loads(shown.json["Policy"])["Statement"] == [alone["Statement"]]


@pytest.mark.parametrize("arn, status", [
    (ARN + "x", 404), (ARN + ":NONE", 404), (ARN + ":9", 404), (ARN + ":$LATEST", 400),
    ("fn", 400), (ARN + ":*", 400), (ARN.replace("us-east-1", "eu-west-1"), 404),
    (ARN.replace("0000", "1111"), 403)])
def test_resource_policies_of_what_is_not_there(function, wire, arn, status):
    assert put_policy(wire, arn, document()).status == status


@pytest.mark.parametrize("text", [
    "{", "[]", "{}", '{"Statement":[]}', '{"Statement":["x"]}',
    json.dumps({"Statement": [{"Effect": "Maybe"}]}), json.dumps({"Statement": [{"Effect": "Allow"}]})])
def test_documents_that_are_no_policy(function, wire, text):
    answer = wire("PUT", POLICIES + quote(ARN), {"Policy": text})
    assert (answer.status, answer.code) == (400, "InvalidParameterValueException")
    assert answer.message.startswith("The provided policy document is not valid: ")
    assert wire("GET", POLICIES + quote(ARN)).status == 404
    long = document()
    long["Statement"] *= 200
    answer = put_policy(wire, ARN, long)
    assert answer.status == 400 and "Policy" not in answer.json


# --- scaling --------------------------------------------------------------------------------------


def test_scaling_of_versions_on_a_capacity_provider(function, wire):
    where = "/2025-11-30/functions/{}/function-scaling-config?Qualifier={}".format
    provider = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:cp"
    assert wire.create_function("managed", CapacityProviderConfig={
        "LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": provider}}).status == 201
    assert wire.publish("managed").status == 201
    empty = wire("GET", where("managed", 1)).json
    assert empty["FunctionArn"].endswith(":managed:1")
    assert empty["AppliedFunctionScalingConfig"] is None
    scaling = {"MinExecutionEnvironments": 3, "MaxExecutionEnvironments": 9}
    put = wire("PUT", where("managed", 1), {"FunctionScalingConfig": scaling})
    assert (put.status, put.json) == (202, {"FunctionState": "Active"})
    shown = wire("GET", where("managed", 1)).json
    assert shown["AppliedFunctionScalingConfig"] == shown["RequestedFunctionScalingConfig"] == scaling
    assert wire("PUT", where("managed", 1), {"FunctionScalingConfig": {
        "MinExecutionEnvironments": 4, "MaxExecutionEnvironments": 3}}).status == 400
    assert wire("PUT", where("managed", 1), {}).status == 202
    assert wire("GET", where("managed", 1)).json["RequestedFunctionScalingConfig"] is None
    assert wire("GET", where("managed", 7)).status == 404
    assert wire("GET", where("managed", "PROD")).code == "ValidationException"
    assert wire("GET", where("managed", "").partition("?")[0]).code == "ValidationException"
    assert wire("GET", where("fn", 1)).code == "InvalidParameterValueException"


# --- streams --------------------------------------------------------------------------------------


def events(body):
    """[(headers, payload)] of application/vnd.amazon.eventstream, each checksum verified."""
    found = []
    while body:
        total, length, checksum = struct.unpack(">III", body[:12])
        assert zlib.crc32(body[:8]) == checksum
        assert zlib.crc32(body[:total - 4]) == struct.unpack(">I", body[total - 4:total])[0]
        headers, at = {}, 12
        while at < 12 + length:
            name = body[at + 1:at + 1 + body[at]].decode()
            at += 1 + body[at]
            kind, size = struct.unpack(">BH", body[at:at + 3])
            assert kind == 7
            headers[name] = body[at + 3:at + 3 + size].decode()
            at += 3 + size
        found.append((headers, body[12 + length:total - 4]))
        body = body[total:]
    return found


def test_an_invocation_can_answer_in_a_stream(function, wire):
    path = "/2021-11-15/functions/{}/response-streaming-invocations".format
    answer = wire("POST", path("fn") + "?Qualifier=PROD", "{}", {"X-Amz-Log-Type": "Tail"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    assert answer.headers["X-Amz-Executed-Version"] == "1"
    (chunk, payload), (end, complete) = events(answer.body)
    assert (chunk[":event-type"], chunk[":message-type"]) == ("PayloadChunk", "event")
    assert json.loads(payload) == {"FunctionArn": ARN + ":1", "ExecutedVersion": "1"}
    assert (end[":event-type"], end[":content-type"]) == ("InvokeComplete", "application/json")
    log = base64.b64decode(json.loads(complete)["LogResult"]).decode()
    assert log.startswith("START RequestId: ") and "Version: 1" in log
    assert wire("POST", path("fn"), "{}", {"X-Amz-Invocation-Type": "DryRun"}).status == 204
    assert wire("POST", path("fn"), "{}", {"X-Amz-Invocation-Type": "Event"}).status == 400
    assert wire("POST", path("none"), "{}").code == "ResourceNotFoundException"
    assert wire("POST", path("fn"), "{").code == "InvalidRequestContentException"


# --- what this account has none of ----------------------------------------------------------------


def test_there_are_no_capacity_providers(wire):
    assert wire("GET", PROVIDERS).json["CapacityProviders"] == []
    assert wire("GET", PROVIDERS + "?State=Active&MaxItems=50").status == 200
    assert wire("GET", PROVIDERS + "?State=Lost").code == "ValidationException"
    missing = "Capacity provider not found: arn:aws:lambda:us-east-1:000000000000:capacity-provider:cp"
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/function-versions")):
        answer = wire(method, f"{PROVIDERS}/cp{path}", {} if method == "PUT" else None)
        assert (answer.status, answer.code, answer.message) == (
            404, "ResourceNotFoundException", missing)
    answer = wire("POST", PROVIDERS, {
        "CapacityProviderName": "cp", "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
        "PermissionsConfig": {"CapacityProviderOperatorRoleArn": aws.ROLE}})
    assert (answer.status, answer.code) == (400, "CapacityProviderLimitExceededException")
    answer = wire("POST", PROVIDERS, {"CapacityProviderName": "cp"})
    assert answer.message.startswith("2 validation errors detected: Value null at 'vpcConfig' failed")


def test_there_are_no_durable_executions(function, wire):
    path = "/2025-12-01/functions/{}/durable-executions".format
    assert wire("GET", path("fn")).json["DurableExecutions"] == []
    assert wire("GET", path("fn") + "?Statuses=RUNNING&Statuses=FAILED&MaxItems=1000").status == 200
    assert wire("GET", path("fn") + "?Statuses=ASLEEP").code == "ValidationException"
    assert wire("GET", path("fn") + "?StartedAfter=2026-01-02T03:04:05Z").status == 200
    assert wire("GET", path("fn") + "?StartedAfter=yesterday").code == "SerializationException"
    assert wire("GET", path("none")).code == "ResourceNotFoundException"
    for method, end in (("GET", ""), ("GET", "/history"), ("POST", "/stop")):
        answer = wire(method, "/2025-12-01/durable-executions/" + EXECUTION + end)
        assert (answer.status, answer.code) == (404, "ResourceNotFoundException"), end
    for method, end, body in (("GET", "/state?CheckpointToken=abcd", None),
                              ("POST", "/checkpoint", {"CheckpointToken": "abcd"})):
        answer = wire(method, "/2025-12-01/durable-executions/" + EXECUTION + end, body)
        assert (answer.status, answer.code) == (400, "InvalidParameterValueException"), end
    for end, body in (("succeed", b"\xff\x00"), ("fail", {"ErrorMessage": "m"}), ("heartbeat", None)):
        answer = wire("POST", "/2025-12-01/durable-execution-callbacks/abcd/" + end, body)
        assert (answer.status, answer.code) == (400, "CallbackTimeoutException"), end
    assert wire("GET", f"{FUNCTIONS}/fn/configuration").status == 200
