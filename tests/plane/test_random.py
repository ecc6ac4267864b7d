# SPDX-License-Identifier: MIT
"""Random calls of every operation that boto3 knows: each gets a proper answer, none breaks anything."""

import os
import random
import time

import pytest
from botocore.exceptions import ClientError, HTTPClientError, ParamValidationError
from lib import aws

TEXTS = ["fn", "other", "PROD", "BETA", "1", "2", "9", "$LATEST", "", "x" * 300, "a b", "ü", "%", "/",
         "..", "\t", '"', "{}", "arn:aws:lambda:us-east-1:000000000000:function:fn", aws.ROLE,
         "arn:aws:sqs:us-east-1:000000000000:q", "fn:PROD", "0", "-1", "18446744073709551616",
         "00000000-0000-4000-8000-000000000000", "s3.amazonaws.com", "lambda:InvokeFunction", "*"]
NUMBERS = [0, 1, 2, 3, -1, 60, 128, 512, 901, 10241, 2**31 - 1, 0.5, 1.0, 1e9]


class Chooser:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def value(self, shape, depth=0):
        """Mostly of the right type, sometimes not; never of the right length for sure."""
        chance = self.random
        if chance.random() < 0.02:
            return chance.choice([None, [], {}, True, 7, "7"])
        if shape.type_name == "structure":
            return {name: self.value(member, depth + 1) for name, member in shape.members.items()
                    if name in shape.required_members and chance.random() < 0.97
                    or chance.random() < (0.15 if depth else 0.3)}
        if shape.type_name == "list":
            return [self.value(shape.member, depth + 1) for _ in range(chance.choice([0, 1, 1, 2, 6]))]
        if shape.type_name == "map":
            return {chance.choice(TEXTS): self.value(shape.value, depth + 1)
                    for _ in range(chance.choice([0, 1, 1, 3]))}
        if shape.type_name == "boolean":
            return chance.random() < 0.5
        if shape.type_name in ("integer", "long", "float", "double"):
            return chance.choice(NUMBERS)
        if shape.type_name == "blob":
            return chance.choice([aws.code("1"), aws.code("2"), b"", b"PK\5\6" + b"\0" * 18, b"{}"])
        if shape.type_name == "timestamp":
            return time.time()
        if getattr(shape, "enum", None) and chance.random() < 0.8:
            return chance.choice(shape.enum)
        return chance.choice(TEXTS)


def play(plane, calls, seed):
    print(f"seed {seed}")
    chooser = Chooser(seed)
    api = aws.client(plane.url, parameter_validation=False)
    model = api.meta.service_model
    names = model.operation_names
    assert len(names) > 60
    for name in ("fn", "other"):
        aws.create_function(api, name, versions=2, aliases={"PROD": 1, "BETA": 2})
    answered = 0
    for _ in range(calls):
        name = chooser.random.choice(names)
        shape = model.operation_model(name).input_shape
        arguments = chooser.value(shape) if shape else {}
        if not isinstance(arguments, dict):
            arguments = {}
        if "FunctionName" in arguments and chooser.random.random() < 0.6:
            arguments["FunctionName"] = "fn"
        try:
            api._make_api_call(name, arguments)
            answered += 1
        except ClientError as error:
            metadata = error.response["ResponseMetadata"]
            where = f"{name} {arguments}: {error}"
            assert 400 <= metadata["HTTPStatusCode"] < 500, where
            assert error.response["Error"]["Code"][0].isupper(), where
            assert metadata["HTTPHeaders"].get("x-amzn-requestid"), where
        except (ParamValidationError, HTTPClientError, ValueError, TypeError, AttributeError,
                KeyError) as error:
            assert not isinstance(error, HTTPClientError), f"{name} {arguments}: {error}"
            # boto3 itself could not put this on the wire
    print(f"{answered} of {calls} calls succeeded")
    assert answered > calls / 50
    for page in api.get_paginator("list_functions").paginate(FunctionVersion="ALL"):
        for each in page["Functions"]:
            assert api.get_function_configuration(FunctionName=each["FunctionArn"])
    assert plane.service.is_running()


def test_random_calls_get_proper_answers(plane):
    play(plane, 2500, int(os.environ.get("ALIASFS_SEED", time.time_ns() % 1000000)))


@pytest.mark.long
def test_many_random_calls_get_proper_answers(plane):
    play(plane, 40000, int(os.environ.get("ALIASFS_SEED", time.time_ns() % 1000000)))
