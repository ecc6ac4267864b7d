# SPDX-License-Identifier: MIT
"""Servers that fail, lie, stall or cut off: an error in time, a line that says why, and nothing lost."""

import errno
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib import aws, faultproxy
from lib.process import wait_for
from lib.programs import patience

DEADLINE = 30  # where the server answers: what fails is the answer, on any machine
SHORT_DEADLINE = 4  # where it does not
SILENT = {"nothing", "dripping"}

BAD_SERVERS = {
    "500": faultproxy.service_error(),
    "500 html": faultproxy.html_error(),
    "503 empty": faultproxy.replace(503),
    "garbage": faultproxy.garbage(),
    "no JSON": faultproxy.replace(200, body=b"<html>hello</html>"),
    "wrong JSON": faultproxy.replace(200, body=[]),
    "trailing bytes": faultproxy.rewrite(lambda s, h, b: (s, h, b + b"{}")),
    "not UTF-8": faultproxy.rewrite(lambda s, h, b: (s, h, b.replace(b"hello", b"h\xff\xfelo"))),
    "half a body": faultproxy.truncate_body(),
    "half a head": faultproxy.truncate(30),
    "nothing": faultproxy.hang(),
    "closed": faultproxy.close_before_forwarding(),
    "reset": faultproxy.reset_before_forwarding(),
    "too short": faultproxy.wrong_length(-40),
    "too long": faultproxy.wrong_length(40),
    "dripping": faultproxy.slow(chunk=1, interval=0.2),
    "403": faultproxy.access_denied(),
    "429": faultproxy.throttled(0),
    "404": faultproxy.not_found("Function not found: arn:aws:lambda:us-east-1:000000000000:function:hello"),
}


@pytest.fixture
def mount_account(api, hello, proxy, make_mount):
    """mount_account(seconds): hello and other behind the proxy; changes and reading have so long."""

    def mount(deadline):
        aws.create_function(api, "other", versions=2, aliases={"PROD": 1})
        return make_mount(endpoint_url=proxy.url, ttl=0, timeout=deadline, read_timeout=deadline, rate=1000)

    return mount


@pytest.fixture
def account(mount_account, request):
    callspec = getattr(request.node, "callspec", None)
    silent = callspec and callspec.params.get("server") in SILENT
    return mount_account(SHORT_DEADLINE if silent else DEADLINE)


@pytest.fixture
def hasty_account(mount_account):
    return mount_account(SHORT_DEADLINE)


def tree(path):
    found = set()
    for directory, names, files in os.walk(path):
        found.update(os.path.relpath(os.path.join(directory, each), path) for each in names + files)
    return found


@pytest.mark.parametrize("server", BAD_SERVERS)
@pytest.mark.semantics("1.4.1")
def test_rsync_delete_deletes_nothing(account, proxy, scratch, server):
    """The whole account fails from now on: rsync fails, in time, and the backup is as it was."""
    mount, backup = account, scratch / "backup"
    mount.run("rsync", "-a", f"{mount.path}/", backup, check=True)
    before = tree(backup)
    assert "hello/PROD" in before
    proxy.rule(BAD_SERVERS[server])
    result = mount.run("rsync", "-a", "--delete", f"{mount.path}/", backup)
    assert not result.ok
    assert tree(backup) == before


@pytest.mark.parametrize("path", ["/aliases", "/versions", "/functions/hello"])
@pytest.mark.parametrize("server", ["500", "403", "half a body"])
def test_rsync_delete_deletes_nothing_when_one_call_fails(account, proxy, scratch, path, server):
    mount, backup = account, scratch / "backup"
    mount.run("rsync", "-a", f"{mount.path}/", backup, check=True)
    before = tree(backup)
    proxy.rule(BAD_SERVERS[server], path=path)
    result = mount.run("rsync", "-a", "--delete", f"{mount.path}/", backup)
    assert not result.ok
    assert tree(backup) == before


@pytest.mark.parametrize("path", ["aliases", "versions"])
def test_one_function_that_may_not_be_read_is_denied_alone(api, proxy, make_mount, scratch, path):
    """A policy that leaves out one function: its directory is EACCES, and the crawl goes on with the others."""
    names = [f"fn-{number}" for number in range(6)]
    for name in names:
        aws.create_function(api, name, versions=2, aliases={"PROD": 1})
    mount = make_mount(endpoint_url=proxy.url, ttl=3600, rate=1000)
    backup = scratch / "backup"
    mount.run("rsync", "-a", f"{mount.path}/", backup, check=True)
    before = tree(backup)
    for name in names:
        api.update_alias(FunctionName=name, Name="PROD", FunctionVersion="2")
    if path == "versions":  # the long list of all versions is not allowed either
        proxy.rule(
            faultproxy.access_denied(), path="/functions$", when=lambda r: "FunctionVersion" in r.query
        )
    proxy.rule(faultproxy.access_denied("lambda:List"), path=f"/functions/fn-2/{path}")
    mount.run("sh", "-c", f"echo > {mount.path}/.aliasfs/refresh", check=True)
    result = mount.run("rsync", "-a", "--delete", f"{mount.path}/", backup)
    assert result.rc == 23, str(result)  # "partial transfer due to error"
    assert "Permission denied" in result.stderr and "fn-2" in result.stderr
    assert tree(backup) == before
    moved = {name: os.readlink(backup / name / "PROD") for name in names}
    assert moved == {name: "1" if name == "fn-2" else "2" for name in names}
    with pytest.raises(PermissionError):
        os.listdir(mount.path / "fn-2")
    found = mount.run("find", mount.path, "-name", "PROD", "-type", "l")
    assert found.rc == 1 and "Permission denied" in found.stderr
    assert len(found.lines) == len(names) - 1
    proxy.clear()
    assert "PROD" in os.listdir(mount.path / "fn-2")


def test_a_function_that_is_gone_takes_no_other_with_it(account, proxy, scratch):
    mount, backup = account, scratch / "backup"
    mount.run("rsync", "-a", f"{mount.path}/", backup, check=True)
    before = tree(backup)
    proxy.rule(BAD_SERVERS["404"], path="/functions/hello")
    mount.run("rsync", "-a", "--delete", f"{mount.path}/", backup)
    assert {each for each in before if each.startswith("other")} <= tree(backup)


ERRNOS = {
    "403": errno.EACCES,
    "429": errno.EAGAIN,
    "500": errno.EREMOTEIO,
    "500 html": errno.EREMOTEIO,
    "no JSON": errno.EREMOTEIO,
    "half a body": errno.EREMOTEIO,
    "nothing": errno.ETIMEDOUT,
    "dripping": errno.ETIMEDOUT,
}


@pytest.mark.parametrize("server", ERRNOS)
@pytest.mark.quick_sanitized
@pytest.mark.semantics("1.4.1", "4.3.3", "5.2.1")
def test_an_error_is_one_true_errno_in_time(account, proxy, server):
    for path in (account.path, account.path / "hello"):
        rule = proxy.rule(BAD_SERVERS[server])
        with pytest.raises(OSError) as caught:
            os.listdir(path)
        assert os.strerror(caught.value.errno) == os.strerror(ERRNOS[server])
        proxy.remove(rule)
        assert os.listdir(path)


def test_a_refused_connection(account, proxy):
    proxy.refuse_connections()
    with pytest.raises(OSError) as caught:
        os.listdir(account.path)
    assert caught.value.errno == errno.ECONNREFUSED
    proxy.accept_connections()
    assert os.listdir(account.path) == ["hello", "other"]


def test_a_transient_failure_is_retried(account, proxy):
    for fault in (
        faultproxy.service_error(),
        faultproxy.throttled("0"),
        faultproxy.reset_before_forwarding(),
        faultproxy.html_error(503),
    ):
        proxy.clear()
        rule = proxy.rule(fault, times=1)
        assert os.listdir(account.path) == ["hello", "other"]
        assert rule.hits == 1


def test_a_failed_page_fails_the_listing(api, proxy, make_mount):
    aws.create_function(api, "many", versions=60)
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    proxy.rule(faultproxy.service_error(), path="/versions", when=lambda r: "Marker" in r.query)
    with pytest.raises(OSError) as caught:
        os.listdir(mount.path / "many")
    assert caught.value.errno == errno.EREMOTEIO


def test_an_endless_list_ends(hasty_account, proxy):
    """A NextMarker that never ends is a lie, not a list."""
    proxy.rule(
        faultproxy.replace(200, body={"Versions": [], "NextMarker": "again"}), path="/versions"
    )
    with pytest.raises(OSError) as caught:
        os.listdir(hasty_account.path / "hello")
    assert caught.value.errno in (errno.EREMOTEIO, errno.ETIMEDOUT)


def test_an_oversized_answer_is_refused(hasty_account, proxy):
    proxy.rule(faultproxy.oversized(100_000_000))
    with pytest.raises(OSError) as caught:
        os.listdir(hasty_account.path)
    assert caught.value.errno in (errno.EREMOTEIO, errno.ETIMEDOUT)


# --- mutations ------------------------------------------------------------------------------------------


def remap(mount, version="2"):
    return mount.run("ln", "-sfn", version, mount.path / "hello/PROD")


LOST = {
    "reset": faultproxy.reset_after_forwarding(),
    "closed": faultproxy.close_after_forwarding(),
    "500": faultproxy.service_error(forward=True),
    "garbage": faultproxy.garbage(forward=True),
    "half a body": faultproxy.truncate_body(),
}


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.quick_sanitized
@pytest.mark.semantics("4.3.1")
def test_a_lost_answer_of_a_remap_is_success_once(api, plane, account, proxy, fault):
    proxy.rule(LOST[fault], method="PUT", times=1)
    with plane.recording() as record:
        result = remap(account)
    assert result.ok, str(result)
    assert record.writes == ["UpdateAlias"], str(record)
    assert aws.alias_version(api, "hello", "PROD") == "2"
    assert os.readlink(account.path / "hello/PROD") == "2"


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_of_a_creation_is_success_once(api, plane, account, proxy, fault):
    proxy.rule(LOST[fault], method="POST", times=1)
    with plane.recording() as record:
        result = account.run("ln", "-s", "2", account.path / "hello/LIVE")
    assert result.ok, str(result)
    assert record.writes == ["CreateAlias"], str(record)
    assert aws.alias_version(api, "hello", "LIVE") == "2"


def test_a_request_that_never_arrived_is_sent_again(api, plane, account, proxy):
    proxy.rule(faultproxy.reset_before_forwarding(), method="PUT", times=1)
    with plane.recording() as record:
        assert remap(account).ok
    assert record.writes == ["UpdateAlias"]
    assert aws.alias_version(api, "hello", "PROD") == "2"


@pytest.mark.semantics("4.3.2", "4.3.3")
def test_an_update_that_never_answers_times_out_and_may_have_happened(api, hasty_account, proxy):
    rule = proxy.rule(faultproxy.hang(forward=True), method="PUT")
    silent = proxy.rule(faultproxy.hang(), path="/aliases", when=lambda request: rule.hits > 0)
    os.symlink("2", hasty_account.path / "hello/.x")
    with pytest.raises(TimeoutError):
        os.replace(hasty_account.path / "hello/.x", hasty_account.path / "hello/PROD")
    assert aws.alias_version(api, "hello", "PROD") == "2"
    proxy.remove(rule)
    proxy.remove(silent)
    (line,) = [
        line
        for line in (hasty_account.path / ".aliasfs/errors").read_text().splitlines()
        if "UpdateAlias" in line
    ]
    assert "may" in line
    assert os.readlink(hasty_account.path / "hello/PROD") == "2"


@pytest.mark.semantics("4.3.3")
@pytest.mark.parametrize("timeout, read_timeout", [(1, 40), (40, 1)])
def test_changes_and_reading_have_deadlines_of_their_own(
    api, hello, proxy, make_mount, timeout, read_timeout
):
    """Of one operation: the one with 40 s begins first and still waits when the other's time is up."""
    aws.create_function(api, "other", versions=2, aliases={"PROD": 1})
    mount = make_mount(endpoint_url=proxy.url, ttl=0, timeout=timeout, read_timeout=read_timeout)
    directory, other = (os.open(mount.path / name, os.O_RDONLY) for name in (hello, "other"))
    reading = proxy.rule(faultproxy.hang(), method="GET", path=f"/functions/{hello}/")
    changing = proxy.rule(faultproxy.hang(), method="POST", path="/functions/other/")

    def times_out(action):
        with pytest.raises(TimeoutError):
            action()

    operations = [
        (read_timeout, reading, lambda: os.listdir(directory)),
        (timeout, changing, lambda: os.symlink("2", "LIVE", dir_fd=other)),
    ]
    (_, _, shorter), (_, rule, longer) = sorted(operations, key=lambda each: each[0])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(longer)
        try:
            assert rule.wait_for_hits()
            times_out(shorter)
            assert not waiting.done()
        finally:
            proxy.clear()
            rule.release()
        waiting.result()  # sent again, it succeeds
    os.close(directory)
    os.close(other)


@pytest.mark.semantics("4.3.1")
def test_a_lost_answer_of_a_publication_is_one_version(api, plane, account, proxy):
    api.update_function_code(FunctionName="hello", ZipFile=aws.code("fresh"))
    proxy.rule(faultproxy.reset_after_forwarding(), method="POST", times=1)
    with plane.recording() as record:
        account.run("mkdir", account.path / "hello/+fix login", check=True)
    assert record.writes == ["PublishVersion"], str(record)
    assert (account.path / "hello/4").is_dir()
    assert not (account.path / "hello/5").exists()


# --- what the log says ----------------------------------------------------------------------------------


@pytest.mark.semantics("5.1.1")
def test_every_failure_has_one_line_with_what_aws_said(account, proxy):
    proxy.rule(faultproxy.access_denied("lambda:UpdateAlias"), method="PUT")
    assert not remap(account).ok
    lines = (account.path / ".aliasfs/errors").read_text().splitlines()
    (line,) = [line for line in lines if "UpdateAlias" in line]
    for part in (
        "-> PROD by ln",
        "AccessDeniedException",
        "is not authorized to perform: lambda:UpdateAlias",
        "fa017000-0000-4000-8000-00000000fa01",
        "403",
        f"uid {os.getuid()}",
    ):
        assert part in line, (part, line)
    logged = [each for each in account.log().splitlines() if "lambda:UpdateAlias" in each]
    assert len(logged) == 1, account.log()


@pytest.mark.semantics("5.1.2")
def test_no_secret_is_ever_told(api, account, proxy):
    api.update_function_configuration(
        FunctionName="hello", Environment={"Variables": {"TOKEN": "swordfish"}}
    )
    proxy.rule(faultproxy.access_denied(), method="PUT")
    remap(account)
    proxy.rule(faultproxy.truncate_body())
    with pytest.raises(OSError):
        os.listdir(account.path / "hello")
    told = account.log() + (account.path / ".aliasfs/errors").read_text()
    for secret in ("wJalrXUtnFEMI", "AKIAIOSFODNN7EXAMPLE", "swordfish", "Signature="):
        assert secret not in told


def test_the_error_file_is_bounded(account, proxy):
    proxy.rule(faultproxy.access_denied())
    for n in range(300):
        with pytest.raises(OSError):
            os.lstat(account.path / f"missing{n}")
    assert len((account.path / ".aliasfs/errors").read_text()) < 1_000_000


# --- interruption -----------------------------------------------------------------------------------------


@pytest.mark.semantics("4.3.4")
def test_ctrl_c_ends_a_read(account, proxy, make_mount):
    """A tool waiting for a server that does not answer can be interrupted: it would wait for ten minutes."""
    account = make_mount(endpoint_url=proxy.url, ttl=0, read_timeout=600)
    rule = proxy.rule(faultproxy.hang())
    tool = subprocess.Popen(
        ["/usr/bin/ls", str(account.path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert rule.wait_for_hits()
    tool.send_signal(signal.SIGINT)
    assert tool.wait(patience(20)) != 0
    proxy.remove(rule)
    wait_for(lambda: os.listdir(account.path) == ["hello", "other"], 20, "the mount goes on")


# Looks at a path while a timer goes off all the time, as git's does for its progress.
TIMED = """
import os, signal, sys
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
os.lstat(sys.argv[1])
"""


@pytest.mark.semantics("4.3.4")
def test_a_timer_does_not_end_a_read(account, proxy, make_mount):
    """git would take an interrupted look for a file that is not there."""
    account = make_mount(endpoint_url=proxy.url, ttl=0)
    proxy.rule(faultproxy.delay(1))
    account.run("/usr/bin/python3", "-c", TIMED, account.path / "hello/PROD", check=True)


@pytest.mark.semantics("4.3.4")
def test_ctrl_c_after_a_timer_ends_a_read(account, proxy, make_mount):
    """The kernel tells of a request's first signal alone."""
    account = make_mount(endpoint_url=proxy.url, ttl=0, read_timeout=600)
    rule = proxy.rule(faultproxy.hang())
    tool = subprocess.Popen(
        ["/usr/bin/python3", "-c", TIMED, account.path / "hello/PROD"], stderr=subprocess.PIPE, text=True
    )
    assert rule.wait_for_hits()
    time.sleep(0.5)  # for the timer
    assert tool.poll() is None
    tool.send_signal(signal.SIGINT)
    _, complaint = tool.communicate(timeout=patience(20))
    assert "KeyboardInterrupt" in complaint


@pytest.mark.semantics("4.3.5")
def test_ctrl_c_does_not_end_a_change(api, plane, account, proxy):
    """What was sent is waited for: the tool ends when its change has been answered, and not before."""
    rule = proxy.rule(faultproxy.delay(1), method="PUT")
    with plane.recording() as record:
        tool = subprocess.Popen(["/usr/bin/ln", "-sfn", "2", str(account.path / "hello/PROD")])
        assert rule.wait_for_hits()
        tool.send_signal(signal.SIGINT)
        tool.wait(patience(20))
    assert record.writes == ["UpdateAlias"]
    assert aws.alias_version(api, "hello", "PROD") == "2"
    assert os.readlink(account.path / "hello/PROD") == "2"
    assert (account.path / ".aliasfs/errors").read_text() == ""
