# SPDX-License-Identifier: MIT
"""The program around the filesystem: its command line, background, signals, and both kinds of SOURCE."""

import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from lib import aws, faultproxy
from lib.mount import mounted
from lib.process import Service, run, wait_for
from lib.programs import patience, program


@pytest.fixture
def background(make_mount):
    """background(source, …): a Mount that is started with daemonise()."""
    return lambda *words, **named: make_mount(*words, start=False, **named)


def is_gone(pid):
    return not os.path.exists(f"/proc/{pid}")


def daemons_of(mount):
    """The pids of processes whose command line names this mountpoint: only ours can."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read().split(b"\0")
        except OSError:
            continue
        if os.fsencode(mount.path) in arguments and arguments[0].endswith(b"aliasfs"):
            found.append(int(pid))
    return found


@pytest.mark.quick_sanitized
def test_in_the_background_it_returns_when_the_mount_stands(hello, background):
    mount = background()
    result = mount.daemonise()
    assert result.ok, str(result)
    assert result.stdout == "" and result.stderr == ""
    assert mounted(mount.path)
    assert os.listdir(mount.path) == [hello]
    (pid,) = daemons_of(mount)
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    assert os.getsid(pid) != os.getsid(0)
    for number in (0, 1, 2):
        assert os.readlink(f"/proc/{pid}/fd/{number}") == "/dev/null"
    mount.unmount()
    wait_for(lambda: is_gone(pid), 10, "the daemon has ended")


def test_sigterm_in_the_background_unmounts(hello, background):
    mount = background()
    assert mount.daemonise().ok
    (pid,) = daemons_of(mount)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not mounted(mount.path), 10, "it is unmounted")
    wait_for(lambda: is_gone(pid), 10, "the daemon has ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_in_the_foreground_unmount(hello, make_mount, number):
    mount = make_mount()
    mount.service.process.send_signal(number)
    assert mount.service.wait_for_exit(10) == 0
    assert not mounted(mount.path)


def test_a_signal_before_the_mount_is_complete_unmounts(plane, hello, make_mount, ordinary_user, scratch):
    """libfuse has mount(8) write into /etc/mtab, where that is a file (newer ones into /run/mount/utab), and waits for it."""
    if os.getuid() != 0:
        pytest.skip("needs root, to put a script in the place of mount(8)")
    began, go_on, etc = scratch / "began", scratch / "go on", scratch / "etc"
    script = scratch / "mount"
    script.write_text(f"#!/bin/sh\ntouch '{began}'\nwhile [ -e '{began}' ] && ! [ -e '{go_on}' ]; do sleep 0.02; done\n")
    script.chmod(0o755)
    inside = ordinary_user.root_prefix
    run("cp", "-a", "/etc", etc, check=True)
    (etc / "mtab").unlink(missing_ok=True)
    (etc / "mtab").touch()
    for new, place in ((etc, "/etc"), (script, "/usr/bin/mount")):
        run(*inside, "mount", "--bind", new, place, check=True)
    mount = make_mount(start=False)
    mount.prefix = inside
    mount.service = Service(mount.command_line("-f"), scratch / "log", mount.environment())
    wait_for(began.exists, 20, "mount(8) runs")
    mount.service.process.send_signal(signal.SIGINT)
    time.sleep(0.3)  # nothing happens
    assert mount.service.is_running()
    go_on.touch()
    assert mount.service.wait_for_exit(10) == 0, mount.log()
    assert "Interrupted" not in mount.log()
    assert not mounted(mount.path, inside)
    mount.service = None


# What is wrong, and what the one message about it says.
WRONG = {
    "403": (faultproxy.access_denied(), ["AccessDeniedException", "lambda:ListFunctions"]),
    "expired": (faultproxy.expired_token(), ["expired"]),
    "500": (faultproxy.service_error(), ["ServiceException", "fa017000-0000-4000-8000-00000000fa01"]),
    "garbage": (faultproxy.garbage(), []),
    "no Lambda": (faultproxy.replace(200, {"content-type": "text/html"}, "<html>hi</html>"), []),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("how", ["background", "foreground"])
def test_it_never_mounts_what_does_not_answer(proxy, background, wrong, how):
    fault, texts = WRONG[wrong]
    proxy.rule(fault)
    mount = background(endpoint_url=proxy.url)
    if how == "background":
        result = mount.daemonise()
    else:
        result = run(
            *mount.command_line("-f"), env=mount.environment(), cwd=mount.directory, timeout=60
        )
    assert result.rc > 0, str(result)
    assert not mounted(mount.path)
    assert len(result.stderr.strip().splitlines()) <= 3, result.stderr
    assert result.stderr.startswith("aliasfs: ")
    for text in texts:
        assert text in result.stderr
    assert daemons_of(mount) == []


def test_a_refused_connection_and_a_silent_server(proxy, background):
    proxy.refuse_connections()
    refused = background(endpoint_url=proxy.url).daemonise()
    assert refused.rc > 0 and "refused" in refused.stderr.lower()
    proxy.accept_connections()
    proxy.rule(faultproxy.hang())
    silent = background(endpoint_url=proxy.url, timeout=3, read_timeout=3).daemonise()
    assert silent.rc > 0 and "timed out" in silent.stderr


def test_no_credentials_are_said_so(background, scratch):
    environment = aws.environment(HOME=scratch, AWS_EC2_METADATA_DISABLED="true")
    mount = background(env=environment)
    result = mount.daemonise()
    assert result.rc > 0
    assert "credentials" in result.stderr.lower(), result.stderr
    assert not mounted(mount.path)


def test_a_bad_mountpoint(plane, scratch):
    environment = aws.credentials_environment(scratch)
    (scratch / "file").write_text("")
    for place in (scratch / "nowhere", scratch / "file"):
        result = run(
            program("aliasfs"), "aws", place, "-o", f"endpoint_url={plane.url}", env=environment
        )
        assert result.rc > 0
        assert str(place) in result.stderr, result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["aws"],
        ["aws", "MNT", "more"],
        ["nonsense", "MNT"],
        ["local:", "MNT"],
        ["aws", "MNT", "-o", "nonsense"],
        ["aws", "MNT", "-o", "ttl=abc"],
        ["aws", "MNT", "-o", "ttl=-1"],
        ["aws", "MNT", "-o", "ttl=5x"],
        ["aws", "MNT", "-o", "rate=0.0.0"],
        ["aws", "MNT", "-o", "timeout=99999999999999999999"],
        ["--nonsense"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_refused_by_name(scratch, arguments):
    (scratch / "MNT").mkdir()
    result = run(
        program("aliasfs"), *arguments, cwd=scratch, env=aws.credentials_environment(scratch), timeout=20
    )
    assert result.rc > 0, str(result)
    assert result.stderr, "no word about what is wrong"
    assert not mounted(scratch / "MNT")
    wrong = next((each for each in arguments if "=" in each or each.startswith("non")), None)
    if wrong:
        assert wrong.partition("=")[0] in result.stderr, result.stderr


@pytest.mark.parametrize("argument", ["--help", "-h", "--version", "-V"])
def test_help_and_version_are_on_standard_output(argument):
    result = run(program("aliasfs"), argument)
    assert result.rc == 0 and result.stdout and not result.stderr
    assert "aliasfs" in result.stdout
    for program_name in ("lambda-plane",):
        result = run(program(program_name), "--help")
        assert result.rc == 0 and "--state" in result.stdout


def test_fstab_words_are_taken(hello, make_mount):
    """What mount(8) and systemd pass along is no error."""
    mount = make_mount(None, "rw", "nodev", "nosuid", "_netdev", "noauto", "nofail", "x-systemd.automount")
    assert os.listdir(mount.path) == [hello]


def test_the_mount_table_tells_what_it_is(hello, mount):
    line = mounted(mount.path)
    assert " fuse.aliasfs " in line
    result = mount.run("findmnt", "-t", "fuse.aliasfs", mount.path, check=True)
    assert str(mount.path) in result.stdout


def test_a_dead_mounts_place_can_be_mounted_again(hello, mount):
    """After a crash nothing but fusermount3 -u is needed."""
    mount.kill()
    assert not mounted(mount.path)
    mount.start()
    assert os.listdir(mount.path) == [hello]


def test_requests_do_not_hang_when_it_dies(hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url)
    rule = proxy.rule(faultproxy.hang())
    tool = subprocess.Popen(["/usr/bin/ls", str(mount.path / hello)], stderr=subprocess.DEVNULL)
    assert rule.wait_for_hits()
    mount.kill()
    assert tool.wait(patience(10)) != 0


def test_unmounting_does_not_wait_for_a_silent_server(hello, proxy, make_mount):
    mount = make_mount(endpoint_url=proxy.url, read_timeout=600)
    rule = proxy.rule(faultproxy.hang())
    tool = subprocess.Popen(["/usr/bin/ls", str(mount.path / hello)], stderr=subprocess.DEVNULL)
    assert rule.wait_for_hits()
    mount.service.process.terminate()
    assert mount.service.wait_for_exit(15) == 0
    tool.wait(patience(10))
    wait_for(lambda: not mounted(mount.path), 10, "it is unmounted")


# --- local:DIR --------------------------------------------------------------------------------------------


@pytest.mark.quick_sanitized
def test_local_serves_a_directory_that_is_not_there_yet(make_mount, scratch):
    mount = make_mount(f"local:{scratch}/account")
    assert os.listdir(mount.path) == []
    assert (scratch / "account/lambda.db").exists()


def test_local_and_a_plane_serve_one_directory(plane, api, make_mount):
    mount = make_mount(f"local:{plane.state}")
    aws.create_function(api, "shared", versions=2, aliases={"PROD": 1})
    mount.run("/bin/sh", "-c", f"echo > {mount.path}/.aliasfs/refresh", check=True)
    assert os.listdir(mount.path) == ["shared"]
    with plane.recording() as record:
        mount.run("ln", "-sf", "2", mount.path / "shared/PROD", check=True)
    assert record.writes == ["UpdateAlias"]
    assert record.calls == {}, "the mount talks to its own server"
    assert aws.alias_version(api, "shared", "PROD") == "2"


def test_what_local_wrote_is_there_for_the_next(api, plane, make_mount):
    aws.create_function(api, "kept", versions=2, aliases={"PROD": 1})
    mount = make_mount(f"local:{plane.state}")
    mount.run("ln", "-sfn", "2", mount.path / "kept/PROD", check=True)
    mount.unmount()
    again = make_mount(f"local:{plane.state}")
    assert os.readlink(again.path / "kept/PROD") == "2"


def test_no_other_user_reaches_locals_socket(make_mount, scratch):
    mount = make_mount(f"local:{scratch}/account")
    pid = mount.service.pid
    sockets = set()
    for number in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{number}")
        match = re.fullmatch(r"socket:\[(\d+)\]", target)
        if match:
            sockets.add(match.group(1))
    paths = []
    with open("/proc/net/unix") as table:
        for line in table.read().splitlines()[1:]:
            parts = line.split()
            if parts[6] in sockets and len(parts) > 7 and parts[3] == "00010000":
                paths.append(parts[7])
    assert len(paths) == 1, paths
    if not paths[0].startswith("@"):
        directory, own = os.stat(os.path.dirname(paths[0])), os.stat(paths[0])
        assert own.st_uid == os.getuid()
        assert not own.st_mode & 0o077 or not directory.st_mode & 0o077
    else:
        pytest.fail("an abstract socket can be reached by every user")
    mount.unmount()
    assert not os.path.exists(paths[0]), "the socket was left behind"


@pytest.fixture
def runtime(scratch):
    """(directory, environment): a runtime directory of one's own, where local's sockets are made."""
    directory = scratch / "run"
    directory.mkdir()
    return directory, aws.environment(HOME=scratch, XDG_RUNTIME_DIR=directory)


def test_a_left_socket_is_removed_and_nothing_else(make_mount, scratch, runtime):
    """What looks like a left-over but is a link leads to a file of another user."""
    directory, environment = runtime
    (directory / "aliasfs-local-2000000001-Left00").mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(directory / "aliasfs-local-2000000001-Left00/socket"))
    (scratch / "other").mkdir()
    (scratch / "other/socket").touch()
    (directory / "aliasfs-local-2000000002-Link00").symlink_to(scratch / "other")
    mount = make_mount(f"local:{scratch}/account", env=environment)
    assert (scratch / "other/socket").exists()
    assert not (directory / "aliasfs-local-2000000001-Left00").exists()
    mount.unmount()


def test_a_socket_with_a_listener_stays(make_mount, scratch, runtime):
    """Its process may be in another PID namespace, where its number is not seen."""
    directory, environment = runtime
    living = directory / "aliasfs-local-2000000001-Live00"
    living.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(living / "socket"))
        listening.listen()
        mount = make_mount(f"local:{scratch}/account", env=environment)
        assert (living / "socket").exists()
        mount.unmount()


def test_other_users_cannot_read_what_local_keeps(make_mount, scratch):
    """The database holds the environment variables, also in a directory that was there before."""
    (scratch / "account").mkdir(mode=0o755)
    mount = make_mount(f"local:{scratch}/account")
    assert os.listdir(mount.path) == []
    modes = {path.name: path.stat().st_mode & 0o077 for path in (scratch / "account").iterdir()}
    assert "lambda.db" in modes and not any(modes.values()), modes


@pytest.mark.parametrize("state", ["mnt", "mnt/account"])
def test_local_is_not_mounted_over_what_it_keeps(background, state):
    """Its server would look for its own files in the mount."""
    mount = background("local:account")
    mount.source = f"local:{mount.directory}/{state}"
    result = mount.daemonise()
    assert result.rc == 6 and "hide" in result.stderr, result
    assert not mounted(mount.path)


def test_local_needs_no_credentials_and_no_network(make_mount, scratch):
    mount = make_mount(f"local:{scratch}/account", env=aws.environment(HOME=scratch))
    assert os.listdir(mount.path) == []
    with open("/proc/net/tcp") as table:
        listening = {line.split()[9] for line in table.read().splitlines()[1:] if line.split()[3] == "0A"}
    own = {
        os.readlink(f"/proc/{mount.service.pid}/fd/{number}")
        for number in os.listdir(f"/proc/{mount.service.pid}/fd")
    }
    assert not {f"socket:[{inode}]" for inode in listening} & own


def test_a_profile_and_its_region(plane, hello, make_mount, scratch):
    """Credentials, region and endpoint from the files that the aws CLI reads."""
    home = scratch / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws/credentials").write_text(
        "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = secret\n"
    )
    (home / ".aws/config").write_text("[profile work]\nregion = us-east-1\n")
    environment = aws.environment(HOME=home, AWS_EC2_METADATA_DISABLED="true")
    mount = make_mount("aws", env=environment, profile="work", endpoint_url=plane.url)
    assert os.listdir(mount.path) == [hello]


def test_the_region_of_the_source_is_signed(hello, proxy, make_mount):
    make_mount("aws:eu-west-3", endpoint_url=proxy.url)
    assert "/eu-west-3/lambda/aws4_request" in proxy.requests()[0].headers["authorization"]


def test_a_port_that_is_taken_is_said_so(scratch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run(
            program("lambda-plane"), "--state", scratch / "s", "--listen", f"127.0.0.1:{port}", timeout=20
        )
    assert result.rc > 0 and result.stderr


@pytest.mark.quick_sanitized
def test_many_threads_walk_at_once(api, make_mount):
    """Parallel walks, remaps and refreshes: no wrong answer, and nothing for a thread sanitizer to find."""
    for name in ("one", "two", "three"):
        aws.create_function(api, name, versions=3, aliases={"PROD": 1, "BETA": 2})
    mount = make_mount(ttl=1, rate=1000)
    stop = threading.Event()
    failures = []

    def until_stopped(action):
        try:
            while not stop.is_set():
                action()
        except Exception as error:
            failures.append(repr(error))

    def walk():
        for name in ("one", "two", "three"):
            seen = [each for _, names, files in os.walk(mount.path / name) for each in names + files]
            assert seen.count("configuration.json") == 4
            assert "PROD" in os.listdir(mount.path / name)

    def remap(name):
        for version in "231":
            path = mount.path / name / "PROD"
            mount.run("ln", "-sfn", version, path, check=True)
            assert os.readlink(path) == version

    threads = [
        threading.Thread(target=until_stopped, args=(action,))
        for action in (
            walk,
            walk,
            lambda: remap("one"),
            lambda: remap("two"),
            lambda: (mount.path / ".aliasfs/refresh").write_text("\n"),
        )
    ]
    for thread in threads:
        thread.start()
    stop.wait(3)
    stop.set()
    for thread in threads:
        thread.join(patience(60))
    assert failures == []
