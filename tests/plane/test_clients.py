# SPDX-License-Identifier: MIT
"""The clients that people use play the whole life of an alias, unmodified."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from lib import aws
from lib.process import environment, run, wait_for
from lib.programs import patience

HERE = pathlib.Path(__file__).parent
LIFE = HERE / "python/alias_life.py"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Session:
    """The same CLI in one process: its start takes longer than any command of ours."""

    def __init__(self, endpoint_url, home):
        self.endpoint_url = endpoint_url
        self.process = subprocess.Popen(
            ["/usr/bin/python3", HERE / "python/aws_session.py"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, encoding="utf-8", env=aws.credentials_environment(home))

    def __call__(self, *arguments):
        command = ["--endpoint-url", self.endpoint_url, "lambda", *arguments]
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def json(self, *arguments):
        answer = self(*arguments, "--output", "json")
        assert answer["rc"] == 0, answer
        return json.loads(answer["stdout"] or "null")

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(patience(30)) == 0


@pytest.fixture
def session(plane, scratch):
    made = Session(plane.url, scratch)
    yield made
    made.close()


def test_the_command_line_plays_the_documents_of_an_alias(session, api):
    """What hangs off hello:PROD, each made, shown, changed and deleted."""
    aws.create_function(api, "hello", versions=2, aliases={"PROD": 2})
    cli = session.json
    prod = ("--function-name", "hello", "--qualifier", "PROD")
    statement = cli("add-permission", *prod, "--statement-id", "s", "--principal", "s3.amazonaws.com",
                    "--action", "lambda:InvokeFunction", "--source-arn", "arn:aws:s3:::bucket")
    policy = cli("get-policy", *prod)
    assert json.loads(policy["Policy"])["Statement"] == [json.loads(statement["Statement"])]
    cli("remove-permission", *prod, "--statement-id", "s", "--revision-id", policy["RevisionId"])
    url = cli("create-function-url-config", *prod, "--auth-type", "NONE",
              "--cors", "AllowOrigins=https://example.com,MaxAge=60")
    cli("update-function-url-config", *prod, "--auth-type", "AWS_IAM")
    shown = cli("get-function-url-config", *prod)
    assert (shown["AuthType"], shown["FunctionUrl"]) == ("AWS_IAM", url["FunctionUrl"])
    listed = cli("list-function-url-configs", "--function-name", "hello")
    assert [each["FunctionUrl"] for each in listed["FunctionUrlConfigs"]] == [url["FunctionUrl"]]
    cli("delete-function-url-config", *prod)
    mapping = cli("create-event-source-mapping", "--function-name", "hello:PROD", "--batch-size", "5",
                  "--event-source-arn", "arn:aws:sqs:us-east-1:000000000000:queue")
    uuid = ("--uuid", mapping["UUID"])
    assert mapping["FunctionArn"].endswith(":hello:PROD")
    wait_for(lambda: cli("get-event-source-mapping", *uuid)["State"] == "Enabled")
    assert cli("update-event-source-mapping", *uuid, "--batch-size", "7")["BatchSize"] == 7
    wait_for(lambda: cli("get-event-source-mapping", *uuid)["State"] == "Enabled")
    assert cli("delete-event-source-mapping", *uuid)["State"] == "Deleting"
    cli("put-function-event-invoke-config", *prod, "--maximum-retry-attempts", "1")
    cli("update-function-event-invoke-config", *prod, "--maximum-event-age-in-seconds", "120")
    shown = cli("get-function-event-invoke-config", *prod)
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (1, 120)
    cli("delete-function-event-invoke-config", *prod)
    cli("put-provisioned-concurrency-config", *prod, "--provisioned-concurrent-executions", "2")
    wait_for(lambda: cli("get-provisioned-concurrency-config", *prod)["Status"] == "READY")
    listed = cli("list-provisioned-concurrency-configs", "--function-name", "hello")
    assert len(listed["ProvisionedConcurrencyConfigs"]) == 1
    cli("delete-provisioned-concurrency-config", *prod)
    arn = ("--resource", url["FunctionArn"].removesuffix(":PROD"))
    cli("tag-resource", *arn, "--tags", "team=one,cost=42")
    cli("untag-resource", *arn, "--tag-keys", "cost")
    assert cli("list-tags", *arn)["Tags"] == {"team": "one"}
    for gone in ("get-policy", "get-function-url-config", "get-function-event-invoke-config",
                 "get-provisioned-concurrency-config"):
        answer = session(gone, *prod)
        assert answer["rc"] == 254 and "NotFoundException" in answer["stderr"], answer


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


def pythons():
    """The Pythons here that have a boto3: Debian's, and whatever comes first on the PATH if that is another."""
    found = {}
    for python in filter(None, ("/usr/bin/python3", shutil.which("python3", path=os.environ["PATH"]))):
        result = run(python, "-c", "import boto3; print(boto3.__version__)", timeout=60)
        if result.ok:
            found.setdefault(result.lines[-1], python)
    return sorted(found.items())


@pytest.mark.parametrize("version, python", [pytest.param(*each, id=each[0]) for each in pythons()])
def test_boto3_plays_the_whole_life_of_an_alias(version, python, make_plane, scratch):
    plane = make_plane("--settle", "50", "--verify-signatures", f"AKIAIOSFODNN7EXAMPLE:{SECRET}")
    for number in (1, 2):
        (scratch / f"{number}.zip").write_bytes(aws.code(str(number)))
    result = run(python, LIFE, plane.url, scratch / "1.zip", scratch / "2.zip",
                 env=environment(SECRET=SECRET, HOME=scratch), timeout=90)
    assert result.ok and result.lines[-1] == f"done: boto3 {version}", str(result)
    assert plane.calls()["UpdateAlias"] == 3
