# SPDX-License-Identifier: MIT
"""The AWS SDK for JavaScript v3 plays the whole life of an alias."""

from lib import aws
from lib.process import environment, run

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def test_the_javascript_sdk_plays_the_whole_life_of_an_alias(sdk, make_plane, scratch):
    plane = make_plane("--settle", "50", "--verify-signatures", f"AKIAIOSFODNN7EXAMPLE:{SECRET}")
    for number in (1, 2):
        (scratch / f"{number}.zip").write_bytes(aws.code(str(number)))
    result = run("/usr/bin/node", sdk / "alias_life.mjs", plane.url, scratch / "1.zip",
                 scratch / "2.zip", env=environment(SECRET=SECRET), timeout=90)
    assert result.ok and result.lines[-1] == "done", str(result)
    assert plane.calls()["UpdateAlias"] == 3
