# SPDX-License-Identifier: MIT
"""The life of an alias as AWS's own introduction tells it, played with ls, ln and rsync.

After each step the aws CLI on the other side, the API and readlink agree, and each remap was one
UpdateAlias and no other write. The second time nothing but files changes anything once the function is made.
"""

import json
import os
import re

import pytest

from lib import aws
from lib.programs import program


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
    mount = make_mount(source, start=False, allow_update=True, allow_invoke=True)
    return Stage(plane, cli, mount, scratch)


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


def invoked(stage, qualifier):
    """The version that `aliasfs invoke` ran, by its answer and by what it says of it."""
    path = stage.function / qualifier
    result = stage.mount.run(program("aliasfs"), "invoke", path, check=True)
    version = json.loads(result.stdout)["ExecutedVersion"]
    assert result.stderr == f"version {version}\n"
    return version


def test_the_scenario_with_files_alone(stage, scratch):
    stage.cli(
        "create-function",
        *("--function-name", "helloworld", "--runtime", "python3.11", "--role", aws.ROLE),
        *("--handler", "handler.handler", "--zip-file", stage.zip("one")),
    )
    mount, api = stage.mount.start(), stage.plane.api

    def shell(script, *writes):
        """In the mountpoint's parent, with exactly these writes. Gives what it printed."""
        with stage.plane.recording() as record:
            result = mount.run("/bin/sh", "-ec", script, cwd=mount.path.parent, check=True)
        assert record.writes == list(writes), str(record)
        return result.stdout

    shell("ln -s '$LATEST' mnt/helloworld/DEV", "CreateAlias")
    shell("mkdir mnt/helloworld/+", "PublishVersion")
    shell("ln -s 1 mnt/helloworld/BETA; ln -s 1 mnt/helloworld/PROD", "CreateAlias", "CreateAlias")
    assert (invoked(stage, "PROD"), invoked(stage, "DEV")) == ("1", "$LATEST")

    queue = f"arn:aws:sqs:{aws.REGION}:000000000000:orders"
    prod = api.get_alias(FunctionName="helloworld", Name="PROD")["AliasArn"]
    made = api.create_event_source_mapping(FunctionName=prod, EventSourceArn=queue, BatchSize=5)
    (shown,) = json.loads(shell("cat mnt/helloworld/.aliases/PROD/event-sources.json"))["EventSourceMappings"]
    assert (shown["UUID"], shown["EventSourceArn"], shown["BatchSize"]) == (made["UUID"], queue, 5)
    assert shell("cat mnt/helloworld/.aliases/BETA/event-sources.json mnt/helloworld/.function/event-sources.json") == ""

    stage.zip("two")
    deployment = "cp code.zip 'mnt/helloworld/$LATEST/' && mkdir mnt/helloworld/+ && ln -sfn .newest mnt/helloworld/BETA"
    shell(f"cd {scratch}; ln -sfn {mount.path} mnt; {deployment}", "UpdateFunctionCode", "PublishVersion", "UpdateAlias")
    stage.points("BETA", "2")
    stage.points("PROD", "1")
    assert (invoked(stage, "BETA"), invoked(stage, "PROD")) == ("2", "1")

    shell("ln -sfn 2 mnt/helloworld/PROD", "UpdateAlias")
    stage.points("PROD", "2")
    assert invoked(stage, "PROD") == "2"
    mapping = api.get_event_source_mapping(UUID=made["UUID"])
    assert (mapping["FunctionArn"], mapping["State"], mapping["BatchSize"]) == (prod, "Enabled", 5)
    assert json.loads(shell("cat mnt/helloworld/.aliases/PROD/event-sources.json"))["EventSourceMappings"] == [shown]

    shell("ln -sfn PROD@1 mnt/helloworld/PROD", "UpdateAlias")
    stage.points("PROD", "1")
    assert invoked(stage, "PROD") == "1"
    log = mount.run(program("aliasfs"), "log", stage.function / "PROD", check=True).stdout
    assert re.findall(r"(moved|created) +(\S+ -> \S+)", log) == [
        ("moved", "2 -> 1"), ("moved", "1 -> 2"), ("created", "- -> 1"),
    ]
    assert api.get_event_source_mapping(UUID=made["UUID"])["FunctionArn"] == prod
