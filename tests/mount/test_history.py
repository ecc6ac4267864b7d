# SPDX-License-Identifier: MIT
"""Who moved an alias and where it was before: .history and PROD@N (contract, section 8)."""

import errno
import json
import os
import random
import re
import stat
import time

import pytest

from lib import aws
from lib.calls import exchange
from lib.process import wait_for
from lib.programs import program
from lib.writing import errno_of, last_error

TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


def history(function, alias="PROD"):
    """(lines of eight fields, lines for people)."""
    lines = (function / ".aliases" / alias / ".history").read_text().splitlines()
    moves = [line.split("\t") for line in lines if not line.startswith("#")]
    assert all(len(move) == 8 for move in moves), lines
    return moves, [line for line in lines if line.startswith("#")]


@pytest.mark.semantics("8.1.1", "8.1.2", "8.1.3", "8.1.4")
def test_the_list_joins_what_others_did_with_what_this_mount_did(api, function, mount):
    def update(**members):
        revision = api.get_alias(FunctionName="hello", Name="PROD")["RevisionId"]
        api.update_alias(FunctionName="hello", Name="PROD", RevisionId=revision, **members)

    update(FunctionVersion="2")
    mount.run("ln", "-sfn", "3", "PROD", cwd=function, check=True)
    update(RoutingConfig={"AdditionalVersionWeights": {"1": 0.25}})
    update(Description="tabs\tand others")
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="99")
    moves, people = history(function)
    failed = [move for move in moves if move[1] == "failed"]
    moves = [move for move in moves if move[1] != "failed"]
    assert [(what, before, after) for _, what, before, after, *_ in moves] == [
        ("described", "3,25%1", "3,25%1"),
        ("moved", "3", "3,25%1"),
        ("moved", "2", "3"),
        ("moved", "1", "2"),
        ("created", "-", "1"),
    ]
    assert all(re.match(TIME, move[0]) for move in moves + failed)
    assert ["by this mount" in note for *_, note in moves] == [False, False, True, False, False]
    assert "ln" in moves[2][7] and failed[0][7].startswith("error ResourceNotFoundException:")
    assert all("Boto3" in move[5] for move in moves if "by this mount" not in move[7])
    assert all(move[6] != "-" for move in moves)
    assert [line.startswith("# ") for line in people] == [True] * 3 and len(max(people, key=len)) < 120
    assert re.match(r"# moves are complete from \S+Z on", people[-1])
    file = function / ".aliases" / "PROD" / ".history"
    status = os.stat(file)
    assert (stat.S_IMODE(status.st_mode), status.st_size) == (0o400, 0)
    assert ".history" not in os.listdir(file.parent)
    assert errno_of(open, file, "w") == errno.EROFS
    assert errno_of(os.unlink, file) == errno.EPERM
    assert errno_of(os.rename, file, file.parent / "x") == errno.EPERM
    assert errno_of(os.rename, file.parent / "description", file) == errno.EPERM


@pytest.mark.semantics("8.1.3", "8.1.5")
def test_what_cloudtrail_has_not_delivered_is_named(api, hello, plane, make_mount):
    plane.put("/_local/trail", {"delay": 3600})
    mount = make_mount(ttl=0)
    function = mount.path / hello
    assert os.readlink(function / "PROD") == "1"
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    moves, people = history(function)
    assert [(move[1], move[2], move[3]) for move in moves] == [("moved", "1", "2")]
    assert "no known change" not in people[0]
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="3")
    assert os.readlink(function / "PROD") == "3"
    moves, people = history(function)
    assert len(moves) == 1
    assert "PROD leads to 3, and no known change made it so" in people[0]
    assert "lead to 2 (seen, not proven)" in people[0]


@pytest.mark.semantics("8.1.4", "8.1.6")
@pytest.mark.parametrize(
    "fault, said",
    [
        ({"code": "AccessDeniedException"}, "CloudTrail is denied"),
        ({"code": "OperationNotPermittedException"}, "CloudTrail is denied"),
        ({"code": "UnknownOperationException"}, "does not know CloudTrail"),
    ],
)
def test_without_cloudtrail_the_list_is_what_this_mount_did(api, function, mount, plane, fault, said):
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, **fault}])
    moves, people = history(function)
    assert [(move[1], move[2], move[3]) for move in moves] == [("moved", "1", "2")]
    assert said in people[-1]
    assert ("contrib/iam/history.json" in people[-1]) == (fault["code"] == "AccessDeniedException")
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="3")
    mount.run("sh", "-c", "echo > mnt/.aliasfs/refresh", check=True)
    assert history(function)[1][0].startswith("# PROD leads to 3, and no known change made it so; before,")


@pytest.mark.semantics("8.1.6")
@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}, {"truncate": 20}])
def test_a_failing_cloudtrail_is_an_error_and_no_shorter_list(hello, plane, make_mount, fault):
    mount = make_mount(read_timeout=2)
    function = mount.path / hello
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, **fault}])
    assert errno_of((function / ".aliases" / "PROD" / ".history").read_text) in (
        errno.EREMOTEIO,
        errno.ETIMEDOUT,
    )
    assert "LookupEvents" in last_error(mount) or "CloudTrail" in last_error(mount)
    assert os.readlink(function / "PROD") == "2"


def ask_once(function):
    """CloudTrail has told of PROD by its ARN: it was created, and never moved."""
    wait_for(lambda: errno_of(os.readlink, function / "PROD@1") == errno.ENOENT, what="CloudTrail's answer")


@pytest.mark.semantics("8.1.4", "8.1.6")
def test_what_is_known_is_listed_when_time_runs_out(hello, plane, make_mount):
    mount = make_mount(read_timeout=4)
    function = mount.path / hello
    ask_once(function)
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, "hang": True}])
    moves, people = history(function)
    assert [(move[1], move[2], move[3]) for move in moves] == [("created", "-", "1")]
    assert re.match(r"# time ran out: moves are complete from \S+Z to \S+Z; ", people[-1])


@pytest.mark.semantics("8.1.6")
def test_when_nothing_is_known_and_time_runs_out_that_is_an_error(hello, plane, make_mount):
    mount = make_mount(read_timeout=4)
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, "hang": True}])
    assert errno_of((mount.path / hello / ".aliases" / "PROD" / ".history").read_text) == errno.ETIMEDOUT
    line = last_error(mount)
    assert "LookupEvents" in line and "CloudTrail has not answered yet: try again" in line


@pytest.mark.semantics("8.1.4")
def test_many_moves_of_others_leave_the_list_complete(api, function, plane):
    for _ in range(60):  # more than a page of events
        api.update_alias(FunctionName="hello", Name="BETA", Description="again")
    time.sleep(2.1)  # CloudTrail knows whole seconds
    ask_once(function)
    moves, people = history(function)
    assert [move[1] for move in moves] == ["created"]
    assert "moves are complete" in people[-1] and "CloudTrail keeps no older ones" in people[-1]
    assert plane.calls()["LookupEvents"] == 1 + 5


@pytest.mark.semantics("8.2.1", "8.2.6", "8.4.1")
def test_a_roll_back_after_a_move_through_this_mount_is_one_call(api, function, gesture, mount, plane):
    mount.run("ls", "-l", cwd=function, check=True)  # ln looks at the version that its target leads to
    mount.run("ln", "-sfn", "3", "PROD", cwd=function, check=True)
    with plane.recording() as record:
        mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function, check=True)
    assert record.calls == {"UpdateAlias": 1}, str(record)
    assert aws.aliases_of(api, "hello")["PROD"] == "1"
    assert os.readlink(function / "PROD@1") == "3"


@pytest.mark.semantics("8.1.2")
def test_a_permission_is_named(api, function):
    named = {"FunctionName": "hello", "Qualifier": "PROD", "StatementId": "from-events"}
    api.add_permission(Action="lambda:InvokeFunction", Principal="events.amazonaws.com", **named)
    time.sleep(1.1)  # CloudTrail knows whole seconds
    api.remove_permission(**named)
    moves, _ = history(function)
    assert [move[7] for move in moves if move[1] == "permission"] == [
        "removed from-events", "added from-events"]


@pytest.mark.semantics("8.2.1", "8.2.4")
def test_settled_states(api, function, mount):
    for command in (
        ("ln", "-sfn", "2", "PROD"),
        ("ln", "-s", "3", "PROD%10"),
        ("mv", "PROD%10", "PROD%50"),
    ):
        mount.run(*command, cwd=function, check=True)
    history(function)
    assert [os.readlink(function / f"PROD@{number}") for number in (1, 2)] == ["2", "1"]
    assert errno_of(os.readlink, function / "PROD@3") == errno.ENOENT
    mount.run("mv", "-T", "PROD%50", "PROD", cwd=function, check=True)
    assert [os.readlink(function / f"PROD@{number}") for number in (1, 2)] == ["2", "1"]
    mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function, check=True)
    assert aws.aliases_of(api, "hello")["PROD"] == "2"


@pytest.mark.semantics("8.2.2")
def test_the_names_are_reserved(function, gesture, mount):
    history(function)
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    with gesture():
        for free in ("PROD@0", "PROD@7", "NEW@1"):
            assert errno_of(os.symlink, "1", function / free) == errno.EPERM
            assert errno_of(os.mkdir, function / free) == errno.EPERM
            os.symlink("1", function / "PROD.new")
            assert errno_of(os.rename, function / "PROD.new", function / free) == errno.EPERM
            os.unlink(function / "PROD.new")
        assert os.readlink(function / "PROD@1") == "1"
        assert errno_of(os.unlink, function / "PROD@1") == errno.EPERM
        assert errno_of(os.rename, function / "PROD@1", function / "NEW") == errno.EPERM
        assert errno_of(os.rename, function / "PROD", function / "PROD@1") == errno.EPERM
        for one, other in (("PROD", "PROD@1"), ("PROD@1", "PROD"), ("BETA", "PROD@1")):
            assert errno_of(exchange, function / one, function / other) == errno.EPERM
    assert not [name for name in os.listdir(function) if "@" in name]


@pytest.mark.semantics("8.2.3", "8.2.4", "8.2.5")
def test_a_move_of_a_colleague_is_not_guessed(api, hello, plane, make_mount):
    plane.put("/_local/trail", {"delay": 3600})
    mount = make_mount(ttl=0)
    function = mount.path / hello
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    revision = api.get_alias(FunctionName="hello", Name="PROD")["RevisionId"]
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="3", RevisionId=revision)
    result = mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function)
    assert result.rc == 1 and "Resource temporarily unavailable" in result.stderr
    line = last_error(mount)
    assert "PROD@1 is not proven" in line and "lead to 2 (seen, not proven)" in line
    assert "ln -sfn 2 PROD" in line
    assert aws.aliases_of(api, "hello")["PROD"] == "3"
    plane.put("/_local/trail", {"delay": 0})

    def proven():
        try:
            return os.readlink(function / "PROD@1")
        except BlockingIOError:
            return None

    assert wait_for(proven, what="PROD@1 to be proven") == "2"
    mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function, check=True)
    assert aws.aliases_of(api, "hello")["PROD"] == "2"


@pytest.mark.semantics("8.2.4")
def test_why_it_is_not_proven(api, function, mount, plane):
    """The message says to wait where that helps, and why CloudTrail is of no use where it is not allowed."""
    assert errno_of(os.readlink, function / "PROD@1") == errno.EAGAIN
    assert "it is being asked: try again in a few seconds" in last_error(mount)
    ask_once(function)
    message = "User: her is not authorized to perform: cloudtrail:LookupEvents"
    plane.put(
        "/_local/faults",
        [{"operation": "LookupEvents", "count": -1, "code": "AccessDeniedException", "message": message}])

    def told():
        assert errno_of(os.readlink, function / "BETA@1") == errno.EAGAIN
        line = last_error(mount)
        return message in line and "contrib/iam/history.json" in line and "not been asked" not in line

    wait_for(told, what="the reason")


@pytest.mark.semantics("8.2.5")
def test_a_hanging_cloudtrail_delays_no_change(function, mount, plane):
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, "hang": True}])
    assert errno_of(os.readlink, function / "PROD@1") == errno.EAGAIN
    assert errno_of(os.readlink, function / "PROD@1") == errno.EAGAIN
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    assert os.readlink(function / "PROD") == "2"
    mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function, check=True)
    assert os.readlink(function / "PROD") == "1"


@pytest.mark.semantics("8.2.7")
def test_a_repeated_roll_back_does_not_undo_itself(api, function, gesture, mount):
    mount.run("ln", "-sfn", "3", "PROD", cwd=function, check=True)
    with gesture("UpdateAlias"):
        mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function, check=True)
        assert mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function).rc == 1
    assert "PROD was rolled back from 3 to 1" in last_error(mount)
    assert aws.aliases_of(api, "hello")["PROD"] == "1"
    with gesture("UpdateAlias"):
        mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    with gesture("UpdateAlias"):  # undoes nothing: PROD is no longer at 1
        mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=function, check=True)


@pytest.mark.parametrize("tool", [["ln", "-sfnr"], ["cp", "-aT"], ["cp", "-afT"]], ids=" ".join)
@pytest.mark.semantics("8.2.7")
def test_tools_that_read_the_link_do_not_undo_it_either(api, function, gesture, mount, tool):
    mount.run("ln", "-sfn", "3", "PROD", cwd=function, check=True)
    with gesture("UpdateAlias"):
        mount.run(*tool, "PROD@1", "PROD", cwd=function, check=True)
        for again in (tool, ["ln", "-sfn"]):
            assert mount.run(*again, "PROD@1", "PROD", cwd=function).rc == 1
    assert "PROD was rolled back from 3 to 1" in last_error(mount)
    assert aws.aliases_of(api, "hello")["PROD"] == "1"


@pytest.mark.semantics("2.0.11", "8.2.3", "8.2.6")
def test_a_colleague_was_there_and_back_between(api, hello, make_mount):
    """What PROD@1 was before the colleague came is no longer where PROD was before."""
    mount = make_mount(ttl=60)
    path = mount.path / hello
    mount.run("ln", "-sfn", "3", "PROD", cwd=path, check=True)
    for version in ("2", "3"):
        api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion=version)
    result = mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=path)
    assert result.rc == 1 and "Remote address changed" in result.stderr, str(result)
    assert "look again where it was before" in last_error(mount)
    assert aws.aliases_of(api, "hello")["PROD"] == "3"
    assert mount.run("ln", "-sfn", "PROD@1", "PROD", cwd=path).rc == 1  # not proven, or 2
    assert aws.aliases_of(api, "hello")["PROD"] in ("3", "2")


@pytest.mark.semantics("1.5.1", "8.2.8")
def test_a_target_with_a_revision_moves_nothing_else(api, function, gesture):
    def move(target):
        os.symlink(target, function / "PROD.new")
        try:
            os.rename(function / "PROD.new", function / "PROD")
        finally:
            if os.path.lexists(function / "PROD.new"):
                os.unlink(function / "PROD.new")

    revision = os.getxattr(function / "PROD", "lambda.revision_id", follow_symlinks=False).decode()
    assert revision == api.get_alias(FunctionName="hello", Name="PROD")["RevisionId"]
    with gesture("UpdateAlias"):
        move(f"2={revision}")
    with gesture():
        assert errno_of(move, f"3={revision}") == errno.EREMCHG
    revision = os.getxattr(function / "PROD", "lambda.revision_id", follow_symlinks=False).decode()
    with gesture("UpdateAlias"):
        move(f"PROD@1={revision}")
    assert aws.aliases_of(api, "hello")["PROD"] == "1"
    assert errno_of(os.getxattr, function / "1", "lambda.revision_id") == errno.ENODATA


@pytest.mark.semantics("8.2.9", "8.4.1")
def test_since_when(function, mount, plane):
    def since():
        return int(os.getxattr(function / "PROD", "lambda.since", follow_symlinks=False))

    assert errno_of(since) == errno.ENODATA
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    first = since()
    (function / ".aliases" / "PROD" / "description").write_text("as before\n")
    assert since() == first
    assert "LookupEvents" not in plane.calls()
    history(function)
    assert since() == first
    assert plane.calls()["LookupEvents"] > 0


@pytest.mark.semantics("8.2.9")
def test_ls_tells_how_long_an_alias_has_been_there(function, mount, plane):
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    listed = mount.run(program("aliasfs"), "ls", "--aliases", mount.path, check=True).stdout
    assert re.search(r"^hello .* 2 \(\d+s\)", listed, re.M) and "LookupEvents" not in plane.calls()
    found = json.loads(mount.run(program("aliasfs"), "ls", "--json", mount.path, check=True).stdout)
    aliases = {each["name"]: each for each in found[0]["aliases"]}
    assert re.match(TIME, aliases["PROD"]["since"]) and "since" not in aliases["BETA"]


@pytest.mark.semantics("8.2.1", "8.2.3")
def test_what_is_proven_is_what_was(api, hello, plane, make_mount):
    """A random life of PROD by this mount, another one and boto3, while CloudTrail delivers late, twice and shuffled."""
    seed = int(os.environ.get("ALIASFS_SEED") or random.randrange(1 << 32))
    print(f"seed {seed}")
    dice = random.Random(seed)
    plane.put(
        "/_local/trail", {"delay": 0, "spread": 1, "duplicates": 0.3, "shuffled": True, "seed": seed}
    )
    mounts = [make_mount(ttl=0, rate=1000), make_mount(ttl=0, rate=1000)]
    settled = ["1"]  # the versions of the states without weights, the present one's last
    weighted = False

    def revision():
        return api.get_alias(FunctionName="hello", Name="PROD")["RevisionId"]

    def move(version):
        who = dice.randrange(4)
        if who < 2:
            mounts[who].run("ln", "-sfn", version, "PROD", cwd=mounts[who].path / hello, check=True)
        else:
            named = {"RevisionId": revision()} if who == 2 else {}
            api.update_alias(
                FunctionName="hello", Name="PROD", FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": {}}, **named,
            )

    def check():
        """How many of what was asked was proven; each has to be true."""
        before, proven = settled[:] if weighted else settled[:-1], 0
        for mount in mounts:
            for number in range(1, len(before) + 2):
                try:
                    version = os.readlink(mount.path / hello / f"PROD@{number}")
                except BlockingIOError:
                    continue
                except FileNotFoundError:
                    assert number > len(before), f"seed {seed}: PROD@{number} is missing of {before}"
                    continue
                proven += 1
                assert number <= len(before), f"seed {seed}: PROD@{number} is {version}, after {before}"
                assert version == before[-number], f"seed {seed}: PROD@{number} is {version}, after {before}"
        return proven

    proven = 0
    for _ in range(40):
        deed = dice.randrange(10)
        if deed < 5:
            version = dice.choice("123")
            move(version)
            weighted = False
            if version != settled[-1]:
                settled.append(version)
        elif deed == 5:
            other = dice.choice([each for each in "123" if each != settled[-1]])
            api.update_alias(
                FunctionName="hello", Name="PROD", RevisionId=revision(),
                RoutingConfig={"AdditionalVersionWeights": {other: dice.choice([0.1, 0.5])}},
            )
            weighted = True
        elif deed == 6:
            api.add_permission(
                FunctionName="hello", Qualifier="PROD", StatementId=f"s{dice.randrange(1 << 30)}",
                Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
            )
        elif deed == 7:
            history(dice.choice(mounts).path / hello)
        elif deed == 8:
            api.update_alias(FunctionName="hello", Name="PROD", Description=str(dice.random()))
        proven += check()
    assert proven > 0, f"seed {seed}: nothing was ever proven"
