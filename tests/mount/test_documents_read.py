# SPDX-License-Identifier: MIT
"""The documents of functions and aliases, read: what is in them, who may, and what AWS's failures make of them."""

import errno
import hashlib
import json
import math
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws
from lib.mount import OrdinaryUser

ARN = f"arn:aws:lambda:{aws.REGION}:000000000000:function:hello"
OF_FUNCTION = [
    "code-signing.json",
    "event-invoke.json",
    "event-sources.json",
    "policy.json",
    "recursion.json",
    "reserved-concurrency.json",
    "runtime-management.json",
    "tags.json",
    "url.json",
]
OF_ALIAS = [
    "event-invoke.json",
    "event-sources.json",
    "policy.json",
    "provisioned-concurrency.json",
    "url.json",
]
DENIED = {
    "code": "AccessDeniedException",
    "message": f"User: arn:aws:iam::000000000000:user/x is not authorized to perform: lambda:GetPolicy on resource: {ARN}",
}
PRIVATE = {"event-sources.json", "policy.json", "url.json"}
ALWAYS = {  # what AWS shows of every function
    "recursion.json": {"RecursiveLoop": "Terminate"},
    "runtime-management.json": {"UpdateRuntimeOn": "Auto"},
}


def canonical(value):
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def documents(function):
    """{path below the function: text} of every document, listed or not."""
    places = [".function", *(f".aliases/{name}" for name in os.listdir(function / ".aliases"))]
    return {
        f"{place}/{name}": (function / place / name).read_text()
        for place in places
        for name in (OF_FUNCTION if place == ".function" else OF_ALIAS)
    }


def allow(api, sid, **more):
    api.add_permission(
        FunctionName="hello", StatementId=sid, Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", **more
    )


def map_event_source(api, function, queue):
    return api.create_event_source_mapping(
        FunctionName=function, EventSourceArn=f"arn:aws:sqs:{aws.REGION}:000000000000:{queue}", BatchSize=5
    )["UUID"]


@pytest.fixture
def configured(api, plane, hello):
    """hello with everything that a document can show, on the function itself and on PROD. Gives what they show."""
    api.tag_resource(Resource=ARN, Tags={"team": "blue", "b": "ü"})
    api.put_function_concurrency(FunctionName=hello, ReservedConcurrentExecutions=5)
    plane.put(f"/2024-08-31/functions/{hello}/recursion-config", {"RecursiveLoop": "Allow"})
    plane.put(
        f"/2021-07-20/functions/{hello}/runtime-management-config", {"UpdateRuntimeOn": "FunctionUpdate"}
    )
    signing = api.create_code_signing_config(
        AllowedPublishers={
            "SigningProfileVersionArns": [f"arn:aws:signer:{aws.REGION}:000000000000:/signing-profiles/p/v"]
        }
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    api.put_function_code_signing_config(FunctionName=hello, CodeSigningConfigArn=signing)
    expected = {
        ".function/code-signing.json": {"CodeSigningConfigArn": signing},
        ".function/recursion.json": {"RecursiveLoop": "Allow"},
        ".function/reserved-concurrency.json": {"ReservedConcurrentExecutions": 5},
        ".function/runtime-management.json": {"UpdateRuntimeOn": "FunctionUpdate"},
        ".function/tags.json": {"b": "ü", "team": "blue"},
    }
    for place, qualifier in ((".function", {}), (".aliases/PROD", {"Qualifier": "PROD"})):
        allow(api, "b", SourceArn="arn:aws:s3:::bucket", **qualifier)
        allow(api, "a", **qualifier)
        url = api.create_function_url_config(
            FunctionName=hello, AuthType="NONE", Cors={"AllowOrigins": ["*"]}, **qualifier
        )["FunctionUrl"]
        api.put_function_event_invoke_config(FunctionName=hello, MaximumRetryAttempts=1, **qualifier)
        statement = {"Action": "lambda:InvokeFunction", "Effect": "Allow"}
        statement["Principal"] = {"Service": "s3.amazonaws.com"}
        expected[f"{place}/policy.json"] = {
            "Statement": [
                {**statement, "Sid": "a"},
                {
                    **statement,
                    "Sid": "b",
                    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"}},
                },
            ]
        }
        expected[f"{place}/url.json"] = {
            "AuthType": "NONE",
            "Cors": {"AllowOrigins": ["*"]},
            "FunctionUrl": url,
            "InvokeMode": "BUFFERED",
        }
        expected[f"{place}/event-invoke.json"] = {"MaximumRetryAttempts": 1}
    api.put_provisioned_concurrency_config(
        FunctionName=hello, Qualifier="PROD", ProvisionedConcurrentExecutions=3
    )
    expected[".aliases/PROD/provisioned-concurrency.json"] = {"ProvisionedConcurrentExecutions": 3}
    queues = {".function": [(hello, "q2"), (f"{hello}:$LATEST", "q1")], ".aliases/PROD": [(f"{hello}:PROD", "q3")]}
    for place, wanted in queues.items():
        mappings = [
            {
                "BatchSize": 5,
                "Enabled": True,
                "EventSourceArn": f"arn:aws:sqs:{aws.REGION}:000000000000:{queue}",
                "FunctionResponseTypes": [],
                "MaximumBatchingWindowInSeconds": 0,
                "UUID": map_event_source(api, function, queue),
            }
            for function, queue in wanted
        ]
        mappings.sort(key=lambda each: each["EventSourceArn"])
        expected[f"{place}/event-sources.json"] = {"EventSourceMappings": mappings}
    return expected


@pytest.mark.semantics("6.1.1", "6.1.2", "6.1.3")
def test_what_is_configured_is_shown_and_nothing_else(configured, hello, mount):
    found = documents(mount.path / hello)
    assert set(found) == {f".function/{name}" for name in OF_FUNCTION} | {
        f".aliases/{alias}/{name}" for alias in ("PROD", "BETA", "DEV") for name in OF_ALIAS
    }
    for path, text in found.items():
        assert text == (canonical(configured[path]) if path in configured else ""), path


@pytest.mark.semantics("6.1.3")
def test_what_is_not_configured_is_an_empty_file(hello, mount):
    for path, text in documents(mount.path / hello).items():
        name = path.rpartition("/")[2]
        assert text == (canonical(ALWAYS[name]) if name in ALWAYS else ""), path


@pytest.mark.semantics("1.1.2", "6.1.1")
def test_they_are_listed_only_where_that_is_wanted(hello, make_mount):
    plain, every, some = (
        make_mount(None, *words)
        for words in ([], ["documents"], ["documents=tags:policy:provisioned-concurrency"])
    )
    assert ".function" not in os.listdir(plain.path / hello)
    assert os.listdir(plain.path / hello / ".aliases/PROD") == ["description"]
    assert (plain.path / hello / ".function/recursion.json").exists()
    assert not (plain.path / hello / ".function/nosuch.json").exists()
    assert not (plain.path / hello / ".function/provisioned-concurrency.json").exists()
    listed = os.listdir(every.path / hello)
    assert listed[-2:] == [".aliases", ".function"]
    assert os.listdir(every.path / hello / ".function") == OF_FUNCTION
    assert os.listdir(every.path / hello / ".aliases/PROD") == ["description", *OF_ALIAS]
    assert os.listdir(some.path / hello / ".function") == ["policy.json", "tags.json"]
    assert os.listdir(some.path / hello / ".aliases/PROD") == [
        "description",
        "policy.json",
        "provisioned-concurrency.json",
    ]
    assert (some.path / hello / ".function/recursion.json").exists()


@pytest.mark.semantics("6.1.2", "6.1.5")
def test_size_mode_and_time(configured, hello, api, mount):
    function = mount.path / hello
    for path, text in documents(function).items():
        status = os.stat(function / path)
        assert status.st_size == len(text.encode()), path
        private = path.rpartition("/")[2] in PRIVATE
        assert stat.S_IMODE(status.st_mode) == (0o400 if private else 0o444), path
        modified = os.stat(function).st_mtime
        assert modified <= status.st_mtime < modified + 86400, path
    tags = function / ".function/tags.json"
    before = os.stat(tags).st_mtime
    os.utime(tags, (1, 1))
    os.chmod(tags, 0o600)
    assert os.stat(tags).st_mtime == before and stat.S_IMODE(os.stat(tags).st_mode) == 0o444
    api.tag_resource(Resource=ARN, Tags={"team": "green"})
    (mount.path / ".aliasfs/refresh").write_text("now")
    assert "green" in tags.read_text()
    assert os.stat(tags).st_mtime != before


@pytest.mark.semantics("1.6.2", "6.1.5")
def test_other_users_read_what_is_not_private(configured, hello, make_mount):
    if os.getuid() != 0:
        pytest.skip("needs root: ordinary users may not use allow_other")
    mount = make_mount(None, "allow_other")
    mount.directory.chmod(0o755)
    function = mount.path / hello
    for path in documents(function):
        result = mount.run(*OrdinaryUser.drop_to(12345), "cat", function / path)
        if path.rpartition("/")[2] in PRIVATE:
            assert not result.ok and "Permission denied" in result.stderr and not result.stdout, path
        else:
            assert result.ok, path


@pytest.mark.semantics("6.1.6")
def test_they_cannot_be_changed(configured, hello, gesture, mount):
    function = mount.path / hello
    (function / ".aliases/PROD/draft").write_text("x")

    def refused(call, *arguments):
        with pytest.raises(OSError) as caught:
            call(*arguments)
        assert caught.value.errno == errno.EROFS, (call, arguments)

    with gesture():
        for path in (".function/tags.json", ".aliases/PROD/policy.json"):
            refused(open, function / path, "w")
            refused(open, function / path, "a")
            refused(os.truncate, function / path, 0)
            refused(os.unlink, function / path)
            refused(os.rename, function / path, function / path.replace(".json", ".old"))
        refused(os.rename, function / ".aliases/PROD/draft", function / ".aliases/PROD/url.json")
        refused(open, function / ".function/new", "w")
        refused(os.mkdir, function / ".function/new")
        refused(os.symlink, "tags.json", function / ".function/new")
        refused(os.rmdir, function / ".function")
        with pytest.raises(FileExistsError):
            os.symlink("1", function / ".function")


@pytest.mark.semantics("1.2.4", "6.1.2")
def test_two_mounts_show_the_same_bytes(configured, make_mount, scratch):
    """One reads file by file, the other crawls: not the same calls."""
    mounts = [make_mount(None, "documents") for _ in range(2)]
    copies = [scratch / "one", scratch / "two"]
    shown = documents(mounts[0].path / "hello")
    for mount, copy in zip(mounts, copies):
        mount.run("rsync", "-a", f"{mount.path}/", copy, check=True)
    assert mounts[0].run("diff", "-r", *copies).ok
    assert mounts[0].run("diff", "-r", "--no-dereference", mounts[0].path, mounts[1].path).ok
    assert documents(copies[0] / "hello") == shown


@pytest.mark.semantics("1.4.4", "6.1.2")
def test_a_second_rsync_sends_nothing(configured, make_mount, scratch):
    mount = make_mount(None, "documents", ttl=1)
    command = ["rsync", "-ai", "--delete", f"{mount.path}/", f"{scratch}/backup"]
    assert mount.run(*command, check=True).stdout
    (mount.path / ".aliasfs/refresh").write_text("now")
    assert mount.run(*command, check=True).stdout == ""


@pytest.mark.semantics("6.1.4")
def test_a_denied_policy_is_missing_alone(configured, hello, plane, make_mount, scratch):
    """rsync goes on, exits with 23, and deletes nothing of what an earlier run has brought."""
    backup = scratch / "backup"
    command = ["rsync", "-a", "--delete"]
    before = make_mount(None, "documents")
    before.run(*command, f"{before.path}/", backup, check=True)
    kept = documents(backup / hello)
    plane.put("/_local/faults", [{"operation": "GetPolicy", "count": -1, **DENIED}])
    mount = make_mount(None, "documents")
    function = mount.path / hello
    with pytest.raises(PermissionError):
        (function / ".function/policy.json").read_text()
    assert json.loads((function / ".function/tags.json").read_text())
    line = (mount.path / ".aliasfs/errors").read_text().splitlines()[-1]
    assert "lambda:GetPolicy" in line and "contrib/iam/documents.json" in line, line
    result = mount.run(*command, f"{mount.path}/", backup)
    assert result.rc == 23, result
    assert documents(backup / hello) == kept


@pytest.mark.semantics("6.1.4")
@pytest.mark.parametrize(
    "fault, wanted",
    [
        ({"status": 500}, errno.EREMOTEIO),
        ({"truncate": 1}, errno.EREMOTEIO),
        ({"reset": True}, None),
        ({"code": "ResourceNotFoundException", "status": 404}, errno.ENOENT),
    ],
)
@pytest.mark.parametrize(
    "operation, path",
    [
        ("ListEventSourceMappings", ".aliases/PROD/event-sources.json"),
        ("ListFunctionUrlConfigs", ".function/url.json"),
        ("GetFunction", ".function/tags.json"),
        ("GetFunctionCodeSigningConfig", ".function/code-signing.json"),
    ],
)
def test_a_failure_is_never_an_empty_file(hello, plane, make_mount, operation, path, fault, wanted):
    mount = make_mount(read_timeout=30)
    file = mount.path / hello / path
    plane.put("/_local/faults", [{"operation": operation, "count": -1, **fault}])
    with pytest.raises(OSError) as caught:
        file.read_text()
    assert wanted in (None, caught.value.errno)
    plane.put("/_local/faults", [])
    assert file.read_text() == ""


@pytest.mark.semantics("6.1.4")
def test_a_failure_replaces_nothing_that_is_known(configured, hello, plane, make_mount):
    mount = make_mount(documents_ttl=3600)
    tags = mount.path / hello / ".function/tags.json"
    shown = tags.read_text()
    plane.put("/_local/faults", [{"operation": "GetFunction", "count": -1, "status": 500}])
    assert tags.read_text() == shown


@pytest.mark.semantics("6.1.3")
def test_what_hangs_on_nothing_is_not_there(hello, api, make_mount):
    """A policy that is missing is an empty file only where the alias, or the function, is there."""
    mount = make_mount(ttl=0, documents_ttl=0)
    assert not (mount.path / hello / ".aliases/NOSUCH/policy.json").exists()
    assert not (mount.path / "nosuch/.function/policy.json").exists()
    policy = mount.path / hello / ".aliases/BETA/policy.json"
    assert policy.read_text() == ""
    api.delete_alias(FunctionName=hello, Name="BETA")
    assert not policy.exists()


@pytest.mark.semantics("6.1.7")
def test_they_are_believed_for_documents_ttl(configured, hello, api, plane, make_mount):
    mount = make_mount(documents_ttl=3600)
    tags = mount.path / hello / ".function/tags.json"
    shown = tags.read_text()
    api.tag_resource(Resource=ARN, Tags={"team": "green"})
    with plane.recording() as record:
        assert tags.read_text() == shown
        assert (tags.parent / "reserved-concurrency.json").read_text()
    assert "GetFunction" not in record.calls
    (mount.path / ".aliasfs/refresh").write_text("now")
    assert json.loads(tags.read_text())["team"] == "green"


@pytest.mark.semantics("4.1.2", "6.1.7")
def test_an_alias_that_is_made_again_has_nothing_of_the_old_one(configured, hello, mount):
    alias = mount.path / hello / ".aliases/PROD"
    assert (alias / "policy.json").read_text()
    mount.run("rm", mount.path / hello / "PROD", check=True)
    mount.run("sync", mount.path / hello, check=True)
    mount.run("ln", "-s", "1", mount.path / hello / "PROD", check=True)
    assert (alias / "policy.json").read_text() == ""


@pytest.mark.semantics("6.1.8")
def test_the_code_of_latest_answers_by_name(hello, api, make_mount):
    mount = make_mount()
    latest = mount.path / hello / "$LATEST"
    assert "code.zip" not in os.listdir(latest)
    status = os.stat(latest / "code.zip")
    data = (latest / "code.zip").read_bytes()
    assert stat.S_IMODE(status.st_mode) == 0o400 and status.st_size == len(data)
    found = api.get_function_configuration(FunctionName=hello)["CodeSha256"]
    assert aws.code_sha256(data) == found
    assert (latest / "code.sha256").read_text() == f"{hashlib.sha256(data).hexdigest()}  code.zip\n"
    assert not (mount.path / hello / "1/code.zip").exists()


@pytest.mark.parametrize("value", ["tags:nosuch", "description", "configuration", "tags:", ""])
def test_an_unknown_document_is_a_usage_error(make_mount, hello, value):
    mount = make_mount(None, f"documents={value}", start=False)
    result = mount.run(*mount.command_line(), env=mount.environment())
    assert result.rc == 2 and "tags:url" in result.stderr, result


def thousand(api, count, mappings):
    """Functions with three aliases each, and event sources on some of them."""

    def make(number):
        name = f"fn-{number:03}"
        aws.create_function(api, name, aliases={"PROD": "$LATEST", "BETA": "$LATEST", "DEV": "$LATEST"})
        if number < mappings:
            map_event_source(api, name if number % 2 else f"{name}:PROD", f"q{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(count)))


@pytest.mark.semantics("6.10.1")
def test_a_crawl_with_all_documents(api, plane, make_mount):
    """rsync looks at the size of every file, and so has every document read; they are old long before it ends. Its pauses must not end the crawl: ttl is long."""
    count, mappings, aliases = 1000, 500, 3
    thousand(api, count, mappings)
    mount = make_mount(None, "documents", rate=1000, documents_ttl=1, ttl=3600)
    with plane.recording() as record:
        listing = mount.run("rsync", "-a", "--list-only", f"{mount.path}/", check=True, timeout=300)
    calls = {name: number for name, number in record.calls.items() if name != "GetAccountSettings"}
    documents_calls = {
        "GetFunction": count,
        "GetPolicy": count * (1 + aliases),
        "GetFunctionCodeSigningConfig": count,
        "GetFunctionRecursionConfig": count,
        "GetRuntimeManagementConfig": count,
        "ListEventSourceMappings": math.ceil(mappings / 100),
        "ListFunctionEventInvokeConfigs": count,
        "ListFunctionUrlConfigs": count,
        "ListProvisionedConcurrencyConfigs": count,
    }
    assert {name: calls.get(name) for name in documents_calls} == documents_calls
    others = sum(calls.values()) - sum(documents_calls.values())
    assert others <= math.ceil(count / 50) + math.ceil(count / 50) + count + 2, calls
    sizes = [line.split()[1] for line in listing.stdout.splitlines() if line.endswith("event-sources.json")]
    assert len(sizes) == count * (1 + aliases) and len([size for size in sizes if size != "0"]) == mappings


@pytest.mark.semantics("6.10.1")
def test_event_sources_of_one_file_are_asked_for_alone(configured, hello, plane, make_mount):
    mount = make_mount(ttl=3600)
    os.listdir(mount.path / hello / ".aliases/PROD")
    for path, lists in ((".aliases/PROD", 1), (".function", 2)):
        with plane.recording() as record:
            assert (mount.path / hello / path / "event-sources.json").read_text()
        assert record.calls["ListEventSourceMappings"] == lists
