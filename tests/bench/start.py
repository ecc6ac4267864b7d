#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long aliasfs takes from its start to a mount that answers, and how much memory it takes for a large account.

    ninja -C build tests/bench/bench-server
    /usr/bin/python3 tests/bench/start.py [--functions 10000] [--versions 20] [--runs 30] [--mebibytes 128]

The start is the time until the command has returned, of aliasfs, which asks a lambda-plane before it mounts, and of
bench-server, which mounts an empty directory; `aliasfs --version` is what loading its libraries takes. The memory is
that of aliasfs after `find` has walked through all versions. Exit status 1: that is more than --mebibytes. Needs root.
"""

import argparse
import contextlib
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.places import (  # noqa: E402
    in_turn,
    is_mounted,
    median_ms,
    memory_server,
    mounted,
    ratio,
    seconds,
    unmount,
)
from lib import aws  # noqa: E402
from lib.plane import Plane  # noqa: E402
from lib.programs import program  # noqa: E402

SEED = "seed"


def populate(state, functions, versions):
    """Copies the seed's $LATEST, PROD and BETA: to make as many through the API would take much longer."""
    with contextlib.closing(sqlite3.connect(state / "lambda.db")) as database, database:
        names = [(f"function-{number:05}",) for number in range(functions)]
        database.executemany("INSERT INTO function (name) VALUES (?)", names)
        columns = [row[1] for row in database.execute("PRAGMA table_info(version)")]
        copied = ", ".join(columns[2:])
        rows = [(name, number, SEED) for (name,) in names for number in range(versions + 1)]
        database.executemany(
            f"INSERT INTO version SELECT ?, ?, {copied} FROM version WHERE function = ? AND number = 0", rows
        )
        database.executemany(
            "INSERT INTO alias SELECT ?, name, 1, NULL, NULL, description, revision_id FROM alias"
            " WHERE function = 'seed'",
            names,
        )


def start_of(command, place, environment):
    """An action: seconds until `command PLACE` has returned, when the mount stands."""
    place.mkdir()

    def start(run):
        taken = seconds([*command, place], env=environment)
        assert is_mounted(place), f"{command[0]} has returned, and {place} is not mounted"
        unmount(place)
        return taken

    return start


def memory_of(mount):
    """{"VmRSS": MiB, "VmHWM": MiB} of the process that serves the mount."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(mount).encode() in (process / "cmdline").read_bytes().split(b"\0"):
                lines = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
                return {name: int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}
    sys.exit(f"nothing serves {mount}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--functions", type=int, default=10000)
    parser.add_argument("--versions", type=int, default=20)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--mebibytes", type=int, default=128)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plane = Plane(directory, directory)
        stack.callback(plane.close)
        aws.create_function(plane.api, SEED, 1, {"PROD": 1, "BETA": 1})
        populate(plane.state, arguments.functions, arguments.versions)
        environment = aws.credentials_environment(directory)
        command = [program("aliasfs"), "-o", f"ttl=3600,rate=1000,endpoint_url={plane.url}", "aws"]
        (directory / "empty").mkdir()
        times = in_turn(
            {
                "aliasfs": start_of(command, directory / "mount", environment),
                "aliasfs --version": lambda run: seconds([program("aliasfs"), "--version"]),
                "memory server": start_of(memory_server(directory / "empty"), directory / "other", None),
            },
            arguments.runs,
        )
        for place, taken in times.items():
            print(
                f"start {place:18} {median_ms(taken):8.2f} ms"
                f"  {ratio(taken, times['memory server']):6.2f} x memory server",
                flush=True,
            )
        mount = stack.enter_context(mounted(command, directory / "mount", environment))
        walked = seconds(["find", str(mount)])
        memory = memory_of(mount)
    versions = arguments.functions * arguments.versions
    print(
        f"find of {versions} versions {walked:.0f} s;"
        f" aliasfs has {memory['VmRSS']:.1f} MiB, at most {memory['VmHWM']:.1f}"
    )
    if memory["VmHWM"] > arguments.mebibytes:
        sys.exit(f"more than {arguments.mebibytes} MiB")


if __name__ == "__main__":
    main()
