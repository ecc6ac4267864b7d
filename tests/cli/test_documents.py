# SPDX-License-Identifier: MIT
"""Every command that a README or a manual page shows is run as it stands there, in a world of its own.

The world is a namespace of mounts, processes and network: the ports and directories that the documents name are free
in it. What takes a clone, apt and a compiler is run by contrib/distros-test instead, in fresh chroots.
"""

import re
import shlex
import shutil

import pytest

from lib import aws, documents
from lib.process import run
from lib.programs import ROOT, program



def run_here(name):
    """The commands of a document that take no clone."""
    return [each for each in documents.commands(name) if not each.is_of_a_clone]


PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "contrib/man").glob("*.[18]"))
DOCUMENTS = [*filter(run_here, ["README.md", "contrib/README.md", "backend/local/README.md", *PAGES])]

# The account that the documents speak of stands behind aws:eu-west-1.
WORLD = """
set -e
ip link set lo up
mount -t tmpfs none /mnt
mount -t tmpfs none /var/tmp
mkdir /mnt/lambda
await_port()
{{
	for _ in $(seq 600); do
		! (: < "/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
		sleep 0.05
	done
	echo "nothing listens at port $1" >&2
	return 1
}}
lambda-plane --state {state} --region eu-west-1 --listen 127.0.0.1:9000 >plane.log 2>&1 &
await_port 9000
"""


@pytest.fixture
def world(fuse_device, make_plane, scratch):
    """world(script): runs bash over it in a directory with code.zip and handler.py in it and the programs on the PATH."""
    plane = make_plane("--region", "eu-west-1")
    aws.create_function(plane.api, "helloworld", versions=2, aliases={"BETA": 2, "PROD": 1})
    aws.create_function(plane.api, "hello", versions=3, aliases={"PROD": 1})
    home = scratch / "home"
    (home / "bin").mkdir(parents=True)
    for name in ("aliasfs", "lambda-plane"):
        shutil.copy(program(name), home / "bin")
    shutil.copy(ROOT / "contrib/aliasfs-backup", home / "bin")
    (home / "contrib").symlink_to(ROOT / "contrib")
    (home / "code.zip").write_bytes(aws.code())
    (home / "handler.py").write_text("def handler(event, context):\n    return event\n")
    services = {f"AWS_ENDPOINT_URL_{name}": "http://127.0.0.1:9000" for name in ("LAMBDA", "CLOUDTRAIL")}
    variables = aws.credentials_environment(home, **services)
    variables["PATH"] = f"{home}/bin:{variables['PATH']}"
    variables["ALIASFS_BUILD"] = str(program("aliasfs").parent)  # contrib/demo builds nothing

    def enter(script):
        text = WORLD.format(state=shlex.quote(str(plane.state))) + script
        kinds = ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = ["/usr/bin/unshare", *kinds, "--propagation", "private", "bash", "-c", text]
        return run(*command, env=variables, cwd=home, timeout=120)

    return enter


def script(commands):
    """Each command after a line that names its place; one in the background is waited for at its port."""
    lines = []
    for command in commands:
        lines += [f"echo '@@ {command.place}'"]
        for line in command.text.split("\n"):
            port = re.search(r"127\.0\.0\.1:(\d+) &$", line)
            lines += [line, *([f"await_port {port.group(1)}"] if port else [])]
    return "\n".join(lines)


def comparable(line):
    """A line without what differs from day to day."""
    return re.sub(r"([A-Z][a-z]{2} +\d+|\d{4}-\d\d-\d\d) \d\d:\d\d(:\d\d)?", "DATE", line)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_does_what_it_shows(world, document):
    commands = run_here(document)
    result = world(script(commands))
    assert result.ok, f"{document}: the command after the last @@ failed\n{result}"
    parts = result.stdout.split("@@ ")[1:]
    assert len(parts) == len(commands)
    for command, part in zip(commands, parts):
        place, *shown = part.splitlines()
        assert place == command.place
        if command.output and not any("..." in line for line in command.output):
            assert [*map(comparable, shown)] == [*map(comparable, command.output)], command.place


def test_the_documents_have_commands():
    """So that a change of their form does not take their tests away."""
    assert {"README.md", "backend/local/README.md", "contrib/man/aliasfs.1"} <= set(DOCUMENTS)
    assert [each.text for each in documents.commands("README.md") if each.text.startswith("meson setup")]


def test_a_document_is_read_as_a_reader_reads_it(scratch):
    path = scratch / "x.md"
    path.write_text(
        "Text\n\n```console\n$ one \\\n  more\nshown\n$ two <<'END'\nin\nEND\n```\n\n```\nno command\n```\n\n    a\n    b\n"
    )
    read = [(each.text, each.output) for each in documents.commands(path)]
    assert read == [("one \\\n  more", ["shown"]), ("two <<'END'\nin\nEND", []), ("a\nb", [])]
