# SPDX-License-Identifier: MIT
"""How it starts and ends: exit statuses, what stands in the way, signals, what the log says."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from lib import aws, faultproxy
from lib.mount import mounted
from lib.process import run, wait_for
from lib.programs import patience, program

USAGE, CREDENTIALS, NETWORK, PERMISSION, MOUNTPOINT, TIMEOUT = 2, 3, 4, 5, 6, 7


@pytest.fixture
def attempt(make_mount):
    """attempt(**options): a start in the background that is to fail; gives its Result."""

    def start(*words, **named):
        named = {"timeout": 3, "read_timeout": 3, **named}
        mount = make_mount(*words, start=False, **named)
        result = mount.daemonise()
        assert not result.ok and not mounted(mount.path), str(result)
        assert result.stdout == "" and result.stderr.startswith("aliasfs: "), str(result)
        return result

    return start


# --- exit statuses, each with its message ---------------------------------------------------------


@pytest.mark.parametrize(
    "fault, status, words",
    [
        (faultproxy.access_denied(), PERMISSION, ["access denied", "lambda:ListFunctions", "request"]),
        (faultproxy.expired_token(), CREDENTIALS, ["credentials expired", "renew"]),
        (faultproxy.aws_error(403, "UnrecognizedClientException", "The security token included in the request is invalid."), CREDENTIALS, ["credentials refused", "check the profile"]),
        (faultproxy.garbage(), NETWORK, ["bad answer"]),
        (faultproxy.hang(), TIMEOUT, ["timed out"]),
    ],
    ids=["denied", "expired", "refused", "garbage", "silent"],
)
def test_the_exit_status_tells_what_failed(proxy, attempt, fault, status, words):
    proxy.rule(fault)
    result = attempt(endpoint_url=proxy.url)
    assert result.rc == status, str(result)
    for word in [*words, proxy.url, aws.REGION]:
        assert word in result.stderr, str(result)


def test_no_credentials(attempt, scratch):
    result = attempt(env=aws.environment(HOME=scratch, AWS_EC2_METADATA_DISABLED="true"))
    assert result.rc == CREDENTIALS
    assert "no AWS credentials were found" in result.stderr
    assert "AWS_ACCESS_KEY_ID" in result.stderr  # what to do


def test_no_server_listens(attempt):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        result = attempt(endpoint_url=f"http://127.0.0.1:{free.getsockname()[1]}")
    assert result.rc == NETWORK and "connection refused" in result.stderr, str(result)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["aws", "m", "-o", "tll=3"], "did you mean 'ttl'"),
        (["aws", "m", "--umask=9"], "octal"),
        (["aws"], "MOUNTPOINT"),
    ],
)
def test_usage(scratch, arguments, message):
    (scratch / "m").mkdir()
    result = run(program("aliasfs"), *arguments, cwd=scratch)
    assert result.rc == USAGE and message in result.stderr, str(result)


def test_a_missing_mountpoint(scratch):
    result = run(program("aliasfs"), "aws", "nowhere", cwd=scratch)
    assert result.rc == MOUNTPOINT and "mkdir" in result.stderr, str(result)
    (scratch / "file").touch()
    result = run(program("aliasfs"), "aws", "file", cwd=scratch)
    assert result.rc == MOUNTPOINT and "not a directory" in result.stderr, str(result)


# --- the command line, for real -------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    [["-o", "ttl=60,umask=0077"], ["--ttl=60", "--umask=0077"], ["--ttl", "60", "--umask", "0077"]],
    ids=" ".join,
)
def test_every_spelling_mounts(hello, make_mount, spelling):
    mount = make_mount(arguments=spelling)
    assert os.stat(mount.path / hello).st_mode & 0o777 == 0o700


def test_relative_paths_are_those_of_the_caller(hello, plane, make_mount):
    """The daemon's working directory is / afterwards; what was named relatively is still found."""
    mount = make_mount(start=False)
    (mount.directory / "config").write_text(f"[default]\nregion = {aws.REGION}\n")
    (mount.directory / "credentials").write_text(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
    )
    result = run(
        program("aliasfs"),
        "aws",
        "mnt",
        f"--endpoint-url={plane.url}",
        "--config-file=config",
        "--credentials-file",
        "credentials",
        cwd=mount.directory,
        env=aws.environment(HOME="/nonexistent", AWS_EC2_METADATA_DISABLED="true"),
    )
    assert result.ok, str(result)
    assert os.listdir(mount.path) == [hello]


def test_without_a_home(hello, make_mount):
    """systemd and fstab give no HOME, no PATH, nothing."""
    mount = make_mount(
        env={
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )
    assert os.listdir(mount.path) == [hello]


# --- what stands in the way -----------------------------------------------------------------------


@pytest.mark.parametrize("how", ["background", "foreground"])
def test_a_dead_mount_is_cleared(hello, make_mount, how):
    """"Transport endpoint is not connected": the next start clears it away by itself."""
    mount = make_mount()
    mount.service.kill()
    mount.service = None
    assert mounted(mount.path)
    with pytest.raises(OSError):
        os.listdir(mount.path)
    if how == "foreground":
        mount.start()
    else:
        result = mount.daemonise()
        assert result.ok, str(result)
        assert "dead mount" in result.stderr
    wait_for(lambda: run("ls", mount.path).stdout == "hello\n", 10, "it stands again")
    table = pathlib.Path("/proc/self/mountinfo").read_text()
    assert table.count(f" {mount.path} ") == 1


def test_an_ordinary_users_dead_mount_is_cleared(hello, make_mount, ordinary_user):
    mount = make_mount(user=ordinary_user)
    mount.service.kill()
    mount.service = None
    assert mounted(mount.path, mount.prefix)
    mount.start()
    wait_for(lambda: mount.run("ls", mount.path).stdout == "hello\n", 10, "it stands again")


@pytest.mark.parametrize(
    "prepare, words",
    [
        (["chmod", "600", "/dev/fuse"], ["you may not open /dev/fuse", "chmod 666"]),
        (["mount", "--bind", "/dev/null", "/usr/bin/fusermount3"], ["fusermount3 is missing", "apt install fuse3"]),
        (["chown", "0:0", "{path}"], ["you have no write access to the mountpoint"]),
    ],
    ids=["device", "fusermount3", "mountpoint"],
)
def test_what_an_ordinary_user_lacks_is_named(hello, make_mount, ordinary_user, prepare, words):
    if os.getuid() != 0:
        pytest.skip("needs root, to take it away")
    mount = make_mount(user=ordinary_user, start=False)
    command = [word.format(path=mount.path) for word in prepare]
    run(*ordinary_user.root_prefix, *command, check=True)
    result = mount.daemonise()
    assert result.rc == MOUNTPOINT, str(result)
    for word in words:
        assert word in result.stderr, str(result)


def test_a_living_mount_is_not_mounted_over(hello, make_mount):
    mount = make_mount()
    result = mount.daemonise()
    assert result.rc == MOUNTPOINT, str(result)
    assert "mounted there already" in result.stderr
    assert os.listdir(mount.path) == [hello]


def test_of_starts_at_the_same_moment_one_mounts(hello, proxy, make_mount):
    """They all find nothing there, wait for AWS, and go on together."""
    mount = make_mount(start=False, endpoint_url=proxy.url)
    listing = proxy.rule(faultproxy.delay(60), method="GET", path="/functions")
    starts = [
        subprocess.Popen(
            [str(word) for word in mount.command_line()],
            env=mount.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert listing.wait_for_hits(4)
    proxy.remove(listing)
    ends = [(start.wait(patience(30)), start.stderr.read()) for start in starts]
    for start in starts:
        start.stderr.close()
    assert sorted(code for code, _ in ends) == [0, *[MOUNTPOINT] * 3], ends
    assert all("mounted there already" in text for code, text in ends if code), ends
    assert os.listdir(mount.path) == [hello]
    mount.unmount()
    assert not mounted(mount.path), "another mount was below"


def test_an_autofs_placeholder_is_tolerated(hello, make_mount):
    """What x-systemd.automount leaves under the mountpoint: looking at it must not set it off."""
    if os.getuid() != 0:
        pytest.fail("this needs root")
    mount = make_mount(start=False)
    read_end, write_end = os.pipe()
    options = f"fd={write_end},pgrp={os.getpid()},minproto=5,maxproto=5,direct"
    script = (
        "import ctypes, os, sys; os.setpgid(0, 0);"
        "libc = ctypes.CDLL(None, use_errno=True);"
        "options = sys.argv[2].replace('PGRP', str(os.getpgid(0))).encode();"
        "r = libc.mount(b'placeholder', sys.argv[1].encode(), b'autofs', 0, options);"
        "sys.exit(ctypes.get_errno() if r else 0)"
    )
    placeholder = subprocess.run(
        ["/usr/bin/python3", "-c", script, str(mount.path), options.replace(str(os.getpid()), "PGRP")],
        pass_fds=[write_end],
        check=False,
    )
    assert placeholder.returncode == 0, os.strerror(placeholder.returncode)
    try:
        assert " autofs " in mounted(mount.path)
        result = mount.daemonise(timeout=15)
        assert result.ok, str(result)
        table = pathlib.Path("/proc/self/mountinfo").read_text()
        types = re.findall(rf" {mount.path} .* - (\S+) ", table)
        assert types == ["autofs", "fuse.aliasfs"]
        os.set_blocking(read_end, False)
        with pytest.raises(BlockingIOError):
            os.read(read_end, 1)  # no request reached the automounter
        assert os.listdir(mount.path) == [hello]
        mount.unmount()
    finally:
        run("umount", "-l", mount.path)
        os.close(read_end)
        os.close(write_end)


# --- the background -------------------------------------------------------------------------------


def test_when_the_caller_goes_the_mount_does_too(proxy, hello, make_mount):
    """Ctrl-C while it starts: no mount may appear afterwards."""
    mount = make_mount(start=False, endpoint_url=proxy.url)
    rule = proxy.rule(faultproxy.delay(3600))
    starting = subprocess.Popen(
        [str(each) for each in mount.command_line()],
        env=mount.environment(),
        cwd=mount.directory,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    assert rule.wait_for_hits()
    children = pathlib.Path(f"/proc/{starting.pid}/task/{starting.pid}/children").read_text().split()
    starting.send_signal(signal.SIGINT)
    assert starting.wait(patience(10)) != 0
    (daemon,) = children
    rule.release()
    wait_for(lambda: not os.path.exists(f"/proc/{daemon}"), 15, "the daemon has gone too")
    assert not mounted(mount.path)


# --- signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("threads", [(), ("-s",)], ids=["threads", "one"])
def test_pending_deletes_are_done_at_the_end(plane, hello, make_mount, number, threads):
    mount = make_mount(delete_grace=60, arguments=threads)
    (mount.path / hello / "PROD").unlink()
    assert aws.aliases_of(plane.api, hello) == {"PROD": "1", "BETA": "2"}
    mount.service.process.send_signal(number)
    assert mount.service.wait_for_exit(15) == 0
    assert aws.aliases_of(plane.api, hello) == {"BETA": "2"}


def test_hup_reads_the_credentials_again(hello, make_mount, scratch):
    """A key that was written into the file meanwhile signs from then on, without a failure before."""
    home = scratch / "home"
    (home / ".aws").mkdir(parents=True)

    def write(key):
        (home / ".aws/credentials").write_text(
            f"[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n"
        )

    write("AKIAIOSFODNN7FIRST00")
    mount = make_mount(ttl=0, env=aws.environment(HOME=home, AWS_EC2_METADATA_DISABLED="true"))
    identity = mount.path / ".aliasfs/identity"
    assert "FIRST00" not in identity.read_text() and "ST00" in identity.read_text()
    write("AKIAIOSFODNN7SECOND1")
    mount.service.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "OND1" in identity.read_text(), 10, "the new key is in use")
    assert os.listdir(mount.path) == [hello]
    assert mount.service.is_running()


def test_usr1_dumps_the_state(hello, make_mount):
    mount = make_mount()
    os.listdir(mount.path / hello)
    mount.service.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: "aliasfs_api_calls_total" in mount.log(), 10, "the state is in the log")
    assert 'operation="ListFunctions"' in mount.log()
    assert mount.service.is_running()


def test_usr2_cycles_the_level(hello, make_mount):
    mount = make_mount()
    for level in ("debug", "error", "warning", "info", "debug"):
        seen = mount.log().count(f"the log level is now {level}")
        mount.service.process.send_signal(signal.SIGUSR2)
        wait_for(
            lambda: mount.log().count(f"the log level is now {level}") > seen, 10, level
        )


# --- the log --------------------------------------------------------------------------------------


def test_one_line_when_mounted_and_one_when_unmounted(plane, hello, make_mount):
    mount = make_mount()
    mount.unmount()
    lines = (mount.directory / "aliasfs-0.log").read_text().splitlines()
    assert len(lines) == 2, lines
    version = run(program("aliasfs"), "--version").stdout.split()[1]
    for line, word in zip(lines, ("is mounted on", "is unmounted from")):
        assert line.startswith("aliasfs: ")
        for part in (version, plane.url, aws.REGION, str(mount.path), word, "environment"):
            assert part in line


def test_priorities_under_the_journal(hello, make_mount, scratch):
    """With JOURNAL_STREAM naming standard error, each line begins with its priority."""
    mount = make_mount(start=False)
    log = scratch / "journal"
    with open(log, "wb") as stderr:
        status = os.fstat(stderr.fileno())
        service = subprocess.Popen(
            [str(each) for each in mount.command_line("-f")],
            env={**mount.environment(), "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"},
            cwd=mount.directory,
            stderr=stderr,
        )
    try:
        wait_for(lambda: mounted(mount.path), 10, "it is mounted")
        run("ln", "-s", "77", mount.path / hello / "WRONG")
    finally:
        service.terminate()
        assert service.wait(patience(20)) == 0
    lines = log.read_text().splitlines()
    assert lines and all(re.match(r"<[3467]>", line) for line in lines), lines
    assert lines[0].startswith("<6>aliasfs ")
    assert any(line.startswith("<4>SYMLINK hello/WRONG") for line in lines), lines


def test_secrets_are_never_logged(hello, make_mount, scratch):
    """A debug run with everything that may go wrong holds neither key nor token nor a value."""
    secret, token = "wJalrXUtnFEMIxK7MDENGxbPxRfiCYSECRET", "IQoJb3JpZ2luX2VjTOKENTOKENTOKEN"
    mount = make_mount(
        arguments=["-d"],
        ttl=0,
        rate=1000,
        env=aws.environment(
            HOME=scratch,
            AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE",
            AWS_SECRET_ACCESS_KEY=secret,
            AWS_SESSION_TOKEN=token,
            AWS_EC2_METADATA_DISABLED="true",
        ),
    )
    function = mount.path / hello
    assert "correct horse" in (function / "1/environment.json").read_text()
    run("ln", "-sfn", "2", function / "PROD")
    run("readlink", function / "PROD")
    run("ln", "-sfn", "99", function / "PROD")
    run("rm", "-r", function)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        mount.service.process.send_signal(number)
    inside = "".join(
        (mount.path / ".aliasfs" / name).read_text()
        for name in ("errors", "stats", "audit", "identity", "version")
    )
    run("cat", function / "configuration.json")
    mount.unmount()
    text = (mount.directory / "aliasfs-0.log").read_text() + inside
    assert "LOOKUP" in text and "READLINK" in text  # it was a debug run
    for value in (secret, token, "correct horse", "AKIAIOSFODNN7EXAMPLE", "Signature=", "Credential="):
        assert value not in text, value


# --- systemd --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_is_told(hello, make_mount, scratch, kind):
    name = str(scratch / "notify") if kind == "path" else f"\0aliasfs-test-{os.getpid()}-{time.time_ns()}"
    mount = make_mount(start=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(name)
        listener.settimeout(patience(20))
        environment = mount.environment()
        mount.environment = lambda: {**environment, "NOTIFY_SOCKET": name.replace("\0", "@")}
        mount.start()
        ready = listener.recv(4096).decode()
        assert ready.startswith("READY=1\nSTATUS=") and str(mount.path) in ready
        assert mounted(mount.path)
        mount.terminate()
        stopping = listener.recv(4096).decode()
        assert stopping.startswith("STOPPING=1")


def test_a_notify_socket_without_a_reader_is_no_trouble(hello, make_mount, scratch):
    mount = make_mount(start=False)
    environment = mount.environment()
    mount.environment = lambda: {**environment, "NOTIFY_SOCKET": str(scratch / "nobody")}
    mount.start()
    assert os.listdir(mount.path) == [hello]


def test_units_are_clean(scratch):
    """systemd-analyze verify has nothing to say."""
    directory = scratch / "units"
    directory.mkdir()
    bindir = scratch / "bin"
    bindir.mkdir()
    for name in ("aliasfs", "aliasfs-backup"):
        (bindir / name).symlink_to("/bin/true")
    source = pathlib.Path(__file__).resolve().parents[2] / "contrib/systemd"
    for path in source.iterdir():
        if path.suffix == ".md":
            continue
        text = path.read_text().replace("@bindir@", str(bindir))
        (directory / path.name.removesuffix(".in")).write_text(text)
    (directory / "aliasfs-user@.service").rename(scratch / "aliasfs@.service")
    instance = {"aliasfs@.service", "aliasfs-backup@.service", "aliasfs-backup@.timer"}
    for path in sorted(directory.iterdir()):
        name = path.name.replace("@.", "@production.") if path.name in instance else path.name
        result = run(
            "systemd-analyze",
            "verify",
            "--man=no",
            "--recursive-errors=no",
            directory / name,
            env=aws.environment(SYSTEMD_UNIT_PATH=f"{directory}:", SYSTEMD_LOG_LEVEL="warning"),
        )
        assert result.ok and not result.stderr, f"{name}: {result}"
    user = run(
        "systemd-analyze",
        "verify",
        "--user",
        "--man=no",
        "--recursive-errors=no",
        scratch / "aliasfs@production.service",
        env=aws.environment(HOME=scratch, XDG_RUNTIME_DIR=scratch, SYSTEMD_UNIT_PATH=f"{scratch}:"),
    )
    assert user.ok and not user.stderr, str(user)


def test_reading_the_control_files_never_waits(proxy, hello, make_mount):
    """`watch cat` on them goes on while the network hangs."""
    mount = make_mount(endpoint_url=proxy.url, ttl=0)
    # The kernel lets only one first lookup at a time into a directory: .aliasfs is known from here on.
    os.stat(mount.path / ".aliasfs")
    rule = proxy.rule(faultproxy.hang())
    hanging = threading.Thread(target=lambda: run("ls", mount.path / hello, timeout=50), daemon=True)
    hanging.start()
    assert rule.wait_for_hits()
    for name in ("errors", "stats", "audit", "identity", "version", "refresh"):
        (mount.path / ".aliasfs" / name).read_bytes()
        assert hanging.is_alive(), name
    assert mount.terminate() == 0
    mount.service = None
    hanging.join(patience(10))
