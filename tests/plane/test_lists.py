# SPDX-License-Identifier: MIT
"""Lists and their pages."""

import sqlite3
import uuid

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
    assert [len(page) for page in aliases] == [100, 30]
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


def test_aliases_come_in_pages_as_large_as_asked_for(api, plane):
    aws.create_function(api, "fn", versions=1)
    names = [f"a{number:03}" for number in range(120)]
    for name in names:
        api.create_alias(FunctionName="fn", Name=name, FunctionVersion="1")
    for size, sizes in ((None, [120]), (10000, [120]), (50, [50, 50, 20]), (119, [119, 1]),
                        (120, [120])):
        plane.reset()
        listed = pages(api.list_aliases, "Aliases", FunctionName="fn",
                       **({"MaxItems": size} if size else {}))
        assert [len(page) for page in listed] == sizes
        assert [each["Name"] for page in listed for each in page] == names


def test_the_marker_of_a_list_of_aliases_is_a_name(api, wire):
    aws.create_function(api, "fn", versions=1, aliases={name: 1 for name in "bdf"})

    def after(marker, **more):
        query = "&".join(f"{name}={quote(str(value))}" for name, value in
                         {"Marker": marker, **more}.items())
        answer = wire("GET", f"{FUNCTIONS}/fn/aliases?{query}").json
        return "".join(each["Name"] for each in answer["Aliases"]), answer["NextMarker"]

    assert wire("GET", f"{FUNCTIONS}/fn/aliases?MaxItems=2").json["NextMarker"] == "d"
    for marker, names in (("b", "df"), ("a", "bdf"), ("c c/%", "df"), ("f", ""), ("é", ""),
                          ("", "bdf"), ("B" * 4000, "bdf"), ("z" * 4000, "")):
        assert after(marker) == (names, None)
    assert after("a", MaxItems=1) == ("b", "b")


def test_the_aliases_of_one_version_are_paged_too(api):
    aws.create_function(api, "fn", versions=2, aliases={"c": 1, "a": 1, "b": 2, "d": 1})
    api.update_alias(FunctionName="fn", Name="b",
                     RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    listed = pages(api.list_aliases, "Aliases", FunctionName="fn", FunctionVersion="1", MaxItems=2)
    assert [[each["Name"] for each in page] for page in listed] == [["d", "c"], ["a"]]


def test_a_page_of_large_aliases_ends_early_and_loses_none(api, plane, wire):
    aws.create_function(api, "fn", versions=1)
    with sqlite3.connect(plane.state / "lambda.db") as database:
        database.executemany(
            "INSERT INTO alias (function, name, version, description, revision_id) "
            "VALUES ('fn', ?, 1, ?, ?)",
            ((f"a{number}", "\x01" * 256, str(uuid.uuid4())) for number in range(5000)))
    database.close()
    first = wire("GET", f"{FUNCTIONS}/fn/aliases").json
    assert 1000 < len(first["Aliases"]) < 5000 and first["NextMarker"]
    listed = pages(api.list_aliases, "Aliases", FunctionName="fn")
    assert sum(map(len, listed)) == 5000
