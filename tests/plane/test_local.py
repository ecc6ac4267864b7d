# SPDX-License-Identifier: MIT
"""What lambda-plane offers beside Lambda: counts, the list of changes, sockets, delays."""

import http.client
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor

from lib import aws
from lib.process import Service, environment, run, wait_for
from lib.programs import program
from wire import Wire


def test_calls_are_counted_and_reset(api, plane):
    aws.create_function(api, "fn", versions=1, aliases={"PROD": 1})
    plane.reset()
    for _ in range(3):
        api.get_alias(FunctionName="fn", Name="PROD")
    api.update_alias(FunctionName="fn", Name="PROD")
    assert plane.calls() == {"GetAlias": 3, "UpdateAlias": 1}
    plane.reset()
    assert plane.calls() == {}


def test_changes_are_listed_in_the_order_in_which_they_took_effect(api, wire):
    aws.create_function(api, "fn", versions=2)
    before = wire("GET", "/_local/changes").json
    api.create_alias(FunctionName="fn", Name="PROD", FunctionVersion="1")
    api.update_alias(FunctionName="fn", Name="PROD", FunctionVersion="2",
                     RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}})
    api.publish_version(FunctionName="fn")  # changes nothing, so it is not a change
    api.delete_alias(FunctionName="fn", Name="PROD")
    api.delete_alias(FunctionName="fn", Name="PROD")
    changes = wire("GET", f"/_local/changes?after={before[-1]['sequence']}").json
    assert [(each["operation"], each["function"], each["qualifier"], each.get("version"))
            for each in changes] == [
        ("CreateAlias", "fn", "PROD", "1"),
        ("UpdateAlias", "fn", "PROD", "2"),
        ("DeleteAlias", "fn", "PROD", None),
    ]
    assert changes[1]["detail"] == {"weights": {"1": 0.5}}
    numbers = [each["sequence"] for each in before + changes]
    assert numbers == sorted(set(numbers))


def test_a_unix_socket_that_only_its_owner_reaches(scratch):
    path = scratch / "socket"
    service = Service([program("lambda-plane"), "--state", scratch / "state", "--unix", path],
                      scratch / "log", environment())
    try:
        wait_for(lambda: "listening on unix:" in service.log(), 10)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(path))
        connection.request("GET", "/2015-03-31/functions")
        assert connection.getresponse().read() == b'{"Functions":[],"NextMarker":null}'
        connection.close()
        second = run(program("lambda-plane"), "--state", scratch / "state", "--unix", path,
                     timeout=10)
        assert second.rc == 1 and "Address already in use" in second.stderr
        service.kill()  # the socket stays behind and is replaced
        assert path.exists()
        service = Service([program("lambda-plane"), "--state", scratch / "state", "--unix", path],
                          scratch / "log2", environment())
        wait_for(lambda: "listening on unix:" in service.log(), 10)
    finally:
        assert service.terminate(10) == 0
    assert not path.exists()


def test_latency_is_added_to_answers_of_the_api_alone(make_plane):
    """Asked while the other waits, what is not of the API is answered first."""
    plane = make_plane("--latency", "6000")
    late, wire = Wire(plane.port), Wire(plane.port)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(late, "GET", "/2015-03-31/functions")
        assert wire("GET", "/_local/calls").status == 200
        assert not answer.done()
        assert answer.result().status == 200
    late.close()
    wire.close()


def test_wrong_options_are_explained(scratch):
    for arguments, words in (
        ([], "needs --state"),
        (["--state", scratch], "either --listen or --unix"),
        (["--state", scratch, "--listen", "nowhere"], "127.0.0.1:9001"),
        (["--state", scratch, "--listen", "127.0.0.1:99999"], "127.0.0.1:9001"),
        (["--state", scratch, "--listen", "127.0.0.1:0", "--unix", "x"], "either"),
        (["--state", scratch, "--listen", "127.0.0.1:0", "--settle", "-1"], "milliseconds"),
        (["--state", scratch, "--listen", "127.0.0.1:0", "extra"], "extra"),
    ):
        result = run(program("lambda-plane"), *arguments)
        assert result.rc == 2 and words in result.stderr, str(result)
    for arguments, words in (
        (["--account", "12"], "12 digits"),
        (["--region", "nowhere"], "region"),
        (["--verify-signatures", "nothing"], "KEY:SECRET"),
    ):
        result = run(program("lambda-plane"), "--state", scratch / "s", "--listen", "127.0.0.1:0",
                     *arguments)
        assert result.rc == 2 and words in result.stderr, str(result)
    assert "Usage:" in run(program("lambda-plane"), "--help").stdout
