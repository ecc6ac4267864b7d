# SPDX-License-Identifier: MIT
"""What the tests of lambda-plane add to the fixtures of all."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from wire import Wire  # noqa: E402


@pytest.fixture
def wire(plane):
    connection = Wire(plane.port)
    yield connection
    connection.close()
