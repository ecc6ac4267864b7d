# SPDX-License-Identifier: MIT
"""Every call of the API client against a real lambda-plane."""

import pytest

from lib import aws

pytestmark = pytest.mark.quick_sanitized


@pytest.fixture
def function(api):
    aws.create_function(api, "shop", versions=3, aliases={"PROD": 1, "DEV": "$LATEST"})
    return "shop"


def test_lists_functions_and_their_versions(call, api, function):
    aws.create_function(api, "other.no".replace(".", "-"))
    functions = call("list-functions")
    assert functions.status == "ok"
    assert sorted(each["function"] for each in functions["items"]) == ["other-no", "shop"]
    everything = call("list-all")
    assert sorted((each["function"], each["version"]) for each in everything["items"]) == [
        ("other-no", "$LATEST"),
        ("shop", "$LATEST"),
        ("shop", "1"),
        ("shop", "2"),
        ("shop", "3"),
    ]
    versions = call("list-versions", function)
    assert [each["version"] for each in versions["items"]] == ["$LATEST", "1", "2", "3"]


def test_follows_markers_to_the_end(call, api):
    for number in range(60):
        aws.create_function(api, f"f{number:02}")
    first = call("list-functions")
    assert len(first["items"]) == 50
    second = call("list-functions", first.marker)
    assert "marker" not in second
    names = [each["function"] for each in first["items"] + second["items"]]
    assert sorted(names) == [f"f{number:02}" for number in range(60)]


def test_reads_one_version(call, function):
    assert call("get-version", function, "2").version["version"] == "2"
    assert call("get-version", function, "$LATEST").version["version"] == "$LATEST"
    missing = call("get-version", function, "9")
    assert missing.status == "not found"
    assert missing.error.code == "ResourceNotFoundException"
    assert missing.error.request_id


def test_reads_aliases(call, function):
    found = call("list-aliases", function)
    assert {each["name"]: each["version"] for each in found["items"]} == {
        "PROD": "1",
        "DEV": "$LATEST",
    }
    assert call("get-alias", function, "PROD").alias["version"] == "1"
    assert call("get-alias", function, "NONE").status == "not found"
    assert call("list-aliases", "none").status == "not found"


def test_creates_an_alias_once(call, api, function):
    made = call("create-alias", function, "BETA", "2", "", "3", "0.25", "späť „ok“")
    assert made.status == "ok"
    real = api.get_alias(FunctionName=function, Name="BETA")
    assert real["FunctionVersion"] == "2"
    assert real["RoutingConfig"] == {"AdditionalVersionWeights": {"3": 0.25}}
    assert real["Description"] == "späť „ok“"
    again = call("create-alias", function, "BETA", "3")
    assert again.status == "already exists"
    assert again.error.http_status == 409
    assert aws.alias_version(api, function, "BETA") == "2"


def test_update_empties_the_weights_and_keeps_the_description(call, api, plane, function):
    call("create-alias", function, "BETA", "2", "", "3", "0.25", "kept")
    revision = api.get_alias(FunctionName=function, Name="BETA")["RevisionId"]
    with plane.recording() as record:
        updated = call("update-alias", function, "BETA", "3", revision)
    assert updated.status == "ok"
    assert updated.alias["revision"] != revision
    real = api.get_alias(FunctionName=function, Name="BETA")
    assert real["FunctionVersion"] == "3"
    assert "RoutingConfig" not in real
    assert real["Description"] == "kept"
    assert record.calls == {"UpdateAlias": 1}


def test_update_is_compare_and_swap(call, api, function):
    revision = api.get_alias(FunctionName=function, Name="PROD")["RevisionId"]
    api.update_alias(FunctionName=function, Name="PROD", FunctionVersion="3")
    late = call("update-alias", function, "PROD", "2", revision)
    assert late.status == "revision changed"
    assert late.error.http_status == 412
    assert aws.alias_version(api, function, "PROD") == "3"


def test_update_without_a_revision_is_refused_here(call, plane, function):
    with plane.recording() as record:
        assert call("update-alias", function, "PROD", "2", "").status == "invalid request"
    assert record.total == 0


def test_deletes_an_alias(call, api, function):
    assert call("delete-alias", function, "PROD").status == "ok"
    assert aws.aliases_of(api, function) == {"DEV": "$LATEST"}
    assert call("delete-alias", function, "PROD").status == "ok"


def test_publishes_only_what_has_changed(call, api, function):
    unchanged = call("publish", function, "3", "words")
    assert unchanged.status == "already exists"
    api.update_function_code(FunctionName=function, ZipFile=aws.code("new"))
    published = call("publish", function, "3", "words")
    assert published.version["version"] == "4"
    real = api.get_function_configuration(FunctionName=function, Qualifier="4")
    assert real["Description"] == "words"


def test_publishes_only_the_code_that_was_meant(call, api, function):
    before = api.get_function_configuration(FunctionName=function)["CodeSha256"]
    api.update_function_code(FunctionName=function, ZipFile=aws.code("a colleague's"))
    other = call("publish", function, "3", "words", before)
    assert other.status == "revision changed"
    assert other.error.http_status == 400
    assert len(api.list_versions_by_function(FunctionName=function)["Versions"]) == 4
    meant = api.get_function_configuration(FunctionName=function)["CodeSha256"]
    assert call("publish", function, "3", "words", meant).version["version"] == "4"


def test_deletes_a_version_never_a_function(call, api, plane, function):
    in_use = call("delete-version", function, "1")
    assert in_use.status == "conflict"
    assert "PROD" in in_use.error.message
    assert call("delete-version", function, "2").status == "ok"
    with plane.recording() as record:
        for version in ("$LATEST", "$LATEST.PUBLISHED", "", "PROD"):
            assert call("delete-version", function, version).status == "invalid request"
    assert record.total == 0
    left = api.list_versions_by_function(FunctionName=function)["Versions"]
    assert [each["Version"] for each in left] == ["$LATEST", "1", "3"]


def test_a_long_description_is_refused_here(call, plane, function):
    with plane.recording() as record:
        refused = call("create-alias", function, "LONG", "1", "", "", "", "ü" * 257)
    assert refused.status == "too large"
    assert record.total == 0
    assert call("create-alias", function, "LONG", "1", "", "", "", "ü" * 256).status == "ok"


def test_account_settings(call, api, function):
    settings = api.get_account_settings()
    account = call("get-account")
    assert account["limit"] == settings["AccountLimit"]["TotalCodeSize"]
    assert account["used"] == settings["AccountUsage"]["TotalCodeSize"]
    assert account["functions"] == 1


def test_names_are_encoded(call, plane, function):
    """A name that cannot be is AWS's to refuse, and never another request."""
    with plane.recording() as record:
        answers = [
            call("list-aliases", name)
            for name in ("a/b", "a?b=c", "a b", "%2e%2e", "é", "a#b")
        ]
    assert {each.status for each in answers} == {"invalid request"}
    assert record.calls == {"ListAliases": 6}


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_names_that_would_be_another_path_are_never_sent(call, plane, function, name):
    """DELETE /functions/shop/aliases/.. is, for a server that tidies paths, the function's end."""
    with plane.recording() as record:
        answers = [
            call("delete-alias", function, name),
            call("delete-alias", name, "PROD"),
            call("get-alias", function, name),
            call("update-alias", function, name, "1", "r"),
            call("update-alias", name, "PROD", "1", "r"),
            call("create-alias", name, "PROD", "1"),
            call("delete-version", name, "1"),
            call("publish", name, "1"),
            call("list-versions", name),
        ]
    assert {each.status for each in answers} == {"invalid request"}
    assert record.total == 0


def test_one_connection_serves_many_calls(faulty, proxy, function):
    answer = faulty("get-alias", function, "PROD", repeat=20)
    assert (answer.status, answer.calls) == ("ok", 20)
    assert len({each.connection for each in proxy.requests()}) == 1


def test_many_threads_call_at_once(call, function):
    answers = call("get-alias", function, "PROD", parallel=40, repeat=5)
    assert [each.status for each in answers] == ["ok"] * 40
    assert answers[0].calls == 200


def test_a_unix_socket_needs_no_credentials(make_caller, scratch):
    """What `local:` uses: no signature, no look at the environment or at files."""
    import http.server
    import socketserver
    import threading

    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            body = b'{"Aliases":[]}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

        def address_string(self):
            return ""

    with socketserver.ThreadingUnixStreamServer(str(scratch / "socket"), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            caller = make_caller(unix_socket=scratch / "socket", unlimited="yes")
            caller.environment = {"AWS_ACCESS_KEY_ID": None, "AWS_PROFILE": "nowhere"}
            answer = caller("list-aliases", "f")
        finally:
            server.shutdown()
            thread.join()
    assert (answer.status, answer["items"]) == ("ok", [])
    assert seen[0]["Host"] == "localhost"
    assert "Authorization" not in seen[0]
