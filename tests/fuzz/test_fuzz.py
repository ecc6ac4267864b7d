# SPDX-License-Identifier: MIT
"""Each fuzz target for a minute, with AddressSanitizer and UBSan."""

import os
import random
import shutil

import pytest

from lib.process import environment, run
from lib.programs import ROOT, sanitizer

SECONDS = 60
TARGETS = sorted(each.name for each in (ROOT / "tests/fuzz/corpus").iterdir())

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def fuzzers(tmp_path_factory):
    """The directory of the fuzzers, built with clang."""
    assert not sanitizer(), "one configuration is enough: they have sanitizers of their own"
    directory = tmp_path_factory.mktemp("fuzz") / "build"
    options = ["-Dtests=enabled", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1"]
    run("meson", "setup", directory, ROOT, *options, env=environment(CC="clang"), timeout=300, check=True)
    run("ninja", "-C", directory, "fuzzers", env=environment(), timeout=900, check=True)
    yield directory / "tests/fuzz"
    shutil.rmtree(directory)


@pytest.mark.parametrize("target", TARGETS)
def test_fuzz(fuzzers, target, scratch):
    seed = int(os.environ.get("ALIASFS_SEED") or random.SystemRandom().randrange(1, 2**31))
    print(f"ALIASFS_SEED={seed}")
    found = scratch / "found"
    found.mkdir()
    result = run(
        fuzzers / f"fuzz_{target}",
        found,
        ROOT / "tests/fuzz/corpus" / target,
        f"-max_total_time={SECONDS}",
        f"-seed={seed}",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=8192",
        f"-artifact_prefix={scratch}/",
        env=environment(UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"),
        timeout=SECONDS + 120,
    )
    assert result.ok, str(result)
