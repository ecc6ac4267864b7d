# SPDX-License-Identifier: MIT
"""mount(8) and fstab, for real: in a mount namespace of the test's own with the helper in /sbin."""

import os
import signal
import subprocess

import pytest

from lib import aws
from lib.process import run, wait_for
from lib.programs import ROOT, program

HELPER = ROOT / "contrib/mount.aliasfs"


class Machine:
    """A private mount namespace whose /usr/sbin has mount.aliasfs and whose /usr/bin has aliasfs."""

    def __init__(self, directory):
        self.directory = directory
        for name in ("sbin", "bin", "mnt"):
            (directory / name).mkdir()
        (directory / "sbin/mount.aliasfs").write_bytes(HELPER.read_bytes())
        (directory / "sbin/mount.aliasfs").chmod(0o755)
        (directory / "sbin/mount.fuse.aliasfs").symlink_to("mount.aliasfs")
        (directory / "bin/aliasfs").symlink_to(program("aliasfs"))
        self.mountpoint = directory / "mnt"
        self.fstab = directory / "fstab"
        script = """
            for part in sbin bin; do
                mount -t overlay overlay -o "lowerdir=$1/$part:/usr/$part" "/usr/$part" || exit 1
            done
            echo ready
            exec sleep infinity
        """
        self._holder = subprocess.Popen(
            ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh", directory],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._holder.stdout.readline() == b"ready\n"

    def run(self, *argv, env=None, **named):
        return run(
            "/usr/bin/nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", "--", *argv,
            env=env or aws.environment(), cwd="/", **named,
        )

    def close(self):
        self.run("umount", self.mountpoint)
        self._holder.send_signal(signal.SIGKILL)
        self._holder.wait()
        self._holder.stdout.close()


@pytest.fixture
def machine(scratch, fuse_device):
    assert os.getuid() == 0, "these tests need root"
    made = Machine(scratch)
    yield made
    made.close()


@pytest.fixture
def files(scratch):
    (scratch / "config").write_text("[profile production]\nregion = us-east-1\n")
    (scratch / "credentials").write_text(
        "[production]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
    )
    return f"profile=production,config_file={scratch}/config,credentials_file={scratch}/credentials"


@pytest.mark.parametrize("kind", ["aliasfs", "fuse.aliasfs"])
def test_a_line_of_fstab(plane, hello, machine, files, kind):
    machine.fstab.write_text(
        f"aws:us-east-1 {machine.mountpoint} {kind} "
        f"noauto,nofail,_netdev,user,nosuid,nodev,noatime,x-systemd.automount,comment=x,"
        f"endpoint_url={plane.url},{files} 0 0\n"
    )
    # At boot there is neither HOME nor PATH nor anything else.
    mounted = machine.run("/usr/bin/mount", "-T", machine.fstab, machine.mountpoint, env={"LC_ALL": "C"})
    assert mounted.ok and mounted.stderr == "", str(mounted)
    assert machine.run("ls", machine.mountpoint).stdout == f"{hello}\n"
    assert machine.run("ln", "-sfn", "2", machine.mountpoint / hello / "PROD").ok
    assert aws.alias_version(plane.api, hello, "PROD") == "2"
    found = machine.run("findmnt", "-n", "-o", "SOURCE,FSTYPE", "-t", "fuse.aliasfs", machine.mountpoint)
    assert found.stdout.split() == ["aws:us-east-1", "fuse.aliasfs"], str(found)
    options = machine.run("findmnt", "-n", "-o", "OPTIONS", machine.mountpoint).stdout
    assert "nosuid" in options and "nodev" in options and "noatime" in options
    # A second `mount -a` does not mount it twice.
    machine.run("mount", "-T", machine.fstab, "-a")
    assert len(machine.run("findmnt", "-n", "-t", "fuse.aliasfs", machine.mountpoint).lines) == 1
    assert machine.run("umount", machine.mountpoint).ok
    assert machine.run("ls", machine.mountpoint).stdout == ""


def test_read_only(plane, hello, machine, files):
    result = machine.run(
        "mount", "-r", "-t", "aliasfs", "-o", f"endpoint_url={plane.url},{files}", "aws", machine.mountpoint
    )
    assert result.ok, str(result)
    refused = machine.run("ln", "-sfn", "2", machine.mountpoint / hello / "PROD")
    assert not refused.ok and "Read-only" in refused.stderr


@pytest.mark.parametrize(
    "options, status, words",
    [
        ("tll=3", 1, "did you mean 'ttl'"),
        ("endpoint_url=http://127.0.0.1:1", 32, "connection refused"),
        ("profile=nobody", 32, "nobody"),
    ],
)
def test_exit_statuses_are_mounts(machine, files, options, status, words):
    result = machine.run(
        "mount", "-t", "aliasfs", "-o", f"{files},{options}", "aws:us-east-1", machine.mountpoint
    )
    assert result.rc == status and words in result.stderr, str(result)


def test_the_words_of_a_helper(plane, hello, machine, files):
    """-s, -n, -v, -f and -N as mount(8) and systemd pass them; -f mounts nothing."""
    helper = machine.directory / "sbin/mount.aliasfs"
    options = ["-o", f"endpoint_url={plane.url},{files}"]
    result = machine.run(helper, "aws", machine.mountpoint, "-sfnv", *options)
    assert result.ok and "aliasfs aws" in result.stdout
    assert machine.run("ls", machine.mountpoint).stdout == ""
    result = machine.run(helper, "aws", machine.mountpoint, "-s", "-n", "-t", "fuse.aliasfs", *options)
    assert result.ok, str(result)
    assert machine.run("ls", machine.mountpoint).stdout == f"{hello}\n"
    assert machine.run(helper, "aws").rc == 1
    assert machine.run(helper, "aws", "/mnt", "--nonsense").rc == 1


def test_a_directory_called_like_the_source(plane, hello, machine, files):
    """mount(8) makes a path of a source that happens to exist; the helper takes it back."""
    (machine.directory / "aws").mkdir()
    helper = machine.directory / "sbin/mount.aliasfs"
    result = machine.run(
        helper, machine.directory / "aws", machine.mountpoint, "-o", f"endpoint_url={plane.url},{files}"
    )
    assert result.ok, str(result)
    wait_for(lambda: machine.run("ls", machine.mountpoint).stdout == "hello\n", 10, "mounted")
