# SPDX-License-Identifier: MIT
"""Every row of "Errors" in fs/SEMANTICS.md: provoked, seen by a real tool, and explained in .aliasfs/errors.

A case is what goes wrong (`provoke`), what a user then does (`does`, on a mount that knows the account
already), the text that the tool prints, and what its line in `.aliasfs/errors` says.
"""

import dataclasses
import errno
import os
import pathlib
import re
import typing

import pytest

from lib import aws, faultproxy
from lib.faultproxy import FaultProxy
from lib.network import Network
from lib.programs import ROOT

DEADLINE = 2
REQUEST = "request fa017000-0000-4000-8000-00000000fa01"  # the fault proxy's own


class World:
    """The account of one case, its mount, and what spoils it."""

    def __init__(self, api, plane, scratch, afterwards, make_mount, authority):
        self.api = api
        self.plane = plane
        self.scratch = scratch
        self.authority = authority
        self.afterwards = afterwards
        self._make_mount = make_mount
        self.network = None
        self.proxy = None
        self.mount = None

    def stand(self, options=None, environment=None, network=False, certificate=None):
        if network:
            if os.getuid() != 0:
                pytest.skip("a network of one's own needs root")
            self.network = Network()
            self.afterwards.callback(self.network.close)
        self.proxy = self.afterwards.enter_context(
            FaultProxy(self.plane.url, network=self.network, certificate=certificate)
        )
        self.mount = self._make_mount(
            endpoint_url=self.proxy.url,
            network=self.network,
            env=environment and aws.credentials_environment(self.scratch, **environment),
            **{"ttl": 3600, "timeout": DEADLINE, "read_timeout": DEADLINE, "rate": 1000, **(options or {})},
        )
        self.run("ls", "-l", "mnt/hello")

    def run(self, *words):
        """Where the mount is "mnt"."""
        return self.mount.run(*words)

    def mend(self):
        self.proxy.clear()
        self.proxy.accept_connections()

    def errors(self):
        return (self.mount.path / ".aliasfs/errors").read_text().splitlines()


# --- how a world stands before anything goes wrong ------------------------------------------------


def plainly(world):
    world.stand()


def mounted_with(**options):
    return lambda world: world.stand(options)


def in_its_own_network(world):
    world.stand(network=True)


def behind_tls(world):
    world.stand(
        environment={"AWS_CA_BUNDLE": world.authority.certificate},
        certificate=world.authority.issue("IP:127.0.0.1"),
    )


def with_a_credential_process(world):
    """What it gives expires so soon that every call asks again; without the file it gives nothing."""
    answer = world.scratch / "credentials.json"
    answer.write_text(
        '{"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "secret",'
        ' "SessionToken": "token", "Expiration": "%s"}' % aws.moment(60)
    )
    (world.scratch / ".aws").mkdir()
    (world.scratch / ".aws/config").write_text(f"[default]\ncredential_process = /bin/cat {answer}\n")
    world.stand(environment={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None})


# --- what goes wrong ------------------------------------------------------------------------------


def nothing(_):
    pass


def answers(fault, method="PUT", path=""):
    return lambda world: world.proxy.rule(fault, method=method, path=path)


def a_colleague_creates_live(world):
    world.api.create_alias(FunctionName="hello", Name="LIVE", FunctionVersion="1")


def a_colleague_moves_prod(world):
    world.api.update_alias(FunctionName="hello", Name="PROD", FunctionVersion="3")


def the_credentials_go(world):
    (world.scratch / "credentials.json").unlink()


def the_host_goes(world):
    world.proxy.reset_connections()
    world.network.lose_host()


def the_routes_go(world):
    world.proxy.reset_connections()
    world.network.lose_routes()


def no_server_listens(world):
    world.proxy.refuse_connections()


def another_server_answers(world):
    """With a certificate for another name."""
    world.proxy.certificate = world.authority.issue("DNS:elsewhere.example")
    world.proxy.reset_connections()


def code_lies_at_a_name_that_does_not_resolve(world):
    def elsewhere(status, headers, body):
        address = b'"Location":"https://nowhere.invalid/code"'
        return status, headers, re.sub(rb'"Location":"[^"]*"', address, body)

    world.proxy.rule(faultproxy.rewrite(elsewhere), method="GET", path="/functions/hello$")


# --- what a user does -----------------------------------------------------------------------------


def does(*words):
    return lambda world: world.run(*words)


remap = does("ln", "-sfnT", "2", "mnt/hello/PROD")
create = does("ln", "-sT", "2", "mnt/hello/LIVE")
publish = does("mkdir", "mnt/hello/+")


def look(world):
    world.run("sh", "-c", "echo > mnt/.aliasfs/refresh")
    return world.run("ls", "mnt/hello")


def describe(world):
    """By cp: a shell does not tell what a close says."""
    (world.scratch / "text").write_text("x" * 257)
    return world.run("cp", world.scratch / "text", "mnt/hello/.aliases/PROD/description")


@dataclasses.dataclass
class Case:
    error: int
    told: str  # a regular expression for the whole rest of the line, from the operation on
    does: typing.Callable = remap
    provoke: typing.Callable = nothing
    stands: typing.Callable = plainly
    changes: bool = False  # a colleague's change is part of the case


# How a line begins, up to the backend's own sentence.
REMAP = r"RENAME hello/Cu\S+ -> PROD by ln .*: "
LOOK = r"OPENDIR hello by ls .*: "


def refused(error, status, code, message, advice=""):
    """A remap that AWS refuses."""
    return Case(
        error,
        rf"{REMAP}{re.escape(message)} \[UpdateAlias {status} {code}\] {REQUEST}{advice}",
        provoke=answers(faultproxy.aws_error(status, code, message)),
    )


def unreachable(error, provoke, stands=plainly):
    """A remap that cannot reach AWS."""
    return Case(error, REMAP + r".* \[UpdateAlias\].*", provoke=provoke, stands=stands)


def unreachable_to_look(error, provoke, stands=plainly):
    return Case(error, LOOK + r".* \[\w+\].*", does=look, provoke=provoke, stands=stands)


CASES = {
    # There is no such function, version or alias.
    "no such version": Case(
        errno.ENOENT,
        REMAP + r"Function not found: arn:aws:lambda:\S+:function:hello:99 "
        r"\[UpdateAlias 404 ResourceNotFoundException\] request \S+ - hello/PROD was to lead to '99'",
        does=does("ln", "-sfnT", "99", "mnt/hello/PROD"),
    ),
    "no such alias": Case(
        errno.ENOENT,
        REMAP + r".*NOPE.*",
        does=does("ln", "-sfnT", "NOPE", "mnt/hello/PROD"),
    ),
    # The alias is already there.
    "already there": Case(
        errno.EEXIST,
        r"SYMLINK hello/LIVE by ln .*: Alias already exists: arn:\S+:hello:LIVE "
        r"\[CreateAlias 409 ResourceConflictException\] request \S+",
        does=create,
        provoke=a_colleague_creates_live,
        changes=True,
    ),
    # Update in progress, version in use, target not active.
    "update in progress": refused(
        errno.EBUSY, 409, "ResourceConflictException", "An update is in progress for resource: hello"
    ),
    "target not active": refused(
        errno.EBUSY, 409, "ResourceConflictException", "The function is in the following state: Failed"
    ),
    "publishing meanwhile": Case(
        errno.EBUSY,
        r"MKDIR hello/\+ by mkdir .*: The operation cannot be performed .* An update is in progress "
        r"\[PublishVersion 409 ResourceConflictException\] " + REQUEST,
        does=publish,
        provoke=answers(faultproxy.conflict(), method="POST"),
    ),
    "version in use": Case(
        errno.EBUSY,
        r"RMDIR hello/1 by rmdir .*: .*PROD.*",
        does=does("rmdir", "mnt/hello/1"),
        stands=mounted_with(allow_version_delete=True),
    ),
    # Another client changed it.
    "changed by another client": Case(
        errno.EREMCHG,
        REMAP + r"The Revision Id provided does not match .* "
        r"\[UpdateAlias 412 PreconditionFailedException\] request \S+ - PROD leads to 3 now; .* to 1",
        provoke=a_colleague_moves_prod,
        changes=True,
    ),
    # AWS does not accept it.
    "not accepted": Case(
        errno.EINVAL,
        r"SYMLINK hello/LIVE by ln .*: That cannot be\. "
        r"\[CreateAlias 400 InvalidParameterValueException\] " + REQUEST,
        does=create,
        provoke=answers(
            faultproxy.aws_error(400, "InvalidParameterValueException", "That cannot be."), method="POST"
        ),
    ),
    "not accepted on rename": refused(errno.EPERM, 400, "InvalidParameterValueException", "That cannot be."),
    "not valid on rename": refused(errno.EPERM, 400, "ValidationException", "1 validation error detected"),
    # An alias name over 128 characters.
    "too long a name": Case(
        errno.ENAMETOOLONG,
        r"SYMLINK hello/a{129} by ln .*",
        does=does("ln", "-s", "2", "mnt/hello/" + "a" * 129),
    ),
    # Access denied.
    "denied": refused(
        errno.EACCES,
        403,
        "AccessDeniedException",
        "User: arn:aws:iam::000000000000:user/test is not authorized to perform: lambda:UpdateAlias",
        r" - lambda:UpdateAlias is not allowed: the policy contrib/iam/promote\.json has it",
    ),
    "denied to look": Case(
        errno.EACCES,
        LOOK
        + r".*lambda:ListAliases \[ListAliases 403 AccessDeniedException\] "
        + REQUEST
        + r" - lambda:ListAliases is not allowed: the policy contrib/iam/browse\.json has it",
        does=look,
        provoke=answers(faultproxy.access_denied("lambda:ListAliases"), method="GET", path="/aliases"),
    ),
    # Credentials: none, expired, refused.
    "no credentials": Case(
        errno.ENOKEY,
        REMAP + r".*credential_process.*",
        provoke=the_credentials_go,
        stands=with_a_credential_process,
    ),
    "no credentials to look": Case(
        errno.ENOKEY,
        LOOK + r".*credential_process.*",
        does=look,
        provoke=the_credentials_go,
        stands=with_a_credential_process,
    ),
    "credentials expired": refused(
        errno.EKEYEXPIRED, 403, "ExpiredTokenException", "The security token in the request is expired"
    ),
    "credentials refused": refused(
        errno.EKEYREJECTED, 403, "UnrecognizedClientException", "The security token is invalid."
    ),
    "signature refused": refused(
        errno.EKEYREJECTED, 403, "InvalidSignatureException", "The request signature does not match"
    ),
    # Throttled, after retries.
    "throttled": Case(
        errno.EAGAIN,
        REMAP + r"Rate exceeded \[UpdateAlias 429 TooManyRequestsException\] " + REQUEST,
        provoke=answers(faultproxy.throttled("0")),
    ),
    # The service failed, or its answer cannot be read.
    "service failed": refused(errno.EREMOTEIO, 500, "ServiceException", "An error occurred"),
    "unreadable": Case(
        errno.EREMOTEIO,
        LOOK + r".* \[List(Aliases|VersionsByFunction)( 200)?\].*",
        does=look,
        provoke=answers(faultproxy.replace(200, body=b"<html>"), method="GET", path="/functions/hello"),
    ),
    # Connection refused, no route, no network, TLS, deadline.
    "refused": unreachable(errno.ECONNREFUSED, no_server_listens),
    "refused to look": unreachable_to_look(errno.ECONNREFUSED, no_server_listens),
    "host unreachable": unreachable(errno.EHOSTUNREACH, the_host_goes, in_its_own_network),
    "host unreachable to look": unreachable_to_look(errno.EHOSTUNREACH, the_host_goes, in_its_own_network),
    "name does not resolve": Case(
        errno.EHOSTUNREACH,
        r"READ hello/1/code\.zip by dd .*: the code could not be fetched from nowhere\.invalid: .*",
        does=does("dd", "if=mnt/hello/1/code.zip", "iflag=direct", "bs=1M"),
        provoke=code_lies_at_a_name_that_does_not_resolve,
        stands=mounted_with(code=True),
    ),
    "network unreachable": unreachable(errno.ENETUNREACH, the_routes_go, in_its_own_network),
    "network unreachable to look": unreachable_to_look(
        errno.ENETUNREACH, the_routes_go, in_its_own_network
    ),
    "TLS failed": Case(
        errno.EPROTO,
        REMAP + r".*certificate.* \[UpdateAlias\].*",
        provoke=another_server_answers,
        stands=behind_tls,
    ),
    "TLS failed to look": Case(
        errno.EPROTO,
        LOOK + r".*certificate.* \[\w+\].*",
        does=look,
        provoke=another_server_answers,
        stands=behind_tls,
    ),
    "no answer": Case(
        errno.ETIMEDOUT,
        LOOK + r".* \[\w+\].*",
        does=look,
        provoke=answers(faultproxy.hang(), method="GET", path="/functions/hello"),
    ),
    "no answer to a change": Case(
        errno.ETIMEDOUT,
        REMAP + r".* \[UpdateAlias\] \(it may or may not have happened\).*",
        provoke=answers(faultproxy.hang(), method=".*", path="/aliases/PROD"),
    ),
    # A limit of the account; too large.
    "no room for code": Case(
        errno.EDQUOT,
        r"MKDIR hello/\+ by mkdir .*: Code storage limit exceeded\. "
        r"\[PublishVersion 400 CodeStorageExceededException\] " + REQUEST,
        does=publish,
        provoke=answers(
            faultproxy.aws_error(400, "CodeStorageExceededException", "Code storage limit exceeded."),
            method="POST",
        ),
    ),
    "too many aliases": Case(
        errno.EDQUOT,
        r"SYMLINK hello/LIVE by ln .*: Alias limit exceeded "
        r"\[CreateAlias 400 AliasLimitExceededException\] " + REQUEST,
        does=create,
        provoke=answers(
            faultproxy.aws_error(400, "AliasLimitExceededException", "Alias limit exceeded"), method="POST"
        ),
    ),
    "too long a description": Case(
        errno.EFBIG, r"WRITE hello/\.aliases/PROD/description by cp .*256.*", does=describe
    ),
    "too large a request": refused(
        errno.EFBIG, 413, "RequestEntityTooLargeException", "Request must be smaller"
    ),
    # Inside a version, or mounted read-only.
    "inside a version": Case(
        errno.EROFS, r"UNLINK hello/1/code\.sha256 by rm .*", does=does("rm", "-f", "mnt/hello/1/code.sha256")
    ),
    "the version itself": Case(errno.EROFS, r"RMDIR hello/1 by rmdir .*", does=does("rmdir", "mnt/hello/1")),
    "mounted read-only": Case(errno.EROFS, "", stands=mounted_with(ro=True)),  # the kernel's own answer
    # Never possible.
    "a hard link": Case(
        errno.EPERM, r"LINK hello/HARD by ln .*", does=does("ln", "-P", "mnt/hello/PROD", "mnt/hello/HARD")
    ),
    "a number as an alias": Case(
        errno.EPERM, r"SYMLINK hello/77 by ln .*", does=does("ln", "-s", "2", "mnt/hello/77")
    ),
    "another function": Case(
        errno.EPERM,
        r"RENAME hello/PROD -> PROD by mv .*another function",
        does=does("mv", "-T", "mnt/hello/PROD", "mnt/other/PROD"),
    ),
    "no alias's name": Case(
        errno.EPERM,
        r"RENAME hello/PROD -> PROD\.old by mv .*",
        does=does("mv", "-T", "mnt/hello/PROD", "mnt/hello/PROD.old"),
    ),
}


@pytest.fixture
def world(api, hello, plane, scratch, afterwards, make_mount, authority):
    aws.create_function(api, "other", versions=1)
    return World(api, plane, scratch, afterwards, make_mount, authority)


def errnos_of_the_contract():
    """The names in the table of section 5."""
    text = pathlib.Path(ROOT / "fs/SEMANTICS.md").read_text()
    table = text[text.index("- **5.2.1**") : text.index("- **5.2.2**")]
    return set(re.findall(r"\bE[A-Z]{3,}\b", table))


@pytest.mark.semantics("5.2.1")
def test_no_row_of_the_contract_is_without_a_case():
    assert {errno.errorcode[case.error] for case in CASES.values()} == errnos_of_the_contract()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.semantics("5.1.1", "5.2.1")
def test_a_failure_is_one_errno_and_one_line(world, name):
    case = CASES[name]
    case.stands(world)
    aliases = aws.aliases_of(world.api, "hello")
    case.provoke(world)
    if case.changes:
        aliases = aws.aliases_of(world.api, "hello")
    lines = len(world.errors())
    with world.plane.recording() as record:
        result = case.does(world)
    assert not result.ok, str(result)
    assert os.strerror(case.error) in result.stderr, str(result)
    assert record.writes == [], str(record)
    assert aws.aliases_of(world.api, "hello") == aliases
    told = world.errors()[lines:]
    if not case.told:
        assert told == []
        return
    (line,) = told
    words = line.partition(" ")[2]  # what comes before is the time
    assert re.fullmatch(case.told, words), line
    assert f": {os.strerror(case.error)}" in words, line
    assert f"uid {os.getuid()}" in words, line
    if case.stands is plainly:
        world.mend()
        shown = {each: os.readlink(world.mount.path / "hello" / each) for each in aliases}
        assert shown == aliases


@pytest.mark.semantics("5.1.1")
def test_no_line_of_an_error_commands_a_terminal(hello, proxy, make_mount):
    """ESC, the one-byte CSI, another line's end and a turned direction of writing; from AWS and in a name."""
    wicked = "\x1b[31m \x9b31m \u2028 \u202e"
    mount = make_mount(endpoint_url=proxy.url)
    proxy.rule(faultproxy.aws_error(403, "AccessDeniedException", f"no {wicked} end"), method="POST")
    assert not mount.run("ln", "-s", "2", mount.path / hello / "NEW").ok
    assert not mount.run("ln", "-s", "2", mount.path / hello / f"%{wicked}").ok
    errors = (mount.path / ".aliasfs/errors").read_text()
    assert len(errors.splitlines()) == 2 and " end " in errors
    assert all(character.isprintable() for line in errors.split("\n") for character in line), ascii(errors)
    assert all(character.isprintable() for character in mount.log() if character != "\n"), ascii(mount.log())
