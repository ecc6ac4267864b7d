# SPDX-License-Identifier: MIT
"""The clock between client and AWS, and the pace of calls."""

import email.utils
import time

import pytest

from lib import aws
from lib.faultproxy import aws_error, throttled
from lib.programs import patience

pytestmark = pytest.mark.quick_sanitized


@pytest.fixture
def function(api):
    aws.create_function(api, "shop", versions=2, aliases={"PROD": 1})
    return "shop"


# --- clocks -----------------------------------------------------------------------------------------


def skewed(seconds, code="InvalidSignatureException"):
    date = email.utils.formatdate(time.time() + seconds, usegmt=True)
    return aws_error(403, code, "Signature expired", {"date": date})


def signing_times(proxy):
    return [
        time.mktime(time.strptime(each.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")) - time.timezone
        for each in proxy.requests()
    ]


@pytest.mark.parametrize("offset", [3600, -3600])
def test_a_wrong_clock_is_corrected_once(faulty, proxy, function, offset):
    proxy.rule(skewed(offset), times=1)
    answer = faulty("get-alias", function, "PROD", repeat=2)
    assert answer.status == "ok", answer
    first, second, third = signing_times(proxy)
    assert abs(second - first - offset) < patience(10)
    assert abs(third - second) < patience(10)  # it stays corrected


def test_a_clock_that_stays_wrong_is_corrected_only_once(faulty, proxy, function):
    proxy.rule(skewed(3600))
    answer = faulty("get-alias", function, "PROD")
    assert answer.status == "credentials refused"
    assert answer.calls == 2


def test_a_clock_that_is_right_is_left_alone(faulty, proxy, function):
    proxy.rule(skewed(60))
    answer = faulty("get-alias", function, "PROD")
    assert answer.status == "credentials refused"
    assert answer.calls == 1


@pytest.mark.parametrize("date", ["Fri, 31 Dec 99999 23:59:59 GMT", "soon", ""])
def test_a_date_that_is_none_is_no_clock(faulty, proxy, function, date):
    proxy.rule(aws_error(403, "InvalidSignatureException", "Signature expired", {"date": date}))
    answer = faulty("get-alias", function, "PROD")
    assert (answer.status, answer.calls) == ("credentials refused", 1)


def test_other_refusals_are_not_about_the_clock(faulty, proxy, function):
    proxy.rule(skewed(3600, "UnrecognizedClientException"))
    assert faulty("get-alias", function, "PROD").calls == 1


# --- the pace ---------------------------------------------------------------------------------------


def test_calls_keep_the_rate(make_caller, plane, function):
    """44 calls at 20 a second, of which 8 may go at once: 1.8 seconds."""
    caller = make_caller(endpoint_url=plane.url, rate=20)
    answers = caller("get-alias", function, "PROD", parallel=4, repeat=11)
    assert {each.status for each in answers} == {"ok"}
    slowest = max(each.ms for each in answers)
    assert 1750 <= slowest < 1000 * patience(5)


def test_a_few_calls_go_at_once(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url)
    answer = caller("get-alias", function, "PROD", repeat=4)
    assert answer.ms < 1000 * patience(0.09)


def test_after_a_throttle_calls_are_fewer(faulty, proxy, function):
    """An unlimited client learns from one 429 to hold back."""
    before = faulty("get-alias", function, "PROD", repeat=10)
    proxy.rule(throttled(retry_after="0"), times=1)
    after = faulty("get-alias", function, "PROD", repeat=4)
    assert before.status == after.status == "ok"
    assert after.ms > 1000 > before.ms / patience(1)


def test_waiting_for_a_turn_ends_at_the_deadline(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url, rate=1)
    answers = caller("get-alias", function, "PROD", parallel=5, read_ms=1500)
    assert sorted({each.status for each in answers}) == ["ok", "timed out"]
    late = next(each for each in answers if each.status == "timed out")
    assert "-o rate" in late.error.hint
    assert late.ms < 1000 * patience(3)


def test_waiting_for_a_turn_may_be_interrupted(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url, rate=0.5)
    answers = caller("get-alias", function, "PROD", parallel=3, interrupt_ms=300)
    assert sorted({each.status for each in answers}) == ["interrupted", "ok"]
    assert max(each.ms for each in answers) < 1000 * patience(1.5)
