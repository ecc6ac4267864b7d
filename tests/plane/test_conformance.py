# SPDX-License-Identifier: MIT
"""lambda-plane against recorded answers of AWS. Collected where the recordings are (tests/conftest.py)."""

import json
import os
import pathlib
import re
import shutil

from lib.process import environment, run
from lib.programs import ROOT, program

# Debian's boto3 of 2022 has no member for what this answer carries: no server can make it show it.
CLIENT_CANNOT_SHOW = {("TestLambdaFunction::test_function_lifecycle", "delete_response")}


SHARED = pathlib.Path(os.environ.get("ALIASFS_SHARED", ROOT.parent / "shared"))


def test_recorded_answers_of_aws_are_given(make_plane, scratch):
    plane = make_plane("--settle", "100")
    result = run("/usr/bin/python3", SHARED / "conformance/replay.py", plane.url, "-o", scratch / "report.json",
                 env=environment(HOME=scratch), timeout=180)
    print(result.stdout)
    report = json.loads((scratch / "report.json").read_text())
    assert len(report) >= 191
    wrong = [f"{each['test']} {each['key']}: {each['hard']}" for each in report
             if each["hard"] and (each["test"], each["key"]) not in CLIENT_CANNOT_SHOW]
    assert not wrong, "\n".join(wrong)
    errors = [each for each in report if each["error_case"]]
    assert len(errors) >= 98 and not any(each["hard"] for each in errors)


def test_captures_of_native_aws_agree(scratch):
    """Every call that native AWS answered, the explicit nulls not counted; the scripts start their own lambda-plane."""
    (scratch / "tmp").mkdir()
    result = run(shutil.which("bash"), SHARED / "conformance/native/run.sh", cwd=scratch, timeout=180,
                 env=environment(LAMBDA_PLANE=str(program("lambda-plane")), TMPDIR=str(scratch / "tmp")))
    print(result.stdout)
    agreeing, compared = re.search(r"^(\d+) of (\d+) agree$", result.stdout, re.MULTILINE).groups()
    assert int(compared) >= 310 and agreeing == compared
    assert "died" not in result.stdout
