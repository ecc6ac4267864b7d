# SPDX-License-Identifier: MIT
"""What the tests of credentials share: the services' answers, and a second opinion on signatures."""

import json
import re
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from lib.aws import moment

ROLE = "arn:aws:iam::111122223333:role/deploy"
OTHER_ROLE = "arn:aws:iam::111122223333:role/base"
BASE = "[base]\naws_access_key_id=BASE\naws_secret_access_key=base-secret\n"
SSO_SESSION = """[default]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Read Only
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
"""


def sts(expires=3600, result="AssumeRole", key=None):
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


def verify_signature(seen, secret, port, region="us-east-1", service="sts"):
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
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), service, region)
    canonical = auth.canonical_request(request)
    wanted = auth.signature(auth.string_to_sign(request, canonical), request)
    assert seen.headers["authorization"].endswith(f"Signature={wanted}")


def sso_role(expires=3600):
    return {
        "roleCredentials": {
            "accessKeyId": "SSO",
            "secretAccessKey": "s",
            "sessionToken": "st",
            "expiration": int((time.time() + expires) * 1000),
        }
    }


def container(key="TASK", expires=3600):
    return {
        "AccessKeyId": key,
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": moment(expires),
        "RoleArn": "r",
    }


def process_keys(expires=3600, **members):
    """A line of shell that prints credentials."""
    keys = {"Version": 1, **container("PROC", expires), **members}
    keys["SessionToken"] = keys.pop("Token")
    return f"echo '{json.dumps(keys)}'"
