# SPDX-License-Identifier: MIT
"""Every way to credentials, with the real files and endpoints that listen."""

import contextlib
import datetime
import hashlib
import json
import os
import re
import stat
import textwrap
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from fake_services import FakeServices
from lib.faultproxy import expired_token, replace
from lib.programs import patience

pytestmark = pytest.mark.quick_sanitized

ROLE = "arn:aws:iam::111122223333:role/deploy"
OTHER_ROLE = "arn:aws:iam::111122223333:role/base"


def moment(seconds):
    """ISO 8601 of now + seconds."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def services(afterwards):
    return afterwards.enter_context(contextlib.closing(FakeServices()))


@pytest.fixture
def user(make_caller, proxy, services):
    """A caller without credentials in the environment, whose services are `services`."""
    caller = make_caller(endpoint_url=proxy.url, unlimited="yes")
    caller.environment = {
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
        "AWS_ENDPOINT_URL_STS": services.url,
        "AWS_ENDPOINT_URL_SSO": services.url,
        "AWS_ENDPOINT_URL_SSO_OIDC": services.url,
    }
    return caller


@pytest.fixture
def signers(proxy):
    """signers(): who signed the requests that arrived, as (key id, session token or None)."""

    def read():
        found = []
        for request in proxy.requests():
            key = re.search(r"Credential=([^/]+)/", request.headers.get("authorization", ""))
            found.append((key and key[1], request.headers.get("x-amz-security-token")))
        return found

    return read


def sts(number=None, expires=3600, result="AssumeRole", key=None):
    """A route that gives the role's credentials; the key's name tells which role it was."""

    def answer(seen):
        name = key or "ROLE-" + seen.form["RoleArn"].rpartition("/")[2]
        body = f"""<{result}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <{result}Result><AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser><Credentials>
            <AccessKeyId>{name}</AccessKeyId><SecretAccessKey>secret&amp;more</SecretAccessKey>
            <SessionToken>token-of-{name}</SessionToken><Expiration>{moment(expires)}</Expiration>
          </Credentials></{result}Result>
          <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></{result}Response>"""
        return 200, {"Content-Type": "text/xml"}, body

    return answer


def sts_error(status, code, message):
    return (
        status,
        {"x-amzn-RequestId": "sts-1"},
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>",
    )


def refused(answer, *parts, status="no credentials"):
    assert answer.status == status, answer
    for part in parts:
        assert part in answer.error.message, answer.error.message
    return answer.error


# --- the environment and the files --------------------------------------------------------------


def test_the_environment(user, signers):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="s", AWS_SESSION_TOKEN="t")
    user.write_file("credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n")
    assert user("get-account").status == "ok"
    assert signers() == [("ENV", "t")]


def test_the_environment_without_the_secret(user):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV")
    refused(user("get-account"), "AWS_SECRET_ACCESS_KEY is not")


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


def test_keys_that_cannot_be_sent_are_refused_unseen(user):
    user.write_file("credentials", "[default]\naws_access_key_id=A B\naws_secret_access_key=s\n")
    assert "A B" not in refused(user("get-account"), "unprintable").message


# --- roles ----------------------------------------------------------------------------------------

BASE = "[base]\naws_access_key_id=BASE\naws_secret_access_key=base-secret\n"


def verify_signature(seen, secret, port, region="us-east-1"):
    """Signs the request again with botocore and compares."""
    request = botocore.awsrequest.AWSRequest(
        method=seen.method, url=f"http://127.0.0.1:{port}{seen.target}", data=seen.body
    )
    signed = re.search(r"SignedHeaders=([^,]+)", seen.headers["authorization"])[1].split(";")
    for name in signed:
        if name != "host":
            request.headers[name] = seen.headers[name]
    request.context["timestamp"] = seen.headers["x-amz-date"]
    key = re.search(r"Credential=([^/]+)", seen.headers["authorization"])[1]
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), "sts", region)
    canonical = auth.canonical_request(request)
    wanted = auth.signature(auth.string_to_sign(request, canonical), request)
    assert seen.headers["authorization"].endswith(f"Signature={wanted}")


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


def test_a_profile_may_name_itself_if_it_holds_keys(user, services, signers):
    user.write_file(
        "config",
        f"[default]\nrole_arn={ROLE}\nsource_profile=default\n"
        "aws_access_key_id=SELF\naws_secret_access_key=s\n",
    )
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    assert "Credential=SELF/" in services.seen[0].headers["authorization"]


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


def test_sts_stumbles_once(user, services):
    user.write_file("credentials", BASE)
    user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    answers = [lambda _: (503, {}, ""), sts()]
    services.route("POST", "/", lambda seen: answers.pop(0)(seen))
    assert user("get-account").status == "ok"


def test_sts_does_not_answer(user):
    user.write_file("credentials", BASE)
    user.write_file("config", f"[default]\nrole_arn={ROLE}\nsource_profile=base\n")
    user.environment["AWS_ENDPOINT_URL_STS"] = "http://127.0.0.1:1"
    refused(user("get-account", read_ms=500), "127.0.0.1:1")


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


# --- SSO --------------------------------------------------------------------------------------------

SSO_SESSION = """[default]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Read Only
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""
SSO_LEGACY = """[default]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = ReadOnly
"""


@pytest.fixture
def login(user):
    """login(name, **members): what `aws sso login` leaves behind; gives the file's path."""

    def write(name, **members):
        path = user.home / ".aws/sso/cache" / (hashlib.sha1(name.encode()).hexdigest() + ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"accessToken": "sso-token", "expiresAt": moment(7200), **members}))
        return path

    return write


def sso_role(expires=3600):
    return {
        "roleCredentials": {
            "accessKeyId": "SSO",
            "secretAccessKey": "s",
            "sessionToken": "st",
            "expiration": int((time.time() + expires) * 1000),
        }
    }


def test_sso_session(user, services, signers, login):
    user.write_file("config", SSO_SESSION)
    login("corp")
    services.route("GET", "/federation/credentials", sso_role())
    assert user("get-account").status == "ok"
    [seen] = services.seen
    assert seen.query == {"role_name": "Read Only", "account_id": "111122223333"}
    assert seen.headers["x-amz-sso_bearer_token"] == "sso-token"
    assert "authorization" not in seen.headers
    assert signers() == [("SSO", "st")]


def test_sso_as_it_was(user, services, signers, login):
    user.write_file("config", SSO_LEGACY)
    login("https://corp.awsapps.com/start")
    services.route("GET", "/federation/credentials", sso_role())
    assert user("get-account").status == "ok"
    assert signers() == [("SSO", "st")]


def renewable(**members):
    return {
        "expiresAt": moment(300),
        "refreshToken": "refresh-1",
        "clientId": "client",
        "clientSecret": "client-secret",
        "registrationExpiresAt": moment(86400),
        "startUrl": "https://corp.awsapps.com/start",
        **members,
    }


def test_an_sso_token_is_renewed_and_kept(user, services, login):
    user.write_file("config", SSO_SESSION)
    path = login("corp", **renewable())
    services.route(
        "POST",
        "/token",
        {"accessToken": "new-token", "expiresIn": 28800, "refreshToken": "refresh-2"},
    )
    services.route("GET", "/federation/credentials", sso_role())
    assert user("get-account").status == "ok"
    renewal, seen = services.seen
    assert json.loads(renewal.body) == {
        "grantType": "refresh_token",
        "clientId": "client",
        "clientSecret": "client-secret",
        "refreshToken": "refresh-1",
    }
    assert seen.headers["x-amz-sso_bearer_token"] == "new-token"
    kept = json.loads(path.read_text())
    assert (kept["accessToken"], kept["refreshToken"]) == ("new-token", "refresh-2")
    assert kept["startUrl"] == "https://corp.awsapps.com/start"
    assert moment(28000) < kept["expiresAt"] <= moment(28800)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_renewal_that_fails_is_no_harm_while_the_token_lives(user, services, login):
    user.write_file("config", SSO_SESSION)
    login("corp", **renewable())
    services.route("POST", "/token", (400, {}, {"error": "invalid_grant"}))
    services.route("GET", "/federation/credentials", sso_role())
    assert user("get-account").status == "ok"
    assert services.seen[-1].headers["x-amz-sso_bearer_token"] == "sso-token"


def test_an_expired_login_says_what_to_do(user, services, login):
    user.write_file("config", SSO_SESSION)
    login("corp", **renewable(expiresAt=moment(-10)))
    services.route("POST", "/token", (400, {}, {"error": "invalid_grant"}))
    error = refused(user("get-account"), "the login has expired", status="credentials expired")
    assert error.hint == "run: aws sso login --profile default"


def test_an_old_token_of_the_older_form_is_not_renewed(user, services, login):
    user.write_file("config", SSO_LEGACY)
    login("https://corp.awsapps.com/start", **renewable(expiresAt=moment(-10)))
    refused(user("get-account"), "the login has expired", status="credentials expired")
    assert services.seen == []


def test_nobody_is_logged_in(user):
    user.write_file("config", SSO_SESSION)
    error = refused(user("get-account"), "nobody is logged in")
    assert error.hint == "run: aws sso login --profile default"


def test_sso_refuses_the_token(user, services, login):
    user.write_file("config", SSO_SESSION)
    login("corp")
    services.route(
        "GET",
        "/federation/credentials",
        (401, {"x-amzn-ErrorType": "UnauthorizedException"}, {"message": "Session token not found"}),
    )
    error = refused(
        user("get-account"), "Session token not found", "Read Only", status="credentials expired"
    )
    assert error.hint == "run: aws sso login --profile default"


@pytest.mark.parametrize(
    "config, words",
    [
        ("[default]\nsso_account_id=1\n", "sso_role_name is missing"),
        ("[default]\nsso_account_id=1\nsso_role_name=r\n", "sso_start_url is missing"),
        ("[default]\nsso_account_id=1\nsso_role_name=r\nsso_session=no\n", "no [sso-session no]"),
        (SSO_SESSION.replace("eu-west-1", "a.b/"), "cannot be the name of a region"),
        (SSO_SESSION.replace("[sso-s", "sso_region = us-east-1\n[sso-s"), "sso_region differs"),
    ],
)
def test_sso_that_is_half_configured(user, services, config, words):
    path = user.write_file("config", config)
    refused(user("get-account"), words, str(path))
    assert services.seen == []


# --- credential_process -------------------------------------------------------------------------------


@pytest.fixture
def program(scratch):
    """program(text): an executable script; gives its path, which holds a blank."""

    def write(text):
        path = scratch / "my program"
        path.write_text("#!/bin/sh\n" + textwrap.dedent(text))
        path.chmod(0o755)
        return path

    return write


def test_credential_process(user, signers, program, scratch):
    path = program(
        f"""\
        printf '%s\\n' "$@" >{scratch}/arguments
        echo '{{"Version": 1, "AccessKeyId": "PROC", "SecretAccessKey": "s", "SessionToken": "t",'
        echo '"Expiration": "{moment(3600).replace("Z", "+00:00")}"}}'
        """
    )
    user.write_file(
        "config", f"[default]\ncredential_process = '{path}' one \"t w o\" th\\ ree $HOME *\n"
    )
    assert user("get-account").status == "ok"
    assert signers() == [("PROC", "t")]
    assert (scratch / "arguments").read_text().splitlines() == ["one", "t w o", "th ree", "$HOME", "*"]


@pytest.mark.parametrize(
    "script, words",
    [
        ("echo the vault is sealed >&2; exit 3", "exited with 3: the vault is sealed"),
        ("kill -9 $$", "ended by signal 9"),
        ("echo hello", "is not JSON"),
        ("echo '{}'", '"Version": 1'),
        ("""echo '{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "s"}'""", '"Version": 1'),
        ("""echo '{"Version": 1, "AccessKeyId": "A"}'""", "no usable SecretAccessKey"),
        (
            """echo '{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "s", "Expiration": 5}'""",
            "no usable Expiration",
        ),
        ("head -c 100000 /dev/zero | tr '\\0' x", "printed too much"),
    ],
)
def test_a_process_that_fails(user, program, script, words):
    path = user.write_file("config", f"[default]\ncredential_process = '{program(script)}'\n")
    refused(user("get-account"), words, f"{path} line 2, credential_process of profile default")


def test_a_process_that_hangs_is_ended(user, program, scratch):
    user.write_file(
        "config", f"[default]\ncredential_process = '{program(f'echo $$ >{scratch}/pid; sleep 1000')}'\n"
    )
    answer = user("get-account", read_ms=800)
    refused(answer, "did not end within the time allowed")
    assert answer.ms < 1000 * patience(4)
    with pytest.raises(ProcessLookupError):
        os.kill(int((scratch / "pid").read_text()), 0)


def test_a_process_may_be_interrupted(user, program):
    user.write_file("config", f"[default]\ncredential_process = '{program('sleep 1000')}'\n")
    answer = user("get-account", interrupt_ms=300)
    assert answer.status == "interrupted"
    assert answer.ms < 1000 * patience(4)


def test_a_process_that_is_not_there(user, scratch):
    user.write_file("config", f"[default]\ncredential_process = {scratch}/none\n")
    refused(user("get-account"), f"{scratch}/none: No such file")
    user.write_file("config", "[default]\ncredential_process = 'open\n")
    refused(user("get-account"), "a quote is left open")


# --- containers ---------------------------------------------------------------------------------------


def container(key="TASK", expires=3600):
    return {
        "AccessKeyId": key,
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": moment(expires),
        "RoleArn": "r",
    }


def test_container(user, services, signers, scratch):
    (scratch / "token").write_text("Bearer one")
    user.environment.update(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds?id=a%20b",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=scratch / "token",
        AWS_CONTAINER_AUTHORIZATION_TOKEN="not this one",
    )
    services.route("GET", "/creds", container())
    assert user("get-account").status == "ok"
    assert services.seen[0].headers["authorization"] == "Bearer one"
    assert services.seen[0].target == "/creds?id=a%20b"
    assert signers() == [("TASK", "t")]


@pytest.mark.parametrize(
    "environment, words",
    [
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/x"}, "192.0.2.1, and http is"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1.example.com/"}, "and http is"),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "nonsense"}, "does not start with"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@example.com/"}, "is no path"),
        (
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nb",
            },
            "line end",
        ),
        (
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nonexistent",
            },
            "/nonexistent cannot be read",
        ),
    ],
)
def test_containers_that_are_refused(user, environment, words):
    user.environment.update(environment)
    refused(user("get-account"), words)


@pytest.mark.parametrize(
    "answer, words",
    [
        ((404, {}, ""), "HTTP 404"),
        ((200, {}, "{"), "is not JSON"),
        ({"AccessKeyId": "A"}, "no usable SecretAccessKey"),
        ({"AccessKeyId": "A", "SecretAccessKey": "s"}, "no usable Token"),
        ({"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t"}, "no usable Expiration"),
        ({"Code": "AccessDenied", "Message": "no role"}, "AccessDenied: no role"),
    ],
)
def test_containers_that_answer_wrongly(user, services, answer, words):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    services.route("GET", "/creds", answer)
    refused(user("get-account"), "AWS_CONTAINER_CREDENTIALS_FULL_URI", words)


# --- instances ------------------------------------------------------------------------------------------

ROLES = "/latest/meta-data/iam/security-credentials/"


@pytest.fixture
def instance(user, services):
    user.environment.update(
        AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=services.url
    )
    services.route("PUT", "/latest/api/token", "imds-token")
    services.route("GET", ROLES, "my-role\n")
    services.route("GET", ROLES + "my-role", {"Code": "Success", **container("EC2")})
    return user


def test_instance_metadata_version_2(instance, services, signers):
    assert instance("get-account").status == "ok"
    token, role, keys = services.seen
    assert token.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    assert role.headers["x-aws-ec2-metadata-token"] == "imds-token"
    assert keys.headers["x-aws-ec2-metadata-token"] == "imds-token"
    assert signers() == [("EC2", "t")]


@pytest.mark.parametrize("status", [403, 404, 405])
def test_instance_metadata_version_1(instance, services, status):
    services.route("PUT", "/latest/api/token", (status, {}, ""))
    assert instance("get-account").status == "ok"
    assert "x-aws-ec2-metadata-token" not in services.seen[-1].headers


def test_version_1_after_a_token_that_hangs(instance, services):
    services.route("PUT", "/latest/api/token", lambda _: time.sleep(2) or (200, {}, "late"))
    assert instance("get-account").status == "ok"
    assert "x-aws-ec2-metadata-token" not in services.seen[-1].headers


def test_version_1_may_be_disabled(instance, services):
    services.route("PUT", "/latest/api/token", (404, {}, ""))
    instance.environment["AWS_EC2_METADATA_V1_DISABLED"] = "true"
    refused(instance("get-account"), "no AWS credentials were found")


def test_a_bad_request_for_a_token_is_the_end(instance, services):
    services.route("PUT", "/latest/api/token", (400, {}, ""))
    refused(instance("get-account"), "no AWS credentials were found")
    assert len(services.seen) == 1


def test_the_metadata_may_be_disabled(instance, services):
    instance.environment["AWS_EC2_METADATA_DISABLED"] = "true"
    refused(instance("get-account"), "no AWS credentials were found")
    assert services.seen == []


def test_an_instance_without_a_role(instance, services):
    services.route("GET", ROLES, (404, {}, ""))
    refused(instance("get-account"), "no AWS credentials were found")


def test_an_instance_that_says_no(instance, services):
    services.route("GET", ROLES + "my-role", {"Code": "AssumeRoleUnauthorizedAccess", "Message": "m"})
    refused(instance("get-account"), "AssumeRoleUnauthorizedAccess: m")


def test_no_instance_at_all(user):
    user.environment.update(
        AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1"
    )
    refused(user("get-account"), "no AWS credentials were found")


def test_old_keys_of_a_service_in_trouble_still_serve(instance, services):
    services.route("GET", ROLES + "my-role", container("EC2", expires=-60))
    assert instance("get-account", repeat=3).status == "ok"
    assert len(services.requests(ROLES + "my-role")) == 1


def test_credential_source_instance(instance, services, signers):
    instance.write_file("config", f"[default]\nrole_arn={ROLE}\ncredential_source=Ec2InstanceMetadata\n")
    services.route("POST", "/", sts())
    assert instance("get-account").status == "ok"
    assert "Credential=EC2/" in services.requests("/")[0].headers["authorization"]


# --- the order ------------------------------------------------------------------------------------------


def test_the_order_of_the_providers(user, services, signers, program, scratch, login):
    """All are configured; what comes first is taken away one by one."""
    (scratch / "token").write_text("web")
    process = program("""echo '{"Version": 1, "AccessKeyId": "PROC", "SecretAccessKey": "s"}'""")
    services.route(
        "POST", "/", lambda seen: sts(key="WEB" if "WebIdentityToken" in seen.form else "ROLE")(seen)
    )
    services.route("GET", "/federation/credentials", sso_role())
    services.route("GET", "/creds", container("TASK"))
    login("corp")
    user.environment.update(
        AWS_ACCESS_KEY_ID="ENV",
        AWS_SECRET_ACCESS_KEY="s",
        AWS_ROLE_ARN=ROLE,
        AWS_WEB_IDENTITY_TOKEN_FILE=scratch / "token",
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
    )
    role = [f"role_arn={ROLE}", "source_profile=base"]
    sso = ["sso_session=corp", "sso_account_id=1", "sso_role_name=r"]
    rest = [
        f"credential_process='{process}'",
        "aws_access_key_id=CONFIG",
        "aws_secret_access_key=s",
    ]
    session = SSO_SESSION.partition("[sso-session")
    default = {"keys": "[default]\naws_access_key_id=SHARED\naws_secret_access_key=s\n"}

    def write(lines):
        user.write_file("config", "\n".join(["[default]", *lines, session[1] + session[2]]))
        user.write_file("credentials", default["keys"] + BASE)

    steps = [
        lambda: None,
        lambda: user.environment.update(AWS_ACCESS_KEY_ID=None),
        lambda: role.clear(),
        lambda: user.environment.update(AWS_WEB_IDENTITY_TOKEN_FILE=None),
        lambda: sso.clear(),
        lambda: default.update(keys=""),
        lambda: rest.pop(0),
        lambda: rest.clear(),
    ]
    for step in steps:
        step()
        write(role + sso + rest)
        answer = user("get-account")
        assert answer.status == "ok", answer
    assert [key for key, _ in signers()] == [
        "ENV", "ROLE", "WEB", "SSO", "SHARED", "PROC", "CONFIG", "TASK",
    ]  # fmt: skip


def test_a_login_session_says_what_to_do(user):
    path = user.write_file("config", "[default]\nlogin_session = arn:aws:iam::1:user/me\n")
    error = refused(user("get-account"), f"{path} line 2", "login_session")
    assert "aws configure export-credentials" in error.hint


# --- renewal --------------------------------------------------------------------------------------------


def test_credentials_are_fetched_once_for_many_threads(user, services):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    services.route("GET", "/creds", lambda _: time.sleep(0.3) or (200, {}, container()))
    answers = user("get-account", parallel=20, repeat=3)
    assert [each.status for each in answers] == ["ok"] * 20
    assert len(services.seen) == 1


def test_credentials_about_to_expire_are_renewed_by_one_while_the_others_go_on(user, services):
    """12 minutes left: the second fetch hangs, and only the thread that makes it waits."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")

    def answer(_):
        if len(services.seen) == 1:
            return 200, {}, container("OLD", expires=12 * 60)
        time.sleep(1)
        return 200, {}, container("NEW")

    services.route("GET", "/creds", answer)
    answers = user("get-account", parallel=8, repeat=4)
    assert [each.status for each in answers] == ["ok"] * 8
    assert len(services.seen) == 2
    assert sorted(each.ms >= 1000 for each in answers) == [False] * 7 + [True]


def test_a_failing_early_renewal_is_no_harm(user, services, signers):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    services.route(
        "GET",
        "/creds",
        lambda _: (200, {}, container("OLD", expires=12 * 60))
        if len(services.seen) == 1
        else (404, {}, ""),
    )
    answer = user("get-account", repeat=3)
    assert answer.status == "ok"
    assert "could not be renewed yet" in answer.log
    assert signers() == [("OLD", "t")] * 3


def test_credentials_nearly_expired_are_renewed_before_use(user, services, signers):
    """Under 10 minutes left is as good as expired: all wait for new ones."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    numbers = iter(range(100))
    services.route(
        "GET", "/creds", lambda _: (200, {}, container(f"KEY{next(numbers)}", expires=5 * 60))
    )
    assert user("get-account", repeat=3).status == "ok"
    assert signers() == [("KEY0", "t"), ("KEY1", "t"), ("KEY2", "t")]


def test_an_expired_token_is_renewed_once(user, services, proxy, signers):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    numbers = iter(range(100))
    services.route("GET", "/creds", lambda _: (200, {}, container(f"KEY{next(numbers)}")))
    proxy.rule(expired_token(), times=1)
    assert user("get-account").status == "ok"
    assert signers() == [("KEY0", "t"), ("KEY1", "t")]


def test_tokens_that_are_all_expired(user, services, proxy):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    numbers = iter(range(100))
    services.route("GET", "/creds", lambda _: (200, {}, container(f"KEY{next(numbers)}")))
    proxy.rule(expired_token())
    answer = user("get-account")
    assert answer.status == "credentials expired"
    assert answer.calls == 2


def test_keys_renewed_by_hand_in_the_file_are_seen(user, proxy, signers):
    """A script of the user's rewrites the file: the mount goes on without being restarted."""
    user.write_file("credentials", "[default]\naws_access_key_id=OLD\naws_secret_access_key=s\n")

    def new_keys(request):
        user.write_file("credentials", "[default]\naws_access_key_id=NEW\naws_secret_access_key=s\n")
        return True

    proxy.rule(expired_token(), times=1, when=new_keys)
    assert user("get-account").status == "ok"
    assert signers() == [("OLD", None), ("NEW", None)]


# --- what --check tells -------------------------------------------------------------------------------


def test_the_report_says_where_everything_came_from(user, services):
    config = user.write_file(
        "config", "[profile dev]\nregion = eu-west-1\nca_bundle = ~/ca.pem\nmax_attempts = 5\n"
    )
    credentials = user.write_file(
        "credentials", "[dev]\naws_access_key_id = AKIAEXAMPLEWXYZ\naws_secret_access_key = s\n"
    )
    user.environment.update(AWS_PROFILE="dev", AWS_DEFAULT_REGION=None)
    url = user.options.pop("endpoint_url")
    user.environment["AWS_ENDPOINT_URL_LAMBDA"] = url
    answer = user("report")
    assert answer.status == "ok"
    assert answer.report == {
        "profile": ["dev", "AWS_PROFILE"],
        "region": ["eu-west-1", f"{config} line 2"],
        "endpoint": [url, "AWS_ENDPOINT_URL_LAMBDA"],
        "CA bundle": [f"{user.home}/ca.pem", f"{config} line 3"],
        "attempts": ["5", f"{config} line 4"],
        "credentials": ["****WXYZ", f"{credentials} line 2, profile dev"],
    }


def test_the_report_without_credentials(user):
    answer = user("report")
    assert answer.status == "no credentials"
    assert answer.report["profile"] == ["default", "default"]
    assert "credentials" not in answer.report


def test_the_report_tells_when_credentials_expire(user, services):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    services.route("GET", "/creds", container("TASK"))
    report = user("report").report
    assert report["credentials"] == [
        "****, with a session token",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ]
    assert moment(3000)[:16] < report["credentials expire"][0][:16] <= moment(3600)[:16]


def test_identity(user, services):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="secret")
    services.route(
        "POST",
        "/",
        """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/me</Arn><UserId>AIDA</UserId>
        <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>""",
    )
    answer = user("identity")
    assert (answer.account, answer.arn) == ("111122223333", "arn:aws:iam::111122223333:user/me")
    [seen] = services.seen
    assert seen.form == {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    verify_signature(seen, "secret", services.port)


def test_identity_that_is_refused(user, services):
    user.environment.update(AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY="secret")
    services.route("POST", "/", sts_error(403, "InvalidClientTokenId", "The token is invalid"))
    refused(user("identity"), "InvalidClientTokenId", status="credentials refused")
    services.route("POST", "/", "<a/>")
    refused(user("identity"), "names nobody", status="bad answer")
