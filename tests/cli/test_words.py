# SPDX-License-Identifier: MIT
"""What is written about the program is what the program does: manuals, completions, policies, messages."""

import json
import pathlib
import re
import subprocess

import pytest
import yaml

from lib import aws
from lib.process import PATH, run
from lib.programs import ROOT, program

CONTRIB = ROOT / "contrib"
LONG = re.compile(r"--[a-z][a-z-]+")


def help_text():
    return run(program("aliasfs"), "--help", check=True).stdout


def options():
    """{--name: argument or ""} as --help lists them, --json of `aliasfs ls` besides."""
    found = dict(re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)\[?=?(\S*)", help_text(), re.M))
    assert len(found) > 30
    return {**found, "--json": ""}


def test_every_option_is_in_the_manual_and_nothing_else():
    text = (CONTRIB / "man/aliasfs.1").read_text().replace("\\-", "-")
    documented = {
        name
        for line in text.splitlines()
        if line.startswith((".B ", ".BI ", ".BR "))
        for name in LONG.findall(line)
    } - {"--name"}
    assert documented == set(options())


def test_the_manual_names_the_same_arguments():
    text = (CONTRIB / "man/aliasfs.1").read_text().replace("\\-", "-").replace("[=", "=")
    for name, argument in options().items():
        lines = [line for line in text.splitlines() if f"{name}=" in line and line.startswith(".B")]
        if argument:
            words = re.sub(r"\\f[RBI]|[ .\[\]]", "", lines[0].partition("=")[2])
            assert words.replace("...", "") == re.sub(r"[\[\]]", "", argument), name
        else:
            assert not lines, name


def test_the_manual_names_the_same_defaults():
    """Those that --help tells; the manual tells more."""
    text = (CONTRIB / "man/aliasfs.1").read_text().replace("\\-", "-")
    rows = re.split(r"^  (?:-\w,|   ) (?=--)", help_text(), flags=re.M)
    told = [(row, re.search(r"\(default ([^)]+)\)", row)) for row in rows[1:]]
    defaults = {re.match(r"[a-z-]+", row)[0]: default[1] for row, default in told if default}
    assert len(defaults) > 6
    for name, default in defaults.items():
        section = re.split(r"^\.(?:TP|SS|SH)", text.partition(f"{name}=")[2], flags=re.M)[0]
        assert re.search(rf"[Dd]efault\s(?:\.IR? )?{re.escape(default)}\b", section), name


def test_every_option_of_lambda_plane_is_in_its_manual_and_nothing_else():
    text = (CONTRIB / "man/lambda-plane.1").read_text().replace("\\-", "-")
    documented = set(re.findall(r"^\.BR? .*?(--[a-z-]+)", text.partition(".SH OPTIONS")[2], re.M))
    documented |= set(re.findall(r"^\.BI (--[a-z-]+)", text, re.M))
    told = run(program("lambda-plane"), "--help", check=True).stdout
    assert documented == set(LONG.findall(told.partition("\n")[2]))


def test_the_manual_names_every_exit_status():
    text = (CONTRIB / "man/aliasfs.1").read_text()
    section = text.partition(".SH EXIT STATUS")[2].partition(".SH ")[0]
    header = (ROOT / "fs/settings/exit_status.h").read_text()
    codes = re.findall(r"^\tEXIT_\w+ = (\d+)", header, re.M)
    assert re.findall(r"^\.B (\d+)$", section, re.M) == codes
    assert re.findall(r"(\d) \w+", help_text().partition("exit status:")[2]) == codes


@pytest.mark.parametrize("page", ["aliasfs.1", "aliasfs-backup.1", "lambda-plane.1", "mount.aliasfs.8"])
def test_manuals_have_no_warnings(page):
    result = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", CONTRIB / "man" / page)
    assert result.ok and result.stderr == "", str(result)


def test_bash_offers_every_option():
    """With '=' where one takes a value."""
    text = (CONTRIB / "completion/aliasfs.bash").read_text()
    offered = " ".join(re.findall(r'^_aliasfs_\w+_options="([^"]*)"', text, re.M)).split()
    wanted = options()
    assert {each.removesuffix("=") for each in offered} == set(wanted)
    valued = {each.removesuffix("=") for each in offered if each.endswith("=")}
    assert valued == {name for name, argument in wanted.items() if argument}


def test_zsh_and_fish_offer_every_option():
    zsh = (CONTRIB / "completion/_aliasfs").read_text()
    assert set(re.findall(r"--[a-z][a-z-]*(?==?\[|\})", zsh)) == set(options())
    fish = (CONTRIB / "completion/aliasfs.fish").read_text()
    assert {f"--{name}" for name in re.findall(r" -l ([a-z-]+)", fish)} == set(options())


BASH = """
source {script}
COMP_WORDS=({words}) COMP_CWORD={at}
_aliasfs
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(home, words, **variables):
    """What bash offers in place of the last of `words`, as readline breaks them."""
    script = BASH.format(
        script=CONTRIB / "completion/aliasfs.bash",
        words=" ".join(f"'{word}'" for word in words),
        at=len(words) - 1,
    )
    return run("bash", "-c", script, env=aws.environment(HOME=home, **variables), cwd=home, check=True).lines


@pytest.mark.parametrize(
    "words, offered",
    [
        (["aliasfs", "--red"], ["--redact-key"]),
        (["aliasfs", "--env", ""], ["plain", "redact"]),
        (["aliasfs", "--log-level", "=", "d"], ["debug"]),
        (["aliasfs", "--profile", "st"], ["staging"]),
        (["aliasfs", ""], ["aws", "local", "ls", "diff", "log", "rollback", "invoke"]),
        (["aliasfs", "aws", ":", "eu-w"], ["eu-west-1", "eu-west-2", "eu-west-3"]),
        (["aliasfs", "--region", "xx"], ["xx-own-1"]),
        (["aliasfs", "local", ":", "st"], ["state"]),
        (["aliasfs", "aws", "mnt", "-o", "ro,del"], ["ro,delete_grace="]),
        (["aliasfs", "aws", "mnt", "-o", "allow_o"], ["allow_other"]),
        (["aliasfs", "aws", "mnt", "-o", "delete-"], ["delete_grace="]),
        (["aliasfs", "aws", "mnt", "-o", "ttl", "=", "1,profile", "="], ["staging", "prod", "default"]),
        (["aliasfs", "aws", "mnt", "-o", "ttl", "=", "1,log_level", "=", "w"], ["warning"]),
        (["aliasfs", "aws", "mnt", "-o", "ttl", "=", "1,stric"], ["1,strict_ln"]),
    ],
)
def test_bash_completes(scratch, words, offered):
    (scratch / "state").mkdir()
    (scratch / ".aws").mkdir()
    (scratch / ".aws/config").write_text("[default]\n[profile staging]\nregion = xx-own-1\n[profile prod]\n")
    assert sorted(complete(scratch, words)) == sorted(offered)


def test_bash_offers_every_option_of_a_mount_after_o(scratch):
    offered = complete(scratch, ["aliasfs", "aws", "mnt", "-o", ""])
    others = {"--foreground", "--debug", "--single-threaded", "--check", "--write", "--help", "--version", "--json"}
    others |= {"--aliases", "--differ", "--values", "--since", "--to", "--yes", "--payload", "--tail"}
    assert {f"--{each.removesuffix('=').replace('_', '-')}" for each in offered} == set(options()) - others


def test_bash_completes_functions_and_aliases_of_what_is_mounted(make_mount, api, hello, scratch):
    aws.create_function(api, "orders", versions=1, aliases={"LIVE": 1})
    mount = make_mount()
    # The only mount, whatever other tests have mounted beside.
    (scratch / "findmnt").write_text(f"#!/bin/sh\necho '{mount.path}'\n")
    (scratch / "findmnt").chmod(0o755)
    before = ["aliasfs", "aws", "mnt", "-o"]

    def offered(*words):
        return complete(scratch, words, PATH=f"{scratch}:{PATH}")

    assert offered("aliasfs", "ls", str(mount.path), "he") == ["hello"]
    assert offered(*before, "functions", "=") == ["hello", "orders"]
    assert offered(*before, "functions", "=", "hello", ":", "orde") == ["orders"]
    assert offered(*before, "protect", "=") == ["BETA", "LIVE", "PROD"]
    assert offered("aliasfs", "aws", "mnt", "--protect", "PRO") == ["PROD"]


def test_zsh_and_fish_read_their_files():
    run("zsh", "-n", CONTRIB / "completion/_aliasfs", check=True)
    result = run(
        "fish",
        "--no-config",
        "-c",
        f"source {CONTRIB / 'completion/aliasfs.fish'}; complete -C 'aliasfs --red'",
        check=True,
    )
    assert result.stdout.startswith("--redact-key")


@pytest.mark.parametrize("script", ["mount.aliasfs", "aliasfs-backup", "completion/aliasfs.bash"])
def test_scripts_parse(script):
    shell = "bash" if script.endswith("bash") else "sh"
    run(shell, "-n", CONTRIB / script, check=True)


# --- troubleshooting ------------------------------------------------------------------------------


def test_troubleshooting_quotes_messages_that_the_program_has():
    """Each heading's `quoted` text stands in the sources, strings put together."""
    sources = ""
    for path in [*ROOT.glob("fs/**/*.[ch]"), *ROOT.glob("backend/**/*.[ch]")]:
        sources += re.sub(r'"\s*\n\s*"', "", path.read_text())
    text = (CONTRIB / "TROUBLESHOOTING.md").read_text()
    quoted = [each for line in re.findall(r"^### (.*)$", text, re.M) for each in re.findall(r"`([^`]+)`", line)]
    assert len(quoted) > 15
    assert [each for each in quoted if each not in sources] == []


# --- policies -------------------------------------------------------------------------------------


def policy(name):
    """Lambda's operations that a policy allows."""
    statements = json.loads((CONTRIB / f"iam/{name}.json").read_text())["Statement"]
    assert all(each["Effect"] == "Allow" for each in statements)
    actions = {action for each in statements for action in each["Action"]}
    return {action.removeprefix("lambda:") for action in actions if action.startswith("lambda:")}


def browse(mount):
    mount.run("ls", "-lR", mount.path, check=True)
    mount.run("find", mount.path, "-type", "f", "-exec", "cat", "{}", "+", check=True)
    mount.run("cat", f"{mount.path}/hello/.aliases/PROD/description", check=True)
    mount.run("readlink", f"{mount.path}/hello/PROD", check=True)
    mount.run("df", mount.path, check=True)


def promote(mount):
    mount.run("ln", "-sfn", "2", f"{mount.path}/hello/PROD", check=True)
    mount.run("ln", "-s", "1", f"{mount.path}/hello/NEW", check=True)
    mount.run("ln", "-s", "3", f"{mount.path}/hello/PROD%10", check=True)
    mount.run("rm", f"{mount.path}/hello/BETA", check=True)


def test_policies_allow_what_a_mount_calls_and_no_more(plane, api, hello, make_mount):
    called = set()
    for name, steps in (("browse", [browse]), ("promote", [browse, promote])):
        plane.reset()
        mount = make_mount(ttl=0, rate=1000)
        for step in steps:
            step(mount)
        mount.unmount()
        called |= set(plane.calls())
        assert set(plane.calls()) <= policy(name), name
    api.update_function_code(FunctionName="hello", ZipFile=aws.code("next"))
    plane.reset()
    mount = make_mount()
    mount.run("mkdir", f"{mount.path}/hello/+", check=True)
    mount.unmount()
    assert set(plane.calls()) <= policy("publish")
    called |= set(plane.calls())
    plane.reset()
    mount = make_mount(None, "documents")
    browse(mount)
    mount.unmount()
    assert set(plane.calls()) <= policy("documents")
    # AWS asks for ListTags where it shows tags by GetFunction.
    assert policy("documents") - policy("browse") <= set(plane.calls()) | {"ListTags"}
    assert policy("browse") < policy("documents")
    # Nothing is allowed that nothing needs; single versions and aliases are asked for in what follows.
    cold = make_mount()
    cold.run("cat", f"{cold.path}/hello/2/configuration.json", check=True)
    called |= set(plane.calls()) | {"GetAlias", "GetAccountSettings"}
    assert policy("publish") <= called
    assert policy("browse") < policy("promote") < policy("publish") < policy("update")


def test_the_policy_for_invoking_allows_that_besides_browsing(plane, hello, make_mount):
    mount = make_mount(None, "allow_invoke")
    plane.reset()
    mount.run(program("aliasfs"), "invoke", f"{mount.path}/hello/PROD", check=True)
    # Of all calls this one alone is not named as its action.
    actions = {"InvokeFunction" if each == "Invoke" else each for each in plane.calls()}
    assert "InvokeFunction" in actions
    assert actions <= policy("invoke")
    assert policy("invoke") == policy("browse") | {"InvokeFunction"}


def test_the_log_names_the_smallest_policy_with_an_action():
    """What a line about a denied call says (fs/request/permission.c)."""
    rows = re.findall(r'\{"(\w+)\.json",\s*\{([^}]*)\}', (ROOT / "fs/request/permission.c").read_text())
    table = [(action, name) for name, actions in rows for action in re.findall(r'"(\w+)"', actions)]
    smallest = {}
    for name in ("edit", "update", "documents", "publish", "promote", "invoke", "browse"):
        smallest.update({action: name for action in policy(name)})
    assert dict(table) == smallest and len(table) == len(smallest)


def test_every_committed_policy_is_described():
    described = (CONTRIB / "iam/README.md").read_text()
    for path in (CONTRIB / "iam").glob("*.json"):
        assert f"`{path.name}`" in described


def test_installed_files_are_complete(scratch):
    """`meson install` puts all of it in place."""
    build = program("aliasfs").parent
    subprocess.run(
        ["meson", "install", "-C", build, "--no-rebuild", "--quiet"],
        env={**aws.environment(), "DESTDIR": str(scratch / "root")},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    installed = {path.name for path in pathlib.Path(scratch / "root").rglob("*") if not path.is_dir()}
    wanted = {
        "aliasfs",
        "lambda-plane",
        "aliasfs-backup",
        "mount.aliasfs",
        "mount.fuse.aliasfs",
        "aliasfs.1",
        "aliasfs_invoke.h",
        "mount.aliasfs.8",
        "_aliasfs",
        "aliasfs.fish",
        "aliasfs@.service",
        "aliasfs-backup@.timer",
        "TROUBLESHOOTING.md",
        "CHANGELOG.md",
        "sample.conf",
        "browse.json",
    }
    assert wanted <= installed
    (unit,) = (scratch / "root").rglob("system/aliasfs@.service")
    assert "@bindir@" not in unit.read_text()
    run("ninja", "-C", build, "uninstall", check=True)  # as README says; meson's log names what it installed
    assert [path for path in (scratch / "root").rglob("*") if not path.is_dir()] == []


# --- what strangers find ----------------------------------------------------------------------------


@pytest.mark.parametrize("unit, sample", [("aliasfs", "sample.conf"), ("aliasfs-backup", "sample.backup")])
def test_the_sample_files_set_what_the_services_read(unit, sample):
    service = (CONTRIB / f"systemd/{unit}@.service.in").read_text()
    (command,) = re.findall(r"^ExecStart=(.*)$", service, re.M)
    given = re.findall(r"^([A-Z_]+)=", (CONTRIB / "etc" / sample).read_text(), re.M)
    assert set(re.findall(r"\$\{?([A-Z]+)", command)) <= set(given)


def test_the_options_of_the_sample_are_good(scratch):
    (words,) = re.findall(r"^OPTIONS=(.*)$", (CONTRIB / "etc/sample.conf").read_text(), re.M)
    run(program("aliasfs"), "--check", f"local:{scratch}/account", *words.split(), check=True)


def test_the_workflow_runs_what_the_documents_say():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    job = workflow["jobs"]["debian"]
    assert job["strategy"]["matrix"]["image"] == ["debian:12", "debian:13"]
    assert "/dev/fuse" in job["container"]["options"]
    assert job["steps"][-1]["run"] == ".ci/run"
    weekly = workflow["jobs"]["weekly"]["strategy"]["matrix"]["what"]
    assert set(weekly) <= set(re.findall(r"--\w+", (CONTRIB / "test").read_text()))


@pytest.mark.parametrize("form", sorted(path.name for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("[bf]*.yml")))
def test_the_issue_forms_are_forms(form):
    fields = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / form).read_text())
    assert {"name", "description", "body"} <= set(fields)
    names = [each["id"] for each in fields["body"] if each["type"] != "markdown"]
    assert names and len(names) == len(set(names))
    assert all(each["attributes"]["label"] for each in fields["body"] if each["type"] != "markdown")


def test_one_version_everywhere():
    (version,) = re.findall(r"^    version: '([\d.]+)',$", (ROOT / "meson.build").read_text(), re.M)
    assert run(program("aliasfs"), "--version", check=True).stdout.split()[1] == version
    assert run(program("lambda-plane"), "--version", check=True).stdout.split()[1] == version
    assert re.match(rf"aliasfs \({re.escape(version)}\)", (CONTRIB / "debian/changelog").read_text())
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)
