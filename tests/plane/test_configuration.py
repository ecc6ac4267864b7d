# SPDX-License-Identifier: MIT
"""What a function is made of: code, runtime, settings; what of it is shown, and when it changed."""

import base64
import re
import time

import pytest
from lib import aws
from lib.process import wait_for
from wire import FUNCTIONS, Wire, quote

ZIP = base64.b64encode(aws.code("x")).decode()
ARN = "arn:aws:lambda:us-east-1:000000000000:function:fn"
SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000")


def refused(answer, words, status=400, code="InvalidParameterValueException"):
    assert (answer.status, answer.code) == (status, code), str(answer)
    assert words in answer.message, answer.message


# Where code comes from

@pytest.mark.parametrize("source", [
    {"S3Bucket": "bucket"}, {"S3Key": "k"}, {"S3ObjectVersion": "v"},
    {"S3Bucket": "bucket", "S3ObjectVersion": "v"}, {"S3Key": "k", "S3ObjectVersion": "v"},
    {"S3ObjectStorageMode": "COPY"},
])
def test_half_a_place_in_s3_is_refused(wire, source):
    words = "S3 Bucket and Key are required for uploading with S3 parameters."
    refused(wire.create_function("fn", Code=source), words)
    wire.create_function("fn")
    refused(wire("PUT", f"{FUNCTIONS}/fn/code", source), words)


@pytest.mark.parametrize("other", [
    {"S3Bucket": "bucket", "S3Key": "k"}, {"S3Bucket": "bucket"}, {"S3Key": "k"},
    {"S3ObjectVersion": "v"},
])
def test_a_zip_comes_alone(wire, other):
    words = "Please do not provide other FunctionCode parameters when providing a ZipFile."
    refused(wire.create_function("fn", Code={"ZipFile": ZIP, **other}), words)
    wire.create_function("fn")
    refused(wire("PUT", f"{FUNCTIONS}/fn/code", {"ZipFile": ZIP, **other}), words)
    refused(wire("PUT", f"{FUNCTIONS}/fn/code", {"ZipFile": ZIP, "ImageUri": "i"}), words)


def test_no_source_at_all_and_a_bucket_that_is_not_there(wire):
    refused(wire.create_function("fn", Code={}), "Please provide a source for function code.")
    refused(wire.create_function("fn", Code={"S3Bucket": "bucket", "S3Key": "k"}), "NoSuchBucket")
    assert wire("GET", f"{FUNCTIONS}/fn").status == 404


# Runtimes

@pytest.mark.parametrize("runtime", [
    "java8", "go1.x", "provided", "ruby2.7", "nodejs12.x", "nodejs14.x", "python3.7",
    "dotnetcore3.1", "nodejs", "nodejs8.10", "python2.7", "ruby2.5", "dotnetcore2.1",
])
def test_a_runtime_that_aws_has_ended(wire, runtime):
    words = f"The runtime parameter of {runtime} is no longer supported for creating or updating"
    refused(wire.create_function("fn", Runtime=runtime), words)
    wire.create_function("fn")
    refused(wire.update_configuration("fn", Runtime=runtime), words)


def test_a_runtime_that_never_was(wire):
    refused(wire.create_function("fn", Runtime="cobol85"),
            "Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
            "set: [nodejs20.x, ")


# Networks and images

def test_a_network_says_whether_it_allows_ipv6(wire):
    network = {"SubnetIds": ["subnet-0a"], "SecurityGroupIds": ["sg-0A"]}
    made = wire.create_function("fn", VpcConfig=network).json["VpcConfig"]
    assert made == {**network, "VpcId": made["VpcId"], "Ipv6AllowedForDualStack": False}
    assert made["VpcId"].startswith("vpc-")
    both = wire.update_configuration("fn", VpcConfig={**network, "Ipv6AllowedForDualStack": True})
    assert both.json["VpcConfig"]["Ipv6AllowedForDualStack"] is True
    none = wire.update_configuration("fn", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})
    assert none.json["VpcConfig"] == {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "",
                                      "Ipv6AllowedForDualStack": False}


@pytest.mark.parametrize("network, where, pattern", [
    ({"SubnetIds": ["subnet-0A"]}, "subnetIds", "subnet-[0-9a-z]*"),
    ({"SubnetIds": ["subnet-1", "x"]}, "subnetIds", "subnet-[0-9a-z]*"),
    ({"SecurityGroupIds": ["sg-!"]}, "securityGroupIds", "sg-[0-9a-zA-Z]*"),
    ({"SecurityGroupIds": ["sg-" + "a" * 1022]}, "securityGroupIds", "1024"),
])
def test_ids_of_networks_are_checked(wire, network, where, pattern):
    for answer in (wire.create_function("fn", VpcConfig=network),
                   wire.update_configuration("fn", VpcConfig=network)):
        refused(answer, f"at 'vpcConfig.{where}' failed to satisfy constraint: Member must satisfy",
                code="ValidationException")
        assert pattern in answer.message


def create_image(wire, uri, **settings):
    return wire("POST", FUNCTIONS, {"FunctionName": "fn", "PackageType": "Image", "Role": aws.ROLE,
                                    "Code": {"ImageUri": uri}, **settings})


@pytest.mark.parametrize("uri, repository", [
    ("1.dkr.ecr.us-east-1.amazonaws.com/repo:tag", "1.dkr.ecr.us-east-1.amazonaws.com/repo"),
    ("localhost:5000/a/repo", "localhost:5000/a/repo"), ("repo:1", "repo"),
])
def test_an_image_is_resolved_to_its_digest(wire, uri, repository):
    made = create_image(wire, uri).json
    assert re.fullmatch("[0-9a-f]{64}", made["CodeSha256"])
    assert made["Runtime"] is None and made["Handler"] is None
    assert made["RuntimeVersionConfig"] is None
    code = wire("GET", f"{FUNCTIONS}/fn").json["Code"]
    assert (code["ImageUri"], code["ResolvedImageUri"]) == (
        uri, f"{repository}@sha256:{made['CodeSha256']}")


def test_an_image_that_is_named_by_its_digest(wire):
    uri = "1.dkr.ecr.us-east-1.amazonaws.com/repo@sha256:" + "ab" * 32
    assert create_image(wire, uri).json["CodeSha256"] == "ab" * 32
    assert wire("GET", f"{FUNCTIONS}/fn").json["Code"]["ResolvedImageUri"] == uri


@pytest.mark.parametrize("empty", [{}, {"EntryPoint": [], "Command": []}, {"WorkingDirectory": ""}])
def test_an_emptied_image_config_is_not_shown(wire, empty):
    made = create_image(wire, "repo:1", ImageConfig={"Command": ["a"]})
    assert made.json["ImageConfigResponse"] == {"ImageConfig": {"Command": ["a"]}}
    assert wire.update_configuration("fn", Timeout=4).json["ImageConfigResponse"]["ImageConfig"]
    assert wire.update_configuration("fn", ImageConfig=empty).json["ImageConfigResponse"] is None
    assert wire.get_configuration("fn").json["ImageConfigResponse"] is None


def test_the_tags_of_an_image_are_checked_too(wire):
    refused(create_image(wire, "repo:1", Tags={str(number): "" for number in range(51)}),
            "Number of tags exceeds resource tag limit.")


# Explicit nulls

UNSET = {"VpcConfig", "KMSKeyArn", "DeadLetterConfig", "Environment", "Layers", "MasterArn",
         "ImageConfigResponse", "TenancyConfig", "CapacityProviderConfig", "DurableConfig",
         "SigningJobArn", "SigningProfileVersionArn", "ConfigSha256"}
REASONS = {"StateReason", "StateReasonCode", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}


def nulls(shown):
    return {name for name, value in shown.items() if value is None}


def test_what_is_unset_is_null(wire):
    made = wire.create_function("fn").json
    assert nulls(made) == UNSET | {"LastUpdateStatus", "LastUpdateStatusReason",
                                   "LastUpdateStatusReasonCode"}
    assert nulls(wire.get_configuration("fn").json) == UNSET | REASONS
    assert nulls(wire.update_configuration("fn", Timeout=4).json) == UNSET | {
        "StateReason", "StateReasonCode"}
    listed = {"State", "LastUpdateStatus", "RuntimeVersionConfig"}
    assert nulls(wire("GET", FUNCTIONS).json["Functions"][0]) == UNSET | REASONS | listed
    version = wire("GET", f"{FUNCTIONS}/fn/versions").json["Versions"][0]
    assert nulls(version) == UNSET | REASONS | listed
    logging = made["LoggingConfig"]
    assert logging["ApplicationLogLevel"] is None and logging["SystemLogLevel"] is None
    assert made["RuntimeVersionConfig"]["Error"] is None


def test_what_is_set_and_unset_again_is_null_again(wire):
    wire.create_function("fn")
    for name, value, empty in (
            ("KMSKeyArn", "arn:aws:kms:us-east-1:000000000000:key/k", ""),
            ("DeadLetterConfig", {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"},
             {"TargetArn": ""})):
        assert wire.update_configuration("fn", **{name: value}).json[name] == value
        assert wire.update_configuration("fn", **{name: empty}).json[name] is None
        assert nulls(wire.get_configuration("fn").json) == UNSET | REASONS
    wire.update_configuration("fn", Environment={"Variables": {"Layers": "x", "KMSKeyArn": "y"}})
    assert nulls(wire.get_configuration("fn").json) == (UNSET | REASONS) - {"Environment"}


def test_a_published_version_with_nulls_is_the_last_one(wire):
    wire.create_function("fn")
    assert wire.publish("fn").json["Version"] == wire.publish("fn").json["Version"] == "1"
    wire.update_configuration("fn", KMSKeyArn="")
    assert wire.publish("fn").json["Version"] == "1", "nothing was set, nothing differs"


def test_the_other_answers_have_nulls_too(wire):
    wire.create_function("fn")
    assert wire("GET", f"{FUNCTIONS}/fn").json["Tags"] is None
    whole = wire("GET", f"{FUNCTIONS}/fn").json
    assert nulls(whole) == {"Tags", "TagsError", "Concurrency"}
    assert nulls(whole["Code"]) == {"ImageUri", "ResolvedImageUri", "ResolvedS3Object",
                                    "ResolvedS3Uri", "SourceKMSKeyArn", "Error"}
    alias = wire.create_alias("fn", "PROD", "$LATEST").json
    assert nulls(alias) == {"RoutingConfig"}
    for path in (FUNCTIONS, f"{FUNCTIONS}/fn/versions", f"{FUNCTIONS}/fn/aliases",
                 f"{FUNCTIONS}?FunctionVersion=ALL&MasterRegion=ALL",
                 f"{FUNCTIONS}/fn/aliases?FunctionVersion=99999999999999999999"):
        assert wire("GET", path).json["NextMarker"] is None
    wire("PUT", "/2017-10-31/functions/fn/concurrency", {"ReservedConcurrentExecutions": 0})
    assert wire("GET", f"{FUNCTIONS}/fn").json["Concurrency"] == {"ReservedConcurrentExecutions": 0}


# When it changed

def test_an_update_is_dated_in_whole_seconds_and_its_versions_with_it(wire):
    made = wire.create_function("fn").json["LastModified"]
    wire.publish("fn")
    for update in (lambda: wire.update_code("fn", "2"), lambda: wire.update_configuration("fn"),
                   lambda: wire.update_code("fn", "3", Publish=True)):
        answer = update()
        assert answer.status == 200 and SECONDS.fullmatch(answer.json["LastModified"]), str(answer)
        assert wire.get_configuration("fn").json["LastModified"] == answer.json["LastModified"]
        assert wire.publish("fn").json["LastModified"] == answer.json["LastModified"]
    first = wire("GET", f"{FUNCTIONS}/fn/configuration?Qualifier=1").json
    assert first["LastModified"] == made


def test_a_creation_is_dated_in_milliseconds(make_plane):
    wire = Wire(make_plane().port)
    made = [wire.create_function(f"fn{number}").json["LastModified"] for number in range(8)]
    assert not all(SECONDS.fullmatch(each) for each in made)


# Tags

def tags_path(arn=ARN):
    return f"/2017-03-31/tags/{quote(arn)}"


def seen(wire):
    shown = wire.get_configuration("fn").json
    return shown["RevisionId"], shown["LastModified"]


def test_tags_change_the_function_even_when_they_are_the_same(wire):
    wire.create_function("fn", Tags={"a": "1"})
    wire.publish("fn")
    before = seen(wire)
    for change in (lambda: wire("POST", tags_path(), {"Tags": {"a": "2"}}),
                   lambda: wire("POST", tags_path(), {"Tags": {"a": "2"}}),
                   lambda: wire("DELETE", f"{tags_path()}?tagKeys=a"),
                   lambda: wire("DELETE", f"{tags_path()}?tagKeys=nothing")):
        time.sleep(0.002)  # a time is shown to the millisecond
        assert change().status == 204
        after = seen(wire)
        assert after[0] != before[0] and after[1] > before[1]
        before = after
    assert wire.publish("fn").json["Version"] == "1", "tags are no part of a version"


def test_an_update_that_looked_before_the_tags_is_refused(wire):
    wire.create_function("fn")
    stale = seen(wire)[0]
    wire("POST", tags_path(), {"Tags": {"a": "1"}})
    answer = wire.update_configuration("fn", Timeout=9, RevisionId=stale)
    assert (answer.status, answer.code) == (412, "PreconditionFailedException")


@pytest.mark.parametrize("name", ["aws:x", "aws:", "AWS:x", "aWs:cloudformation"])
def test_names_that_aws_keeps_for_itself_change_nothing(wire, name):
    words = ('One or more of your tags had a problem, please ensure none of your tag names start '
             'with "aws:", none are empty, and there are no duplicate tags')
    refused(wire.create_function("fn", Tags={"a": "1", name: "2"}), words)
    wire.create_function("fn", Tags={"a": "1"})
    before = seen(wire)
    refused(wire("POST", tags_path(), {"Tags": {"b": "2", name: "3"}}), words)
    assert seen(wire) == before
    assert wire("GET", tags_path()).json["Tags"] == {"a": "1"}
    assert wire("POST", tags_path(), {"Tags": {"aws": "1", "x:aws:": "2"}}).status == 204


def test_refused_tags_do_not_change_the_function(wire):
    wire.create_function("fn")
    before = seen(wire)
    for body in ({"Tags": {}}, {"Tags": {str(number): "" for number in range(51)}}, {},
                 {"Tags": {"*": ""}}):
        assert wire("POST", tags_path(), body).status == 400
    assert wire("DELETE", tags_path()).status == 400
    assert seen(wire) == before


def test_tags_wait_for_an_update(make_plane):
    plane = make_plane("--settle", "3600000")
    wire = Wire(plane.port)
    wire.create_function("fn")
    assert wire("POST", tags_path(), {"Tags": {"a": "1"}}).status == 409
    plane.settle()
    wait_for(lambda: wire("POST", tags_path(), {"Tags": {"a": "1"}}).status == 204)


# Deleting

def test_what_is_no_version_and_no_alias_cannot_be_deleted_from_nothing(wire):
    for qualifier in ("$latest", "valid-with-$"):
        answer = wire("DELETE", f"{FUNCTIONS}/fn?Qualifier={quote(qualifier)}")
        refused(answer, f"Function not found: {ARN}", 404, "ResourceNotFoundException")
        wire.create_function("fn")
        assert wire("DELETE", f"{FUNCTIONS}/fn?Qualifier={quote(qualifier)}").status == 204
        assert wire("GET", f"{FUNCTIONS}/fn").status == 200
        wire("DELETE", f"{FUNCTIONS}/fn")
    refused(wire("DELETE", f"{FUNCTIONS}/fn?Qualifier=$LATEST"), "$LATEST version cannot be deleted")


# Two versions behind one alias

def test_versions_of_one_alias_share_role_and_dead_letter_queue(wire):
    wire.create_function("fn")
    wire.publish("fn")
    wire.update_configuration("fn", Role=aws.ROLE + "-other")
    wire.publish("fn")
    wire.update_configuration("fn", Role=aws.ROLE, DeadLetterConfig={
        "TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"})
    wire.publish("fn")
    wire.create_alias("fn", "PROD", 1)
    for version, message in ((2, "Specified versions must be associated with the same execution role"),
                             (3, "Specified versions must be configured with the same DLQ target")):
        routing = {"RoutingConfig": {"AdditionalVersionWeights": {str(version): 0.5}}}
        for answer in (wire.update_alias("fn", "PROD", **routing),
                       wire.create_alias("fn", "NEW", 1, **routing)):
            assert answer.status == 400
            assert answer.json == {"Type": None, "message": message}
    latest = wire.update_alias("fn", "PROD", FunctionVersion="$LATEST", RoutingConfig={
        "AdditionalVersionWeights": {"1": 0.5}})
    assert latest.json["Type"] is None


# Numbers where an integer is wanted

def reserve(wire, text, name="fn"):
    return wire("PUT", f"/2017-10-31/functions/{name}/concurrency",
                '{"ReservedConcurrentExecutions":%s}' % text)


@pytest.mark.parametrize("text, whole", [
    ("1.5", 1), ("2.9", 2), ("-0.5", 0), ("3e-1", 0), ("30e-1", 3), ("1.0", 1), ("1e2", 100),
    ("2.9999999999999999999999999", 2), ("-0.9999999999999999999999999", 0)])
def test_fractions_are_cut_off(wire, text, whole):
    wire.create_function("fn")
    assert reserve(wire, text).json == {"ReservedConcurrentExecutions": whole}
    shown = wire("GET", "/2019-09-30/functions/fn/concurrency").json
    assert shown == {"ReservedConcurrentExecutions": whole}


def test_what_is_too_large_for_an_integer_is_the_largest(wire):
    wire.create_function("fn")
    refused(reserve(wire, "1e100"), "below its minimum value of [100]")
    for text in ("-9223372036854775809", "-1e100", "-2147483648"):
        refused(reserve(wire, text), "Value '-2147483648' at 'reservedConcurrentExecutions' failed to "
                "satisfy constraint: Member must have value greater than or equal to 0",
                code="ValidationException")
    refused(wire.update_configuration("fn", Timeout=1e12), "Value '2147483647' at 'timeout'",
            code="ValidationException")


def test_integers_within_structures_are_cut_off_too(wire):
    made = wire.create_function("fn", Timeout=3.7, MemorySize=128.9, EphemeralStorage={"Size": 600.5})
    assert (made.json["Timeout"], made.json["MemorySize"], made.json["EphemeralStorage"]) == (
        3, 128, {"Size": 600})
    weights = {"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.25}}}
    wire.publish("fn")
    wire.update_configuration("fn", Timeout=9)
    wire.publish("fn")
    alias = wire.create_alias("fn", "PROD", 1, **weights).json
    assert alias["RoutingConfig"] == weights["RoutingConfig"], "a weight is no integer"


@pytest.mark.parametrize("text, message", [
    ("true", "TRUE_VALUE can not be converted to an Integer"),
    ("false", "FALSE_VALUE can not be converted to an Integer"),
    ('"1"', "STRING_VALUE can not be converted to an Integer"),
    ("[]", "Start of list found where not expected"),
    ("{}", "Start of structure or map found where not expected."),
])
def test_another_type_than_an_integer(wire, text, message):
    wire.create_function("fn")
    for name in ("fn", "gone"):
        answer = reserve(wire, text, name)
        assert (answer.status, answer.code) == (400, "SerializationException")
        assert answer.json == {"Message": message}, "no Type"


@pytest.mark.parametrize("member, value, message", [
    ("Description", [], "Start of list found where not expected"),
    ("Description", {}, "Start of structure or map found where not expected."),
    ("Description", 1, "NUMBER_VALUE can not be converted to a String"),
    ("Description", 1.5, "DECIMAL_VALUE can not be converted to a String"),
    ("Publish", "x", "STRING_VALUE can not be converted to a Boolean"),
    ("Layers", "x", "Unexpected field type"),
    ("Layers", {}, "Start of structure or map found where not expected."),
    ("Layers", [[]], "Start of list found where not expected"),
    ("Environment", [], "Start of list found where not expected"),
    ("Environment", {"Variables": {"AA": {}}}, "Start of structure or map found where not expected."),
])
def test_another_type_than_the_member_has(wire, member, value, message):
    answer = wire.create_function("fn", **{member: value})
    assert (answer.status, answer.code, answer.json) == (
        400, "SerializationException", {"Message": message})


# Concurrency

def test_reserving_for_what_is_not_a_function(wire):
    wire.create_function("fn")
    wire.publish("fn")
    answer = reserve(wire, 1, "gone")
    refused(answer, f"Function not found: {ARN[:-2]}gone:$LATEST", 404, "ResourceNotFoundException")
    for name in ("fn:$LATEST", "fn:1", "fn:PROD", f"{ARN}:$LATEST"):
        refused(reserve(wire, 1, quote(name)), "This operation is permitted on Lambda functions only.")
    answer = wire("GET", "/2019-09-30/functions/gone/concurrency")
    refused(answer, f"Function not found: {ARN[:-2]}gone", 404, "ResourceNotFoundException")
    assert not answer.message.endswith("$LATEST")
    assert wire("GET", "/2019-09-30/functions/fn/concurrency").json == {
        "ReservedConcurrentExecutions": None}
    assert wire.update_configuration(quote("fn:$LATEST"), Timeout=4).status == 200


def provision(wire, number, qualifier="1"):
    return wire("PUT", "/2019-09-30/functions/fn/provisioned-concurrency?Qualifier=" + quote(qualifier),
                {"ProvisionedConcurrentExecutions": number})


def test_provisioned_concurrency_is_shown_with_all_its_numbers(wire):
    wire.create_function("fn")
    wire.publish("fn")
    made = provision(wire, 7).json
    assert {name: made[name] for name in made if name != "LastModified"} == {
        "RequestedProvisionedConcurrentExecutions": 7, "AllocatedProvisionedConcurrentExecutions": 0,
        "AvailableProvisionedConcurrentExecutions": 0, "Status": "IN_PROGRESS", "StatusReason": None}
    listed = wire("GET", "/2019-09-30/functions/fn/provisioned-concurrency?List=ALL").json
    assert listed["ProvisionedConcurrencyConfigs"][0]["StatusReason"] is None
    refused(reserve(wire, 6), " ReservedConcurrentExecutions  6 should not be lower than function's "
            "total provisioned concurrency [7].")


@pytest.mark.parametrize("number, message", [
    (901, "Specified ConcurrentExecutions for function decreases account's "
          "UnreservedConcurrentExecution below its minimum value of [100]."),
    (1001, "Specified ConcurrentExecutions for function is greater than account's unreserved "
           "concurrency [1000]."),
])
def test_limits_of_concurrency_have_no_type(wire, number, message):
    wire.create_function("fn")
    wire.publish("fn")
    assert provision(wire, number).json == {"Type": None, "message": message}
    assert reserve(wire, 901).json["Type"] is None


@pytest.mark.parametrize("qualifier, message", [
    ("GONE", f"Cannot find alias arn: {ARN}:GONE"), ("9", f"Function not found: {ARN}:9"),
    ("$x", f"Function not found: {ARN}:$x")])
def test_provisioning_what_is_not_there(wire, qualifier, message):
    wire.create_function("fn")
    assert provision(wire, 1, qualifier).message == message


# Runtime management

RUNTIME = "/2021-07-20/functions/fn/runtime-management-config"


def test_runtime_management_of_a_function_and_of_a_version(wire):
    wire.create_function("fn")
    wire.publish("fn")
    before = wire.get_configuration("fn").json
    for query, arn in (("", ARN), ("?Qualifier=$LATEST", ARN), ("?Qualifier=1", f"{ARN}:1")):
        put = wire("PUT", RUNTIME + query, {"UpdateRuntimeOn": "FunctionUpdate"})
        assert put.json == {"FunctionArn": arn, "UpdateRuntimeOn": "FunctionUpdate",
                            "RuntimeVersionArn": None}
        assert wire("GET", RUNTIME + query).json == put.json
    after = wire.get_configuration("fn").json
    assert after["RevisionId"] != before["RevisionId"]
    assert after["LastModified"] == before["LastModified"]
    assert wire.publish("fn").json["Version"] == "1"


def test_runtime_management_is_an_update_that_takes_its_time(make_plane):
    plane = make_plane("--settle", "3600000")
    wire = Wire(plane.port)
    wire.create_function("fn")
    change = {"UpdateRuntimeOn": "FunctionUpdate"}
    refused(wire("PUT", RUNTIME, change), "Pending", 409, "ResourceConflictException")
    plane.settle()
    wait_for(lambda: wire("PUT", RUNTIME, change).status == 200)
    again = wire("PUT", RUNTIME, {"UpdateRuntimeOn": "Auto"})
    refused(again, f"An update is in progress for resource: {ARN}", 409, "ResourceConflictException")
    assert wire("GET", RUNTIME).json["UpdateRuntimeOn"] == "FunctionUpdate"
    assert wire.get_configuration("fn").json["LastUpdateStatus"] == "InProgress"
    assert wire.publish("fn").status == 409
    plane.settle()
    wait_for(lambda: wire("PUT", RUNTIME, {"UpdateRuntimeOn": "Auto"}).status == 200)


def test_the_values_of_enums_are_listed_as_aws_lists_them(wire):
    wire.create_function("fn")
    for path, method, body, listed in (
            ("/2024-08-31/functions/fn/recursion-config", "PUT", {"RecursiveLoop": "x"},
             "[Terminate, Allow]"),
            ("/2021-10-31/functions/fn/url", "POST", {"AuthType": "x"}, "[AWS_IAM, NONE]"),
            ("/2021-10-31/functions/fn/url", "POST", {"AuthType": "NONE", "InvokeMode": "x"},
             "[RESPONSE_STREAM, BUFFERED]"),
            (f"{FUNCTIONS}/fn/policy", "POST", {
                "StatementId": "s", "Action": "*", "Principal": "*", "FunctionUrlAuthType": "x"},
             "[AWS_IAM, NONE]"),
            ("/2015-03-31/event-source-mappings", "POST", {"FunctionName": "fn",
                                                           "StartingPosition": "x"},
             "[LATEST, AT_TIMESTAMP, TRIM_HORIZON]")):
        answer = wire(method, path, body)
        assert answer.message.endswith(f"Member must satisfy enum value set: {listed}"), str(answer)
