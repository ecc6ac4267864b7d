# SPDX-License-Identifier: MIT
"""Bytes on the wire: well-formed, ill-formed and hostile requests. None changes what is stored."""

import base64
import concurrent.futures
import json
import random
import re
import select
import socket
import threading
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from lib import aws
from lib.process import descriptors, resident_kib, wait_for
from lib.programs import patience, sanitizer
from wire import FUNCTIONS, Wire, exchange, quote

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def snapshot(wire):
    """Everything that a client can see, to compare."""
    return wire("GET", f"{FUNCTIONS}?FunctionVersion=ALL").json


def test_answers_carry_what_sdks_look_at(wire):
    wire.create_function("fn")
    good = wire("GET", f"{FUNCTIONS}/fn/configuration")
    assert UUID.fullmatch(good.headers["x-amzn-RequestId"])
    assert good.headers["Content-Type"] == "application/json"
    assert int(good.headers["Content-Length"]) == len(good.body)
    assert good.headers["Date"].endswith("GMT")
    bad = wire("GET", f"{FUNCTIONS}/nobody")
    assert bad.status == 404 and bad.code == "ResourceNotFoundException"
    assert list(bad.json) == ["Type", "Message"], "a capital M for this error"
    assert bad.headers["x-amzn-RequestId"] != good.headers["x-amzn-RequestId"]
    conflict = wire.create_function("fn")
    assert conflict.status == 409 and list(conflict.json) == ["Type", "message"], "a small one here"
    gone = wire("DELETE", f"{FUNCTIONS}/fn")
    assert gone.status == 204 and gone.body == b"" and "Content-Type" not in gone.headers


def test_old_and_new_paths_are_the_same(wire):
    wire.create_function("fn")
    assert wire("GET", f"{FUNCTIONS}/?MaxItems=1").json == wire("GET", f"{FUNCTIONS}?MaxItems=1").json
    assert wire("GET", "/2016-08-19/account-settings/").status == 200
    assert wire("GET", f"{FUNCTIONS}/{quote('arn:aws:lambda:us-east-1:000000000000:function:fn')}").status == 200


def test_unknown_operations(wire):
    for method, path in (("GET", "/"), ("PATCH", FUNCTIONS), ("GET", "/2015-03-31/nothing"),
                         ("POST", f"{FUNCTIONS}/fn/aliases/PROD"), ("GET", "/_local/nothing"),
                         ("OPTIONS", FUNCTIONS)):
        answer = wire(method, path)
        assert (answer.status, answer.code) == (404, "UnknownOperationException"), str(answer)


PATHS = [
    "/2015-03-31/functions/../functions/fn",
    "/2015-03-31/functions/%2e%2e/%2e%2e/etc/passwd",
    "/2015-03-31/functions/..%2f..%2fcode",
    "/2015-03-31//functions/fn",
    "/2015-03-31/functions/fn%00",
    "/2015-03-31/functions/fn%zz",
    "/2015-03-31/functions/%ff%fe%fd",
    "/2015-03-31/functions/fn/aliases/%2F",
    "/2015-03-31/functions/fn;x=1",
    "/2015-03-31/functions/fn#fragment",
    "/2015-03-31/functions/fn?Qualifier=%00",
    "/2015-03-31/functions/fn?Qualifier",
    "/2015-03-31/functions/fn?&&&=&Qualifier==",
    "/2015-03-31/functions/" + "a" * 5000,
    "/2015-03-31/functions/" + "%41" * 3000,
    "/2015-03-31/functions/'%20OR%201=1--",
    "/_local/code/../../lambda.db",
    "/_local/code/%2e%2e%2flambda.db?Expires=99999999999999&Signature=0",
    "/_local/code/" + "0" * 64 + ".zip",
    "/_local/code/" + "0" * 64 + ".zip?Expires=99999999999999&Signature=" + "0" * 64,
    "/_local/changes?after=-1",
    "/_local/changes?after=1;drop",
]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_path_tricks_reach_nothing(wire, plane, method):
    wire.create_function("fn")
    before = snapshot(wire)
    for path in PATHS:
        answer = wire(method, path, "{}" if method in ("POST", "PUT") else None)
        assert 400 <= answer.status < 500 or (method, answer.status) == ("GET", 200), str(answer)
        assert b"root:" not in answer.body and b"SQLite format" not in answer.body
        if method == "DELETE" and answer.status < 300:
            raise AssertionError(f"{path} deleted something")
    assert snapshot(wire) == before
    assert plane.service.is_running()


BODIES = [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"}", b'{"Name"}', b'{"Name":}', b"{'Name':'a'}",
    b'{"Name":"a","Name":"b","FunctionVersion":"1"}', b"\xff\xfe", b'{"Name":"\xff"}',
    b'{"Name":"a\\u0000b","FunctionVersion":"1"}', b'{"Name":"\\ud800","FunctionVersion":"1"}',
    b"[" * 100000, b'{"a":' * 50000, b'{"Name":' + b"9" * 400 + b"}",
    b'{"Name":"A","FunctionVersion":1}', b'{"Name":["A"],"FunctionVersion":"1"}',
    b'{"Name":"A","FunctionVersion":"1","RoutingConfig":[]}',
    b'{"Name":"A","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"1":"x"}}}',
    b'{"Name":"A","FunctionVersion":"1","RoutingConfig":{"AdditionalVersionWeights":{"1":1e999}}}',
    b'{"Name":"A","FunctionVersion":"18446744073709551617"}', b'{"name":"A","functionversion":"1"}',
    b'{"Name":"A","FunctionVersion":"1"} {"Name":"B","FunctionVersion":"1"}',
]


def test_bodies_that_are_not_what_they_should_be(wire):
    wire.create_function("fn")
    wire.publish("fn")
    before = snapshot(wire), wire("GET", "/_local/changes").json
    for body in BODIES:
        answer = wire("POST", f"{FUNCTIONS}/fn/aliases", body)
        assert answer.status in (400, 404), f"{body[:60]!r}: {answer}"
        assert answer.code and answer.headers["x-amzn-RequestId"]
        json.loads(answer.body)
    assert (snapshot(wire), wire("GET", "/_local/changes").json) == before
    assert wire("GET", f"{FUNCTIONS}/fn/aliases").json == {"Aliases": [], "NextMarker": None}


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", "application/xml", ""])
def test_content_types_do_not_matter(wire, kind):
    """AWS reads the body as JSON whatever it is called."""
    wire.create_function("fn")
    headers = {} if kind is None else {"Content-Type": kind}
    answer = wire("POST", f"{FUNCTIONS}/fn/aliases",
                  '{"Name":"A","FunctionVersion":"$LATEST"}', headers)
    assert answer.status == 201, str(answer)


def test_several_violations_are_listed_at_once(wire):
    answer = wire("POST", f"{FUNCTIONS}/bad!name/aliases", {"Name": "1", "FunctionVersion": "x",
                                                            "Description": "d" * 257})
    assert answer.code == "ValidationException"
    assert answer.message.startswith("4 validation errors detected: ")
    for where in ("functionName", "name", "functionVersion", "description"):
        assert f"at '{where}' failed to satisfy constraint" in answer.message


def test_what_belongs_into_the_path_is_not_taken_from_the_body(wire):
    wire.create_function("fn")
    wire.create_function("other")
    wire.create_alias("fn", "PROD", "$LATEST")
    answer = wire.update_alias("fn", "PROD", Name="BETA", FunctionName="other", Qualifier="7",
                               Description="mine")
    assert answer.json["AliasArn"].endswith(":function:fn:PROD"), str(answer)
    assert wire("GET", f"{FUNCTIONS}/other/aliases").json == {"Aliases": [], "NextMarker": None}
    path = "/2019-09-30/functions/fn/provisioned-concurrency"
    answer = wire("PUT", path, {"ProvisionedConcurrentExecutions": 1, "Qualifier": "PROD"})
    assert "Value null at 'qualifier'" in answer.message


def test_too_large_bodies_get_an_answer(wire, plane):
    for path, method, limit, code in (
        (FUNCTIONS, "POST", 70167211, "RequestEntityTooLargeException"),
        (f"{FUNCTIONS}/fn/aliases", "POST", 1048576, "RequestEntityTooLargeException"),
        (f"{FUNCTIONS}/fn/invocations", "POST", 6291556, "RequestTooLargeException"),
    ):
        answer = wire(method, path, b"x" * (limit + 1))
        assert (answer.status, answer.code) == (413, code), str(answer)
        assert f"smaller than {limit} bytes" in answer.message
    assert wire("GET", FUNCTIONS).status == 200
    wait_for(lambda: resident_kib(plane.service.pid) < 400_000 * (4 if sanitizer() else 1))


def test_a_zip_that_is_too_large_or_no_zip(wire):
    answer = wire("POST", FUNCTIONS, {
        "FunctionName": "fn", "Runtime": "python3.12", "Role": aws.ROLE, "Handler": "h.h",
        "Code": {"ZipFile": base64.b64encode(b"\0" * 52428801).decode()}})
    assert (answer.status, answer.code) == (413, "RequestEntityTooLargeException"), str(answer)
    assert answer.message == "Zipped size must be smaller than 52428800 bytes"
    for data, words in ((b"no zip", "Could not unzip"), (b"PK\5\6" + b"\0" * 18, "non-empty zip"),
                        (aws.code()[:-1], "Could not unzip"), (b"", "Could not unzip")):
        answer = wire("POST", FUNCTIONS, {
            "FunctionName": "fn", "Runtime": "python3.12", "Role": aws.ROLE, "Handler": "h.h",
            "Code": {"ZipFile": base64.b64encode(data).decode()}})
        assert answer.code == "InvalidParameterValueException" and words in answer.message
    assert wire("POST", FUNCTIONS, {
        "FunctionName": "fn", "Runtime": "python3.12", "Role": aws.ROLE, "Handler": "h.h",
        "Code": {"ZipFile": "not base64!"}}).status == 400


def test_headers_that_are_too_large(plane, wire):
    answer = wire("GET", FUNCTIONS, headers={"X-Large": "x" * 26000})
    assert answer.status == 431 and answer.json["message"]
    answer = wire("GET", f"{FUNCTIONS}?Marker=" + "a" * 26000)
    assert answer.status == 431
    # Beyond what is kept of a connection libmicrohttpd answers by itself, or hangs up.
    raw = exchange(plane.port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200000 + b"\r\n\r\n")
    assert raw == b"" or raw.split(b" ")[1] in (b"431", b"414", b"400")
    raw = exchange(plane.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n"
                   + b"".join(b"H%d: v\r\n" % number for number in range(200))
                   + b"Connection: close\r\n\r\n")
    assert raw.split(b" ")[1] == b"431"
    assert Wire(plane.port)("GET", FUNCTIONS).status == 200


RAW = [
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\1\2\3\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc",
    b"GET /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nHo",
    b"GET http://other/2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT other:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
]


def test_what_is_no_request_ends_by_itself(plane, wire):
    wire.create_function("fn")
    before = snapshot(wire)
    for data in RAW:
        exchange(plane.port, data, shut=True)
    seed = time.time_ns() % 1000000
    print(f"seed {seed}")
    chance = random.Random(seed)
    valid = (b"PUT /2015-03-31/functions/fn/aliases/PROD HTTP/1.1\r\nHost: localhost\r\n"
             b"Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    for _ in range(300):
        data = bytearray(valid)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        exchange(plane.port, bytes(data), shut=True)
    assert snapshot(wire) == before


def test_chunked_bodies_are_read(plane):
    body = b'{"FunctionName":"fn","Runtime":"python3.12","Role":"' + aws.ROLE.encode() + (
        b'","Handler":"h.h","Code":{"ZipFile":"' + base64.b64encode(aws.code()) + b'"}}')
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at:at + 17]), body[at:at + 17])
                      for at in range(0, len(body), 17))
    raw = exchange(plane.port, b"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\n"
                   b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 201 ")


def test_pipelined_requests_are_answered_in_their_order(plane, wire):
    wire.create_function("fn")
    requests = []
    for number in range(40):
        body = b'{"Name":"a%d","FunctionVersion":"$LATEST"}' % number
        requests.append(b"POST /2015-03-31/functions/fn/aliases HTTP/1.1\r\nHost: localhost\r\n"
                        b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        requests.append(b"GET /2015-03-31/functions/fn/aliases/a%d HTTP/1.1\r\nHost: localhost\r\n\r\n" % number)
    requests[-1] = requests[-1].replace(b"Host: localhost", b"Host: localhost\r\nConnection: close")
    raw = exchange(plane.port, b"".join(requests), 30)
    assert re.findall(rb"HTTP/1\.1 (\d+)", raw) == [b"201", b"200"] * 40
    assert re.findall(rb'"Name":"(a\d+)"', raw) == [
        name for number in range(40) for name in [b"a%d" % number] * 2]


def test_many_clients_at_once(plane, api):
    aws.create_function(api, "fn", versions=2, aliases={"PROD": 1})

    def client(number):
        wire = Wire(plane.port)
        for step in range(12):
            assert wire.get_alias("fn", "PROD").status == 200
            assert wire.create_alias("fn", f"c{number}-{step}", 2).status == 201
            assert wire("GET", f"{FUNCTIONS}/fn/versions").status == 200
        wire.close()
        return True

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        assert all(pool.map(client, range(24)))
    names = aws.aliases_of(api, "fn")
    assert len(names) == 24 * 12 + 1


def test_slow_clients_are_let_go_and_others_do_not_wait(make_plane):
    plane = make_plane("--timeout", "6")
    wire = Wire(plane.port)
    silent = socket.create_connection(("127.0.0.1", plane.port), 30)
    trickling = socket.create_connection(("127.0.0.1", plane.port), 30)
    stopped = threading.Event()

    def trickle():
        for byte in b"GET /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 1000:
            if stopped.wait(0.3):
                return
            try:
                trickling.send(bytes([byte]))
            except OSError:
                return

    thread = threading.Thread(target=trickle)
    thread.start()
    assert wire("GET", FUNCTIONS).status == 200
    assert not select.select([silent, trickling], [], [], 0)[0], "they are still open"
    for connection in (silent, trickling):
        connection.settimeout(patience(15))
        try:
            assert connection.recv(4096) == b"", "closed without a word, or with a reset"
        except ConnectionResetError:
            pass
    stopped.set()
    thread.join()
    silent.close()
    trickling.close()
    wire.close()  # it was silent for as long
    assert works(plane.port)


def test_nothing_leaks(plane, wire):
    wire.create_function("fn")
    wire.create_alias("fn", "PROD", "$LATEST")

    def work():
        for number in range(150):
            wire.get_alias("fn", "PROD")
            wire.update_alias("fn", "PROD", Description=str(number))
            wire("GET", f"{FUNCTIONS}/nobody")
            wire("POST", FUNCTIONS, "{")
            exchange(plane.port, RAW[number % len(RAW)], shut=True)

    work()
    before = resident_kib(plane.service.pid), descriptors(plane.service.pid)
    for _ in range(3):
        work()
    wait_for(lambda: descriptors(plane.service.pid) <= before[1] + 2, 10, "descriptors close")
    if not sanitizer():
        assert resident_kib(plane.service.pid) < before[0] + 4096


def test_connections_are_bounded(plane, wire):
    """More connections than there may be: those beyond wait or are closed, the rest works."""
    assert wire("GET", FUNCTIONS).status == 200
    held = []
    try:
        for _ in range(600):
            held.append(socket.create_connection(("127.0.0.1", plane.port), 10))
        assert wire("GET", FUNCTIONS).status == 200, "who was there before is still served"
    finally:
        for each in held:
            each.close()
    wait_for(lambda: works(plane.port), 20, "it serves again")


def works(port):
    try:
        return Wire(port, 5)("GET", FUNCTIONS).status == 200
    except OSError:
        return False


def test_signatures_are_checked_where_asked(make_plane):
    plane = make_plane("--verify-signatures",
                       "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    aws.create_function(plane.api, "fn", versions=1, aliases={"PROD": 1})  # boto3 signs with it
    arn = "arn:aws:lambda:us-east-1:000000000000:function:fn"
    assert plane.api.get_function(FunctionName=arn, Qualifier="$LATEST")["Code"]
    assert plane.api.list_functions(FunctionVersion="ALL", MaxItems=1)["NextMarker"]
    assert plane.api.list_functions(Marker=plane.api.list_functions(
        FunctionVersion="ALL", MaxItems=1)["NextMarker"])
    wire = Wire(plane.port)
    answer = wire("GET", FUNCTIONS)
    assert (answer.status, answer.code) == (403, "MissingAuthenticationTokenException")
    for key, secret, region, code in (
        ("AKIAIOSFODNN7EXAMPLE", "wrong", "us-east-1", "InvalidSignatureException"),
        ("SOMEBODYELSE", "wrong", "us-east-1", "UnrecognizedClientException"),
        ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "eu-west-1",
         "InvalidSignatureException"),
    ):
        other = boto3.session.Session(key, secret, region_name=region).client(
            "lambda", endpoint_url=plane.url,
            config=Config(retries={"total_max_attempts": 1}))
        with pytest.raises(ClientError) as caught:
            other.delete_function(FunctionName="fn")
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert plane.api.get_alias(FunctionName="fn", Name="PROD")["FunctionVersion"] == "1"
    plane.stop()
    assert "wJalrXUtnFEMI" not in plane.service.log()
