# SPDX-License-Identifier: MIT
"""What a gesture may ask when it makes its plan: where it acts, and what there is to act on."""

import os
import pathlib
import subprocess
import time

from lib.process import environment

# Younger than this an alias counts as made here (2.1.6), older than the second it does not; between them
# the clock decides.
BORN_FOR, BORN_SURELY_OVER = 50, 75


class Hand:
    def __init__(self, worker, mount, function):
        self.worker = worker
        self.mount = mount
        self.function = function
        self.directory = pathlib.Path(worker.config["mounts"][mount]) / function
        self.random = worker.random
        self.model = worker.judge.model
        self.account = worker.account
        self.scratch = worker.scratch
        self.functions = worker.config["functions"]
        self.ttl = worker.config["ttl"] + 1

    # What there is

    def path(self, name):
        return self.directory / name

    def state(self, name):
        return self.model.entries[name].state

    def standing(self, suits=lambda state: True):
        names = [name for name in self.model.standing() if suits(self.state(name))]
        return self.random.choice(names) if names else None

    def absent(self):
        names = self.model.absent()
        return self.random.choice(names) if names else None

    def version(self, latest=True):
        if latest and self.random.random() < 0.1:
            return "$LATEST"
        return str(self.random.randint(1, min(4, self.model.versions)))

    def is_stale(self, name, compared=False):
        """Whether the mount may still show an older state; `compared`: or may not have shown the description yet."""
        if compared and self.model.entries[name].described_by != self.mount:
            return True
        return self.model.is_stale(name, self.mount, time.monotonic(), self.ttl)

    def generation(self):
        """Changes when its mount has gone or come."""
        return self.worker.weather.generation(self.mount)

    def versions_are_stale(self):
        changed_by, changed_at = self.model.versions_changed
        return changed_by != self.mount and time.monotonic() - changed_at < self.ttl

    def is_born(self, name):
        """Whether this mount made the alias a moment ago and nothing else changed it since; None: who knows."""
        entry = self.model.entries[name]
        if not entry.born:
            return False
        mount, generation, moment = entry.born
        age = time.monotonic() - moment
        if age > BORN_SURELY_OVER:
            return False
        if mount == -1:
            return None
        if mount != self.mount or generation != self.worker.weather.generation(mount):
            return False
        return True if age < BORN_FOR and entry.changed_by == mount else None

    # Programs

    def run(self, argv):
        return self.worker.runner.run(argv)

    def git(self, *words):
        self.forget_index()
        return ["git", f"--git-dir={self.scratch / 'git'}", f"--work-tree={self.directory}", *words]

    def forget_index(self):
        """What it knows of the work tree; and the lock of a git that was killed."""
        for name in ("index", "index.lock"):
            (self.scratch / "git" / name).unlink(missing_ok=True)

    def git_commit(self, links):
        """A commit whose tree holds these links, and a small file where the target is None; its name."""
        tree = self.scratch / "tree"
        git = ["git", f"--git-dir={self.scratch / 'git'}", f"--work-tree={tree}"]
        quiet = {"env": environment(HOME=self.scratch), "check": True, "stdout": subprocess.PIPE}
        name = "-".join(f"{link.replace('/', '.')}.{target or ''}".strip(".$") for link, target in links.items())
        if name in self.worker.judge.commits:
            return name
        subprocess.run(["rm", "-rf", tree], check=True)
        for link, target in links.items():
            (tree / link).parent.mkdir(parents=True, exist_ok=True)
            if target is None:
                (tree / link).write_text("x\n")
            else:
                os.symlink(target, tree / link)
        if not self.worker.judge.commits:
            subprocess.run([*git, "init", "-q"], **quiet)
        self.forget_index()
        subprocess.run([*git, "add", "-A"], **quiet)
        identity = ["-c", "user.name=soak", "-c", "user.email=soak@localhost"]
        tree_name = subprocess.run([*git, "write-tree"], **quiet).stdout.decode().strip()
        commit = subprocess.run([*git, *identity, "commit-tree", "-m", name, tree_name], **quiet)
        subprocess.run([*git, "update-ref", f"refs/heads/{name}", commit.stdout.decode().strip()], **quiet)
        self.worker.judge.commits.add(name)
        return name
