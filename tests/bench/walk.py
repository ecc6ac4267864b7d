#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long walks take that are answered from what is known, beside a tmpfs and libfuse's passthrough_ll.

    /usr/bin/python3 tests/bench/walk.py [--functions 100] [--versions 10] [--runs 7]

All three hold the same tree in the same run: rsync copies the mount to the tmpfs, and passthrough_ll shows the
tmpfs. Each walk is run once to warm up, then in turn in each place; the medians and their ratio to the
tmpfs are printed. Needs root. passthrough_ll is built from libfuse3-dev's examples where they are installed.
"""

import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib import aws  # noqa: E402
from lib.plane import Plane  # noqa: E402
from lib.process import wait_for  # noqa: E402
from lib.programs import program  # noqa: E402

EXAMPLE = pathlib.Path("/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c")
WALKS = {
    "find": ["find", "."],
    "ls -lR": ["ls", "-lR", "."],
    "rsync, nothing to do": ["rsync", "-a", "./", "{copy}/"],
}


@contextlib.contextmanager
def mounted(command, place):
    place.mkdir()
    subprocess.run([*command, str(place)], check=True)
    wait_for(lambda: os.path.ismount(place), 20, f"{place} is mounted")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def passthrough(directory, source):
    """The command that shows `source` through passthrough_ll, or None where it cannot be built."""
    if not EXAMPLE.exists():
        return None
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "fuse3"], check=True, capture_output=True, text=True
    ).stdout.split()
    built = directory / "passthrough_ll"
    subprocess.run(["cc", "-O2", "-w", str(EXAMPLE), "-o", str(built), *flags], check=True)
    return [str(built), "-o", f"source={source},cache=auto"]


def once(walk, place, copy):
    started = time.perf_counter()
    subprocess.run(
        [word.format(copy=copy) for word in walk], cwd=place, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def measure(places, runs):
    for name, walk in WALKS.items():
        times = {place: [] for place in places}
        for run in range(runs + 1):
            for place, (path, copy) in places.items():
                seconds = once(walk, path, copy)
                if run:
                    times[place].append(seconds)
        medians = {place: statistics.median(each) for place, each in times.items()}
        for place, median in medians.items():
            ratio = median / medians["tmpfs"]
            print(f"{name:22} {place:16} {median * 1000:9.1f} ms  {ratio:6.2f} x tmpfs", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--versions", type=int, default=10)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plane = Plane(directory, directory)
        stack.callback(plane.close)
        for number in range(arguments.functions):
            aws.create_function(
                plane.api, f"function-{number:04}", arguments.versions, {"PROD": 1, "BETA": 1}
            )
        local = f"local:{plane.state}"
        mount = stack.enter_context(
            mounted([str(program("aliasfs")), "-o", "ttl=3600", local], directory / "mount")
        )
        tmpfs = stack.enter_context(mounted(["mount", "-t", "tmpfs", "none"], directory / "tmpfs"))
        copies = {name: tmpfs / f"copy-{name}" for name in ("aliasfs", "tmpfs", "passthrough_ll")}
        source = tmpfs / "source"
        subprocess.run(["rsync", "-a", f"{mount}/", f"{source}/"], check=True)
        places = {"aliasfs": (mount, copies["aliasfs"]), "tmpfs": (source, copies["tmpfs"])}
        command = passthrough(directory, source)
        if command:
            through = stack.enter_context(mounted(command, directory / "passthrough"))
            places["passthrough_ll"] = (through, copies["passthrough_ll"])
        measure(places, arguments.runs)


if __name__ == "__main__":
    main()
