# SPDX-License-Identifier: MIT
"""Documents written by every tool that people have: alone, after a colleague's change, and refused by AWS (contract, section 6)."""

import json

import pytest

from lib import aws
from lib.writing import put, shell
from lib.writing_tools import HIDE_FAILURES, HIDE_CLOSE, EDITORS, TOOLS, change, play

ARN = f"arn:aws:lambda:{aws.REGION}:000000000000:function:hello"
CONFIGURATION = "/2015-03-31/functions/hello/configuration"


def picked(found, *names):
    return {name: found[name] for name in names}


# document: (a word of it, another, the call that makes it so, a colleague's call, what that makes, what boto3 says it is)
PLACES = {
    "$LATEST/configuration.json": (
        "blue", "green", "UpdateFunctionConfiguration", ("PUT", CONFIGURATION, {"Timeout": 60}), {"Timeout": 60},
        lambda api: picked(api.get_function_configuration(FunctionName="hello"), "Description", "Timeout"),
    ),
    "$LATEST/environment.json": (
        "blue", "green", "UpdateFunctionConfiguration",
        ("PUT", CONFIGURATION, {"Environment": {"Variables": {"STAGE": "blue", "KEEP": "theirs"}}}), {"KEEP": "theirs"},
        lambda api: api.get_function_configuration(FunctionName="hello")["Environment"]["Variables"],
    ),
    ".function/tags.json": (
        "blue", "green", "TagResource", ("POST", f"/2017-03-31/tags/{ARN}", {"Tags": {"KEEP": "theirs"}}), {"KEEP": "theirs"},
        lambda api: api.list_tags(Resource=ARN)["Tags"],
    ),
    ".aliases/PROD/event-invoke.json": (
        "777", "8888", "PutFunctionEventInvokeConfig",
        ("PUT", "/2019-09-25/functions/hello/event-invoke-config?Qualifier=PROD",
         {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 777}), {"MaximumRetryAttempts": 0},
        lambda api: picked(
            api.get_function_event_invoke_config(FunctionName="hello", Qualifier="PROD"),
            "MaximumRetryAttempts", "MaximumEventAgeInSeconds",
        ),
    ),
}


@pytest.fixture
def mount(api, hello, make_mount):
    """Each document of PLACES has its word, and something that a colleague changes."""
    variables = {"STAGE": "blue", "KEEP": "mine"}
    api.update_function_configuration(FunctionName=hello, Description="blue", Environment={"Variables": variables})
    api.tag_resource(Resource=ARN, Tags=variables)
    api.put_function_event_invoke_config(
        FunctionName=hello, Qualifier="PROD", MaximumRetryAttempts=1, MaximumEventAgeInSeconds=777
    )
    return make_mount(allow_update=True, delete_grace=2, rate=1000)


@pytest.fixture
def place(hello, mount, scratch):
    """place(document): its path, its two words, and a directory in which `new` has it with the second one."""

    def prepare(document):
        path, (old, new, *_) = mount.path / hello / document, PLACES[document]
        room = scratch / path.name
        room.mkdir()
        put(room, path.read_text().replace(old, new))
        return path, {"old": old, "new": new}, room

    return prepare


def says(mount, *words):
    """Whether a line has them all: the last one may be about the link by which emacs locks a file."""
    lines = (mount.path / ".aliasfs/errors").read_text().splitlines()
    return any(all(word in line for word in words) for line in lines)


def replaced(found, words):
    return json.loads(json.dumps(found).replace(words["old"], words["new"]))


@pytest.mark.semantics("6.2.2", "6.3.1", "6.3.2", "6.8.1", "6.9.1", "6.9.2")
@pytest.mark.parametrize("tool", [*TOOLS, *EDITORS])
def test_each_tool_makes_one_change(api, mount, gesture, place, tool):
    for document, (*_, call, _, _, look) in PLACES.items():
        path, words, room = place(document)
        wanted = replaced(look(api), words)
        with gesture(call):
            result = play(tool, mount, path, room, **words)
        assert result.ok, result
        assert look(api) == wanted
        assert words["new"] in path.read_text()


@pytest.mark.semantics("6.3.8", "6.4.1", "6.4.2", "6.4.5")
@pytest.mark.parametrize("tool", [*TOOLS, *EDITORS])
def test_no_tool_overwrites_what_a_colleague_changed_meanwhile(api, plane, mount, gesture, place, tool):
    for document, (*_, theirs, made, look) in PLACES.items():
        path, words, room = place(document)
        wanted = look(api) | made
        with plane.recording() as record:
            result = play(tool, mount, path, room, change(plane, *theirs), **words)
        assert len(record.writes) == 1, record  # the colleague's
        assert not result.ok or tool in HIDE_FAILURES, result
        seen = "would be overwritten" in result.stderr  # by git itself, which has read the document again
        assert seen or says(mount, f"{path.name} of hello was changed by another client"), result
        assert look(api) == wanted
        assert words["old"] in path.read_text() and words["new"] not in path.read_text()


@pytest.mark.semantics("5.1.1", "6.3.1", "6.3.8")
@pytest.mark.parametrize("tool", [*TOOLS, *EDITORS])
def test_a_tool_fails_with_its_change(api, plane, mount, gesture, place, tool):
    """Or, where the tool does not look at what close(2) says, the line in the log is all that there is."""
    for document in ("$LATEST/configuration.json", ".function/tags.json"):
        *_, call, _, _, look = PLACES[document]
        path, words, room = place(document)
        before, text = look(api), path.read_text()
        plane.put("/_local/faults", [{"operation": call, "code": "AccessDeniedException", "count": -1}])
        with gesture():
            result = play(tool, mount, path, room, **words)
        plane.put("/_local/faults", [])
        assert not result.ok or tool in HIDE_CLOSE, result
        assert says(mount, "AccessDeniedException", path.name)
        assert (look(api), path.read_text()) == (before, text)


@pytest.mark.semantics("6.3.3", "6.3.6")
def test_what_is_emptied_and_appended_to_by_two_processes_is_refused(mount, gesture, place):
    """The first one has changed nothing, so the second one's text comes behind what is there."""
    for document in PLACES:
        path, _, room = place(document)
        before = path.read_text()
        with gesture():
            result = shell(mount, path.parent, f"truncate -s 0 {path.name} && cat $T/new >> {path.name}", room)
        assert not result.ok and says(mount, path.name, "behind its end"), result
        assert path.read_text() == before
