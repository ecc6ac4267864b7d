# SPDX-License-Identifier: MIT
"""Layers: versions, lists, policies, and the functions that use them."""

import io
import json
import urllib.request
import zipfile

import pytest
from lib import aws
from test_rules import fails
from wire import quote

ARN = "arn:aws:lambda:us-east-1:000000000000:layer:"
LAYERS = "/2018-10-31/layers"


def archive(text):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(zipfile.ZipInfo("python/thing.py"), text)
    return data.getvalue()


def publish(api, name="lib", text="1", **settings):
    return api.publish_layer_version(LayerName=name, Content={"ZipFile": archive(text)}, **settings)


# --- versions -------------------------------------------------------------------------------------


def test_a_layer_version_is_shown_as_it_was_published(api):
    made = publish(api, Description="d", LicenseInfo="MIT", CompatibleRuntimes=["python3.12", "java8"],
                   CompatibleArchitectures=["arm64"])
    assert (made["Version"], made["LayerArn"], made["LayerVersionArn"]) == (1, ARN + "lib", ARN + "lib:1")
    assert made["Content"]["CodeSha256"] == aws.code_sha256(archive("1"))
    assert made["Content"]["CodeSize"] == len(archive("1"))
    for shown in (api.get_layer_version(LayerName="lib", VersionNumber=1),
                  api.get_layer_version(LayerName=ARN + "lib", VersionNumber=1),
                  api.get_layer_version_by_arn(Arn=ARN + "lib:1")):
        for each in ("Description", "LicenseInfo", "CompatibleRuntimes", "CompatibleArchitectures",
                     "CreatedDate", "Version", "LayerArn", "LayerVersionArn"):
            assert shown[each] == made[each], each
        with urllib.request.urlopen(shown["Content"]["Location"]) as code:
            assert code.read() == archive("1")
    assert publish(api)["Version"] == 2
    assert "CompatibleRuntimes" not in api.get_layer_version(LayerName="lib", VersionNumber=2)
    empty = publish(api, "other", CompatibleRuntimes=[], CompatibleArchitectures=[])
    assert (empty["CompatibleRuntimes"], empty["CompatibleArchitectures"]) == ([], [])


def test_numbers_of_layer_versions_are_never_used_twice(api):
    publish(api)
    publish(api, text="2")
    for number in (1, 2, 2, 7):
        api.delete_layer_version(LayerName="lib", VersionNumber=number)
    assert api.list_layers()["Layers"] == []
    assert api.list_layer_versions(LayerName="lib")["LayerVersions"] == []
    assert publish(api)["Version"] == 3


def test_lists_of_layers_are_filtered_and_paged(api):
    publish(api, "a", CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["x86_64"])
    publish(api, "a", CompatibleRuntimes=["nodejs22.x"], CompatibleArchitectures=["arm64"])
    publish(api, "b")
    publish(api, "c", CompatibleRuntimes=["python3.12", "python3.13"])

    def listed(**filters):
        return [(each["LayerName"], each["LatestMatchingVersion"]["Version"])
                for page in api.get_paginator("list_layers").paginate(
                    PaginationConfig={"PageSize": 1}, **filters) for each in page["Layers"]]

    assert listed() == [("a", 2), ("b", 1), ("c", 1)]
    assert listed(CompatibleRuntime="python3.12") == [("a", 1), ("c", 1)]
    assert listed(CompatibleRuntime="python3.13") == [("c", 1)]
    assert listed(CompatibleArchitecture="arm64") == [("a", 2)]
    assert listed(CompatibleRuntime="python3.12", CompatibleArchitecture="arm64") == []
    versions = [each["Version"] for page in api.get_paginator("list_layer_versions").paginate(
        LayerName="a", PaginationConfig={"PageSize": 1}) for each in page["LayerVersions"]]
    assert versions == [2, 1], "the newest comes first"
    assert [each["Version"] for each in api.list_layer_versions(
        LayerName="a", CompatibleRuntime="python3.12")["LayerVersions"]] == [1]
    assert api.list_layer_versions(LayerName="none")["LayerVersions"] == []


def test_layers_that_are_not_there_or_wrong(api, wire):
    publish(api)
    missing = "The resource you requested does not exist."
    for name, number in (("none", 1), ("lib", 2)):
        assert fails("ResourceNotFoundException", api.get_layer_version,
                     LayerName=name, VersionNumber=number) == missing
    assert fails("ResourceNotFoundException", api.get_layer_version_by_arn, Arn=ARN + "lib:2") == missing
    for number in (0, -1):
        for call in (api.get_layer_version, api.delete_layer_version):
            assert fails("InvalidParameterValueException", call, LayerName="lib",
                         VersionNumber=number) == "Layer Version Cannot be less than 1"
    answer = wire("GET", f"{LAYERS}?find=LayerVersion&Arn={quote(ARN + 'lib')}")
    assert answer.status == 400 and "regular expression pattern: (arn:(aws" in answer.message
    answer = wire("GET", f"{LAYERS}/lib/versions/9999999999")
    assert answer.status == 404, "numbers are longs"
    answer = wire("GET", f"{LAYERS}?CompatibleRuntime=nothing")
    assert answer.status == 400 and "at 'compatibleRuntime' failed" in answer.message
    answer = wire("POST", f"{LAYERS}/lib/versions", {
        "Content": {"ZipFile": "UEsFBg=="}, "CompatibleRuntimes": ["python3.12", "x"],
        "CompatibleArchitectures": ["y", "arm64"]})
    assert answer.status == 400 and answer.message.startswith(
        "2 validation errors detected: Value '[python3.12, x]' at 'compatibleRuntimes' failed to "
        "satisfy constraint: Member must satisfy enum value set: [nodejs20.x, ")
    assert answer.message.endswith(
        "Value '[y, arm64]' at 'compatibleArchitectures' failed to satisfy constraint: Member must "
        "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not "
        "be null]")
    other = ARN.replace("000000000000", "111111111111")
    assert wire("GET", f"{LAYERS}/{quote(other + 'lib')}/versions/1").status == 403
    assert "non-empty zip" in fails("InvalidParameterValueException", api.publish_layer_version, LayerName="lib",
        Content={"ZipFile": b"PK\5\6" + bytes(18)})
    assert "Please provide a source" in fails("InvalidParameterValueException", api.publish_layer_version, LayerName="lib", Content={})


def test_the_code_of_a_layer_counts_and_goes_with_its_last_user(make_plane):
    plane = make_plane("--settle", "0")
    api = plane.api
    content = archive("shared")
    aws.create_function(api, "fn")
    before = api.get_account_settings()["AccountUsage"]["TotalCodeSize"]
    publish(api, text="shared")
    assert api.get_account_settings()["AccountUsage"]["TotalCodeSize"] == before + len(content)
    api.update_function_code(FunctionName="fn", ZipFile=content)
    api.delete_layer_version(LayerName="lib", VersionNumber=1)
    location = api.get_function(FunctionName="fn")["Code"]["Location"]
    with urllib.request.urlopen(location) as code:
        assert code.read() == content, "a function still has that code"
    publish(api, text="shared")
    location = api.get_layer_version(LayerName="lib", VersionNumber=2)["Content"]["Location"]
    api.delete_function(FunctionName="fn")
    with urllib.request.urlopen(location) as code:
        assert code.read() == content, "a layer still has it"
    api.delete_layer_version(LayerName="lib", VersionNumber=2)
    with pytest.raises(urllib.request.HTTPError):
        urllib.request.urlopen(location)


# --- policies -------------------------------------------------------------------------------------


def permit(api, sid, principal="*", **more):
    return api.add_layer_version_permission(
        LayerName="lib", VersionNumber=1, StatementId=sid, Principal=principal,
        Action="lambda:GetLayerVersion", **more)


def test_the_policy_of_a_layer_version(api):
    publish(api)
    where = {"LayerName": "lib", "VersionNumber": 1}
    assert fails("ResourceNotFoundException", api.get_layer_version_policy,
                 **where) == "No policy is associated with the given resource."
    one = permit(api, "one")
    statement = {"Sid": "one", "Effect": "Allow", "Principal": "*",
                 "Action": "lambda:GetLayerVersion", "Resource": ARN + "lib:1"}
    assert json.loads(one["Statement"]) == statement
    shown = api.get_layer_version_policy(**where)
    assert json.loads(shown["Policy"]) == {
        "Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert shown["RevisionId"] == one["RevisionId"]
    two = permit(api, "two", "123456789012", RevisionId=one["RevisionId"])
    assert json.loads(two["Statement"])["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    three = permit(api, "three", OrganizationId="o-abcdefghij")
    assert json.loads(three["Statement"])["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}
    stale = "Call the GetLayerPolicy API to retrieve the latest Revision Id"
    assert stale in fails("PreconditionFailedException", permit, api=api, sid="four",
                          RevisionId=one["RevisionId"])
    assert "(two) provided already exists" in fails("ResourceConflictException", permit, api=api, sid="two", RevisionId=one["RevisionId"])
    assert stale in fails("PreconditionFailedException", api.remove_layer_version_permission,
                          StatementId="two", RevisionId=one["RevisionId"], **where)
    assert fails("ResourceNotFoundException", api.remove_layer_version_permission, StatementId="no",
                 **where) == "Statement no is not found in resource policy."
    for sid in ("one", "two", "three"):
        api.remove_layer_version_permission(StatementId=sid, **where)
    fails("ResourceNotFoundException", api.get_layer_version_policy, **where)
    for name, number in (("none", 1), ("lib", 2)):
        text = f"Layer version {ARN}{name}:{number} does not exist."
        where = {"LayerName": name, "VersionNumber": number}
        assert fails("ResourceNotFoundException", api.get_layer_version_policy, **where) == text
        assert fails("ResourceNotFoundException", api.remove_layer_version_permission,
                     StatementId="s", **where) == text


# --- functions with layers ------------------------------------------------------------------------


def test_functions_check_the_layers_that_they_name(api):
    size = publish(api)["Content"]["CodeSize"]
    publish(api, text="2")
    made = api.create_function(FunctionName="fn", Runtime="python3.12", Role=aws.ROLE, Handler="h.h",
                               Code={"ZipFile": aws.code("1")}, Layers=[ARN + "lib:1"])
    assert made["Layers"] == [{"Arn": ARN + "lib:1", "CodeSize": size}]

    def refused(*layers):
        return fails("InvalidParameterValueException", api.update_function_configuration,
                     FunctionName="fn", Layers=list(layers))

    for missing in (ARN + "none:1", ARN + "lib:9"):
        assert refused(missing) == f"Layer version {missing} does not exist."
        assert fails("InvalidParameterValueException", api.create_function, FunctionName="new",
                     Runtime="python3.12", Role=aws.ROLE, Handler="h.h",
                     Code={"ZipFile": aws.code("1")},
                     Layers=[missing]) == f"Layer version {missing} does not exist."
    for second in ("lib:2", "lib:1"):
        assert refused(ARN + "lib:1", ARN + second) == (
            "Two different versions of the same layer are not allowed to be referenced in the same "
            f"function. {ARN}lib:1 and {ARN}{second} are versions of the same layer.")
    own = "arn:aws:lambda:::awslayer:"
    assert refused(own + "AmazonLinux1703", own + "AmazonLinux1703").endswith("versions of the same layer.")
    assert refused(ARN.replace("us-east-1", "eu-west-1") + "lib:1") == (
        "Layers are not in the same region as the function. Layers are expected to be in region "
        "us-east-1.")
    other = ARN.replace("000000000000", "017000801446") + "Powertools:7"
    shown = api.update_function_configuration(FunctionName="fn", Layers=[other, ARN + "lib:2"])
    assert [each["Arn"] for each in shown["Layers"]] == [other, ARN + "lib:2"]
    api.delete_layer_version(LayerName="lib", VersionNumber=2)
    assert api.get_function_configuration(FunctionName="fn")["Layers"] == shown["Layers"]
    api.update_function_configuration(FunctionName="fn", Description="what stays is not checked")
    shown = api.update_function_configuration(
        FunctionName="fn", Layers=[own + "AmazonLinux1703", own + "AmazonLinux18", other])
    assert [each["Arn"] for each in shown["Layers"]] == [
        own + "AmazonLinux1703", own + "AmazonLinux18", other]
    assert "Layers" not in api.update_function_configuration(FunctionName="fn", Layers=[])
