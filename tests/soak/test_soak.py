# SPDX-License-Identifier: MIT
"""A short soak with a fixed seed; contrib/test --soak MINUTES plays longer ones."""

import io
import json
import os
import random
import zipfile

import pytest

from lib.process import environment, run
from lib.programs import build_directory, sanitizer
from soak.documents import KINDS, NOTHING, REMOVABLE, archive, break_text, is_whole, policy, shown, tags, text
from soak.history import History
from soak.model import Model, Pending, Plan, State, alternatives, permitted_writes

SECONDS = 20


def test_a_short_soak_finds_nothing(fuse_device, sanitizer_logs):
    seed = os.environ.get("ALIASFS_SEED", "10")
    result = run(
        *["/usr/bin/python3", "-B", "-m", "soak", "--minutes", f"{SECONDS / 60:g}", "--seed", seed],
        *["--workers", "3"],
        timeout=150,
        env=environment(ALIASFS_BUILD=build_directory(), ALIASFS_SANITIZER=sanitizer()),
        cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    )
    assert result.ok, result.stdout[-12000:] + result.stderr[-2000:]
    assert "soak: nothing found" in result.stdout


def test_what_a_gesture_may_write():
    before = {"PROD": State("1"), "NEW": None}
    moved = Plan([], after={"PROD": None, "NEW": State("1")})
    assert permitted_writes(moved, before) == {
        ("CreateAlias", "NEW"),
        ("DeleteAlias", "PROD"),
        ("UpdateAlias", "PROD"),
    }
    assert permitted_writes(Plan([], after={"PROD": State("2")}), before) == {("UpdateAlias", "PROD")}
    assert ("DeleteAlias", "PROD") in permitted_writes(Plan([], gap=("PROD",)), before)
    assert permitted_writes(Plan([], hidden=("PROD",)), before) == set()
    assert alternatives([None, State("1")]) == [None, State("1")] and alternatives(None) == [None]


def test_a_name_whose_state_is_open_may_have_several():
    model = Model(4, ["PROD", "BETA"])
    model.set("PROD", State("1"), 0, 100)
    assert model.standing() == ["PROD"] and model.absent() == ["BETA"]
    assert model.is_stale("PROD", 1, 101, 2) and not model.is_stale("PROD", 0, 101, 2)
    assert not model.is_stale("PROD", 1, 103, 2)
    model.wait("PROD", Pending(101, 105, [State("1"), None], [None], "rm"))
    assert model.allowed("PROD") == [State("1"), None] and model.standing() == []
    assert model.allowed("Cu12ab34") == [None]
    model.set("PROD", None, 0, 106)
    assert model.absent() == ["PROD", "BETA"]


def test_where_an_alias_was_before():
    history = History()

    def note(operation, version=None, **detail):
        history.note({"operation": operation, "qualifier": "PROD", "version": version, "detail": detail})

    assert history.previous("PROD") is None
    note("CreateAlias", "1")
    note("UpdateAlias", "1")
    assert history.previous("PROD") is None
    note("UpdateAlias", "2")
    assert history.previous("PROD") == "1"
    note("UpdateAlias", "2", weights={"3": 0.1})
    assert history.previous("PROD") == "2"
    note("UpdateAlias", "3")
    assert history.previous("PROD") == "2"
    history.note({"operation": "TagResource", "function": "red"})
    note("DeleteAlias")
    note("CreateAlias", "4")
    assert history.previous("PROD") is None
    assert history.writes("PROD")[-2:] == [("DeleteAlias", None), ("CreateAlias", "4")]


@pytest.mark.parametrize("document", KINDS)
def test_a_document_is_whole_or_it_is_not(document):
    kind, template = KINDS[document], {"Runtime": "python3.11", "Description": ""}
    assert kind.state(kind.value(7)) == "7"
    whole = text(document, 7, template)
    dice = random.Random(1)
    for _ in range(50):
        broken = break_text(document, whole, dice)
        assert broken != whole
        if document != "code.zip":
            with pytest.raises(ValueError):
                json.loads(broken)
            continue
        with pytest.raises((zipfile.BadZipFile, AssertionError)), zipfile.ZipFile(io.BytesIO(broken)) as found:
            assert found.testzip() is None
    assert shown(document, whole) == "7" and is_whole("7")
    assert shown(document, b"") == NOTHING if document in REMOVABLE else not is_whole(shown(document, b""))
    assert not is_whole(shown(document, whole[:50]))


def test_what_is_between_two_documents():
    assert KINDS["tags.json"].between("1", "2") == [json.dumps({**tags(1), **tags(2)}, sort_keys=True)]
    assert KINDS["policy.json"].between("1", "2") == [json.dumps(sorted({*policy(1), *policy(2)}))]
    assert KINDS["configuration.json"].between("1", "2") == []
    assert KINDS["tags.json"].between("1", NOTHING) == KINDS["tags.json"].between(NOTHING, "1") == []
    assert KINDS["policy.json"].between("1", NOTHING) == ['["grant-1"]', '["keep"]']
    assert KINDS["policy.json"].between(NOTHING, "1") == ['["grant-1"]', '["keep"]']
    assert KINDS["policy.json"].between('["keep"]', "2") == []
    assert archive(3) == archive(3) != archive(4)
