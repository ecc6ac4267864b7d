# SPDX-License-Identifier: MIT
"""Resource policies, and what a grant changes."""

import json

import pytest
from wire import FUNCTIONS, quote

GRANT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"}


@pytest.fixture
def function(wire):
    wire.create_function("fn")
    wire.publish("fn")
    wire.update_code("fn", "2")
    wire.publish("fn")
    wire.create_alias("fn", "PROD", 1)
    wire.create_alias("fn", "BETA", 1)


def add(wire, qualifier=None, sid="s", name="fn", **more):
    query = f"?Qualifier={quote(qualifier)}" if qualifier else ""
    return wire("POST", f"{FUNCTIONS}/{quote(name)}/policy{query}", {**GRANT, "StatementId": sid, **more})


def remove(wire, qualifier=None, sid="s", name="fn", **query):
    if qualifier:
        query["Qualifier"] = qualifier
    text = "&".join(f"{key}={quote(value)}" for key, value in query.items())
    return wire("DELETE", f"{FUNCTIONS}/{quote(name)}/policy/{sid}?{text}")


def revision_of_policy(wire, qualifier=None):
    query = f"?Qualifier={qualifier}" if qualifier else ""
    answer = wire("GET", f"{FUNCTIONS}/fn/policy{query}")
    return answer.json["RevisionId"] if answer.status == 200 else None


def revision_of_alias(wire, alias="PROD"):
    return wire.get_alias("fn", alias).json["RevisionId"]


def test_a_grant_on_an_alias_gives_the_alias_a_new_revision(function, wire):
    other, latest = revision_of_alias(wire, "BETA"), wire.get_configuration("fn").json["RevisionId"]
    seen = [revision_of_alias(wire)]

    def changed():
        now = revision_of_alias(wire)
        assert now not in seen
        seen.append(now)
        return now

    for sid in ("a", "b"):
        assert add(wire, "PROD", sid).status == 201
        assert revision_of_policy(wire, "PROD") == changed()
    assert remove(wire, "PROD", "a").status == 204
    assert revision_of_policy(wire, "PROD") == changed()
    assert remove(wire, "PROD", "b").status == 204
    changed()
    assert revision_of_policy(wire, "PROD") is None, "the last statement took the policy along"
    assert add(wire, name="fn:PROD").status == 201
    assert revision_of_policy(wire, "PROD") == changed()
    assert (revision_of_alias(wire, "BETA"), wire.get_configuration("fn").json["RevisionId"]) == (
        other, latest)


def test_an_update_of_an_alias_is_an_update_of_its_policys_revision(function, wire):
    add(wire, "PROD")
    for change in ({"FunctionVersion": "2"}, {}, {"Description": "x"}):
        moved = wire.update_alias("fn", "PROD", **change).json["RevisionId"]
        assert revision_of_policy(wire, "PROD") == moved == revision_of_alias(wire)


def test_a_remap_that_looked_before_the_grant_is_refused(function, wire):
    before = revision_of_alias(wire)
    add(wire, "PROD")
    stale = wire.update_alias("fn", "PROD", FunctionVersion="2", RevisionId=before)
    assert (stale.status, stale.code) == (412, "PreconditionFailedException")
    assert wire.get_alias("fn", "PROD").json["FunctionVersion"] == "1"
    before = revision_of_alias(wire)
    remove(wire, "PROD")
    assert wire.update_alias("fn", "PROD", FunctionVersion="2", RevisionId=before).status == 412
    now = revision_of_alias(wire)
    assert wire.update_alias("fn", "PROD", FunctionVersion="2", RevisionId=now).status == 200


def test_a_grant_is_guarded_by_the_aliass_revision(function, wire):
    stale = revision_of_alias(wire)
    assert add(wire, "PROD", "a", RevisionId=stale).status == 201
    assert add(wire, "PROD", "b", RevisionId=stale).status == 412
    assert remove(wire, "PROD", "a", RevisionId=stale).status == 412
    moved = wire.update_alias("fn", "PROD", Description="x").json["RevisionId"]
    assert remove(wire, "PROD", "a", RevisionId=moved).status == 204


def test_a_refused_grant_changes_no_revision(function, wire):
    add(wire, "PROD", "a")
    before = revision_of_alias(wire)
    for refused in (add(wire, "PROD", "a"), add(wire, "PROD", "b", Principal="nobody at all"),
                    add(wire, "PROD", "b", RevisionId="stale"), remove(wire, "PROD", "none"),
                    remove(wire, "PROD", "a", RevisionId="stale")):
        assert refused.status >= 400, str(refused)
    assert revision_of_alias(wire) == before == revision_of_policy(wire, "PROD")


def test_the_functions_own_policy_has_a_revision_of_its_own(function, wire):
    add(wire)
    before = revision_of_policy(wire)
    wire.update_configuration("fn", Timeout=9)
    wire.publish("fn")
    wire.update_alias("fn", "PROD")
    add(wire, "PROD")
    assert revision_of_policy(wire) == before
    add(wire, sid="t")
    assert revision_of_policy(wire) != before


# Grants that are only for calls through a function URL

def statement(answer):
    return json.loads(answer.json["Statement"])


def test_a_grant_for_the_url_alone_says_so(function, wire):
    kept = statement(add(wire, InvokedViaFunctionUrl=True))
    assert kept["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    both = statement(add(wire, sid="t", InvokedViaFunctionUrl=True, PrincipalOrgID="o-0123456789",
                         SourceArn="arn:aws:s3:::bucket", SourceAccount="000000000000"))
    assert both["Condition"] == {
        "StringEquals": {"aws:PrincipalOrgID": "o-0123456789", "AWS:SourceAccount": "000000000000"},
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    shown = json.loads(wire("GET", f"{FUNCTIONS}/fn/policy").json["Policy"])
    assert shown["Statement"] == [kept, both]
    assert "Condition" not in statement(add(wire, sid="u", InvokedViaFunctionUrl=False))


# What is refused first

def test_a_taken_statement_id_is_told_before_an_old_revision(function, wire):
    for qualifier in (None, "PROD", "1"):
        add(wire, qualifier)
        again = add(wire, qualifier, RevisionId="stale")
        assert (again.status, again.code) == (409, "ResourceConflictException"), str(again)
        absent = remove(wire, qualifier, "none", RevisionId="stale")
        assert (absent.status, absent.message) == (
            404, "Statement none is not found in resource policy.")


ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.mark.parametrize("call", [add, remove])
@pytest.mark.parametrize("qualifier, message", [
    ("GONE", f"Cannot find alias arn: {ARN}fn:GONE"),
    ("7", f"Function not found: {ARN}fn:7"),
    ("valid-with-$", f"Function not found: {ARN}fn:valid-with-$"),
    ("$latest", f"Function not found: {ARN}fn:$latest"),
])
def test_what_a_qualifier_does_not_name(function, wire, call, qualifier, message):
    answer = call(wire, qualifier)
    assert (answer.status, answer.code, answer.message) == (
        404, "ResourceNotFoundException", message)


def test_removing_where_nothing_was_granted(function, wire):
    assert remove(wire).message == "No policy is associated with the given resource."
    assert remove(wire, "PROD").message == "No policy is associated with the given resource."
    assert remove(wire, "1").message == "No policy is associated with the given resource."
    assert remove(wire, name="gone").message == f"No policy found for: {ARN}gone"
    assert remove(wire, "PROD", name="gone").message == f"No policy found for: {ARN}gone:PROD"
