# SPDX-License-Identifier: MIT
"""lambda-plane against recorded answers of AWS. Collected where the recordings are (tests/conftest.py)."""

import json
import os
import pathlib

from lib.process import environment, run
from lib.programs import ROOT, patience


# Debian's boto3 of 2022 has no member for what this answer carries: no server can make it show it.
CLIENT_CANNOT_SHOW = {("TestLambdaFunction::test_function_lifecycle", "delete_response")}


def test_recorded_answers_of_aws_are_given(make_plane, scratch):
    shared = pathlib.Path(os.environ.get("ALIASFS_SHARED", ROOT.parent / "shared"))
    plane = make_plane("--settle", "100")
    result = run("/usr/bin/python3", shared / "conformance/replay.py", plane.url, "-o", scratch / "report.json",
                 env=environment(HOME=scratch), timeout=patience(180))
    print(result.stdout)
    report = json.loads((scratch / "report.json").read_text())
    assert len(report) >= 191
    wrong = [f"{each['test']} {each['key']}: {each['hard']}" for each in report
             if each["hard"] and (each["test"], each["key"]) not in CLIENT_CANNOT_SHOW]
    assert not wrong, "\n".join(wrong)
    errors = [each for each in report if each["error_case"]]
    assert len(errors) >= 98 and not any(each["hard"] for each in errors)
