# SPDX-License-Identifier: MIT
"""Every tool's way of moving an alias to another version: one UpdateAlias, whatever the way."""

import os
import tarfile

from soak.model import Plan, State
from soak.table import gesture

UUTILS = "/usr/lib/cargo/bin/coreutils"
BUSYBOX, TOYBOX = "/usr/bin/busybox", "/usr/bin/toybox"

# {name: (the command's words, whether it removes the name before it makes it again)}; V is the version, P
# the alias's path, D its directory, N its name, L a link N -> V outside the mount, A an archive with one.
FORMS = {
    "ln -sfn": ("ln -sfn V P", False),
    "ln -sfT": ("ln -sfT V P", False),
    "ln -sf": ("ln -sf V P", False),
    "ln -sfnb": ("ln -sfnb V P", False),
    "busybox ln -sfn": (f"{BUSYBOX} ln -sfn V P", True),
    "busybox ln -sf": (f"{BUSYBOX} ln -sf V P", False),
    "toybox ln -sfn": (f"{TOYBOX} ln -sfn V P", False),
    "toybox ln -sf": (f"{TOYBOX} ln -sf V P", False),
    "uutils ln -sfn": (f"{UUTILS}/ln -sfn V P", True),
    "cp -a": ("cp -a L D/", True),
    "busybox cp -af": (f"{BUSYBOX} cp -af L D/", True),
    "toybox cp -a": (f"{TOYBOX} cp -a L D/", True),
    "rsync -a": ("rsync -a L D/", False),
    "rsync -rl --inplace": ("rsync -rl --inplace L D/", False),
    "rsync -ab": ("rsync -ab L D/", False),
    "tar -x": ("tar -xf A -C D", True),
    "tar -xU": ("tar -xUf A -C D", True),
    "busybox tar": (f"{BUSYBOX} tar -xf A -C D", True),
    "toybox tar": (f"{TOYBOX} tar -xf A -C D", True),
    "perl": ("perl -e unlink($ARGV[1])or+die($!);symlink($ARGV[0],$ARGV[1])or+die($!) V P", True),
    "rm; ln -s": ("sh -c rm+P2&&ln+-s+V2+P2 V P", True),
    "rm; sleep; ln -s": ("sh -c rm+P2&&sleep+0.2&&ln+-s+V2+P2 V P", True),
    "ln -s .t; mv -T": ("sh -c ln+-s+V2+P2.t&&mv+-T+P2.t+P2||{+rm+-f+P2.t;exit+1;} V P", False),
    "ln -s .t; busybox mv -T": (
        f"sh -c ln+-s+V2+P2.t&&{BUSYBOX}+mv+-T+P2.t+P2||{{+rm+-f+P2.t;exit+1;}} V P",
        False,
    ),
}


def fill_in(form, hand, name, version):
    """The argv of a form; in its words `+` is a blank, V2 and P2 are the positional parameters."""
    words = {"V": version, "P": hand.path(name), "D/": f"{hand.directory}/", "D": hand.directory}
    if " L " in form:
        words["L"] = outside_link(hand, name, version)
    if " A " in form:
        words["A"] = archive(hand, name, version)
    argv = [words.get(word, word.replace("+", " ")) for word in form.split(" ")]
    if argv[0] == "sh":
        argv[2] = argv[2].replace("V2", '"$0"').replace("P2.t", '"$1.t"').replace("P2", '"$1"')
    return [str(word) for word in argv]


def outside_link(hand, name, version):
    path = hand.scratch / "links" / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(version)
    return path


def archive(hand, name, version):
    path = hand.scratch / "link.tar"
    with tarfile.open(path, "w") as made:
        made.add(outside_link(hand, name, version), arcname=name)
    return path


def by_form(form, removes):
    def make(hand):
        name = hand.standing()
        if not name:
            return None
        version, state = hand.version(), hand.state(name)
        ways = [state.at(version)]
        if form.startswith("rsync") and (hand.is_stale(name) or version == state.version):
            ways.append(state)  # it leaves alone a link that is right already
        return Plan(
            fill_in(form, hand, name, version),
            after={name: ways},
            gap=(name,) if removes else (),
        )

    return make


for form_name, (words, removes_first) in FORMS.items():
    gesture(0.7, form_name)(by_form(words, removes_first))


@gesture(1.5, "python os.replace")
def python_replace(hand):
    name = hand.standing()
    if not name:
        return None
    version, path = hand.version(), hand.path(name)

    def act():
        os.symlink(version, f"{path}.tmp")
        try:
            os.replace(f"{path}.tmp", path)
        except OSError:
            os.unlink(f"{path}.tmp")
            raise

    return Plan(act, after={name: hand.state(name).at(version)})


@gesture(1.5, "python unlink, symlink")
def python_unlink(hand):
    name = hand.standing()
    if not name:
        return None
    version, path = hand.version(), hand.path(name)

    def act():
        os.unlink(path)
        os.symlink(version, path)

    return Plan(act, after={name: hand.state(name).at(version)}, gap=(name,))


@gesture(1)
def other_spelling(hand):
    """The same version, spelled in other ways, and another alias's name for where that points."""
    name, other = hand.standing(), hand.standing()
    if not name or name == other:
        return None
    version = hand.version()
    spelled = {
        f"./{version}": version,
        f"../{hand.function}/{version}": version,
        f"{hand.directory}/{version}": version,
        other: hand.state(other).version,
    }
    target = hand.random.choice(sorted(spelled))
    return Plan(
        ["ln", "-sfn", target, hand.path(name)],
        after={name: hand.state(name).at(spelled[target])},
    )


@gesture(1, "git checkout")
def git_checkout(hand):
    name, version = hand.standing(), hand.version(latest=False)
    if not name:
        return None
    return Plan(
        hand.git("checkout", "-q", "-f", hand.git_commit({name: version}), "--", name),
        after={name: hand.state(name).at(version)},
        gap=(name,),
    )


# --- making -----------------------------------------------------------------------------------


@gesture(3, "ln -s")
def create(hand):
    name, version = hand.absent(), hand.version()
    if not name:
        return None
    tool = hand.random.choice([["ln"], [BUSYBOX, "ln"], [TOYBOX, "ln"], [f"{UUTILS}/ln"]])
    return Plan([*tool, "-s", version, str(hand.path(name))], after={name: State(version)})


@gesture(2, "python os.symlink")
def python_create(hand):
    """The name stands in no command line: one that looks like a tool's may be held for a moment."""
    name, version = hand.absent(), hand.version()
    if not name:
        return None
    return Plan(
        lambda: os.symlink(version, hand.path(name)), after={name: State(version)}, deferred=True
    )


@gesture(1, "rsync -a of a backup")
def restore(hand):
    """A link comes back from a backup under a name that is not there."""
    name, version = hand.absent(), hand.version(latest=False)
    if not name:
        return None
    return Plan(
        ["rsync", "-a", str(outside_link(hand, name, version)), f"{hand.directory}/"],
        after={name: [State(version), None] if hand.is_stale(name) else State(version)},
    )
