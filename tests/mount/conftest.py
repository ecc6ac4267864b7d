# SPDX-License-Identifier: MIT
"""The accounts that most mount tests look at."""

import contextlib

import pytest

from lib import aws

VERSIONS = 3


@pytest.fixture
def hello(api):
    """The function hello: versions 1 to 3, PROD -> 1, BETA -> 2, DEV -> $LATEST. Gives its name."""
    aws.create_function(
        api, "hello", versions=VERSIONS, aliases={"PROD": 1, "BETA": 2, "DEV": "$LATEST"}
    )
    return "hello"


@pytest.fixture
def gesture(plane):
    """with gesture("UpdateAlias"): what happens inside is exactly these writes, in this order."""

    @contextlib.contextmanager
    def exactly(*operations):
        with plane.recording() as record:
            yield record
        assert record.writes == list(operations), str(record)

    return exactly
