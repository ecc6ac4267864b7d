# SPDX-License-Identifier: MIT
"""The life of an alias as AWS's own introduction tells it, played with ls, ln and rsync.

After each step the aws CLI on the other side, the API and readlink agree, and each remap was one
UpdateAlias and no other write.
"""

import os

import pytest

from lib import aws


class Stage:
    """One account, one mount, and the three ways to look at an alias."""

    def __init__(self, plane, cli, mount, scratch):
        self.plane, self.cli, self.mount, self.scratch = plane, cli, mount, scratch
        self.is_local = mount.source.startswith("local:")
        self.function = mount.path / "helloworld"

    def zip(self, text):
        path = self.scratch / "code.zip"
        path.write_bytes(aws.code(text))
        return f"fileb://{path}"

    def ln(self, *arguments, writes):
        """One ln in the mountpoint, and exactly these writes."""
        with self.plane.recording() as record:
            self.mount.run("ln", *arguments, cwd=self.mount.path, check=True)
        assert record.writes == writes, str(record)
        asked = {} if self.is_local else {name: writes.count(name) for name in writes}
        assert record.write_calls == asked, str(record)

    def points(self, alias, version):
        assert os.readlink(self.function / alias) == version
        assert aws.alias_version(self.plane.api, "helloworld", alias) == version
        if not self.is_local:  # once with the CLI is enough: it takes a second to start
            names = ("--function-name", "helloworld")
            shown = self.cli.json("get-alias", *names, "--name", alias)
            assert shown["FunctionVersion"] == version
            found = self.cli.json("get-function", *names, "--qualifier", alias)
            assert found["Configuration"]["Version"] == version
        resolved = (self.function / alias / "configuration.json").read_text()
        assert f'helloworld:{version}"' in resolved


@pytest.fixture(
    params=["endpoint", pytest.param("same directory", marks=pytest.mark.quick_sanitized)]
)
def stage(request, plane, cli, make_mount, scratch):
    """Mounted over HTTP, or as local:DIR beside a lambda-plane that serves the same DIR."""
    local = request.param == "same directory"
    source = f"local:{plane.state}" if local else None
    return Stage(plane, cli, make_mount(source, start=False), scratch)


def test_the_scenario(stage, scratch):
    stage.cli(
        "create-function",
        *("--function-name", "helloworld", "--runtime", "python3.11", "--role", aws.ROLE),
        *("--handler", "handler.handler", "--zip-file", stage.zip("one")),
    )
    stage.mount.start()
    assert (stage.function / "$LATEST").is_dir()
    stage.ln("-s", "$LATEST", "helloworld/DEV", writes=["CreateAlias"])
    stage.points("DEV", "$LATEST")

    stage.cli("publish-version", "--function-name", "helloworld")
    stage.ln("-s", "1", "helloworld/BETA", writes=["CreateAlias"])
    stage.ln("-s", "1", "helloworld/PROD", writes=["CreateAlias"])
    stage.points("BETA", "1")
    stage.points("PROD", "1")

    stage.cli("update-function-code", "--function-name", "helloworld", "--zip-file", stage.zip("two"))
    stage.cli("publish-version", "--function-name", "helloworld")
    # At once: the mount has not heard of version 2, and does not refuse it.
    stage.ln("-sf", "2", "helloworld/BETA", writes=["UpdateAlias"])
    stage.points("BETA", "2")
    stage.points("PROD", "1")
    stage.points("DEV", "$LATEST")

    stage.ln("-sf", "2", "helloworld/PROD", writes=["UpdateAlias"])
    stage.points("PROD", "2")
    stage.ln("-sf", "1", "helloworld/PROD", writes=["UpdateAlias"])
    stage.points("PROD", "1")
    stage.points("BETA", "2")

    backup = scratch / "backup"
    stage.mount.run("rsync", "-a", f"{stage.mount.path}/", backup, check=True)
    assert os.readlink(backup / "helloworld/PROD") == "1"
    assert os.readlink(backup / "helloworld/DEV") == "$LATEST"
    for version in ("$LATEST", "1", "2"):
        document = f"helloworld/{version}/configuration.json"
        assert (backup / document).read_bytes() == (stage.mount.path / document).read_bytes()
    again = stage.mount.run("rsync", "-ai", f"{stage.mount.path}/", backup, check=True)
    assert again.stdout == ""
