# SPDX-License-Identifier: MIT
"""AWS's SDK for JavaScript, in the version that tests/plane/javascript/package.json pins."""

import fcntl
import json
import shutil

from lib.process import environment, run
from lib.programs import ROOT

PROGRAMS = ROOT / "tests/plane/javascript"


def install(directory, newest=False):
    """Has npm install it into the directory, unless that version is there. `newest`: what npm has today instead, always."""
    directory.mkdir(parents=True, exist_ok=True)
    package = json.loads((PROGRAMS / "package.json").read_text())
    if newest:
        package["dependencies"] = {name: "latest" for name in package["dependencies"]}
    wanted, installed = json.dumps(package), directory / "installed"
    with open(directory / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed.exists() and installed.read_text() == wanted and not newest:
            return
        assert shutil.which("npm", path="/usr/bin:/bin"), "npm is not installed (contrib/install test)"
        shutil.rmtree(directory / "node_modules", ignore_errors=True)
        (directory / "package-lock.json").unlink(missing_ok=True)
        (directory / "package.json").write_text(wanted)
        run("/usr/bin/npm", "install", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts",
            "--cache", directory / "cache", cwd=directory, timeout=600, check=True, env=environment(HOME=directory))
        installed.write_text(wanted)
