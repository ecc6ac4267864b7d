# SPDX-License-Identifier: MIT
"""AWS's rules about functions, versions and aliases that boto3 shows."""

import time
import urllib.request

import pytest
from botocore.exceptions import ClientError
from lib import aws
from lib.process import wait_for

SETTLE_MS = 3000


def fails(code, call, **arguments):
    """The message of the failure with that code, which the call must give."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def revision(api, name, **qualifier):
    return api.get_function_configuration(FunctionName=name, **qualifier)["RevisionId"]


def test_publishing_without_a_change_gives_the_last_version(api):
    aws.create_function(api, "fn")
    first = api.publish_version(FunctionName="fn", Description="one")
    again = api.publish_version(FunctionName="fn", Description="ignored")
    for each in (first, again):
        del each["ResponseMetadata"]
    assert again == first
    api.update_function_configuration(FunctionName="fn", Timeout=4)
    assert api.publish_version(FunctionName="fn")["Version"] == "2"
    api.update_function_configuration(FunctionName="fn", Timeout=4)
    assert api.publish_version(FunctionName="fn")["Version"] == "2", "nothing differs from 2"


def test_revision_ids_change_when_aws_changes_them(api):
    aws.create_function(api, "fn")
    created = revision(api, "fn")
    published = api.publish_version(FunctionName="fn")["RevisionId"]
    after = revision(api, "fn")
    assert len({created, published, after}) == 3, "a real publish gives $LATEST a new one"
    api.publish_version(FunctionName="fn")
    assert revision(api, "fn") == after, "one that changes nothing does not"
    alias = api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1")["RevisionId"]
    assert revision(api, "fn") == after
    assert revision(api, "fn", Qualifier="1") == published
    assert revision(api, "fn", Qualifier="PROD") == published, "the version's, not the alias's"
    moved = api.update_alias(FunctionName="fn", Name="PROD")["RevisionId"]
    assert moved != alias, "even an update that changes nothing gives a new one"


def test_a_stale_revision_id_changes_nothing(api, plane):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})
    with plane.recording() as record:
        for call, arguments in (
            (api.update_alias, {"Name": "PROD", "FunctionVersion": "2"}),
            (api.publish_version, {}),
            (api.update_function_configuration, {"Timeout": 9}),
            (api.update_function_code, {"ZipFile": aws.code("other")}),
        ):
            message = fails("PreconditionFailedException", call, FunctionName="fn",
                            RevisionId="stale", **arguments)
            assert message.startswith("The Revision Id provided does not match the latest")
    assert record.changes == []
    assert aws.alias_version(api, "fn", "PROD") == "1"


def test_last_modified_of_a_version_is_that_of_latest(api):
    aws.create_function(api, "fn")
    latest = api.get_function_configuration(FunctionName="fn")["LastModified"]
    time.sleep(0.01)
    assert api.publish_version(FunctionName="fn")["LastModified"] == latest


def test_pending_and_in_progress_last_as_long_as_asked(make_plane):
    plane = make_plane("--settle", str(SETTLE_MS))
    api = plane.api
    made = api.create_function(FunctionName="fn", Runtime="python3.11", Role=aws.ROLE,
                               Handler="h.h", Code={"ZipFile": aws.code()})
    assert (made["State"], made["StateReasonCode"]) == ("Pending", "Creating")
    assert "LastUpdateStatus" not in made
    message = fails("ResourceConflictException", api.publish_version, FunctionName="fn")
    assert "in the following state: Pending" in message
    wait_for(lambda: api.get_function_configuration(FunctionName="fn")["State"] == "Active")
    active = api.get_function_configuration(FunctionName="fn")
    assert active["LastUpdateStatus"] == "Successful"
    assert active["RevisionId"] != made["RevisionId"]
    updated = api.update_function_configuration(FunctionName="fn", Timeout=7)
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    message = fails("ResourceConflictException", api.update_function_code, FunctionName="fn",
                    ZipFile=aws.code("x"))
    assert "An update is in progress for resource: arn:aws:lambda:us-east-1:000000000000" in message
    api.create_alias(FunctionName="fn", Name="DEV", FunctionVersion="$LATEST")  # not blocked
    settled = wait_for(lambda: [
        each for each in [api.get_function_configuration(FunctionName="fn")]
        if each["LastUpdateStatus"] == "Successful"])[0]
    assert settled["RevisionId"] != updated["RevisionId"]


def test_updating_an_alias_merges(api):
    aws.create_function(api, "fn", versions=3)
    api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1", Description="live",
                     RoutingConfig={"AdditionalVersionWeights": {"2": 0.05}})
    moved = api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="3")
    assert moved["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.05}}, "kept, as AWS does"
    assert moved["Description"] == "live"
    plain = api.update_alias(FunctionName="fn", Name="PROD",
                             RoutingConfig={"AdditionalVersionWeights": {}})
    assert "RoutingConfig" not in plain and plain["FunctionVersion"] == "3"


@pytest.mark.parametrize("weight", [0.0, 1.0, 0.1, 0.05, 1 / 3, 5e-324, 0.30000000000000004])
def test_weights_are_kept_exactly(api, weight):
    aws.create_function(api, "fn", versions=2)
    api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1",
                     RoutingConfig={"AdditionalVersionWeights": {"2": weight}})
    alias = api.get_alias(FunctionName="fn", Name="PROD")
    assert alias["RoutingConfig"]["AdditionalVersionWeights"] == {"2": weight}


def test_routing_rules_hold_for_updates_too(api):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})

    def update(code, weights, **more):
        return fails(code, api.update_alias, FunctionName="fn", Name="PROD",
                     RoutingConfig={"AdditionalVersionWeights": weights}, **more)

    assert "cannot be greater than 1" in update(
        "InvalidParameterValueException", {"1": 0.1, "2": 0.1})
    assert "already included" in update("InvalidParameterValueException", {"1": 0.5})
    assert "$LATEST is not supported" in update(
        "InvalidParameterValueException", {"1": 0.5}, FunctionVersion="$LATEST")
    assert update("ResourceNotFoundException", {"9": 0.5}).endswith(":function:fn:9")
    assert "{2=1.5}" in update("ValidationException", {"2": 1.5})
    api.update_function_configuration(FunctionName="fn", Role=aws.ROLE + "-other")
    api.publish_version(FunctionName="fn")
    assert "same execution role" in update("InvalidParameterValueException", {"3": 0.5})


def test_a_version_that_an_alias_uses_cannot_be_deleted(api):
    aws.create_function(api, "fn", versions=3, aliases={"PROD": 1, "BETA": 1})
    api.update_alias(FunctionName="fn", Name="BETA", FunctionVersion="2",
                     RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    message = fails("ResourceConflictException", api.delete_function, FunctionName="fn",
                    Qualifier="1")
    assert message == (
        "Unable to delete version because the following aliases reference it: [BETA, PROD]")
    api.delete_function(FunctionName="fn", Qualifier="3")
    api.delete_function(FunctionName="fn", Qualifier="3")  # there is nothing to do
    versions = api.list_versions_by_function(FunctionName="fn")["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1", "2"]
    assert "Deletion of aliases" in fails(
        "InvalidParameterValueException", api.delete_function, FunctionName="fn", Qualifier="PROD")


def test_deleting_a_function_takes_everything_that_hangs_off_it(api):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})
    api.add_permission(FunctionName="fn", Qualifier="PROD", StatementId="s", Principal="*",
                       Action="lambda:InvokeFunction")
    api.delete_function(FunctionName="fn")
    for call in (api.get_function, api.list_aliases, api.list_versions_by_function):
        fails("ResourceNotFoundException", call, FunctionName="fn")
    fails("ResourceNotFoundException", api.get_policy, FunctionName="fn", Qualifier="PROD")
    assert api.get_account_settings()["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}


def test_the_policy_of_an_alias_survives_an_update_and_not_a_delete(api):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})
    api.add_permission(FunctionName="fn", Qualifier="PROD", StatementId="s", Principal="*",
                       Action="lambda:InvokeFunction")
    api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="2")
    assert api.get_policy(FunctionName="fn", Qualifier="PROD")["Policy"]
    api.delete_alias(FunctionName="fn", Name="PROD")
    api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="2")
    fails("ResourceNotFoundException", api.get_policy, FunctionName="fn", Qualifier="PROD")


def test_account_usage_counts_every_version(api):
    aws.create_function(api, "fn")
    size = api.get_function_configuration(FunctionName="fn")["CodeSize"]
    api.publish_version(FunctionName="fn")
    assert api.get_account_settings()["AccountUsage"] == {
        "TotalCodeSize": 2 * size, "FunctionCount": 1}


def test_code_can_be_downloaded_for_ten_minutes(api):
    aws.create_function(api, "fn", versions=1)
    before = time.time() * 1000
    code = api.get_function(FunctionName="fn", Qualifier="1")["Code"]
    after = time.time() * 1000
    with urllib.request.urlopen(code["Location"], timeout=30) as answer:
        assert answer.read() == aws.code("fn 1")
    expires = int(code["Location"].split("Expires=")[1].split("&")[0])
    assert before - 1 <= expires - 600_000 <= after + 1  # rounded to milliseconds
    for forged in (code["Location"].replace(str(expires), str(expires + 1)),
                   code["Location"][:-1] + ("0" if code["Location"][-1] != "0" else "1")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(forged, timeout=30)
        assert caught.value.code == 403


def test_same_code_is_stored_once_and_removed_with_its_last_user(api, plane):
    aws.create_function(api, "one", versions=0)
    data = aws.code("shared")
    for name in ("two", "three"):
        api.create_function(FunctionName=name, Runtime="python3.11", Role=aws.ROLE, Handler="h.h",
                            Code={"ZipFile": data})
    stored = sorted(each.name for each in (plane.state / "code").iterdir())
    assert len(stored) == 2
    api.delete_function(FunctionName="two")
    assert len(list((plane.state / "code").iterdir())) == 2
    api.delete_function(FunctionName="three")
    assert len(list((plane.state / "code").iterdir())) == 1


def test_dry_run_changes_nothing(api, plane):
    aws.create_function(api, "fn")
    before = api.get_function_configuration(FunctionName="fn")
    dry = api.update_function_code(FunctionName="fn", ZipFile=aws.code("new"), DryRun=True)
    assert dry["CodeSha256"] == aws.code_sha256(aws.code("new"))
    after = api.get_function_configuration(FunctionName="fn")
    for each in (before, after):
        del each["ResponseMetadata"]
    assert after == before
    assert len(list((plane.state / "code").iterdir())) == 1


def test_settings_can_be_cleared(api):
    aws.create_function(api, "fn", Environment={"Variables": {"AB": "c"}}, KMSKeyArn="arn:aws:kms:k",
                        DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"},
                        Layers=["arn:aws:lambda:us-east-1:017000801446:layer:l:1"])
    cleared = api.update_function_configuration(
        FunctionName="fn", Environment={"Variables": {}}, KMSKeyArn="", Layers=[],
        DeadLetterConfig={"TargetArn": ""})
    assert cleared["Environment"] == {"Variables": {}}
    assert not {"KMSKeyArn", "DeadLetterConfig", "Layers"} & set(cleared)


def test_every_spelling_of_a_name_means_the_function(api):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    arn = "arn:aws:lambda:us-east-1:000000000000:function:fn"
    for spelling in ("fn", "function:fn", "000000000000:function:fn",
                     "us-east-1:000000000000:function:fn", arn):
        found = api.get_function_configuration(FunctionName=spelling)
        assert found["FunctionArn"] == arn
        assert api.get_function_configuration(FunctionName=spelling + ":PROD")["Version"] == "1"
        assert api.get_alias(FunctionName=spelling, Name="PROD")["AliasArn"] == arn + ":PROD"
    assert "not reachable in this region" in fails(
        "ResourceNotFoundException", api.get_function,
        FunctionName="arn:aws:lambda:eu-west-1:000000000000:function:fn")
    fails("AccessDeniedException", api.get_function,
          FunctionName="arn:aws:lambda:us-east-1:999999999999:function:fn")


def test_other_accounts_and_regions_are_played(make_plane):
    plane = make_plane("--account", "123456789012", "--region", "us-gov-west-1")
    aws.create_function(plane.api, "fn")
    assert plane.api.get_function_configuration(FunctionName="fn")["FunctionArn"] == (
        "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:fn")
