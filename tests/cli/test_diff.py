# SPDX-License-Identifier: MIT
"""`aliasfs diff`: how two versions differ."""

import json
import os
import shutil

import pytest

from lib import aws, faultproxy
from lib.process import run
from lib.programs import program

SECRET = "s3cr3t"


@pytest.fixture
def account(plane):
    """hello: 1 is the first; 2 has another code; 3 the same code and another configuration; 4 as 3 but a variable."""
    api = plane.api
    aws.create_function(api, "hello", MemorySize=128, Environment={"Variables": {"KEPT": "k", "GONE": "g"}})
    aws.publish(api, "hello", 2)
    api.update_function_configuration(
        FunctionName="hello",
        MemorySize=256,
        Description="new",
        Environment={"Variables": {"KEPT": "k", "SECRET": SECRET}},
    )
    api.publish_version(FunctionName="hello")
    api.update_function_configuration(
        FunctionName="hello", Environment={"Variables": {"KEPT": "k", "SECRET": f"{SECRET}2"}}
    )
    api.publish_version(FunctionName="hello")
    for name, version in {"PROD": "3", "BETA": "4", "SAME": "3"}.items():
        api.create_alias(FunctionName="hello", Name=name, FunctionVersion=version)
    return plane


@pytest.fixture
def mount(account, make_mount):
    return make_mount()


@pytest.fixture
def diff(mount):
    def run_it(*arguments, **named):
        return mount.run(program("aliasfs"), "diff", *arguments, **named)

    return run_it


def test_nothing_differs(diff):
    for one, other in [("3", "3"), ("PROD", "3"), ("PROD", "SAME"), ("4", "$LATEST")]:
        result = diff(f"mnt/hello/{one}", f"mnt/hello/{other}")
        assert (result.rc, result.stdout, result.stderr) == (0, "", ""), str(result)


def test_code(mount, diff):
    hashes = [(mount.path / f"hello/{n}/code.sha256").read_text().split()[0] for n in (1, 2)]
    result = diff("mnt/hello/1", "mnt/hello/2")
    assert result.rc == 1 and not result.stderr, str(result)
    assert result.lines[:2] == ["--- mnt/hello/1", "+++ mnt/hello/2"]
    assert result.lines[-2:] == [f"-code: {hashes[0]}", f"+code: {hashes[1]}"]
    assert {line[1:].partition(":")[0] for line in result.lines[2:]} <= {"CodeSize", "code"}


def test_configuration_and_names_of_the_environment(diff):
    result = diff("mnt/hello/2", "mnt/hello/PROD")
    assert result.rc == 1, str(result)
    assert result.lines == [
        "--- mnt/hello/2",
        "+++ mnt/hello/PROD",
        '-Description: ""',
        '+Description: "new"',
        "-MemorySize: 128",
        "+MemorySize: 256",
        "-environment.GONE",
        "+environment.SECRET",
    ]


def test_values_only_when_they_are_wanted(mount, diff):
    result = diff("PROD", "BETA", cwd=mount.path / "hello")
    assert result.rc == 1 and SECRET not in result.stdout, str(result)
    assert result.lines == ["--- PROD", "+++ BETA", "!environment.SECRET has another value"]
    result = diff("PROD", "BETA", "--values", cwd=mount.path / "hello")
    assert result.lines[2:] == [f'-environment.SECRET: "{SECRET}"', f'+environment.SECRET: "{SECRET}2"']


def test_a_canary_is_told_of(account, diff):
    account.api.update_alias(
        FunctionName="hello", Name="PROD", RoutingConfig={"AdditionalVersionWeights": {"1": 0.25}}
    )
    result = diff("mnt/hello/SAME", "mnt/hello/PROD")
    assert result.rc == 0 and not result.stdout, str(result)
    assert result.stderr == (
        "aliasfs: mnt/hello/PROD gives 25 % of its traffic to another version, which is not compared\n"
    )


def test_a_backup_beside_the_mount(mount, diff, scratch):
    shutil.copytree(mount.path / "hello/2", scratch / "old")
    assert diff(scratch / "old", "mnt/hello/2").rc == 0
    assert diff(scratch / "old", "mnt/hello/3").rc == 1
    os.unlink(scratch / "old/environment.json")
    result = diff(scratch / "old", "mnt/hello/2")
    assert result.rc == 2 and "has no environment.json" in result.stderr and not result.stdout, str(result)


@pytest.mark.parametrize(
    "words, told",
    [
        (["mnt/hello/1", "mnt/hello/9"], "'mnt/hello/9': No such file or directory"),
        (["mnt/hello", "mnt/hello/1"], "'mnt/hello' has no configuration.json"),
        (["mnt/hello/1"], "diff needs two versions"),
        (["mnt/hello/1", "mnt/hello/2", "mnt/hello/3"], "one argument too many"),
        (["mnt/hello/1", "mnt/hello/2", "--json"], "option 'json' goes with ls"),
    ],
)
def test_trouble_is_2(diff, words, told):
    result = diff(*words)
    assert result.rc == 2 and told in result.stderr and not result.stdout, str(result)


def test_a_failure_of_aws_is_never_the_same(account, make_mount, proxy):
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.access_denied("lambda:ListVersionsByFunction"), path="/versions")
    proxy.rule(faultproxy.access_denied("lambda:GetFunctionConfiguration"), path="/configuration")
    result = mount.run(program("aliasfs"), "diff", "mnt/hello/1", "mnt/hello/1")
    assert result.rc == 2 and "Permission denied" in result.stderr and not result.stdout, str(result)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1} x'])
def test_what_is_no_document_is_trouble(diff, scratch, text):
    for name, content in {"configuration.json": text, "environment.json": "{}", "code.sha256": "aa  code.zip"}.items():
        (scratch / name).write_text(content)
    result = diff(scratch, scratch)
    assert result.rc == 2 and "configuration.json cannot be read" in result.stderr, str(result)


def test_what_a_document_may_hold(scratch):
    """Members of members, elements, null beside nothing, and names that a terminal would obey."""
    sides = [
        {"a": {"b": [1, {"c": None}], "d": True}, "e\x1b": "x", "Version": "1"},
        {"a": {"b": [1, {}, "new"], "d": {"f": 1.5}}, "e\x1b": "y", "Version": "2"},
    ]
    for number, side in enumerate(sides):
        directory = scratch / str(number)
        directory.mkdir()
        (directory / "configuration.json").write_text(json.dumps(side))
        (directory / "environment.json").write_text('{"n\x7fame": "%d"}' % number)
        (directory / "code.sha256").write_text("aa  code.zip\n")
    result = run(program("aliasfs"), "diff", "0", "1", cwd=scratch)
    assert result.rc == 1, str(result)
    assert result.lines[2:-1] == [
        "-a.b[1].c: null",
        '+a.b[2]: "new"',
        "-a.d: true",
        '+a.d: {"f":1.5}',
        '-e?: "x"',
        '+e?: "y"',
    ]
    assert result.lines[-1] == "!environment.n?ame has another value"
    assert "\x1b" not in result.stdout
