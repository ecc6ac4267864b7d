# SPDX-License-Identifier: MIT
"""The families beside functions, versions and aliases: what they keep, refuse and lose."""

import base64
import io
import json
import sqlite3
import zipfile

import pytest
from lib import aws
from lib.process import wait_for
from test_rules import fails
from wire import FUNCTIONS, quote

ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"


@pytest.fixture
def function(api):
    aws.create_function(api, "fn", versions=3, aliases={"PROD": 1, "BETA": 2})


# --- what hangs off an alias ----------------------------------------------------------------------


def hang_everything(api, qualifier):
    api.add_permission(FunctionName="fn", Qualifier=qualifier, StatementId="s", Principal="*",
                       Action="lambda:InvokeFunction")
    api.put_function_event_invoke_config(FunctionName="fn", Qualifier=qualifier,
                                         MaximumRetryAttempts=1)
    api.put_provisioned_concurrency_config(FunctionName="fn", Qualifier=qualifier,
                                           ProvisionedConcurrentExecutions=2)
    return api.create_function_url_config(FunctionName="fn", Qualifier=qualifier, AuthType="NONE")


def what_hangs(api, qualifier):
    found = []
    for name, call in (("policy", api.get_policy), ("invoke", api.get_function_event_invoke_config),
                       ("provisioned", api.get_provisioned_concurrency_config),
                       ("url", api.get_function_url_config)):
        try:
            call(FunctionName="fn", Qualifier=qualifier)
            found.append(name)
        except api.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    return found


def test_what_hangs_off_an_alias_survives_an_update_and_not_a_delete(function, api):
    url = hang_everything(api, "PROD")
    source = api.create_event_source_mapping(FunctionName=ARN + ":PROD", EventSourceArn=QUEUE)
    assert source["FunctionArn"] == ARN + ":PROD"
    everything = ["policy", "invoke", "provisioned", "url"]
    assert what_hangs(api, "PROD") == everything
    api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="3")
    assert what_hangs(api, "PROD") == everything
    assert api.get_function_url_config(
        FunctionName="fn", Qualifier="PROD")["FunctionUrl"] == url["FunctionUrl"]
    api.delete_alias(FunctionName="fn", Name="PROD")
    api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="3")
    assert what_hangs(api, "PROD") == ["url"], "AWS removes it later, if the alias stays away"
    assert api.get_event_source_mapping(UUID=source["UUID"])["FunctionArn"] == ARN + ":PROD"
    api.delete_function_url_config(FunctionName="fn", Qualifier="PROD")
    again = api.create_function_url_config(FunctionName="fn", Qualifier="PROD", AuthType="NONE")
    assert again["FunctionUrl"] != url["FunctionUrl"], "a new URL has a new id"


def test_provisioned_concurrency_moves_with_the_alias(make_plane):
    plane = make_plane("--settle", "3600000")
    api = plane.api
    api.create_function(FunctionName="fn", Runtime="python3.11", Role=aws.ROLE, Handler="h.h",
                        Code={"ZipFile": aws.code("1")})
    for number in (1, 2):
        plane.settle()
        wait_for(lambda: api.get_function_configuration(
            FunctionName="fn").get("LastUpdateStatus") == "Successful")
        api.publish_version(FunctionName="fn")
        api.update_function_configuration(FunctionName="fn", Timeout=number + 3)
    api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1")

    def status():
        return api.get_provisioned_concurrency_config(FunctionName="fn", Qualifier="PROD")["Status"]

    put = api.put_provisioned_concurrency_config(FunctionName="fn", Qualifier="PROD",
                                                 ProvisionedConcurrentExecutions=4)
    assert put["Status"] == "IN_PROGRESS" and put["ResponseMetadata"]["HTTPStatusCode"] == 202
    plane.settle()
    wait_for(lambda: status() == "READY")
    api.update_alias(FunctionName="fn", Name="PROD", Description="stays")
    assert status() == "READY", "it only moves with the version"
    api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="2")
    assert status() == "IN_PROGRESS"
    plane.settle()
    ready = wait_for(lambda: [each for each in [api.get_provisioned_concurrency_config(
        FunctionName="fn", Qualifier="PROD")] if each["Status"] == "READY"])[0]
    assert ready["AllocatedProvisionedConcurrentExecutions"] == 4
    listed = api.list_provisioned_concurrency_configs(FunctionName="fn")
    assert [each["FunctionArn"] for each in listed["ProvisionedConcurrencyConfigs"]] == [ARN + ":PROD"]


def test_provisioned_concurrency_has_rules(function, api):
    def refused(code, qualifier, amount=1):
        return fails(code, api.put_provisioned_concurrency_config, FunctionName="fn",
                     Qualifier=qualifier, ProvisionedConcurrentExecutions=amount)

    assert "unpublished function versions" in refused("InvalidParameterValueException", "$LATEST")
    assert refused("ResourceNotFoundException", "NOPE").startswith("Cannot find alias arn")
    assert refused("ResourceNotFoundException", "9").startswith("Function not found")
    assert "below its minimum value" in refused("InvalidParameterValueException", "1", 950)
    api.put_provisioned_concurrency_config(FunctionName="fn", Qualifier="1",
                                           ProvisionedConcurrentExecutions=3)
    assert "already Provisioned version" in refused("ResourceConflictException", "PROD")
    api.put_provisioned_concurrency_config(FunctionName="fn", Qualifier="BETA",
                                           ProvisionedConcurrentExecutions=3)
    assert "pointed by a Provisioned" in refused("ResourceConflictException", "2")
    api.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=7)
    assert "reservedConcurrentExecution" in refused("InvalidParameterValueException", "3", 2)
    assert "total provisioned" in fails(
        "InvalidParameterValueException", api.put_function_concurrency, FunctionName="fn",
        ReservedConcurrentExecutions=5)
    api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="3",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    assert "Alias with weights" in refused("InvalidParameterValueException", "PROD")
    api.delete_provisioned_concurrency_config(FunctionName="fn", Qualifier="BETA")
    assert fails("ProvisionedConcurrencyConfigNotFoundException",
                 api.get_provisioned_concurrency_config, FunctionName="fn", Qualifier="BETA")


def test_reserved_concurrency(function, api):
    assert "ReservedConcurrentExecutions" not in api.get_function_concurrency(FunctionName="fn")
    api.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=300)
    assert api.get_function(FunctionName="fn")["Concurrency"] == {"ReservedConcurrentExecutions": 300}
    assert api.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 700
    aws.create_function(api, "other")
    assert "[100]" in fails("InvalidParameterValueException", api.put_function_concurrency,
                            FunctionName="other", ReservedConcurrentExecutions=601)
    api.put_function_concurrency(FunctionName="other", ReservedConcurrentExecutions=600)
    assert "unqualified function ARN" in fails(
        "InvalidParameterValueException", api.put_function_concurrency, FunctionName="fn:PROD",
        ReservedConcurrentExecutions=1)
    api.delete_function(FunctionName="other")
    api.delete_function_concurrency(FunctionName="fn")
    assert api.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000


# --- the others -----------------------------------------------------------------------------------


def test_event_invoke_configurations(function, api):
    assert "doesn't have an EventInvokeConfig" in fails(
        "ResourceNotFoundException", api.update_function_event_invoke_config, FunctionName="fn",
        MaximumRetryAttempts=1)
    assert "at least one" in fails("InvalidParameterValueException",
                                   api.put_function_event_invoke_config, FunctionName="fn")
    put = api.put_function_event_invoke_config(
        FunctionName="fn", MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": QUEUE}})
    assert put["FunctionArn"] == ARN + ":$LATEST"
    assert put["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}
    updated = api.update_function_event_invoke_config(FunctionName="fn", MaximumEventAgeInSeconds=60)
    assert (updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]) == (0, 60)
    replaced = api.put_function_event_invoke_config(FunctionName="fn", MaximumRetryAttempts=2)
    assert "MaximumEventAgeInSeconds" not in replaced
    api.put_function_event_invoke_config(FunctionName="fn", Qualifier="PROD", MaximumRetryAttempts=1)
    listed = api.list_function_event_invoke_configs(FunctionName="fn")["FunctionEventInvokeConfigs"]
    assert [each["FunctionArn"] for each in listed] == [ARN + ":$LATEST", ARN + ":PROD"]
    assert fails("ResourceNotFoundException", api.put_function_event_invoke_config,
                 FunctionName="fn", Qualifier="NOPE", MaximumRetryAttempts=1) == (
        "The function doesn't exist.")
    api.delete_function_event_invoke_config(FunctionName="fn")
    fails("ResourceNotFoundException", api.get_function_event_invoke_config, FunctionName="fn")


def test_function_urls(function, api):
    made = api.create_function_url_config(FunctionName="fn", AuthType="AWS_IAM",
                                          Cors={"AllowOrigins": ["*"], "MaxAge": 5})
    assert made["FunctionArn"] == ARN and made["FunctionUrl"].endswith(
        ".lambda-url.us-east-1.on.aws/")
    assert "FunctionUrlConfig exists" in fails(
        "ResourceConflictException", api.create_function_url_config, FunctionName="fn",
        AuthType="NONE")
    api.create_function_url_config(FunctionName="fn", Qualifier="PROD", AuthType="NONE")
    assert len(api.list_function_url_configs(FunctionName="fn")["FunctionUrlConfigs"]) == 2
    one = api.list_function_url_configs(FunctionName="fn", MaxItems=1)
    two = api.list_function_url_configs(FunctionName="fn", MaxItems=1, Marker=one["NextMarker"])
    assert one["FunctionUrlConfigs"] != two["FunctionUrlConfigs"] and "NextMarker" not in two
    updated = api.update_function_url_config(FunctionName="fn", AuthType="NONE")
    assert updated["AuthType"] == "NONE" and updated["Cors"]["MaxAge"] == 5
    api.delete_function_url_config(FunctionName="fn")
    assert api.get_function_url_config(FunctionName="fn", Qualifier="PROD")["AuthType"] == "NONE"
    for qualifier in ("1", "$LATEST"):
        fails("ValidationException", api.create_function_url_config, FunctionName="fn",
              Qualifier=qualifier, AuthType="NONE")
    assert fails("ResourceNotFoundException", api.create_function_url_config, FunctionName="fn",
                 Qualifier="NOPE", AuthType="NONE") == "Function does not exist"


def test_event_source_mappings(make_plane):
    plane = make_plane("--settle", "3600000")
    api = plane.api
    aws.create_function(api, "fn")
    assert fails("InvalidParameterValueException", api.create_event_source_mapping,
                 FunctionName="fn") == "Unrecognized event source."
    assert fails("InvalidParameterValueException", api.create_event_source_mapping,
                 FunctionName="nope", EventSourceArn=QUEUE) == "Function does not exist"
    made = api.create_event_source_mapping(FunctionName="fn", EventSourceArn=QUEUE)
    uuid = made["UUID"]
    assert (made["State"], made["BatchSize"]) == ("Creating", 10)
    assert fails("ResourceConflictException", api.create_event_source_mapping, FunctionName="fn",
                 EventSourceArn=QUEUE).endswith(uuid)
    assert "in use" in fails("ResourceInUseException", api.update_event_source_mapping, UUID=uuid,
                             Enabled=False)

    def state():
        return api.get_event_source_mapping(UUID=uuid)["State"]

    plane.settle()
    wait_for(lambda: state() == "Enabled")
    assert api.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    plane.settle()
    wait_for(lambda: state() == "Disabled")
    assert api.update_event_source_mapping(UUID=uuid, BatchSize=5)["State"] == "Updating"
    plane.settle()
    wait_for(lambda: state() == "Disabled")
    assert api.get_event_source_mapping(UUID=uuid)["BatchSize"] == 5
    listed = api.list_event_source_mappings(FunctionName="fn")["EventSourceMappings"]
    assert [each["UUID"] for each in listed] == [uuid]
    assert api.list_event_source_mappings(EventSourceArn=QUEUE + "2")["EventSourceMappings"] == []
    api.delete_function(FunctionName="fn")
    assert state() == "Disabled", "a mapping outlives its function"
    assert api.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    plane.settle()
    wait_for(lambda: not api.list_event_source_mappings()["EventSourceMappings"])
    fails("ResourceNotFoundException", api.get_event_source_mapping, UUID=uuid)


def test_streams_need_a_starting_position(function, api):
    stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    assert "startingPosition" in fails("InvalidParameterValueException",
                                       api.create_event_source_mapping, FunctionName="fn:PROD",
                                       EventSourceArn=stream)
    made = api.create_event_source_mapping(FunctionName="fn:PROD", EventSourceArn=stream,
                                           StartingPosition="LATEST", MaximumRetryAttempts=2)
    assert (made["BatchSize"], made["MaximumRetryAttempts"], made["MaximumRecordAgeInSeconds"]) == (
        100, 2, -1)


def test_tags(function, api):
    api.tag_resource(Resource=ARN, Tags={"team": "blue", "empty": ""})
    api.tag_resource(Resource=ARN, Tags={"team": "green"})
    assert api.list_tags(Resource=ARN)["Tags"] == {"team": "green", "empty": ""}
    api.untag_resource(Resource=ARN, TagKeys=["empty", "nobody"])
    assert api.get_function(FunctionName="fn")["Tags"] == {"team": "green"}
    assert "exceeds" in fails("InvalidParameterValueException", api.tag_resource, Resource=ARN,
                              Tags={f"k{number}": "v" for number in range(50)})
    fails("InvalidParameterValueException", api.tag_resource, Resource=ARN, Tags={})
    assert "aliases and versions" in fails("InvalidParameterValueException", api.tag_resource,
                                           Resource=ARN + ":PROD", Tags={"a": "b"})


def test_untagging_nothing_is_a_violation(function, wire):
    answer = wire("DELETE", f"/2017-03-31/tags/{quote(ARN)}")
    assert answer.message == ("1 validation error detected: Value null at 'tagKeys' failed to "
                              "satisfy constraint: Member must not be null")


def test_recursion_and_runtime_management(function, wire):
    recursion = "/2024-08-31/functions/fn/recursion-config"
    assert wire("GET", recursion).json == {"RecursiveLoop": "Terminate"}
    assert wire("PUT", recursion, {"RecursiveLoop": "Allow"}).json == {"RecursiveLoop": "Allow"}
    assert wire("GET", recursion).json == {"RecursiveLoop": "Allow"}
    assert wire("PUT", recursion, {"RecursiveLoop": "allow"}).code == "ValidationException"
    runtime = "/2021-07-20/functions/fn/runtime-management-config"
    assert wire("GET", runtime).json == {
        "FunctionArn": ARN, "UpdateRuntimeOn": "Auto", "RuntimeVersionArn": None}
    arn = "arn:aws:lambda:us-east-1::runtime:abc"
    manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": arn}
    assert wire("PUT", runtime + "?Qualifier=1", manual).json == {"FunctionArn": ARN + ":1", **manual}
    assert wire("GET", runtime + "?Qualifier=1").json["RuntimeVersionArn"] == arn
    assert wire("GET", runtime).json["UpdateRuntimeOn"] == "Auto", "each version has its own"
    assert wire("PUT", runtime, {"UpdateRuntimeOn": "Manual"}).status == 400


def test_code_signing_knows_no_configurations(function, wire):
    path = "/2020-06-30/functions/fn/code-signing-config"
    assert wire("GET", path).json == {}
    arn = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdefg"
    assert wire("PUT", path, {"CodeSigningConfigArn": arn}).code == "CodeSigningConfigNotFoundException"
    assert wire("DELETE", path).status == 204


# --- invoking -------------------------------------------------------------------------------------


def test_invoke_names_the_version_that_would_run(function, api):
    for qualifier, version in (("PROD", "1"), ("BETA", "2"), ("3", "3"), ("$LATEST", "$LATEST")):
        answer = api.invoke(FunctionName="fn", Qualifier=qualifier, Payload=b'{"a": 1}')
        assert answer["ExecutedVersion"] == version and answer["StatusCode"] == 200
        assert json.loads(answer["Payload"].read()) == {
            "FunctionArn": f"{ARN}:{version}", "ExecutedVersion": version}
    assert api.invoke(FunctionName="fn")["ExecutedVersion"] == "$LATEST"
    logged = api.invoke(FunctionName="fn:PROD", LogType="Tail")
    assert b"Version: 1\n" in base64.b64decode(logged["LogResult"])
    event = api.invoke(FunctionName="fn", InvocationType="Event")
    assert event["StatusCode"] == 202 and event["Payload"].read() == b""
    assert api.invoke(FunctionName="fn", InvocationType="DryRun")["StatusCode"] == 204
    assert fails("ResourceNotFoundException", api.invoke, FunctionName="nope") == (
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nope:$LATEST")
    fails("InvalidRequestContentException", api.invoke, FunctionName="fn", Payload=b"{")
    api.put_function_concurrency(FunctionName="fn", ReservedConcurrentExecutions=0)
    assert fails("TooManyRequestsException", api.invoke, FunctionName="fn") == "Rate Exceeded."


def test_weights_are_honoured_by_a_sequence_that_a_seed_fixes(make_plane):
    def draw(*arguments):
        plane = make_plane(*arguments)
        aws.create_function(plane.api, "fn", versions=2)
        plane.api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1",
                               RoutingConfig={"AdditionalVersionWeights": {"2": 0.3}})
        return "".join(plane.api.invoke(FunctionName="fn", Qualifier="PROD")["ExecutedVersion"]
                       for _ in range(200))

    first, again, other = draw("--seed", "7"), draw("--seed", "7"), draw("--seed", "8")
    assert first == again != other
    assert 30 < first.count("2") < 95


# --- limits ---------------------------------------------------------------------------------------


def test_limits_of_functions(api, wire):
    assert "exceeded the 4KB limit" in fails(
        "InvalidParameterValueException", api.create_function, FunctionName="fn",
        Runtime="python3.11", Role=aws.ROLE, Handler="h.h", Code={"ZipFile": aws.code()},
        Environment={"Variables": {"KEY": "v" * 4096}})
    assert "less than or equal to 900" in fails(
        "ValidationException", api.create_function, FunctionName="fn", Runtime="python3.11",
        Role=aws.ROLE, Handler="h.h", Code={"ZipFile": aws.code()}, Timeout=901)
    assert fails("InvalidParameterValueException", api.create_function, FunctionName="f" * 65,
                 Runtime="python3.11", Role=aws.ROLE, Handler="h.h", Code={"ZipFile": aws.code()})
    assert "NoSuchBucket" in fails(
        "InvalidParameterValueException", api.create_function, FunctionName="fn",
        Runtime="python3.11", Role=aws.ROLE, Handler="h.h", Code={"S3Bucket": "bucket", "S3Key": "k"})
    aws.create_function(api, "fn", Environment={"Variables": {"KEY": "v" * 4000}})
    assert wire("GET", FUNCTIONS).json["Functions"][0]["Environment"]["Variables"]["KEY"] == "v" * 4000


def test_layers_and_unzipped_code_have_limits(function, api):
    layers = [f"arn:aws:lambda:us-east-1:017000801446:layer:l{number}:1" for number in range(6)]
    api.update_function_configuration(FunctionName="fn", Layers=layers[:5])
    assert "more than 5 layers" in fails(
        "InvalidParameterValueException", api.update_function_configuration, FunctionName="fn",
        Layers=layers)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("zeros", "w") as member:
            for _ in range(251):
                member.write(bytes(1 << 20))
    assert fails("InvalidParameterValueException", api.update_function_code, FunctionName="fn",
                 ZipFile=data.getvalue()) == "Unzipped size must be smaller than 262144000 bytes"


def test_code_of_a_refused_update_does_not_stay_behind(plane, api):
    aws.create_function(api, "fn")
    with sqlite3.connect(plane.state / "lambda.db") as database:
        database.execute("UPDATE usage SET code_size = 300 * 1024 * 1024 * 1024 - 100")
    database.close()
    fails("CodeStorageExceededException", api.update_function_code, FunctionName="fn",
          ZipFile=aws.code("new"), Publish=True)
    stored = [each.name for each in (plane.state / "code").iterdir()]
    digest = base64.b64decode(api.get_function_configuration(FunctionName="fn")["CodeSha256"]).hex()
    assert stored == [digest + ".zip"]


def test_a_policy_has_a_size(function, api):
    for number in range(200):
        try:
            api.add_permission(FunctionName="fn", StatementId=f"s{number}" + "x" * 90,
                               Principal="s3.amazonaws.com", Action="lambda:InvokeFunction")
        except api.exceptions.PolicyLengthExceededException:
            break
    else:
        raise AssertionError("a policy grew over 20 KB")
    assert 19000 < len(api.get_policy(FunctionName="fn")["Policy"]) <= 20480


def test_code_storage_is_full(plane, api):
    aws.create_function(api, "fn")
    with sqlite3.connect(plane.state / "lambda.db") as database:
        database.execute("UPDATE usage SET code_size = 300 * 1024 * 1024 * 1024 - 100")
    database.close()
    fails("CodeStorageExceededException", api.publish_version, FunctionName="fn")
    assert len(api.list_versions_by_function(FunctionName="fn")["Versions"]) == 1
    fails("CodeStorageExceededException", api.create_function, FunctionName="g", Role=aws.ROLE,
          Runtime="python3.11", Handler="h.h", Code={"ZipFile": aws.code("g")})
    assert len(list((plane.state / "code").iterdir())) == 1


def test_images(api):
    uri = "000000000000.dkr.ecr.us-east-1.amazonaws.com/repo:tag"
    made = api.create_function(FunctionName="im", PackageType="Image", Role=aws.ROLE,
                               Code={"ImageUri": uri})
    assert (made["PackageType"], made["CodeSize"]) == ("Image", 0) and "Runtime" not in made
    assert api.get_function(FunctionName="im")["Code"]["ImageUri"] == uri
    assert "provide ImageUri" in fails("InvalidParameterValueException", api.update_function_code,
                                       FunctionName="im", ZipFile=aws.code())
    api.update_function_code(FunctionName="im", ImageUri=uri + "2", Publish=True)
    assert api.get_function(FunctionName="im", Qualifier="1")["Code"]["ImageUri"] == uri + "2"


def test_latest_published_is_overwritten(wire, function):
    provider = "arn:aws:lambda:us-east-1:000000000000:capacity-provider:p"
    config = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": provider}}
    assert wire.publish("fn", PublishTo="LATEST_PUBLISHED").code == "InvalidParameterValueException"
    assert wire.create_function("mi", CapacityProviderConfig=config).status == 201
    first = wire.publish("mi", PublishTo="LATEST_PUBLISHED").json
    assert first["Version"] == "$LATEST.PUBLISHED"
    assert first["FunctionArn"].endswith(":function:mi:$LATEST.PUBLISHED")
    assert wire.publish("mi").json["Version"] == "1", "numbers go their own way"
    wire.update_code("mi", "new code")
    second = wire.publish("mi", PublishTo="LATEST_PUBLISHED").json
    assert second["CodeSha256"] != first["CodeSha256"]
    listed = wire("GET", f"{FUNCTIONS}/mi/versions").json["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1", "$LATEST.PUBLISHED"]
    assert wire.create_alias("mi", "PROD", "$LATEST.PUBLISHED").status == 201
    assert wire("GET", f"{FUNCTIONS}/mi?Qualifier=PROD").json["Configuration"]["Version"] == (
        "$LATEST.PUBLISHED")
    assert wire.publish("mi", PublishTo="LATEST_PUBLISHED").status == 201, "though an alias uses it"
    pages = []
    marker = ""
    while marker is not None:
        page = wire("GET", f"{FUNCTIONS}?FunctionVersion=ALL&MaxItems=1{marker}").json
        pages += page["Functions"]
        marker = f"&Marker={quote(page['NextMarker'])}" if page["NextMarker"] else None
    assert len({each["FunctionArn"] for each in pages}) == len(pages) == 7
