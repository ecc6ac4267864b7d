# SPDX-License-Identifier: MIT
"""What `.aliasfs/errors` says when a person has mistyped something, or another client was faster."""

import os
import re

import pytest

from lib import faultproxy
from lib.writing import last_error

pytestmark = [pytest.mark.quick_sanitized, pytest.mark.semantics("5.1.3")]


@pytest.mark.parametrize(
    "form, version", [("-s", "2"), ("-sf", "2"), ("-sfn", "2"), ("-sfr", "2"), ("-s", "9"), ("-sf", "9")]
)
def test_swapped_arguments(gesture, hello, mount, form, version):
    """`ln -sf PROD 2`: there is a version 2, and there is no 9."""
    with gesture():
        result = mount.run("ln", form, "PROD", version, cwd=mount.path / hello)
    assert not result.ok
    assert last_error(mount).endswith(f" - arguments swapped? ln -sfn {version} PROD"), last_error(mount)
    assert "means the alias itself" not in last_error(mount)


def test_swapped_arguments_with_paths_and_weights(gesture, hello, mount):
    with gesture():
        assert not mount.run("ln", "-sf", "mnt/hello/PROD", "mnt/hello/2").ok
        assert last_error(mount).endswith(" - arguments swapped? ln -sfn 2 PROD")
        assert not mount.run("ln", "-sf", "PROD%10", "2", cwd=mount.path / hello).ok
        assert last_error(mount).endswith(" - arguments swapped? ln -sfn 2 PROD%10")


def test_what_is_not_swapped(gesture, hello, make_mount):
    """Through an alias, another one's name is a target like any; and other links are no aliases."""
    mount = make_mount()
    with gesture():
        assert not mount.run("ln", "-sf", "3", "2", cwd=mount.path / hello).ok
        assert last_error(mount).endswith("versions are read-only: ln -sfn means the alias itself")
    with gesture("UpdateAlias"):
        mount.run("ln", "-sf", "BETA", "PROD", cwd=mount.path / hello, check=True)
    mount = make_mount(strict_ln=True)
    with gesture():
        assert not mount.run("ln", "-sf", "DEV", "PROD", cwd=mount.path / hello).ok
        assert "arguments swapped" not in last_error(mount)


WEIGHTS = {"AdditionalVersionWeights": {"1": 0.1}}


@pytest.mark.parametrize(
    "change, told",
    [
        ({"FunctionVersion": "3"}, "PROD leads to 3 now; this mount last saw it lead to 1"),
        (
            {"FunctionVersion": "3", "RoutingConfig": WEIGHTS},
            "PROD leads to 3 and with 10 % to 1 now; this mount last saw it lead to 1",
        ),
        ({"Description": "x"}, "PROD still leads to 1, as this mount last saw it; its description is another"),
    ],
)
@pytest.mark.parametrize(
    "words", [("ln", "-sfn", "2", "PROD"), ("ln", "-sfn", "1", "PROD"), ("mv", "PROD", "LIVE")]
)
def test_another_client_was_faster(api, hello, make_mount, words, change, told):
    mount = make_mount(ttl=3600)
    os.listdir(mount.path / hello)
    os.readlink(mount.path / hello / "PROD")
    api.update_alias(FunctionName="hello", Name="PROD", **change)
    result = mount.run(*words, cwd=mount.path / hello)
    if words[1:3] == ("-sfn", "1") and change.keys() == {"Description"}:
        assert result.ok  # it leads where it is to lead
        return
    assert not result.ok and "Remote address changed" in result.stderr, str(result)
    assert last_error(mount).endswith(f" - {told}"), last_error(mount)


def test_another_client_has_deleted_it(api, hello, make_mount):
    mount = make_mount(ttl=3600)
    os.listdir(mount.path / hello)
    os.readlink(mount.path / hello / "PROD")
    api.delete_alias(FunctionName="hello", Name="PROD")
    assert not mount.run("ln", "-sfn", "1", "PROD", cwd=mount.path / hello).ok
    assert last_error(mount).endswith(
        "PROD is gone: another client deleted it; this mount last saw it lead to 1"
    ), last_error(mount)


@pytest.mark.parametrize("typed", ["99", "./99", "../hello/99", "{mnt}/hello/99", "NOPE", "99999999999999999999999"])
@pytest.mark.parametrize("form", ["-s", "-sfn", "-sf"])
def test_a_wrong_version_is_told_as_it_was_typed(gesture, hello, mount, typed, form):
    typed = typed.format(mnt=mount.path)
    name = "NEW" if form == "-s" else "PROD"
    with gesture():
        result = mount.run("ln", form, typed, name, cwd=mount.path / hello)
    assert not result.ok and "No such file or directory" in result.stderr, str(result)
    assert last_error(mount).endswith(f" - hello/{name} was to lead to '{typed}'"), last_error(mount)


def test_a_wrong_version_of_a_weight(gesture, hello, mount):
    with gesture():
        assert not mount.run("ln", "-s", "99", "PROD%10", cwd=mount.path / hello).ok
    assert last_error(mount).endswith(" - hello/PROD%10 was to lead to '99'"), last_error(mount)


@pytest.mark.parametrize(
    "words, action, policy",
    [
        (("ln", "-sfn", "2", "PROD"), "UpdateAlias", "promote"),
        (("ln", "-sf", "2", "PROD"), "UpdateAlias", "promote"),
        (("ln", "-s", "2", "NEW"), "CreateAlias", "promote"),
        (("mkdir", "+"), "PublishVersion", "publish"),
    ],
)
def test_a_missing_permission_names_the_policy_that_has_it(hello, make_mount, proxy, words, action, policy):
    mount = make_mount(endpoint_url=proxy.url)
    os.listdir(mount.path / hello)
    for method in ("PUT", "POST"):
        proxy.rule(faultproxy.access_denied(f"lambda:{action}"), method=method)
    result = mount.run(*words, cwd=mount.path / hello)
    assert not result.ok and "Permission denied" in result.stderr, str(result)
    advice = f" - lambda:{action} is not allowed: the policy contrib/iam/" + f"{policy}.json has it"
    assert last_error(mount).endswith(advice), last_error(mount)
    assert re.search(rf"{re.escape(advice)}$", mount.log(), re.M)


@pytest.mark.parametrize(
    "message",
    ["The Host header is no host name.", "User: x is not authorized to perform: kms:Decrypt on resource: y"],
)
def test_what_is_no_missing_permission_of_the_call(hello, make_mount, proxy, message):
    mount = make_mount(endpoint_url=proxy.url)
    os.listdir(mount.path / hello)
    proxy.rule(faultproxy.aws_error(403, "AccessDeniedException", message), method="PUT")
    assert not mount.run("ln", "-sfn", "2", "PROD", cwd=mount.path / hello).ok
    assert message in last_error(mount) and "contrib/iam" not in last_error(mount), last_error(mount)


def test_an_explicit_deny_is_no_missing_policy(hello, make_mount, proxy):
    mount = make_mount(endpoint_url=proxy.url)
    os.listdir(mount.path / hello)
    denied = faultproxy.access_denied("lambda:UpdateAlias on resource: x with an explicit deny in a boundary")
    proxy.rule(denied, method="PUT")
    assert not mount.run("ln", "-sfn", "2", "PROD", cwd=mount.path / hello).ok
    assert "lambda:UpdateAlias is denied by a policy" in last_error(mount)
    assert "contrib/iam" not in last_error(mount)
