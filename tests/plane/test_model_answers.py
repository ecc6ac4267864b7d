# SPDX-License-Identifier: MIT
"""Every answer holds what AWS's model says: no member that it does not know, all that it requires, each of its type."""

import base64
import json
import re

import pytest
from lib import aws
from lib.process import run
from lib.programs import ROOT
from wire import FUNCTIONS, Wire, quote

FUNCTION = f"{FUNCTIONS}/fn"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"
LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:lib:1"
ZIP = base64.b64encode(aws.code("1")).decode()
URL = "/2021-10-31/functions/fn/url"
INVOKE = "/2019-09-25/functions/fn/event-invoke-config"
PROVISIONED = "/2019-09-30/functions/fn/provisioned-concurrency"
RUNTIME = "/2021-07-20/functions/fn/runtime-management-config"
MAPPINGS = "/2015-03-31/event-source-mappings"
SIGNINGS = "/2020-04-22/code-signing-configs"
VERSIONS = "/2018-10-31/layers/lib/versions"
POLICY = "/2026-07-09/resource-policy/" + quote(ARN)
EXECUTIONS = "/2025-12-01/functions/fn/durable-executions"
STATEMENT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": ARN}]})

# One call after the other; {…} is what an earlier answer said. Operations without a body in their answer are not here.
CALLS = [
    ("CreateFunction", "POST", FUNCTIONS, {
        "FunctionName": "fn", "Runtime": "python3.12", "Role": aws.ROLE, "Handler": "h.h",
        "Code": {"ZipFile": ZIP}, "Tags": {"a": "b"}, "Environment": {"Variables": {"KEY": "v"}},
        "LoggingConfig": {"LogFormat": "JSON"}, "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:0:q"},
        "VpcConfig": {"SubnetIds": ["subnet-0"], "SecurityGroupIds": ["sg-0"]}}),
    ("GetFunction", "GET", FUNCTION, None),
    ("GetFunctionConfiguration", "GET", f"{FUNCTION}/configuration", None),
    ("PublishVersion", "POST", f"{FUNCTION}/versions", {}),
    ("PublishLayerVersion", "POST", VERSIONS, {"Content": {"ZipFile": ZIP}, "LicenseInfo": "MIT"}),
    ("GetLayerVersion", "GET", f"{VERSIONS}/1", None),
    ("GetLayerVersionByArn", "GET", f"/2018-10-31/layers?find=LayerVersion&Arn={quote(LAYER)}", None),
    ("ListLayers", "GET", "/2018-10-31/layers", None),
    ("ListLayerVersions", "GET", VERSIONS, None),
    ("AddLayerVersionPermission", "POST", f"{VERSIONS}/1/policy", {
        **STATEMENT, "Action": "lambda:GetLayerVersion"}),
    ("GetLayerVersionPolicy", "GET", f"{VERSIONS}/1/policy", None),
    ("UpdateFunctionConfiguration", "PUT", f"{FUNCTION}/configuration", {"Timeout": 9, "Layers": [LAYER]}),
    ("UpdateFunctionCode", "PUT", f"{FUNCTION}/code", {"ZipFile": ZIP}),
    ("ListFunctions", "GET", f"{FUNCTIONS}?FunctionVersion=ALL", None),
    ("ListVersionsByFunction", "GET", f"{FUNCTION}/versions", None),
    ("CreateAlias", "POST", f"{FUNCTION}/aliases", {"Name": "PROD", "FunctionVersion": "1"}),
    ("UpdateAlias", "PUT", f"{FUNCTION}/aliases/PROD", {"Description": "d"}),
    ("GetAlias", "GET", f"{FUNCTION}/aliases/PROD", None),
    ("ListAliases", "GET", f"{FUNCTION}/aliases", None),
    ("AddPermission", "POST", f"{FUNCTION}/policy", STATEMENT),
    ("GetPolicy", "GET", f"{FUNCTION}/policy", None),
    ("PutResourcePolicy", "PUT", POLICY, {"Policy": DOCUMENT}),
    ("GetResourcePolicy", "GET", POLICY, None),
    ("GetAccountSettings", "GET", "/2016-08-19/account-settings", None),
    ("ListTags", "GET", "/2017-03-31/tags/" + quote(ARN), None),
    ("PutFunctionConcurrency", "PUT", "/2017-10-31/functions/fn/concurrency", {
        "ReservedConcurrentExecutions": 9}),
    ("GetFunctionConcurrency", "GET", "/2019-09-30/functions/fn/concurrency", None),
    ("PutProvisionedConcurrencyConfig", "PUT", f"{PROVISIONED}?Qualifier=PROD", {
        "ProvisionedConcurrentExecutions": 2}),
    ("GetProvisionedConcurrencyConfig", "GET", f"{PROVISIONED}?Qualifier=PROD", None),
    ("ListProvisionedConcurrencyConfigs", "GET", f"{PROVISIONED}?List=ALL", None),
    ("PutFunctionEventInvokeConfig", "PUT", INVOKE, {"MaximumRetryAttempts": 1}),
    ("UpdateFunctionEventInvokeConfig", "POST", INVOKE, {"MaximumEventAgeInSeconds": 60}),
    ("GetFunctionEventInvokeConfig", "GET", INVOKE, None),
    ("ListFunctionEventInvokeConfigs", "GET", f"{INVOKE}/list", None),
    ("CreateFunctionUrlConfig", "POST", URL, {"AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}}),
    ("UpdateFunctionUrlConfig", "PUT", URL, {"AuthType": "AWS_IAM"}),
    ("GetFunctionUrlConfig", "GET", URL, None),
    ("ListFunctionUrlConfigs", "GET", f"{URL}s", None),
    ("CreateEventSourceMapping", "POST", MAPPINGS, {
        "FunctionName": "fn", "EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
        "StartingPosition": "LATEST"}),
    ("GetEventSourceMapping", "GET", MAPPINGS + "/{UUID}", None),
    ("UpdateEventSourceMapping", "PUT", MAPPINGS + "/{UUID}", {"BatchSize": 7}),
    ("ListEventSourceMappings", "GET", MAPPINGS, None),
    ("DeleteEventSourceMapping", "DELETE", MAPPINGS + "/{UUID}", None),
    ("PutFunctionRecursionConfig", "PUT", "/2024-08-31/functions/fn/recursion-config", {
        "RecursiveLoop": "Allow"}),
    ("GetFunctionRecursionConfig", "GET", "/2024-08-31/functions/fn/recursion-config", None),
    ("PutRuntimeManagementConfig", "PUT", RUNTIME, {"UpdateRuntimeOn": "FunctionUpdate"}),
    ("GetRuntimeManagementConfig", "GET", RUNTIME, None),
    ("CreateCodeSigningConfig", "POST", SIGNINGS, {
        "AllowedPublishers": {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/p"]}}),
    ("GetCodeSigningConfig", "GET", SIGNINGS + "/{CodeSigningConfigArn}", None),
    ("UpdateCodeSigningConfig", "PUT", SIGNINGS + "/{CodeSigningConfigArn}", {"Description": "d"}),
    ("ListCodeSigningConfigs", "GET", SIGNINGS, None),
    ("PutFunctionCodeSigningConfig", "PUT", "/2020-06-30/functions/fn/code-signing-config", {
        "CodeSigningConfigArn": "{CodeSigningConfigArn}"}),
    ("GetFunctionCodeSigningConfig", "GET", "/2020-06-30/functions/fn/code-signing-config", None),
    ("ListFunctionsByCodeSigningConfig", "GET", SIGNINGS + "/{CodeSigningConfigArn}/functions", None),
    ("ListCapacityProviders", "GET", "/2025-11-30/capacity-providers", None),
    ("ListDurableExecutionsByFunction", "GET", EXECUTIONS, None),
]

# What has no answer in an account without capacity providers and durable executions, no JSON, or a case of its own
# (test_newer.py).
NOT_PLAYED = ("CapacityProvider", "DurableExecution", "Invoke", "FunctionScalingConfig", "DeleteFunction")

TYPES = {"string": str, "number": (int, float), "boolean": bool, "list": list, "map": dict, "structure": dict,
         "timestamp": (int, float)}


@pytest.fixture(scope="session")
def model(sdk):
    """{operation: {path: member}} of what answers may hold."""
    printed = run("/usr/bin/node", ROOT / "tests/check/model.mjs", sdk, check=True).stdout
    return {name: {each["path"]: each for each in operation["answered"]}
            for name, operation in json.loads(printed)["operations"].items()}


def differences(members, value, path=""):
    """What is wrong with a value and what is below it."""
    if value is None:
        return
    member = members.get(path)
    if path and member is None:
        yield f"{path}: not in the model"
        return
    if member and not isinstance(value, TYPES[member["kind"]]):
        yield f"{path}: {value!r} is no {member['kind']}"
        return
    if member is None or member["kind"] == "structure":
        for name, below in value.items():
            yield from differences(members, below, f"{path}.{name}" if path else name)
        prefix = f"{path}." if path else ""
        for each in members.values():
            name = each["path"][len(prefix):]
            if each["path"].startswith(prefix) and each.get("required") and re.fullmatch(r"\w+", name) \
                    and value.get(name) is None:
                yield f"{each['path']}: required, and not there"
    elif member["kind"] == "list":
        for below in value:
            yield from differences(members, below, f"{path}[]")
    elif member["kind"] == "map":
        for below in value.values():
            yield from differences(members, below, f"{path}{{value}}")


def filled(text, known):
    """`text` with each {name} replaced by what an answer said; a path wants it encoded."""
    for name, value in known.items():
        text = text.replace("{" + name + "}", quote(value) if text.startswith("/") else value)
    return text


def test_answers_hold_what_the_model_says(model, make_plane):
    plane = make_plane("--settle", "0")
    wire, known, wrong = Wire(plane.port), {}, []
    for operation, method, path, body in CALLS:
        if body:
            body = {name: filled(value, known) if isinstance(value, str) else value
                    for name, value in body.items()}
        answer = wire(method, filled(path, known), body)
        assert answer.status < 300, f"{operation}: {answer}"
        wrong += [f"{operation}.{each}" for each in differences(model[operation], answer.json)]
        known.update(re.findall(r'"(UUID|CodeSigningConfigArn)":"([^"]+)"', answer.body.decode()))
    wire.close()
    assert not wrong, "\n".join(wrong)
    with_answers = {name for name, members in model.items()
                    if any(each.get("location") == "body" for each in members.values())}
    left = with_answers - {each[0] for each in CALLS}
    assert not [each for each in sorted(left) if not any(name in each for name in NOT_PLAYED)]
