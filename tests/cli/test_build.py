# SPDX-License-Identifier: MIT
"""What a user's build makes, with and without cmocka."""

import json
import pathlib

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
