# SPDX-License-Identifier: MIT
"""The clock between client and AWS, and the pace of calls."""

import email.utils
import time

import pytest

from lib import aws
from lib.faultproxy import aws_error, hang, throttled

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
    assert abs(second - first - offset) < abs(offset) / 2
    assert abs(third - second) < abs(offset) / 2  # it stays corrected


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


# How many calls go in which time is proved without a clock, in unit/test_rate_limit.c. Here calls are counted.


def statuses(answers):
    return sorted(each.status for each in answers)


def test_calls_keep_the_rate(make_caller, plane, function):
    """One call may go at once, and the next would have its turn after 1000 s."""
    caller = make_caller(endpoint_url=plane.url, rate=0.001)
    with plane.recording() as record:
        answers = caller("get-alias", function, "PROD", parallel=8, read_ms=2000)
    assert statuses(answers) == ["ok"] + ["timed out"] * 7
    assert dict(record.calls) == {"GetAlias": 1}


def test_more_calls_than_go_at_once_all_have_their_turn(make_caller, plane, function):
    caller = make_caller(endpoint_url=plane.url, rate=20)
    with plane.recording() as record:
        answers = caller("get-alias", function, "PROD", parallel=4, repeat=6)
    assert statuses(answers) == ["ok"] * 4
    assert dict(record.calls) == {"GetAlias": 24}


def test_after_a_throttle_calls_are_fewer(faulty, proxy, function):
    """An unlimited client learns from one 429 to hold back: of 100 calls after it most get no turn in their time.

    Their answers are held, so that the client learns nothing from them: with 2 calls measured in half a second it makes
    6 a second at most, and a slow machine makes these fewer.
    """
    proxy.rule(throttled(retry_after="0"), times=1)
    proxy.rule(hang(), skip=1)
    answers = faulty("get-alias", function, "PROD", parallel=101, one_first="yes", read_ms=4000)
    assert statuses(answers) == ["ok"] + ["timed out"] * 100
    late = [each for each in answers if each.status == "timed out" and "-o rate" in each.error.hint]
    assert len(late) > 20, statuses(answers)


def test_waiting_for_a_turn_ends_at_the_deadline(make_caller, plane, function, outlasted):
    caller = make_caller(endpoint_url=plane.url, rate=0.001)
    with outlasted():
        answers = caller("get-alias", function, "PROD", parallel=5, read_ms=2000)
    assert statuses(answers) == ["ok"] + ["timed out"] * 4
    late = next(each for each in answers if each.status == "timed out")
    assert "-o rate" in late.error.hint


def test_waiting_for_a_turn_may_be_interrupted(make_caller, plane, function, outlasted):
    caller = make_caller(endpoint_url=plane.url, rate=0.001)
    with outlasted():
        answers = caller("get-alias", function, "PROD", parallel=3, interrupt_ms=1000, read_ms=50000)
    assert statuses(answers) == ["interrupted"] * 2 + ["ok"]
