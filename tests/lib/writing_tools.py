# SPDX-License-Identifier: MIT
"""The tools that write documents and code, as shell scripts, and how a test plays one.

{doc} is the document's name, $T a directory elsewhere, $T/new what is to be in DOC. $T/between is a program: a tool that can
run it does so between its reading of DOC and its writing; play() runs it in front of the others.
"""

import json

from lib.writing import shell

UUTILS = "/usr/lib/cargo/bin/coreutils"
ARCHIVE = "mkdir $T/d && cp $T/new $T/d/{doc} && tar -C $T/d -cf - {doc}"
ZIP = "mkdir $T/d && cp $T/new $T/d/{doc} && (cd $T/d && zip -q $T/a.zip {doc})"
COPY = "cp $T/new $T/{doc}"
OLD_AND_NEW = "sed s/{old}/{new}/ {doc} | diff -u --label {doc} --label {doc} {doc} - > $T/diff || :; $T/between"

# Each puts $T/new in the place of DOC, text or not.
COPIERS = {
    ">": "cat $T/new > {doc}",
    "tee": "tee {doc} < $T/new >/dev/null",
    "dd": "dd if=$T/new of={doc} bs=7 status=none",
    "cp": "cp $T/new {doc}",
    "cp -p": "cp -p $T/new {doc}",
    "cp from the mount": "cp $T/new .t.json && cp .t.json {doc} && rm .t.json",
    "cp --remove-destination": "cp --remove-destination $T/new {doc}",
    "cp -b": "cp -b $T/new {doc}",
    "cp --backup=numbered": "cp --backup=numbered $T/new {doc}",
    "mv": f"{COPY} && mv $T/{{doc}} {{doc}}",
    "mv -b": f"{COPY} && mv -b $T/{{doc}} {{doc}}",
    "temporary and mv": "cat $T/new > .t.json && mv .t.json {doc}",
    "install": "install -m 600 $T/new {doc}",
    "install -b": "install -b -m 600 $T/new {doc}",
    "rsync": f"{COPY} && rsync -a $T/{{doc}} .",
    "rsync --backup": f"{COPY} && rsync -a --backup $T/{{doc}} .",
    "rsync --inplace": f"{COPY} && rsync -a --inplace $T/{{doc}} .",
    "rsync --no-whole-file": f"{COPY} && rsync -a --inplace --no-whole-file $T/{{doc}} .",
    "tar": f"{ARCHIVE} | tar -xf -",
    "tar --overwrite": f"{ARCHIVE} | tar -x --overwrite -f -",
    "unzip -o": f"{ZIP} && unzip -qo $T/a.zip",
    "curl -o": "curl -sS -o {doc} file://$T/new",
    "sponge": "sponge {doc} < $T/new",
    "git checkout": (
        "git init -q $T/g && cd $T/g && export GIT_CONFIG_GLOBAL=/dev/null && cp $T/new {doc} && git add {doc}"
        " && git -c user.name=a -c user.email=a@b commit -qm x"
        ' && git --work-tree="$OLDPWD" --git-dir=$T/g/.git checkout -f -q HEAD -- {doc}'
    ),
    "git stash pop": (
        "export GIT_CONFIG_GLOBAL=/dev/null EMAIL=a@b; git init -q $T/g && cp {doc} $T/g && chmod 644 $T/g/{doc}"
        " && (cd $T/g && git add {doc} && git commit -qm old && cat $T/new > {doc} && git stash -q)"
        ' && $T/between && git --work-tree="$PWD" --git-dir=$T/g/.git -c core.fileMode=false stash pop -q'
    ),
    "python append": (
        "python3 -c 'import sys\nwith open(sys.argv[2], \"ab\") as out: out.truncate(0); out.write(open(sys.argv[1], \"rb\").read())'"
        " $T/new {doc}"
    ),
    "python os.replace": (
        "python3 -c 'import os,shutil,sys; shutil.copyfile(sys.argv[1], \".x.tmp\"); os.replace(\".x.tmp\", sys.argv[2])'"
        " $T/new {doc}"
    ),
    "node writeFileSync": (
        "node -e 'const fs = require(\"fs\"); fs.writeFileSync(process.argv[2], fs.readFileSync(process.argv[1]))' $T/new {doc}"
    ),
    "ruby File.write": "ruby -e 'File.binwrite(ARGV[1], File.binread(ARGV[0]))' $T/new {doc}",
    "busybox cp": "busybox cp $T/new {doc}",
    "busybox mv": f"{COPY} && busybox mv $T/{{doc}} {{doc}}",
    "busybox tee": "busybox tee {doc} < $T/new >/dev/null",
    "busybox dd": "busybox dd if=$T/new of={doc} bs=7 2>/dev/null",
    "busybox tar": f"{ARCHIVE} | busybox tar -xf -",
    "busybox unzip -o": f"{ZIP} && busybox unzip -qo $T/a.zip",
    "toybox cp": "toybox cp $T/new {doc}",
    "toybox mv": f"{COPY} && toybox mv $T/{{doc}} {{doc}}",
    "toybox tee": "toybox tee {doc} < $T/new >/dev/null",
    "toybox install": "toybox install -m 600 $T/new {doc}",
    "toybox tar": f"{ARCHIVE} | toybox tar -xf -",
    "uutils cp": f"{UUTILS}/cp $T/new {{doc}}",
    "uutils mv": f"{COPY} && {UUTILS}/mv $T/{{doc}} {{doc}}",
    "uutils tee": f"{UUTILS}/tee {{doc}} < $T/new >/dev/null",
    "uutils install": f"{UUTILS}/install -m 600 $T/new {{doc}}",
    "uutils dd": f"{UUTILS}/dd if=$T/new of={{doc}} bs=7 status=none",
}
# These do so with text alone.
TOOLS = COPIERS | {
    "dd conv=notrunc": "dd if=$T/new of={doc} bs=7 conv=notrunc status=none",  # and new is not shorter
    "jq >": "jq . $T/new > {doc}",
    "python json.dump": (
        "python3 -c 'import json,sys\nnew = json.load(open(sys.argv[1]))\n"
        "with open(sys.argv[2], \"w\") as out: json.dump(new, out)' $T/new {doc}"
    ),
    "vim": "HOME=$T vim -es -u NONE -c '%!cat '$T/new -c wq {doc} </dev/null",
    "emacs": (
        "HOME=$T emacs -Q --batch {doc} --eval '(progn (erase-buffer) (insert-file-contents (concat (getenv \"T\") \"/new\"))"
        " (save-buffer))' 2>/dev/null"
    ),
}
# Each changes the {old} that is there to {new}.
EDITORS = {
    "sed -i": "sed -i -e '1e $T/between' -e s/{old}/{new}/ {doc}",
    "sed -i.bak": "sed -i.bak -e '1e $T/between' -e s/{old}/{new}/ {doc}",
    "perl -i": "perl -i -pe 'system(\"$ENV{{T}}/between\") if $. == 1; s/{old}/{new}/' {doc}",
    "perl -i.bak": "perl -i.bak -pe 'system(\"$ENV{{T}}/between\") if $. == 1; s/{old}/{new}/' {doc}",
    "ruby -i": "ruby -i -pe 'system(ENV[\"T\"] + \"/between\") if $. == 1; $_.sub!(\"{old}\", \"{new}\")' {doc}",
    "sed | sponge": "{{ sed s/{old}/{new}/ {doc}; $T/between; }} | sponge {doc}",
    "jq and mv": "jq . {doc} | {{ sed s/{old}/{new}/; $T/between; }} > t.tmp && mv t.tmp {doc}",
    "patch": f"{OLD_AND_NEW}; patch -s {{doc}} $T/diff",
    "ed": "printf '%s\n' '!$T/between' ',s/{old}/{new}/' w q | ed -s {doc} 2>&1 >/dev/null",
    "ex": "printf '%s\n' 'silent !$T/between' '%s/{old}/{new}/' wq | HOME=$T ex -s -u NONE {doc}",
    "vim -es": "HOME=$T vim -es -u NONE -c 'silent !$T/between' -c '%s/{old}/{new}/' -c wq {doc} </dev/null",
    "vim backup": (
        "HOME=$T vim -es -u NONE --cmd 'set backup backupcopy=no' -c 'silent !$T/between' -c '%s/{old}/{new}/' -c wq {doc}"
        " </dev/null"
    ),
    "emacs --batch": (
        "HOME=$T emacs -Q --batch {doc} --eval '(progn (call-process (concat (getenv \"T\") \"/between\"))"
        " (set-visited-file-modtime) (replace-string \"{old}\" \"{new}\") (save-buffer))' 2>/dev/null"
    ),
    "python r+": (
        "python3 -c 'import os,sys\nwith open(sys.argv[1], \"r+\") as file:\n text = file.read();"
        " os.system(os.environ[\"T\"] + \"/between\"); file.seek(0);"
        " file.write(text.replace(\"{old}\", \"{new}\")); file.truncate()' {doc}"
    ),
    "busybox sed -i": "busybox sed -i s/{old}/{new}/ {doc}",
    "busybox vi": "busybox vi -c ':%s/{old}/{new}/' -c ':wq' {doc} </dev/null",
    "busybox patch": f"{OLD_AND_NEW}; busybox patch {{doc}} $T/diff",
    "toybox sed -i": "toybox sed -i s/{old}/{new}/ {doc}",
    "toybox patch": f"{OLD_AND_NEW}; toybox patch -i $T/diff",
}

# Tools that may end with 0 although open(2) or rename(2) failed, and those that may although close(2) did.
HIDE_FAILURES = {"uutils tee", "ruby -i", "busybox patch"}
HIDE_CLOSE = HIDE_FAILURES | {
    "git checkout", "git stash pop", "unzip -o", "busybox tee", "busybox tar", "busybox unzip -o", "busybox vi", "toybox tee",
    "toybox tar", "uutils cp", "uutils mv", "uutils install", "uutils dd",
}


def change(plane, method, path, body):
    """A call to AWS, as a shell command."""
    return f"curl -sSf -o /dev/null -X {method} -d '{json.dumps(body)}' '{plane.url}{path}'"


def play(tool, mount, path, scratch, between="", **words):
    """The Result of the tool. With `between`, a command, its session has read the document before that."""
    program = scratch / "t" / "between"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{between}\n")
    program.chmod(0o755)
    script = (TOOLS | EDITORS)[tool].format(doc=path.name, **words)
    if between and "/between" not in script:
        script = f"cat {path.name} > $T/read; $T/between; {script}"
    return shell(mount, path.parent, script, scratch)
