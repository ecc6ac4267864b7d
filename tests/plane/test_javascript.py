# SPDX-License-Identifier: MIT
"""The AWS SDK for JavaScript v3 plays the whole life of an alias."""

import fcntl
import pathlib
import shutil

import pytest
from lib import aws
from lib.process import environment, run
from lib.programs import build_directory, patience

HERE = pathlib.Path(__file__).parent / "javascript"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="session")
def sdk():
    """A directory with the SDK in it: installed by npm once per build directory."""
    directory = build_directory() / "javascript"
    directory.mkdir(exist_ok=True)
    with open(directory / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for each in HERE.iterdir():
            shutil.copy(each, directory)
        if not (directory / "installed").exists():
            assert shutil.which("npm", path="/usr/bin:/bin"), "npm is not installed (contrib/install test)"
            run("/usr/bin/npm", "install", "--no-audit", "--no-fund", "--no-update-notifier",
                "--ignore-scripts", "--cache", directory / "cache", cwd=directory,
                timeout=600, check=True, env=environment(HOME=directory))
            (directory / "installed").touch()
    return directory


def test_the_javascript_sdk_plays_the_whole_life_of_an_alias(sdk, make_plane, scratch):
    plane = make_plane("--settle", "50", "--verify-signatures", f"AKIAIOSFODNN7EXAMPLE:{SECRET}")
    for number in (1, 2):
        (scratch / f"{number}.zip").write_bytes(aws.code(str(number)))
    result = run("/usr/bin/node", sdk / "alias_life.mjs", plane.url, scratch / "1.zip",
                 scratch / "2.zip", env=environment(SECRET=SECRET), timeout=patience(90))
    assert result.ok and result.lines[-1] == "done", str(result)
    assert plane.calls()["UpdateAlias"] == 3
