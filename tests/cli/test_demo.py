# SPDX-License-Identifier: MIT
"""contrib/demo --stay: what the sandbox holds, and that the command it prints ends it."""

import os

import pytest

from lib import aws
from lib.mount import mounted
from lib.process import run
from lib.programs import ROOT, program


@pytest.fixture
def demo(fuse_device, scratch, afterwards):
    def run_it(*arguments):
        variables = aws.environment(HOME=scratch, ALIASFS_BUILD=program("aliasfs").parent)
        return run(
            ROOT / "contrib/demo", "--no-install", *arguments, env=variables, cwd=scratch, timeout=60
        )

    def unmount():
        for path in scratch.glob("*/mnt"):
            if mounted(path):
                run("fusermount3", "-u", "-z", path)

    afterwards.callback(unmount)
    return run_it


@pytest.mark.parametrize("arguments, name", [([], "sandbox"), (["my sandbox"], "my sandbox")])
def test_the_sandbox_stays_until_its_printed_end(demo, scratch, arguments, name):
    result = demo("--stay", *arguments)
    assert result.ok, str(result)
    root = scratch / name / "mnt"
    assert mounted(root)
    assert sorted(os.listdir(scratch / name)) == ["account", "mnt"]
    assert sorted(os.listdir(root)) == ["cart", "checkout", "mail", "report", "search"]
    links = {entry.name: os.readlink(entry) for entry in os.scandir(root / "checkout") if entry.is_symlink()}
    assert links == {"BETA": "5", "DEV": "$LATEST", "PROD": "4", "PROD%10": "5"}
    assert (root / "checkout/.aliases/PROD/description").read_text() == "Customers use this\n"

    again = demo("--stay", *arguments)
    assert again.rc == 1 and "is there already" in again.stderr
    assert mounted(root)

    end = result.lines[-1].strip()
    assert " --end " in end and end in again.stderr
    run("bash", "-c", end, cwd=scratch, check=True)
    assert not (scratch / name).exists()


def test_a_sandbox_that_fails_leaves_nothing(demo, scratch):
    (scratch / "bin").mkdir()
    for name, script in (("aliasfs", "exit 4"), ("lambda-plane", f'exec {program("lambda-plane")} "$@"')):
        (scratch / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (scratch / "bin" / name).chmod(0o755)
    variables = aws.environment(HOME=scratch, ALIASFS_BUILD=scratch / "bin")
    result = run(ROOT / "contrib/demo", "--no-install", "--stay", env=variables, cwd=scratch, timeout=60)
    assert result.rc == 1
    assert sorted(os.listdir(scratch)) == ["bin"]


@pytest.mark.parametrize("arguments", [["--what"], ["--stay", "one", "two"], ["one"]])
def test_wrong_usage(demo, arguments):
    result = demo(*arguments)
    assert result.rc == 2 and result.stderr.startswith("usage: contrib/demo")
