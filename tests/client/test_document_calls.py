# SPDX-License-Identifier: MIT
"""The documents of functions and aliases: their sources read, and their changes sent, against a real lambda-plane."""

import json

import pytest

from lib import aws
from lib.faultproxy import (
    access_denied,
    aws_error,
    close_after_forwarding,
    close_before_forwarding,
    garbage,
    html_error,
    replace,
    reset_after_forwarding,
    rewrite,
    service_error,
    truncate_body,
)

pytestmark = pytest.mark.quick_sanitized

ACCOUNT = "000000000000"
KINDS_OF_FUNCTION = [
    "code-signing",
    "configuration",
    "environment",
    "event-invoke",
    "event-sources",
    "policy",
    "recursion",
    "reserved-concurrency",
    "runtime-management",
    "tags",
    "url",
]
KINDS_OF_ALIAS = ["description", "event-invoke", "event-sources", "policy", "provisioned-concurrency", "url"]
S3 = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Principal": {"Service": "s3.amazonaws.com"}}


@pytest.fixture
def function(api):
    aws.create_function(api, "shop", versions=2, aliases={"PROD": 1})
    return "shop"


@pytest.fixture
def arn(api, function):
    return api.get_function_configuration(FunctionName=function)["FunctionArn"]


@pytest.fixture
def show(call, function):
    """show(kind, qualifier): the document as Python has it; None: not configured."""

    def read(kind, qualifier=""):
        answer = call("show", kind, function, qualifier)
        assert answer.status == "ok", answer
        return json.loads(answer.text) if answer.text else None

    return read


@pytest.fixture
def write(call, function):
    """write(kind, qualifier, document): what was sent."""

    def send(kind, qualifier, document):
        answer = call("write", kind, function, qualifier, json.dumps(document, indent=1))
        assert answer.status == "ok", answer
        return answer.sent

    return send


def queue(api, number):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number:03}"


def map_queue(api, number, name):
    made = api.create_event_source_mapping(EventSourceArn=queue(api, number), FunctionName=name)
    return made["UUID"]


# --- reading ----------------------------------------------------------------------------------


def test_what_is_not_configured_is_empty(call, function):
    empty = {kind: call("show", kind, function, "").text for kind in KINDS_OF_FUNCTION}
    assert json.loads(empty.pop("configuration"))["FunctionName"] == "shop"
    assert empty.pop("environment") == "{}\n"
    assert json.loads(empty.pop("recursion")) == {"RecursiveLoop": "Terminate"}
    assert json.loads(empty.pop("runtime-management")) == {"UpdateRuntimeOn": "Auto"}
    assert set(empty.values()) == {""}
    assert {call("show", kind, function, "PROD").text for kind in KINDS_OF_ALIAS} == {""}


def test_each_source_is_one_call(call, plane, function):
    with plane.recording() as record:
        for kind in ("tags", "policy", "url", "event-invoke", "recursion", "runtime-management", "code-signing"):
            assert call("show", kind, function, "").status == "ok"
        assert call("show", "provisioned-concurrency", function, "PROD").status == "ok"
        assert call("show", "event-sources", function, "PROD").status == "ok"
    assert record.calls == {
        "GetFunction": 1,
        "GetPolicy": 1,
        "ListFunctionUrlConfigs": 1,
        "ListFunctionEventInvokeConfigs": 1,
        "GetFunctionRecursionConfig": 1,
        "GetRuntimeManagementConfig": 1,
        "GetFunctionCodeSigningConfig": 1,
        "ListProvisionedConcurrencyConfigs": 1,
        "ListEventSourceMappings": 1,
    }


def test_get_function_keeps_neither_the_codes_address_nor_the_environment(call, api, function, arn):
    api.tag_resource(Resource=arn, Tags={"team": "x"})
    api.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=5)
    api.update_function_configuration(FunctionName=function, Environment={"Variables": {"SECRET": "s"}})
    assert call("source", "GetFunction", function).answer == {
        "Tags": {"team": "x"},
        "Concurrency": {"ReservedConcurrentExecutions": 5},
    }


def test_lists_are_read_to_their_last_page(call, api, function):
    for number in range(60):
        alias = f"A{number:02}"
        api.create_alias(FunctionName=function, Name=alias, FunctionVersion="1")
        api.create_function_url_config(FunctionName=function, Qualifier=alias, AuthType="NONE")
        api.put_function_event_invoke_config(FunctionName=function, Qualifier=alias, MaximumRetryAttempts=number % 3)
    urls = call("source", "ListFunctionUrlConfigs", function)
    assert (urls.calls, len(urls.answer["FunctionUrlConfigs"])) == (2, 60)
    invokes = call("source", "ListFunctionEventInvokeConfigs", function)
    assert (invokes.calls, len(invokes.answer["FunctionEventInvokeConfigs"])) == (2, 60)
    assert json.loads(call("show", "event-invoke", function, "A59").text) == {"MaximumRetryAttempts": 2}
    assert json.loads(call("show", "url", function, "A59").text)["AuthType"] == "NONE"


def test_provisioned_concurrency_is_read_to_its_last_page(call, api):
    aws.create_function(api, "many", versions=55, aliases={"PROD": 55})
    for version in range(1, 55):
        api.put_provisioned_concurrency_config(
            FunctionName="many", Qualifier=str(version), ProvisionedConcurrentExecutions=1
        )
    api.put_provisioned_concurrency_config(FunctionName="many", Qualifier="PROD", ProvisionedConcurrentExecutions=2)
    answer = call("source", "ListProvisionedConcurrencyConfigs", "many")
    assert (answer.calls, len(answer.answer["ProvisionedConcurrencyConfigs"])) == (2, 55)
    shown = call("show", "provisioned-concurrency", "many", "PROD").text
    assert json.loads(shown) == {"ProvisionedConcurrentExecutions": 2}


@pytest.mark.parametrize("kind", KINDS_OF_FUNCTION + ["description", "provisioned-concurrency"])
def test_a_refused_read_is_an_error(faulty, proxy, function, kind):
    proxy.rule(access_denied("lambda:Whatever"), method="GET", times=1)
    denied = faulty("show", kind, function, "PROD")
    assert (denied.status, "text" in denied) == ("access denied", False)
    proxy.rule(html_error(404), method="GET", times=1)
    strange = faulty("show", kind, function, "PROD")
    assert (strange.status, "text" in strange) == ("bad answer", False)


def test_mappings_are_read_by_name_or_all_at_once(call, api, function, show):
    of_alias = {map_queue(api, number, "shop:PROD") for number in range(105)}
    of_function = {map_queue(api, 105, "shop"), map_queue(api, 106, "shop:$LATEST")}
    every = call("source", "all-ListEventSourceMappings", function)
    assert (every.calls, len(every.answer["EventSourceMappings"])) == (2, 107)
    own = call("source", "ListEventSourceMappings", function)
    assert own.calls == 2  # with the qualifier and without
    assert {each["UUID"] for each in own.answer["EventSourceMappings"]} == of_function
    assert {each["UUID"] for each in show("event-sources")["EventSourceMappings"]} == of_function
    shown = show("event-sources", "PROD")["EventSourceMappings"]
    assert {each["UUID"] for each in shown} == of_alias
    assert shown == sorted(shown, key=lambda each: (each["EventSourceArn"], each["UUID"]))


@pytest.mark.parametrize("fault", [truncate_body(), garbage(), html_error(503), service_error()], ids=repr)
def test_a_page_that_fails_is_asked_for_again(faulty, api, proxy, function, fault):
    for number in range(105):
        map_queue(api, number, "shop:PROD")
    proxy.rule(fault, method="GET", skip=1, times=1)
    answer = faulty("source", "ListEventSourceMappings", function, "PROD")
    assert answer.status == "ok", answer
    assert len(answer.answer["EventSourceMappings"]) == 105
    assert answer.calls == 3


def test_a_list_is_never_a_part_of_it(faulty, api, proxy, function):
    for number in range(105):
        map_queue(api, number, "shop:PROD")
    proxy.rule(access_denied("lambda:ListEventSourceMappings"), method="GET", skip=1)
    answer = faulty("show", "event-sources", function, "PROD")
    assert answer.status == "access denied"
    assert "text" not in answer


BAD = [
    b"{}",
    b"[]",
    b'{"FunctionUrlConfigs":null}',
    b'{"FunctionUrlConfigs":{}}',
    b'{"FunctionUrlConfigs":[1]}',
    b'{"FunctionUrlConfigs":[{}]}',
    b'{"FunctionUrlConfigs":[],"NextMarker":7}',
    b'{"FunctionUrlConfigs":[{"FunctionArn":"shop"}]}',
]


@pytest.mark.parametrize("body", BAD, ids=repr)
def test_an_odd_answer_is_never_an_empty_file(faulty, proxy, function, body):
    proxy.rule(replace(200, body=body), method="GET")
    answer = faulty("show", "url", function, "")
    assert answer.status == "bad answer", answer


def test_a_list_without_an_end_is_given_up(faulty, proxy, function):
    proxy.rule(replace(200, body=b'{"FunctionUrlConfigs":[],"NextMarker":"again"}'), method="GET")
    answer = faulty("show", "url", function, "")
    assert (answer.status, answer.calls) == ("bad answer", 2)


@pytest.mark.parametrize("operation", ["GetFunction", "GetPolicy", "ListFunctionUrlConfigs"])
def test_what_is_not_there_is_not_found(call, operation):
    missing = call("source", operation, "nowhere")
    assert missing.status == "not found"
    assert missing.error.operation == operation


def test_another_functions_answer_is_refused(faulty, proxy, function):
    def rename(status, headers, body):
        return status, headers, body.replace(b"\"FunctionName\":\"shop\"", b"\"FunctionName\":\"shup\"")

    proxy.rule(rewrite(rename), method="GET")
    answer = faulty("source", "GetFunction", function)
    assert answer.status == "bad answer"


# --- writing ----------------------------------------------------------------------------------


def test_tags_are_changed_one_by_one(write, show, api, arn):
    api.tag_resource(Resource=arn, Tags={"team": "x", "old": "1"})
    assert write("tags", "", {"team": "y", "a b": "ü"}) == ["TagResource", "UntagResource"]
    assert show("tags") == {"team": "y", "a b": "ü"}
    assert write("tags", "", {"a b": "ü", "team": "y"}) == []
    assert write("tags", "", {}) == ["UntagResource"]
    assert show("tags") is None


@pytest.mark.parametrize(
    ("kind", "qualifier", "first", "second", "put", "remove"),
    [
        (
            "reserved-concurrency",
            "",
            {"ReservedConcurrentExecutions": 5},
            {"ReservedConcurrentExecutions": 0},
            "PutFunctionConcurrency",
            "DeleteFunctionConcurrency",
        ),
        (
            "provisioned-concurrency",
            "PROD",
            {"ProvisionedConcurrentExecutions": 3},
            {"ProvisionedConcurrentExecutions": 1},
            "PutProvisionedConcurrencyConfig",
            "DeleteProvisionedConcurrencyConfig",
        ),
        (
            "event-invoke",
            "PROD",
            {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60},
            {"MaximumEventAgeInSeconds": 120},
            "PutFunctionEventInvokeConfig",
            "DeleteFunctionEventInvokeConfig",
        ),
        (
            "event-invoke",
            "",
            {"MaximumRetryAttempts": 1},
            {"MaximumRetryAttempts": 2},
            "PutFunctionEventInvokeConfig",
            "DeleteFunctionEventInvokeConfig",
        ),
    ],
)
def test_a_setting_is_put_and_removed(write, show, kind, qualifier, first, second, put, remove):
    assert write(kind, qualifier, {}) == []
    assert write(kind, qualifier, first) == [put]
    assert show(kind, qualifier) == first
    assert write(kind, qualifier, first) == []
    assert write(kind, qualifier, second) == [put]
    assert show(kind, qualifier) == second
    assert write(kind, qualifier, {}) == [remove]
    assert show(kind, qualifier) is None


def test_recursion_and_runtime_management_are_set(write, show):
    assert write("recursion", "", {"RecursiveLoop": "Allow"}) == ["PutFunctionRecursionConfig"]
    assert show("recursion") == {"RecursiveLoop": "Allow"}
    assert write("runtime-management", "", {"UpdateRuntimeOn": "FunctionUpdate"}) == ["PutRuntimeManagementConfig"]
    assert show("runtime-management") == {"UpdateRuntimeOn": "FunctionUpdate"}


def test_a_code_signing_config_is_attached_and_detached(write, show, api):
    profile = f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/test/0123456789"
    made = api.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [profile]})
    wanted = {"CodeSigningConfigArn": made["CodeSigningConfig"]["CodeSigningConfigArn"]}
    assert write("code-signing", "", wanted) == ["PutFunctionCodeSigningConfig"]
    assert show("code-signing") == wanted
    assert write("code-signing", "", {}) == ["DeleteFunctionCodeSigningConfig"]
    assert show("code-signing") is None


@pytest.mark.parametrize("qualifier", ["", "PROD"])
def test_a_policy_is_added_to_before_it_is_taken_from(write, show, qualifier):
    source = {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}, "StringEquals": {"AWS:SourceAccount": ACCOUNT}}
    first = {"Statement": [{"Sid": "a", **S3}, {"Sid": "b", **S3, "Condition": source}]}
    assert write("policy", qualifier, first) == ["AddPermission"] * 2
    assert show("policy", qualifier) == first
    url = {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    second = {
        "Statement": [
            {"Sid": "b", **S3, "Condition": source},
            {"Sid": "c", **S3, "Principal": "*", "Action": "lambda:InvokeFunctionUrl", "Condition": url},
            {"Sid": "d", **S3, "Principal": root},
        ]
    }
    assert write("policy", qualifier, second) == ["AddPermission", "AddPermission", "RemovePermission"]
    assert show("policy", qualifier) == second
    assert write("policy", qualifier, second) == []
    assert write("policy", qualifier, {}) == ["RemovePermission"] * 3
    assert show("policy", qualifier) is None


@pytest.mark.parametrize("qualifier", ["", "PROD"])
def test_a_url_keeps_its_address(write, show, call, function, qualifier):
    assert write("url", qualifier, {"AuthType": "AWS_IAM"}) == ["CreateFunctionUrlConfig"]
    made = show("url", qualifier)
    cors = {"AllowOrigins": ["*"], "MaxAge": 5}
    assert write("url", qualifier, {**made, "Cors": cors}) == ["UpdateFunctionUrlConfig"]
    assert show("url", qualifier) == {**made, "Cors": cors}
    assert write("url", qualifier, {"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}) == ["UpdateFunctionUrlConfig"]
    assert show("url", qualifier) == {
        "AuthType": "NONE",
        "FunctionUrl": made["FunctionUrl"],
        "InvokeMode": "RESPONSE_STREAM",
    }
    refused = call("write", "url", function, qualifier, "{}")
    assert (refused.status, refused.sent) == ("refused", [])


def test_a_mapping_is_changed_by_its_uuid(write, show, api, call, function):
    map_queue(api, 1, "shop:PROD")
    map_queue(api, 2, "shop:PROD")
    document = show("event-sources", "PROD")
    document["EventSourceMappings"][0].update(Enabled=False, BatchSize=5)
    assert write("event-sources", "PROD", document) == ["UpdateEventSourceMapping"]
    assert show("event-sources", "PROD") == document
    document["EventSourceMappings"][1]["FilterCriteria"] = {"Filters": [{"Pattern": '{"a":[1]}'}]}
    assert write("event-sources", "PROD", document) == ["UpdateEventSourceMapping"]
    assert show("event-sources", "PROD") == document
    del document["EventSourceMappings"][1]["FilterCriteria"]
    assert write("event-sources", "PROD", document) == ["UpdateEventSourceMapping"]
    assert show("event-sources", "PROD") == document
    del document["EventSourceMappings"][1]
    refused = call("write", "event-sources", function, "PROD", json.dumps(document))
    assert (refused.status, refused.sent) == ("invalid request", [])


def test_the_configuration_and_the_variables_are_changed(write, show, api, function, call):
    document = show("configuration")
    document.update(MemorySize=256, Description="new", DeadLetterConfig={"TargetArn": queue(api, 1)})
    assert write("configuration", "", document) == ["UpdateFunctionConfiguration"]
    assert write("configuration", "", document) == []
    del document["DeadLetterConfig"]
    assert write("configuration", "", document) == ["UpdateFunctionConfiguration"]
    assert write("environment", "", {"STAGE": "test", "EMPTY": ""}) == ["UpdateFunctionConfiguration"]
    assert write("environment", "", {"STAGE": "test", "EMPTY": ""}) == []
    real = api.get_function_configuration(FunctionName=function)
    assert (real["MemorySize"], real["Description"]) == (256, "new")
    assert "DeadLetterConfig" not in real
    assert real["Environment"]["Variables"] == {"STAGE": "test", "EMPTY": ""}
    assert write("environment", "", {}) == ["UpdateFunctionConfiguration"]
    assert show("environment") == {}


def test_a_versions_configuration_is_put_back(write, show, api, function):
    first = show("configuration")
    write("configuration", "", {**first, "Timeout": 9})
    old = {**first, "Version": "1", "FunctionArn": first["FunctionArn"].replace("$LATEST", "1"), "CodeSha256": "other"}
    assert write("configuration", "", old) == ["UpdateFunctionConfiguration"]
    assert api.get_function_configuration(FunctionName=function)["Timeout"] == 3


def test_a_description_is_one_of_them(call, api, function):
    assert call("write", "description", function, "PROD", "the „one“\n").sent == ["UpdateAlias"]
    assert api.get_alias(FunctionName=function, Name="PROD")["Description"] == "the „one“"
    assert aws.alias_version(api, function, "PROD") == "1"
    assert call("show", "description", function, "PROD").text == "the „one“\n"


# --- answers that are lost --------------------------------------------------------------------

LOST = [close_after_forwarding(), reset_after_forwarding(), garbage(forward=True), service_error(forward=True)]
NEVER = [close_before_forwarding(), service_error(), html_error(504)]
POLICY = json.dumps({"Statement": [{"Sid": "a", **S3}]})
TABLE = [
    ("tags", "", '{"team":"x"}', "POST"),
    ("policy", "PROD", POLICY, "POST"),
    ("url", "PROD", '{"AuthType":"NONE"}', "POST"),
    ("event-invoke", "PROD", '{"MaximumRetryAttempts":1}', "PUT"),
    ("environment", "", '{"A1":"1"}', "PUT"),
]


@pytest.mark.parametrize("fault", LOST, ids=repr)
@pytest.mark.parametrize(("kind", "qualifier", "text", "method"), TABLE)
def test_a_lost_answer_is_read_back_and_not_sent_again(
    faulty, proxy, plane, function, kind, qualifier, text, method, fault
):
    proxy.rule(fault, method=method, times=1)
    with plane.recording() as record:
        answer = faulty("write", kind, function, qualifier, text)
    assert answer.status == "ok", answer
    assert len(record.changes) == 1
    assert proxy.count(method=method) == 1


@pytest.mark.parametrize("fault", NEVER, ids=repr)
@pytest.mark.parametrize(("kind", "qualifier", "text", "method"), TABLE)
def test_what_was_not_done_is_sent_again(faulty, proxy, plane, function, kind, qualifier, text, method, fault):
    proxy.rule(fault, method=method, times=1)
    with plane.recording() as record:
        answer = faulty("write", kind, function, qualifier, text)
    assert answer.status == "ok", answer
    assert len(record.changes) == 1
    assert proxy.count(method=method) == 2


def test_a_colleagues_change_in_between_is_not_overwritten(faulty, proxy, api, function):
    """The answer is lost, and by the time of the look another client has set another value."""

    def meddle(_status, headers, _body):
        api.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=9)
        return 500, headers, b""

    proxy.rule(rewrite(meddle), method="PUT", times=1)
    answer = faulty("write", "reserved-concurrency", function, "", '{"ReservedConcurrentExecutions":5}')
    assert answer.status == "revision changed", answer
    assert proxy.count(method="PUT") == 1
    assert api.get_function_concurrency(FunctionName=function)["ReservedConcurrentExecutions"] == 9


def test_without_a_look_the_outcome_is_unknown(faulty, proxy, function):
    """What cannot be read back is not sent again."""
    proxy.rule(close_after_forwarding(), method="PUT")
    proxy.rule(access_denied("lambda:GetFunction"), method="GET", skip=1)
    answer = faulty("write", "reserved-concurrency", function, "", '{"ReservedConcurrentExecutions":5}')
    assert answer.error.outcome_unknown
    assert proxy.count(method="PUT") == 1


@pytest.mark.parametrize(
    ("status", "code", "wanted"),
    [
        (400, "InvalidParameterValueException", "invalid request"),
        (403, "AccessDeniedException", "access denied"),
        (409, "ResourceConflictException", "conflict"),
        (412, "PreconditionFailedException", "revision changed"),
    ],
)
def test_a_refusal_comes_back_as_it_is(faulty, proxy, function, status, code, wanted):
    proxy.rule(aws_error(status, code, "no"), method="POST")
    answer = faulty("write", "policy", function, "PROD", POLICY)
    assert (answer.status, answer.error.message) == (wanted, "no")
    assert answer.error.operation == "AddPermission"
    assert proxy.count(method="POST") == 1
