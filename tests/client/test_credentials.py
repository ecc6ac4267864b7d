# SPDX-License-Identifier: MIT
"""Credentials that stand in the environment or in files, and roles."""

import os
import re

import pytest

from credentials_help import BASE, OTHER_ROLE, ROLE, moment, refused, sts, sts_error, verify_signature
from lib.faultproxy import replace

pytestmark = pytest.mark.quick_sanitized


# --- the environment and the files --------------------------------------------------------------


def test_the_environment(user, signers):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="s", AWS_SESSION_TOKEN="t")
    user.write_file("credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n")
    assert user("get-account").status == "ok"
    assert signers() == [("ENV", "t")]


def test_the_environment_without_the_secret(user):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV")
    refused(user("get-account"), "AWS_SECRET_ACCESS_KEY is not")


def test_the_environment_says_when_it_expires(user):
    """As `aws configure export-credentials --format env` prints it."""
    until = moment(3600)
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="s", AWS_SESSION_TOKEN="t")
    user.environment["AWS_CREDENTIAL_EXPIRATION"] = until.replace("Z", "+00:00")
    assert user("report").report["credentials expire"][0][:19] == until[:19]
    user.environment["AWS_CREDENTIAL_EXPIRATION"] = "soon"
    refused(user("get-account"), "AWS_CREDENTIAL_EXPIRATION is not a time")


def test_environment_keys_about_to_expire_serve_to_the_end(user, signers):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="s")
    for seconds in (12 * 60, 60, -60):
        user.environment["AWS_CREDENTIAL_EXPIRATION"] = moment(seconds)
        assert user("get-account", repeat=2).status == "ok"
    assert signers() == [("ENV", None)] * 6


def test_an_explicit_profile_beats_the_environment(user, signers):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="s")
    user.write_file("credentials", "[dev]\naws_access_key_id=FILE\naws_secret_access_key=s\n")
    assert user("get-account", profile="dev").status == "ok"
    user.environment["AWS_PROFILE"] = "dev"
    assert user("get-account").status == "ok"
    assert signers() == [("FILE", None), ("ENV", None)]


def test_the_credentials_file_before_the_config_file(user, signers):
    user.write_file(
        "config",
        "[default]\naws_access_key_id=CONFIG\naws_secret_access_key=s\n"
        "[profile only]\naws_access_key_id=ONLY\naws_secret_access_key=s\naws_session_token=t\n",
    )
    user.write_file("credentials", "[default]\naws_access_key_id=SHARED\naws_secret_access_key=s\n")
    assert user("get-account").status == "ok"
    assert user("get-account", profile="only").status == "ok"
    assert signers() == [("SHARED", None), ("ONLY", "t")]


def test_other_places_of_the_files(user, signers, scratch):
    (scratch / "elsewhere").write_text("[default]\naws_access_key_id=ELSE\naws_secret_access_key=s\n")
    user.environment["AWS_SHARED_CREDENTIALS_FILE"] = scratch / "elsewhere"
    assert user("get-account").status == "ok"
    assert signers() == [("ELSE", None)]


def test_an_id_without_a_secret_is_an_error_that_names_file_and_profile(user):
    path = user.write_file("credentials", "[default]\naws_access_key_id=A\n")
    error = refused(user("get-account"), str(path), "profile default", "aws_secret_access_key")
    assert "no credentials" not in error.message


def test_a_broken_file_is_an_error_that_names_the_line(user):
    path = user.write_file("config", "[default]\nregion=us-east-1\nnonsense\n")
    answer = user("get-account")
    refused(answer, f"{path}: line 3 is not `key = value`", status="invalid request")


def test_a_pipe_is_no_file(user):
    """<(command) gives its bytes once, and what has no writer blocks for ever."""
    path = user.write_file("config", "")
    path.unlink()
    os.mkfifo(path)
    refused(user("get-account"), f"{path} is a pipe", status="invalid request")


def test_nothing_is_configured(user):
    error = refused(user("get-account"), "no AWS credentials were found")
    assert "aws configure" in error.hint


def test_secrets_are_nowhere_to_be_seen(user, proxy):
    secret, token = "SECRET-THAT-NOBODY-SEES", "TOKEN-THAT-NOBODY-SEES"
    user.write_file(
        "credentials",
        f"[default]\naws_access_key_id=A\naws_secret_access_key={secret}\naws_session_token={token}\n",
    )
    proxy.rule(replace(403, {"x-amzn-errortype": "InvalidSignatureException"}, {"message": "no"}))
    result = user.run("get-account")
    assert secret not in result.stdout + result.stderr
    assert token not in result.stdout + result.stderr


def test_a_session_token_of_10_kb(user, signers):
    token = "IQoJb3JpZ2luX2VjE" * 600
    user.write_file(
        "credentials",
        f"\ufeff[default]\r\naws_access_key_id = A\r\naws_secret_access_key = s\r\n"
        f"aws_session_token = {token}\r\n",
    )
    assert user("get-account").status == "ok"
    assert signers() == [("A", token)]


def test_keys_that_cannot_be_sent_are_refused_unseen(user):
    user.write_file("credentials", "[default]\naws_access_key_id=A B\naws_secret_access_key=s\n")
    assert "A B" not in refused(user("get-account"), "unprintable").message


# --- roles ----------------------------------------------------------------------------------------


def test_assume_role(user, services, signers):
    user.write_file("credentials", BASE)
    user.write_file(
        "config",
        f"""[default]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = a/b c
role_session_name = me@work\nduration_seconds = 900\n""",
    )
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    assert signers() == [("ROLE-deploy", "token-of-ROLE-deploy")]
    [seen] = services.seen
    assert seen.form == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "me@work",
        "DurationSeconds": "900",
        "ExternalId": "a/b c",
    }
    assert "Credential=BASE/" in seen.headers["authorization"]
    verify_signature(seen, "base-secret", services.port)


def test_a_session_gets_a_name_of_its_own(user, services):
    user.write_file("credentials", BASE)
    user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", services.seen[0].form["RoleSessionName"])


def test_roles_in_a_chain(user, services, signers):
    user.write_file("credentials", BASE)
    user.write_file(
        "config",
        f"[default]\nrole_arn={ROLE}\nsource_profile=middle\n"
        f"[profile middle]\nrole_arn={OTHER_ROLE}\nsource_profile=base\n",
    )
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    assert [each.form["RoleArn"] for each in services.seen] == [OTHER_ROLE, ROLE]
    assert "Credential=BASE/" in services.seen[0].headers["authorization"]
    assert "Credential=ROLE-base/" in services.seen[1].headers["authorization"]
    assert services.seen[1].headers["x-amz-security-token"] == "token-of-ROLE-base"
    assert signers() == [("ROLE-deploy", "token-of-ROLE-deploy")]


def test_a_profile_may_name_itself_if_it_holds_keys(user, services, signers, scratch):
    """Those are meant then, whatever the environment has."""
    (scratch / "token").write_text("web")
    user.environment.update(AWS_ROLE_ARN=OTHER_ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=scratch / "token")
    user.write_file(
        "config",
        f"[default]\nrole_arn={ROLE}\nsource_profile=default\n"
        "aws_access_key_id=SELF\naws_secret_access_key=s\n",
    )
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    [seen] = services.seen
    assert "Credential=SELF/" in seen.headers["authorization"]


@pytest.mark.parametrize(
    "config, words",
    [
        (f"[default]\nrole_arn={ROLE}\nsource_profile=default\n", "leads back to itself"),
        (
            f"[default]\nrole_arn={ROLE}\nsource_profile=b\n"
            f"[profile b]\nrole_arn={ROLE}\nsource_profile=default\n",
            "leads back to itself",
        ),
        (f"[default]\nrole_arn={ROLE}\nsource_profile=none\n", "source_profile none does not exist"),
        (f"[default]\nrole_arn={ROLE}\n", "neither source_profile nor credential_source"),
        (
            f"[default]\nrole_arn={ROLE}\nsource_profile=b\ncredential_source=Environment\n",
            "both source_profile and credential_source",
        ),
        (f"[default]\nrole_arn={ROLE}\ncredential_source=Nowhere\n", "no credential_source Nowhere"),
        (f"[default]\nrole_arn={ROLE}\ncredential_source=Environment\n", "has no credentials"),
        (
            f"[default]\nrole_arn={ROLE}\nsource_profile=b\n[profile b]\nregion=x\n",
            "source_profile b has no credentials",
        ),
        (f"[default]\nrole_arn={ROLE}\nsource_profile=default\nmfa_serial=arn:m\n", "MFA code"),
        (
            f"[default]\nrole_arn={ROLE}\nsource_profile=b\nduration_seconds=long\n",
            "duration_seconds is not a number",
        ),
    ],
)
def test_roles_that_cannot_be_assumed(user, services, config, words):
    path = user.write_file("config", config)
    refused(user("get-account"), words, f"{path} line ")
    assert services.seen == []


def test_credential_source_environment(user, services, signers):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="s")
    user.write_file("config", f"[profile r]\nrole_arn={ROLE}\ncredential_source=Environment\n")
    services.route("POST", "/", sts())
    assert user("get-account", profile="r").status == "ok"
    assert "Credential=ENV/" in services.seen[0].headers["authorization"]


@pytest.mark.parametrize(
    "answer, status, words",
    [
        (sts_error(403, "AccessDenied", "not authorized to perform: sts:AssumeRole"),
         "credentials refused", "AccessDenied: not authorized to perform"),
        (sts_error(403, "ExpiredToken", "old"), "credentials expired", "ExpiredToken: old"),
        (sts_error(403, "InvalidClientTokenId", "who"), "credentials refused", "InvalidClientTokenId"),
        ((400, {}, "not xml"), "no credentials", "STS answered HTTP 400"),
        ((200, {}, "not xml"), "no credentials", "no usable credentials"),
        ((200, {}, "<a/>"), "no credentials", "no usable credentials"),
        ((200, {}, "<a>" * 50 + "</a>" * 50), "no credentials", "no usable credentials"),
        ((200, {}, '<!DOCTYPE a [<!ENTITY b "cccccccccc">]><a>&b;</a>'),
         "no credentials", "no usable credentials"),
        ((301, {"Location": "http://127.0.0.1:1/"}, ""), "no credentials", "STS answered HTTP 301"),
    ],
)  # fmt: skip
def test_sts_refuses(user, services, answer, status, words):
    user.write_file("credentials", BASE)
    path = user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    services.route("POST", "/", answer)
    refused(user("get-account"), f"{path} line 2, role_arn of profile default", words, status=status)


@pytest.mark.parametrize(
    "stumble",
    [
        (503, {}, ""),
        sts_error(400, "Throttling", "Rate exceeded"),
        sts_error(400, "IDPCommunicationError", "not now"),
    ],
)
def test_sts_stumbles_once(user, services, stumble):
    user.write_file("credentials", BASE)
    user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    answers = [lambda _: stumble, sts()]
    services.route("POST", "/", lambda seen: answers.pop(0)(seen))
    assert user("get-account").status == "ok"


def test_sts_throttles_and_throttles(user, services):
    """The keys are not rejected: the same ones will do later."""
    user.write_file("credentials", BASE)
    user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    services.route("POST", "/", sts_error(400, "Throttling", "Rate exceeded"))
    refused(user("get-account", read_ms=10000), "Throttling: Rate exceeded")
    assert len(services.seen) == 3


def test_sts_does_not_answer(user):
    user.write_file("credentials", BASE)
    user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    user.environment["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:1"
    refused(user("get-account", read_ms=5000), "127.0.0.1:1")


# --- web identity -----------------------------------------------------------------------------------


def test_web_identity_of_the_environment(user, services, signers, scratch):
    (scratch / "token").write_text("web.token-1")
    user.environment.update(
        AWS_ROLE_ARN=ROLE,
        AWS_WEB_IDENTITY_TOKEN_FILE=scratch / "token",
        AWS_ROLE_SESSION_NAME="pod",
    )
    services.route("POST", "/", sts(result="AssumeRoleWithWebIdentity"))
    assert user("get-account").status == "ok"
    [seen] = services.seen
    assert seen.form == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "pod",
        "WebIdentityToken": "web.token-1",
    }
    assert "authorization" not in seen.headers
    assert signers() == [("ROLE-deploy", "token-of-ROLE-deploy")]


def test_the_web_token_is_read_each_time(user, services, scratch):
    """Kubernetes writes a new one every hour."""
    (scratch / "token").write_text("web.token-1")
    user.environment.update(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=scratch / "token")

    def answer(seen):
        (scratch / "token").write_text("web.token-2")
        return sts(expires=300)(seen)

    services.route("POST", "/", answer)
    assert user("get-account", repeat=2).status == "ok"
    assert [each.form["WebIdentityToken"] for each in services.seen] == ["web.token-1", "web.token-2"]


def test_web_identity_of_a_profile_as_source(user, services, scratch):
    (scratch / "token").write_text("web.token-1")
    user.write_file(
        "config",
        f"[default]\nrole_arn={ROLE}\nsource_profile=ci\n"
        f"[profile ci]\nrole_arn={OTHER_ROLE}\nweb_identity_token_file={scratch}/token\n",
    )
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    assert [each.form["Action"] for each in services.seen] == [
        "AssumeRoleWithWebIdentity",
        "AssumeRole",
    ]


def test_web_identity_without_its_file_or_role(user, scratch):
    user.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=scratch / "token")
    refused(user("get-account"), "AWS_WEB_IDENTITY_TOKEN_FILE", "no role_arn")
    user.environment.update(AWS_ROLE_ARN=ROLE)
    refused(user("get-account"), f"{scratch}/token cannot be read: No such file")
