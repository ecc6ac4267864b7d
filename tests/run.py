#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Builds every configuration and runs the tests against it; contrib/test calls this.

    check ─► plain ─► clang ─► address ─► thread        one after another, each in build-NAME/

Ends with what passed only the second time, by name, and "N passed, N failed" (", N skipped"), which counts cmocka's
cases, pytest's and the checks.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"


@dataclasses.dataclass
class Configuration:
    """One way to build, and what is run against it."""

    name: str
    directory: str
    setup: list
    compiler: str = "gcc"
    sanitizer: str = ""
    pytest: list = None  # None: no pytest, else further arguments


# The harness has no C in it, and the fuzzers are built with sanitizers of their own.
SANITIZED = ["--ignore=lib", "--ignore=fuzz"]

CONFIGURATIONS = [
    Configuration("plain", "build", ["-Dwerror=true"], pytest=[]),
    Configuration("clang", "build-clang", ["-Dwerror=true"], compiler="clang"),
    Configuration(
        "address",
        "build-address",
        ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1"],
        sanitizer="address",
        pytest=SANITIZED,
    ),
    Configuration(
        "thread",
        "build-thread",
        ["-Db_sanitize=thread", "-Db_lundef=false", "-Doptimization=1"],
        sanitizer="thread",
        pytest=SANITIZED,
    ),
]

# So many failed tests are tried once more, alone; more are no accident.
AGAIN_MAX = 12

# The exit status of a check that this release of Debian has no tool for; the check says so.
NO_CHECK_HERE = 77

# The same for every sanitizer build: the first report ends the program, and so the test.
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "halt_on_error=1:abort_on_error=0:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    second_time: list = dataclasses.field(default_factory=list)  # what passed only then

    def __add__(self, other):
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.second_time + other.second_time,
        )

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def one(ok):
    return Tally(passed=1) if ok else Tally(failed=1)


def announce(text):
    print(f"\n=== {text}", flush=True)


def succeeds(*argv, **named):
    return subprocess.run([str(each) for each in argv], cwd=ROOT, **named).returncode == 0


# --- the steps ----------------------------------------------------------------------------------


def check():
    """The checks of the source; what one of them needs built, it builds itself, in build-check/."""
    total = Tally()
    for script in sorted((ROOT / "tests/check").iterdir()):
        if script.is_file() and os.access(script, os.X_OK):
            announce(f"check {script.name}")
            status = subprocess.run([script], cwd=ROOT, stdin=subprocess.DEVNULL).returncode
            total += Tally() if status == NO_CHECK_HERE else one(status == 0)
    return total


def build(configuration):
    directory = ROOT / configuration.directory
    compilers = {"CC": configuration.compiler}
    environment = {**os.environ, **compilers}
    setup = ["meson", "setup", directory, "-Dtests=enabled", *configuration.setup]
    if (directory / "build.ninja").exists():
        setup.append("--reconfigure")  # it may be older than a package installed since
    else:
        shutil.rmtree(directory, ignore_errors=True)
    if not succeeds(*setup, env=environment, stdout=subprocess.DEVNULL):
        return False
    return succeeds("ninja", "-C", directory, "--quiet", env=environment)


def unit(configuration, environment):
    directory = ROOT / configuration.directory
    command = ["meson", "test", "-C", directory, "--no-rebuild", "--print-errorlogs"]
    if configuration.sanitizer:
        command += ["--timeout-multiplier", "5"]
    ok = succeeds(*steady(configuration), *command, env=environment, stdout=subprocess.DEVNULL)
    tally = count_unit(directory / "meson-logs/testlog.json")
    if not ok and not tally.failed:
        tally.failed += 1
    if not ok:
        print((directory / "meson-logs/testlog.txt").read_text(errors="replace")[-20000:])
    return tally


def count_unit(log):
    """Counts the cases inside the cmocka programs; a program that says nothing of the kind is one case."""
    tally = Tally()
    for line in log.read_text().splitlines():
        program = json.loads(line)
        output = program.get("stdout", "") + program.get("stderr", "")
        passed = sum(map(int, re.findall(r"\[  PASSED  \] (\d+) test", output)))
        failed = sum(map(int, re.findall(r"\[  FAILED  \] (\d+) test", output)))
        if program["result"] not in ("OK", "EXPECTEDFAIL") and not failed:
            failed = 1
        tally += Tally(passed or int(not failed), failed)
    return tally


def pytest(configuration, environment, options):
    chosen = [
        *(["-k", options.k] if options.k else []),
        *configuration.pytest,
        *(["-m", "quick_sanitized"] if configuration.sanitizer and not options.long else []),
        *options.paths,
    ]
    tally, failed = pytest_once(configuration, environment, options, ["-n", options.workers, *chosen])
    if not 0 < len(failed) <= AGAIN_MAX:
        return tally
    # A machine that others load too makes deadlines pass. What is wrong fails alone as well, and a sanitizer
    # report counts whether its test passes the second time or not.
    announce(f"{configuration.name}: once more and alone, what failed beside others")
    again, failed_again = pytest_once(configuration, environment, options, ["-n", "0", *failed])
    if again.passed + len(failed_again) < len(failed):  # a file that cannot be read, a worker that collected other tests
        failed_again = failed
    for name in failed:
        print(f"{'FAILED TWICE' if name in failed_again else 'PASSED THE SECOND TIME'}: {name}")
    recovered = min(again.passed, tally.failed)
    late = [f"{configuration.name}: {name}" for name in failed if name not in failed_again]
    return tally + Tally(recovered, -recovered, second_time=late)


def name_case(module, name):
    """A test as pytest takes it; a file that could not be read has no module in the report."""
    return f"{module.replace('.', '/')}.py::{name}" if module else f"{name.replace('.', '/')}.py"


def pytest_once(configuration, environment, options, chosen):
    """The Tally, and the names of the failed tests as pytest takes them."""
    report = ROOT / configuration.directory / "pytest.xml"
    report.unlink(missing_ok=True)
    command = [
        *steady(configuration),
        "/usr/bin/python3",
        "-m",
        "pytest",
        "-q",
        f"--junitxml={report}",
        *(["--long"] if options.long else []),
        *(["--aws"] if options.aws else []),
        *chosen,
    ]
    result = subprocess.run(
        [str(each) for each in command], cwd=ROOT / "tests", env=environment, stdin=subprocess.DEVNULL
    )
    if result.returncode == 5 and options.k:  # -k chose nothing here
        return Tally(), []
    if not report.exists():
        return one(False), []
    tally, failed = Tally(), []
    for suite in xml.etree.ElementTree.parse(report).getroot().iter("testsuite"):
        troubled = {
            name_case(case.get("classname"), case.get("name"))
            for case in suite.iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None
        }
        total = int(suite.get("tests"))
        skipped = int(suite.get("skipped"))
        failed += sorted(troubled)
        tally += Tally(max(0, total - len(troubled) - skipped), len(troubled), skipped)
    if result.returncode != 0 and not tally.failed:
        tally.failed += 1
    return tally, failed


def steady(configuration):
    # The sanitizers of gcc 12 lay their shadow memory where newer kernels may put a library.
    return ["setarch", os.uname().machine, "-R"] if configuration.sanitizer else []


def run_configuration(configuration, options):
    announce(f"{configuration.name}: build")
    if not build(configuration):
        return one(False)
    tally = one(True)
    logs = ROOT / configuration.directory / "sanitizer"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "ALIASFS_BUILD": str(ROOT / configuration.directory),
        "ALIASFS_SANITIZER": configuration.sanitizer,
        "ALIASFS_SANITIZER_LOGS": str(logs),
    }
    unit_environment = dict(environment)
    if configuration.sanitizer:
        environment.update(SANITIZER_OPTIONS)
        unit_environment.update(
            {name: f"{value}:log_path={logs}/unit" for name, value in SANITIZER_OPTIONS.items()}
        )
    if not options.k and not options.paths:
        announce(f"{configuration.name}: unit tests")
        units = unit(configuration, unit_environment)
        print(units)
        tally += units
    if configuration.pytest is not None:
        announce(f"{configuration.name}: tests of the programs")
        tally += pytest(configuration, environment, options)
    if configuration.sanitizer:
        tally += no_reports(logs)
    return tally


def soak(configuration, options):
    """Random gestures under faults for a time: tests/soak/README.md."""
    announce(f"{configuration.name}: soak")
    if not build(configuration):
        return one(False)
    environment = {
        **os.environ,
        **(SANITIZER_OPTIONS if configuration.sanitizer else {}),
        "ALIASFS_BUILD": str(ROOT / configuration.directory),
        "ALIASFS_SANITIZER": configuration.sanitizer,
    }
    command = [*steady(configuration), "/usr/bin/python3", "-B", "-m", "soak", "--minutes", options.soak]
    command += ["--seed", options.seed] if options.seed is not None else []
    result = subprocess.run([str(each) for each in command], cwd=ROOT / "tests", env=environment)
    return one(result.returncode == 0)


def no_reports(logs):
    reports = sorted(logs.iterdir())
    for report in reports[:20]:
        print(f"--- {report.name}\n{report.read_text(errors='replace')[:8000]}")
    if reports:
        print(f"{len(reports)} sanitizer reports")
    return one(not reports)


def tree_state():
    result = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return result.stdout if result.returncode == 0 else b""  # not a clone: nothing to compare


def arguments():
    names = ["check", *(each.name for each in CONFIGURATIONS)]
    parser = argparse.ArgumentParser(prog="contrib/test", description=__doc__.partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="also what takes minutes")
    parser.add_argument("--aws", action="store_true", help="also what needs a real AWS account")
    parser.add_argument("-k", metavar="EXPR", help="only tests that match, as pytest's -k")
    parser.add_argument("--only", metavar="STEP,…", help=f"of {', '.join(names)}")
    parser.add_argument("--workers", default="5", help="pytest processes at once (default 5)")
    parser.add_argument(
        "--soak", type=float, metavar="MINUTES", help="instead of the tests: random gestures under faults"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="repeats a soak")
    parser.add_argument("--no-install", action="store_true", help="never call apt")
    parser.add_argument("paths", nargs="*", help="test files, relative to tests/")
    options = parser.parse_args()
    usual = "plain" if options.soak else ",".join(names)
    options.only = (options.only or usual).split(",")
    unknown = set(options.only) - set(names)
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    return options


def main():
    options = arguments()
    before = tree_state()
    steps = []
    if "check" in options.only and not options.soak and not options.k and not options.paths:
        steps.append(("check", check))
    for each in CONFIGURATIONS:
        if each.name in options.only:
            play = soak if options.soak else run_configuration
            steps.append((each.name, lambda each=each, play=play: play(each, options)))
    total, lines = Tally(), []
    for name, step in steps:
        started = time.monotonic()
        tally = step()
        lines.append(f"{name:10} {time.monotonic() - started:6.0f} s  {tally}")
        total += tally
    clean = tree_state() == before
    if not clean:
        print("The tests left something in the tree: see git status")
    total += one(clean)
    if CI and total.skipped:
        print(f"{total.skipped} tests were skipped: under CI that is a failure")
        total.failed += total.skipped
    announce("summary")
    print("\n".join(lines))
    for name in total.second_time:
        print(f"passed only the second time: {name}")
    print(total, flush=True)
    return 0 if not total.failed and total.passed else 1


if __name__ == "__main__":
    sys.exit(main())
