# SPDX-License-Identifier: MIT
"""`-o no_create`: no alias comes into being that AWS does not have, whatever the operation."""

import os

import pytest

from lib.calls import RENAME_NOREPLACE, exchange, rename
from lib.process import wait_for

pytestmark = [pytest.mark.quick_sanitized, pytest.mark.semantics("3.0.20")]

SENTENCE = "the mount option no_create keeps aliases from being made that AWS does not have"


@pytest.fixture
def mount(hello, make_mount):
    return make_mount(no_create=True)


@pytest.fixture
def function(mount, hello):
    return mount.path / hello


def errors(mount):
    return (mount.path / ".aliasfs/errors").read_text().splitlines()


def link_and_rename(function):
    """A local link, as rsync and git make one, renamed to the new name."""
    os.symlink("2", function / ".NEW.a1B2c3")
    os.rename(function / ".NEW.a1B2c3", function / "NEW")


def held_and_rename(function):
    os.symlink("2", function / "tmpab_12345")
    os.rename(function / "tmpab_12345", function / "NEW")


def weight_becomes_an_alias(function):
    os.rename(function / "BETA%10", function / "NEW")


REFUSED = {
    "symlink": lambda function: os.symlink("2", function / "NEW"),
    "to an alias": lambda function: os.symlink("PROD", function / "NEW"),
    "to the newest": lambda function: os.symlink(".newest", function / "NEW"),
    "local link renamed": link_and_rename,
    "held link renamed": held_and_rename,
    "alias renamed": lambda function: os.rename(function / "PROD", function / "NEW"),
    "alias renamed, noreplace": lambda function: rename(function / "PROD", function / "NEW", RENAME_NOREPLACE),
    "weight renamed": weight_becomes_an_alias,
}


@pytest.mark.parametrize("way", REFUSED)
def test_no_way_makes_an_alias(api, gesture, function, mount, way):
    api.update_alias(
        FunctionName="hello", Name="BETA", RoutingConfig={"AdditionalVersionWeights": {"3": 0.1}}
    )
    (mount.path / ".aliasfs/refresh").write_text("now\n")
    before = sorted(os.listdir(function))
    with gesture():
        with pytest.raises(PermissionError, match="Operation not permitted"):
            REFUSED[way](function)
        assert SENTENCE in errors(mount)[-1]
    assert sorted(os.listdir(function)) == before
    assert not os.path.lexists(function / "NEW")


@pytest.mark.parametrize("arguments", [("ln", "-s"), ("ln", "-sf"), ("ln", "-sfn"), ("ln", "-sb")])
def test_tools_are_refused_too(gesture, function, mount, arguments):
    with gesture():
        result = mount.run(*arguments, "2", function / "NEW")
        assert not result.ok and "Operation not permitted" in result.stderr, str(result)
        result = mount.run("mv", function / "PROD", function / "LIVE")
        assert not result.ok and "Operation not permitted" in result.stderr, str(result)
        result = mount.run("cp", "-aT", function / "PROD", function / "LIVE")
        assert not result.ok and "Operation not permitted" in result.stderr, str(result)
    assert os.readlink(function / "PROD") == "1"


def test_a_held_name_does_not_become_an_alias(gesture, function, mount):
    with gesture():
        os.symlink("2", function / "tmpab_12345")
        wait_for(lambda: not os.path.lexists(function / "tmpab_12345"), 20, "its holding has ended")
        wait_for(lambda: errors(mount), 20, "it is told")
        (line,) = errors(mount)
        assert "CreateAlias hello/tmpab_12345 by aliasfs: Operation not permitted" in line and SENTENCE in line


def test_a_name_that_depends_on_a_held_one_does_not_make_it_an_alias(gesture, function, mount):
    with gesture():
        os.symlink("2", function / "tmpab_12345")
        result = mount.run("ln", "-sfn", "tmpab_12345", function / "PROD")
        assert not result.ok, str(result)
        assert not (function / ".aliases/tmpab_12345/description").exists()
    assert os.readlink(function / "PROD") == "1"


def test_what_is_there_is_moved_as_ever(api, gesture, function, mount):
    with gesture("UpdateAlias"):
        mount.run("ln", "-sfn", "2", function / "PROD", check=True)
    with gesture("UpdateAlias"):
        mount.run("ln", "-sf", "1", function / "PROD", check=True)
    with gesture("UpdateAlias"):  # unlinked and linked again
        mount.run("cp", "-a", "--remove-destination", "-T", function / "BETA", function / "PROD", check=True)
    with gesture("UpdateAlias"):
        os.symlink("3", function / "PROD%10")
    with gesture("UpdateAlias"):
        os.rename(function / "PROD%10", function / "PROD")
    with gesture("UpdateAlias", "UpdateAlias"):
        exchange(function / "PROD", function / "BETA")
    with gesture("UpdateAlias"):
        mount.run("ln", "-sb", "-T", "1", function / "PROD", check=True)
    with gesture("DeleteAlias"):
        mount.run("rm", function / "DEV", check=True)
        wait_for(lambda: not api_has(api, "DEV"), 20, "DEV is deleted")
    with gesture():
        assert not mount.run("ln", "-s", "2", function / "DEV").ok


def api_has(api, name):
    return name in [each["Name"] for each in api.list_aliases(FunctionName="hello")["Aliases"]]


def test_an_alias_that_is_gone_meanwhile_is_not_made_anew(api, function, mount):
    """Hidden here, and deleted by another client (2.4.16)."""
    os.unlink(function / "PROD")
    api.delete_alias(FunctionName="hello", Name="PROD")
    (mount.path / ".aliasfs/refresh").write_text("now\n")
    with pytest.raises(PermissionError):
        os.symlink("2", function / "PROD")
    assert not api_has(api, "PROD")
