# SPDX-License-Identifier: MIT
"""boto3 and Debian's aws CLI, with an endpoint of the test's own."""

import base64
import datetime
import functools
import hashlib
import io
import json
import threading
import zipfile

import boto3
import botocore.config
import botocore.session

from lib.process import environment, run

REGION = "us-east-1"
ROLE = "arn:aws:iam::000000000000:role/lambda"


def credentials_environment(home, **more):
    """The environment of a user who has credentials and whose home is `home`; None leaves a variable out."""
    given = {
        "HOME": home,
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        **more,
    }
    return environment(**{name: value for name, value in given.items() if value is not None})


def moment(seconds):
    """ISO 8601 of now + seconds."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


_making = threading.Lock()


@functools.lru_cache(maxsize=1)
def _session():
    # One session keeps the parsed service model: reading it takes longer than most tests.
    return boto3.session.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region_name=REGION,
    )


def client(endpoint_url, **config):
    """A boto3 Lambda client that never retries, so that every call is one request."""
    settings = {
        "retries": {"total_max_attempts": 1},
        "read_timeout": 60,
        "max_pool_connections": 32,
        "proxies": {},
        **config,
    }
    with _making:
        return _session().client(
            "lambda", endpoint_url=endpoint_url, config=botocore.config.Config(**settings)
        )


class CommandLine:
    """`aws lambda …` as a person types it."""

    def __init__(self, endpoint_url, home):
        self.endpoint_url = endpoint_url
        self._environment = credentials_environment(home)

    def __call__(self, *arguments, check=True, timeout=120):
        return run(
            "/usr/bin/aws",
            "--endpoint-url",
            self.endpoint_url,
            "lambda",
            *arguments,
            env=self._environment,
            check=check,
            timeout=timeout,
        )

    def json(self, *arguments):
        return json.loads(self(*arguments, "--output", "json").stdout or "null")


def code(text="handler"):
    """The bytes of a zip whose content, and so whose hash, depends on `text` alone."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo("handler.py")
        info.external_attr = 0o644 << 16
        archive.writestr(info, f"def handler(event, context):\n    return {text!r}\n")
    return data.getvalue()


def code_sha256(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def create_function(api, name, versions=0, aliases=None, **settings):
    """Makes a function with `versions` published versions and aliases {name: version}."""
    api.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler="handler.handler",
        Code={"ZipFile": code(f"{name} 1")},
        **settings,
    )
    publish(api, name, versions)
    for alias, version in (aliases or {}).items():
        api.create_alias(FunctionName=name, Name=alias, FunctionVersion=str(version))


def publish(api, name, count=1, first=1):
    """Publishes `count` versions, each with code of its own."""
    for number in range(first, first + count):
        api.update_function_code(FunctionName=name, ZipFile=code(f"{name} {number}"), Publish=True)


def alias_version(api, function, alias):
    return api.get_alias(FunctionName=function, Name=alias)["FunctionVersion"]


def aliases_of(api, function):
    """{name: version} of all aliases."""
    found = {}
    for page in api.get_paginator("list_aliases").paginate(FunctionName=function):
        found.update((each["Name"], each["FunctionVersion"]) for each in page["Aliases"])
    return found
