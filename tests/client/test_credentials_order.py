# SPDX-License-Identifier: MIT
"""Generated profiles and environments: who signs for us, and with which requests to STS, as for botocore.

The seed is printed; ALIASFS_SEED repeats a run, and --long makes ten times as many cases.
"""

import os
import random
import re

import botocore.session
import pytest

from credentials_help import container, process_keys, sts

NAMES = ["default", "a", "b", "c"]


class World:
    """One generated configuration."""

    def __init__(self, rng, program, token, services_url):
        self.rng = rng
        config, credentials = [], []
        for name in NAMES:
            files = {"config": [], "credentials": []}
            for line in self._lines(name, program, token):
                files[rng.choice(["config", "config", "credentials"])] += line
            config += [f"[{name}]" if name == "default" else f"[profile {name}]", *files["config"]]
            credentials += [f"[{name}]", *files["credentials"]] if files["credentials"] else []
        self.config, self.credentials = "\n".join(config) + "\n", "\n".join(credentials) + "\n"
        self.environment = dict(self._variables(token, services_url))
        self.profile = rng.choice([None, None, *NAMES])
        if self.profile and rng.random() < 0.5:
            self.environment["AWS_PROFILE"], self.profile = self.profile, None

    def _lines(self, name, program, token):
        sources = [*NAMES, "none"] if self._one_in(4) else NAMES
        keys = [f"aws_access_key_id = KEY-{name}", "aws_secret_access_key = s", "aws_session_token = t"]
        yield from self._maybe(2, f"role_arn = arn:aws:iam::111122223333:role/{name}")
        yield from self._maybe(2, f"source_profile = {self.rng.choice(sources)}")
        yield from self._maybe(6, f"credential_source = {self.rng.choice(['Environment', 'EcsContainer', 'None'])}")
        yield from self._maybe(3, *keys[: self.rng.choice([1, 2, 2, 2, 2, 3])])
        yield from self._maybe(7, f"web_identity_token_file = {token}")
        yield from self._maybe(7, f"credential_process = '{program}'")
        yield from self._maybe(5, "external_id = a/b c")
        yield from self._maybe(5, "duration_seconds = 900")
        yield from self._maybe(5, f"role_session_name = name-{name}")

    def _variables(self, token, services_url):
        if self._one_in(3):
            yield "AWS_ACCESS_KEY_ID", "ENV"
            if not self._one_in(8):
                yield "AWS_SECRET_ACCESS_KEY", "s"
        if self._one_in(6):
            yield "AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/environment"
        if self._one_in(6):
            yield "AWS_WEB_IDENTITY_TOKEN_FILE", str(token)
        if self._one_in(3):
            yield "AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{services_url}/creds"

    def _one_in(self, number):
        return self.rng.random() < 1 / number

    def _maybe(self, one_in, *lines):
        if self._one_in(one_in):
            yield lines

    def __str__(self):
        return f"{self.config}--- credentials\n{self.credentials}--- {self.environment} profile={self.profile}"


def roles(services):
    """What STS was asked: (form, who signed, with which token), and forgets it."""
    found = []
    for seen in services.requests("/"):
        form = {**seen.form}
        if "session" in form["RoleSessionName"]:
            form["RoleSessionName"] = "made up"
        signer = re.search(r"Credential=([^/]+)/", seen.headers.get("authorization", ""))
        found.append((form, signer and signer[1], seen.headers.get("x-amz-security-token")))
    services.seen.clear()
    return found


def botocore_finds(world, home, services, monkeypatch):
    """(key id, token), or None: nothing or an error."""
    with monkeypatch.context() as patch:
        for name in [each for each in os.environ if each.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name, value in world.environment.items():
            patch.setenv(name, value)
        session = botocore.session.Session(profile=world.profile)
        create = session.create_client  # Debian's knows no AWS_ENDPOINT_URL_STS
        patch.setattr(session, "create_client", lambda *a, **b: create(*a, **b, endpoint_url=services.url))
        try:
            found = session.get_credentials()
            found = found and found.get_frozen_credentials()
        except Exception:  # it has no class for all
            return None
    return (found.access_key, found.token) if found else None


@pytest.mark.quick_sanitized
def test_signs_as_whom_botocore_would(request, user, services, signers, program, scratch, monkeypatch):
    seed = int(os.environ.get("ALIASFS_SEED") or random.SystemRandom().randrange(2**32))
    print(f"ALIASFS_SEED={seed}")
    rng = random.Random(seed)
    path, token = program(process_keys()), scratch / "token"
    token.write_text("web.token")
    services.route("POST", "/", lambda seen: sts(result=seen.form["Action"])(seen))
    services.route("GET", "/creds", container())
    original, successes = dict(user.environment), 0
    for _ in range(400 if request.config.getoption("--long") else 80):
        world = World(rng, path, token, services.url)
        user.write_file("config", world.config)
        user.write_file("credentials", world.credentials)
        user.environment = {**original, **world.environment}
        answer = user("get-account", profile=world.profile)
        ours = signers()[-1] if answer.status == "ok" else None
        asked = roles(services)
        assert ours == botocore_finds(world, user.home, services, monkeypatch), f"{world}\n{answer}"
        if ours:
            successes += 1
            assert asked == roles(services), world
        roles(services)
    assert successes > 10
