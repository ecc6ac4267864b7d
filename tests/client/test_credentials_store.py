# SPDX-License-Identifier: MIT
"""Which credentials win, how they are renewed, and what is printed about them."""

import time

import pytest

from credentials_help import (
    BASE,
    ROLE,
    SSO_SESSION,
    container,
    moment,
    process_keys,
    refused,
    sso_role,
    sts,
    sts_error,
    verify_signature,
)
from lib.faultproxy import expired_token
from lib.process import wait_for

pytestmark = pytest.mark.quick_sanitized


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


def test_credentials_about_to_expire_are_renewed_by_one_while_the_others_go_on(
    user, services, proxy, signers
):
    """12 minutes left: the second fetch is answered when the seven others have made all of their calls."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")

    def answer(_):
        if len(services.seen) == 1:
            return 200, {}, container("OLD", expires=12 * 60)
        wait_for(lambda: len(proxy.requests()) >= 7 * 4, 20, "the calls of the seven others")
        return 200, {}, container("NEW")

    services.route("GET", "/creds", answer)
    answers = user("get-account", parallel=8, repeat=4)
    assert [each.status for each in answers] == ["ok"] * 8
    assert len(services.seen) == 2
    keys = [key for key, _ in signers()]
    assert (keys.count("OLD") + keys.count("NEW"), keys.count("NEW") >= 1) == (8 * 4, True), keys


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


@pytest.mark.parametrize(
    "answer, status",
    [((200, {}, container("SHORT", expires=5 * 60)), "ok"), ((404, {}, ""), "no credentials")],
)
def test_those_who_wait_for_a_fetch_share_what_comes_of_it(user, services, answer, status):
    """One after the other would be the tenth's ten times the wait."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    services.route("GET", "/creds", lambda _: time.sleep(0.4) or answer)
    answers = user("get-account", parallel=10)
    assert [each.status for each in answers] == [status] * 10
    assert len(services.seen) <= 2


def test_an_early_renewal_leaves_time_for_the_call(user, services):
    """The service hangs; the keys are good for another twelve minutes."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")

    def answer(_):
        if len(services.seen) > 1:
            time.sleep(9)
        return 200, {}, container("OLD", expires=12 * 60)

    services.route("GET", "/creds", answer)
    assert user("get-account", read_ms=6000, repeat=2).status == "ok"


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

    def new_keys(_):
        user.write_file("credentials", "[default]\naws_access_key_id=NEW\naws_secret_access_key=s\n")
        return True

    proxy.rule(expired_token(), times=1, when=new_keys)
    assert user("get-account").status == "ok"
    assert signers() == [("OLD", None), ("NEW", None)]


def test_keys_that_are_gone_are_not_replaced_by_the_machines(user, services, program, signers):
    """The file is just being written anew; the container's role may be of another account."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    services.route("GET", "/creds", container())
    path = program(f"{process_keys(12 * 60)}\n: >{user.home}/.aws/config")
    user.write_file("config", f"[default]\ncredential_process = '{path}'\n")
    answer = user("get-account", repeat=2)
    assert answer.status == "ok"
    assert "AWS_CONTAINER_CREDENTIALS_FULL_URI do not replace them" in answer.log
    assert [key for key, _ in signers()] == ["PROC", "PROC"]


@pytest.mark.parametrize("kind", ["files", "process", "web", "container"])
def test_relative_paths_mean_the_same_after_the_daemon_has_left(
    user, services, program, scratch, signers, kind
):
    """With five minutes left everything is read again for each call."""
    user.directory = scratch
    path = program(process_keys(300))
    (scratch / "token").write_text("token")
    services.route("POST", "/", sts(expires=300, key="WEB"))
    services.route("GET", "/creds", container(expires=300))
    if kind == "files":
        (scratch / "conf").write_text(f"[default]\ncredential_process = '{path}'\n")
        user.environment["AWS_CONFIG_FILE"] = "conf"
    elif kind == "process":
        user.write_file("config", f"[default]\ncredential_process = './{path.name}'\n")
    elif kind == "web":
        user.environment.update(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE="token")
    else:
        user.environment.update(
            AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="./token",
        )
    answer = user("get-account", leave="yes", repeat=2)
    assert answer.status == "ok", answer
    assert len(signers()) == 2


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
    refused(user("identity"), "has no identity", status="bad answer")
