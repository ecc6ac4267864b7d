# SPDX-License-Identifier: MIT
"""Canaries are links: PROD%10 -> 3 says that 10 % of PROD's traffic goes to version 3."""

import errno
import os

import pytest

from lib import aws
from lib.process import wait_for


@pytest.fixture
def function(hello, mount):
    return mount.path / hello


def weights(api, alias="PROD"):
    routing = api.get_alias(FunctionName="hello", Name=alias).get("RoutingConfig", {})
    return routing.get("AdditionalVersionWeights", {})


def set_weight(api, version, weight):
    api.update_alias(
        FunctionName="hello",
        Name="PROD",
        RoutingConfig={"AdditionalVersionWeights": {version: weight}},
    )


def links(function):
    return {
        name: os.readlink(function / name)
        for name in os.listdir(function)
        if (function / name).is_symlink()
    }


@pytest.mark.semantics("3.3.1", "3.3.5", "3.3.6", "3.3.7")
def test_a_canary_from_start_to_promotion(api, gesture, function, mount):
    def do(*argv):
        mount.run(*argv, cwd=function, check=True)

    with gesture("UpdateAlias"):
        do("ln", "-s", "3", "PROD%10")
    assert weights(api) == {"3": 0.1}
    assert os.readlink(function / "PROD%10") == "3"
    assert os.readlink(function / "PROD") == "1"
    with gesture("UpdateAlias"):
        do("mv", "PROD%10", "PROD%50")
    assert weights(api) == {"3": 0.5}
    assert {"PROD%50"} == {name for name in links(function) if "%" in name}
    with gesture("UpdateAlias"):
        do("ln", "-sfn", "2", "PROD%50")
    assert weights(api) == {"2": 0.5}
    with gesture("UpdateAlias"):
        do("ln", "-sfn", "3", "PROD%25")
    assert weights(api) == {"3": 0.25}
    with gesture("UpdateAlias"):
        do("mv", "-T", "PROD%25", "PROD")
    assert aws.aliases_of(api, "hello")["PROD"] == "3"
    assert weights(api) == {}
    assert {"PROD": "3"}.items() <= links(function).items()
    assert not [name for name in os.listdir(function) if "%" in name]


@pytest.mark.semantics("3.3.7")
def test_promotion_without_T(api, gesture, function, mount):
    set_weight(api, "3", 0.1)
    with gesture("UpdateAlias"):
        mount.run("mv", "PROD%10", "PROD", cwd=function, check=True)
    assert aws.alias_version(api, "hello", "PROD") == "3"
    assert weights(api) == {}


def test_a_canary_is_called_off(api, gesture, hello, make_mount):
    set_weight(api, "3", 0.1)
    mount = make_mount(delete_grace=0)
    with gesture("UpdateAlias"):
        mount.run("rm", mount.path / hello / "PROD%10", check=True)
    assert weights(api) == {}
    assert aws.alias_version(api, "hello", "PROD") == "1"


@pytest.mark.semantics("2.4.2")
def test_calling_off_waits_for_its_successor(api, plane, function, mount):
    set_weight(api, "3", 0.1)
    before = len(plane.changes())
    mount.run("rm", "PROD%10", cwd=function, check=True)
    assert "PROD%10" not in os.listdir(function)
    changes = wait_for(lambda: plane.changes()[before:], 5, "the weight is gone")
    assert [change.operation for change in changes] == ["UpdateAlias"]
    assert weights(api) == {}


@pytest.mark.parametrize(
    "weight, shown",
    [
        (0.0, "0"),
        (1.0, "100"),
        (0.333, "33.3"),
        (0.0001, "0.01"),
        (0.1 + 0.2, None),
        (1 / 3, None),
        (0.07, "7"),
        (0.29, "29"),
        (5e-324, None),
    ],
)
@pytest.mark.semantics("3.3.2", "3.3.3")
def test_every_weight_is_shown_exactly(api, hello, make_mount, weight, shown):
    set_weight(api, "3", weight)
    mount = make_mount()
    (name,) = [name for name in os.listdir(mount.path / hello) if name.startswith("PROD%")]
    text = name[len("PROD%") :]
    if shown is not None:
        assert text == shown
    assert os.readlink(mount.path / hello / name) == "3"
    # Writing the same percentage changes nothing: it means the same double.
    mount.run("ln", "-sfn", "2", name, cwd=mount.path / hello, check=True)
    assert weights(api) == {"2": weight}


@pytest.mark.parametrize("name", ["PROD%101", "PROD%10.0", "PROD%00", "NONE%10"])
def test_wrong_weights_are_refused(gesture, function, name):
    with gesture():
        with pytest.raises(OSError) as caught:
            os.symlink("2", function / name)
    assert caught.value.errno in (errno.EINVAL, errno.EPERM, errno.ENOENT)


def test_only_one_version_can_have_a_weight(api, function, mount):
    """AWS's rule: a second weight link moves the first."""
    mount.run("ln", "-s", "2", "PROD%10", cwd=function, check=True)
    assert mount.run("ln", "-sfn", "3", "PROD%20", cwd=function).ok
    assert weights(api) == {"3": 0.2}
    assert [name for name in os.listdir(function) if "%" in name] == ["PROD%20"]


def test_the_weight_follows_its_alias_in_the_listing(api, function):
    set_weight(api, "3", 0.1)
    names = [name for name in os.listdir(function) if name != ".aliases"]
    assert names[names.index("PROD") + 1 :] == ["PROD%10"]


def test_rsync_backs_up_and_restores_weights(api, plane, function, mount, scratch):
    set_weight(api, "3", 0.125)
    backup = scratch / "backup"
    mount.run("rsync", "-a", f"{function}/", f"{backup}/", check=True)
    assert os.readlink(backup / "PROD%12.5") == "3"
    mount.run("ln", "-sfn", "2", "PROD", cwd=function, check=True)
    assert weights(api) == {}
    mount.run("rsync", "-a", f"{backup}/", f"{function}/", check=True)
    assert aws.alias_version(api, "hello", "PROD") == "1"
    assert weights(api) == {"3": 0.125}
    with plane.recording() as record:
        again = mount.run("rsync", "-ai", f"{backup}/", f"{function}/", check=True)
    assert again.stdout == "" and record.writes == []


def test_a_weight_that_went_with_its_remap_is_gone_at_once(api, function, mount):
    """The kernel remembers names for a while: not one that another gesture took away."""
    set_weight(api, "3", 0.1)
    (mount.path / ".aliasfs/refresh").write_text("\n")
    for form in ("-sfn", "-sf"):
        assert os.path.lexists(function / "PROD%10")
        mount.run("ln", form, "2", "PROD", cwd=function, check=True)
        assert not os.path.lexists(function / "PROD%10")
        mount.run("ln", "-s", "3", "PROD%10", cwd=function, check=True)
        assert os.path.lexists(function / "PROD%10")
    mount.run("ln", "-sfn", "3", "PROD%20", cwd=function, check=True)
    assert not os.path.lexists(function / "PROD%10")
    mount.run("mv", "PROD%20", "PROD%30", cwd=function, check=True)
    assert not os.path.lexists(function / "PROD%20")
    assert os.path.lexists(function / "PROD%30")
