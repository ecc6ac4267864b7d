# SPDX-License-Identifier: MIT
"""What must change nothing: refused gestures, and removals of whole trees."""

import contextlib
import os
import shutil

from soak.documents import KINDS
from soak.g_remap import BUSYBOX, TOYBOX, UUTILS
from soak.model import Plan
from soak.table import gesture


@gesture(2)
def never(hand):
    name = hand.standing() or "1"
    attempts = [
        ["rmdir", "1"],
        ["rm", "1/configuration.json"],
        ["ln", "-sT", "1", "77"],
        ["ln", "-sT", "99", "NEVER"],
        ["ln", "-sT", "/etc", "NEVER"],
        ["ln", "-sT", "2", "1/2"],
        ["mkdir", "NEVER"],
        ["touch", "NEVER"],
        ["ln", name, "NEVER"],
        ["mv", name, "123"],
        ["mv", "-T", name, "../common/MOVED"],
        ["cp", "/etc/hostname", "1/hostname"],
        ["sh", "-c", "echo x >NEVER"],
    ]
    return Plan(["env", "-C", str(hand.directory), *hand.random.choice(attempts)], outcome="refused")


@gesture(1)
def link_to_nothing(hand):
    """By a program that no name is held for (`app_canary` looks like toybox's)."""
    name = hand.absent()
    return name and Plan(lambda: os.symlink("99", hand.path(name)), outcome="refused", hidden=(name,))


@gesture(1, "rm; mkdir")
def remove_and_mkdir(hand):
    name = hand.standing()
    return name and Plan(
        ["sh", "-c", 'rm "$0" && mkdir "$0"', str(hand.path(name))],
        outcome="refused",
        hidden=(name,),
        gone_if_killed=(name,),
    )


@gesture(0.7, "rm; mkfifo")
def remove_and_mkfifo(hand):
    name = hand.standing()
    return name and Plan(
        ["sh", "-c", 'rm "$0" && mkfifo "$0"', str(hand.path(name))],
        outcome="refused",
        hidden=(name,),
        gone_if_killed=(name,),
    )


@gesture(0.7, "rm; echo >")
def remove_and_write(hand):
    name = hand.standing()
    return name and Plan(
        ["sh", "-c", 'rm "$0" && echo x >"$0"', str(hand.path(name))],
        outcome="refused",
        hidden=(name,),
        gone_if_killed=(name,),
    )


@gesture(0.7)
def remove_and_rename_from_elsewhere(hand):
    name = hand.standing()
    if not name:
        return None

    def act():
        os.unlink(hand.path(name))
        os.rename(hand.directory.parent / "common" / "1", hand.path(name))

    return Plan(act, outcome="refused", hidden=(name,), gone_if_killed=(name,))


@gesture(0.7, "shutil.move elsewhere")
def move_elsewhere(hand):
    name = hand.standing()
    if not name:
        return None
    target = str(hand.directory.parent / "common" / "MOVED")
    return Plan(
        lambda: shutil.move(str(hand.path(name)), target),
        outcome="refused",
        hidden=(name,),
    )


@gesture(0.5, "git checkout of a directory")
def git_directory(hand):
    name = hand.standing()
    if not name:
        return None
    commit = hand.git_commit({f"{name}/file": None})
    return Plan(
        hand.git("checkout", "-q", "-f", commit, "--", name),
        outcome="either",
        hidden=(name,),
        gone_if_killed=(name,),
    )


# --- whole trees ------------------------------------------------------------------------------


def everything(hand):
    return tuple(hand.model.entries)


@gesture(0.6, "rm -rf")
def remove_tree(hand):
    tools = [
        ["rm", "-rf"],
        [BUSYBOX, "rm", "-rf"],
        [TOYBOX, "rm", "-rf"],
        [f"{UUTILS}/rm", "-rf"],
    ]
    argv = [*hand.random.choice(tools), str(hand.directory)]
    if hand.random.random() < 0.2:
        argv = ["find", str(hand.directory), "-delete"]
    return Plan(argv, outcome="either", hidden=everything(hand))


def links_first(directory):
    """What shutil.rmtree of Python 3.13 does: it removes the links, then enters the directories."""
    entries = list(os.scandir(directory))
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(OSError):
                links_first(entry.path)
    with contextlib.suppress(OSError):
        os.rmdir(directory)


@gesture(0.4, "shutil.rmtree of Python 3.13")
def remove_tree_links_first(hand):
    # Killed before it comes to a version, it has removed the links and nothing more: as asked.
    names = everything(hand)
    return Plan(lambda: links_first(hand.directory), outcome="either", hidden=names, gone_if_killed=names)


@gesture(0.4, "shutil.rmtree")
def remove_tree_python(hand):
    return Plan(
        lambda: shutil.rmtree(hand.directory, ignore_errors=True),
        outcome="either",
        hidden=everything(hand),
    )


@gesture(0.3, "rsync -aL there and back")
def rsync_followed(hand):
    """A backup that followed the links: each alias is a directory in it.

    What the mount shows late would be put back (rsync's receiver opens what it replaces, and so has seen it): not then.
    """
    documents = hand.worker.judge.documents
    if any(map(hand.is_stale, hand.model.entries)) or any(documents.is_stale(name, hand.mount) for name in KINDS):
        return None
    copy = hand.scratch / "followed"
    script = 'rm -rf "$1" && rsync -aL "$0/" "$1/" && rsync -a "$1/" "$0/"'
    names = everything(hand)
    command = ["sh", "-c", script, str(hand.directory), str(copy)]
    return Plan(command, outcome="either", hidden=names, gone_if_killed=names)


@gesture(0.3, "toybox cp -rf of a directory")
def copy_directory_over(hand):
    name = hand.standing()
    if not name:
        return None
    copy = hand.scratch / "directories" / name
    copy.mkdir(parents=True, exist_ok=True)
    (copy / "file").write_text("x")
    tool = hand.random.choice([[TOYBOX, "cp", "-rf"], [BUSYBOX, "cp", "-rf"], ["cp", "-rf"]])
    command = [*tool, str(copy), f"{hand.directory}/"]
    return Plan(command, outcome="either", hidden=(name,), gone_if_killed=(name,))
