#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long walks take that are answered from what is known, beside a tmpfs and two other FUSE servers.

    ninja -C build tests/bench/bench-server
    /usr/bin/python3 tests/bench/walk.py [--functions 100] [--versions 10] [--runs 21]

All hold the same tree in the same run: rsync copies the mount to the tmpfs, bench-server shows a copy of that
which it holds in memory, and libfuse's passthrough_ll shows the tmpfs itself (where libfuse3-dev's examples are
installed). Each walk runs once to warm up, then in turn in each place; the medians are printed, and those of the ratios
of each run. Exit status 1: aliasfs took more than 1.1 times as long as bench-server, which answers the same requests.
Needs root.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.places import (  # noqa: E402
    in_turn,
    median_ms,
    memory_server,
    mounted,
    passthrough,
    ratio,
    seconds,
)
from lib import aws  # noqa: E402
from lib.plane import Plane  # noqa: E402
from lib.programs import program  # noqa: E402

LIMIT = 1.1  # of aliasfs to the memory server
WALKS = {
    "find": ["find", "."],
    "ls -lR": ["ls", "-lR", "."],
    "rsync, nothing to do": ["rsync", "-a", "./", "{copy}/"],
}


def measure(places, copies, runs):
    """Prints the times of each walk; the names of the walks in which aliasfs passes the limit."""
    slow = []
    for name, walk in WALKS.items():

        def action(place):
            command = [word.format(copy=copies / place) for word in walk]
            return lambda run: seconds(command, cwd=places[place])

        times = in_turn({place: action(place) for place in places}, runs)
        for place, taken in times.items():
            print(
                f"{name:22} {place:16} {median_ms(taken):9.1f} ms  {ratio(taken, times['tmpfs']):6.2f} x tmpfs"
                f"  {ratio(taken, times['memory server']):6.2f} x memory server",
                flush=True,
            )
        if ratio(times["aliasfs"], times["memory server"]) > LIMIT:
            slow.append(name)
    return slow


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--versions", type=int, default=10)
    parser.add_argument("--runs", type=int, default=21)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plane = Plane(directory, directory)
        stack.callback(plane.close)
        for number in range(arguments.functions):
            aws.create_function(
                plane.api, f"function-{number:04}", arguments.versions, {"PROD": 1, "BETA": 1}
            )
        command = [program("aliasfs"), "-o", "ttl=3600", f"local:{plane.state}"]
        mount = stack.enter_context(mounted(command, directory / "mount"))
        tmpfs = stack.enter_context(mounted(["mount", "-t", "tmpfs", "none"], directory / "tmpfs"))
        source = tmpfs / "source"
        subprocess.run(["rsync", "-a", f"{mount}/", f"{source}/"], check=True)
        (tmpfs / "copies").mkdir()
        places = {"aliasfs": mount, "tmpfs": source}
        others = {
            "memory server": memory_server(source),
            "passthrough_ll": passthrough(directory, source),
        }
        for name, command in others.items():
            if command:
                places[name] = stack.enter_context(mounted(command, directory / name))
        slow = measure(places, tmpfs / "copies", arguments.runs)
    if slow:
        sys.exit(f"more than {LIMIT} times the memory server: {', '.join(slow)}")


if __name__ == "__main__":
    main()
