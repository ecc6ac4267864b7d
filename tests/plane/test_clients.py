# SPDX-License-Identifier: MIT
"""The clients that people use play the whole life of an alias, unmodified."""

import json

from botocore.exceptions import ClientError
from lib import aws


def test_the_command_line_plays_the_whole_life_of_an_alias(cli, scratch):
    archive = scratch / "code.zip"
    archive.write_bytes(aws.code("one"))
    made = cli.json("create-function", "--function-name", "hello", "--runtime", "python3.9",
                    "--role", aws.ROLE, "--handler", "handler.handler",
                    "--zip-file", f"fileb://{archive}")
    assert made["CodeSha256"] == aws.code_sha256(aws.code("one"))
    cli("wait", "function-active-v2", "--function-name", "hello")
    assert cli.json("publish-version", "--function-name", "hello")["Version"] == "1"
    archive.write_bytes(aws.code("two"))
    cli("update-function-code", "--function-name", "hello", "--zip-file", f"fileb://{archive}")
    assert cli.json("publish-version", "--function-name", "hello")["Version"] == "2"
    alias = cli.json("create-alias", "--function-name", "hello", "--name", "PROD",
                     "--function-version", "1")
    assert alias["AliasArn"].endswith(":function:hello:PROD")
    moved = cli.json("update-alias", "--function-name", "hello", "--name", "PROD",
                     "--function-version", "2", "--routing-config", "AdditionalVersionWeights={1=0.25}",
                     "--revision-id", alias["RevisionId"])
    assert moved["RoutingConfig"] == {"AdditionalVersionWeights": {"1": 0.25}}
    stale = cli("update-alias", "--function-name", "hello", "--name", "PROD",
                "--revision-id", alias["RevisionId"], check=False)
    assert stale.rc == 254 and "(PreconditionFailedException)" in stale.stderr
    assert cli.json("get-alias", "--function-name", "hello", "--name", "PROD") == moved
    assert cli.json("list-aliases", "--function-name", "hello")["Aliases"] == [moved]
    listed = cli.json("list-functions", "--function-version", "ALL")["Functions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1", "2"]
    cli("delete-alias", "--function-name", "hello", "--name", "PROD")
    gone = cli("get-alias", "--function-name", "hello", "--name", "PROD", check=False)
    assert "(ResourceNotFoundException)" in gone.stderr
    assert "Cannot find alias arn: arn:aws:lambda:" in gone.stderr
    cli("delete-function", "--function-name", "hello")
    assert cli.json("list-functions")["Functions"] == []


def test_boto3_plays_the_whole_life_of_an_alias(api):
    aws.create_function(api, "hello", versions=2)
    api.get_waiter("function_active").wait(FunctionName="hello")
    alias = api.create_alias(FunctionName="hello", Name="PROD", FunctionVersion="1")
    moved = api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="2",
                             RevisionId=alias["RevisionId"],
                             RoutingConfig={"AdditionalVersionWeights": {}})
    assert moved["FunctionVersion"] == "2" and moved["RevisionId"] != alias["RevisionId"]
    assert api.get_function(FunctionName="hello", Qualifier="PROD")["Configuration"]["Version"] == "2"
    try:
        api.update_alias(FunctionName="hello", Name="PROD", RevisionId=alias["RevisionId"])
        raise AssertionError("a stale RevisionId was taken")
    except api.exceptions.PreconditionFailedException as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    statement = api.add_permission(FunctionName="hello", Qualifier="PROD", StatementId="s",
                                   Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    assert json.loads(statement["Statement"])["Resource"].endswith(":hello:PROD")
    policy = api.get_policy(FunctionName="hello", Qualifier="PROD")
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(statement["Statement"])]
    api.remove_permission(FunctionName="hello", Qualifier="PROD", StatementId="s",
                          RevisionId=policy["RevisionId"])
    api.delete_alias(FunctionName="hello", Name="PROD")
    api.delete_alias(FunctionName="hello", Name="PROD")
    try:
        api.get_alias(FunctionName="hello", Name="PROD")
        raise AssertionError("the alias is still there")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "ResourceNotFoundException"
