# SPDX-License-Identifier: MIT
"""Fixtures for every test: what they start, they end, and they look at how it ended."""

import contextlib
import os
import pathlib
import shutil
import signal
import stat
import tempfile

import pytest

from lib import aws
from lib.authority import Authority
from lib.fake_services import FakeServices
from lib.faultproxy import FaultProxy
from lib.mount import Mount, OrdinaryUser
from lib.plane import Plane
from lib.programs import ROOT

# AWS's answers as they were recorded: not part of the repository, and beside it only where it was written.
RECORDED = pathlib.Path(os.environ.get("ALIASFS_SHARED", ROOT.parent / "shared")) / "conformance/replay.py"

# Marks that choose by themselves when nothing was asked for on the command line.
CHOSEN_BY_OPTION = ("long", "aws")


# A shell starts what it runs in the background with SIGINT ignored, and every program under test would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests marked long as well")
    parser.addoption("--aws", action="store_true", help="run the tests marked aws as well")


def pytest_collection_modifyitems(config, items):
    """Tests that were not asked for are deselected, not skipped: a skip means that something lacks."""
    unwanted = {mark for mark in CHOSEN_BY_OPTION if not config.getoption(f"--{mark}")}

    def wanted(item):
        return not unwanted & {mark.name for mark in item.iter_markers()}

    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = [item for item in items if wanted(item)]


def pytest_ignore_collect(collection_path):
    """What a clone alone cannot have is no test there, and so no skipped one."""
    return True if collection_path.name == "test_conformance.py" and not RECORDED.exists() else None


def pytest_terminal_summary(terminalreporter):
    if not RECORDED.exists():
        terminalreporter.write_line(
            f"THE REPLAY OF RECORDED AWS ANSWERS IS NO TEST HERE: there is no {RECORDED}"
        )


@pytest.fixture(scope="session")
def sanitizer_logs():
    """The directory of all sanitizer reports; contrib/test looks there once more at the end."""
    given = os.environ.get("ALIASFS_SANITIZER_LOGS")
    if given:
        pathlib.Path(given).mkdir(parents=True, exist_ok=True)
        os.chmod(given, 0o1777)  # programs run as other users report too
        yield pathlib.Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="aliasfs-sanitizer-") as made:
        os.chmod(made, 0o1777)
        yield pathlib.Path(made)


def _remove(directory):
    """Removes a scratch directory, but never what is behind a mountpoint left inside it."""
    table = pathlib.Path("/proc/self/mountinfo").read_text()
    assert f" {directory}/" not in table, f"something is still mounted below {directory}"
    shutil.rmtree(directory)


@pytest.fixture
def scratch():
    """A directory of the test's own with a short path (Unix sockets) that ordinary users can enter."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="aliasfs-"))
    directory.chmod(0o755)
    yield directory
    _remove(directory)


@pytest.fixture
def afterwards(scratch):
    """What must outlive the mounts is closed through this stack, however late a test asked for it."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def make_plane(scratch, sanitizer_logs, afterwards):
    """make_plane(*arguments, state=DIR): starts a lambda-plane; all are stopped at the end."""
    made = []

    def make(*arguments, state=None):
        directory = scratch / f"plane-{len(made)}"
        directory.mkdir()
        plane = Plane(directory, sanitizer_logs, state, *arguments)
        made.append(plane)
        afterwards.callback(plane.close)
        return plane

    return make


@pytest.fixture
def plane(make_plane):
    """A lambda-plane with an empty account."""
    return make_plane()


@pytest.fixture
def api(plane):
    """boto3 at the plane."""
    return plane.api


@pytest.fixture
def cli(plane, scratch):
    """The aws CLI at the plane: cli("get-alias", …), cli.json("get-alias", …)."""
    return aws.CommandLine(plane.url, scratch)


@pytest.fixture
def proxy(plane, afterwards):
    """A FaultProxy in front of the plane."""
    return afterwards.enter_context(FaultProxy(plane.url))


@pytest.fixture
def services(afterwards):
    """STS, SSO and the others that give credentials: a FakeServices without a route."""
    return afterwards.enter_context(contextlib.closing(FakeServices()))


@pytest.fixture
def authority(scratch):
    """Issues certificates; programs trust it with AWS_CA_BUNDLE=authority.certificate."""
    return Authority(scratch / "authority")


@pytest.fixture(scope="session")
def fuse_device():
    """Mounting needs /dev/fuse. Under CI its absence is a failure; elsewhere the skip says so."""
    try:
        if stat.S_ISCHR(os.stat("/dev/fuse").st_mode) and os.access("/dev/fuse", os.R_OK | os.W_OK):
            return
    except FileNotFoundError:
        pass
    message = "/dev/fuse cannot be used here: NO MOUNT TEST RUNS"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def make_mount(fuse_device, scratch, sanitizer_logs, afterwards, request):
    """make_mount(source, *words, **options): mounts in the foreground; all are unmounted at the end.

    Without a source: the test's plane, as `aws` with endpoint_url. endpoint_url= chooses another.
    start=False gives a Mount that is not started; user=ordinary_user mounts as that user; what else
    is named is a mount option.
    """
    mounts = []

    def make(source=None, *words, start=True, **named):
        if source is None:
            source = "aws"
            if "endpoint_url" not in named:
                named["endpoint_url"] = request.getfixturevalue("plane").url
            named.setdefault("region", aws.REGION)
        directory = scratch / f"mount-{len(mounts)}"
        directory.mkdir()
        mounts.append(Mount(directory, sanitizer_logs, source, *words, **named))
        return mounts[-1].start() if start else mounts[-1]

    yield make
    trouble = []
    for mount in mounts:
        try:
            mount.close()
        except AssertionError as error:
            trouble.append(str(error))
    assert not trouble, "\n".join(trouble)


@pytest.fixture
def mount(make_mount):
    """The plane's account mounted with the default options."""
    return make_mount()


@pytest.fixture
def ordinary_user(fuse_device, scratch, afterwards):
    """An ordinary user who may mount: make_mount(user=ordinary_user). See OrdinaryUser."""
    return afterwards.enter_context(contextlib.closing(OrdinaryUser(scratch)))


@pytest.fixture
def hello(api):
    """The function hello: versions 1 to 3, PROD -> 1, BETA -> 2, and a secret. Gives its name."""
    aws.create_function(
        api,
        "hello",
        versions=3,
        aliases={"PROD": 1, "BETA": 2},
        Environment={"Variables": {"PASSWORD": "correct horse battery staple", "MODE": "test"}},
    )
    return "hello"
