# SPDX-License-Identifier: MIT
"""`.aliasfs/`, the audit, who may read what, and environment.json without its values."""

import json
import os
import pathlib
import re
import resource
import socket
import stat

import pytest

from lib import aws, faultproxy
from lib.process import run, wait_for

REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def audit_of(mount):
    return [json.loads(line) for line in (mount.path / ".aliasfs/audit").read_text().splitlines()]


def metric(mount, name, **labels):
    """The value of one line of stats; 0 when it is not there."""
    for line in (mount.path / ".aliasfs/stats").read_text().splitlines():
        match = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if match and match.group(1) == name:
            found = dict(re.findall(r'(\w+)="([^"]*)"', match.group(2) or ""))
            if found == labels:
                return float(match.group(3))
    return 0


# --- stats ----------------------------------------------------------------------------------------


def test_stats_are_prometheus_text(hello, make_mount):
    mount = make_mount()
    os.listdir(mount.path / hello)
    typed = {}
    for line in (mount.path / ".aliasfs/stats").read_text().splitlines():
        if line.startswith("#"):
            kind, name, text = line[2:].split(" ", 2)
            assert kind in ("HELP", "TYPE")
            if kind == "TYPE":
                assert name not in typed and text in ("counter", "gauge", "histogram")
                typed[name] = text
        else:
            assert re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [0-9.]+', line), line
            name = line.partition("{")[0].partition(" ")[0]
            assert name in typed or re.sub("_(bucket|sum|count)$", "", name) in typed
    assert {"aliasfs_api_calls_total", "aliasfs_api_call_seconds", "aliasfs_api_throttled_total"} <= set(typed)


def test_stats_count_calls_hits_and_failures(plane, hello, make_mount):
    mount = make_mount(ttl=60)
    before = plane.calls().get("ListAliases", 0)
    os.listdir(mount.path / hello)
    for _ in range(5):
        os.readlink(mount.path / hello / "PROD")
    assert metric(mount, "aliasfs_api_calls_total", operation="ListAliases", outcome="ok") == (
        plane.calls()["ListAliases"] - before
    )
    assert metric(mount, "aliasfs_cache_hits_total", operation="READLINK") == 5
    assert metric(mount, "aliasfs_requests_total", operation="READLINK", outcome="ok") == 5
    assert run("ln", "-sfn", "99", mount.path / hello / "PROD").rc != 0
    assert metric(mount, "aliasfs_api_calls_total", operation="UpdateAlias", outcome="not found") == 1
    assert metric(mount, "aliasfs_requests_total", operation="RENAME", outcome="error") == 1
    assert metric(mount, "aliasfs_api_call_seconds_count", operation="UpdateAlias") == 1


def test_stats_show_what_is_on_its_way(hello, make_mount):
    mount = make_mount(delete_grace=60)
    os.symlink("2", mount.path / hello / "PROD.new")
    assert metric(mount, "aliasfs_staged_names") == 1
    (mount.path / hello / "BETA").unlink()
    assert metric(mount, "aliasfs_tombstoned_names") == 1


def test_throttling_is_counted(proxy, hello, make_mount):
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    proxy.rule(faultproxy.throttled(), times=1)
    os.listdir(mount.path)
    text = (mount.path / ".aliasfs/stats").read_text()
    assert re.search(r'aliasfs_api_throttled_total\{operation="\w+"\} 1', text), text


def test_identity_tells_where_everything_comes_from(plane, hello, make_mount):
    mount = make_mount()
    text = (mount.path / ".aliasfs/identity").read_text()
    assert f"endpoint: {plane.url}" in text and f"region: {aws.REGION}" in text
    assert "credentials: environment" in text
    assert "AKIAIOSFODNN7EXAMPLE" not in text and "wJalrXUtn" not in text


@pytest.mark.semantics("1.1.8")
def test_control_files_never_wait_for_the_network(hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url, ttl=0, read_timeout=600)
    proxy.rule(faultproxy.hang())
    for name in ("audit", "errors", "identity", "stats", "version"):
        mount.run("cat", mount.path / ".aliasfs" / name, timeout=5, check=True)


@pytest.mark.semantics("1.1.8")
def test_only_refresh_can_be_written(hello, make_mount):
    mount = make_mount()
    directory = mount.path / ".aliasfs"
    assert ".aliasfs" not in os.listdir(mount.path)
    assert set(os.listdir(directory)) == {"audit", "errors", "identity", "refresh", "stats", "version"}
    for name in ("audit", "errors", "identity", "stats", "version"):
        result = run("sh", "-c", f"echo x > {directory}/{name}")
        assert not result.ok, name
    assert run("sh", "-c", f"echo > {directory}/refresh").ok


# --- audit ----------------------------------------------------------------------------------------


def test_every_change_has_its_line(plane, hello, make_mount, scratch):
    log = scratch / "audit.jsonl"
    mount = make_mount(audit=log)
    path = mount.path / hello
    run("ln", "-sfn", "2", path / "PROD", check=True)
    run("ln", "-s", "3", path / "PROD%25", check=True)
    run("ln", "-s", "1", path / "NEW", check=True)
    run("sh", "-c", f"echo first > {path}/.aliases/NEW/description", check=True)
    run("rm", path / "BETA", check=True)
    wait_for(lambda: len(audit_of(mount)) == 5, 10, "the delete is carried out")
    plane.api.update_function_code(FunctionName=hello, ZipFile=aws.code("next"))
    run("mkdir", f"{path}/+four", check=True)
    lines = audit_of(mount)
    what = [
        (each["operation"], each.get("alias"), each.get("from"), each.get("to"), each["command"])
        for each in lines
    ]
    assert what == [
        ("UpdateAlias", "PROD", {"version": "1"}, {"version": "2"}, "ln"),
        ("UpdateAlias", "PROD", {"version": "2"}, {"version": "2", "weights": {"3": 0.25}}, "ln"),
        ("CreateAlias", "NEW", None, {"version": "1"}, "ln"),
        ("UpdateAlias", "NEW", {"version": "1"}, {"version": "1"}, "sh"),
        ("DeleteAlias", "BETA", {"version": "2"}, None, "rm"),
        ("PublishVersion", None, None, None, "mkdir"),
    ]
    assert lines[3]["description"].strip() == "first"
    assert lines[5]["version"] == "4" and lines[5]["description"] == "four"
    for each in lines:
        assert each["uid"] == os.getuid() and each["pid"] > 1 and each["function"] == hello
        assert each["outcome"] == "ok" and REQUEST_ID.fullmatch(each["request_id"]), each
        assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", each["time"])
    assert log.read_text() == (mount.path / ".aliasfs/audit").read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_what_another_process_brings_about_is_put_down_to_who_asked(hello, make_mount, scratch):
    """A weight for an alias that is hidden ends its grace; the end of the mount makes a held name an alias."""
    log = scratch / "audit.jsonl"
    mount = make_mount(audit=log, delete_grace=60)
    path = mount.path / hello
    script = "import os; print(os.getpid()); os.symlink('1', 'tmp' + 'ab12cd34')"
    maker = mount.run("python3", "-c", script, cwd=path, check=True)
    remover = mount.run("sh", "-c", "echo $$; exec rm PROD", cwd=path, check=True)
    assert not run("ln", "-s", "3", path / "PROD%10").ok
    mount.unmount()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(each["operation"], each["alias"], each["command"], each["pid"]) for each in lines] == [
        ("DeleteAlias", "PROD", "rm", int(remover.stdout)),
        ("CreateAlias", "tmpab12cd34", "python3", int(maker.stdout)),
    ]


def test_each_of_many_removals_has_its_process(api, make_mount, scratch):
    names = [f"alias{number:03}" for number in range(300)]
    aws.create_function(api, "many", versions=1, aliases={name: 1 for name in names})
    log = scratch / "audit.jsonl"
    mount = make_mount(audit=log, delete_grace=60, rate=1000)
    remover = mount.run("sh", "-c", 'echo $$; exec rm "$@"', "sh", *names, cwd=mount.path / "many", check=True)
    mount.unmount()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted(each["alias"] for each in lines) == names
    assert {(each["operation"], each["command"], each["pid"]) for each in lines} == {
        ("DeleteAlias", "rm", int(remover.stdout))
    }


def test_refused_changes_leave_no_line(hello, make_mount):
    mount = make_mount(ro=True)
    assert not run("ln", "-sfn", "2", mount.path / hello / "PROD").ok
    assert audit_of(mount) == []


def test_the_file_is_appended_to(hello, make_mount, scratch):
    log = scratch / "audit.jsonl"
    for version in ("2", "3"):
        mount = make_mount(audit=log)
        run("ln", "-sfn", version, mount.path / hello / "PROD", check=True)
        mount.unmount()
    assert [json.loads(line)["to"]["version"] for line in log.read_text().splitlines()] == ["2", "3"]


def test_a_file_that_takes_no_more_spoils_no_later_line(hello, make_mount, scratch):
    """As on a full disk, a line is taken in part and the next one not at all; the changes are made all the same."""
    log = scratch / "audit.jsonl"
    log.touch(mode=0o600)
    log.write_text("{}\n" * 20000)  # the limit is one for the log too, which is to stay below it
    mount = make_mount(audit=log)
    process = mount.service.process.pid

    def change(version, limit):
        resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        run("ln", "-sfn", version, mount.path / hello / "PROD", check=True)

    change("2", resource.RLIM_INFINITY)
    full = log.stat().st_size + 50
    change("3", full)
    change("1", full)
    assert log.stat().st_size == full and mount.service.is_running()
    assert mount.log().count(f"the audit file '{log}' lacks the UpdateAlias of {hello}/PROD: ") == 2
    change("2", resource.RLIM_INFINITY)
    first, part, last = log.read_text().splitlines()[20000:]
    assert [json.loads(line)["to"]["version"] for line in (first, last)] == ["2", "2"], part


@pytest.mark.parametrize(
    "kind", ["others may write", "a link", "a hard link", "no directory"]
)
def test_a_doubtful_file_is_refused(hello, make_mount, scratch, kind):
    log = scratch / "audit.jsonl"
    if kind == "others may write":
        log.touch()
        log.chmod(0o666)
    elif kind == "a link":
        log.symlink_to("elsewhere")
    elif kind == "a hard link":
        (scratch / "elsewhere").touch(mode=0o600)
        log.hardlink_to(scratch / "elsewhere")
    else:
        log = scratch / "nowhere/audit"
    result = make_mount(start=False, audit=log).daemonise()
    assert result.rc == 1 and "the audit file" in result.stderr and str(log) in result.stderr


# --- who may read what ----------------------------------------------------------------------------


def test_owner_and_modes_as_asked(hello, make_mount):
    mount = make_mount(uid=12345, gid=54321, umask="0027")
    for path, mode in (
        (mount.path, 0o750),
        (mount.path / hello, 0o750),
        (mount.path / hello / "1", 0o550),
        (mount.path / hello / "1/configuration.json", 0o440),
        (mount.path / hello / "1/environment.json", 0o400),
        (mount.path / hello / ".aliases/PROD/description", 0o640),
    ):
        status = path.stat()
        assert (status.st_uid, status.st_gid) == (12345, 54321), path
        assert stat.S_IMODE(status.st_mode) == mode, path
    # Who mounted may still do everything.
    run("ln", "-sfn", "2", mount.path / hello / "PROD", check=True)
    (mount.path / hello / "1/environment.json").read_text()


NOBODY, GROUP = 65534, 54321


def as_other(*argv, groups="--clear-groups"):
    return run("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", groups, "--", *argv, cwd="/")


@pytest.mark.semantics("1.6.2", "1.6.4")
def test_others_read_what_the_modes_let_them(hello, make_mount):
    mount = make_mount(allow_other=True, uid=NOBODY)
    path = mount.path / hello
    assert as_other("readlink", path / "PROD").stdout == "1\n"
    assert as_other("cat", path / "1/configuration.json").ok
    assert as_other("getfattr", "-h", "-n", "lambda.arn", path / "PROD").ok
    # The shown owner grants nothing.
    assert not as_other("cat", path / "1/environment.json").ok
    for command in (
        ["ln", "-sfn", "2", path / "PROD"],
        ["rm", path / "PROD"],
        ["mkdir", f"{path}/+"],
        ["sh", "-c", f"echo x > {path}/.aliases/PROD/description"],
        ["sh", "-c", f"echo > {mount.path}/.aliasfs/refresh"],
        ["cat", f"{mount.path}/.aliasfs/errors"],
        ["cat", f"{mount.path}/.aliasfs/audit"],
    ):
        assert not as_other(*command).ok, command
    assert os.readlink(path / "PROD") == "1"


def test_others_are_held_to_the_modes_on_every_request(hello, make_mount):
    """Also on what the kernel remembers the way to: links, their attributes, open directories."""
    mount = make_mount(allow_other=True, umask="0077", ttl=60)
    path = mount.path / hello
    run("ls", "-lR", mount.path, check=True)  # the kernel knows all of it now
    run("getfattr", "-h", "-n", "lambda.arn", path / "PROD", check=True)
    for command in (
        ["ls", mount.path],
        ["ls", path],
        ["stat", path / "1"],
        ["readlink", path / "PROD"],
        ["cat", path / "1/configuration.json"],
        ["getfattr", "-h", "-n", "lambda.arn", path / "PROD"],
        ["getfattr", "-n", "lambda.arn", path],
    ):
        assert not as_other(*command).ok, command


def test_the_groups_bits_are_its_members(hello, make_mount):
    mount = make_mount(allow_other=True, gid=GROUP, umask="0027")
    target = mount.path / hello / "1/configuration.json"
    assert as_other("cat", target, groups=f"--groups={GROUP}").ok
    assert not as_other("cat", target).ok
    assert not as_other("cat", target.parent / "environment.json", groups=f"--groups={GROUP}").ok


# --- env=redact -----------------------------------------------------------------------------------


def test_redacted_environments_show_changes_and_nothing_else(plane, hello, make_mount, scratch):
    plane.api.update_function_configuration(
        FunctionName=hello,
        Environment={"Variables": {"PASSWORD": "another", "MODE": "test", "EMPTY": ""}},
    )
    mount = make_mount(env=None, arguments=["--env=redact", f"--redact-key={scratch}/key"])
    old = json.loads((mount.path / hello / "1/environment.json").read_text())
    new = json.loads((mount.path / hello / "$LATEST/environment.json").read_text())
    assert set(old) == {"PASSWORD", "MODE"} and set(new) == {"PASSWORD", "MODE", "EMPTY"}
    assert all(re.fullmatch("hmac:[0-9a-f]{24}", value) for value in [*old.values(), *new.values()])
    assert old["MODE"] == new["MODE"] and old["PASSWORD"] != new["PASSWORD"]
    for path in ("1", "$LATEST"):
        file = mount.path / hello / path / "environment.json"
        assert file.stat().st_size == len(file.read_bytes())
    assert stat.S_IMODE((scratch / "key").stat().st_mode) == 0o600
    assert (scratch / "key").stat().st_size == 32
    # Another mount with the key says the same; one with another key does not.
    again = make_mount(env=None, arguments=["--env=redact", f"--redact-key={scratch}/key"])
    assert json.loads((again.path / hello / "1/environment.json").read_text()) == old
    other = make_mount(env=None, arguments=["--env=redact", f"--redact-key={scratch}/other"])
    assert json.loads((other.path / hello / "1/environment.json").read_text())["MODE"] != old["MODE"]


def test_the_key_is_made_in_the_users_configuration(hello, make_mount, scratch):
    home = scratch / "home"
    home.mkdir()
    mount = make_mount(
        env=aws.credentials_environment(home, XDG_CONFIG_HOME=None), arguments=["--env", "redact"]
    )
    assert "hmac:" in (mount.path / hello / "1/environment.json").read_text()
    assert (home / ".config/aliasfs/redact.key").stat().st_size == 32


@pytest.mark.parametrize("kind", ["readable", "short"])
def test_a_bad_key_is_refused(hello, make_mount, scratch, kind):
    key = scratch / "key"
    key.write_bytes(b"k" * (32 if kind == "readable" else 31))
    key.chmod(0o644 if kind == "readable" else 0o600)
    result = make_mount(
        env=None, start=False, arguments=["--env=redact", f"--redact-key={key}"]
    ).daemonise()
    assert result.rc == 1 and str(key) in result.stderr


@pytest.mark.parametrize("kind", ["fifo", "socket", "directory", "device"])
def test_a_key_that_is_no_plain_file_is_refused_at_once(hello, make_mount, scratch, kind):
    key = scratch / "key"
    if kind == "fifo":
        os.mkfifo(key, 0o600)
    elif kind == "directory":
        key.mkdir(mode=0o700)
    elif kind == "device":
        key = pathlib.Path("/dev/null")
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(key))
    result = make_mount(
        env=None, start=False, arguments=["--env=redact", f"--redact-key={key}"]
    ).daemonise()
    assert result.rc == 1
    assert f"'{key}': this is no plain file" in result.stderr
