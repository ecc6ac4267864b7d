# SPDX-License-Identifier: MIT
"""What the tests of lambda-plane add to the fixtures of all."""

import fcntl
import pathlib
import shutil
import sys

import pytest
from lib.process import environment, run
from lib.programs import build_directory

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from wire import Wire  # noqa: E402

JAVASCRIPT = pathlib.Path(__file__).parent / "javascript"


@pytest.fixture
def wire(plane):
    connection = Wire(plane.port)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def sdk():
    """A directory with the SDK in it: installed by npm once per build directory and version."""
    directory = build_directory() / "javascript"
    directory.mkdir(exist_ok=True)
    with open(directory / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for each in JAVASCRIPT.iterdir():
            shutil.copy(each, directory)
        installed, wanted = directory / "installed", (JAVASCRIPT / "package.json").read_text()
        if not installed.exists() or installed.read_text() != wanted:
            assert shutil.which("npm", path="/usr/bin:/bin"), "npm is not installed (contrib/install test)"
            run("/usr/bin/npm", "install", "--no-audit", "--no-fund", "--no-update-notifier",
                "--ignore-scripts", "--cache", directory / "cache", cwd=directory,
                timeout=600, check=True, env=environment(HOME=directory))
            installed.write_text(wanted)
    return directory
