# SPDX-License-Identifier: MIT
"""Removing documents: nothing is deleted, and what comes in their place is the write (contract 6.8)."""

from soak.documents import KINDS, Write, is_whole, shown
from soak.g_backup import OR_GONE
from soak.g_document import FORMS, break_by, choose, shell, write_by
from soak.model import Plan
from soak.table import gesture

# Removed, and looked at until it is shown again.
COMES_BACK = """
rm "$1" || exit
[ ! -e "$1" ] || echo seen
i=0; until cat "$1" >"$2/shown"; do i=$((i + 1)); [ $i -lt 150 ] || exec echo lost; sleep 0.1; done
"""

for form_name in (">", "cp", "rename", "mv", "rsync -a"):
    words = FORMS[form_name]
    gesture(0.3, f"rm; document {form_name}")(write_by(f'rm "$1" && {{ {words}; }}', hides=True))
    gesture(0.2, f"rm; broken document {form_name}")(
        break_by(f'rm "$1" && {{ {{ {words}; }} {OR_GONE}; }}', hides=True)
    )


@gesture(0.8, "rm a document")
def remove_document(hand):
    """Hidden for a moment, then shown as it was."""
    document, _ = choose(hand)
    if not document:
        return None
    judge = hand.worker.judge.documents
    wanted, stale = judge.state(document), judge.is_stale(document, hand.mount)
    copy = hand.scratch / "documents" / "shown"

    def check(out):
        found = "lost" if "lost" in out else shown(document, copy.read_bytes())
        if found == wanted or (stale and is_whole(found)):
            return ""
        return f"{document} is {found} instead of {wanted} after its removal"

    argv = shell(hand, document, COMES_BACK)
    return Plan(argv, check=check, document=Write(document, reads=True, hides=True))


@gesture(0.8, "rm a document and an alias")
def remove_document_and_alias(hand):
    """A process that was refused the first is refused the second: the alias is hidden, and comes back (3.1.1).

    Where an earlier removal still hides the document, this one would be of the alias alone.
    """
    document, _ = choose(hand)
    name = hand.standing()
    if not document or not name:
        return None
    script = '[ -e "$0" ] && rm "$0" "$1"'
    argv = ["env", "-C", str(hand.directory), "sh", "-c", script, f"{KINDS[document].place}/{document}", name]
    return Plan(argv, document=Write(document, reads=True, hides=True), hidden=(name,), looks=(name,))
