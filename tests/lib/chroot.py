# SPDX-License-Identifier: MIT
"""A Debian of any release in a directory: made by debootstrap, from the mirror that apt uses here."""

import os
import pathlib
import shutil
import subprocess
import sys

DEFAULT_MIRROR = "http://deb.debian.org/debian"
RELEASES = ["bookworm", "trixie", "sid"]


def enter_mount_namespace():
    """Starts this script again where its mounts end with it."""
    if os.getuid() != 0:
        sys.exit(f"{sys.argv[0]}: needs root (chroot, mounts)")
    if shutil.which("debootstrap", path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
        sys.exit(f"{sys.argv[0]}: debootstrap is not installed: NOTHING IS TESTED (apt install debootstrap)")
    if not os.environ.get("ALIASFS_MOUNT_NAMESPACE"):
        os.environ["ALIASFS_MOUNT_NAMESPACE"] = "1"
        unshare = ["unshare", "--mount", "--propagation", "private"]
        os.execvp("unshare", [*unshare, sys.executable, "-B", *sys.argv])
    drop_mounts_of_aliasfs()


def drop_mounts_of_aliasfs():
    """They have come along into this namespace: an aliasfs that is unmounted outside would never end."""
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split(" ")
        if kind == "fuse.aliasfs":
            subprocess.run(["umount", "-l", place.encode().decode("unicode_escape")], check=False)


def mirror():
    """The first mirror of Debian's main archive that apt uses here."""
    command = ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in result.stdout.splitlines():
        label, _, uri = line.rpartition(" ")
        if label == "Debian":
            return uri
    return DEFAULT_MIRROR


def apt_settings():
    """How apt reaches its mirror here: proxies, timeouts, what it checks."""
    dump = subprocess.run(["apt-config", "dump"], stdout=subprocess.PIPE, text=True, check=True).stdout
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
    return "".join(f"{line}\n" for line in dump.splitlines() if line.startswith(wanted))


class Chroot:
    """A minimal Debian in `directory`, made where there is none yet."""

    def __init__(self, directory, release):
        self.root = pathlib.Path(directory)
        self.release = release

    def make(self):
        done = self.root / "etc/aliasfs-chroot"
        if not done.exists():
            shutil.rmtree(self.root, ignore_errors=True)
            self.root.mkdir(parents=True)
            command = ["debootstrap", "--variant=minbase", self.release, self.root, mirror()]
            log = self.root.with_suffix(".log")
            with open(log, "w") as output:
                result = subprocess.run([str(each) for each in command], stdout=output, stderr=output)
            if result.returncode != 0:
                sys.exit(f"{log.read_text()[-4000:]}\ndebootstrap {self.release} failed")
            log.unlink()
            done.touch()
        (self.root / "etc/apt/apt.conf.d/90aliasfs").write_text(apt_settings())
        # It need not survive a power cut: dpkg unpacks without fsync.
        (self.root / "etc/dpkg/dpkg.cfg.d/90aliasfs").write_text("force-unsafe-io\n")
        self.copy_network_settings()
        # Its root is a mount, as everywhere: unshare(1) wants one.
        subprocess.run(["mount", "--bind", self.root, self.root], check=True)
        for kind, place in (("proc", "proc"), ("sysfs", "sys")):
            subprocess.run(["mount", "-t", kind, kind, self.root / place], check=True)
        (self.root / "dev/fuse").touch()
        for place in ("/dev/pts", "/dev/fuse"):
            if pathlib.Path(place).exists():
                subprocess.run(["mount", "--bind", place, f"{self.root}{place}"], check=True)
        return self

    def copy_network_settings(self):
        """This machine's own name, its resolver, and the authorities that its administrator trusts."""
        for each in ("etc/resolv.conf", "etc/hosts"):
            shutil.copy(f"/{each}", self.root / each)
        trusted = pathlib.Path("usr/local/share/ca-certificates")
        if ("/" / trusted).is_dir():
            shutil.copytree("/" / trusted, self.root / trusted, dirs_exist_ok=True)
        if (self.root / "usr/sbin/update-ca-certificates").exists():  # else it is run when it is installed
            self.run("update-ca-certificates", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def unmount(self):
        """Ends its mount and all below; what is gone already is no trouble."""
        for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
            place = line.split(" ")[4]
            if place == str(self.root) or place.startswith(f"{self.root}/"):
                subprocess.run(["umount", "-l", place], check=False)

    def run(self, *argv, environment=None, cwd="/", own_namespace=False, **named):
        """subprocess.run() inside; fails unless check=False. In a mount namespace of its own, the chroot is what nsenter(1)
        finds there too, and mounts end with the command."""
        named.setdefault("check", True)
        variables = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        }
        inside = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', cwd, *argv]
        enter = ["chroot", str(self.root)]
        if own_namespace:
            pivot = 'cd "$0" && pivot_root . . && umount -l . && exec "$@"'
            enter = ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", pivot, str(self.root)]
        return subprocess.run([*enter, *map(str, inside)], env=variables, **named)

    def output(self, *argv, **named):
        return self.run(*argv, stdout=subprocess.PIPE, text=True, **named).stdout

    def install(self, *packages):
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
        self.run(*command, stdout=subprocess.DEVNULL)
