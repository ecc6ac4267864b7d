# SPDX-License-Identifier: MIT
"""Who is believed to be AWS: certificates, their authorities, and versions of TLS."""

import ssl

import pytest

from lib.authority import Authority

pytestmark = pytest.mark.quick_sanitized

OLD = {"minimum": ssl.TLSVersion.TLSv1, "maximum": ssl.TLSVersion.TLSv1_1}
ONLY_1_2 = ssl.TLSVersion.TLSv1_2


def test_tls_with_the_right_authority(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    assert caller("get-account").status == "ok"
    caller.directory = authority.directory
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate.name
    assert caller("get-account", leave="yes").status == "ok"
    caller.environment["AWS_CA_BUNDLE"] = None
    caller.write_file("config", f"[default]\nca_bundle = {authority.certificate}\n")
    assert caller("get-account").status == "ok"


def test_tls_with_an_unknown_authority(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    answer = caller("get-account")
    assert answer.status == "TLS failed", answer
    assert "certificate" in answer.error.message
    assert answer.calls == 0


def test_tls_with_another_name(make_caller, authority, tls):
    port = tls(authority.issue("DNS:elsewhere.example"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    answer = caller("get-account")
    assert answer.status == "TLS failed", answer
    assert answer.calls == 0


def test_a_certificate_of_an_unknown_authority(make_caller, authority, tls):
    port = tls(authority.sign_itself("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    answer = caller("get-account")
    assert answer.status == "TLS failed", answer
    assert "self-signed" in answer.error.message
    assert answer.calls == 0


def test_a_certificate_that_is_over(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost", days=0))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    answer = caller("get-account")
    assert answer.status == "TLS failed", answer
    assert "expired" in answer.error.message
    assert answer.calls == 0


def test_the_bundle_is_instead_of_the_systems_authorities(make_caller, authority, tls, scratch):
    """As for the aws CLI: who names an authority of their own trusts no other."""
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.prefix = authority.as_the_systems()
    assert caller("get-account").status == "ok"
    caller.environment["AWS_CA_BUNDLE"] = Authority(scratch / "other").certificate
    assert caller("get-account").status == "TLS failed"


def test_a_bundle_may_be_named_from_here(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.directory = authority.directory
    caller.environment["AWS_CA_BUNDLE"] = "ca.pem"
    assert caller("get-account").status == "ok"


@pytest.mark.parametrize("host", ["[::1]", "[0:0:0:0:0:0:0:1]", "localhost"])
def test_a_server_that_is_only_at_an_ipv6_address(make_caller, authority, tls, host):
    port = tls(authority.issue("DNS:localhost", "IP:::1"), address="::1")
    caller = make_caller(endpoint_url=f"https://{host}:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    answer = caller("get-account")
    assert answer.status == "ok", answer


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_CA_BUNDLE": ""},
        {"CURL_INSECURE": "1", "PYTHONHTTPSVERIFY": "0", "NODE_TLS_REJECT_UNAUTHORIZED": "0"},
        {"AWS_VERIFY_SSL": "false", "AWS_NO_VERIFY_SSL": "true", "CURLOPT_SSL_VERIFYPEER": "0"},
    ],
    ids=lambda value: next(iter(value)),
)
def test_no_variable_turns_verification_off(make_caller, authority, tls, environment):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment.update(environment)
    assert caller("get-account").status == "TLS failed"


# What OpenSSL itself would read: it allows everything.
OPENSSL_CONF = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
VerifyMode = Request
"""


@pytest.fixture
def lax(scratch):
    path = scratch / "openssl.cnf"
    path.write_text(OPENSSL_CONF)
    return {"OPENSSL_CONF": path}


def test_no_file_of_openssl_turns_verification_off(make_caller, authority, tls, lax):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment = {**lax, "SSL_CERT_FILE": authority.certificate}
    assert caller("get-account").status == "TLS failed"


def test_no_line_of_the_config_turns_verification_off(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.write_file("config", "[default]\nverify_ssl = false\ninsecure = true\n")
    (caller.home / ".curlrc").write_text("insecure\n")
    assert caller("get-account").status == "TLS failed"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(make_caller, authority, tls, lax):
    """Also where the system would allow it."""
    port = tls(authority.issue("DNS:localhost"), **OLD)
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    caller.environment.update(lax)
    assert caller("get-account", read_ms=10000).status == "TLS failed"


def test_tls_1_2_is_enough(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"), minimum=ONLY_1_2, maximum=ONLY_1_2)
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = authority.certificate
    assert caller("get-account").status == "ok"


def test_a_bundle_that_is_not_there(make_caller, authority, tls):
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = "/nonexistent/ca.pem"
    answer = caller("get-account")
    assert answer.status == "TLS failed"
    assert "/nonexistent/ca.pem" in answer.error.message


@pytest.mark.parametrize("text", ["", "no certificates\n"])
def test_a_bundle_that_holds_nothing(make_caller, authority, tls, scratch, text):
    """It is no reason to take another one."""
    bundle = scratch / "bundle.pem"
    bundle.write_text(text)
    port = tls(authority.issue("DNS:localhost"))
    caller = make_caller(endpoint_url=f"https://localhost:{port}", unlimited="yes")
    caller.environment["AWS_CA_BUNDLE"] = bundle
    answer = caller("get-account")
    assert answer.status == "TLS failed"
    assert str(bundle) in answer.error.message
