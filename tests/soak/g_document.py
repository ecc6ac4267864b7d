# SPDX-License-Identifier: MIT
"""Writing documents, whole ones and broken ones, with the tools that people have."""

import contextlib

import botocore.exceptions
from soak.documents import COUNT, KINDS, NOTHING, REMOVABLE, Write, break_text, code, is_whole, sed_script, shown, text
from soak.model import Plan
from soak.table import gesture

# How $2/new comes in the place of $1 in the working directory; $0 is sed's script, $3 a draft's name.
FORMS = {
    ">": 'cat "$2/new" >"$1"',
    "cp": 'cp "$2/new" "$1"',
    "rsync -a": 'cp "$2/new" "$2/$1" && rsync -aI "$2/$1" .',
    "rsync --inplace": 'cp "$2/new" "$2/$1" && rsync -aI --inplace "$2/$1" .',
    "rename": 'cat "$2/new" >"$3" && mv "$3" "$1"',
    "mv": 'cp "$2/new" "$2/$1" && mv "$2/$1" "$1"',
    "dd": 'dd if="$2/new" of="$1" bs=600 status=none',
}
# Where there is nothing to edit (a mount shows that a moment longer) sed would change nothing, and exit 0.
SED = '[ -s "$1" ] && sed -i "$0" "$1"'
ZIP = 'printf %s "$0" >"$2/handler.py" && zip -qj "$1" "$2/handler.py"'


def place_of(hand, document):
    """Where it stands; in the common function the policies are those of the aliases too."""
    if hand.function == "common" and (
        document == "event-invoke.json" or (document == "policy.json" and hand.random.random() < 0.7)
    ):
        return hand.directory / ".aliases" / hand.random.choice(["ONE", "TWO", "THREE"])
    return hand.directory / KINDS[document].place


def shell(hand, document, script, word="", content=b""):
    """A shell with nothing read before: it overwrites what is there."""
    scratch = hand.scratch / "documents"
    scratch.mkdir(exist_ok=True)
    (scratch / "new").write_bytes(content)
    draft = f".{document}.{hand.worker.config['number']}.json"
    place = place_of(hand, document)
    return ["env", "-C", str(place), "sh", "-c", script, word, document, str(scratch), draft]


def choose(hand, documents=tuple(KINDS)):
    """A document whose state is known, and a number."""
    known = hand.worker.judge.documents.known(documents)
    return hand.random.choice(known) if known else None, hand.random.randrange(COUNT)


def content_of(hand, document, number):
    return text(document, number, hand.worker.judge.documents.template(hand.function))


def write_by(script, hides=False):
    def make(hand):
        document, number = choose(hand)
        if not document:
            return None
        argv = shell(hand, document, script, "", content_of(hand, document, number))
        # rsync opens what it replaces for reading, too.
        return Plan(argv, document=Write(document, str(number), reads=hides or "rsync" in script, hides=hides))

    return make


def break_by(script, hides=False):
    def make(hand):
        document, number = choose(hand)
        if not document:
            return None
        broken = break_text(document, content_of(hand, document, number), hand.random)
        argv = shell(hand, document, script, "", broken)
        return Plan(argv, outcome="refused", document=Write(document, hides=hides))

    return make


for form_name, words in FORMS.items():
    gesture(0.9, f"document {form_name}")(write_by(words))
    gesture(0.35, f"broken document {form_name}")(break_by(words))


@gesture(2, "document sed -i")
def edit(hand):
    """It reads first: what a colleague changed meanwhile is not overwritten."""
    documents = hand.worker.judge.documents
    there = [name for name in KINDS if name != "code.zip" and (documents.state(name) or "").isdigit()]
    document, number = choose(hand, there)
    if not document:
        return None
    argv = shell(hand, document, SED, sed_script(document, number))
    return Plan(argv, document=Write(document, str(number), reads=True))


@gesture(0.7, "zip -j code.zip")
def zip_into(hand):
    document, number = choose(hand, ["code.zip"])
    if not document:
        return None
    argv = shell(hand, document, ZIP, code(number))
    return Plan(argv, document=Write(document, str(number), reads=True))


@gesture(2)
def read_document(hand):
    """A whole one, and the newest."""
    document, _ = choose(hand, [name for name in KINDS if name != "code.zip"])
    if not document:
        return None
    judge = hand.worker.judge.documents
    wanted, stale = judge.state(document), judge.is_stale(document, hand.mount)

    def check(out):
        found = shown(document, out)
        if found == wanted or (stale and is_whole(found)):
            return ""
        return f"{document} is {found} instead of {wanted}"

    argv = ["cat", str(hand.directory / KINDS[document].place / document)]
    return Plan(argv, check=check, document=Write(document, reads=True))


@gesture(2)
def colleague_writes(hand):
    document, number = choose(hand)
    if not document:
        return None
    account = hand.worker.judge.documents.account
    return Plan(
        lambda: account.write(hand.function, document, number),
        as_colleague=True,
        document=Write(document, str(number)),
    )


def remove_by(script, documents, outcome):
    """`{}` is what a document is of which everything is removed; what always is there cannot be."""

    def make(hand):
        document, _ = choose(hand, documents)
        if not document:
            return None
        state = NOTHING if outcome == "done" else None
        argv = shell(hand, document, script, "", b"{}\n")
        return Plan(argv, outcome=outcome, document=Write(document, state, reads="rsync" in script))

    return make


for form_name, words in FORMS.items():
    gesture(0.2, f"document {{}} by {form_name}")(remove_by(words, REMOVABLE, "done"))
    gesture(0.05, f"refused {{}} by {form_name}")(remove_by(words, sorted({*KINDS} - {*REMOVABLE}), "refused"))


# --- in the function that all share: writers at the same time ------------------------------------


@gesture(4, common=True)
def common_write(hand):
    document, number = hand.random.choice(sorted(KINDS)), hand.random.randrange(COUNT)
    script = hand.random.choice(sorted(FORMS))
    content = content_of(hand, document, number)
    if document in ("environment.json", "event-invoke.json") and hand.random.random() < 0.2:
        content = b"{}\n"
    argv = shell(hand, document, FORMS[script], "", content)
    return Plan(argv, reads=True, document=Write(document, str(number)))


@gesture(2, common=True)
def common_edit(hand):
    document = hand.random.choice(sorted({*KINDS} - {"code.zip"}))
    argv = shell(hand, document, SED, sed_script(document, hand.random.randrange(COUNT)))
    return Plan(argv, reads=True, document=Write(document, "", reads=True))


@gesture(1, common=True)
def common_colleague_writes(hand):
    """Its own policy's statements may be another's by then."""
    document, number = hand.random.choice(sorted(KINDS)), hand.random.randrange(COUNT)
    alias = hand.random.choice(["", "ONE", "TWO", "THREE"])

    def act():
        with contextlib.suppress(botocore.exceptions.ClientError):
            hand.worker.judge.documents.account.write("common", document, number, alias)

    return Plan(act, as_colleague=True)
