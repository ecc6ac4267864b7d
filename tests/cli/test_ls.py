# SPDX-License-Identifier: MIT
"""`aliasfs ls` and `aliasfs --check`."""

import json
import os
import pty
import re
import subprocess

import pytest

from lib import aws, faultproxy
from lib.process import run
from lib.programs import patience, program


@pytest.fixture
def account(plane):
    aws.create_function(plane.api, "hello", versions=3, aliases={"PROD": 2, "BETA": 3, "DEV": "$LATEST"})
    plane.api.update_alias(
        FunctionName="hello", Name="PROD", RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}}
    )
    aws.create_function(plane.api, "bare")
    return plane


@pytest.fixture
def ls(account, scratch):
    def run_it(*arguments, **named):
        return run(
            program("aliasfs"),
            "ls",
            *arguments,
            env=named.pop("env", aws.credentials_environment(scratch)),
            cwd=scratch,
            **named,
        )

    return run_it


def without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME", text)


TABLE = """\
FUNCTION  VERSION  MODIFIED          ALIASES
bare      $LATEST  TIME
hello     $LATEST  TIME  DEV
          3        TIME  BETA  PROD 10%
          2        TIME  PROD 90%
          1        TIME
"""


def test_of_a_source(account, ls):
    result = ls("aws:us-east-1", "--endpoint-url", account.url)
    assert result.ok and without_times(result.stdout) == TABLE, str(result)


def test_of_a_mount(account, ls, make_mount):
    mount = make_mount()
    result = ls(mount.path)
    assert result.ok and without_times(result.stdout) == TABLE, str(result)
    assert ls(mount.path, "--json").stdout == ls("aws", f"--endpoint-url={account.url}", "--json").stdout


def test_no_alias_is_left_out(account, ls, proxy, make_mount):
    """AWS lists neither 2 nor 3 any more: the versions that PROD and BETA lead to."""

    def without(status, headers, body):
        answer = json.loads(body)
        answer["Versions"] = [each for each in answer["Versions"] if each["Version"] not in ("2", "3")]
        return status, headers, json.dumps(answer).encode()

    table = """\
FUNCTION  VERSION  MODIFIED          ALIASES
hello     $LATEST  TIME  DEV
          3        not listed        BETA  PROD 10%
          2        not listed        PROD 90%
          1        TIME
"""
    proxy.rule(faultproxy.rewrite(without), path="/versions$")
    where = ("aws:us-east-1", "--endpoint-url", proxy.url)
    result = ls(*where, "hello")
    assert result.ok and without_times(result.stdout) == table, str(result)
    (function,) = json.loads(ls(*where, "hello", "--json").stdout)
    assert [each["version"] for each in function["versions"]] == ["$LATEST", "1"]
    assert [each["name"] for each in function["aliases"]] == ["BETA", "DEV", "PROD"]
    mount = make_mount(endpoint_url=proxy.url)
    result = ls(mount.path, "hello")
    assert result.ok and without_times(result.stdout) == table, str(result)


@pytest.fixture
def odd(account, proxy):
    """AWS has a function that no directory can hold."""
    aws.create_function(account.api, "odd")

    def renamed(status, headers, body):
        return status, headers, body.replace(b'"odd"', b'"team/odd\\u001b"')

    proxy.rule(faultproxy.rewrite(renamed), path="/functions/?$")


@pytest.mark.semantics("1.4.2")
def test_a_function_that_cannot_be_listed_fails_the_table(odd, proxy, ls):
    where = ("aws", "--endpoint-url", proxy.url)
    result = ls(*where)
    assert result.rc == 4 and result.stdout == "" and "'team/odd?'" in result.stderr, str(result)
    assert "FUNCTION..." in result.stderr and "HTTPS_PROXY" not in result.stderr
    assert ls(*where, "t*").rc == 4
    assert without_times(ls(*where, "hello", "b*").stdout) == TABLE
    assert without_times(ls(*where, "-o", "functions=hello:bare").stdout) == TABLE


@pytest.mark.semantics("1.4.2")
def test_check_of_a_function_that_cannot_be_listed(odd, proxy, services, scratch):
    result = check(proxy.url, scratch, AWS_ENDPOINT_URL_STS=services.url)
    assert result.rc == 4 and "'team/odd?'" in result.stderr, str(result)
    assert "the mount would stand" in result.stderr and "-o functions=GLOB" in result.stderr
    assert "HTTPS_PROXY" not in result.stderr and "ListFunctions works: 3 functions" in result.stdout
    result = check(proxy.url, scratch, "--functions=hello", AWS_ENDPOINT_URL_STS=services.url)
    assert result.ok and not result.stderr, str(result)


def test_of_a_local_directory(account, ls):
    account.stop()
    result = ls(f"local:{account.state}", "hello")
    assert result.ok and without_times(result.stdout) == TABLE.replace("bare      $LATEST  TIME\n", "")


def test_json(account, ls):
    result = ls("aws", "-o", f"endpoint_url={account.url}", "--json")
    bare, hello = json.loads(result.stdout)
    assert bare["function"] == "bare" and bare["aliases"] == []
    assert hello["aliases"] == [
        {"name": "BETA", "version": "3"},
        {"name": "DEV", "version": "$LATEST"},
        {"name": "PROD", "version": "2", "weights": {"3": 0.1}},
    ]
    assert [each["version"] for each in hello["versions"]] == ["$LATEST", "3", "2", "1"]
    assert all(each["last_modified"] > 1_600_000_000 for each in hello["versions"])


def test_chosen_functions(account, ls):
    where = ["aws", "--endpoint-url", account.url]
    assert "bare" not in ls(*where, "h*").stdout
    assert ls(*where, "h*", "bare").stdout == ls(*where).stdout
    missing = ls(*where, "hello", "helo")
    assert missing.rc == 1 and "'helo'" in missing.stderr and missing.stdout == ""


def test_what_is_no_mount_is_told(account, ls, scratch):
    (scratch / "empty").mkdir()
    result = ls("empty")
    assert result.rc == 6 and "neither a mount" in result.stderr
    assert ls("nowhere").rc == 6
    assert ls().rc == 2


def test_failures_have_the_exit_status_of_a_mount(account, ls, proxy):
    proxy.rule(faultproxy.access_denied())
    result = ls("aws", "--endpoint-url", proxy.url)
    assert result.rc == 5 and "lambda:ListFunctions" in result.stderr and result.stdout == ""


def on_terminal(arguments, env):
    """What it prints on a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [str(each) for each in arguments], env=env, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    text = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(master)
    assert process.wait(patience(20)) == 0, text
    return text.decode().replace("\r\n", "\n")


def left_on_terminal(text):
    """Each line as it stands in the end: what came before the last return has been written over."""
    return "".join(line.rpartition("\r")[2] for line in text.splitlines(keepends=True))


def test_colours_only_on_a_terminal(account, ls, scratch):
    arguments = [program("aliasfs"), "ls", "aws", f"--endpoint-url={account.url}"]
    environment = aws.credentials_environment(scratch, TERM="xterm", NO_COLOR=None)
    shown = on_terminal(arguments, environment)
    assert "\033[" in shown
    assert without_times(left_on_terminal(re.sub(r"\033\[[0-9;]*m", "", shown))) == TABLE
    assert "\033[" not in on_terminal(arguments, {**environment, "NO_COLOR": "1"})
    assert "\033[" not in on_terminal(arguments, {**environment, "TERM": "dumb"})
    assert "\033[" not in on_terminal([*arguments, "--json"], environment)


# --- paths, descriptions, as answers come ---------------------------------------------------------


def test_paths(account, make_mount):
    mount = make_mount()

    def ls(*arguments, cwd=mount.directory):
        return mount.run(program("aliasfs"), "ls", *arguments, cwd=cwd)

    hello = TABLE.replace("bare      $LATEST  TIME\n", "")
    for words, where in [
        (["mnt/hello"], mount.directory),
        (["mnt/hello/"], mount.directory),
        ([mount.path / "hello"], "/"),
        (["mnt/h*"], mount.directory),
        (["mnt", "hello"], mount.directory),
        (["hello"], mount.path),
        (["."], mount.path / "hello"),
        (["../hello"], mount.path / "bare"),
    ]:
        result = ls(*words, cwd=where)
        assert result.ok and without_times(result.stdout) == hello, str(result)
    for words, where in [(["mnt/bare", "mnt/hello"], mount.directory), (["."], mount.path)]:
        assert without_times(ls(*words, cwd=where).stdout) == TABLE
    for words, rc, told in [
        (["mnt/helo"], 1, "there is no function 'helo'"),
        (["mnt/hello", "mnt/helo"], 1, "there is no function 'helo'"),
        (["mnt/hello/PROD"], 1, "is inside a function"),
        (["mnt/hello/2/code.sha256"], 1, "is inside a function"),
        (["nowhere/hello"], 6, "No such file or directory"),
        (["nowhere"], 6, "No such file or directory"),
    ]:
        result = ls(*words)
        assert result.rc == rc and told in result.stderr and not result.stdout, str(result)


def test_paths_in_two_mounts_or_of_a_source(account, ls, make_mount):
    one, other = make_mount(), make_mount()
    result = ls(one.path / "hello", other.path / "hello")
    assert result.rc == 6 and "is in another mount" in result.stderr and not result.stdout
    result = ls("aws", "mnt/hello", f"--endpoint-url={account.url}")
    assert result.rc == 1 and "'mnt/hello' is a path" in result.stderr and not result.stdout


def test_descriptions(account, ls, make_mount):
    account.api.update_alias(FunctionName="hello", Name="PROD", Description="live\x1b since May")
    account.api.update_function_configuration(FunctionName="hello", Description="fix login")
    account.api.publish_version(FunctionName="hello", Description="the fourth")
    mount = make_mount()
    where = ("aws", "--endpoint-url", account.url)
    table = """\
FUNCTION  VERSION  MODIFIED          ALIASES
hello     $LATEST  TIME  DEV  - fix login
          4        TIME  - the fourth
          3        TIME  BETA  PROD 10% (live? since May)
          2        TIME  PROD 90% (live? since May)
          1        TIME
"""
    assert without_times(ls(*where, "hello").stdout) == table
    assert without_times(ls(mount.path / "hello").stdout) == table
    shown = ls(*where, "hello", "--json").stdout
    assert ls(mount.path / "hello", "--json").stdout == shown
    (hello,) = json.loads(shown)
    assert hello["aliases"][2]["description"] == "live\x1b since May" and "description" not in hello["aliases"][0]
    assert [each.get("description") for each in hello["versions"][:3]] == ["fix login", "the fourth", None]


@pytest.mark.parametrize("through", ["mount", "source"])
def test_rows_come_with_their_answers(account, ls, make_mount, proxy, through):
    """While the answer about the last function is not there, the others are printed already."""
    proxy.rule(faultproxy.delay(60), path="/hello/aliases")
    if through == "mount":
        where = [make_mount(endpoint_url=proxy.url, read_timeout=60).path]
    else:
        where = ["aws", f"--endpoint-url={proxy.url}", "--read-timeout=60"]
    process = subprocess.Popen(
        [str(each) for each in [program("aliasfs"), "ls", *where]],
        env=aws.credentials_environment(account.directory),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == TABLE.splitlines(keepends=True)[0]
        assert without_times(process.stdout.readline()) == "bare      $LATEST  TIME\n"
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_fails_in_the_middle_is_an_error(account, ls, proxy):
    proxy.rule(faultproxy.access_denied("lambda:ListAliases"), path="/hello/aliases")
    where = ("aws", "--endpoint-url", proxy.url)
    result = ls(*where)
    assert result.rc == 5, str(result)
    assert "lambda:ListAliases is not allowed: the policy contrib/iam/browse.json has it" in result.stderr
    assert "ListFunctions" not in result.stderr
    assert "hello" not in result.stdout
    for form in (["--json"], ["--aliases"], ["--differ", "PROD", "BETA"]):
        result = ls(*where, *form)
        assert result.rc == 5 and not result.stdout, str(result)


def test_how_far_it_is_only_on_a_terminal(account, ls, scratch):
    arguments = [program("aliasfs"), "ls", "aws", f"--endpoint-url={account.url}", "--aliases"]
    environment = aws.credentials_environment(scratch, TERM="xterm", NO_COLOR="1")
    shown = on_terminal(arguments, environment)
    assert "\r1 of 2: bare" in "\r" + shown and "2 of 2: hello" in shown
    assert left_on_terminal(shown) == MATRIX
    assert "of 2" not in on_terminal(arguments, {**environment, "TERM": "dumb"})
    result = ls(*arguments[2:])
    assert result.ok and not result.stderr and result.stdout == MATRIX


# --- aliases --------------------------------------------------------------------------------------

MATRIX = """\
FUNCTION  BETA  DEV      PROD
bare      -     -        -
hello     3     $LATEST  2 90% 3 10%
"""


def test_a_matrix_of_aliases(account, ls, make_mount):
    mount = make_mount()
    for where in (["aws", "--endpoint-url", account.url], [mount.path]):
        result = ls(*where, "--aliases")
        assert result.ok and result.stdout == MATRIX, str(result)


@pytest.fixture
def many(account):
    """Two hundred functions more, of which f007 and f100 have another BETA than PROD, and f150 has none."""
    for number in range(200):
        name = f"f{number:03}"
        aws.create_function(account.api, name)
        account.api.publish_version(FunctionName=name)
        account.api.create_alias(FunctionName=name, Name="PROD", FunctionVersion="1")
        if number != 150:
            other = "$LATEST" if number in (7, 100) else "1"
            account.api.create_alias(FunctionName=name, Name="BETA", FunctionVersion=other)
    return account


DIFFERENT = """\
FUNCTION  PROD          BETA
f007      1             $LATEST
f100      1             $LATEST
f150      1             -
hello     2 90% 3 10%   3
"""


def test_two_hundred_functions(many, ls, make_mount):
    mount = make_mount(rate=1000)
    sources = [["aws", "--endpoint-url", many.url, "--rate=1000"], [mount.path]]
    for where in sources:
        with many.recording() as record:
            result = ls(*where, "--differ", "PROD", "BETA")
        assert result.rc == 1 and result.stdout == DIFFERENT, str(result)
        assert sum(record.calls.values()) <= 5 + 9 + 202 + 2, record.calls
        result = ls(*where, "--aliases")
        assert result.ok and len(result.lines) == 203 and max(map(len, result.lines)) < 80
    cold = make_mount(rate=1000)
    with many.recording() as record:
        assert len(ls(cold.path).lines) == 1 + 400 + 1 + 4
    assert sum(record.calls.values()) <= 5 + 9 + 202 + 2, record.calls
    for where in sources:
        for form in ("--differ=PROD:BETA", "--differ=PROD"):
            words = [form] if ":" in form else [form, "BETA"]
            assert ls(*where, *words, "f00*").lines[1:] == ["f007      1             $LATEST"]


def test_aliases_that_do_not_differ(account, ls):
    where = ("aws", "--endpoint-url", account.url)
    result = ls(*where, "--differ", "BETA", "BETA")
    assert (result.rc, result.stdout, result.stderr) == (0, "", ""), str(result)


@pytest.mark.parametrize(
    "words, told",
    [
        (["--differ", "PROD", "BTEA"], "no function has an alias 'BTEA'"),
        (["--differ", "PROD", "BETA", "nosuch*"], "there is no function 'nosuch*'"),
        (["--differ", "PROD", "BETA", "bare"], "no function has an alias 'PROD'"),
        (["--differ", "PROD"], "option 'differ' takes ALIAS:ALIAS, not 'PROD:'"),
        (["--differ", "a:b:c"], "option 'differ' takes ALIAS:ALIAS"),
        (["--differ", "PROD", "BETA", "--json"], "one of 'json', 'aliases' and 'differ' at a time"),
        (["--values"], "option 'values' goes with diff"),
    ],
)
def test_trouble_is_neither_the_same_nor_different(account, ls, words, told):
    result = ls("aws", "--endpoint-url", account.url, *words)
    assert result.rc == 2 and told in result.stderr, str(result)


# --- --check --------------------------------------------------------------------------------------


def test_check_tells_what_is_used(account, scratch):
    result = run(
        program("aliasfs"), "--check", "aws", f"--endpoint-url={account.url}",
        env=aws.credentials_environment(scratch),
    )
    assert result.ok, str(result)
    assert re.search(rf"^endpoint +{account.url} ", result.stdout, re.M)
    assert re.search(r"^region +us-east-1 +\(AWS_DEFAULT_REGION\)", result.stdout, re.M), result.stdout
    assert re.search(r"^credentials +\*{4}MPLE ", result.stdout, re.M)
    assert "ListFunctions works: 2 functions" in result.stdout
    assert "wJalr" not in result.stdout and "AKIAIOSFODNN7" not in result.stdout


def check(url, scratch, *options, **environment):
    return run(
        program("aliasfs"), "--check", "aws", *options,
        env=aws.credentials_environment(scratch, AWS_ENDPOINT_URL_LAMBDA=url, **environment),
    )


def test_check_tells_who_that_is(account, services, scratch):
    services.route(
        "POST",
        "/",
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ann</Arn>"
        "<UserId>AIDA</UserId><Account>111122223333</Account></GetCallerIdentityResult>"
        "</GetCallerIdentityResponse>",
    )
    result = check(account.url, scratch, AWS_ENDPOINT_URL_STS=services.url)
    assert result.ok, str(result)
    assert "arn:aws:iam::111122223333:user/ann  (account 111122223333)" in result.stdout
    assert re.search(rf"^endpoint +{account.url} +\(AWS_ENDPOINT_URL_LAMBDA\)", result.stdout, re.M)
    assert "missing" not in result.stdout
    services.routes.clear()  # who it is only makes the answer friendlier
    result = check(account.url, scratch, AWS_ENDPOINT_URL_STS=services.url)
    assert result.ok and re.search(r"^identity +unknown: ", result.stdout, re.M), str(result)


PERMISSIONS = {
    "ListVersionsByFunction": ("/versions", 5),
    "ListAliases": ("/aliases$", 5),
    "GetAlias": ("/aliases/", 5),
    "GetFunctionConfiguration": ("/configuration", 5),
    "GetAccountSettings": ("/account-settings", 0),
}


@pytest.mark.parametrize("action", PERMISSIONS)
def test_check_tells_which_permission_is_missing(account, proxy, services, scratch, action):
    path, code = PERMISSIONS[action]
    proxy.rule(faultproxy.access_denied(f"lambda:{action}"), path=path)
    result = check(proxy.url, scratch, AWS_ENDPOINT_URL_STS=services.url)
    assert result.rc == code, str(result)
    missing = re.findall(r"^missing +lambda:(\w+), so that [^:]*: (.*)$", result.stdout, re.M)
    assert [name for name, _ in missing] == [action], str(result)
    assert f"not authorized to perform: lambda:{action}" in missing[0][1]


def writes(plane):
    return [call for call in plane.calls() if call in ("UpdateAlias", "PublishVersion")]


def state(api):
    aliases = api.list_aliases(FunctionName="hello")["Aliases"]
    versions = api.list_versions_by_function(FunctionName="hello")["Versions"]
    return aliases, [(each["Version"], each["RevisionId"]) for each in versions]


def check_write(account, scratch, services, url):
    account.api.update_function_configuration(FunctionName="hello", Description="not yet published")
    before = state(account.api)
    account.reset()
    result = check(url, scratch, "--write", "--functions=hello", AWS_ENDPOINT_URL_STS=services.url)
    assert state(account.api) == before
    return result


def test_check_write_changes_nothing(account, services, scratch):
    result = check_write(account, scratch, services, account.url)
    assert result.ok, str(result)
    assert "UpdateAlias is permitted on hello; nothing was changed" in result.stdout
    assert "PublishVersion is permitted on hello; nothing was changed" in result.stdout
    assert sorted(writes(account)) == ["PublishVersion", "UpdateAlias"]
    account.reset()
    assert check(account.url, scratch, AWS_ENDPOINT_URL_STS=services.url).ok
    assert writes(account) == []  # not without --write


@pytest.mark.parametrize("action, path", [("UpdateAlias", "/aliases/"), ("PublishVersion", "/versions$")])
def test_check_write_tells_which_permission_is_missing(account, proxy, services, scratch, action, path):
    method = {"UpdateAlias": "PUT", "PublishVersion": "POST"}[action]
    proxy.rule(faultproxy.access_denied(f"lambda:{action}"), path=path, method=method)
    result = check_write(account, scratch, services, proxy.url)
    assert result.rc == 5, str(result)
    assert re.findall(r"^missing +lambda:(\w+), so that ", result.stdout, re.M) == [action]


def test_check_write_tries_an_update_without_permission_to_list(account, proxy, services, scratch):
    proxy.rule(faultproxy.access_denied("lambda:ListAliases"), path="/aliases$", method="GET")
    proxy.rule(faultproxy.access_denied("lambda:UpdateAlias"), path="/aliases/", method="PUT")
    result = check_write(account, scratch, services, proxy.url)
    assert result.rc == 5, str(result)
    assert re.findall(r"^missing +lambda:(\w+), so that ", result.stdout, re.M) == ["ListAliases", "UpdateAlias"]


def test_check_write_on_a_server_that_ignores_revisions(account, proxy, services, scratch):
    """What UpdateAlias carries is what the alias has, weights and description included."""

    def without(body):
        return json.dumps({k: v for k, v in json.loads(body).items() if k != "RevisionId"}).encode()

    def aliases():
        found = account.api.list_aliases(FunctionName="hello")["Aliases"]
        return [{k: v for k, v in each.items() if k != "RevisionId"} for each in found]

    for name in ("BETA", "DEV"):
        account.api.delete_alias(FunctionName="hello", Name=name)
    account.api.update_alias(FunctionName="hello", Name="PROD", Description="what customers use")
    before = aliases()
    proxy.rule(faultproxy.rewrite_request(without), method="PUT")
    proxy.rule(faultproxy.rewrite_request(without), method="POST", path="/versions$")
    result = check(proxy.url, scratch, "--write", "--functions=hello", AWS_ENDPOINT_URL_STS=services.url)
    assert result.ok, str(result)
    assert account.calls()["UpdateAlias"] >= 1 and "RoutingConfig" in before[0] and aliases() == before


def test_write_goes_with_check(account, scratch):
    result = run(program("aliasfs"), "aws", "mnt", "--write", env=aws.credentials_environment(scratch))
    assert result.rc == 2 and "goes with --check" in result.stderr


def test_check_tries_a_function_that_the_mount_would_show(account, proxy, services, scratch):
    """A policy for hello alone is enough for `-o functions=hello`; bare comes first in the list."""
    proxy.rule(faultproxy.access_denied("lambda:ListAliases"), path="/bare/")
    everything = check(proxy.url, scratch, AWS_ENDPOINT_URL_STS=services.url)
    assert everything.rc == 5 and "missing" in everything.stdout, str(everything)
    result = check(proxy.url, scratch, "--functions=nothing:hel*", AWS_ENDPOINT_URL_STS=services.url)
    assert result.ok and "missing" not in result.stdout, str(result)
    result = check(proxy.url, scratch, "--functions=nothing", AWS_ENDPOINT_URL_STS=services.url)
    assert result.ok and "missing" not in result.stdout, str(result)


def test_check_looks_for_such_a_function_on_further_pages(account, proxy, services, scratch):
    for number in range(50):
        aws.create_function(account.api, f"a{number}")
    proxy.rule(faultproxy.access_denied("lambda:ListAliases"), path="/hello/")
    result = check(proxy.url, scratch, "--functions=hello", AWS_ENDPOINT_URL_STS=services.url)
    assert result.rc == 5 and "lambda:ListAliases" in result.stdout, str(result)
    assert result.stdout.count("ListFunctions works: 50 functions on the first page") == 1


def test_check_of_calls_that_fail_otherwise(account, proxy, services, scratch):
    proxy.rule(faultproxy.service_error(), path="/aliases")
    result = check(proxy.url, scratch, AWS_ENDPOINT_URL_STS=services.url)
    assert result.rc == 4 and "ListAliases" in result.stderr, str(result)


def test_check_fails_as_a_mount_would(account, proxy, scratch):
    proxy.rule(faultproxy.expired_token())
    result = run(
        program("aliasfs"), "--check", "aws", f"--endpoint-url={proxy.url}",
        env=aws.credentials_environment(scratch),
    )
    assert result.rc == 3 and "credentials expired" in result.stderr
    assert "endpoint" in result.stdout
    result = run(
        program("aliasfs"), "--check", "aws", "--region=us-east-1",
        env=aws.environment(HOME=scratch, AWS_EC2_METADATA_DISABLED="true"),
    )
    assert result.rc == 3 and "no AWS credentials were found" in result.stderr


def test_check_of_a_local_directory(scratch):
    result = run(program("aliasfs"), "--check", f"local:{scratch}/state")
    assert result.ok and "0 functions" in result.stdout, str(result)
