# SPDX-License-Identifier: MIT
"""tests/run.py, which contrib/test calls, and what is collected."""

import sys

import pytest
import run as runner
from lib.process import environment, run
from lib.programs import ROOT


@pytest.fixture
def built(monkeypatch, tmp_path):
    """A tree in which everything but pytest succeeds."""
    (tmp_path / "build").mkdir()
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "build", lambda configuration: True)
    monkeypatch.setattr(runner, "unit", lambda configuration, environment: runner.Tally(passed=5))
    monkeypatch.setattr(sys, "argv", ["contrib/test", "--only", "plain"])


def results(monkeypatch, *each):
    """What pytest says the first time, the second time."""
    left = list(each)
    monkeypatch.setattr(runner, "pytest_once", lambda *arguments: left.pop(0))


def test_what_passed_only_the_second_time_is_named_at_the_end(built, monkeypatch, capsys):
    results(
        monkeypatch,
        (runner.Tally(passed=7, failed=2), ["a.py::test_slow", "b.py::test_broken"]),
        (runner.Tally(passed=1, failed=1), ["b.py::test_broken"]),
    )
    assert runner.main() == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "passed only the second time: plain: a.py::test_slow",
        "15 passed, 1 failed",
    ]


def test_what_could_not_run_a_second_time_has_not_passed(built, monkeypatch, capsys):
    results(
        monkeypatch,
        (runner.Tally(passed=7, failed=2), ["a.py", "gw0.py"]),
        (runner.Tally(failed=1), []),
    )
    assert runner.main() == 1
    out = capsys.readouterr().out
    assert "FAILED TWICE: a.py" in out and "THE SECOND TIME" not in out
    assert out.splitlines()[-1] == "14 passed, 2 failed"


def test_nothing_is_named_when_all_passed_at_once(built, monkeypatch, capsys):
    results(monkeypatch, (runner.Tally(passed=9), []))
    assert runner.main() == 0
    out = capsys.readouterr().out
    assert "second time" not in out and out.splitlines()[-1] == "16 passed, 0 failed"


def collected(shared):
    env = environment(ALIASFS_SHARED=shared, CI="true")
    return run("/usr/bin/python3", "-m", "pytest", "--collect-only", "-q", "plane", cwd=ROOT / "tests", env=env)


def test_recorded_answers_that_are_not_there_are_no_test(scratch):
    result = collected(scratch)
    assert result.ok and "test_faults.py::" in result.stdout, str(result)
    assert "test_conformance.py::" not in result.stdout
    assert f"IS NO TEST HERE: there is no {scratch}/conformance/replay.py" in result.stdout
    (scratch / "conformance").mkdir()
    (scratch / "conformance/replay.py").touch()
    result = collected(scratch)
    assert "test_conformance.py::" in result.stdout and "NO TEST HERE" not in result.stdout


def test_a_check_without_its_tool_is_no_check_here(monkeypatch, tmp_path):
    checks = tmp_path / "tests/check"
    checks.mkdir(parents=True)
    for name, status in (("bad", 1), ("good", 0), ("lacking", 77)):
        (checks / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (checks / name).chmod(0o755)
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    assert runner.check() == runner.Tally(passed=1, failed=1)
