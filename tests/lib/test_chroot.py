# SPDX-License-Identifier: MIT
"""What the chroots of contrib/distros-test and contrib/package-test take from this machine."""

import pytest

from lib import chroot


@pytest.fixture
def apt(monkeypatch, tmp_path):
    """apt(name, output): a program of that name prints this."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def fake(name, output):
        (tmp_path / "output").write_text(output)
        (tmp_path / name).write_text(f"#!/bin/sh\ncat {tmp_path}/output\n")
        (tmp_path / name).chmod(0o755)

    return fake


def test_the_mirror_is_the_first_of_debian_that_apt_uses(apt):
    apt("apt-get", "other http://other.example/\nDebian-Security http://s.example/\nDebian http://d.example/debian/\n")
    assert chroot.mirror() == "http://d.example/debian/"


def test_without_one_the_mirror_is_debians_own(apt):
    apt("apt-get", "other http://other.example/\n")
    assert chroot.mirror() == chroot.DEFAULT_MIRROR


def test_apt_reaches_its_mirror_as_it_does_here(apt):
    apt("apt-config", 'APT "";\nAcquire::http::Proxy "http://p.example";\nAcquire::Check-Date "0";\nDir "/";\n')
    assert chroot.apt_settings() == 'Acquire::http::Proxy "http://p.example";\nAcquire::Check-Date "0";\n'


def test_a_missing_debootstrap_is_loud(monkeypatch):
    monkeypatch.setattr(chroot.os, "getuid", lambda: 0)
    monkeypatch.setattr(chroot.shutil, "which", lambda name, path: None)
    with pytest.raises(SystemExit, match="debootstrap is not installed: NOTHING IS TESTED"):
        chroot.enter_mount_namespace()
