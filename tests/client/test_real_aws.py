# SPDX-License-Identifier: MIT
"""Against the real AWS, with one throw-away function: contrib/test --aws.

Uses the credentials and the region that the aws CLI would use here. Needs permission for Lambda, and
either ALIASFS_AWS_ROLE_ARN (an execution role that exists) or permission to create one in IAM. What it
makes is called aliasfs-test-…, and removed at the end. With ALIASFS_AWS_REHEARSAL=http://127.0.0.1:PORT the same is
played against a lambda-plane.
"""

import json
import os
import pathlib
import secrets
import time

import boto3
import botocore.exceptions
import pytest

from client_answer import Answer
from lib import aws
from lib.process import environment, run, wait_for
from lib.programs import program

pytestmark = pytest.mark.aws

REHEARSAL = os.environ.get("ALIASFS_AWS_REHEARSAL")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def own_environment():
    """The user's own: credentials, profile, region."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return {**environment(), **kept, "HOME": os.environ["HOME"], "AWS_PAGER": ""}


@pytest.fixture(scope="module")
def session():
    found = boto3.session.Session(
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    )
    if not found.get_credentials() or not found.region_name:
        pytest.skip("no AWS credentials or no region: NOTHING IS TESTED AGAINST AWS")
    return found


@pytest.fixture(scope="module")
def name():
    return f"aliasfs-test-{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def role(session, name):
    given = os.environ.get("ALIASFS_AWS_ROLE_ARN")
    if given:
        yield given
        return
    iam = session.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    try:
        yield made["Role"]["Arn"]
    finally:
        iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def real(session):
    return session.client("lambda", endpoint_url=REHEARSAL)


@pytest.fixture(scope="module")
def function(real, role, name):
    """The function with two versions; gives its name."""

    def create():
        try:
            return real.create_function(
                FunctionName=name,
                Runtime="python3.11",
                Role=role,
                Handler="handler.handler",
                Code={"ZipFile": aws.code("1")},
            )
        except real.exceptions.InvalidParameterValueException:
            time.sleep(2)  # a new role is not known everywhere at once
            return None

    wait_for(create, 60, "the role can be used", interval=1)
    try:
        for number in ("1", "2"):
            real.get_waiter("function_updated").wait(FunctionName=name)
            real.update_function_code(FunctionName=name, ZipFile=aws.code(number))
            real.get_waiter("function_updated").wait(FunctionName=name)
            real.publish_version(FunctionName=name)
        yield name
    finally:
        real.delete_function(FunctionName=name)


@pytest.fixture(scope="module")
def call(session):
    def run_call(*arguments):
        words = [f"region={session.region_name}"]
        if REHEARSAL:
            words.append(f"endpoint_url={REHEARSAL}")
        result = run(
            program("tests/client/lambda_call"), *words, *arguments, env=own_environment(), timeout=60
        )
        answer = Answer(json.loads(result.lines[0]))
        if "error" in answer:
            answer["error"] = Answer(answer["error"])
        return answer

    return run_call


def test_who_we_are(call, session):
    if REHEARSAL:
        pytest.skip("a lambda-plane has no STS")
    answer = call("identity")
    assert answer.status == "ok", answer
    assert answer.arn == session.client("sts").get_caller_identity()["Arn"]


def test_reads(call, real, function):
    versions = call("list-versions", function)
    assert [each["version"] for each in versions["items"]] == ["$LATEST", "1", "2"]
    assert call("get-version", function, "2").status == "ok"
    assert call("get-version", function, "99").status == "not found"
    assert call("list-aliases", function)["items"] == []
    assert call("list-aliases", f"{function}-none").status == "not found"
    seen, marker = [], []
    while True:
        page = call("list-functions", *marker)
        seen += [each["function"] for each in page["items"]]
        if "marker" not in page:
            break
        marker = [page.marker]
    assert function in seen
    assert call("get-account").status == "ok"


def test_an_alias_from_birth_to_death(call, real, function):
    made = call("create-alias", function, "PROD", "1", "", "2", "0.1", "späť")
    assert made.status == "ok", made
    assert call("create-alias", function, "PROD", "1").status == "already exists"
    moved = call("update-alias", function, "PROD", "2", made.alias["revision"])
    assert moved.status == "ok", moved
    actual = real.get_alias(FunctionName=function, Name="PROD")
    assert (actual["FunctionVersion"], actual["Description"]) == ("2", "späť")
    assert "RoutingConfig" not in actual
    late = call("update-alias", function, "PROD", "1", made.alias["revision"])
    assert late.status == "revision changed", late
    assert call("update-alias", function, "NONE", "1", "r").status == "not found"
    assert call("create-alias", function, "OTHER", "99").status == "not found"
    assert call("delete-version", function, "2").status == "conflict"
    assert call("delete-alias", function, "PROD").status == "ok"
    assert call("delete-alias", function, "PROD").status == "ok"
    assert call("get-alias", function, "PROD").status == "not found"


def test_publishing_what_has_not_changed(call, function):
    assert call("publish", function, "2").status == "already exists"


def test_credentials_that_aws_does_not_know(session, function):
    if REHEARSAL:
        pytest.skip("lambda-plane accepts any key")
    made_up = {
        **environment(),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    }
    result = run(
        program("tests/client/lambda_call"),
        f"region={session.region_name}",
        "list-functions",
        env=made_up,
    )
    assert json.loads(result.lines[0])["status"] == "credentials refused"


def test_a_mount_moves_an_alias(make_mount, session, real, function):
    """The gesture that it is all about, on the real thing."""
    named = {"endpoint_url": REHEARSAL} if REHEARSAL else {}
    mount = make_mount("aws", env=own_environment(), region=session.region_name, **named)
    directory = pathlib.Path(mount.path) / function
    run("/usr/bin/ln", "-s", "1", directory / "LIVE", check=True)
    try:
        revision = real.get_alias(FunctionName=function, Name="LIVE")["RevisionId"]
        run("/usr/bin/ln", "-sf", "2", directory / "LIVE", check=True)
        actual = real.get_alias(FunctionName=function, Name="LIVE")
        assert actual["FunctionVersion"] == "2"
        assert actual["RevisionId"] != revision
        assert os.readlink(directory / "LIVE") == "2"
    finally:
        try:
            real.delete_alias(FunctionName=function, Name="LIVE")
        except botocore.exceptions.ClientError:
            pass
