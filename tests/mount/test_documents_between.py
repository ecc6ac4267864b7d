# SPDX-License-Identifier: MIT
"""A change of several calls: what others do and see between two of them, and how long it may take."""

import errno
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws, faultproxy
from lib.writing import errno_of, last_error, make_mapping

ARN = f"arn:aws:lambda:{aws.REGION}:000000000000:function:hello"


@pytest.fixture
def mount(hello, proxy, make_mount):
    return make_mount(endpoint_url=proxy.url, allow_update=True, rate=1000, timeout=60)


def statement(sid, service="sns"):
    return {
        "Sid": sid, "Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }


def policy_of(api):
    policy = json.loads(api.get_policy(FunctionName="hello", Qualifier="PROD")["Policy"])
    return {each["Sid"]: each["Principal"]["Service"] for each in policy["Statement"]}


def replace_statement(api, path):
    named = {"FunctionName": "hello", "Qualifier": "PROD", "StatementId": "old"}
    api.remove_permission(**named)
    api.add_permission(Action="lambda:InvokeFunction", Principal="events.amazonaws.com", **named)


def tag(api, path):
    api.tag_resource(Resource=ARN, Tags={"old": "theirs"})


def tags_of(api):
    return api.list_tags(Resource=ARN)["Tags"]


def mappings_of(api):
    return {
        each["EventSourceArn"][-1]: (each["BatchSize"], each["State"])
        for each in api.list_event_source_mappings(FunctionName="hello:PROD")["EventSourceMappings"]
    }


def update_mapping(api, path):
    (_, second) = sorted(
        api.list_event_source_mappings(FunctionName="hello:PROD")["EventSourceMappings"],
        key=lambda each: each["EventSourceArn"],
    )
    api.update_event_source_mapping(UUID=second["UUID"], BatchSize=9)


def make_policy(api, path):
    path.write_text(json.dumps({"Statement": [statement("old", "s3")]}))
    return {"Statement": [statement("new")]}


def make_tags(api, path):
    path.write_text('{"old": "1"}')
    return {"new": "1"}


def make_mappings(api, path):
    for queue in "ab":
        make_mapping(api, "hello:PROD", queue)
    shown = json.loads(path.read_text())
    return {"EventSourceMappings": [each | {"BatchSize": 7} for each in shown["EventSourceMappings"]]}


# document: (what it is made at first and is to be made, what a colleague does after the first call, AWS's document
# then, the calls that succeed)
SEVERAL = {
    ".aliases/PROD/policy.json": (
        make_policy, replace_statement, policy_of,
        {"old": "events.amazonaws.com", "new": "sns.amazonaws.com"}, "AddPermission", "RemovePermission",
    ),
    ".function/tags.json": (
        make_tags, tag, tags_of, {"old": "theirs", "new": "1"}, "TagResource", "UntagResource",
    ),
    ".aliases/PROD/event-sources.json": (
        make_mappings, update_mapping, mappings_of, {"a": (7, "Enabled"), "b": (9, "Enabled")},
        "UpdateEventSourceMapping", "UpdateEventSourceMapping",
    ),
}


def between(proxy, act):
    """Has `act` happen when AWS has made a change and before the mount knows it, once."""

    def change(*answer):
        act()
        return answer

    return proxy.rule(faultproxy.rewrite(change), method="POST|PUT", times=1)


@pytest.mark.semantics("6.4.1", "6.4.6", "6.3.7", "6.2.4")
@pytest.mark.parametrize("document", SEVERAL)
def test_what_a_colleague_changes_between_two_calls_stays(api, hello, mount, proxy, document):
    make, interfere, look, wanted, first, second = SEVERAL[document]
    path = mount.path / hello / document
    text = json.dumps(make(api, path))
    rule = between(proxy, lambda: interfere(api, path))
    assert errno_of(path.write_text, text) == errno.EREMCHG
    rule.wait_for_hits()
    assert look(api) == wanted
    line = last_error(mount)
    assert f"1 of 2 calls of this change succeeded, the last one {first};" in line and second in line
    audit = [json.loads(each) for each in (mount.path / ".aliasfs/audit").read_text().splitlines()]
    assert (audit[-1]["operation"], audit[-1]["outcome"]) == (first, "ok")
    os.stat(path)
    path.read_text()
    path.write_text(text)
    assert look(api) != wanted


@pytest.mark.semantics("6.3.7", "6.4.1")
def test_another_mapping_that_aws_still_changes_is_in_no_way(make_plane, make_mount, scratch):
    first = make_plane(state=scratch / "state")
    aws.create_function(first.api, "hello", versions=2, aliases={"PROD": 1})
    for queue in "ab":
        make_mapping(first.api, "hello:PROD", queue)
    first.stop()
    plane = make_plane("--settle", "3600000", state=scratch / "state")
    mount = make_mount(endpoint_url=plane.url, allow_update=True, rate=1000)
    path = mount.path / "hello/.aliases/PROD/event-sources.json"
    shown = json.loads(path.read_text())["EventSourceMappings"]
    path.write_text(json.dumps({"EventSourceMappings": [each | {"BatchSize": 7} for each in shown]}))
    assert {size for size, _ in mappings_of(plane.api).values()} == {7}


@pytest.mark.semantics("6.3.7")
def test_no_grant_is_missing_in_between(api, hello, mount, proxy, plane):
    """A reader sees the old one or the new one at every moment, while each answer is late."""
    path = mount.path / hello / ".aliases/PROD/policy.json"
    path.write_text(json.dumps({"Statement": [statement("old")]}))
    proxy.rule(faultproxy.delay(0.2, forward_first=True))
    is_over = threading.Event()

    def poll():
        seen = []
        while not is_over.is_set():
            seen.append(set(policy_of(api)))
        return seen

    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(poll)
        try:
            path.write_text(json.dumps({"Statement": [statement("new")]}))
        finally:
            is_over.set()
        seen = polling.result()
    assert {"old", "new"} in seen and all(seen)
    assert set(policy_of(api)) == {"new"}


@pytest.mark.semantics("4.3.3", "6.3.11")
def test_each_call_of_a_change_has_its_own_time(api, hello, make_mount, proxy):
    """Four calls of at least 1 s each, with `timeout` 3."""
    mount = make_mount(endpoint_url=proxy.url, allow_update=True, rate=1000, timeout=3)
    path = mount.path / hello / ".aliases/PROD/policy.json"
    rule = proxy.rule(faultproxy.delay(1), method="POST", path="/policy")
    path.write_text(json.dumps({"Statement": [statement(f"s{number}") for number in range(4)]}))
    assert rule.hits == 4 and len(policy_of(api)) == 4


# document: (its list, very many of its parts)
VERY_MANY = {
    ".aliases/PROD/policy.json": ("Statement", [{"Sid": f"s{number}"} for number in range(30_000)]),
    ".aliases/PROD/event-sources.json": ("EventSourceMappings", [{"UUID": f"u{number}"} for number in range(30_000)]),
}


@pytest.mark.semantics("4.3.3", "6.3.3")
@pytest.mark.parametrize("document", VERY_MANY)
def test_one_that_stands_there_twice_is_found_among_very_many(hello, make_mount, gesture, document):
    """In about the time that reading the text takes: each compared with each takes a thousand times that."""
    mount = make_mount(allow_update=True, timeout=60)
    path = mount.path / hello / document
    name, parts = VERY_MANY[document]
    twice = json.dumps({name: [*parts, parts[-1]]})

    def refuse(text):
        began = time.monotonic()
        with gesture():
            assert errno_of(path.write_text, text) == errno.EINVAL
        return time.monotonic() - began

    reading = max(refuse(twice[:-1] + ",}") for _ in range(3))
    assert refuse(twice) < 30 * reading
    assert "appears twice" in last_error(mount)
