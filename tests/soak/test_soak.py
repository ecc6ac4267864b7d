# SPDX-License-Identifier: MIT
"""A short soak with a fixed seed; contrib/test --soak MINUTES plays longer ones."""

import os

from lib.process import environment, run
from lib.programs import build_directory, patience, sanitizer
from soak.model import Model, Pending, Plan, State, alternatives, permitted_writes

SECONDS = 20


def test_a_short_soak_finds_nothing(fuse_device, sanitizer_logs):
    seed = os.environ.get("ALIASFS_SEED", "10")
    result = run(
        *["/usr/bin/python3", "-B", "-m", "soak", "--minutes", f"{SECONDS / 60:g}", "--seed", seed],
        *["--workers", "3"],
        timeout=patience(150),
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
