# SPDX-License-Identifier: MIT
"""Documents are written by whatever tool a person has: one change, exactly the calls for what differs (contract, section 6)."""

import errno
import json
import os
import re
import stat
import subprocess
import urllib.request

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.writing import DOCUMENTS, POLICY, errno_of, last_error, make_signing, put, shell, wanted_of
from lib.writing_tools import TOOLS


@pytest.fixture
def mount(hello, make_mount):
    return make_mount(allow_update=True, documents=True, delete_grace=2)


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


def configuration(api, name="hello"):
    return api.get_function_configuration(FunctionName=name)


@pytest.mark.semantics("6.5.5")
def test_a_redacted_backup_destroys_no_variable(api, hello, plane, make_mount, gesture, scratch):
    variables = {"STAGE": "blue", "ODD": "hmac:0123456789abcdef01234567"}
    api.update_function_configuration(FunctionName=hello, Environment={"Variables": variables})
    named = {"endpoint_url": plane.url, "region": aws.REGION, "allow_update": "environment"}
    redacting, plain = make_mount("aws", "env=redact", **named), make_mount("aws", **named)
    document = redacting.path / hello / "$LATEST" / "environment.json"
    backup = document.read_text()
    target = plain.path / hello / "$LATEST" / "environment.json"
    with gesture():
        document.write_text(backup)
        assert errno_of(target.write_text, backup) == errno.EINVAL
        assert "env=redact" in last_error(plain)
    with gesture("UpdateFunctionConfiguration"):
        target.write_text(json.dumps(variables | {"STAGE": "green"}))
    assert configuration(api)["Environment"]["Variables"] == variables | {"STAGE": "green"}


CHANGES_ITSELF = {"LastModified", "ConfigSha256"}


@pytest.mark.semantics("6.3.1", "6.3.2", "6.8.1", "6.9.2")
@pytest.mark.parametrize(
    ("document", "tool"),
    [(each, tool) for each in DOCUMENTS for tool in (">", "mv", "rsync", "rsync --inplace", "temporary and mv", "install")],
)
def test_each_document_is_written(api, function, gesture, mount, scratch, document, tool):
    path = function / document
    wanted = wanted_of(api, function, document)
    put(scratch, wanted)
    with gesture(*DOCUMENTS[document][1]):
        shell(mount, path.parent, TOOLS[tool].format(doc=path.name), scratch, check=True)
    shown = json.loads(path.read_text())
    assert {key: shown[key] for key in wanted if key not in CHANGES_ITSELF} == {
        key: wanted[key] for key in wanted if key not in CHANGES_ITSELF
    }
    with gesture():
        shell(mount, path.parent, f"cat {path.name} > $T/same && cat $T/same > {path.name}", scratch, check=True)


BACKUPS = {  # the tool, and the name of what it leaves of the old text
    "cp -b": ("cp -b $T/new {doc}", "~"),
    "cp --backup=numbered": ("cp --backup=numbered $T/new {doc}", ".~1~"),
    "install -b": ("install -b -m 600 $T/new {doc}", "~"),
    "mv and cp": ("mv {doc} {doc}.old && cp $T/new {doc}", ".old"),
    "sed -i.bak": ("sed -i.bak 1,999d {doc}; cp $T/new {doc}", ".bak"),
    "mv -b": ("cat $T/new > .t.json && mv -b .t.json {doc}", "~"),
}


@pytest.mark.semantics("6.3.1", "6.8.1")
@pytest.mark.parametrize("document", [".function/tags.json", ".aliases/PROD/event-invoke.json", "$LATEST/configuration.json"])
@pytest.mark.parametrize("tool", BACKUPS)
def test_a_backup_is_the_old_text(api, function, gesture, mount, scratch, document, tool):
    """It is a draft from the RENAME on, whatever the kernel knew that name for."""
    path = function / document
    path.write_text(json.dumps(wanted_of(api, function, document)))
    before = path.read_text()
    wanted = {
        "tags.json": {"team": "other"}, "event-invoke.json": {"MaximumRetryAttempts": 2},
        "configuration.json": json.loads(before) | {"MemorySize": 2048},
    }[path.name]
    put(scratch, wanted)
    script, suffix = BACKUPS[tool]
    names = os.listdir(path.parent)
    with gesture(*DOCUMENTS[document][1]):
        shell(mount, path.parent, script.format(doc=path.name), scratch, check=True)
    backup = path.with_name(path.name + suffix)
    assert backup.read_text() == before
    assert path.read_text() != before
    with gesture():
        backup.write_text("nothing")
        os.unlink(backup)
    assert os.listdir(path.parent) == names
    with gesture():
        os.rename(path, backup)
        assert not path.exists() and path.name not in os.listdir(path.parent)
        assert wait_for(path.exists)


@pytest.mark.semantics("6.8.1")
@pytest.mark.parametrize("document", [".function/tags.json", "$LATEST/environment.json"])
@pytest.mark.parametrize("tool", ["cp -b $T/new", "install -b $T/new", "cp $T/new $T/{doc} && setsid -w mv -b $T/{doc}"])
def test_a_backup_that_is_put_back_overwrites_nothing(api, hello, make_mount, scratch, document, tool):
    """The tool, which has read nothing, puts back what this mount showed: a colleague has written since."""
    mount = make_mount(allow_update=True, ttl=600, documents_ttl=600)
    path = mount.path / hello / document
    path.write_text('{"KEY": "old"}')
    before = path.read_text()
    arn = f"arn:aws:lambda:{aws.REGION}:000000000000:function:hello"
    if path.name == "tags.json":
        api.tag_resource(Resource=arn, Tags={"KEY": "colleague"})
    else:
        api.update_function_configuration(FunctionName="hello", Environment={"Variables": {"KEY": "colleague"}})
    assert path.read_text() == before
    put(scratch, '{"KEY": ')
    tried = shell(mount, path.parent, f"setsid -w {tool} {{doc}}".format(doc=path.name), scratch)
    assert not tried.ok and path.exists()
    variables = api.get_function_configuration(FunctionName="hello").get("Environment", {}).get("Variables")
    found = api.list_tags(Resource=arn)["Tags"] if path.name == "tags.json" else variables
    assert found == {"KEY": "colleague"}, tried


@pytest.mark.semantics("6.8.1")
def test_a_backup_is_put_back_by_hand(api, function, mount, scratch):
    """After a write it is a change like any other."""
    path = function / ".function/tags.json"
    path.write_text('{"a": "old"}')
    put(scratch, {"a": "new"})
    shell(mount, path.parent, "cp -b $T/new tags.json", scratch, check=True)
    shell(mount, path.parent, "mv tags.json~ tags.json", scratch, check=True)
    assert json.loads(path.read_text()) == {"a": "old"}
    shell(mount, path.parent, "mv tags.json old && echo '{\"a\": \"edited\"}' >old && mv old tags.json", scratch, check=True)
    assert json.loads(path.read_text()) == {"a": "edited"}


@pytest.mark.semantics("3.4.3")
@pytest.mark.parametrize("document", [".function/tags.json", ".aliases/PROD/description", "$LATEST/environment.json"])
def test_a_second_numbered_backup(function, mount, scratch, document):
    """cp tries the number that it takes for the next one for ever, so the first backup has to be listed."""
    path = function / document
    listed = os.listdir(path.parent)
    for number in range(1, 4):
        put(scratch, {"text": f"{number}"})
        shell(mount, path.parent, f"timeout 20 cp --backup=numbered $T/new {path.name}", scratch, check=True)
    backups = [f"{path.name}.~{number}~" for number in range(1, 4)]
    assert sorted(os.listdir(path.parent)) == sorted([*listed, *backups])
    assert json.loads(path.with_name(backups[2]).read_text()) == {"text": "2"}
    for backup in backups:
        os.unlink(path.with_name(backup))
    assert os.listdir(path.parent) == listed


REMOVED_BY = {  # what `{}` calls; the others stay
    "code-signing.json": "DeleteFunctionCodeSigningConfig",
    "event-invoke.json": "DeleteFunctionEventInvokeConfig",
    "policy.json": "RemovePermission",
    "provisioned-concurrency.json": "DeleteProvisionedConcurrencyConfig",
    "reserved-concurrency.json": "DeleteFunctionConcurrency",
    "tags.json": "UntagResource",
    "environment.json": "UpdateFunctionConfiguration",
}


@pytest.mark.semantics("6.3.6")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_empty_file_changes_nothing_and_braces_remove(api, function, gesture, mount, scratch, document):
    path = function / document
    path.write_text(json.dumps(wanted_of(api, function, document)))
    before = path.read_text()
    with gesture():
        path.write_text("")
        os.truncate(path, 0)
        shell(mount, path.parent, f": > {path.name}; cp /dev/null {path.name}", scratch, check=True)
    assert path.read_text() == before
    if path.name in REMOVED_BY:
        with gesture(REMOVED_BY[path.name]):
            path.write_text("{}")
        assert path.read_text() == ("{}\n" if path.name == "environment.json" else "")
        return
    with gesture():
        assert errno_of(path.write_text, "{}") == (errno.EPERM if path.name == "url.json" else errno.EINVAL)
    assert path.read_text() == before


WRONG = {
    "no JSON": ("{ nothing", "line 1"),
    "half": ('{"MemorySize": 51', "line 1"),
    "twice": ('{"MemorySize": 512,\n"MemorySize": 256}', "MemorySize"),
    "type": ('{"MemorySize": "much"}', "MemorySize"),
    "null": ('{"MemorySize": null}', "MemorySize"),
    "exponent": ('{"MemorySize": 1e3}', "MemorySize"),
    "point": ('{"MemorySize": 512.0}', "MemorySize"),
    "list": ("[1, 2]", ""),
}
# What JSON parsers let through and no document may be, with what the line says of it.
NO_JSON = {
    "byte order mark": (b'\xef\xbb\xbf{"a": "b"}', "line 1"),
    "UTF-8": (b'{"a": "\xff"}', "UTF-8"),
    "overlong UTF-8": (b'{"a": "\xc0\x80"}', "UTF-8"),
    "half a surrogate": (b'{"a": "\\ud800"}', "line 1"),
    "escaped NUL": (b'{"a": "\\u0000"}', "line 1"),
    "NUL": (b'{"a": "\0"}', "line 1"),
    "NUL behind the end": (b'{"a": "b"}\n\0', "line 2"),
    "text behind the end": (b'{"a": "b"}\n{}', "line 2"),
    "control character": (b'{"a": "\x01"}', "line 1"),
    "comma in an object": (b'{"a": "b",\n}', "line 2"),
    "comma in a list": (b'{"a": ["b",\n]}', "line 2"),
    "leading zero": (b'{"a": 01}', "line 1"),
    "no digit": (b'{"a": 1.}', "line 1"),
    "NaN": (b'{"a": NaN}', "line 1"),
    "comment": (b'{"a": "b" // c\n}', "line 1"),
    "depth": (b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}", ""),
    "twice": (b'{"a": "b",\n"a": "b"}', "line 2: the member 'a' appears twice"),
}


@pytest.mark.semantics("6.3.3", "6.3.8")
@pytest.mark.parametrize("document", ["$LATEST/environment.json", *DOCUMENTS])
def test_what_is_no_json_is_refused(function, gesture, mount, document):
    path = function / document
    before = path.read_text()
    draft = path.with_name(".t.json")
    with gesture():
        for wrong, (text, said) in NO_JSON.items():
            assert errno_of(path.write_bytes, text) == errno.EINVAL, wrong
            assert wait_for(lambda: path.name in last_error(mount) and said in last_error(mount), what=wrong)
            draft.write_bytes(text)
            assert errno_of(os.rename, draft, path) == errno.EPERM, wrong
            assert draft.read_bytes() == text and said in last_error(mount), (wrong, last_error(mount))
            assert path.read_text() == before, wrong


LACKING = {  # what is written of an object, and what it lacks
    "LoggingConfig": [({"LogFormat": "Text"}, "LogGroup"), ({}, "LogFormat"), ({"LogGroup": "/aws/lambda/hello"}, "LogFormat")],
    "SnapStart": [({}, "ApplyOn"), ({"OptimizationStatus": "Off"}, "ApplyOn")],
    "TracingConfig": [({}, "Mode")],
    "EphemeralStorage": [({}, "Size")],
}


@pytest.mark.semantics("6.5.3", "6.3.3")
@pytest.mark.parametrize("member", LACKING)
def test_an_object_that_lacks_a_member_is_refused(function, gesture, mount, member):
    path = function / "$LATEST/configuration.json"
    before = path.read_text()
    for value, lacks in LACKING[member]:
        with gesture():
            assert errno_of(path.write_text, json.dumps(json.loads(before) | {member: value})) == errno.EINVAL
        assert f"the member '{lacks}' of '{member}' is left out" in last_error(mount), last_error(mount)
    assert path.read_text() == before


@pytest.mark.semantics("6.5.3", "6.3.2")
def test_an_object_is_replaced_whole(api, function, gesture, mount):
    """Levels are shown of JSON alone; what is absent where it is not set is removed, also by {}."""
    path = function / "$LATEST/configuration.json"
    text = json.loads(path.read_text())
    verbose = {"LogFormat": "JSON", "LogGroup": "mine", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN"}
    network = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": True}
    with gesture("UpdateFunctionConfiguration"):
        path.write_text(json.dumps(text | {"LoggingConfig": verbose, "VpcConfig": network}))
    shown = json.loads(path.read_text())
    with gesture():
        for lacking in (
            {"LoggingConfig": {"LogFormat": "JSON", "LogGroup": "mine"}}, {"VpcConfig": {"SubnetIds": ["subnet-2"]}},
        ):
            assert errno_of(path.write_text, json.dumps(shown | lacking)) == errno.EINVAL
    del network["Ipv6AllowedForDualStack"]
    shown |= {"LoggingConfig": text["LoggingConfig"], "VpcConfig": network}
    with gesture("UpdateFunctionConfiguration"):
        path.write_text(json.dumps(shown))
    assert not api.get_function_configuration(FunctionName="hello")["VpcConfig"].get("Ipv6AllowedForDualStack")
    with gesture():
        path.write_text(json.dumps(shown))
    with gesture("UpdateFunctionConfiguration"):
        path.write_text(json.dumps(shown | {"VpcConfig": {}}))
    with gesture():
        path.write_text(json.dumps(text))


@pytest.mark.semantics("6.3.3", "6.3.8", "6.5.2", "6.5.3")
@pytest.mark.parametrize("wrong", [*WRONG, "left out", "another function", "architecture"])
@pytest.mark.parametrize("way", ["write", "rename"])
def test_what_cannot_be_is_refused_before_the_first_call(function, gesture, mount, wrong, way):
    path = function / "$LATEST" / "configuration.json"
    before = path.read_text()
    text, said = WRONG.get(wrong, ("", ""))
    if not text:
        document = json.loads(before)
        if wrong == "left out":
            del document["MemorySize"]
            said = "MemorySize"
        elif wrong == "another function":
            document["FunctionName"] = "other"
            said = "FunctionName"
        else:
            document["Architectures"] = ["arm64"]
            said = "Architectures"
        text = json.dumps(document)
    with gesture():
        if way == "write":
            assert errno_of(path.write_text, text) == errno.EINVAL
        else:
            draft = path.with_name(".t.json")
            draft.write_text(text)
            assert errno_of(os.rename, draft, path) == errno.EPERM
            assert draft.read_text() == text
    assert said in last_error(mount)
    assert path.read_text() == before


@pytest.mark.semantics("6.3.4", "6.3.5")
def test_pieces(function, gesture, mount, scratch):
    place = function / "$LATEST"
    path = place / "configuration.json"
    before = path.read_text()
    put(scratch, before.replace('"MemorySize": 128', '"MemorySize": 256'))
    errors = (mount.path / ".aliasfs/errors").read_text()
    with gesture("UpdateFunctionConfiguration"):
        shell(mount, place, "{ head -n 3 $T/new || :; tail -n +4 $T/new; } > configuration.json", scratch, check=True)
    assert (mount.path / ".aliasfs/errors").read_text() == errors
    with gesture():
        result = shell(mount, place, "{ echo '{ oops'; tail -n 3 $T/new; } > configuration.json", scratch)
    assert not result.ok and "rror" in result.stderr  # dash: "echo: I/O error"
    with gesture():
        shell(mount, place, "{ head -n 3 $T/new; } > configuration.json", scratch)
    assert wait_for(lambda: "configuration.json" in last_error(mount) and "RELEASE" in last_error(mount))
    assert re.search(rf"RELEASE hello/\$LATEST/configuration.json by sh \(pid [1-9]\d*, uid {os.getuid()}\): ", last_error(mount))
    assert '"MemorySize": 256' in path.read_text()


@pytest.mark.semantics("6.2.1", "6.8.2")
def test_without_the_option_nothing_can_be_written(api, hello, make_mount, gesture, scratch):
    mount = make_mount(documents=True)
    function = mount.path / hello
    backup = scratch / "backup"
    shutil_copy = ["cp", "-r", str(function), str(backup)]
    mount.run(*shutil_copy, check=True)
    with gesture():
        for path in (
            function / "$LATEST/configuration.json",
            function / "$LATEST/environment.json",
            function / ".function/tags.json",
            function / ".aliases/PROD/policy.json",
        ):
            assert errno_of(path.write_text, "{}") == errno.EROFS
            assert errno_of(os.unlink, path) == errno.EROFS
            assert errno_of(os.truncate, path, 0) == errno.EROFS
        result = mount.run("rsync", "-a", "--checksum", f"{backup}/", f"{function}/")
        assert result.ok, result
    assert stat.S_IMODE((function / "$LATEST").stat().st_mode) == 0o555


def modes(function):
    names = ("$LATEST", ".function", "$LATEST/configuration.json", "$LATEST/environment.json", ".function/policy.json")
    return [stat.S_IMODE((function / name).stat().st_mode) for name in names]


@pytest.mark.semantics("6.2.2", "6.1.5")
def test_the_modes_say_what_can_be_written(hello, make_mount):
    assert modes(make_mount(None, "ro", allow_update=True).path / hello) == [0o555, 0o555, 0o444, 0o400, 0o400]
    assert modes(make_mount(None, allow_update=True).path / hello) == [0o755, 0o755, 0o644, 0o600, 0o600]
    assert modes(make_mount(None, allow_update="environment").path / hello) == [0o755, 0o555, 0o444, 0o600, 0o400]


@pytest.mark.semantics("6.4.1", "6.4.2", "6.4.5", "6.3.8")
def test_a_colleague_in_between_is_not_overwritten(api, function, gesture):
    path = function / "$LATEST" / "configuration.json"
    mine = json.loads(path.read_text()) | {"MemorySize": 1024}
    api.update_function_configuration(FunctionName="hello", Timeout=60)
    with gesture():
        for _ in range(2):
            assert errno_of(path.write_text, json.dumps(mine)) == errno.EREMCHG
    assert json.loads(path.read_text())["Timeout"] == 60
    with gesture("UpdateFunctionConfiguration"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"MemorySize": 1024}))
    assert configuration(api)["MemorySize"] == 1024 and configuration(api)["Timeout"] == 60


@pytest.mark.semantics("6.4.1")
def test_the_old_text_does_not_win_either(api, function, gesture):
    path = function / "$LATEST" / "configuration.json"
    with open(path) as reader:
        old = reader.read()
        api.update_function_configuration(FunctionName="hello", Timeout=60)
        draft = path.with_name(".old.json")
        draft.write_text(old)
        with gesture():
            assert errno_of(os.rename, draft, path) == errno.EREMCHG
    assert configuration(api)["Timeout"] == 60


@pytest.mark.semantics("6.4.1", "6.5.1")
def test_a_change_of_another_document_is_in_no_way(api, function, gesture, scratch, mount):
    """Each changes LastModified, and new code its hash: both are in configuration.json."""
    put(scratch, "")
    (scratch / "t" / "new.zip").write_bytes(aws.code("new"))
    script = (
        "sed 's/\\(\"MemorySize\": \\).*/\\1512,/' configuration.json > $T/c;"
        " echo '{\"A1\": \"b\"}' > environment.json; echo '{\"team\": \"x\"}' > ../.function/tags.json;"
        " cat $T/new.zip > code.zip; cat $T/c > configuration.json"
    )
    operations = ["UpdateFunctionConfiguration", "TagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration"]
    with gesture(*operations):
        shell(mount, function / "$LATEST", script, scratch, check=True)
    assert configuration(api)["MemorySize"] == 512


@pytest.mark.semantics("6.4.1", "6.4.3")
def test_who_never_read_it_overwrites(api, function, mount, gesture, scratch):
    """Another session: setsid has none of what was read here."""
    path = function / ".function" / "tags.json"
    assert path.read_text() == ""
    api.tag_resource(Resource=configuration(api)["FunctionArn"], Tags={"theirs": "1"})
    with gesture():
        assert errno_of(path.write_text, '{"mine": "1"}') == errno.EREMCHG
    with gesture("TagResource", "UntagResource"):
        subprocess.run(
            ["setsid", "-w", "sh", "-c", f"echo '{{\"mine\": \"1\"}}' > {path}"], check=True
        )
    assert json.loads(path.read_text()) == {"mine": "1"}


@pytest.mark.semantics("6.4.6")
def test_a_revision_that_changed_alone_is_not_believed(gesture, proxy, make_mount, hello):
    path = make_mount(endpoint_url=proxy.url, allow_update=True).path / hello / ".aliases/PROD/policy.json"
    path.write_text(json.dumps(POLICY))
    second = json.loads(json.dumps(POLICY))
    second["Statement"].append(second["Statement"][0] | {"Sid": "other"})
    with gesture("AddPermission"):
        path.write_text(json.dumps(second))
    rule = proxy.rule(faultproxy.precondition_failed(), method="DELETE", path="/policy/", times=2)
    with gesture("RemovePermission"):
        path.write_text(json.dumps(POLICY))
    assert rule.hits == 2
    path.write_text(json.dumps(second))
    rule = proxy.rule(faultproxy.precondition_failed(), method="DELETE", path="/policy/")
    with gesture():
        assert errno_of(path.write_text, json.dumps(POLICY)) == errno.EREMCHG
    assert rule.hits == 3


@pytest.mark.semantics("6.5.1")
def test_a_version_is_put_back(api, hello, function, mount, gesture):
    api.update_function_configuration(FunctionName=hello, MemorySize=2048, Timeout=99)
    with gesture("UpdateFunctionConfiguration"):
        mount.run("cp", "1/configuration.json", "$LATEST/", cwd=function, check=True)
    assert configuration(api)["MemorySize"] == 128


@pytest.mark.semantics("6.9.1", "6.9.2", "6.9.3")
def test_names_beside_documents(function, gesture, mount):
    place = function / "$LATEST"
    with gesture():
        for name in (".x", "#x#", "x.tmp", "x.json", "configuration.json~", "sedAbCdEf", "ziAbCdEf", "XXabcdef", "tmpx", "4913", "t"):
            (place / name).write_text("x")
            assert (place / name).read_text() == "x"
            os.unlink(place / name)
        assert errno_of((place / "function.zip").write_bytes, b"x") == errno.EPERM
        assert "code.zip" in last_error(mount)
        (function / ".function" / "anything").write_text("x")
        (place / ".x").write_text("x")
        assert errno_of(os.rename, place / ".x", function / ".function" / "tags.json") == errno.EPERM
        assert sorted(os.listdir(place)) == ["code.sha256", "configuration.json", "environment.json"]


@pytest.mark.semantics("6.8.1", "3.1.1")
def test_a_removed_document_is_back(api, function, gesture, mount):
    path = function / "$LATEST" / "configuration.json"
    before = path.read_text()
    with gesture():
        os.unlink(path)
        assert not path.exists()
        assert wait_for(path.exists)
        assert path.read_text() == before
        for way in (["rm", "-rf"], ["find", "-delete"]):
            mount.run(*(["rm", "-rf", str(function)] if way[0] == "rm" else ["find", str(function), "-delete"]))
            wait_for(lambda: (function / "PROD").is_symlink() and path.exists())
    assert aws.aliases_of(api, "hello") == {"PROD": "1", "BETA": "2", "DEV": "$LATEST"}


@pytest.mark.semantics("6.8.1")
@pytest.mark.parametrize(
    "document", ["$LATEST/configuration.json", ".function/tags.json", ".aliases/PROD/policy.json"]
)
def test_what_is_hidden_is_not_listed_either(function, document):
    """Else each tool that reads the directory is told of a file that it does not find."""
    path = function / document
    listed = os.listdir(path.parent)
    os.unlink(path)
    assert sorted([*os.listdir(path.parent), path.name]) == sorted(listed)
    assert wait_for(path.exists)
    assert os.listdir(path.parent) == listed


@pytest.mark.semantics("6.2.4")
def test_the_audit_has_no_value(hello, make_mount, scratch):
    audit = scratch / "audit"
    mount = make_mount(allow_update=True, audit=audit)
    (mount.path / hello / "$LATEST/environment.json").write_text('{"SECRET": "hunter2"}')
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert lines[-1]["operation"] == "UpdateFunctionConfiguration"
    assert lines[-1]["document"] == "environment.json" and lines[-1]["request_id"]
    assert len(lines[-1]["sha256_before"]) == len(lines[-1]["sha256_after"]) == 64
    assert "hunter2" not in audit.read_text()


@pytest.mark.semantics("6.3.7", "3.2.1")
def test_half_a_change_says_so(api, function, gesture, mount, plane):
    path = function / ".aliases/PROD/policy.json"
    path.write_text(json.dumps(POLICY))
    other = {"Statement": [POLICY["Statement"][0] | {"Sid": "other"}]}
    plane.put("/_local/faults", [{"operation": "RemovePermission", "code": "AccessDeniedException"}])
    with gesture("AddPermission"):
        assert errno_of(path.write_text, json.dumps(other)) == errno.EACCES
    assert "1 of 2 calls" in last_error(mount)
    assert [each["Sid"] for each in json.loads(path.read_text())["Statement"]] == ["events", "other"]
    with gesture("RemovePermission"):
        path.write_text(json.dumps(other))


@pytest.mark.semantics("6.5.4")
def test_a_member_that_nobody_knows(api, function, gesture, mount):
    path = function / "$LATEST/configuration.json"
    document = json.loads(path.read_text())
    assert errno_of(path.write_text, json.dumps(document | {"Flavour": "mint"})) == errno.EINVAL
    assert "Flavour" in last_error(mount)
    assert "Flavour" not in json.loads(path.read_text())


# Tools that write the document itself report a refusal by their exit status.
IN_PLACE = [">", "cp", "rsync --inplace", "install"]
FAULTS = {
    "400": ({"code": "InvalidParameterValueException"}, (errno.EINVAL, errno.EPERM)),
    "403": ({"code": "AccessDeniedException"}, (errno.EACCES,)),
    "409": ({"code": "ResourceConflictException", "count": -1}, (errno.EBUSY, errno.EEXIST)),
    "412": ({"code": "PreconditionFailedException", "count": -1}, (errno.EREMCHG,)),
    "500": ({"status": 500, "count": -1}, (errno.EREMOTEIO, errno.ETIMEDOUT)),
    "no answer": ({"hang": True, "count": -1}, (errno.ETIMEDOUT,)),
}


@pytest.mark.semantics("6.3.8", "6.4.2", "6.3.1")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_refused_change_changes_nothing(api, hello, make_mount, gesture, plane, document, fault):
    """The text that was to be written is still there, and a second try needs no reading."""
    deadline = 2 if fault == "no answer" else 30
    mount = make_mount(allow_update=True, timeout=deadline, settle_timeout=2, rate=1000)
    settings, errnos = FAULTS[fault]
    path, calls = mount.path / hello / document, DOCUMENTS[document][1]
    wanted = json.dumps(wanted_of(api, mount.path / hello, document))
    before = path.read_text()
    draft = path.with_name(".wanted.json")
    draft.write_text(wanted)
    plane.put("/_local/faults", [{"operation": calls[0], **settings}])
    with gesture():
        assert errno_of(os.rename, draft, path) in errnos
    assert draft.read_text() == wanted
    plane.put("/_local/faults", [])
    assert path.read_text() == before
    with gesture(*calls):
        os.rename(draft, path)


@pytest.mark.semantics("6.3.1", "6.3.8", "6.4.2")
@pytest.mark.parametrize(
    ("tool", "fault"), [(tool, fault) for tool in IN_PLACE for fault in FAULTS if tool == "cp" or fault[0] == "4"]
)
def test_a_tool_that_writes_in_place_fails_with_the_change(api, hello, make_mount, gesture, plane, scratch, tool, fault):
    mount = make_mount(allow_update=True, timeout=2 if fault in ("500", "no answer") else 30, rate=1000)
    path = mount.path / hello / ".function/tags.json"
    put(scratch, {"team": "x"})
    before = path.read_text()
    plane.put("/_local/faults", [{"operation": "TagResource", **FAULTS[fault][0]}])
    with gesture():
        result = shell(mount, path.parent, TOOLS[tool].format(doc=path.name), scratch)
    assert not result.ok and result.stderr, result
    assert path.name in last_error(mount)
    plane.put("/_local/faults", [])
    assert path.read_text() == before
    with gesture("TagResource"):
        shell(mount, path.parent, TOOLS[tool].format(doc=path.name), scratch, check=True)


@pytest.mark.semantics("4.3.1", "6.3.1")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_lost_answer_is_read_back(api, hello, make_mount, gesture, plane, document):
    mount = make_mount(allow_update=True, rate=1000)
    wanted, calls = wanted_of(api, mount.path / hello, document), DOCUMENTS[document][1]
    plane.put("/_local/faults", [{"operation": calls[0], "reset": True, "after_commit": True}])
    with gesture(*calls):
        (mount.path / hello / document).write_text(json.dumps(wanted))


def boto(method, **settings):
    """A colleague who calls that about hello."""
    return lambda api, path: getattr(api, method)(FunctionName="hello", **settings)


def by_hand(path, **body):
    """The same of an operation that not every boto3 has."""

    def act(api, _):
        request = urllib.request.Request(api.meta.endpoint_url + path, json.dumps(body).encode(), method="PUT")
        urllib.request.urlopen(request).close()

    return act


def colleague_maps(api, path):
    (mapping,) = json.loads(path.read_text())["EventSourceMappings"]
    api.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=9)


# document: (what a colleague does meanwhile, the calls that then make it what DOCUMENTS has)
COLLEAGUES = {
    "$LATEST/configuration.json": (boto("update_function_configuration", MemorySize=256), ["UpdateFunctionConfiguration"]),
    ".function/tags.json": (
        lambda api, path: api.tag_resource(Resource=configuration(api)["FunctionArn"], Tags={"theirs": "1"}),
        ["TagResource", "UntagResource"],
    ),
    ".function/reserved-concurrency.json": (
        boto("put_function_concurrency", ReservedConcurrentExecutions=7), ["PutFunctionConcurrency"],
    ),
    ".aliases/PROD/policy.json": (
        boto(
            "add_permission", Qualifier="PROD", StatementId="theirs", Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
        ),
        ["AddPermission", "RemovePermission"],
    ),
    ".function/url.json": (boto("create_function_url_config", AuthType="NONE"), ["UpdateFunctionUrlConfig"]),
    ".aliases/PROD/url.json": (
        boto("create_function_url_config", Qualifier="PROD", AuthType="NONE"), ["UpdateFunctionUrlConfig"],
    ),
    ".aliases/PROD/provisioned-concurrency.json": (
        boto("put_provisioned_concurrency_config", Qualifier="PROD", ProvisionedConcurrentExecutions=1),
        ["PutProvisionedConcurrencyConfig"],
    ),
    ".aliases/PROD/event-invoke.json": (
        boto("put_function_event_invoke_config", Qualifier="PROD", MaximumEventAgeInSeconds=60),
        ["PutFunctionEventInvokeConfig"],
    ),
    ".function/event-invoke.json": (
        boto("put_function_event_invoke_config", MaximumEventAgeInSeconds=60), ["PutFunctionEventInvokeConfig"],
    ),
    ".function/policy.json": (
        boto(
            "add_permission", StatementId="theirs", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
        ),
        ["AddPermission", "RemovePermission"],
    ),
    ".function/recursion.json": (
        by_hand("/2024-08-31/functions/hello/recursion-config", RecursiveLoop="Allow"), [],
    ),
    ".function/runtime-management.json": (
        by_hand(
            "/2021-07-20/functions/hello/runtime-management-config", UpdateRuntimeOn="Manual",
            RuntimeVersionArn=f"arn:aws:lambda:{aws.REGION}::runtime:{'a' * 64}",
        ),
        ["PutRuntimeManagementConfig"],
    ),
    "$LATEST/environment.json": (
        boto("update_function_configuration", Environment={"Variables": {"THEIRS": "1"}}), ["UpdateFunctionConfiguration"],
    ),
    ".function/event-sources.json": (colleague_maps, ["UpdateEventSourceMapping"]),
    ".aliases/PROD/event-sources.json": (colleague_maps, ["UpdateEventSourceMapping"]),
    ".function/code-signing.json": (
        lambda api, path: api.put_function_code_signing_config(
            FunctionName="hello", CodeSigningConfigArn=make_signing(api, "theirs")
        ),
        ["PutFunctionCodeSigningConfig"],
    ),
}


@pytest.mark.semantics("6.4.1", "6.4.2", "6.4.5", "6.3.8")
@pytest.mark.parametrize("document", COLLEAGUES)
def test_a_colleague_in_between_wins(api, function, gesture, document):
    path = function / document
    wanted = json.dumps(wanted_of(api, function, document))
    before = path.read_text()
    interfere, calls = COLLEAGUES[document]
    interfere(api, path)
    with gesture():
        for text in (wanted, wanted, before or "{}"):
            assert errno_of(path.write_text, text) == errno.EREMCHG
    assert path.read_text() not in (before, wanted)
    with gesture(*calls):
        path.write_text(wanted)
