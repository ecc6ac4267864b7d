# SPDX-License-Identifier: MIT
"""Documents and code as people write them: by which tools, and what each document can be made."""

import json
import os

import pytest

from lib import aws

# How each tool puts $T/new in the place of DOC. {doc} is the document's name.
TOOLS = {
    ">": "cat $T/new > {doc}",
    "tee": "tee {doc} < $T/new >/dev/null",
    "dd": "dd if=$T/new of={doc} bs=7 status=none",
    "cp": "cp $T/new {doc}",
    "cp --remove-destination": "cp --remove-destination $T/new {doc}",
    "mv": "cp $T/new $T/{doc} && mv $T/{doc} {doc}",
    "install": "install -m 600 $T/new {doc}",
    "cp -b": "cp -b $T/new {doc}",
    "cp --backup=numbered": "cp --backup=numbered $T/new {doc}",
    "mv -b": "cp $T/new $T/{doc} && mv -b $T/{doc} {doc}",
    "install -b": "install -b -m 600 $T/new {doc}",
    "rsync --backup": "cp $T/new $T/{doc} && rsync -a --backup $T/{doc} .",
    "rsync": "cp $T/new $T/{doc} && rsync -a $T/{doc} .",
    "rsync --inplace": "cp $T/new $T/{doc} && rsync -a --inplace $T/{doc} .",
    "temporary and mv": "cat $T/new > .t.json && mv .t.json {doc}",
    "tar": "mkdir $T/d && cp $T/new $T/d/{doc} && tar -C $T/d -cf - {doc} | tar -xf -",
    "python os.replace": (
        "python3 -c 'import os,shutil,sys; shutil.copyfile(sys.argv[1], \".x.tmp\"); os.replace(\".x.tmp\", sys.argv[2])'"
        " $T/new {doc}"
    ),
    "sponge": "sponge {doc} < $T/new",
    "unzip -o": "mkdir $T/d && cp $T/new $T/d/{doc} && (cd $T/d && zip -q $T/a.zip {doc}) && unzip -qo $T/a.zip",
    "curl -o": "curl -sS -o {doc} file://$T/new",
    "patch": "cp {doc} $T/old; diff -u --label {doc} --label {doc} $T/old $T/new > $T/diff || :; patch -s {doc} $T/diff",
    "git checkout": (
        "git init -q $T/g && cd $T/g && export GIT_CONFIG_GLOBAL=/dev/null && cp $T/new {doc} && git add {doc}"
        " && git -c user.name=a -c user.email=a@b commit -qm x"
        ' && git --work-tree="$OLDPWD" --git-dir=$T/g/.git checkout -f -q HEAD -- {doc}'
    ),
    "vim": "HOME=$T vim -es -u NONE -c '%!cat '$T/new -c wq {doc} </dev/null",
    "emacs": (
        "HOME=$T emacs -Q --batch {doc} --eval '(progn (erase-buffer) (insert-file-contents (concat (getenv \"T\") \"/new\"))"
        " (save-buffer))' 2>/dev/null"
    ),
}
# Tools that change what is there: $EXPRESSION turns the old text into the new one.
EDITORS = {
    "sed -i": "sed -i s/{old}/{new}/ {doc}",
    "perl -i": "perl -pi -e s/{old}/{new}/ {doc}",
    "jq": "jq . {doc} | sed s/{old}/{new}/ > t.tmp && mv t.tmp {doc}",
    "busybox sed -i": "busybox sed -i s/{old}/{new}/ {doc}",
}

POLICY = {
    "Statement": [
        {
            "Action": "lambda:InvokeFunction",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Sid": "events",
        }
    ]
}


def _memory(api, path):
    return json.loads(path.read_text()) | {"MemorySize": 1024}  # not of the same size: rsync would take it for the same


def make_signing(api, profile="p"):
    """A code signing configuration; gives its ARN."""
    arn = f"arn:aws:signer:{aws.REGION}:000000000000:/signing-profiles/{profile}/v"
    made = api.create_code_signing_config(AllowedPublishers={"SigningProfileVersionArns": [arn]})
    return made["CodeSigningConfig"]["CodeSigningConfigArn"]


def make_mapping(api, function, queue="queue", **settings):
    """An event source mapping of `function`, an ARN or a name with its qualifier; gives its UUID."""
    source = f"arn:aws:sqs:{aws.REGION}:000000000000:{queue}"
    settings = {"BatchSize": 5} | settings
    return api.create_event_source_mapping(FunctionName=function, EventSourceArn=source, **settings)["UUID"]


def _signing(api, path):
    return {"CodeSigningConfigArn": make_signing(api)}


def _mapping(api, path):
    qualifier = path.parent.name if path.parent.parent.name == ".aliases" else ""
    make_mapping(api, f"hello:{qualifier}" if qualifier else "hello")
    (shown,) = json.loads(path.read_text())["EventSourceMappings"]
    return {"EventSourceMappings": [shown | {"BatchSize": 7, "Enabled": False}]}


# path: (something else than what is there, or what makes it of boto3 and the path, the calls that make it so)
DOCUMENTS = {
    "$LATEST/configuration.json": (_memory, ["UpdateFunctionConfiguration"]),
    "$LATEST/environment.json": ({"STAGE": "green"}, ["UpdateFunctionConfiguration"]),
    ".function/tags.json": ({"team": "x"}, ["TagResource"]),
    ".function/reserved-concurrency.json": ({"ReservedConcurrentExecutions": 5}, ["PutFunctionConcurrency"]),
    ".function/policy.json": (POLICY, ["AddPermission"]),
    ".aliases/PROD/policy.json": (POLICY, ["AddPermission"]),
    ".function/url.json": ({"AuthType": "AWS_IAM"}, ["CreateFunctionUrlConfig"]),
    ".aliases/PROD/url.json": ({"AuthType": "AWS_IAM"}, ["CreateFunctionUrlConfig"]),
    ".aliases/PROD/provisioned-concurrency.json": (
        {"ProvisionedConcurrentExecutions": 3}, ["PutProvisionedConcurrencyConfig"],
    ),
    ".function/event-invoke.json": ({"MaximumRetryAttempts": 1}, ["PutFunctionEventInvokeConfig"]),
    ".aliases/PROD/event-invoke.json": ({"MaximumRetryAttempts": 1}, ["PutFunctionEventInvokeConfig"]),
    ".function/event-sources.json": (_mapping, ["UpdateEventSourceMapping"]),
    ".aliases/PROD/event-sources.json": (_mapping, ["UpdateEventSourceMapping"]),
    ".function/recursion.json": ({"RecursiveLoop": "Allow"}, ["PutFunctionRecursionConfig"]),
    ".function/runtime-management.json": ({"UpdateRuntimeOn": "FunctionUpdate"}, ["PutRuntimeManagementConfig"]),
    ".function/code-signing.json": (_signing, ["PutFunctionCodeSigningConfig"]),
}


def wanted_of(api, function, document):
    """What DOCUMENTS has for that document, once the account has what it needs."""
    wanted = DOCUMENTS[document][0]
    return wanted(api, function / document) if callable(wanted) else wanted


def put(scratch, value):
    (scratch / "t").mkdir(exist_ok=True)
    text = value if isinstance(value, str) else json.dumps(value, indent=2, sort_keys=True) + "\n"
    (scratch / "t" / "new").write_text(text)


def shell(mount, place, script, scratch, **more):
    temporary = scratch / "t"
    temporary.mkdir(exist_ok=True)
    return mount.run("/bin/sh", "-ec", f"T={temporary}; export T; {script}", cwd=place, **more)


def errno_of(call, *arguments, **named):
    with pytest.raises(OSError) as caught:
        call(*arguments, **named)
    return caught.value.errno


def last_error(mount):
    return (mount.path / ".aliasfs" / "errors").read_text().splitlines()[-1]


def users_of(path):
    """The processes whose working directory is there: a killed one ends with its last request."""
    found = []
    for name in os.listdir("/proc"):
        try:
            found += [name] if name.isdigit() and os.readlink(f"/proc/{name}/cwd").startswith(str(path)) else []
        except OSError:
            pass
    return found
