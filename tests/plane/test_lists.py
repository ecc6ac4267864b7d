# SPDX-License-Identifier: MIT
"""Lists and their pages."""

import pytest
from lib import aws
from wire import FUNCTIONS, quote


def pages(call, key, **arguments):
    """The items of each page, by following NextMarker as any client does."""
    found = []
    while True:
        answer = call(**arguments)
        found.append(answer[key])
        if not answer.get("NextMarker"):
            return found
        arguments["Marker"] = answer["NextMarker"]


def test_an_account_of_many_functions_is_listed_whole(api, plane):
    for number in range(120):
        aws.create_function(api, f"fn-{number:03}", versions=3)
    plane.reset()
    listed = pages(api.list_functions, "Functions")
    assert [len(page) for page in listed] == [50, 50, 20]
    assert plane.calls() == {"ListFunctions": 3}
    everything = pages(api.list_functions, "Functions", FunctionVersion="ALL", MaxItems=10000)
    assert [len(page) for page in everything] == [50] * 9 + [30]
    arns = [each["FunctionArn"] for page in everything for each in page]
    assert len(set(arns)) == 480
    assert arns[:4] == [f"arn:aws:lambda:us-east-1:000000000000:function:fn-000:{version}"
                        for version in ("$LATEST", "1", "2", "3")]


def test_a_function_of_130_versions_and_aliases(api):
    aws.create_function(api, "fn")
    for number in range(1, 131):
        api.update_function_configuration(FunctionName="fn", Description=str(number))
        api.publish_version(FunctionName="fn")
        api.create_alias(FunctionName="fn", Name=f"a{number}", FunctionVersion=str(number))
    versions = pages(api.list_versions_by_function, "Versions", FunctionName="fn")
    assert [len(page) for page in versions] == [50, 50, 31]
    assert [each["Version"] for page in versions for each in page] == [
        "$LATEST", *map(str, range(1, 131))]
    aliases = pages(api.list_aliases, "Aliases", FunctionName="fn", MaxItems=100)
    assert [len(page) for page in aliases] == [50, 50, 30]
    assert {each["FunctionVersion"] for page in aliases for each in page} == set(
        map(str, range(1, 131)))
    assert [each["Name"] for each in
            api.list_aliases(FunctionName="fn", FunctionVersion="77")["Aliases"]] == ["a77"]


@pytest.mark.parametrize("size", [1, 7, 50])
def test_page_size_is_honoured_up_to_fifty(api, size):
    for number in range(8):
        aws.create_function(api, f"fn{number}")
    listed = pages(api.list_functions, "Functions", MaxItems=size)
    assert [each["FunctionName"] for page in listed for each in page] == [
        f"fn{number}" for number in range(8)]
    assert all(len(page) <= size for page in listed)


def test_a_list_leaves_out_what_changes_by_itself(api):
    aws.create_function(api, "fn", versions=1)
    for each in (*api.list_functions()["Functions"],
                 *api.list_versions_by_function(FunctionName="fn")["Versions"]):
        assert not {"State", "LastUpdateStatus", "RuntimeVersionConfig"} & set(each)
        assert each["RevisionId"] and each["CodeSha256"]


def test_functions_made_between_two_pages_do_not_disturb_it(api):
    for name in "bdfh":
        aws.create_function(api, name)
    first = api.list_functions(MaxItems=2)
    aws.create_function(api, "a")
    aws.create_function(api, "e")
    api.delete_function(FunctionName="d")
    second = api.list_functions(MaxItems=50, Marker=first["NextMarker"])
    assert [each["FunctionName"] for each in second["Functions"]] == ["e", "f", "h"]


def test_bad_markers_and_sizes_are_refused(wire):
    for marker in ("x", "AAAA", quote("Zm9v="), "%00", "MSBh" * 4000):
        answer = wire("GET", f"{FUNCTIONS}?Marker={marker}")
        assert answer.status == 400, str(answer)
    for size, text in (("0", "greater than or equal to 1"), ("10001", "less than or equal to 10000"),
                       ("-5", "greater than or equal to 1")):
        answer = wire("GET", f"{FUNCTIONS}?MaxItems={size}")
        assert (answer.status, answer.code) == (400, "ValidationException")
        assert f"Value '{size}' at 'maxItems'" in answer.message and text in answer.message
    assert wire("GET", f"{FUNCTIONS}?MaxItems=many").status == 400


def test_master_region_filters_replicas(api, wire):
    aws.create_function(api, "fn")
    assert api.list_functions(FunctionVersion="ALL", MasterRegion="us-east-1")["Functions"] == []
    assert wire("GET", f"{FUNCTIONS}?MasterRegion=us-east-1").status == 400
