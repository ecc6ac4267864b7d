# SPDX-License-Identifier: MIT
"""Documents as people write them: what each can be made, and a shell that has it at hand. The tools are in writing_tools.py."""

import json
import os

import pytest

from lib import aws

POLICY = {
    "Statement": [
        {
            "Action": "lambda:InvokeFunction",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Sid": "events",
        }
    ]
}


def _memory(api, path):
    return json.loads(path.read_text()) | {"MemorySize": 1024}  # not of the same size: rsync would take it for the same


def make_signing(api, profile="p"):
    """A code signing configuration; gives its ARN."""
    arn = f"arn:aws:signer:{aws.REGION}:000000000000:/signing-profiles/{profile}/v"
    made = api.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [arn]})
    return made["CodeSigningConfig"]["CodeSigningConfigArn"]


def make_mapping(api, function, queue="queue", **settings):
    """An event source mapping of `function`, an ARN or a name with its qualifier; gives its UUID."""
    source = f"arn:aws:sqs:{aws.REGION}:000000000000:{queue}"
    settings = {"BatchSize": 5} | settings
    return api.create_event_source_mapping(FunctionName=function, EventSourceArn=source, **settings)["UUID"]


def _signing(api, path):
    return {"CodeSigningConfigArn": make_signing(api)}


def _mapping(api, path):
    qualifier = path.parent.name if path.parent.parent.name == ".aliases" else ""
    make_mapping(api, f"hello:{qualifier}" if qualifier else "hello")
    (shown,) = json.loads(path.read_text())["EventSourceMappings"]
    return {"EventSourceMappings": [shown | {"BatchSize": 7, "Enabled": False}]}


# path: (something else than what is there, or what makes it of boto3 and the path, the calls that make it so)
DOCUMENTS = {
    "$LATEST/configuration.json": (_memory, ["UpdateFunctionConfiguration"]),
    "$LATEST/environment.json": ({"STAGE": "green"}, ["UpdateFunctionConfiguration"]),
    ".function/tags.json": ({"team": "x"}, ["TagResource"]),
    ".function/reserved-concurrency.json": ({"ReservedConcurrentExecutions": 5}, ["PutFunctionConcurrency"]),
    ".function/policy.json": (POLICY, ["AddPermission"]),
    ".aliases/PROD/policy.json": (POLICY, ["AddPermission"]),
    ".function/url.json": ({"AuthType": "AWS_IAM"}, ["CreateFunctionUrlConfig"]),
    ".aliases/PROD/url.json": ({"AuthType": "AWS_IAM"}, ["CreateFunctionUrlConfig"]),
    ".aliases/PROD/provisioned-concurrency.json": (
        {"ProvisionedConcurrentExecutions": 3}, ["PutProvisionedConcurrencyConfig"],
    ),
    ".function/event-invoke.json": ({"MaximumRetryAttempts": 1}, ["PutFunctionEventInvokeConfig"]),
    ".aliases/PROD/event-invoke.json": ({"MaximumRetryAttempts": 1}, ["PutFunctionEventInvokeConfig"]),
    ".function/event-sources.json": (_mapping, ["UpdateEventSourceMapping"]),
    ".aliases/PROD/event-sources.json": (_mapping, ["UpdateEventSourceMapping"]),
    ".function/recursion.json": ({"RecursiveLoop": "Allow"}, ["PutFunctionRecursionConfig"]),
    ".function/runtime-management.json": ({"UpdateRuntimeOn": "FunctionUpdate"}, ["PutRuntimeManagementConfig"]),
    ".function/code-signing.json": (_signing, ["PutFunctionCodeSigningConfig"]),
}


def wanted_of(api, function, document):
    """What DOCUMENTS has for that document, once the account has what it needs."""
    wanted = DOCUMENTS[document][0]
    return wanted(api, function / document) if callable(wanted) else wanted


def put(scratch, value):
    (scratch / "t").mkdir(exist_ok=True)
    text = value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True) + "\n"
    (scratch / "t" / "new").write_text(text)


def shell(mount, place, script, scratch, **more):
    temporary = scratch / "t"
    temporary.mkdir(exist_ok=True)
    return mount.run("/bin/sh", "-ec", f"T={temporary}; export T; {script}", cwd=place, **more)


def errno_of(call, *arguments, **named):
    with pytest.raises(OSError) as caught:
        call(*arguments, **named)
    return caught.value.errno


def last_error(mount):
    return (mount.path / ".aliasfs" / "errors").read_text().splitlines()[-1]


def users_of(path):
    """The processes whose working directory is there: a killed one ends with its last request."""
    found = []
    for name in os.listdir("/proc"):
        try:
            found += [name] if name.isdigit() and os.readlink(f"/proc/{name}/cwd").startswith(str(path)) else []
        except OSError:
            pass
    return found
