# SPDX-License-Identifier: MIT
"""Where the programs under test are: the build directory named by ALIASFS_BUILD, else build/."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def build_directory():
    return pathlib.Path(os.environ.get("ALIASFS_BUILD", ROOT / "build")).resolve()


def program(name):
    path = build_directory() / name
    assert path.exists(), f"{path} is not built: meson setup build && meson compile -C build"
    return path


def sanitizer():
    """"address", "thread" or "": what the programs were built with, as contrib/test says it."""
    return os.environ.get("ALIASFS_SANITIZER", "")


def patience(seconds):
    """A deadline for what must happen, which a machine under load or a sanitizer build can keep as well."""
    return seconds * (10 if sanitizer() else 3)
