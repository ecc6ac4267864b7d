# SPDX-License-Identifier: MIT
"""What the tests of a mount's manners share."""

import pytest

from lib import aws


@pytest.fixture
def hello(api):
    """The function hello: versions 1 to 3, PROD -> 1, BETA -> 2. Gives its name."""
    aws.create_function(
        api,
        "hello",
        versions=3,
        aliases={"PROD": 1, "BETA": 2},
        Environment={"Variables": {"PASSWORD": "correct horse battery staple", "MODE": "test"}},
    )
    return "hello"
