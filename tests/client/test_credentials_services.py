# SPDX-License-Identifier: MIT
"""Credentials that programs and services give: SSO, credential_process, containers, instances."""

import json
import os
import pathlib
import signal
import stat
import time

import pytest

from credentials_help import ROLE, SSO_SESSION, container, moment, process_keys, refused, sso_role, sts
from lib.process import wait_for
from lib.faultproxy import expired_token

pytestmark = pytest.mark.quick_sanitized


# --- SSO --------------------------------------------------------------------------------------------

SSO_LEGACY = """[default]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = ReadOnly
"""


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


def test_a_renewal_that_hangs_leaves_time_for_the_role(user, services, login):
    user.write_file("config", SSO_SESSION)
    login("corp", **renewable())
    services.route("POST", "/token", lambda _: time.sleep(9) or (200, {}, {}))
    services.route("GET", "/federation/credentials", sso_role())
    assert user("get-account", read_ms=6000).status == "ok"


def test_an_expired_login_says_what_to_do(user, services, login):
    user.write_file("config", SSO_SESSION)
    login("corp", **renewable(expiresAt=moment(-10)))
    services.route("POST", "/token", (400, {}, {"error": "invalid_grant"}))
    error = refused(user("get-account"), "the login has expired", status="credentials expired")
    assert error.hint == "run: aws sso login --profile default"


def test_a_role_that_aws_calls_expired_says_what_to_do_at_once(user, services, proxy, login):
    """AWS's own words, and the reason why there are no newer keys: not only at the second try."""
    user.write_file("config", SSO_SESSION)
    path = login("corp")
    services.route("GET", "/federation/credentials", sso_role())
    proxy.rule(expired_token(), when=lambda _: path.unlink(missing_ok=True) or True)
    error = refused(user("get-account"), "The security token", status="credentials expired")
    assert error.code == "ExpiredTokenException"
    assert error.hint == "run: aws sso login --profile default"


def test_an_old_token_of_the_older_form_is_not_renewed(user, services, login):
    user.write_file("config", SSO_LEGACY)
    login("https://corp.awsapps.com/start", **renewable(expiresAt=moment(-10)))
    refused(user("get-account"), "the login has expired", status="credentials expired")
    assert services.seen == []


def test_not_logged_in(user):
    user.write_file("config", SSO_SESSION)
    error = refused(user("get-account"), "not logged in")
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
        ("exit 1", "exited with 1: it said nothing"),
        ("seq 300 >&2; echo ${x:?the end says why}", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"),
        ("seq 300000 >&2; echo ${x:?the end says why}", " 299999 300000 "),
        ("seq 300 >&2; echo ${x:?the end says why}", "the end says why"),
        ("printf 'é%.0s' $(seq 5000) >&2; exit 2", "éé … éé"),
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


def test_a_process_inherits_no_descriptors(user, program, scratch):
    """By its second run a connection to the API is open, which is none of its business."""
    path = program(f"ls /proc/$$/fd >{scratch}/$(ls {scratch} | grep -c fds).fds\n{process_keys(300)}")
    user.write_file("config", f"[default]\ncredential_process = '{path}'\n")
    assert user("get-account", repeat=2).status == "ok"
    first, second = ((scratch / f"{number}.fds").read_text() for number in (0, 1))
    assert first == second


def runs(pid):
    try:
        return " Z " not in pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_process_that_hangs_is_ended_with_its_children(user, program, scratch, outlasted):
    path = program(f"sleep 1000 & echo $$ $! >{scratch}/pids; wait")
    user.write_file("config", f"[default]\ncredential_process = '{path}'\n")
    with outlasted():
        answer = user("get-account", read_ms=3000)
    refused(answer, "did not end within the time allowed")
    pids = (scratch / "pids").read_text().split()
    wait_for(lambda: not any(runs(pid) for pid in pids), what="the end of both")


def test_a_process_may_leave_a_child_behind(user, program, scratch):
    """An agent that it starts goes on, also when it holds the pipe of the standard error."""
    path = program(f"sleep 1000 >/dev/null & echo $! >{scratch}/pid\n{process_keys()}")
    user.write_file("config", f"[default]\ncredential_process = '{path}'\n")
    assert user("get-account").status == "ok"
    pid = int((scratch / "pid").read_text())
    assert runs(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_process_whose_exit_status_is_lost(user, program):
    """A parent may ignore SIGCHLD, and then so does the mount."""
    user.prefix = ["env", "--ignore-signal=CHLD"]
    user.write_file("config", f"[default]\ncredential_process = '{program(process_keys())}'\n")
    assert user("get-account").status == "ok"
    user.write_file("config", f"[default]\ncredential_process = '{program('exit 1')}'\n")
    refused(user("get-account"), "is not JSON")


def test_a_process_that_closes_its_output_early(user, program):
    path = program(f"{process_keys()}; exec >&-; echo too late >&2; exit 3")
    user.write_file("config", f"[default]\ncredential_process = '{path}'\n")
    refused(user("get-account"), "exited with 3: too late")


def test_a_process_may_be_interrupted(user, program, outlasted):
    user.write_file("config", f"[default]\ncredential_process = '{program('sleep 1000')}'\n")
    with outlasted():
        answer = user("get-account", interrupt_ms=300, read_ms=50000)
    assert answer.status == "interrupted"


def test_a_process_that_is_not_there(user, scratch):
    user.write_file("config", f"[default]\ncredential_process = {scratch}/none\n")
    refused(user("get-account"), f"{scratch}/none: No such file")
    user.write_file("config", "[default]\ncredential_process = 'open\n")
    refused(user("get-account"), "a quote is left open")


# --- containers ---------------------------------------------------------------------------------------


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


def test_a_containers_token_is_read_each_time(user, services, scratch):
    """EKS writes a new one every day."""
    (scratch / "token").write_text("Bearer one")
    user.environment.update(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds",
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=scratch / "token",
    )

    def answer(_):
        (scratch / "token").write_text("Bearer two")
        return 200, {}, container(expires=300)

    services.route("GET", "/creds", answer)
    assert user("get-account", repeat=2).status == "ok"
    assert [each.headers["authorization"] for each in services.seen] == ["Bearer one", "Bearer two"]


def test_a_container_that_stumbles_or_is_slow(user, services):
    """Two seconds an attempt, three attempts."""
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")

    def answer(_):
        if len(services.seen) == 1:
            return 500, {}, ""
        if len(services.seen) == 2:
            time.sleep(2.5)
        return 200, {}, container()

    services.route("GET", "/creds", answer)
    assert user("get-account").status == "ok"
    assert len(services.seen) == 3


def test_credential_source_container(user, services):
    user.environment.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/creds")
    user.write_file("config", f"[default]\nrole_arn={ROLE}\ncredential_source=EcsContainer\n")
    services.route("GET", "/creds", container())
    services.route("POST", "/", sts())
    assert user("get-account").status == "ok"
    assert "Credential=TASK/" in services.requests("/")[0].headers["authorization"]


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


@pytest.mark.parametrize("status", [403, 404, 405, 500, 503])
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


@pytest.mark.parametrize("path", [ROLES, ROLES + "my-role"])
def test_an_instance_in_trouble_is_not_one_without_credentials(instance, services, path):
    services.route("GET", path, (503, {}, ""))
    refused(instance("get-account"), "instance metadata: HTTP 503")


def test_an_instance_that_gives_a_token_and_no_more(instance, services):
    services.route("GET", ROLES, lambda _: time.sleep(1.5) or (200, {}, "late"))
    refused(instance("get-account"), "instance metadata: ", "no answer within the time allowed")


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
