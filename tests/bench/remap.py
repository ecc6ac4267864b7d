#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How long a remap takes (`ln -sfn 2 PROD`), beside the same ln elsewhere and the aws CLI, and where the time goes.

    /usr/bin/python3 tests/bench/remap.py [--runs 100] [--state DIRECTORY]

`ln` runs in turn in an aliasfs mount of a lambda-plane, on a tmpfs and, where libfuse3-dev's examples are installed, in
libfuse's passthrough_ll over that tmpfs, which is what FUSE's requests cost; `aws lambda update-alias` asks the same
lambda-plane every tenth time. Its state is on the tmpfs: a commit that waits for a disk is the server's. With --state
it is on that directory's disk. Then follow the requests of one remap, and what aliasfs took for each. Needs root.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.places import (  # noqa: E402
    difference_ms,
    in_turn,
    median_ms,
    mounted,
    passthrough,
    ratio,
    seconds,
)
from lib import aws  # noqa: E402
from lib.plane import Plane  # noqa: E402
from lib.programs import program  # noqa: E402

FUNCTION = "hello"
OTHER = "other"  # of the aws CLI: a mount refuses to move what another client has just moved
STATISTIC = re.compile(r'^aliasfs_requests_(seconds_)?total\{operation="(\w+)".*\} (\S+)$', re.M)
CLI_RUNS = 10  # one of the aws CLI's for so many of ln's


def version(run):
    """Another one in each run."""
    return str(run % 2 + 1)


def ln(place):
    return lambda run: seconds(["/usr/bin/ln", "-sfn", version(run), "PROD"], cwd=place)


def update_alias(plane, environment):
    command = ["/usr/bin/aws", "--endpoint-url", plane.url, "lambda", "update-alias"]
    command += ["--function-name", OTHER, "--name", "PROD", "--function-version"]
    return lambda run: seconds([*command, version(run)], env=environment)


def bare_request(plane):
    """UpdateAlias over a connection that stays open: the server's part of a remap, and the loopback's."""
    connection = http.client.HTTPConnection(plane.url.removeprefix("http://"))

    def ask(run):
        started = time.perf_counter()
        body = json.dumps({"FunctionVersion": version(run)})
        connection.request("PUT", f"/2015-03-31/functions/{OTHER}/aliases/PROD", body)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return time.perf_counter() - started

    return ask


def statistics_of(mount):
    """{operation: [requests, seconds]}"""
    counted = {}
    for is_time, operation, value in STATISTIC.findall((mount / ".aliasfs/stats").read_text()):
        counted.setdefault(operation, [0, 0])[bool(is_time)] += float(value)
    return counted


def explain(mount, directory, runs):
    """Prints the requests of an ln and aliasfs's own time for them."""
    before = statistics_of(mount)
    for run in range(runs):
        ln(directory)(run)
    for operation, (count, taken) in statistics_of(mount).items():
        count -= before.get(operation, [0, 0])[0]
        taken -= before.get(operation, [0, 0])[1]
        if count >= runs:
            print(f"  {operation:10} {count / runs:4.1f} requests, {taken * 1000 / runs:7.3f} ms in aliasfs")


def measure(places, bare, cli, runs):
    times = in_turn({**{place: ln(path) for place, path in places.items()}, "bare UpdateAlias": bare}, runs)
    for place, taken in times.items():
        print(
            f"{place:16} {median_ms(taken):8.2f} ms  {ratio(taken, times['tmpfs']):7.2f} x tmpfs"
            f"  {difference_ms(taken, times['tmpfs']):+8.2f} ms",
            flush=True,
        )
    both = in_turn({"aws": cli, "aliasfs": ln(places["aliasfs"])}, max(1, runs // CLI_RUNS))
    print(
        f"{'aws CLI':16} {median_ms(both['aws']):8.2f} ms  {ratio(both['aws'], both['aliasfs']):7.2f} x aliasfs"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--state", type=pathlib.Path)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.state)))
        tmpfs = stack.enter_context(mounted(["mount", "-t", "tmpfs", "none"], directory / "tmpfs"))
        plane = Plane(directory, directory, directory / "state" if arguments.state else tmpfs / "state")
        stack.callback(plane.close)
        for function in (FUNCTION, OTHER):
            aws.create_function(plane.api, function, 2, {"PROD": 1})
        environment = aws.credentials_environment(directory)
        # The rate that AWS allows is not what is measured; a remap's one call then waits for nothing.
        options = f"ttl=3600,rate=1000,endpoint_url={plane.url}"
        mount = stack.enter_context(
            mounted([program("aliasfs"), "-o", options, "aws"], directory / "mount", environment)
        )
        source = tmpfs / "source"
        source.mkdir()
        os.symlink("1", source / "PROD")
        places = {"tmpfs": source, "aliasfs": mount / FUNCTION}
        through = passthrough(directory, source)
        if through:
            places["passthrough_ll"] = stack.enter_context(mounted(through, directory / "through"))
        measure(places, bare_request(plane), update_alias(plane, environment), arguments.runs)
        explain(mount, places["aliasfs"], arguments.runs)


if __name__ == "__main__":
    main()
