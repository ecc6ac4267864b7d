# SPDX-License-Identifier: MIT
"""Writing documents with tools that keep a backup of what they replace, and after a colleague has written."""

import time

from soak.documents import COUNT, Write, is_whole, shown
from soak.g_document import FORMS, break_by, choose, content_of, shell
from soak.model import Plan
from soak.table import gesture

# How $2/new comes in the place of $1, and the old text to a backup.
BACKUPS = {
    "cp -b": 'cp -b "$2/new" "$1"',
    "cp --backup=numbered": 'cp --backup=numbered "$2/new" "$1"',
    "install -b": 'install -b -m 600 "$2/new" "$1"',
    "mv -b": 'cp "$2/new" "$2/$1" && mv -b "$2/$1" "$1"',
    "rename -b": 'cat "$2/new" >"$3" && mv -b "$3" "$1"',
    "rsync --backup": 'cp "$2/new" "$2/$1" && rsync -aI --backup "$2/$1" .',
}
RACES = [*FORMS.values(), *BACKUPS.values(), 'rm "$1" && cp "$2/new" "$1"']
# GNU's number it where there is a numbered one already.
NUMBERED = 'b=$(ls -A | grep -F "$1.~" | sort -V | tail -1); : "${b:=$1~}"'
PLAIN = 'b="$1~"'
# Exits 0 when the tool was not refused, or the document is not there after its refusal.
OR_GONE = '|| { [ -e "$1" ] && exit 1; exit 0; }'
# The tool waits until the colleague has written.
MEANWHILE = 'cat "$1" >"$2/seen" && : >"$2/read" && until [ -e "$2/written" ]; do sleep 0.02; done'
READS_SOON = 10  # seconds in which it has read, or a storm keeps it from that


def keep_by(script, find):
    """The backup is what the mount showed."""
    script = f'rm -f "$2/backup"; {{ {script}; }} || exit; {find}; cat "$b" >"$2/backup"; :'

    def make(hand):
        document, number = choose(hand)
        if not document:
            return None
        judge = hand.worker.judge.documents
        wanted, stale = judge.state(document), judge.is_stale(document, hand.mount)
        backup = hand.scratch / "documents" / "backup"

        def check(out):
            data = backup.read_bytes() if backup.exists() else b""
            found = shown(document, data)
            if found == wanted or (stale and (not data or is_whole(found))):
                return ""
            return f"the backup of {document} is {found} instead of {wanted}"

        argv = shell(hand, document, script, "", content_of(hand, document, number))
        write = Write(document, str(number), reads=True, hides=True)
        return Plan(argv, check=check, document=write)

    return make


for form_name, words in BACKUPS.items():
    gesture(0.5, f"document {form_name}")(keep_by(words, PLAIN if "rsync" in words else NUMBERED))
    gesture(0.25, f"broken document {form_name}")(break_by(f"{{ {words}; }} {OR_GONE}", hides=True))


@gesture(2.5, "read; a colleague writes; write")
def race_for_document(hand):
    """By a session that has seen the older text: refused, by whatever tool (not rsync, which reads again)."""
    document, number = choose(hand)
    if not document:
        return None
    documents, place = hand.worker.judge.documents, hand.scratch / "documents"
    others = hand.random.sample([each for each in range(COUNT) if each != number], 3)
    form = hand.random.choice([form for form in RACES if "rsync" not in form])

    def alongside():
        """What the colleague has written: neither what there is, nor what the tool has seen, which may be older."""
        deadline = time.monotonic() + READS_SOON
        while not (place / "read").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        if not (place / "read").exists():
            return None  # and the tool does not come to its write
        same = documents.state(document), shown(document, (place / "seen").read_bytes())
        other = next(each for each in others if str(each) not in same)
        documents.account.write(hand.function, document, other)
        (place / "written").touch()
        return str(other)

    for name in ("read", "written"):
        (place / name).unlink(missing_ok=True)
    argv = shell(hand, document, f"{MEANWHILE} && {form}", "", content_of(hand, document, number))
    write = Write(document, str(number), reads=True, hides=True)
    return Plan(argv, outcome="refused", alongside=alongside, document=write)
