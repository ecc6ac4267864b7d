#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long a shell and its readlink take for one alias of all functions, at the default rate and AWS's ttl.

    /usr/bin/python3 tests/bench/aliases.py [--functions 200] [--versions 3]

Prints the seconds and the calls of each of three runs: cold, at once, and when what is known is too old.
Needs root.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.places import mounted  # noqa: E402
from lib import aws  # noqa: E402
from lib.plane import Plane  # noqa: E402
from lib.programs import program  # noqa: E402

TTL = 5


def measure(name, plane, mount, functions):
    started = time.perf_counter()
    with plane.recording() as record:
        found = subprocess.run(
            ["bash", "-c", "readlink */PROD"], cwd=mount, check=True, stdout=subprocess.PIPE, text=True
        )
    seconds = time.perf_counter() - started
    assert found.stdout.splitlines() == ["1"] * functions
    print(f"{name:12} {seconds:7.2f} s  {record.total:5} calls  {record.calls}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=200)
    parser.add_argument("--versions", type=int, default=3)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plane = Plane(directory, directory)
        stack.callback(plane.close)
        for number in range(arguments.functions):
            aws.create_function(plane.api, f"fn-{number:04}", arguments.versions, {"PROD": 1})
        options = f"rate=10,ttl={TTL},endpoint_url={plane.url}"
        command = [program("aliasfs"), "-o", options, "aws"]
        environment = aws.credentials_environment(directory)
        mount = stack.enter_context(mounted(command, directory / "mount", environment))
        measure("cold", plane, mount, arguments.functions)
        measure("at once", plane, mount, arguments.functions)
        time.sleep(TTL)
        measure("after ttl", plane, mount, arguments.functions)


if __name__ == "__main__":
    main()
