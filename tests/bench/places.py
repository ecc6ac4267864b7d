# SPDX-License-Identifier: MIT
"""Places to measure in: mounts that hold the same, each measured in turn."""

import contextlib
import pathlib
import statistics
import subprocess
import time

from lib.mount import mounted as is_mounted  # asks the kernel: the mount itself might make calls
from lib.process import wait_for
from lib.programs import program

PASSTHROUGH = pathlib.Path("/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c")


def unmount(place):
    """Unmounts it; a server that has just been unmounted may hold what it shows for a moment more."""
    wait_for(lambda: subprocess.run(["umount", str(place)]).returncode == 0, 20, f"umount {place}")


@contextlib.contextmanager
def mounted(command, place, env=None):
    """Runs `command PLACE` and unmounts it at the end."""
    place.mkdir(exist_ok=True)
    subprocess.run([*map(str, command), str(place)], check=True, env=env)
    wait_for(lambda: is_mounted(place), 20, f"{place} is mounted")
    try:
        yield place
    finally:
        unmount(place)


def memory_server(source):
    """The command that shows a copy of `source` from memory: the least that a FUSE server does."""
    return [program("tests/bench/bench-server"), source]


def passthrough(directory, source):
    """The command that shows `source` through libfuse's passthrough_ll, or None where that cannot be built."""
    if not PASSTHROUGH.exists():
        return None
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "fuse3"], check=True, capture_output=True, text=True
    ).stdout.split()
    built = directory / "program"
    subprocess.run(["cc", "-O2", "-w", str(PASSTHROUGH), "-o", str(built), *flags], check=True)
    return [built, "-o", f"source={source},cache=auto"]


def seconds(command, **named):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **named)
    return time.perf_counter() - started


def in_turn(actions, runs):
    """{place: [seconds]} of {place: action}, where an action takes the run's number and gives seconds. In each run
    every place has its turn, another one first; run 0 warms up and does not count."""
    places = list(actions)
    times = {place: [] for place in places}
    for run in range(runs + 1):
        first = run % len(places)
        for place in places[first:] + places[:first]:
            taken = actions[place](run)
            if run:
                times[place].append(taken)
    return times


def ratio(times, other):
    """The median of the ratios run by run, which a machine that becomes slower meanwhile does not change."""
    return statistics.median(one / two for one, two in zip(times, other))


def difference_ms(times, other):
    return statistics.median(one - two for one, two in zip(times, other)) * 1000


def median_ms(times):
    return statistics.median(times) * 1000
