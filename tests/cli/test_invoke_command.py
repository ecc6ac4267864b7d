# SPDX-License-Identifier: MIT
"""`aliasfs invoke`, and the examples of its chapter in the manual."""

import json
import re
import signal
import subprocess
import sys

import pytest

from lib import aws
from lib.process import wait_for
from lib.programs import ROOT, patience, program

PAYLOAD_MAX = 6291456


@pytest.fixture
def mount(hello, make_mount):
    return make_mount(None, "allow_invoke")


@pytest.fixture
def invoke(mount):
    def run_it(*arguments, **named):
        return mount.run(program("aliasfs"), "invoke", *arguments, **named)

    return run_it


def invocations(plane):
    return plane.calls().get("Invoke", 0)


@pytest.mark.semantics("7.2.1")
@pytest.mark.parametrize(
    "name, version", [("PROD", "1"), ("BETA/", "2"), ("3", "3"), ("$LATEST", "$LATEST")]
)
def test_the_answer_and_the_version(invoke, plane, name, version):
    result = invoke(f"mnt/hello/{name}", check=True)
    assert json.loads(result.stdout)["ExecutedVersion"] == version
    assert result.stderr == f"version {version}\n"
    assert invocations(plane) == 1


@pytest.mark.semantics("7.2.1")
def test_an_alias_is_invoked_with_its_weights(make_plane, make_mount):
    """Not the version that its link leads to."""
    plane = make_plane("--seed", "18")
    aws.create_function(plane.api, "hello", versions=2, aliases={"PROD": 1})
    plane.api.update_alias(
        FunctionName="hello", Name="PROD", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}}
    )
    mount = make_mount(None, "allow_invoke", endpoint_url=plane.url)
    result = mount.run(program("aliasfs"), "invoke", "mnt/hello/PROD", check=True)
    assert result.stderr == "version 2\n"


@pytest.mark.semantics("7.2.2")
def test_the_payload(mount, invoke, plane, proxy, hello, make_mount):
    through = make_mount(None, "allow_invoke", endpoint_url=proxy.url)
    (through.directory / "file").write_text('{"from": "a file"}')

    def sent(*arguments, **named):
        through.run(program("aliasfs"), "invoke", "mnt/hello/PROD", *arguments, check=True, **named)
        return proxy.requests(path="/invocations$")[-1].body

    assert sent() == b""
    assert sent("--payload", "file") == b'{"from": "a file"}'
    assert sent("--payload=-", input='{"from": "a pipe"}') == b'{"from": "a pipe"}'
    assert sent("--payload", "-", input=json.dumps("x" * (PAYLOAD_MAX - 2))) == json.dumps(
        "x" * (PAYLOAD_MAX - 2)
    ).encode()


@pytest.mark.semantics("7.2.2")
def test_a_payload_that_cannot_be_sent(mount, invoke, plane):
    result = invoke("mnt/hello/PROD", "--payload", "missing")
    assert (result.rc, result.stdout) == (2, "") and "'missing': No such file" in result.stderr
    (mount.directory / "large").write_bytes(b"1" * (PAYLOAD_MAX + 1))
    result = invoke("mnt/hello/PROD", "--payload", "large")
    assert result.rc == 2 and "more than 6291456 bytes" in result.stderr
    assert invocations(plane) == 0


@pytest.mark.semantics("7.2.3")
def test_the_end_of_the_log(invoke):
    result = invoke("mnt/hello/PROD", "--tail", check=True)
    first, *log = result.stderr.splitlines()
    assert first == "version 1" and log[0].startswith("START RequestId: ") and log[-1].startswith("REPORT ")


@pytest.mark.semantics("7.2.4")
def test_a_function_that_fails(invoke, plane):
    fault = {"operation": "Invoke", "function_error": "Unhandled", "message": "no\x1b[31m key"}
    plane.put("/_local/faults", [fault])
    result = invoke("mnt/hello/PROD")
    assert result.rc == 1
    assert json.loads(result.stdout)["errorMessage"] == "no\x1b[31m key"
    assert result.stderr.splitlines() == [
        "version 1",
        "aliasfs: 'mnt/hello/PROD': the function failed (Unhandled): Fault: no?[31m key",
    ]


@pytest.mark.semantics("7.2.4", "7.2.5")
@pytest.mark.parametrize(
    "fault, rc, said",
    [
        ({"code": "AccessDeniedException"}, 5, "A fault was asked for"),
        ({"code": "InvalidRequestContentException", "message": "no JSON"}, 2, "no JSON"),
        ({"reset": True, "after_commit": True}, 4, "may or may not have happened"),
        ({"code": "TooManyRequestsException", "message": "Rate Exceeded."}, 2, "Rate Exceeded."),
    ],
)
def test_what_else_fails_is_a_sentence(invoke, plane, fault, rc, said):
    plane.put("/_local/faults", [{"operation": "Invoke", **fault}])
    result = invoke("mnt/hello/PROD")
    assert (result.rc, result.stdout) == (rc, "") and said in result.stderr, str(result)
    assert result.stderr.startswith("aliasfs: 'mnt/hello/PROD': ")
    assert invocations(plane) == 1


@pytest.mark.semantics("7.2.5")
@pytest.mark.parametrize(
    "path, said",
    [
        ("mnt/hello/NONE", "there is no such alias"),
        ("mnt/hello/99", "there is no such version"),
        ("mnt/hello/", "name an alias or a version of it, as in mnt/hello/PROD"),
        ("mnt", "is a whole mount"),
        ("mnt/hello/PROD%10", "is a weight"),
        ("mnt/hello/1/configuration.json", "is no alias and no version"),
        ("/etc", "is not in a mount of aliasfs"),
    ],
)
def test_what_cannot_be_invoked(invoke, plane, path, said):
    result = invoke(path)
    assert result.rc in (2, 6) and said in result.stderr, str(result)
    assert invocations(plane) == 0


@pytest.mark.semantics("7.2.5")
def test_where_an_alias_was_before_cannot_be_invoked(mount, invoke, plane, hello):
    """Whether it is proven or not."""
    for _ in range(2):
        result = invoke(f"mnt/{hello}/PROD@1")
        assert result.rc == 2 and "is no alias and no version: name one" in result.stderr, str(result)
        mount.run("ln", "-sfn", "2", mount.path / hello / "PROD", check=True)
    assert invocations(plane) == 0


@pytest.mark.semantics("7.2.5")
@pytest.mark.parametrize("words, said", [([], "mount it with -o allow_invoke"), (["allow_invoke", "ro"], "read-only")])
def test_a_mount_that_invokes_nothing(hello, make_mount, plane, words, said):
    mount = make_mount(None, *words)
    for name in ("PROD", "1"):
        result = mount.run(program("aliasfs"), "invoke", f"mnt/hello/{name}")
        assert result.rc == 2 and said in result.stderr, str(result)
    assert invocations(plane) == 0


@pytest.mark.semantics("7.2.6")
def test_ctrl_c(mount, plane):
    plane.put("/_local/faults", [{"operation": "Invoke", "hang": True, "count": -1}])
    process = subprocess.Popen(
        [program("aliasfs"), "invoke", "mnt/hello/PROD"], cwd=mount.directory, stdout=subprocess.PIPE
    )
    wait_for(lambda: invocations(plane))
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=patience(20)) == (b"", None)
    assert process.returncode == -signal.SIGINT
    assert invocations(plane) == 1


def test_the_example_in_python_works(mount, plane):
    page = (ROOT / "contrib/man/aliasfs.1").read_text().partition("In Python:")[2]
    program_ = re.search(r"^\.nf\n(.*?)^\.fi", page, re.M | re.S)[1].replace("\\(aq", "'").replace("\\e", "\\")
    result = mount.run(sys.executable, "-c", program_, check=True)
    answer, version, failed, *log = result.stdout.splitlines()
    assert json.loads(answer)["ExecutedVersion"] == "1"
    assert (version, failed) == ("version 1", "failed: False")
    assert log[0].startswith("START RequestId: ")
    plane.put("/_local/faults", [{"operation": "Invoke", "function_error": "Unhandled"}])
    assert "failed: True" in mount.run(sys.executable, "-c", program_, check=True).stdout
