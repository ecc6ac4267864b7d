# SPDX-License-Identifier: MIT
"""The whole life of an alias and of its documents by boto3: alias_life.py ENDPOINT ZIP1 ZIP2

Run by every Python of this machine that has a boto3: the oldest that people use and the newest show different members,
send other headers, and read other errors.
"""

import json
import os
import pathlib
import sys
import time

import boto3
import botocore.config

FUNCTION = "hello"
ALIAS = {"FunctionName": FUNCTION, "Qualifier": "PROD"}
QUEUE = "arn:aws:sqs:us-east-1:000000000000:queue"


def client(endpoint):
    return boto3.client(
        "lambda", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key=os.environ["SECRET"],
        config=botocore.config.Config(retries={"total_max_attempts": 1, "mode": "standard"}))


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except call.__self__.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{code} was expected")


def wait_for(what, value, call):
    deadline = time.monotonic() + 60
    while call() != value:
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} never was {value}")
        time.sleep(0.05)


def versions(api, first, second):
    made = api.create_function(
        FunctionName=FUNCTION, Runtime="python3.12", Handler="handler.handler",
        Role="arn:aws:iam::000000000000:role/lambda", Code={"ZipFile": first}, Tags={"team": "one"})
    assert made["State"] == "Pending"
    api.get_waiter("function_active_v2").wait(FunctionName=FUNCTION)
    assert api.publish_version(FunctionName=FUNCTION)["Version"] == "1"
    api.update_function_code(FunctionName=FUNCTION, ZipFile=second)
    api.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    assert api.publish_version(FunctionName=FUNCTION, Description="two")["Version"] == "2"
    listed = [each["Version"] for page in api.get_paginator("list_versions_by_function").paginate(
        FunctionName=FUNCTION, PaginationConfig={"PageSize": 1}) for each in page["Versions"]]
    assert listed == ["$LATEST", "1", "2"]


def alias(api):
    made = api.create_alias(FunctionName=FUNCTION, Name="PROD", FunctionVersion="1", Description="d")
    assert "RoutingConfig" not in made
    canary = api.update_alias(FunctionName=FUNCTION, Name="PROD", RevisionId=made["RevisionId"],
                              RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}})
    assert canary["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    stale = refused("PreconditionFailedException", api.update_alias, FunctionName=FUNCTION, Name="PROD",
                    FunctionVersion="2", RevisionId=made["RevisionId"])
    assert stale["ResponseMetadata"]["HTTPStatusCode"] == 412
    moved = api.update_alias(FunctionName=FUNCTION, Name="PROD", FunctionVersion="2",
                             RoutingConfig={"AdditionalVersionWeights": {}})
    assert moved["FunctionVersion"] == "2" and "RoutingConfig" not in moved
    assert moved["Description"] == "d"
    got = api.get_alias(FunctionName=FUNCTION, Name="PROD")
    assert got["RevisionId"] == moved["RevisionId"]
    assert [each["Name"] for page in api.get_paginator("list_aliases").paginate(
        FunctionName=FUNCTION, FunctionVersion="2") for each in page["Aliases"]] == ["PROD"]
    run = api.invoke(Payload=b"{}", LogType="Tail", **ALIAS)
    assert run["ExecutedVersion"] == "2" and json.load(run["Payload"])["ExecutedVersion"] == "2"


def policy(api):
    statement = api.add_permission(StatementId="s", Action="lambda:InvokeFunction",
                                   Principal="s3.amazonaws.com", SourceAccount="000000000000", **ALIAS)
    assert json.loads(statement["Statement"])["Resource"].endswith(":hello:PROD")
    shown = api.get_policy(**ALIAS)
    assert json.loads(shown["Policy"])["Statement"] == [json.loads(statement["Statement"])]
    refused("ResourceConflictException", api.add_permission, StatementId="s", Principal="*",
            Action="lambda:InvokeFunction", **ALIAS)
    api.remove_permission(StatementId="s", RevisionId=shown["RevisionId"], **ALIAS)
    refused("ResourceNotFoundException", api.get_policy, **ALIAS)


def url(api):
    made = api.create_function_url_config(AuthType="NONE", Cors={"AllowOrigins": ["*"]}, **ALIAS)
    assert made["FunctionUrl"].startswith("https://") and made["FunctionArn"].endswith(":PROD")
    changed = api.update_function_url_config(AuthType="AWS_IAM", **ALIAS)
    got = api.get_function_url_config(**ALIAS)
    assert (changed["AuthType"], got["AuthType"]) == ("AWS_IAM", "AWS_IAM")
    assert got["FunctionUrl"] == made["FunctionUrl"] and got["Cors"] == {"AllowOrigins": ["*"]}
    listed = api.list_function_url_configs(FunctionName=FUNCTION)["FunctionUrlConfigs"]
    assert [each["FunctionUrl"] for each in listed] == [made["FunctionUrl"]]
    api.delete_function_url_config(**ALIAS)
    refused("ResourceNotFoundException", api.get_function_url_config, **ALIAS)


def event_source(api):
    made = api.create_event_source_mapping(FunctionName=f"{FUNCTION}:PROD", EventSourceArn=QUEUE,
                                           BatchSize=5)
    where = {"UUID": made["UUID"]}
    assert made["FunctionArn"].endswith(":PROD")
    wait_for("the mapping", "Enabled", lambda: api.get_event_source_mapping(**where)["State"])
    assert api.update_event_source_mapping(BatchSize=7, **where)["BatchSize"] == 7
    wait_for("the mapping", "Enabled", lambda: api.get_event_source_mapping(**where)["State"])
    listed = api.list_event_source_mappings(EventSourceArn=QUEUE)["EventSourceMappings"]
    assert [each["UUID"] for each in listed] == [made["UUID"]]
    arn = made.get("EventSourceMappingArn")
    if arn:  # older ones do not show it
        api.tag_resource(Resource=arn, Tags={"a": "1"})
        assert api.list_tags(Resource=arn)["Tags"] == {"a": "1"}
    assert api.delete_event_source_mapping(**where)["State"] == "Deleting"


def event_invoke(api):
    api.put_function_event_invoke_config(MaximumRetryAttempts=1, **ALIAS)
    changed = api.update_function_event_invoke_config(MaximumEventAgeInSeconds=120, **ALIAS)
    got = api.get_function_event_invoke_config(**ALIAS)
    for each in (changed, got):
        assert (each["MaximumRetryAttempts"], each["MaximumEventAgeInSeconds"]) == (1, 120)
        assert each["LastModified"].year > 2000
    listed = api.list_function_event_invoke_configs(FunctionName=FUNCTION)
    assert [each["FunctionArn"] for each in listed["FunctionEventInvokeConfigs"]] == [got["FunctionArn"]]
    api.delete_function_event_invoke_config(**ALIAS)
    refused("ResourceNotFoundException", api.get_function_event_invoke_config, **ALIAS)


def provisioned(api):
    made = api.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=2, **ALIAS)
    assert made["Status"] == "IN_PROGRESS"
    wait_for("provisioned concurrency", "READY",
             lambda: api.get_provisioned_concurrency_config(**ALIAS)["Status"])
    listed = api.list_provisioned_concurrency_configs(FunctionName=FUNCTION)
    shown = listed["ProvisionedConcurrencyConfigs"][0]
    assert shown["RequestedProvisionedConcurrentExecutions"] == 2
    assert shown["FunctionArn"].endswith(":hello:PROD")
    api.delete_provisioned_concurrency_config(**ALIAS)
    refused("ProvisionedConcurrencyConfigNotFoundException", api.get_provisioned_concurrency_config,
            **ALIAS)


def tags(api):
    arn = api.get_function(FunctionName=FUNCTION)["Configuration"]["FunctionArn"]
    api.tag_resource(Resource=arn, Tags={"cost center": "42", "x": ""})
    assert api.list_tags(Resource=arn)["Tags"] == {"team": "one", "cost center": "42", "x": ""}
    api.untag_resource(Resource=arn, TagKeys=["team", "cost center"])
    assert api.get_function(FunctionName=FUNCTION)["Tags"] == {"x": ""}


def end(api):
    api.delete_alias(FunctionName=FUNCTION, Name="PROD")
    api.delete_alias(FunctionName=FUNCTION, Name="PROD")
    gone = refused("ResourceNotFoundException", api.get_alias, FunctionName=FUNCTION, Name="PROD")
    assert gone["Error"]["Message"].startswith("Cannot find alias arn: ")
    api.delete_function(FunctionName=FUNCTION)
    assert api.list_functions()["Functions"] == []


def main():
    endpoint, *archives = sys.argv[1:]
    api = client(endpoint)
    versions(api, *(pathlib.Path(each).read_bytes() for each in archives))
    for part in (alias, policy, url, event_source, event_invoke, provisioned, tags, end):
        part(api)
    print(f"done: boto3 {boto3.__version__}")


main()
