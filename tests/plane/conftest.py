# SPDX-License-Identifier: MIT
"""What the tests of lambda-plane add to the fixtures of all."""

import contextlib
import pathlib
import shutil
import sys
import tempfile

import pytest
from lib import javascript
from lib.plane import Plane
from lib.programs import build_directory

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from wire import Wire  # noqa: E402

@pytest.fixture
def wire(plane):
    with contextlib.closing(Wire(plane.port)) as connection:
        yield connection


@pytest.fixture(scope="module")
def shared_plane(sanitizer_logs):
    """One lambda-plane for all tests of a module that do not mind what the others left in it."""
    with tempfile.TemporaryDirectory(prefix="aliasfs-") as directory:
        with contextlib.closing(Plane(directory, sanitizer_logs)) as plane:
            yield plane


@pytest.fixture
def shared_wire(shared_plane):
    with contextlib.closing(Wire(shared_plane.port)) as connection:
        yield connection


@pytest.fixture(scope="session")
def sdk():
    """A directory with the SDK and our scripts in it."""
    directory = build_directory() / "javascript"
    javascript.install(directory)
    for each in javascript.PROGRAMS.glob("*.mjs"):
        shutil.copy(each, directory)
    return directory
