# SPDX-License-Identifier: MIT
"""`aliasfs log`: what happened to aliases, of a mount and of a source."""

import json
import re
import time

import pytest

from lib import aws, faultproxy
from lib.process import run
from lib.programs import program

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def next_second():
    """CloudTrail knows whole seconds: what follows is later than what was before."""
    time.sleep(1.1)


@pytest.fixture
def mount(api, hello, make_mount):
    next_second()
    return make_mount()


@pytest.fixture
def log(mount):
    def run_it(*arguments, **named):
        return mount.run(program("aliasfs"), "log", *arguments, **named)

    return run_it


@pytest.fixture
def log_of_source(plane, scratch):
    def run_it(*arguments):
        return run(
            program("aliasfs"), "log", "aws:us-east-1", *arguments, f"--endpoint-url={plane.url}",
            env=aws.credentials_environment(scratch), cwd=scratch)

    return run_it


def moves(result):
    """The objects of --json; the command has succeeded."""
    assert result.ok, str(result)
    return json.loads(result.stdout)


def steps(rows):
    return [(each["alias"], each["what"], each["from"], each["to"]) for each in rows]


@pytest.mark.semantics("8.3.1")
def test_who_moved_it(mount, api, log):
    """What the mount did and what others did is one table, the newest first."""
    mount.run("ln", "-sfn", "2", "mnt/hello/PROD", check=True)
    next_second()
    moved = api.update_alias(
        FunctionName="hello", Name="PROD", FunctionVersion="3",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}})
    result = log("mnt/hello/PROD")
    assert result.ok, str(result)
    head, newest, older, oldest = result.lines
    assert re.split("  +", head) == ["TIME", "WHAT", "FROM -> TO", "WHO", "WITH", "REQUEST", "NOTE"]
    assert re.match(MOMENT.pattern + r"  moved    2 -> 3,10%1  ", newest)
    assert "  Boto3/" in newest and moved["ResponseMetadata"]["RequestId"] in newest
    assert "  moved    1 -> 2  " in older and "  aliasfs/" in older and "by this mount" in older
    assert "  created  - -> 1  " in oldest
    lines = result.stderr.splitlines()
    assert all(line.startswith("# hello/PROD: ") for line in lines) and " moves are complete from " in lines[-1]
    rows = moves(log("mnt/hello/PROD", "--json"))
    assert steps(rows) == [
        ("PROD", "moved", "2", "3,10%1"), ("PROD", "moved", "1", "2"), ("PROD", "created", None, "1")]
    assert set(rows[0]) == {
        "time", "function", "alias", "what", "from", "to", "who", "with", "request_id", "note"}
    assert rows[0]["request_id"] == moved["ResponseMetadata"]["RequestId"]
    assert rows[2]["note"] is None
    assert rows[0]["who"].startswith("arn:") and rows[0]["who"].endswith(re.split("  +", newest)[3])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", rows[0]["time"])


@pytest.mark.semantics("8.3.1")
def test_several_aliases_in_one_order_of_time(mount, api, log):
    """Of paths, of a function's directory, with a slash behind, from inside; one named twice is printed once."""
    for name, version in [("PROD", "2"), ("BETA", "3"), ("PROD", "3")]:
        api.update_alias(FunctionName="hello", Name=name, FunctionVersion=version)
        next_second()
    rows = moves(log("mnt/hello", "--json"))
    assert steps(rows)[:3] == [
        ("PROD", "moved", "2", "3"), ("BETA", "moved", "2", "3"), ("PROD", "moved", "1", "2")]
    assert sorted(steps(rows)[3:]) == [("BETA", "created", None, "2"), ("PROD", "created", None, "1")]
    for words, where in [
        (["mnt/hello/BETA", "mnt/hello/PROD"], mount.directory),
        (["mnt/hello/BETA/", "mnt/hello/PROD/"], mount.directory),
        (["mnt/hello", "mnt/hello/PROD"], mount.directory),
        (["BETA", "PROD", f"{mount.path}/hello/BETA"], mount.path / "hello"),
        (["."], mount.path / "hello"),
    ]:
        assert moves(log(*words, "--json", cwd=where)) == rows, words
    result = log("mnt/hello")
    assert result.lines[0].split()[1] == "ALIAS" and " hello/BETA " in result.lines[2], str(result)
    # What is true of both is printed once.
    assert [line for line in result.stderr.splitlines() if " moves are complete " in line] == [
        line for line in result.stderr.splitlines() if line.startswith("# hello/BETA and 1 more: moves ")]


@pytest.mark.semantics("8.3.1")
def test_since(mount, api, log):
    next_second()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="2")
    assert steps(moves(log("mnt/hello/PROD", "--json", "--since", now))) == [("PROD", "moved", "1", "2")]
    assert len(moves(log("mnt/hello/PROD", "--json", "--since=1w"))) == 2
    assert moves(log("mnt/hello/PROD", "--json", "--since", "0s")) == []
    result = log("mnt/hello/PROD", "--since", "2099-01-01")
    assert result.ok and len(result.lines) == 1, str(result)


@pytest.mark.semantics("8.3.1")
def test_of_a_source(mount, api, log, log_of_source):
    api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="2")
    through_mount = moves(log("mnt/hello", "--json"))
    assert len(through_mount) == 3
    assert moves(log_of_source("hello", "--json")) == through_mount
    assert steps(moves(log_of_source("hello", "BETA", "--json"))) == [("BETA", "created", None, "2")]
    for words, code, told in [
        (["helo"], 1, "helo"),
        (["mnt/hello/PROD"], 1, "is a path"),
        (["hello", "B*"], 1, "'B*' is no name of an alias"),
        (["hello", "PROD@1"], 1, "'PROD@1' is no name of an alias"),
        ([""], 1, "'' is no name of a function"),
    ]:
        result = log_of_source(*words)
        assert result.rc == code and told in result.stderr and not result.stdout, str(result)


def test_an_alias_that_is_gone(mount, api, plane, log, log_of_source):
    api.delete_alias(FunctionName="hello", Name="PROD")
    mount.run("sh", "-c", "echo > mnt/.aliasfs/refresh", check=True)
    result = log("mnt/hello/PROD")
    assert result.rc == 1 and not result.stdout, str(result)
    command = f"aliasfs log aws hello PROD --region={aws.REGION} --endpoint-url={plane.url}"
    assert f"`{command}` prints what happened to it" in result.stderr
    rows = moves(log_of_source("hello", "PROD", "--json"))
    assert steps(rows) == [("PROD", "deleted", "1", None), ("PROD", "created", None, "1")]


@pytest.mark.semantics("8.1.6", "8.3.1")
def test_without_permission_for_cloudtrail(plane, api, hello, make_mount, proxy, scratch):
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.access_denied("cloudtrail:LookupEvents"), path="^/$")
    mount.run("ln", "-sfn", "2", "mnt/hello/PROD", check=True)
    result = mount.run(program("aliasfs"), "log", "mnt/hello/PROD", "--json")
    assert steps(moves(result)) == [("PROD", "moved", "1", "2")]
    assert "CloudTrail is denied" in result.stderr
    # Of a source that would be an empty table.
    result = run(
        program("aliasfs"), "log", "aws", "hello", "PROD", f"--endpoint-url={proxy.url}",
        env=aws.credentials_environment(scratch), cwd=scratch)
    assert result.rc == 5 and not result.stdout, str(result)
    assert "cloudtrail:LookupEvents" in result.stderr and "contrib/iam/history.json" in result.stderr


@pytest.mark.semantics("8.1.4", "8.1.6", "8.3.1")
def test_time_runs_out(plane, api, hello, make_mount, scratch):
    """What is known is printed; of a source nothing is."""
    mount = make_mount(read_timeout=4)
    ask = [program("aliasfs"), "log", "mnt/hello/PROD"]
    assert mount.run(*ask).ok
    time.sleep(11)  # what CloudTrail told less than 10 seconds ago is not asked for again
    plane.put("/_local/faults", [{"operation": "LookupEvents", "count": -1, "hang": True}])
    result = mount.run(*ask)
    assert result.ok and "  created  - -> 1  " in result.stdout, str(result)
    assert "# hello/PROD: time ran out: moves are complete from " in result.stderr
    result = run(
        program("aliasfs"), "log", "aws", "hello", "PROD", f"--endpoint-url={plane.url}", "--read-timeout=2",
        env=aws.credentials_environment(scratch), cwd=scratch)
    assert result.rc == 7 and not result.stdout, str(result)
    assert "CloudTrail has not answered yet: try again" in result.stderr


def test_a_failure_of_cloudtrail_is_no_empty_table(plane, api, hello, make_mount, proxy, scratch):
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.replace(503), path="^/$")
    result = mount.run(program("aliasfs"), "log", "mnt/hello/PROD")
    assert result.rc == 4 and not result.stdout, str(result)
    assert "the history of hello/PROD cannot be read: Remote I/O error: " in result.stderr
    result = run(
        program("aliasfs"), "log", "aws", "hello", "PROD", f"--endpoint-url={proxy.url}",
        env=aws.credentials_environment(scratch), cwd=scratch)
    assert result.rc == 4 and "hello/PROD" in result.stderr and not result.stdout, str(result)


@pytest.mark.parametrize(
    "words, code, told",
    [
        (["mnt"], 1, "'mnt' is a whole mount: name an alias in it, as in mnt/hello/PROD"),
        (["mnt//"], 1, "'mnt' is a whole mount: name an alias in it, as in mnt/hello/PROD"),
        (["mnt/.aliasfs"], 1, "'mnt/.aliasfs' is no function"),
        (["mnt/hello/3"], 1, "'mnt/hello/3' is no alias"),
        (["mnt/hello/PROD/configuration.json"], 1, "is no alias"),
        (["mnt/helo"], 1, "No such file or directory"),
        (["mnt/helo/PROD"], 6, "'mnt/helo/PROD': No such file or directory"),
        (["mnt/hello/PROP"], 1, "there is no such alias"),
        (["nowhere/hello/PROD"], 6, "'nowhere/hello/PROD': No such file or directory"),
        (["."], 6, "'.' is not in a mount of aliasfs"),
        (["mnt/hello/PROD", "--since", "yesterday"], 2, "not 'yesterday'"),
    ],
)
def test_what_cannot_be_printed(log, words, code, told):
    result = log(*words)
    assert result.rc == code and told in result.stderr and not result.stdout, str(result)


def test_a_link_to_an_alias(mount, log):
    mount.run("ln", "-s", "mnt/hello/PROD", "p", check=True)
    mount.run("ln", "-s", f"{mount.directory}/p", "q", check=True)
    for path in ("p", "q"):
        assert steps(moves(log(path, "--json"))) == [("PROD", "created", None, "1")]


def test_a_weight_is_no_alias(mount, api, log):
    api.update_alias(
        FunctionName="hello", Name="PROD", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})
    result = log("mnt/hello/PROD%10")
    assert result.rc == 1 and "is a weight: name the alias PROD" in result.stderr, str(result)


def test_two_mounts_are_two_tables(mount, make_mount, log):
    other = make_mount()
    result = log("mnt/hello/PROD", f"{other.path}/hello/PROD")
    assert result.rc == 6 and "is in another mount than" in result.stderr and not result.stdout, str(result)
