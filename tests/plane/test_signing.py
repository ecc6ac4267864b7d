# SPDX-License-Identifier: MIT
"""Code signing configurations, and the functions that have one."""

import re

from lib import aws
from test_rules import fails

PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/test"
NONE = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-00000000000000000"
CONFIGURATIONS = "/2020-04-22/code-signing-configs"
PUBLISHERS = {"SigningProfileVersionArns": [PROFILE]}


def create(api, **settings):
    return api.create_code_signing_config(AllowedPublishers=PUBLISHERS, **settings)["CodeSigningConfig"]


def test_the_life_of_a_code_signing_configuration(api, wire):
    made = create(api, Description="d",
                  CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"})
    arn = made["CodeSigningConfigArn"]
    assert re.fullmatch(r"csc-[a-z0-9]{17}", made["CodeSigningConfigId"])
    assert arn.endswith(":code-signing-config:" + made["CodeSigningConfigId"])
    assert made["AllowedPublishers"] == PUBLISHERS
    assert api.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == made
    assert api.list_code_signing_configs()["CodeSigningConfigs"] == [made]
    changed = api.update_code_signing_config(
        CodeSigningConfigArn=arn,
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"})["CodeSigningConfig"]
    assert changed["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert (changed["Description"], changed["AllowedPublishers"]) == ("d", PUBLISHERS)
    assert create(api)["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    pages = list(api.get_paginator("list_code_signing_configs").paginate(
        PaginationConfig={"PageSize": 1}))
    assert len([each for page in pages for each in page["CodeSigningConfigs"]]) == 2
    answer = wire("POST", CONFIGURATIONS, {"AllowedPublishers": PUBLISHERS, "Tags": {"a": "1"}})
    arn = answer.json["CodeSigningConfig"]["CodeSigningConfigArn"]
    assert api.list_tags(Resource=arn)["Tags"] == {"a": "1"}
    api.tag_resource(Resource=arn, Tags={"b": "2"})
    api.untag_resource(Resource=arn, TagKeys=["a"])
    assert api.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    api.delete_code_signing_config(CodeSigningConfigArn=arn)
    fails("ResourceNotFoundException", api.list_tags, Resource=arn)


def test_a_code_signing_configuration_that_is_not_there(api, wire):
    text = f"The Lambda code signing configuration {NONE} can not be found."
    for call in (api.get_code_signing_config, api.delete_code_signing_config,
                 api.update_code_signing_config, api.list_functions_by_code_signing_config):
        assert fails("ResourceNotFoundException", call, CodeSigningConfigArn=NONE) == text
    answer = wire("GET", f"{CONFIGURATIONS}/" + NONE.replace(":", "%3A"))
    assert answer.json == {"Message": text}, "AWS gives no Type here"
    missing = ("The code signing configuration cannot be found. Check that the provided "
               f"configuration is not deleted: {NONE}.")
    assert fails("CodeSigningConfigNotFoundException", api.put_function_code_signing_config,
                 FunctionName="none", CodeSigningConfigArn=NONE) == missing
    assert fails("CodeSigningConfigNotFoundException", api.create_function, FunctionName="fn",
                 Runtime="python3.12", Role=aws.ROLE, Handler="h.h", Code={"ZipFile": aws.code("1")},
                 CodeSigningConfigArn=NONE) == missing


def test_a_function_has_one_code_signing_configuration(api):
    arn = create(api)["CodeSigningConfigArn"]
    aws.create_function(api, "fn")
    assert "CodeSigningConfigArn" not in api.get_function_code_signing_config(FunctionName="fn")
    assert api.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"] == []
    put = api.put_function_code_signing_config(FunctionName="fn", CodeSigningConfigArn=arn)
    shown = api.get_function_code_signing_config(FunctionName="fn")
    for each in (put, shown):
        assert (each["FunctionName"], each["CodeSigningConfigArn"]) == ("fn", arn)
    api.create_function(FunctionName="second", Runtime="python3.12", Role=aws.ROLE, Handler="h.h",
                        Code={"ZipFile": aws.code("1")}, CodeSigningConfigArn=arn)
    listed = [each for page in api.get_paginator("list_functions_by_code_signing_config").paginate(
        CodeSigningConfigArn=arn, PaginationConfig={"PageSize": 1}) for each in page["FunctionArns"]]
    assert [each.rsplit(":", 1)[1] for each in listed] == ["fn", "second"]
    fails("ResourceConflictException", api.delete_code_signing_config, CodeSigningConfigArn=arn)
    api.delete_function_code_signing_config(FunctionName="fn")
    api.delete_function_code_signing_config(FunctionName="fn")
    api.delete_function(FunctionName="second")
    api.delete_code_signing_config(CodeSigningConfigArn=arn)
    for call in (api.get_function_code_signing_config, api.delete_function_code_signing_config):
        assert "Function not found: " in fails("ResourceNotFoundException", call, FunctionName="no")


def test_an_enforced_configuration_refuses_unsigned_code(api):
    arn = create(api, CodeSigningPolicies={
        "UntrustedArtifactOnDeployment": "Enforce"})["CodeSigningConfigArn"]
    aws.create_function(api, "fn")
    api.put_function_code_signing_config(FunctionName="fn", CodeSigningConfigArn=arn)
    before = api.get_function_configuration(FunctionName="fn")["CodeSha256"]
    fails("CodeVerificationFailedException", api.update_function_code, FunctionName="fn",
          ZipFile=aws.code("2"))
    fails("CodeVerificationFailedException", api.create_function, FunctionName="new",
          Runtime="python3.12", Role=aws.ROLE, Handler="h.h", Code={"ZipFile": aws.code("1")},
          CodeSigningConfigArn=arn)
    assert api.get_function_configuration(FunctionName="fn")["CodeSha256"] == before
    api.update_code_signing_config(CodeSigningConfigArn=arn, CodeSigningPolicies={
        "UntrustedArtifactOnDeployment": "Warn"})
    api.update_function_code(FunctionName="fn", ZipFile=aws.code("2"))
