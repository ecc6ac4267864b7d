# SPDX-License-Identifier: MIT
"""The commands that a README or a manual page shows, in their order, with what it shows of their output."""

import dataclasses
import re

from lib.programs import ROOT

# What a reader runs in a clone of the repository, with apt and a compiler: contrib/distros-test does it in a chroot.
OF_A_CLONE = re.compile(r"(contrib/(?!demo --(?:stay|end))|meson |ninja |sudo |apt )")
HEREDOC = re.compile(r"<<'?(\w+)'?")


@dataclasses.dataclass
class Command:
    place: str  # "README.md:13"
    text: str  # several lines where it has a here-document
    output: list = dataclasses.field(default_factory=list)

    @property
    def is_of_a_clone(self):
        return bool(OF_A_CLONE.match(self.text))


def plain_text(roff):
    """A line of a manual page's example as it is printed."""
    return re.sub(r"\\f[RBIP]|\\&", "", roff).replace("\\-", "-").replace("\\e", "\\")


def blocks(path):
    """(number of the first line, [line]) of each block that shows commands: fenced, indented, or between .nf and .fi."""
    found, lines, end = [], path.read_text().splitlines(), None
    for number, line in enumerate(lines, 1):
        if end:
            if line.strip() == end:
                end = None
            else:
                found[-1][1].append(plain_text(line) if end == ".fi" else line)
        elif line.strip().startswith("```"):
            found.append((number + 1, []))
            end = "```"
        elif line == ".nf":
            found.append((number + 1, []))
            end = ".fi"
        elif line.startswith("    ") and path.suffix == ".md":
            if lines[number - 2].strip():
                if found and found[-1][0] + len(found[-1][1]) == number:
                    found[-1][1].append(line[4:])
            else:
                found.append((number, [line[4:]]))
    return found


def commands(path):
    """[Command]. In a fenced block and in a manual page a command starts with "$ "; an indented block is one script."""
    path = ROOT / path
    name, found = (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name), []
    for first, lines in blocks(path):
        if path.read_text().splitlines()[first - 1].startswith("    "):
            found.append(Command(f"{name}:{first}", "\n".join(lines)))
            continue
        rest = None  # what ends the command's last line: a here-document's word, or a backslash
        for number, line in enumerate(lines, first):
            if rest:
                found[-1].text += f"\n{line}"
                rest = None if line == rest or (rest == "\\" and not line.endswith("\\")) else rest
            elif line.startswith("$ "):
                found.append(Command(f"{name}:{number}", line[2:]))
                heredoc = HEREDOC.search(line)
                rest = heredoc.group(1) if heredoc else "\\" if line.endswith("\\") else None
            elif found and lines[0].startswith("$ "):
                found[-1].output.append(line)
    return found
