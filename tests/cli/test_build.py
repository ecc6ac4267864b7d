# SPDX-License-Identifier: MIT
"""What a user's build makes, with and without cmocka, and which packages it wants on which Debian."""

import json
import pathlib
import re

import pytest

from lib.process import environment, run
from lib.programs import ROOT

PROGRAMS = {"aliasfs", "lambda-plane"}


@pytest.fixture
def without_cmocka(scratch):
    """An environment in which pkg-config knows everything but cmocka."""
    known = scratch / "pkgconfig"
    known.mkdir()
    path = run("pkg-config", "--variable=pc_path", "pkg-config", check=True).stdout.strip()
    for directory in reversed(path.split(":")):
        for file in pathlib.Path(directory).glob("*.pc"):
            if file.name != "cmocka.pc":
                (known / file.name).unlink(missing_ok=True)
                (known / file.name).symlink_to(file)
    return environment(PKG_CONFIG_LIBDIR=known, PKG_CONFIG_PATH=None)


def set_up(build, env, *options):
    return run("meson", "setup", build, ROOT, *options, env=env, timeout=120)


def programs(build):
    targets = json.loads(run("meson", "introspect", "--targets", build, check=True).stdout)
    return {each["name"] for each in targets if each["type"] == "executable"}


def test_without_cmocka_the_two_programs_are_built(without_cmocka, scratch):
    result = set_up(scratch / "build", without_cmocka)
    assert result.ok, str(result)
    assert programs(scratch / "build") == PROGRAMS


def test_contrib_test_insists_on_cmocka(without_cmocka, scratch):
    result = set_up(scratch / "build", without_cmocka, "-Dtests=enabled")
    assert not result.ok and "cmocka" in result.stdout + result.stderr
    assert '"-Dtests=enabled"' in (ROOT / "tests/run.py").read_text()


def test_with_cmocka_the_tests_are_built_unless_they_are_not_wanted(scratch):
    assert set_up(scratch / "build", environment()).ok
    assert PROGRAMS < programs(scratch / "build")
    assert set_up(scratch / "bare", environment(), "-Dtests=disabled").ok
    assert programs(scratch / "bare") == PROGRAMS


@pytest.mark.parametrize(
    "release, wanted",
    [
        ("ID=debian\nVERSION_ID=\"12\"", {"clang-format-14", "libclang-rt-14-dev"}),
        ("ID=debian\nVERSION_ID=\"13\"", {"libclang-rt-dev"}),
        ("ID=debian\nVERSION_CODENAME=forky", {"libclang-rt-dev"}),
        ("ID=ubuntu\nVERSION_ID=\"24.04\"", {"libclang-rt-dev"}),
    ],
)
def test_the_packages_are_those_of_the_release(scratch, release, wanted):
    (scratch / "os-release").write_text(release + "\n")
    lists = sorted(path.name for path in (ROOT / "contrib/packages").iterdir() if path.suffix != ".md")
    result = run(
        ROOT / "contrib/install", "--print", *lists, env=environment(OS_RELEASE=scratch / "os-release"), check=True
    )
    names = set(result.lines)
    assert {"gcc", "npm", "rsync", "debootstrap"} <= names
    assert {name for name in names if name.startswith(("clang-format", "libclang-rt"))} == wanted
    assert not [name for name in names if re.search(r"[:=+]", name)]


def test_what_is_missing_is_installed_at_once(scratch):
    """Installed for this architecture counts, also beside another one; installed for another alone does not."""
    tools = {
        "dpkg": "echo amd64",
        "dpkg-query": 'case $3 in gcc) echo amd64 installed; echo arm64 installed ;; meson) echo all installed ;; '
        "zlib1g-dev) echo arm64 installed ;; libssl-dev) echo amd64 config-files ;; *) echo amd64 installed ;; esac",
        "apt-get": f'echo "$@" >> {scratch}/calls',
        "id": "echo 0",
    }
    for name, text in tools.items():
        (scratch / name).write_text(f"#!/bin/sh\n{text}\n")
        (scratch / name).chmod(0o755)
    run(ROOT / "contrib/install", "build", env=environment(PATH=f"{scratch}:/usr/bin:/bin"), check=True)
    assert (scratch / "calls").read_text().splitlines() == [
        "update -q",
        "install -q -y --no-install-recommends libssl-dev zlib1g-dev",
    ]
