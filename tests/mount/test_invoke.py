# SPDX-License-Identifier: MIT
"""Functions that are run through .invoke (contract, section 7)."""

import collections
import contextlib
import errno
import fcntl
import json
import os
import signal
import stat
import struct
import subprocess
import sys

import pytest

from lib import aws
from lib.faultproxy import delay, replace
from lib.mount import OrdinaryUser
from lib.process import wait_for
from lib.programs import ROOT, patience
from lib.writing import errno_of, last_error

PAYLOAD_MAX = 6291456
ANSWER_MAX = 6291556
INVOCATIONS_MAX = 64
GET = 0x9088F801  # ALIASFS_INVOKE_GET
Told = collections.namedtuple("Told", "status log_length version function_error request_id log")


@pytest.fixture
def mount(make_mount):
    return make_mount(None, "allow_invoke")


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


@pytest.fixture
def prod(function):
    return function / ".aliases" / "PROD" / ".invoke"


def invoke(path, payload=b"{}"):
    with open(path, "r+b", buffering=0) as file:
        file.write(payload)
        return file.read()


def executed(path):
    return json.loads(invoke(path))["ExecutedVersion"]


def told(file):
    bytes_ = bytearray(struct.calcsize("II32s32s64s4096s"))
    fcntl.ioctl(file, GET, bytes_)
    status, length, *texts, log = struct.unpack("II32s32s64s4096s", bytes_)
    return Told(status, length, *(text.rstrip(b"\0").decode() for text in texts), log[:length].decode())


def invocations(plane):
    return plane.calls().get("Invoke", 0)


def audit(mount):
    lines = (mount.path / ".aliasfs" / "audit").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["operation"] == "Invoke"]


@contextlib.contextmanager
def reading(path):
    """A process that has invoked and waits for the answer; killed at the end."""
    code = f"f = open({str(path)!r}, 'r+b', buffering=0); f.write(b'{{}}'); print(f.read())"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# --- what is there ------------------------------------------------------------------------------


@pytest.mark.semantics("7.1.1")
@pytest.mark.parametrize("place", [".aliases/PROD", "1", "$LATEST", "PROD"])
def test_it_is_there_by_name_and_never_listed(function, place):
    status = os.stat(function / place / ".invoke")
    assert (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)) == (stat.S_IFREG, 0o600)
    assert status.st_size == 0
    assert ".invoke" not in os.listdir(function / place)
    assert os.stat(function / place / ".invoke").st_ino == status.st_ino


@pytest.mark.semantics("7.1.1")
@pytest.mark.parametrize("place", [".aliases/NONE", "99"])
def test_what_is_not_there_cannot_be_invoked(function, place):
    assert errno_of(os.stat, function / place / ".invoke") == errno.ENOENT


@pytest.mark.semantics("7.1.1")
def test_without_the_option_it_is_not_there(hello, plane, make_mount):
    function = make_mount().path / hello
    for place in (".aliases/PROD", "1", "$LATEST"):
        assert errno_of(os.open, function / place / ".invoke", os.O_RDWR) == errno.ENOENT
    # And no draft of that name, which would take a payload and run nothing.
    assert errno_of(open, function / ".aliases/PROD/.invoke", "w") == errno.EPERM
    (function / ".aliases/PROD/draft").write_text("")
    assert errno_of(os.rename, function / ".aliases/PROD/draft", function / ".aliases/PROD/.invoke") == errno.EPERM
    assert invocations(plane) == 0


@pytest.mark.semantics("7.1.1")
def test_it_cannot_be_made_moved_or_removed(function, prod, gesture):
    with gesture():
        assert errno_of(os.unlink, prod) == errno.EPERM
        assert errno_of(os.rename, prod, prod.parent / "x") == errno.EPERM
        assert errno_of(os.rename, prod.parent / "description", prod) == errno.EPERM
        assert errno_of(os.unlink, function / "1/.invoke") == errno.EROFS
        assert errno_of(os.truncate, prod, 0) == errno.EINVAL


@pytest.mark.semantics("7.1.2")
def test_it_is_opened_for_reading_and_writing(mount, function, prod, plane):
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
        for path in (prod, function / "1/.invoke"):
            assert errno_of(os.open, path, flags) == errno.EACCES
    assert "for reading and writing" in last_error(mount)
    assert invocations(plane) == 0


@pytest.mark.semantics("7.1.2")
def test_a_read_only_mount_invokes_nothing(hello, plane, make_mount):
    mount = make_mount(None, "ro", "allow_invoke")
    path = mount.path / hello / ".aliases/PROD/.invoke"
    for flags in (os.O_RDONLY, os.O_RDWR):
        assert errno_of(os.open, path, flags) == errno.EROFS
    assert invocations(plane) == 0


@pytest.mark.semantics("1.6.2", "7.1.2")
def test_others_invoke_nothing(hello, plane, make_mount):
    if os.getuid() != 0:
        pytest.skip("needs root: ordinary users may not use allow_other")
    mount = make_mount(None, "allow_other", "allow_invoke")
    mount.directory.chmod(0o755)
    for place in (".aliases/PROD", "1"):
        path = mount.path / hello / place / ".invoke"
        for mode in ("<", "<>", ">"):
            result = mount.run(*OrdinaryUser.drop_to(12345), "sh", "-c", f"cat 3{mode}'{path}' <&3")
            assert not result.ok and "Permission denied" in result.stderr, str(result)
    assert invocations(plane) == 0


# --- payload and answer -------------------------------------------------------------------------


@pytest.fixture
def echo(plane, proxy, make_mount, hello):
    """A mount at whose server the payload comes back: (mount, PROD's .invoke)."""
    mount = make_mount(None, "allow_invoke", endpoint_url=proxy.url)
    answer = replace(200)
    answer.function = lambda exchange: replace(200, body=exchange.request.body or b"nothing").apply(exchange)
    proxy.rule(answer, path="/invocations$")
    return mount, mount.path / hello / ".aliases/PROD/.invoke"


@pytest.mark.semantics("7.1.3")
@pytest.mark.parametrize("mode", ["r+b", "w+b", "a+b"])
@pytest.mark.parametrize("buffering", [0, -1])
def test_python_reads_the_answer(echo, proxy, mode, buffering):
    _, path = echo
    with open(path, mode, buffering=buffering) as file:
        file.write(b'{"a":')
        file.write(b"1}")
        assert file.read() == b'{"a":1}'
    assert proxy.count(path="/invocations$") == 1


@pytest.mark.semantics("7.1.3")
def test_offsets_mean_nothing(echo):
    _, path = echo
    descriptor = os.open(path, os.O_RDWR)
    os.pwrite(descriptor, b"abc", 1000)
    os.pwrite(descriptor, b"def", 0)
    assert os.lseek(descriptor, 5, os.SEEK_SET) == 5
    assert os.read(descriptor, 2) == b"ab"
    assert os.pread(descriptor, 3, 0) == b"cde"
    assert os.read(descriptor, 100) == b"f"
    assert os.read(descriptor, 100) == b""
    os.close(descriptor)


@pytest.mark.semantics("7.1.3")
def test_a_shell_reads_the_answer(echo):
    mount, path = echo
    script = f"exec 3<>'{path}' && echo '{{\"a\": 1}}' >&3 && cat <&3"
    assert mount.run("bash", "-c", script, check=True).stdout == '{"a": 1}\n'


@pytest.mark.semantics("7.1.3")
def test_without_a_payload(echo):
    _, path = echo
    assert invoke(path, b"") == b"nothing"


@pytest.mark.semantics("7.1.4")
@pytest.mark.parametrize("place, version", [(".aliases/PROD", "1"), (".aliases/DEV", "$LATEST"), ("2", "2")])
def test_the_version_that_runs(function, place, version):
    assert executed(function / place / ".invoke") == version


@pytest.mark.semantics("7.1.4")
def test_both_versions_of_a_weighted_alias_answer(make_plane, make_mount):
    plane = make_plane("--seed", "18")
    aws.create_function(plane.api, "hello", versions=2, aliases={"PROD": 1})
    plane.api.update_alias(
        FunctionName="hello", Name="PROD", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )
    function = make_mount(None, "allow_invoke", endpoint_url=plane.url).path / "hello"
    counts = collections.Counter(executed(function / ".aliases/PROD/.invoke") for _ in range(40))
    assert set(counts) == {"1", "2"} and min(counts.values()) > 8, counts
    # Through the link it is the version's own.
    assert {executed(function / "PROD/.invoke") for _ in range(20)} == {"1"}
    assert invocations(plane) == 60


@pytest.mark.semantics("7.1.5")
def test_a_descriptor_is_one_invocation(mount, prod, plane):
    with open(prod, "r+b", buffering=0) as file:
        file.write(b"{}")
        assert file.read() and file.read() == b""
        assert errno_of(file.write, b"{}") == errno.EINVAL
        assert "open the file again" in last_error(mount)
        file.seek(0)
        assert file.read() == b""
    assert invocations(plane) == 1


@pytest.mark.semantics("7.1.5")
def test_closed_unread_invokes_nothing(mount, prod, plane):
    with open(prod, "r+b", buffering=0) as file:
        file.write(b"{}")
        os.fsync(file.fileno())
    assert mount.run("sh", "-c", f"echo '{{}}' 1<>'{prod}'").ok
    assert invocations(plane) == 0
    assert audit(mount) == []


@pytest.mark.semantics("7.1.6")
def test_a_function_that_fails_is_no_error_of_the_file(prod, plane, mount):
    fault = {"operation": "Invoke", "function_error": "Unhandled", "message": "no key"}
    plane.put("/_local/faults", [fault])
    with open(prod, "r+b", buffering=0) as file:
        assert json.loads(file.read()) == {"errorMessage": "no key", "errorType": "Fault"}
        assert told(file).function_error == "Unhandled"
    assert audit(mount)[0]["function_error"] == "Unhandled"


@pytest.mark.semantics("7.1.7")
@pytest.mark.parametrize(
    "code, number",
    [
        ("AccessDeniedException", errno.EACCES),
        ("TooManyRequestsException", errno.EBUSY),  # EAGAIN is no error to Python
        ("InvalidRequestContentException", errno.EINVAL),
        ("ResourceNotFoundException", errno.ENOENT),
        ("ResourceConflictException", errno.EBUSY),
    ],
)
def test_what_aws_refuses_is_an_errno_with_a_sentence(prod, plane, mount, code, number):
    message = (
        "User: me is not authorized to perform: lambda:InvokeFunction on resource: x"
        if number == errno.EACCES
        else "that is no good"
    )
    plane.put("/_local/faults", [{"operation": "Invoke", "code": code, "message": message}])
    with open(prod, "r+b", buffering=0) as file:
        assert errno_of(file.read) == number
        assert message in last_error(mount) and "hello/.aliases/PROD/.invoke" in last_error(mount)
        assert errno_of(file.read) == number, "and nothing is sent again"
        assert errno_of(told, file) == errno.ENODATA
    if number == errno.EACCES:
        assert "contrib/iam/invoke.json" in last_error(mount)
    assert invocations(plane) == 1
    assert audit(mount) == []


@pytest.mark.semantics("7.1.8")
def test_six_megabytes_both_ways(echo, proxy):
    _, path = echo
    payload = os.urandom(PAYLOAD_MAX)
    with open(path, "r+b") as file:
        file.write(payload)
        assert file.read() == payload
    assert proxy.count(path="/invocations$") == 1


@pytest.mark.semantics("7.1.8", "7.1.12")
def test_an_answer_that_is_too_large_is_an_error_and_in_the_audit(proxy, make_mount, hello):
    mount = make_mount(None, "allow_invoke", endpoint_url=proxy.url)
    path = mount.path / hello / ".aliases/PROD/.invoke"
    proxy.rule(replace(200, body=b"x" * ANSWER_MAX), path="/invocations$", times=1)
    proxy.rule(replace(200, body=b"x" * (ANSWER_MAX + 1)), path="/invocations$")
    assert len(invoke(path)) == ANSWER_MAX
    assert errno_of(invoke, path) == errno.EREMOTEIO
    assert "the function has run" in last_error(mount)
    assert [line["outcome"] for line in audit(mount)] == ["ok", "ok"]


@pytest.mark.semantics("7.1.8")
def test_one_byte_more_is_refused_and_nothing_is_sent(echo, proxy):
    mount, path = echo
    descriptor = os.open(path, os.O_RDWR)
    left = PAYLOAD_MAX
    while left:
        left -= os.write(descriptor, bytes(left))
    assert errno_of(os.write, descriptor, b"x") == errno.EFBIG
    assert "6291456 bytes" in last_error(mount)
    assert errno_of(os.read, descriptor, 1) == errno.EFBIG
    os.close(descriptor)
    assert proxy.count(path="/invocations$") == 0


# --- once ---------------------------------------------------------------------------------------


@pytest.mark.semantics("7.1.9")
@pytest.mark.parametrize("fault", [{"reset": True}, {"truncate": 10}, {"status": 500}, {"code": "ServiceException"}])
def test_a_lost_answer_is_one_invocation(prod, plane, mount, fault):
    plane.put("/_local/faults", [{"operation": "Invoke", "count": -1, "after_commit": True, **fault}])
    with open(prod, "r+b", buffering=0) as file:
        file.write(b"{}")
        assert errno_of(file.read) == errno.EREMOTEIO
        assert "it may or may not have happened" in last_error(mount)
        assert errno_of(file.read) == errno.EREMOTEIO
    assert invocations(plane) == 1
    (line,) = audit(mount)
    assert (line["outcome"], line["qualifier"]) == ("unknown", "PROD")


@pytest.mark.semantics("4.3.4", "7.1.10")
def test_ctrl_c_ends_the_wait_and_not_the_function(prod, plane, mount):
    plane.put("/_local/faults", [{"operation": "Invoke", "hang": True, "after_commit": True, "count": -1}])
    with reading(prod) as process:
        wait_for(lambda: invocations(plane))
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=patience(20))
        assert "KeyboardInterrupt" in complaint
    assert invocations(plane) == 1
    (line,) = audit(mount)
    assert (line["outcome"], line["pid"]) == ("unknown", process.pid)


@pytest.mark.semantics("4.3.3", "7.1.10")
def test_a_function_may_take_longer_than_any_other_read(hello, proxy, make_mount):
    mount = make_mount(None, "allow_invoke", endpoint_url=proxy.url, read_timeout=2, timeout=2)
    os.readlink(mount.path / hello / "PROD")
    proxy.rule(delay(5), path="/invocations$")
    assert executed(mount.path / hello / ".aliases/PROD/.invoke") == "1"


@pytest.mark.semantics("7.1.10")
def test_a_program_that_reads_again_after_an_interruption_invokes_nothing(prod, plane, mount):
    """As every loop around EINTR does, Python's too."""
    plane.put("/_local/faults", [{"operation": "Invoke", "hang": True, "count": 1}])
    code = f"""
import os, signal
signal.signal(signal.SIGUSR1, lambda *_: None)
file = os.open({str(prod)!r}, os.O_RDWR)
try:
    os.read(file, 100)
except OSError as error:
    print(error.errno)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    wait_for(lambda: invocations(plane))
    process.send_signal(signal.SIGUSR1)
    output, _ = process.communicate(timeout=patience(20))
    assert int(output) == errno.ECANCELED
    assert "interrupted" in last_error(mount)
    assert invocations(plane) == 1


@pytest.mark.semantics("7.1.10")
def test_a_function_that_runs_does_not_hold_the_unmounting(hello, plane, make_mount, scratch):
    mount = make_mount(None, "allow_invoke", audit=scratch / "audit")
    plane.put("/_local/faults", [{"operation": "Invoke", "hang": True, "count": -1}])
    with reading(mount.path / hello / "1/.invoke") as process:
        wait_for(lambda: invocations(plane))
        assert mount.terminate() == 0
        process.communicate(timeout=patience(20))
    assert json.loads((scratch / "audit").read_text())["outcome"] == "unknown"
    assert invocations(plane) == 1


MANY = """
import os, sys, threading
files = [os.open(sys.argv[1], os.O_RDWR) for _ in range(int(sys.argv[2]))]
threads = [threading.Thread(target=os.read, args=(file, 100), daemon=True) for file in files]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.semantics("7.1.11")
def test_sixty_four_at_once_and_no_more(prod, function, plane, mount):
    plane.put("/_local/faults", [{"operation": "Invoke", "hang": True, "count": -1}])
    process = subprocess.Popen([sys.executable, "-c", MANY, prod, str(INVOCATIONS_MAX)])
    try:
        wait_for(lambda: invocations(plane) == INVOCATIONS_MAX, 60)
        assert errno_of(os.open, prod, os.O_RDWR) == errno.EAGAIN
        assert "64 invocations are open" in last_error(mount)
        # They hold no one else's connection or turn.
        mount.run("ln", "-sfn", "2", function / "PROD", check=True)
        assert os.readlink(function / "PROD") == "2"
    finally:
        process.kill()
        process.wait()
    plane.put("/_local/faults", [])

    def free():
        with contextlib.suppress(BlockingIOError):
            return executed(prod)

    assert wait_for(free) == "2"
    assert invocations(plane) == INVOCATIONS_MAX + 1


@pytest.mark.semantics("7.1.12")
def test_the_audit_has_a_line_without_payload_and_answer(hello, plane, make_mount, scratch):
    mount = make_mount(None, "allow_invoke", audit=scratch / "audit")
    invoke(mount.path / hello / ".aliases/PROD/.invoke", b'{"word": "swordfish"}')
    invoke(mount.path / hello / "2/.invoke")
    first, second = audit(mount)
    assert first.pop("time") and first.pop("request_id")
    assert first == {
        "uid": os.getuid(),
        "pid": os.getpid(),
        "command": first["command"],
        "operation": "Invoke",
        "function": "hello",
        "qualifier": "PROD",
        "executed_version": "1",
        "status": 200,
        "outcome": "ok",
    }
    assert second["qualifier"] == "2"
    assert len((scratch / "audit").read_text().splitlines()) == 2
    assert "swordfish" not in (scratch / "audit").read_text() + mount.log()
    stats = (mount.path / ".aliasfs/stats").read_text()
    assert 'aliasfs_api_calls_total{operation="Invoke",outcome="ok"} 2\n' in stats


@pytest.mark.semantics("7.1.13")
def test_what_is_told_beside_the_answer(prod, function, mount):
    with open(prod, "r+b", buffering=0) as file:
        assert errno_of(told, file) == errno.ENODATA
        file.write(b"{}")
        assert errno_of(told, file) == errno.ENODATA
        file.read(1)
        answer = told(file)
        assert file.read()
        assert told(file) == answer
    assert (answer.status, answer.version, answer.function_error) == (200, "1", "")
    assert answer.request_id == audit(mount)[0]["request_id"]
    assert answer.log.startswith(f"START RequestId: {answer.request_id} Version: 1\n")
    for path in (function / "1/configuration.json", function / ".aliases/PROD/description", function):
        descriptor = os.open(path, os.O_RDONLY)
        assert errno_of(told, descriptor) == errno.ENOTTY
        os.close(descriptor)


HEADER = """
#include <stddef.h>
#include <stdio.h>
#include "fs/aliasfs_invoke.h"
int main(void)
{
	printf("%#lx %zu %zu\\n", (unsigned long)ALIASFS_INVOKE_GET, sizeof(struct aliasfs_invocation),
		offsetof(struct aliasfs_invocation, log));
	return 0;
}
"""


@pytest.mark.semantics("7.1.13")
def test_the_header_says_the_same(mount, scratch):
    (scratch / "told.c").write_text(HEADER)
    mount.run("cc", "-Wall", "-Werror", f"-I{ROOT}", "-o", scratch / "told", scratch / "told.c", check=True)
    size = struct.calcsize("II32s32s64s4096s")
    assert mount.run(scratch / "told").stdout == f"{GET:#x} {size} {size - 4096}\n"


CRAWLERS = [
    "grep -r Version {mount}",
    "cp -r {mount} {scratch}/copy",
    "cp -a {mount} {scratch}/copy",
    "find {mount} -type f -exec cat {{}} +",
    "rsync -a {mount}/ {scratch}/copy/",
    "tar -C {mount} -cf {scratch}/copy.tar .",
    "du -a {mount}; ls -lRa {mount}",
    "cat {mount}/hello/.aliases/*/.invoke {mount}/hello/*/.invoke",
    "grep x {mount}/hello/PROD/.invoke",
    "cp {mount}/hello/PROD/.invoke {scratch}/copy",
    "cp {scratch}/payload {mount}/hello/.aliases/PROD/.invoke",
    "head -c 1 < {mount}/hello/.aliases/PROD/.invoke; echo > {mount}/hello/.aliases/PROD/.invoke",
    "sed -i s/a/b/ {mount}/hello/.aliases/PROD/.invoke",
]


@pytest.mark.semantics("7.1.14")
@pytest.mark.parametrize("command", CRAWLERS)
def test_crawlers_invoke_nothing(function, mount, plane, scratch, command):
    (scratch / "payload").write_text("{}")
    mount.run("sh", "-c", command.format(mount=mount.path, scratch=scratch))
    for directory, _, names in os.walk(mount.path):
        for name in [*names, ".invoke"]:
            with contextlib.suppress(OSError):
                os.close(os.open(f"{directory}/{name}", os.O_RDONLY | os.O_NOATIME))
    assert invocations(plane) == 0
