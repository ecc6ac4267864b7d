# SPDX-License-Identifier: MIT
"""Who writes a document: two at once, an ordinary user, a tool that is killed; what audit and stats keep of it."""

import hashlib
import itertools
import json
import os
import random
import re
import signal
import subprocess
import time

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.programs import patience
from lib.writing import DOCUMENTS, last_error, put, users_of, wanted_of

# document: (two things that it can be made, the calls for either, what boto3 says it is)
WRITTEN = {
    "$LATEST/environment.json": (
        {"STAGE": "one"}, {"STAGE": "two"}, ["UpdateFunctionConfiguration"],
        lambda api: api.get_function_configuration(FunctionName="hello").get("Environment", {}).get("Variables"),
    ),
    ".function/tags.json": (
        {"team": "one"}, {"team": "two"}, ["TagResource"],
        lambda api: api.get_function(FunctionName="hello").get("Tags"),
    ),
    ".aliases/PROD/event-invoke.json": (
        {"MaximumRetryAttempts": 1}, {"MaximumRetryAttempts": 0}, ["PutFunctionEventInvokeConfig"],
        lambda api: {
            "MaximumRetryAttempts": api.get_function_event_invoke_config(FunctionName="hello", Qualifier="PROD").get(
                "MaximumRetryAttempts"
            )
        },
    ),
}


@pytest.fixture
def function(hello, make_mount):
    return make_mount(allow_update=True, rate=1000).path / hello


# It reads or does not, and writes when it is told to; it prints the error of open(2), write(2) or close(2), which a shell hides.
WRITER = """
import sys
path, data, reads = sys.argv[1:]
if reads:
    open(path, "rb").read()
print("ready", flush=True)
sys.stdin.readline()
try:
    with open(path, "wb") as file:
        file.write(bytes.fromhex(data))
except OSError as error:
    print(error.strerror)
"""


class Writer:
    """A process in a session of its own."""

    def __init__(self, path, value, reads):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-c", WRITER, path, data.hex(), "reads" if reads else ""],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def error(self):
        """The error that it ended with, or nothing."""
        said, _ = self.process.communicate(timeout=patience(60))
        assert self.process.returncode == 0
        return said.strip()


@pytest.mark.semantics("6.4.1", "6.4.3", "6.4.5")
@pytest.mark.parametrize("document", WRITTEN)
@pytest.mark.parametrize("reads", [True, False], ids=["read", "unread"])
def test_one_after_the_other(api, function, gesture, document, reads):
    """The second is refused when it was shown something else; who never read the document overwrites it."""
    one, two, calls, look = WRITTEN[document]
    writers = [Writer(function / document, value, reads) for value in (one, two)]
    with gesture(*(calls if reads else calls * 2)):
        writers[0].go()
        assert writers[0].error() == ""
        writers[1].go()
        assert writers[1].error() == ("Remote address changed" if reads else "")
    assert look(api) == (one if reads else two)


@pytest.mark.semantics("6.4.1", "6.4.3", "6.4.7")
@pytest.mark.parametrize("document", WRITTEN)
@pytest.mark.parametrize("reads", [True, False], ids=["read", "unread"])
def test_both_at_the_same_moment(api, function, plane, document, reads):
    """One after the other all the same, in whichever order."""
    *values, calls, look = WRITTEN[document]
    for _ in range(5):
        (function / document).write_text("{}")
        before = len(plane.changes())
        writers = [Writer(function / document, value, reads) for value in values]
        for each in writers:
            each.go()
        errors = [each.error() for each in writers]
        assert sorted(errors) == (["", "Remote address changed"] if reads else ["", ""])
        assert look(api) in ([values[errors.index("")]] if reads else values)
        assert len(plane.changes()) - before >= len(calls) * (1 if reads else 2)


@pytest.mark.semantics("6.4.1", "6.4.3", "6.4.7")
@pytest.mark.parametrize("reads", [True, False], ids=["read", "unread"])
def test_code_at_the_same_moment(api, function, gesture, reads):
    codes = [aws.code("one"), aws.code("two")]
    writers = [Writer(function / "$LATEST/code.zip", code, reads) for code in codes]
    with gesture(*["UpdateFunctionCode"] * (1 if reads else 2)):
        for each in writers:
            each.go()
        errors = [each.error() for each in writers]
    assert sorted(errors) == (["", "Remote address changed"] if reads else ["", ""])
    allowed = [codes[errors.index("")]] if reads else codes
    found = api.get_function_configuration(FunctionName="hello")["CodeSha256"]
    assert found in [aws.code_sha256(each) for each in allowed]


@pytest.mark.semantics("4.3.2", "4.3.3", "6.4.7")
def test_a_write_that_hangs_holds_up_its_document_alone(hello, make_mount, plane):
    mount = make_mount(allow_update=True, timeout=5, rate=1000)
    function = mount.path / hello
    plane.put("/_local/faults", [{"operation": "TagResource", "count": -1, "hang": True}])
    tags = [Writer(function / ".function/tags.json", {"team": name}, False) for name in ("one", "two")]
    other = Writer(function / ".aliases/PROD/event-invoke.json", {"MaximumRetryAttempts": 1}, False)
    tags[0].go()
    wait_for(lambda: plane.calls().get("TagResource"))
    tags[1].go()
    other.go()
    assert other.error() == "" and tags[0].process.poll() is None
    assert [each.error() for each in tags] == ["Connection timed out"] * 2
    for line in (mount.path / ".aliasfs/errors").read_text().splitlines():
        assert "may or may not have happened" in line or ("nothing" in line and "sent" in line and "write it again" in line)


@pytest.mark.semantics("4.3.2", "6.4.7")
def test_a_write_for_which_no_time_is_left_says_that_nothing_was_sent(hello, make_mount, plane, gesture):
    mount = make_mount(allow_update=True, timeout=2, rate=1000)
    with gesture(), pytest.raises(TimeoutError):
        with open(mount.path / hello / ".function/tags.json", "w") as file:
            plane.put("/_local/faults", [{"operation": "GetFunction", "count": -1, "hang": True}])
            file.write('{"team": "x"}')
    assert "nothing of this change of tags.json was sent: write it again" in last_error(mount)


@pytest.mark.semantics("6.4.7", "6.6.4")
def test_an_upload_may_wait_for_another_for_longer_than_a_call_may_take(hello, api, make_mount, proxy, gesture):
    mount = make_mount(allow_update=True, timeout=2, upload_timeout=60, endpoint_url=proxy.url)
    codes = [aws.code("one"), aws.code("two")]
    writers = [Writer(mount.path / hello / "$LATEST/code.zip", code, False) for code in codes]
    rule = proxy.rule(faultproxy.delay(4), path="/code", times=1)
    with gesture("UpdateFunctionCode", "UpdateFunctionCode"):
        writers[0].go()
        rule.wait_for_hits()
        writers[1].go()
        assert [each.error() for each in writers] == ["", ""], last_error(mount)
    assert api.get_function_configuration(FunctionName=hello)["CodeSha256"] == aws.code_sha256(codes[1])


@pytest.mark.semantics("6.4.7", "6.6.4")
def test_an_upload_that_waits_for_another_can_be_interrupted(hello, make_mount, plane, scratch):
    place = make_mount(allow_update=True, upload_timeout=10).path / hello / "$LATEST"
    plane.put("/_local/faults", [{"operation": "UpdateFunctionCode", "count": -1, "hang": True}])
    (scratch / "new.zip").write_bytes(aws.code("new"))
    plane.reset()
    first, second = (subprocess.Popen(["cp", scratch / "new.zip", place / "code.zip"]) for _ in range(2))
    wait_for(lambda: plane.calls().get("UpdateFunctionCode"))
    time.sleep(0.5)  # the other one has got as far as it can
    for each in (first, second):
        each.send_signal(signal.SIGINT)
    ended = wait_for(lambda: [each for each in (first, second) if each.poll() is not None])
    assert len(ended) == 1 and ended[0].returncode != 0
    assert plane.calls()["UpdateFunctionCode"] == 1
    plane.put("/_local/faults", [])
    for each in (first, second):
        each.wait(patience(60))


# --- an ordinary user ---------------------------------------------------------------------------------


@pytest.mark.semantics("1.6.1", "6.2.2", "6.2.3")
def test_an_ordinary_user_writes_and_deploys(api, hello, gesture, make_mount, ordinary_user):
    mount = make_mount(user=ordinary_user, allow_update=True)
    function = mount.path / hello

    def shell(script):
        return mount.run("/bin/sh", "-ec", f'cd "{function}"; {script}', check=True)

    with gesture("UpdateFunctionConfiguration"):
        shell("""sed -i 's/"MemorySize": 128/"MemorySize": 1024/' '$LATEST/configuration.json'""")
    assert api.get_function_configuration(FunctionName=hello)["MemorySize"] == 1024
    with gesture("UpdateFunctionConfiguration"):
        shell("""echo '{"TOKEN": "x"}' > '$LATEST/environment.json'; cat '$LATEST/environment.json'""")
    with gesture("TagResource"):
        shell("""echo '{"team": "x"}' > .function/tags.json""")
    code = aws.code("new")
    (mount.directory / "code.zip").write_bytes(code)
    (mount.directory / "code.zip").chmod(0o644)
    with gesture("UpdateFunctionCode", "PublishVersion", "UpdateAlias"):
        shell(f"cp '{mount.directory}/code.zip' '$LATEST/' && mkdir + && ln -sfn .newest BETA")
    version = aws.alias_version(api, hello, "BETA")
    found = api.get_function_configuration(FunctionName=hello, Qualifier=version)
    assert (version, found["CodeSha256"]) == ("4", aws.code_sha256(code))


# --- killed in the middle -----------------------------------------------------------------------------

KILLED = {
    "cp": "cp $T/new {doc}",
    "rsync": "cp $T/new $T/{doc} && rsync -a --checksum $T/{doc} .",
    "rsync --inplace": "cp $T/new $T/{doc} && rsync -a --checksum --inplace $T/{doc} .",
    "sed -i": "sed -i s/{old}/{new}/ {doc}",
}
# document: (what round N makes of it, what boto3 says it is)
OLD_OR_NEW = {
    "$LATEST/environment.json": (
        lambda number: {"ROUND": f"r{number}x", **{f"NAME{each}": "v" * 100 for each in range(20)}},
        lambda api: api.get_function_configuration(FunctionName="hello").get("Environment", {}).get("Variables"),
    ),
    ".function/tags.json": (
        lambda number: {"ROUND": f"r{number}x", **{f"NAME{each}": "v" * 200 for each in range(40)}},
        lambda api: api.get_function(FunctionName="hello").get("Tags"),
    ),
}


@pytest.mark.semantics("6.3.1", "6.3.5", "6.3.6")
@pytest.mark.parametrize("document", OLD_OR_NEW)
@pytest.mark.parametrize("tool", KILLED)
def test_a_tool_that_is_killed_leaves_the_old_or_the_new(api, function, scratch, document, tool):
    seed = int(os.environ.get("ALIASFS_SEED") or random.randrange(1 << 32))
    print(f"seed {seed}")
    dice = random.Random(seed)
    make, look = OLD_OR_NEW[document]
    path = function / document
    path.write_text(json.dumps(make(0)))

    def start(now, number):
        put(scratch, make(number))
        script = KILLED[tool].format(doc=path.name, old=f"r{now}x", new=f"r{number}x")
        return subprocess.Popen(
            ["/bin/sh", "-c", f"T={scratch}/t; export T; {script}"], cwd=path.parent, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    began = time.monotonic()
    assert start(0, 1).wait() == 0
    whole = time.monotonic() - began
    now, moved = 1, 0
    for number in range(2, 52):
        process = start(now, number)
        time.sleep(dice.random() * 1.3 * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda: not users_of(function), 60, "the killed tool's last request")
        found = look(api)
        assert found in (make(now), make(number)), f"seed {seed}, {number}"
        if found == make(now):
            whole *= 1.1
            continue
        now, moved = number, moved + 1
        whole *= 0.9  # the machine may have been slow only when the first was measured
    assert json.loads(path.read_text()) == look(api), f"seed {seed}"
    assert 0 < moved < 50, f"seed {seed}: {moved} of 50 changes took effect: nothing is proven"


# --- what is kept of it -------------------------------------------------------------------------------


def texts(value):
    """Every text in a JSON value."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in texts(each)]
    return [text for each in value for text in texts(each)] if isinstance(value, list) else [value]


def audit(mount):
    return [json.loads(line) for line in (mount.path / ".aliasfs/audit").read_text().splitlines()]


@pytest.mark.semantics("6.2.4")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_line_for_every_change_and_never_a_value(api, hello, make_mount, scratch, document):
    mount = make_mount(allow_update=True, audit=scratch / "audit")
    path = mount.path / hello / document
    wanted = wanted_of(api, mount.path / hello, document)
    before = path.read_text()
    path.write_text(json.dumps(wanted))
    (line,) = audit(mount)
    assert [line["operation"]] == DOCUMENTS[document][1]
    assert (line["function"], line["document"], line["outcome"]) == (hello, path.name, "ok")
    assert line.get("alias", line.get("qualifier", "")) == ("PROD" if "PROD" in document else "")
    assert line["uid"] == os.getuid() and line["pid"] and line["command"] and line["request_id"]
    assert re.fullmatch("[0-9a-f]{64}", line["sha256_before"]) and re.fullmatch("[0-9a-f]{64}", line["sha256_after"])
    assert line["sha256_before"] != line["sha256_after"]
    kept = (scratch / "audit").read_text() + mount.log()
    for text in texts(wanted):
        if isinstance(text, str) and len(text) > 2 and text not in before:
            assert f'"{text}"' not in kept, text
    path.write_text(path.read_text())
    assert len(audit(mount)) == 1


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.semantics("6.2.4")
@pytest.mark.parametrize("document", ["$LATEST/environment.json", *DOCUMENTS])
def test_a_line_begins_with_the_hash_with_which_the_last_one_ends(api, hello, make_mount, document):
    """That of the text that a reader gets, however the document was written."""
    mount = make_mount(allow_update=True)
    path = mount.path / hello / document
    wanted = {"STAGE": "x"} if "environment" in document else wanted_of(api, mount.path / hello, document)
    hashes, other = [sha256(path)], path.read_text()
    if not json.loads(other or "{}"):
        other = '{"AuthType": "NONE"}' if path.name == "url.json" else "{}"
    for text in (json.dumps(wanted), other, json.dumps(wanted)):
        path.write_text(text)
        hashes.append(sha256(path))
    lines = [(line["sha256_before"], line["sha256_after"]) for line in audit(mount)]
    assert lines == list(itertools.pairwise(hashes))


@pytest.mark.semantics("6.2.4")
def test_half_a_change_has_no_hash_after_it(hello, make_mount, plane):
    mount = make_mount(allow_update=True)
    path = mount.path / hello / ".function/tags.json"
    path.write_text('{"old": "x"}')
    plane.put("/_local/faults", [{"operation": "UntagResource", "code": "AccessDeniedException"}])
    with pytest.raises(PermissionError):
        path.write_text('{"new": "x"}')
    half = sha256(path)
    path.write_text('{"new": "x"}')
    first, second, third = audit(mount)
    assert "sha256_after" not in second and third["sha256_before"] == half
    assert first["sha256_after"] == second["sha256_before"]
    assert third["sha256_after"] == sha256(path)


@pytest.mark.semantics("6.2.4")
def test_each_call_of_a_change_is_a_line(hello, make_mount):
    mount = make_mount(allow_update=True)
    path = mount.path / hello / ".function/tags.json"
    path.write_text('{"old": "swordfish"}')
    path.write_text('{"new": "herring"}')
    lines = audit(mount)
    assert [line["operation"] for line in lines] == ["TagResource", "TagResource", "UntagResource"]
    assert len({line["request_id"] for line in lines}) == 3
    assert not re.search("swordfish|herring", (mount.path / ".aliasfs/audit").read_text())


@pytest.mark.semantics("6.2.4")
def test_the_audit_of_new_code(hello, make_mount, scratch):
    mount = make_mount(allow_update=True, audit=scratch / "audit")
    function = mount.path / hello
    (function / "$LATEST/code.zip").write_bytes(aws.code("swordfish"))
    os.mkdir(function / "+")
    first, second = audit(mount)
    assert (first["operation"], first["document"], first["outcome"]) == ("UpdateFunctionCode", "code.zip", "ok")
    assert first["sha256_before"] != first["sha256_after"] and first["request_id"]
    assert second["operation"] == "PublishVersion"
    assert "swordfish" not in (scratch / "audit").read_text()


def counted(mount):
    """{metric: value} of .aliasfs/stats."""
    lines = (mount.path / ".aliasfs/stats").read_text().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


def calls(operation, outcome="ok"):
    return f'aliasfs_api_calls_total{{operation="{operation}",outcome="{outcome}"}}'


@pytest.mark.semantics("1.1.8")
def test_stats_count_uploads_settling_invocations_and_cloudtrail(hello, make_mount, plane):
    mount = make_mount(allow_update=True, allow_invoke=True)
    function = mount.path / hello
    (function / "$LATEST/code.zip").write_bytes(aws.code("new"))
    (function / ".function/tags.json").write_text('{"team": "x"}')
    with open(function / ".aliases/PROD/.invoke", "r+b", buffering=0) as file:
        file.read()
    (function / ".aliases/PROD/.history").read_text()
    found = counted(mount)
    for operation in ("UpdateFunctionCode", "TagResource", "Invoke"):
        assert found[calls(operation)] == 1, operation
    assert found[calls("LookupEvents")] >= 1
    assert found['aliasfs_settling_total{outcome="settled"}'] == 1
    assert found["aliasfs_settling_seconds_total"] >= 0
    plane.put("/_local/faults", [{"operation": "UpdateFunctionCode", "settles_failed": "InvalidZipFileException"}])
    with pytest.raises(OSError):
        (function / "$LATEST/code.zip").write_bytes(aws.code("newer"))
    assert counted(mount)['aliasfs_settling_total{outcome="failed"}'] == 1
