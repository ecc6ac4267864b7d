# SPDX-License-Identifier: MIT
"""CloudTrail's LookupEvents: the request byte by byte, where it goes, what is made of the answer."""

import json
import time

import pytest

from credentials_help import verify_signature

pytestmark = pytest.mark.quick_sanitized

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ARN = "arn:aws:lambda:us-east-1:111122223333:function:shop:PROD"
OPERATIONS = ["UpdateAlias20150331", "CreateAlias20150331", "DeleteAlias20150331",
              "AddPermission20150331v2", "RemovePermission20150331v2"]  # fmt: skip


class CloudTrail:
    """Answers LookupEvents from `records`, in pages of `page`, and GetAlias with `alias`."""

    def __init__(self, services):
        self.services = services
        self.records = []  # (EventName, seconds ago, record)
        self.page = 50
        self.delay = 0  # seconds after which an event can be found
        self.alias = {}
        services.route("POST", "/", self.lookup)
        services.route("GET", "/2015-03-31/functions/shop/aliases/PROD", lambda _: (200, {}, self.alias))

    def add(self, name, ago, before=None, after=None, version=None, weights=None, error=None, function="shop"):
        number = len(self.records)
        request = {"functionName": function, "name": "PROD"}
        result = None
        if before:
            request["revisionId"] = before
        if version:
            request["functionVersion"] = version
        if after:
            result = {"aliasArn": ARN, "name": "PROD", "functionVersion": version, "description": "",
                      "revisionId": after}  # fmt: skip
        if after and weights is not None:
            request["routingConfig"] = {"additionalVersionWeights": weights} if weights else {}
            result.update({"routingConfig": request["routingConfig"]} if weights else {})
        record = {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/her"},
            "eventSource": "lambda.amazonaws.com",
            "eventName": name,
            "userAgent": "aws-cli/2",
            "requestParameters": request,
            "responseElements": result,
            "requestID": f"request-{number}",
            "eventID": f"event-{number}",
        }
        if error:
            record.update(errorCode=error, errorMessage="it was refused")
        self.records.append((name, int(time.time()) - ago, record))

    def lookup(self, seen):
        wanted = json.loads(seen.body)
        [attribute] = wanted.get("LookupAttributes", [None])
        found = [each for each in self.records if self._matches(each, attribute, wanted)]
        found.sort(key=lambda each: -each[1])
        begin = int(wanted.get("NextToken", 0))
        page = found[begin : begin + self.page]
        events = [
            {
                "EventId": record["eventID"],
                "EventName": name,
                "EventTime": moment,
                "CloudTrailEvent": json.dumps(record),
            }
            for name, moment, record in page
        ]
        answer = {"Events": events}
        if begin + self.page < len(found):
            answer["NextToken"] = str(begin + self.page)
        return 200, {"x-amzn-requestid": "q"}, answer

    @staticmethod
    def _matches(each, attribute, wanted):
        name, moment, record = each
        if not wanted.get("StartTime", 0) <= moment <= wanted.get("EndTime", 1 << 40):
            return False
        if not attribute:
            return True
        if attribute["AttributeKey"] == "EventName":
            return attribute["AttributeValue"] == name
        return attribute["AttributeValue"] == (record["responseElements"] or {}).get("aliasArn")

    def asked(self):
        """What LookupEvents was asked by, in order."""
        bodies = [json.loads(each.body) for each in self.services.requests("/")]
        return [body["LookupAttributes"][0]["AttributeValue"] for body in bodies]


@pytest.fixture
def trail(services):
    return CloudTrail(services)


@pytest.fixture
def ask(make_caller, services):
    return make_caller(endpoint_url=services.url, unlimited="yes")


def test_the_request_is_what_cloudtrail_wants(ask, trail, services):
    answer = ask("lookup", "EventName", "UpdateAlias20150331", "0")
    assert answer.status == "ok"
    [seen] = services.seen
    assert (seen.method, seen.target) == ("POST", "/")
    assert seen.headers["content-type"] == "application/x-amz-json-1.1"
    assert seen.headers["x-amz-target"] == "CloudTrail_20131101.LookupEvents"
    assert "/us-east-1/cloudtrail/aws4_request" in seen.headers["authorization"]
    assert "x-amz-target" in seen.headers["authorization"]
    verify_signature(seen, SECRET, services.port, service="cloudtrail")
    assert json.loads(seen.body) == {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "UpdateAlias20150331"}],
        "MaxResults": 50,
        "NextToken": "0",
    }


def test_an_event_is_read(ask, trail):
    trail.add("UpdateAlias20150331", 5, "r1", "r2", "2", {"3": 0.25}, function=ARN.removesuffix(":PROD"))
    trail.add("GetAlias20150331", 6)
    answer = ask("lookup")
    assert answer.seen == 2
    [event] = answer["items"]
    assert event["operation"] == "UpdateAlias"
    assert (event["function"], event["alias"], event["before"]) == ("shop", "PROD", "r1")
    assert (event["who"], event["user_agent"]) == ("arn:aws:iam::111122223333:user/her", "aws-cli/2")
    assert event["request_id"] == "request-0"
    assert event["result"] == {
        "version": "2",
        "weighted": "3",
        "weight": 0.25,
        "revision": "r2",
        "description": "",
    }


@pytest.mark.parametrize("where", ["variable", "services section", "profile"])
def test_the_address_is_the_sdks(make_caller, trail, services, where):
    """Lambda's own address, which the others do not share, answers nobody."""
    caller = make_caller(unlimited="yes")
    caller.environment["AWS_ENDPOINT_URL_LAMBDA"] = "http://localhost:1"
    if where == "variable":
        caller.environment["AWS_ENDPOINT_URL_CLOUDTRAIL"] = services.url
    elif where == "profile":
        caller.write_file("config", f"[default]\nendpoint_url = {services.url}\n")
    else:
        text = f"[default]\nservices = s\n[services s]\ncloudtrail =\n  endpoint_url = {services.url}\n"
        caller.write_file("config", text)
    assert caller("lookup").status == "ok"
    assert caller("get-account").status == "connection refused"


def test_the_endpoint_option_is_for_both(make_caller, trail, services):
    caller = make_caller(endpoint_url=services.url, unlimited="yes")
    caller.environment["AWS_ENDPOINT_URL_CLOUDTRAIL"] = "http://localhost:1"
    assert caller("lookup").status == "ok"


@pytest.mark.parametrize(
    "status, code, wanted",
    [
        (400, "AccessDeniedException", "access denied"),
        (400, "InvalidLookupAttributesException", "invalid request"),
        (404, "UnknownOperationException", "bad answer"),
        (200, None, "bad answer"),
    ],
)
def test_a_failure_is_never_an_empty_answer(ask, services, status, code, wanted):
    services.route("POST", "/", (status, {}, {"__type": code, "Message": "why"} if code else {}))
    answer = ask("lookup")
    assert answer.status == wanted, dict(answer)
    assert answer.error.operation == "LookupEvents"
    assert code is None or answer.error.code == code


def test_being_throttled_is_tried_again(ask, trail, services):
    """lambda_call counts attempts: one that was refused, one that was not."""
    answers = [(400, {}, {"__type": "ThrottlingException", "message": "Rate exceeded"})]
    services.route("POST", "/", lambda seen: answers.pop() if answers else trail.lookup(seen))
    assert ask("lookup").calls == 2


def test_where_an_alias_stood_by_its_arn(ask, trail):
    trail.add("CreateAlias20150331", 9000, None, "r1", "1")
    trail.add("UpdateAlias20150331", 8000, None, "r2", "2")
    trail.add("UpdateAlias20150331", 30, "r2", "r3", "3")
    trail.page = 2
    trail.alias = {"Name": "PROD", "FunctionVersion": "3", "RevisionId": "r3", "Description": ""}
    answer = ask("history", ARN, "shop", "PROD", "arn")
    assert answer.settled == ["2", "1"]
    assert trail.asked() == [ARN, ARN]
    assert [each["kind"] for each in answer.moves] == ["moved", "moved", "created"]
    assert [each["from"]["version"] for each in answer.moves[:2]] == ["2", "1"]
    assert answer.newest_is_present and not answer.wants_more


def test_a_grant_is_found_by_its_name(ask, trail):
    trail.add("CreateAlias20150331", 9000, None, "r1", "1")
    trail.add("AddPermission20150331v2", 8500)
    trail.records[-1][2]["requestParameters"]["qualifier"] = "PROD"
    trail.add("UpdateAlias20150331", 8000, "r1-granted", "r2", "2")
    trail.add("UpdateAlias20150331", 7900, None, None, "9", error="PreconditionFailedException")
    trail.alias = {"Name": "PROD", "FunctionVersion": "2", "RevisionId": "r2", "Description": ""}
    first = ask("history", ARN, "shop", "PROD", "arn")
    assert first.settled == [] and first.wants_more
    second = ask("history", ARN, "shop", "PROD", "name")
    assert second.settled == ["1"] and not second.wants_more
    assert sorted(trail.asked()[1:]) == sorted([ARN, *OPERATIONS])
    kinds = [each["kind"] for each in second.moves]
    assert kinds == ["failed", "moved", "permission", "created"]
    assert second.moves[0]["error"] == "PreconditionFailedException: it was refused"


def test_what_cloudtrail_has_not_told_yet_is_not_guessed(ask, trail):
    trail.add("CreateAlias20150331", 9000, None, "r1", "1")
    trail.add("UpdateAlias20150331", 8000, "r1", "r2", "2")
    trail.alias = {"Name": "PROD", "FunctionVersion": "3", "RevisionId": "r3", "Description": ""}
    answer = ask("history", ARN, "shop", "PROD", "arn", "60")
    assert answer.settled == [] and not answer.newest_is_present
    assert answer.end.startswith("CloudTrail may deliver a change half an hour late")
    # An hour later it is known not to be as the last event left it.
    answer = ask("history", ARN, "shop", "PROD", "arn", "3600")
    assert answer.settled == [] and answer.end.startswith("the alias differs from what the last known change made of it")
