# SPDX-License-Identifier: MIT
"""The API client against answers that fail, lie, are late, or never come."""

import email.utils
import threading

import pytest

from lib import aws
from lib.faultproxy import (
    access_denied,
    aws_error,
    close_after_forwarding,
    close_before_forwarding,
    conflict,
    delay,
    expired_token,
    garbage,
    hang,
    html_error,
    not_found,
    oversized,
    replace,
    reset_after_forwarding,
    reset_before_forwarding,
    service_error,
    slow,
    throttled,
    truncate,
    truncate_body,
    wrong_length,
)
from lib.process import wait_for

pytestmark = pytest.mark.quick_sanitized


@pytest.fixture
def function(api):
    aws.create_function(api, "shop", versions=3, aliases={"PROD": 1})
    return "shop"


@pytest.fixture
def revision(api, function):
    return api.get_alias(FunctionName=function, Name="PROD")["RevisionId"]


# --- reads ------------------------------------------------------------------------------------

PASSING = [
    reset_before_forwarding(),
    reset_after_forwarding(),
    close_before_forwarding(),
    close_after_forwarding(),
    truncate(0),
    truncate(20),
    truncate_body(),
    garbage(),
    wrong_length(+10),
    service_error(),
    html_error(500),
    html_error(502),
    html_error(503),
    html_error(504),
    aws_error(503, "ServiceUnavailable", "come back"),
    aws_error(408, "RequestTimeoutException", "too slow"),
    aws_error(400, "ThrottlingException", "Rate exceeded"),
    replace(429),
    throttled(retry_after="0"),
]


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_a_read_survives_what_passes(faulty, proxy, function, fault):
    proxy.rule(fault, method="GET", times=1)
    answer = faulty("get-alias", function, "PROD")
    assert answer.status == "ok", answer
    assert answer.calls == 2 == proxy.count(method="GET")


LASTING = [
    (reset_before_forwarding(), "bad answer", 3),
    (close_before_forwarding(), "bad answer", 3),
    (truncate_body(), "bad answer", 3),
    (garbage(), "bad answer", 3),
    (service_error(), "service failed", 3),
    (html_error(502), "service failed", 3),
    (throttled(retry_after="0"), "throttled", 3),
    (replace(429), "throttled", 3),
    (aws_error(501, "NotImplemented", "no"), "service failed", 1),
    (replace(200, body=b""), "bad answer", 1),
    (replace(200, body=b"{"), "bad answer", 1),
    (replace(200, body=b"<html>"), "bad answer", 1),
    (replace(200, body=b"null"), "bad answer", 1),
    (replace(200, body={}), "bad answer", 1),
    (replace(200, body={"Aliases": None}), "bad answer", 1),
    (replace(200, body={"Aliases": [{}]}), "bad answer", 1),
    (replace(200, body=b'{"Aliases":[]}\0'), "bad answer", 1),
    (replace(200, body=b"[" * 100 + b"]" * 100), "bad answer", 1),
    (replace(200, body=b"[0" + b",0" * 1000000 + b"]"), "bad answer", 1),
    (replace(200, {"content-encoding": "gzip"}, b'{"Aliases":[]}'), "bad answer", 1),
    (replace(204), "bad answer", 1),
    (replace(301, {"location": "http://127.0.0.1:1/"}), "bad answer", 1),
    (replace(307, {"location": "/"}), "bad answer", 1),
    (oversized(9 * 1024 * 1024), "bad answer", 1),
    (oversized(9 * 1024 * 1024, declared=False), "bad answer", 1),
    (replace(200, {"x-large": "x" * 70000}, {"Aliases": []}), "bad answer", 1),
    (access_denied(), "access denied", 1),
    (not_found(), "not found", 1),
    (replace(404), "bad answer", 1),
    (html_error(404), "bad answer", 1),
    (conflict(), "conflict", 1),
    (expired_token(), "credentials expired", 1),
    (aws_error(403, "UnrecognizedClientException", "who?"), "credentials refused", 1),
    (aws_error(403, "InvalidSignatureException", "no"), "credentials refused", 1),
    (aws_error(400, "InvalidParameterValueException", "no"), "invalid request", 1),
    (aws_error(400, "CodeStorageExceededException", "full"), "limit exceeded", 1),
    (aws_error(413, "RequestEntityTooLargeException", "large"), "too large", 1),
]


@pytest.mark.parametrize("fault, status, calls", LASTING, ids=lambda value: repr(value)[:60])
def test_a_read_ends_with_the_truth(faulty, proxy, function, fault, status, calls):
    """Never an empty list, never "not found" for what merely failed."""
    proxy.rule(fault, method="GET")
    answer = faulty("list-aliases", function)
    assert answer.status == status, answer
    assert answer.calls == calls == proxy.count()
    assert answer.error.message
    assert answer.error.operation == "ListAliases"
    assert not answer.error.outcome_unknown


def test_the_message_and_the_request_id_are_awss(faulty, proxy, function):
    proxy.rule(access_denied("lambda:ListAliases"))
    error = faulty("list-aliases", function).error
    assert error.http_status == 403
    assert error.code == "AccessDeniedException"
    assert error.message.endswith("is not authorized to perform: lambda:ListAliases")
    assert error.request_id == "fa017000-0000-4000-8000-00000000fa01"


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_the_number_of_attempts_may_be_chosen(faulty, proxy, function, attempts):
    proxy.rule(reset_before_forwarding())
    faulty.environment["AWS_MAX_ATTEMPTS"] = attempts
    assert faulty("get-alias", function, "PROD").calls == attempts


def test_retry_after_is_honoured(faulty, proxy, function):
    proxy.rule(throttled(retry_after="1"), times=1)
    answer = faulty("get-alias", function, "PROD")
    assert (answer.status, answer.calls) == ("ok", 2)
    proxy.rule(throttled(retry_after="20"), times=1)
    answer = faulty("get-alias", function, "PROD", interrupt_ms=1000)
    assert answer.status == "interrupted"  # it still waited


def busy_until(later):
    """Throttled, by a server's clock that need not be ours."""
    headers = {
        "date": email.utils.formatdate(86400, usegmt=True),
        "retry-after": email.utils.formatdate(86400 + later, usegmt=True),
    }
    return aws_error(429, "TooManyRequestsException", "Rate exceeded", headers)


def test_a_retry_after_may_be_a_moment(faulty, proxy, function):
    proxy.rule(busy_until(1), times=1)
    answer = faulty("get-alias", function, "PROD")
    assert (answer.status, answer.calls) == ("ok", 2)
    proxy.rule(busy_until(20), times=1)
    answer = faulty("get-alias", function, "PROD", interrupt_ms=1000)
    assert answer.status == "interrupted"  # it still waited


@pytest.mark.parametrize("when", ["3600", "99999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_who_is_asked_to_stay_away_for_long_gives_up_at_once(faulty, proxy, function, when):
    proxy.rule(throttled(retry_after=when))
    answer = faulty("get-alias", function, "PROD")
    assert answer.status == "throttled"
    assert answer.calls == 1


@pytest.mark.parametrize("when", ["-5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "0", "1, 2", ""])
def test_a_retry_after_that_says_nothing_is_none(faulty, proxy, function, when):
    proxy.rule(throttled(retry_after=when), times=1)
    answer = faulty("get-alias", function, "PROD")
    assert (answer.status, answer.calls) == ("ok", 2)


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(faulty, proxy, function):
    proxy.rule(throttled(retry_after="60"))
    answer = faulty("get-alias", function, "PROD", read_ms=20000)
    assert answer.status == "throttled"  # and not "timed out"
    assert answer.calls == 1


def test_a_hanging_read_ends_at_its_deadline(faulty, proxy, function, outlasted):
    proxy.rule(hang())
    with outlasted():
        answer = faulty("get-alias", function, "PROD", read_ms=700)
    assert answer.status == "timed out"


def test_a_slow_answer_within_the_deadline_is_an_answer(faulty, proxy, function):
    proxy.rule(slow(chunk=64, interval=0.02))
    assert faulty("get-alias", function, "PROD").status == "ok"


def test_an_answer_that_drips_ends_at_the_deadline(faulty, proxy, function, outlasted):
    proxy.rule(slow(chunk=1, interval=0.2))
    with outlasted():
        answer = faulty("get-alias", function, "PROD", read_ms=700)
    assert answer.status == "timed out"


def test_an_interruption_ends_a_read_promptly(faulty, proxy, function, outlasted):
    proxy.rule(hang())
    with outlasted():
        answer = faulty("get-alias", function, "PROD", interrupt_ms=300, read_ms=50000)
    assert answer.status == "interrupted"


def test_an_interruption_ends_the_wait_between_attempts(faulty, proxy, function, outlasted):
    proxy.rule(throttled(retry_after="45"))
    with outlasted():
        answer = faulty("get-alias", function, "PROD", interrupt_ms=300, read_ms=50000)
    assert answer.status == "interrupted"


def test_an_interruption_never_ends_a_mutation(faulty, proxy, function, revision):
    proxy.rule(delay(3), method="PUT")
    answer = faulty("update-alias", function, "PROD", "2", revision, interrupt_ms=1000)
    assert answer.status == "ok"


def test_no_server_listens(make_caller, scratch):
    refused = make_caller(endpoint_url="http://127.0.0.1:1")("list-functions", read_ms=3000)
    assert refused.status == "connection refused"
    assert refused.calls == 0
    gone = make_caller(unix_socket=scratch / "none")("list-functions", read_ms=3000)
    assert gone.status == "connection refused"


def test_a_name_that_does_not_resolve(make_caller):
    answer = make_caller(endpoint_url="https://nowhere.invalid")("list-functions", read_ms=3000)
    assert answer.status == "host unreachable"


def test_the_same_marker_again_is_refused(faulty, proxy, function):
    proxy.rule(replace(200, body={"Functions": [], "NextMarker": "m"}))
    assert faulty("list-functions").marker == "m"
    assert faulty("list-functions", "m").status == "bad answer"


def test_the_server_restarts_under_a_kept_connection(plane, make_caller, function):
    """libcurl finds its connection dead: the call is made again by us, and counted."""
    caller = make_caller(endpoint_url=plane.url, unlimited="yes")
    port = plane.port
    plane.stop()
    plane.start(port)
    assert caller("get-alias", function, "PROD").status == "ok"


# --- mutations whose answer is lost -------------------------------------------------------------

LOST_AFTER = [
    reset_after_forwarding(),
    close_after_forwarding(),
    truncate(0),
    truncate(30),
    truncate_body(),
    truncate_body(0),
    garbage(forward=True),
    wrong_length(+10),
    service_error(forward=True),
    html_error(502, forward=True),
    replace(200, body=b"{", forward=True),
    replace(200, body={}, forward=True),
    replace(301, {"location": "/"}, forward=True),
]
LOST_BEFORE = [
    reset_before_forwarding(),
    close_before_forwarding(),
    garbage(),
    service_error(),
    html_error(503),
]
NEVER_DONE = [throttled(retry_after="0"), replace(429), aws_error(400, "ThrottlingException", "slow")]
LOSSES = LOST_AFTER + LOST_BEFORE + NEVER_DONE


@pytest.mark.parametrize("fault", LOSSES, ids=repr)
def test_update_takes_effect_exactly_once(faulty, proxy, plane, api, function, revision, fault):
    proxy.rule(fault, method="PUT", times=1)
    with plane.recording() as record:
        answer = faulty("update-alias", function, "PROD", "2", revision)
    assert answer.status == "ok", answer
    assert record.writes == ["UpdateAlias"]
    assert aws.alias_version(api, function, "PROD") == "2"
    real = api.get_alias(FunctionName=function, Name="PROD")
    assert answer.alias["revision"] == real["RevisionId"]


@pytest.mark.parametrize("fault", LOSSES, ids=repr)
def test_create_takes_effect_exactly_once(faulty, proxy, plane, function, fault):
    proxy.rule(fault, method="POST", times=1)
    with plane.recording() as record:
        answer = faulty("create-alias", function, "BETA", "2", "", "3", "0.1", "words")
    assert answer.status == "ok", answer
    assert record.writes == ["CreateAlias"]
    assert answer.alias["description"] == "words"


@pytest.mark.parametrize("fault", LOST_BEFORE + NEVER_DONE + [reset_after_forwarding()], ids=repr)
def test_delete_takes_effect_exactly_once(faulty, proxy, plane, api, function, fault):
    proxy.rule(fault, method="DELETE", times=1)
    with plane.recording() as record:
        answer = faulty("delete-alias", function, "PROD")
    assert answer.status == "ok", answer
    assert record.writes == ["DeleteAlias"]
    assert aws.aliases_of(api, function) == {}


@pytest.mark.parametrize("fault", LOSSES, ids=repr)
def test_publish_takes_effect_exactly_once(faulty, proxy, plane, api, function, fault):
    api.update_function_code(FunctionName=function, ZipFile=aws.code("new"))
    proxy.rule(fault, method="POST", times=1)
    with plane.recording() as record:
        answer = faulty("publish", function, "3")
    assert answer.status == "ok", answer
    assert answer.version["version"] == "4"
    assert record.writes == ["PublishVersion"]


@pytest.mark.parametrize("fault", [reset_after_forwarding(), reset_before_forwarding()], ids=repr)
def test_delete_version_takes_effect_exactly_once(faulty, proxy, plane, function, fault):
    proxy.rule(fault, method="DELETE", times=1)
    with plane.recording() as record:
        answer = faulty("delete-version", function, "2")
    assert answer.status == "ok", answer
    assert record.writes == ["DeleteFunction"]


@pytest.mark.parametrize(
    "fault",
    [
        replace(200),
        replace(204, {"content-length": "0"}),
        replace(200, body=b"<html>Welcome to the hotel</html>"),
        replace(200, {"x-amzn-requestid": "r"}, b"<html>"),
    ],
    ids=repr,
)
def test_a_delete_that_only_a_gateway_confirms_is_done_all_the_same(
    faulty, proxy, plane, function, fault
):
    proxy.rule(fault, method="DELETE", times=1)
    with plane.recording() as record:
        answer = faulty("delete-alias", function, "PROD")
    assert answer.status == "ok", answer
    assert record.writes == ["DeleteAlias"]


def test_reading_back_fails_too_at_first(faulty, proxy, plane, function, revision):
    proxy.rule(reset_after_forwarding(), method="PUT", times=1)
    proxy.rule(reset_before_forwarding(), method="GET", times=4)
    with plane.recording() as record:
        answer = faulty("update-alias", function, "PROD", "2", revision)
    assert answer.status == "ok", answer
    assert record.writes == ["UpdateAlias"]


def test_reading_back_hangs_at_first(faulty, proxy, function, revision):
    proxy.rule(reset_after_forwarding(), method="PUT", times=1)
    proxy.rule(hang(), method="GET", times=1)
    answer = faulty("update-alias", function, "PROD", "2", revision, mutation_ms=10000)
    assert answer.status == "ok", answer


def test_the_answer_of_an_update_hangs(faulty, proxy, plane, function, revision):
    proxy.rule(hang(forward=True), method="PUT")
    with plane.recording() as record:
        answer = faulty("update-alias", function, "PROD", "2", revision, mutation_ms=6000)
    assert answer.status == "ok", answer
    assert record.writes == ["UpdateAlias"]


def test_a_lost_update_that_another_client_overtook(faulty, proxy, api, function, revision):
    """The first copy never arrived; while we ask, the CLI moves the alias: theirs stays."""
    rule = proxy.rule(hang(), method="PUT", times=1)
    def overtake():
        assert rule.wait_for_hits()
        api.update_alias(FunctionName=function, Name="PROD", FunctionVersion="3")
        rule.release()

    thread = threading.Thread(target=overtake)
    thread.start()
    answer = faulty("update-alias", function, "PROD", "2", revision)
    thread.join()
    assert answer.status == "revision changed", answer
    assert aws.alias_version(api, function, "PROD") == "3"
    assert not answer.error.outcome_unknown


def test_a_lost_create_that_another_client_did_otherwise(faulty, proxy, api, function):
    rule = proxy.rule(hang(), method="POST", times=1)
    def overtake():
        assert rule.wait_for_hits()
        api.create_alias(FunctionName=function, Name="BETA", FunctionVersion="3")
        rule.release()

    thread = threading.Thread(target=overtake)
    thread.start()
    answer = faulty("create-alias", function, "BETA", "2")
    thread.join()
    assert answer.status == "already exists", answer
    assert aws.alias_version(api, function, "BETA") == "3"


@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_delete_never_takes_what_another_client_made(
    faulty, proxy, api, function, revision, arrives
):
    """The alias is gone, or ours never arrived; while we ask, the CLI makes or changes it: theirs stays."""
    rule = proxy.rule(hang(forward=arrives), method="DELETE", times=1)

    def overtake():
        assert rule.wait_for_hits()
        if arrives:
            wait_for(lambda: not aws.aliases_of(api, function), what="the alias is deleted")
            api.create_alias(FunctionName=function, Name="PROD", FunctionVersion="3")
        else:
            api.update_alias(FunctionName=function, Name="PROD", FunctionVersion="3")
        rule.release()

    thread = threading.Thread(target=overtake)
    thread.start()
    answer = faulty("delete-alias", function, "PROD", revision)
    thread.join()
    assert answer.status == "revision changed", answer
    assert not answer.error.outcome_unknown
    assert aws.alias_version(api, function, "PROD") == "3"


@pytest.mark.parametrize("status", [501, 524])
def test_a_5xx_that_no_retry_is_for_may_hide_a_success(faulty, proxy, plane, function, revision, status):
    proxy.rule(replace(status, forward=True), method="PUT", times=1)
    with plane.recording() as record:
        answer = faulty("update-alias", function, "PROD", "2", revision)
    assert answer.status == "ok", answer
    assert record.writes == ["UpdateAlias"]
    proxy.rule(replace(status), method="PUT")
    answer = faulty("update-alias", function, "PROD", "3", answer.alias["revision"])
    assert answer.status == "service failed", answer
    assert not answer.error.outcome_unknown
    assert proxy.count(method="PUT") == 2


def test_a_late_first_copy_does_not_do_it_twice(faulty, proxy, plane, api, function, revision):
    """The request is held, given up, repeated; then the first copy arrives after all."""
    rule = proxy.rule(delay(3600), method="PUT", times=1)
    with plane.recording() as record:
        answer = faulty("update-alias", function, "PROD", "2", revision, mutation_ms=8000)
        assert answer.status == "ok", answer
        rule.release()
        wait_for(lambda: plane.calls().get("UpdateAlias", 0) >= 2, what="the first copy arrives")
    assert record.writes == ["UpdateAlias"]
    assert aws.alias_version(api, function, "PROD") == "2"


def test_writes_that_always_fail_are_no_success(faulty, proxy, plane, function, revision):
    proxy.rule(service_error(), method="PUT")
    with plane.recording() as record:
        answer = faulty("update-alias", function, "PROD", "2", revision)
    assert answer.status == "service failed", answer
    assert not answer.error.outcome_unknown  # it was read back: nothing has changed
    assert proxy.count(method="PUT") == 3
    assert record.writes == []


def test_nothing_answers_any_more(faulty, proxy, function, revision, outlasted):
    proxy.rule(reset_after_forwarding(), method="PUT")
    proxy.rule(hang(), method="GET")
    with outlasted():
        answer = faulty("update-alias", function, "PROD", "2", revision, mutation_ms=1500)
    assert answer.status == "timed out", answer
    assert answer.error.outcome_unknown


def test_reading_back_is_not_allowed(faulty, proxy, function, revision):
    proxy.rule(reset_after_forwarding(), method="PUT")
    proxy.rule(access_denied("lambda:GetAlias"), method="GET")
    answer = faulty("update-alias", function, "PROD", "2", revision)
    assert answer.status == "bad answer", answer
    assert answer.error.outcome_unknown
    assert answer.error.hint == "check what AWS has before you try again"


def test_refused_mutations_are_said_as_they_are(faulty, proxy, function, revision):
    for fault, status in [
        (conflict(), "conflict"),
        (access_denied("lambda:UpdateAlias"), "access denied"),
        (aws_error(400, "InvalidParameterValueException", "no"), "invalid request"),
    ]:
        rule = proxy.rule(fault, method="PUT", times=1)
        answer = faulty("update-alias", function, "PROD", "2", revision)
        assert answer.status == status
        assert answer.calls == 1 == rule.hits
